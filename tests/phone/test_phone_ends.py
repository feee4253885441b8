"""What becomes of the keys and certificates of a phone when its use ends, row by row."""

from __future__ import annotations

from datetime import date, time

import pytest

from jpki.card.pin import SignaturePassword
from jpki.errors import ImpossibleFact, NoCertificate, Refused
from jpki.jst import at_time
from jpki.law import load
from jpki.life import CertificateState
from jpki.life.events import (
    CompromiseCause,
    MobileDeviceChange,
    MobileDeviceEnrolled,
    Platform,
    RecordItem,
)
from jpki.terms import Certainty, CertificateKind, Purpose
from jpki.validation import Verdict
from jpki.verify import explain
from simulator import callcentre, citizen, municipality, phone
from simulator.phone import PLATFORMS, Standing
from simulator.phone.listing import devices_told
from simulator.phone.platforms import KeysAfter
from simulator.tokens import applet
from simulator.world import World
from tests.phone.conftest import CARD_PASSWORD, MA, MS, PASSWORD, PIN, Holder

Change = MobileDeviceChange
BOTH, NONE = frozenset(Purpose), frozenset()
# EV-63, EV-70 to EV-78: what stays in the element, and what still signs, by hand from the rows.
ROWS = [
    ("EV-63", Platform.ANDROID, Change.USE_STOPPED, BOTH, BOTH),
    ("EV-70", Platform.ANDROID, Change.SOLD, BOTH, BOTH),
    ("EV-70", Platform.IPHONE, Change.SOLD, BOTH, BOTH),
    ("EV-71", Platform.ANDROID, Change.FACTORY_RESET, BOTH, BOTH),
    ("EV-72", Platform.IPHONE, Change.ERASED, NONE, NONE),
    ("EV-73", Platform.ANDROID, Change.APP_UNINSTALLED, BOTH, BOTH),
    ("EV-74", Platform.ANDROID, Change.LOCAL_DATA_DELETED, NONE, NONE),
    ("EV-74", Platform.IPHONE, Change.LOCAL_DATA_DELETED, NONE, NONE),
    ("EV-75", Platform.ANDROID, Change.BROKEN, BOTH, NONE),
    ("EV-76", Platform.ANDROID, Change.REPAIRED, BOTH, BOTH),
    ("EV-77", Platform.IPHONE, Change.BIOMETRICS_CHANGED, BOTH, BOTH),
    ("EV-78", Platform.ANDROID, Change.SYSTEM_TAMPERED, BOTH, BOTH),
]


def states(holder: Holder, device: str) -> dict[CertificateKind, CertificateState]:
    return {each.kind: each.state for each in holder.state(device).certificates}


ACTIVE = {MS: CertificateState.ACTIVE, MA: CertificateState.ACTIVE}
REVOKED = {MS: CertificateState.REVOKED, MA: CertificateState.REVOKED}


@pytest.mark.parametrize(("row", "platform", "change", "keys", "usable"), ROWS)
def test_what_merely_happens_to_a_phone_revokes_nothing(
    world: World, holder: Holder, row: str, platform: Platform, change: Change, keys, usable
) -> None:
    device = holder.enrol(platform)
    citizen.treat_phone(world, holder.id, change)
    found = holder.state(device)
    assert states(holder, device) == ACTIVE
    assert (found.keys, found.usable) == (keys, usable)
    # The row is one the rule tables tell of, and what they say is that nothing follows.
    assert row in load().row("mobile-changed.mobile").covers or row == "EV-76"
    if usable:
        phone.sign_document(world, device, b"x", password=PASSWORD)
        phone.authenticate(world, device, b"challenge", pin=PIN)
    else:
        with pytest.raises((NoCertificate, ImpossibleFact)):
            phone.sign_document(world, device, b"x", password=PASSWORD)


def test_every_change_has_a_row_above() -> None:
    assert {change for _, _, change, _, _ in ROWS} == set(Change)


@pytest.mark.parametrize(
    ("platform", "change"),
    [(Platform.ANDROID, Change.ERASED), (Platform.IPHONE, Change.FACTORY_RESET)],
)
def test_each_system_is_emptied_in_its_own_way(world, holder, platform, change) -> None:
    device = holder.enrol(platform)
    entries = world.entries
    with pytest.raises(ImpossibleFact):
        phone.treat(world, device, change)
    assert world.entries == entries
    assert holder.state(device).usable == BOTH


def test_a_factory_reset_leaves_what_an_erased_iphone_does_not() -> None:
    assert PLATFORMS[Platform.ANDROID].keys_after_reset is KeysAfter.STAY  # EV-71
    assert PLATFORMS[Platform.IPHONE].keys_after_reset is KeysAfter.GONE  # EV-72
    known = {row.id for row in load().rows()}
    topics = [set(row.texts) for row in PLATFORMS.values()]
    assert topics[0] == topics[1]
    for row in PLATFORMS.values():
        assert all(stated.row in known for stated in row.texts.values())
        # What §64-4 leaves to the platform and no source tells is not asserted.
        assert row.texts["biometrics changed"].certainty is Certainty.ASSUMED


