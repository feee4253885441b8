"""Readers whose names are not ASCII, such as those with Japanese text.

pyscard reads any name but encodes the names it is given as ASCII, so it cannot speak to a reader
that it has itself listed. For such names alone the two functions that take one are called in the
PC/SC library directly, on pyscard's own context. PC/SC Lite on Linux; elsewhere the reader has to
be renamed.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Final

from jpki.errors import NoReader

__all__ = ["connect", "state"]

_LIBRARY: Final = "libpcsclite.so.1"
_LONGEST_ATR: Final = 33  # MAX_ATR_SIZE of pcsclite.h


class _ReaderState(ctypes.Structure):
    """SCARD_READERSTATE of PC/SC Lite, where a DWORD is an unsigned long."""

    _fields_ = (
        ("reader", ctypes.c_char_p),
        ("user_data", ctypes.c_void_p),
        ("current_state", ctypes.c_ulong),
        ("event_state", ctypes.c_ulong),
        ("atr_length", ctypes.c_ulong),
        ("atr", ctypes.c_ubyte * _LONGEST_ATR),
    )


def connect(context: int, name: str, share: int, protocols: int) -> tuple[int, int, int]:
    """SCardConnect: return the code, the card's handle and the protocol."""
    card, protocol = ctypes.c_long(), ctypes.c_ulong()
    code = _library().SCardConnect(
        ctypes.c_long(context),
        name.encode(),
        ctypes.c_ulong(share),
        ctypes.c_ulong(protocols),
        ctypes.byref(card),
        ctypes.byref(protocol),
    )
    return code, card.value, protocol.value


def state(context: int, name: str, timeout: int) -> tuple[int, int, bytes]:
    """SCardGetStatusChange from UNAWARE: return the code, the event state and the ATR."""
    asked = _ReaderState(name.encode(), None, 0, 0, 0)
    code = _library().SCardGetStatusChange(
        ctypes.c_long(context), ctypes.c_ulong(timeout), ctypes.byref(asked), ctypes.c_ulong(1)
    )
    return code, asked.event_state, bytes(asked.atr[: min(asked.atr_length, _LONGEST_ATR)])


def _library() -> Any:
    if not sys.platform.startswith("linux"):
        raise NoReader(
            "pyscard cannot speak to a reader whose name is not plain ASCII",
            hint="give the reader another name in the system's settings",
        )
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise NoReader(f"{_LIBRARY} cannot be loaded", hint="apt-get install libpcsclite1") from (
            error
        )
    for function in (library.SCardConnect, library.SCardGetStatusChange):
        function.restype = ctypes.c_long
    return library
