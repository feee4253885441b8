"""Some hundred very busy lives, lived once under two sets of policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.population import Chunk, EventRow, Figures, Rules, Scope, law_under, shipped_figures
from simulator.population.lives import Law

HERE = Path(__file__).parent

OTHER_POLICIES = {
    "card_auth_after_hold": "reissue",
    "card_hold_cascades_to_ms": False,
    "overseas_auth_30day": False,
    "tensyutsu_sign_revoked_on": "filing_date",
    "deletion_reason": "unspecified",
    "naturalisation_ends_authentication": False,
    "leap_day_certificate_birthday": "mar1",
    "cascade_reason": "cessationOfOperation",
    "departure_cancelled_ends_card": True,
    "former_name_added_is_change": False,
    "furigana_change_ends": "any",
    "face_only_ends_mobile_authentication": True,
    "guardianship_bars_signature": False,
    "signature_minimum_age": 0,
    "age_reached_on": "eve",
}
"""Another choice wherever a choice changes what becomes of a certificate."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A chunk with its rows: events and certificates by person, and the counts of each year."""

    scope: Scope
    law: Law
    events: dict[int, list[EventRow]]
    certificates: dict[int, list[tuple[int, ...]]]
    years: tuple[Any, ...]


def busy() -> Figures:
    return shipped_figures().with_((HERE / "busy.toml").read_text(), source="busy.toml")


@cache
def live(people: int, years: int, begins: date, other: bool) -> Lived:
    law = law_under(Rules(OTHER_POLICIES if other else {}))
    scope = Scope(people, years, begins, "seed", busy(), with_events=True)
    lived = tuple(Chunk(scope, 0, law).stretches())
    events: dict[int, list[EventRow]] = {}
    for person, *row in _rows(year.events for year in lived):
        events.setdefault(person, []).append(EventRow(*row))
    certificates: dict[int, list[tuple[int, ...]]] = {}
    for row in _rows(year.certificates for year in lived):
        certificates.setdefault(row[0], []).append(tuple(row))
    return Lived(scope, law, events, certificates, lived)


def _rows(parts: Iterator[tuple[Any, ...]]) -> Iterator[list[int]]:
    columns = [np.concatenate(each).tolist() for each in zip(*filter(None, parts), strict=True)]
    return map(list, zip(*columns, strict=True))


@pytest.fixture(scope="session", params=[False, True], ids=["defaults", "other policies"])
def lived(request: pytest.FixtureRequest) -> Lived:
    """Seven years from 2022 on: over every change of the law since."""
    return live(450, 7, date(2022, 4, 1), request.param)
