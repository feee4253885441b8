"""PDF signatures (ISO 32000-2 §12.8), read into claims.

pyHanko parses the file and judges what was changed after signing; what is signed, and whether it
is everything, is checked here. The library is the extra ``pdf`` and is imported on first use.
"""

from __future__ import annotations

from types import ModuleType
from typing import BinaryIO

from jpki.errors import MissingExtra
from jpki.validation.claim import SignedDocument
from jpki.validation.formats.pdf.found import ClaimedTimeFrom, PdfField, PdfInspection, PdfLimits

__all__ = [
    "ClaimedTimeFrom",
    "PdfField",
    "PdfInspection",
    "PdfLimits",
    "inspect_pdf",
    "looks_like_pdf",
    "read_pdf",
]

_DEFAULT_LIMITS = PdfLimits()
_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024


def looks_like_pdf(beginning: bytes) -> bool:
    """Return whether a file that begins like this means to be a PDF file.

    The header within the first 1,024 bytes is what viewers go by; ``read_pdf`` then insists on
    its being the very first (ISO 32000-2 §7.5.2).
    """
    return _HEADER in beginning[: _HEADER_WITHIN + len(_HEADER)]


def read_pdf(
    data: bytes | BinaryIO, *, source: str = "", limits: PdfLimits = _DEFAULT_LIMITS
) -> SignedDocument:
    """Return the claims of every signature field of a PDF file, in the order of its revisions.

    ``data`` is the file's bytes, or a binary file that is read once; ``source`` names it in
    errors. A signature that cannot be read, or that does not cover what it should, is a claim with
    problems, so it can never be overlooked beside a good one.

    Raises ``MalformedSignature`` when the file is no PDF, is broken or has no signature, its leaf
    ``EncryptedDocument`` when it is encrypted, its leaf ``TooLarge`` when a limit is passed, and
    ``MissingExtra`` without pyHanko.
    """
    return inspect_pdf(data, source=source, limits=limits).document


def inspect_pdf(
    data: bytes | BinaryIO, *, source: str = "", limits: PdfLimits = _DEFAULT_LIMITS
) -> PdfInspection:
    """Return the claims of a PDF file and what else is to be known of its signature fields.

    Raises what ``read_pdf`` raises.
    """
    found: PdfInspection = _reading().inspect(data, source=source, limits=limits)
    return found


def _reading() -> ModuleType:
    try:
        from jpki.validation.formats.pdf import reading
    except ModuleNotFoundError as error:
        raise MissingExtra("pyHanko, which reads PDF files,", extra="pdf") from error
    return reading
