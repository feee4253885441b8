"""Where a certificate differs from the profile: every check, none of which stops at the first.

A deviation has a stable code, the byte where it was found and a sentence from the table below,
which never contains anything from the certificate itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jpki import jst
from jpki.certificates import der
from jpki.certificates.attributes import read_attributes
from jpki.certificates.der import Element
from jpki.certificates.names import (
    AUTHORITY_NAMES,
    JAPANESE_NAMES,
    CrlDistributionPoint,
    Name,
    authority_named,
)
from jpki.certificates.profile import (
    AUTHORITY,
    CPS_URL,
    KEY_BITS,
    LARGEST_ISSUE_NUMBER,
    PUBLIC_EXPONENT,
    ExtensionRule,
    PolicyOids,
    Presence,
    Profile,
    Reading,
    authority_expires_on,
)
from jpki.certificates.structure import (
    RSA_ENCRYPTION,
    SHA256_WITH_RSA,
    AccessDescription,
    AuthorityKeyIdentifier,
    DistributionPoint,
    GeneralName,
    GeneralNameForm,
    PolicyInformation,
    RawCertificate,
)
from jpki.terms import CertificateKind, Hierarchy, Purpose

__all__ = [
    "DEVIATIONS",
    "Deviation",
    "authority_deviations",
    "certificate_deviations",
    "identify",
    "sole_directory_name",
]

DEVIATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "version": "the version is not 3",
        "serial.sign": "the issue number is not positive",
        "serial.length": "the issue number is longer than four bytes",
        "signature.algorithm": "the signature algorithm is not sha256WithRSAEncryption with NULL",
        "signature.length": "the signature is not 256 bytes long",
        "signature.self": "the certificate is not signed with its own key",
        "issuer.name": "the issuer is none of the authorities",
        "subject.form": "the subject is not built as the profile says",
        "subject.authority": "the subject is not the issuer",
        "validity.encoding": "a date until 2049 is not a UTCTime",
        "validity.order": "the validity ends before it begins",
        "validity.end-of-day": "the validity does not end at 23:59:59 in Japan",
        "validity.years": "the validity does not end on the day before its tenth anniversary",
        "key.algorithm": "the key is not rsaEncryption with NULL",
        "key.size": "the modulus is not an odd number of 2048 bits",
        "key.exponent": "the public exponent is not 65537",
        "unique-identifier": "there is a unique identifier",
        "extension.missing": "an extension is missing",
        "extension.unexpected": "an extension is there that the profile excludes",
        "extension.unknown": "there is an extension the profile does not know",
        "extension.unknown-critical": "there is a critical extension the profile does not know",
        "extension.order": "the extensions stand in another order",
        "extension.criticality": "an extension is critical that should not be, or the reverse",
        "key-usage": "the key usage is not the one of this kind",
        "extended-key-usage": "the extended key usage is not clientAuth alone",
        "basic-constraints": "the basic constraints are not those of an authority without limit",
        "policy.count": "there is not exactly one policy",
        "policy.arc": "the policy is not one of the service",
        "policy.unlisted": "the policy is of the service, but not one that is known",
        "policy.purpose": "the policy is for another purpose than the issuer",
        "policy.qualifier": "the policy is not qualified by one CPS address alone",
        "policy.cps-url": "the CPS address is another one",
        "issuer-alternative-name.form": "the issuer's other name is not one directory name",
        "issuer-alternative-name.name": "the issuer's Japanese name is another one",
        "subject-alternative-name.form": "the authority's other name is not one directory name",
        "subject-alternative-name.name": "the authority's Japanese name is another one",
        "crl-distribution-point.form": "there is not one distribution point, one directory name",
        "crl-distribution-point.name": "the distribution point is not named after a municipality",
        "crl-distribution-point.authority": "the distribution point is not the authority's name",
        "information-access.form": "there is not one OCSP address alone",
        "information-access.url": "the OCSP address is another one",
        "authority-key-identifier.key": "the issuer's key is not identified by 20 bytes",
        "authority-key-identifier.parts": "the issuer's key is not identified in all three ways",
        "authority-key-identifier.issuer": "the issuer's key is said to be somebody else's",
        "authority-key-identifier.serial": "the authority's serial is not positive or too long",
        "subject-key-identifier.length": "the subject's key is not identified by 20 bytes",
        "subject-key-identifier.method": "the key identifier is not the SHA-1 of the key bits",
        "attributes.missing": "one of the six attribute items is missing",
        "attributes.twice": "an attribute item is there twice",
        "attributes.string": "an attribute item is not a UTF8String",
        "attributes.empty": "the name or the address is empty",
        "attributes.form": "there is a name that is not an otherName",
        "attributes.extra": "there is an otherName beyond the six",
        "attributes.order": "the attribute items stand in another order",
        "attributes.birth-date": "the date of birth is not an era digit and eight digits",
        "attributes.birth-date-incomplete": "the date of birth is not a day that exists",
        "attributes.era": "the era digit is not that of the date of birth",
        "attributes.sex": "the sex is not a code of the profile",
        "attributes.sex-uncertain": "the sex is a code whose meaning is not certain",
        "attributes.address-length": "the address is longer than 200 characters",
        "attributes.marks": "a substitute mark is neither 0 nor 1",
        "attributes.name-marks": "there is not one substitute mark for each character of the name",
        "attributes.address-marks": "there is not one substitute mark for each of the address",
    }
)
"""Every deviation there is, with the sentence that says it."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One difference from the profile: ``about`` names the extension concerned, if any."""

    code: str
    offset: int
    about: str = ""

    @property
    def message(self) -> str:
        """The sentence for the code."""
        return DEVIATIONS[self.code]

    def __str__(self) -> str:
        about = f" ({self.about})" if self.about else ""
        return f"{self.code}: {self.message}{about} at byte {self.offset}"


