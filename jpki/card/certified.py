"""What issuers have signed on the card: card-verifiable certificates, digests, public keys.

Values only. Whether a signature is right is asked in :mod:`jpki.authenticity`, since nothing here
does cryptography.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jpki.card.ber import Tlv, members, only, read_object
from jpki.errors import MalformedCardFile

__all__ = [
    "KEY_ID_LENGTH",
    "BasicInformation",
    "CardPublicKey",
    "CardVerifiableCertificate",
    "InputSupportSignature",
]

KEY_ID_LENGTH: Final = 16
_DIGEST: Final = 32
_CERTIFICATE_TAG: Final = 0x7F21
_BODY, _SIGNATURE = 0x5F4E, 0x5F37
_EXPONENT, _MODULUS = 0x90, 0x91
_PROOF_TAG: Final = 0xFF30
_NUMBER_DIGEST, _ATTRIBUTES_DIGEST, _PROOF_SIGNATURE = 0xDF31, 0xDF32, 0xDF33
_BASICS_TAG: Final = 0xFF40


@dataclass(frozen=True, slots=True)
class CardPublicKey:
    """An RSA public key as the card writes one: the objects 90 and 91."""

    exponent: int
    modulus: int

    @classmethod
    def of(cls, objects: tuple[Tlv, ...], *, source: str) -> CardPublicKey:
        """Read the key from among these objects."""
        exponent, modulus = (
            int.from_bytes(only(objects, tag, source=source).value, "big")
            for tag in (_EXPONENT, _MODULUS)
        )
        return cls(exponent, modulus)

    @classmethod
    def inside(cls, container: Tlv, *, source: str) -> CardPublicKey:
        """Read the key from inside an object."""
        return cls.of(members(container, source=source), source=source)


@dataclass(frozen=True, slots=True)
class CardVerifiableCertificate:
    """A card-verifiable certificate: who certifies whose key. ``body`` is what is signed."""

    issuer: bytes
    subject: bytes
    public_key: CardPublicKey
    body: bytes
    signature: bytes

    @classmethod
    def parse(cls, file: bytes) -> CardVerifiableCertificate:
        """Read the file of the certificate; ``MalformedCardFile`` when it holds none."""
        source = "card-verifiable certificate"
        parts = members(read_object(file, tag=_CERTIFICATE_TAG, source=source), source=source)
        body = only(parts, _BODY, source=source)
        ids, keys = body.value[: 2 * KEY_ID_LENGTH], body.value[2 * KEY_ID_LENGTH :]
        if len(ids) < 2 * KEY_ID_LENGTH:
            raise MalformedCardFile("the key identifiers are cut short", source=source)
        objects = members(Tlv(_BODY, keys, keys), source=source)
        return cls(
            issuer=ids[:KEY_ID_LENGTH],
            subject=ids[KEY_ID_LENGTH:],
            public_key=CardPublicKey.of(objects, source=source),
            body=body.value,
            signature=only(parts, _SIGNATURE, source=source).value,
        )


@dataclass(frozen=True, slots=True, repr=False)
class InputSupportSignature:
    """The issuer's word for the My Number and the attributes: two digests and a signature.

    ``signed_bytes`` are both digest objects as stored. A digest of an attribute file with few
    possible values tells the values, so neither shows in the ``repr``.
    """

    number_digest: bytes
    attributes_digest: bytes
    signed_bytes: bytes
    signature: bytes

    @classmethod
    def parse(cls, file: bytes) -> InputSupportSignature:
        """Read the file of digests and signature; ``MalformedCardFile`` when it holds none."""
        source = "digests and signature"
        found = members(read_object(file, tag=_PROOF_TAG, source=source), source=source)
        number, attributes = (
            only(found, tag, source=source) for tag in (_NUMBER_DIGEST, _ATTRIBUTES_DIGEST)
        )
        if len(number.value) != _DIGEST or len(attributes.value) != _DIGEST:
            raise MalformedCardFile("a digest that has not 32 bytes", source=source)
        return cls(
            number_digest=number.value,
            attributes_digest=attributes.value,
            signed_bytes=number.stored + attributes.stored,
            signature=only(found, _PROOF_SIGNATURE, source=source).value,
        )

    def __repr__(self) -> str:
        return "<InputSupportSignature>"


@dataclass(frozen=True, slots=True)
class BasicInformation:
    """What the input-support application says about itself, free to read (one source)."""

    version: int
    extended_length: int
    vendor: bytes
    key_id: bytes

    @classmethod
    def parse(cls, file: bytes) -> BasicInformation:
        """Read the file of basic information; ``MalformedCardFile`` when it holds none."""
        source = "basic information"
        found = members(read_object(file, tag=_BASICS_TAG, source=source), source=source)
        head = only(found, 0xDF41, source=source).value
        key_id = only(found, 0xDF42, source=source).value
        if len(head) != 4 or len(key_id) != KEY_ID_LENGTH:
            raise MalformedCardFile("fields of another length", source=source)
        return cls(head[0], head[1], head[2:], key_id)
