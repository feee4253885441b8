"""CBOR (RFC 8949) as mdocs use it, read within bounds; the only importer of cbor2.

Of the tags only those of ISO/IEC 18013-5 are read: 0 (date and time), 24 (embedded CBOR) and 1004
(full date). Every other is refused before anything is made of its content: numbers of any size,
shared references, regular expressions and the like have no place in a record.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from jpki.errors import MalformedMdoc, MissingExtra

try:
    import cbor2
except ImportError as error:
    raise MissingExtra("reading mdocs", extra="mdoc") from error

__all__ = ["DateAndTime", "Embedded", "FullDate", "Limits", "decode", "encode"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read at most: bytes in all, and how deep arrays, maps and tags may stand in others.

    A photograph is the largest item; half a mebibyte holds many times that of a card.
    """

    octets: int = 512 * 1024
    depth: int = 16


@dataclass(frozen=True, slots=True)
class Embedded:
    """CBOR inside a byte string (tag 24). ``content`` is not read yet."""

    content: bytes


@dataclass(frozen=True, slots=True)
class DateAndTime:
    """A date and time as written (tag 0, RFC 3339)."""

    text: str


@dataclass(frozen=True, slots=True, repr=False)
class FullDate:
    """A day as written (tag 1004, RFC 8943). It may be a birth date and does not print itself."""

    text: str

    def __repr__(self) -> str:
        return "<FullDate>"


_DATE_AND_TIME: Final = 0
_EMBEDDED: Final = 24
_FULL_DATE: Final = 1004
# The tags of which cbor2 itself would make something; all others come to the hook.
_KNOWN_TO_CBOR2: Final = (
    *(1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 43000, 55799),
)


def decode(data: bytes, *, source: str, limits: Limits | None = None) -> object:
    """Return the one value that the bytes hold.

    Raises ``MalformedMdoc`` for anything that is not exactly one well-formed value of definite
    length with distinct keys, and for what passes ``limits``.
    """
    bounds = limits or Limits()
    if len(data) > bounds.octets:
        raise MalformedMdoc(
            f"{len(data)} bytes, more than the {bounds.octets} that are read",
            problem="too-large",
            source=source,
        )
    stream = io.BytesIO(data)
    try:
        found: object = cbor2.CBORDecoder(
            stream,
            tag_hook=_tagged,
            semantic_decoders=_SEMANTICS,
            max_depth=bounds.depth,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        ).decode()
    except cbor2.CBORDecodeEOF:
        raise MalformedMdoc("it ends too early", problem="truncated", source=source) from None
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        # ``from None``: the original error may carry what was read.
        raise _malformed(error, source) from None
    if stream.tell() != len(data):
        left = len(data) - stream.tell()
        raise MalformedMdoc(f"{left} bytes are left over", problem="left-over", source=source)
    return found


def encode(value: object) -> bytes:
    """Return a value as bytes: shortest lengths, maps in the order in which they were made."""
    return bytes(cbor2.dumps(value, default=_write))


class _TagRefused(Exception):
    pass


def _write(encoder: cbor2.CBOREncoder, value: object) -> None:
    match value:
        case Embedded(content):
            encoder.encode(cbor2.CBORTag(_EMBEDDED, content))
        case DateAndTime(text):
            encoder.encode(cbor2.CBORTag(_DATE_AND_TIME, text))
        case FullDate(text):
            encoder.encode(cbor2.CBORTag(_FULL_DATE, text))
        case _:
            raise TypeError(f"no CBOR is made of {type(value).__name__}")


def _text_in(make: Callable[[str], object], tag: int) -> Callable[[Any, bool], object]:
    def read(value: object, _: bool) -> object:
        if not isinstance(value, str):
            raise _TagRefused(f"tag {tag} is not on a text")
        return make(value)

    return read


def _refuse(tag: int) -> Callable[[Any, bool], object]:
    def read(_value: object, _immutable: bool) -> object:
        raise _TagRefused(f"tag {tag} has no place here")

    return read


_SEMANTICS: Final[Mapping[int, Callable[[Any, bool], object]]] = MappingProxyType(
    {
        **{tag: _refuse(tag) for tag in _KNOWN_TO_CBOR2},
        _DATE_AND_TIME: _text_in(DateAndTime, _DATE_AND_TIME),
        _FULL_DATE: _text_in(FullDate, _FULL_DATE),
    }
)


def _tagged(tag: cbor2.CBORTag, _: bool) -> object:
    if tag.tag != _EMBEDDED:
        raise _TagRefused(f"tag {tag.tag} has no place here")
    if not isinstance(tag.value, bytes):
        raise _TagRefused("tag 24 is not on a byte string")
    return Embedded(tag.value)


# cbor2 tells its reasons in words only; what none of them fits is plainly not CBOR.
_REASONS: Final = (
    ("Duplicate map key", "duplicate-key", "a map has a key twice"),
    ("nesting depth", "too-deep", "values stand too deep in one another"),
    ("indefinite length", "indefinite-length", "a length is not stated"),
)


def _malformed(error: BaseException, source: str) -> MalformedMdoc:
    chain: list[BaseException] = []
    step: BaseException | None = error
    while step is not None:
        chain.append(step)
        step = step.__cause__ or step.__context__
    for each in chain:
        if isinstance(each, _TagRefused):
            return MalformedMdoc(str(each), problem="tag", source=source)
        if isinstance(each, cbor2.CBORDecodeEOF):
            return MalformedMdoc("it ends too early", problem="truncated", source=source)
    told = " ".join(str(each) for each in chain if isinstance(each, cbor2.CBORError))
    for words, problem, message in _REASONS:
        if words in told:
            return MalformedMdoc(message, problem=problem, source=source)
    return MalformedMdoc("this is no CBOR", problem="cbor", source=source)
