"""Reading a TimeStampToken (RFC 3161 §2.4.2), and the pieces a request shares with it.

The strict DER reader is used rather than an ASN.1 library: it refuses BER and names the byte, and
the bytes that were signed are handed on as they stand, never written anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from jpki.certificates import der
from jpki.certificates.der import Element, Fields
from jpki.cms import SignerIdentifier
from jpki.errors import MalformedTimestamp
from jpki.timestamps.values import (
    DIGEST_SIZES,
    SHA256,
    EssCertificate,
    TimestampSigner,
    TimestampToken,
)

__all__ = [
    "EXPLICIT_0",
    "extensions_of",
    "is_true",
    "open_timestamp",
    "parse_timestamp_token",
    "read_imprint",
    "read_token",
    "read_version",
]

EXPLICIT_0: Final = 0xA0
"""The tag of a constructed [0]."""
_EXPLICIT_1 = 0xA1
_IMPLICIT_0, _IMPLICIT_1 = 0x80, 0x81
_DIRECTORY_NAME = 0xA4
_ATTRIBUTE_CERTIFICATE_2, _OTHER_CERTIFICATE, _OTHER_LIST = 0xA2, 0xA3, 0xA1

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_SHA1 = "1.3.14.3.2.26"
# RFC 5652 §11.1–11.3 and RFC 5035 §5.4: one instance, one value.
_SINGLE_VALUED = {
    _CONTENT_TYPE,
    _MESSAGE_DIGEST,
    _SIGNING_TIME,
    _SIGNING_CERTIFICATE,
    _SIGNING_CERTIFICATE_V2,
}
# RFC 3161 §2.4.2: in UTC, to the second or with a fraction that does not end in a zero. Python
# reads no year 0.
_GEN_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,11}[1-9]))?Z")
_LAST_YEAR = 9998  # so that adding an accuracy, or showing the time in Japan, cannot overflow
_LARGEST_ACCURACY = 100 * 365 * 86400  # seconds; nobody who is less exact keeps time
_LARGEST_TOKEN = 1 << 20  # bytes; a token with a long chain and its lists has some ten thousand
_LARGEST_NUMBER = 64  # bytes of a serial number or a nonce (RFC 3161 wants 20 to be possible)


def parse_timestamp_token(data: bytes, *, source: str = "timestamp") -> TimestampToken:
    """Return the TimeStampToken in ``data``: DER, one signer, one TSTInfo, nothing left over.

    The signer has signed attributes, among them the content type, the digest and a reference to
    its certificate (RFC 3161 §2.4.2, RFC 5816). Raises ``MalformedTimestamp`` with what was found
    at which byte.
    """
    return read_token(open_timestamp(data, source))


def open_timestamp(data: bytes, source: str) -> Element:
    """Return the one element ``data`` consists of, when it is not too big."""
    if len(data) > _LARGEST_TOKEN:
        raise MalformedTimestamp(f"{len(data)} bytes; {_LARGEST_TOKEN} at most", source=source)
    return der.open_document(data, error=MalformedTimestamp, source=source)


def read_token(element: Element) -> TimestampToken:
    """Return the token that this element is."""
    outer = element.fields("the token")
    _named(outer, _SIGNED_DATA, "the token's content type")
    holder = outer.take(EXPLICIT_0, "the signed data")
    outer.end()
    signed = holder.only_child("signed data").fields("the signed data")
    version = signed.take(der.INTEGER, "the version")
    digests = signed.take(der.SET, "the digest algorithms")
    info = _content(signed.take(der.SEQUENCE, "the content"))
    certificates = signed.take_if(EXPLICIT_0)
    crls = signed.take_if(_EXPLICIT_1)
    signers = signed.take(der.SET, "the signers")
    signed.end()
    _stated(version, _signed_data_version(certificates, crls))
    signer = _signer(signers.only_child("signer"))
    if signer.digest_algorithm not in map(_algorithm, digests.children()):
        raise digests.malformed("the signer's digest algorithm is not among those of the content")
    return _of_info(
        info,
        whole=element.der,
        signer=signer,
        certificates=_plain(certificates),
        crls=_plain(crls),
    )


def _stated(element: Element, wanted: int) -> None:
    if (version := element.as_integer("the version")) != wanted:
        raise element.malformed(f"version {version}, not {wanted}")


def _signed_data_version(certificates: Element | None, crls: Element | None) -> int:
    """RFC 5652 §5.1, for a content that is not id-data."""
    certificate_tags = _tags(certificates)
    if _OTHER_CERTIFICATE in certificate_tags or _OTHER_LIST in _tags(crls):
        return 5
    return 4 if _ATTRIBUTE_CERTIFICATE_2 in certificate_tags else 3


def _tags(holder: Element | None) -> set[int]:
    return set() if holder is None else {child.tag for child in holder.children()}


def _named(fields: Fields, wanted: str, what: str) -> None:
    found = fields.take(der.OBJECT_IDENTIFIER, what)
    if (oid := found.as_oid(what)) != wanted:
        raise found.malformed(f"{what} is {oid}, not {wanted}")


def _plain(holder: Element | None) -> tuple[bytes, ...]:
    """Return the X.509 certificates or lists; other forms of them have context tags."""
    children = () if holder is None else holder.children()
    return tuple(child.der for child in children if child.tag == der.SEQUENCE)


def _content(element: Element) -> Element:
    fields = element.fields("the content")
    _named(fields, _TST_INFO, "the content type")
    octets = fields.take(EXPLICIT_0, "the TSTInfo").only_child("TSTInfo")
    fields.end()
    return octets.expect(der.OCTET_STRING, "the TSTInfo").inner()


# the TSTInfo


def _of_info(
    info: Element,
    *,
    whole: bytes,
    signer: TimestampSigner,
    certificates: tuple[bytes, ...],
    crls: tuple[bytes, ...],
) -> TimestampToken:
    fields = info.fields("the TSTInfo")
    read_version(fields)
    policy = fields.take(der.OBJECT_IDENTIFIER, "the policy").as_oid("the policy")
    algorithm, digest = read_imprint(fields.take(der.SEQUENCE, "the message imprint"))
    serial = fields.take(der.INTEGER, "the serial number")
    gen_time = _gen_time(fields.take(der.GENERALIZED_TIME, "the time"))
    accuracy = fields.take_if(der.SEQUENCE)
    ordering = fields.take_if(der.BOOLEAN)
    nonce = fields.take_if(der.INTEGER)
    tsa = fields.take_if(EXPLICIT_0)
    extensions = fields.take_if(_EXPLICIT_1)
    fields.end()
    return TimestampToken(
        der=whole,
        info=info.der,
        policy=policy,
        imprint_algorithm=algorithm,
        imprint=digest,
        serial=_number(serial, "the serial number"),
        gen_time=gen_time,
        accuracy=None if accuracy is None else _accuracy(accuracy),
        ordering=is_true(ordering, "ordering"),
        nonce=None if nonce is None else _number(nonce, "the nonce"),
        tsa=None if tsa is None else tsa.only_child("name").der,
        critical_extensions=tuple(
            oid for oid, critical in extensions_of(extensions).items() if critical
        ),
        signer=signer,
        certificates=certificates,
        crls=crls,
    )


def _number(element: Element, what: str) -> int:
    if len(element.value) > _LARGEST_NUMBER:
        raise element.malformed(f"{what} has {len(element.value)} bytes")
    return element.as_integer(what)


def read_version(fields: Fields) -> None:
    """Take the version, which is 1 in a request and in a TSTInfo."""
    _stated(fields.take(der.INTEGER, "the version"), 1)


def read_imprint(element: Element) -> tuple[str, bytes]:
    """Return algorithm and digest of a MessageImprint; the digest has the algorithm's length."""
    fields = element.fields("the message imprint")
    algorithm = _algorithm(fields.take(der.SEQUENCE, "the digest algorithm"))
    held = fields.take(der.OCTET_STRING, "the digest")
    fields.end()
    size = DIGEST_SIZES.get(algorithm, len(held.value))
    if len(held.value) != size or not size:
        raise held.malformed(f"a digest of {len(held.value)} bytes is none of {algorithm}")
    return algorithm, held.value


