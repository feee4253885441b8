"""CMS signed data (RFC 5652), made and read: the shape in which JPKI signatures travel.

Reading is strict. One value is returned, complete, or ``MalformedSignature`` is raised; what a
signature may look like and still be refused (two signers, SHA-1) is decided later, by the numbered
checks of :mod:`jpki.validation`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, pem, tsp, x509

from jpki.errors import MalformedSignature
from jpki.jst import require_aware

__all__ = [
    "DATA",
    "SignedAttributes",
    "SignedData",
    "SignerIdentifier",
    "SignerInfo",
    "assemble_detached",
    "parse_signed_data",
    "signed_attributes",
]

DATA = "1.2.840.113549.1.7.1"  # id-data, RFC 5652 §4
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
# RFC 5652 §11.1–11.3: one instance, one value; RFC 5035 §5.4 says the same of the last.
_SINGLE_VALUED = {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME, _SIGNING_CERTIFICATE_V2}
_SET_OF = 0x31
_FIRST_GENERALIZED_YEAR = 2050


@dataclass(frozen=True, slots=True)
class SignerIdentifier:
    """Which certificate the signer says is theirs (RFC 5652 §5.3).

    Either issuer and serial, or a subject key identifier.
    """

    issuer: bytes | None = None
    serial: int | None = None
    subject_key_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """What the signer signed beside the content (RFC 5652 §11, RFC 5035 §3).

    ``signed_bytes`` is the DER SET OF over which the signature value is computed.
    """

    signed_bytes: bytes
    content_type: str
    message_digest: bytes
    signing_time: datetime | None
    certificate_digest: bytes | None
    certificate_digest_algorithm: str | None


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signer's part. Algorithms are dotted object identifiers."""

    identifier: SignerIdentifier
    digest_algorithm: str
    signature_algorithm: str
    signature: bytes
    attributes: SignedAttributes | None


@dataclass(frozen=True, slots=True)
class SignedData:
    """A CMS SignedData. ``content`` is ``None`` when the signature is detached."""

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]


def parse_signed_data(data: bytes, *, source: str = "signature") -> SignedData:
    """Return the SignedData in ``data`` (DER, BER or PEM), read to the last byte.

    Raises ``MalformedSignature`` with what was found and where.
    """
    with _as_malformed(source):
        if pem.detect(data):
            _, _, data = pem.unarmor(data)
        info = cms.ContentInfo.load(data, strict=True)
        if info["content_type"].dotted != _SIGNED_DATA:
            raise MalformedSignature(
                f"the content type is {info['content_type'].dotted}, not signed data", source=source
            )
        signed = info["content"]
        encapsulated = signed["encap_content_info"]
        return SignedData(
            content_type=encapsulated["content_type"].dotted,
            content=_attached(encapsulated),
            certificates=tuple(
                choice.chosen.dump() for choice in signed["certificates"] if _is_x509(choice)
            ),
            signers=tuple(_signer(info, source) for info in signed["signer_infos"]),
        )


def signed_attributes(
    *, content_digest: bytes, certificate: bytes, signing_time: datetime
) -> bytes:
    """Return the DER SET OF of signed attributes for a CAdES B-B signature over id-data.

    ``content_digest`` is the SHA-256 of the content, ``certificate`` the signer's certificate in
    DER, ``signing_time`` the claimed time (aware; written in UTC). The signing-certificate-v2
    attribute ties the signature to this one certificate (RFC 5035 §3; ETSI EN 319 122-1 §5.2.2).
    """
    parsed = x509.Certificate.load(certificate)
    ess = tsp.SigningCertificateV2(
        {
            "certs": [
                {
                    "cert_hash": hashlib.sha256(certificate).digest(),
                    "issuer_serial": {
                        "issuer": [x509.GeneralName("directory_name", parsed.issuer)],
                        "serial_number": parsed.serial_number,
                    },
                }
            ]
        }
    )
    claimed = require_aware(signing_time).replace(microsecond=0)
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "signing_time", "values": [_time(claimed)]},
            {"type": "message_digest", "values": [content_digest]},
            {"type": "signing_certificate_v2", "values": [ess]},
        ]
    )
    return bytes(attributes.dump(force=True))


