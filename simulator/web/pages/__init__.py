"""Pages a person uses: a world looked at, played with and judged, in a browser on this machine.

Rendered here, without a script and without a network; in Japanese and English; for keyboards and
screen readers as well. :func:`pages_site` is the application, :class:`Door` lets a browser in by a
link that works once.
"""

from simulator.web.pages.door import Door
from simulator.web.pages.site import ROOT, pages_site

__all__ = ["ROOT", "Door", "pages_site"]
