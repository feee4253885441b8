"""One command being answered: what a handler gets, what it may do, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from jpki.card.apdu import CommandApdu, StatusWord
from jpki.card.layout import Access, Application, ElementaryFile, FileKind
from simulator.card.behaviour import CardBehaviour
from simulator.card.memory import ApplicationMemory, Memory, PinState, Volatile

__all__ = ["Handler", "Instruction", "Refusal", "Target", "Turn", "fid_of"]


class Refusal(Exception):
    """The card refuses with this status word; it never leaves ``process``."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class Turn:
    """One command being answered: what the card knows now, and how it remembers more."""

    def __init__(
        self,
        memory: Memory,
        volatile: Volatile,
        command: CommandApdu,
        *,
        commit: Callable[[Memory], None],
        chance: Callable[[int], bytes],
    ) -> None:
        self.memory = memory
        self.volatile = volatile
        self.command = command
        self.chance = chance
        self._commit = commit

    @property
    def behaviour(self) -> CardBehaviour:
        """The card's open answers."""
        return self.memory.behaviour

    @property
    def held(self) -> ApplicationMemory:
        """The contents of the selected application."""
        return self.memory.at(self.volatile.aid)

    @property
    def application(self) -> Application:
        """The rows of the selected application."""
        return self.held.application

    def write(self, pin: PinState) -> None:
        """Write a PIN to the memory that survives power-off."""
        self.memory = self.memory.with_written_pin(self.volatile.aid, pin)
        self._commit(self.memory)

    def make_current(self, row: ElementaryFile) -> None:
        """Make a file the current one."""
        self.volatile = replace(self.volatile, current=row.fid)

    def grant(self, fid: int) -> None:
        """Remember that a PIN was presented."""
        if fid in self.volatile.verified:
            return
        self.volatile = replace(self.volatile, verified=self.volatile.verified | {fid})

    def withdraw(self, fid: int) -> None:
        """Forget that a PIN was presented."""
        self.volatile = replace(self.volatile, verified=self.volatile.verified - {fid})


@dataclass(frozen=True, slots=True)
class Target:
    """The file a command addresses; ``selects`` when it was named by its short identifier."""

    row: ElementaryFile
    selects: bool = False


Handler = Callable[[Turn, ElementaryFile | None], bytes]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One row: class byte, handler, the file it addresses, the kinds that fit, the access needed.

    ``secured`` is the answer to its form with secure messaging, where one was seen.
    """

    cla: int
    handler: Handler
    target: Callable[[Turn], Target] | None = None
    kinds: frozenset[FileKind] = frozenset()
    access: Callable[[ElementaryFile], Access] | None = None
    secured: int | None = None


def fid_of(row: ElementaryFile | None) -> int:
    """Return the identifier of the file that the table gave this handler."""
    if row is None:
        raise Refusal(StatusWord.INTERNAL_FAILURE)
    return row.fid
