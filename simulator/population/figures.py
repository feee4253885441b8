"""The figures of a population: shipped with source and certainty, replaceable by name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jpki.errors import MalformedDocument
from jpki.terms import Certainty

__all__ = ["Figure", "Figures", "Number", "read_figures", "shipped_figures"]

Number: TypeAlias = int | float
"""What most figures are."""

_SHIPPED = "rates.toml"


class Figure(BaseModel):
    """One figure: what it is, in which unit, where it comes from and how sure it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    value: Number | str | Annotated[tuple[Number, ...], Field(strict=False)]
    unit: str = Field(min_length=1)
    certainty: Annotated[Certainty, Field(strict=False)]
    source: str = Field(min_length=1)
    note_en: str = Field(min_length=1)
    note_ja: str = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    figure: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures by name, and which of them somebody replaced."""

    rows: Mapping[str, Figure]
    replaced: tuple[str, ...] = ()

    def number(self, name: str) -> float:
        """Return a single figure."""
        value = self.rows[name].value
        if isinstance(value, tuple | str):
            raise MalformedDocument(f"{name} is not one number", source=_SHIPPED)
        return float(value)

    def several(self, name: str, count: int = 10) -> tuple[float, ...]:
        """Return a figure of several parts; a single number stands for each of them."""
        value = self.rows[name].value
        if isinstance(value, str):
            raise MalformedDocument(f"{name} is not {count} numbers", source=_SHIPPED)
        return value if isinstance(value, tuple) else (float(value),) * count

    def days(self, name: str) -> tuple[int, int]:
        """Return a least and a most number of days."""
        least, most = self.several(name, 2)
        return int(least), int(most)

    def day(self, name: str) -> date | None:
        """Return a day, or None where it is left empty."""
        value = self.rows[name].value
        return date.fromisoformat(str(value)) if value else None

    def with_(self, text: str, *, source: str) -> Figures:
        """Return the figures with those of a TOML text in their place (``name = value``).

        ``MalformedDocument`` names what is unknown, of another shape, negative, or no share.
        """
        try:
            chosen = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise MalformedDocument(str(error), source=source) from None
        rows = dict(self.rows)
        for name, value in chosen.items():
            rows[name] = self._replaced(name, value, source)
        return Figures(rows, tuple(sorted({*self.replaced, *chosen})))

    def _replaced(self, name: str, value: object, source: str) -> Figure:
        known = self.rows.get(name)
        if known is None:
            near = get_close_matches(name, self.rows, n=3) or sorted(self.rows)
            raise MalformedDocument(
                f"no figure is called {name!r}",
                source=source,
                hint=f"there are: {', '.join(near)}",
            )
        if isinstance(value, list):
            value = tuple(value)
        _check(known, value, source)
        given = {"value": value, "source": f"given in {source}", "certainty": Certainty.ASSUMED}
        return known.model_copy(update=given)


def _check(known: Figure, value: object, source: str) -> None:
    def wrong(says: str) -> MalformedDocument:
        return MalformedDocument(f"{known.id}: {says}", source=source, hint=f"unit: {known.unit}")

    if isinstance(known.value, str):
        try:
            if value != "":
                date.fromisoformat(str(value))
        except ValueError:
            raise wrong("is no day (YYYY-MM-DD)") from None
        return
    parts = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts):
        raise wrong("is no number")
    if isinstance(value, tuple) and not isinstance(known.value, tuple):
        raise wrong("is one number, not several")
    if isinstance(value, tuple) and len(value) != len(known.value):  # type: ignore[arg-type]
        raise wrong(f"has {len(value)} parts instead of {len(known.value)}")  # type: ignore[arg-type]
    numbers = [float(part) for part in parts if isinstance(part, int | float)]
    if not all(0 <= number < 1e6 for number in numbers):
        raise wrong("is negative, infinite or beyond every measure")
    if known.unit.startswith("share") and any(number > 1 for number in numbers):
        raise wrong("is more than the whole")
    if known.unit.startswith("per person-year") and any(number > 20 for number in numbers):
        raise wrong("is more often than twenty times a year")
    if known.unit.startswith("days") and not numbers[0] <= numbers[-1]:
        raise wrong("has a least that is more than the most")
    if known.unit.startswith(("percent by", "weight by")) and not any(numbers):
        raise wrong("has no part that is more than nothing")
    least, most = _BOUNDS.get(known.id) or _BOUNDS.get(known.unit.partition(",")[0], (0.0, 1e6))
    if not all(least <= number <= most for number in numbers):
        raise wrong(f"is not from {least:g} to {most:g}")


# By the figure's name or its unit: beyond these a run would not end, or not fit.
_BOUNDS: Final = {
    "births": (0.0, 0.1),
    "days": (1.0, 36_500.0),
    "hours": (1.0, 24.0),
    "move_in_days": (0.0, 36_500.0),
    "move_notice_days": (0.0, 36_500.0),
    "partition_spread": (0.0, 5.0),
    "partitions": (1.0, 5_000.0),
    "years": (1.0, 50.0),
}


def read_figures(text: str, *, source: str = _SHIPPED) -> Figures:
    """Read a whole table of figures; ``MalformedDocument`` when it is not one."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise MalformedDocument(str(error), source=source) from None
    return Figures({row.id: row for row in file.figure})


@cache
def shipped_figures() -> Figures:
    """Return the figures as shipped."""
    folder = resources.files("simulator.population")
    return read_figures(folder.joinpath(_SHIPPED).read_text(encoding="utf-8"))
