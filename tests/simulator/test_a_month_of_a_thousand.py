"""A month of a thousand people, through the actors: what verifiers are told at each quarter hour.

Seeded events of ordinary life happen to them: moves, marriages, deaths, births, lost and found
cards and phones, renewals, blocked PINs. What the agency publishes is then held, at every quarter
hour of the month, against an oracle that shares no code with it: it reads the log's events and a
table written out below by hand from the Act (12, 16-13, 31, 34, 35-13) and its practice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import JST, age_on, at_time, day
from jpki.life import (
    CertificateId,
    Knowledge,
    KnownStatus,
    Recorded,
    State,
    advance,
    entry_from_json,
    known_from_list,
    known_from_ocsp,
    revocations_at,
)
from jpki.life import events as ev
from jpki.revocation import RevocationList
from jpki.terms import CertificateKind, PinKind, Purpose, RevocationReason
from simulator import callcentre, citizen, municipality, phone, postoffice
from simulator.agency.agency import entries_of
from simulator.keys import ChanceStream, KeyPool
from simulator.people import InventedPerson, invent_address, invent_people
from simulator.tokens import TokenPins, applet
from simulator.world import World

PEOPLE = 1000
FIRST, LAST = date(2026, 7, 1), date(2026, 7, 31)
BEGINS, ENDS = at_time(FIRST, time(0, 0)), at_time(date(2026, 8, 1), time(0, 0))
QUARTER = timedelta(minutes=15)
QUARTERS = tuple(BEGINS + number * QUARTER for number in range(31 * 96))
PASSWORD, PIN = SignaturePassword("ABC123"), UserPin("1234")
PINS = TokenPins(PASSWORD, PIN)
CS, CA, MS, MA = (
    CertificateKind.CARD_SIGNATURE,
    CertificateKind.CARD_AUTHENTICATION,
    CertificateKind.MOBILE_SIGNATURE,
    CertificateKind.MOBILE_AUTHENTICATION,
)


# The month


@dataclass
class Month:
    """A world in which a month is played."""

    world: World
    chance: ChanceStream
    people: dict[str, InventedPerson]
    acts: Counter[str] = field(default_factory=Counter)
    dead: set[str] = field(default_factory=set)
    lost_cards: set[str] = field(default_factory=set)
    lost_phones: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    moves: int = 0
    born: int = 0

    def live(self, person: str, kind: CertificateKind) -> bool:
        record = self.world.state().live(person, kind)
        return record is not None and record.hold is None

    def someone(self) -> str:
        alive = [each for each in self.people if each not in self.dead]
        return self.chance.pick(alive)

    def play(self) -> None:
        """Let a thing of everyday life happen to somebody, if it can."""
        person = self.someone()
        drawn = self.chance.below(sum(share for share, _ in LIFE))
        for share, act in LIFE:
            if drawn < share:
                self.acts[act.__name__] += act(self, person)
                return
            drawn -= share


def settled(month: Month, person: str) -> bool:
    """Has a card in use, and no notice of theirs is on its way to the agency."""
    return person in all_settled(month)


def all_settled(month: Month) -> set[str]:
    waiting = {entry_from_json(line).event.person for _, line in month.world.store.pending()}
    cards = {each: known.card for each, known in month.world.state().people.items()}
    return {
        person
        for person, card in cards.items()
        if card is not None and card.lapse is None and card.suspension is None
    } - waiting


def move_house(month: Month, person: str) -> bool:
    month.moves += 1
    place = month.people[person].municipality
    address = invent_address("month", 5000, place, move=month.moves)
    municipality.amend_record(month.world, person, ev.RecordItem.ADDRESS, address)
    return True


def marry(month: Month, person: str) -> bool:
    municipality.amend_record(
        month.world, person, ev.RecordItem.NAME, "模擬　改姓", card_present=False
    )
    return True


def die(month: Month, person: str) -> bool:
    municipality.report_death(month.world, person, died_on=day(month.world.now))
    month.dead.add(person)
    return True


def be_born(month: Month, person: str) -> bool:
    month.born += 1
    parent = month.people[person]
    child = f"N{month.born:05d}"
    items = ev.FourItems(
        name=f"模擬　{month.born}",
        birth_date=day(month.world.now),
        sex=parent.items.sex,
        address=parent.items.address,
    )
    invented = InventedPerson(child, items, parent.municipality)
    month.people[municipality.register(month.world, invented)] = invented
    return True


def lose_card(month: Month, person: str) -> bool:
    if not settled(month, person):
        return False
    if month.chance.below(2):
        callcentre.suspend_card(month.world, person)
    else:
        municipality.suspend_card(month.world, person)
    month.lost_cards.add(person)
    return True


def find_card(month: Month, _person: str) -> bool:
    found = sorted(month.lost_cards - month.dead)
    if not found:
        return False
    person = month.chance.pick(found)
    month.lost_cards.discard(person)
    municipality.lift_card_suspension(month.world, person)
    return True


def replace_lost_card(month: Month, _person: str) -> bool:
    lost = sorted(month.lost_cards - month.dead)
    if not lost:
        return False
    person = month.chance.pick(lost)
    month.lost_cards.discard(person)
    municipality.request_reissue(month.world, person, ev.ReissueCause.LOST)
    municipality.hand_over_card(month.world, person, pins=PINS)
    return True


def renew(month: Month, person: str) -> bool:
    if not settled(month, person) or not month.live(person, CS) or not month.live(person, CA):
        return False
    municipality.renew_certificates(month.world, person)
    return True


def issue_signature_again(month: Month, person: str) -> bool:
    """Whoever moved and lost the signature certificate fetches a new one."""
    state, settled_people = month.world.state(), all_settled(month)
    moved = sorted(
        each for each in month.people
        if each not in month.dead and each in settled_people and state.live(each, CS) is None
        and old_enough(month, each)
    )  # fmt: skip
    if not moved:
        return False
    municipality.issue_signature_certificate(month.world, month.chance.pick(moved))
    return True


def old_enough(month: Month, person: str) -> bool:
    return age_on(day(month.world.now), month.people[person].items.birth_date) >= 15


def end_signature(month: Month, person: str) -> bool:
    if not month.live(person, CS):
        return False
    if month.world.now.astimezone(JST).weekday() < 5 and month.chance.below(2):
        postoffice.forward_revocation_request(month.world, person, [CS])
    else:
        citizen.request_revocation(month.world, person, [CS], signed_with=CS)
    return True


def enrol_phone(month: Month, person: str) -> bool:
    if not settled(month, person) or not (month.live(person, CS) and month.live(person, CA)):
        return False
    card = month.world.state().person(person).card
    assert card is not None
    phone.enrol(
        month.world,
        person,
        platform=month.chance.pick((ev.Platform.ANDROID, ev.Platform.IPHONE)),
        card=applet(month.world, card.number),
        card_password=PASSWORD,
        pins=TokenPins(PASSWORD, PIN),
    )
    month.lost_phones.discard(person)
    return True


def lose_phone(month: Month, person: str) -> bool:
    state = month.world.state()
    owners = sorted(
        each for each, known in state.people.items()
        if known.device is not None and each not in month.dead | month.lost_phones
    )  # fmt: skip
    if not owners:
        return False
    person = month.chance.pick(owners)
    callcentre.suspend_phone(month.world, person)
    month.lost_phones.add(person)
    return True


def find_phone(month: Month, _person: str) -> bool:
    found = sorted(month.lost_phones - month.dead)
    if not found:
        return False
    person = month.chance.pick(found)
    month.lost_phones.discard(person)
    phone.lift_suspension(month.world, person)
    return True


def stop_phone(month: Month, _person: str) -> bool:
    owners = sorted(each for each in month.people if month.live(each, MS) and month.live(each, MA))
    if not owners:
        return False
    phone.discontinue_use(month.world, month.chance.pick(owners))
    return True


def leak(month: Month, person: str) -> bool:
    if not (month.live(person, CS) and month.live(person, CA)):
        return False
    municipality.accept_compromise_notice(month.world, person, [CS, CA])
    return True


def reset_pin(month: Month, person: str) -> bool:
    if not settled(month, person):
        return False
    municipality.reset_pins(month.world, person, {PinKind.USER_PIN: PIN})
    return True


# How often, in parts.
LIFE: tuple[tuple[int, Callable[[Month, str], bool]], ...] = (
    (20, move_house), (6, marry), (4, die), (6, be_born), (14, lose_card), (8, find_card),
    (5, replace_lost_card), (14, renew), (14, issue_signature_again), (8, end_signature),
    (30, enrol_phone), (8, lose_phone), (5, find_phone), (4, stop_phone), (3, leak), (6, reset_pin),
)  # fmt: skip


def play_month() -> Month:
    issued_at = at_time(date(2026, 6, 15), time(9, 0))
    world = World.create(None, seed="month", at=issued_at, keys=KeyPool())
    invented = invent_people("month", PEOPLE, on=date(2026, 6, 15))
    month = Month(world, world.chance.stream("month"), {p.person_id: p for p in invented})
    for person in invented:
        municipality.register(world, person)
        municipality.hand_over_card(world, person.person_id, pins=PINS)
    for number in range(31):
        today = FIRST + timedelta(days=number)
        for at in moments(month.chance, today):
            world.advance(at)
            month.play()
        assert world.agency.record_deadlines() == ()  # nobody moved out of a municipality
    world.advance(ENDS - QUARTER)
    return month


def moments(chance: ChanceStream, on: date) -> list[datetime]:
    """Instants of a day, many of them on a quarter hour or a second beside it."""
    starts = at_time(on, time(0, 0))
    seconds = [
        chance.below(96) * 900 + chance.pick((-1, 0, 1)) if chance.below(3) == 0
        else chance.below(86_400)
        for _ in range(40)
    ]  # fmt: skip
    return [starts + timedelta(seconds=max(0, second)) for second in sorted(seconds)]


# The oracle: what each event does to the certificates that live, written out by hand. First the
# card's, by kind; then the phone's follow their partners, with the same code.

R = RevocationReason
CHANGED, ENDED, RENEWED, LEAKED, HELD = (
    R.AFFILIATION_CHANGED, R.CESSATION_OF_OPERATION, R.SUPERSEDED, R.KEY_COMPROMISE,
    R.CERTIFICATE_HOLD,
)  # fmt: skip
PARTNER = {CS: MS, CA: MA}


@dataclass
class Fate:
    """What became of one certificate: periods on the list, each with its code."""

    kind: CertificateKind
    person: str
    ends_at: datetime
    listed: list[tuple[datetime, datetime | None, RevocationReason]] = field(default_factory=list)

    @property
    def held(self) -> bool:
        return bool(self.listed) and self.listed[-1][1:] == (None, HELD)

    def revoke(self, at: datetime, code: RevocationReason) -> None:
        self.release(at)
        self.listed.append((at, None, code))

    def hold(self, at: datetime) -> None:
        if not self.held:
            self.listed.append((at, None, HELD))

    def release(self, at: datetime) -> None:
        if self.held:
            since, _, code = self.listed.pop()
            self.listed.append((since, at, code))

    def told(self, at: datetime) -> tuple[datetime, RevocationReason] | None:
        """What data made at this instant says: since when, and why; None when it is not listed."""
        if at > self.ends_at:
            return None
        for since, to, code in reversed(self.listed):
            if since <= at and (to is None or at < to):
                return since, code
        return None


def effects(event: ev.Event) -> dict[CertificateKind, RevocationReason]:
    """Which certificates of the person fall, and with which code."""
    match event:
        case ev.ResidentRecordAmended():  # EV-01, EV-07
            return {CS: CHANGED}
        case ev.ResidentRecordDeleted(ground=ev.DeletionGround.DEATH):  # EV-13
            return {CS: CHANGED, CA: CHANGED}
        case ev.CardLossReported():  # EV-34, EV-35: the code of a hold, and yet no way back
            return {CS: HELD}
        case ev.CardReissueRequested():  # EV-37
            return {CS: ENDED, CA: ENDED}
        case ev.RevocationRequested(kinds=kinds, purpose=purpose):  # EV-48, EV-50, EV-62
            code = RENEWED if purpose is ev.RequestPurpose.RENEWAL else ENDED
            return dict.fromkeys(kinds, code)
        case ev.KeyCompromiseReported(kinds=kinds):  # EV-53
            return dict.fromkeys(kinds, LEAKED)
        case ev.MobileDeviceEnrolled():  # EV-64: the old pair is replaced
            return {MS: RENEWED, MA: RENEWED}
        case ev.MobileDeviceLossReported():  # EV-66
            return {MS: HELD}
        case _:
            return {}


class Oracle:
    """The fates of all certificates, told from the log's events alone."""

    def __init__(self, entries: Iterable[Recorded]) -> None:
        self.fates: dict[CertificateId, Fate] = {}
        self.final: set[CertificateId] = set()
        self._live: dict[tuple[str, CertificateKind], CertificateId] = {}
        for entry in sorted(entries, key=lambda each: each.seq):
            self._take(entry.event, entry.recorded_at)

    def _take(self, event: ev.Event, at: datetime) -> None:
        if isinstance(event, ev.CertificateIssued):
            identity = CertificateId(event.authority, event.serial)
            ends_at = at_time(event.expires_on + timedelta(days=1), time(0, 0))
            ends_at -= timedelta(seconds=1)
            self.fates[identity] = Fate(event.kind, event.person, ends_at)
            self._live[event.person, event.kind] = identity
            return
        assert not isinstance(event, ev.IssuerKeyCompromised)
        for kind, code in effects(event).items():
            if self._revoke(event.person, kind, at, code) and kind in PARTNER:
                self._revoke(event.person, PARTNER[kind], at, code)
        if isinstance(event, ev.CardLossReported):
            self._fate(event.person, CA, Fate.hold, at)
        if isinstance(event, ev.CardSuspensionLifted):
            self._fate(event.person, CA, Fate.release, at)
        if isinstance(event, ev.MobileDeviceLossReported):
            self._fate(event.person, MA, Fate.hold, at)
        if isinstance(event, ev.MobileDeviceSuspensionLifted):
            self._fate(event.person, MA, Fate.release, at)

    def _revoke(
        self, person: str, kind: CertificateKind, at: datetime, code: RevocationReason
    ) -> bool:
        identity = self._live.pop((person, kind), None)
        if identity is None or at > self.fates[identity].ends_at:
            return False
        self.fates[identity].revoke(at, code)
        self.final.add(identity)
        return True

    def _fate(
        self, person: str, kind: CertificateKind, what: Callable[[Fate, datetime], None],
        at: datetime,
    ) -> None:  # fmt: skip
        identity = self._live.get((person, kind))
        if identity is not None:
            what(self.fates[identity], at)

    def told(self, at: datetime) -> dict[CertificateId, tuple[datetime, RevocationReason]]:
        """Everything that data made at this instant lists."""
        found = ((identity, fate.told(at)) for identity, fate in self.fates.items())
        return {identity: told for identity, told in found if told is not None}


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
