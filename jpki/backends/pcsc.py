"""Readers by PC/SC: the one module that talks to pyscard.

It uses pyscard's plain functions with a context of its own for each connection, because pyscard's
own shared context does not survive a restart of the service.
"""

from __future__ import annotations

import importlib
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from jpki.backends import foreign_names
from jpki.errors import (
    CardError,
    CardInUse,
    CardRemoved,
    JpkiError,
    MissingExtra,
    NoCard,
    NoReader,
    NoReaderService,
    UnsupportedCard,
)

__all__ = [
    "PcscConnection",
    "PcscReader",
    "ReaderState",
    "find_reader",
    "readers",
    "wait_for_reader_with_card",
]

_PATIENCE: Final = 5.0
_POLL: Final = 0.05
_TELL_EVERY: Final = 1.0

# PC/SC part 5 return codes (winscard.h). The error at the door, and while a card is in use where
# that is another one: a reader that vanishes has taken the card with it.
_SUCCESS: Final = 0
_NO_READERS: Final = 0x8010002E
_SHARING_VIOLATION: Final = 0x8010000B
_TIMEOUT: Final = 0x8010000A


_NO_DRIVER: Final = (
    "connect a reader; if one is connected, install its driver (Debian: libccid, or the maker's) "
    "and restart pcscd"
)
_NOT_ALLOWED: Final = (
    "the system's rules do not let this user speak to cards; with polkit, allow "
    "org.debian.pcsc-lite.access_card, or run from a local session"
)
_MUTE: Final = "take the card out, clean its contacts, check which side is up, and put it back"
_RESTART: Final = "restart the smart card service (systemctl restart pcscd)"


@dataclass(frozen=True, slots=True)
class _Failure:
    what: str
    error: type[CardError]
    in_use: type[CardError] | None = None
    cure: str | None = None


_FAILURES: Final = {
    0x80100001: _Failure(  # F_INTERNAL_ERROR
        "the PC/SC library failed", NoReaderService, cure=_RESTART
    ),
    0x80100003: _Failure("the connection is closed", CardError, CardRemoved),  # E_INVALID_HANDLE
    0x80100009: _Failure("there is no such reader", NoReader, CardRemoved),  # E_UNKNOWN_READER
    _SHARING_VIOLATION: _Failure("another program holds the card", CardInUse),
    0x8010000C: _Failure("the reader is empty", NoCard, CardRemoved),  # E_NO_SMARTCARD
    0x8010000D: _Failure("the card is not known", UnsupportedCard),  # E_UNKNOWN_CARD
    0x8010000F: _Failure("the card speaks no usable protocol", UnsupportedCard),  # E_PROTO_MISMATCH
    0x80100010: _Failure("the card is not ready", NoCard, CardRemoved),  # E_NOT_READY
    0x80100012: _Failure("the service is stopping", NoReaderService, cure=_RESTART),
    0x80100013: _Failure("communication failed", NoReaderService, CardRemoved),  # F_COMM_ERROR
    0x80100016: _Failure("the exchange broke off", CardRemoved),  # E_NOT_TRANSACTED
    0x80100017: _Failure("the reader is not available", NoReader, CardRemoved),
    0x8010001A: _Failure("the reader cannot do this", NoReader),  # E_READER_UNSUPPORTED
    0x8010001C: _Failure("the card is not supported", UnsupportedCard),  # E_CARD_UNSUPPORTED
    0x8010001D: _Failure("the smart card service does not answer", NoReaderService),
    0x8010001E: _Failure("the smart card service has stopped", NoReaderService),
    _NO_READERS: _Failure("there is no reader", NoReader, CardRemoved, cure=_NO_DRIVER),
    0x8010002F: _Failure("the reader lost the card", CardRemoved),  # E_COMM_DATA_LOST
    0x80100065: _Failure("the card speaks another protocol", UnsupportedCard),
    0x80100066: _Failure(  # W_UNRESPONSIVE_CARD
        "the card does not answer", UnsupportedCard, cure=_MUTE
    ),
    0x80100067: _Failure("the card has no power", CardRemoved),  # W_UNPOWERED_CARD
    0x80100068: _Failure("the card was reset", CardRemoved),  # W_RESET_CARD
    0x80100069: _Failure("the card was removed", CardRemoved),  # W_REMOVED_CARD
    0x8010006A: _Failure(  # W_SECURITY_VIOLATION
        "the service refuses access to the card", CardInUse, cure=_NOT_ALLOWED
    ),
}


def _failure(code: int, *, in_use: bool = False) -> CardError:
    """Return the error for a PC/SC return code: the one place where the two meet."""
    row = _FAILURES.get(code & 0xFFFFFFFF)
    if row is None:
        return CardError(f"PC/SC failed with {code & 0xFFFFFFFF:08X}")
    error = row.in_use if in_use and row.in_use is not None else row.error
    # Once the card is in use, what to do about a card that is gone is to put it back.
    cure = row.cure if error is row.error else None
    return error(f"{row.what} (PC/SC {code & 0xFFFFFFFF:08X})", hint=cure)


