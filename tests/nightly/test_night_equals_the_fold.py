"""Every list of a night is, byte for byte, the one built from the folded lives of all people."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from jpki.jst import at_time
from jpki.life import Authority, CertificateId, advance, revocations_at
from jpki.revocation import RevokedEntry
from jpki.terms import Purpose
from simulator.agency.agency import GENERATIONS
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.nightly import NightOptions, made_up, publish_night
from simulator.agency.publication import ListKey, Publication
from simulator.agency.publish import Edition, build_revocation_list
from simulator.population import law_under, lived
from simulator.population.arrays import day_number
from simulator.population.parquet import read_table
from tests.agency.publication.serving import Town
from tests.nightly.conftest import KEYS, PLACES, Country

Listed = dict[tuple[Authority, int], dict[int, RevokedEntry]]


def authority_of(authority: Authority) -> SimulatedAuthority:
    generation = next(one for one in GENERATIONS if one.number == authority.generation)
    return create_authority(
        authority.purpose,
        generation=generation.number,
        keys=KEYS,
        at=generation.begins_at,
        serial=generation.serials[authority.purpose],
    )


def folded(country: Country, on: date, hour: int) -> Listed:
    """What jpki.life says is on each list, every event decided anew by the law."""
    made = at_time(on, time(hour))
    last = day_number(on) - (hour < 10)  # events are recorded at ten
    listed: Listed = {}
    for rows in country.events.values():
        state = lived([r for r in rows if r.day <= last], book=law_under(country.rules).book)
        if not state.people:
            continue
        state = advance(state, (), at=made)
        for one in revocations_at(state):
            record = state.certificates[CertificateId(one.authority, one.serial)]
            begun = [each for each in GENERATIONS if each.begins_at <= record.issued_at]
            issuer = Authority(one.authority.purpose, begun[-1].number)
            entry = RevokedEntry(one.recorded_at, one.reason.value)
            listed.setdefault((issuer, int(one.municipality)), {})[one.serial] = entry
    return listed


@pytest.mark.parametrize(
    ("which", "on", "generations"),
    [
        # The first day, a day with three generations in force, and the last day of the run: the
        # first generation ended on 2025-10-19, the second ends on 2029-09-14, the fourth began on
        # 2027-07-01.
        ("country", date(2022, 4, 1), (1, 2)),
        ("country", date(2028, 8, 20), (2, 3, 4)),
        ("country", date(2029, 3, 31), (2, 3, 4)),
        ("noon", date(2025, 5, 5), (1, 2, 3)),
    ],
)
def test_every_list_is_the_one_built_from_the_folded_lives(
    which: str,
    on: date,
    generations: tuple[int, ...],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    country: Country = request.getfixturevalue(which)
    hour = 12 if which == "noon" else 0
    night = publish_night(country.folder, tmp_path / "night", on=on, keys=KEYS)
    wanted = folded(country, on, hour)
    made, compared = at_time(on, time(hour)), 0
    written = {one.file: one for one in night.lists}
    for number in generations:
        begins = next(one.begins_at for one in GENERATIONS if one.number == number)
        counted = (on - (begins + timedelta(hours=9)).date()).days + 2
        for purpose, word in ((Purpose.SIGNATURE, "sign"), (Purpose.USER_AUTHENTICATION, "auth")):
            authority = Authority(purpose, number)
            for place in range(1, PLACES + 1):
                file = f"crl/{word}/{number}/9{place:04d}.crl"
                entries = wanted.pop((authority, place), {})
                assert (night.folder / file).read_bytes() == build_revocation_list(
                    authority_of(authority),
                    entries,
                    edition=Edition(counted, made, made + timedelta(hours=48)),
                    municipality=made_up(place),
                ), file
                assert written[file].entries == len(entries)
                compared += 1
    assert wanted == {}
    assert compared == len(night.lists) == len(generations) * 2 * PLACES


def test_the_night_has_holds_and_every_reason_that_people_met(
    country: Country, tmp_path: Path
) -> None:
    """So that the comparison is not one of empty lists."""
    night = publish_night(country.folder, tmp_path / "n", on=date(2028, 8, 20), keys=KEYS)
    listed = folded(country, date(2028, 8, 20), 0)
    reasons = Counter(each.reason_code for one in listed.values() for each in one.values())
    assert {3, 4, 5, 6} <= reasons.keys()
    assert sum(one.held for one in night.lists) == reasons[6] > 0


def test_lists_are_as_long_as_the_population_counted(country: Country, tmp_path: Path) -> None:
    on = date(2026, 11, 3)
    rows = read_table(country.folder / "lists.parquet").to_pylist()
    wanted = {
        (row["authority"], row["municipality"]): row["entries"] for row in rows if row["date"] == on
    }
    one = publish_night(
        country.folder, tmp_path / "one", on=on, keys=KEYS, options=NightOptions(generation=3)
    )
    told = json.loads((one.folder / "manifest.json").read_text(encoding="utf-8"))
    found = {
        (row["authority"], row["municipality"][1:]): row["entries"]
        for row in told["lists"]
        if row["generation"] == 3
    }
    assert found == wanted
    assert len(found) == len(told["lists"]) == 2 * PLACES
    assert told["entries"] == sum(wanted.values()) > 0


def test_a_list_is_numbered_as_a_world_numbers_it(country: Country, tmp_path: Path) -> None:
    town = Town.build("one")
    made = at_time(date(2028, 8, 20), time(0))
    wanted = Publication(town.world).edition(
        ListKey(Authority(Purpose.SIGNATURE, 3), "13113"), made
    )
    night = publish_night(country.folder, tmp_path / "n", on=date(2028, 8, 20), keys=KEYS)
    (signer,) = [one for one in night.signers if one.authority == Authority(Purpose.SIGNATURE, 3)]
    assert signer.edition == wanted
    # 2023-07-16 has the first list, and the second is made at the next midnight: 1,862 days later
    # (2023-07-16 to 2028-07-16 are 5 * 365 + 2 = 1,827, and 35 more) it is the 1,864th.
    assert wanted.number == 1864


def test_what_is_recorded_at_noon_is_on_the_list_of_noon_but_not_of_midnight(
    noon: Country, tmp_path: Path
) -> None:
    """The hour is the policy's: the last event counted lies two hours before, not a day."""
    by_day = Counter(
        row["ended_on"]
        for row in read_table(noon.folder / "certificates").to_pylist()
        if row["state"] == "revoked" and row["ended_on"] > date(2024, 1, 1)
    )
    on = max(by_day, key=lambda day: (by_day[day], day))
    publish_night(noon.folder, tmp_path / "n", on=on, keys=KEYS)
    told = json.loads((tmp_path / "n" / "manifest.json").read_text(encoding="utf-8"))
    assert datetime.fromisoformat(told["made_at"]) == datetime(
        on.year, on.month, on.day, 3, tzinfo=UTC
    )
    assert told["entries"] == sum(map(len, folded(noon, on, 12).values()))
    assert told["entries"] > sum(map(len, folded(noon, on - timedelta(days=1), 12).values()))
