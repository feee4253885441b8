"""A world's cards carry every application, from the holder's items and the world's seed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import date, time
from pathlib import Path

import pytest

from jpki.card import layout
from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact
from jpki.jst import at_time
from jpki.life.events import Platform, RecordItem
from simulator import municipality, phone
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareConnection
from simulator.keys import KeyDirectory, SeededKeys
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet, my_number, plugged, rewrite_items
from simulator.world import World

ROOT = Path(__file__).resolve().parents[2]
SEED = "world tests"
BEGINS = at_time(date(2024, 4, 1), time(12))
TEXT = "00A4040C0AD3921000310001010408"
FACE = "00A4040C0AD3921000310001010402"
COMMON = "00A4040C0AD3921000310001010100"
JUKI = "00A4040C0AD3921000310001010401"
JPKI = "00A4040C0AD392F000260100000001"


def _keys(seed=SEED):
    return SeededKeys(seed, cache=KeyDirectory(ROOT / "build" / "test-keys"))


def _world(path=None, *, seed=SEED):
    return World.create(path, seed=seed, at=BEGINS, keys=_keys())


def _pins(**more):
    return TokenPins(SignaturePassword("ABC123"), UserPin("1234"), **more)


def _card(world, **more):
    person = municipality.register(
        world, invent_person(world.seed, 1, birth_date=date(1990, 9, 15))
    )
    return person, municipality.hand_over_card(
        world, person, pins=_pins(**more), made_on=date(2024, 3, 1)
    )


class Terminal:
    """Speaks hexadecimal to a world's card."""

    def __init__(self, world, name, **options):
        self.card = plugged(world, name, **options)
        self.connection = SoftwareConnection(self.card)

    def ask(self, command):
        return self.connection.transmit(bytes.fromhex(command))

    def sw(self, *commands):
        for command in commands:
            answer = self.ask(command)
        return answer[-2:].hex().upper()


def _hex(text):
    return text.encode().hex()


def test_a_card_of_a_world_shows_its_holder():
    world = _world()
    person, name = _card(world)
    items = world.state().person(person).items
    terminal = Terminal(world, name)
    assert terminal.sw(TEXT, "002000910431323334") == "9000"
    assert terminal.ask("00B0810300")[:12].decode() == my_number(world, person)
    attributes = terminal.ask("00B082000000" + "00")
    assert items.name.encode() in attributes
    assert items.address.encode() in attributes
    assert b"19900915" in attributes
    expires = world.state().person(person).card.expires_on
    assert terminal.sw(COMMON) == "9000"
    record = terminal.ask("00B2010C00")[2:-2].decode()
    assert record[15:] == "".join(
        (world.state().person(person).municipality, expires.strftime("%Y%m%d"))
    )


def test_code_a_is_the_my_number_and_code_b_is_what_is_printed():
    world = _world()
    person, name = _card(world)
    terminal = Terminal(world, name)
    number = my_number(world, person)
    assert terminal.sw(FACE, "002000930C" + _hex(number)) == "9000"
    (security_code,) = {
        json.loads(world.store.chip(name))["printed"]["security_code"],
    }
    expires = world.state().person(person).card.expires_on
    # Born on 15 September of Heisei 2.
    assert terminal.sw("002000920E" + _hex(f"020915{expires.year}{security_code}")) == "9000"
    assert terminal.sw("0020009106" + _hex("020915")) == "9000"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_person():
    def contents(seed):
        world = _world(seed=seed)
        _, name = _card(world)
        return {
            (held.application.name, fid): content
            for held in plugged(world, name).memory.all
            for fid, content in (*held.files.items(), *held.objects.items())
        }

    first = contents(SEED)
    assert first == contents(SEED)
    other = contents("another world")
    for fid in (layout.MY_NUMBER, layout.ATTRIBUTES):
        place = ("card-face input support", fid)
        assert other[place] != first[place]


def test_a_my_number_is_invented_with_a_right_check_digit():
    world = _world()
    for person in ("P000001", "P000002", "P000003"):
        digits = [int(d) for d in my_number(world, person)]
        weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
        rest = sum(d * w for d, w in zip(digits[:11], weights, strict=True)) % 11
        assert digits[11] == (0 if rest <= 1 else 11 - rest)
    assert my_number(world, "P000001") != my_number(world, "P000002")


def test_the_three_short_pins_are_the_same_digits_unless_they_are_given():
    for more, text, juki in (
        ({}, "1234", "1234"),
        ({"input_support_pin": UserPin("2345")}, "2345", "1234"),
        ({"juki_pin": UserPin("3456")}, "1234", "3456"),
    ):
        world = _world()
        _, name = _card(world, **more)
        terminal = Terminal(world, name)
        assert terminal.sw(TEXT, "0020009104" + _hex(text)) == "9000"
        assert terminal.sw(COMMON, "0020009C04" + _hex(juki)) == "9000"
        assert terminal.sw(JUKI, "0020009C04" + _hex(juki)) == "9000"


def test_pins_that_nobody_chose_are_blocked_where_digits_are_not_shared():
    world = _world()
    _, name = _card(world, same_digits=False)
    terminal = Terminal(world, name)
    assert terminal.sw(TEXT, "002000910431323334") == "6984"
    assert terminal.sw(JUKI, "0020009C0431323334") == "6984"
    assert terminal.sw(JPKI, "002000980431323334") == "9000"


