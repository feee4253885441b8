"""A world is handed on as one file, and comes out byte for byte; a bad file leaves nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedDocument, UnknownPolicy, WrongPin
from jpki.jst import at_time
from jpki.life.events import Platform, RecordItem
from jpki.terms import PinKind
from simulator import callcentre, municipality, phone
from simulator.archive import export_world, import_world, remade_certificates
from simulator.demo import play
from simulator.keys import KeyDirectory, SeededKeys
from simulator.municipalities import municipality as municipality_of
from simulator.people import invent_person
from simulator.services.records import Records
from simulator.store import Location, Notes
from simulator.store import told as shown
from simulator.tokens import TokenPins, applet
from simulator.world import World
from tests.simulator.worldwork import BEGINS, KEPT_KEYS, keys

PINS = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))


def lived_in(place: Location | None) -> World:
    """A world in which a card was lost and found, a phone enrolled, and a move is on its way."""
    world = World.create(
        place,
        seed="world tests",
        at=BEGINS,
        keys=keys(),
        policies={"card_hold_cascades_to_ms": False},
    )
    person = municipality.register(
        world, invent_person("world tests", 1, birth_date=date(1990, 9, 15))
    )
    card = municipality.hand_over_card(world, person, pins=PINS, made_on=date(2024, 3, 1))
    world.advance_to_day(date(2025, 7, 1))
    phone.enrol(
        world,
        person,
        platform=Platform.ANDROID,
        card=applet(world, card),
        card_password=SignaturePassword("ABC123"),
        pins=PINS,
    )
    callcentre.suspend_card(world, person)
    world.advance(world.now + timedelta(days=1))
    municipality.lift_card_suspension(world, person)
    municipality.issue_signature_certificate(world, person)
    municipality.amend_record(world, person, RecordItem.ADDRESS, "東京都渋谷区模擬町９－９")
    with pytest.raises(WrongPin):
        applet(world, card).verify(UserPin("0000"))
    return world


def lists(world: World) -> list[bytes]:
    """Every list there is, made now."""
    records = world.state().certificates.values()
    partitions = {(record.authority, record.municipality) for record in records}
    return sorted(
        world.agency.revocation_list(authority, municipality_of(code), world.now)
        for authority, code in partitions
    )


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    with lived_in(None) as world:
        export_world(world, tmp_path / "world.jsonl")
    return tmp_path / "world.jsonl"


def test_an_imported_world_is_the_same_byte_for_byte(
    new_place: Callable[[], Location], tmp_path: Path
) -> None:
    first, second, file = new_place(), new_place(), tmp_path / "world.jsonl"
    with lived_in(first) as world:
        export_world(world, file)
        import_world(file, second).close()
        with World.open(second, keys=keys()) as again:
            assert again.entries == world.entries
            assert again.store.settings() == world.store.settings()
            assert again.store.pending() == world.store.pending()
            assert again.store.certificates() == world.store.certificates()
            assert len(again.store.certificates()) == 5  # two, two on the phone, one anew
            assert lists(again) == lists(world) != []
            assert again.state() == world.state()
            # The wrong try is on the card that was handed on, too.
            card = applet(again, "card-P000001-1")
            assert card.tries_left(PinKind.USER_PIN) == 2
            # And both go on alike: the move is recorded on the next day.
            for each in (world, again):
                each.advance_to_day(date(2025, 7, 4))
            assert again.entries == world.entries
            assert lists(again) == lists(world)
            export_world(again, tmp_path / "again.jsonl")
        export_world(world, tmp_path / "first.jsonl")
    assert (tmp_path / "first.jsonl").read_bytes() == (tmp_path / "again.jsonl").read_bytes()


def test_both_databases_write_the_same_file(
    new_place: Callable[[], Location], tmp_path: Path
) -> None:
    """Rows come out by name, however a database keeps them and orders texts."""
    for number, place in enumerate((None, new_place())):
        with World.create(place, seed="x", at=BEGINS) as world:
            world.advance(world.now + timedelta(days=1))  # writes a setting anew
            for name in ("card-b", "card-B", "card-a"):
                world.store.set_chip(name, "{}")
                Notes(world.store, name).set("place", name)
                Records(world.store).secret(name, name.encode)
            export_world(world, tmp_path / f"{number}.jsonl")
    first, second = ((tmp_path / f"{number}.jsonl").read_bytes() for number in (0, 1))
    assert first == second
    assert first.index(b'"card-B"') < first.index(b'"card-a"') < first.index(b'"card-b"')


def test_what_actors_noted_goes_along(new_place: Callable[[], Location], tmp_path: Path) -> None:
    """A challenge that was made once is not made again where the world was imported."""
    place, file = new_place(), tmp_path / "world.jsonl"
    with World.create(None, seed="x", at=BEGINS) as world:
        assert [Notes(world.store, "desk").next_number("challenge") for _ in range(2)] == [1, 2]
        Notes(world.store, "other desk").set("challenge", "模擬")
        export_world(world, file)
    with import_world(file, place) as again:
        assert Notes(again.store, "desk").next_number("challenge") == 3
        assert Notes(again.store, "other desk").get("challenge") == "模擬"


def test_every_certificate_is_made_again_from_seed_and_log() -> None:
    with lived_in(None) as world:
        made = {(r.kind.purpose.value, r.serial): der for r, der in remade_certificates(world)}
        kept = {(purpose, serial): der for purpose, serial, der in world.store.certificates()}
    assert made == kept


@pytest.mark.long
def test_a_file_without_certificates_is_seed_and_log_and_gives_the_same(tmp_path: Path) -> None:
    with lived_in(None) as world:
        export_world(world, tmp_path / "small.jsonl", without_certificates=True)
        with import_world(tmp_path / "small.jsonl", tmp_path / "made.sqlite") as made:
            assert made.store.certificates() == world.store.certificates()
            assert lists(made) == lists(world)
    assert b'"certificate"' not in (tmp_path / "small.jsonl").read_bytes()


def test_seeded_keys_are_never_in_the_file(exported: Path) -> None:
    header, *lines = map(json.loads, exported.read_text().splitlines())
    assert header["holds_keys"] is False
    assert header["settings"]["keys"] == "seeded"
    assert "invented" in header["note"]
    assert {next(iter(line)) for line in lines} == {
        "entry",
        "pending",
        "chip",
        "certificate",
        "end",
    }


def test_chips_with_their_pins_can_be_left_out(tmp_path: Path) -> None:
    with lived_in(None) as world:
        export_world(world, tmp_path / "world.jsonl", without_chips=True)
    assert "ABC123" not in (tmp_path / "world.jsonl").read_text()
    with import_world(tmp_path / "world.jsonl", tmp_path / "w.sqlite") as world:
        assert world.store.chips() == []
        assert len(world.state().certificates) == 5


def test_keys_of_chance_are_handed_on_only_when_asked(tmp_path: Path) -> None:
    place = tmp_path / "fresh.sqlite"
    with World.create(place, seed="x", at=BEGINS, fresh_keys=True) as world:
        root = world.agency.roots(BEGINS)[0]
    with World.open(place) as world:
        assert world.agency.roots(BEGINS)[0] == root  # they are kept
        export_world(world, tmp_path / "without.jsonl")
        export_world(world, tmp_path / "with.jsonl", with_keys=True)
    assert '"key"' not in (tmp_path / "without.jsonl").read_text()
    assert json.loads((tmp_path / "with.jsonl").read_text().splitlines()[0])["holds_keys"] is True
    with import_world(tmp_path / "with.jsonl", tmp_path / "with.sqlite") as world:
        assert world.agency.roots(BEGINS)[0] == root
    with (
        import_world(tmp_path / "without.jsonl", tmp_path / "without.sqlite") as world,
        pytest.raises(ImpossibleFact, match="without its keys"),
    ):
        world.agency.roots(BEGINS)


def test_what_cannot_be_left_out_or_put_in_is_refused(tmp_path: Path) -> None:
    with (
        World.create(seed="x", at=BEGINS, fresh_keys=True) as world,
        pytest.raises(ImpossibleFact, match="cannot be made again"),
    ):
        export_world(world, tmp_path / "f", without_certificates=True)
    with World.create(seed="x", at=BEGINS) as world:
        with pytest.raises(ImpossibleFact, match="follow from its seed"):
            export_world(world, tmp_path / "f", with_keys=True)
        (tmp_path / "there").write_text("precious")
        with pytest.raises(MalformedDocument, match="a file already"):
            export_world(world, tmp_path / "there")
    assert (tmp_path / "there").read_text() == "precious"
    assert not (tmp_path / "f").exists()


def _sealed(lines: list[dict[str, Any]]) -> bytes:
    """Write lines with the right end, so that only what is in them is wrong."""
    body = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
    end = {"end": len(lines), "sha256": hashlib.sha256(body).hexdigest()}
    return body + json.dumps(end).encode() + b"\n"


def _refused(tmp_path: Path, data: bytes, match: str) -> None:
    file, place = tmp_path / "bad.jsonl", tmp_path / "bad.sqlite"
    file.write_bytes(data)
    with pytest.raises((MalformedDocument, UnknownPolicy), match=match):
        import_world(file, place)
    assert not place.exists()


def test_a_file_cut_off_anywhere_is_named_and_leaves_nothing(
    exported: Path, tmp_path: Path
) -> None:
    data = exported.read_bytes()
    ends = [at + 1 for at in range(len(data)) if data[at : at + 1] == b"\n"]
    for cut in {0, 1, 100, *ends[:-1], *(end - 1 for end in ends), len(data) - 1}:
        _refused(tmp_path, data[:cut], "cut off|not a line|not an exported")


def test_a_file_that_was_changed_is_named(exported: Path, tmp_path: Path) -> None:
    data = exported.read_bytes()
    _refused(tmp_path, data.replace("模擬町９".encode(), "模擬町８".encode()), "changed or damaged")
    _refused(tmp_path, data + b"x", "something follows")


def _header(lines: list[dict[str, Any]], **settings: str) -> list[dict[str, Any]]:
    head = lines[0]
    return [{**head, "settings": {**head["settings"], **settings}}, *lines[1:]]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda lines: [lines[0], *lines[2:]], "entry 1 of the log is missing"),
        (lambda lines: [{**lines[0], "version": 2}, *lines[1:]], "another version"),
        (lambda lines: [{**lines[0], "settings": 3}, *lines[1:]], "header"),
        (lambda lines: [{"file": "other"}, *lines[1:]], "not an exported world"),
        (lambda lines: _header(lines, now="2024-03-10T01:00:00+00:00"), "before the log ends"),
        (lambda lines: _header(lines, now="soon"), "clock"),
        (lambda lines: _header(lines, policies='{"no_such":1}'), "no policy"),
        (lambda lines: [*lines, {"certificate": 1, "purpose": "x", "der": "AA=="}], "of the log"),
        (lambda lines: [*lines, {"certificate": 1, "purpose": "x", "der": "&"}], "base64"),
        (lambda lines: [*lines, {"surprise": 1}], "no world has"),
        (lambda lines: [*lines, {"entry": {"seq": 1}}], "an entry has the keys"),
        (lambda lines: [line for line in lines if "certificate" not in line], "of the log"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_named_and_leaves_nothing(
    exported: Path,
    tmp_path: Path,
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    match: str,
) -> None:
    lines = [json.loads(line) for line in exported.read_text().splitlines()][:-1]
    _refused(tmp_path, _sealed(change(lines)), match)


def test_other_files_are_named(tmp_path: Path) -> None:
    for data in (b"", b"SQLite format 3\0", b"[1]\n", b"[" * 100_000 + b"\n", b"\xff\xfe\n"):
        _refused(tmp_path, data, "cut off|not a line")
    with pytest.raises(MalformedDocument, match="cannot be read"):
        import_world(tmp_path / "gone", tmp_path / "w.sqlite")


def test_a_world_is_never_imported_over_another(exported: Path, place: Location) -> None:
    World.create(place, seed="precious", at=BEGINS).close()
    with pytest.raises(MalformedDocument, match="a world already"):
        import_world(exported, place)
    with World.open(place) as world:
        assert world.seed == "precious"


def test_a_clock_that_runs_goes_on_after_it_was_handed_on(tmp_path: Path) -> None:
    with World.create(seed="x", at=at_time(date(2024, 3, 10), BEGINS.time())) as world:
        world.run_clock(60.0)
        export_world(world, tmp_path / "world.jsonl")
    with import_world(tmp_path / "world.jsonl", tmp_path / "w.sqlite") as world:
        assert (world.clock_kind.value, world.clock_factor) == ("accelerated", 60.0)
        before = world.now
        assert world.tick() >= before


def test_the_demonstration_is_played_in_a_world_elsewhere(place: Location, tmp_path: Path) -> None:
    told: list[str] = []
    kept = SeededKeys("test", cache=KeyDirectory(KEPT_KEYS))
    folder = play(
        tmp_path / "demo",
        seed="test",
        tell=lambda line: told.append(line.text("en")),
        keys=kept,
        world=place,
    )
    assert not (folder / "world.sqlite").exists()
    assert told[-1].endswith(f"--world {shown(place)}")
    with World.open(place, keys=kept) as world:
        assert len(world.state().certificates) == 4
    with pytest.raises(MalformedDocument, match="a world already"):
        play(tmp_path / "again", seed="test", tell=lambda _: None, keys=kept, world=place)
    assert not (tmp_path / "again").exists()
