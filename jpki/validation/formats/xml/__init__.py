"""XML signatures (XML-DSig, XAdES) read into claims; what was not signed is never handed on.

The reader stands on lxml and signxml, which come with the extra ``xml``. It is strict where XML
signatures have been fooled before: what it cannot read in exactly one way, it refuses by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from jpki.errors import MissingExtra
from jpki.validation.claim import SignedDocument
from jpki.validation.formats.xml.rules import XmlRules

__all__ = ["Files", "XmlRules", "read_xml"]

Files = Mapping[str, bytes] | Callable[[str], bytes | None]
"""Attached files by their name (percent-decoded), or a function that finds one by its name."""


def read_xml(
    data: bytes,
    *,
    files: Files | None = None,
    certificates: Iterable[bytes] = (),
    rules: XmlRules | None = None,
    source: str = "",
) -> SignedDocument:
    """Return every XML signature in ``data`` as a claim, in document order.

    ``files`` holds what references by file name point to (e-Gov filings); a file that is not in
    it is content that was not given. ``certificates`` (DER) came beside the document. ``source``
    names the document in errors. Nothing is fetched and no entity is expanded.

    Raises ``MalformedSignature`` when it is no XML, has a document type, has no signature or one
    that cannot be read, or exceeds a limit of ``rules``; ``MissingExtra`` without the extra.
    """
    try:
        from jpki.validation.formats.xml.reader import read_document
    except ImportError as error:
        raise MissingExtra("reading XML signatures", extra="xml") from error
    return read_document(
        data,
        files=files,
        certificates=tuple(certificates),
        rules=rules or XmlRules(),
        source=source or "XML signature",
    )
