"""Signed data written by hand, part by part, so that one part can be wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from jpki.certificates import der

DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_TIME, COUNTERSIGNATURE = "1.2.840.113549.1.9.5", "1.2.840.113549.1.9.6"
PROTECTION = "1.2.840.113549.1.9.52"
ESS_V1, ESS_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
SHA1, SHA256_OID = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
SHA384_OID, SHA512_OID = "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
RSA_SHA256, RSA_SHA512 = "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.13"
UNKNOWN = "2.25.4711"


def algorithm(oid: str, parameters: bytes = der.null()) -> bytes:
    return der.sequence(der.object_identifier(oid), parameters)


def attribute(oid: str, *values: bytes) -> bytes:
    return der.sequence(der.object_identifier(oid), der.encode(der.SET, *sorted(values)))


def set_of(*members: bytes) -> bytes:
    return der.encode(der.SET, *sorted(members))


def indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@dataclass
class Draft:
    """The parts of a message, to be changed one at a time before it is written."""

    sid: bytes
    certificates: tuple[bytes, ...]
    attributes: bytes | None
    value: bytes
    content_type: str = DATA
    wrapped: bytes = b""
    version: int = 1
    signer_version: int = 1
    digests: tuple[bytes, ...] = (algorithm(SHA256_OID),)
    digest: bytes = algorithm(SHA256_OID)
    signature: bytes = algorithm(RSA_SHA256)
    unsigned: bytes = b""
    behind_signer: bytes = b""
    behind: bytes = b""
    signers: tuple[bytes, ...] | None = field(default=None)

    def signer(self) -> bytes:
        tagged = b"" if self.attributes is None else b"\xa0" + self.attributes[1:]
        return der.sequence(
            der.integer(self.signer_version),
            *(self.sid, self.digest, tagged, self.signature),
            der.octet_string(self.value),
            *(self.unsigned, self.behind_signer),
        )

    def body(self) -> tuple[bytes, ...]:
        signers = (self.signer(),) if self.signers is None else self.signers
        return (
            der.integer(self.version),
            der.encode(der.SET, *self.digests),
            der.sequence(der.object_identifier(self.content_type), self.wrapped),
            der.encode(0xA0, *self.certificates) if self.certificates else b"",
            der.encode(der.SET, *signers),
            self.behind,
        )

    def written(self) -> bytes:
        signed = der.sequence(*self.body())
        return der.sequence(der.object_identifier(SIGNED_DATA), der.context(0, signed))


def nested(inside: bytes, times: int) -> bytes:
    for _ in range(times):
        inside = indefinite(0x24, inside)
    return inside


def longer(encoded: bytes) -> bytes:
    """Return an element whose length has one byte more than it needs."""
    size = encoded[1] & 0x7F
    length = encoded[2 : 2 + size]
    return encoded[:1] + bytes([0x80 | size + 1]) + b"\0" + length + encoded[2 + size :]


def long_form(message: bytes) -> bytes:
    """Return the message with the outermost length in four bytes, as BER may."""
    size = message[1] & 0x7F
    body = message[2 + size :]
    return message[:1] + b"\x84" + len(body).to_bytes(4, "big") + body


def cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 2)
    while low < high:
        middle = (low + high + 1) // 2
        if middle**3 <= number:
            low = middle
        else:
            high = middle - 1
    return low
