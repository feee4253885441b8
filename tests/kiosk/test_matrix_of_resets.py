"""Who can reset what, played: every path and every PIN against chips, and against the law table."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from typer.testing import CliRunner

from jpki.card.pin import InputSupportPin, JukiPin, Pin, SignaturePassword, UserPin
from jpki.cli.app import app
from jpki.errors import LifeError, PinError, Refused
from jpki.law import Rulebook
from jpki.law.resets import reset_row
from jpki.life.events import AnyPin, CardPin, PinReset, ResetPath
from jpki.terms import Medium, PinKind
from simulator import kiosk, municipality, phone, postoffice
from simulator.face import LiveFace
from simulator.tokens import applet
from simulator.world import World
from tests.kiosk.conftest import NEW_PASSWORD, NEW_PIN, P1, P2, PASSWORD, PIN, block, town_at

CARD, PHONE = Medium.CARD, Medium.MOBILE_DEVICE
PHONE_PASSWORD, PHONE_PIN = SignaturePassword("PHONE1"), UserPin("9876")

# The matrix, written out by hand. P5 follows P6. What depends on a policy is marked with "?".
PINS: tuple[tuple[Medium, AnyPin], ...] = (
    (CARD, P1), (CARD, P2), (CARD, CardPin.TEXT_AID), (CARD, CardPin.RESIDENT_REGISTER),
    (CARD, CardPin.COLLATION_A), (CARD, CardPin.COLLATION_B), (PHONE, P1), (PHONE, P2),
)  # fmt: skip
MATRIX = {
    "municipal counter":       "yes yes yes yes yes yes no  no ",
    "counter, other policy":   "yes yes yes yes no  no  no  no ",
    "post office":             "yes yes no  no  no  no  no  no ",
    "post office, other":      "yes yes yes yes no  no  no  no ",
    "kiosk, P2 known":         "yes no  no  no  no  no  no  no ",
    "kiosk, P1 known":         "no  yes no  no  no  no  no  no ",
    "signature only, P2 known": "yes no  no  no  no  no  no  no ",
    "signature only, P1 known": "no  no  no  no  no  no  no  no ",
    "kiosk, neither known":    "no  no  no  no  no  no  no  no ",
    "phone app":               "no  no  no  no  no  no  yes yes",
    "phone app without P1":    "no  no  no  no  no  no  no  yes",
    "phone app without P7":    "no  no  no  no  no  no  yes no ",
    "call centre":             "no  no  no  no  no  no  no  no ",
    "post or e-mail":          "no  no  no  no  no  no  no  no ",
    "clinic":                  "no  no  no  no  no  no  no  no ",
}  # fmt: skip
CASES = [
    pytest.param(path, medium, pin, word == "yes", id=f"{path}: {medium.value} {pin.value}")
    for path, line in MATRIX.items()
    for (medium, pin), word in zip(PINS, line.split(), strict=True)
]
POLICIES: dict[str, dict[str, bool]] = {
    "counter, other policy": {"counter_resets_collation_numbers": False},
    "post office, other": {"post_office_resets_other_card_pins": True},
}
PATHS = {
    "municipal counter": ResetPath.COUNTER,
    "counter, other policy": ResetPath.COUNTER,
    "post office": ResetPath.POST_OFFICE,
    "post office, other": ResetPath.POST_OFFICE,
    "kiosk, P2 known": ResetPath.KIOSK,
    "kiosk, P1 known": ResetPath.KIOSK,
    "signature only, P2 known": ResetPath.KIOSK_SIGNATURE_ONLY,
    "signature only, P1 known": ResetPath.KIOSK_SIGNATURE_ONLY,
    "kiosk, neither known": ResetPath.KIOSK,
    "phone app": ResetPath.PHONE_APP,
    "phone app without P1": ResetPath.PHONE_APP,
    "phone app without P7": ResetPath.PHONE_APP,
    "call centre": ResetPath.CALL_CENTRE,
    "post or e-mail": ResetPath.POST_OR_EMAIL,
    "clinic": ResetPath.CLINIC_READER,
}
NEW: dict[AnyPin, Pin | None] = {
    P1: NEW_PASSWORD,
    P2: NEW_PIN,
    CardPin.TEXT_AID: InputSupportPin("4321"),
    CardPin.RESIDENT_REGISTER: JukiPin("4321"),
    CardPin.COLLATION_A: None,
    CardPin.COLLATION_B: None,
}
# Where the chip keeps them: application and file (the card's other applications).
PLACES: dict[AnyPin, tuple[str, ...]] = {
    CardPin.TEXT_AID: ("d3921000310001010408/0011",),
    CardPin.RESIDENT_REGISTER: ("d3921000310001010401/001c", "d3921000310001010100/001c"),
    CardPin.COLLATION_A: ("d3921000310001010408/0014", "d3921000310001010402/0013"),
    CardPin.COLLATION_B: ("d3921000310001010408/0015", "d3921000310001010402/0012"),
}


def block_on_the_chip(world: World, card: str, places: tuple[str, ...]) -> None:
    chip = json.loads(world.store.chip(card) or "")
    for place in places:
        chip["pins"][place]["tries_left"] = 0
    world.store.set_chip(card, json.dumps(chip))


def tries(world: World, card: str, places: tuple[str, ...]) -> set[int]:
    chip = json.loads(world.store.chip(card) or "")
    return {chip["pins"][place]["tries_left"] for place in places}


def play(path: str, world: World, person: str, medium: Medium, pin: AnyPin) -> None:
    """Do what somebody would do who wants this PIN set anew on this path."""
    if medium is PHONE and PATHS[path] is not ResetPath.PHONE_APP:
        ask(world, person, medium, pin, PATHS[path])
    match PATHS[path]:
        case ResetPath.COUNTER:
            municipality.reset_pins(world, person, {pin: NEW[pin]})
        case ResetPath.POST_OFFICE:
            postoffice.reset_pins(world, person, {pin: NEW[pin]})
        case ResetPath.KIOSK | ResetPath.KIOSK_SIGNATURE_ONLY as kind:
            if not isinstance(pin, PinKind):
                ask(world, person, medium, pin, kind)
            assert isinstance(pin, PinKind)
            at_a_kiosk(path, world, person, pin)
        case ResetPath.PHONE_APP:
            if medium is CARD:
                ask(world, person, medium, pin, ResetPath.PHONE_APP)
            in_the_app(path, world, person, pin)
        case other:
            # Nobody there sets PINs: there is nothing to call but the agency's own door.
            ask(world, person, medium, pin, other)


def ask(world: World, person: str, medium: Medium, pin: AnyPin, path: ResetPath) -> None:
    world.record(PinReset(person=person, medium=medium, pin=pin, path=path, reserved_at=world.now))


def at_a_kiosk(path: str, world: World, person: str, pin: PinKind) -> None:
    chain = kiosk.KioskChain.AEON if path.startswith("kiosk") else kiosk.KioskChain.LAWSON
    other: SignaturePassword | UserPin = PASSWORD if "P1 known" in path else PIN
    if "neither" in path:
        other = SignaturePassword("FORGOT1") if pin is P2 else UserPin("0000")
    ticket = kiosk.reserve(world, person, pin, other=other, face=LiveFace.HOLDER)
    new: SignaturePassword | UserPin = NEW_PASSWORD if pin is P1 else NEW_PIN
    kiosk.finish_pin_reset(world, person, code=ticket.code, other=other, new=new, chain=chain)


def in_the_app(path: str, world: World, person: str, pin: AnyPin) -> None:
    card = world.state().person(person).card
    assert card is not None
    if pin is P1:
        known = PASSWORD if path != "phone app without P1" else SignaturePassword("FORGOT1")
        phone.reset_signature_password(
            world, person, card=applet(world, card.number), card_password=known, new=NEW_PASSWORD
        )
    else:
        known = PHONE_PASSWORD if path != "phone app without P7" else SignaturePassword("FORGOT1")
        phone.reset_user_pin(world, person, password=known, new=NEW_PIN)


def opens(world: World, card: str, device: str, medium: Medium, pin: AnyPin) -> bool:
    """Whether the chip itself takes the new value, or has its tries back."""
    if not isinstance(pin, PinKind):
        return tries(world, card, PLACES[pin]) != {0}
    value = NEW[pin]
    assert value is not None
    try:
        applet(world, card if medium is CARD else device).verify(value)
    except PinError:
        return False
    return True


@pytest.mark.parametrize(("path", "medium", "pin", "allowed"), CASES)
def test_the_matrix_is_what_happens(path: str, medium: Medium, pin: AnyPin, allowed: bool) -> None:
    with (town := town_at(**POLICIES.get(path, {}))).world as world:
        person, card, device = town.with_phone()
        if isinstance(pin, PinKind):
            block(world, card if medium is CARD else device, pin)
        else:
            block_on_the_chip(world, card, PLACES[pin])
        serials = [record.serial for record in world.state().records(person)]
        if allowed:
            play(path, world, person, medium, pin)
        else:
            with pytest.raises((LifeError, PinError)) as caught:
                play(path, world, person, medium, pin)
            if isinstance(caught.value, Refused):
                assert caught.value.basis
        assert opens(world, card, device, medium, pin) is allowed
        assert [record.serial for record in world.state().records(person)] == serials


@pytest.mark.parametrize(("path", "medium", "pin", "allowed"), CASES)
def test_the_matrix_is_that_of_the_law_table(
    path: str, medium: Medium, pin: AnyPin, allowed: bool
) -> None:
    """What the table allows on conditions, the lines without what is asked for do not get."""
    book = Rulebook.default().with_(**POLICIES.get(path, {}))
    row = reset_row(book, PATHS[path].value, medium, pin.value, on=date(2026, 7, 6))
    without = {
        "kiosk, P2 known": P2, "kiosk, P1 known": P1,
        "signature only, P2 known": P2, "signature only, P1 known": P1,
        "phone app without P1": P1, "phone app without P7": P2,
    }  # fmt: skip
    lacking = path == "kiosk, neither known" or without.get(path) is pin
    if lacking and row.allowed:
        assert row.needs
        assert not allowed
    else:
        assert row.allowed is allowed


# The command, against the same matrix: what each line says of P1, P2, P6 and P8 on three days.
@pytest.mark.parametrize(
    ("on", "line", "marks"),
    [
        ("2026-06-14", "kiosk", "△ △ × ×"),
        ("2024-05-26", "kiosk", "△ × × ×"),
        ("2026-06-14", "municipal counter", "○ ○ ○ ? ×"),
        ("2026-06-14", "phone app", "× × × △"),
        ("2026-06-14", "clinic reader", "× × × ×"),
    ],
)
def test_the_command_prints_the_matrix_of_a_day(on: str, line: str, marks: str) -> None:
    found = CliRunner().invoke(app, ["law", "resets", "--on", on, "--lang", "en"])
    assert found.exit_code == 0
    (text,) = [
        each for each in found.stdout.splitlines() if each.split("  ")[-1].split(" (")[0] == line
    ]
    told = {name: mark.strip() for name, mark in re.findall(r"P(\d) ([○△×](?: \?)?)", text)}
    assert " ".join(told[name] for name in ("1", "2", "6", "8")) == marks


def test_the_command_prints_rows_for_programs() -> None:
    asked = ["law", "resets", "--on", "2026-06-14", "--format", "json"]
    found = json.loads(CliRunner().invoke(app, asked).stdout)
    clinic_line = next(line for line in found if line["path"] == "clinic_reader")
    assert clinic_line["pins"]["P2"] == {
        "allowed": False,
        "needs": [],
        "rule": "reset.clinic.card",
    }


def test_a_policy_changes_the_matrix() -> None:
    asked = ["law", "resets", "--on", "2026-06-14", "--format", "json", "--policy"]
    asked.append("counter_resets_collation_numbers=false")
    found = json.loads(CliRunner().invoke(app, asked).stdout)
    counter = next(line for line in found if line["path"] == "counter")
    assert counter["pins"]["P6"]["rule"] == "reset.counter.collation.no"
