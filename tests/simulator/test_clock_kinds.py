"""A world's clock stands still, goes in real time or faster, and never goes back."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.life.events import RecordItem, ResidentRecordAmended
from simulator.clock import END, FASTEST, ClockKind, WorldClock
from simulator.world import World
from tests.simulator.worldwork import BEGINS, register

MACHINE = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class SetClock:
    """A machine's clock that a test sets, backwards, too."""

    def __init__(self) -> None:
        self.shows = MACHINE

    def now(self) -> datetime:
        return self.shows


def new_world(machine: SetClock, place: Path | None = None) -> World:
    return World.create(place, seed="clock", at=BEGINS, machine=machine)


def test_a_frozen_clock_stands_still_until_it_is_moved() -> None:
    machine = SetClock()
    with new_world(machine) as world:
        machine.shows += timedelta(days=3)
        assert world.tick() == BEGINS
        assert world.clock_kind is ClockKind.FROZEN
        world.advance(BEGINS + timedelta(seconds=1))
        assert world.tick() == BEGINS + timedelta(seconds=1)


def test_a_real_time_clock_goes_as_fast_as_the_machines() -> None:
    machine = SetClock()
    with new_world(machine) as world:
        world.run_clock()
        machine.shows += timedelta(hours=26)
        assert world.now == BEGINS  # it is read when something is done
        assert world.tick() == BEGINS + timedelta(hours=26)
        assert world.clock_kind is ClockKind.REAL_TIME


def test_an_accelerated_clock_goes_its_factor_as_fast() -> None:
    machine = SetClock()
    with new_world(machine) as world:
        world.run_clock(3600.0)
        machine.shows += timedelta(seconds=10)
        assert world.tick() == BEGINS + timedelta(hours=10)
        world.run_clock(0.5)
        machine.shows += timedelta(seconds=10)
        assert world.tick() == BEGINS + timedelta(hours=10, seconds=5)
        world.freeze_clock()
        machine.shows += timedelta(days=1)
        assert world.tick() == BEGINS + timedelta(hours=10, seconds=5)


def test_what_is_due_is_recorded_at_its_hour_and_not_when_somebody_looks() -> None:
    machine = SetClock()
    with new_world(machine) as world:
        register(world, "one", 1)
        due = world.notify(ResidentRecordAmended("one", RecordItem.ADDRESS, value="東京都９－９"))
        world.run_clock()
        machine.shows += due - BEGINS - timedelta(seconds=1)
        world.tick()
        assert len(world.entries) == 1
        machine.shows += timedelta(days=5)
        world.tick()
        assert world.entries[-1].recorded_at == due
        assert world.now == due + timedelta(days=5) - timedelta(seconds=1)


def test_a_running_clock_is_read_when_something_is_recorded() -> None:
    machine = SetClock()
    with new_world(machine) as world:
        world.run_clock()
        machine.shows += timedelta(minutes=7)
        with world.transaction():
            register(world, "one", 1)
            machine.shows += timedelta(minutes=1)
            register(world, "two", 2)  # inside a transaction the clock stands still
        assert {entry.recorded_at for entry in world.entries} == {BEGINS + timedelta(minutes=7)}


def test_a_running_clock_can_be_moved_on_and_goes_on_from_there() -> None:
    machine = SetClock()
    with new_world(machine) as world:
        world.run_clock(2.0)
        world.advance(BEGINS + timedelta(days=30))
        machine.shows += timedelta(hours=1)
        assert world.tick() == BEGINS + timedelta(days=30, hours=2)
        with pytest.raises(ImpossibleFact, match="cannot go back"):
            world.advance(BEGINS)
        assert world.tick() == BEGINS + timedelta(days=30, hours=2)


def test_the_clock_goes_on_while_the_world_is_closed(tmp_path: Path) -> None:
    machine = SetClock()
    with new_world(machine, tmp_path / "w.sqlite") as world:
        world.run_clock()
    machine.shows += timedelta(days=2)
    with World.open(tmp_path / "w.sqlite", machine=machine) as world:
        assert world.now == BEGINS  # opening writes nothing
        assert world.tick() == BEGINS + timedelta(days=2)
    with World.open(tmp_path / "w.sqlite", machine=machine) as world:
        assert world.now == BEGINS + timedelta(days=2)


