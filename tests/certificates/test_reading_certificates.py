"""What a parsed certificate says, and how the uncertain parts of its profile are replaced."""

from __future__ import annotations

import base64
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime

import pytest

from jpki.certificates import der
from jpki.certificates.names import AUTHORITY_NAMES
from jpki.certificates.parse import (
    SignatureCertificate,
    UserAuthenticationCertificate,
    deviations,
    parse_certificate,
)
from jpki.certificates.profile import EXACT, POLICY_OIDS, PROFILES, TOLERANT, PolicyOids
from jpki.certificates.structure import KeyUsage
from jpki.errors import MalformedCertificate, NotAJpkiCertificate
from jpki.terms import CertificateKind, Hierarchy, Medium, Purpose, Sex
from simulator.agency.authority import SimulatedAuthority
from tests.vectors.drafts import (
    AIA,
    ARC,
    ISSUED,
    ITEMS,
    POLICIES,
    SAN,
    Bases,
    alternative_name,
    one_policy,
    policy,
)


def test_a_signature_certificate_says_who_and_where(
    bases: Bases, authorities: dict[Purpose, SimulatedAuthority]
) -> None:
    data = bases.signature.signed()
    certificate = parse_certificate(data)
    own = authorities[Purpose.SIGNATURE].certificate
    assert isinstance(certificate, SignatureCertificate)
    assert certificate.kind is CertificateKind.CARD_SIGNATURE
    assert certificate.hierarchy is Hierarchy.SIMULATED
    assert (certificate.serial, certificate.issue_number) == (0x06800001, 0x06800001)
    assert certificate.not_before == ISSUED
    assert certificate.not_after == datetime(2029, 2, 17, 14, 59, 59, tzinfo=UTC)
    assert certificate.expires_on == date(2029, 2, 17)
    assert certificate.issuer == AUTHORITY_NAMES[Hierarchy.SIMULATED, Purpose.SIGNATURE].der
    assert certificate.authority_key_id == own.subject_key_id
    assert certificate.authority_serial == 0x067C6A21
    assert certificate.policy_oid == "1.2.392.200149.8.5.1.1.20"
    assert certificate.key_usage == {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION}
    assert certificate.public_key == bases.stranger.public_key()
    assert certificate.crl_distribution_point.prefecture == "Tokyo-to"
    assert certificate.crl_distribution_point.municipality == "Kiyose-shi"
    assert certificate.ocsp_url is None
    assert own.signed(certificate)
    assert not authorities[Purpose.USER_AUTHENTICATION].certificate.signed(certificate)
    attributes = certificate.attributes
    assert attributes.name == "模擬　花子"
    assert attributes.birth_date.day == date(1980, 2, 17)
    assert attributes.sex is Sex.FEMALE
    assert attributes.address == "東京都清瀬市模擬町１－２－３"
    assert attributes.aligned


def test_an_authentication_certificate_says_nothing_about_the_holder(bases: Bases) -> None:
    certificate = parse_certificate(bases.authentication.signed())
    assert isinstance(certificate, UserAuthenticationCertificate)
    assert certificate.purpose is Purpose.USER_AUTHENTICATION
    assert certificate.medium is Medium.CARD
    assert certificate.ocsp_url == "http://ocspauthnorm.jpki.go.jp"
    assert certificate.key_usage == {KeyUsage.DIGITAL_SIGNATURE}
    assert not hasattr(certificate, "attributes")


def test_pem_and_der_are_the_same_certificate(bases: Bases) -> None:
    data = bases.signature.signed()
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data) + b"-----END CERTIFICATE-----"
    assert parse_certificate(pem) == parse_certificate(data)
    assert hash(parse_certificate(pem)) == hash(parse_certificate(data))
    assert parse_certificate(pem) != parse_certificate(bases.mobile_signature.signed())


def test_a_certificate_shows_kind_serial_and_dates_and_no_more(bases: Bases) -> None:
    certificate = parse_certificate(bases.signature.signed())
    assert repr(certificate) == (
        "<SignatureCertificate card_signature serial 109051905 2024-05-10 to 2029-02-17>"
    )
    assert isinstance(certificate, SignatureCertificate)
    shown = repr(certificate.attributes) + repr(certificate.attributes.birth_date)
    assert not any(text in shown for text in ("花子", "1980", "清瀬", "female"))


def test_a_certificate_cannot_be_changed(bases: Bases) -> None:
    certificate = parse_certificate(bases.authentication.signed())
    with pytest.raises(FrozenInstanceError):
        certificate.serial = 1  # type: ignore[misc]


def test_mobile_policies_are_a_value_the_caller_replaces(bases: Bases) -> None:
    better = replace(POLICY_OIDS, mobile_signature=f"{ARC}.1.1.41")
    draft = bases.signature.with_value(POLICIES, policy(one_policy(f"{ARC}.1.1.41")))
    assert parse_certificate(draft.signed(), policies=better, reading=EXACT).kind == (
        CertificateKind.MOBILE_SIGNATURE
    )
    with pytest.raises(NotAJpkiCertificate, match=r"policy\.unlisted"):
        parse_certificate(draft.signed(), reading=EXACT)