def test_a_phone_of_a_world_has_no_card_face():
    world = _world()
    person, card = _card(world)
    world.advance_to_day(date(2025, 7, 1))
    name = phone.enrol(
        world,
        person,
        platform=Platform.IPHONE,
        card=applet(world, card),
        card_password=SignaturePassword("ABC123"),
        pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
    )
    terminal = Terminal(world, name)
    assert terminal.sw(TEXT) == "6A82"
    assert terminal.sw(JPKI, "80FC0000") == "9000"
    with pytest.raises(ImpossibleFact):
        rewrite_items(world, name)


def test_the_counter_writes_a_new_address_onto_the_card_and_leaves_codes_and_counters():
    world = _world()
    person, name = _card(world)
    Terminal(world, name).sw(TEXT, "0020009104" + _hex("0000"))
    municipality.amend_record(
        world, person, RecordItem.ADDRESS, "架空県架空市模擬町９－９", card_present=False
    )
    world.advance_to_day(date(2024, 5, 1))

    def address_and_face():
        held = plugged(world, name).memory
        files = held.at(layout.INPUT_SUPPORT.aid).files
        return "架空県架空市".encode() in files[layout.ATTRIBUTES], files[layout.MY_NUMBER]

    before = address_and_face()
    rewrite_items(world, name)
    after = address_and_face()
    assert (before[0], after[0]) == (False, True)
    assert before[1] == after[1]
    assert Terminal(world, name).sw(TEXT, "00200091") == "63C2"


def test_a_certificate_replaced_while_the_card_is_plugged_in_stays():
    world = _world()
    person, name = _card(world)
    terminal = Terminal(world, name)
    first = json.loads(world.store.chip(name))["slots"]["signature"]["serial"]
    municipality.amend_record(world, person, RecordItem.ADDRESS, "架空県架空市模擬町９－９")
    world.advance_to_day(date(2024, 5, 1))
    municipality.issue_signature_certificate(world, person)
    terminal.sw(JPKI, "0020009804" + _hex("0000"))
    kept = json.loads(world.store.chip(name))
    assert kept["slots"]["signature"]["serial"] > first
    assert Terminal(world, name).sw(JPKI, "00200098") == "63C2"


def test_a_chip_from_before_the_other_applications_still_works():
    world = _world()
    _, name = _card(world)
    old = json.loads(world.store.chip(name))
    del old["printed"]
    aid = layout.JPKI_AID.hex()
    old["pins"] = {place: pin for place, pin in old["pins"].items() if place.startswith(aid)}
    world.store.set_chip(name, json.dumps(old))
    terminal = Terminal(world, name)
    assert terminal.sw(JPKI, "002000980431323334") == "9000"
    assert terminal.sw(TEXT) == "6A82"


def test_what_is_not_known_of_real_cards_can_be_set_when_plugging():
    world = _world()
    _, name = _card(world)
    terminal = Terminal(world, name, behaviour=CardBehaviour(blocked=0x6983))
    wrong = "0020009104" + _hex("0000")
    assert terminal.sw(TEXT, wrong, wrong, wrong, wrong) == "6983"


def test_every_profile_of_a_card_has_its_label():
    assert {token.kind for token in layout.TOKENS} == set(TokenKind)


# process death

KILLED = """
import os, signal, sys
from pathlib import Path
from simulator.card.connection import SoftwareConnection
from simulator.keys import KeyDirectory, SeededKeys
from simulator.tokens import plugged
from simulator.world import World

path, name, seed, cache, when, command = sys.argv[1:]
world = World.open(Path(path), keys=SeededKeys(seed, cache=KeyDirectory(Path(cache))))
card = plugged(world, name)
write = world.store.set_chip

def die(*arguments):
    if when == "after the write":
        write(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

world.store.set_chip = die
connection = SoftwareConnection(card)
connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
print("answered", connection.transmit(bytes.fromhex(command)).hex(), flush=True)
"""
RIGHT = "002000980431323334"
WRONG = "002000980431313131"


def _die(path, name, when, command):
    cache = str(ROOT / "build" / "test-keys")
    arguments = [sys.executable, "-c", KILLED, str(path), name, SEED, cache, when, command]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=60)


def _tries(path, name):
    with World.open(path, keys=_keys()) as world:
        return Terminal(world, name).sw(JPKI, "00200098")


def test_kills_between_the_write_and_the_answer_cost_every_try(tmp_path):
    path = tmp_path / "world.sqlite"
    with _world(path) as world:
        _, name = _card(world)
    # The right PIN is killed as well: its counter had been taken down before it was compared.
    for command, left in ((RIGHT, "63C2"), (WRONG, "63C1"), (RIGHT, "63C0")):
        killed = _die(path, name, "after the write", command)
        assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, ""), killed.stderr
        assert _tries(path, name) == left
    with World.open(path, keys=_keys()) as world:
        assert Terminal(world, name).sw(JPKI, RIGHT) == "6984"


def test_a_kill_before_the_write_tells_nothing(tmp_path):
    path = tmp_path / "world.sqlite"
    with _world(path) as world:
        _, name = _card(world)
    killed = _die(path, name, "before the write", RIGHT)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, ""), killed.stderr
    assert _tries(path, name) == "63C3"
