"""Looking at what is so, and saying how it differs from what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from jpki.errors import LawError, LifeError, Refused
from jpki.jst import day
from jpki.life import CertificateId, CertificateRecord, Person, State, four_items_answer, why
from jpki.life import events as ev
from jpki.life.pins import PinState, pin_state
from jpki.terms import CertificateKind, Medium, PinKind
from simulator.story.grammar import (
    CERTIFICATES,
    Answer,
    CardOrNone,
    DeviceOrNone,
    Serial,
    SubstituteOrNone,
    Text,
)
from simulator.story.marks import Mark, mark_of
from simulator.story.model import Check, Expectation, Step
from simulator.story.places import Place

__all__ = ["Difference", "Glance", "Phrase", "Seen", "differences", "refusal_differs"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """The same in English and Japanese."""

    en: str
    ja: str

    @classmethod
    def value(cls, value: object) -> Phrase:
        """Return a value as a story would write it; nothing at all is a dash."""
        match value:
            case None:
                text = "-"
            case bool():
                text = str(value).lower()
            case StrEnum():
                text = value.value
            case tuple():
                text = " ".join(value) or "-"
            case _:
                text = str(value)
        return cls(text, text)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a story and the law part: what was expected, what was found, and why it is so."""

    place: Place
    at: datetime
    who: str
    key: str
    expected: Phrase
    found: Phrase
    because: tuple[Phrase, ...] = ()


def refusal_differs(
    step: Step, at: datetime, refusal: LifeError | LawError | None
) -> Difference | None:
    """Return the difference between the refusal a step expects and what became of it.

    Rules that do not answer are never what a step expects.
    """
    rule = refusal.rule if isinstance(refusal, Refused) else None
    if refusal is None:
        as_expected = step.refused is False
    elif isinstance(refusal, LawError):
        as_expected = False
    else:
        as_expected = step.refused is True or (rule is not None and step.refused == rule)
    if as_expected:
        return None
    found = _RECORDED
    if refusal is not None:
        found = Phrase(f"refused: {refusal}", f"拒否: {refusal}")
    return Difference(step.place, at, step.who, step.name, _wanted(step), found)


_RECORDED = Phrase("recorded", "記録される")


def _wanted(step: Step) -> Phrase:
    match step.refused:
        case str(rule):
            return Phrase(f"refused by {rule}", f"{rule} による拒否")
        case True:
            return Phrase("refused", "拒否")
        case _:
            return _RECORDED


@dataclass(frozen=True, slots=True)
class Glance:
    """The state at the instant looked at, and of whom."""

    state: State
    who: str

    @property
    def person(self) -> Person:
        """The person looked at."""
        return self.state.person(self.who)

    def certificate(self, subject: str, *, previous: bool = False) -> CertificateRecord | None:
        """Return the newest certificate of a kind, or the one before it."""
        kind = CertificateKind(subject)
        found = [each for each in self.state.records(self.who) if each.kind is kind]
        number = 2 if previous else 1
        return found[-number] if len(found) >= number else None


@dataclass(slots=True)
class Seen:
    """Which certificate of each kind an earlier expectation looked at."""

    certificates: dict[tuple[str, str], CertificateRecord | None] = field(default_factory=dict)


def differences(expectation: Expectation, glance: Glance, seen: Seen) -> Iterator[Difference]:
    """Yield every check that does not hold, in the order of the story; remember what was seen."""
    for check in expectation.checks:
        found = _look(check, glance, seen)
        if not _fits(check.wanted, found):
            yield Difference(
                place=check.place,
                at=glance.state.at,
                who=glance.who,
                key=check.key,
                expected=Phrase.value(check.wanted),
                found=Phrase.value(found),
                because=_because(check, glance),
            )
    for check in expectation.checks:
        if check.subject in CERTIFICATES:
            seen.certificates[glance.who, check.subject] = glance.certificate(check.subject)


def _fits(wanted: object, found: object) -> bool:
    if isinstance(wanted, Mark) and isinstance(found, Mark):
        return wanted.fits(found)
    if isinstance(wanted, tuple):
        return tuple(sorted(wanted)) == found
    return wanted == found


def _look(check: Check, glance: Glance, seen: Seen) -> object:
    if check.subject == "four_items":
        return _four_items(check, glance)
    if check.subject not in CERTIFICATES:
        return _OTHERS[check.subject](glance, check.aspect)
    record = glance.certificate(check.subject, previous=check.previous)
    if check.aspect == "serial":
        before = seen.certificates.get((glance.who, check.subject))
        return Serial.SAME if _id(record) == _id(before) else Serial.NEW
    if check.aspect == "state":
        return mark_of(record, None if record is None else glance.state.state_of(record))
    return None if record is None else _CERTIFICATE[check.aspect](record, glance)


