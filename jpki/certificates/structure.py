"""X.509 version 3 certificates as RFC 5280 §4 writes them, with nothing of JPKI in it.

Decoding knows where every part lies, so that a complaint can name the byte. What is not DER or not
X.509 raises ``MalformedCertificate``; whether it is one of *our* certificates is asked later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final, TypeVar

from jpki.certificates import der
from jpki.certificates.der import Element, Fields
from jpki.errors import MalformedCertificate

__all__ = [
    "RSA_ENCRYPTION",
    "SHA256_WITH_RSA",
    "AccessDescription",
    "AuthorityKeyIdentifier",
    "BasicConstraints",
    "DistributionPoint",
    "ExtensionId",
    "ExtensionValues",
    "GeneralName",
    "GeneralNameForm",
    "KeyUsage",
    "PolicyInformation",
    "RawCertificate",
    "RawExtension",
    "read_authority_key_identifier",
    "read_certificate",
    "read_extension_list",
    "read_extensions",
    "read_general_names",
    "read_names_inside",
]

_T = TypeVar("_T")

RSA_ENCRYPTION: Final = der.sequence(der.object_identifier("1.2.840.113549.1.1.1"), der.null())
"""rsaEncryption with NULL parameters (RFC 4055 §1.2)."""
SHA256_WITH_RSA: Final = der.sequence(der.object_identifier("1.2.840.113549.1.1.11"), der.null())
"""sha256WithRSAEncryption with NULL parameters (RFC 4055 §5)."""


class ExtensionId:
    """The extensions that matter in certificates and lists (RFC 5280 §4.2, §5.2)."""

    SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
    KEY_USAGE: Final = "2.5.29.15"
    SUBJECT_ALTERNATIVE_NAME: Final = "2.5.29.17"
    ISSUER_ALTERNATIVE_NAME: Final = "2.5.29.18"
    BASIC_CONSTRAINTS: Final = "2.5.29.19"
    CRL_NUMBER: Final = "2.5.29.20"
    REASON_CODE: Final = "2.5.29.21"
    DELTA_CRL_INDICATOR: Final = "2.5.29.27"
    ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
    CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
    CERTIFICATE_POLICIES: Final = "2.5.29.32"
    AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
    EXTENDED_KEY_USAGE: Final = "2.5.29.37"
    AUTHORITY_INFORMATION_ACCESS: Final = "1.3.6.1.5.5.7.1.1"


class KeyUsage(IntEnum):
    """The bits of keyUsage (RFC 5280 §4.2.1.3) by number."""

    DIGITAL_SIGNATURE = 0
    NON_REPUDIATION = 1
    KEY_ENCIPHERMENT = 2
    DATA_ENCIPHERMENT = 3
    KEY_AGREEMENT = 4
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6
    ENCIPHER_ONLY = 7
    DECIPHER_ONLY = 8


class GeneralNameForm(IntEnum):
    """The alternatives of GeneralName (RFC 5280 §4.2.1.6) by context tag."""

    OTHER_NAME = 0
    RFC822_NAME = 1
    DNS_NAME = 2
    X400_ADDRESS = 3
    DIRECTORY_NAME = 4
    EDI_PARTY_NAME = 5
    URI = 6
    IP_ADDRESS = 7
    REGISTERED_ID = 8


@dataclass(frozen=True, slots=True)
class GeneralName:
    """One name: a directory name's SEQUENCE, an other name's value, or the element itself."""

    form: GeneralNameForm
    element: Element
    type_id: str = ""

    def text(self, what: str) -> str:
        """Return the text of a form whose tag replaced that of an IA5String."""
        if not self.element.value.isascii():
            raise self.element.malformed(f"{what} is not ASCII")
        return self.element.value.decode("ascii")


@dataclass(frozen=True, slots=True)
class PolicyInformation:
    """A policy and its qualifiers as (identifier, element)."""

    policy: str
    qualifiers: tuple[tuple[str, Element], ...]


@dataclass(frozen=True, slots=True)
class DistributionPoint:
    """A distribution point: its full name, and whether it says anything else."""

    full_name: tuple[GeneralName, ...]
    says_more: bool


@dataclass(frozen=True, slots=True)
class AccessDescription:
    """How and where the authority offers something."""

    method: str
    location: GeneralName


@dataclass(frozen=True, slots=True)
class AuthorityKeyIdentifier:
    """The issuer's key by identifier, and by issuer name and serial when those are given."""

    key_identifier: bytes | None
    issuer: tuple[GeneralName, ...]
    serial: int | None


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """Whether the subject is an authority, and how long the path below it may be."""

    authority: bool
    path_length: int | None


