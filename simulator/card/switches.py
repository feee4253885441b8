"""The open answers of a card, set by name: ``blocked=6983``, ``copies_share_counter=yes``.

The names are the fields of ``CardBehaviour``, which says what each is and how well it is known.
Status words are four hexadecimal digits, numbers decimal or ``0x…``, and ``none`` stands for an
answer that is not a status word of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import partial
from types import MappingProxyType
from typing import Final

from jpki.card.apdu import MAX_EXTENDED_LE, StatusWord
from jpki.errors import MalformedDocument
from simulator.card.behaviour import CardBehaviour, FileControlInformation

__all__ = ["SWITCHES", "settings_of", "switched"]

_SOURCE: Final = "card behaviour"
_LARGEST_FILE: Final = 0x8000  # READ BINARY has a 15-bit offset
_LONGEST_SALT: Final = 256 - 32 - 2  # RFC 8017 §9.1.1 for RSA-2048 and SHA-256
# An ATR is TS, T0 and at most 31 bytes more (ISO/IEC 7816-3 §8.2).
_ATR: Final = range(2, 34)
_RANGES: Final[Mapping[str, range]] = MappingProxyType(
    {
        "filler": range(0x100),
        "certificate_file_size": range(_LARGEST_FILE + 1),
        "longest_answer": range(1, MAX_EXTENDED_LE + 1),
        "object_file_block": range(1, _LARGEST_FILE + 1),
        "pss_salt_length": range(_LONGEST_SALT + 1),
    }
)
_STATUS: Final = re.compile("[0-9A-Fa-f]{4}")
_WORDS: Final[Mapping[str, bool]] = MappingProxyType({"yes": True, "no": False})
_ABSENT: Final = frozenset({"query_when_verified", "change_with_old_value"})


def switched(behaviour: CardBehaviour, settings: Iterable[str]) -> CardBehaviour:
    """Return a behaviour with some answers set, each as ``NAME=VALUE``.

    Raises ``MalformedDocument`` for a name that is none, or a value that does not fit.
    """
    changed: dict[str, object] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        read = SWITCHES.get(name)
        if not equals or read is None:
            raise MalformedDocument(
                f"{setting!r} sets no answer of the card",
                source=_SOURCE,
                hint="NAME=VALUE, the name one of: " + ", ".join(SWITCHES),
            )
        changed[name] = read(value)
    return replace(behaviour, **changed)  # type: ignore[arg-type]  # each reader fits its field


def settings_of(behaviour: CardBehaviour) -> dict[str, str]:
    """Return every answer as ``switched`` reads it."""
    return {name: _written(name, getattr(behaviour, name)) for name in SWITCHES}


def _written(name: str, value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int() if name not in _RANGES:
            return f"{value:04X}"
        case bytes():
            return value.hex().upper()
        case FileControlInformation():
            return value.value
        case _:
            return str(value)


def _refused(name: str, value: str, wanted: str) -> MalformedDocument:
    return MalformedDocument(f"{value!r} is no value of {name}", source=_SOURCE, hint=wanted)


def _status(name: str, value: str) -> int | None:
    if value == "none" and name in _ABSENT:
        return None
    if _STATUS.fullmatch(value):
        return int(value, 16)
    more = ", or none" if name in _ABSENT else ""
    raise _refused(name, value, f"a status word: four hexadecimal digits{more}")


def _number(name: str, value: str) -> int:
    allowed = _RANGES[name]
    try:
        if (number := int(value, 0)) in allowed:
            return number
    except ValueError:
        pass
    raise _refused(name, value, f"a number from {allowed.start} to {allowed.stop - 1}")


def _yes_or_no(name: str, value: str) -> bool:
    if value not in _WORDS:
        raise _refused(name, value, "yes or no")
    return _WORDS[value]


def _octets(name: str, value: str) -> bytes:
    try:
        octets = bytes.fromhex(value)
    except ValueError:
        octets = b""
    if len(octets) not in _ATR:
        raise _refused(name, value, "an ATR: 2 to 33 bytes in hexadecimal")
    return octets


def _information(name: str, value: str) -> FileControlInformation:
    try:
        return FileControlInformation(value)
    except ValueError:
        raise _refused(
            name, value, "one of: " + ", ".join(kind.value for kind in FileControlInformation)
        ) from None


def _reader(name: str, default: object) -> Callable[[str], object]:
    match default:
        case bool():
            return partial(_yes_or_no, name)
        case None | StatusWord():
            return partial(_status, name)
        case int():
            return partial(_number, name)
        case bytes():
            return partial(_octets, name)
        case _:
            return partial(_information, name)


SWITCHES: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {row.name: _reader(row.name, row.default) for row in fields(CardBehaviour)}
)
