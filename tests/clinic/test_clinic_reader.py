"""The clinic's reader, CR-1 to CR-5 and PN-8 to PN-10: three ways, and what none of them may do."""

from __future__ import annotations

import hashlib
import json
from datetime import date, time, timedelta

import pytest

from jpki.authenticity import check_card_key
from jpki.card.applet import SHA256_DIGEST_INFO
from jpki.card.card_face import CardFaceApplet
from jpki.card.layout import Credential
from jpki.card.pin import UserPin
from jpki.errors import (
    BadSignature,
    MalformedApdu,
    NotPermitted,
    PinBlocked,
    Refused,
    UnexpectedStatus,
    WrongPin,
)
from jpki.jst import at_time
from jpki.law import VerifierRole, load
from jpki.life import PinState, pin_state
from jpki.life import events as ev
from jpki.life.events import CardPin, RecordItem
from jpki.terms import CertificateKind, Medium
from jpki.validation import Verdict
from simulator import clinic as clinics
from simulator import kiosk, minister, municipality
from simulator.card.connection import SoftwareConnection
from simulator.clinic import CLINIC_FACE, Clinic, VerifierMedium, Way
from simulator.face import FaceParameters, LiveFace
from simulator.tokens import applet, code_b, plugged
from simulator.verifier import Firm
from simulator.world import World
from tests.actors.conftest import Town, pins
from tests.kiosk.conftest import NEW_PIN, P1, PIN, town_at

SPECIFIED = VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER
ORDINARY = VerifierRole.USER_AUTHENTICATION_VERIFIER
NOBODY_PASSES = CLINIC_FACE.with_(threshold=100.0)


def clinic_of(
    world: World, *, parameters: FaceParameters = CLINIC_FACE, face_counts: bool = False
) -> Clinic:
    firm = Firm(world, "clinic", roles=[SPECIFIED])
    approval = minister.permit_face_matching(world, "clinic")
    firm.approvals.append(approval)
    firm.fetch_lists()
    medium = clinics.make_medium(world, approval)
    return Clinic(world, firm, medium=medium, parameters=parameters, face_counts=face_counts)


@pytest.fixture
def town():
    made = town_at()
    with made.world:
        yield made


# The three ways (CR-1)


def test_a_face_stands_in_for_the_pin_and_the_certificate_is_checked(town: Town) -> None:
    person, card = town.holder()
    desk = clinic_of(town.world)
    told = desk.insert(card).by_face(LiveFace.HOLDER)
    assert (told.accepted, told.way) == (True, Way.FACE)
    assert told.report is not None
    assert told.report.verdict is Verdict.VALID
    municipality.accept_revocation_request(
        town.world, person, [CertificateKind.CARD_AUTHENTICATION]
    )
    town.world.advance(town.world.now + timedelta(days=1))
    desk.firm.fetch_lists()
    for told in (
        desk.insert(card).by_face(LiveFace.HOLDER),
        desk.insert(card).by_sight(staff_recognise=True),
        desk.insert(card).by_pin(PIN),
    ):
        assert not told.accepted
        assert told.report is not None
        assert told.report.verdict is not Verdict.VALID


def test_staff_may_look_and_the_pin_may_be_typed(town: Town) -> None:
    _, card = town.holder()
    visit = clinic_of(town.world).insert(card)
    assert visit.by_sight(staff_recognise=True).accepted
    assert visit.by_pin(PIN).accepted
    refused = visit.by_sight(staff_recognise=False)
    assert (refused.accepted, refused.ways_left) == (False, (Way.PIN,))


def test_a_wrong_pin_costs_a_try_at_a_clinic_too(town: Town) -> None:
    _, card = town.holder()
    with pytest.raises(WrongPin) as caught:
        clinic_of(town.world).insert(card).by_pin(NEW_PIN)
    assert caught.value.tries_left == 2


# A mismatch is never an acceptance (PN-10)


