"""Who signed a timestamp: the certificate, its purpose and the signature value (RFC 3161 §2.3–2.4).

Whether the certificate's path holds is not asked here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from jpki.cms import SignerIdentifier
from jpki.timestamps import EssCertificate, TimestampToken

__all__ = [
    "MD5",
    "SHA1",
    "TIME_STAMPING",
    "AuthoritySigner",
    "ProofProblem",
    "check_signer",
]

TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
"""id-kp-timeStamping (RFC 3161 §2.3)."""
MD5: Final = "1.2.840.113549.2.5"
SHA1: Final = "1.3.14.3.2.26"
_DIGESTS: Final[Mapping[str, tuple[str, hashes.HashAlgorithm]]] = {
    MD5: ("md5", hashes.MD5()),  # noqa: S303  only for an asker who allows it
    SHA1: ("sha1", hashes.SHA1()),  # noqa: S303  likewise
    "2.16.840.1.101.3.4.2.4": ("sha224", hashes.SHA224()),
    "2.16.840.1.101.3.4.2.1": ("sha256", hashes.SHA256()),
    "2.16.840.1.101.3.4.2.2": ("sha384", hashes.SHA384()),
    "2.16.840.1.101.3.4.2.3": ("sha512", hashes.SHA512()),
}
_NULL: Final = bytes((0x05, 0x00))
_SIGNING = frozenset({"digital_signature", "non_repudiation"})
_LEAST_RSA_BITS: Final = 2048
_LEAST_EC_BITS: Final = 224
_MOST_CANDIDATES: Final = 200


@dataclass(frozen=True, slots=True)
class AuthoritySigner:
    """The certificate that signed (DER), and its validity."""

    certificate: bytes
    not_before: datetime
    not_after: datetime


class ProofProblem(Exception):
    """Why a timestamp proves nothing; ``wrong`` is false when it could not be checked.

    It does not leave :mod:`jpki.validation`.
    """

    def __init__(self, code: str, *, wrong: bool = True, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.wrong = wrong
        self.facts = facts


def check_signer(
    token: TimestampToken, *, pool: Iterable[bytes], refused_digests: frozenset[str]
) -> AuthoritySigner:
    """Return the certificate whose key signed the token; raise ``ProofProblem`` otherwise.

    It is looked for in the token and then in ``pool`` (DER). ``refused_digests`` are dotted.
    """
    signer = token.signer
    der = _find(signer.identifier, (*token.certificates, *pool))
    if not all(_is_referred_to(der, reference) for reference in signer.certificates):
        raise ProofProblem("time.other-certificate")
    if signer.digest_algorithm in refused_digests:
        raise ProofProblem("time.weak-digest", oid=signer.digest_algorithm)
    if signer.digest_algorithm not in _DIGESTS:
        raise ProofProblem("time.signature-algorithm", wrong=False, oid=signer.digest_algorithm)
    digest = _digest(signer.digest_algorithm, token.info)
    if not hmac.compare_digest(digest, signer.message_digest):
        raise ProofProblem("time.digest-differs")
    _check_value(token, der)
    certificate = _read(der)
    _check_purpose(certificate)
    _check_name(token, certificate)
    validity = certificate["tbs_certificate"]["validity"]
    return AuthoritySigner(der, validity["not_before"].native, validity["not_after"].native)


# which certificate


def _find(identifier: SignerIdentifier, candidates: tuple[bytes, ...]) -> bytes:
    for der in candidates[:_MOST_CANDIDATES]:
        try:
            certificate = asn1_x509.Certificate.load(der, strict=True)
            if _answers_to(certificate, identifier):
                return der
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            continue  # not every certificate that came along is the signer's, or any good
    raise ProofProblem("time.no-certificate", wrong=False)


def _answers_to(certificate: asn1_x509.Certificate, identifier: SignerIdentifier) -> bool:
    if identifier.subject_key_id is not None:
        return bool(certificate.key_identifier == identifier.subject_key_id)
    same_issuer = certificate.issuer.dump() == identifier.issuer
    return same_issuer and bool(certificate.serial_number == identifier.serial)


def _is_referred_to(der: bytes, reference: EssCertificate) -> bool:
    """RFC 5035 §3: the attribute stops one certificate being put in place of another."""
    if reference.algorithm not in _DIGESTS:
        return False
    if not hmac.compare_digest(reference.digest, _digest(reference.algorithm, der)):
        return False
    if reference.issuer is None:
        return True
    try:
        certificate = asn1_x509.Certificate.load(der)
        same_issuer = asn1_x509.Name.load(reference.issuer, strict=True) == certificate.issuer
        return bool(same_issuer and reference.serial == certificate.serial_number)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return False


def _digest(algorithm: str, data: bytes) -> bytes:
    name, _ = _DIGESTS[algorithm]
    return hashlib.new(name, data, usedforsecurity=False).digest()


def _read(der: bytes) -> asn1_x509.Certificate:
    try:
        certificate = asn1_x509.Certificate.load(der, strict=True)
        _ = certificate.native
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ProofProblem("time.certificate-malformed") from error
    return certificate


# what the certificate is for


def _check_purpose(certificate: asn1_x509.Certificate) -> None:
    purposes = certificate.extended_key_usage_value
    stated = [] if purposes is None else [purpose.dotted for purpose in purposes]
    if stated != [TIME_STAMPING] or "extended_key_usage" not in certificate.critical_extensions:
        raise ProofProblem("time.wrong-purpose")
    usage = certificate.key_usage_value
    # As OpenSSL judges it: signatures, and nothing else.
    if usage is not None and not (usage.native and usage.native <= _SIGNING):
        raise ProofProblem("time.wrong-key-usage")


def _check_name(token: TimestampToken, certificate: asn1_x509.Certificate) -> None:
    """RFC 3161 §2.4.2: the name must be one of the certificate's subject names."""
    if token.tsa is None:
        return
    try:
        name = asn1_x509.GeneralName.load(token.tsa, strict=True)
        other = certificate.subject_alt_name_value
        names = [] if other is None else [one.dump() for one in other]
        same = name.dump() in names or (
            name.name == "directory_name" and name.chosen == certificate.subject
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ProofProblem("time.other-name") from error
    if not same:
        raise ProofProblem("time.other-name")


# the signature value


def _check_value(token: TimestampToken, der: bytes) -> None:
    signer = token.signer
    _, digest = _DIGESTS[signer.digest_algorithm]
    try:
        algorithm = algos.SignedDigestAlgorithm.load(signer.signature_algorithm, strict=True)
        oid = algorithm["algorithm"].dotted
        kind = _kind(algorithm, signer.digest_algorithm)
        key = x509.load_der_x509_certificate(der).public_key()
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ProofProblem("time.certificate-malformed") from error
    except UnsupportedAlgorithm as error:
        raise ProofProblem("time.signature-algorithm", wrong=False, oid="-") from error
    verify = _VERIFIERS.get(kind)
    if verify is None:
        raise ProofProblem("time.signature-algorithm", wrong=False, oid=oid)
    try:
        verify(key, algorithm, digest, signer.signature, signer.signed_bytes)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise ProofProblem("time.bad-signature") from error


def _kind(algorithm: algos.SignedDigestAlgorithm, digest_algorithm: str) -> str:
    """Return the kind of signature, empty when its digest is not that of the attributes.

    rsaEncryption is what many signers write; it takes the digest beside it (RFC 3370 §3.2).
    """
    name = algorithm["algorithm"].native
    kind = "rsassa_pkcs1v15" if name == "rsassa_pkcs1v15" else str(algorithm.signature_algo)
    if kind == "rsassa_pkcs1v15" and algorithm["parameters"].dump() not in (b"", _NULL):
        return ""  # RFC 3370 §3.2: NULL, and some leave it out
    if name == kind == "rsassa_pkcs1v15":
        return kind
    return kind if algorithm.hash_algo == _DIGESTS[digest_algorithm][0] else ""


def _rsa(key: object) -> rsa.RSAPublicKey:
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidSignature
    if key.key_size < _LEAST_RSA_BITS:
        raise ProofProblem("time.weak-key", bits=str(key.key_size), least=str(_LEAST_RSA_BITS))
    return key


def _verify_pkcs1(
    key: object,
    _: algos.SignedDigestAlgorithm,
    digest: hashes.HashAlgorithm,
    signature: bytes,
    data: bytes,
) -> None:
    _rsa(key).verify(signature, data, padding.PKCS1v15(), digest)


def _verify_pss(
    key: object,
    algorithm: algos.SignedDigestAlgorithm,
    digest: hashes.HashAlgorithm,
    signature: bytes,
    data: bytes,
) -> None:
    parameters = algorithm["parameters"]
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or mask["parameters"]["algorithm"].native != digest.name:
        raise InvalidSignature
    salt = parameters["salt_length"].native
    pss = padding.PSS(padding.MGF1(digest), salt)
    _rsa(key).verify(signature, data, pss, digest)


def _verify_ecdsa(
    key: object,
    _: algos.SignedDigestAlgorithm,
    digest: hashes.HashAlgorithm,
    signature: bytes,
    data: bytes,
) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidSignature
    if key.key_size < _LEAST_EC_BITS:
        raise ProofProblem("time.weak-key", bits=str(key.key_size), least=str(_LEAST_EC_BITS))
    key.verify(signature, data, ec.ECDSA(digest))


_Verify = Callable[[object, algos.SignedDigestAlgorithm, hashes.HashAlgorithm, bytes, bytes], None]
_VERIFIERS: Final[Mapping[str, _Verify]] = {
    "rsassa_pkcs1v15": _verify_pkcs1,
    "rsassa_pss": _verify_pss,
    "ecdsa": _verify_ecdsa,
}
