"""Control of the clock, and what there is in the world."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.life import CertificateState
from jpki.terms import CertificateKind
from simulator.clock import ClockKind
from simulator.web.control.model import ClockOrder, Told, Wait
from simulator.web.operations import Area, Call, Operation
from simulator.world import World

__all__ = ["TIME", "ClockTold", "StatusTold"]


class ClockTold(Told):
    """What the clock shows and how it goes, and the log's entries recorded on the way."""

    now: datetime
    kind: ClockKind
    factor: float
    recorded: tuple[int, ...] = ()


class StatusTold(Told):
    """What there is in the world."""

    clock: ClockTold
    people: int
    entries: int
    on_the_way: int
    chips: int
    policies: dict[str, str | bool | int]
    certificates: dict[CertificateKind, dict[CertificateState, int]]


def _clock(world: World, before: int | None = None) -> ClockTold:
    begin = len(world.entries) if before is None else before
    return ClockTold(
        now=world.now,
        kind=world.clock_kind,
        factor=world.clock_factor,
        recorded=tuple(entry.seq for entry in world.entries[begin:]),
    )


def _show_clock(call: Call) -> ClockTold:
    return _clock(call.house.world)


def _set_clock(call: Call) -> ClockTold:
    world, order = call.house.world, call.question
    if (order.kind is ClockKind.ACCELERATED) != (order.factor is not None):
        raise MalformedDocument(
            "a factor belongs to an accelerated clock, and it needs one", source="factor"
        )
    before = len(world.entries)
    if order.kind is ClockKind.FROZEN:
        world.freeze_clock()
    else:
        world.run_clock(order.factor or 1.0)
    return _clock(world, before)


def _advance(call: Call) -> ClockTold:
    world, wait = call.house.world, call.question
    if (wait.seconds is None) == (wait.to is None):
        raise MalformedDocument("give either seconds or to", source="body")
    before = len(world.entries)
    try:
        to = wait.to or world.now + timedelta(seconds=wait.seconds)
    except OverflowError:
        raise ImpossibleFact("the clock would run past the year 9999") from None
    world.advance(to)
    return _clock(world, before)


def _status(call: Call) -> StatusTold:
    world = call.house.world
    state = world.state()
    counts = Counter((r.kind, state.state_of(r)) for r in state.certificates.values())
    return StatusTold(
        clock=_clock(world),
        people=len(state.people),
        entries=len(world.entries),
        on_the_way=len(world.store.pending()),
        chips=len(world.store.chips()),
        policies=dict(world.book.policies.changed),
        certificates={
            kind: {each: counts[kind, each] for each in CertificateState}
            for kind in CertificateKind
        },
    )


TIME: Final = (
    Operation(
        Area.CONTROL, "GET", "/status", "status", "What there is in the world.", _status, StatusTold
    ),
    Operation(
        Area.CONTROL, "GET", "/clock", "show_clock", "What the clock shows.", _show_clock, ClockTold
    ),
    Operation(
        Area.CONTROL,
        "PUT",
        "/clock",
        "set_clock",
        "Let the clock stand still, go in real time, or faster.",
        _set_clock,
        ClockTold,
        question=ClockOrder,
        writes=True,
    ),
    Operation(
        Area.CONTROL,
        "POST",
        "/clock/advance",
        "advance",
        "Move the clock on; what is due by then is recorded.",
        _advance,
        ClockTold,
        question=Wait,
        writes=True,
    ),
)
