"""What OCSP responses and requests say, and that damage never makes them say another thing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.certificates import parse_authority, parse_certificate
from jpki.errors import FormatError, MalformedOcspRequest, MalformedOcspResponse
from jpki.revocation import (
    IdHash,
    Issuer,
    OcspPolicy,
    OcspRequest,
    RevokedEntry,
    ocsp_request,
    parse_ocsp_request,
    parse_ocsp_response,
)
from jpki.revocation.ocsp import CertificateId, ResponseStatus, SaidStatus
from jpki.revocation.ocsp.response import LONGEST_RESPONSE
from jpki.terms import Purpose
from jpki.validation import Standing, ocsp_status
from simulator.agency.ocsp import OcspRecords, OcspResponder, create_responder
from tests.vectors.drafts import make_bases
from tests.vectors.kept_keys import VECTOR_KEYS
from tests.vectors.make_ocsp_vectors import FOLDER
from tests.vectors.ocsp_drafts import AT, NEXT_UPDATE, NONCE, RECORDED, SERIAL, THIS_UPDATE

AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
CERTIFICATE = parse_certificate((FOLDER / "certificate.der").read_bytes())
GOOD = (FOLDER / "good.ors").read_bytes()
REVOKED = (FOLDER / "revoked.ors").read_bytes()
ISSUER = Issuer.of(AUTHORITY)


def standing(data: bytes, **options: object) -> Standing:
    return ocsp_status(
        CERTIFICATE,
        authority=AUTHORITY,
        answer=parse_ocsp_response(data),
        at=AT,
        **options,  # type: ignore[arg-type]
    ).standing


def test_a_response_says_who_made_it_when_and_about_whom() -> None:
    response = parse_ocsp_response(REVOKED)
    answer = response.answer
    assert response.status is ResponseStatus.SUCCESSFUL
    assert answer is not None
    (single,) = answer.singles
    assert (answer.produced_at, answer.nonce) == (AT, NONCE)
    assert answer.responder_name is not None
    assert answer.responder_key_hash is None
    assert (single.this_update, single.next_update) == (THIS_UPDATE, NEXT_UPDATE)
    assert single.status is SaidStatus.REVOKED
    assert single.entry == RevokedEntry(RECORDED, 3)
    assert single.certificate_id.names(ISSUER, SERIAL)
    assert not single.certificate_id.names(ISSUER, SERIAL + 1)
    assert len(answer.certificates) == 1


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "successful"),
        (1, "malformedRequest"),
        (2, "internalError"),
        (3, "tryLater"),
        (5, "sigRequired"),
        (6, "unauthorized"),
    ],
)
def test_a_status_has_the_name_of_rfc_6960(number: int, name: str) -> None:
    assert ResponseStatus(number).rfc_name == name


def test_a_response_shows_no_more_than_its_size() -> None:
    assert repr(parse_ocsp_response(GOOD)) == f"<OcspResponse successful, {len(GOOD)} bytes>"


@pytest.mark.parametrize("name", ["good.ors", "revoked.ors"])
def test_no_changed_byte_gives_a_usable_answer_that_differs(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    expected = standing(data)
    chance = random.Random(name)
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << chance.randrange(8)
        try:
            found = standing(bytes(damaged))
        except FormatError:
            continue
        # What is not signed may say nothing, such as another way to write a length that is refused.
        assert found in (Standing.UNKNOWN, expected), at


def test_every_truncation_of_a_response_is_malformed() -> None:
    for end in range(len(GOOD)):
        with pytest.raises(MalformedOcspResponse):
            parse_ocsp_response(GOOD[:end])


def test_a_response_has_at_most_a_mebibyte() -> None:
    with pytest.raises(MalformedOcspResponse, match="1048577 bytes"):
        parse_ocsp_response(bytes(LONGEST_RESPONSE + 1))
    with pytest.raises(MalformedOcspResponse) as caught:
        parse_ocsp_response(bytes(LONGEST_RESPONSE))
    assert "1048576" not in caught.value.message


@given(
    serials=st.lists(st.integers(0, (1 << 159) - 1), min_size=1, max_size=3),
    hashed=st.sampled_from(IdHash),
    nonce=st.none() | st.binary(min_size=1, max_size=128),
)
def test_a_request_is_read_as_it_was_made(
    serials: list[int], hashed: IdHash, nonce: bytes | None
) -> None:
    named = tuple(CertificateId.of(ISSUER, one, hash_algorithm=hashed) for one in serials)
    made = OcspRequest(named, nonce)
    assert parse_ocsp_request(made.der) == made
    assert parse_ocsp_request(made.der).der == made.der


def test_a_changed_byte_of_a_request_never_asks_the_same_of_this_certificate() -> None:
    asked = ocsp_request(CERTIFICATE, AUTHORITY, nonce=NONCE)
    for at in range(len(asked.der)):
        damaged = bytearray(asked.der)
        damaged[at] ^= 0x01
        try:
            found = parse_ocsp_request(bytes(damaged))
        except MalformedOcspRequest:
            continue
        assert found != asked, at


@pytest.mark.parametrize(("length", "taken"), [(0, False), (1, True), (128, True), (129, False)])
def test_a_nonce_has_from_1_to_128_octets(length: int, taken: bool) -> None:
    if taken:
        assert ocsp_request(CERTIFICATE, AUTHORITY, nonce=bytes(length)).nonce == bytes(length)
    else:
        with pytest.raises(MalformedOcspRequest):
            ocsp_request(CERTIFICATE, AUTHORITY, nonce=bytes(length))


def test_every_truncation_of_a_request_is_malformed() -> None:
    whole = ocsp_request(CERTIFICATE, AUTHORITY, nonce=NONCE).der
    for end in range(len(whole)):
        with pytest.raises(MalformedOcspRequest):
            parse_ocsp_request(whole[:end])


def test_a_request_shows_no_serial_number() -> None:
    assert repr(ocsp_request(CERTIFICATE, AUTHORITY)) == "<OcspRequest about 1 certificates>"


@pytest.mark.parametrize(
    ("file", "policy"),
    [
        ("responder-no-check.ors", OcspPolicy(no_check_required=False)),
        ("responder-no-usage.ors", OcspPolicy(key_usage_required=False)),
        ("boundary-begins.ors", OcspPolicy(smallest_key=2048)),
    ],
)
def test_what_is_open_about_the_real_responder_can_be_switched(
    file: str, policy: OcspPolicy
) -> None:
    assert standing((FOLDER / file).read_bytes(), policy=policy) is Standing.GOOD


def test_a_responders_key_has_at_least_the_bits_asked_for() -> None:
    assert standing(GOOD, policy=OcspPolicy(smallest_key=2049)) is Standing.UNKNOWN


def test_skew_lets_an_answer_be_a_little_later_than_the_instant() -> None:
    response = parse_ocsp_response(GOOD)
    policy = OcspPolicy(skew=timedelta(seconds=30))

    def at(seconds: int) -> Standing:
        instant = THIS_UPDATE - timedelta(seconds=seconds)
        return ocsp_status(
            CERTIFICATE, authority=AUTHORITY, answer=response, at=instant, policy=policy
        ).standing

    assert (at(30), at(31)) == (Standing.GOOD, Standing.UNKNOWN)


def test_tolerance_lets_an_answer_be_a_little_older() -> None:
    response = parse_ocsp_response(GOOD)

    def at(seconds: int) -> Standing:
        return ocsp_status(
            CERTIFICATE,
            authority=AUTHORITY,
            answer=response,
            at=NEXT_UPDATE + timedelta(seconds=seconds),
            tolerance=timedelta(seconds=30),
        ).standing

    assert (at(30), at(31)) == (Standing.GOOD, Standing.UNKNOWN)


def test_an_answer_that_never_ends_does_not_overflow() -> None:
    policy = replace(OcspPolicy(), max_age=timedelta.max)
    data = (FOLDER / "boundary-endless.ors").read_bytes()
    assert standing(data, policy=policy) is Standing.UNKNOWN


@pytest.fixture(scope="module")
def responder() -> OcspResponder:
    keys = VECTOR_KEYS
    return create_responder(make_bases(keys).authorities[Purpose.SIGNATURE], keys=keys)


ENTRIES = st.builds(
    RevokedEntry,
    st.integers(0, 10 * 366 * 86400).map(lambda seconds: AT - timedelta(seconds=seconds)),
    st.none() | st.sampled_from([0, 1, 2, 3, 4, 5, 6]),
)


@given(
    entries=st.dictionaries(
        st.integers(1, 0xFFFFFFFF), st.none() | ENTRIES, min_size=1, max_size=4
    ),
    hashed=st.sampled_from(IdHash),
    nonce=st.none() | st.binary(min_size=1, max_size=128),
)
def test_a_response_is_read_as_the_responder_meant_it(
    responder: OcspResponder,
    entries: dict[int, RevokedEntry | None],
    hashed: IdHash,
    nonce: bytes | None,
) -> None:
    asked = tuple(CertificateId.of(ISSUER, one, hash_algorithm=hashed) for one in entries)
    revoked = {serial: entry for serial, entry in entries.items() if entry is not None}
    data = responder.respond(
        OcspRequest(asked, nonce).der, records=OcspRecords(frozenset(entries), revoked), at=AT
    )
    answer = parse_ocsp_response(data).answer
    assert answer is not None
    assert answer.nonce == nonce
    assert [one.certificate_id for one in answer.singles] == list(asked)
    assert [one.entry for one in answer.singles] == list(entries.values())
