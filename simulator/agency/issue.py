"""Issuing the four certificates, byte for byte in the profile of the real ones.

The certificates are assembled by cryptography's builder, so that the library's own reader is judged
by another writer. What is uncertain about the real profile is a field of ``ProfileOptions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from jpki import jst
from jpki.certificates import der
from jpki.certificates.attributes import AttributeId, BasicAttributes, write_flags
from jpki.certificates.names import (
    AUTHORITY_NAMES,
    JAPANESE_NAMES,
    AttributeType,
    Name,
    distribution_point_name,
)
from jpki.certificates.profile import (
    AUTHENTICATION_OCSP_URL,
    CPS_URL,
    KEY_BITS,
    LARGEST_ISSUE_NUMBER,
    POLICY_OIDS,
    PUBLIC_EXPONENT,
    PolicyOids,
)
from jpki.errors import ImpossibleFact
from jpki.terms import CertificateKind, Purpose, Sex
from simulator.agency.authority import SimulatedAuthority, directory_name, distribution_point
from simulator.keys import ChanceStream
from simulator.municipalities import Municipality

__all__ = [
    "NAME_READING_TYPE_ID",
    "Issuance",
    "ProfileOptions",
    "authentication_common_name",
    "issue_authentication_certificate",
    "issue_signature_certificate",
    "signature_common_name",
]

NAME_READING_TYPE_ID: Final = "2.25.306432849728863659428722897468712604482"
"""A project-owned identifier (ITU-T X.667, from a UUID) for a name reading (振り仮名).

