"""pyHanko's reader with bounds: every step of it is counted, and the count is limited.

A small PDF file can cost its reader hours: streams that unpack to gigabytes, tables that declare a
thousand million objects, references that lead to the same object along countless paths. pyHanko
bounds the size of single streams; what it does with their content is counted here.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeContext,
    DecodeLimits,
    DecodePurpose,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfDecodeLimitError, PdfError, PdfReadError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from jpki.errors import EncryptedDocument, JpkiError, MalformedSignature, TooLarge
from jpki.validation.formats.pdf.found import PdfLimits

__all__ = ["BoundedReader", "Meter", "as_malformed", "entry", "open_pdf", "read_whole"]

# What pyHanko logs may quote the document, and without a handler Python prints it.
logging.getLogger("pyhanko").addHandler(logging.NullHandler())

_HEADER = b"%PDF-"
_HINT = "give the file as the signer's program wrote it, whole and unchanged"
_LOOK_UP = 20  # what fetching an object costs beside reading it, in reads
_NUMBER_PIECE = 16
_COPIED_A_STEP = 512  # pieces
_BYTES_A_STEP = 64  # of unpacked data
# What pyHanko says of a broken file; its other messages may quote names and values of the document.
_COMPLAINTS = (
    "EOF marker not found",
    "startxref not found",
    "startxref loop detected",
    "Could not read malformed PDF file",
    "Failed to locate xref section",
    "xref table read error",
    "XRef stream ended prematurely",
    "XRef section sizes must be nondecreasing",
    "has an orphaned generation",
    "Multiple definitions in dictionary",
    "Circular reference in form tree",
    "Circular reference in page tree",
    "does not match actual",
    "not found in the current context",
    "Expected endobj marker",
    "Unable to find 'endstream' marker",
    "Stream has ended unexpectedly",
    "Dictionary read error",
    "Failed to read dictionary key",
    "Failed to read object header",
)


class Meter:
    """What is left of the work that one file may cause."""

    def __init__(self, limits: PdfLimits, source: str) -> None:
        self.limits = limits
        self.source = source
        self._left = limits.work

    def spend(self, steps: int) -> None:
        """Count steps; raise ``TooLarge`` when there are none left."""
        self._left -= steps
        if self._left < 0:
            raise self.refusal(f"reading it takes more than {self.limits.work} steps")

    def refusal(self, what: str) -> TooLarge:
        """Return the error for a limit that is passed."""
        return TooLarge(what, source=self.source)


class BoundedReader(PdfFileReader):
    """A strict reader of a file in memory that spends from a meter."""

    def __init__(self, data: bytes, meter: Meter) -> None:
        self.meter = meter
        self._bounded_context = _Context(meter)
        self._resolvers: dict[int, HistoricalResolver] = {}
        super().__init__(_MeteredBytes(data, meter), strict=True)

    @property
    def decode_context(self) -> DecodeContext:
        """The limits for unpacking streams, in every revision the same."""
        return self._bounded_context

    def get_object(  # type: ignore[override]  # as pyHanko's two classes differ
        self,
        ref: Any,
        revision: Any = None,
        never_decrypt: Any = False,
        transparent_decrypt: Any = True,
        as_metadata_stream: Any = False,
    ) -> Any:
        """Return an object, counting what it costs to fetch it."""
        self.meter.spend(_LOOK_UP)
        place = (
            self.xrefs[ref] if revision is None else self.xrefs.get_historical_ref(ref, revision)
        )
        if isinstance(place, ObjStreamRef):
            # pyHanko reads the stream's table of contents up to the object, every time.
            self.meter.spend(_LOOK_UP * max(0, place.ix_in_stream))
        return super().get_object(  # type: ignore[no-untyped-call]
            ref, revision, never_decrypt, transparent_decrypt, as_metadata_stream
        )

    def get_historical_resolver(self, revision: int) -> HistoricalResolver:
        """Return a view of the file at a revision, which spends from the same meter."""
        if revision not in self._resolvers:
            self._resolvers[revision] = _BoundedResolver(self, revision)
        return self._resolvers[revision]


class _BoundedResolver(HistoricalResolver):
    """A view that counts every visit by the size of what is visited.

    Comparing revisions walks every path from the trailer to an object, and their number can double
    with every object.
    """

    reader: BoundedReader

    def __init__(self, reader: BoundedReader, revision: int) -> None:
        self._weights: dict[generic.Reference, int] = {}
        super().__init__(reader, revision)

    def get_object(self, ref: generic.Reference, as_metadata_stream: bool = False) -> Any:
        found = super().get_object(ref, as_metadata_stream)
        if ref not in self._weights:
            self._weights[ref] = _LOOK_UP + _elements(found)
        self.reader.meter.spend(self._weights[ref])
        return found


class _MeteredBytes(io.BytesIO):
    """A file in memory of which every read is counted: pyHanko reads objects byte by byte."""

    def __init__(self, data: bytes, meter: Meter) -> None:
        super().__init__(data)
        self._meter = meter
        self._run = 0

    def read(self, size: int | None = -1, /) -> bytes:
        # pyHanko puts a long number together from such pieces, copying all of them each time.
        self._run = self._run + 1 if size == _NUMBER_PIECE else 0
        self._meter.spend(1 + self._run // _COPIED_A_STEP)
        return super().read(size)


class _Context(DecodeContext):
    """Limits for unpacking that also look at what a table of objects declares."""

    def __init__(self, meter: Meter) -> None:
        limits = meter.limits
        objects = StreamDecodeLimits(max_output_size=limits.object_stream_bytes)
        super().__init__(
            DecodeLimits(
                per_stream=StreamDecodeLimits(max_output_size=limits.stream_bytes),
                per_purpose={**DEFAULT_PURPOSE_LIMITS, DecodePurpose.OBJECT_STREAM: objects},
                document_budget=None,
            )
        )
        self._meter = meter

    def fresh(self) -> DecodeContext:
        return self

    def record_output(self, size: int) -> None:
        self._meter.spend(size // _BYTES_A_STEP)

    def stream_output_cap(
        self,
        encoded_size: int,
        purpose: DecodePurpose = DecodePurpose.GENERIC,
        expected_size: int | None = None,
    ) -> int | None:
        if purpose is DecodePurpose.XREF_STREAM:
            # An entry may be declared to take no byte at all: a thousand million cost nothing to
            # write. pyHanko expects at least one byte an entry, and cannot tell when the numbers
            # make no sense.
            if expected_size is None:
                raise PdfReadError("the cross-reference stream declares no sensible size")
            if expected_size > self._meter.limits.stream_bytes:
                raise self._meter.refusal("the cross-reference stream declares too many objects")
            self._meter.spend(expected_size)
        return super().stream_output_cap(encoded_size, purpose, expected_size)


def read_whole(data: bytes | BinaryIO, limits: PdfLimits, source: str) -> bytes:
    """Return the bytes of a file, read once.

    Raises ``TooLarge`` without reading on, and ``MalformedSignature`` when the file changed while
    it was read or cannot be read.
    """
    if isinstance(data, bytes):
        whole = data
    else:
        before = _stamp(data)
        if before is not None and before[0] > limits.file_bytes:
            raise _too_long(limits, source)
        try:
            whole = data.read(limits.file_bytes + 1)
        except (OSError, ValueError) as error:
            raise MalformedSignature("the file cannot be read", source=source) from error
        if _stamp(data) != before:
            raise MalformedSignature(
                "the file changed while it was read", source=source, hint="wait and try again"
            )
    if len(whole) > limits.file_bytes:
        raise _too_long(limits, source)
    return whole


def _too_long(limits: PdfLimits, source: str) -> TooLarge:
    return TooLarge(f"the file has more than {limits.file_bytes} bytes", source=source)


def _stamp(file: BinaryIO) -> tuple[int, int] | None:
    """Return what tells a file that is being written to: its size and time of change."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError, AttributeError):
        return None  # not a file on a disk
    return status.st_size, status.st_mtime_ns


