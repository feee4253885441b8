"""A whole night of revocation lists: of every authority and municipality, from a population.

* :func:`publish_night` ``(population, out, on=…)`` writes one signed list for each municipality and
  authority, as :class:`~simulator.agency.publication.Publication` would, in bounded memory.
* :class:`NightOptions` says under which authorities' keys, and with which profile.
* :func:`made_up` names the municipalities of a population, which has only numbers.

Needs the extra ``scale`` (NumPy, pyarrow).
"""

from simulator.agency.nightly.manifest import NightDone
from simulator.agency.nightly.night import NightOptions, publish_night
from simulator.agency.nightly.places import made_up
from simulator.agency.nightly.work import Stage

__all__ = ["NightDone", "NightOptions", "Stage", "made_up", "publish_night"]
