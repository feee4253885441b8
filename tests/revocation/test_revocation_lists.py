"""What a parsed list says, how fast it says it, and that damage never crashes the reader."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from jpki.certificates import der
from jpki.certificates.authority import AuthorityCertificate
from jpki.certificates.names import distribution_point_name
from jpki.errors import FormatError, MalformedRevocationList
from jpki.revocation.revocation_list import RevokedEntry, parse_revocation_list
from jpki.terms import Hierarchy, Purpose, RevocationReason
from tests.vectors.drafts import (
    PUBLISHED,
    SHA256_WITH_RSA,
)
from tests.vectors.list_rows import entries, entry, reason

RECORDED = PUBLISHED - timedelta(days=3)
NAME = distribution_point_name(
    Hierarchy.SIMULATED, Purpose.SIGNATURE, prefecture="Tokyo-to", municipality="Kiyose-shi"
)


def unsigned(*listed: bytes, extensions: bytes = b"") -> bytes:
    """A list whose signature is 256 zero bytes: enough for the reader."""
    tbs = der.sequence(
        der.integer(1),
        SHA256_WITH_RSA,
        der.sequence(),
        der.time(PUBLISHED),
        der.time(PUBLISHED + timedelta(hours=48)),
        entries(*listed) if listed else b"",
        extensions,
    )
    return der.sequence(tbs, SHA256_WITH_RSA, der.bit_string(bytes(256)))


def test_a_list_says_who_made_it_when_and_what_it_speaks_of(
    good_list: bytes, issuer: AuthorityCertificate
) -> None:
    listed = parse_revocation_list(good_list)
    assert listed.issuer == issuer.name
    assert listed.authority_key_id == issuer.subject_key_id
    assert (listed.this_update, listed.next_update) == (PUBLISHED, PUBLISHED + timedelta(hours=48))
    assert listed.crl_number == 17
    assert listed.issuing_distribution_point == NAME.der
    assert dict(listed.entries) == {
        0x06800001: RevokedEntry(RECORDED, 3),
        0x06800005: RevokedEntry(RECORDED, 6),
    }
    assert listed.signed_by(issuer)


def test_a_hold_is_told_from_a_revocation(good_list: bytes) -> None:
    listed = parse_revocation_list(good_list)
    moved, held = listed.entries[0x06800001], listed.entries[0x06800005]
    assert moved.reason is RevocationReason.AFFILIATION_CHANGED
    assert not moved.is_hold
    assert held.reason is RevocationReason.CERTIFICATE_HOLD
    assert held.is_hold


def test_a_list_and_its_entries_cannot_be_changed(good_list: bytes) -> None:
    listed = parse_revocation_list(good_list)
    with pytest.raises(TypeError):
        listed.entries[1] = RevokedEntry(RECORDED)  # type: ignore[index]


def test_pem_and_der_are_the_same_list(good_list: bytes) -> None:
    body = base64.encodebytes(good_list)
    pem = b"-----BEGIN X509 CRL-----\n" + body + b"-----END X509 CRL-----\n"
    assert parse_revocation_list(pem) == parse_revocation_list(good_list)


# RFC 5280: 37 bytes with a 4-byte serial, UTCTime and reasonCode; 23 without a reason.
def test_an_entry_has_the_planned_size() -> None:
    assert len(entry(der.integer(0x06800001), reason(3))) == 37
    assert len(entry(der.integer(0x06800001))) == 23


def test_entries_of_every_form_are_read() -> None:
    invalid_since = der.sequence(
        der.object_identifier("2.5.29.24"),
        der.octet_string(der.text(der.GENERALIZED_TIME, "20250301000000Z")),
    )
    late = datetime(2050, 1, 1, tzinfo=UTC)
    listed = parse_revocation_list(
        unsigned(
            entry(der.integer(1)),
            entry(der.integer(2)),
            entry(der.integer(0x80), reason(0)),
            entry(der.integer(0x7FFFFFFF), reason(0)),
            entry(der.integer(0x80000000), reason(10)),
            entry(der.integer(5), reason(1), invalid_since),
            entry(der.integer(6), at=der.time(late)),
            entry(der.integer((1 << 159) - 1), reason(4)),
        )
    )
    assert dict(listed.entries) == {
        1: RevokedEntry(RECORDED),
        2: RevokedEntry(RECORDED),
        0x80: RevokedEntry(RECORDED, 0),
        0x7FFFFFFF: RevokedEntry(RECORDED, 0),
        0x80000000: RevokedEntry(RECORDED, 10),
        5: RevokedEntry(RECORDED, 1),
        6: RevokedEntry(late),
        (1 << 159) - 1: RevokedEntry(RECORDED, 4),
    }
    assert listed.entries[0x80000000].reason is None
    assert listed.unknown_critical_extensions == ()
    assert listed.crl_number is None
    assert listed.distribution_point is None


def test_a_delta_may_remove_an_entry() -> None:
    indicator = der.sequence(
        der.object_identifier("2.5.29.27"), der.boolean(True), der.octet_string(der.integer(16))
    )
    extensions = der.context(0, der.sequence(indicator))
    listed = parse_revocation_list(
        unsigned(entry(der.integer(5), reason(8)), extensions=extensions)
    )
    assert listed.is_delta
    assert listed.entries[5].reason_code == 8


@pytest.mark.parametrize(
    ("number", "accepted"), [(0, True), ((1 << 159) - 1, True), (1 << 159, False), (-1, False)]
)
def test_a_list_number_is_at_most_20_octets(number: int, accepted: bool) -> None:
    one = der.sequence(der.object_identifier("2.5.29.20"), der.octet_string(der.integer(number)))
    data = unsigned(extensions=der.context(0, der.sequence(one)))
    if accepted:
        assert parse_revocation_list(data).crl_number == number
    else:
        with pytest.raises(MalformedRevocationList):
            parse_revocation_list(data)


def test_a_hundred_thousand_entries_are_read_as_cryptography_reads_them() -> None:
    codes = [1, 3, 4, 5, 6]
    data = unsigned(
        *(
            entry(
                der.integer(1000 + 7 * i),
                reason(codes[i % 5]),
                at=der.time(RECORDED - timedelta(seconds=37 * i)),
            )
            for i in range(100_000)
        )
    )
    listed = parse_revocation_list(data)
    assert len(listed.entries) == 100_000
    theirs = x509.load_der_x509_crl(data)
    for i in range(0, 100_000, 997):
        one = theirs.get_revoked_certificate_by_serial_number(1000 + 7 * i)
        assert one is not None
        mine = listed.entries[1000 + 7 * i]
        assert mine.recorded_at == one.revocation_date_utc
        assert mine.reason is not None
        extension = one.extensions.get_extension_for_class(x509.CRLReason).value
        assert mine.reason.rfc_name == extension.reason.value


def test_a_changed_byte_never_raises_anything_but_our_errors(
    good_list: bytes, issuer: AuthorityCertificate
) -> None:
    chance = random.Random("lists")
    for at in range(len(good_list)):
        damaged = bytearray(good_list)
        damaged[at] ^= 1 << chance.randrange(8)
        try:
            listed = parse_revocation_list(bytes(damaged))
        except FormatError:
            continue
        assert not listed.signed_by(issuer)


def test_every_truncation_is_malformed(good_list: bytes) -> None:
    for end in range(len(good_list)):
        with pytest.raises(MalformedRevocationList):
            parse_revocation_list(good_list[:end])


def test_a_list_shows_its_number_and_length_only(good_list: bytes) -> None:
    assert repr(parse_revocation_list(good_list)) == (
        "<RevocationList number 17 of 2025-04-01T19:00:00Z, 2 entries>"
    )
