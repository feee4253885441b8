"""What the desk tells whom: VS-1 to VS-10, by the Act's rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from jpki.errors import ImpossibleFact, NotPermitted, Refused
from jpki.law import VerifierRole
from jpki.life.events import ConsentItem, RecordItem
from jpki.revocation import parse_revocation_list
from jpki.services import (
    ConsentAct,
    FourItemsQuestion,
    LaterStatusQuestion,
    LinkedSerialQuestion,
    RevocationListQuestion,
    StatusQuestion,
)
from jpki.terms import CertificateKind, Purpose
from simulator import callcentre, municipality
from simulator.services import EarlierCheck, Service, ServiceDesk, Verifier
from simulator.world import World
from tests.services import servicework as work

CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
MS, MA = CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION
SIGNATURE, AUTHENTICATION = Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> Iterator[World]:
    with work.new_world() as made:
        yield made


@pytest.fixture
def person(world: World) -> str:
    return work.person_with_card(world)


@pytest.fixture
def desk(world: World) -> ServiceDesk:
    return ServiceDesk(world)


def verifier(
    desk: ServiceDesk,
    name: str = "bank",
    *roles: VerifierRole,
    earlier_check: EarlierCheck = EarlierCheck.DECLARED,
) -> Verifier:
    token = desk.verifiers.register(
        name, roles=roles or (work.SIGNING,), purposes=[work.USE], earlier_check=earlier_check
    )
    return desk.verifiers.authenticate(token)


def status_of(
    serial: int, purpose: Purpose = SIGNATURE, role: VerifierRole = work.SIGNING
) -> StatusQuestion:
    return StatusQuestion(role=role, purpose_of_use=work.USE, serial=serial, purpose=purpose)


def later(serial: int, first: datetime, purpose: Purpose = SIGNATURE) -> LaterStatusQuestion:
    return LaterStatusQuestion(
        role=work.SIGNING,
        purpose_of_use=work.USE,
        serial=serial,
        purpose=purpose,
        first_checked_at=first,
    )


def items_of(serial: int, first: datetime) -> FourItemsQuestion:
    return FourItemsQuestion(
        role=work.SIGNING, purpose_of_use=work.USE, serial=serial, first_checked_at=first
    )


def link(serial: int, purpose: Purpose, to: CertificateKind, *roles: VerifierRole) -> Any:
    return LinkedSerialQuestion(
        roles=roles, purpose_of_use=work.USE, serial=serial, purpose=purpose, to=to
    )


def test_status_lags_behind_the_record_until_the_data_is_renewed(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank, serial = verifier(desk), work.live(world, person, CS).serial
    assert desk.answer(bank, Service.STATUS, status_of(serial)).status == "good"
    at = municipality.amend_record(world, person, RecordItem.ADDRESS, work.MOVED_TO)
    # Recorded at 03:00, which is a quarter hour: the data of 03:00 has it; one second before, not.
    world.advance(at - SECOND)
    assert desk.answer(bank, Service.STATUS, status_of(serial)).status == "good"
    world.advance(at)
    told = desk.answer(bank, Service.STATUS, status_of(serial))
    assert (told.status, told.reason, told.recorded_at) == ("revoked", "affiliationChanged", at)
    assert told.rule == "VS-1"
    assert "18(1)" in told.basis


def test_a_hold_recorded_between_two_renewals_is_told_by_the_next(
    world: World, person: str, desk: ServiceDesk
) -> None:
    shop = verifier(desk, "shop", work.LOGIN)
    asked = status_of(work.live(world, person, CA).serial, AUTHENTICATION, work.LOGIN)
    world.advance(world.now + timedelta(minutes=1))  # 10:01
    callcentre.suspend_card(world, person)
    world.advance(world.now + timedelta(minutes=13, seconds=59))  # 10:14:59
    assert desk.answer(shop, Service.STATUS, asked).status == "good"
    world.advance(world.now + SECOND)  # 10:15
    assert desk.answer(shop, Service.STATUS, asked).status == "held"


@pytest.mark.parametrize(
    ("kind", "role", "rule"),
    [
        (CS, work.LOGIN, "PM-check.authentication-roles-signature"),
        (CA, work.SIGNING, "PM-check.signature-roles-authentication"),
    ],
)
def test_status_is_for_the_role_that_the_kind_of_certificate_belongs_to(
    world: World,
    person: str,
    desk: ServiceDesk,
    kind: CertificateKind,
    role: VerifierRole,
    rule: str,
) -> None:
    firm, record = verifier(desk, "firm", role), work.live(world, person, kind)
    with pytest.raises(NotPermitted) as refused:
        desk.answer(firm, Service.STATUS, status_of(record.serial, kind.purpose, role))
    assert refused.value.basis.startswith(rule + ": ")


def test_a_confirmer_asks_its_federation_and_not_the_agency(
    world: World, person: str, desk: ServiceDesk
) -> None:
    role = VerifierRole.SIGNATURE_CONFIRMER
    asked = status_of(work.live(world, person, CS).serial, role=role)
    with pytest.raises(NotPermitted, match="VS-1"):
        desk.answer(verifier(desk, "scrivener", role), Service.STATUS, asked)


def test_a_role_or_a_purpose_that_is_not_registered_cannot_be_claimed(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank = verifier(desk)
    asked = status_of(work.live(world, person, CA).serial, AUTHENTICATION, work.LOGIN)
    with pytest.raises(NotPermitted, match="claimed"):
        desk.answer(bank, Service.STATUS, asked)
    other = status_of(work.live(world, person, CS).serial)
    with pytest.raises(NotPermitted, match="not registered"):
        desk.answer(
            bank, Service.STATUS, other.model_copy(update={"purpose_of_use": "advertising"})
        )


def test_the_later_check_takes_an_earlier_one_that_can_have_been(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank, record = verifier(desk), work.live(world, person, CS)
    world.advance(world.now + timedelta(days=1))
    told = desk.answer(bank, Service.LATER_STATUS, later(record.serial, record.issued_at))
    assert (told.status, told.rule) == ("good", "VS-3")
    for impossible in (record.issued_at - SECOND, world.now + SECOND):
        with pytest.raises(Refused) as refused:
            desk.answer(bank, Service.LATER_STATUS, later(record.serial, impossible))
        assert refused.value.rule == "VS-3"


def test_a_verifier_bound_to_answered_checks_must_have_been_answered(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank = verifier(desk, earlier_check=EarlierCheck.ANSWERED)
    record = work.live(world, person, CS)
    asked = later(record.serial, record.issued_at)
    with pytest.raises(Refused, match="never was answered"):
        desk.answer(bank, Service.LATER_STATUS, asked)
    desk.answer(bank, Service.STATUS, status_of(record.serial))
    assert desk.answer(bank, Service.LATER_STATUS, asked).status == "good"


def test_authentication_certificates_have_no_later_check(
    world: World, person: str, desk: ServiceDesk
) -> None:
    both, record = verifier(desk, "both", work.SIGNING, work.LOGIN), work.live(world, person, CA)
    with pytest.raises(NotPermitted, match=r"PM-later\.authentication"):
        desk.answer(
            both, Service.LATER_STATUS, later(record.serial, record.issued_at, AUTHENTICATION)
        )


def consent(world: World, person: str, desk: ServiceDesk, bank: Verifier, **more: Any) -> Any:
    content = work.document(world, **more)
    asked = work.message(content, work.signed(world, person, content))
    return desk.answer(bank, Service.CONSENT, asked)


def test_four_items_follow_a_move_for_the_items_consented_to_and_no_others(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank, old = verifier(desk), work.live(world, person, CS)
    consent(world, person, desk, bank)
    work.move(world, person)
    asked = items_of(old.serial, old.issued_at)
    # No successor yet: nothing is returned (CO-7).
    assert desk.answer(bank, Service.FOUR_ITEMS, asked).rule == "CO-7"
    municipality.issue_signature_certificate(world, person)
    told = desk.answer(bank, Service.FOUR_ITEMS, asked)
    assert told.given
    assert told.serial == work.live(world, person, CS).serial
    assert set(told.items) == {ConsentItem.ADDRESS, ConsentItem.NAME}
    assert told.items[ConsentItem.ADDRESS] == work.MOVED_TO


def test_four_items_need_a_consent_that_has_begun(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank, old = verifier(desk), work.live(world, person, CS)
    work.move(world, person)
    municipality.issue_signature_certificate(world, person)
    asked = items_of(old.serial, old.issued_at)
    assert desk.answer(bank, Service.FOUR_ITEMS, asked).rule == "CO-1"
    receipt = consent(world, person, desk, bank)
    # It begins with the next day, 00:00 in Japan (CO-5).
    world.advance(receipt.begins_at - SECOND)
    assert desk.answer(bank, Service.FOUR_ITEMS, asked).rule == "CO-5"
    world.advance(receipt.begins_at)
    assert desk.answer(bank, Service.FOUR_ITEMS, asked).given
    assert receipt.begins_at.isoformat() == "2026-06-21T15:00:00+00:00"


def test_a_consent_for_the_phone_is_not_served_by_a_new_card_certificate(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank = verifier(desk)
    work.enrol(world, person)
    on_phone = work.live(world, person, MS)
    consent(world, person, desk, bank, verified=[MS])
    work.move(world, person)
    municipality.issue_signature_certificate(world, person)
    asked = items_of(on_phone.serial, on_phone.issued_at)
    assert desk.answer(bank, Service.FOUR_ITEMS, asked).rule == "CO-8"


def test_a_withdrawal_ends_it_at_once_and_the_consent_cannot_be_presented_again(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank, old = verifier(desk), work.live(world, person, CS)
    content = work.document(world)
    taken = work.message(content, work.signed(world, person, content))
    receipt = desk.answer(bank, Service.CONSENT, taken)
    # Received 2026-06-20: from 2026-06-21 00:00:00 to 2036-06-20 23:59:59 in Japan (CO-4, CO-5).
    assert receipt.begins_at.isoformat() == "2026-06-20T15:00:00+00:00"
    assert receipt.ends_at.isoformat().startswith("2036-06-20T14:59:59")
    work.move(world, person)
    municipality.issue_signature_certificate(world, person)
    asked = items_of(old.serial, old.issued_at)
    assert desk.answer(bank, Service.FOUR_ITEMS, asked).given
    ending = work.document(world, act=ConsentAct.WITHDRAW, number="withdrawal-1")
    signature = work.signed(world, person, ending)
    desk.answer(bank, Service.WITHDRAWAL, work.message(ending, signature))
    assert desk.answer(bank, Service.FOUR_ITEMS, asked).rule == "CO-9"
    with pytest.raises(Refused, match="taken before"):
        desk.answer(bank, Service.CONSENT, taken)


def test_a_consent_is_taken_only_as_its_live_holder_signed_it(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank = verifier(desk)
    content = work.document(world)
    signature = work.signed(world, person, content)
    changed = work.document(world, items=[ConsentItem.BIRTH_DATE])
    with pytest.raises(Refused, match="live now"):
        desk.answer(bank, Service.CONSENT, work.message(changed, signature))
    with pytest.raises(Refused, match="another verifier"):
        consent(world, person, desk, bank, verifier="casino")
    with pytest.raises(Refused, match="31 days"):
        consent(world, person, desk, bank, made_at=world.now - timedelta(days=31, seconds=1))
    work.move(world, person)  # the certificate that signed is dead now
    with pytest.raises(Refused, match="live now"):
        desk.answer(bank, Service.CONSENT, work.message(content, signature))
    assert world.state().person(person).consents == ()


GIVEN = {
    (CS, MS): (work.SIGNING,),  # VS-5
    (MS, CS): (work.SIGNING,),
    (CS, CA): (work.SIGNING, work.LOGIN),  # VS-6
    (CA, CS): (work.SIGNING, work.LOGIN),
    (CA, MA): (work.LOGIN,),  # VS-7
    (MA, CA): (work.LOGIN,),
}


def test_serial_numbers_lead_to_one_another_as_far_as_the_act_goes(
    world: World, person: str, desk: ServiceDesk
) -> None:
    work.enrol(world, person)
    serials = {kind: work.live(world, person, kind).serial for kind in CertificateKind}
    both = verifier(desk, "both", work.SIGNING, work.LOGIN)
    for source in CertificateKind:
        for to in CertificateKind:
            roles = GIVEN.get((source, to), (work.SIGNING, work.LOGIN))
            asked = link(serials[source], source.purpose, to, *roles)
            if (source, to) in GIVEN:
                told = desk.answer(both, Service.LINKED_SERIAL, asked)
                assert told.serial == serials[to], (source, to)
            else:
                with pytest.raises(NotPermitted, match=r"VS-[89]"):
                    desk.answer(both, Service.LINKED_SERIAL, asked)


def test_one_kind_of_verifier_is_not_told_across_the_purposes(
    world: World, person: str, desk: ServiceDesk
) -> None:
    asked = link(work.live(world, person, CS).serial, SIGNATURE, CA, work.SIGNING)
    with pytest.raises(NotPermitted, match="VS-6"):
        desk.answer(verifier(desk), Service.LINKED_SERIAL, asked)


def test_the_daily_list_is_that_of_the_last_hour_of_making(
    world: World, person: str, desk: ServiceDesk
) -> None:
    bank, record = verifier(desk), work.live(world, person, CS)
    asked = RevocationListQuestion(
        role=work.SIGNING,
        purpose_of_use=work.USE,
        purpose=SIGNATURE,
        generation=record.authority.generation,
        municipality=record.municipality,
    )
    with pytest.raises(ImpossibleFact):  # made before anything was issued
        desk.answer(bank, Service.REVOCATION_LIST, asked)
    work.move(world, person)
    world.advance(world.now + timedelta(days=1))
    listed = parse_revocation_list(desk.answer(bank, Service.REVOCATION_LIST, asked))
    assert record.serial in listed.entries


def test_a_stopped_verifier_is_told_nothing_until_it_is_resumed(
    world: World, person: str, desk: ServiceDesk
) -> None:
    verifier(desk)
    asked = status_of(work.live(world, person, CS).serial)
    with pytest.raises(Refused) as refused:
        desk.answer(desk.verifiers.set_stopped("bank", stopped=True), Service.STATUS, asked)
    assert refused.value.rule == "VS-10"
    assert "18(6)" in refused.value.basis
    again = desk.verifiers.set_stopped("bank", stopped=False)
    assert desk.answer(again, Service.STATUS, asked).status == "good"
