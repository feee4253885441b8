"""``jpki-sim init``, ``advance``, ``event``, ``timeline`` and the others that are about a world."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from jpki.errors import MalformedDocument
from jpki.life.events import EVENTS
from simulator.cli.app import app
from simulator.cli.durations import duration
from simulator.happenings import event_fields, event_from
from tests.simulator.test_world_archive import lived_in
from tests.simulator.worldwork import register

RUNNER = CliRunner()
BEGINS = "2024-05-01T10:00"


def run(place: object, *args: str, status: int = 0) -> Result:
    env = {"LC_ALL": "C", "COLUMNS": "100", "JPKI_SIM_WORLD": str(place)}
    result = RUNNER.invoke(app, list(args), env=env)
    assert result.exit_code == status, result.output
    return result


def data(place: object, *args: str) -> Any:
    return json.loads(run(place, *args, "--format", "json").stdout)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A world with one person without a card."""
    place = tmp_path / "world.sqlite"
    run(None, "init", str(place), "--seed", "commands", "--at", BEGINS)
    fields = {
        "items": '{"name":"模擬","birth_date":"1990-09-15","sex":"female","address":"模擬町"}',
        "municipality": "13113",
    }
    given = [part for name, text in fields.items() for part in ("--field", f"{name}={text}")]
    run(place, "event", "resident_registered", "--person", "P1", *given)
    run(
        place,
        *("event", "card_issued", "--person", "P1", "--field", "card=card-1"),
        *("--field", "made_on=2024-05-01", "--field", "expires_on=2033-09-15"),
    )
    return place


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world in which a card was lost and found and a move is on its way; it is only read."""
    place = tmp_path_factory.mktemp("lived") / "world.sqlite"
    lived_in(place).close()
    return place


def test_init_makes_a_world_as_told(tmp_path: Path) -> None:
    place = tmp_path / "w.sqlite"
    run(None, "init", str(place), "--at", BEGINS, "--policy", "move_record_lag_days=2",
        "--policy", "card_hold_cascades_to_ms=false")  # fmt: skip
    told = data(place, "status")
    assert told["now"] == "2024-05-01T01:00:00+00:00"
    assert told["policies"] == {"move_record_lag_days": 2, "card_hold_cascades_to_ms": False}
    assert (told["people"], told["entries"], told["clock"]) == (0, 0, "frozen")
    assert "a world already" in run(None, "init", str(place), status=2).stderr


@pytest.mark.parametrize(
    ("policy", "says"),
    [("no_such=1", "no policy"), ("move_record_lag_days", "NAME=VALUE"),
     ("move_record_lag_days=soon", "cannot be 'soon'")],
)  # fmt: skip
def test_init_names_a_wrong_policy_and_makes_nothing(
    tmp_path: Path, policy: str, says: str
) -> None:
    place = tmp_path / "w.sqlite"
    result = run(None, "init", str(place), "--policy", policy, status=2)
    assert says in result.stderr
    assert not place.exists()


def test_advance_moves_the_clock_and_records_what_is_due(world: Path) -> None:
    sent = run(
        world,
        *("event", "resident_record_amended", "--person", "P1", "--notice"),
        *("--field", "item=address", "--field", "value=東京都渋谷区模擬町９"),
    )
    # A notice is recorded on the next day at three in the morning in Japan.
    assert "2024-05-02 03:00:00 JST" in sent.stdout
    assert "recorded" not in run(world, "advance", "16h59m59s").stdout
    assert "2024-05-02 02:59:59 JST" in run(world, "at").stdout
    assert "3 resident_record_amended" in run(world, "advance", "1s").stdout
    assert "2024-05-05 12:00:00 JST" in run(world, "at", "2024-05-05T12:00").stdout
    run(world, "advance", "--to", "2024-05-06T00:00Z")
    assert data(world, "status")["now"] == "2024-05-06T00:00:00+00:00"


def test_a_dry_run_of_a_notice_tells_when_it_is_recorded(lived: Path) -> None:
    death = ("event", "resident_record_deleted", "--person", "P000001", "--notice", "--dry-run")
    waiting = data(lived, "status")["on_the_way"]
    told = data(lived, *death, "--field", "ground=death")
    # EV-13: whatever is alive falls; after the move of the demonstration that is authentication.
    kinds = {change["kind"] for change in told["changes"]}
    assert kinds == {"card_authentication", "mobile_authentication"}
    assert data(lived, "status")["on_the_way"] == waiting


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("at", "2024-04-30"), "cannot go back"),
        (("advance", "--to", "2024-04-30"), "cannot go back"),
        (("advance", "yesterday"), "no duration"),
        (("advance",), "either a duration or --to"),
        (("advance", "2d", "--to", "2025-01-01"), "either a duration or --to"),
        (("advance", "999999w"), "year 9999"),
        (("at", "noon"), "not an instant"),
        (("clock", "accelerated"), "--factor"),
        (("clock", "frozen", "--factor", "2"), "--factor"),
        (("clock", "accelerated", "--factor", "-1"), "times as fast"),
    ],
)
def test_what_a_clock_cannot_do_is_named(world: Path, words: tuple[str, ...], says: str) -> None:
    before = data(world, "status")
    assert says in run(world, *words, status=2).stderr
    assert data(world, "status") == before


def test_a_clock_is_let_run_and_stopped(world: Path) -> None:
    assert (
        "accelerated (3600 times)" in run(world, "clock", "accelerated", "--factor", "3600").stdout
    )
    assert data(world, "status")["clock"] == "accelerated"
    assert "frozen" in run(world, "clock", "frozen").stdout
    # Some of the world's time has passed between the two commands.
    assert data(world, "status")["now"] > "2024-05-01T01:00:00+00:00"
    assert "real-time" in run(world, "clock", "real-time").stdout


def test_an_event_is_told_before_it_happens_and_then_happens(world: Path) -> None:
    lost = ("event", "card_loss_reported", "--person", "P1", "--field", "channel=call_centre")
    foreseen = data(world, *lost, "--dry-run")
    assert (foreseen["entry"], foreseen["recorded_at"]) == (None, None)
    assert (foreseen["changes"], foreseen["later"]) == ([], [])
    assert data(world, "status")["entries"] == 2
    assert data(world, *lost)["entry"] == 3
    assert "suspended already" in run(world, *lost, "--dry-run", status=2).stderr
    assert data(world, "status")["entries"] == 3


def test_a_dry_run_tells_what_falls_and_by_which_article(lived: Path) -> None:
    told = data(
        lived, *("event", "revocation_requested", "--person", "P000001", "--dry-run"),
        *("--field", "kinds=card_authentication"),
    )  # fmt: skip
    fallen = {change["kind"]: change for change in told["changes"]}
    # EV-51: the holder ends the card's authentication certificate; the phone's falls with it.
    assert set(fallen) == {"card_authentication", "mobile_authentication"}
    assert {change["effect"] for change in told["changes"]} == {"revoke"}
    chain = [reason["rule"] for reason in fallen["mobile_authentication"]["reasons"]]
    assert len(chain) == 2
    assert chain[1] == fallen["card_authentication"]["reasons"][0]["rule"]
    assert "art. 35-13" in fallen["mobile_authentication"]["reasons"][0]["basis"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("card_los_reported",), "did you mean card_loss_reported"),
        (("card_loss_reported",), "--person"),
        (("card_loss_reported", "--person", "P1"), "lacks channel"),
        (("card_loss_reported", "--person", "P1", "--field", "chanel=x"), "did you mean channel"),
        (("card_loss_reported", "--person", "P1", "--field", "channel=x"), "channel"),
        (("card_loss_reported", "--person", "P1", "--field", "channel"), "NAME=VALUE"),
        (("lost_card_found", "--person", "P2"), "nobody with this id"),
        (("lost_card_found", "--person", "P1", "--occurred-on", "soon"), "2026-08-04"),
        (("issuer_key_compromised", "--person", "P1", "--field", "kinds=[]"), "nobody in part"),
        (("certificate_issued", "--person", "P1"), "at the counter"),
        (("guardianship_began", "--person", "P1", "--occurred-on", "2030-01-01"), "before it"),
    ],
)
def test_an_event_that_cannot_be_is_named_and_nothing_is_recorded(
    world: Path, words: tuple[str, ...], says: str
) -> None:
    assert says in run(world, "event", *words, status=2).stderr
    assert data(world, "status")["entries"] == 2


def test_every_event_is_listed_and_every_one_tells_its_fields() -> None:
    assert [each["event"] for each in data(None, "event", "--list")] == list(EVENTS)
    for name in EVENTS:
        said = run(None, "event", name, "--list").stdout
        assert all(f"--field {field}=" in said for field in event_fields(name))
        assert data(None, "event", name, "--list")["properties"].keys() >= set(event_fields(name))


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_can_be_made_from_text(name: str) -> None:
    """What each field says of itself is enough to fill it in."""
    samples = {
        "a day such as 2026-08-04": "2026-08-04",
        "an instant such as 2026-08-04T09:00:00+09:00": "2026-08-04T09:00:00+09:00",
        "true or false": "true",
        "a whole number": "3",
        "text": "words",
    }
    objects = {
        "items": '{"name":"模擬","birth_date":"1990-09-15","sex":"female","address":"模擬町"}',
        "authority": '{"purpose":"signature","generation":3}',
    }
    given = {
        field.name: field.values[0]
        if field.values
        else objects.get(field.name) or samples[field.wanted.removesuffix(" or null")]
        for field in event_fields(name).values()
    }
    person = None if name == "issuer_key_compromised" else "P1"
    made = event_from(name, person, given)
    assert made.name == name
    for field, text in given.items():
        kept = getattr(made, field)
        assert str(kept[0] if isinstance(kept, tuple) else kept).lower() == text.lower() or (
            not isinstance(kept, str)
        )


def test_the_timeline_tells_each_event_and_what_it_did(lived: Path) -> None:
    moments = data(lived, "timeline", "P000001")["moments"]
    did = [
        (moment["event"], {(c["kind"], c["effect"]) for c in moment["changes"]})
        for moment in moments
        if moment["changes"]
    ]
    assert did == [
        ("certificate_issued", {("card_authentication", "issue")}),
        ("certificate_issued", {("card_signature", "issue")}),
        ("certificate_issued", {("mobile_signature", "issue")}),
        ("certificate_issued", {("mobile_authentication", "issue")}),
        # The policy leaves the phone's signature certificate alone when a card is held.
        ("card_loss_reported", {("card_authentication", "suspend"), ("card_signature", "revoke")}),
        ("card_suspension_lifted", {("card_authentication", "resume")}),
        ("certificate_issued", {("card_signature", "issue")}),
    ]
    lifted = next(m for m in moments if m["event"] == "card_suspension_lifted")
    assert [r["certainty"] for r in lifted["changes"][0]["reasons"]] == ["practice"]
    coming = data(lived, "timeline", "P000001")["on_the_way"]
    assert [each["event"] for each in coming] == ["resident_record_amended"]


def test_the_timeline_tells_expiry_by_the_day_and_in_japanese(lived: Path) -> None:
    # Born 1990-09-15, issued 2024-03-10: the fifth birthday after is 2028-09-15.
    later = ("timeline", "P000001", "--at", "2028-09-16", "--lang", "ja")
    said = run(lived, *later).stdout
    assert "2028-09-15 23:59:59 JST" in said
    assert "有効期間満了" in said
    assert "公的個人認証法" in said
    assert "満了" not in run(lived, "timeline", "P000001", "--lang", "ja").stdout


def test_the_timeline_names_nobody(lived: Path) -> None:
    from simulator.people import invent_person

    invented = invent_person("world tests", 1)
    said = run(lived, "timeline", "P000001").stdout + run(lived, "status").stdout
    assert invented.items.name not in said
    assert "模擬町" not in said
    assert "nobody with this id" in run(lived, "timeline", "P9", status=2).stderr


def test_status_counts_certificates_by_state(lived: Path) -> None:
    told = data(lived, "status")
    assert told["certificates"]["card_signature"]["revoked"] == 1
    assert told["certificates"]["card_signature"]["active"] == 1
    assert told["certificates"]["card_authentication"] == {
        "active": 1, "held": 0, "revoked": 0, "expired": 0
    }  # fmt: skip
    assert (told["people"], told["chips"], told["on_the_way"]) == (1, 2, 1)
    assert "1 active, 1 revoked" in run(lived, "status").stdout


def test_a_world_is_exported_and_imported(lived: Path, tmp_path: Path) -> None:
    file, copy = tmp_path / "w.jsonl", tmp_path / "copy.sqlite"
    run(lived, "export", str(file))
    run(None, "import", str(file), str(copy))
    ours, theirs = data(lived, "status"), data(copy, "status")
    assert ours.pop("world") != theirs.pop("world")
    assert ours == theirs
    assert "a file already" in run(lived, "export", str(file), status=2).stderr
    file.write_bytes(file.read_bytes()[:-5])
    assert "cut off" in run(None, "import", str(file), str(tmp_path / "x"), status=2).stderr


def test_without_a_world_the_way_to_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(app, ["status"], env={"JPKI_SIM_WORLD": None})
    assert result.exit_code == 2
    assert "jpki-sim init" in result.stderr


@pytest.fixture
def postgresql_url() -> Iterator[Callable[[], str]]:
    """Empty databases of a PostgreSQL server."""
    from tests.simulator.postgres import cluster  # psycopg is an extra

    with cluster() as running:
        yield running.new_world_url


@pytest.mark.system
def test_every_command_takes_a_database_as_well(
    postgresql_url: Callable[[], str], tmp_path: Path
) -> None:
    place = postgresql_url()
    run(None, "init", place, "--at", BEGINS)
    from simulator.world import World

    with World.open(place) as world:
        register(world, "P1", 1)
    run(place, "advance", "2d")
    assert data(place, "status")["world"].startswith("postgresql://postgres@/world")
    assert len(data(place, "timeline", "P1")["moments"]) == 1
    assert "no certificate" in run(place, "why", "5", status=2).stderr
    run(place, "export", str(tmp_path / "w.jsonl"))
    copy = postgresql_url()
    run(None, "import", str(tmp_path / "w.jsonl"), copy)
    assert data(copy, "status")["people"] == 1


@pytest.mark.parametrize(
    ("text", "hours"),
    [("26h", 26), ("2d", 48), ("1d12h", 36), ("90m", 1.5), ("3600s", 1), ("1w2d", 216), ("0s", 0)],
)
def test_a_duration_is_read(text: str, hours: float) -> None:
    assert duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    ["", "26", "h", "-2h", "1.5h", "2h1d", "1h1h", "2 h", "2H", "９h", "1h\n", "9999999999d"],
)
def test_what_is_no_duration_is_named(text: str) -> None:
    with pytest.raises(MalformedDocument, match="no duration"):
        duration(text)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_duration_or_named(text: str) -> None:
    with suppress(MalformedDocument):
        assert duration(text) >= timedelta(0)


def test_the_withdrawal_that_the_page_on_serving_shows_is_taken(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "serve.md"
    shown = re.search(
        r"`jpki-sim (event four_items_consent_withdrawn [^`]*)`", page.read_text("utf-8")
    )
    assert shown is not None
    words, world = shown[1].split(), tmp_path / "world.sqlite"
    # The agency supports withdrawal since 2024-10-29.
    run(None, "init", str(world), "--seed", "commands", "--at", "2026-08-01", "--people", "1")
    consent = ["verifier=bank", "items=name,address", "signed_with=card_signature"]
    fields = [part for field in consent for part in ("--field", field)]
    run(world, "event", "four_items_consent_given", "--person", "P000001", *fields)
    run(world, *words)
    assert "no such consent" in run(world, *words, status=2).output
