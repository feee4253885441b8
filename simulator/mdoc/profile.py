"""What of the records' issuing is not published, as parameters: keys, names, validity, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.mdoc import DIGESTS, Algorithm

__all__ = ["DEFAULT_PROFILE", "IssuingProfile"]

_FEWEST_RECORDS: Final = 2  # 個人番号カード等命令 39-5
_MOST_RECORDS: Final = 100


@dataclass(frozen=True, slots=True)
class IssuingProfile:
    """How records are issued.

    The law asks for elliptic curves of at least 256 bits (39-2) and for at least two records at a
    time (39-5). The rest is open: ES256 is the usual algorithm (C), names, country and validity of
    the two certificates were not found (?), nor which ages are told (?), nor how often a notice is
    repeated (?), nor under which identifier the name's reading stands (?; ``None`` leaves it out).
    """

    algorithm: Algorithm = Algorithm.ES256
    digest: str = "SHA-256"
    records: int = _FEWEST_RECORDS
    ages: tuple[int, ...] = (13, 15, 18, 20, 65)
    reading_element: str | None = None
    country: str = "JP"
    organisation: str = "Simulated authority, trusted by nobody"
    root_name: str = "Simulated IACA of card-substitute records"
    signer_name: str = "Simulated signer of card-substitute records"
    root_renewed_after_years: int = 5
    root_valid_years: int = 10
    signer_valid_days: int = 457
    """The longest that ISO/IEC 18013-5 Annex B gives a signer; renewed every calendar year here."""
    notice_every: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        if not _FEWEST_RECORDS <= self.records <= _MOST_RECORDS:
            raise ImpossibleFact(
                f"a batch has {_FEWEST_RECORDS} to {_MOST_RECORDS} records, not {self.records}"
            )
        if self.digest not in DIGESTS:
            raise ImpossibleFact(f"records have no digests of kind {self.digest!r}")


DEFAULT_PROFILE: Final = IssuingProfile()
"""What is taken unless something else is said."""
