"""Person by person, columns end as jpki.life folds the same events, every one decided anew."""

from __future__ import annotations

from collections import Counter
from datetime import date, time

import pytest

from jpki.jst import at_time, day, start_of_day
from jpki.law import authentication_expiry, five_or_six, mobile_expiry, signature_expiry
from jpki.life import CertificateRecord, State, advance, decide, revocations_at
from jpki.life import events as ev
from jpki.terms import CertificateKind, Medium, Purpose
from simulator.population import event_of
from simulator.population import lived as fold
from simulator.population.arrays import NEVER, date_of, day_number
from simulator.population.happenings import HAPPENINGS, KINDS, NUMBER
from simulator.population.lives import RECORDED_AT_HOUR
from simulator.population.parquet import STATES
from simulator.population.replay import place_name
from tests.population.conftest import Lived

# A card still to be shown after a return from abroad, and another departure in those ninety days:
# possible, and too rare for a test.
TOO_RARE = {
    "deleted.moved_abroad.card_from_abroad",
    "deleted.moved_abroad_continuing.card_from_abroad",
    "deleted.moved_abroad_continuing.card",
    "deleted.moved_out.card_from_abroad",
}


def _told_by_life(record: CertificateRecord, last: int) -> tuple[object, ...]:
    expires = day_number(record.expires_on)
    head = (day_number(day(record.issued_at)), expires, record.municipality)
    lapse = record.lapse
    if lapse is not None:
        assert lapse.reason is not None
        ended = day_number(day(lapse.recorded_at))
        return (*head, "revoked", ended, int(lapse.reason), lapse.rule)
    if expires < last:
        return (*head, "expired", expires + 1, None, None)
    return (*head, "live" if record.hold is None else "held", NEVER, None, None)


def _told_by_columns(row: tuple[int, ...], rules: tuple[str, ...]) -> tuple[object, ...]:
    _, _, _, place, issued, ends, ended, reason, rule, number = row
    state = STATES[number]
    why = (reason, rules[rule]) if state == "revoked" else (None, None)
    return (issued, ends, place_name(place), state, ended, *why)


def test_every_certificate_is_issued_and_ends_as_the_law_decides(lived: Lived) -> None:
    last = lived.scope.year_begins(lived.scope.years) - 1
    compared = 0
    for person, rows in lived.events.items():
        state = fold(rows, book=lived.law.book)
        wanted = {
            (record.kind, record.serial): _told_by_life(record, last)
            for record in state.certificates.values()
        }
        found = {
            (KINDS[row[1]], row[2]): _told_by_columns(row, lived.law.effects.rules)
            for row in lived.certificates.get(person, [])
        }
        assert found == wanted, f"person {person} of seed {lived.scope.seed!r}"
        compared += len(wanted)
    assert len(lived.events) > 450  # the born among them
    assert compared > 3000


def _lawful_end(
    state: State, event: ev.CertificateIssued, on: date, renewed: dict[CertificateKind, date]
) -> date:
    """When the law lets a certificate end, asked of jpki.law about this very person and day."""
    book, (person,) = state.book, state.people.values()
    if event.kind.medium is Medium.MOBILE_DEVICE:
        partner = state.live(person.id, event.kind.partner)
        assert partner is not None
        return mobile_expiry(
            event.kind, issued_on=on, partner_expires_on=partner.expires_on, book=book
        ).ends_on
    assert person.card is not None
    count = five_or_six(
        event.kind, applied_on=on, current_expires_on=renewed.get(event.kind), book=book
    )
    if event.kind is CertificateKind.CARD_AUTHENTICATION:
        return authentication_expiry(
            on, person.birth_date, card_expires_on=person.card.expires_on, count=count, book=book
        ).ends_on
    proof = state.live(person.id, CertificateKind.CARD_AUTHENTICATION)
    return signature_expiry(
        on,
        person.birth_date,
        card_expires_on=person.card.expires_on,
        authentication_expires_on=None if proof is None else proof.expires_on,
        count=count,
        book=book,
    ).ends_on