@dataclass(frozen=True, slots=True)
class RawExtension:
    """An extension: ``octets`` is the OCTET STRING that holds its value."""

    oid: str
    critical: bool
    element: Element
    octets: Element


@dataclass(frozen=True, slots=True)
class ExtensionValues:
    """The values of the extensions we know; ``None`` for one that is not there."""

    key_usage: frozenset[int] | None
    extended_key_usage: tuple[str, ...] | None
    policies: tuple[PolicyInformation, ...] | None
    subject_names: tuple[GeneralName, ...] | None
    issuer_names: tuple[GeneralName, ...] | None
    basic_constraints: BasicConstraints | None
    distribution_points: tuple[DistributionPoint, ...] | None
    information_access: tuple[AccessDescription, ...] | None
    authority_key: AuthorityKeyIdentifier | None
    subject_key: bytes | None


@dataclass(frozen=True, slots=True)
class RawCertificate:
    """The parts of one certificate, read but not judged."""

    element: Element
    version: int
    serial: Element
    issue_number: int
    algorithm: Element
    issuer: Element
    not_before: Element
    not_after: Element
    valid_from: datetime
    valid_until: datetime
    subject: Element
    key_algorithm: Element
    key_bits: Element
    unique_identifier: Element | None
    extensions: tuple[RawExtension, ...]
    values: ExtensionValues
    tbs: bytes
    signature: bytes

    def find(self, oid: str) -> RawExtension | None:
        """Return the extension with this identifier."""
        return next((one for one in self.extensions if one.oid == oid), None)

    def rsa_numbers(self) -> tuple[int, int]:
        """Return modulus and exponent (RFC 8017 §A.1.1); for an rsaEncryption key only."""
        document, end = self.key_bits.document, self.key_bits.end
        inside = document.element_at(self.key_bits.content + 1, end)
        if inside.end != end:
            raise document.malformed("bytes are left over", inside.end)
        fields = inside.fields("an RSA public key")
        modulus = fields.take(der.INTEGER, "the modulus").as_integer("the modulus")
        exponent = fields.take(der.INTEGER, "the exponent").as_integer("the exponent")
        fields.end()
        return modulus, exponent


def read_certificate(
    data: bytes, *, source: str = "", any_time_form: bool = False
) -> RawCertificate:
    """Read DER, or one PEM block, into its parts; ``MalformedCertificate`` when it is neither.

    ``any_time_form`` is for certificates that are not JPKI's: a GeneralizedTime before 2050.
    """
    data = der.from_pem(data, label="CERTIFICATE", error=MalformedCertificate, source=source)
    whole = der.open_document(
        data, error=MalformedCertificate, source=source, any_time_form=any_time_form
    )
    outer = whole.fields("a certificate")
    tbs = outer.take(der.SEQUENCE, "the part that is signed")
    algorithm = outer.take(der.SEQUENCE, "the signature algorithm")
    signature = outer.take(der.BIT_STRING, "the signature")
    outer.end()
    return _read_tbs(whole, tbs, algorithm, signature.as_bits("the signature"))


def _read_tbs(whole: Element, tbs: Element, algorithm: Element, signature: bytes) -> RawCertificate:
    fields = tbs.fields("the part that is signed")
    version = _read_version(fields)
    serial = fields.take(der.INTEGER, "the serial number")
    if fields.take(der.SEQUENCE, "the signature algorithm").der != algorithm.der:
        raise algorithm.malformed("another signature algorithm than the signed part names")
    issuer = fields.take(der.SEQUENCE, "the issuer")
    not_before, not_after = _read_validity(fields.take(der.SEQUENCE, "the validity"))
    subject = fields.take(der.SEQUENCE, "the subject")
    key = fields.take(der.SEQUENCE, "the public key").fields("the public key")
    key_algorithm = key.take(der.SEQUENCE, "the key algorithm")
    key_bits = key.take(der.BIT_STRING, "the key bits")
    key.end()
    unique_identifiers = [fields.take_if(0x81), fields.take_if(0x82)]
    extensions = read_extensions(fields.take_if(0xA3), "the extensions")
    fields.end()
    key_bits.as_bits("the public key")
    return RawCertificate(
        element=whole,
        version=version,
        serial=serial,
        issue_number=serial.as_integer("the serial number"),
        algorithm=algorithm,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
        valid_from=not_before.as_time("notBefore"),
        valid_until=not_after.as_time("notAfter"),
        subject=subject,
        key_algorithm=key_algorithm,
        key_bits=key_bits,
        unique_identifier=next((one for one in unique_identifiers if one), None),
        extensions=extensions,
        values=_read_values(extensions),
        tbs=tbs.der,
        signature=signature,
    )


