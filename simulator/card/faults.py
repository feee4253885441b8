"""Fault scripts: what goes wrong with a simulated card, when, as a TOML file.

::

    seed = 7                      # for chances; the same seed fails at the same commands

    [[fault]]
    do = "status"                 # status, delay, truncate, drop, pull
    sw = "6F00"
    ins = "VERIFY"                # a name or two hexadecimal digits; any command when left out
    at = 2                        # the second such command since the card was made

    [[fault]]
    do = "delay"
    seconds = 0.5
    chance = 0.1                  # one in ten, by the seed; instead of ``at``
    times = 3                     # at most three times

``status`` answers with that status word and does nothing. ``delay`` answers late. ``truncate``
leaves ``keep`` bytes of the answer and the card did all. ``drop`` loses the answer: the card did
all, and the reader loses the card for a moment. ``pull`` takes the card out in the middle: it loses
power at its first write, or before the answer, and stays out until it is put back.
"""

from __future__ import annotations

import hashlib
import re
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from jpki.card.apdu import CommandApdu, Ins
from jpki.errors import MalformedApdu, MalformedDocument

__all__ = ["Fault", "FaultKind", "FaultScript", "Faults", "read_faults"]

_HEX_BYTE: Final = re.compile(r"[0-9A-Fa-f]{2}")
_HEX_WORD: Final = re.compile(r"[69][0-9A-Fa-f]{3}")


class FaultKind(StrEnum):
    """What can go wrong."""

    STATUS = "status"
    DELAY = "delay"
    TRUNCATE = "truncate"
    DROP = "drop"
    PULL = "pull"


_NEEDS: Final = {
    FaultKind.STATUS: "sw",
    FaultKind.DELAY: "seconds",
    FaultKind.TRUNCATE: "keep",
}


class Fault(BaseModel):
    """One fault: what, and at which commands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    do: FaultKind
    ins: Annotated[int | None, Field(default=None)] = None
    at: Annotated[int | None, Field(ge=1)] = None
    chance: Annotated[float | None, Field(gt=0, le=1)] = None
    times: Annotated[int | None, Field(ge=1)] = None
    sw: int | None = None
    seconds: Annotated[float | None, Field(gt=0, le=60)] = None
    keep: Annotated[int | None, Field(ge=0)] = None

    @field_validator("ins", mode="before")
    @classmethod
    def _instruction(cls, value: object) -> object:
        match value:
            case str(name) if name in Ins.__members__:
                return Ins[name].value
            case str(digits) if _HEX_BYTE.fullmatch(digits):
                return int(digits, 16)
        raise ValueError("an instruction is a name such as VERIFY or two hexadecimal digits")

    @field_validator("sw", mode="before")
    @classmethod
    def _status_word(cls, value: object) -> object:
        if isinstance(value, str) and _HEX_WORD.fullmatch(value):
            return int(value, 16)
        raise ValueError("a status word has four hexadecimal digits and begins with 6 or 9")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for kind, needed in _NEEDS.items():
            given = getattr(self, needed) is not None
            if given != (self.do is kind):
                verb = "needs" if self.do is kind else "takes no"
                raise ValueError(f"{self.do.value} {verb} {needed!r}")
        if self.at is not None and self.chance is not None:
            raise ValueError("give 'at' or 'chance', not both")
        if self.at is not None and self.times is not None:
            raise ValueError("'at' names one command, so 'times' says nothing")
        return self


class FaultScript(BaseModel):
    """A whole script."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    seed: int = 0
    fault: Annotated[tuple[Fault, ...], Field(min_length=1)]


def read_faults(text: str, *, source: str = "faults") -> FaultScript:
    """Read a script; ``MalformedDocument`` says every mistake in it and where."""
    try:
        return FaultScript.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MalformedDocument(f"not TOML: {error}", source=source) from error
    except ValidationError as error:
        raise MalformedDocument("; ".join(_mistakes(error)), source=source) from None


def _mistakes(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in mistake['loc']) or 'file'}: {mistake['msg']}"
        for mistake in error.errors()
    ]


@dataclass(slots=True)
class _Tally:
    """How often one fault's command has come, and how often it has struck."""

    seen: int = 0
    struck: int = 0


@dataclass(slots=True)
class Faults:
    """A script at work on one card."""

    script: FaultScript
    sleep: Callable[[float], Any] = time.sleep
    _tallies: list[_Tally] = field(init=False)

    def __post_init__(self) -> None:
        self._tallies = [_Tally() for _ in self.script.fault]

    def next(self, command: bytes) -> Fault | None:
        """Return what goes wrong with this command: the first fault of the script that strikes.

        Every fault counts the commands it is about, whether or not another strikes first.
        """
        ins = _instruction_of(command)
        striking = [
            (number, fault)
            for number, fault in enumerate(self.script.fault)
            if fault.ins in (None, ins) and self._strikes(number, fault)
        ]
        if not striking:
            return None
        number, fault = striking[0]
        self._tallies[number].struck += 1
        return fault

    def _strikes(self, number: int, fault: Fault) -> bool:
        tally = self._tallies[number]
        tally.seen += 1
        if fault.at is not None:
            return tally.seen == fault.at
        if fault.times is not None and tally.struck >= fault.times:
            return False
        return fault.chance is None or self._chance(number, tally.seen) < fault.chance

    def _chance(self, number: int, seen: int) -> float:
        """A number from 0 to 1 that depends on the seed, the fault and the command alone."""
        digest = hashlib.sha256(f"{self.script.seed}/{number}/{seen}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / (1 << 64)


def _instruction_of(command: bytes) -> int | None:
    try:
        return CommandApdu.parse(command).ins
    except MalformedApdu:
        return None
