"""The reset at a kiosk, KS-1 to KS-12: app step, code, hours, chains, and what it leaves alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from jpki.card.pin import SignaturePassword
from jpki.errors import ImpossibleFact, LastTry, MalformedDocument, PinBlocked, Refused, WrongPin
from jpki.jst import at_time
from jpki.law import load
from jpki.life.events import RecordItem
from jpki.terms import CertificateKind, PinKind
from simulator import kiosk, municipality
from simulator.face import ASSUMED, LiveFace
from simulator.keys import KeyPool
from simulator.kiosk import KioskChain, codes
from simulator.store import Notes
from simulator.tokens import applet
from simulator.world import World
from tests.actors.conftest import BEGINS, Town, pins
from tests.kiosk.conftest import (
    NEW_PASSWORD,
    NEW_PIN,
    P1,
    P2,
    PASSWORD,
    PIN,
    block,
    town_at,
)

# Monday, 2026-07-06: 10:00 is BEGINS.
ON = date(2026, 7, 6)
BOTH = (KioskChain.SEVEN_ELEVEN, KioskChain.AEON, KioskChain.OTHER_BOTH)
SIGNATURE_ONLY = (
    KioskChain.LAWSON,
    KioskChain.FAMILY_MART,
    KioskChain.MINISTOP,
    KioskChain.DAIEI,
)


def reserve_password(world: World, person: str) -> kiosk.Reservation:
    return kiosk.reserve(world, person, P1, other=PIN, face=LiveFace.HOLDER)


def reserve_pin(world: World, person: str) -> kiosk.Reservation:
    return kiosk.reserve(world, person, P2, other=PASSWORD, face=LiveFace.HOLDER)


def finish(world: World, person: str, code: str, **changed: object) -> None:
    given: dict[str, object] = {"other": PIN, "new": NEW_PASSWORD, **changed}
    kiosk.finish_pin_reset(world, person, code=code, **given)  # type: ignore[arg-type]


def refused(world: World, act: Callable[[], object]) -> str:
    """Return the row that refuses, with the basis in the words; nothing may have changed."""
    chips = {name: world.store.chip(name) for name in world.store.chips()}
    entries = world.entries
    with pytest.raises(Refused) as caught:
        act()
    table = load()
    assert caught.value.basis == table.basis_ja(table.row(caught.value.rule))
    assert caught.value.basis in str(caught.value)
    assert world.entries == entries
    assert {name: world.store.chip(name) for name in world.store.chips()} == chips
    return caught.value.rule


# What it does


def test_a_blocked_password_is_set_anew_and_serials_and_keys_stay(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    block(world, card, P1)
    before = list(world.state().records(person))
    slots = json.loads(world.store.chip(card) or "")["slots"]
    ticket = reserve_password(world, person)
    assert ticket.expires_at == ticket.reserved_at + timedelta(hours=24)
    world.advance(BEGINS + timedelta(hours=1))
    finish(world, person, ticket.code)
    client = applet(world, card)
    assert client.tries_left(P1) == 5
    client.verify(NEW_PASSWORD)
    # KS-9
    assert [record.serial for record in world.state().records(person)] == [
        record.serial for record in before
    ]
    assert json.loads(world.store.chip(card) or "")["slots"] == slots


def test_a_blocked_pin_is_set_anew_with_the_password(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    block(world, card, P2)
    ticket = reserve_pin(world, person)
    finish(world, person, ticket.code, other=PASSWORD, new=NEW_PIN)
    applet(world, card).verify(NEW_PIN)
    applet(world, card).verify(PASSWORD)


def test_with_neither_pin_there_is_only_the_counter(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    block(world, card, P1)
    block(world, card, P2)
    with pytest.raises(PinBlocked):
        reserve_password(world, person)
    with pytest.raises(PinBlocked):
        reserve_pin(world, person)
    municipality.reset_pins(world, person, {P1: NEW_PASSWORD, P2: NEW_PIN})
    applet(world, card).verify(NEW_PASSWORD)


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: f" {code[:4]}-{code[4:]} "])
def test_a_code_is_typed_as_people_type(town: Town, typed: Callable[[str], str]) -> None:
    person, card = town.holder()
    finish(town.world, person, typed(reserve_password(town.world, person).code))
    applet(town.world, card).verify(NEW_PASSWORD)


# The app step (KS-1, KS-2)


def test_a_wrong_other_pin_in_the_app_costs_a_try_and_reserves_nothing(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    for left in (2, 1):
        with pytest.raises(WrongPin):
            kiosk.reserve(world, person, P1, other=NEW_PIN, face=LiveFace.HOLDER)
        assert applet(world, card).tries_left(P2) == left
    with pytest.raises(LastTry):
        kiosk.reserve(world, person, P1, other=NEW_PIN, face=LiveFace.HOLDER)
    assert codes.kept(world, person, P1) is None


@pytest.mark.parametrize(
    ("pin", "other"), [(P1, PASSWORD), (P2, PIN)], ids=["signature password", "user PIN"]
)
def test_the_pin_to_be_set_is_not_the_one_that_proves(town: Town, pin: PinKind, other) -> None:
    person, _ = town.holder()
    rule = refused(
        town.world,
        lambda: kiosk.reserve(town.world, person, pin, other=other, face=LiveFace.HOLDER),
    )
    assert rule == "KS-1"


@pytest.mark.parametrize("face", [LiveFace.STRANGER, LiveFace.PHOTO_OF_HOLDER])
def test_a_face_that_does_not_match_reserves_nothing_though_the_pin_was_right(
    town: Town, face: LiveFace
) -> None:
    person, _ = town.holder()
    rule = refused(town.world, lambda: kiosk.reserve(town.world, person, P1, other=PIN, face=face))
    assert rule == "KS-1"
    assert codes.kept(town.world, person, P1) is None


def test_a_face_is_never_enough_alone(town: Town) -> None:
    """KS-2: with a camera that accepts anybody, the other PIN still stands in the way."""
    person, _ = town.holder()
    anybody = ASSUMED.with_(threshold=-100.0)
    with pytest.raises(WrongPin):
        kiosk.reserve(
            town.world, person, P1, other=NEW_PIN, face=LiveFace.STRANGER, parameters=anybody
        )
    assert kiosk.reserve(
        town.world, person, P1, other=PIN, face=LiveFace.STRANGER, parameters=anybody
    ).code


# The code (KS-3)


def test_a_code_is_kept_as_a_digest_and_shown_by_nothing_else(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    person, _ = town.holder()
    with caplog.at_level(logging.DEBUG):
        ticket = reserve_password(town.world, person)
        with pytest.raises(Refused) as caught:
            finish(town.world, person, ticket.code[::-1])
    kept = Notes(town.world.store, "kiosk reservations").get(f"{person}/signature_password")
    assert kept is not None
    for text in (kept, repr(ticket), repr(codes.kept(town.world, person, P1)), str(caught.value)):
        assert ticket.code not in text
        assert ticket.code[::-1] not in text
    assert ticket.code not in caplog.text


def test_codes_follow_from_the_seed_and_none_is_given_twice() -> None:
    def given() -> list[str]:
        with (town := town_at()).world as world:
            people = [town.holder()[0] for _ in range(2)]
            return [
                each(world, person).code
                for person in people
                for each in (reserve_password, reserve_password, reserve_pin)
            ]

    first = given()
    assert first == given()
    assert len(set(first)) == 6
    # Sixty bits: twelve characters out of thirty-two.
    assert {len(code) for code in first} == {12}
    assert set("".join(first)) <= set("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")


@pytest.mark.parametrize("code", ["", "AAAAAAAAAAAA", "\ud800", "暗証", "9" * 1_000_000])
def test_a_wrong_code_is_refused_and_the_right_one_still_opens(town: Town, code: str) -> None:
    person, _ = town.holder()
    ticket = reserve_password(town.world, person)
    assert refused(town.world, lambda: finish(town.world, person, code)) == "KS-3"
    finish(town.world, person, ticket.code)


@pytest.mark.parametrize("entries", [1, 5])
def test_wrong_entries_are_bounded_and_then_the_right_code_is_worth_nothing(entries: int) -> None:
    with (town := town_at(kiosk_code_entries=entries)).world as world:
        person, _ = town.holder()
        ticket = reserve_password(world, person)
        for _ in range(entries - 1):
            assert refused(world, lambda: finish(world, person, "22222222222")) == "KS-3"
        assert codes.kept(world, person, P1) is not None
        assert refused(world, lambda: finish(world, person, "22222222222")) == "KS-3"
        assert refused(world, lambda: finish(world, person, ticket.code)) == "KS-3"
        finish(world, person, reserve_password(world, person).code)


def test_a_code_of_another_person_opens_nothing(town: Town) -> None:
    person, _ = town.holder()
    stranger, _ = town.holder()
    ours, theirs = (reserve_password(town.world, each) for each in (person, stranger))
    assert refused(town.world, lambda: finish(town.world, person, theirs.code)) == "KS-3"
    assert refused(town.world, lambda: finish(town.world, stranger, ours.code)) == "KS-3"
    finish(town.world, person, ours.code)


def test_a_code_for_one_pin_does_not_set_the_other(town: Town) -> None:
    world = town.world
    person, _ = town.holder()
    for_password, for_pin = reserve_password(world, person), reserve_pin(world, person)
    assert refused(world, lambda: finish(world, person, for_pin.code)) == "KS-3"
    finish(world, person, for_password.code)
    finish(world, person, for_pin.code, other=NEW_PASSWORD, new=NEW_PIN)


def test_a_code_for_the_card_before_does_not_open_the_new_card(town: Town) -> None:
    person, _ = town.holder()
    ticket = reserve_password(town.world, person)
    municipality.exchange_card(town.world, person, pins=pins())
    assert refused(town.world, lambda: finish(town.world, person, ticket.code)) == "KS-3"


def test_a_code_is_good_for_once(town: Town) -> None:
    person, card = town.holder()
    ticket = reserve_password(town.world, person)
    finish(town.world, person, ticket.code)
    again = SignaturePassword("AGAIN1")
    rule = refused(town.world, lambda: finish(town.world, person, ticket.code, new=again))
    assert rule == "KS-3"
    applet(town.world, card).verify(NEW_PASSWORD)


def test_a_new_reservation_takes_the_place_of_the_one_before(town: Town) -> None:
    person, _ = town.holder()
    first, second = (reserve_password(town.world, person) for _ in range(2))
    assert refused(town.world, lambda: finish(town.world, person, first.code)) == "KS-3"
    finish(town.world, person, second.code)


def test_of_two_kiosks_with_one_code_one_succeeds(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    made = World.create(place, seed="kiosks", at=BEGINS, keys=KeyPool())
    with made as one, World.open(place, keys=KeyPool()) as two:
        person, card = Town(one).holder()
        ticket = reserve_password(one, person)
        two.refresh()
        slip = codes.require(two, person, card, P1, ticket.code)  # both have looked at the code
        finish(one, person, ticket.code)
        with two.transaction(), pytest.raises(Refused) as caught:
            codes.spend(two, person, P1, slip)
        assert caught.value.rule == "KS-3"
        assert refused(two, lambda: finish(two, person, ticket.code)) == "KS-3"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"number": 1}', "null"])
def test_a_damaged_note_of_a_reservation_is_told_and_not_quoted(town: Town, text: str) -> None:
    person, _ = town.holder()
    reserve_password(town.world, person)
    Notes(town.world.store, "kiosk reservations").set(f"{person}/signature_password", text)
    with pytest.raises(MalformedDocument, match="kiosk reservations"):
        finish(town.world, person, "ABC")


def test_a_count_that_is_none_is_told(town: Town) -> None:
    person, _ = town.holder()
    Notes(town.world.store, "kiosk reservations").set(f"count/{person}/user_pin", "many")
    with pytest.raises(MalformedDocument):
        reserve_pin(town.world, person)


# Time (KS-4, KS-5)


@pytest.mark.parametrize(
    ("reserved", "finished", "rule"),
    [
        (time(10, 0), at_time(date(2026, 7, 7), time(10, 0)), None),
        (time(10, 0), at_time(date(2026, 7, 7), time(10, 0, 1)), "KS-4"),
        (time(22, 0), at_time(ON, time(23, 0)), None),
        (time(22, 0), at_time(ON, time(23, 1)), "KS-5"),
        (time(22, 0), at_time(date(2026, 7, 7), time(6, 29)), "KS-5"),
        (time(22, 0), at_time(date(2026, 7, 7), time(6, 30)), None),
        (time(23, 30), at_time(date(2026, 7, 7), time(6, 30)), None),
    ],
    ids=str,
)
def test_the_kiosk_step_has_24_hours_and_the_hours_of_kiosks(
    town: Town, reserved: time, finished: datetime, rule: str | None
) -> None:
    world = town.world
    person, card = town.holder()
    world.advance(at_time(ON, reserved))
    ticket = reserve_password(world, person)
    world.advance(finished)
    if rule is not None:
        assert refused(world, lambda: finish(world, person, ticket.code)) == rule
        assert applet(world, card).tries_left(P2) == 3
        return
    finish(world, person, ticket.code)
    applet(world, card).verify(NEW_PASSWORD)


# The card and its certificates (KS-6, KS-7, KS-10)


def test_a_card_without_a_photo_is_refused_in_the_app_even_at_night() -> None:
    with (town := town_at(signature_minimum_age=0)).world as world:
        infant = town.resident(born=date(2026, 1, 10))
        municipality.hand_over_card(world, infant, pins=pins(), photo=False)
        world.advance(at_time(ON, time(23, 30)))
        assert refused(world, lambda: reserve_password(world, infant)) == "KS-7"


def test_a_card_with_one_certificate_is_refused_in_the_app(town: Town) -> None:
    child = town.resident(born=date(2014, 9, 15))
    municipality.hand_over_card(town.world, child, pins=pins())
    rule = refused(town.world, lambda: reserve_pin(town.world, child))
    assert rule == "KS-6"


@pytest.mark.parametrize("ended_after_the_reservation", [False, True])
def test_a_certificate_that_a_move_ended_is_not_for_a_kiosk(
    ended_after_the_reservation: bool,
) -> None:
    with (town := town_at(move_record_lag_days=0)).world as world:
        person, _ = town.holder()
        code = reserve_password(world, person).code if ended_after_the_reservation else ""
        municipality.amend_record(world, person, RecordItem.ADDRESS, "東京都架空区一丁目2番3号")
        if ended_after_the_reservation:
            assert refused(world, lambda: finish(world, person, code)) == "KS-10"
        assert refused(world, lambda: reserve_password(world, person)) == "KS-10"
        # The counter issues a new one; then the kiosk takes the card again.
        municipality.issue_signature_certificate(world, person)
        finish(world, person, reserve_password(world, person).code)


def test_a_certificate_whose_end_was_asked_for_is_not_for_a_kiosk(town: Town) -> None:
    world = town.world
    person, _ = town.holder()
    municipality.accept_revocation_request(world, person, [CertificateKind.CARD_SIGNATURE])
    assert refused(world, lambda: reserve_password(world, person)) == "KS-6"
    # The other PIN's certificate is live, so that one can be set anew.
    finish(world, person, reserve_pin(world, person).code, other=PASSWORD, new=NEW_PIN)


def test_a_wrong_other_pin_at_the_kiosk_costs_a_try_and_leaves_the_code_good(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    ticket = reserve_password(world, person)
    with pytest.raises(WrongPin):
        finish(world, person, ticket.code, other=NEW_PIN)
    assert applet(world, card).tries_left(P2) == 2
    with pytest.raises(WrongPin):
        applet(world, card).verify(NEW_PASSWORD)
    finish(world, person, ticket.code)


def test_who_has_no_card_reserves_nothing(town: Town) -> None:
    person = town.resident()
    with pytest.raises(ImpossibleFact):
        reserve_password(town.world, person)


# Chains and dates (KS-8, KS-12)


@pytest.mark.parametrize("chain", KioskChain)
def test_each_chain_resets_what_it_offers(town: Town, chain: KioskChain) -> None:
    world = town.world
    person, _ = town.holder()
    ticket = reserve_pin(world, person)

    def reset() -> None:
        finish(world, person, ticket.code, other=PASSWORD, new=NEW_PIN, chain=chain)

    if chain in SIGNATURE_ONLY:
        assert refused(world, reset) == "KS-8"
        # The reservation waits for a kiosk of another chain.
        finish(world, person, ticket.code, other=PASSWORD, new=NEW_PIN, chain=KioskChain.AEON)
    else:
        assert chain in BOTH
        reset()
    finish(world, person, reserve_with(world, person).code, other=NEW_PIN, chain=chain)


def reserve_with(world: World, person: str) -> kiosk.Reservation:
    return kiosk.reserve(world, person, P1, other=NEW_PIN, face=LiveFace.HOLDER)


# 施行規則 65(1)(iv) of 2021-02-15 and (v) of 2024-05-27; the service by the policy's other value.
@pytest.mark.parametrize(
    ("pin", "policy", "eve", "row"),
    [
        (P1, "service", date(2022, 3, 31), "reset.kiosk.signature.service.before"),
        (P2, "delegation", date(2024, 5, 26), "reset.kiosk.authentication.delegation.before"),
        (P2, "service", date(2024, 8, 31), "reset.kiosk.authentication.service.before"),
    ],
)
def test_the_app_reserves_from_the_day_on_which_kiosks_reset_that_pin(
    pin: PinKind, policy: str, eve: date, row: str
) -> None:
    reserve = reserve_password if pin is P1 else reserve_pin
    with (town := town_at(at_time(eve, time(12)), kiosk_reset_from=policy)).world as world:
        person, _ = town.holder()
        assert refused(world, lambda: reserve(world, person)) == row
        world.advance(at_time(eve + timedelta(days=1), time(12)))
        assert reserve(world, person).code


def test_before_the_delegation_there_is_neither_a_reservation_nor_a_kiosk() -> None:
    with (town := town_at(at_time(date(2021, 2, 14), time(12)))).world as world:
        person, _ = town.holder()
        row = "reset.kiosk.signature.delegation.before"
        assert refused(world, lambda: reserve_password(world, person)) == row
        assert refused(world, lambda: finish(world, person, "")) == "A15"
        world.advance(at_time(date(2021, 2, 15), time(12)))
        finish(world, person, reserve_password(world, person).code)
