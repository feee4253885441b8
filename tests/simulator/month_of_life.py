"""A month of everyday life: what happens to a thousand people, through the actors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import JST, age_on, at_time, day
from jpki.life import entry_from_json
from jpki.life import events as ev
from jpki.terms import CertificateKind, PinKind
from simulator import callcentre, citizen, municipality, phone, postoffice
from simulator.keys import ChanceStream, KeyPool
from simulator.people import InventedPerson, invent_address, invent_people
from simulator.tokens import TokenPins, applet
from simulator.world import World

PEOPLE = 1000
FIRST = date(2026, 7, 1)
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
