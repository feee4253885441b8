"""What one list or answer comes to: a statement about a certificate, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from jpki.jst import moment
from jpki.revocation.revocation_list import RevokedEntry

__all__ = ["Heard", "Obstacle", "Standing", "Statement"]


class Standing(StrEnum):
    """The answers a status question has."""

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a list or an answer says nothing that can be used: a code, and facts for its sentence."""

    code: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a list or an answer says: the entry that counts at the instant, and how fresh it is."""

    entry: RevokedEntry | None
    this_update: datetime
    next_update: datetime

    @property
    def standing(self) -> Standing:
        """Good, held or revoked."""
        if self.entry is None:
            return Standing.GOOD
        return Standing.HELD if self.entry.is_hold else Standing.REVOKED

    @property
    def is_final(self) -> bool:
        """Whether it is proven for good: what is revoked stays so, however old the statement."""
        return self.standing is Standing.REVOKED

    def outside(
        self, at: datetime, *, tolerance: timedelta, skew: timedelta, prefix: str = ""
    ) -> Obstacle | None:
        """Why it does not hold at the instant, if so; what is final holds at every later one.

        ``tolerance`` is how long after its next update it is still believed, ``skew`` how much
        later than the instant it may have been made. Both ends belong to the time in which it
        holds.
        """
        if self.is_final:
            return None
        facts = {"at": moment(at), "this_update": moment(self.this_update)}
        if self.this_update - at > skew:
            return Obstacle(f"{prefix}not-yet", facts)
        if at - self.next_update > tolerance:
            if self.standing is Standing.HELD:
                return Obstacle(f"{prefix}hold-may-be-over", facts)
            return Obstacle(f"{prefix}stale", facts | {"next_update": moment(self.next_update)})
        return None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a register that was made of lists and answers says that one of them says.

    ``number`` is the list's number and ``digest`` the file's SHA-256, as far as the register knows.
    """

    said: Statement | Obstacle
    number: int | None = None
    digest: bytes | None = None
    by_answer: bool = False
