"""Whether what the card's other applications say was written by their issuer.

The card's files are signed with a key that a card-verifiable certificate certifies, and that
certificate is signed by an issuer whose public key the caller hands over. Nothing is trusted by
itself. Raised are ``DigestMismatch`` when a value is not the one that was signed, ``BadSignature``
when the record's signature is wrong, ``UntrustedIssuer`` when the certificate is not the named
issuer's, and ``IssuerUnknown`` when none of the given keys is that issuer.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from jpki.card.certified import (
    KEY_ID_LENGTH,
    CardPublicKey,
    CardVerifiableCertificate,
    InputSupportSignature,
)
from jpki.card.face import BirthDateRecord, CardFace, NumberImage
from jpki.card.personal import FourAttributes, MyNumber
from jpki.errors import (
    BadSignature,
    DigestMismatch,
    IssuerUnknown,
    MalformedDocument,
    UntrustedIssuer,
)

__all__ = [
    "IssuerKey",
    "check_attributes",
    "check_birth_date",
    "check_card_face",
    "check_card_key",
    "check_issuer",
    "check_my_number",
    "check_number_image",
    "check_signature",
    "load_issuer_key",
]

_PEM: Final = b"-----BEGIN"
_THREE_DIGESTS: Final = 96


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """The public key of an issuer of card-verifiable certificates.

    ``key_id`` is the issuer's identifier on the cards; ``None`` where the caller does not know it,
    and then the key is tried for every certificate.
    """

    public_key: RSAPublicKey
    key_id: bytes | None = None

    def __post_init__(self) -> None:
        if self.key_id is not None and len(self.key_id) != KEY_ID_LENGTH:
            raise MalformedDocument(f"a key identifier has {KEY_ID_LENGTH} bytes")


def load_issuer_key(data: bytes, *, key_id: bytes | None = None, source: str = "") -> IssuerKey:
    """Read an RSA public key, PEM or DER; ``MalformedDocument`` for anything else."""
    load = load_pem_public_key if data.lstrip().startswith(_PEM) else load_der_public_key
    try:
        public_key = load(data)
    except ValueError as error:
        raise MalformedDocument("this is no public key", source=source) from error
    if not isinstance(public_key, RSAPublicKey):
        raise MalformedDocument("the issuers of cards have RSA keys", source=source)
    return IssuerKey(public_key, key_id)


# the chain


def check_issuer(certificate: CardVerifiableCertificate, issuers: Iterable[IssuerKey]) -> None:
    """Raise unless one of the given issuers has signed the certificate."""
    candidates = [key for key in issuers if key.key_id in (None, certificate.issuer)]
    if any(_signed(key.public_key, certificate.signature, certificate.body) for key in candidates):
        return
    if any(key.key_id is not None for key in candidates):
        raise UntrustedIssuer("the card-verifiable certificate was not signed by its issuer")
    raise IssuerUnknown("none of the given keys is the issuer of the card-verifiable certificate")


def check_signature(
    signature: InputSupportSignature, certificate: CardVerifiableCertificate
) -> None:
    """Raise ``BadSignature`` unless the certified key has signed the two digests."""
    _require(certificate, signature.signature, signature.signed_bytes, "digests")


# input support


def check_my_number(
    number: MyNumber,
    signature: InputSupportSignature,
    certificate: CardVerifiableCertificate,
    issuers: Iterable[IssuerKey],
) -> None:
    """Raise unless the My Number is the one that the issuer wrote: digest, signature, issuer."""
    _require_digest(signature.number_digest, number.stored, "My Number")
    check_signature(signature, certificate)
    check_issuer(certificate, issuers)


def check_attributes(
    attributes: FourAttributes,
    signature: InputSupportSignature,
    certificate: CardVerifiableCertificate,
    issuers: Iterable[IssuerKey],
) -> None:
    """Raise unless the four attributes are those that the issuer wrote."""
    _require_digest(signature.attributes_digest, attributes.stored, "four attributes")
    check_signature(signature, certificate)
    check_issuer(certificate, issuers)


# the card face


def check_birth_date(
    record: BirthDateRecord, certificate: CardVerifiableCertificate, issuers: Iterable[IssuerKey]
) -> None:
    """Raise unless the issuer has signed the birth date."""
    _require(certificate, record.signature, record.signed_bytes, "birth date")
    check_issuer(certificate, issuers)


def check_number_image(
    image: NumberImage, certificate: CardVerifiableCertificate, issuers: Iterable[IssuerKey]
) -> None:
    """Raise unless the issuer has signed the image of the My Number."""
    _require(certificate, image.signature, image.signed_bytes, "image of the My Number")
    check_issuer(certificate, issuers)


def check_card_face(
    face: CardFace, certificate: CardVerifiableCertificate, issuers: Iterable[IssuerKey]
) -> None:
    """Raise unless the issuer has signed the face.

    The expiry date and the security code are not signed, so this says nothing about them. Signed
    are three SHA-256 digests in one PKCS#1 block (one source); whether they stand in it bare or
    wrapped as other digests are is not stated, and both are read.
    """
    key = _public_key(certificate.public_key)
    try:
        payload = key.recover_data_from_signature(face.signature, padding.PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        raise BadSignature("the signature over the card face is wrong") from None
    expected = b"".join(hashlib.sha256(group).digest() for group in face.signed_groups)
    digests = payload[-_THREE_DIGESTS:]
    if len(digests) != _THREE_DIGESTS or not _bare_or_wrapped(payload):
        raise BadSignature("the signature over the card face carries something else")
    if not hmac.compare_digest(digests, expected):
        raise DigestMismatch("the card face is not the one that was signed")
    check_issuer(certificate, issuers)


def check_card_key(face: CardFace, challenge: bytes, answer: bytes) -> None:
    """Raise ``BadSignature`` unless the card's own key has signed this challenge with SHA-256.

    The face has to be checked as well (``check_card_face``): it says which key is the card's.
    """
    if not _signed(_public_key(face.public_key), answer, challenge):
        raise BadSignature("the card's own key has not signed the challenge: it may be a copy")


# DigestInfo (RFC 8017 §9.2) of SHA-256 whose OCTET STRING has 96 bytes:
# 30 71 { 30 0D { 06 09 2.16.840.1.101.3.4.2.1, 05 00 }, 04 60 … }; 13 + 2 + 2 + 96 = 113 = 0x71.
_WRAPPING: Final = bytes.fromhex("3071300D060960864801650304020105000460")


def _bare_or_wrapped(payload: bytes) -> bool:
    return payload[:-_THREE_DIGESTS] in (b"", _WRAPPING)


def _require(
    certificate: CardVerifiableCertificate, signature: bytes, signed: bytes, what: str
) -> None:
    if not _signed(_public_key(certificate.public_key), signature, signed):
        raise BadSignature(f"the signature over the {what} is wrong")


def _require_digest(digest: bytes, stored: bytes, what: str) -> None:
    if not hmac.compare_digest(digest, hashlib.sha256(stored).digest()):
        raise DigestMismatch(f"the {what}: not what the issuer signed")


def _signed(key: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _public_key(key: CardPublicKey) -> RSAPublicKey:
    try:
        return RSAPublicNumbers(key.exponent, key.modulus).public_key()
    except ValueError:
        raise BadSignature("the certified key is no RSA key") from None