# Applied for


@pytest.mark.parametrize("key", [CertificateKind.CARD_SIGNATURE, MS])
def test_an_application_ends_both_and_erases_a_phone_that_is_online(world, holder, key) -> None:
    device = holder.enrol()
    phone.discontinue_use(world, holder.id, signed_with=key)
    assert states(holder, device) == REVOKED
    assert {each.reason for each in holder.state(device).certificates} == {5}  # EV-62
    assert holder.state(device).erased
    with pytest.raises(ImpossibleFact):
        phone.discontinue_use(world, holder.id)


def test_sold_after_an_application_offline_the_keys_go_when_it_is_online(world, holder) -> None:
    device = holder.enrol()
    phone.go_offline(world, device)
    phone.discontinue_use(world, holder.id, signed_with=CertificateKind.CARD_SIGNATURE)
    citizen.treat_phone(world, holder.id, Change.SOLD)
    assert holder.state(device).usable == BOTH
    signature = phone.sign_document(world, device, b"x", password=PASSWORD)
    report = explain(
        signature,
        content=b"x",
        roots=world.agency.roots(world.now),
        revocation_lists=world.agency.revocation_lists(world.now),
        at=world.now,
    )
    assert report.verdict is Verdict.INVALID
    phone.go_online(world, device)
    assert holder.state(device).erased


def test_an_offline_phone_cannot_send_its_own_application_and_nothing_falls(world, holder) -> None:
    device = holder.enrol()
    phone.go_offline(world, device)
    before = len(world.entries)
    with pytest.raises(Refused) as caught:
        phone.discontinue_use(world, holder.id, signed_with=MS)
    assert caught.value.rule == "ON-3"
    assert len(world.entries) == before
    assert holder.state(device).usable == BOTH
    phone.go_online(world, device)
    phone.discontinue_use(world, holder.id, signed_with=MS)
    assert states(holder, device) == REVOKED


def test_an_application_needs_a_live_signature_key(world: World, holder: Holder) -> None:
    device = holder.enrol()
    world.advance(municipality.amend_record(world, holder.id, RecordItem.ADDRESS, "模擬町二丁目"))
    # EV-01: the move ended both signature certificates; the authentication pair lives on.
    assert states(holder, device) == {MS: CertificateState.REVOKED, MA: CertificateState.ACTIVE}
    assert holder.state(device).usable == BOTH
    for key in (CertificateKind.CARD_SIGNATURE, MS, CertificateKind.CARD_AUTHENTICATION):
        with pytest.raises(Refused) as caught:
            phone.discontinue_use(world, holder.id, signed_with=key)
        assert caught.value.rule == "ON-4"
    phone.authenticate(world, device, b"challenge", biometrics=True)
    callcentre.suspend_phone(world, holder.id)
    assert states(holder, device)[MA] is CertificateState.HELD


def test_a_signature_certificate_revoked_alone_leaves_authentication(world, holder) -> None:
    device = holder.enrol()
    citizen.request_revocation(world, holder.id, [MS], signed_with=MS)
    assert states(holder, device) == {MS: CertificateState.REVOKED, MA: CertificateState.ACTIVE}
    # EV-80; no source says that one key alone is erased.
    assert holder.state(device).usable == BOTH
    phone.authenticate(world, device, b"challenge", pin=PIN)
    download(world, holder)
    assert states(holder, device) == ACTIVE
    phone.sign_document(world, device, b"x", password=PASSWORD)


def download(world: World, holder: Holder) -> None:
    phone.download_signature_certificate(
        world, holder.id, card=applet(world, holder.card), card_password=CARD_PASSWORD
    )


# Lost


def test_a_suspension_holds_one_and_ends_the_other_and_erases_nothing(world, holder) -> None:
    device = holder.enrol()
    before = holder.state(device).certificates
    callcentre.suspend_phone(world, holder.id)
    found = holder.state(device)
    assert found.standing is Standing.SUSPENDED
    assert states(holder, device) == {MS: CertificateState.REVOKED, MA: CertificateState.HELD}
    assert {each.reason for each in found.certificates} == {6}  # EV-66
    assert found.usable == BOTH
    with pytest.raises(Refused):
        download(world, holder)
    phone.lift_suspension(world, holder.id)
    download(world, holder)
    after = holder.state(device).certificates
    assert states(holder, device) == ACTIVE
    # EV-67: a new signature certificate, the same authentication certificate.
    assert after[0].serial != before[0].serial
    assert after[1].serial == before[1].serial
    phone.sign_document(world, device, b"x", password=PASSWORD)


def test_a_notice_with_the_card_ends_both_and_the_keys_stay_in_the_lost_phone(
    world: World, holder: Holder
) -> None:
    device = holder.enrol()
    with pytest.raises(Refused) as caught:
        citizen.report_compromise(world, holder.id, [MS, MA], signed_with=MS)
    assert caught.value.rule == "ON-7"
    citizen.report_compromise(
        world, holder.id, [MS, MA], signed_with=CertificateKind.CARD_SIGNATURE
    )
    assert states(holder, device) == REVOKED
    assert {each.reason for each in holder.state(device).certificates} == {1}  # EV-68
    assert holder.state(device).usable == BOTH


