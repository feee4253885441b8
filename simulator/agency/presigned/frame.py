"""The frame of an OCSP answer: whatever is the same for every certificate asked about.

All answers that a responder signs for one instant differ in the certificate's identification, in
what is said of it, in a nonce and in the signature. The rest is written once here, so an answer
takes hardly more than its signature. :meth:`simulator.agency.ocsp.OcspResponder.answer` gives the
same bytes, and so does cryptography's builder.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import der
from jpki.certificates.structure import SHA256_WITH_RSA
from jpki.revocation.ocsp import ResponseStatus
from jpki.revocation.ocsp.response import NONCE, OCSP_BASIC
from simulator.agency.ocsp import OcspResponder

__all__ = ["SIGNED_WITH", "AnswerFrame", "nonce_extension"]

SIGNED_WITH: Final = (PKCS1v15(), SHA256())
"""sha256WithRSAEncryption; made once, because making the two takes as long as framing an answer."""

_STATUS: Final = der.enumerated(ResponseStatus.SUCCESSFUL)
_TYPE: Final = der.object_identifier(OCSP_BASIC)


@dataclass(frozen=True, slots=True, repr=False)
class AnswerFrame:
    """What one responder's answers share.

    ``before`` is the responder's name and producedAt, ``after`` thisUpdate and nextUpdate, ``ends``
    what follows the signature, and ``signature_size`` how many octets that has.
    """

    before: bytes
    after: bytes
    ends: bytes
    signature_size: int
    _data_heads: dict[tuple[int, int], bytes] = field(default_factory=dict, compare=False)
    _answer_frames: dict[int, tuple[bytes, bytes]] = field(default_factory=dict, compare=False)
    _wholes: dict[int, tuple[bytes, bytes]] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        return "<AnswerFrame>"

    @classmethod
    def of(
        cls, responder: OcspResponder, *, as_of: datetime, produced_at: datetime | None = None
    ) -> AnswerFrame:
        """Return the frame for the records of an instant, told at ``produced_at`` (``as_of``)."""
        told_at = (produced_at or as_of).replace(microsecond=0)
        chain = responder.certificate
        return cls(
            responder.responder_id() + der.generalized_time(told_at),
            responder.times(as_of),
            b"" if chain is None else der.context(0, der.sequence(chain)),
            responder.key.key_size // 8,
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 of the whole frame: the same for the same responder, options and instant."""
        parts = (self.before, self.after, self.ends, self.signature_size.to_bytes(4, "big"))
        return hashlib.sha256(b"".join(der.octet_string(part) for part in parts)).digest()

    def data(self, named: bytes, status: bytes, extensions: bytes = b"") -> bytes:
        """Return what is signed: ResponseData about a certificate that is named by a CertID."""
        sizes = (len(named) + len(status), len(extensions))
        head = self._data_heads.get(sizes)
        if head is None:
            head = self._data_heads[sizes] = self._data_head(*sizes)
        return b"".join((head, named, status, self.after, extensions))

    def answer(self, data: bytes, signature: bytes) -> bytes:
        """Return the whole OCSPResponse."""
        found = self._answer_frames.get(len(data))
        if found is None:
            found = self._answer_frames[len(data)] = self._answer_frame(len(data))
        return b"".join((found[0], data, found[1], signature, self.ends))

    def whole(self, named: bytes, status: bytes, signature: bytes | memoryview) -> bytes:
        """Return ``answer(data(named, status), signature)``, in one piece of work."""
        size = len(named) + len(status)
        found = self._wholes.get(size)
        if found is None:
            data = self.data(named, status)
            head, between = self._answer_frame(len(data))
            found = head + self._data_head(size, 0), self.after + between
            self._wholes[size] = found
        return b"".join((found[0], named, status, found[1], signature, self.ends))

    def signed(
        self, key: RSAPrivateKey, named: bytes, status: bytes, extensions: bytes = b""
    ) -> bytes:
        """Return an answer that is signed now."""
        data = self.data(named, status, extensions)
        return self.answer(data, key.sign(data, *SIGNED_WITH))

    def _data_head(self, single: int, extensions: int) -> bytes:
        single += len(self.after)
        head = _head(der.SEQUENCE, single)
        head = _head(der.SEQUENCE, len(head) + single) + head
        rest = len(self.before) + len(head) + single + extensions
        return _head(der.SEQUENCE, rest) + self.before + head

    def _answer_frame(self, data: int) -> tuple[bytes, bytes]:
        between = SHA256_WITH_RSA + _head(der.BIT_STRING, self.signature_size + 1) + b"\x00"
        inside = data + len(between) + self.signature_size + len(self.ends)
        head = _head(der.SEQUENCE, inside)
        head = _head(der.OCTET_STRING, len(head) + inside) + head
        head = _TYPE + head
        head = _head(der.SEQUENCE, len(head) + inside) + head
        head = _STATUS + _head(0xA0, len(head) + inside) + head
        head = _head(der.SEQUENCE, len(head) + inside) + head
        return head, between


def nonce_extension(nonce: bytes) -> bytes:
    """Return responseExtensions with the nonce given back (RFC 9654 §2.1)."""
    value = der.octet_string(der.octet_string(nonce))
    return der.context(1, der.sequence(der.sequence(der.object_identifier(NONCE), value)))


def _head(tag: int, length: int) -> bytes:
    """Return tag and length of an element; :func:`der.encode` without the value."""
    if length < 0x80:
        return bytes((tag, length))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size
