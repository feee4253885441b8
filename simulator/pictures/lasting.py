"""What lasts beside certificates: the register a person is in, their cards and their phones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from jpki.jst import end_of_day
from jpki.law import Effect
from jpki.life import Card, MobileDevice, Person, Recorded, State
from jpki.life.events import DeletionGround, Register, ResidentRecordDeleted
from jpki.life.state import CardState, DeviceState, Lapse
from jpki.terms import Certainty
from simulator.pictures.model import End, Look, Stretch, Track, Words
from simulator.timeline import Reason

__all__ = ["Spell", "Turn", "spells"]

_RESIDENT = Words("resident record", "住民票")
_ABROAD = Words("abroad (family register supplement)", "国外（戸籍の附票）")
_PLATFORMS = {"android": "Android", "iphone": "iPhone"}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a log entry did to a card, a phone or a register."""

    seq: int
    at: datetime
    effect: Effect
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Spell:
    """A bar in the making: its stretches so far and who turned it."""

    id: str
    track: Track
    label: Words
    stretches: tuple[Stretch, ...]
    end: End
    turns: tuple[Turn, ...]
    planned_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one entry shows of a thing that lasts; ``look`` is None when it is over."""

    id: str
    track: Track
    label: Words
    look: Look | None
    planned_end: datetime | None = None
    at: datetime | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(slots=True)
class _Growing:
    """A thing that lasts while the log is gone through."""

    sight: _Sight
    since: datetime
    over: bool = False
    stretches: list[Stretch] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def see(self, sight: _Sight, entry: Recorded) -> None:
        """Take in how it looks after an entry."""
        if sight.look is not self.sight.look:
            at = max(sight.at or entry.recorded_at, self.since)
            self.stretches.append(Stretch(self.since, at, self.sight.look or Look.SOUND))
            self.turns.append(Turn(entry.seq, at, _effect(sight.look), sight.reasons))
            self.since, self.over = at, sight.look is None
        self.sight = replace(sight, id=self.sight.id)

    def finish(self, until: datetime) -> Spell:
        """Return it as it stands at the end of the picture."""
        end, planned = End.REVOKED if self.over else End.OPEN, self.sight.planned_end
        if not self.over:
            ends = until
            if planned is not None and planned < until:
                end, ends = End.EXPIRED, planned
            look = self.sight.look or Look.SOUND
            self.stretches.append(Stretch(self.since, max(ends, self.since), look))
        sight = self.sight
        return Spell(
            sight.id,
            sight.track,
            sight.label,
            tuple(self.stretches),
            end,
            tuple(self.turns),
            planned,
        )


def spells(
    states: tuple[tuple[Recorded, State], ...], person: str, until: datetime
) -> Iterator[Spell]:
    """Yield every register, card and phone of a person, as the log shows them up to an instant."""
    growing: dict[str, _Growing] = {}
    ended: list[_Growing] = []
    off_every_register = False
    for entry, state in states:
        if isinstance(entry.event, ResidentRecordDeleted):
            off_every_register |= entry.event.ground in _FOR_GOOD
        for sight in _sights(state, person, entry, off_every_register):
            known = growing.get(sight.id)
            if known is not None and not known.over:
                known.see(sight, entry)
            elif sight.look is not None and (known is None or sight.track is Track.PERSON):
                # Who comes back from abroad is in the resident record a second time.
                ended += [] if known is None else [known]
                again = f"-{len(ended) + 1}" if known else ""
                fresh = replace(sight, id=sight.id + again)
                growing[sight.id] = _Growing(fresh, entry.recorded_at)
    for each in (*ended, *growing.values()):
        yield each.finish(until)


def _effect(look: Look | None) -> Effect:
    match look:
        case None:
            return Effect.LAPSE
        case Look.HELD:
            return Effect.SUSPEND
        case Look.SOUND:
            return Effect.RESUME
        case Look.LEFT_OVER:
            return Effect.NONE


def _sights(state: State, person: str, entry: Recorded, off: bool) -> Iterator[_Sight]:
    known = state.people.get(person)
    if known is None:
        return
    yield from _registers(known, off)
    cards = known.past_cards if known.card is None else (*known.past_cards, known.card)
    for number, card in enumerate(cards, 1):
        yield _card(state, card, number, entry)
    phones = known.past_devices if known.device is None else (*known.past_devices, known.device)
    for number, phone in enumerate(phones, 1):
        yield _phone(phone, number)


# After these nobody is in any register; the state only says that it was the supplement.
_FOR_GOOD = frozenset({DeletionGround.DEATH, DeletionGround.OFF_SUPPLEMENT})


def _registers(person: Person, off: bool) -> Iterator[_Sight]:
    supplement = person.register is Register.FAMILY_REGISTER_SUPPLEMENT
    abroad = supplement and not person.registered and not off
    resident = Look.SOUND if person.registered else None
    yield _Sight("register", Track.PERSON, _RESIDENT, resident)
    yield _Sight("abroad", Track.PERSON, _ABROAD, Look.SOUND if abroad else None)


def _card(state: State, card: Card, number: int, entry: Recorded) -> _Sight:
    looks = {
        CardState.VALID: Look.SOUND,
        CardState.SUSPENDED: Look.HELD,
        CardState.EXPIRED: Look.SOUND,
        CardState.LAPSED: None,
    }
    change = card.lapse or card.suspension
    return _Sight(
        f"card-{number}",
        Track.CARD,
        Words(f"card {number}", f"カード{number}"),
        looks[card.state_at(entry.recorded_at)],
        end_of_day(card.expires_on),
        None if change is None else change.recorded_at,
        () if change is None else tuple(_reasons(state, change)),
    )


def _reasons(state: State, change: Lapse) -> Iterator[Reason]:
    table, cause = state.book.table, change.cause
    while cause is not None:
        rule = table.rule(cause.ruling.rule)
        yield Reason(
            rule.id,
            rule.note_en,
            rule.note_ja,
            table.basis_en(rule),
            table.basis_ja(rule),
            Certainty(rule.certainty),
        )
        if cause.because is None:
            return
        cause = cause.because


def _phone(phone: MobileDevice, number: int) -> _Sight:
    """A phone ends here when its keys are gone; until then somebody may still hold them."""
    if not phone.key_present:
        look = None
    elif phone.state is DeviceState.SUSPENDED:
        look = Look.HELD
    else:
        look = Look.LEFT_OVER if phone.state is DeviceState.REPLACED else Look.SOUND
    model = _PLATFORMS[phone.platform.value]
    label = Words(f"phone {number}: {model}", f"端末{number}：{model}")
    return _Sight(f"phone-{number}", Track.PHONE, label, look)
