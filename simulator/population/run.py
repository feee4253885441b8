"""A whole run: chunks over processes, tables into a folder that appears only when it is whole."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

from jpki.errors import ImpossibleFact, PopulationUnfinished
from jpki.law import Policies, Rulebook, load
from jpki.law.model import Value
from simulator.population.accounts import Accounts
from simulator.population.arrays import Array, date_of, np
from simulator.population.chunk import Chunk, Scope
from simulator.population.effects import compile_effects
from simulator.population.happenings import HAPPENINGS, KINDS
from simulator.population.lives import RECORDED_AT_HOUR, Law
from simulator.population.load import questions
from simulator.population.parquet import (
    Writer,
    add_changes,
    certificates_table,
    changes_table,
    days_table,
    events_table,
    holds_table,
    lists_table,
    revocations_table,
    writing,
)
from simulator.population.parts import ChunkFiles, Unfinished
from simulator.population.validity import Grids

__all__ = ["Rules", "Summary", "law_under", "live_in", "record_of", "run_population"]

_YOUNGEST_YEAR, _LAST_YEAR = 2016, 2200
_MOST_PEOPLE, _MOST_YEARS = 1_000_000_000, 100

_LIST_ROWS = 1 << 20
"""About how many rows of the lists are written at a time."""

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
    restart: bool = False,
    progress: Progress = lambda _people: None,
) -> Summary:
    """Live the lives of a population and leave their tables in the new folder ``out``.

    The same scope and rules give the same bytes, with any number of processes and also when a run
    was killed: what it left in a folder of the same name ending in ``.partial`` is gone on with at
    the first chunk that is not whole, unless ``restart`` throws it away. ``ImpossibleFact`` when
    there is nothing to do, ``out`` is there already, the partial folder is of another run, or
    another process is at work on it; ``PopulationUnfinished`` when it ended early.
    """
    chosen = Rules() if rules is None else rules
    unfinished = Unfinished(out)
    unfinished.begin(record_of(scope, chosen, processes), restart=restart)
    with unfinished.alone():
        summary = live_in(unfinished.folder, scope, chosen, processes, progress)
        unfinished.finish()
    return summary


def record_of(scope: Scope, rules: Rules, processes: int = 1) -> dict[str, object]:
    """Return what two runs have to have in common for the second to go on with the first.

    ``ImpossibleFact`` for a scope that cannot be, ``UnknownPolicy`` for a policy or a value that
    there is none of.
    """
    _check(scope, processes)
    law = law_under(rules)
    figures = {name: row.value for name, row in scope.figures.rows.items()}
    tables = sha256(repr((law.book.table, law.book.policies, version("jpki"))).encode())
    return {
        "people": scope.people,
        "years": scope.years,
        "begins": scope.begins.isoformat(),
        "seed": scope.seed,
        "events": scope.with_events,
        "chunk": scope.chunk,
        "figures": figures,
        "rules": rules.words,
        "law": tables.hexdigest(),
        "compared": None,
    }


def live_in(
    folder: Path, scope: Scope, rules: Rules, processes: int, progress: Progress
) -> Summary:
    """Live what is not yet lived in the folder of a run, and write all of its tables."""
    accounts = Accounts()
    for number in _lived(scope, rules, folder, processes):
        part = ChunkFiles(folder, number).accounts(scope.stretches)
        if part is None:
            raise PopulationUnfinished(str(folder), f"chunk {number} cannot be read back")
        accounts.merge(part)
        progress(scope.size(number))
    summary = _write_tables(scope, rules, accounts, folder)
    with writing(folder):
        text = json.dumps(summary.as_dict(), ensure_ascii=False, indent=2)
        (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    return summary


def _check(scope: Scope, processes: int) -> None:
    if not 1 <= scope.people <= _MOST_PEOPLE:
        raise ImpossibleFact("a population has between one and a thousand million people")
    if not 1 <= scope.years <= _MOST_YEARS:
        raise ImpossibleFact("a population lives for between one and a hundred years")
    if not date(_YOUNGEST_YEAR, 4, 1) <= scope.begins or scope.begins.year > _LAST_YEAR:
        raise ImpossibleFact("a population begins between April 2016 and the year 2200")
    if scope.chunk < 1:
        raise ImpossibleFact("a chunk has at least one person")
    if processes < 1:
        raise ImpossibleFact("at least one process has to do it")


def _lived(scope: Scope, rules: Rules, folder: Path, processes: int) -> Iterator[int]:
    """Yield each chunk when it is whole; those that are so already come first."""
    left = []
    for number in range(scope.chunks):
        if ChunkFiles(folder, number).accounts(scope.stretches) is None:
            left.append(number)
        else:
            yield number
    if processes == 1 or len(left) <= 1:
        for number in left:
            _live(scope, law_under(rules), folder, number)
            yield number
        return
    # A fresh interpreter a process: a forked one would share the threads of pyarrow.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(left)), context, _begin, (scope, rules, folder))
    try:
        asked = {pool.submit(_work, number): number for number in left}
        for done in as_completed(asked):
            done.result()
            yield asked[done]
    except BrokenProcessPool:
        why = "a process at work was killed, or had too little memory"
        raise PopulationUnfinished(str(folder), why) from None
    finally:
        pool.shutdown(cancel_futures=True)


_mine: list[tuple[Scope, Law, Path]] = []


def _begin(scope: Scope, rules: Rules, folder: Path) -> None:
    Thread(target=_leave_with_parent, daemon=True).start()
    _mine.append((scope, law_under(rules), folder))


def _leave_with_parent() -> None:
    """End this process with the one that began it, which, when killed, can tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _work(number: int) -> None:
    scope, law, folder = _mine[0]
    _live(scope, law, folder, number)


