"""The four kinds as the simulated authority issues them, field by field and size by size."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from jpki.certificates.attributes import BasicAttributes
from jpki.certificates.parse import (
    SignatureCertificate,
    SubscriberCertificate,
    deviations,
    parse_certificate,
)
from jpki.certificates.profile import EXACT, PolicyOids
from jpki.certificates.structure import RawCertificate, read_certificate
from jpki.errors import ImpossibleFact
from jpki.terms import CertificateKind, Hierarchy, Purpose, Sex
from simulator.agency import authority as authority_module
from simulator.agency.issue import (
    NAME_READING_TYPE_ID,
    Issuance,
    ProfileOptions,
    authentication_common_name,
    issue_authentication_certificate,
    issue_signature_certificate,
    signature_common_name,
)
from simulator.keys import SeededChance, SeededKeys
from simulator.municipalities import municipality
from tests.agency.conftest import CREATED, Authorities

ISSUED = datetime(2024, 5, 9, 16, 1, 40, tzinfo=UTC)
SIGN = CertificateKind.CARD_SIGNATURE
AUTH = CertificateKind.CARD_AUTHENTICATION


@pytest.fixture
def issuance(holder_key: RSAPublicKey) -> Issuance:
    return Issuance(
        kind=SIGN,
        serial=0x06800001,
        common_name="1" * 28,
        public_key=holder_key,
        municipality=municipality("13113"),
        not_before=ISSUED,
        expires_on=date(2029, 2, 17),
    )


def authentication(issuance: Issuance, kind: CertificateKind = AUTH) -> Issuance:
    return replace(issuance, kind=kind, common_name="997794E9AGCIEG13221003A")


class Desk:
    """Issues whatever kind is asked for, under simulated or real names."""

    def __init__(self, authorities: Authorities, attributes: BasicAttributes) -> None:
        self._authorities = authorities
        self._attributes = attributes

    def issue(
        self,
        issuance: Issuance,
        *,
        options: ProfileOptions | None = None,
        hierarchy: Hierarchy = Hierarchy.SIMULATED,
    ) -> bytes:
        authority = self._authorities[hierarchy, issuance.kind.purpose]
        if issuance.kind.purpose is Purpose.USER_AUTHENTICATION:
            return issue_authentication_certificate(authority, issuance, options=options)
        return issue_signature_certificate(
            authority, issuance, attributes=self._attributes, options=options
        )

    def read(self, issuance: Issuance, options: ProfileOptions | None = None) -> RawCertificate:
        return read_certificate(
            self.issue(issuance, options=options, hierarchy=Hierarchy.PRODUCTION)
        )


@pytest.fixture(scope="session")
def desk(authorities: Authorities, attributes: BasicAttributes) -> Desk:
    return Desk(authorities, attributes)


def sizes(raw: RawCertificate) -> dict[str, int]:
    return {one.oid: len(one.octets.value) for one in raw.extensions}


@pytest.mark.parametrize("kind", CertificateKind)
def test_each_kind_is_exactly_in_profile(
    kind: CertificateKind, issuance: Issuance, desk: Desk, authorities: Authorities
) -> None:
    asked = replace(issuance, kind=kind)
    data = desk.issue(asked)
    assert deviations(data) == ()
    certificate: SubscriberCertificate = parse_certificate(data, reading=EXACT)
    assert certificate.kind is kind
    assert certificate.hierarchy is Hierarchy.SIMULATED
    assert certificate.serial == asked.serial
    assert certificate.not_before == ISSUED
    assert certificate.not_after == datetime(2029, 2, 17, 14, 59, 59, tzinfo=UTC)
    assert certificate.crl_distribution_point.municipality == "Shibuya-ku"
    assert authorities[Hierarchy.SIMULATED, kind.purpose].certificate.signed(certificate)
    assert desk.issue(asked) == data


# The order, and the sizes of real certificates under the real names; a Tokyo ward's distribution
# point has 163 bytes in a signature certificate, and "user authentication" is two letters longer.
def test_a_signature_certificate_has_the_sizes_of_a_real_one(
    issuance: Issuance, desk: Desk
) -> None:
    raw = desk.read(issuance)
    assert len(raw.issuer.der) == 131
    measured = sizes(raw)
    # Six items of 14 bytes overhead and the type (12), [0] (2) and [0] (2), UTF8String (2).
    texts = ["模擬　太郎", "319800217", "1", "東京都渋谷区模擬町４－５－６", "0" * 5, "0" * 14]
    names = sum(18 + len(text.encode()) for text in texts)
    assert names > 127
    assert measured.pop("2.5.29.17") == names + 3
    assert list(measured.items()) == [
        ("2.5.29.15", 4),
        ("2.5.29.32", 63),
        ("2.5.29.18", 166),
        ("2.5.29.31", 163),
        ("2.5.29.35", 168),
        ("2.5.29.14", 22),
    ]
    assert [one.oid for one in raw.extensions][1] == "2.5.29.17"


def test_an_authentication_certificate_has_the_sizes_of_a_real_one(
    issuance: Issuance, desk: Desk
) -> None:
    raw = desk.read(authentication(issuance))
    assert len(raw.issuer.der) == 133
    assert len(raw.subject.der) == 49
    assert raw.not_after.end - raw.not_before.start == 30
    assert list(sizes(raw).items()) == [
        ("2.5.29.15", 4),
        ("2.5.29.37", 12),
        ("2.5.29.32", 63),
        ("2.5.29.18", 175),
        ("2.5.29.31", 165),
        ("1.3.6.1.5.5.7.1.1", 46),
        ("2.5.29.35", 170),
        ("2.5.29.14", 22),
    ]
    # The real ones seen are from 1,573 to 1,586 bytes; "Shibuya-ku" is a shorter name than theirs.
    assert 1570 <= len(raw.element.der) <= 1586


def test_the_authoritys_key_takes_three_bytes_less_in_the_first_generation(
    issuance: Issuance, keys: SeededKeys, authorities: Authorities, attributes: BasicAttributes
) -> None:
    for purpose, size in ((Purpose.SIGNATURE, 165), (Purpose.USER_AUTHENTICATION, 167)):
        first = authority_module._create(
            Hierarchy.PRODUCTION, purpose, 3, keys=keys, at=CREATED, serial=1
        )
        desk = Desk({(Hierarchy.PRODUCTION, purpose): first}, attributes)
        asked = issuance if purpose is Purpose.SIGNATURE else authentication(issuance)
        assert sizes(desk.read(asked))["2.5.29.35"] == size


@pytest.mark.parametrize(
    ("serial", "content"),
    [(1, "01"), (0x7FFFFFFF, "7fffffff"), (0x80000000, "0080000000"), (0xFFFFFFFF, "00ffffffff")],
)
def test_a_serial_has_four_bytes_and_a_leading_zero_when_it_needs_one(
    serial: int, content: str, issuance: Issuance, desk: Desk
) -> None:
    assert desk.read(replace(issuance, serial=serial)).serial.value.hex() == content


@pytest.mark.parametrize(
    "change",
    [
        {"serial": 0},
        {"serial": 1 << 32},
        {"serial": 0x067C6A21},
        {"common_name": ""},
        {"not_before": CREATED - timedelta(seconds=1)},
        {"expires_on": date(2024, 5, 9)},
        {"expires_on": date(2033, 7, 16)},
        {"not_before": datetime(2033, 7, 15, 15, tzinfo=UTC), "expires_on": date(2033, 7, 16)},
    ],
)
def test_what_cannot_be_is_not_issued(
    change: dict[str, object], issuance: Issuance, desk: Desk
) -> None:
    with pytest.raises(ImpossibleFact):
        desk.issue(replace(issuance, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"not_before": CREATED},
        {"expires_on": date(2024, 5, 10)},
        {"expires_on": date(2033, 7, 15)},
    ],
)
def test_what_can_just_be_is_issued(
    change: dict[str, object], issuance: Issuance, desk: Desk
) -> None:
    data = desk.issue(replace(issuance, **change))  # type: ignore[arg-type]
    assert deviations(data) == ()


def test_whether_a_certificate_may_outlive_its_authority_is_an_option(
    issuance: Issuance, desk: Desk
) -> None:
    longer = replace(issuance, expires_on=date(2033, 7, 16))
    data = desk.issue(longer, options=ProfileOptions(may_outlive_authority=True))
    assert parse_certificate(data).expires_on == date(2033, 7, 16)


def test_an_authority_issues_for_its_own_purpose_only(
    issuance: Issuance, authorities: Authorities, attributes: BasicAttributes
) -> None:
    wrong = authorities[Hierarchy.SIMULATED, Purpose.USER_AUTHENTICATION]
    with pytest.raises(ImpossibleFact):
        issue_signature_certificate(wrong, issuance, attributes=attributes)
    with pytest.raises(ImpossibleFact):
        issue_authentication_certificate(wrong, issuance)


@pytest.mark.parametrize(("size", "exponent"), [(2047, 65537), (2049, 65537), (2048, 3)])
def test_a_key_of_another_size_or_exponent_is_not_certified(
    size: int, exponent: int, issuance: Issuance, desk: Desk
) -> None:
    numbers = RSAPublicNumbers(exponent, 1 << size - 1 | 1)
    with pytest.raises(ImpossibleFact):
        desk.issue(replace(issuance, public_key=numbers.public_key()))


def test_marks_that_do_not_fit_are_not_issued(
    issuance: Issuance, authorities: Authorities, attributes: BasicAttributes
) -> None:
    authority = authorities[Hierarchy.SIMULATED, Purpose.SIGNATURE]
    marked = replace(attributes, name_substitutes=(False, True, False, False, False))
    data = issue_signature_certificate(authority, issuance, attributes=marked)
    certificate = parse_certificate(data, reading=EXACT)
    assert isinstance(certificate, SignatureCertificate)
    assert certificate.attributes == marked
    assert certificate.attributes.uncertain_name
    with pytest.raises(ImpossibleFact):
        issue_signature_certificate(
            authority, issuance, attributes=replace(attributes, name_substitutes=(False,))
        )


@pytest.mark.parametrize("code", ["3", "9", "0"])
def test_the_code_of_an_unknown_sex_is_an_option(
    code: str, issuance: Issuance, authorities: Authorities, attributes: BasicAttributes
) -> None:
    data = issue_signature_certificate(
        authorities[Hierarchy.SIMULATED, Purpose.SIGNATURE],
        issuance,
        attributes=replace(attributes, sex=Sex.UNKNOWN),
        options=ProfileOptions(sex_unknown_code=code),
    )
    certificate = parse_certificate(data)
    assert isinstance(certificate, SignatureCertificate)
    assert certificate.attributes.sex is Sex.UNKNOWN
    assert [one.code for one in deviations(data)] == ["attributes.sex-uncertain"]


def test_a_name_reading_is_left_out_unless_the_options_give_it_a_place(
    issuance: Issuance, authorities: Authorities, attributes: BasicAttributes
) -> None:
    def extras(options: ProfileOptions) -> list[tuple[str, str | None]]:
        data = issue_signature_certificate(
            authorities[Hierarchy.SIMULATED, Purpose.SIGNATURE],
            issuance,
            attributes=attributes,
            name_reading="モギ　タロウ",
            options=options,
        )
        certificate = parse_certificate(data)
        assert isinstance(certificate, SignatureCertificate)
        return [(one.type_id, one.text) for one in certificate.attributes.extras]

    assert extras(ProfileOptions()) == []
    given = ProfileOptions(name_reading_type_id=NAME_READING_TYPE_ID)
    assert extras(given) == [(NAME_READING_TYPE_ID, "モギ　タロウ")]
    assert NAME_READING_TYPE_ID.startswith("2.25.")


def test_policies_and_responders_of_uncertain_kinds_are_options(
    issuance: Issuance, desk: Desk
) -> None:
    policies = PolicyOids(mobile_signature="1.2.392.200149.8.5.1.1.41")
    options = ProfileOptions(
        policies=policies, ocsp_urls={CertificateKind.MOBILE_SIGNATURE: "http://ocsp.example"}
    )
    asked = replace(issuance, kind=CertificateKind.MOBILE_SIGNATURE)
    certificate = parse_certificate(
        desk.issue(asked, options=options), policies=policies, reading=EXACT
    )
    assert certificate.policy_oid == "1.2.392.200149.8.5.1.1.41"
    assert certificate.ocsp_url == "http://ocsp.example"


def test_an_authentication_name_has_the_pattern_of_the_published_sample() -> None:
    sample = "997794E9AGCIEG13221003A"
    stream = SeededChance("names").stream("one")
    made = authentication_common_name(
        stream,
        at=datetime(2025, 10, 16, 16, 0, tzinfo=UTC),
        municipality=municipality("13221"),
    )
    assert (made[5:10], made[14:]) == (sample[5:10], sample[14:])
    assert re.fullmatch(r"\d{5}4E9AG[A-M]{4}13221003A", made)
    assert len(made) == 23


@pytest.mark.parametrize(
    ("at", "dated"),
    [
        (datetime(2019, 1, 9, tzinfo=UTC), "E319"),
        (datetime(2020, 9, 10, tzinfo=UTC), "E49A"),
        (datetime(2022, 12, 31, 23, 59, 59, tzinfo=UTC), "E6CV"),
    ],
)
def test_an_authentication_name_is_dated_in_greenwich(at: datetime, dated: str) -> None:
    stream = SeededChance("names").stream("two")
    name = authentication_common_name(stream, at=at, municipality=municipality("13221"))
    assert name[6:10] == dated


def test_a_signature_name_is_28_digits_and_begins_with_the_time_in_japan() -> None:
    name = signature_common_name(SeededChance("names").stream("three"), at=ISSUED)
    assert re.fullmatch(r"20240510010140\d{14}", name)


def test_an_issuance_shows_kind_and_serial_only(issuance: Issuance) -> None:
    assert repr(issuance) == "<Issuance card_signature serial 109051905>"
