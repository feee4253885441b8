"""What each of the four certificates, and an authority's own, must contain: the table.

Sources: the published authority certificates and dumps of real card certificates (certain); for
mobile certificates only the law, which says that their content is the same (Act 16-6, 35-6). What
is uncertain can be replaced by the caller: the policy identifiers with ``PolicyOids``, everything
else with a ``Reading`` of other profiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jpki.certificates import der
from jpki.certificates.names import AttributeType
from jpki.certificates.structure import ExtensionId, KeyUsage
from jpki.terms import CertificateKind, Hierarchy, Medium, Purpose

__all__ = [
    "AUTHENTICATION_OCSP_URL",
    "AUTHORITY",
    "CLIENT_AUTH",
    "CPS_URL",
    "EXACT",
    "KEY_BITS",
    "LARGEST_ISSUE_NUMBER",
    "POLICY_ARC",
    "POLICY_OIDS",
    "PROFILES",
    "PUBLIC_EXPONENT",
    "TOLERANT",
    "ExtensionRule",
    "PolicyOids",
    "Presence",
    "Profile",
    "Reading",
    "authority_expires_on",
]

POLICY_ARC: Final = "1.2.392.200149.8.5.1"
CPS_URL: Final = "http://www.jpki.go.jp/cps.html"
AUTHENTICATION_OCSP_URL: Final = "http://ocspauthnorm.jpki.go.jp"
KEY_BITS: Final = 2048
PUBLIC_EXPONENT: Final = 65537
LARGEST_ISSUE_NUMBER: Final = 0xFFFFFFFF
"""Four content bytes, five with the leading 00 that DER wants above 0x7FFFFFFF."""


@dataclass(frozen=True, slots=True)
class PolicyOids:
    """The certificate policy of each kind.

    The card policies are certain. The mobile ones are not (?): one source names the signature
    policy and the other only continues the numbering, so replace them when better is known.
    ``unlisted`` says on which medium an unknown policy under the arc is taken to be (the card's
    are known, so anything else is read as a mobile device's); ``None`` refuses it.
    """

    card_signature: str = f"{POLICY_ARC}.1.20"
    card_authentication: str = f"{POLICY_ARC}.3.30"
    mobile_signature: str = f"{POLICY_ARC}.1.40"
    mobile_authentication: str = f"{POLICY_ARC}.3.50"
    test_card_signature: str = f"{POLICY_ARC}.0.20"
    unlisted: Medium | None = Medium.MOBILE_DEVICE

    def of(self, kind: CertificateKind) -> str:
        """Return the policy under which certificates of this kind are issued."""
        return {
            CertificateKind.CARD_SIGNATURE: self.card_signature,
            CertificateKind.CARD_AUTHENTICATION: self.card_authentication,
            CertificateKind.MOBILE_SIGNATURE: self.mobile_signature,
            CertificateKind.MOBILE_AUTHENTICATION: self.mobile_authentication,
        }[kind]

    def listed(self, policy: str, hierarchy: Hierarchy) -> CertificateKind | None:
        """Return the kind that this policy is known to mean."""
        if hierarchy is Hierarchy.TEST and policy == self.test_card_signature:
            return CertificateKind.CARD_SIGNATURE
        return next((kind for kind in CertificateKind if self.of(kind) == policy), None)

    def guessed(self, policy: str, purpose: Purpose) -> CertificateKind | None:
        """Return the kind that an unlisted policy under the arc is taken to mean.

        The one known test policy keeps the last arc of its production counterpart, so a last arc
        that is the card's means the card.
        """
        if self.unlisted is None or not policy.startswith(f"{POLICY_ARC}."):
            return None
        card = CertificateKind.of(purpose, Medium.CARD)
        if policy.rpartition(".")[2] == self.of(card).rpartition(".")[2]:
            return card
        return CertificateKind.of(purpose, self.unlisted)


POLICY_OIDS: Final = PolicyOids()


class Presence(StrEnum):
    """Whether an extension has to be there."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """One extension: its place is the row's place in the profile."""

    oid: str
    name: str
    presence: Presence = Presence.REQUIRED
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of certificate.

    ``subject`` lists attribute types and string tags in order; ``ocsp_url`` is the one responder
    address known for the kind (``None``: none is known, so any is as good).
    """

    extensions: tuple[ExtensionRule, ...]
    key_usage: frozenset[int]
    key_purposes: tuple[str, ...] = ()
    subject: tuple[tuple[str, int], ...] = ()
    ocsp_url: str | None = None

    def rule(self, oid: str) -> ExtensionRule | None:
        """Return the row for this extension."""
        return next((row for row in self.extensions if row.oid == oid), None)


CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"

_KEY_USAGE = ExtensionRule(ExtensionId.KEY_USAGE, "keyUsage", critical=True)
_POLICIES = ExtensionRule(ExtensionId.CERTIFICATE_POLICIES, "certificatePolicies", critical=True)
_SUBJECT_NAME = ExtensionRule(ExtensionId.SUBJECT_ALTERNATIVE_NAME, "subjectAltName")
_ISSUER_NAME = ExtensionRule(ExtensionId.ISSUER_ALTERNATIVE_NAME, "issuerAltName")
_CRLDP = ExtensionRule(ExtensionId.CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints")
_ACCESS = ExtensionRule(ExtensionId.AUTHORITY_INFORMATION_ACCESS, "authorityInfoAccess")
_AKI = ExtensionRule(ExtensionId.AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier")
_SKI = ExtensionRule(ExtensionId.SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier")
_PURPOSES = ExtensionRule(ExtensionId.EXTENDED_KEY_USAGE, "extKeyUsage")
_CONSTRAINTS = ExtensionRule(ExtensionId.BASIC_CONSTRAINTS, "basicConstraints", critical=True)


def _absent(row: ExtensionRule) -> ExtensionRule:
    return replace(row, presence=Presence.ABSENT)


def _optional(row: ExtensionRule) -> ExtensionRule:
    return replace(row, presence=Presence.OPTIONAL)


_CARD_SIGNATURE = Profile(
    extensions=(
        _KEY_USAGE,
        _SUBJECT_NAME,
        _POLICIES,
        _ISSUER_NAME,
        _CRLDP,
        # Absent in the generation-02 sample; whether newer ones name a responder is not known (?).
        _optional(_ACCESS),
        _AKI,
        _SKI,
        _absent(_PURPOSES),
        _absent(_CONSTRAINTS),
    ),
    key_usage=frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION}),
    subject=(
        (AttributeType.COUNTRY, der.PRINTABLE_STRING),
        (AttributeType.LOCALITY, der.UTF8_STRING),
        (AttributeType.LOCALITY, der.UTF8_STRING),
        (AttributeType.COMMON_NAME, der.UTF8_STRING),
    ),
)
_CARD_AUTHENTICATION = Profile(
    extensions=(
        _KEY_USAGE,
        _PURPOSES,
        _POLICIES,
        _ISSUER_NAME,
        _CRLDP,
        _ACCESS,
        _AKI,
        _SKI,
        _absent(_SUBJECT_NAME),
        _absent(_CONSTRAINTS),
    ),
    key_usage=frozenset({KeyUsage.DIGITAL_SIGNATURE}),
    key_purposes=(CLIENT_AUTH,),
    subject=(
        (AttributeType.COUNTRY, der.PRINTABLE_STRING),
        (AttributeType.COMMON_NAME, der.UTF8_STRING),
    ),
    ocsp_url=AUTHENTICATION_OCSP_URL,
)

PROFILES: Final[Mapping[CertificateKind, Profile]] = MappingProxyType(
    {
        CertificateKind.CARD_SIGNATURE: _CARD_SIGNATURE,
        CertificateKind.CARD_AUTHENTICATION: _CARD_AUTHENTICATION,
        # Inferred (C): the law gives mobile certificates the same items. Their responder is not
        # known (?), so it is optional and its address free.
        CertificateKind.MOBILE_SIGNATURE: _CARD_SIGNATURE,
        CertificateKind.MOBILE_AUTHENTICATION: replace(
            _CARD_AUTHENTICATION,
            extensions=tuple(
                _optional(row) if row is _ACCESS else row for row in _CARD_AUTHENTICATION.extensions
            ),
            ocsp_url=None,
        ),
    }
)
"""The four kinds, extensions in encoded order."""

AUTHORITY: Final = Profile(
    extensions=(
        _KEY_USAGE,
        _SUBJECT_NAME,
        _CONSTRAINTS,
        _CRLDP,
        _SKI,
        _absent(_AKI),
        _absent(_POLICIES),
        _absent(_ACCESS),
        _absent(_ISSUER_NAME),
        _absent(_PURPOSES),
    ),
    key_usage=frozenset({KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}),
)
"""An authority's self-signed certificate, as all six published ones are."""

_AUTHORITY_YEARS: Final = 10


def authority_expires_on(begins: date) -> date:
    """Return the last day of an authority: the day before its tenth anniversary, in Japan."""
    year = min(begins.year + _AUTHORITY_YEARS, date.max.year)
    leap_day = (begins.month, begins.day) == (2, 29)
    anniversary = date(year, 3, 1) if leap_day else begins.replace(year=year)
    return anniversary - timedelta(days=1)


_TOLERATED = frozenset(
    {
        # The specification revised in 2026 could not be read, so what is new but not critical, or
        # stands elsewhere, does not make a certificate something else.
        "extension.unknown",
        "extension.order",
        "subject.form",
        "policy.unlisted",
        "policy.cps-url",
        "issuer-alternative-name.form",
        "issuer-alternative-name.name",
        "crl-distribution-point.name",
        "information-access.url",
        "authority-key-identifier.parts",
        "subject-key-identifier.method",
        # Personal data is read as far as it goes: orders, codes and extra items are not settled.
        "attributes.form",
        "attributes.extra",
        "attributes.order",
        "attributes.era",
        "attributes.sex-uncertain",
        "attributes.address-length",
        "attributes.birth-date-incomplete",
        "attributes.name-marks",
        "attributes.address-marks",
        # Synthetic samples, and possibly test cards, end at another hour of the day.
        "validity.end-of-day",
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How certificates are read: against which profiles, and which deviations are let pass."""

    tolerated: frozenset[str] = frozenset()
    profiles: Mapping[CertificateKind, Profile] = field(default_factory=lambda: PROFILES)


TOLERANT: Final = Reading(_TOLERATED)
"""What is needed to read real certificates while parts of the specification are unknown."""
EXACT: Final = Reading()
"""The table and nothing else; what the simulated authority issues."""