def _algorithm(element: Element) -> str:
    """Return a digest algorithm, whose parameters are absent or NULL (RFC 5754 §2)."""
    fields = element.fields("the digest algorithm")
    algorithm = fields.take(der.OBJECT_IDENTIFIER, "the algorithm").as_oid("the algorithm")
    parameters = fields.take_if(der.NULL)
    fields.end()
    if parameters is not None and parameters.value:
        raise parameters.malformed("a NULL with something in it")
    return algorithm


def _gen_time(element: Element) -> datetime:
    found = _GEN_TIME.fullmatch(element.value)
    if found is None:
        raise element.malformed("the time is not written as RFC 3161 §2.4.2 wants it")
    *whole, fraction = found.groups()
    year, month, day, hour, minute, second = map(int, whole)
    try:
        at = datetime(min(year, _LAST_YEAR + 1), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise element.malformed("the time is no day or hour that exists") from None
    if year > _LAST_YEAR:
        raise element.malformed(f"the time lies after {_LAST_YEAR}")
    return at + timedelta(microseconds=_microseconds(fraction))


def _microseconds(fraction: bytes | None) -> int:
    """Round up, so that what is proven to exist by then did."""
    return 0 if fraction is None else -(-int(fraction) * 10**6 // 10 ** len(fraction))


def _accuracy(element: Element) -> timedelta:
    fields = element.fields("the accuracy")
    seconds = _part(fields.take_if(der.INTEGER), der.INTEGER, range(_LARGEST_ACCURACY))
    millis = _part(fields.take_if(_IMPLICIT_0), _IMPLICIT_0, range(1, 1000))
    micros = _part(fields.take_if(_IMPLICIT_1), _IMPLICIT_1, range(1, 1000))
    fields.end()
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _part(element: Element | None, tag: int, allowed: range) -> int:
    if element is None:
        return 0
    value = element.as_integer("the accuracy", tag=tag)
    if value not in allowed:
        raise element.malformed(f"an accuracy of {value}, outside what RFC 3161 §2.4.2 allows")
    return value


def is_true(element: Element | None, what: str) -> bool:
    """Return a BOOLEAN DEFAULT FALSE, which DER leaves out when it is false (X.690 §11.5)."""
    if element is None:
        return False
    if not element.as_boolean(what):
        raise element.malformed(f"{what} is written although it is false, which is not DER")
    return True


def extensions_of(holder: Element | None) -> Mapping[str, bool]:
    """Return the extensions, and whether whoever does not know them must not pass over them."""
    found: dict[str, bool] = {}
    for extension in () if holder is None else holder.children():
        fields = extension.fields("the extension")
        oid = fields.take(der.OBJECT_IDENTIFIER, "the extension").as_oid("the extension")
        critical = is_true(fields.take_if(der.BOOLEAN), "critical")
        _ = fields.take(der.OCTET_STRING, "the extension's value")
        fields.end()
        if oid in found:
            raise extension.malformed(f"extension {oid} stands twice")
        found[oid] = critical
    return found


# the signer


def _signer(element: Element) -> TimestampSigner:
    fields = element.fields("the signer")
    version = fields.take(der.INTEGER, "the version")
    identifier = _identifier(fields.take_any("the signer's name"))
    _stated(version, 1 if identifier.subject_key_id is None else 3)  # RFC 5652 §5.3
    digest_algorithm = _algorithm(fields.take(der.SEQUENCE, "the digest algorithm"))
    attributes = fields.take(EXPLICIT_0, "the signed attributes")
    algorithm = fields.take(der.SEQUENCE, "the signature algorithm")
    signature = fields.take(der.OCTET_STRING, "the signature value").value
    unsigned = fields.take_if(_EXPLICIT_1)
    fields.end()
    if unsigned is not None:
        _ = unsigned.children()
    values = _attributes(attributes)
    _content_type(attributes, values)
    return TimestampSigner(
        identifier=identifier,
        digest_algorithm=digest_algorithm,
        signature_algorithm=algorithm.der,
        signature=signature,
        # RFC 5652 §5.4: signed with the tag of a SET OF, not with the one they travel with.
        signed_bytes=bytes((der.SET,)) + attributes.der[1:],
        message_digest=_message_digest(attributes, values),
        certificates=_references(attributes, values),
    )


def _identifier(element: Element) -> SignerIdentifier:
    if element.tag == _IMPLICIT_0:
        return SignerIdentifier(subject_key_id=element.value)
    fields = element.fields("the signer's name")
    issuer = fields.take(der.SEQUENCE, "the issuer").der
    serial = _number(fields.take(der.INTEGER, "the serial number"), "the serial number")
    fields.end()
    return SignerIdentifier(issuer=issuer, serial=serial)


def _attributes(holder: Element) -> Mapping[str, Element]:
    """Return the single-valued attributes we know; those we do not know are passed over."""
    found: dict[str, Element] = {}
    encoded: list[bytes] = []
    for attribute in holder.children():
        encoded.append(attribute.der)
        fields = attribute.fields("the attribute")
        oid = fields.take(der.OBJECT_IDENTIFIER, "the attribute").as_oid("the attribute")
        values = fields.take(der.SET, "the attribute's values")
        fields.end()
        if oid not in _SINGLE_VALUED:
            continue
        if oid in found:
            raise attribute.malformed(f"signed attribute {oid} stands twice")
        found[oid] = values.only_child("value")
    if encoded != sorted(encoded):
        raise holder.malformed("the signed attributes are not in the order of DER (X.690 §11.6)")
    return found


def _content_type(holder: Element, values: Mapping[str, Element]) -> None:
    stated = values.get(_CONTENT_TYPE)
    if stated is None or stated.as_oid("the signed content type") != _TST_INFO:
        raise holder.malformed("the signed content type is not that of a TSTInfo")


def _message_digest(holder: Element, values: Mapping[str, Element]) -> bytes:
    if _MESSAGE_DIGEST not in values:
        raise holder.malformed("the signed attributes lack the message digest")
    return values[_MESSAGE_DIGEST].expect(der.OCTET_STRING, "the message digest").value


def _references(holder: Element, values: Mapping[str, Element]) -> tuple[EssCertificate, ...]:
    """Return the first reference of each version: it is the signer's own (RFC 5035 §5.4)."""
    readers: tuple[tuple[str, Callable[[Fields], str]], ...] = (
        (_SIGNING_CERTIFICATE, lambda _: _SHA1),
        (_SIGNING_CERTIFICATE_V2, _reference_algorithm),
    )
    found = tuple(_reference(values[oid], read) for oid, read in readers if oid in values)
    if not found:
        raise holder.malformed("no signing-certificate attribute (RFC 3161 §2.4.2, RFC 5816)")
    return found


def _reference_algorithm(fields: Fields) -> str:
    stated = fields.take_if(der.SEQUENCE)
    return SHA256 if stated is None else _algorithm(stated)


def _reference(element: Element, algorithm_of: Callable[[Fields], str]) -> EssCertificate:
    outer = element.fields("the signing certificate")
    references = outer.take(der.SEQUENCE, "the references").children()
    _ = outer.take_if(der.SEQUENCE)  # policies, which RFC 3161 gives no meaning
    outer.end()
    if not references:
        raise element.malformed("the signing certificate has no reference")
    fields = references[0].fields("the reference")
    algorithm = algorithm_of(fields)
    digest = fields.take(der.OCTET_STRING, "the certificate's digest").value
    place = fields.take_if(der.SEQUENCE)
    fields.end()
    issuer, serial = (None, None) if place is None else _issuer_serial(place)
    return EssCertificate(algorithm, digest, issuer, serial)


def _issuer_serial(element: Element) -> tuple[bytes, int]:
    fields = element.fields("the issuer and serial number")
    names = fields.take(der.SEQUENCE, "the issuer")
    serial = _number(fields.take(der.INTEGER, "the serial number"), "the serial number")
    fields.end()
    name = names.only_child("issuer").expect(_DIRECTORY_NAME, "the issuer's directory name")
    return name.only_child("name").der, serial
