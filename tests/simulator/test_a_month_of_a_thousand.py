"""A month of a thousand people, through the actors: what verifiers are told at each quarter hour.

Seeded events of ordinary life happen to them: moves, marriages, deaths, births, lost and found
cards and phones, renewals, PINs set anew. What the agency publishes is then held, at every quarter
hour of the month, against an oracle that shares no code with it (``month_oracle``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest

from jpki.jst import at_time
from jpki.life import (
    CertificateId,
    Knowledge,
    KnownStatus,
    Recorded,
    State,
    advance,
    known_from_list,
    known_from_ocsp,
    revocations_at,
)
from jpki.life import events as ev
from jpki.revocation import RevocationList
from jpki.terms import Purpose, RevocationReason
from simulator.agency.agency import entries_of
from tests.simulator.month_of_life import (
    BEGINS,
    CA,
    ENDS,
    FIRST,
    LIFE,
    MA,
    PEOPLE,
    QUARTER,
    QUARTERS,
    Month,
    play_month,
)
from tests.simulator.month_oracle import HELD, Fate, Oracle


def published(state: State) -> dict[CertificateId, tuple[datetime, RevocationReason]]:
    """What the agency lists by its own fold."""
    return {
        CertificateId(each.authority, each.serial): (each.recorded_at, each.reason)
        for each in revocations_at(state)
    }


@dataclass
class Played:
    month: Month
    oracle: Oracle


@pytest.fixture(scope="module")
def played() -> Played:
    month = play_month()
    return Played(month, Oracle(month.world.entries))


pytestmark = [pytest.mark.long, pytest.mark.xdist_group("month")]


def test_everything_that_can_happen_in_a_month_happened(played: Played) -> None:
    assert {act.__name__ for _, act in LIFE} == {name for name, n in played.month.acts.items() if n}
    assert len(played.month.people) > PEOPLE
    assert len(played.oracle.final) > 200


def test_at_every_quarter_hour_the_agency_lists_what_the_law_says(
    played: Played, counted: Callable[..., None]
) -> None:
    """Lists and OCSP data are both made on a quarter hour: midnight and each of them."""
    world = played.month.world
    entries = sorted(world.entries, key=lambda each: each.position)
    positions = [entry.recorded_at for entry in entries]
    done = bisect_right(positions, BEGINS - QUARTER)
    state = advance(State.empty(entries[0].recorded_at, book=world.book), entries[:done])
    listed = 0
    for at in QUARTERS:
        more = bisect_right(positions, at)
        state = advance(state, entries[done:more], at=at)
        done = more
        expected = played.oracle.told(at)
        assert published(state) == expected, at
        listed += len(expected)
    assert done == len(entries)
    counted("a month", people=len(played.month.people), quarter_hours=len(QUARTERS), told=listed)


def test_each_list_of_each_day_holds_its_municipalitys_certificates_and_no_others(
    played: Played,
) -> None:
    """The lists as bytes, parsed again: of every authority and municipality, each midnight."""
    agency = played.month.world.agency
    for number in range(31):
        at = at_time(FIRST + timedelta(days=number), time(0, 0))
        expected = played.oracle.told(at)
        found = [
            (root_purpose(one), serial, entry.recorded_at, entry.reason)
            for one in agency.revocation_lists(at)
            for serial, entry in one.entries.items()
        ]
        assert Counter(found) == Counter(
            (identity.authority.purpose, identity.serial, since.replace(microsecond=0), code)
            for identity, (since, code) in expected.items()
        )


def root_purpose(one: RevocationList) -> Purpose:
    """By the list's issuer: the signature authority's simulated name says so."""
    return Purpose.SIGNATURE if b"sign" in one.issuer.lower() else Purpose.USER_AUTHENTICATION


def test_a_verifier_is_told_so_exactly_from_the_quarter_hour_or_midnight_after_the_record(
    played: Played, counted: Callable[..., None]
) -> None:
    """Both sides of every boundary round every recording, by the log of the person alone."""
    world, asked = played.month.world, 0
    for identity, fate in played.oracle.fates.items():
        if not fate.listed:
            continue
        own = entries_of(world.entries, fate.person)
        for instant in {each for since, to, _ in fate.listed for each in (since, to) if each}:
            if instant < BEGINS or instant > ENDS - timedelta(days=1):
                continue
            for at in round_about(instant):
                if at < issued_at(own, identity):
                    continue
                asked += 2
                data = at - (at - BEGINS) % QUARTER
                ocsp = known_from_ocsp(own, identity, at=at, book=world.book)
                assert tuple_of(ocsp) == expectation(fate, data), (at, "ocsp")
                midnight = at - (at - BEGINS) % timedelta(days=1)
                from_list = known_from_list(own, identity, at=at, book=world.book)
                assert tuple_of(from_list) == expectation(fate, midnight), (at, "list")
    counted("a month", asked=asked)


def round_about(instant: datetime) -> list[datetime]:
    """The quarter hour before and after a record, the midnight after, and a second beside each."""
    before = instant - (instant - BEGINS) % QUARTER
    midnight = instant - (instant - BEGINS) % timedelta(days=1) + timedelta(days=1)
    second = timedelta(seconds=1)
    return [
        each + beside
        for each in (before, before + QUARTER, midnight)
        for beside in (-second, timedelta(0), second)
    ]


def issued_at(entries: Iterable[Recorded], identity: CertificateId) -> datetime:
    return next(
        entry.recorded_at
        for entry in entries
        if isinstance(entry.event, ev.CertificateIssued)
        and CertificateId(entry.event.authority, entry.event.serial) == identity
    )


def tuple_of(known: Knowledge) -> tuple[KnownStatus, datetime | None, RevocationReason | None]:
    return known.status, known.recorded_at, known.reason


def expectation(
    fate: Fate, as_of: datetime
) -> tuple[KnownStatus, datetime | None, RevocationReason | None]:
    told = fate.told(as_of)
    if told is None:
        return KnownStatus.GOOD, None, None
    since, code = told
    # A signature certificate has no way back, whatever its code (T-2).
    hold = code is HELD and fate.kind in (CA, MA)
    return (KnownStatus.HELD if hold else KnownStatus.REVOKED), since, code
