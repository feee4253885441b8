"""What a decoded value has to look like: members of maps by key and type, named when they differ.

Values are never in an error: they may be somebody's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

from jpki.errors import MalformedMdoc
from jpki.mdoc.cbor import DateAndTime, Embedded, FullDate

__all__ = ["as_kind", "instant", "member", "optional", "wrong_shape"]

_T = TypeVar("_T")

# ISO/IEC 18013-5 §7.2.1: no fractions of a second, and in UTC.
_TDATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_NAMES: Final = {
    dict: "a map",
    list: "an array",
    bytes: "a byte string",
    str: "a text",
    int: "a number",
    Embedded: "embedded CBOR (tag 24)",
    DateAndTime: "a date and time (tag 0)",
    FullDate: "a full date (tag 1004)",
}


def wrong_shape(message: str, where: str) -> MalformedMdoc:
    """Return the error for a value that is CBOR, but not what should stand there."""
    return MalformedMdoc(message, problem="shape", source=where)


def as_kind(value: object, kind: type[_T], where: str) -> _T:
    """Return the value as what it should be; a truth value is not a number."""
    if type(value) is not kind:
        raise wrong_shape(f"this should be {_NAMES[kind]}", where)
    return value


def member(table: Mapping[object, object], key: object, kind: type[_T], where: str) -> _T:
    """Return a member of a map; ``MalformedMdoc`` when it is missing or something else."""
    if key not in table:
        raise wrong_shape(f"{key!r} is missing", where)
    return as_kind(table[key], kind, f"{where}.{key}")


def optional(table: Mapping[object, object], key: object, kind: type[_T], where: str) -> _T | None:
    """Return a member of a map that may be missing."""
    return member(table, key, kind, where) if key in table else None


def instant(table: Mapping[object, object], key: str, where: str) -> datetime:
    """Return an instant written as a *tdate*: UTC, to the second."""
    text = member(table, key, DateAndTime, where).text
    if _TDATE.fullmatch(text) is None:
        raise wrong_shape("this is no instant in UTC to the second", f"{where}.{key}")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong_shape("there is no such instant", f"{where}.{key}") from None