_Found = Iterator[Deviation]


def identify(
    raw: RawCertificate, policies: PolicyOids
) -> tuple[Hierarchy, Purpose, CertificateKind] | Deviation:
    """Tell which of the four kinds a certificate is by its issuer and its policy."""
    authority = authority_named(raw.issuer.der)
    if authority is None:
        return Deviation("issuer.name", raw.issuer.start)
    hierarchy, purpose = authority
    found = raw.values.policies or ()
    if len(found) != 1:
        return Deviation("policy.count", raw.element.start)
    policy = found[0].policy
    kind = policies.listed(policy, hierarchy) or policies.guessed(policy, purpose)
    if kind is None:
        return Deviation("policy.arc", raw.element.start)
    if kind.purpose is not purpose:
        return Deviation("policy.purpose", raw.element.start)
    return hierarchy, purpose, kind


def certificate_deviations(
    raw: RawCertificate, *, policies: PolicyOids, reading: Reading
) -> tuple[Deviation, ...]:
    """Return every difference between a certificate and the profile of its kind.

    When the kind cannot be told, what is common to all kinds is checked and the reason added.
    """
    identity = identify(raw, policies)
    if isinstance(identity, Deviation):
        return (identity, *_frame(raw))
    hierarchy, purpose, kind = identity
    profile = reading.profiles[kind]
    values = raw.values
    return (
        *_frame(raw),
        *_subject(raw, profile),
        *_extension_list(raw, profile.extensions),
        *_usages(raw, profile),
        *_policy(raw, values.policies or (), hierarchy=hierarchy, policies=policies),
        *_japanese_name(raw, values.issuer_names, "issuer", JAPANESE_NAMES[hierarchy, purpose]),
        *_leaf_distribution_point(raw, hierarchy, purpose),
        *_access(raw, values.information_access, profile),
        *_authority_key(raw, values.authority_key),
        *_subject_key(raw),
        *_attributes(raw, purpose),
    )


def authority_deviations(raw: RawCertificate) -> tuple[Deviation, ...]:
    """Return every difference between a certificate and the profile of an authority's own.

    Whether it is signed with its own key is not asked here.
    """
    authority = authority_named(raw.issuer.der)
    if authority is None:
        return (Deviation("issuer.name", raw.issuer.start), *_frame(raw))
    values = raw.values
    return (
        *_frame(raw),
        *_same_name(raw),
        *_ten_years(raw),
        *_extension_list(raw, AUTHORITY.extensions),
        *_usages(raw, AUTHORITY),
        *_constraints(raw),
        *_japanese_name(raw, values.subject_names, "subject", JAPANESE_NAMES[authority]),
        *_authority_distribution_point(raw, AUTHORITY_NAMES[authority]),
        *_subject_key(raw),
    )


