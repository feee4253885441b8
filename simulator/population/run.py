"""A whole run: chunks over processes, tables into a folder that appears only when it is whole."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from jpki.errors import ImpossibleFact, PopulationUnfinished
from jpki.law import Policies, Rulebook, load
from jpki.law.model import Value
from simulator.population.accounts import Accounts, ListFiles
from simulator.population.arrays import Array, date_of, np
from simulator.population.chunk import Chunk, Scope
from simulator.population.effects import compile_effects
from simulator.population.happenings import HAPPENINGS, KINDS
from simulator.population.lives import RECORDED_AT_HOUR, Law
from simulator.population.load import questions
from simulator.population.parquet import (
    Writer,
    certificates_table,
    days_table,
    events_table,
    holds_table,
    lists_table,
    revocations_table,
    writing,
)
from simulator.population.validity import Grids

__all__ = ["PARTIAL", "Rules", "Summary", "law_under", "run_population"]

PARTIAL = ".partial"
"""What the folder's name ends with while a run is not whole."""

_YOUNGEST_YEAR, _LAST_YEAR = 2016, 2200
_MOST_PEOPLE, _MOST_YEARS = 1_000_000_000, 100

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rules:
    """Which policies are chosen, and whether the law is frozen as it was on a day."""

    policies: Mapping[str, Value | int] = field(default_factory=dict)
    law_of: date | None = None

    @property
    def words(self) -> str:
        """How they differ from the law as it stands, in a few words."""
        said = [f"{name}={_word(value)}" for name, value in sorted(self.policies.items())]
        if self.law_of is not None:
            said.append(f"law of {self.law_of}")
        return ", ".join(said) or "the law as it stands"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to."""

    scope: Scope
    rules: Rules
    accounts: Accounts
    largest: Array
    listed: Array

    def as_dict(self) -> dict[str, object]:
        """Return the run in a few figures, with every rate it went by."""
        scope, accounts = self.scope, self.accounts
        events = accounts.events()
        live, revoked = accounts.live(), accounts.column("revoked")[1:].sum(axis=0)
        return {
            "people": scope.people,
            "born": scope.everybody - scope.people,
            "years": scope.years,
            "begins": scope.begins.isoformat(),
            "ends": date_of(scope.year_begins(scope.years) - 1).isoformat(),
            "seed": scope.seed,
            "rules": self.rules.words,
            "policies": dict(sorted(self.rules.policies.items())),
            "recorded_at_hour": RECORDED_AT_HOUR,
            "events": int(events.sum()),
            "events_by_kind": {
                each.name: int(count)
                for each, count in zip(HAPPENINGS, events, strict=True)
                if count
            },
            "live_at_the_end": _by_kind(live[-1]),
            "revoked": _by_kind(revoked.reshape(4, 8).sum(axis=1)),
            "entries_at_the_end": {
                "signature": int(self.listed[-1][0]),
                "user_authentication": int(self.listed[-1][1]),
            },
            "largest_list": int(self.largest.max()),
            "figures": {name: row.value for name, row in scope.figures.rows.items()},
            "figures_replaced": list(scope.figures.replaced),
        }


def _by_kind(counts: Array) -> dict[str, int]:
    return {kind.value: int(count) for kind, count in zip(KINDS, counts, strict=True)}


def _word(value: Value | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def law_under(rules: Rules) -> Law:
    """Return the shipped law under these rules, in the shapes that columns need.

    ``UnknownPolicy`` for a policy or a value that there is none of.
    """
    return _compiled(Policies.default().with_(**dict(rules.policies)), rules.law_of)


@lru_cache(maxsize=4)
def _compiled(policies: Policies, law_of: date | None) -> Law:
    book = Rulebook(load(), policies)
    law = Law(book, compile_effects(book, law_of=law_of), Grids(book), law_of)
    law.grids.follows_card(law.milestone("mobile_android"))
    return law


def run_population(
    scope: Scope,
    out: Path,
    *,
    rules: Rules | None = None,
    processes: int = 1,
    progress: Progress = lambda _people: None,
) -> Summary:
    """Live the lives of a population and leave their tables in the new folder ``out``.

    The same scope and rules give the same bytes, with any number of processes. ``ImpossibleFact``
    when there is nothing to do or ``out`` is there already; ``PopulationUnfinished`` when it ended
    early: then a folder of the same name ending in ``.partial`` holds what there was.
    """
    chosen = Rules() if rules is None else rules
    _check(scope, out, processes)
    law_under(chosen)  # a wrong policy is told before anything is written
    partial = out.with_name(out.name + PARTIAL)
    with writing(partial):
        (partial / "lists").mkdir(parents=True)
    accounts = Accounts()
    for number, part in _chunks(scope, chosen, partial, processes):
        accounts.merge(part)
        progress(scope.size(number))
    summary = _write_tables(scope, chosen, accounts, partial)
    with writing(partial):
        shutil.rmtree(partial / "lists")
        text = json.dumps(summary.as_dict(), ensure_ascii=False, indent=2)
        (partial / "summary.json").write_text(text + "\n", encoding="utf-8")
        partial.rename(out)
    return summary


def _check(scope: Scope, out: Path, processes: int) -> None:
    if not 1 <= scope.people <= _MOST_PEOPLE:
        raise ImpossibleFact("a population has between one and a thousand million people")
    if not 1 <= scope.years <= _MOST_YEARS:
        raise ImpossibleFact("a population lives for between one and a hundred years")
    if not date(_YOUNGEST_YEAR, 4, 1) <= scope.begins or scope.begins.year > _LAST_YEAR:
        raise ImpossibleFact("a population begins between April 2016 and the year 2200")
    if processes < 1:
        raise ImpossibleFact("at least one process has to do it")
    for path in (out, out.with_name(out.name + PARTIAL)):
        if path.exists():
            raise ImpossibleFact(
                f"{path} is there already", hint="name another folder or remove it"
            )


def _chunks(
    scope: Scope, rules: Rules, partial: Path, processes: int
) -> Iterator[tuple[int, Accounts]]:
    if processes == 1 or scope.chunks == 1:
        law = law_under(rules)
        for number in range(scope.chunks):
            yield number, _live(scope, law, partial, number)
        return
    # A fresh interpreter a process: a forked one would share the threads of pyarrow.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(processes, scope.chunks), context, _begin, (scope, rules, partial)
    )
    try:
        asked = {pool.submit(_work, number): number for number in range(scope.chunks)}
        for done in as_completed(asked):
            yield asked[done], done.result()
    except BrokenProcessPool:
        why = "a process at work was killed, or had too little memory"
        raise PopulationUnfinished(str(partial), why) from None
    finally:
        pool.shutdown(cancel_futures=True)


_mine: list[tuple[Scope, Law, Path]] = []


def _begin(scope: Scope, rules: Rules, partial: Path) -> None:
    _mine.append((scope, law_under(rules), partial))


def _work(number: int) -> Accounts:
    scope, law, partial = _mine[0]
    return _live(scope, law, partial, number)


def _live(scope: Scope, law: Law, partial: Path, number: int) -> Accounts:
    """Live one chunk and write its tables."""
    accounts, lists = Accounts(), ListFiles(partial / "lists", scope)
    name = f"chunk-{number:05d}.parquet"
    certificates = Writer(partial / "certificates" / name)
    holds = Writer(partial / "holds" / name)
    events = Writer(partial / "events" / name)
    living: tuple[int, ...] = (0, 0, 0, 0)
    for stretch, lived in enumerate(Chunk(scope, number, law).stretches()):
        accounts.add(stretch, lived.counts)
        lists.add(stretch, lived.counts.listed)
        if lived.certificates:
            rows = lived.certificates
            certificates.add(certificates_table(rows, scope.places, law.effects.rules))
        if lived.holds:
            holds.add(holds_table(lived.holds, scope.places))
        if lived.events:
            events.add(events_table(lived.events, scope.places))
        living = lived.living
    for each in (certificates, holds, events):
        each.close()
    accounts.living = np.array(living)
    return accounts


def _write_tables(scope: Scope, rules: Rules, accounts: Accounts, partial: Path) -> Summary:
    first = scope.year_begins(0)
    live = accounts.live()
    columns = {
        name: accounts.column(name)[1:] for name in ("issued", "expired", "held", "released")
    }
    columns["revoked"] = accounts.column("revoked")[1:].reshape(-1, 4, 8).sum(axis=2)
    columns["live"] = live
    columns |= questions(scope.figures, first, live)
    days, revocations = Writer(partial / "days.parquet"), Writer(partial / "revocations.parquet")
    days.add(days_table(first, columns))
    days.close()
    revocations.add(revocations_table(first, accounts.column("revoked")[1:]))
    revocations.close()
    largest, listed = _write_lists(scope, partial)
    return Summary(scope, rules, accounts, largest, listed)


def _write_lists(scope: Scope, partial: Path) -> tuple[Array, Array]:
    """Add up how the lists grow and shrink, and write how long each is each day."""
    writer, files = Writer(partial / "lists.parquet"), ListFiles(partial / "lists", scope)
    level = np.zeros(2 * scope.places, np.int64)
    largest, listed = [], []
    for stretch in range(scope.stretches):
        change = files.total(stretch).astype(np.int64)
        entries = level + change[0] + np.cumsum(change[1:], axis=0)
        level = entries[-1]
        writer.add(
            lists_table(scope.stretch_begins(stretch), entries.astype(np.int32), scope.places)
        )
        split = entries.reshape(len(entries), 2, scope.places)
        largest.append(split.max(axis=2))
        listed.append(split.sum(axis=2))
    writer.close()
    return np.concatenate(largest), np.concatenate(listed)