def test_every_certificate_is_valid_as_long_as_the_law_says(lived: Lived) -> None:
    compared = sixth = 0
    for rows in list(lived.events.values())[:220]:
        state, renewed, day_before = None, {}, None
        for number, row in enumerate(rows):
            on = date_of(row.day)
            at = at_time(on, time(RECORDED_AT_HOUR))
            state = State.empty(at, book=lived.law.book) if state is None else advance(
                state, (), at=at
            )  # fmt: skip
            if on != day_before:
                renewed, day_before = {}, on
            event = event_of(row, number)
            if isinstance(event, ev.RevocationRequested) and event.purpose == "renewal":
                live = {kind: state.live("p", kind) for kind in event.kinds}
                renewed = {kind: each.expires_on for kind, each in live.items() if each}
            if isinstance(event, ev.CertificateIssued):
                assert event.expires_on == _lawful_end(state, event, on, renewed), (event.kind, on)
                compared += 1
                sixth += event.kind in renewed
            state = advance(state, (decide(state, event, at=at),))
    assert compared > 1500
    assert sixth > 50


def test_everything_that_can_happen_happens(lived: Lived) -> None:
    seen = Counter(HAPPENINGS[row.happening].name for rows in lived.events.values() for row in rows)
    missing = {each.name for each in HAPPENINGS} - seen.keys()
    assert missing <= TOO_RARE


def test_nobody_is_certified_twice_under_one_number(lived: Lived) -> None:
    serials = Counter(
        (KINDS[row[1]].purpose, row[2]) for rows in lived.certificates.values() for row in rows
    )
    assert serials
    assert max(serials.values()) == 1


def test_lists_are_as_long_as_lists_made_from_the_folded_lives(lived: Lived) -> None:
    """Every list of every place on four nights, each counted by jpki.life.revocations_at."""
    scope, first = lived.scope, lived.scope.year_begins(0)
    level, found = [0] * (2 * scope.places), {}
    nights = [first + 1, *(scope.year_begins(year) + 77 for year in range(3, scope.years, 3))]
    nights.append(scope.year_begins(scope.years) - 1)
    for year, counted in enumerate(lived.years):
        for row, change in enumerate(counted.counts.listed):
            level = [a + b for a, b in zip(level, change.tolist(), strict=True)]
            found[scope.stretch_begins(year) + row - 1] = level
    for night in nights:
        made_at = start_of_day(date_of(night))  # policy list_made_at_hour: 0
        wanted = [0] * (2 * scope.places)
        for rows in lived.events.values():
            # What was recorded by the time the list is made: the days before.
            state = fold([row for row in rows if row.day < night], book=lived.law.book)
            if not state.people:
                continue
            for entry in revocations_at(advance(state, (), at=made_at)):
                half = 0 if entry.authority.purpose is Purpose.SIGNATURE else scope.places
                wanted[half + int(entry.municipality) - 1] += 1
        assert found[night] == wanted, f"the lists of {date_of(night)}"


@pytest.mark.parametrize("policy", ["guardianship_bars_signature", "tensyutsu_sign_revoked_on"])
def test_the_policies_that_are_tried_make_a_difference(policy: str, lived: Lived) -> None:
    default = lived.law.book.table.default_policies[policy]
    assert (lived.law.book.policies[policy] != default) == bool(lived.law.book.policies.changed)


def test_a_history_the_law_forbids_is_refused_by_the_fold(lived: Lived) -> None:
    """So that the comparison cannot pass by folding without looking."""
    from jpki.errors import LifeError

    rows = next(rows for rows in lived.events.values() if any(_is_issue(r.happening) for r in rows))
    twice = [each for row in rows for each in ([row, row] if _is_issue(row.happening) else [row])]
    with pytest.raises(LifeError):
        fold(twice, book=lived.law.book)


def _is_issue(happening: int) -> bool:
    return happening == NUMBER["issued.card_authentication"]


def test_an_empty_history_leaves_nobody() -> None:
    assert isinstance(fold([]), State)
    assert not fold([]).people