def test_an_unlisted_policy_is_read_as_a_mobile_one_unless_the_caller_says_no(
    bases: Bases,
) -> None:
    draft = bases.authentication.with_value(POLICIES, policy(one_policy(f"{ARC}.1.3.51")))
    assert parse_certificate(draft.signed()).kind is CertificateKind.MOBILE_AUTHENTICATION
    with pytest.raises(NotAJpkiCertificate, match=r"policy\.arc"):
        parse_certificate(draft.signed(), policies=PolicyOids(unlisted=None))


@pytest.mark.parametrize(
    ("policy_oid", "purpose", "kind"),
    [
        (f"{ARC}.1.0.20", Purpose.SIGNATURE, CertificateKind.CARD_SIGNATURE),
        (f"{ARC}.1.2.30", Purpose.USER_AUTHENTICATION, CertificateKind.CARD_AUTHENTICATION),
        (f"{ARC}.1.2.50", Purpose.USER_AUTHENTICATION, CertificateKind.MOBILE_AUTHENTICATION),
        ("1.2.392.200149.8.5.10.1", Purpose.SIGNATURE, None),
    ],
)
def test_an_unlisted_policy_with_the_cards_last_arc_is_read_as_the_cards(
    policy_oid: str, purpose: Purpose, kind: CertificateKind | None
) -> None:
    assert POLICY_OIDS.guessed(policy_oid, purpose) == kind


def test_the_test_policy_is_listed_for_the_test_hierarchy_only() -> None:
    oid = POLICY_OIDS.test_card_signature
    assert POLICY_OIDS.listed(oid, Hierarchy.TEST) is CertificateKind.CARD_SIGNATURE
    assert POLICY_OIDS.listed(oid, Hierarchy.PRODUCTION) is None


def test_an_extra_item_is_kept_by_its_type_with_and_without_text(bases: Bases) -> None:
    number = der.context(0, der.object_identifier("2.25.1"), der.context(0, der.integer(7)))
    items = alternative_name([*ITEMS.items(), ("2.25.4711", "モギ　ハナコ")])
    names = der.sequence(der.open_document(items, error=MalformedCertificate).value, number)
    certificate = parse_certificate(bases.signature.with_value(SAN, names).signed())
    assert isinstance(certificate, SignatureCertificate)
    reading, seven = certificate.attributes.extras
    assert (reading.type_id, reading.text) == ("2.25.4711", "モギ　ハナコ")
    assert (seven.type_id, seven.text, seven.value) == ("2.25.1", None, b"\x02\x01\x07")
    assert "モギ" not in repr(reading)


def test_items_in_any_order_are_read_the_same(bases: Bases) -> None:
    reverse = alternative_name(list(ITEMS.items())[::-1])
    usual = parse_certificate(bases.signature.signed())
    turned = parse_certificate(bases.signature.with_value(SAN, reverse).signed())
    assert isinstance(usual, SignatureCertificate)
    assert isinstance(turned, SignatureCertificate)
    assert usual.attributes == turned.attributes


def test_a_mobile_certificate_may_name_another_responder_or_none(bases: Bases) -> None:
    without = bases.mobile_authentication.without(AIA).signed()
    assert parse_certificate(without, reading=EXACT).ocsp_url is None
    elsewhere = bases.mobile_authentication.with_value(
        AIA,
        der.sequence(
            der.sequence(
                der.object_identifier("1.3.6.1.5.5.7.48.1"),
                der.context(6, b"http://ocsp.example", primitive=True),
            )
        ),
    )
    assert parse_certificate(elsewhere.signed(), reading=EXACT).ocsp_url == "http://ocsp.example"


def test_a_reading_that_lets_everything_pass_still_needs_the_parts_of_a_value(
    bases: Bases,
) -> None:
    anything = replace(TOLERANT, tolerated=TOLERANT.tolerated | {"extension.missing"})
    for oid in ("2.5.29.31", "2.5.29.35", "2.5.29.14", "2.5.29.15", SAN):
        with pytest.raises(NotAJpkiCertificate, match="is missing"):
            parse_certificate(bases.signature.without(oid).signed(), reading=anything)


def test_a_profile_can_be_replaced(bases: Bases) -> None:
    free = replace(PROFILES[CertificateKind.CARD_AUTHENTICATION], ocsp_url="http://other.example")
    reading = replace(EXACT, profiles={**PROFILES, CertificateKind.CARD_AUTHENTICATION: free})
    assert [one.code for one in deviations(bases.authentication.signed(), reading=reading)] == [
        "information-access.url"
    ]


def test_an_error_shows_nothing_of_the_holder(bases: Bases) -> None:
    broken = bases.signature.with_value(SAN, alternative_name(list(ITEMS.items())[:-1])).signed()
    with pytest.raises(NotAJpkiCertificate) as caught:
        parse_certificate(broken, source="card")
    assert not any(text in str(caught.value) for text in ITEMS.values() if len(text) > 1)


def test_all_deviations_are_listed_not_only_the_first(bases: Bases) -> None:
    draft = replace(bases.signature, serial=der.integer(0)).without(SAN)
    assert {one.code for one in deviations(draft.signed())} == {
        "serial.sign",
        "extension.missing",
    }
