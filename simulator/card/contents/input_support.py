"""What is in the input-support application: My Number, attributes, digests, the card's keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from jpki.card import layout
from simulator.card.contents.encoding import object_of, padded, public_key, with_offsets
from simulator.card.contents.holder import CardHolder
from simulator.card.contents.issuer import (
    CardIssuer,
    Hierarchy,
    KeySource,
    NamedKey,
    key_identifier,
)

__all__ = [
    "attributes_object",
    "input_support_files",
    "input_support_keys",
    "my_number_object",
    "signed_digests",
]

_CHAIN: Final = Hierarchy.INPUT_SUPPORT
_MY_NUMBER_SIZE: Final = 17
# Specification version, extended lengths, vendor, the vendor's own; as seen on cards.
_IDENTIFICATION: Final = bytes.fromhex("01030E01")
_NAMED_KEY: Final = "6000034"  # names a key that no file of the card certifies


def input_support_files(
    holder: CardHolder, issuer: CardIssuer, keys: KeySource, card: str
) -> Mapping[int, Callable[[], bytes]]:
    """Return how to make each file, by file identifier."""
    return {
        layout.MY_NUMBER: lambda: my_number_object(holder.my_number),
        layout.ATTRIBUTES: lambda: attributes_object(holder),
        layout.INPUT_SUPPORT_SIGNATURE: lambda: signed_digests(holder, issuer.signer(_CHAIN)),
        layout.INPUT_SUPPORT_CERTIFICATE: lambda: issuer.certificate(_CHAIN),
        layout.INPUT_SUPPORT_BASICS: lambda: _basics(card),
        layout.INPUT_SUPPORT_SESSION_KEY: lambda: object_of(
            0xA1, public_key(keys.rsa(_session(card)).public_key())
        ),
        layout.INPUT_SUPPORT_CARD_KEY: lambda: _card_key(
            keys.rsa(_own(card)).public_key(), issuer.signer(_CHAIN)
        ),
        0x0008: lambda: b"",
    }


def input_support_keys(keys: KeySource, card: str) -> Mapping[int, Callable[[], RSAPrivateKey]]:
    """Return how to make each private key: the application's own, and that of sessions."""
    return {
        0x0013: lambda: keys.rsa(_own(card)),
        layout.INPUT_SUPPORT_SESSION_KEY: lambda: keys.rsa(_session(card)),
    }


def my_number_object(my_number: str) -> bytes:
    """Return EF 0001 without its filler."""
    return object_of(0xFF10, my_number.encode("ascii"))


def attributes_object(holder: CardHolder) -> bytes:
    """Return EF 0002 without its filler: the four attributes behind a table of offsets."""
    return with_offsets(0xFF20, 0xDF21, _attributes(holder))


def signed_digests(holder: CardHolder, signer: NamedKey) -> bytes:
    """Return EF 0003: two digests and the signature over their two objects as stored.

    The first is over the physical bytes of EF 0001, filler included, the second over EF 0002 from
    the first attribute to the last, without header, offsets and filler.
    """
    my_number = padded(my_number_object(holder.my_number), size=_MY_NUMBER_SIZE, block=1)
    attributes = b"".join(_attributes(holder))
    digests = object_of(0xDF31, _sha256(my_number)) + object_of(0xDF32, _sha256(attributes))
    return object_of(0xFF30, digests, object_of(0xDF33, signer.sign(digests)))


def _attributes(holder: CardHolder) -> tuple[bytes, ...]:
    return (
        object_of(0xDF22, holder.name.encode()),
        object_of(0xDF23, holder.address.encode()),
        object_of(0xDF24, holder.birth_day.encode("ascii")),
        object_of(0xDF25, holder.sex_code.encode("ascii")),
    )


def _basics(card: str) -> bytes:
    """Return EF 0005; what its last member digests is unknown, so it digests the card's name."""
    unknown = _sha256(card.encode()).ljust(128, b"\xff")
    return object_of(
        0xFF40,
        object_of(0xDF41, _IDENTIFICATION),
        object_of(0xDF42, key_identifier(_NAMED_KEY)),
        object_of(0xDF43, unknown),
    )


def _card_key(key: RSAPublicKey, signer: NamedKey) -> bytes:
    signed = object_of(0xDF51, public_key(key))
    return object_of(0xFF50, signed, object_of(0xDF52, signer.sign(signed)))


def _own(card: str) -> str:
    return f"{card}/input support"


def _session(card: str) -> str:
    return f"{card}/input support session"


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
