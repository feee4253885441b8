"""The session a record is presented in (ISO/IEC 18013-5 §9.1.5.1): what the device signs over.

Both sides know it and it is never the same twice, so a presentation cannot be used again. How a
session is opened and encrypted is not here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Self

from jpki.mdoc.cbor import Embedded, decode, encode
from jpki.mdoc.shape import as_kind, wrong_shape

__all__ = ["SessionTranscript"]


@dataclass(frozen=True, slots=True)
class SessionTranscript:
    """A session transcript, as it is encoded."""

    encoded: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a transcript, bare or embedded (tag 24).

        ``MalformedMdoc`` when it is no array of engagement, reader's key and handover.
        """
        where = "session transcript"
        found = decode(data, source=where)
        inner = found.content if isinstance(found, Embedded) else data
        parts = as_kind(decode(inner, source=where), list, where)
        if len(parts) != 3:
            raise wrong_shape("there are not three parts", where)
        for part in parts[:2]:
            if part is not None and not isinstance(part, Embedded):
                raise wrong_shape("engagement and reader's key are embedded CBOR or null", where)
        return cls(inner)

    @classmethod
    def proximity(cls, engagement: bytes, reader_key: bytes, handover: object = None) -> Self:
        """Return that of two devices near each other.

        ``engagement`` (DeviceEngagement) and ``reader_key`` (a COSE_Key) are encoded CBOR, as they
        went over; ``handover`` is ``None`` after a QR code, else the two messages of NFC.
        """
        return cls(encode([Embedded(engagement), Embedded(reader_key), handover]))

    @classmethod
    def web(cls, encryption_info: str, origin: str) -> Self:
        """Return that of a web page (ISO/IEC 18013-7 Annex C, as secondary sources tell it: B).

        ``encryption_info`` is the page's request in base64url, ``origin`` the page's origin.
        """
        digest = hashlib.sha256(encode([encryption_info, origin])).digest()
        return cls(encode([None, None, ["dcapi", digest]]))
