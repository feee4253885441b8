"""Stories of phones, and of the agency's own keys."""

from __future__ import annotations

from datetime import date, time

import pytest

from jpki.errors import ImpossibleFact, Refused
from jpki.law import Rulebook
from jpki.life import Authority, CertificateState, DeviceState, FourItems, revocations_at
from jpki.life import events as ev
from jpki.terms import CertificateKind, Sex

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION


def test_sc09_a_phone_sold_without_a_word_stays_live_until_the_next_one_is_enrolled(
    all_four,
) -> None:
    story = all_four(phone_on=date(2024, 7, 1))
    old = {kind: story.serial(kind) for kind in (MS, MA)}
    change = ev.MobileDeviceChange
    story.tell(
        date(2025, 6, 20),
        ev.MobileDeviceChanged("p", change.FACTORY_RESET),
        ev.MobileDeviceChanged("p", change.SOLD),
    )
    assert story.marks() == "A A A A"
    assert story.state.person("p").device.key_present
    story.enrol(date(2025, 6, 25), ev.Platform.IPHONE)
    assert story.marks() == "A A A A"
    for kind, serial in old.items():
        record = story.state.certificate(serial, purpose=kind.purpose)
        assert story.state.state_of(record) is CertificateState.REVOKED
        assert record.lapse.reason == 4
        assert serial != story.serial(kind)
    person = story.state.person("p")
    assert [device.state for device in person.past_devices] == [DeviceState.REPLACED]
    assert person.past_devices[0].key_present


def test_an_erased_iphone_has_no_keys_but_its_certificates_stay_live(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 1, 5), ev.MobileDeviceChanged("p", ev.MobileDeviceChange.ERASED))
    assert story.marks() == "A A A A"
    assert not story.state.person("p").device.key_present


def test_sc10_moved_then_lost_the_phone(all_four) -> None:
    story = all_four()
    story.tell(date(2026, 8, 1), ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, value="x"))
    assert story.marks() == "R3 A R3c A"
    with pytest.raises(Refused) as caught:
        story.tell(
            date(2026, 8, 5), ev.KeyCompromiseReported("p", (MA,), signed_with=CS), at=time(9)
        )
    assert caught.value.rule == "ON-8"
    assert "第35条の9第2項" in caught.value.basis
    story.tell(date(2026, 8, 5), ev.MobileDeviceLossReported("p"), at=time(9, 10))
    assert story.marks() == "R3 A R3c H"
    story.tell(date(2026, 8, 7), ev.MobileDeviceSuspensionLifted("p"))
    assert story.marks() == "R3 A R3c A"
    with pytest.raises(Refused, match="card_signature"):
        story.issue(date(2026, 8, 7), MS)
    assert story.marks() == "R3 A R3c A"


def test_a_found_phone_has_its_authentication_certificate_back_and_a_new_signature_one(
    all_four,
) -> None:
    story = all_four()
    signature, authentication = story.serial(MS), story.serial(MA)
    story.tell(date(2026, 8, 5), ev.MobileDeviceLossReported("p"))
    assert story.marks() == "A A R6 H"
    with pytest.raises(ImpossibleFact):
        story.issue(date(2026, 8, 6), MS)
    story.tell(date(2026, 8, 7), ev.MobileDeviceSuspensionLifted("p"))
    assert story.marks() == "A A R6 A"
    story.issue(date(2026, 8, 7), MS)
    assert story.marks() == "A A A A"
    assert (story.serial(MS) != signature, story.serial(MA)) == (True, authentication)


def _key_lost(*kinds: CertificateKind, generation: int | None = None) -> ev.IssuerKeyCompromised:
    return ev.IssuerKeyCompromised(kinds, generation)


def test_sc11_an_issuer_key_takes_every_certificate_under_it_and_the_first_reason_stands(
    all_four,
) -> None:
    story = all_four()
    story.tell(date(2027, 1, 10), _key_lost(CS))
    assert story.marks() == "R2 A R2c A"
    story.tell(date(2027, 2, 1), _key_lost(MA))
    assert story.marks() == "R2 A R2c R2"
    before = story.state.latest("p", MS).lapse
    story.tell(date(2027, 3, 1), _key_lost(MS))
    assert story.state.latest("p", MS).lapse == before
    assert story.marks() == "R2 A R2c R2"


def test_an_issuer_key_of_another_generation_takes_nothing(all_four) -> None:
    story = all_four()
    story.tell(date(2027, 1, 10), _key_lost(CS, CA, generation=2))
    assert story.marks() == "A A A A"
    story.tell(date(2027, 1, 11), _key_lost(CA, generation=3))
    assert story.marks() == "A R2 A R2c"


def test_who_signs_an_online_request_is_a_matter_of_the_certificate(all_four) -> None:
    def refused(kinds, key, **policies: object) -> bool:
        story = all_four(book=Rulebook.default().with_(**policies))
        try:
            story.tell(date(2026, 1, 5), ev.RevocationRequested("p", kinds, signed_with=key))
        except Refused:
            return True
        return False

    assert [refused((MA,), key) for key in (CS, CA, MS, MA)] == [False, True, False, True]
    assert [refused((CA,), key) for key in (CS, CA, MS, MA)] == [False, True, False, True]
    assert refused((CS,), MS, card_revocation_signed_by_mobile=False)
    assert not refused((CS,), CS, card_revocation_signed_by_mobile=False)
    assert not refused((MS,), MS, card_revocation_signed_by_mobile=False)


def test_an_issuer_key_takes_everybody_under_it(all_four) -> None:
    story = all_four()
    items = FourItems("別 人", date(1980, 1, 1), Sex.MALE, "架空県架空市2-2")
    story.tell(date(2026, 9, 1), ev.ResidentRegistered("q", items, "13102"))
    card = ev.CardIssued("q", "card-q", date(2026, 9, 1), date(2036, 1, 1))
    issued = ev.CertificateIssued(
        "q", CA, 9001, Authority(CA.purpose, 3), "13102", date(2031, 1, 1)
    )
    story.tell(date(2026, 9, 1), card, issued)
    story.tell(date(2027, 1, 10), _key_lost(CA))
    listed = {(entry.serial, entry.municipality) for entry in revocations_at(story.state)}
    assert listed == {(story.serial(CA), "13101"), (story.serial(MA), "13101"), (9001, "13102")}