def _id(record: CertificateRecord | None) -> CertificateId | None:
    return None if record is None else record.id


def _recorded_on(record: CertificateRecord, _glance: Glance) -> date | None:
    change = record.lapse or record.hold
    return None if change is None else day(change.recorded_at)


def _rule(record: CertificateRecord, _glance: Glance) -> str:
    change = record.lapse or record.hold
    return record.issued.ruling.rule if change is None else change.rule


def _text(record: CertificateRecord, glance: Glance) -> Text | None:
    if record.items is None:
        return None
    return Text.CURRENT if record.items == glance.person.items else Text.OLD


_CERTIFICATE: Mapping[str, Callable[[CertificateRecord, Glance], object]] = {
    "expires_on": lambda record, _glance: record.expires_on,
    "issued_on": lambda record, _glance: day(record.issued_at),
    "recorded_on": _recorded_on,
    "rule": _rule,
    "text": _text,
}


def _card(glance: Glance, aspect: str) -> object:
    card = glance.person.card
    if aspect == "state":
        return CardOrNone(card.state_at(glance.state.at).value) if card else CardOrNone.NONE
    if card is None:
        return None
    if aspect == "item":
        return None if card.lapse is None else card.lapse.cause.ruling.lapses_as
    if aspect == "rule":
        change = card.lapse or card.suspension
        return None if change is None else change.rule
    return {
        "expires_on": card.expires_on,
        "made_on": card.made_on,
        "face_only": card.face_only,
    }[aspect]


def _device(glance: Glance, aspect: str) -> object:
    device = glance.person.device
    if aspect == "state":
        return DeviceOrNone(device.state.value) if device else DeviceOrNone.NONE
    if device is None:
        return None
    return {"platform": device.platform, "key_present": device.key_present}[aspect]


def _record(glance: Glance, aspect: str) -> object:
    person = glance.person
    return {
        "registered": person.registered,
        "register": person.register,
        "municipality": person.municipality,
    }[aspect]


def _pin(glance: Glance, aspect: str, medium: Medium) -> PinState:
    pins: tuple[ev.AnyPin, ...] = (*PinKind, *ev.CardPin)
    pin = next(each for each in pins if each.value == aspect)
    return pin_state(glance.state, glance.who, medium, pin)


def _substitute(glance: Glance, aspect: str) -> object:
    record, at = glance.person.substitute, glance.state.at
    if aspect == "state":
        if record is None:
            return SubstituteOrNone.NONE
        if record.live_at(at):
            return SubstituteOrNone.LIVE
        return SubstituteOrNone.ENDED if record.lapse is None else SubstituteOrNone.LAPSED
    if record is None:
        return None
    if aspect == "rule":
        return None if record.lapse is None else record.lapse.rule
    return record.expires_on


def _four_items(check: Check, glance: Glance) -> object:
    """Ask as the verifier would: about the newest certificate of the kind that is dead."""
    asking = dict(check.asking)
    kind = CertificateKind(str(asking["about"]))
    of_kind = [each for each in glance.state.records(glance.who) if each.kind is kind]
    dead = [each for each in of_kind if not each.live_at(glance.state.at)]
    if not of_kind:
        return None
    record = (dead or of_kind)[-1]
    told = four_items_answer(glance.state, str(asking["verifier"]), record.serial)
    match check.aspect:
        case "answer":
            return Answer.GIVEN if told.given else Answer.NOTHING
        case "items":
            return tuple(sorted(told.items))
        case _:
            return told.rule


_OTHERS: Mapping[str, Callable[[Glance, str], object]] = {
    "card": _card,
    "device": _device,
    "pin": lambda glance, aspect: _pin(glance, aspect, Medium.CARD),
    "mobile_pin": lambda glance, aspect: _pin(glance, aspect, Medium.MOBILE_DEVICE),
    "record": _record,
    "substitute": _substitute,
}


def _because(check: Check, glance: Glance) -> tuple[Phrase, ...]:
    """Return the chain of causes behind what was found, as far as there is one."""
    if check.subject in CERTIFICATES:
        record = glance.certificate(check.subject, previous=check.previous)
        if record is None:
            return ()
        told = why(glance.state, record.serial, purpose=record.kind.purpose)
        return tuple(Phrase(en, ja) for en, ja in zip(told.lines_en, told.lines_ja, strict=True))
    card = glance.person.card
    change = card and (card.lapse or card.suspension)
    if check.subject != "card" or not change:
        return ()
    table = glance.state.book.table
    rule = table.rule(change.rule)
    return (
        Phrase(
            f"{rule.note_en} [{rule.id}] {table.basis_en(rule)} ({rule.certainty.value})",
            f"{rule.note_ja} [{rule.id}] {table.basis_ja(rule)}（{rule.certainty.label_ja}）",
        ),
    )
