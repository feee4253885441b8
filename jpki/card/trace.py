"""Traces: what went over the wire, as commented text that can be played from either side.

::

    # user PIN wrong once; two tries remain
    > 00A4020C020018
    < 9000
    > 002000800431313131
    < 63C2

``>`` is sent by the terminal, ``<`` by the card. Spaces do not matter. ``..`` stands for any byte
and ``[256]`` for any 256 bytes. A trace played as a card tests a client; played as a terminal it
tests a card.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from jpki.card.apdu import CommandApdu
from jpki.card.connection import CardConnection
from jpki.errors import MalformedApdu, MalformedTrace, TraceDiffers

__all__ = [
    "BytePattern",
    "ScriptedConnection",
    "Step",
    "Trace",
    "TracingConnection",
    "mask",
    "masked",
    "play_against",
]

_log = logging.getLogger("jpki.apdu")
_TOKEN: Final = re.compile(r"\[(\d{1,5})\]|(\.\.)|([0-9A-Fa-f]{2})")
_HEADER: Final = 4
# Header, extended Lc, data, extended Le: no APDU is longer (ISO/IEC 7816-4 §5.1).
_LONGEST_APDU: Final = 4 + 3 + 65_535 + 2
# Seven characters may stand for 65 thousand bytes, so what is read is bounded, not the text.
_LONGEST_TRACE: Final = 4 * 1024 * 1024
_MIN_FOLDED: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class BytePattern:
    """Bytes, some of which may be anything (``None``)."""

    octets: tuple[int | None, ...]

    @classmethod
    def of(cls, exact: bytes) -> BytePattern:
        """Return the pattern that only these bytes match."""
        return cls(tuple(exact))

    @classmethod
    def parse(cls, text: str) -> BytePattern:
        """Read hexadecimal with ``..`` and ``[n]``; ``MalformedTrace`` for anything else."""
        compact = "".join(text.split())
        octets: list[int | None] = []
        position = 0
        while position < len(compact):
            token = _TOKEN.match(compact, position)
            if token is None:
                raise MalformedTrace("neither hexadecimal, '..' nor '[n]'", offset=position)
            count, _, digits = token.groups()
            run = int(count) if count else 1
            if len(octets) + run > _LONGEST_APDU:
                raise MalformedTrace("longer than any APDU", offset=position)
            octets.extend([int(digits, 16) if digits else None] * run)
            position = token.end()
        return cls(tuple(octets))

    def matches(self, found: bytes) -> bool:
        """Return whether these bytes fit the pattern."""
        return len(found) == len(self.octets) and all(
            want is None or want == got for want, got in zip(self.octets, found, strict=True)
        )

    @property
    def exact(self) -> bytes | None:
        """The bytes, when none of them is open."""
        settled = [octet for octet in self.octets if octet is not None]
        return bytes(settled) if len(settled) == len(self.octets) else None

    def filled(self, filler: int) -> bytes:
        """Return the bytes with the open ones set to ``filler``."""
        return bytes(filler if octet is None else octet for octet in self.octets)

    def __str__(self) -> str:
        return "".join(_text_of_runs(self.octets)).strip()

    def __repr__(self) -> str:
        return f"BytePattern({len(self.octets)} bytes)"


def _text_of_runs(octets: tuple[int | None, ...]) -> Iterator[str]:
    position = 0
    while position < len(octets):
        octet = octets[position]
        if octet is not None:
            yield f"{octet:02X}"
            position += 1
            continue
        end = position
        while end < len(octets) and octets[end] is None:
            end += 1
        run = end - position
        yield f" [{run}] " if run >= _MIN_FOLDED else ".." * run
        position = end


@dataclass(frozen=True, slots=True)
class Step:
    """One command, the answer to it, and the comment lines that stand before it."""

    command: BytePattern
    response: BytePattern
    comment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """Steps in order. ``parse`` and ``format`` are inverse but for spaces and letter case."""

    steps: tuple[Step, ...]
    closing: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, *, source: str = "trace") -> Trace:
        """Read a trace; ``MalformedTrace`` with the line when it is none."""
        steps: list[Step] = []
        comment: list[str] = []
        command: BytePattern | None = None
        length = 0
        for number, raw in enumerate(text.splitlines(), start=1):
            sign, rest = raw.strip()[:1], raw.strip()[1:].strip()
            match sign, command:
                case "", _:
                    continue
                case "#", _:
                    comment.append(rest)
                case ">", None:
                    command = _pattern(rest, source, number)
                case "<", BytePattern() as asked:
                    answer = _pattern(rest, source, number)
                    steps.append(Step(asked, answer, tuple(comment)))
                    command, comment = None, []
                    length += len(asked.octets) + len(answer.octets)
                case _:
                    raise MalformedTrace(
                        "expected '>', then '<', then '>' again", source=source, line=number
                    )
            if length > _LONGEST_TRACE:
                raise MalformedTrace("more than 4 MiB in all", source=source, line=number)
        if command is not None:
            raise MalformedTrace("the last command has no answer", source=source)
        return cls(tuple(steps), tuple(comment))

    def format(self) -> str:
        """Write the trace as text."""
        lines: list[str] = []
        for step in self.steps:
            lines += [f"# {line}".rstrip() for line in step.comment]
            lines += [f"> {step.command}", f"< {step.response}"]
        lines += [f"# {line}".rstrip() for line in self.closing]
        return "".join(f"{line}\n" for line in lines)


def _pattern(text: str, source: str, line: int) -> BytePattern:
    try:
        pattern = BytePattern.parse(text)
    except MalformedTrace as error:
        raise MalformedTrace(error.message, source=source, line=line) from error
    if not pattern.octets:
        raise MalformedTrace("there are no bytes on this line", source=source, line=line)
    return pattern


def masked(command: bytes) -> str:
    """Return a command for people to read: everything, except the data of a PIN command.

    Bytes that are no command are cut after the header, since nobody can say what they carry.
    """
    return str(mask(command))


def mask(command: bytes) -> BytePattern:
    """Return a command with the data of a PIN command left open, as a trace keeps it."""
    try:
        parsed = CommandApdu.parse(command)
    except MalformedApdu:
        shown = command[:_HEADER]
        return BytePattern((*shown, *[None] * (len(command) - len(shown))))
    if not parsed.carries_secret or not parsed.data:
        return BytePattern.of(command)
    start = _HEADER + (3 if parsed.extended else 1)
    end = start + len(parsed.data)
    hidden: list[int | None] = [None] * len(parsed.data)
    return BytePattern((*command[:start], *hidden, *command[end:]))


def _masked_response(response: bytes) -> BytePattern:
    return BytePattern((*[None] * (len(response) - 2), *response[-2:]))


def _summary(response: bytes) -> str:
    return str(_masked_response(response))


class ScriptedConnection:
    """A card that answers exactly what a trace says, in that order, once.

    Leaving it as a context manager checks that every step was asked for. Open bytes of an answer
    are filled with ``filler``.
    """

    def __init__(self, trace: Trace, *, filler: int = 0x00) -> None:
        self._trace = trace
        self._filler = filler
        self._played = 0

    def transmit(self, command: bytes) -> bytes:
        """Answer the next step; ``TraceDiffers`` for another command or after the last one."""
        number = self._played + 1
        if self._played == len(self._trace.steps):
            raise TraceDiffers(number, expected="nothing more", found=masked(command))
        step = self._trace.steps[self._played]
        if not step.command.matches(command):
            expected = masked(step.command.filled(0x00))
            raise TraceDiffers(number, expected=expected, found=masked(command))
        self._played = number
        return step.response.filled(self._filler)

    def finish(self) -> None:
        """Raise ``TraceDiffers`` when steps are left."""
        if self._played < len(self._trace.steps):
            left = self._trace.steps[self._played]
            expected = masked(left.command.filled(0x00))
            raise TraceDiffers(self._played + 1, expected=expected, found="the end")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()


def play_against(connection: CardConnection, trace: Trace) -> None:
    """Send every command of a trace to a card and compare the answers.

    Raises ``TraceDiffers`` at the first that differs, and ``MalformedTrace`` for a command with
    open bytes, which a recorded trace has where a PIN was.
    """
    for number, step in enumerate(trace.steps, start=1):
        command = step.command.exact
        if command is None:
            raise MalformedTrace(f"the command of step {number} is masked and cannot be sent")
        found = connection.transmit(command)
        if not step.response.matches(found):
            raise TraceDiffers(number, expected=str(step.response), found=_found(step, found))


def _found(step: Step, found: bytes) -> str:
    """Show the answer only as far as the trace itself shows one."""
    shown = step.response.exact
    if shown is None or len(found) > len(shown):
        return _summary(found)
    return str(BytePattern.of(found))


class TracingConnection:
    """A connection that records what passes, and logs it at DEBUG on ``jpki.apdu``.

    PINs are never recorded. The log has headers, lengths and status words only. A record also has
    the other command data; answers are recorded as ``[n]`` unless ``keep_answers`` is true,
    because certificates carry names and addresses.
    """

    def __init__(self, connection: CardConnection, *, keep_answers: bool = False) -> None:
        self._connection = connection
        self._keep_answers = keep_answers
        self._steps: list[Step] = []

    @property
    def trace(self) -> Trace:
        """What has passed so far."""
        return Trace(tuple(self._steps))

    def transmit(self, command: bytes) -> bytes:
        """Pass the command on, and record it and its answer."""
        _log.debug("> %s", _logged(command))
        response = self._connection.transmit(command)
        _log.debug("< %s", _summary(response))
        answer = BytePattern.of(response) if self._keep_answers else _masked_response(response)
        self._steps.append(Step(mask(command), answer))
        return response


def _logged(command: bytes) -> str:
    try:
        return repr(CommandApdu.parse(command))
    except MalformedApdu:
        return f"{command[:_HEADER].hex().upper()}, {len(command)} bytes"
