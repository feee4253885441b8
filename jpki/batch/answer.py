"""What is said of one row: a verdict, the step that decided, and whose certificate it was."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from jpki.terms import CertificateKind
from jpki.validation import Verdict

__all__ = ["GOOD", "Answer", "Items"]


class Items(NamedTuple):
    """The four items (基本4情報) of a signature certificate: personal data, masked in the repr.

    ``birth_date`` is a date, or ``None`` when the certificate tells no whole one.
    """

    name: str
    birth_date: date | None
    sex: str
    address: str

    def __repr__(self) -> str:
        return "<Items>"


class Answer(NamedTuple):
    """One verdict, with the number and the code of the step that decided.

    Of a file with several signatures the worst speaks. What is not known is ``None``: a
    certificate that could not be read has no kind. Instants are microseconds since 1970 in UTC.
    """

    verdict: Verdict
    step: int
    reason: str
    kind: CertificateKind | None = None
    serial: int | None = None
    not_before: int | None = None
    not_after: int | None = None
    recorded_at: int | None = None
    lost_by: str | None = None
    items: Items | None = None


GOOD: Final = (Verdict.VALID, 10, "revocation.good")
"""Verdict, step and reason of the numbered steps where no list names the certificate."""