def _live(scope: Scope, law: Law, folder: Path, number: int) -> None:
    """Live one chunk and write its tables; its counts last, which make it whole."""
    accounts, files = Accounts(), ChunkFiles(folder, number)
    certificates, holds = Writer(files.certificates), Writer(files.holds)
    events = Writer(files.events)
    living: tuple[int, ...] = (0, 0, 0, 0)
    for stretch, lived in enumerate(Chunk(scope, number, law).stretches()):
        accounts.add(stretch, lived.counts)
        changes = Writer(files.lists(stretch))
        changes.add(changes_table(lived.counts.entering))
        changes.add(changes_table(~lived.counts.leaving))
        changes.close()
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
    files.keep(accounts, scope.stretches)


def _write_tables(scope: Scope, rules: Rules, accounts: Accounts, folder: Path) -> Summary:
    first = scope.year_begins(0)
    live = accounts.live()
    columns = {
        name: accounts.column(name)[1:] for name in ("issued", "expired", "held", "released")
    }
    columns["revoked"] = accounts.column("revoked")[1:].reshape(-1, 4, 8).sum(axis=2)
    columns["live"] = live
    columns |= questions(scope.figures, first, live)
    days, revocations = Writer(folder / "days.parquet"), Writer(folder / "revocations.parquet")
    days.add(days_table(first, columns))
    days.close()
    revocations.add(revocations_table(first, accounts.column("revoked")[1:]))
    revocations.close()
    largest, listed = _write_lists(scope, folder)
    return Summary(scope, rules, accounts, largest, listed)


def _write_lists(scope: Scope, folder: Path) -> tuple[Array, Array]:
    """Add up how the lists grow and shrink, and write how long each is each day."""
    writer, lists = Writer(folder / "lists.parquet"), 2 * scope.places
    level, least = np.zeros(lists, np.int32), max(1, _LIST_ROWS // lists)
    largest, listed = [], []
    for stretch in range(scope.stretches):
        first, behind = scope.stretch_begins(stretch), scope.stretch_begins(stretch + 1)
        change = np.zeros((behind - first + 1, lists), np.int32)  # row 0: before the first day
        for number in range(scope.chunks):
            add_changes(ChunkFiles(folder, number).lists(stretch), change.reshape(-1))
        level += change[0]
        for day in range(1, len(change), least):
            entries = np.cumsum(change[day : day + least], axis=0, dtype=np.int32) + level
            level = entries[-1]
            writer.add(lists_table(first + day - 1, entries, scope.places))
            split = entries.reshape(len(entries), 2, scope.places)
            largest.append(split.max(axis=2))
            listed.append(split.sum(axis=2))
    writer.close()
    return np.concatenate(largest), np.concatenate(listed)
