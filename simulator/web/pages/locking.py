"""A PIN that a chip has locked: written into the life, and refused with the rule that asks for it.

The chip alone knows its counters. What a holder sees happen is a fact of their life all the same,
and the timeline shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jpki.errors import PinBlocked, Refused
from jpki.life import events
from jpki.terms import Medium, PinKind
from simulator.web.pages.visit import Visit

__all__ = ["locks_noted"]


@contextmanager
def locks_noted(visit: Visit, medium: Medium, *, rule: str = "") -> Iterator[None]:
    """Record the locking of a PIN that happens inside, or is met there.

    ``rule`` is the row that asks for this PIN: then ``Refused`` names it in the place of
    ``PinBlocked``.
    """
    try:
        yield
    except PinBlocked as error:
        pin = PinKind(str(error.pin))
        if (medium, pin) not in visit.person.blocked_pins:
            visit.world.record(events.PinBlocked(person=visit.person.id, medium=medium, pin=pin))
        if not rule:
            raise
        table = visit.world.book.table
        basis = table.basis_ja(table.row(rule))
        raise Refused(error.message, rule=rule, basis=basis, hint=error.hint) from None
