"""Every open answer of the card can be set by its name, and a wrong one says what is wanted."""

from __future__ import annotations

from dataclasses import fields

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from jpki.errors import MalformedDocument
from jpki.terms import Purpose
from simulator.card.behaviour import SUGGESTED_ATR, CardBehaviour, FileControlInformation
from simulator.card.connection import SoftwareConnection
from simulator.card.switches import SWITCHES, settings_of, switched
from tests.card import specimens

JPKI = "00A4040C0AD392F000260100000001"
VERIFY = "002000980431323334"


def _sw(*commands, **behaviour):
    connection = SoftwareConnection(specimens.card(behaviour=CardBehaviour(**behaviour)))
    for command in commands:
        answer = connection.transmit(bytes.fromhex(command))
    return answer[-2:].hex().upper()


# by name


def test_every_answer_has_a_switch_and_its_words_in_the_docstring():
    names = {row.name for row in fields(CardBehaviour)}
    assert set(SWITCHES) == names
    said = CardBehaviour.__doc__
    # The ATR stands above its constant.
    assert [name for name in sorted(names - {"atr"}) if f"``{name}``" not in said] == []


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("blocked=6983", "blocked", 0x6983),
        ("query_when_verified=9000", "query_when_verified", 0x9000),
        ("query_when_verified=none", "query_when_verified", None),
        ("change_with_old_value=none", "change_with_old_value", None),
        ("reselect_keeps_status=no", "reselect_keeps_status", False),
        ("copies_share_counter=yes", "copies_share_counter", True),
        ("filler=0x00", "filler", 0),
        ("filler=255", "filler", 255),
        ("longest_answer=65536", "longest_answer", 65536),
        ("pss_salt_length=222", "pss_salt_length", 222),
        ("file_control_information=name", "file_control_information", FileControlInformation.NAME),
        ("atr=3B80800101", "atr", bytes.fromhex("3B80800101")),
    ],
)
def test_an_answer_is_set_and_the_others_stay(setting, name, value):
    behaviour = switched(CardBehaviour(), [setting])
    assert getattr(behaviour, name) == value
    assert switched(behaviour, ["atr=" + SUGGESTED_ATR.hex()]).atr == SUGGESTED_ATR


@pytest.mark.parametrize(
    "setting",
    [
        "blocked",
        "blocked=",
        "blocked=69",
        "blocked=0x69",
        "blocked=６９８３",
        "blocked=none",
        "nonsense=6983",
        "=6983",
        "filler=256",
        "filler=-1",
        "filler=FF",
        "longest_answer=0",
        "longest_answer=65537",
        "pss_salt_length=223",
        "reselect_keeps_status=maybe",
        "file_control_information=all",
        "atr=3B",
        "atr=" + "3B" * 34,
        "atr=zz",
    ],
)
def test_what_fits_no_answer_is_refused_with_what_would(setting):
    with pytest.raises(MalformedDocument) as caught:
        switched(CardBehaviour(), [setting])
    assert caught.value.hint


def test_the_answers_are_written_as_they_are_read():
    settings = ("blocked=6983", "query_when_verified=9000", "copies_share_counter=yes", "filler=0")
    behaviour = switched(CardBehaviour(), settings)
    written = settings_of(behaviour)
    assert set(settings) < {f"{name}={value}" for name, value in written.items()}
    assert switched(CardBehaviour(), [f"{n}={v}" for n, v in written.items()]) == behaviour


# what the newer switches do


@pytest.mark.parametrize(
    ("command", "switch", "usual"),
    [
        ("80500000", "issuer_only", "6982"),
        ("80520000", "issuer_only", "6982"),
        ("80540000", "issuer_only", "6982"),
        ("80060000", "issuer_only", "6982"),
        ("808A2200", "issuer_only", "6982"),
        ("808A2400", "issuer_only", "6982"),
        ("808A2300", "manage_attributes_parameters", "6A86"),
        ("00820000", "external_authenticate", "6982"),
        ("0024008008" + "3132333437373737", "change_with_old_value", "6A86"),
        ("00B2010500", "several_records", "6A81"),
        ("802A008001" + "0000", "no_key", "6981"),  # the current file is a PIN
        ("0884000008", "secured_elsewhere", "6882"),
    ],
)
def test_an_answer_that_was_inferred_is_the_switchs(command, switch, usual):
    before = (JPKI, "00A4020C020018")
    assert _sw(*before, command) == usual
    assert _sw(*before, command, **{switch: 0x6A84}) == "6A84"


def test_what_was_seen_of_secure_messaging_is_no_switch():
    changed = {"secured_elsewhere": 0x6A84}
    assert _sw("08A4040C0AD392F000260100000001", **changed) == "6882"
    assert _sw(JPKI, "08B0000004", **changed) == "69FC"
    assert _sw(JPKI, "0820008004" + "31323334", **changed) == "69FC"


@pytest.mark.parametrize(("length", "other"), [(0, 32), (32, 0), (222, 32)])
def test_a_pss_signature_has_as_much_salt_as_was_set(length, other):
    behaviour = CardBehaviour(pss_salt_length=length)
    connection = SoftwareConnection(specimens.card(behaviour=behaviour))
    for command in (JPKI, VERIFY):
        connection.transmit(bytes.fromhex(command))
    signature = connection.transmit(bytes.fromhex("802A059705" + b"hello".hex() + "00"))[:-2]
    public = specimens.key(Purpose.USER_AUTHENTICATION.value).public_key()
    mask = padding.MGF1(hashes.SHA256())
    public.verify(signature, b"hello", padding.PSS(mask, length), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"hello", padding.PSS(mask, other), hashes.SHA256())


OLD_AND_NEW = "0024009808" + b"12347777".hex()
WORKS = {"change_with_old_value": None}


def test_a_change_with_the_old_value_in_front_can_work():
    assert _sw(JPKI, OLD_AND_NEW, **WORKS) == "9000"
    assert _sw(JPKI, OLD_AND_NEW, "0020009804" + b"7777".hex(), **WORKS) == "9000"


def test_a_wrong_old_value_in_front_costs_a_try_and_is_no_way_round_a_blocked_pin():
    wrong = "0024009808" + b"11117777".hex()
    assert _sw(JPKI, wrong, **WORKS) == "63C2"
    assert _sw(JPKI, wrong, VERIFY, **WORKS) == "9000"
    assert _sw(JPKI, wrong, wrong, wrong, **WORKS) == "63C0"
    assert _sw(JPKI, wrong, wrong, wrong, OLD_AND_NEW, **WORKS) == "6984"


def test_a_new_value_that_is_too_long_is_refused_before_the_old_one_is_compared():
    too_long = "0024009815" + (b"1234" + b"7" * 17).hex()
    sign = "802A0097010000"
    assert _sw(JPKI, too_long, **WORKS) == "6700"
    assert _sw(JPKI, too_long, sign, **WORKS) == "6982"


def test_a_verified_pin_does_not_stand_in_for_the_old_value():
    assert _sw(JPKI, VERIFY, "0024009808" + b"11117777".hex(), **WORKS) == "63C2"


@pytest.mark.parametrize(
    ("value", "sw"),
    [("1234", "6700"), ("123", "6700"), ("1234" + "7" * 33, "6700"), ("123477", "6A80")],
)
def test_a_new_value_that_is_missing_or_misshapen_is_refused(value, sw):
    command = f"00240098{len(value):02X}{value.encode().hex()}"
    assert _sw(JPKI, command, **WORKS) == sw
