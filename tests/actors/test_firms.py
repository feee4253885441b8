"""What firms are told, by role and approval, and what the agency tells of its own accord."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from jpki.authenticate import respond
from jpki.errors import NotPermitted, Refused
from jpki.jst import at_time
from jpki.law import VerifierRole
from jpki.life import KnownStatus
from jpki.life.events import (
    ConsentItem,
    FourItemsConsentGiven,
    RecordItem,
)
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, Purpose, RevocationReason
from jpki.validation import Verdict
from simulator import minister, municipality
from simulator.agency.notices import NoticeKind, notices
from simulator.tokens import applet
from simulator.verifier import Firm, Received
from simulator.world import World
from tests.actors.conftest import BEGINS, PASSWORD, PIN, Town

CS, CA, MS, MA = (
    CertificateKind.CARD_SIGNATURE,
    CertificateKind.CARD_AUTHENTICATION,
    CertificateKind.MOBILE_SIGNATURE,
    CertificateKind.MOBILE_AUTHENTICATION,
)
SIGNATURES, AUTHENTICATIONS, FACES, FEDERATION = (
    VerifierRole.SIGNATURE_VERIFIER,
    VerifierRole.USER_AUTHENTICATION_VERIFIER,
    VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER,
    VerifierRole.ORGANISATION_SIGNATURE_VERIFIER,
)
CONTENT = b"an order"


def signed(world: World, token: str, password=PASSWORD) -> bytes:
    return sign_detached(CONTENT, CardSigner(applet(world, token), password), at=world.now)


def verified(town: Town, firm: Firm, card: str) -> Received:
    firm.fetch_lists()
    report = firm.check_signature(signed(town.world, card), CONTENT)
    assert report.verdict is Verdict.VALID
    return firm.received[-1]


def answer(town: Town, firm: Firm, card: str, nonce: bytes):
    challenge = firm.challenge(nonce)
    with applet(town.world, card).opened_key(Purpose.USER_AUTHENTICATION, PIN) as key:
        return respond(challenge, key), challenge


def test_a_firm_knows_what_it_fetched_and_not_what_happened_since(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    firm = Firm(world, "shop", roles=[SIGNATURES])
    verified(town, firm, card)
    municipality.accept_revocation_request(world, person, [CS])
    assert firm.check_signature(signed(world, card), CONTENT).verdict is Verdict.VALID
    world.advance(world.now + timedelta(days=1))
    firm.fetch_lists()
    assert firm.check_signature(signed(world, card), CONTENT).verdict is not Verdict.VALID
    assert len(firm.received) == 2


def test_the_agency_answers_from_data_of_the_quarter_hour(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    firm = Firm(world, "shop", roles=[SIGNATURES])
    known = verified(town, firm, card)
    world.advance(BEGINS + timedelta(minutes=1))
    municipality.accept_revocation_request(world, person, [CS])
    world.advance(BEGINS + timedelta(minutes=15) - timedelta(seconds=1))
    assert firm.ask_signature_status(known).status is KnownStatus.GOOD
    world.advance(BEGINS + timedelta(minutes=15))
    told = firm.ask_signature_status(known)
    assert (told.status, told.reason) == (
        KnownStatus.REVOKED,
        RevocationReason.CESSATION_OF_OPERATION,
    )


def test_each_role_gets_its_own_kind_and_no_other(town: Town) -> None:
    _, card = town.holder()
    signatures = Firm(town.world, "a", roles=[SIGNATURES])
    authentications = Firm(town.world, "b", roles=[AUTHENTICATIONS])
    known = verified(town, signatures, card)
    with pytest.raises(NotPermitted, match="A11"):
        authentications.check_signature(signed(town.world, card), CONTENT)
    with pytest.raises(NotPermitted, match="A11"):
        authentications.ask_four_items(known)
    authentications.fetch_lists()
    response, challenge = answer(town, authentications, card, b"n" * 16)
    assert authentications.check_authentication(response, challenge).verdict is Verdict.VALID
    with pytest.raises(NotPermitted, match="A8"):
        signatures.check_authentication(response, challenge)


def test_a_firm_without_a_role_gets_nothing(town: Town) -> None:
    nobody = Firm(town.world, "nobody", roles=[])
    with pytest.raises(NotPermitted):
        nobody.check_signature(b"", b"")
    with pytest.raises(NotPermitted):
        nobody.fetch_lists()


def test_a_challenge_is_answered_once(town: Town) -> None:
    _, card = town.holder()
    firm = Firm(town.world, "b", roles=[AUTHENTICATIONS])
    firm.fetch_lists()
    response, challenge = answer(town, firm, card, b"m" * 16)
    firm.check_authentication(response, challenge)
    with pytest.raises(Refused, match="not open"):
        firm.check_authentication(response, challenge)


def test_a_private_firm_verifies_for_the_year_of_its_accreditation(town: Town) -> None:
    world = town.world
    _, card = town.holder()
    firm = Firm(world, "bank", roles=[SIGNATURES], needs_approval=True)
    firm.fetch_lists()
    with pytest.raises(NotPermitted, match="VD-8"):
        firm.check_signature(signed(world, card), CONTENT)
    firm.approvals.append(minister.accredit(world, firm.name))
    assert firm.check_signature(signed(world, card), CONTENT).verdict is Verdict.VALID
    world.advance(at_time(date(2027, 7, 5), time(23, 59, 59)))  # the last second of the year
    firm.fetch_lists()
    assert firm.check_signature(signed(world, card), CONTENT).verdict is Verdict.VALID
    world.advance(at_time(date(2027, 7, 6), time(0, 0)))
    with pytest.raises(NotPermitted, match="VD-8"):
        firm.check_signature(signed(world, card), CONTENT)


def test_a_firm_that_outsources_relies_on_its_platform(town: Town) -> None:
    _, card = town.holder()
    platform = Firm(town.world, "platform", roles=[SIGNATURES], platform=True)
    platform.fetch_lists()
    firm = Firm(town.world, "small shop", roles=[], relies_on=platform)
    assert firm.rely(signed(town.world, card), CONTENT).verdict is Verdict.VALID
    with pytest.raises(NotPermitted, match="A9"):
        firm.check_signature(signed(town.world, card), CONTENT)
    with pytest.raises(NotPermitted, match="A8"):
        Firm(town.world, "other", roles=[SIGNATURES]).rely(b"", b"")


def test_the_four_items_come_with_a_consent_after_a_move(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    firm = Firm(world, "bank", roles=[SIGNATURES])
    known = verified(town, firm, card)
    world.record(
        FourItemsConsentGiven(
            person=person,
            verifier="bank",
            items=(ConsentItem.ADDRESS,),
            signed_with=CS,
        )
    )
    world.advance(world.now + timedelta(days=2))
    address = "東京都港区模擬町９－９－９"
    world.advance(municipality.amend_record(world, person, RecordItem.ADDRESS, address))
    assert not firm.ask_four_items(known).given  # no successor yet (CO-7)
    municipality.issue_signature_certificate(world, person)
    told = firm.ask_four_items(known)
    assert told.items == {ConsentItem.ADDRESS: address}
    other = Firm(world, "stranger", roles=[SIGNATURES])
    with pytest.raises(Refused):  # it never verified that certificate
        other.ask_four_items(known)


def test_serials_are_linked_for_who_has_the_roles(town: Town) -> None:
    world = town.world
    person, card, _ = town.with_phone()
    signatures = Firm(world, "a", roles=[SIGNATURES])
    known = verified(town, signatures, card)
    phone = world.state().live(person, MS)
    assert phone is not None
    assert signatures.link_signature(known, MS).serial == phone.serial  # VS-5
    with pytest.raises(NotPermitted, match="VS-6"):
        signatures.link_signature(known, CA)
    both = Firm(world, "b", roles=[SIGNATURES, AUTHENTICATIONS])
    on_card = world.state().live(person, CA)
    assert on_card is not None
    assert both.link_signature(verified(town, both, card), CA).serial == on_card.serial
    with pytest.raises(NotPermitted, match="VS-9"):
        both.link_signature(both.received[-1], MA)


def test_a_specified_verifier_compares_faces_for_cards_only(town: Town) -> None:
    world = town.world
    person, card, device = town.with_phone()
    clinic = Firm(world, "clinic", roles=[FACES])
    clinic.approvals.append(minister.permit_face_matching(world, "clinic"))
    clinic.fetch_lists()
    on_card = applet(world, card).certificate(Purpose.USER_AUTHENTICATION)
    on_phone = world.store.certificate(
        "user_authentication", max(r.serial for r in world.state().records(person) if r.kind is MA)
    )
    assert on_phone is not None
    assert clinic.accept_face(on_card, face_matches=True).verdict is Verdict.VALID
    with pytest.raises(Refused) as caught:
        clinic.accept_face(on_card, face_matches=False)
    assert caught.value.rule == "PN-10"
    with pytest.raises(NotPermitted):
        clinic.accept_face(on_phone, face_matches=True)
    with pytest.raises(NotPermitted, match="A11"):
        Firm(world, "shop", roles=[AUTHENTICATIONS]).accept_face(on_card, face_matches=True)
    assert device


def test_a_federation_answers_its_members(town: Town) -> None:
    person, _ = town.holder()
    record = town.world.state().live(person, CS)
    assert record is not None
    federation = Firm(town.world, "federation", roles=[FEDERATION])
    assert federation.answer_member("member", record.id).status is KnownStatus.GOOD
    with pytest.raises(NotPermitted, match="A8"):
        Firm(town.world, "shop", roles=[SIGNATURES]).answer_member("member", record.id)


def test_a_firm_looks_again_at_what_it_verified(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    firm = Firm(world, "shop", roles=[SIGNATURES])
    known = verified(town, firm, card)
    assert firm.check_later(known).verdict is Verdict.VALID
    world.advance(municipality.report_death(world, person, died_on=date(2026, 7, 6)))
    firm.fetch_lists()
    assert firm.check_later(known).verdict is not Verdict.VALID


def test_orders_of_the_ministers_touch_no_certificate(town: Town) -> None:
    person, _ = town.holder()
    before = town.states(person)
    order = minister.order_to_stop(town.world, "list broker")
    assert order.ordered_on == date(2026, 7, 6)
    assert town.states(person) == before


def test_the_agency_tells_holders_of_errors_and_the_public_of_a_leaked_key(town: Town) -> None:
    world = town.world
    person, _ = town.holder()
    world.agency.record_error(person, (CA,))
    world.agency.record_key_compromise((CS,))
    told = notices(world.entries, world.state())
    assert [(each.kind, each.person, each.certificates) for each in told] == [
        (NoticeKind.RECORD_ERROR, person, (CA,)),
        (NoticeKind.ISSUER_KEY, None, (CS,)),
    ]


def test_a_renewal_notice_comes_three_months_before_the_end_and_once(town: Town) -> None:
    # Born 1990-09-15, issued 2026-07-06: the fifth birthday after is 2030-09-15 for both.
    world = town.world
    town.holder()
    world.advance(at_time(date(2030, 6, 14), time(23, 59)))
    assert notices(world.entries, world.state()) == ()
    world.advance(at_time(date(2030, 6, 15), time(0, 0)))
    first = notices(world.entries, world.state())
    assert {each.on for each in first} == {date(2030, 6, 15)}
    assert {each.certificates for each in first} == {(CS,), (CA,)}
    world.advance(at_time(date(2030, 8, 1), time(0, 0)))
    assert notices(world.entries, world.state()) == first