def test_a_transaction_that_fails_leaves_the_clock_as_it_was(tmp_path: Path) -> None:
    machine = SetClock()
    with new_world(machine, tmp_path / "w.sqlite") as world:

        def break_off() -> None:
            with world.transaction():
                world.run_clock(10.0)
                world.advance(BEGINS + timedelta(days=1))
                raise RuntimeError("the power went")

        with pytest.raises(RuntimeError, match="the power went"):
            break_off()
        assert (world.now, world.clock_kind) == (BEGINS, ClockKind.FROZEN)


def test_another_program_sees_how_the_clock_goes(tmp_path: Path) -> None:
    machine, place = SetClock(), tmp_path / "w.sqlite"
    with new_world(machine, place) as first, World.open(place, machine=machine) as second:
        first.run_clock(60.0)
        machine.shows += timedelta(minutes=1)
        assert second.tick() == BEGINS + timedelta(hours=1)
        first.refresh()
        assert first.now == second.now


steps = st.lists(
    st.one_of(
        st.tuples(st.just("machine"), st.timedeltas(timedelta(days=-400), timedelta(days=400))),
        st.tuples(st.just("advance"), st.timedeltas(timedelta(days=-9), timedelta(days=9))),
        st.tuples(st.just("run"), st.floats(1e-3, 1000.0)),
        st.tuples(st.just("freeze"), st.none()),
    ),
    max_size=12,
)


@given(steps)
def test_no_clock_ever_goes_back(steps: list[tuple[str, object]]) -> None:
    machine = SetClock()
    seen = [BEGINS]
    with new_world(machine) as world:
        for number, (step, by) in enumerate(steps):
            match step, by:
                case "machine", timedelta():
                    machine.shows += by
                case "advance", timedelta():
                    try:
                        world.advance(world.now + by)
                    except ImpossibleFact:
                        assert by < timedelta(0) or world.clock_kind is not ClockKind.FROZEN
                case "run", float():
                    world.run_clock(by)
                case _:
                    world.freeze_clock()
            seen.append(world.tick())
            register(world, f"P{number}", number)
            seen.append(world.entries[-1].recorded_at)
    assert all(before <= after for before, after in itertools.pairwise(seen))


@given(
    st.floats(0.001, FASTEST),
    st.integers(0, 5000).map(lambda days: BEGINS + timedelta(days=days, microseconds=days)),
)
def test_what_is_kept_of_a_clock_is_read_back(factor: float, shown_at: datetime) -> None:
    for clock in (
        WorldClock.frozen(),
        WorldClock.real_time(shown_at, MACHINE),
        WorldClock.accelerated(factor, shown_at, MACHINE),
    ):
        assert WorldClock.from_json(clock.to_json()) == clock


@pytest.mark.parametrize("factor", [0.0, -1.0, FASTEST * 1.01, float("inf"), float("nan")])
def test_a_factor_that_no_clock_can_have_is_named(factor: float) -> None:
    with World.create(seed="clock", at=BEGINS) as world:
        with pytest.raises(MalformedDocument, match="times as fast"):
            world.run_clock(factor)
        assert world.clock_kind is ClockKind.FROZEN


def test_a_clock_that_runs_past_the_last_year_is_named() -> None:
    machine = SetClock()
    with new_world(machine) as world:
        world.run_clock(FASTEST)
        machine.shows += timedelta(days=365)
        assert world.look() == END
        assert (world.clock_kind, world.now) == (ClockKind.FROZEN, END)
        for beyond in (lambda: world.advance(END + timedelta(microseconds=1)), world.run_clock):
            with pytest.raises(ImpossibleFact, match="runs past 9999-12-30"):
                beyond()
        assert world.state().at == END


def test_the_day_the_tests_begin_is_the_one_they_reckon_with() -> None:
    assert datetime(2024, 3, 10, 1, 0, tzinfo=UTC) == BEGINS
    assert BEGINS.date() == date(2024, 3, 10)