@pytest.mark.parametrize("face", [LiveFace.STRANGER, LiveFace.PHOTO_OF_HOLDER])
def test_a_mismatch_leaves_staff_and_the_pin_and_accepts_nobody(town: Town, face: LiveFace) -> None:
    _, card = town.holder()
    visit = clinic_of(town.world).insert(card)
    told = visit.by_face(face)
    assert (told.accepted, told.report) == (False, None)
    assert {Way.VISUAL, Way.PIN} <= set(told.ways_left)
    assert visit.by_pin(PIN).accepted


def test_attempts_end_and_then_only_staff_and_the_pin_are_left(town: Town) -> None:
    _, card = town.holder()
    twice = NOBODY_PASSES.with_(attempts=2)
    visit = clinic_of(town.world, parameters=twice).insert(card)
    assert Way.FACE in visit.by_face(LiveFace.HOLDER).ways_left
    assert visit.by_face(LiveFace.HOLDER).ways_left == (Way.VISUAL, Way.PIN)
    with pytest.raises(Refused) as caught:
        visit.by_face(LiveFace.HOLDER)
    assert caught.value.rule == "PN-10"
    assert visit.by_sight(staff_recognise=True).accepted


def test_a_card_without_a_photo_has_the_pin_alone() -> None:
    with (town := town_at()).world as world:
        infant = town.resident(born=date(2026, 1, 10))
        card = municipality.hand_over_card(world, infant, pins=pins(), photo=False)
        visit = clinic_of(world).insert(card)
        for way in (
            lambda: visit.by_face(LiveFace.HOLDER),
            lambda: visit.by_sight(staff_recognise=True),
        ):
            with pytest.raises(Refused) as caught:
                way()
            assert caught.value.rule == "CR-1"
        assert visit.by_pin(PIN).accepted


# Ten failures (CR-3)


