"""The six authority certificates that J-LIS publishes, and one synthetic certificate.

The files are public but not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.certificates.authority import PUBLISHED_AUTHORITIES, parse_authority, recognise
from jpki.certificates.deviations import authority_deviations
from jpki.certificates.parse import SignatureCertificate, deviations, parse_certificate
from jpki.certificates.profile import EXACT
from jpki.certificates.structure import read_certificate
from jpki.errors import MalformedCertificate, NotAJpkiCertificate
from jpki.terms import CertificateKind, Hierarchy, Purpose, Sex

FILES = ["signca01", "signca02", "signca03", "authca01", "authca02", "authca03"]
SIZES = {"signca01": 1301, "authca01": 1316, "signca02": 1304, "signca03": 1304}


@pytest.mark.parametrize("file", FILES)
def test_a_published_authority_is_exactly_in_profile_and_recognised(
    file: str, published: Path
) -> None:
    data = (published / f"{file}.cer").read_bytes()
    authority = parse_authority(data)
    row = recognise(authority)
    assert row is not None
    assert row.file == file
    assert (row.purpose, row.serial) == (authority.purpose, authority.serial)
    assert (row.not_before, row.not_after) == (authority.not_before, authority.not_after)
    assert row.subject_key_id == authority.subject_key_id
    assert authority.hierarchy is Hierarchy.PRODUCTION
    assert authority_deviations(read_certificate(data)) == ()
    assert len(data) == SIZES.get(file, 1319)


def test_a_published_authority_signed_itself_and_no_other(published: Path) -> None:
    certificates = [(published / f"{file}.cer").read_bytes() for file in FILES]
    raws = [read_certificate(data) for data in certificates]
    for i, data in enumerate(certificates):
        authority = parse_authority(data)
        assert [authority.signed(raw) for raw in raws] == [i == j for j in range(6)]


def test_a_published_authority_with_a_flipped_signature_bit_is_refused(published: Path) -> None:
    data = bytearray((published / "signca03.cer").read_bytes())
    data[-1] ^= 1
    with pytest.raises(NotAJpkiCertificate, match=r"signature\.self"):
        parse_authority(bytes(data))


def test_an_authority_is_no_subscriber_certificate(published: Path) -> None:
    with pytest.raises(NotAJpkiCertificate):
        parse_certificate((published / "signca03.cer").read_bytes())


def test_only_the_signature_fingerprints_are_said_to_be_compared() -> None:
    for row in PUBLISHED_AUTHORITIES:
        quoted = row.compared.startswith("equal to the J-LIS notice as quoted")
        assert quoted == (row.purpose is Purpose.SIGNATURE)
    assert len({row.fingerprint_sha256 for row in PUBLISHED_AUTHORITIES}) == 6


def test_the_synthetic_certificate_is_read_with_its_known_deviations(published: Path) -> None:
    data = (published / "test" / "mynawallet-dummy-sign.der").read_bytes()
    certificate = parse_certificate(data)
    assert isinstance(certificate, SignatureCertificate)
    assert certificate.kind is CertificateKind.CARD_SIGNATURE
    assert certificate.serial == 1
    assert certificate.authority_serial == 0x0132C4AB
    assert certificate.ocsp_url is None
    assert certificate.crl_distribution_point.municipality == "Shibuya-ku"
    attributes = certificate.attributes
    assert attributes.name == "なかもと　さとし"
    assert attributes.birth_date.text == "420081031"
    assert attributes.sex is Sex.MALE
    # 8 characters with 4 marks, 15 with 41; notAfter 19:00; a key identifier of another key.
    assert (len(attributes.name_substitutes), len(attributes.address_substitutes)) == (4, 41)
    assert [one.code for one in deviations(data)] == [
        "validity.end-of-day",
        "subject-key-identifier.method",
        "attributes.name-marks",
        "attributes.address-marks",
    ]
    with pytest.raises(NotAJpkiCertificate, match=r"validity\.end-of-day"):
        parse_certificate(data, reading=EXACT)


def test_the_synthetic_certificate_names_an_authority_that_did_not_sign_it(
    published: Path,
) -> None:
    data = (published / "test" / "mynawallet-dummy-sign.der").read_bytes()
    certificate = parse_certificate(data)
    named = parse_authority((published / "signca02.cer").read_bytes())
    assert certificate.authority_key_id == named.subject_key_id
    assert certificate.issuer == named.name
    assert not named.signed(certificate)


def test_a_published_authority_followed_by_another_is_refused(published: Path) -> None:
    both = b"".join((published / f"{file}.cer").read_bytes() for file in FILES[:2])
    with pytest.raises(MalformedCertificate, match="left over"):
        parse_authority(both)
