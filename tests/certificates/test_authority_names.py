"""Names of authorities and distribution points, as the published certificates have them."""

from __future__ import annotations

import pytest

from jpki.certificates import der
from jpki.certificates.names import (
    AUTHORITY_NAMES,
    JAPANESE_NAMES,
    Attribute,
    CrlDistributionPoint,
    Name,
    authority_named,
    distribution_point_name,
)
from jpki.errors import MalformedCertificate
from jpki.terms import Hierarchy, Purpose

SIGN, AUTH = Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION


def opened(encoded: bytes) -> der.Element:
    return der.open_document(encoded, error=MalformedCertificate)


@pytest.mark.parametrize(("purpose", "size"), [(SIGN, 131), (AUTH, 133)])
def test_the_issuer_has_the_size_of_the_real_one(purpose: Purpose, size: int) -> None:
    assert len(AUTHORITY_NAMES[Hierarchy.PRODUCTION, purpose].der) == size
    assert len(AUTHORITY_NAMES[Hierarchy.SIMULATED, purpose].der) == size + len("-SIM")


def test_the_signature_issuer_is_written_as_in_the_published_certificate() -> None:
    name = AUTHORITY_NAMES[Hierarchy.PRODUCTION, SIGN]
    assert name.texts == (
        "JP",
        "JPKI",
        "JPKI for digital signature",
        "Japan Agency for Local Authority Information Systems",
    )
    assert name.der.startswith(bytes.fromhex("308180310b3009060355040613024a50310d300b0603"))
    assert [one.tag for one in name.attributes] == [0x13, 0x0C, 0x0C, 0x0C]


# SEQUENCE { [4] { Name } }: two headers of three bytes around a name of 160 or 169.
@pytest.mark.parametrize(("purpose", "size"), [(SIGN, 166 - 6), (AUTH, 175 - 6)])
def test_the_japanese_name_has_the_size_of_the_real_one(purpose: Purpose, size: int) -> None:
    assert len(JAPANESE_NAMES[Hierarchy.PRODUCTION, purpose].der) == size


def test_simulated_names_say_so_in_both_scripts() -> None:
    for purpose in Purpose:
        assert "JPKI-SIM" in AUTHORITY_NAMES[Hierarchy.SIMULATED, purpose].texts
        japanese = JAPANESE_NAMES[Hierarchy.SIMULATED, purpose].texts[1:]
        assert all("（模擬）" in text for text in japanese)


def test_a_name_is_recognised_byte_for_byte_only() -> None:
    name = AUTHORITY_NAMES[Hierarchy.TEST, AUTH]
    assert authority_named(name.der) == (Hierarchy.TEST, AUTH)
    printable = Name(tuple(Attribute(one.type, one.text, 0x13) for one in name.attributes))
    assert authority_named(printable.der) is None


# 163 bytes in the sample of a Tokyo ward, 176 in a real user authentication certificate.
def test_the_distribution_point_of_a_ward_has_the_size_of_the_real_one() -> None:
    name = distribution_point_name(
        Hierarchy.PRODUCTION, SIGN, prefecture="Tokyo-to", municipality="Shibuya-ku"
    )
    assert name.texts == (
        "JP",
        "JPKI",
        "JPKI for digital signature",
        "CRL Distribution Points",
        "Tokyo-to",
        "Shibuya-ku CRLDP",
    )
    # SEQUENCE, SEQUENCE, [0], [0], [4]: five headers of three bytes.
    assert len(name.der) == 163 - 15


def test_a_distribution_point_gives_back_its_place() -> None:
    name = distribution_point_name(
        Hierarchy.TEST, AUTH, prefecture="Hokkaido", municipality="Sapporo-shi-Minami-ku"
    )
    point = CrlDistributionPoint.read(opened(name.der), hierarchy=Hierarchy.TEST, purpose=AUTH)
    assert (point.prefecture, point.municipality) == ("Hokkaido", "Sapporo-shi-Minami-ku")
    assert point.name == name.der


@pytest.mark.parametrize(
    ("hierarchy", "purpose"), [(Hierarchy.TEST, SIGN), (Hierarchy.SIMULATED, AUTH)]
)
def test_a_distribution_point_of_another_authority_has_no_readable_place(
    hierarchy: Hierarchy, purpose: Purpose
) -> None:
    name = distribution_point_name(
        Hierarchy.TEST, AUTH, prefecture="Hokkaido", municipality="Hakodate-shi"
    )
    point = CrlDistributionPoint.read(opened(name.der), hierarchy=hierarchy, purpose=purpose)
    assert (point.prefecture, point.municipality) == (None, None)
    assert point.name == name.der


def test_a_name_shows_nothing_of_itself() -> None:
    name = Name.of(("2.5.4.3", "2020010110101012345123456789"))
    assert "2020" not in repr(name)
