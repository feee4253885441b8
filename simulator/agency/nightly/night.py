"""A whole night: gathered, checked against the population's own count, written, and told.

The folder appears when it is whole. Until then its name ends in ``.partial``; what fails takes it
away again, and only a kill leaves it behind.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from jpki.certificates.profile import authority_expires_on
from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.jst import at_time, day, end_of_day
from jpki.life import PublicationSchedule
from jpki.revocation.index.arrays import Array, np
from jpki.whole_files import naming_failures
from simulator.agency.agency import GENERATIONS, Generation
from simulator.agency.nightly.country import Country
from simulator.agency.nightly.gather import expected_entries
from simulator.agency.nightly.manifest import NightDone, write_manifest
from simulator.agency.nightly.runs import MOST_LISTS
from simulator.agency.nightly.sharing import Crew
from simulator.agency.nightly.signers import signers_of
from simulator.agency.nightly.work import PURPOSES, Night, Progress
from simulator.agency.publication import PublicationOptions
from simulator.keys import KeySource, SeededKeys

__all__ = ["PARTIAL", "NightOptions", "publish_night"]

PARTIAL: Final = ".partial"
"""What the folder's name ends with while the night is not whole."""

_EPOCH: Final = date(1970, 1, 1)
_LAST_YEAR: Final = 2049
"""Times of a list have two digits of the year until then (RFC 5280 §5.1.2.4)."""


@dataclass(frozen=True, slots=True)
class NightOptions:
    """What is chosen for a night.

    ``generation``: every certificate is listed by this generation of its authority. Without, each
    is listed by the one that was issuing when it was issued, as a world's publication does; a
    population does not say. Whether the real lists are parted so is not known (?).
    ``publication``: profile, numbering and lifetime of lists.
    """

    generation: int | None = None
    publication: PublicationOptions = field(default_factory=PublicationOptions)


def publish_night(
    population: Path,
    out: Path,
    *,
    on: date,
    options: NightOptions | None = None,
    keys: KeySource | None = None,
    processes: int = 1,
    progress: Progress = lambda _stage, _done, _total: None,
) -> NightDone:
    """Write every list of the night into the new folder ``out``, with a manifest.

    Lists are made on the day ``on`` at the hour of the population's policy ``list_made_at_hour``.
    ``keys`` are the authorities'; without, those of a world with the population's seed. The same
    population, options and keys give the same bytes, with any number of processes.

    Raises ``MalformedDocument`` when the population cannot be read or does not agree with its own
    ``lists.parquet``, ``ImpossibleFact`` when the night is none of the population's, no authority
    is in force, or ``out`` is there already, and ``NotWritten`` when the disk is full or a process
    was killed; then there is no ``out``.
    """
    options = options or NightOptions()
    country = Country.opened(population)
    aside = out.with_name(out.name + PARTIAL)
    _check(country, on, out, aside, processes)
    expected = expected_entries(country.lists, on)
    night = _night(country, on, expected.shape[1], options)
    signers = signers_of(night, keys or SeededKeys(country.seed), options.publication)
    with _appearing(out, aside), Crew(night, processes, progress, aside) as crew:
        counts = crew.gather(country)
        _agree(counts, expected, night, country.lists)
        written = crew.write(counts, signers, options.publication.lists)
        write_manifest(aside, country, night, signers, written)
    return NightDone(out, night.made, signers, written)


def _check(country: Country, on: date, out: Path, aside: Path, processes: int) -> None:
    if not country.begins <= on <= country.ends:
        raise ImpossibleFact(
            f"there is no list of {on} in this population",
            hint=f"choose a day from {country.begins} to {country.ends}",
        )
    if on.year >= _LAST_YEAR:
        raise ImpossibleFact(f"lists are written until {_LAST_YEAR - 1} only")
    if processes < 1:
        raise ImpossibleFact("at least one process has to do it")
    for path in (out, aside):
        if path.exists():
            raise ImpossibleFact(
                f"{path} is there already", hint="name another folder or remove it"
            )


def _night(country: Country, on: date, places: int, options: NightOptions) -> Night:
    schedule = PublicationSchedule.from_policies(country.policies)
    made = at_time(on, schedule.list_made_at)
    chosen = [one for one in GENERATIONS if _in_force(one, made)]
    if options.generation is not None:
        chosen = [one for one in chosen if one.number == options.generation]
    if not chosen:
        raise ImpossibleFact(
            f"no authority of this generation is in force on {on}"
            if options.generation is not None
            else f"the simulator knows no authority that is in force on {on}"
        )
    begins = [_issuing_from(one, country.recorded_at) for one in chosen]
    if options.generation is not None:
        begins = [np.iinfo(np.int32).min]
    night = Night(
        made,
        on,
        places,
        country.recorded_at,
        tuple(one.number for one in chosen),
        tuple(begins),
    )
    if night.lists > MOST_LISTS:
        raise ImpossibleFact(f"a night has at most {MOST_LISTS:,} lists")
    return night


def _in_force(generation: Generation, at: datetime) -> bool:
    ends = end_of_day(authority_expires_on(day(generation.begins_at)))
    return generation.begins_at <= at <= ends


def _issuing_from(generation: Generation, recorded_at: time) -> int:
    """Return the number of the first day whose certificates the generation issues."""
    begins = day(generation.begins_at)
    late = at_time(begins, recorded_at) < generation.begins_at
    return (begins - _EPOCH).days + late


@contextmanager
def _appearing(out: Path, aside: Path) -> Iterator[None]:
    with naming_failures(aside):
        aside.mkdir(parents=True)
    try:
        yield
        with naming_failures(out):
            # All of it is on the disk before it has its name.
            os.sync()
            aside.rename(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _agree(counts: Array, expected: Array, night: Night, source: Path) -> None:
    """Compare with what the population itself has counted: a file may be missing or damaged."""
    found = counts.reshape(len(night.generations), 2, night.places).sum(axis=0)
    for purpose, place in np.argwhere(found != expected)[:1].tolist():
        raise MalformedDocument(
            f"counts {expected[purpose, place]} entries on the {PURPOSES[purpose].value} list of "
            f"{place + 1:04d}, and the certificates and holds give {found[purpose, place]}",
            source=str(source),
            hint="a file of the population is missing or damaged: run it again",
        )
