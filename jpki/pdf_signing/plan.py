"""How a PDF file is to be signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

from jpki.sign import Timestamper

__all__ = [
    "Certification",
    "PdfAppearance",
    "PdfEvidence",
    "PdfLevel",
    "PdfPlan",
]


class PdfLevel(StrEnum):
    """What kind of signature is made."""

    PLAIN = "plain"
    """SubFilter adbe.pkcs7.detached, as the registry and deposit offices' systems take it."""
    B_B = "b-b"
    """SubFilter ETSI.CAdES.detached (ETSI EN 319 142-1 §6, PAdES B-B)."""
    B_T = "b-t"
    """B-B with a timestamp over the signature value."""
    B_LT = "b-lt"
    """B-T with the evidence in the file's document security store."""

    @property
    def is_timed(self) -> bool:
        """Whether a timestamp belongs to it."""
        return self in {PdfLevel.B_T, PdfLevel.B_LT}


class Certification(IntEnum):
    """What a certification signature lets others do afterwards (DocMDP, ISO 32000-2 table 257)."""

    NO_CHANGES = 1
    FORM_FILLING = 2
    ANNOTATIONS = 3


@dataclass(frozen=True, slots=True)
class PdfEvidence:
    """Evidence to keep in the file, in DER: certificates of issuers, lists and OCSP answers."""

    certificates: tuple[bytes, ...] = ()
    revocation_lists: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class PdfAppearance:
    """A visible signature: lines of ``text`` in a box on a page.

    ``page`` counts from 0, from the end when negative. ``box`` is left, bottom, right, top in
    points (1/72 inch) from the lower left corner. Without ``font`` the text is set in the
    standard Japanese font of PDF viewers, which no file has to carry (Adobe-Japan1); with a
    TrueType or OpenType file (.ttf, .otf, .ttc) the characters used are embedded.
    """

    text: str
    box: tuple[int, int, int, int]
    page: int = 0
    font: Path | None = None

    def __repr__(self) -> str:
        return f"<PdfAppearance on page {self.page}, box {self.box}>"


@dataclass(frozen=True, slots=True)
class PdfPlan:
    """How a PDF file is to be signed.

    ``field_name`` is an empty signature field or a new one; left out, the first free name from
    Signature1 on. ``reason`` and ``location`` are written into the signature dictionary.
    ``timestamper`` is needed from B-T on and ``evidence`` with a revocation list or an OCSP answer
    for B-LT. ``certification`` makes it the document's certification signature, which must be the
    first.
    """

    level: PdfLevel = PdfLevel.PLAIN
    field_name: str = ""
    reason: str = field(default="", repr=False)
    location: str = field(default="", repr=False)
    appearance: PdfAppearance | None = None
    certification: Certification | None = None
    timestamper: Timestamper | None = None
    evidence: PdfEvidence = PdfEvidence()