def test_a_dead_chip_is_reported_with_the_card(world: World, holder: Holder) -> None:
    device = holder.enrol()
    phone.treat(world, device, Change.BROKEN)
    for use in (
        lambda: phone.authenticate(world, device, b"challenge", pin=PIN),
        lambda: phone.tries_left(world, device),
    ):
        with pytest.raises(ImpossibleFact, match="does not answer"):
            use()
    assert holder.state(device).tries == {}
    citizen.report_compromise(
        world,
        holder.id,
        [MS, MA],
        signed_with=CertificateKind.CARD_SIGNATURE,
        cause=CompromiseCause.UNUSABLE,
    )
    assert states(holder, device) == REVOKED


# From the card


def test_a_death_ends_all_and_the_phone_still_signs_for_nobody(world, holder) -> None:
    device = holder.enrol()
    world.advance(municipality.report_death(world, holder.id, died_on=date(2026, 7, 6)))
    assert states(holder, device) == REVOKED
    assert holder.state(device).usable == BOTH
    phone.sign_document(world, device, b"x", password=PASSWORD)


def test_a_lost_card_ends_the_phones_signature_and_leaves_its_authentication(
    world: World, holder: Holder
) -> None:
    device = holder.enrol()
    callcentre.suspend_card(world, holder.id)
    assert states(holder, device) == {MS: CertificateState.REVOKED, MA: CertificateState.ACTIVE}
    assert holder.state(device).standing is Standing.ENROLLED


def test_after_a_renewal_of_the_card_certificates_the_phone_is_enrolled_again(
    world: World, holder: Holder
) -> None:
    old = holder.enrol()
    municipality.renew_certificates(world, holder.id)
    assert states(holder, old) == REVOKED
    new = holder.enrol()
    assert states(holder, new) == ACTIVE
    assert holder.state(old).erased


def test_expiry_takes_no_key_and_no_record(world: World, holder: Holder) -> None:
    device = holder.enrol()
    last = holder.state(device).certificates[0].expires_on
    world.advance(at_time(last.replace(day=last.day + 1), time(0)))
    assert states(holder, device) == {
        MS: CertificateState.EXPIRED,
        MA: CertificateState.EXPIRED,
    }
    assert holder.state(device).usable == BOTH


def test_what_happens_to_an_old_phone_is_not_on_record(world: World, holder: Holder) -> None:
    old = holder.enrol()
    phone.go_offline(world, old)
    holder.enrol()
    entries = world.entries
    phone.treat(world, old, Change.LOCAL_DATA_DELETED)
    assert world.entries == entries
    assert holder.state(old).erased


def test_an_empty_or_dead_phone_takes_no_pins_and_no_new_certificate(world, holder) -> None:
    device = holder.enrol(Platform.IPHONE)
    phone.treat(world, device, Change.ERASED)
    entries, chip = world.entries, world.store.chip(device)
    new = SignaturePassword("ANEW22")
    for attempt in (
        lambda: download(world, holder),
        lambda: phone.change_pin(world, device, old=PASSWORD, new=new),
        lambda: phone.reset_user_pin(world, holder.id, password=PASSWORD, new=PIN),
        lambda: phone.reset_signature_password(
            world,
            holder.id,
            card=applet(world, holder.card),
            card_password=CARD_PASSWORD,
            new=new,
        ),
    ):
        with pytest.raises(NoCertificate):
            attempt()
    assert (world.entries, world.store.chip(device)) == (entries, chip)
    other = holder.enrol()
    phone.treat(world, other, Change.BROKEN)
    with pytest.raises(ImpossibleFact, match="does not answer"):
        download(world, holder)


def test_a_system_that_is_none_is_refused(world: World, holder: Holder) -> None:
    with pytest.raises(ImpossibleFact, match="no phone of this system"):
        holder.begin("windows")  # type: ignore[arg-type]


def test_a_phone_told_to_be_enrolled_again_is_no_old_phone(world: World, holder: Holder) -> None:
    device = holder.enrol()
    again = MobileDeviceEnrolled(person=holder.id, device=device, platform=Platform.ANDROID)
    entries = len(world.entries)
    with pytest.raises(Refused) as caught:  # its pair is live, and of each kind there is one (16-5)
        world.record(again)
    assert caught.value.rule == "enrolled.mobile-signature"
    assert len(world.entries) == entries
    citizen.report_compromise(
        world, holder.id, (MS, MA), signed_with=CertificateKind.CARD_SIGNATURE
    )
    world.record(again)
    assert [each.standing for each in phone.devices(world, holder.id)] == [Standing.ENROLLED]
    assert [each.id for each in devices_told(world.state(), holder.id)] == [device]
    # The pair has fallen; nobody applied for its end, and no other phone took its place.
    assert states(holder, device) == REVOKED
    assert holder.state(device).usable == BOTH
