"""How each format of ``jpki sign`` is made, once everything about it has been chosen."""

from __future__ import annotations

import importlib.util
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

from jpki.certificates import der
from jpki.cli.inputs import read_answers, read_certificate_files, read_file, read_list_files
from jpki.cli.sign_choices import Level, SignatureFormat, Stance, box_of
from jpki.errors import MalformedDocument, MalformedRevocationList, MissingExtra
from jpki.jst import day
from jpki.pdf_signing import (
    Certification,
    PdfAppearance,
    PdfEvidence,
    PdfLevel,
    PdfPlan,
    sign_pdf,
)
from jpki.sign import Evidence, SignatureLevel, Signer, Timestamper, extend, sign_cms, sign_raw

__all__ = [
    "Look",
    "Wish",
    "appearance_of",
    "attachments",
    "evidence_from",
    "made",
    "require_parts",
    "timestamper_at",
]

_NONCE_BITS: Final = 64  # RFC 3161 §2.4.1
# Signing a document needs several times its size in memory.
_LARGEST_DOCUMENT: Final = 256 << 20


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """What a PDF signature says of itself."""

    field_name: str = ""
    reason: str = ""
    location: str = ""
    appearance: PdfAppearance | None = None
    certification: Certification | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """Everything about a signature but the content and the key."""

    output: SignatureFormat
    level: Level | None
    at: datetime
    stance: Stance = Stance.ENVELOPED
    files: Mapping[str, bytes] = field(default_factory=dict)
    look: Look = field(default_factory=Look)
    timestamper: Timestamper | None = None
    evidence: Evidence = field(default_factory=Evidence)


def made(content: BinaryIO, signer: Signer, wish: Wish) -> bytes:
    """Return the signature, or the document with the signature in it."""
    return _MAKERS[wish.output](content, signer, wish)


def _raw(content: BinaryIO, signer: Signer, wish: Wish) -> bytes:  # noqa: ARG001  one of a table
    return sign_raw(content, signer)


def _cms(content: BinaryIO, signer: Signer, wish: Wish) -> bytes:
    long_term = wish.level is Level.B_LT
    signature = sign_cms(
        content,
        signer,
        at=wish.at,
        level=SignatureLevel(Level.B_T if long_term else wish.level or Level.B_B),
        attached=wish.output is SignatureFormat.CMS_ATTACHED,
        timestamper=wish.timestamper,
    )
    return extend(signature, wish.evidence) if long_term else signature


def _pdf(content: BinaryIO, signer: Signer, wish: Wish) -> bytes:
    look, evidence = wish.look, wish.evidence
    plan = PdfPlan(
        level=PdfLevel(wish.level or Level.B_B),
        field_name=look.field_name,
        reason=look.reason,
        location=look.location,
        appearance=look.appearance,
        certification=look.certification,
        timestamper=wish.timestamper,
        evidence=PdfEvidence(
            evidence.certificates, evidence.revocation_lists, evidence.ocsp_responses
        ),
    )
    return sign_pdf(_whole(content), signer, at=wish.at, plan=plan)


def _xml(content: BinaryIO, signer: Signer, wish: Wish) -> bytes:
    from jpki.xml_signing import XadesLevel, XmlForm, sign_xml

    xades = {Level.B_B: XadesLevel.B_B, Level.B_T: XadesLevel.B_T}
    return sign_xml(
        _whole(content),
        signer,
        at=wish.at,
        form=XmlForm(wish.stance),
        files=wish.files,
        xades=None if wish.level is None else xades.get(wish.level),
        timestamper=wish.timestamper,
    )


_MAKERS: Final[Mapping[SignatureFormat, Callable[[BinaryIO, Signer, Wish], bytes]]] = (
    MappingProxyType(
        {
            SignatureFormat.RAW: _raw,
            SignatureFormat.CMS: _cms,
            SignatureFormat.CMS_ATTACHED: _cms,
            SignatureFormat.PDF: _pdf,
            SignatureFormat.XML: _xml,
        }
    )
)


def _whole(content: BinaryIO) -> bytes:
    data = content.read(_LARGEST_DOCUMENT + 1)
    if len(data) > _LARGEST_DOCUMENT:
        raise MalformedDocument(
            "the document is larger than 256 MiB",
            source="file",
            hint="make a detached signature: --format cms",
        )
    return data


# what is needed besides, found out before a PIN is asked for


def require_parts(output: SignatureFormat) -> None:
    """Raise ``MissingExtra`` when what writes a format is not installed."""
    if output is SignatureFormat.PDF and importlib.util.find_spec("pyhanko") is None:
        raise MissingExtra("pyHanko, which writes PDF files,", extra="pdf")
    if output is SignatureFormat.XML:
        importlib.import_module("jpki.xml_signing")


def appearance_of(
    visible: str | None, *, text: str | None, font: Path | None, at: datetime
) -> PdfAppearance | None:
    """Return the visible part; without a text it says that it is a signature, and the day."""
    if visible is None:
        return None
    page, box = box_of(visible)
    if font is not None:
        read_file(font)
    return PdfAppearance(f"電子署名\n{day(at)}" if text is None else text, box, page, font)


def timestamper_at(url: str) -> Timestamper:
    """Return the timestamp authority at an address, asked with a nonce of real randomness."""
    from jpki.timestamps.http import HttpTimestamper

    return HttpTimestamper(url, nonces=lambda: secrets.randbits(_NONCE_BITS))


def attachments(paths: Iterable[Path]) -> dict[str, bytes]:
    """Return files by their bare names, as an XML signature refers to them."""
    found: dict[str, bytes] = {}
    for path in paths:
        if path.name in found:
            raise MalformedDocument(f"two files are called {path.name}", source="--file")
        found[path.name] = read_file(path)
    return found


def evidence_from(
    *, certificates: Iterable[Path], lists: Iterable[Path], answers: Iterable[Path]
) -> Evidence:
    """Return the evidence in files and folders; it is kept as it is and not judged."""
    return Evidence(
        certificates=read_certificate_files(certificates),
        revocation_lists=tuple(
            der.from_pem(one, label="X509 CRL", error=MalformedRevocationList, source="--crl")
            for one in read_list_files(lists)
        ),
        ocsp_responses=tuple(one.der for one in read_answers(answers)),
    )
