"""What is found in a PDF file, and how much of it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jpki.validation.claim import SignedDocument

__all__ = ["ClaimedTimeFrom", "PdfField", "PdfInspection", "PdfLimits"]

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """How much work one PDF file may cause before it is refused with ``TooLarge``.

    ``file_bytes`` is the size of the file, which is held in memory once; ``stream_bytes`` what one
    compressed stream may unpack to, ``object_stream_bytes`` the same for a stream of objects, which
    is parsed. ``work`` bounds time and memory together, in steps of the parser and of the
    comparison of revisions: about a microsecond each. The counts are of what a file may contain.
    """

    file_bytes: int = 128 * _MIB
    stream_bytes: int = 64 * _MIB
    object_stream_bytes: int = 8 * _MIB
    work: int = 10_000_000
    objects: int = 1_000_000
    revisions: int = 128
    fields: int = 256
    evidence: int = 1_024


class ClaimedTimeFrom(StrEnum):
    """Where the time that the signer claims is written."""

    ATTRIBUTE = "attribute"
    """The signing-time attribute of the CMS (RFC 5652 §11.3)."""
    DICTIONARY = "dictionary"
    """The entry ``M`` of the signature dictionary (ISO 32000-2 table 255)."""


@dataclass(frozen=True, slots=True)
class PdfField:
    """One signed field. The field's ``name`` is the label of its claim.

    ``revision`` counts the file's revisions from 0 and is the one that the signature was added by;
    ``signed_bytes`` is where it ends, so that ``data[:signed_bytes]`` is the file as it was signed,
    or ``None`` when that could not be established. ``changed_fields`` are names of form fields that
    were filled in or changed later, as far as the signature allows it. ``certifies`` is the DocMDP
    permission (1 no changes, 2 form filling, 3 annotations) of a certification signature or a lock.
    """

    name: str
    subfilter: str
    revision: int
    signed_bytes: int | None
    whole_file: bool
    changed_fields: tuple[str, ...] = ()
    certifies: int | None = None
    claimed_time_from: ClaimedTimeFrom | None = None
    is_timestamp: bool = False


@dataclass(frozen=True, slots=True)
class PdfInspection:
    """The claims, the signed fields they come from (document timestamps too) and the empty ones."""

    document: SignedDocument
    fields: tuple[PdfField, ...]
    empty_fields: tuple[str, ...]