def _read_version(fields: Fields) -> int:
    wrapped = fields.take_if(0xA0)
    if wrapped is None:
        return 1
    version = wrapped.only_child("version").as_integer("the version") + 1
    if version not in (2, 3):
        raise wrapped.malformed("a version that DER does not write")
    return version


def _read_validity(element: Element) -> tuple[Element, Element]:
    fields = element.fields("the validity")
    both = fields.take_any("notBefore"), fields.take_any("notAfter")
    fields.end()
    return both


def read_extensions(wrapped: Element | None, what: str) -> tuple[RawExtension, ...]:
    """Read the extensions inside an explicit tag; ``()`` when there are none."""
    if wrapped is None:
        return ()
    return read_extension_list(wrapped.only_child("list of extensions"), what)


def read_extension_list(element: Element, what: str) -> tuple[RawExtension, ...]:
    """Read a SEQUENCE of extensions, in order; none may come twice."""
    elements = element.expect(der.SEQUENCE, what).children()
    if not elements:
        raise element.malformed(f"{what} are an empty list")
    extensions = tuple(_read_extension(one) for one in elements)
    if len({one.oid for one in extensions}) != len(extensions):
        raise element.malformed(f"{what} hold the same extension twice")
    return extensions


def _read_extension(element: Element) -> RawExtension:
    fields = element.fields("an extension")
    oid = fields.take(der.OBJECT_IDENTIFIER, "its identifier").as_oid("an extension identifier")
    flag = fields.take_if(der.BOOLEAN)
    octets = fields.take(der.OCTET_STRING, "its value")
    fields.end()
    if flag is not None and not flag.as_boolean("the critical flag"):
        raise flag.malformed("a critical flag of FALSE, which DER leaves out")
    return RawExtension(oid, flag is not None, element, octets)


def _read_values(extensions: tuple[RawExtension, ...]) -> ExtensionValues:
    found = {one.oid: one.octets for one in extensions}

    def value(oid: str, read: Callable[[Element], _T]) -> _T | None:
        return read(found[oid].inner()) if oid in found else None

    return ExtensionValues(
        key_usage=value(ExtensionId.KEY_USAGE, _read_key_usage),
        extended_key_usage=value(ExtensionId.EXTENDED_KEY_USAGE, _read_key_purposes),
        policies=value(ExtensionId.CERTIFICATE_POLICIES, _read_policies),
        subject_names=value(ExtensionId.SUBJECT_ALTERNATIVE_NAME, read_general_names),
        issuer_names=value(ExtensionId.ISSUER_ALTERNATIVE_NAME, read_general_names),
        basic_constraints=value(ExtensionId.BASIC_CONSTRAINTS, _read_basic_constraints),
        distribution_points=value(ExtensionId.CRL_DISTRIBUTION_POINTS, _read_distribution_points),
        information_access=value(ExtensionId.AUTHORITY_INFORMATION_ACCESS, _read_access),
        authority_key=value(ExtensionId.AUTHORITY_KEY_IDENTIFIER, read_authority_key_identifier),
        subject_key=value(
            ExtensionId.SUBJECT_KEY_IDENTIFIER,
            lambda one: one.expect(der.OCTET_STRING, "subjectKeyIdentifier").value,
        ),
    )


def _read_key_usage(element: Element) -> frozenset[int]:
    usage = element.as_flags("keyUsage")
    if not usage or max(usage) > KeyUsage.DECIPHER_ONLY:
        raise element.malformed("keyUsage has no bit set, or one that has no meaning")
    return usage


def _read_key_purposes(element: Element) -> tuple[str, ...]:
    return tuple(
        one.as_oid("a key purpose") for one in _some(element, "extKeyUsage", "key purpose")
    )


def _some(element: Element, what: str, of: str) -> tuple[Element, ...]:
    elements = element.expect(der.SEQUENCE, what).children()
    if not elements:
        raise element.malformed(f"{what} without any {of}")
    return elements


def _read_policies(element: Element) -> tuple[PolicyInformation, ...]:
    return tuple(_read_policy(one) for one in _some(element, "certificatePolicies", "policy"))


def _read_policy(element: Element) -> PolicyInformation:
    fields = element.fields("a policy")
    policy = fields.take(der.OBJECT_IDENTIFIER, "its identifier").as_oid("a policy identifier")
    qualifiers = fields.take_if(der.SEQUENCE)
    fields.end()
    if qualifiers is None:
        return PolicyInformation(policy, ())
    return PolicyInformation(
        policy, tuple(_read_qualifier(one) for one in _some(qualifiers, "qualifiers", "qualifier"))
    )