def open_pdf(data: bytes, limits: PdfLimits, source: str) -> BoundedReader:
    """Return a reader of a PDF file that is not encrypted.

    Raises ``MalformedSignature`` or its leaves ``EncryptedDocument`` and ``TooLarge``.
    """
    if not data.startswith(_HEADER):
        raise MalformedSignature(
            "not a PDF file: it does not begin with %PDF-", source=source, offset=0, hint=_HINT
        )
    meter = Meter(limits, source)
    with as_malformed(source):
        reader = BoundedReader(data, meter)
        if reader.encrypt_dict is not None:
            raise EncryptedDocument("the PDF file is encrypted", source=source)
        if reader.xrefs.hybrid_xrefs_present:
            # ISO 32000-2 §7.5.8.4: old and new programs see different objects in such a file.
            raise MalformedSignature(
                "the PDF file has two cross-reference tables in one revision (hybrid), "
                "so that two programs may show different pages",
                source=source,
            )
        if reader.xrefs.total_revisions > limits.revisions:
            raise meter.refusal(f"the file has more than {limits.revisions} revisions")
        if not isinstance(reader.root, generic.DictionaryObject):
            raise MalformedSignature("the PDF file has no catalog", source=source)
    return reader


def entry(dictionary: generic.DictionaryObject, name: str, absent: Any = None) -> Any:
    """Return what stands under a name, a reference resolved, which ``get`` does not do."""
    try:
        return dictionary[name]
    except KeyError:
        return absent


@contextmanager
def as_malformed(source: str) -> Iterator[None]:
    """Turn whatever a parser of hostile input raises into our own error."""
    try:
        yield
    except JpkiError:
        raise
    except PdfDecodeLimitError as error:
        raise TooLarge("a stream unpacks to more than is read", source=source) from error
    except RecursionError as error:
        raise TooLarge("the file is nested too deeply", source=source) from error
    except Exception as error:
        # The parser asserts and indexes its way through: any exception means a file it cannot read.
        raise MalformedSignature(
            f"the PDF file cannot be read: {_reason(error)}", source=source, hint=_HINT
        ) from error


def _reason(error: Exception) -> str:
    """Return what a parser complains of, as far as that cannot quote the document."""
    text = str(error) if isinstance(error, PdfError) else ""
    return next((said for said in _COMPLAINTS if said in text), type(error).__name__)


def _elements(found: object) -> int:
    """Return how many elements an object holds, without following references."""
    count, waiting = 0, [found]
    while waiting:
        value = waiting.pop()
        count += 1
        if isinstance(value, generic.DictionaryObject):
            waiting.extend(dict.values(value))
        elif isinstance(value, generic.ArrayObject):
            waiting.extend(list.__iter__(value))
    return count
