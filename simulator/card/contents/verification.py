"""What is in the verification application: what the card's face shows, signed by its issuer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from jpki.card import layout
from simulator.card.contents.encoding import object_of, public_key, with_offsets
from simulator.card.contents.holder import CardHolder
from simulator.card.contents.images import drawing, printed_digits, printed_text
from simulator.card.contents.issuer import (
    CardIssuer,
    Hierarchy,
    KeySource,
    NamedKey,
    key_identifier,
)

__all__ = ["face_object", "verification_files", "verification_keys"]

_CHAIN: Final = Hierarchy.FACE_VERIFICATION
_IDENTIFICATION: Final = bytes.fromhex("06030E01")  # as seen on cards
_NAMED_KEY: Final = "6000024"
_VERSION: Final = 1
# One DigestInfo that declares SHA-256 and carries three digests, 96 bytes.
_THREE_DIGESTS: Final = bytes.fromhex("3071300D060960864801650304020105000460")


def verification_files(
    holder: CardHolder, issuer: CardIssuer, keys: KeySource, card: str
) -> Mapping[int, Callable[[], bytes]]:
    """Return how to make each file, by file identifier."""

    def own() -> RSAPublicKey:
        return keys.rsa(_own(card)).public_key()

    def signer() -> NamedKey:
        return issuer.signer(_CHAIN)

    birth_day = holder.birth_day.encode("ascii")
    return {
        layout.FACE_BIRTH_DATE: lambda: _signed(0xFF10, 0xDF11, birth_day, own(), signer()),
        layout.FACE_ENTRIES: lambda: face_object(holder, own(), signer()),
        layout.FACE_BASICS: lambda: _basics(holder, issuer),
        layout.FACE_CERTIFICATE: lambda: issuer.certificate(_CHAIN),
        layout.FACE_MY_NUMBER: lambda: _signed(
            0xFF40, 0xDF41, printed_digits(holder.my_number), own(), signer()
        ),
        0x0006: lambda: b"",
    }


def verification_keys(keys: KeySource, card: str) -> Mapping[int, Callable[[], RSAPrivateKey]]:
    """Return how to make the application's own key."""
    default = layout.FACE_VERIFICATION.default_key
    return {} if default is None else {default: lambda: keys.rsa(_own(card))}


def face_object(holder: CardHolder, own: RSAPublicKey, signer: NamedKey) -> bytes:
    """Return EF 0002 without its filler.

    The signature covers three groups, each by its own digest, so that a terminal can check it
    without the photograph; what follows the signature is not covered.
    """
    plain = (
        object_of(0xDF22, holder.birth_day.encode("ascii")),
        object_of(0xDF23, holder.sex_code.encode("ascii")),
        object_of(0xDF24, public_key(own)),
    )
    text = (
        object_of(0xDF25, printed_text(holder.name)),
        object_of(0xDF26, printed_text(holder.address)),
    )
    photo = (object_of(0xDF27, drawing(holder.likeness)),)
    digests = b"".join(hashlib.sha256(b"".join(group)).digest() for group in (plain, text, photo))
    unsigned = (
        object_of(0xDF29, holder.expiry_day.encode("ascii")),
        object_of(0xDF2A, printed_digits(holder.security_code)),
    )
    signature = object_of(0xDF28, signer.sign_digest_info(_THREE_DIGESTS + digests))
    return with_offsets(0xFF20, 0xDF21, (*plain, *text, *photo, signature, *unsigned))


def _signed(tag: int, entry_tag: int, entry: bytes, own: RSAPublicKey, signer: NamedKey) -> bytes:
    """Return one entry, the card's key and the signature over both objects as stored.

    The signature's tag follows that of the key, which follows that of the entry.
    """
    signed = object_of(entry_tag, entry) + object_of(entry_tag + 1, public_key(own))
    return object_of(tag, signed, object_of(entry_tag + 2, signer.sign(signed)))


def _basics(holder: CardHolder, issuer: CardIssuer) -> bytes:
    """Return EF 0003; its last member is 256 bytes that only the issuer can read [1]."""
    recipient = issuer.code_recipient()
    return object_of(
        0xFF30,
        object_of(0xDF31, _IDENTIFICATION),
        object_of(0xDF32, key_identifier(_NAMED_KEY)),
        object_of(0xDF33, bytes((_VERSION,))),
        object_of(0xDF34, holder.municipality_code.encode("ascii")),
        object_of(0xDF35, recipient.identifier + _sealed(holder, recipient)),
    )


def _sealed(holder: CardHolder, recipient: NamedKey) -> bytes:
    """Encrypt both codes with PKCS #1 v1.5; how a real card does it is unknown.

    The padding comes from the holder's chance, so that the same card has the same bytes.
    """
    numbers = recipient.key.public_key().public_numbers()
    message = f"{holder.code_a}{holder.code_b}".encode("ascii")
    length = 256 - 3 - len(message)
    chance = hashlib.shake_256(b"sealed codes" + holder.likeness).digest(2 * length)
    filling = bytes(octet for octet in chance if octet)[:length]
    block = bytes((0x00, 0x02)) + filling + bytes((0x00,)) + message
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(256, "big")


def _own(card: str) -> str:
    return f"{card}/face verification"