def _frame(raw: RawCertificate) -> _Found:
    """Check what every certificate of the service has in common."""
    if raw.version != 3:
        yield Deviation("version", raw.element.start)
    if raw.issue_number <= 0:
        yield Deviation("serial.sign", raw.serial.start)
    if raw.issue_number > LARGEST_ISSUE_NUMBER:
        yield Deviation("serial.length", raw.serial.start)
    if raw.algorithm.der != SHA256_WITH_RSA:
        yield Deviation("signature.algorithm", raw.algorithm.start)
    if len(raw.signature) != KEY_BITS // 8:
        yield Deviation("signature.length", raw.element.end - len(raw.signature))
    yield from _validity(raw)
    yield from _key(raw)
    if raw.unique_identifier is not None:
        yield Deviation("unique-identifier", raw.unique_identifier.start)


def _validity(raw: RawCertificate) -> _Found:
    for element, at in ((raw.not_before, raw.valid_from), (raw.not_after, raw.valid_until)):
        # A GeneralizedTime from 2050 on is what RFC 5280 §4.1.2.5 demands; an earlier one was
        # refused as malformed, one before 1950 is left.
        if element.tag != der.UTC_TIME and at.year < 1950:
            yield Deviation("validity.encoding", element.start)
    if raw.valid_until < raw.valid_from:
        yield Deviation("validity.order", raw.not_after.start)
    if raw.valid_until != jst.end_of_day(jst.day(raw.valid_until)):
        yield Deviation("validity.end-of-day", raw.not_after.start)


def _key(raw: RawCertificate) -> _Found:
    if raw.key_algorithm.der != RSA_ENCRYPTION:
        yield Deviation("key.algorithm", raw.key_algorithm.start)
        return
    modulus, exponent = raw.rsa_numbers()
    if modulus <= 0 or modulus.bit_length() != KEY_BITS or modulus % 2 == 0:
        yield Deviation("key.size", raw.key_bits.start)
    if exponent != PUBLIC_EXPONENT:
        yield Deviation("key.exponent", raw.key_bits.start)


def _subject(raw: RawCertificate, profile: Profile) -> _Found:
    name = Name.read(raw.subject)
    if name is None or name.shape != profile.subject or not all(name.texts):
        yield Deviation("subject.form", raw.subject.start)


def _same_name(raw: RawCertificate) -> _Found:
    if raw.subject.der != raw.issuer.der:
        yield Deviation("subject.authority", raw.subject.start)


def _ten_years(raw: RawCertificate) -> _Found:
    """All six published authorities end on the day before their tenth anniversary in Japan."""
    begins, ends = jst.day(raw.valid_from), jst.day(raw.valid_until)
    if ends != authority_expires_on(begins):
        yield Deviation("validity.years", raw.not_after.start)


def _extension_list(raw: RawCertificate, rules: Iterable[ExtensionRule]) -> _Found:
    """Check which extensions there are, their order and whether they are critical."""
    rows = {row.oid: row for row in rules}
    places = {oid: place for place, oid in enumerate(rows)}
    for extension in raw.extensions:
        row = rows.get(extension.oid)
        start = extension.element.start
        if row is None:
            code = "extension.unknown-critical" if extension.critical else "extension.unknown"
            yield Deviation(code, start)
        elif row.presence is Presence.ABSENT:
            yield Deviation("extension.unexpected", start, row.name)
        elif row.critical != extension.critical:
            yield Deviation("extension.criticality", start, row.name)
    present = {extension.oid for extension in raw.extensions}
    for row in rows.values():
        if row.presence is Presence.REQUIRED and row.oid not in present:
            yield Deviation("extension.missing", raw.element.start, row.name)
    order = [places[one.oid] for one in raw.extensions if one.oid in places]
    if order != sorted(order):
        yield Deviation("extension.order", raw.extensions[0].element.start)


def _usages(raw: RawCertificate, profile: Profile) -> _Found:
    values = raw.values
    if values.key_usage is not None and values.key_usage != profile.key_usage:
        yield Deviation("key-usage", raw.element.start)
    if not profile.key_purposes or values.extended_key_usage is None:
        return
    if values.extended_key_usage != profile.key_purposes:
        yield Deviation("extended-key-usage", raw.element.start)


def _constraints(raw: RawCertificate) -> _Found:
    constraints = raw.values.basic_constraints
    if constraints is None:
        return
    if not constraints.authority or constraints.path_length is not None:
        yield Deviation("basic-constraints", raw.element.start)


_CPS = "1.3.6.1.5.5.7.2.1"
_OCSP = "1.3.6.1.5.5.7.48.1"