def _scard() -> Any:
    """Return pyscard's module of plain functions."""
    try:
        return importlib.import_module("smartcard.scard")
    except ImportError as error:
        raise MissingExtra("pyscard", extra="pcsc") from error


class _Context:
    """A connection to the PC/SC service; a context manager."""

    def __init__(self) -> None:
        self.scard = _scard()
        code, self.handle = self.scard.SCardEstablishContext(self.scard.SCARD_SCOPE_USER)
        if code != _SUCCESS:
            raise _failure(code)

    def close(self) -> None:
        self.scard.SCardReleaseContext(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def readers() -> tuple[PcscReader, ...]:
    """Return the readers of this machine, perhaps none; ``NoReaderService`` without a service."""
    with _Context() as context:
        code, names = context.scard.SCardListReaders(context.handle, [])
    if code & 0xFFFFFFFF == _NO_READERS:
        return ()
    if code != _SUCCESS:
        raise _failure(code)
    return tuple(PcscReader(name) for name in names)


def find_reader(name: str | None = None) -> PcscReader:
    """Return the reader with this name, or whose name alone contains it.

    Without a name it is the only reader, or the only one that holds a card. Raises ``NoReader``
    when there is none or the choice is open, and ``NoCard`` when all of several are empty.
    """
    found = readers()
    if not found:
        raise NoReader("there is no reader", hint=_NO_DRIVER)
    if name is None:
        return _only_reader_with_card(found)
    wanted = _comparable(name)
    matching = [reader for reader in found if _comparable(reader.name) == wanted]
    matching = matching or [reader for reader in found if wanted in _comparable(reader.name)]
    if len(matching) != 1:
        names = ", ".join(reader.name for reader in found)
        fault = "no reader has that name" if not matching else "several readers have that name"
        raise NoReader(fault, hint=f"one of: {names}")
    return matching[0]


def wait_for_reader_with_card(
    name: str | None = None,
    *,
    timeout: float,
    on_wait: Callable[[float], None] | None = None,
) -> PcscReader:
    """Return the reader of ``find_reader`` once it holds a card, waiting so many seconds.

    Readers that are connected meanwhile count. ``on_wait`` is told about once a second how many
    seconds are left. Raises what ``find_reader`` raises, or ``NoCard``, when the time is over.
    """
    deadline = time.monotonic() + timeout
    told = float("inf")
    while True:
        try:
            reader = find_reader(name)
            if reader.card_present():
                return reader
            error: CardError = NoCard(f"{reader.name} is empty")
        except (NoCard, NoReader) as raised:
            error = raised
        left = deadline - time.monotonic()
        if left <= 0:
            raise error
        if on_wait is not None and told - left >= _TELL_EVERY:
            told = left
            on_wait(left)
        time.sleep(min(_POLL, left))


def _comparable(name: str) -> str:
    """Return a name for comparing: what people type and what systems keep differ in form.

    macOS decomposes kana with marks, and a terminal may send full-width letters.
    """
    return unicodedata.normalize("NFKC", name).casefold()


def _only_reader_with_card(found: tuple[PcscReader, ...]) -> PcscReader:
    if len(found) == 1:
        return found[0]
    occupied = [reader for reader in found if reader.card_present()]
    match occupied:
        case [only]:
            return only
        case []:
            raise NoCard("all readers are empty")
        case _:
            names = ", ".join(reader.name for reader in occupied)
            raise NoReader("several readers hold a card", hint=f"name one of: {names}")


@dataclass(frozen=True, slots=True)
class ReaderState:
    """What the service says about a reader without touching its card.

    ``mute``: there is a card and it does not answer. ``exclusive``: another program holds the card
    for itself; ``in_use``: another program is connected.
    """

    present: bool
    mute: bool
    exclusive: bool
    in_use: bool
    atr: bytes


@dataclass(frozen=True, slots=True)
class PcscReader:
    """A reader by its PC/SC name."""

    name: str

    def connect(self) -> PcscConnection:
        """Connect to the card; use the connection as a context manager."""
        return PcscConnection(self.name)

    def card_present(self) -> bool:
        """Return whether the reader holds a card."""
        with _Context() as context:
            return bool(_state(context, self.name)[0] & context.scard.SCARD_STATE_PRESENT)

    def state(self) -> ReaderState:
        """Return what the service says about the reader and its card."""
        with _Context() as context:
            flags, atr = _state(context, self.name)
            scard = context.scard
            return ReaderState(
                present=bool(flags & scard.SCARD_STATE_PRESENT),
                mute=bool(flags & scard.SCARD_STATE_MUTE),
                exclusive=bool(flags & scard.SCARD_STATE_EXCLUSIVE),
                in_use=bool(flags & scard.SCARD_STATE_INUSE),
                atr=atr,
            )

    def wait_for_card(self, timeout: float) -> None:
        """Wait until the reader holds a card; ``NoCard`` when it does not in so many seconds."""
        self._wait(timeout, present=True)

    def wait_until_empty(self, timeout: float) -> None:
        """Wait until the reader is empty; ``CardInUse`` when it is not in so many seconds."""
        self._wait(timeout, present=False)

    def _wait(self, timeout: float, *, present: bool) -> None:
        deadline = time.monotonic() + timeout
        with _Context() as context:
            flag = context.scard.SCARD_STATE_PRESENT
            while bool(_state(context, self.name)[0] & flag) is not present:
                if time.monotonic() >= deadline:
                    raise NoCard("no card came") if present else CardInUse("the card stays")
                time.sleep(_POLL)


def _state(context: _Context, name: str) -> tuple[int, bytes]:
    """Return the event state of a reader and the ATR of its card."""
    scard = context.scard
    if name.isascii():
        code, states = scard.SCardGetStatusChange(
            context.handle, 0, [(name, scard.SCARD_STATE_UNAWARE)]
        )
        flags, atr = (int(states[0][1]), bytes(states[0][2])) if states else (0, b"")
    else:
        code, flags, atr = foreign_names.state(context.handle, name, 0)
    if code & 0xFFFFFFFF not in (_SUCCESS, _TIMEOUT):
        raise _failure(code)
    return flags, atr


def _connect(context: _Context, name: str, share: int, protocols: int) -> tuple[int, int, int]:
    if not name.isascii():
        return foreign_names.connect(context.handle, name, share, protocols)
    code, card, protocol = context.scard.SCardConnect(context.handle, name, share, protocols)
    return code, card, protocol


@dataclass(frozen=True, slots=True)
class _Opened:
    """A card in a transaction of ours."""

    context: _Context
    card: int
    framing: int

    def close(self, disposition: int) -> None:
        """End the transaction, let go of the card and leave the service."""
        scard = self.context.scard
        scard.SCardEndTransaction(self.card, scard.SCARD_LEAVE_CARD)
        scard.SCardDisconnect(self.card, disposition)
        self.context.close()


def _open(reader_name: str) -> _Opened:
    """Connect and begin a transaction; waits for ever while another program is in one."""
    context = _Context()
    scard = context.scard
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    code, card, protocol = _connect(context, reader_name, scard.SCARD_SHARE_SHARED, protocols)
    if code != _SUCCESS:
        context.close()
        raise _failure(code)
    t1 = protocol == scard.SCARD_PROTOCOL_T1
    opened = _Opened(context, card, scard.SCARD_PCI_T1 if t1 else scard.SCARD_PCI_T0)
    code = scard.SCardBeginTransaction(card)
    if code != _SUCCESS:
        opened.close(scard.SCARD_LEAVE_CARD)
        raise _failure(code)
    return opened


class _Attempt:
    """Opening a card in a thread of its own, so that waiting for it can end.

    PC/SC can neither try without waiting nor be interrupted. An attempt that nobody waits for any
    more lets go of the card as soon as it gets it.
    """

    def __init__(self, reader_name: str) -> None:
        self._reader_name = reader_name
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._abandoned = False
        self._opened: _Opened | None = None
        self._error: JpkiError | None = None

    def _run(self) -> None:
        opened, error = None, None
        try:
            opened = _open(self._reader_name)
        except JpkiError as raised:
            error = raised
        with self._lock:
            self._opened, self._error = opened, error
            if self._abandoned and opened is not None:
                opened.close(opened.context.scard.SCARD_LEAVE_CARD)
        self._done.set()

    def wait(self, patience: float) -> _Opened:
        """Return the opened card, or raise why not; ``CardInUse`` when it takes too long."""
        threading.Thread(target=self._run, name="pcsc", daemon=True).start()
        self._done.wait(patience)
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._opened is None:
                self._abandoned = True
                raise _failure(_SHARING_VIOLATION)
            return self._opened


class PcscConnection:
    """A card in a PC/SC reader, held in an exclusive transaction until it is closed.

    Closing resets the card, so that a PIN presented here opens nothing for the next program;
    ``reset_on_close=False`` leaves it as it is. ``CardInUse`` when another program does not let go
    within ``patience`` seconds.
    """

    def __init__(
        self, reader_name: str, *, reset_on_close: bool = True, patience: float = _PATIENCE
    ) -> None:
        _scard()  # a missing extra is told before a thread is started
        self._reset_on_close = reset_on_close
        self._opened: _Opened | None = _Attempt(reader_name).wait(patience)

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU and return the response APDU."""
        if self._opened is None:
            raise CardRemoved("the connection is closed")
        scard = self._opened.context.scard
        code, response = scard.SCardTransmit(self._opened.card, self._opened.framing, list(command))
        if code != _SUCCESS:
            raise _failure(code, in_use=True)
        if len(response) < 2:
            # Some drivers call it success when the card leaves before it has answered.
            raise CardRemoved("the card gave no answer")
        return bytes(byte & 0xFF for byte in response)

    def close(self) -> None:
        """End the transaction, let go of the card and forget it. Doing it twice is harmless."""
        if self._opened is None:
            return
        scard = self._opened.context.scard
        self._opened.close(
            scard.SCARD_RESET_CARD if self._reset_on_close else scard.SCARD_LEAVE_CARD
        )
        self._opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
