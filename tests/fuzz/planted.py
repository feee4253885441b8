"""Targets with known faults, to show that a session finds them and says so."""

from __future__ import annotations

from jpki.errors import MalformedDocument
from tests.fuzz.target import Target

__all__ = ["TARGETS"]


def _refuses(data: bytes) -> None:
    raise MalformedDocument("never right")


def _crashes(data: bytes) -> None:
    if data.startswith(b"!"):
        raise ValueError("planted")


def _grows(data: bytes) -> None:
    if data.startswith(b"!"):
        bytearray(b"\1") * (1 << 30)


def _seeds() -> list[bytes]:
    return [b"?", b"!"]


_ROWS = (
    Target("refuses", _refuses, _seeds),
    Target("refuses, and should not", _refuses, _seeds, never_raises=True),
    Target("crashes", _crashes, _seeds),
    Target("grows", _grows, _seeds),
)
TARGETS = {row.name: row for row in _ROWS}
