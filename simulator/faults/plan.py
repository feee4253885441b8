"""Fault plans: which faults are ordered, as a TOML file or one by one.

::

    version = 1
    seed = 7                        # for chances; the same seed fails at the same questions

    [[fault]]
    name = "stale-crl"
    partition = "13113"             # of one municipality's lists; of every list when left out
    since = 2024-05-02T00:00:00+09:00
    until = 2024-05-03T00:00:00+09:00

    [[fault]]
    name = "http-5xx"
    target = "ocsp"                 # crl, ocsp, tsa or services; all it can befall when left out
    chance = 0.05                   # of each question; every one when left out
    burst = 3                       # and the questions that follow it
    times = 12                      # at most so often

Times are the world's. The first fault that strikes a question decides; the others count it all the
same.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from jpki.errors import ImpossibleFact, MalformedDocument
from simulator.faults.catalogue import CATALOGUE, UNDIVIDED, FaultKind, FaultName, Target

__all__ = [
    "Fault",
    "FaultPlan",
    "FaultScript",
    "Order",
    "fault_schema",
    "hostile_plan",
    "read_fault",
    "read_faults",
]

_MOST_FAULTS: Final = 200
_LONGEST_FILE: Final = 256 * 1024


class Fault(BaseModel):
    """One fault: what goes wrong, and with which questions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FaultName
    target: Target | None = None
    purpose: Literal["sign", "auth"] | None = None
    generation: Annotated[int | None, Field(ge=1, le=99)] = None
    partition: Annotated[str | None, Field(pattern=r"^[0-9]{5}$")] = None
    serial: Annotated[int | None, Field(ge=1, lt=2**32)] = None
    chance: Annotated[float | None, Field(gt=0, le=1)] = None
    burst: Annotated[int | None, Field(ge=1, le=1000)] = None
    times: Annotated[int | None, Field(ge=1)] = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    days: Annotated[int | None, Field(ge=0, le=3660)] = None
    seconds: Annotated[float | None, Field(ge=-366 * 86_400, le=366 * 86_400)] = None
    bytes: Annotated[int | None, Field(ge=0, le=2**30)] = None
    status: Annotated[int | None, Field(ge=500, le=599)] = None

    @property
    def kind(self) -> FaultKind:
        """The catalogue's row."""
        return CATALOGUE[self.name]

    @property
    def targets(self) -> tuple[Target, ...]:
        """What it befalls."""
        return self.kind.targets if self.target is None else (self.target,)

    def parameter(self, name: str) -> float:
        """Return a parameter, or its default."""
        given = getattr(self, name)
        return float(self.kind.parameters[name] if given is None else given)

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.target is not None and self.target not in self.kind.targets:
            befalls = ", ".join(self.kind.targets)
            raise ValueError(f"{self.name} cannot befall {self.target}, only {befalls}")
        for parameter in _PARAMETERS:
            if getattr(self, parameter) is not None and parameter not in self.kind.parameters:
                raise ValueError(f"{self.name} takes no {parameter!r}")
        if self.name is FaultName.SLOW and self.seconds is not None and self.seconds <= 0:
            raise ValueError("slow takes more than no seconds")
        if self.serial is not None and not self._may_name_serial():
            raise ValueError("only OCSP answers and crl-ocsp-disagree are about one 'serial'")
        if self.target in UNDIVIDED and (self.partition or self.purpose or self.generation):
            raise ValueError(f"{self.target} has no partition, purpose or generation")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("'until' is not after 'since'")
        return self

    def _may_name_serial(self) -> bool:
        return self.name is FaultName.CRL_OCSP_DISAGREE or Target.OCSP in self.targets


_PARAMETERS: Final = ("days", "seconds", "bytes", "status")


class FaultScript(BaseModel):
    """A whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    seed: int = 0
    fault: Annotated[tuple[Fault, ...], Field(max_length=_MOST_FAULTS)] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """An ordered fault and its number, which stays its own for as long as the plan lives."""

    number: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What is ordered: a value; ordering and clearing give another plan."""

    seed: int = 0
    orders: tuple[Order, ...] = ()
    next_number: int = 1

    @classmethod
    def of(cls, script: FaultScript) -> FaultPlan:
        """Return the plan of a file."""
        return cls(seed=script.seed).ordered(*script.fault)

    def ordered(self, *faults: Fault) -> FaultPlan:
        """Return the plan with more faults; ``ImpossibleFact`` when there are too many."""
        if len(self.orders) + len(faults) > _MOST_FAULTS:
            raise ImpossibleFact(
                f"more than {_MOST_FAULTS} faults are ordered", hint="clear some of them"
            )
        new = tuple(Order(self.next_number + at, fault) for at, fault in enumerate(faults))
        return FaultPlan(self.seed, (*self.orders, *new), self.next_number + len(new))

    def cleared(self, number: int | None = None) -> FaultPlan:
        """Return the plan without one order, or without any.

        ``ImpossibleFact`` when there is no order of this number.
        """
        left = tuple(one for one in self.orders if number not in (None, one.number))
        if number is not None and len(left) == len(self.orders):
            raise ImpossibleFact(f"no fault {number} is ordered", hint="jpki-sim fault list")
        return FaultPlan(self.seed, left, self.next_number)

    def to_json(self) -> str:
        """Return the plan as JSON."""
        orders = [
            {"number": one.number, "fault": one.fault.model_dump(mode="json", exclude_none=True)}
            for one in self.orders
        ]
        content = {"seed": self.seed, "next_number": self.next_number, "orders": orders}
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> FaultPlan:
        """Return the plan that ``to_json`` wrote; ``MalformedDocument`` for anything else."""
        try:
            return _PLAN.validate_json(text)
        except ValidationError as error:
            raise MalformedDocument("; ".join(_mistakes(error)), source="faults") from None


_PLAN: Final = TypeAdapter(FaultPlan)


def read_faults(text: str, *, source: str = "faults") -> FaultScript:
    """Read a file; ``MalformedDocument`` says every mistake in it and where."""
    if len(text) > _LONGEST_FILE:
        raise MalformedDocument(f"more than {_LONGEST_FILE} characters", source=source)
    try:
        return FaultScript.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MalformedDocument(f"not TOML: {error}", source=source) from error
    except ValidationError as error:
        raise MalformedDocument("; ".join(_mistakes(error)), source=source) from None


def read_fault(fields: Mapping[str, Any], *, source: str = "fault") -> Fault:
    """Read one fault from its fields; ``MalformedDocument`` says every mistake."""
    try:
        return Fault.model_validate(dict(fields))
    except ValidationError as error:
        raise MalformedDocument("; ".join(_mistakes(error)), source=source) from None


def hostile_plan(seed: int) -> FaultPlan:
    """Return the plan that is hostile by default: every fault, now and then, by the seed.

    It is for clients that ought to survive an agency on a bad day; nothing in it may make one say
    *good* of what is not.
    """
    text = resources.files("simulator.faults").joinpath("hostile.toml").read_text("utf-8")
    script = read_faults(text, source="hostile.toml")
    return FaultPlan.of(script.model_copy(update={"seed": seed}))


def fault_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **FaultScript.model_json_schema(),
    }


def _mistakes(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in mistake['loc']) or 'file'}: {mistake['msg']}"
        for mistake in error.errors(include_url=False, include_input=False)
    ]
