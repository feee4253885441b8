"""Enrolling phones: one a person, in steps that can fail, each refusal with its rule."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date, time, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from jpki.card.pin import SignaturePassword
from jpki.errors import ImpossibleFact, MalformedDocument, NoCertificate, Refused, WrongPin
from jpki.jst import at_time
from jpki.life import CertificateState
from jpki.life.events import Platform
from jpki.terms import CertificateKind, PinKind, Purpose
from jpki.validation import Verdict
from jpki.verify import explain
from simulator import callcentre, municipality, phone
from simulator.agency.enrolment import (
    LARGEST_APPLICATION,
    EnrolmentApplication,
    answer_download,
    answer_enrolment,
)
from simulator.archive import export_world, import_world
from simulator.people import invent_person
from simulator.phone import SignedApplication, Standing
from simulator.tokens import applet, token_names
from simulator.world import World
from tests.phone.conftest import (
    BEGINS,
    CARD_PASSWORD,
    MA,
    MS,
    PASSWORD,
    PIN,
    POOL,
    Holder,
    new_holder,
    new_world,
)

CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
BOTH_KEYS = frozenset(Purpose)


def live_phones(holder: Holder) -> list[str]:
    return [
        each.id
        for each in phone.devices(holder.world, holder.id)
        if any(c.state is CertificateState.ACTIVE for c in each.certificates)
    ]


def judged(world: World, signature: bytes, content: bytes) -> object:
    return explain(
        signature,
        content=content,
        roots=world.agency.roots(world.now),
        revocation_lists=world.agency.revocation_lists(world.now),
        at=world.now,
    )


@pytest.mark.parametrize("first", list(Platform))
@pytest.mark.parametrize("second", list(Platform))
def test_one_person_has_one_phone_on_whatever_system(
    holder: Holder, first: Platform, second: Platform
) -> None:
    old, new = holder.enrol(first), holder.enrol(second)
    assert live_phones(holder) == [new]
    before, now = phone.devices(holder.world, holder.id)
    assert (before.id, before.standing, before.platform) == (old, Standing.OLD, first)
    assert (now.id, now.standing, now.platform) == (new, Standing.ENROLLED, second)
    assert {each.reason for each in before.certificates} == {4}  # EV-64: superseded by default


def test_an_old_phone_online_is_erased_at_once(holder: Holder) -> None:
    old = holder.enrol()
    holder.enrol()
    assert holder.state(old).erased
    with pytest.raises(NoCertificate):
        phone.sign_document(holder.world, old, b"x", password=PASSWORD)


def test_an_old_phone_offline_still_signs_and_the_verifier_sees_revoked(holder: Holder) -> None:
    world, old = holder.world, holder.enrol()
    phone.go_offline(world, old)
    new = holder.enrol(Platform.IPHONE)
    assert holder.state(old).usable == BOTH_KEYS
    signature = phone.sign_document(world, old, b"x", password=PASSWORD)
    phone.authenticate(world, old, b"challenge", biometrics=True)
    assert judged(world, signature, b"x").verdict is Verdict.INVALID
    phone.go_online(world, old)
    assert holder.state(old).erased
    with pytest.raises(NoCertificate):
        phone.authenticate(world, old, b"challenge", pin=PIN)
    good = phone.sign_document(world, new, b"x", password=PASSWORD)
    assert judged(world, good, b"x").verdict is Verdict.VALID


# Replay, forgery, mix-ups


def test_an_application_that_was_answered_is_refused_when_it_comes_again(holder: Holder) -> None:
    world, device = holder.world, holder.begin()
    application = holder.apply(device)
    phone.send_application(world, device, application)
    entries = world.entries
    with pytest.raises(Refused) as caught:
        phone.send_application(world, device, application)
    assert caught.value.rule == "possession"
    holder.enrol()
    entries = world.entries
    with pytest.raises(Refused) as caught:
        answer_enrolment(world, holder.id, application.message, application.signature)
    assert caught.value.rule == "possession"
    assert world.entries == entries


def flipped(value: bytes, place: int) -> bytes:
    return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]


def test_a_tampered_signature_or_application_is_refused_and_leaves_keys_for_another_try(
    holder: Holder,
) -> None:
    world, device = holder.world, holder.begin()
    good, entries = holder.apply(device), world.entries
    swapped = good.message.replace(b'"platform":"android"', b'"platform":"iphone"')
    assert swapped != good.message
    for bad in (
        SignedApplication(good.message, flipped(good.signature, -1 + len(good.signature))),
        SignedApplication(swapped, good.signature),
        SignedApplication(good.message, b""),
        SignedApplication(good.message, b"\x30" * 40),
    ):
        with pytest.raises(Refused) as caught:
            phone.send_application(world, device, bad)
        assert caught.value.rule == "ON-9"
    assert world.entries == entries
    assert holder.state(device).standing is Standing.PREPARED
    phone.send_application(world, device, good)
    assert live_phones(holder) == [device]


def test_an_application_signed_with_somebody_elses_card_is_refused(holder: Holder) -> None:
    world, other = holder.world, new_holder(holder.world, 2)
    device = holder.begin()
    application = phone.sign_application(
        world, device, card=applet(world, other.card), card_password=CARD_PASSWORD
    )
    entries = world.entries
    with pytest.raises(Refused) as caught:
        phone.send_application(world, device, application)
    assert caught.value.rule == "ON-9"
    assert world.entries == entries
    # Nor does the card's own holder get the phone.
    with pytest.raises(Refused):
        phone.send_application(world, other.begin(), application)


def test_a_phone_sends_its_own_application_only(holder: Holder) -> None:
    one, two = holder.begin(), holder.begin()
    application = holder.apply(one)
    with pytest.raises(Refused, match="another phone"):
        phone.send_application(holder.world, two, application)


# At the same time


def test_of_two_enrolments_at_once_one_wins_and_the_other_signs_a_new_challenge(
    holder: Holder,
) -> None:
    world = holder.world
    one, two = holder.begin(Platform.ANDROID), holder.begin(Platform.IPHONE)
    assert one != two
    first, second = holder.apply(one), holder.apply(two)
    phone.send_application(world, one, first)
    entries = world.entries
    with pytest.raises(Refused) as caught:
        phone.send_application(world, two, second)
    assert caught.value.rule == "possession"
    assert world.entries == entries
    assert live_phones(holder) == [one]
    phone.send_application(world, two, holder.apply(two))
    assert live_phones(holder) == [two]


def test_two_programs_that_enrol_at_once_leave_one_live_phone(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    with World.create(place, seed="phones", at=BEGINS, keys=POOL) as world:
        known = new_holder(world)
    barrier, made = Barrier(2), []

    def enrol(platform: Platform) -> None:
        with World.open(place, keys=POOL) as mine:
            barrier.wait(10)
            made.append(Holder(mine, known.id, known.card).enrol(platform))

    threads = [Thread(target=enrol, args=(platform,)) for platform in Platform]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(made)) == 2
    with World.open(place, keys=POOL) as world:
        holder = Holder(world, known.id, known.card)
        live = live_phones(holder)
        assert len(live) == 1
        assert {each.id for each in phone.devices(world, known.id)} == set(made)
        assert holder.state(live[0]).standing is Standing.ENROLLED
        # Two pairs were issued, and each went onto the phone that made its keys.
        signature = phone.sign_document(world, live[0], b"x", password=PASSWORD)
        assert judged(world, signature, b"x").verdict is Verdict.VALID


# In the middle


def test_a_phone_that_goes_offline_has_keys_and_no_certificates_and_may_try_again(
    holder: Holder,
) -> None:
    world, device = holder.world, holder.begin()
    entries = world.entries
    phone.go_offline(world, device)
    with pytest.raises(Refused) as caught:
        holder.apply(device)
    assert caught.value.rule == "ON-9"
    state = holder.state(device)
    assert (state.standing, state.keys, state.certificates) == (
        Standing.PREPARED,
        BOTH_KEYS,
        (),
    )
    with pytest.raises(NoCertificate):
        phone.sign_document(world, device, b"x", password=PASSWORD)
    phone.go_online(world, device)
    application = holder.apply(device)
    phone.go_offline(world, device)
    with pytest.raises(Refused, match="offline"):
        phone.send_application(world, device, application)
    assert world.entries == entries
    phone.go_online(world, device)
    phone.send_application(world, device, application)
    assert live_phones(holder) == [device]


def test_the_phone_before_stays_whole_until_the_next_is_enrolled(holder: Holder) -> None:
    world, old = holder.world, holder.enrol()
    new = holder.begin()
    phone.go_offline(world, new)
    with pytest.raises(Refused):
        holder.apply(new)
    assert live_phones(holder) == [old]
    phone.sign_document(world, old, b"x", password=PASSWORD)


def test_the_clock_does_not_go_back_under_an_enrolment(holder: Holder) -> None:
    world, device = holder.world, holder.begin()
    application = holder.apply(device)
    entries, now = world.entries, world.now
    with pytest.raises(ImpossibleFact):
        world.advance(now - timedelta(hours=1))
    assert (world.entries, world.now) == (entries, now)
    phone.send_application(world, device, application)
    with pytest.raises(ImpossibleFact):
        world.advance(now - timedelta(seconds=1))
    assert live_phones(holder) == [device]


def test_a_phone_is_enrolled_once_with_the_keys_it_made(holder: Holder) -> None:
    device = holder.enrol()
    with pytest.raises(ImpossibleFact, match="enrolled before"):
        holder.apply(device)


# The card behind it


def test_a_dead_signature_certificate_enrols_nothing(holder: Holder) -> None:
    world = holder.world
    municipality.accept_revocation_request(world, holder.id, [CS])
    entries, chips = world.entries, token_names(world, holder.id)
    with pytest.raises(Refused) as caught:
        holder.enrol()
    assert caught.value.rule == "ON-9"
    assert (world.entries, token_names(world, holder.id)) == (entries, chips)


def test_a_dead_authentication_certificate_enrols_nothing(holder: Holder) -> None:
    world = holder.world
    municipality.accept_revocation_request(world, holder.id, [CA])
    entries = world.entries
    with pytest.raises(Refused) as caught:
        holder.enrol()
    assert caught.value.rule == "ON-10"
    assert world.entries == entries


def test_who_has_no_card_begins_and_gets_nowhere(world: World) -> None:
    other = new_holder(world)
    person = municipality.register(world, invent_person("phones", 7, birth_date=date(1990, 1, 1)))
    poor = Holder(world, person, other.card)
    with pytest.raises(Refused) as caught:
        poor.enrol()
    assert caught.value.rule == "ON-9"
    assert phone.devices(world, person) == ()


def test_a_wrong_card_password_costs_a_try_and_the_last_try_is_not_spent_unasked(
    holder: Holder,
) -> None:
    world, device = holder.world, holder.begin()
    for left in (4, 3, 2, 1):  # of five (P1)
        with pytest.raises(WrongPin) as caught:
            phone.sign_application(
                world,
                device,
                card=applet(world, holder.card),
                card_password=SignaturePassword("WRONG1"),
            )
        assert caught.value.tries_left == left
    assert applet(world, holder.card).tries_left(PinKind.SIGNATURE_PASSWORD) == 1
    assert holder.state(device).standing is Standing.PREPARED


@pytest.mark.parametrize(
    ("platform", "first_day", "row"),
    [
        # Before the first system there were no phones to hold keys at all.
        (Platform.ANDROID, date(2023, 5, 11), "A14"),
        (Platform.IPHONE, date(2025, 6, 24), "mobile_iphone"),
    ],
)
def test_a_system_is_enrolled_from_the_day_its_service_began(
    platform: Platform, first_day: date, row: str
) -> None:
    with new_world(at_time(first_day - timedelta(days=1), time(12))) as world:
        holder = new_holder(world)
        with pytest.raises(Refused) as caught:
            holder.enrol(platform)
        assert caught.value.rule == row
        assert phone.devices(world, holder.id) == ()
        world.advance(at_time(first_day, time(12)))
        device = holder.enrol(platform)
        assert live_phones(holder) == [device]


# Bytes that are no application


def test_what_is_no_application_is_named_as_such(holder: Holder) -> None:
    world, device = holder.world, holder.begin()
    good = json.loads(holder.apply(device).message)
    other_key = b64encode(b"\x30\x03\x02\x01\x01").decode()
    bad = [
        b"",
        b"\xff\xfe",
        b"[" * 10_000,
        b"{}",
        b" " * (LARGEST_APPLICATION + 1),
        json.dumps({**good, "platform": "windows"}).encode(),
        json.dumps({**good, "device": ""}).encode(),
        json.dumps({**good, "card_signature_serial": -1}).encode(),
        json.dumps({**good, "card_signature_serial": 1 << 80}).encode(),
        json.dumps({**good, "more": 1}).encode(),
    ]
    for message in bad:
        with pytest.raises(MalformedDocument):
            answer_enrolment(world, holder.id, message, b"")
    for keys in ({}, {"signature": "!"}, {each.value: other_key for each in Purpose}):
        read = EnrolmentApplication.read(json.dumps({**good, "public_keys": keys}).encode())
        with pytest.raises(MalformedDocument):
            read.possession(Purpose.SIGNATURE)


def test_a_new_signature_certificate_goes_onto_the_enrolled_phone_only(holder: Holder) -> None:
    application = holder.apply(holder.begin())
    with pytest.raises(Refused) as caught:
        answer_download(holder.world, holder.id, application.message, application.signature)
    assert caught.value.rule == "ON-9"
    with pytest.raises(ImpossibleFact, match="no phone"):
        phone.download_signature_certificate(
            holder.world,
            holder.id,
            card=applet(holder.world, holder.card),
            card_password=CARD_PASSWORD,
        )


# What lasts


def test_what_a_phone_knows_of_itself_outlives_the_program_and_goes_along_with_the_world(
    tmp_path: Path,
) -> None:
    place, file = tmp_path / "world.sqlite", tmp_path / "world.jsonl"
    with World.create(place, seed="phones", at=BEGINS, keys=POOL) as world:
        holder = new_holder(world)
        first = holder.enrol()
        phone.go_offline(world, first)
        second = holder.enrol()
        holder.enrol(Platform.IPHONE)
        begun = holder.begin()
        phone.go_offline(world, begun)
        phone.set_biometrics(world, begun, on=False)
        states = phone.devices(world, holder.id)
        assert (states[0].online, states[0].erased) == (False, False)
        assert (states[1].id, states[1].erased) == (second, True)
    with World.open(place, keys=POOL) as world:
        assert phone.devices(world, holder.id) == states
    with World.create(tmp_path / "seeded.sqlite", seed="phones", at=BEGINS) as world:
        seeded = new_holder(world)
        offline = seeded.enrol()
        callcentre.suspend_phone(world, seeded.id)
        phone.lift_suspension(world, seeded.id)
        phone.download_signature_certificate(
            world,
            seeded.id,
            card=applet(world, seeded.card),
            card_password=CARD_PASSWORD,
        )
        phone.go_offline(world, offline)
        states = phone.devices(world, seeded.id)
        export_world(world, file)
    # ``remake`` makes every certificate again from the log, the downloaded one too.
    with import_world(file, tmp_path / "again.sqlite", remake=True) as again:
        assert phone.devices(again, seeded.id) == states
        phone.sign_document(again, offline, b"x", password=PASSWORD)


def test_another_phone_is_never_named_like_one_before(holder: Holder) -> None:
    names = [holder.begin(), holder.enrol(), holder.begin(), holder.enrol()]
    assert len(set(names)) == 4
    assert [each.id for each in phone.devices(holder.world, holder.id)] == names
    assert tuple(c.kind for c in holder.state(names[1]).certificates) == (MS, MA)
