"""Very busy people, lived once into files and once as events to be folded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.keys import KeyPool
from simulator.population import Chunk, EventRow, Rules, Scope, law_under, run_population
from tests.population.conftest import OTHER_POLICIES, busy

PEOPLE = 110
PLACES = 7  # busy.toml
BEGINS = date(2022, 4, 1)
KEYS = KeyPool()
NOON = Rules({**OTHER_POLICIES, "list_made_at_hour": 12})


@dataclass(frozen=True, slots=True)
class Country:
    """A population's folder, the law it lived under, and each person's events."""

    folder: Path
    rules: Rules
    events: dict[int, list[EventRow]]


@cache
def scope() -> Scope:
    return Scope(PEOPLE, 7, BEGINS, "night", busy(), with_events=True)


def _lived(folder: Path, rules: Rules) -> Country:
    run_population(scope(), folder, rules=rules)
    events: dict[int, list[EventRow]] = {}
    for part in Chunk(scope(), 0, law_under(rules)).stretches():
        for person, *row in _rows(part.events):
            events.setdefault(person, []).append(EventRow(*row))
    return Country(folder, rules, events)


def _rows(columns: tuple[Any, ...]) -> Iterator[list[int]]:
    return map(list, zip(*(np.asarray(each).tolist() for each in columns), strict=True))


@pytest.fixture(autouse=True)
def synced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What there was when the system was asked to write everything out, in place of doing so.

    It would wait for whatever else the machine is writing.
    """
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "sync", lambda: seen.append(sorted(p.name for p in tmp_path.iterdir())))
    return seen


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """Lists are made at midnight."""
    return _lived(tmp_path_factory.mktemp("nightly") / "country", Rules())


@pytest.fixture(scope="session")
def noon(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """Lists are made at noon, and other choices hold wherever one matters."""
    return _lived(tmp_path_factory.mktemp("nightly") / "noon", NOON)
