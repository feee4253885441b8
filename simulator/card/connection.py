"""The software card as a thing: it can be powered, pulled out and spoken to.

``SoftwareCard`` keeps the memory and the state that ``process`` works on; ``SoftwareConnection``
and ``SoftwareReader`` are the library's seam in front of it.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable

from jpki.card.apdu import CommandApdu, ResponseApdu, StatusWord
from jpki.errors import CardRemoved, MalformedApdu, NoCard
from simulator.card.memory import Memory, Volatile
from simulator.card.process import process

__all__ = ["SoftwareCard", "SoftwareConnection", "SoftwareReader"]


class _PulledOut(Exception):
    """The card lost power while it was writing."""


class SoftwareCard:
    """One card. It answers any bytes, and only one command at a time.

    ``on_memory_change`` is called with the new memory before the answer leaves, and before a PIN
    is compared once its counter is down: whoever keeps the memory keeps the card honest. If it
    raises, the command gets no answer.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        on_memory_change: Callable[[Memory], None] | None = None,
        chance: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._memory = memory
        self._volatile = Volatile()
        self._on_memory_change = on_memory_change
        self._chance = chance
        self._present = True
        self._pull_out_during: int | None = None
        self._chosen_answers: list[int] = []
        self._lock = threading.RLock()

    @property
    def memory(self) -> Memory:
        """What the card holds now."""
        return self._memory

    @property
    def on_memory_change(self) -> Callable[[Memory], None] | None:
        """What is called with the new memory before an answer leaves."""
        return self._on_memory_change

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._memory.behaviour.atr

    @property
    def present(self) -> bool:
        """Whether the card is in its reader."""
        return self._present

    # power

    def power_on(self) -> None:
        """Start from nothing: the security domain selected, no PIN presented."""
        self._forget()

    def power_off(self) -> None:
        """Lose everything but the memory."""
        self._forget()

    def reset(self) -> None:
        """Lose everything but the memory, and stay powered."""
        self._forget()

    def _forget(self) -> None:
        with self._lock:
            self._volatile = Volatile()

    # what people do to cards

    def remove(self) -> None:
        """Pull the card out. Whoever speaks to it gets ``CardRemoved`` until it is put back."""
        with self._lock:
            self._present = False
            self._forget()

    def insert(self) -> None:
        """Put the card back in."""
        with self._lock:
            self._forget()
            self._present = True

    def remove_during(self, ins: int) -> None:
        """Pull the card out in the middle of the next command with this instruction.

        The card loses power at its first write to memory, or just before the answer when it
        writes nothing: a counter that was taken down stays down.
        """
        self._pull_out_during = ins

    def answer_next(self, sw: int) -> None:
        """Let the card answer the next command with this status word and do nothing."""
        self._chosen_answers.append(sw)

    # speaking

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU; bytes that are none get 6700. ``CardRemoved`` when it is out."""
        with self._lock:
            if not self._present:
                raise CardRemoved("there is no card any more")
            if self._chosen_answers:
                return bytes(ResponseApdu(b"", self._chosen_answers.pop(0)))
            try:
                parsed = CommandApdu.parse(command)
            except MalformedApdu:
                return bytes(ResponseApdu(b"", StatusWord.WRONG_LENGTH))
            if self._pull_out_during == parsed.ins:
                self._tear(parsed)
            return bytes(self._answer(parsed, self._commit))

    def _answer(self, command: CommandApdu, commit: Callable[[Memory], None]) -> ResponseApdu:
        self._memory, self._volatile, response = process(
            self._memory, self._volatile, command, commit=commit, chance=self._chance
        )
        return response

    def _commit(self, memory: Memory) -> None:
        """Keep the memory before anything else happens."""
        if self._on_memory_change is not None:
            self._on_memory_change(memory)
        self._memory = memory

    def _tear(self, command: CommandApdu) -> None:
        def commit_and_lose_power(memory: Memory) -> None:
            self._commit(memory)
            raise _PulledOut

        self._pull_out_during = None
        with contextlib.suppress(_PulledOut):  # the write is done, and nothing after it
            self._answer(command, commit_and_lose_power)
        self.remove()
        raise CardRemoved("the card was pulled out during a command")


class SoftwareConnection:
    """A connection to a software card in this process. It powers the card on."""

    def __init__(self, card: SoftwareCard) -> None:
        if not card.present:
            raise NoCard("the card is not in its reader")
        self._card = card
        card.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU and return the response APDU."""
        return self._card.transmit(command)


class SoftwareReader:
    """A reader in this process that holds one software card, or none."""

    def __init__(self, card: SoftwareCard | None = None, *, name: str = "software reader") -> None:
        self.card = card
        self._name = name

    @property
    def name(self) -> str:
        """The reader's name."""
        return self._name

    def connect(self) -> SoftwareConnection:
        """Power the card and return a connection; ``NoCard`` when the reader is empty."""
        if self.card is None:
            raise NoCard(f"{self._name} is empty")
        return SoftwareConnection(self.card)
