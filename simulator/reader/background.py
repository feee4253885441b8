"""A private reader in the background: started, asked about and stopped from any terminal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Final

from jpki.errors import CardInUse, NoReaderService
from simulator.card.connection import SoftwareCard
from simulator.card.vpcd import DEFAULT_PORT
from simulator.reader.private import SOCKET_VARIABLE, InsertedCard, check_private
from simulator.reader.state import ReaderRecord, StateFolder, is_running

__all__ = ["BackgroundReader"]

_PATIENCE: Final = 15.0
_POLL: Final = 0.05
_KEEPER: Final = "simulator.reader.keeper"


class BackgroundReader:
    """The background reader of a state folder, running or not."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder

    def record(self) -> ReaderRecord | None:
        """Return what is known of it while it runs, ``None`` while it does not."""
        found = ReaderRecord.read(self._folder.record)
        return found if found is not None and found.alive else None

    @property
    def environment(self) -> dict[str, str]:
        """What a client program needs; ``NoReaderService`` while it does not run."""
        return {SOCKET_VARIABLE: self._required().socket}

    def start(self, *, slots: int = 2, port: int = DEFAULT_PORT) -> ReaderRecord:
        """Start it and return when its readers listen, on loopback alone.

        Raises ``CardInUse`` when it runs already, and what ``PrivateReader`` raises.
        """
        if self.record() is not None:
            raise CardInUse("the reader runs already", hint="jpki-sim reader status")
        command = [sys.executable, "-m", _KEEPER, str(self._folder.path), str(slots), str(port)]
        descriptor = os.open(self._folder.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as log:
            process = subprocess.Popen(  # noqa: S603  our own program, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _PATIENCE
        while True:
            record = self.record()
            if record is not None and record.pid == process.pid:
                check_private(record.daemon)
                return record
            if process.poll() is not None or time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    process.terminate()
                raise NoReaderService(f"the reader did not start: {self._last_words()}", hint="")
            time.sleep(_POLL)

    def stop(self) -> bool:
        """End it; return whether it ran. Only the very process that was started is ended."""
        record = self.record()
        if record is None:
            self._folder.record.unlink(missing_ok=True)
            return False
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(record.pid)
            try:
                # Between looking and opening the number could have changed hands.
                if is_running(record.pid, record.started):
                    signal.pidfd_send_signal(descriptor, signal.SIGTERM)
            finally:
                os.close(descriptor)
        deadline = time.monotonic() + _PATIENCE
        while is_running(record.pid, record.started):
            if time.monotonic() > deadline:
                raise NoReaderService("the reader does not stop", hint="see " + self._log_name())
            time.sleep(_POLL)
        return True

    def connect_card(self, card: SoftwareCard, *, slot: int) -> InsertedCard:
        """Put a card into a slot; ``CardInUse`` while another is in it."""
        self._required()
        message, descriptors, borrowed = self._asked(f"insert {slot}")
        if not descriptors:
            borrowed.close()
            raise CardInUse(message.removeprefix("error "), hint="")
        connected = socket.socket(fileno=descriptors[0])
        return InsertedCard(card, connected, on_gone=borrowed.close)

    def free_slot(self) -> int:
        """Return the first slot without a card; ``CardInUse`` when every slot has one."""
        slots = len(self._required().readers)
        message, _, asking = self._asked("taken")
        asking.close()
        taken = {int(number) for number in message.removeprefix("taken").split()}
        free = [slot for slot in range(slots) if slot not in taken]
        if not free:
            raise CardInUse(f"all {slots} slots hold a card", hint="jpki-sim card unplug NAME")
        return free[0]

    def _asked(self, request: str) -> tuple[str, list[int], socket.socket]:
        """Ask the keeper; a slot that it lends is lent while the returned socket is open."""
        asking = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            asking.settimeout(_PATIENCE)
            asking.connect(str(self._folder.keeper_socket))
            asking.send(request.encode())
            message, descriptors, _, _ = socket.recv_fds(asking, 256, 1)
        except OSError as error:
            asking.close()
            raise NoReaderService("the background reader does not answer") from error
        return message.decode(errors="replace"), descriptors, asking

    def _required(self) -> ReaderRecord:
        record = self.record()
        if record is None:
            raise NoReaderService("no reader runs in the background", hint="jpki-sim reader start")
        return record

    def _last_words(self) -> str:
        with suppress(OSError):
            said = self._folder.log.read_text(errors="replace").strip()
            return said[-500:] or "it said nothing"
        return "it said nothing"

    def _log_name(self) -> str:
        return str(self._folder.log)
