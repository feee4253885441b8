"""The agency's daily run: periods that ran out are recorded without anybody asking for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from jpki.jst import at_time
from jpki.life import Recorded
from jpki.life.events import (
    CardIssued,
    CardPresence,
    Deadline,
    DeadlinePassed,
    Destination,
    MoveInNotified,
    MoveOutNotified,
    RecordItem,
    ResidentRecordAmended,
)
from simulator.clock import FixedClock
from simulator.world import World
from tests.simulator.worldwork import register

BEGINS = at_time(date(2026, 7, 1), time(10, 0))
PLANNED = date(2026, 7, 10)
# Thirty days after the planned day (番号法施行令 14). July has 31 days, so the last of them is
# 9 August; it is over with 10 August, and the run of that day is at 03:00.
RUNS_AT = at_time(date(2026, 8, 10), time(3, 0))
SECOND = timedelta(seconds=1)


def with_card(world: World, name: str, number: int = 1, *, planned_on: date = PLANNED) -> str:
    """Register a person with a card who gives notice of a move out."""
    register(world, name, number)
    ends_on = date(2035, 9, 15)
    world.record(CardIssued(name, f"card-{name}", made_on=date(2026, 7, 1), expires_on=ends_on))
    world.record(MoveOutNotified(name, Destination.DOMESTIC, planned_on=planned_on))
    return name


def passed(world: World) -> list[Recorded]:
    return [entry for entry in world.entries if isinstance(entry.event, DeadlinePassed)]


@pytest.fixture
def world() -> Iterator[World]:
    with World.create(seed="daily run", at=BEGINS) as made:
        yield made


def test_a_period_that_ran_out_is_recorded_in_the_run_after_its_last_day(world: World) -> None:
    person = with_card(world, "moves")
    world.advance(RUNS_AT - SECOND)
    assert passed(world) == []
    world.advance(RUNS_AT)
    (entry,) = passed(world)
    assert entry.event == DeadlinePassed(person, Deadline.MOVE_IN_30_DAYS)
    assert entry.recorded_at == RUNS_AT
    card = world.state().person(person).card
    assert card is not None
    assert not card.live_at(world.now)
    world.advance(RUNS_AT + timedelta(days=400))
    assert passed(world) == [entry]  # once


def test_steps_and_leaps_of_the_clock_give_the_same_log(world: World) -> None:
    with World.create(seed="daily run", at=BEGINS) as leaping:
        for each in (world, leaping):
            for number in range(1, 4):
                # Three people on three days: 10 July, 11 July, 12 July.
                with_card(each, f"P{number}", number, planned_on=date(2026, 7, 9 + number))
        leaping.advance(RUNS_AT + timedelta(days=3650))
        while world.now < leaping.now:
            world.advance(min(world.now + timedelta(days=20, hours=7), leaping.now))
        assert world.entries == leaping.entries

        days = [RUNS_AT + timedelta(days=number) for number in range(3)]
        assert [entry.recorded_at for entry in passed(leaping)] == days


def test_a_move_in_reported_on_the_last_day_ends_the_period_before_the_run(world: World) -> None:
    person = with_card(world, "in time")
    world.advance(at_time(date(2026, 8, 9), time(16, 0)))
    moved = MoveInNotified(person, CardPresence.PRESENTED, "13103", "東京都港区模擬町１－１－１")
    assert world.notify(moved) == RUNS_AT  # the next day, as the run
    world.advance(RUNS_AT + timedelta(days=100))
    assert [type(entry.event) for entry in world.entries][-1] is MoveInNotified
    assert passed(world) == []


def test_whoever_has_a_notice_on_its_way_is_left_to_the_run_after_it() -> None:
    with World.create(seed="daily run", at=BEGINS, policies={"move_record_lag_days": 3}) as world:
        person = with_card(world, "amended")
        world.advance(at_time(date(2026, 8, 9), time(16, 0)))
        due = world.notify(
            ResidentRecordAmended(person, RecordItem.ADDRESS, value="東京都渋谷区模擬町９")
        )
        assert due == at_time(date(2026, 8, 12), time(3, 0))
        world.advance(due - SECOND)
        assert passed(world) == []
        world.advance(due)
        assert [entry.recorded_at for entry in passed(world)] == [due]
        assert [type(entry.event) for entry in world.entries][-2:] == [
            ResidentRecordAmended,
            DeadlinePassed,
        ]


def test_a_run_is_undone_with_the_transaction_it_belongs_to(world: World) -> None:
    with_card(world, "moves")

    def advance_and_fail() -> None:
        with world.transaction():
            world.advance(RUNS_AT)
            assert len(passed(world)) == 1
            raise LookupError("what follows fails")

    with pytest.raises(LookupError):
        advance_and_fail()
    assert (passed(world), world.now) == ([], BEGINS)
    world.advance(RUNS_AT)
    assert len(passed(world)) == 1


def test_a_clock_that_runs_makes_the_run_by_itself(tmp_path: Path) -> None:
    machine = FixedClock(datetime(2030, 1, 1, tzinfo=UTC))
    place = tmp_path / "world.sqlite"
    with World.create(place, seed="daily run", at=BEGINS, machine=machine) as world:
        with_card(world, "moves")
        world.run_clock()
    machine.advance(RUNS_AT - BEGINS)
    with World.open(place, machine=machine) as world:
        assert passed(world) == []
        assert world.tick() == RUNS_AT
        assert [entry.recorded_at for entry in passed(world)] == [RUNS_AT]


def test_the_last_days_that_there_are_do_not_stop_the_clock(world: World) -> None:
    with_card(world, "late", planned_on=date(9999, 12, 31))
    last = datetime(9999, 12, 30, tzinfo=UTC)
    world.advance(last)
    assert world.now == last
