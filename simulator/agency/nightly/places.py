"""The municipalities of a population: numbers, to which names are made up.

A population has as many municipalities and wards as Japan and none of their names, and the
simulator's own table has some fifty. So each number is given a code and a name that cannot be
taken for real: no prefecture has a code from 90 on (JIS X 0401 ends at 47), and 架空 (kakuu) means
made up.
"""

from __future__ import annotations

from jpki.errors import ImpossibleFact
from simulator.municipalities import Municipality

__all__ = ["made_up"]

_FIRST, _LAST = 1, 9999


def made_up(number: int) -> Municipality:
    """Return the municipality that stands for a population's, counted from 1.

    ``ImpossibleFact`` for a number with more than four digits.
    """
    if not _FIRST <= number <= _LAST:
        raise ImpossibleFact("a population's municipalities are numbered with four digits")
    digits = f"{number:04d}"
    return Municipality(
        f"9{digits}", "Kakuu-ken", "架空県", f"Kakuu{digits}-shi", f"架空{digits}市"
    )
