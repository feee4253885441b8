"""What a check looks at, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jpki.errors import ImpossibleFact, Refused
from jpki.jst import day
from jpki.law.model import Value
from jpki.life.log import Recorded
from jpki.life.state import Card, CertificateState, Person, State
from jpki.terms import CertificateKind

__all__ = ["Check", "Question", "refused", "require_milestone", "require_since"]

Check = Callable[["Question", Any], None]
"""A check: it raises when the event cannot be, and says nothing otherwise."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a check looks at: the state, the entry to be made, and whom it concerns."""

    state: State
    entry: Recorded
    known: Person | None

    @property
    def at(self) -> datetime:
        """The instant of recording."""
        return self.entry.recorded_at

    @property
    def on(self) -> date:
        """The Japan day of recording."""
        return day(self.entry.recorded_at)

    @property
    def person(self) -> Person:
        """The person; :class:`ImpossibleFact` when nobody has the id."""
        if self.known is None:
            raise ImpossibleFact("nobody with this id is registered")
        return self.known

    def live_card(self) -> Card:
        """Return the card if it has neither lapsed nor expired; refuse otherwise."""
        card = self.person.card
        if card is None:
            raise ImpossibleFact("the person has no card")
        if not card.live_at(self.at):
            raise ImpossibleFact("the card has lapsed or expired")
        return card

    def status(self, kind: CertificateKind) -> CertificateState | None:
        """ACTIVE or HELD, or None when no certificate of the kind is live."""
        record = self.state.live(self.person.id, kind, at=self.at)
        return None if record is None else record.state_at(self.at)

    def policy(self, name: str) -> Value | int:
        """Return what was chosen for a policy."""
        return self.state.book.policies[name]

    def refused(self, row_id: str, message: str, *, hint: str | None = None) -> Refused:
        """Return the refusal that names the row and its basis."""
        return refused(self.state, row_id, message, hint=hint)


def refused(state: State, row_id: str, message: str, *, hint: str | None = None) -> Refused:
    """Return the refusal that names the row and its basis."""
    table = state.book.table
    return Refused(message, rule=row_id, basis=table.basis_ja(table.row(row_id)), hint=hint)


def require_since(state: State, row_id: str, since: date, on: date) -> None:
    """Refuse what did not exist on the day ``on``."""
    if on < since:
        raise refused(state, row_id, f"this exists only since {since}")


def require_milestone(state: State, name: str, on: date) -> None:
    """Refuse what the dated flag ``name`` does not allow on the day ``on``."""
    require_since(state, name, state.book.table.milestone(name).since, on)
