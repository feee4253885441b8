"""A simulated timestamp authority (時刻認証局): a function from a request and an instant to bytes.

It has a root of its own, since timestamps are no part of JPKI, and everything about it is assumed:
the profile is what RFC 3161 and ETSI EN 319 422 ask for. Keys come from the world's key source and
the serial number from request and instant, so the same question at the same instant gets the same
bytes. **Trusted by nobody**: its root is handed over explicitly, and its names say what it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki import jst
from jpki.certificates import der
from jpki.certificates.structure import SHA256_WITH_RSA
from jpki.errors import MalformedTimestamp
from jpki.revocation.revocation_list import RevokedEntry
from jpki.timestamps import (
    DIGEST_SIZES,
    FailureInfo,
    PkiStatus,
    TimestampRequest,
    parse_timestamp_request,
)
from jpki.timestamps import SHA256 as SHA256_OID
from simulator.agency.key_usage import key_usage
from simulator.keys import KeySource

__all__ = [
    "SIMULATED_POLICY",
    "SimulatedTimestampAuthority",
    "create_timestamp_authority",
    "timestamp_response",
    "timestamp_revocation_list",
]

SIMULATED_POLICY: Final = "2.25.61737.3161"
"""A policy identifier that nobody else has (ITU-T X.667)."""
_ROOT_LASTS: Final = timedelta(days=20 * 365)
_AUTHORITY_LASTS: Final = timedelta(days=11 * 365)
_ROOT_SERIAL, _AUTHORITY_SERIAL = 1, 2
_WEAK: Final = frozenset({"1.2.840.113549.2.5", "1.3.14.3.2.26"})  # MD5, SHA-1
_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"


@dataclass(frozen=True, slots=True)
class SimulatedTimestampAuthority:
    """Root and authority, certificates in DER; ``accuracy`` is what its tokens state."""

    root: bytes
    certificate: bytes
    root_key: RSAPrivateKey
    key: RSAPrivateKey
    policy: str = SIMULATED_POLICY
    accuracy: timedelta = timedelta(seconds=1)

    def __repr__(self) -> str:
        return "<SimulatedTimestampAuthority>"


def create_timestamp_authority(
    *, keys: KeySource, at: datetime, lasts: timedelta = _AUTHORITY_LASTS
) -> SimulatedTimestampAuthority:
    """Create the authority at an instant; its certificate ends ``lasts`` later."""
    begins = jst.require_aware(at).replace(microsecond=0)
    root_key, key = keys.rsa("timestamp root"), keys.rsa("timestamp authority")
    root_name, name = _name("Simulated Timestamp Root"), _name("Simulated Timestamp Authority")
    root = (
        x509.CertificateBuilder(
            root_name,
            root_name,
            root_key.public_key(),
            _ROOT_SERIAL,
            begins,
            begins + _ROOT_LASTS,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(certifies=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, SHA256())
    )
    certificate = (
        x509.CertificateBuilder(
            root_name, name, key.public_key(), _AUTHORITY_SERIAL, begins, begins + lasts
        )
        .add_extension(key_usage(certifies=False), critical=True)
        # RFC 3161 §2.3: critical, and this purpose alone.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, SHA256())
    )
    return SimulatedTimestampAuthority(
        root.public_bytes(Encoding.DER), certificate.public_bytes(Encoding.DER), root_key, key
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Simulated (not real)"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )


def timestamp_revocation_list(
    authority: SimulatedTimestampAuthority,
    *,
    at: datetime,
    lasts: timedelta = timedelta(days=7),
    revoked: RevokedEntry | None = None,
) -> bytes:
    """Return the root's revocation list of an instant; ``revoked`` is the authority's entry."""
    begins = jst.require_aware(at).replace(microsecond=0)
    root = x509.load_der_x509_certificate(authority.root)
    builder = x509.CertificateRevocationListBuilder(root.subject, begins, begins + lasts)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.root_key.public_key()),
        critical=False,
    )
    builder = builder.add_extension(x509.CRLNumber(int(begins.timestamp())), critical=False)
    if revoked is not None:
        builder = builder.add_revoked_certificate(_entry(revoked))
    return builder.sign(authority.root_key, SHA256()).public_bytes(Encoding.DER)


def _entry(revoked: RevokedEntry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(_AUTHORITY_SERIAL, revoked.recorded_at)
    if revoked.reason_code is not None:
        builder = builder.add_extension(_REASON_FLAGS[revoked.reason_code], critical=False)
    return builder.build()


_REASON_FLAGS: Final = {
    code: x509.CRLReason(flag)
    for code, flag in {
        0: x509.ReasonFlags.unspecified,
        1: x509.ReasonFlags.key_compromise,
        2: x509.ReasonFlags.ca_compromise,
        3: x509.ReasonFlags.affiliation_changed,
        4: x509.ReasonFlags.superseded,
        5: x509.ReasonFlags.cessation_of_operation,
        6: x509.ReasonFlags.certificate_hold,
    }.items()
}


# the answer


def timestamp_response(
    authority: SimulatedTimestampAuthority,
    request: bytes,
    *,
    at: datetime,
    clock_works: bool = True,
) -> bytes:
    """Return the TimeStampResp to a TimeStampReq at an instant, whatever the request's bytes.

    It refuses as RFC 3161 §2.4.2 says: badDataFormat for what is no request, badAlg for a digest
    that is unknown or weak, unacceptedPolicy, unacceptedExtension for any extension, and
    timeNotAvailable when ``clock_works`` is false or the certificate is not valid at ``at``.
    """
    begins = jst.require_aware(at)
    try:
        asked = parse_timestamp_request(request)
    except MalformedTimestamp:
        return _refusal(FailureInfo.BAD_DATA_FORMAT, "the request cannot be read")
    own = x509.load_der_x509_certificate(authority.certificate)
    if asked.algorithm not in DIGEST_SIZES or asked.algorithm in _WEAK:
        return _refusal(FailureInfo.BAD_ALG, "the digest algorithm is not accepted")
    if asked.policy not in (None, authority.policy):
        return _refusal(FailureInfo.UNACCEPTED_POLICY, "the policy is not accepted")
    if asked.extensions:
        return _refusal(FailureInfo.UNACCEPTED_EXTENSION, "no extension is accepted")
    if not clock_works or not own.not_valid_before_utc <= begins <= own.not_valid_after_utc:
        return _refusal(FailureInfo.TIME_NOT_AVAILABLE, "there is no time to tell")
    info = _info(authority, asked, request, begins)
    token = _token(authority, info, certificates=asked.certificates)
    return der.sequence(der.sequence(der.integer(PkiStatus.GRANTED)), token)


def _refusal(failure: FailureInfo, text: str) -> bytes:
    flags = 1 << (31 - failure)
    unused = (flags & -flags).bit_length() - 1
    octets = flags.to_bytes(4, "big").rstrip(b"\0")
    return der.sequence(
        der.sequence(
            der.integer(PkiStatus.REJECTION),
            der.sequence(der.text(der.UTF8_STRING, text)),
            der.encode(der.BIT_STRING, bytes((unused % 8,)) + octets),
        )
    )


def _info(
    authority: SimulatedTimestampAuthority, asked: TimestampRequest, request: bytes, at: datetime
) -> bytes:
    own = x509.load_der_x509_certificate(authority.certificate)
    parts = hashlib.sha256(request + at.isoformat().encode()).digest()
    name = der.context(4, own.subject.public_bytes())
    return der.sequence(
        der.integer(1),
        der.object_identifier(authority.policy),
        der.sequence(
            der.sequence(der.object_identifier(asked.algorithm), der.null()),
            der.octet_string(asked.digest),
        ),
        der.integer(int.from_bytes(parts[:16], "big")),
        _gen_time(at),
        _accuracy(authority.accuracy),
        *(() if asked.nonce is None else (der.integer(asked.nonce),)),
        der.context(0, name),
    )


def _gen_time(at: datetime) -> bytes:
    utc = at.astimezone(UTC)
    fraction = f".{utc.microsecond:06d}".rstrip("0").rstrip(".")
    return der.encode(der.GENERALIZED_TIME, f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode())


def _accuracy(accuracy: timedelta) -> bytes:
    seconds, rest = divmod(accuracy, timedelta(seconds=1))
    millis, micros = divmod(rest // timedelta(microseconds=1), 1000)
    parts = [der.integer(seconds)] if seconds else []
    parts += [_implicit(number, value) for number, value in ((0, millis), (1, micros)) if value]
    return der.sequence(*parts)


def _implicit(number: int, value: int) -> bytes:
    return der.context(number, der.integer(value)[2:], primitive=True)


def _token(authority: SimulatedTimestampAuthority, info: bytes, *, certificates: bool) -> bytes:
    own = x509.load_der_x509_certificate(authority.certificate)
    issuer, serial = own.issuer.public_bytes(), der.integer(own.serial_number)
    sha256 = der.sequence(der.object_identifier(SHA256_OID))
    reference = der.sequence(
        der.octet_string(hashlib.sha256(authority.certificate).digest()),
        der.sequence(der.sequence(der.context(4, issuer)), serial),
    )
    attributes = sorted(
        (
            _attribute(_CONTENT_TYPE, der.object_identifier(_TST_INFO)),
            _attribute(_MESSAGE_DIGEST, der.octet_string(hashlib.sha256(info).digest())),
            _attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(reference))),
        )
    )
    value = authority.key.sign(der.encode(der.SET, *attributes), PKCS1v15(), SHA256())
    signer = der.sequence(
        der.integer(1),
        der.sequence(issuer, serial),
        sha256,
        der.context(0, *attributes),
        SHA256_WITH_RSA,
        der.octet_string(value),
    )
    signed = der.sequence(
        der.integer(3),  # RFC 5652 §5.1: the content is not id-data
        der.encode(der.SET, sha256),
        der.sequence(der.object_identifier(_TST_INFO), der.context(0, der.octet_string(info))),
        *((der.context(0, authority.certificate),) if certificates else ()),
        der.encode(der.SET, signer),
    )
    return der.sequence(der.object_identifier(_SIGNED_DATA), der.context(0, signed))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.object_identifier(oid), der.encode(der.SET, value))