def _read_qualifier(element: Element) -> tuple[str, Element]:
    fields = element.fields("a policy qualifier")
    oid = fields.take(der.OBJECT_IDENTIFIER, "its identifier").as_oid("a qualifier identifier")
    value = fields.take_any("its value")
    fields.end()
    return oid, value


def _read_basic_constraints(element: Element) -> BasicConstraints:
    fields = element.fields("basicConstraints")
    authority = fields.take_if(der.BOOLEAN)
    length = fields.take_if(der.INTEGER)
    fields.end()
    if authority is not None and not authority.as_boolean("cA"):
        raise authority.malformed("a cA of FALSE, which DER leaves out")
    return BasicConstraints(
        authority is not None, None if length is None else length.as_integer("pathLenConstraint")
    )


def _read_distribution_points(element: Element) -> tuple[DistributionPoint, ...]:
    return tuple(
        _read_distribution_point(one) for one in _some(element, "cRLDistributionPoints", "point")
    )


def _read_distribution_point(element: Element) -> DistributionPoint:
    fields = element.fields("a distribution point")
    where = fields.take_if(0xA0)
    more = [fields.take_if(0x81), fields.take_if(0xA2)]
    fields.end()
    full_name: tuple[GeneralName, ...] = ()
    relative = False
    if where is not None:
        name = where.only_child("distribution point name")
        relative = name.tag != 0xA0
        full_name = () if relative else read_names_inside(name)
    return DistributionPoint(full_name, relative or any(more))


def _read_access(element: Element) -> tuple[AccessDescription, ...]:
    return tuple(
        _read_access_description(one)
        for one in _some(element, "authorityInfoAccess", "description")
    )


def _read_access_description(element: Element) -> AccessDescription:
    fields = element.fields("an access description")
    method = fields.take(der.OBJECT_IDENTIFIER, "its method").as_oid("an access method")
    location = _read_general_name(fields.take_any("its location"))
    fields.end()
    return AccessDescription(method, location)


def read_authority_key_identifier(element: Element) -> AuthorityKeyIdentifier:
    """Read an AuthorityKeyIdentifier (RFC 5280 §4.2.1.1); issuer and serial come as a pair."""
    fields = element.fields("authorityKeyIdentifier")
    key = fields.take_if(0x80)
    issuer = fields.take_if(0xA1)
    serial = fields.take_if(0x82)
    fields.end()
    if (issuer is None) != (serial is None):
        raise element.malformed("issuer without serial number, or the other way round")
    return AuthorityKeyIdentifier(
        None if key is None else key.value,
        () if issuer is None else read_names_inside(issuer),
        None if serial is None else serial.as_integer("its serial number", tag=0x82),
    )


def read_general_names(element: Element) -> tuple[GeneralName, ...]:
    """Read a GeneralNames SEQUENCE."""
    return read_names_inside(element.expect(der.SEQUENCE, "a list of names"))


def read_names_inside(element: Element) -> tuple[GeneralName, ...]:
    """Read the GeneralNames inside an element whose tag replaced the SEQUENCE's."""
    names = element.children()
    if not names:
        raise element.malformed("an empty list of names")
    return tuple(_read_general_name(one) for one in names)


def _read_general_name(element: Element) -> GeneralName:
    number = element.tag & 0x1F
    if element.tag & 0xC0 != 0x80 or number > GeneralNameForm.REGISTERED_ID:
        raise element.malformed("not one of the forms of a general name")
    form = GeneralNameForm(number)
    if bool(element.tag & 0x20) != (form in _CONSTRUCTED_FORMS):
        raise element.malformed("a general name that is not encoded as its form is")
    match form:
        case GeneralNameForm.DIRECTORY_NAME:
            name = element.only_child("directory name")
            return GeneralName(form, name.expect(der.SEQUENCE, "a directory name"))
        case GeneralNameForm.OTHER_NAME:
            return _read_other_name(element)
        case _:
            return GeneralName(form, element)


_CONSTRUCTED_FORMS = (
    GeneralNameForm.OTHER_NAME,
    GeneralNameForm.X400_ADDRESS,
    GeneralNameForm.DIRECTORY_NAME,
    GeneralNameForm.EDI_PARTY_NAME,
)


def _read_other_name(element: Element) -> GeneralName:
    fields = Fields(element, "an other name")
    oid = fields.take(der.OBJECT_IDENTIFIER, "its type").as_oid("the type of an other name")
    value = fields.take(0xA0, "its value").only_child("value")
    fields.end()
    return GeneralName(GeneralNameForm.OTHER_NAME, value, oid)
