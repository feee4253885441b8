"""Which format a file is in, by its first bytes, and its signatures read by the right reader."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.cms import Content, DigestedContent
from jpki.validation.claim import SignatureFormat, SignedDocument
from jpki.validation.formats.cms import read_cms
from jpki.validation.formats.pdf import looks_like_pdf, read_pdf
from jpki.validation.formats.xml import read_xml

__all__ = ["format_of", "read_document"]

# The tag of a SEQUENCE, or a PEM block (RFC 7468). A CMS signature may carry a PDF file or XML, so
# how the file itself begins is asked first.
_CMS_BEGINNINGS = (b"\x30", b"-----BEGIN")
_XML_BEGINNINGS = (
    b"<",
    b"\xef\xbb\xbf<",
    b"\xff\xfe<\x00",
    b"\xfe\xff\x00<",
)


def format_of(data: bytes) -> SignatureFormat:
    """Return the format a file seems to be in; CMS when it is neither PDF nor XML."""
    beginning = data[:64].lstrip(b" \t\r\n")
    if beginning.startswith(_CMS_BEGINNINGS):
        return SignatureFormat.CMS
    if beginning.startswith(_XML_BEGINNINGS):
        return SignatureFormat.XML
    return SignatureFormat.PDF if looks_like_pdf(data) else SignatureFormat.CMS


def read_document(
    data: bytes,
    *,
    content: Content | DigestedContent | None = None,
    files: Mapping[str, bytes],
    source: str = "signature",
) -> SignedDocument:
    """Return the signatures of a file in any format.

    Raises ``MalformedSignature`` for what cannot be read, and ``MissingExtra`` when the reader of
    the format is not installed.
    """
    match format_of(data):
        case SignatureFormat.PDF:
            return read_pdf(data, source=source)
        case SignatureFormat.XML:
            return read_xml(data, files=files, source=source)
        case _:
            return read_cms(data, content=content, source=source)
