"""Proof that a new private key is where its certificate will be written.

A token makes the key pair and signs a challenge of the agency with it, together with what the
certificate is for; the certificate is issued only when the signature is good, and it is written
only to the token that holds the key. What the real machines exchange is not published, so this
message is the simulator's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki.errors import Refused
from jpki.terms import CertificateKind

__all__ = ["Possession", "possession_message", "sign_possession"]

# That the key pair is made in the medium that will hold it; that the agency checks it is our own.
_BASIS = {
    CertificateKind.CARD_SIGNATURE: "公的個人認証法第3条第4項",
    CertificateKind.CARD_AUTHENTICATION: "公的個人認証法第22条第4項",
    CertificateKind.MOBILE_SIGNATURE: "公的個人認証法第16条の2第4項",
    CertificateKind.MOBILE_AUTHENTICATION: "公的個人認証法第35条の2第4項",
}
_DOMAIN = b"jpki simulator: proof of possession, version 1"


@dataclass(frozen=True, slots=True)
class Possession:
    """A new public key, and its key pair's signature over the agency's challenge."""

    public_key: RSAPublicKey
    signature: bytes

    def __repr__(self) -> str:
        return "<Possession>"

    def check(self, kind: CertificateKind, challenge: bytes) -> None:
        """Raise ``Refused`` unless the key pair signed this challenge for this kind."""
        message = possession_message(self.public_key, kind, challenge)
        try:
            self.public_key.verify(self.signature, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Refused(
                "the challenge was not signed by the key that is to be certified",
                rule="possession",
                basis=_BASIS[kind],
                hint="ask for a new challenge and have the token that made the key sign it",
            ) from None


def possession_message(public_key: RSAPublicKey, kind: CertificateKind, challenge: bytes) -> bytes:
    """Return what the new key signs: each part with its length, so that none runs into another."""
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    parts = (_DOMAIN, kind.value.encode(), challenge, spki)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def sign_possession(key: RSAPrivateKey, kind: CertificateKind, challenge: bytes) -> Possession:
    """Return the proof, made where the key is."""
    public_key = key.public_key()
    message = possession_message(public_key, kind, challenge)
    return Possession(public_key, key.sign(message, PKCS1v15(), SHA256()))
