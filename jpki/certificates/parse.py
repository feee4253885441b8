"""From bytes to one of the two certificate classes, or to an error that says what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeVar, assert_never

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from jpki import jst
from jpki.certificates.attributes import BasicAttributes, read_attributes
from jpki.certificates.deviations import (
    Deviation,
    certificate_deviations,
    identify,
    sole_directory_name,
)
from jpki.certificates.names import CrlDistributionPoint
from jpki.certificates.profile import POLICY_OIDS, TOLERANT, PolicyOids, Reading
from jpki.certificates.structure import (
    GeneralNameForm,
    KeyUsage,
    RawCertificate,
    read_certificate,
)
from jpki.errors import NotAJpkiCertificate
from jpki.terms import CertificateKind, Hierarchy, Medium, Purpose

__all__ = [
    "SignatureCertificate",
    "SubscriberCertificate",
    "UserAuthenticationCertificate",
    "deviations",
    "parse_certificate",
    "public_key_of",
]

_T = TypeVar("_T")
_C = TypeVar("_C")


@dataclass(frozen=True, slots=True, repr=False)
class SubscriberCertificate:
    """What the four kinds have in common. Two of them are equal when their bytes are.

    ``serial`` is the issue number (発行の番号). ``authority_serial`` is ``None`` when the
    certificate identifies its issuer's key by the key identifier alone.
    """

    der: bytes
    kind: CertificateKind = field(compare=False)
    hierarchy: Hierarchy = field(compare=False)
    serial: int = field(compare=False)
    issuer: bytes = field(compare=False)
    subject: bytes = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    public_key: RSAPublicKey = field(compare=False)
    subject_key_id: bytes = field(compare=False)
    authority_key_id: bytes = field(compare=False)
    authority_serial: int | None = field(compare=False)
    key_usage: frozenset[KeyUsage] = field(compare=False)
    policy_oid: str = field(compare=False)
    crl_distribution_point: CrlDistributionPoint = field(compare=False)
    ocsp_url: str | None = field(compare=False)
    tbs: bytes = field(compare=False)
    signature: bytes = field(compare=False)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.kind} serial {self.serial} "
            f"{jst.day(self.not_before)} to {self.expires_on}>"
        )

    @property
    def issue_number(self) -> int:
        """The serial number by its legal name."""
        return self.serial

    @property
    def purpose(self) -> Purpose:
        """Signature or user authentication."""
        return self.kind.purpose

    @property
    def medium(self) -> Medium:
        """Card or mobile device."""
        return self.kind.medium

    @property
    def expires_on(self) -> date:
        """The last Japan day of validity."""
        return jst.day(self.not_after)

    @property
    def fingerprint_sha256(self) -> bytes:
        """The SHA-256 of the whole certificate."""
        return hashlib.sha256(self.der).digest()


@dataclass(frozen=True, slots=True, repr=False)
class SignatureCertificate(SubscriberCertificate):
    """A signature certificate (署名用電子証明書): it says who the holder is (Act 3, 16-2)."""

    attributes: BasicAttributes = field(compare=False)


@dataclass(frozen=True, slots=True, repr=False)
class UserAuthenticationCertificate(SubscriberCertificate):
    """A user authentication certificate (利用者証明用電子証明書): nobody is named (Act 22)."""


def parse_certificate(
    data: bytes,
    *,
    policies: PolicyOids = POLICY_OIDS,
    reading: Reading = TOLERANT,
    source: str = "",
) -> SignatureCertificate | UserAuthenticationCertificate:
    """Parse DER, or one PEM block, as one of the four kinds.

    Raises ``MalformedCertificate`` for what is no X.509 certificate in strict DER, and
    ``NotAJpkiCertificate`` with the first deviation that ``reading`` does not tolerate. Nothing is
    verified: who signed it is asked of an ``AuthorityCertificate``.
    """
    raw = read_certificate(data, source=source)
    for deviation in certificate_deviations(raw, policies=policies, reading=reading):
        if deviation.code not in reading.tolerated:
            raise NotAJpkiCertificate(str(deviation), source=source)
    return _Conversion(raw, policies, source).certificate()


def deviations(
    data: bytes,
    *,
    policies: PolicyOids = POLICY_OIDS,
    reading: Reading = TOLERANT,
    source: str = "",
) -> tuple[Deviation, ...]:
    """Return every difference from the profile, tolerated or not.

    Of ``reading`` only the profiles matter here. Raises ``MalformedCertificate`` as
    ``parse_certificate`` does.
    """
    raw = read_certificate(data, source=source)
    return certificate_deviations(raw, policies=policies, reading=reading)


def public_key_of(raw: RawCertificate) -> RSAPublicKey:
    """Return the RSA key of a certificate whose key algorithm has been checked."""
    modulus, exponent = raw.rsa_numbers()
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise raw.key_bits.malformed("numbers that are no RSA public key") from None


@dataclass(frozen=True, slots=True)
class _Conversion:
    """A checked certificate on its way to a value.

    A caller's own ``Reading`` may tolerate that something is missing without which there is no
    value; that is refused here.
    """

    raw: RawCertificate
    policies: PolicyOids
    source: str

    def certificate(self) -> SignatureCertificate | UserAuthenticationCertificate:
        identity = identify(self.raw, self.policies)
        if isinstance(identity, Deviation):
            raise NotAJpkiCertificate(str(identity), source=self.source)
        hierarchy, purpose, kind = identity
        match purpose:
            case Purpose.SIGNATURE:
                make = partial(SignatureCertificate, attributes=self._attributes())
                return self._fill(make, hierarchy, kind)
            case Purpose.USER_AUTHENTICATION:
                return self._fill(UserAuthenticationCertificate, hierarchy, kind)
        assert_never(purpose)

    def _fill(self, make: Callable[..., _C], hierarchy: Hierarchy, kind: CertificateKind) -> _C:
        raw, values = self.raw, self.raw.values
        key = self._need(values.authority_key, "authorityKeyIdentifier")
        return make(
            der=raw.element.der,
            kind=kind,
            hierarchy=hierarchy,
            serial=raw.issue_number,
            issuer=raw.issuer.der,
            subject=raw.subject.der,
            not_before=raw.valid_from,
            not_after=raw.valid_until,
            public_key=public_key_of(raw),
            subject_key_id=self._need(values.subject_key, "subjectKeyIdentifier"),
            authority_key_id=self._need(key.key_identifier, "the authority's key identifier"),
            authority_serial=key.serial,
            key_usage=frozenset(map(KeyUsage, self._need(values.key_usage, "keyUsage"))),
            policy_oid=self._need(values.policies, "certificatePolicies")[0].policy,
            crl_distribution_point=self._distribution_point(hierarchy, kind.purpose),
            ocsp_url=self._ocsp_url(),
            tbs=raw.tbs,
            signature=raw.signature,
        )

    def _attributes(self) -> BasicAttributes:
        names = self._need(self.raw.values.subject_names, "subjectAltName")
        attributes, _ = read_attributes(names)
        return self._need(attributes, "the basic attributes")

    def _distribution_point(self, hierarchy: Hierarchy, purpose: Purpose) -> CrlDistributionPoint:
        points = self.raw.values.distribution_points or ()
        names = [sole_directory_name(point.full_name) for point in points]
        name = self._need(names[0] if names else None, "a distribution point's directory name")
        return CrlDistributionPoint.read(name, hierarchy=hierarchy, purpose=purpose)

    def _ocsp_url(self) -> str | None:
        access = self.raw.values.information_access
        if access is None or access[0].location.form is not GeneralNameForm.URI:
            return None
        return access[0].location.text("the OCSP address")

    def _need(self, value: _T | None, what: str) -> _T:
        if value is None:
            raise NotAJpkiCertificate(f"{what} is missing", source=self.source)
        return value
