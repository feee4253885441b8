"""One authority's pre-signed answers, for one hash that certificates are named with."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.life import Authority
from jpki.revocation import OcspRequest, RevokedEntry
from jpki.revocation.ocsp import CertificateId
from jpki.terms import Purpose
from simulator.agency.ocsp import certificate_status
from simulator.agency.presigned.container import numbers
from simulator.agency.presigned.frame import AnswerFrame, nonce_extension

__all__ = [
    "GOOD",
    "GOOD_STATUS",
    "NO_REASON",
    "Section",
    "Shape",
    "id_heads",
    "named",
    "shapes_of",
    "status_of",
]

NO_REASON: Final = 0xFF
GOOD: Final = 0xFE
"""Two values of the reasons' column that are no CRLReason."""

GOOD_STATUS: Final = certificate_status(None)

_EXAMPLES: Final = (0x01, 0x0100, 0x010000, 0x01000000)
"""A serial number of each length; JPKI's have four octets at most."""
_NONCES: Final = (8, 16, 20, 32)
"""Octets of a nonce that are read here; OpenSSL sends 16, RFC 9654 asks for 32."""


def id_heads(about: CertificateId) -> tuple[bytes, ...]:
    """Return a CertID without its serial number, for each length of one."""
    return tuple(
        replace(about, serial=serial).der[:-size] for size, serial in enumerate(_EXAMPLES, 1)
    )


def named(heads: Sequence[bytes], serial: int) -> bytes:
    """Return the CertID of a serial number."""
    size = serial.bit_length() // 8 + 1
    return heads[size - 1] + serial.to_bytes(size, "big")


@lru_cache(maxsize=4096)
def status_of(recorded_at: int, reason: int) -> bytes:
    """Return the CertStatus that the columns stand for."""
    if reason == GOOD:
        return GOOD_STATUS
    at = datetime.fromtimestamp(recorded_at, UTC)
    return certificate_status(RevokedEntry(at, None if reason == NO_REASON else reason))


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """The columns of one authority, and the frame they are told in.

    ``about`` names a certificate of it but for the serial number. ``ends`` has, by row, until when
    an answer may be given where a certificate ends before the data is renewed.
    """

    authority: Authority
    about: CertificateId
    frame: AnswerFrame
    echoes: bool
    heads: tuple[bytes, ...]
    serials: Sequence[int]
    recorded: Sequence[int]
    reasons: Sequence[int]
    signatures: memoryview
    ends: Mapping[int, datetime] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Section of {self.authority}, {len(self.serials)} answers>"

    @classmethod
    def read(cls, view: memoryview, said: Mapping[str, Any], as_of: datetime) -> Section:
        """Read a section as the directory describes it."""
        frame, columns = said["frame"], said["columns"]
        signatures = columns["signatures"]
        hashes = bytes.fromhex(said["name_hash"]), bytes.fromhex(said["key_hash"])
        about = CertificateId(str(said["algorithm"]), *hashes, 0)
        return cls(
            Authority(Purpose(said["purpose"]), int(said["generation"])),
            about,
            AnswerFrame(
                bytes.fromhex(frame["before"]),
                bytes.fromhex(frame["after"]),
                bytes.fromhex(frame["ends"]),
                int(frame["signature_size"]),
            ),
            bool(said["echoes"]),
            id_heads(about),
            numbers(view, columns["serials"], "I"),
            numbers(view, columns["recorded"], "q"),
            numbers(view, columns["reasons"], "B"),
            view[signatures["offset"] : signatures["offset"] + signatures["size"]],
            {
                int(row): as_of + timedelta(microseconds=after)
                for row, after in said["ends"].items()
            },
        )

    def names(self, asked: CertificateId) -> bool:
        """Tell whether a CertID is one of this section's, as far as its issuer goes."""
        return replace(asked, serial=0) == self.about

    def row(self, serial: int) -> int | None:
        """Return where a certificate stands, or ``None``."""
        row = bisect_left(self.serials, serial)
        return row if row < len(self.serials) and self.serials[row] == serial else None

    def may_be_given(self, row: int, at: datetime) -> bool:
        """Tell whether the certificate of a row still stands at an instant of the quarter hour."""
        end = self.ends.get(row)
        return end is None or at < end

    def named(self, row: int) -> bytes:
        """Return the CertID of a row."""
        return named(self.heads, self.serials[row])

    def status(self, row: int) -> bytes:
        """Return the CertStatus of a row."""
        return status_of(self.recorded[row], self.reasons[row])

    def signature(self, row: int) -> bytes:
        """Return the signature of a row."""
        size = self.frame.signature_size
        return bytes(self.signatures[row * size : (row + 1) * size])

    def answer(self, row: int) -> bytes:
        """Return the answer that was signed beforehand."""
        size = self.frame.signature_size
        signature = self.signatures[row * size : (row + 1) * size]
        return self.frame.whole(self.named(row), self.status(row), signature)

    def signed(self, row: int, nonce: bytes, frame: AnswerFrame, key: RSAPrivateKey) -> bytes:
        """Return an answer to a question with a nonce, signed now."""
        extensions = nonce_extension(nonce) if self.echoes else b""
        return frame.signed(key, self.named(row), self.status(row), extensions)


@dataclass(frozen=True, slots=True, repr=False)
class Shape:
    """A request about one certificate as most software writes it, but for serial and nonce.

    ``named`` is where the CertID begins. A serial number lies between ``least`` and ``most``: one
    below would be written with fewer octets, and one beyond is negative.
    """

    section: Section
    head: bytes
    named: int
    serial: slice
    middle: bytes
    nonce: slice | None
    least: int
    most: int

    def read(self, request: bytes) -> tuple[int, bytes | None] | None:
        """Return serial number and nonce, or ``None`` when the request is not of this shape.

        The caller has looked at its length. A serial number that is not in DER is not of it.
        """
        if not request.startswith(self.head):
            return None
        serial = int.from_bytes(request[self.serial], "big")
        if not self.least <= serial <= self.most:
            return None
        if self.nonce is None:
            return serial, None
        if request[self.serial.stop : self.nonce.start] != self.middle:
            return None
        return serial, request[self.nonce]


def shapes_of(section: Section) -> Iterator[tuple[int, Shape]]:
    """Yield the shapes of requests about a section's certificates, with the length of each."""
    for size, serial in enumerate(_EXAMPLES, 1):
        about = replace(section.about, serial=serial)
        least, most = (0 if size == 1 else 1 << (8 * size - 9)), (1 << (8 * size - 1)) - 1
        plain = OcspRequest((about,)).der
        at = slice(len(plain) - size, len(plain))
        begins = len(plain) - len(about.der)
        yield len(plain), Shape(section, plain[: at.start], begins, at, b"", None, least, most)
        for length in _NONCES:
            whole = OcspRequest((about,), bytes(length)).der
            begins = whole.index(about.der)
            ends = begins + len(about.der)
            at, nonce = slice(ends - size, ends), slice(len(whole) - length, len(whole))
            middle = whole[ends : nonce.start]
            yield (
                len(whole),
                Shape(section, whole[: at.start], begins, at, middle, nonce, least, most),
            )