Where real certificates carry the reading is not known, and nothing is invented under J-LIS's arc.
"""

_OCSP_URLS: Final[Mapping[CertificateKind, str | None]] = MappingProxyType(
    {
        CertificateKind.CARD_SIGNATURE: None,
        CertificateKind.CARD_AUTHENTICATION: AUTHENTICATION_OCSP_URL,
        CertificateKind.MOBILE_SIGNATURE: None,
        CertificateKind.MOBILE_AUTHENTICATION: AUTHENTICATION_OCSP_URL,
    }
)


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """What is uncertain about the real profile, one field each.

    ``policies``: the mobile ones are guesses (?). ``ocsp_urls``: certain for the card's user
    authentication only; no signature certificate seen has one. ``sex_unknown_code``: sources say 3
    and 9. ``name_reading_type_id``: off unless an identifier is given. ``may_outlive_authority``:
    that no certificate outlives its authority is inferred from the four years between generations.
    """

    policies: PolicyOids = POLICY_OIDS
    ocsp_urls: Mapping[CertificateKind, str | None] = field(default_factory=lambda: _OCSP_URLS)
    sex_unknown_code: str = "3"
    name_reading_type_id: str | None = None
    may_outlive_authority: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Issuance:
    """What is decided about a certificate before it is issued, apart from who the holder is.

    ``not_before`` is the real second of issue; the validity ends with the day ``expires_on`` in
    Japan, which for a mobile certificate is the card certificate's (Ordinance 24-9, 59-9).
    """

    kind: CertificateKind
    serial: int
    common_name: str
    public_key: RSAPublicKey
    municipality: Municipality
    not_before: datetime
    expires_on: date

    def __repr__(self) -> str:
        return f"<Issuance {self.kind} serial {self.serial}>"


_MONTHS = "0123456789ABC"
_DAYS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"


def authentication_common_name(
    chance: ChanceStream, *, at: datetime, municipality: Municipality
) -> str:
    """Return a common name of the pattern seen in user authentication certificates (C).

    23 characters: five digits, ``4``, the year's low byte in hexadecimal, month and day in base 36
    (of the UTC date), four letters A to M, the municipality code and ``003A``. To a verifier it is
    an opaque identifier; nothing may depend on the pattern.
    """
    on = jst.require_aware(at).date()
    return (
        chance.text("0123456789", 5)
        + f"4{on.year & 0xFF:02X}{_MONTHS[on.month]}{_DAYS[on.day]}"
        + chance.text("ABCDEFGHIJKLM", 4)
        + f"{municipality.code}003A"
    )


def signature_common_name(chance: ChanceStream, *, at: datetime) -> str:
    """Return a common name for a signature certificate: 28 digits, first the time of issue in JST.

    The real inner layout is not published (?).
    """
    issued = jst.require_aware(at).astimezone(jst.JST)
    return issued.strftime("%Y%m%d%H%M%S") + chance.text("0123456789", 14)


def issue_signature_certificate(
    authority: SimulatedAuthority,
    issuance: Issuance,
    *,
    attributes: BasicAttributes,
    name_reading: str | None = None,
    options: ProfileOptions | None = None,
) -> bytes:
    """Issue a signature certificate and return its DER.

    ``name_reading`` goes into the certificate only when the options have an identifier for it.
    """
    options = options or ProfileOptions()
    _check(authority, issuance, Purpose.SIGNATURE, options)
    if not attributes.aligned or not attributes.name or not attributes.address:
        raise ImpossibleFact("a name and an address have one substitute mark for each character")
    place = issuance.municipality
    subject = Name.of(
        (AttributeType.COUNTRY, "JP"),
        (AttributeType.LOCALITY, place.prefecture),
        (AttributeType.LOCALITY, place.name),
        (AttributeType.COMMON_NAME, issuance.common_name),
    )
    other_names = _other_names(attributes, name_reading, options)
    builder = _begin(authority, issuance, subject)
    builder = builder.add_extension(_usage(content_commitment=True), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName(other_names), critical=False)
    return _finish(builder, authority, issuance, options)


def issue_authentication_certificate(
    authority: SimulatedAuthority, issuance: Issuance, *, options: ProfileOptions | None = None
) -> bytes:
    """Issue a user authentication certificate, which names nobody, and return its DER."""
    options = options or ProfileOptions()
    _check(authority, issuance, Purpose.USER_AUTHENTICATION, options)
    subject = Name.of(
        (AttributeType.COUNTRY, "JP"), (AttributeType.COMMON_NAME, issuance.common_name)
    )
    builder = _begin(authority, issuance, subject)
    builder = builder.add_extension(_usage(content_commitment=False), critical=True)
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = builder.add_extension(purposes, critical=False)
    return _finish(builder, authority, issuance, options)


def _check(
    authority: SimulatedAuthority, issuance: Issuance, purpose: Purpose, options: ProfileOptions
) -> None:
    own = authority.certificate
    begins, ends = jst.require_aware(issuance.not_before), jst.end_of_day(issuance.expires_on)
    numbers = issuance.public_key.public_numbers()
    impossible = (
        (issuance.kind.purpose is not purpose, "a certificate of this kind has another purpose"),
        (authority.purpose is not purpose, "the authority issues for another purpose"),
        (not 0 < issuance.serial <= LARGEST_ISSUE_NUMBER, "an issue number has four bytes"),
        (issuance.serial == own.serial, "the authority's own certificate has this issue number"),
        (not issuance.common_name, "a subject has a common name"),
        (begins > ends, "the validity ends before it begins"),
        (begins < own.not_before, "the authority did not exist yet"),
        (begins > own.not_after, "the authority has expired"),
        (
            ends > own.not_after and not options.may_outlive_authority,
            "a certificate does not outlive its authority",
        ),
        (
            (numbers.n.bit_length(), numbers.e) != (KEY_BITS, PUBLIC_EXPONENT),
            "a holder's key is RSA-2048 with exponent 65537",
        ),
    )
    for wrong, sentence in impossible:
        if wrong:
            raise ImpossibleFact(sentence)


def _other_names(
    attributes: BasicAttributes, name_reading: str | None, options: ProfileOptions
) -> list[x509.GeneralName]:
    texts = {
        AttributeId.NAME: attributes.name,
        AttributeId.BIRTH_DATE: attributes.birth_date.text,
        AttributeId.SEX: _sex_code(attributes.sex, options),
        AttributeId.ADDRESS: attributes.address,
        AttributeId.NAME_SUBSTITUTES: write_flags(attributes.name_substitutes),
        AttributeId.ADDRESS_SUBSTITUTES: write_flags(attributes.address_substitutes),
    }
    items = [(type_id, texts[type_id]) for type_id in AttributeId.IN_ORDER]
    if name_reading is not None and options.name_reading_type_id is not None:
        items.append((options.name_reading_type_id, name_reading))
    return [
        x509.OtherName(x509.ObjectIdentifier(type_id), der.text(der.UTF8_STRING, text))
        for type_id, text in items
    ]


def _sex_code(sex: Sex, options: ProfileOptions) -> str:
    return {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNKNOWN: options.sex_unknown_code}[sex]


def _usage(*, content_commitment: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _begin(
    authority: SimulatedAuthority, issuance: Issuance, subject: Name
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=_authority_name(authority).value,
        subject_name=directory_name(subject).value,
        public_key=issuance.public_key,
        serial_number=issuance.serial,
        not_valid_before=jst.require_aware(issuance.not_before).replace(microsecond=0),
        not_valid_after=jst.end_of_day(issuance.expires_on),
    )


def _authority_name(authority: SimulatedAuthority) -> x509.DirectoryName:
    return directory_name(AUTHORITY_NAMES[authority.hierarchy, authority.purpose])


def _finish(
    builder: x509.CertificateBuilder,
    authority: SimulatedAuthority,
    issuance: Issuance,
    options: ProfileOptions,
) -> bytes:
    """Add what both purposes have in common, in the order of the profile, and sign."""
    key = (authority.hierarchy, authority.purpose)
    place = issuance.municipality
    hangs_under = distribution_point_name(
        *key, prefecture=place.prefecture, municipality=place.name
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (_policies(options.policies.of(issuance.kind)), True),
        (x509.IssuerAlternativeName([directory_name(JAPANESE_NAMES[key])]), False),
        (x509.CRLDistributionPoints([distribution_point(directory_name(hangs_under))]), False),
        *((access, False) for access in _access(options.ocsp_urls[issuance.kind])),
        (_authority_key(authority), False),
        (x509.SubjectKeyIdentifier.from_public_key(issuance.public_key), False),
    ]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)


def _policies(policy: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(policy), [CPS_URL])]
    )


def _access(ocsp_url: str | None) -> list[x509.AuthorityInformationAccess]:
    if ocsp_url is None:
        return []
    location = x509.UniformResourceIdentifier(ocsp_url)
    description = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)
    return [x509.AuthorityInformationAccess([description])]


def _authority_key(authority: SimulatedAuthority) -> x509.AuthorityKeyIdentifier:
    own = authority.certificate
    return x509.AuthorityKeyIdentifier(own.subject_key_id, [_authority_name(authority)], own.serial)
