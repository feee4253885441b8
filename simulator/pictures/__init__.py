"""Pictures of a life: bars for what lasts, marks for what happens, arrows for what causes what.

* :func:`picture_of` ``(entries, person, *, at, book=None) -> Picture`` reads the log.
* :func:`pictures_of` ``(outcome) -> tuple[Picture, ...]`` are those of a story that was run.
* :func:`svg` ``(picture, language)`` is a file, :func:`svg_fragment` an element for a page.
* :func:`html` ``(pictures, language)`` is a page with the same as a table.
* :func:`text` ``(picture, language, width=80)`` is for terminals.

The functions are pure: the same log gives the same bytes. Everything in a picture is simulated and
says so; a person's name is only in a picture that was asked for it.
"""

from simulator.pictures.drawing import svg, svg_fragment
from simulator.pictures.lines import text
from simulator.pictures.model import Finding, Language, Picture, Words
from simulator.pictures.page import html
from simulator.pictures.reading import picture_of
from simulator.pictures.telling import pictures_of

__all__ = [
    "Finding",
    "Language",
    "Picture",
    "Words",
    "html",
    "picture_of",
    "pictures_of",
    "svg",
    "svg_fragment",
    "text",
]
