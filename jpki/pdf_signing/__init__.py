"""Sign PDF files with a card or a phone: plain, or PAdES B-B, B-T and B-LT.

pyHanko writes the file (the extra ``pdf``, imported on first use); the signature value is made
by the same :class:`~jpki.sign.Signer` and the same CMS as every other signature of this library.
"""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import BinaryIO

from jpki.errors import MissingExtra
from jpki.jst import require_aware
from jpki.pdf_signing.plan import (
    Certification,
    PdfAppearance,
    PdfEvidence,
    PdfLevel,
    PdfPlan,
)
from jpki.sign import Signer

__all__ = [
    "Certification",
    "PdfAppearance",
    "PdfEvidence",
    "PdfLevel",
    "PdfPlan",
    "sign_pdf",
]

_PLAIN = PdfPlan()


def sign_pdf(
    pdf: bytes | BinaryIO, signer: Signer, *, at: datetime, plan: PdfPlan = _PLAIN
) -> bytes:
    """Return the PDF file with a signature added, claiming the time ``at``.

    What was there is kept byte for byte and the signature is appended as a new revision, so that
    signatures made before stay good. Everything is checked before the token is asked to sign, and
    it is asked once. The same input gives the same bytes: the file identifier is made from what is
    signed, and no clock is read.

    Raises ``MalformedSignature`` (with its leaves ``EncryptedDocument`` and ``TooLarge``) for a
    file that cannot be signed, ``MalformedDocument`` for a plan that does not fit it, what the
    signer and the timestamper raise, and ``MissingExtra`` without pyHanko.
    """
    signed: bytes = _writing().sign(pdf, signer, require_aware(at), plan)
    return signed


def _writing() -> ModuleType:
    try:
        from jpki.pdf_signing import writing
    except ModuleNotFoundError as error:
        raise MissingExtra("pyHanko, which writes PDF files,", extra="pdf") from error
    return writing