def assemble_detached(
    *,
    attributes: bytes,
    certificate: bytes,
    signature: bytes,
    extra_certificates: tuple[bytes, ...] = (),
) -> bytes:
    """Return the DER of a detached SignedData (RFC 5652 §5.1) with one RSA/SHA-256 signer.

    ``attributes`` is what :func:`signed_attributes` returned and ``signature`` the
    RSASSA-PKCS1-v1_5 value over it.
    """
    parsed = x509.Certificate.load(certificate)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": parsed.issuer, "serial_number": parsed.serial_number},
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": cms.CMSAttributes.load(attributes),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
            "signature": signature,
        }
    )
    everyone = [x509.Certificate.load(der) for der in (certificate, *extra_certificates)]
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data"},
            "certificates": everyone,
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


@contextmanager
def _as_malformed(source: str) -> Iterator[None]:
    """Turn what the ASN.1 library raises, which it does lazily, into our own error."""
    try:
        yield
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise MalformedSignature(
            f"not a CMS signature: {_first_line(error)}",
            source=source,
            hint="give a PKCS#7/CMS SignedData file (.p7s), whole and unchanged",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _is_x509(choice: cms.CertificateChoices) -> bool:
    return bool(choice.name == "certificate")


def _attached(encapsulated: cms.EncapsulatedContentInfo) -> bytes | None:
    content = encapsulated["content"]
    return None if isinstance(content, core.Void) or content.native is None else bytes(content)


def _signer(info: cms.SignerInfo, source: str) -> SignerInfo:
    sid = info["sid"]
    if sid.name == "issuer_and_serial_number":
        identifier = SignerIdentifier(
            issuer=sid.chosen["issuer"].dump(), serial=sid.chosen["serial_number"].native
        )
    else:
        identifier = SignerIdentifier(subject_key_id=sid.chosen.native)
    attributes = info["signed_attrs"]
    return SignerInfo(
        identifier=identifier,
        digest_algorithm=info["digest_algorithm"]["algorithm"].dotted,
        signature_algorithm=info["signature_algorithm"]["algorithm"].dotted,
        signature=info["signature"].native,
        attributes=None if isinstance(attributes, core.Void) else _attributes(attributes, source),
    )


def _attributes(attributes: cms.CMSAttributes, source: str) -> SignedAttributes:
    encoded = attributes.untag().dump()
    if encoded != cms.CMSAttributes.load(encoded).dump(force=True) or encoded[0] != _SET_OF:
        raise MalformedSignature(
            "the signed attributes are not in DER (RFC 5652 §5.4)", source=source
        )
    values = _single_values(attributes, source)
    for oid, name in ((_CONTENT_TYPE, "content-type"), (_MESSAGE_DIGEST, "message-digest")):
        if oid not in values:
            raise MalformedSignature(f"the signed attributes lack {name}", source=source)
    digest, algorithm = _signing_certificate(values.get(_SIGNING_CERTIFICATE_V2))
    return SignedAttributes(
        signed_bytes=encoded,
        content_type=values[_CONTENT_TYPE].dotted,
        message_digest=values[_MESSAGE_DIGEST].native,
        signing_time=_signing_time(values.get(_SIGNING_TIME)),
        certificate_digest=digest,
        certificate_digest_algorithm=algorithm,
    )


def _single_values(attributes: cms.CMSAttributes, source: str) -> dict[str, core.Asn1Value]:
    found: dict[str, core.Asn1Value] = {}
    for attribute in attributes:
        oid = attribute["type"].dotted
        if oid not in _SINGLE_VALUED:
            continue
        if oid in found or len(attribute["values"]) != 1:
            raise MalformedSignature(
                f"signed attribute {oid} does not stand exactly once with one value", source=source
            )
        found[oid] = attribute["values"][0]
    return found


def _time(claimed: datetime) -> core.UTCTime | core.GeneralizedTime:
    """RFC 5652 §11.3: UTCTime through 2049, GeneralizedTime from 2050."""
    return (
        core.UTCTime(claimed)
        if claimed.year < _FIRST_GENERALIZED_YEAR
        else core.GeneralizedTime(claimed)
    )


def _signing_time(value: core.Asn1Value | None) -> datetime | None:
    if value is None:
        return None
    claimed: datetime = value.native
    return claimed.astimezone(UTC)


def _signing_certificate(value: core.Asn1Value | None) -> tuple[bytes | None, str | None]:
    if value is None:
        return None, None
    first = value["certs"][0]
    return first["cert_hash"].native, first["hash_algorithm"]["algorithm"].dotted
