"""Which facts can be, and which a rule forbids: :func:`decide` refuses, the fold never does.

:class:`~jpki.errors.ImpossibleFact` is for dates and things that cannot be so (a second death, a
card nobody issued); :class:`~jpki.errors.Refused` is for what a rule forbids, and names its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jpki.errors import ImpossibleFact, Refused
from jpki.jst import age_on, day, require_aware
from jpki.law import Subject
from jpki.life import events as ev
from jpki.life.deadlines import CALCULABLE, last_day
from jpki.life.fold import advance
from jpki.life.log import Recorded
from jpki.life.state import (
    Card,
    CardState,
    CertificateId,
    CertificateState,
    DeviceState,
    Person,
    State,
)
from jpki.terms import CertificateKind, Medium, Purpose

__all__ = ["decide", "decide_all"]

_CS = CertificateKind.CARD_SIGNATURE
_CA = CertificateKind.CARD_AUTHENTICATION


def decide(
    state: State,
    event: ev.Event,
    *,
    at: datetime,
    occurred_on: date | None = None,
    known_at: datetime | None = None,
) -> Recorded:
    """Return the log entry for an event recorded at ``at``, or refuse.

    ``occurred_on`` is the Japan day of the fact (default: the day of ``at``); ``known_at`` the
    instant the agency heard of it (default: ``at``). The entry is the next in sequence; the state
    is not changed (see :func:`jpki.life.advance`).
    """
    recorded_at = require_aware(at)
    entry = Recorded(
        seq=state.next_seq,
        event=event,
        occurred_on=day(recorded_at) if occurred_on is None else occurred_on,
        known_at=recorded_at if known_at is None else require_aware(known_at),
        recorded_at=recorded_at,
    )
    _check_clocks(state, entry)
    _check_existence(state, entry)
    case = _Case(state, entry, _person(state, entry))
    if case.known is not None:
        _check_life(case.known, entry)
    check: Callable[[_Case, Any], None] | None = _CHECKS.get(type(event))
    if check is not None:
        check(case, event)
    return entry


def decide_all(
    state: State,
    events: Iterable[ev.Event],
    *,
    at: datetime,
    occurred_on: date | None = None,
    known_at: datetime | None = None,
) -> tuple[Recorded, ...]:
    """Return the entries for several events at one instant, each decided after those before it.

    When one is refused, none is returned.
    """
    entries: list[Recorded] = []
    for event in events:
        entry = decide(state, event, at=at, occurred_on=occurred_on, known_at=known_at)
        entries.append(entry)
        state = advance(state, (entry,))
    return tuple(entries)


@dataclass(frozen=True, slots=True)
class _Case:
    """What a check looks at."""

    state: State
    entry: Recorded
    known: Person | None

    @property
    def at(self) -> datetime:
        return self.entry.recorded_at

    @property
    def on(self) -> date:
        return day(self.entry.recorded_at)

    @property
    def person(self) -> Person:
        if self.known is None:
            raise ImpossibleFact("nobody with this id is registered")
        return self.known

    def live_card(self) -> Card:
        """Return the card if it has neither lapsed nor expired; refuse otherwise."""
        card = self.person.card
        if card is None:
            raise ImpossibleFact("the person has no card")
        if not card.live_at(self.at):
            raise ImpossibleFact("the card has lapsed or expired")
        return card

    def status(self, kind: CertificateKind) -> CertificateState | None:
        """ACTIVE or HELD, or None when no certificate of the kind is live."""
        record = self.state.live(self.person.id, kind, at=self.at)
        return None if record is None else record.state_at(self.at)


# Every event


def _check_clocks(state: State, entry: Recorded) -> None:
    if entry.recorded_at < state.at:
        raise ImpossibleFact("it would be recorded before what is already known")
    if entry.known_at > entry.recorded_at:
        raise ImpossibleFact("it would be recorded before it is known")
    if entry.occurred_on > day(entry.recorded_at):
        raise ImpossibleFact("it would be recorded before it happens")


def _check_existence(state: State, entry: Recorded) -> None:
    """Refuse events, and kinds of certificate, before there were any."""
    event, table = entry.event, state.book.table
    row = table.event(event.name)
    _require_since(state, row.id, row.since, entry.occurred_on)
    if isinstance(event, ev.CertificateIssued):
        subject = table.subject_row(Subject(event.kind.value))
        _require_since(state, subject.id, subject.since, entry.occurred_on)
    if isinstance(event, ev.MobileDeviceEnrolled):
        _require_milestone(state, f"mobile_{event.platform.value}", entry.occurred_on)
    if isinstance(event, ev.CardIssued) and event.face_only:
        _require_milestone(state, "pinless_card", entry.occurred_on)
    if isinstance(event, ev.CardExchanged) and event.cause is ev.ExchangeCause.RESIDENCE_CARD:
        _require_milestone(state, "residence_card_combined", entry.occurred_on)


def _require_milestone(state: State, name: str, on: date) -> None:
    _require_since(state, name, state.book.table.milestone(name).since, on)


def _require_since(state: State, row_id: str, since: date, on: date) -> None:
    if on < since:
        raise _refused(state, row_id, f"this exists only since {since}")


def _refused(state: State, row_id: str, message: str, *, hint: str | None = None) -> Refused:
    table = state.book.table
    return Refused(message, rule=row_id, basis=table.basis_ja(table.row(row_id)), hint=hint)


def _person(state: State, entry: Recorded) -> Person | None:
    event = entry.event
    if isinstance(event, ev.IssuerKeyCompromised):
        return None
    known = state.people.get(event.person)
    if isinstance(event, ev.ResidentRegistered):
        if known is not None:
            raise ImpossibleFact("a person with this id is registered already")
        if entry.occurred_on < event.items.birth_date:
            raise ImpossibleFact("nobody is registered before birth")
        return None
    return state.person(event.person)


# What can still be recorded of somebody who has died.
_AFTER_DEATH = (
    ev.CardReturned,
    ev.LostCardFound,
    ev.RecordErrorFound,
    ev.MobileDeviceChanged,
)


def _check_life(person: Person, entry: Recorded) -> None:
    if entry.occurred_on < person.birth_date:
        raise ImpossibleFact("it would happen before the person's birth")
    if person.died_on is None:
        return
    if isinstance(entry.event, ev.ResidentRecordDeleted):
        raise ImpossibleFact("the person's death is recorded already")
    if isinstance(entry.event, _AFTER_DEATH):
        return
    raise ImpossibleFact("the person has died")


# Register and status


def _check_amended(case: _Case, event: ev.ResidentRecordAmended) -> None:
    person = case.person
    abroad = person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT
    if abroad != (event.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT):
        raise ImpossibleFact("the person is recorded in the other register")
    if not abroad and not person.registered:
        raise ImpossibleFact("the person has no resident record to correct")
    if event.item is ev.RecordItem.BIRTH_DATE and event.value:
        _check_birth_date(event.value, case.on)
    if event.item is ev.RecordItem.SEX and event.value not in ("", "male", "female", "unknown"):
        raise ImpossibleFact("the record's sex item is none of the known values")


def _check_birth_date(value: str, on: date) -> None:
    try:
        birth_date = date.fromisoformat(value)
    except ValueError:
        raise ImpossibleFact("the record's date of birth is not a date") from None
    if birth_date > on:
        raise ImpossibleFact("the date of birth lies in the future")


def _check_deleted(case: _Case, event: ev.ResidentRecordDeleted) -> None:
    person, ground = case.person, event.ground
    abroad = person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT
    if ground is ev.DeletionGround.OFF_SUPPLEMENT:
        if not abroad:
            raise ImpossibleFact("the person is not recorded as living abroad")
        return
    if ground is ev.DeletionGround.DEATH:
        return
    if not person.registered:
        raise ImpossibleFact("the person's record is deleted already")
    if ground is ev.DeletionGround.MOVED_ABROAD_CONTINUING and not person.continued_use:
        raise ImpossibleFact("the continued-use step was not done")


def _check_move_out(case: _Case, _event: ev.MoveOutNotified) -> None:
    if not case.person.registered:
        raise ImpossibleFact("the person has no resident record to move out of")
    if case.person.move_out is not None:
        raise ImpossibleFact("a move out is pending already")


def _check_continued_use(case: _Case, _event: ev.ContinuedUseArranged) -> None:
    move = case.person.move_out
    if move is None or move.destination is not ev.Destination.ABROAD:
        raise ImpossibleFact("no departure abroad was notified")
    if case.entry.occurred_on >= move.planned_on:
        raise _refused(
            case.state, "K-1", "the step has to be done by the day before the planned departure"
        )
    if case.person.nationality is not ev.Nationality.JAPANESE:
        raise _refused(case.state, "K-1", "only Japanese nationals keep the card abroad")
    case.live_card()


def _check_departure_cancelled(case: _Case, _event: ev.DepartureCancelled) -> None:
    move = case.person.move_out
    if move is None or move.destination is not ev.Destination.ABROAD:
        raise ImpossibleFact("no departure abroad was notified")


def _check_deadline(case: _Case, event: ev.DeadlinePassed) -> None:
    person, deadline = case.person, event.deadline
    if deadline in CALCULABLE:
        ends_on = last_day(person, deadline)
        if ends_on is None:
            raise ImpossibleFact("no such period is running")
        if case.on <= ends_on:
            raise ImpossibleFact("the period has not run out yet")
        return
    if deadline is ev.Deadline.MOVE_IN_14_DAYS:
        move = person.move_out
        if move is None or move.destination is not ev.Destination.DOMESTIC:
            raise ImpossibleFact("no such period is running")
        return
    abroad = person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT
    if abroad is (deadline is ev.Deadline.RETURN_90_DAYS):
        raise ImpossibleFact("no such period is running")


def _check_presented(case: _Case, _event: ev.CardPresented) -> None:
    case.live_card()
    if case.person.card_awaited_since is None:
        raise ImpossibleFact("no move in waits for the card")


def _check_residence(case: _Case, event: ev.ResidencePeriodChanged) -> None:
    if case.person.nationality is ev.Nationality.JAPANESE:
        raise ImpossibleFact("a Japanese national has no residence period")
    if event.card is ev.CardPresence.PRESENTED:
        case.live_card()


# The card


def _needs_card(case: _Case, _event: ev.Event) -> None:
    case.live_card()


def _check_card_issued(case: _Case, event: ev.CardIssued) -> None:
    card = case.person.card
    if card is not None and card.live_at(case.at):
        raise _refused(
            case.state,
            "K-17",
            "the person has a live card",
            hint="exchange, return or replace that card first",
        )
    numbers = {past.number for past in (card, *case.person.past_cards) if past is not None}
    if event.card in numbers:
        raise ImpossibleFact("a card with this number was issued already")
    if not event.made_on <= case.on <= event.expires_on:
        raise ImpossibleFact("a card is handed over between the day it was made and its last day")
    if event.made_on < case.person.birth_date:
        raise ImpossibleFact("a card is not made before the holder's birth")
    if not case.person.registered and case.person.register is ev.Register.RESIDENT_RECORD:
        raise ImpossibleFact("a card needs a resident record")


def _check_card_lifted(case: _Case, _event: ev.CardSuspensionLifted) -> None:
    if case.live_card().state_at(case.at) is not CardState.SUSPENDED:
        raise ImpossibleFact("the card is not suspended")


def _check_card_loss(case: _Case, _event: ev.CardLossReported) -> None:
    if case.live_card().state_at(case.at) is CardState.SUSPENDED:
        raise ImpossibleFact("the card is suspended already")


def _check_lost_card_found(case: _Case, _event: ev.LostCardFound) -> None:
    cards = (case.person.card, *case.person.past_cards)
    if not any(card is not None and card.lapse is not None for card in cards):
        raise ImpossibleFact("the person has no card that lapsed")


def _check_card_mode(case: _Case, event: ev.CardModeChanged) -> None:
    if case.live_card().face_only == (event.to is ev.CardMode.FACE_ONLY):
        raise ImpossibleFact("the card is so already")


# Certificates

# Nobody holds two certificates of a kind, and phone certificates hang on card certificates.
_DUPLICATES = {
    CertificateKind.CARD_SIGNATURE: "act:6",
    CertificateKind.CARD_AUTHENTICATION: "act:25",
    CertificateKind.MOBILE_SIGNATURE: "act:16-5",
    CertificateKind.MOBILE_AUTHENTICATION: "act:35-5",
}


def _check_issued(case: _Case, event: ev.CertificateIssued) -> None:
    state, kind = case.state, event.kind
    if event.authority.purpose is not kind.purpose:
        raise ImpossibleFact("the authority issues certificates for the other purpose")
    if CertificateId(event.authority, event.serial) in state.certificates or event.serial < 1:
        raise ImpossibleFact("the serial number is used already, or no serial number")
    if event.expires_on < case.on:
        raise ImpossibleFact("the certificate would have expired before its issue")
    if case.status(kind) is not None:
        raise Refused(
            f"the person holds a {kind.value} certificate",
            rule=f"issued.{kind.value.replace('_', '-')}",
            basis=state.book.table.cite(_DUPLICATES[kind]).text_ja,
        )
    if kind.medium is Medium.CARD:
        _check_issued_on_card(case, event)
    else:
        _check_issued_on_phone(case, event)


def _check_issued_on_card(case: _Case, event: ev.CertificateIssued) -> None:
    card = case.live_card()
    if card.state_at(case.at) is CardState.SUSPENDED:
        raise ImpossibleFact("the card is suspended")
    if not case.person.registered and case.person.register is ev.Register.RESIDENT_RECORD:
        raise ImpossibleFact("the person has no resident record")
    if event.expires_on > card.expires_on:
        rule = "R13.card-cap" if event.kind is _CS else "R49.card-cap"
        raise _refused(case.state, rule, "the certificate would outlive the card")
    if event.kind is not _CS:
        return
    if card.face_only:
        raise _refused(
            case.state,
            "card-mode.face-only.card-signature",
            "a face-only card carries no signature certificate",
        )
    least = int(case.state.book.policies["signature_minimum_age"])
    if age_on(case.on, case.person.birth_date) < least:
        raise _refused(case.state, "signature_minimum_age", f"the holder is younger than {least}")
    partner = case.state.live(case.person.id, _CA, at=case.at)
    if partner is not None and event.expires_on > partner.expires_on:
        raise _refused(
            case.state, "R13.auth-cap", "it would outlive the authentication certificate"
        )


def _check_issued_on_phone(case: _Case, event: ev.CertificateIssued) -> None:
    device = case.person.device
    if device is None:
        raise ImpossibleFact("no phone is enrolled")
    if device.state is not DeviceState.IN_USE:
        raise ImpossibleFact("the phone is suspended")
    _require_card_certificates(case, event.kind)
    partner = case.state.live(case.person.id, event.kind.partner, at=case.at)
    if partner is not None and event.expires_on != partner.expires_on:
        rule = "R24-9" if event.kind.purpose is Purpose.SIGNATURE else "R59-9"
        raise _refused(case.state, rule, "a phone's certificate ends with its card partner")
    if event.signed_with is not None:
        _check_signed_with(case, event.name, (event.kind,), event.signed_with)


def _require_card_certificates(case: _Case, kind: CertificateKind) -> None:
    """A holder of a live card signature certificate may enrol; for MA a live CA is needed, too."""
    rule = "ON-10" if kind is CertificateKind.MOBILE_AUTHENTICATION else "ON-9"
    needed = (_CS, _CA) if kind is CertificateKind.MOBILE_AUTHENTICATION else (_CS,)
    for partner in needed:
        if case.status(partner) is not CertificateState.ACTIVE:
            raise _refused(
                case.state,
                rule,
                f"this needs a live {partner.value} certificate",
                hint="have the card certificate issued at the counter first",
            )


def _check_requested(case: _Case, event: ev.RevocationRequested) -> None:
    _check_names_live(case, event.kinds)
    if event.signed_with is not None:
        _check_signed_with(case, event.name, event.kinds, event.signed_with)


def _check_compromise(case: _Case, event: ev.KeyCompromiseReported) -> None:
    if event.signed_with is not None:
        _check_signed_with(case, event.name, event.kinds, event.signed_with)
    _check_names_live(case, event.kinds)


def _check_record_error(case: _Case, event: ev.RecordErrorFound) -> None:
    _check_names_live(case, event.kinds)


def _check_names_live(case: _Case, kinds: tuple[CertificateKind, ...]) -> None:
    if not kinds:
        raise ImpossibleFact("it names no kind of certificate")
    for kind in kinds:
        if case.status(kind) is None:
            raise ImpossibleFact(f"the person has no live {kind.value} certificate")


def _check_signed_with(
    case: _Case, event: str, kinds: tuple[CertificateKind, ...], key: CertificateKind
) -> None:
    """Refuse an online act that the wrong key signed, or one whose certificate is not live."""
    for kind in kinds:
        acts = case.state.book.online_acts(event, kind, on=case.entry.occurred_on)
        for act in acts:
            if key not in act.signed_with:
                allowed = " or ".join(each.value for each in act.signed_with)
                raise _refused(case.state, act.id, f"it has to be signed with {allowed}")
            if case.status(key) is not CertificateState.ACTIVE:
                raise _refused(
                    case.state,
                    act.id,
                    f"the {key.value} certificate that signed is not live",
                    hint="apply at the counter, or have the loss of the device suspended by phone",
                )
        if not acts:
            raise ImpossibleFact(f"there is no online way for {kind.value}")


# The phone


def _check_enrolled(case: _Case, event: ev.MobileDeviceEnrolled) -> None:
    past = {device.id for device in case.person.past_devices}
    if event.device in past:
        raise ImpossibleFact("this enrolment has been replaced; give a new one another id")
    _require_card_certificates(case, CertificateKind.MOBILE_SIGNATURE)


def _check_device_lifted(case: _Case, _event: ev.MobileDeviceSuspensionLifted) -> None:
    device = case.person.device
    if device is None or device.state is not DeviceState.SUSPENDED:
        raise ImpossibleFact("no phone is suspended")


def _check_device_loss(case: _Case, _event: ev.MobileDeviceLossReported) -> None:
    device = case.person.device
    if device is None or device.state is not DeviceState.IN_USE:
        raise ImpossibleFact("no phone is in use")


def _needs_device(case: _Case, _event: ev.Event) -> None:
    if case.person.device is None:
        raise ImpossibleFact("no phone is enrolled")


def _check_pin(case: _Case, event: ev.PinBlocked | ev.PinReset) -> None:
    if event.medium is Medium.CARD:
        case.live_card()
    else:
        _needs_device(case, event)


_CHECKS: dict[type[ev.Event], Callable[[_Case, Any], None]] = {
    ev.ResidentRecordAmended: _check_amended,
    ev.ResidentRecordDeleted: _check_deleted,
    ev.MoveOutNotified: _check_move_out,
    ev.ContinuedUseArranged: _check_continued_use,
    ev.DepartureCancelled: _check_departure_cancelled,
    ev.DeadlinePassed: _check_deadline,
    ev.CardPresented: _check_presented,
    ev.ResidencePeriodChanged: _check_residence,
    ev.CardIssued: _check_card_issued,
    ev.CardLossReported: _check_card_loss,
    ev.CardSuspensionLifted: _check_card_lifted,
    ev.CardReissueRequested: _needs_card,
    ev.LostCardFound: _check_lost_card_found,
    ev.CardReturned: _needs_card,
    ev.CardExchanged: _needs_card,
    ev.CardModeChanged: _check_card_mode,
    ev.CertificateIssued: _check_issued,
    ev.RevocationRequested: _check_requested,
    ev.KeyCompromiseReported: _check_compromise,
    ev.RecordErrorFound: _check_record_error,
    ev.MobileDeviceEnrolled: _check_enrolled,
    ev.MobileDeviceLossReported: _check_device_loss,
    ev.MobileDeviceSuspensionLifted: _check_device_lifted,
    ev.MobileDeviceChanged: _needs_device,
    ev.PinBlocked: _check_pin,
    ev.PinReset: _check_pin,
}
