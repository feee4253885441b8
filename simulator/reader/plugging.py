"""Keeping a card plugged in: in its slot or out of it, until somebody says stop."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final

from jpki.errors import CardError, CardInUse, NoCard
from simulator.card.connection import SoftwareCard
from simulator.card.vpcd import DEFAULT_PORT, Departure, dial
from simulator.reader.private import (
    NOTICED_AFTER,
    READER_NAME,
    SOCKET_VARIABLE,
    InsertedCard,
    PrivateReader,
    exposed_listeners,
)

__all__ = ["PluggedCard", "plug", "stop_on_signals", "system_slot"]

_CHECK_EVERY: Final = 0.1


class PluggedCard:
    """A card and the slot that it belongs to. It can be taken out and put back in.

    ``connect`` puts the card into the slot. What is told here is what a person at the reader sees.
    """

    def __init__(
        self,
        card: SoftwareCard,
        connect: Callable[[SoftwareCard], InsertedCard],
        *,
        reader: str,
        label: str = "",
    ) -> None:
        self._card = card
        self._connect = connect
        self._reader = reader
        self._label = label
        self._inserted: InsertedCard | None = None
        self._left_at = float("-inf")
        self._lock = threading.RLock()

    @property
    def status(self) -> Mapping[str, object]:
        """What it is, where it belongs and whether it is there."""
        with self._lock:
            inside = self._inserted is not None and self._inserted.departure is None
            return {"card": self._label, "reader": self._reader, "inserted": inside}

    def insert(self) -> None:
        """Put the card in and wait until the reader has it; ``CardInUse`` when it is in."""
        with self._lock:
            if self._inserted is not None:
                raise CardInUse("the card is in the reader already", hint="")
            # pcscd must have looked in between, or it takes the card for one that never left.
            time.sleep(max(0.0, self._left_at + NOTICED_AFTER - time.monotonic()))
            self._card.insert()
            inserted = self._connect(self._card)
            try:
                inserted.wait_until_present()
            except BaseException:
                inserted.pull_out()
                raise
            self._inserted = inserted

    def remove(self) -> None:
        """Take the card out; ``NoCard`` when it is out."""
        with self._lock:
            if self._inserted is None:
                raise NoCard("the card is out already", hint="")
            self._take_out()

    def power_cycle(self) -> None:
        """Take the card out and put it back, so that every program notices."""
        with self._lock:
            self.remove()
            self.insert()

    def pull_out(self) -> None:
        """Take the card out if it is in."""
        with self._lock:
            if self._inserted is not None:
                self._take_out()

    def _take_out(self) -> None:
        assert self._inserted is not None  # noqa: S101  the callers have looked
        self._inserted.pull_out()
        self._inserted = None
        self._left_at = time.monotonic()

    def tend(self) -> Departure | None:
        """Look after the card; return why it left for good, or ``None``.

        A card whose answer was lost is put back in; one that was pulled stays out.
        """
        with self._lock:
            departure = None if self._inserted is None else self._inserted.departure
            if departure is None:
                return None
            self._take_out()
            if departure is Departure.READER_GONE:
                return departure
            if self._card.present:
                self.insert()
            return None if self._card.present else Departure.CARD_REMOVED

    def keep(
        self, stop: threading.Event, *, reader_runs: Callable[[], bool] | None = None
    ) -> Departure:
        """Stay until ``stop`` is set or the card or the reader goes, and leave the slot empty.

        With ``reader_runs`` a pulled card does not end it: it waits outside, while the reader
        runs, until it is inserted again.
        """
        try:
            while not stop.wait(_CHECK_EVERY):
                departure = self.tend()
                if reader_runs is not None and not reader_runs():
                    return Departure.READER_GONE
                if departure is Departure.READER_GONE or (departure and reader_runs is None):
                    return departure
            return Departure.STOPPED
        finally:
            self.pull_out()


def plug(
    card: SoftwareCard,
    *,
    announce: Callable[[str], None],
    stop: threading.Event,
    port: int = DEFAULT_PORT,
    private_reader: bool = True,
    accept_exposed_reader: bool = False,
) -> Departure:
    """Put a card into a reader and stay until ``stop`` is set or the card or reader goes.

    With ``private_reader`` it starts a reader of its own; otherwise it uses the pcscd that runs on
    this machine, and refuses when its virtual reader is offered to the network, unless
    ``accept_exposed_reader``.
    """
    if not private_reader:
        slot = system_slot(port, announce=announce, accept_exposed_reader=accept_exposed_reader)
        return _kept(PluggedCard(card, slot, reader="system"), announce, stop)
    with PrivateReader(port=port) as reader:
        # A program needs nothing but this. The rest of ``reader.environment`` keeps OpenSC's own
        # settings and caches apart, which tests want and a person's shell does not.
        announce(f"export {SOCKET_VARIABLE}={reader.environment[SOCKET_VARIABLE]}")
        return _kept(PluggedCard(card, reader.connect_card, reader=READER_NAME), announce, stop)


def _kept(
    plugged: PluggedCard, announce: Callable[[str], None], stop: threading.Event
) -> Departure:
    plugged.insert()
    announce(f"card inserted into {plugged.status['reader']}")
    return plugged.keep(stop)


def system_slot(
    port: int, *, announce: Callable[[str], None], accept_exposed_reader: bool
) -> Callable[[SoftwareCard], InsertedCard]:
    """Return what puts a card into the virtual reader of this machine's own pcscd.

    Raises ``CardError`` when the network can reach that reader and nobody has accepted it.
    """
    exposed = exposed_listeners(port)
    if exposed and not accept_exposed_reader:
        raise CardError(
            f"the virtual reader on port {port} listens on {', '.join(exposed)}: "
            "anybody on the network could play a card to this machine",
            hint="use a private reader, close the port with a firewall, or accept it explicitly",
        )
    if exposed:
        announce(f"warning: port {port} is open to the network ({', '.join(exposed)})")
    return lambda card: InsertedCard(card, dial("127.0.0.1", port, stop_event=threading.Event()))


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set ``stop`` on SIGINT and SIGTERM while inside; only in the main thread."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
