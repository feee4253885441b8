"""What can be chosen when a file is signed, and what goes with what: tables and their checks.

A choice that a format does not have is refused by name, before a PIN is asked for. None is
overlooked, because a signature that lacks what was asked for looks like one that has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jpki.errors import MalformedDocument
from jpki.terms import Purpose

__all__ = [
    "KeyType",
    "Level",
    "SignatureFormat",
    "Stance",
    "box_of",
    "default_target",
    "level_of",
    "refuse_strangers",
]


class SignatureFormat(StrEnum):
    """What a signature looks like."""

    CMS = "cms"
    CMS_ATTACHED = "cms-attached"
    PDF = "pdf"
    XML = "xml"
    RAW = "raw"


class Level(StrEnum):
    """What a signature says besides the content."""

    PLAIN = "plain"
    B_B = "b-b"
    B_T = "b-t"
    B_LT = "b-lt"


class Stance(StrEnum):
    """Where a signature stands in an XML document (``jpki.xml_signing.XmlForm``)."""

    ENVELOPED = "enveloped"
    ENVELOPING = "enveloping"
    EGOV = "egov"


class KeyType(StrEnum):
    """Which key signs."""

    SIGN = "sign"
    AUTH = "auth"

    @property
    def purpose(self) -> Purpose:
        """The purpose of the key."""
        return Purpose.SIGNATURE if self is KeyType.SIGN else Purpose.USER_AUTHENTICATION


_LEVELS: Final[Mapping[SignatureFormat, tuple[Level, ...]]] = MappingProxyType(
    {
        SignatureFormat.CMS: tuple(Level),
        SignatureFormat.CMS_ATTACHED: tuple(Level),
        SignatureFormat.PDF: tuple(Level),
        SignatureFormat.XML: (Level.PLAIN, Level.B_B, Level.B_T),
        SignatureFormat.RAW: (),
    }
)
_TIMED: Final = frozenset({Level.B_T, Level.B_LT})
_PDF, _XML = frozenset({SignatureFormat.PDF}), frozenset({SignatureFormat.XML})
_FORMATS_OF: Final[Mapping[str, frozenset[SignatureFormat]]] = MappingProxyType(
    {
        "--field": _PDF,
        "--reason": _PDF,
        "--location": _PDF,
        "--visible": _PDF,
        "--text": _PDF,
        "--font": _PDF,
        "--certify": _PDF,
        "--form": _XML,
        "--file": _XML,
    }
)
_LEVELS_OF: Final[Mapping[str, frozenset[Level]]] = MappingProxyType(
    {
        "--tsa": _TIMED,
        "--crl": frozenset({Level.B_LT}),
        "--ocsp": frozenset({Level.B_LT}),
        "--cert": frozenset({Level.B_LT}),
    }
)
_NEEDS: Final[Mapping[str, str]] = MappingProxyType({"--text": "--visible", "--font": "--visible"})
_SUFFIXES: Final[Mapping[SignatureFormat, str]] = MappingProxyType(
    {
        SignatureFormat.CMS: ".p7s",
        SignatureFormat.CMS_ATTACHED: ".p7m",
        SignatureFormat.RAW: ".sig",
    }
)


def default_target(file: Path, output: SignatureFormat) -> Path:
    """Return where a signature goes: ``a.txt.p7s`` beside ``a.txt``, but ``a.signed.pdf``."""
    if output in _SUFFIXES:
        return file.with_name(file.name + _SUFFIXES[output])
    suffix = f".{output.value}"
    stem = file.stem if file.suffix.lower() == suffix else file.name
    return file.with_name(f"{stem}.signed{suffix}")


def level_of(
    asked: Level | None, output: SignatureFormat, stance: Stance | None = None
) -> Level | None:
    """Return the level that is meant; ``None`` for a format without levels.

    Left out it is b-b, in the form of e-Gov filings plain. Raises ``MalformedDocument`` for a level
    that the format does not have.
    """
    levels = _LEVELS[output]
    if asked is None:
        usual = Level.PLAIN if stance is Stance.EGOV else Level.B_B
        return usual if levels else None
    if asked not in levels:
        raise MalformedDocument(
            f"the format {output} has no level {asked}",
            source="--level",
            hint=f"its levels: {', '.join(levels)}" if levels else "leave --level out",
        )
    return asked


def refuse_strangers(given: Set[str], output: SignatureFormat, level: Level | None) -> None:
    """Raise ``MalformedDocument`` for an option that goes with another choice, or for one missing.

    ``given`` are the options that were given, by their names.
    """
    for option in sorted(given):
        formats = _FORMATS_OF.get(option, frozenset(SignatureFormat))
        if output not in formats:
            raise _stranger(option, "--format", formats)
        levels = _LEVELS_OF.get(option)
        if levels is not None and level not in levels:
            raise _stranger(option, "--level", levels)
        needed = _NEEDS.get(option)
        if needed is not None and needed not in given:
            raise MalformedDocument(f"goes with {needed}", source=option)
    if level in _TIMED and "--tsa" not in given:
        raise MalformedDocument(
            f"level {level} needs a timestamp authority",
            source="--tsa",
            hint="give its address: --tsa URL",
        )
    if level is Level.B_LT and not given & {"--crl", "--ocsp"}:
        raise MalformedDocument(
            f"level {level} needs evidence that the certificate was in effect",
            source="--crl",
            hint="give a revocation list (--crl) or an OCSP answer (--ocsp)",
        )


def _stranger(
    option: str, other: str, values: frozenset[SignatureFormat] | frozenset[Level]
) -> MalformedDocument:
    fitting = " or ".join(f"{other} {value}" for value in sorted(values))
    return MalformedDocument(f"goes with {fitting} only", source=option)


def box_of(visible: str) -> tuple[int, tuple[int, int, int, int]]:
    """Return page (from 0, or from the end when negative) and box of ``PAGE,L,B,R,T``.

    There the first page is 1 and the last -1. Raises ``MalformedDocument`` for anything else.
    """
    try:
        page, left, bottom, right, top = (int(part) for part in visible.split(","))
    except ValueError:
        page = left = bottom = right = top = 0
    if page == 0 or left >= right or bottom >= top:
        raise MalformedDocument(
            "not a page and a box on it",
            source="--visible",
            hint="PAGE,LEFT,BOTTOM,RIGHT,TOP in points (1/72 inch) from the lower left corner, "
            "page 1 the first, -1 the last, such as 1,350,60,540,120",
        )
    return page - 1 if page > 0 else page, (left, bottom, right, top)
