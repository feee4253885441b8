"""The simulated OCSP responder over a world's records, asked by the library."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import SubscriberCertificate, parse_certificate
from jpki.errors import ImpossibleFact
from jpki.jst import at_time
from jpki.life import Authority
from jpki.life.events import RecordItem
from jpki.revocation import (
    IdHash,
    Issuer,
    OcspRequest,
    RevokedEntry,
    ocsp_request,
    parse_ocsp_response,
)
from jpki.revocation.ocsp import CertificateId, ResponseStatus
from jpki.terms import CertificateKind, Purpose
from jpki.validation import CertificateStatus, Standing, ocsp_status
from simulator import callcentre, municipality
from simulator.agency.ocsp import (
    OcspRecords,
    ResponderOptions,
    WorldResponder,
    create_responder,
    error_response,
    records_of,
)
from simulator.keys import KeyDirectory, SeededKeys
from simulator.people import invent_person
from simulator.tokens import TokenPins
from simulator.world import World

KEPT = Path(__file__).resolve().parents[2] / "build" / "test-keys"
KEYS = SeededKeys("ocsp tests", cache=KeyDirectory(KEPT))
BEGINS = at_time(date(2024, 3, 10), time(10, 0))
NONCE = bytes(range(32))
CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION


class Bench:
    """A world with one holder, and the responders of both authorities."""

    def __init__(self, options: ResponderOptions | None = None) -> None:
        self.world = World.create(None, seed="ocsp tests", at=BEGINS, keys=KEYS)
        invented = invent_person("ocsp tests", 1, birth_date=date(1990, 9, 15))
        self.person = municipality.register(self.world, invented)
        pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
        municipality.hand_over_card(self.world, self.person, pins=pins, made_on=date(2024, 3, 1))
        agency = self.world.agency
        names = [agency.current(purpose, BEGINS) for purpose in Purpose]
        self.authorities = {one.purpose: agency.authority(one) for one in names}
        self.answer = WorldResponder(
            self.world,
            {
                one: create_responder(agency.authority(one), keys=KEYS, options=options)
                for one in names
            },
        )

    def certificate(self, kind: CertificateKind) -> SubscriberCertificate:
        record = next(one for one in self.world.state().records(self.person) if one.kind is kind)
        encoded = self.world.store.certificate(kind.purpose.value, record.serial)
        assert encoded is not None
        return parse_certificate(encoded)

    def status(self, kind: CertificateKind, at: datetime | None = None) -> CertificateStatus:
        at = at or self.world.now
        certificate = self.certificate(kind)
        authority = self.authorities[kind.purpose].certificate
        asked = ocsp_request(certificate, authority, nonce=NONCE)
        answer = parse_ocsp_response(self.answer(asked.der, at))
        return ocsp_status(certificate, authority=authority, answer=answer, at=at, nonce=NONCE)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_certificate_is_good_from_the_quarter_hour_after_its_issue(bench: Bench) -> None:
    # Issued at 10:00:00 JST sharp, which is a quarter hour: it is in the records of that second.
    assert bench.status(CS).standing is Standing.GOOD
    before = bench.status(CS, BEGINS - timedelta(seconds=1))
    assert before.code == "revocation.answer-unknown"


def test_a_move_ends_the_signature_certificate_and_leaves_authentication_alone(
    bench: Bench,
) -> None:
    bench.world.advance(at_time(date(2024, 4, 1), time(9, 3)))
    # Recorded in the night, at 3:00:00 in Japan, which is a quarter hour.
    recorded_at = municipality.amend_record(
        bench.world, bench.person, RecordItem.ADDRESS, "東京都渋谷区模擬町９－９"
    )
    assert recorded_at == at_time(date(2024, 4, 2), time(3, 0))
    bench.world.advance(recorded_at + timedelta(hours=1))
    assert bench.status(CS, recorded_at - timedelta(seconds=1)).standing is Standing.GOOD
    status = bench.status(CS, recorded_at)
    assert status.standing is Standing.REVOKED
    assert status.entry == RevokedEntry(recorded_at, 3)
    assert bench.status(CA).standing is Standing.GOOD


def test_a_lost_card_is_held_from_the_next_quarter_hour_until_it_is_found(bench: Bench) -> None:
    world = bench.world
    world.advance(at_time(date(2024, 4, 1), time(9, 3)))
    callcentre.suspend_card(world, bench.person)
    world.advance(at_time(date(2024, 4, 1), time(9, 14, 59)))
    assert bench.status(CA).standing is Standing.GOOD
    world.advance(at_time(date(2024, 4, 1), time(9, 15)))
    status = bench.status(CA)
    assert status.standing is Standing.HELD
    assert status.entry == RevokedEntry(at_time(date(2024, 4, 1), time(9, 3)), 6)
    municipality.lift_card_suspension(world, bench.person)
    world.advance(at_time(date(2024, 4, 1), time(9, 30)))
    assert bench.status(CA).standing is Standing.GOOD


def test_a_certificate_past_its_last_day_is_no_longer_answered_for(bench: Bench) -> None:
    certificate = bench.certificate(CA)
    bench.world.advance(certificate.not_after + timedelta(hours=1))
    assert bench.status(CA).code == "revocation.answer-unknown"
    kept = Bench(ResponderOptions(known_after_expiry=True))
    kept.world.advance(certificate.not_after + timedelta(hours=1))
    assert kept.status(CA).standing is Standing.GOOD


@pytest.mark.parametrize(
    "options",
    [
        ResponderOptions(delegated=False),
        ResponderOptions(called_by_key=True),
        ResponderOptions(delegated=False, called_by_key=True),
        ResponderOptions(next_update_after=None),
        ResponderOptions(next_update_after=timedelta(minutes=60)),
    ],
)
def test_every_kind_of_responder_that_is_thought_possible_is_believed(
    options: ResponderOptions,
) -> None:
    assert Bench(options).status(CS).standing is Standing.GOOD


def test_a_responder_that_may_be_revoked_or_knows_no_nonce_is_not() -> None:
    assert Bench(ResponderOptions(no_check=False)).status(CS).code == "revocation.answer-no-check"
    silent = Bench(ResponderOptions(echo_nonce=False)).status(CS)
    assert silent.code == "revocation.answer-no-nonce"


def test_times_are_those_of_the_last_quarter_hour(bench: Bench) -> None:
    at = BEGINS + timedelta(minutes=29, seconds=59)
    asked = ocsp_request(bench.certificate(CS), bench.authorities[Purpose.SIGNATURE].certificate)
    answer = parse_ocsp_response(bench.answer(asked.der, at)).answer
    assert answer is not None
    (single,) = answer.singles
    assert answer.produced_at == at
    assert single.this_update == BEGINS + timedelta(minutes=15)
    assert single.next_update == BEGINS + timedelta(minutes=45)


def test_bad_questions_get_an_error_and_no_answer(bench: Bench) -> None:
    certificate = bench.certificate(CS)
    authority = bench.authorities[Purpose.SIGNATURE].certificate
    asked = ocsp_request(certificate, authority)

    def error(request: bytes) -> ResponseStatus:
        response = parse_ocsp_response(bench.answer(request, bench.world.now))
        assert response.answer is None
        return response.status

    (named,) = asked.certificate_ids
    assert error(b"nonsense") is ResponseStatus.MALFORMED_REQUEST
    other_issuer = replace(named, key_hash=bytes(20))
    assert error(OcspRequest((other_issuer,)).der) is ResponseStatus.UNAUTHORIZED
    assert error(OcspRequest((named, other_issuer)).der) is ResponseStatus.UNAUTHORIZED


def test_a_hash_that_is_not_understood_is_unauthorized() -> None:
    bench = Bench(ResponderOptions(hashes=frozenset({IdHash.SHA1})))
    issuer = Issuer.of(bench.authorities[Purpose.SIGNATURE].certificate)
    for hashed, status in (
        (IdHash.SHA1, ResponseStatus.SUCCESSFUL),
        (IdHash.SHA256, ResponseStatus.UNAUTHORIZED),
    ):
        named = CertificateId.of(issuer, 1, hash_algorithm=hashed)
        answer = bench.answer(OcspRequest((named,)).der, bench.world.now)
        assert parse_ocsp_response(answer).status is status


def test_the_records_are_those_of_one_authority(bench: Bench) -> None:
    state = bench.world.state()
    serial = bench.certificate(CS).serial
    mine = bench.world.agency.current(Purpose.SIGNATURE, BEGINS)
    assert records_of(state, mine) == OcspRecords(frozenset({serial}))
    assert records_of(state, Authority(Purpose.SIGNATURE, 1)) == OcspRecords(frozenset())


def test_an_error_is_never_a_success() -> None:
    assert parse_ocsp_response(error_response(ResponseStatus.TRY_LATER)).answer is None
    with pytest.raises(ImpossibleFact):
        error_response(ResponseStatus.SUCCESSFUL)