def test_ten_mismatches_in_a_row_block_the_photo_and_the_counter_unblocks_it(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    visit = clinic_of(world, parameters=NOBODY_PASSES).insert(card)

    def collation() -> PinState:
        return pin_state(world.state(), person, Medium.CARD, CardPin.COLLATION_B)

    for _ in range(9):
        visit.by_face(LiveFace.HOLDER)
    assert collation() is PinState.USABLE
    visit.by_face(LiveFace.HOLDER)
    assert collation() is PinState.BLOCKED
    client = CardFaceApplet(SoftwareConnection(plugged(world, card)))
    assert client.tries_left(Credential.CODE_B) == 0
    # No reader reads the photo any more, nor does the app of the kiosk; the other ways stay open.
    again = clinic_of(world).insert(card)
    with pytest.raises(PinBlocked):
        again.by_face(LiveFace.HOLDER)
    with pytest.raises(PinBlocked):
        kiosk.reserve(world, person, P1, other=PIN, face=LiveFace.HOLDER)
    assert again.by_sight(staff_recognise=True).accepted
    assert again.by_pin(PIN).accepted
    municipality.reset_pins(world, person, {CardPin.COLLATION_B: None})
    assert collation() is PinState.USABLE
    assert clinic_of(world).insert(card).by_face(LiveFace.HOLDER).accepted


def test_a_block_that_the_log_knows_already_is_not_told_twice(town: Town) -> None:
    person, card = town.holder()
    visit = clinic_of(town.world, parameters=NOBODY_PASSES).insert(card)
    for _ in range(9):
        visit.by_face(LiveFace.HOLDER)
    town.world.record(ev.PinBlocked(person=person, medium=Medium.CARD, pin=CardPin.COLLATION_B))
    entries = town.world.entries
    assert not visit.by_face(LiveFace.HOLDER).accepted
    assert town.world.entries == entries


def test_a_match_and_a_new_visit_begin_the_count_anew(town: Town) -> None:
    _, card = town.holder()
    for _ in range(2):
        visit = clinic_of(town.world, parameters=NOBODY_PASSES).insert(card)
        for _ in range(9):
            visit.by_face(LiveFace.HOLDER)
    assert clinic_of(town.world).insert(card).by_face(LiveFace.HOLDER).accepted


def test_by_policy_mismatches_block_nothing() -> None:
    with (town := town_at(face_failures_block_photo=False)).world as world:
        _, card = town.holder()
        before = world.store.chip(card)
        visit = clinic_of(world, parameters=NOBODY_PASSES).insert(card)
        for _ in range(10):
            visit.by_face(LiveFace.HOLDER)
        assert world.store.chip(card) == before


# Permission and the medium (CR-2, PN-8)


def test_without_permission_medium_or_the_own_medium_there_is_the_pin_alone(town: Town) -> None:
    world = town.world
    _, card = town.holder()
    good = clinic_of(world)
    other = clinics.make_medium(world, minister.permit_face_matching(world, "other clinic"))
    unpermitted = Firm(world, "clinic", roles=[SPECIFIED])
    unpermitted.fetch_lists()
    row = load().row("CR-2")
    for desk in (
        Clinic(world, good.firm),
        Clinic(world, good.firm, medium=other),
        Clinic(world, unpermitted, medium=good.medium),
    ):
        visit = desk.insert(card)
        for way in (
            lambda visit=visit: visit.by_face(LiveFace.HOLDER),
            lambda visit=visit: visit.by_sight(staff_recognise=True),
        ):
            with pytest.raises(NotPermitted) as caught:
                way()
            assert caught.value.basis == f"CR-2: {load().basis_en(row)}"
        assert visit.by_pin(PIN).accepted


def test_who_is_no_specified_verifier_compares_no_faces(town: Town) -> None:
    """PN-8: before anybody else a card authenticates with its PIN."""
    _, card = town.holder()
    firm = Firm(town.world, "shop", roles=[ORDINARY])
    firm.fetch_lists()
    visit = Clinic(town.world, firm).insert(card)
    with pytest.raises(NotPermitted):
        visit.by_face(LiveFace.HOLDER)
    assert visit.by_pin(PIN).accepted


def test_a_permission_that_has_not_begun_makes_no_medium(town: Town) -> None:
    approval = minister.permit_face_matching(town.world, "clinic")
    early = type(approval)("clinic", approval.role, approval.since + timedelta(days=1))
    with pytest.raises(NotPermitted):
        clinics.make_medium(town.world, early)
    assert clinics.make_medium(town.world, approval).firm == "clinic"
    accreditation = minister.accredit(town.world, "clinic")
    with pytest.raises(NotPermitted):
        clinics.make_medium(town.world, accreditation)


def test_the_card_refuses_a_medium_that_its_issuer_did_not_certify(town: Town) -> None:
    _, card = town.holder()
    desk = clinic_of(town.world)
    assert desk.medium is not None
    certificate = desk.medium.certificate
    forged = certificate[:-1] + bytes([certificate[-1] ^ 1])
    desk.medium = VerifierMedium("clinic", forged)
    with pytest.raises(UnexpectedStatus):
        desk.insert(card).by_face(LiveFace.HOLDER)
    assert desk.insert(card).by_pin(PIN).accepted


# Phones (CR-4)


def test_a_phone_has_no_way_but_its_own_pin(town: Town) -> None:
    _, _, device = town.with_phone()
    visit = clinic_of(town.world).insert(device)
    for way in (
        lambda: visit.by_face(LiveFace.HOLDER),
        lambda: visit.by_sight(staff_recognise=True),
        lambda: visit.again(watched=True),
    ):
        with pytest.raises(NotPermitted):
            way()
    assert visit.by_pin(UserPin("9876")).accepted


# The later visit without PIN (Act 38-4, PN-9)


def test_a_known_holder_is_read_again_without_pin_while_somebody_watches(town: Town) -> None:
    _, card = town.holder()
    firm = Firm(town.world, "gym", roles=[ORDINARY])
    firm.fetch_lists()
    desk = Clinic(town.world, firm)
    with pytest.raises(Refused) as caught:
        desk.insert(card).again(watched=True)
    assert caught.value.rule == "PN-9"
    assert desk.insert(card).by_pin(PIN).accepted
    told = desk.insert(card).again(watched=True)
    assert (told.accepted, told.way) == (True, Way.AGAIN)
    with pytest.raises(Refused) as caught:
        desk.insert(card).again(watched=False)
    assert caught.value.rule == "PN-9"
    # Another verifier does not know the holder.
    elsewhere = Firm(town.world, "pool", roles=[ORDINARY])
    with pytest.raises(Refused):
        Clinic(town.world, elsewhere).insert(card).again(watched=True)


def test_on_a_later_visit_a_revoked_certificate_is_not_accepted(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    desk = clinic_of(world)
    desk.insert(card).by_pin(PIN)
    municipality.accept_revocation_request(world, person, [CertificateKind.CARD_AUTHENTICATION])
    world.advance(world.now + timedelta(days=1))
    desk.firm.fetch_lists()
    told = desk.insert(card).again(watched=True)
    assert not told.accepted
    assert told.report is not None
    assert told.report.verdict is Verdict.INVALID


def test_a_card_that_is_a_copy_is_not_read_again(town: Town) -> None:
    """The copy says everything that the card says, and cannot sign for the key on its face."""
    _, card = town.holder()
    _, another = town.holder()
    world = town.world
    client = CardFaceApplet(SoftwareConnection(plugged(world, card)))
    client.verify(code_b(world, card))
    face = client.face()

    def answer(name: str, challenge: bytes) -> bytes:
        asked = CardFaceApplet(SoftwareConnection(plugged(world, name)))
        return asked.sign_with_card_key(SHA256_DIGEST_INFO + hashlib.sha256(challenge).digest())

    check_card_key(face, b"fresh", answer(card, b"fresh"))
    with pytest.raises(BadSignature):
        check_card_key(face, b"fresh", answer(another, b"fresh"))
    with pytest.raises(BadSignature):
        check_card_key(face, b"fresh", answer(card, b"replayed"))


def test_before_the_provision_nobody_reads_again_without_pin() -> None:
    """Act 38-4 is in force from 2024-05-27."""
    with (town := town_at(at_time(date(2024, 5, 26), time(10)))).world as world:
        _, card = town.holder()
        desk = clinic_of(world)
        desk.insert(card).by_pin(PIN)
        with pytest.raises(NotPermitted, match=r"PM-without-pin\.before"):
            desk.insert(card).again(watched=True)
        world.advance(at_time(date(2024, 5, 27), time(10)))
        desk.firm.fetch_lists()
        assert desk.insert(card).again(watched=True).accepted


@pytest.mark.parametrize("face_counts", [False, True])
def test_whether_a_face_is_the_full_check_before_is_for_the_caller_to_say(
    town: Town, face_counts: bool
) -> None:
    _, card = town.holder()
    desk = clinic_of(town.world, face_counts=face_counts)
    assert desk.insert(card).by_face(LiveFace.HOLDER).accepted
    if face_counts:
        assert desk.insert(card).again(watched=True).accepted
    else:
        with pytest.raises(Refused):
            desk.insert(card).again(watched=True)


def test_a_move_does_not_end_a_clinic_visit(town: Town) -> None:
    """The signature certificate falls; the authentication certificate, which is read, stands."""
    world = town.world
    person, card = town.holder()
    desk = clinic_of(world)
    municipality.amend_record(world, person, RecordItem.ADDRESS, "東京都架空区一丁目2番3号")
    world.advance(world.now + timedelta(days=2))
    desk.firm.fetch_lists()
    assert desk.insert(card).by_face(LiveFace.HOLDER).accepted


def test_nothing_that_is_secret_shows(town: Town) -> None:
    _, card = town.holder()
    desk = clinic_of(town.world)
    told = desk.insert(card).by_face(LiveFace.HOLDER)
    code = json.loads(town.world.store.chip(card) or "")["printed"]["security_code"]
    assert code not in repr((desk.medium, told.face))


@pytest.mark.parametrize("length", [0, 567, 569])
def test_a_terminals_certificate_of_another_length_is_not_sent(town: Town, length: int) -> None:
    _, card = town.holder()
    with pytest.raises(MalformedApdu):
        applet(town.world, card).present_terminal(b"\x7f" * length)
