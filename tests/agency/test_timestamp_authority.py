"""The simulated timestamp authority: what it grants, what it refuses and on which grounds."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from jpki.certificates import der
from jpki.errors import MalformedTimestamp, TimestampDiffers, TimestampRefused
from jpki.timestamps import (
    SHA256,
    FailureInfo,
    PkiStatus,
    check_response,
    parse_timestamp_request,
    parse_timestamp_response,
    timestamp_request,
)
from simulator.agency.timestamps import (
    SIMULATED_POLICY,
    SimulatedTimestampAuthority,
    create_timestamp_authority,
    timestamp_response,
)
from simulator.keys import SeededKeys

CREATED = datetime(2024, 4, 1, tzinfo=UTC)
AT = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
ENDS = CREATED + timedelta(days=11 * 365)
SECOND = timedelta(seconds=1)
DIGEST = hashlib.sha256(b"a signature value").digest()
SHA512 = "2.16.840.1.101.3.4.2.3"
NONCE = 0x80F0E0D0C0B0A090


@pytest.fixture(scope="module")
def authority(keys: SeededKeys) -> SimulatedTimestampAuthority:
    return create_timestamp_authority(keys=keys, at=CREATED)


def failures(response: bytes) -> frozenset[FailureInfo]:
    read = parse_timestamp_response(response)
    assert (read.status, read.token) == (PkiStatus.REJECTION, None)
    with pytest.raises(TimestampRefused):
        check_response(read, parse_timestamp_request(timestamp_request(DIGEST, nonce=1)))
    return read.failures


def test_a_granted_token_says_what_was_asked_and_when(
    authority: SimulatedTimestampAuthority,
) -> None:
    request = timestamp_request(DIGEST, nonce=NONCE, policy=SIMULATED_POLICY)
    response = parse_timestamp_response(timestamp_response(authority, request, at=AT))
    token = check_response(response, parse_timestamp_request(request))
    assert (token.imprint_algorithm, token.imprint, token.nonce) == (SHA256, DIGEST, NONCE)
    assert (token.gen_time, token.accuracy, token.policy) == (AT, SECOND, SIMULATED_POLICY)
    assert token.no_later_than == AT + SECOND
    assert token.certificates == (authority.certificate,)


@pytest.mark.parametrize(
    ("microsecond", "written"),
    [(0, b"20260801030000Z"), (123400, b"20260801030000.1234Z"), (1, b"20260801030000.000001Z")],
)
def test_a_fraction_of_a_second_is_written_without_trailing_zeros(
    authority: SimulatedTimestampAuthority, microsecond: int, written: bytes
) -> None:
    at = AT.replace(microsecond=microsecond)
    data = timestamp_response(authority, timestamp_request(DIGEST, nonce=1), at=at)
    assert written in data
    token = parse_timestamp_response(data).token
    assert token is not None
    assert token.gen_time == at


def test_the_same_question_at_the_same_instant_gets_the_same_bytes(
    authority: SimulatedTimestampAuthority, keys: SeededKeys
) -> None:
    request = timestamp_request(DIGEST, nonce=NONCE)
    again = create_timestamp_authority(keys=keys, at=CREATED)
    first = timestamp_response(authority, request, at=AT)
    assert timestamp_response(again, request, at=AT) == first
    later = parse_timestamp_response(timestamp_response(authority, request, at=AT + SECOND))
    token = parse_timestamp_response(first).token
    assert token is not None
    assert later.token is not None
    assert later.token.serial != token.serial


def test_a_certificate_that_was_not_asked_for_is_not_sent(
    authority: SimulatedTimestampAuthority,
) -> None:
    request = timestamp_request(DIGEST, nonce=1, certificates=False)
    response = parse_timestamp_response(timestamp_response(authority, request, at=AT))
    assert check_response(response, parse_timestamp_request(request)).certificates == ()


@pytest.mark.parametrize(
    "request_bytes",
    [b"", b"\x30\x00", b"%PDF-1.7", timestamp_request(DIGEST, nonce=1) + b"\0"],
    ids=["nothing", "an empty sequence", "a PDF", "one byte more"],
)
def test_what_is_no_request_is_bad_data(
    authority: SimulatedTimestampAuthority, request_bytes: bytes
) -> None:
    answer = timestamp_response(authority, request_bytes, at=AT)
    assert failures(answer) == {FailureInfo.BAD_DATA_FORMAT}


@pytest.mark.parametrize("oid", ["1.3.14.3.2.26", "1.2.840.113549.2.5"], ids=["SHA-1", "MD5"])
def test_a_weak_digest_is_refused(authority: SimulatedTimestampAuthority, oid: str) -> None:
    size = {"1.3.14.3.2.26": 20, "1.2.840.113549.2.5": 16}[oid]
    request = timestamp_request(bytes(size), nonce=1, algorithm=oid)
    assert failures(timestamp_response(authority, request, at=AT)) == {FailureInfo.BAD_ALG}


def test_another_strong_digest_is_granted(authority: SimulatedTimestampAuthority) -> None:
    request = timestamp_request(bytes(64), nonce=1, algorithm=SHA512)
    assert parse_timestamp_response(timestamp_response(authority, request, at=AT)).token


def test_a_foreign_policy_is_refused(authority: SimulatedTimestampAuthority) -> None:
    request = timestamp_request(DIGEST, nonce=1, policy="1.2.3.4")
    answer = timestamp_response(authority, request, at=AT)
    assert failures(answer) == {FailureInfo.UNACCEPTED_POLICY}


def test_an_extension_is_refused_critical_or_not(authority: SimulatedTimestampAuthority) -> None:
    extension = der.sequence(der.object_identifier("2.25.1"), der.octet_string(b"\x05\x00"))
    plain = timestamp_request(DIGEST, nonce=1)
    _, content = plain[:2], plain[2:]
    extended = der.encode(der.SEQUENCE, content, der.context(0, extension))
    answer = timestamp_response(authority, extended, at=AT)
    assert failures(answer) == {FailureInfo.UNACCEPTED_EXTENSION}


@pytest.mark.parametrize(
    ("at", "granted"),
    [(CREATED - SECOND, False), (CREATED, True), (ENDS, True), (ENDS + SECOND, False)],
)
def test_time_is_told_only_while_the_certificate_is_valid(
    authority: SimulatedTimestampAuthority, at: datetime, granted: bool
) -> None:
    answer = timestamp_response(authority, timestamp_request(DIGEST, nonce=1), at=at)
    read = parse_timestamp_response(answer)
    assert (read.token is not None) == granted
    assert read.failures == (frozenset() if granted else {FailureInfo.TIME_NOT_AVAILABLE})


def test_without_a_clock_there_is_no_time(authority: SimulatedTimestampAuthority) -> None:
    request = timestamp_request(DIGEST, nonce=1)
    answer = timestamp_response(authority, request, at=AT, clock_works=False)
    assert failures(answer) == {FailureInfo.TIME_NOT_AVAILABLE}


OTHER = hashlib.sha256(b"something else").digest()


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (timestamp_request(OTHER, nonce=NONCE), "digest"),
        (timestamp_request(bytes(64), nonce=NONCE, algorithm=SHA512), "digest algorithm"),
        (timestamp_request(DIGEST, nonce=NONCE + 1), "nonce"),
        (timestamp_request(DIGEST, nonce=NONCE, policy="1.2.3"), "policy"),
        (timestamp_request(DIGEST, nonce=NONCE, certificates=False), "certificates"),
    ],
)
def test_an_answer_to_another_question_is_noticed(
    authority: SimulatedTimestampAuthority, asked: bytes, what: str
) -> None:
    answer = timestamp_response(authority, timestamp_request(DIGEST, nonce=NONCE), at=AT)
    with pytest.raises(TimestampDiffers) as caught:
        check_response(parse_timestamp_response(answer), parse_timestamp_request(asked))
    assert caught.value.what == what


@pytest.mark.parametrize(("digest", "nonce"), [(bytes(31), 1), (bytes(33), 1), (bytes(32), -1)])
def test_a_request_that_cannot_be_is_not_made(digest: bytes, nonce: int) -> None:
    with pytest.raises(MalformedTimestamp):
        timestamp_request(digest, nonce=nonce)


def test_the_names_say_that_it_is_simulated(authority: SimulatedTimestampAuthority) -> None:
    assert b"Simulated Timestamp Authority" in authority.certificate
    assert b"Simulated (not real)" in authority.root
    assert repr(authority) == "<SimulatedTimestampAuthority>"
