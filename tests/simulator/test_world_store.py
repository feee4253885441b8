"""What a world's store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jpki.errors import ImpossibleFact, MalformedDocument, UnknownPolicy, WorldUnavailable
from jpki.jst import at_time
from jpki.life.events import RecordItem, ResidentRecordAmended
from simulator.store import FORMAT, Location, Notes, Store
from simulator.world import World
from tests.simulator.worldwork import BEGINS, items, register


def test_what_is_written_is_read_back(place: Location) -> None:
    store = Store.create(place)
    with store.transaction():
        store.set("seed", "種")
        store.set("seed", "二つ目の種")
        store.append(1, '{"a":"模擬　\\u0000"}')
        store.append(2, "{}")
        store.add_pending("one")
        store.add_pending("two")
        store.add_certificate("signature", 108_000_001, b"\x30\x00\xff")
        store.add_certificate("signature", 4_294_967_295, b"\x30")
        store.keys["place"] = b"key"
        store.set_chip("card-b", "{}")
        store.set_chip("card-a", '{"pins":{}}')
        store.set_chip("card-b", '{"tries":2}')
    store.remove_pending(1)
    store.close()
    store = Store.open(place)
    assert store.settings() == {"format": FORMAT, "seed": "二つ目の種"}
    assert store.entries() == ['{"a":"模擬　\\u0000"}', "{}"]
    assert store.entries(after=1) == ["{}"]
    assert store.pending() == [(2, "two")]
    assert store.certificate("signature", 108_000_001) == b"\x30\x00\xff"
    assert store.certificate("user_authentication", 108_000_001) is None
    assert store.certificates()[1] == ("signature", 4_294_967_295, b"\x30")
    assert store.last_serial("signature") == 4_294_967_295
    assert store.last_serial("user_authentication") == 0
    assert dict(store.keys) == {"place": b"key"}
    assert store.chips() == ["card-a", "card-b"]
    assert store.chip("card-b") == '{"tries":2}'
    store.close()


def test_a_transaction_that_fails_leaves_nothing(place: Location) -> None:
    store = Store.create(place)

    def break_off() -> None:
        with store.transaction():
            store.append(1, "{}")
            with store.transaction():
                store.set("seed", "x")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        break_off()
    assert store.entries() == []
    assert store.get("seed") is None
    store.close()


def test_notes_are_kept_under_book_and_name(place: Location) -> None:
    store = Store.create(place)
    desk, other = Notes(store, "desk"), Notes(store, "other")
    assert (desk.get("a"), other.get("a")) == (None, None)
    desk.remove("a")
    desk.set("a", "模擬")
    desk.set("a", "二つ目")
    desk.set("b", "{}")
    other.set("a", "x")
    other.remove("a")
    assert [desk.next_number("count") for _ in range(3)] == [1, 2, 3]
    store.close()
    store = Store.open(place)
    desk = Notes(store, "desk")
    assert (desk.get("a"), desk.get("b"), desk.get("count")) == ("二つ目", "{}", "3")
    assert Notes(store, "other").get("a") is None
    with pytest.raises(MalformedDocument, match="no number"):
        desk.next_number("a")
    assert desk.get("a") == "二つ目"
    store.close()


def test_notes_join_a_transaction_and_are_looked_up_inside_a_reading(place: Location) -> None:
    store = Store.create(place)
    with store.reading():
        assert Notes(store, "desk").get("a") is None

    def break_off() -> None:
        with store.transaction():
            Notes(store, "desk").set("a", "x")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        break_off()
    assert Notes(store, "desk").get("a") is None
    store.close()


def test_numbers_are_given_once_to_all_who_count(place: Location) -> None:
    """Four programs count on to 40 without a gap: 1 + ... + 40 = 820."""
    stores = [Store.create(place), *(Store.open(place) for _ in range(3))]
    given: list[int] = []

    def count(store: Store) -> None:
        given.extend(Notes(store, "desk").next_number("count") for _ in range(10))

    threads = [threading.Thread(target=count, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(given) == 820
    assert len(set(given)) == 40
    for store in stores:
        store.close()


def test_an_entry_number_is_given_once(place: Location) -> None:
    store = Store.create(place)
    store.append(1, "first")
    with pytest.raises(ImpossibleFact, match="entry 1"):
        store.append(1, "second")
    assert store.entries() == ["first"]
    store.close()


def test_a_world_is_never_made_over_another(place: Location) -> None:
    World.create(place, seed="first", at=BEGINS).close()
    with pytest.raises(MalformedDocument, match="a world already"):
        World.create(place, seed="second", at=BEGINS)
    with World.open(place) as world:
        assert world.seed == "first"


def test_what_cannot_be_made_leaves_the_place_free(place: Location) -> None:
    with pytest.raises(UnknownPolicy):
        World.create(place, seed="x", at=BEGINS, policies={"no_such_policy": True})
    with pytest.raises(MalformedDocument, match="no Unicode"):
        World.create(place, seed="half a pair \ud800", at=BEGINS)
    World.create(place, seed="x", at=BEGINS).close()


def test_a_file_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=ro", "模擬 %41.sqlite"):
        with World.create(Path(name), seed=name, at=BEGINS) as world:
            register(world, "one", 1)
        with World.open(Path(name)) as world:
            assert (world.seed, len(world.entries)) == (name, 1)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_place_where_nothing_can_be_is_named(tmp_path: Path) -> None:
    for place in (tmp_path / "no" / "folder", tmp_path / ("long" * 100)):
        with pytest.raises(WorldUnavailable, match="cannot be made"):
            World.create(place, seed="x", at=BEGINS)
        with pytest.raises((WorldUnavailable, MalformedDocument)):
            World.open(place)


def test_a_number_that_no_database_holds_is_named(place: Location) -> None:
    store = Store.create(place)
    with pytest.raises((MalformedDocument, WorldUnavailable)):
        store.add_certificate("signature", 1 << 70, b"")
    assert store.certificates() == []
    store.close()


def test_half_a_surrogate_pair_in_an_entry_is_named_and_nothing_is_recorded(
    place: Location,
) -> None:
    with World.create(place, seed="x", at=BEGINS) as world:
        with pytest.raises(MalformedDocument, match="no Unicode"):
            register(world, "half \udcff", 1)
        assert world.entries == ()
        assert register(world, "whole", 1) == 1


def test_a_world_is_the_same_when_it_is_opened_again(place: Location) -> None:
    with World.create(place, seed="種", at=BEGINS, policies={"move_record_lag_days": 2}) as world:
        register(world, "one", 1)
        move = ResidentRecordAmended("one", RecordItem.ADDRESS, value="東京都渋谷区模擬町９")
        recorded_at = world.notify(move)
        world.advance(world.now + timedelta(hours=3))
        entries, now = world.entries, world.now
    # The notice is recorded two days later at three in the morning in Japan.
    assert recorded_at == datetime(2024, 3, 11, 18, 0, tzinfo=UTC)
    with World.open(place) as again:
        assert (again.entries, again.now, again.seed) == (entries, now, "種")
        again.advance(recorded_at - timedelta(seconds=1))
        assert len(again.entries) == 1
        again.advance(recorded_at)
        assert again.entries[-1].event == move
    with World.open(place) as again:
        assert len(again.entries) == 2
        assert again.store.pending() == []


def test_two_programs_write_in_turn_and_each_sees_the_other(place: Location) -> None:
    with World.create(place, seed="x", at=BEGINS) as first, World.open(place) as second:
        assert register(first, "one", 1) == 1
        assert register(second, "two", 2) == 2
        second.advance(second.now + timedelta(hours=1))
        assert register(first, "three", 3) == 3
        assert first.now == second.now
        second.refresh()
        assert first.entries == second.entries
        with pytest.raises(ImpossibleFact, match="registered already"):
            register(second, "one", 1)


def test_of_two_threads_of_one_program_one_waits(place: Location) -> None:
    with World.create(place, seed="x", at=BEGINS) as world:
        inside, free = threading.Event(), threading.Event()
        seen: list[int] = []

        def other() -> None:
            inside.wait(10)
            seen.append(register(world, "other", 2))

        thread = threading.Thread(target=other)
        thread.start()
        with world.transaction():
            register(world, "one", 1)
            inside.set()
            assert not free.wait(0.2)
            assert seen == []
        thread.join(30)
        assert seen == [2]
        assert [entry.seq for entry in world.entries] == [1, 2]


def test_a_world_of_another_format_is_named(place: Location) -> None:
    World.create(place, seed="x", at=BEGINS).close()
    store = Store.open(place)
    store.set("format", "99")
    store.close()
    with pytest.raises(MalformedDocument, match="format 99"):
        World.open(place)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("now", "yesterday", "clock"),
        ("now", "2024-03-10T10:00:00", "clock"),
        ("policies", "[]", "policies"),
        ("policies", "{", "policies"),
        ("clock", "{}", "clock"),
        ("clock", '{"kind":"accelerated","factor":-1}', "clock"),
        ("keys", "borrowed", "keys"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    place = tmp_path / "world.sqlite"
    World.create(place, seed="x", at=BEGINS).close()
    store = Store.open(place)
    store.set(name, value)
    store.close()
    with pytest.raises(MalformedDocument, match=says):
        World.open(place)


def test_an_entry_that_is_missing_is_named(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    with World.create(place, seed="x", at=BEGINS) as world:
        for number in range(1, 4):
            register(world, f"P{number}", number)
    with sqlite3.connect(place) as connection:
        connection.execute("DELETE FROM log WHERE seq = 2")
    connection.close()
    with pytest.raises(MalformedDocument, match="entry 2 is missing"):
        World.open(place)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    with World.create(place, seed="x", at=BEGINS) as world:
        for number in range(1, 200):
            with world.transaction():
                register(world, f"P{number}", number)
    data = bytearray(place.read_bytes())
    data[4096 : len(data) - 4096] = bytes(len(data) - 8192)
    place.write_bytes(data)
    with pytest.raises((MalformedDocument, WorldUnavailable)):
        World.open(place)


def test_a_database_without_a_world_is_named(new_place: Callable[[], Location]) -> None:
    place = new_place()
    if isinstance(place, Path):
        sqlite3.connect(place).execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(MalformedDocument, match="there is no world in it"):
        World.open(place)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hush-hush@127.0.0.1:1/world",
        "postgresql://user@127.0.0.1:1/world?password=hush-hush",
        "postgresql://user:hush-hush@127.0.0.1:port/world",
        "mysql://user:hush-hush@127.0.0.1/world",
        "postgresql://user:hush-hush@[::1/world",
    ],
)
def test_a_password_in_a_url_is_never_told(url: str) -> None:
    with pytest.raises((WorldUnavailable, MalformedDocument)) as raised:
        World.open(url)
    error: BaseException | None = raised.value
    assert "hush" not in str(raised.value)
    while error is not None:
        assert "hush" not in str(error)
        assert "hush" not in repr(error)
        error = error.__cause__


def test_the_settings_show_no_seed() -> None:
    world = World.create(seed="planted-seed", at=at_time(date(2024, 3, 10), BEGINS.time()))
    assert "planted-seed" not in repr(world)
    assert items(1).name not in repr(world.entries)
