"""The folder of a population run (:mod:`simulator.population`), as far as a night needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jpki.errors import MalformedDocument
from jpki.law import Policies

__all__ = ["Country"]

_AGAIN: Final = "name the folder that jpki-sim population left, or a or b in it after --compare"


class _Summary(BaseModel):
    # The run's other figures are not asked for here.
    model_config = ConfigDict(extra="ignore", frozen=True)

    seed: str
    begins: date
    ends: date
    policies: dict[str, bool | int | str]
    recorded_at_hour: Annotated[int, Field(ge=0, le=23)]


@dataclass(frozen=True, slots=True)
class Country:
    """A population that was lived: from when to when, under which policies, and its files.

    ``recorded_at`` is the time of day in Japan at which each of its events is recorded.
    """

    folder: Path
    seed: str
    begins: date
    ends: date
    policies: Policies
    recorded_at: time

    @classmethod
    def opened(cls, folder: Path) -> Country:
        """Read what a run says of itself; ``MalformedDocument`` when it is none."""
        path = folder / "summary.json"
        try:
            summary = _Summary.model_validate_json(path.read_bytes())
        except OSError as error:
            why = f"is no population: {error.strerror or 'it cannot be read'}"
            raise MalformedDocument(why, source=str(path), hint=_AGAIN) from None
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "JSON"
            raise MalformedDocument(
                f"tells no {place} as this version does",
                source=str(path),
                hint="run the population again: the same seed gives the same",
            ) from None
        return cls(
            folder,
            summary.seed,
            summary.begins,
            summary.ends,
            Policies.default().with_(**summary.policies),
            time(summary.recorded_at_hour),
        )

    @property
    def certificates(self) -> tuple[Path, ...]:
        """The files of certificates, in order."""
        return tuple(sorted((self.folder / "certificates").glob("*.parquet")))

    @property
    def holds(self) -> tuple[Path, ...]:
        """The files of holds, in order; none when nobody was ever held."""
        return tuple(sorted((self.folder / "holds").glob("*.parquet")))

    @property
    def lists(self) -> Path:
        """The file that tells how long each list is on each day."""
        return self.folder / "lists.parquet"
