"""A software card on a bench: it can be made to fail, and what it hears is written down."""

from __future__ import annotations

from collections.abc import Callable

from jpki.card.apdu import CommandApdu
from jpki.errors import CardRemoved, MalformedApdu
from simulator.card.connection import SoftwareCard
from simulator.card.faults import Fault, FaultKind, Faults, FaultScript
from simulator.card.memory import Memory
from simulator.card.recorder import Recorder

__all__ = ["BenchCard"]

_STATUS_LENGTH = 2


class BenchCard(SoftwareCard):
    """A software card with a fault script, a recorder, both or neither."""

    def __init__(
        self,
        memory: Memory,
        *,
        on_memory_change: Callable[[Memory], None] | None = None,
        faults: Faults | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(memory, on_memory_change=on_memory_change)
        self._faults = faults
        self._recorder = recorder

    @classmethod
    def of(
        cls, card: SoftwareCard, script: FaultScript | None, recorder: Recorder | None
    ) -> BenchCard:
        """Return a card on the bench that takes the place of another, which is used no more."""
        return cls(
            card.memory,
            on_memory_change=card.on_memory_change,
            faults=None if script is None else Faults(script),
            recorder=recorder,
        )

    def power_on(self) -> None:
        """Start from nothing, and a new trace."""
        self._end_trace()
        super().power_on()

    def power_off(self) -> None:
        """Lose everything but the memory, and end the trace."""
        self._end_trace()
        super().power_off()

    def reset(self) -> None:
        """Lose everything but the memory, and end the trace."""
        self._end_trace()
        super().reset()

    def _end_trace(self) -> None:
        if self._recorder is not None:
            self._recorder.power_lost()

    def transmit(self, command: bytes) -> bytes:
        """Answer one command, or fail as the script says."""
        fault = self._faults.next(command) if self._faults is not None else None
        note = f"fault: {fault.do.value}" if fault is not None else ""
        try:
            response = self._failing(command, fault)
        except CardRemoved:
            self._record(command, None, note)
            raise
        self._record(command, response, note)
        return response

    def _record(self, command: bytes, response: bytes | None, note: str) -> None:
        if self._recorder is not None:
            self._recorder.exchanged(command, response, note)

    def _failing(self, command: bytes, fault: Fault | None) -> bytes:
        if fault is None:
            return super().transmit(command)
        match fault.do:
            case FaultKind.STATUS:
                assert fault.sw is not None  # noqa: S101  the script was checked
                self.answer_next(fault.sw)
                return super().transmit(command)
            case FaultKind.DELAY:
                assert fault.seconds is not None  # noqa: S101  the script was checked
                assert self._faults is not None  # noqa: S101  it gave the fault
                response = super().transmit(command)
                self._faults.sleep(fault.seconds)
                return response
            case FaultKind.TRUNCATE:
                response = super().transmit(command)
                data = response[:-_STATUS_LENGTH][: fault.keep]
                return data + response[-_STATUS_LENGTH:]
            case FaultKind.DROP:
                super().transmit(command)
                self.reset()
                raise CardRemoved("the answer was lost")
            case FaultKind.PULL:
                return self._pulled(command)

    def _pulled(self, command: bytes) -> bytes:
        try:
            self.remove_during(CommandApdu.parse(command).ins)
        except MalformedApdu:
            self.remove()  # bytes that are no command write nothing
        return super().transmit(command)
