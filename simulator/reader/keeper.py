"""The process behind ``jpki-sim reader start``: it owns a private reader and lends its slots.

Run as ``python -m simulator.reader.keeper FOLDER SLOTS PORT``. Whoever wants a slot connects to the
keeper's socket, writes ``insert N`` and gets a connected socket to that slot; the slot is theirs
until they hang up. ``taken`` is answered with the slots that are lent. On SIGTERM it
ends pcscd, removes what it has made, and ends.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

from jpki.errors import JpkiError
from simulator.reader.private import NOTICED_AFTER, PrivateReader, reader_name
from simulator.reader.state import ReaderRecord, StateFolder, start_time

__all__ = ["main"]

_LOOK_EVERY: Final = 0.2
_LONGEST: Final = 64


class _Keeper:
    """Lends slots, each to one card at a time."""

    def __init__(self, reader: PrivateReader, listening: socket.socket) -> None:
        self._reader = reader
        self._listening = listening
        self._selector = selectors.DefaultSelector()
        self._selector.register(listening, selectors.EVENT_READ)
        self._lent: dict[int, socket.socket] = {}
        self._free_at: dict[int, float] = {}
        self.stopping = False

    def run(self) -> None:
        """Serve until told to stop or pcscd ends."""
        while not self.stopping and self._reader.running:
            for key, _ in self._selector.select(_LOOK_EVERY):
                if key.fileobj is self._listening:
                    borrower, _address = self._listening.accept()
                    self._selector.register(borrower, selectors.EVENT_READ)
                else:
                    assert isinstance(key.fileobj, socket.socket)  # noqa: S101  we registered it
                    self._hear(key.fileobj)

    def _hear(self, borrower: socket.socket) -> None:
        try:
            request = borrower.recv(_LONGEST)
        except OSError:
            request = b""
        if not request:
            self._hang_up(borrower)
            return
        with suppress(OSError):
            self._answer(borrower, request)

    def _answer(self, borrower: socket.socket, request: bytes) -> None:
        match request.decode("ascii", errors="replace").split():
            case ["taken"]:
                borrower.send(" ".join(["taken", *map(str, self._lent)]).encode())
            case ["insert", number] if number.isdecimal():
                self._lend(borrower, int(number))
            case _:
                borrower.send(b"error not understood")

    def _lend(self, borrower: socket.socket, slot: int) -> None:
        if slot in self._lent:
            borrower.send(b"error a card is in this slot already")
            return
        time.sleep(max(0.0, self._free_at.get(slot, 0.0) - time.monotonic()))
        try:
            connected = self._reader.dial(slot)
        except JpkiError as error:
            borrower.send(f"error {error}".encode())
            return
        with connected:
            socket.send_fds(borrower, [b"card"], [connected.fileno()])
        self._lent[slot] = borrower

    def _hang_up(self, borrower: socket.socket) -> None:
        self._selector.unregister(borrower)
        borrower.close()
        for slot, holder in list(self._lent.items()):
            if holder is borrower:
                del self._lent[slot]
                # pcscd must miss the card before another comes, or it takes two for one.
                self._free_at[slot] = time.monotonic() + NOTICED_AFTER


def main(arguments: list[str]) -> int:
    """Start the reader, leave word of it, and keep it until told to stop."""
    folder, slots, port = StateFolder(Path(arguments[0])), int(arguments[1]), int(arguments[2])
    try:
        return _keep(folder, slots, port)
    except JpkiError as error:
        sys.stderr.write(f"error [{error.code}]: {error}\n")
        return 4


def _keep(folder: StateFolder, slots: int, port: int) -> int:
    for left_over in (folder.keeper_socket, folder.client_socket, folder.record):
        left_over.unlink(missing_ok=True)
    with (
        PrivateReader(port=port, slots=slots, client_socket=folder.client_socket) as reader,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening,
    ):
        listening.bind(str(folder.keeper_socket))
        folder.keeper_socket.chmod(0o600)
        listening.listen()
        keeper = _Keeper(reader, listening)

        def stop(_number: int, _frame: FrameType | None) -> None:
            keeper.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _leave_word(folder, reader)
        try:
            keeper.run()
        finally:
            for path in (folder.record, folder.keeper_socket):
                path.unlink(missing_ok=True)
    return 0


def _leave_word(folder: StateFolder, reader: PrivateReader) -> None:
    pid = os.getpid()
    ReaderRecord(
        pid=pid,
        started=start_time(pid) or 0,
        daemon=reader.daemon,
        socket=str(folder.client_socket),
        readers=tuple(reader_name(slot) for slot in range(reader.slots)),
    ).write(folder.record)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
