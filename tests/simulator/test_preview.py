"""What is foreseen is what then happens, and looking does not change the world."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, Refused
from jpki.jst import at_time, day
from jpki.law import Effect
from jpki.life import Event, Recorded
from jpki.life.events import (
    CardLossReported,
    Channel,
    Destination,
    MobileDeviceLossReported,
    MoveOutNotified,
    Platform,
    RecordItem,
    ResidentRecordAmended,
    ResidentRecordDeleted,
    RevocationRequested,
)
from jpki.life.events import DeletionGround as Ground
from jpki.terms import CertificateKind
from simulator import callcentre, municipality, phone
from simulator.keys import KeyPool
from simulator.people import invent_person
from simulator.preview import Foreseen, expiring, foresee, preview
from simulator.timeline import changes
from simulator.tokens import TokenPins, applet
from simulator.world import World

BEGINS = at_time(date(2026, 7, 6), time(10, 0))
POOL = KeyPool()
CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
MS, MA = CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION
MOVED = "東京都渋谷区模擬町９－９－９"
P = "P000001"


@pytest.fixture
def world() -> Iterator[World]:
    with World.create(None, seed="preview", at=BEGINS, keys=POOL) as made:
        municipality.register(made, invent_person("preview", 1, birth_date=date(1990, 9, 15)))
        card = municipality.hand_over_card(
            made, P, pins=TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
        )
        phone.enrol(
            made,
            P,
            platform=Platform.ANDROID,
            card=applet(made, card),
            card_password=SignaturePassword("ABC123"),
            pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
        )
        yield made


def what_is_in(world: World) -> object:
    state = world.state()
    return world.now, world.entries, dict(state.people), dict(state.certificates), world.notices()


def told(world: World, event: Event, **more: object) -> tuple[Foreseen, ...]:
    found = preview(world.state(), event, at=world.now, on_its_way=world.notices(), **more)  # type: ignore[arg-type]
    return (*found.before, found.first, *found.later)


def effects(foreseen: tuple[Foreseen, ...]) -> list[object]:
    return [
        (each.entry.event, each.entry.recorded_at, [(c.kind, c.effect, c.at) for c in each.changes])
        for each in foreseen
    ]


def happened(world: World, before: int, entries: tuple[Recorded, ...]) -> list[object]:
    """What the log then says, by the fold over it: another way than the preview's."""
    found = []
    for number in range(before, len(entries)):
        entry = entries[number]
        earlier = world.state(entry.recorded_at - timedelta(microseconds=1))
        if number and entries[number - 1].recorded_at == entry.recorded_at:
            pytest.fail("the entries of a test lie apart")
        did = changes(earlier, world.state(entry.recorded_at), entry)
        found.append((entry.event, entry.recorded_at, [(c.kind, c.effect, c.at) for c in did]))
    return found


