"""How the state of a certificate is written: ``A``, ``R3c``, or in words.

==================================  =============================================================
``A`` or ``active``                 in effect
``H`` or ``held``                   held, can come back
``E`` or ``expired``                its period ended
``-`` or ``none``                   never issued
``R`` or ``revoked``                revoked, whatever the reason and whether by cascade or not
``Rc``                              revoked by cascade, whatever the reason
``R3``                              revoked with this code, not by cascade
``R3c``                             revoked with this code, by cascade
``revoked affiliationChanged``      as ``R3``
``revoked affiliationChanged by cascade``  as ``R3c``
==================================  =============================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jpki.law import Ground
from jpki.life import CertificateRecord, CertificateState
from jpki.terms import RevocationReason

__all__ = ["NONE", "Mark", "mark_of", "read_mark"]

_LETTERS = {
    CertificateState.ACTIVE: "A",
    CertificateState.HELD: "H",
    CertificateState.EXPIRED: "E",
    CertificateState.REVOKED: "R",
}
_SHORT = re.compile(r"R([0-6])?(c)?")
_LONG = re.compile(r"revoked(?: ([A-Za-z]+))?( by cascade)?")


@dataclass(frozen=True, slots=True)
class Mark:
    """A state; a revocation's code and cascade, or None where they are left open."""

    state: CertificateState | None
    reason: RevocationReason | None = None
    cascade: bool | None = None

    def fits(self, found: Mark) -> bool:
        """Whether what was found is what this mark says."""
        return (
            self.state is found.state
            and self.reason in (None, found.reason)
            and self.cascade in (None, found.cascade)
        )

    def __str__(self) -> str:
        if self.state is None:
            return "-"
        code = "" if self.reason is None else str(int(self.reason))
        return f"{_LETTERS[self.state]}{code}{'c' if self.cascade else ''}"


NONE = Mark(None)
_WORDS = {
    "-": NONE,
    "–": NONE,
    "none": NONE,
    **{letter: Mark(state) for state, letter in _LETTERS.items() if letter != "R"},
    **{state.value: Mark(state) for state, letter in _LETTERS.items() if letter != "R"},
}


def read_mark(text: str) -> Mark | None:
    """Return the mark that a text means, or None when it means none."""
    if text in _WORDS:
        return _WORDS[text]
    if short := _SHORT.fullmatch(text):
        reason = None if short[1] is None else RevocationReason(int(short[1]))
        return _revoked(reason, by_cascade=bool(short[2]))
    if long := _LONG.fullmatch(text):
        try:
            reason = None if long[1] is None else RevocationReason.from_rfc_name(long[1])
        except ValueError:
            return None
        return _revoked(reason, by_cascade=bool(long[2]))
    return None


def mark_of(record: CertificateRecord | None, state: CertificateState | None) -> Mark:
    """Return the mark of a certificate that is in this state."""
    if record is None or state is None:
        return NONE
    if state is not CertificateState.REVOKED or record.lapse is None:
        return Mark(state)
    return Mark(state, record.lapse.reason, record.lapse.ground is Ground.CASCADE)


def _revoked(reason: RevocationReason | None, *, by_cascade: bool) -> Mark:
    """A bare R leaves open whether it fell by cascade; a code alone says that it did not."""
    cascade = True if by_cascade else None if reason is None else False
    return Mark(CertificateState.REVOKED, reason, cascade)
