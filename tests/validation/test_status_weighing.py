"""Lists and answers together: what decides, and what is told about the others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from jpki.certificates import parse_authority, parse_certificate
from jpki.revocation import (
    OcspResponse,
    RevocationList,
    RevokedEntry,
    ocsp_request,
    parse_ocsp_response,
    parse_revocation_list,
)
from jpki.terms import Purpose
from jpki.validation import CertificateStatus, Standing, say, status_at
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.ocsp import OcspRecords, OcspResponder, create_responder
from simulator.agency.publish import Edition, build_revocation_list
from simulator.municipalities import municipality
from tests.vectors.drafts import make_bases
from tests.vectors.kept_keys import VECTOR_KEYS
from tests.vectors.make_ocsp_vectors import FOLDER

AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
CERTIFICATE = parse_certificate((FOLDER / "certificate.der").read_bytes())
SERIAL = CERTIFICATE.serial
NOON = datetime.fromisoformat("2025-04-02T03:00:00+00:00")
HOUR = timedelta(hours=1)
RECORDED = NOON - 24 * HOUR


@pytest.fixture(scope="module")
def authority() -> SimulatedAuthority:
    return make_bases(VECTOR_KEYS).authorities[Purpose.SIGNATURE]


@pytest.fixture(scope="module")
def responder(authority: SimulatedAuthority) -> OcspResponder:
    return create_responder(authority, keys=VECTOR_KEYS)


Entries = dict[int, RevokedEntry]
HELD: Entries = {SERIAL: RevokedEntry(RECORDED, 6)}
REVOKED: Entries = {SERIAL: RevokedEntry(RECORDED, 3)}


@pytest.fixture
def listed(authority: SimulatedAuthority):
    def make(at: datetime, entries: Entries) -> RevocationList:
        return parse_revocation_list(
            build_revocation_list(
                authority,
                entries,
                edition=Edition.daily(17, at),
                municipality=municipality("13221"),
            )
        )

    return make


@pytest.fixture
def answered(responder: OcspResponder):
    def make(at: datetime, entries: Entries) -> OcspResponse:
        request = ocsp_request(CERTIFICATE, AUTHORITY).der
        records = OcspRecords(frozenset({SERIAL}), entries)
        return parse_ocsp_response(responder.respond(request, records=records, at=at))

    return make


def judged(lists=(), answers=(), at: datetime = NOON) -> CertificateStatus:
    return status_at(CERTIFICATE, authority=AUTHORITY, lists=lists, answers=answers, at=at)


def told(status: CertificateStatus) -> list[str]:
    for one in status.disagreements:
        assert say(one.code, one.facts, "en")
        assert say(one.code, one.facts, "ja")
    return [one.code for one in status.disagreements]


def test_nothing_at_all_is_unknown() -> None:
    status = judged()
    assert status.standing is Standing.UNKNOWN
    assert status.code == "revocation.no-list"
    assert status.evidence == ()


def test_a_good_list_and_a_good_answer_are_good_by_the_newer(listed, answered) -> None:
    known, answer = listed(NOON - 8 * HOUR, {}), answered(NOON, {})
    status = judged([known], [answer])
    assert (status.standing, status.answer, status.revocation_list) == (
        Standing.GOOD,
        answer,
        None,
    )
    assert status.code == "revocation.good-by-answer"
    assert status.evidence == (answer.fingerprint_sha256,)
    assert told(status) == []


def test_a_newer_list_than_the_answer_decides(listed, answered) -> None:
    known, answer = listed(NOON, {}), answered(NOON - timedelta(minutes=20), {})
    status = judged([known], [answer])
    assert (status.revocation_list, status.answer) == (known, None)
    assert status.code == "revocation.good"
    assert status.evidence == (known.fingerprint_sha256,)


def test_a_revocation_on_the_list_wins_over_a_newer_good_answer_and_that_is_told(
    listed, answered
) -> None:
    known, answer = listed(NOON - 8 * HOUR, REVOKED), answered(NOON, {})
    status = judged([known], [answer])
    assert status.standing is Standing.REVOKED
    assert status.revocation_list == known
    assert status.entry == REVOKED[SERIAL]
    assert told(status) == ["revocation.against-revocation"]
    assert status.disagreements[0].answer == answer


def test_a_revocation_in_an_answer_wins_over_a_list_and_is_no_contradiction_when_newer(
    listed, answered
) -> None:
    # Yesterday's list could not know what was recorded an hour ago.
    recent = {SERIAL: RevokedEntry(NOON - HOUR, 1)}
    status = judged([listed(NOON - 8 * HOUR, {})], [answered(NOON, recent)])
    assert status.standing is Standing.REVOKED
    assert status.revocation_list is None
    assert told(status) == []


def test_a_good_answer_of_the_second_of_recording_contradicts(listed, answered) -> None:
    at_once = {SERIAL: RevokedEntry(NOON, 3)}
    good = answered(NOON, {})
    assert told(judged([listed(NOON, at_once)], [good])) == ["revocation.against-revocation"]
    later = {SERIAL: RevokedEntry(NOON + timedelta(seconds=1), 3)}
    known = listed(NOON + timedelta(seconds=1), later)
    assert told(judged([known], [good], NOON + timedelta(seconds=1))) == []


def test_a_newer_good_ends_a_hold_and_that_is_told(listed, answered) -> None:
    status = judged([listed(NOON - 8 * HOUR, HELD)], [answered(NOON, {})])
    assert status.standing is Standing.GOOD
    assert told(status) == ["revocation.against-newer"]
    assert status.disagreements[0].revocation_list is not None


def test_a_newer_hold_wins_over_an_older_good_and_that_is_told(listed, answered) -> None:
    status = judged([listed(NOON - 8 * HOUR, {})], [answered(NOON, HELD)])
    assert status.standing is Standing.HELD
    assert status.code == "revocation.held"
    assert told(status) == ["revocation.against-newer"]


def test_of_the_same_second_the_hold_counts(listed, answered) -> None:
    assert judged([listed(NOON, {})], [answered(NOON, HELD)]).standing is Standing.HELD
    assert judged([listed(NOON, HELD)], [answered(NOON, {})]).standing is Standing.HELD


def test_a_stale_answer_leaves_the_list_to_decide_and_is_named(listed, answered) -> None:
    status = judged([listed(NOON - 8 * HOUR, {})], [answered(NOON - 2 * HOUR, HELD)])
    assert status.standing is Standing.GOOD
    assert [one.code for one in status.problems] == ["revocation.answer-hold-may-be-over"]


def test_the_nearest_miss_is_told_first(answered) -> None:
    try_later = parse_ocsp_response((FOLDER / "error-3.ors").read_bytes())
    status = judged([], [try_later, answered(NOON - 2 * HOUR, {})])
    assert [one.code for one in status.problems] == [
        "revocation.answer-stale",
        "revocation.answer-refused",
    ]
    assert status.code == "revocation.answer-stale"


def test_an_old_revocation_is_proven_by_an_answer_of_any_age(answered) -> None:
    old = answered(NOON - 20 * HOUR, REVOKED)
    assert judged([], [old]).standing is Standing.REVOKED
    assert judged([], [old], RECORDED).standing is Standing.REVOKED
    before = judged([], [old], RECORDED - timedelta(seconds=1))
    assert before.code == "revocation.answer-not-yet"
