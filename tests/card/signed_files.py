"""Files of the card-face applications, put together byte by byte and signed by invented issuers.

The encodings follow the published surveys: two-byte tags, ``82`` lengths from 128 on.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.card import specimens

ISSUER_ID = b"6000033\x08\x050010000"
SIGNER_ID = b"6123456\x08\x050010000"
# An invented person: 見本　花子, female, born 1990-01-01; the two worked encodings.
SHORT_ATTRIBUTES = bytes.fromhex(
    "ff205cdf2108000e00200050005bdf220fe8a68be69cace38080e88ab1e5ad90df232de69db1e4baace983bde58d"
    "83e4bba3e794b0e58cbae8a68be69cace794baefbc91efbc8defbc92efbc8defbc93df24083139393030313031df"
    "250132"
)
LONG_ATTRIBUTES = bytes.fromhex(
    "ff2082008cdf2108001000220082008ddf220fe8a68be69cace38080e88ab1e5ad90df235de69db1e4baace983bd"
    "e58d83e4bba3e794b0e58cbae8a68be69cace794bae4b880e4b881e79baeefbc91e795aae59cb0efbc92efbc93e5"
    "8fb7e8a68be69cace3839ee383b3e382b7e383a7e383b3efbc94efbc95efbc96e58fb7e5aea4df240831393930303"
    "13031df250132"
)
NUMBER_FILE = b"\xff\x10\x0c123456789018\xff\xff"


def tlv(tag: int, value: bytes, *, long: bool = False) -> bytes:
    """Encode an object as the card does; ``long`` writes 82 where one byte would do."""
    size = len(value)
    length = bytes((size,)) if size < 0x80 and not long else b"\x82" + size.to_bytes(2, "big")
    digits = 1 if tag < 0x100 else 2
    return tag.to_bytes(digits, "big") + length + value


def public_key(key: RSAPrivateKey) -> bytes:
    """Encode a public key as the objects 90 and 91."""
    numbers = key.public_key().public_numbers()
    return tlv(0x90, numbers.e.to_bytes(3, "big")) + tlv(0x91, numbers.n.to_bytes(256, "big"))


def sign(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def certificate(*, issuer: str = "card issuer", signer: str = "card signer") -> bytes:
    """Return a card-verifiable certificate of 568 bytes."""
    body = ISSUER_ID + SIGNER_ID + public_key(specimens.key(signer))
    signature = sign(specimens.key(issuer), body)
    return tlv(0x7F21, tlv(0x5F4E, body) + tlv(0x5F37, signature))


def signature_file(number: bytes, attributes: bytes, *, signer: str = "card signer") -> bytes:
    """Return the file of digests and signature of 336 bytes."""
    offsets = attributes.index(bytes.fromhex("DF2108")) + 3 + 8
    digests = tlv(0xDF31, hashlib.sha256(number).digest()) + tlv(
        0xDF32, hashlib.sha256(attributes[offsets:]).digest()
    )
    return tlv(0xFF30, digests + tlv(0xDF33, sign(specimens.key(signer), digests)))


def face_file(*, wrapped: bool = False, signer: str = "card signer", photo: bytes = b"jp2" * 99):
    """Return the file of the card face, with its three group digests signed."""
    key = specimens.key(signer)
    groups = (
        tlv(0xDF22, b"19900101") + tlv(0xDF23, b"2") + tlv(0xDF24, public_key(key)),
        tlv(0xDF25, b"name.png") + tlv(0xDF26, b"address.png"),
        tlv(0xDF27, photo),
    )
    digests = b"".join(hashlib.sha256(group).digest() for group in groups)
    head = bytes.fromhex("3071300D060960864801650304020105000460") if wrapped else b""
    signed = raw_block(key, head + digests)
    content = (
        tlv(0xDF21, bytes(18)) + b"".join(groups) + tlv(0xDF28, signed)
        + tlv(0xDF29, b"20350101") + tlv(0xDF2A, b"code.png")
    )  # fmt: skip
    return tlv(0xFF20, content) + b"\xff" * 32


def raw_block(key: RSAPrivateKey, payload: bytes) -> bytes:
    """Return the PKCS#1 v1.5 type-1 block over a payload, as the card's issuer makes it."""
    numbers = key.private_numbers()
    block = b"\x00\x01" + b"\xff" * (253 - len(payload)) + b"\x00" + payload
    value = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
    return value.to_bytes(256, "big")