LOST = CardLossReported(person=P, channel=Channel.CALL_CENTRE)
EVENTS: tuple[Event, ...] = (
    LOST,
    MobileDeviceLossReported(person=P),
    RevocationRequested(person=P, kinds=(CA,)),
    ResidentRecordDeleted(person=P, ground=Ground.DEATH),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
@pytest.mark.parametrize("waiting", [False, True], ids=["alone", "with-a-notice-on-its-way"])
def test_what_is_foreseen_happens_and_looking_changes_nothing(
    world: World, event: Event, waiting: bool
) -> None:
    if waiting:
        municipality.amend_record(world, P, RecordItem.ADDRESS, MOVED)
    world.advance(world.now + timedelta(minutes=1))
    before = what_is_in(world)
    count = len(world.entries)
    until = world.now + timedelta(days=3)
    foreseen = told(world, event, until=until)
    assert what_is_in(world) == before
    world.record(event)
    world.advance(until)
    recorded = [each for each in foreseen if each.refusal is None]
    assert effects(tuple(recorded)) == happened(world, count, world.entries)


def test_a_move_is_foreseen_for_the_instant_at_which_the_agency_records_it(world: World) -> None:
    move = ResidentRecordAmended(person=P, item=RecordItem.ADDRESS, value=MOVED)
    found = preview(world.state(), move, at=world.now, recorded_at=world.notice_due())
    # SC-01 and X-2: both signature certificates fall the day after the notice, nothing else.
    assert [(c.kind, c.effect, day(c.at)) for c in found.fallen] == [
        (CS, Effect.REVOKE, date(2026, 7, 7)),
        (MS, Effect.REVOKE, date(2026, 7, 7)),
    ]
    assert all(change.reasons[0].basis_en for change in found.fallen)
    assert what_is_in(world) == what_is_in(world)


def test_what_is_due_anyway_is_told_apart_from_what_the_event_brings(world: World) -> None:
    municipality.amend_record(world, P, RecordItem.ADDRESS, MOVED)
    found = preview(
        world.state(),
        MobileDeviceLossReported(person=P),
        at=world.now,
        on_its_way=world.notices(),
    )
    # The suspension of the phone holds its authentication certificate and ends its signature one
    # (EV-66), so of the move only the card's signature certificate is left to fall.
    assert [(c.kind, c.effect) for c in found.first.changes] == [
        (MS, Effect.REVOKE),
        (MA, Effect.SUSPEND),
    ]
    (move,) = found.later
    assert not move.anyway
    assert [c.kind for c in move.changes] == [CS]
    (before,) = found.prevented
    assert {c.kind for c in before.changes} == {CS, MS}
    registered_again = preview(
        world.state(),
        RevocationRequested(person=P, kinds=(CA,)),
        at=world.now,
        on_its_way=world.notices(),
    )
    assert [each.anyway for each in registered_again.later] == [True]
    assert registered_again.prevented == ()


def test_a_period_that_runs_out_is_foreseen_on_its_day_and_not_before(world: World) -> None:
    out = MoveOutNotified(person=P, destination=Destination.DOMESTIC, planned_on=date(2026, 7, 10))
    # EV-04: thirty days after the planned day, 2026-08-09, so the run of the day after records it.
    run = at_time(date(2026, 8, 10), time(3, 0))
    assert told(world, out, until=run - timedelta(seconds=1))[1:] == ()
    (passed,) = told(world, out, until=run)[1:]
    assert passed.entry.recorded_at == run
    assert {change.kind for change in passed.changes} >= {CS, CA}
    world.record(out)
    assert effects(foresee(world.state(), until=run)) == effects((passed,))


def test_time_alone_brings_what_is_on_its_way(world: World) -> None:
    assert foresee(world.state(), until=world.now + timedelta(days=2)) == ()
    at = municipality.amend_record(world, P, RecordItem.ADDRESS, MOVED)
    just_before = at - timedelta(microseconds=1)
    assert foresee(world.state(), until=just_before, on_its_way=world.notices()) == ()
    (move,) = foresee(world.state(), until=at, on_its_way=world.notices())
    assert {change.kind for change in move.changes} == {CS, MS}


def test_a_notice_that_could_not_be_recorded_any_more_is_told_with_its_refusal(
    world: World,
) -> None:
    municipality.amend_record(world, P, RecordItem.ADDRESS, MOVED)
    died = ResidentRecordDeleted(person=P, ground=Ground.DEATH)
    found = preview(world.state(), died, at=world.now, on_its_way=world.notices())
    (move,) = found.later
    assert move.refusal is not None
    assert move.changes == ()


def test_certificates_that_expire_are_told_to_the_second(world: World) -> None:
    # V-1: the fifth birthday after July 2026 is 2030-09-15 (the fourth is 2029), by 13(i) the
    # certificate lasts to the end of the fifth: counted 2026, 27, 28, 29, 30.
    ends = at_time(date(2030, 9, 15), time(23, 59, 59))
    assert list(expiring(world.state(), ends)) == []
    gone = {change.kind for change in expiring(world.state(), ends + timedelta(seconds=1))}
    assert {CS, CA} <= gone


def test_what_the_law_or_the_facts_forbid_is_refused_as_recording_it_would_be(
    world: World,
) -> None:
    move = ResidentRecordAmended(person=P, item=RecordItem.ADDRESS, value=MOVED)
    callcentre.suspend_card(world, P)
    with pytest.raises((ImpossibleFact, Refused)):
        preview(world.state(), LOST, at=world.now)
    with pytest.raises(ImpossibleFact, match="looks ahead"):
        preview(world.state(), move, at=world.now, until=world.now - timedelta(seconds=1))
    with pytest.raises(ImpossibleFact, match="backwards"):
        foresee(world.state(), until=datetime.fromisoformat("2026-07-06T00:00:00+09:00"))
