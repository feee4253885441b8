"""The content of a signature, read once and in pieces, whatever its size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from jpki.certificates import der
from jpki.cms.identifiers import DIGESTS
from jpki.errors import MalformedSignature

__all__ = ["Content", "DigestedContent", "digest_content"]

Content = bytes | bytearray | memoryview | BinaryIO | Iterable[bytes | memoryview]
"""Bytes, a binary file, or pieces in their order (the byte ranges of a PDF)."""

_CHUNK = 1 << 20
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class DigestedContent:
    """What is known of content after it was read: its digests by algorithm (dotted), its size.

    ``reads_as_attributes`` tells that it is, byte for byte, a DER SET OF Attribute. Such content
    and a signature without signed attributes cannot be told from signed attributes and their
    signature (RFC 5652 §5.4), so one may not be taken for the other. Of content that only its
    digest is known of, neither that nor the size is known: ``None``.
    """

    digests: Mapping[str, bytes]
    size: int | None
    reads_as_attributes: bool | None

    def differs_from(self, other: DigestedContent) -> bool:
        """Tell whether it is other content; without a digest in common that counts as other."""
        common = self.digests.keys() & other.digests.keys()
        return not common or any(self.digests[oid] != other.digests[oid] for oid in common)


def digest_content(
    content: Content | DigestedContent, *, algorithms: Iterable[str] = tuple(DIGESTS)
) -> DigestedContent:
    """Read ``content`` to its end, once, and return its digests by each of ``algorithms``.

    Content that was digested before is returned as it is. Raises what the file raises on reading.
    """
    if isinstance(content, DigestedContent):
        return content
    running = {oid: hashlib.new(DIGESTS[oid]) for oid in algorithms if oid in DIGESTS}
    head = bytearray()
    size = 0
    for piece in _pieces(content):
        for digest in running.values():
            digest.update(piece)
        if len(head) < _HEAD:
            head += piece[: _HEAD - len(head)]
        size += len(piece)
    return DigestedContent(
        digests={oid: digest.digest() for oid, digest in running.items()},
        size=size,
        reads_as_attributes=_reads_as_attributes(bytes(head), size),
    )


def _pieces(content: Content) -> Iterator[bytes | memoryview]:
    if isinstance(content, bytes | bytearray | memoryview):
        return iter((memoryview(content),))
    read = getattr(content, "read", None)
    if read is None:
        return iter(content)
    return iter(lambda: bytes(read(_CHUNK)), b"")


def _reads_as_attributes(head: bytes, size: int) -> bool:
    """Whether this is one SET that begins with an attribute: a SEQUENCE of a type and a SET."""
    if head[:1] != bytes([der.SET]):
        return False
    document = der.Document(head, MalformedSignature, "")
    try:
        whole = document.element_at(0, size)
        if whole.end != size:
            return False
        first = document.element_at(whole.content, size)
        kind = document.element_at(first.content, size)
        values = document.element_at(kind.end, size)
    except (MalformedSignature, IndexError):
        return False
    tags = (first.tag, kind.tag, values.tag)
    return tags == (der.SEQUENCE, der.OBJECT_IDENTIFIER, der.SET)
