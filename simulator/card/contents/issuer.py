"""The issuer of card faces as simulated: its keys, their identifiers, what it certifies.

Identifiers have the shape seen on cards, in the range of the test hierarchy, which begins with 6.
The last digits say the application: 0 the domain, 2 verification, 3 input support.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from simulator.card.contents.encoding import object_of, public_key

__all__ = [
    "CardIssuer",
    "Hierarchy",
    "KeySource",
    "NamedKey",
    "card_verifiable_certificate",
    "key_identifier",
]

_SEPARATOR: Final = bytes.fromhex("0805")
_CERTIFICATE: Final = 0x7F21
_BODY: Final = 0x5F4E
_SIGNATURE: Final = 0x5F37


class KeySource(Protocol):
    """Something that has a key under every label."""

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the RSA-2048 key with this label; the same one when asked again."""


class Hierarchy(StrEnum):
    """What a chain of issuer keys is for; the value is the number of its highest key."""

    DOMAIN = "6000020"
    FACE_VERIFICATION = "6000023"
    INPUT_SUPPORT = "6000033"
    TERMINAL = "6200073"


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A private key and the identifier of its public half."""

    identifier: bytes
    key: RSAPrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return the PKCS #1 v1.5 signature with SHA-256."""
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def sign_digest_info(self, digest_info: bytes) -> bytes:
        """Return the PKCS #1 v1.5 signature over a DigestInfo as it is."""
        return self.key.sign(digest_info, padding.PKCS1v15(), utils.NoDigestInfo())


class CardIssuer:
    """The issuer's keys: one at the top of each hierarchy, and a municipality's own below it."""

    def __init__(self, keys: KeySource, municipality_code: str) -> None:
        self._keys = keys
        self._municipality = municipality_code

    def authority(self, hierarchy: Hierarchy) -> NamedKey:
        """Return the key at the top of a hierarchy."""
        return self._named(hierarchy.value)

    def public_key_pem(self, hierarchy: Hierarchy) -> bytes:
        """Return the public key at the top of a hierarchy as PEM (RFC 7468 §13).

        It is what a client needs to check what the hierarchy's keys have signed.
        """
        return (
            self.authority(hierarchy)
            .key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def intermediate(self) -> NamedKey:
        """Return the key between the top of the domain's chain and the municipality's."""
        return self._named("6000021")

    def signer(self, hierarchy: Hierarchy) -> NamedKey:
        """Return the municipality's key, which signs what is on its cards."""
        return self._named(f"6{self._municipality}{hierarchy.value[-2]}")

    def code_recipient(self) -> NamedKey:
        """Return the key to which the codes are encrypted in a file of the card."""
        return self._named("6000025")

    def certificate(self, hierarchy: Hierarchy) -> bytes:
        """Return the certificate of the municipality's key in a hierarchy."""
        return card_verifiable_certificate(self.authority(hierarchy), self.signer(hierarchy))

    def _named(self, number: str) -> NamedKey:
        return NamedKey(key_identifier(number), self._keys.rsa(f"card issuer/{number}"))


def key_identifier(number: str, *, version: int = 1) -> bytes:
    """Return the 16 bytes of an identifier: seven digits, 08 05, three digits, four digits."""
    return number.encode("ascii") + _SEPARATOR + f"{version:03d}0000".encode("ascii")


def card_verifiable_certificate(issuer: NamedKey, subject: NamedKey) -> bytes:
    """Return the 568 bytes by which one key certifies another."""
    body = issuer.identifier + subject.identifier + public_key(subject.key.public_key())
    signature = issuer.sign(body)
    return object_of(_CERTIFICATE, object_of(_BODY, body), object_of(_SIGNATURE, signature))
