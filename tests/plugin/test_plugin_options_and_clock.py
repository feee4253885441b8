"""What a test may ask of its world, and how it moves the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jpki.errors import ImpossibleFact, MalformedDocument
from simulator.pytest_plugin.clock import read_duration, read_instant
from simulator.pytest_plugin.options import DEFAULTS, options_of


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("26h", timedelta(hours=26)),
        ("15m", timedelta(minutes=15)),
        ("90s", timedelta(seconds=90)),
        ("2d", timedelta(days=2)),
        ("1w", timedelta(days=7)),
        ("1d12h30m", timedelta(days=1, hours=12, minutes=30)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert read_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "26", "h", "-1h", "1.5h", "26 h", "1y", "26h ", "１h", "9" * 99]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        read_duration(text)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2026-08-05T09:00", datetime(2026, 8, 5, 0, 0, tzinfo=UTC)),
        ("2026-08-05T09:00+00:00", datetime(2026, 8, 5, 9, 0, tzinfo=UTC)),
        ("2026-08-05", datetime(2026, 8, 5, 3, 0, tzinfo=UTC)),
        (date(2026, 8, 5), datetime(2026, 8, 5, 3, 0, tzinfo=UTC)),
        (datetime(2026, 8, 5, tzinfo=UTC), datetime(2026, 8, 5, tzinfo=UTC)),
    ],
)
def test_an_instant_is_japan_time_unless_it_says_otherwise(value: Any, at: datetime) -> None:
    assert read_instant(value) == at


@pytest.mark.parametrize("value", ["2026-13-01", "tomorrow", 5, datetime(2026, 8, 5)])  # noqa: DTZ001
def test_what_is_no_instant_is_refused(value: Any) -> None:
    with pytest.raises(MalformedDocument):
        read_instant(value)


def test_the_clock_stands_still_until_it_is_moved_and_never_goes_back(clock) -> None:
    began = clock.now
    assert clock() == began == DEFAULTS.at
    assert clock.advance("26h") == began + timedelta(hours=26)
    assert clock.today == date(2026, 8, 4)
    with pytest.raises(ImpossibleFact):
        clock.at("2026-08-03")
    with pytest.raises(ImpossibleFact):
        clock.advance(timedelta(seconds=-1))
    assert clock.now == began + timedelta(hours=26)


def test_what_is_due_is_recorded_while_the_clock_moves(clock, person, world) -> None:
    before = len(world.entries)
    due = person.move()
    clock.at(due - timedelta(seconds=1))
    assert len(world.entries) == before
    clock.advance("1s")
    assert len(world.entries) == before + 1


@pytest.mark.jpki(seed="other", at="2025-12-01T09:00", municipality="01106")
def test_the_marker_makes_the_world(world, person) -> None:
    assert world.seed == "other"
    assert world.now == datetime(2025, 12, 1, 0, 0, tzinfo=UTC)
    assert person.record.municipality == "01106"


@pytest.mark.jpki(policies={"move_record_lag_days": 3})
def test_a_policy_of_the_marker_decides(person, clock) -> None:
    # Moved on the third of August: three days later is the sixth.
    assert person.move().date() == date(2026, 8, 5)  # 03:00 in Japan is still the fifth in UTC
    assert clock.today == date(2026, 8, 3)


@pytest.mark.jpki(seed="outer", policies={"list_made_at_hour": 5})
class TestNested:
    """Markers of a class and of its tests."""

    @pytest.mark.jpki(policies={"ocsp_renewal_minutes": 30})
    def test_the_nearer_marker_wins_and_policies_are_added_up(self, world) -> None:
        assert world.seed == "outer"
        assert world.book.policies["list_made_at_hour"] == 5
        assert world.book.policies["ocsp_renewal_minutes"] == 30


@pytest.mark.parametrize(
    ("arguments", "keywords", "words"),
    [
        (("a seed",), {}, "keywords only"),
        ((), {"sead": "x"}, "no option 'sead'"),
        ((), {"seed": 5}, "option seed"),
        ((), {"at": "noon"}, "'noon' is not an instant"),
        ((), {"policies": {"nonsense": 1}}, "nonsense"),
        ((), {"policies": {"move_record_lag_days": "x"}}, "move_record_lag_days"),
        ((), {"policies": 7}, "a dictionary"),
        ((), {"municipality": "99999"}, "municipality"),
        ((), {"keys": "none"}, "'pool'"),
        ((), {"evidence": "rumour"}, "'ocsp'"),
        ((), {"reader": "toaster"}, "'software'"),
    ],
)
def test_a_mistake_in_a_marker_is_named(
    arguments: tuple[Any, ...], keywords: dict[str, Any], words: str
) -> None:
    with pytest.raises(MalformedDocument) as caught:
        options_of([(arguments, keywords)])
    assert "@pytest.mark.jpki" in str(caught.value)
    assert words in str(caught.value)
