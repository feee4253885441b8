"""Who could still use a phone, until when, and which layer stops it: scenario by scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from datetime import date, datetime, time, timedelta

import pytest

from jpki.card.pin import UserPin
from jpki.errors import ImpossibleFact, PinBlocked, WrongPin
from jpki.jst import at_time
from jpki.law import load
from jpki.life import CertificateState
from jpki.life.events import MobileDeviceChange, Platform, RecordItem
from jpki.terms import Certainty, CertificateKind
from simulator import callcentre, citizen, municipality, phone
from simulator.exposure import (
    ExposureReport,
    Layer,
    Reach,
    Standing,
    Use,
    Who,
    exposure,
    exposure_of,
    report_data,
    report_lines,
)
from simulator.world import World
from tests.phone.conftest import MA, MS, PASSWORD, Holder, new_holder, new_world

CS = CertificateKind.CARD_SIGNATURE
# The world begins on 2026-07-06 10:00 in Japan. Lists are made at midnight and taken over within
# ten minutes, OCSP data is renewed on the quarter hours (VO-1 and its policies).
NEXT_LIST = at_time(date(2026, 7, 7), time(0, 10))
# Born 1990-09-15, issued in July 2026: the fifth birthday after is in 2030 (R13, R24-9).
LAST_SECOND = at_time(date(2030, 9, 15), time(23, 59, 59))


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as made:
        yield made


@pytest.fixture
def holder(world: World) -> Holder:
    return new_holder(world)


def words(report: ExposureReport, device: str, who: Who) -> str:
    """What somebody can use: S, A, both or nothing; in brackets when that is open."""
    found = ""
    for kind, letter in ((MS, "S"), (MA, "A")):
        use = use_of(report, device, kind, who)
        if use.exposed:
            found += f"({letter})" if use.reach is Reach.OPEN else letter
    return found


def use_of(report: ExposureReport, device: str, kind: CertificateKind, who: Who) -> Use:
    use = report.use(device, kind, who)
    assert use is not None
    return use


def everybody(report: ExposureReport, device: str) -> dict[Who, str]:
    return {who: words(report, device, who) for who in Who}


IN_USE = {
    Who.HOLDER: "SA",
    Who.FINDER: "",
    # Whoever can unlock the phone may enrol a finger of theirs; whether it serves is open (U-8).
    Who.UNLOCKED: "(A)",
    Who.THIEF: "SA",
    Who.BUYER: "",
}
NOBODY = dict.fromkeys(Who, "")


@pytest.mark.parametrize("platform", list(Platform))
def test_a_phone_in_use_opens_to_who_knows_its_pins(world, holder, platform) -> None:
    device = holder.enrol(platform)
    report = exposure(world, holder.id)
    assert report.phones_seen
    assert everybody(report, device) == IN_USE
    thief = use_of(report, device, MS, Who.THIEF)
    assert thief.stopped_by is None
    assert (thief.until.latest, thief.until.recorded) == (LAST_SECOND, False)
    finder = use_of(report, device, MS, Who.FINDER).stopped_by
    assert finder is not None
    assert (finder.layer, finder.rule) == (Layer.PIN, "P7")


def test_a_policy_that_wants_the_pin_first_closes_what_was_open() -> None:
    with new_world(biometrics_after_change="pin_first") as world:
        holder = new_holder(world)
        device = holder.enrol()
        assert everybody(exposure(world, holder.id), device) == {**IN_USE, Who.UNLOCKED: ""}


def test_what_the_buyer_of_an_emptied_phone_meets_depends_on_its_system(world, holder) -> None:
    android = holder.enrol(Platform.ANDROID)
    stop = use_of(exposure(world, holder.id), android, MS, Who.BUYER)
    # EV-71: a factory reset leaves the keys, so it is the password that stops the buyer.
    assert stop.stopped_by is not None
    assert stop.stopped_by.layer is Layer.PIN
    asked = [each for each in stop.findings if each.layer is Layer.BUYERS_ASK]
    assert [each.certainty for each in asked] == [Certainty.PRACTICE]
    iphone = holder.enrol(Platform.IPHONE)
    stop = use_of(exposure(world, holder.id), iphone, MS, Who.BUYER)
    assert stop.stopped_by is not None
    assert stop.stopped_by.layer is Layer.ERASURE  # EV-72


def applied(world: World, holder: Holder) -> None:
    phone.discontinue_use(world, holder.id, signed_with=CS)


def noticed(world: World, holder: Holder) -> None:
    citizen.report_compromise(world, holder.id, [MS, MA], signed_with=CS)


def replaced(world: World, holder: Holder) -> None:
    holder.enrol(Platform.IPHONE)


def suspended(world: World, holder: Holder) -> None:
    callcentre.suspend_phone(world, holder.id)


def renewed(world: World, holder: Holder) -> None:
    municipality.renew_certificates(world, holder.id)


@pytest.mark.parametrize(
    ("done", "layer"),
    [
        (applied, Layer.DUTY_TO_APPLY),
        (noticed, Layer.NOTICE),
        (replaced, Layer.NEW_ENROLMENT),
        (suspended, Layer.SUSPENSION),
        (renewed, Layer.CARD),
    ],
)
def test_a_phone_that_is_offline_signs_on_and_is_believed_until_the_next_list(
    world: World, holder: Holder, done, layer: Layer
) -> None:
    device = holder.enrol()
    phone.go_offline(world, device)
    # Not on a quarter hour: OCSP tells it from 10:15 on.
    world.advance(world.now + timedelta(minutes=7))
    done(world, holder)
    report = exposure(world, holder.id)
    assert words(report, device, Who.THIEF) == "SA"
    for kind in (MS, MA):
        until = use_of(report, device, kind, Who.THIEF).until
        assert until.recorded
        assert until.effect_ends == world.now
        assert until.ocsp == at_time(date(2026, 7, 6), time(10, 15))
        assert until.lists == until.latest == NEXT_LIST
    world.advance(NEXT_LIST - timedelta(seconds=1))
    assert words(exposure(world, holder.id), device, Who.HOLDER) == "SA"
    world.advance(NEXT_LIST)
    report = exposure(world, holder.id)
    assert everybody(report, device) == NOBODY
    for kind in (MS, MA):
        use = use_of(report, device, kind, Who.THIEF)
        assert use.reach is Reach.CAN  # the element still signs
        assert use.stopped_by is not None
        assert use.stopped_by.layer is layer
    # It does sign, and nobody takes it.
    phone.sign_document(world, device, b"x", password=PASSWORD)


def test_an_old_phone_is_its_holders_to_misuse_until_it_is_online(world, holder) -> None:
    old = holder.enrol()
    phone.go_offline(world, old)
    new = holder.enrol()
    report = exposure(world, holder.id)
    assert not use_of(report, old, MS, Who.HOLDER).enrolled
    assert use_of(report, new, MS, Who.HOLDER).enrolled
    later = [f for f in use_of(report, old, MS, Who.HOLDER).findings if f.layer is Layer.ERASURE]
    assert [each.standing for each in later] == [Standing.LATER]
    phone.go_online(world, old)
    report = exposure(world, holder.id)
    assert everybody(report, old) == NOBODY
    stop = use_of(report, old, MS, Who.HOLDER).stopped_by
    assert stop is not None
    assert stop.layer is Layer.ERASURE
    assert everybody(report, new) == IN_USE


def test_a_record_on_the_last_evening_is_seen_by_no_list(world, holder) -> None:
    device = holder.enrol()
    phone.go_offline(world, device)
    world.advance(LAST_SECOND - timedelta(minutes=5))
    applied(world, holder)
    until = use_of(exposure(world, holder.id), device, MS, Who.HOLDER).until
    assert until.latest == LAST_SECOND
    world.advance(LAST_SECOND)
    assert words(exposure(world, holder.id), device, Who.HOLDER) == "SA"
    world.advance(LAST_SECOND + timedelta(seconds=1))
    assert words(exposure(world, holder.id), device, Who.HOLDER) == ""


def test_a_hold_that_is_lifted_exposes_again(world, holder) -> None:
    device = holder.enrol()
    callcentre.suspend_phone(world, holder.id)
    world.advance(NEXT_LIST)
    held = use_of(exposure(world, holder.id), device, MA, Who.HOLDER)
    assert held.certificate is CertificateState.HELD
    assert not held.exposed
    phone.lift_suspension(world, holder.id)
    assert words(exposure(world, holder.id), device, Who.HOLDER) == "A"


def test_a_move_closes_the_signature_and_leaves_authentication_open(world, holder) -> None:
    device = holder.enrol()
    world.advance(municipality.amend_record(world, holder.id, RecordItem.ADDRESS, "模擬町二丁目"))
    world.advance(world.now + timedelta(days=1))
    report = exposure(world, holder.id)
    assert words(report, device, Who.THIEF) == "A"
    stop = use_of(report, device, MS, Who.THIEF).stopped_by
    assert stop is not None
    assert (stop.layer, stop.rule) == (Layer.CARD, "X-2.mobile-signature")


def test_a_blocked_pin_stops_everybody_and_one_key_only(world, holder) -> None:
    device = holder.enrol()
    for _ in range(2):
        with pytest.raises(WrongPin):
            phone.authenticate(world, device, b"c", pin=UserPin("7531"))
    with pytest.raises(PinBlocked):
        phone.authenticate(world, device, b"c", pin=UserPin("7531"), allow_last_try=True)
    report = exposure(world, holder.id)
    assert words(report, device, Who.THIEF) == "S"
    assert words(report, device, Who.UNLOCKED) == ""


@pytest.mark.parametrize(
    ("platform", "change", "keys"),
    [
        (Platform.ANDROID, MobileDeviceChange.FACTORY_RESET, "SA"),
        (Platform.IPHONE, MobileDeviceChange.ERASED, ""),
        (Platform.IPHONE, MobileDeviceChange.LOCAL_DATA_DELETED, ""),
        (Platform.ANDROID, MobileDeviceChange.BROKEN, ""),
        (Platform.ANDROID, MobileDeviceChange.SYSTEM_TAMPERED, "SA"),
    ],
)
def test_what_merely_happens_stops_only_what_it_does_to_the_element(
    world: World, holder: Holder, platform, change, keys
) -> None:
    device = holder.enrol(platform)
    phone.treat(world, device, change)
    report = exposure(world, holder.id)
    assert words(report, device, Who.THIEF) == keys
    # Nothing was recorded: a verifier would take it to the last day.
    assert all(use.accepted for use in report.uses)


def test_expiry_ends_it_when_nobody_did_anything(world, holder) -> None:
    device = holder.enrol()
    world.advance(LAST_SECOND)
    assert words(exposure(world, holder.id), device, Who.HOLDER) == "SA"
    world.advance(LAST_SECOND + timedelta(seconds=1))
    report = exposure(world, holder.id)
    assert everybody(report, device) == NOBODY
    stop = use_of(report, device, MS, Who.HOLDER).stopped_by
    assert stop is not None
    assert (stop.layer, stop.rule) == (Layer.VALIDITY, "R24-9")


# The report itself


def test_a_past_instant_is_told_by_the_log_alone(world, holder) -> None:
    before = world.now
    device = holder.enrol()
    phone.go_offline(world, device)
    enrolled = world.now
    world.advance(enrolled + timedelta(days=2))
    applied(world, holder)
    assert exposure(world, holder.id).exposed != ()
    world.advance(world.now + timedelta(days=2))
    then = exposure(world, holder.id, at=enrolled + timedelta(days=1))
    assert not then.phones_seen
    assert everybody(then, device) == IN_USE
    assert exposure(world, holder.id, at=before).at == before
    assert exposure(world, holder.id).exposed == ()
    with pytest.raises(ImpossibleFact):
        exposure(world, holder.id, at=world.now + timedelta(seconds=1))
    with pytest.raises(ImpossibleFact):
        exposure(world, "nobody")


def test_it_writes_nothing_and_a_state_is_enough(world, holder) -> None:
    device = holder.enrol()
    entries, chip = world.entries, world.store.chip(device)
    first = exposure(world, holder.id)
    assert exposure(world, holder.id) == first
    assert (world.entries, world.store.chip(device)) == (entries, chip)
    by_log = exposure_of(world.state(), holder.id)
    assert everybody(by_log, device) == everybody(first, device)
    with pytest.raises(FrozenInstanceError):
        first.person = "somebody"  # type: ignore[misc]


def test_every_finding_rests_on_a_row_and_is_told_in_both_languages(world, holder) -> None:
    old = holder.enrol()
    phone.go_offline(world, old)
    holder.enrol(Platform.IPHONE)
    callcentre.suspend_phone(world, holder.id)
    report = exposure(world, holder.id)
    rows = {row.id for row in load().rows()}
    findings = [finding for use in report.uses for finding in use.findings]
    assert {each.rule for each in findings} <= rows
    assert all(f.note_en and f.note_ja and f.basis_en and f.basis_ja for f in findings)
    for language in ("en", "ja"):
        told = "\n".join(report_lines(report, language))
        for who in Who:
            assert (who.label_ja if language == "ja" else who.label_en) in told
    assert "the phone still signs" in "\n".join(report_lines(report))
    data = json.loads(json.dumps(report_data(report)))
    assert len(data["uses"]) == len(report.uses) == 2 * 2 * len(Who)
    assert datetime.fromisoformat(data["uses"][0]["until"]["lists"]) == NEXT_LIST
    assert data["exposed"] == len(report.exposed)


def test_who_has_no_phone_is_exposed_by_none(world, holder) -> None:
    holder.begin()  # keys without certificates are worth nothing
    report = exposure(world, holder.id)
    assert report.uses == ()
    assert "no certificate on a phone" in "\n".join(report_lines(report))
    assert "電子証明書はない" in "\n".join(report_lines(report, "ja"))