def _policy(
    raw: RawCertificate,
    found: tuple[PolicyInformation, ...],
    *,
    hierarchy: Hierarchy,
    policies: PolicyOids,
) -> _Found:
    at = raw.element.start
    for policy in found:
        if policies.listed(policy.policy, hierarchy) is None:
            yield Deviation("policy.unlisted", at)
        match policy.qualifiers:
            case ((oid, value),) if oid == _CPS and value.tag == der.IA5_STRING:
                if value.as_text("the CPS address") != CPS_URL:
                    yield Deviation("policy.cps-url", value.start)
            case _:
                yield Deviation("policy.qualifier", at)


def sole_directory_name(names: tuple[GeneralName, ...] | None) -> Element | None:
    """Return the directory name when it is the only name."""
    match names:
        case (GeneralName(form=GeneralNameForm.DIRECTORY_NAME, element=element),):
            return element
        case _:
            return None


def _japanese_name(
    raw: RawCertificate, names: tuple[GeneralName, ...] | None, whose: str, expected: Name
) -> _Found:
    if names is None:
        return
    element = sole_directory_name(names)
    if element is None:
        yield Deviation(f"{whose}-alternative-name.form", raw.element.start)
    elif element.der != expected.der:
        yield Deviation(f"{whose}-alternative-name.name", element.start)


def _sole_distribution_point(points: tuple[DistributionPoint, ...]) -> Element | None:
    match points:
        case (DistributionPoint(full_name=names, says_more=False),):
            return sole_directory_name(names)
        case _:
            return None


def _leaf_distribution_point(raw: RawCertificate, hierarchy: Hierarchy, purpose: Purpose) -> _Found:
    points = raw.values.distribution_points
    if points is None:
        return
    element = _sole_distribution_point(points)
    if element is None:
        yield Deviation("crl-distribution-point.form", raw.element.start)
        return
    point = CrlDistributionPoint.read(element, hierarchy=hierarchy, purpose=purpose)
    if point.municipality is None:
        yield Deviation("crl-distribution-point.name", element.start)


def _authority_distribution_point(raw: RawCertificate, name: Name) -> _Found:
    points = raw.values.distribution_points
    if points is None:
        return
    element = _sole_distribution_point(points)
    if element is None:
        yield Deviation("crl-distribution-point.form", raw.element.start)
    elif element.der != name.der:
        yield Deviation("crl-distribution-point.authority", element.start)


def _access(
    raw: RawCertificate, access: tuple[AccessDescription, ...] | None, profile: Profile
) -> _Found:
    match access:
        case None:
            return
        case (AccessDescription(method, GeneralName(form=GeneralNameForm.URI, element=uri)),) if (
            method == _OCSP
        ):
            if profile.ocsp_url is not None and uri.value != profile.ocsp_url.encode():
                yield Deviation("information-access.url", uri.start)
        case _:
            yield Deviation("information-access.form", raw.element.start)


def _authority_key(raw: RawCertificate, key: AuthorityKeyIdentifier | None) -> _Found:
    if key is None:
        return
    at = raw.element.start
    if key.key_identifier is None or len(key.key_identifier) != _SHA1_LENGTH:
        yield Deviation("authority-key-identifier.key", at)
    if key.serial is None:
        yield Deviation("authority-key-identifier.parts", at)
        return
    if not 0 < key.serial <= LARGEST_ISSUE_NUMBER:
        yield Deviation("authority-key-identifier.serial", at)
    issuer = sole_directory_name(key.issuer)
    if issuer is None or issuer.der != raw.issuer.der:
        yield Deviation("authority-key-identifier.issuer", at)


_SHA1_LENGTH = 20


def _subject_key(raw: RawCertificate) -> _Found:
    """The identifier is the SHA-1 of the key bits (RFC 5280 §4.2.1.2 method 1)."""
    identifier = raw.values.subject_key
    if identifier is None:
        return
    bits = raw.key_bits.as_bits("the public key")
    if len(identifier) != _SHA1_LENGTH:
        yield Deviation("subject-key-identifier.length", raw.element.start)
    elif identifier != hashlib.sha1(bits, usedforsecurity=False).digest():
        yield Deviation("subject-key-identifier.method", raw.element.start)


def _attributes(raw: RawCertificate, purpose: Purpose) -> _Found:
    names = raw.values.subject_names
    if purpose is Purpose.SIGNATURE and names is not None:
        _, notes = read_attributes(names)
        at = raw.element.start
        for code, element in notes:
            yield Deviation(code, at if element is None else element.start)
