"""What an event itself writes down about a person, beside what the rules make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from jpki.errors import ImpossibleFact
from jpki.jst import end_of_day
from jpki.law import Rulebook, consent_period
from jpki.life import events as ev
from jpki.life.log import Recorded
from jpki.life.state import (
    Card,
    CardSubstitute,
    Consent,
    DeviceState,
    MobileDevice,
    MoveOut,
    Person,
)
from jpki.terms import CertificateKind, Medium, PinKind, Purpose, Sex

__all__ = ["noted"]


def noted(book: Rulebook, person: Person, entry: Recorded) -> Person:
    """Return the person with what the event itself says about records, card, phone and PINs."""
    person = _note_register(person, entry.event, entry)
    person = _note_card(person, entry.event, entry)
    person = _note_device(person, entry.event)
    person = _note_pins(person, entry.event)
    return _note_consents(book, person, entry)


def _note_register(person: Person, event: ev.Event, entry: Recorded) -> Person:
    match event:
        case ev.ResidentRecordAmended(item=item, value=value) if value:
            return replace(person, items=_amended(person.items, item, value))
        case ev.FuriganaRecorded(value=value):
            return replace(person, items=replace(person.items, furigana=value))
        case ev.ResidentRecordDeleted(ground=ground):
            return _deleted(person, ground, entry.occurred_on)
        case ev.MoveOutNotified(destination=destination, planned_on=planned_on):
            return replace(person, move_out=MoveOut(entry.recorded_at, planned_on, destination))
        case ev.MoveInNotified():
            return _moved_in(person, event, entry)
        case ev.ActualMoveInKnown(moved_in_on=moved_in_on):
            return replace(person, moved_in_on=moved_in_on)
        case ev.ReturnToJapanKnown(returned_on=returned_on):
            return replace(person, returned_on=returned_on)
        case ev.CardPresented():
            return replace(person, card_awaited_since=None, card_awaited_from_abroad=False)
        case ev.DeadlinePassed(deadline=deadline):
            return _ran_out(person, deadline)
        case ev.GuardianshipBegan():
            return replace(person, guardianship=True)
        case ev.ContinuedUseArranged():
            return replace(person, continued_use=True)
        case ev.DepartureCancelled():
            return replace(person, move_out=None, continued_use=False)
        case ev.ResidencePeriodChanged():
            return _residence(person, event, entry)
        case _:
            return person


def _ran_out(person: Person, deadline: ev.Deadline) -> Person:
    match deadline:
        case ev.Deadline.MOVE_IN_30_DAYS | ev.Deadline.ABROAD_30_DAYS:
            return replace(person, move_out=None, moved_in_on=None)
        case ev.Deadline.MOVE_IN_14_DAYS:
            return replace(person, moved_in_on=None)
        case ev.Deadline.CARD_90_DAYS | ev.Deadline.RETURN_90_DAYS:
            return replace(person, card_awaited_since=None, card_awaited_from_abroad=False)
        case ev.Deadline.RETURN_14_DAYS:
            return replace(person, returned_on=None)
        case ev.Deadline.CONSUL_90_DAYS:
            return replace(person, left_with_consul_on=None)


def _note_card(person: Person, event: ev.Event, entry: Recorded) -> Person:
    match event:
        case ev.CardIssued():
            return _new_card(person, event)
        case ev.CardLeftWithConsul():
            return replace(person, left_with_consul_on=entry.occurred_on)
        case ev.CardCollectedFromConsul():
            return replace(person, left_with_consul_on=None)
        case ev.CardSubstituteIssued(expires_on=expires_on) if person.device:
            substitute = CardSubstitute(
                entry.recorded_at, expires_on, end_of_day(expires_on), person.device.id
            )
            return replace(person, substitute=substitute)
        case ev.CardModeChanged(to=mode) if person.card:
            card = replace(person.card, face_only=mode is ev.CardMode.FACE_ONLY)
            return replace(person, card=card)
        case _:
            return person


def _note_device(person: Person, event: ev.Event) -> Person:
    match event:
        case ev.MobileDeviceEnrolled(device=device, platform=platform):
            past = person.past_devices
            if person.device is not None:
                past = (*past, replace(person.device, state=DeviceState.REPLACED))
            return replace(person, device=MobileDevice(device, platform), past_devices=past)
        case ev.MobileDeviceLossReported() if person.device:
            device_now = replace(person.device, state=DeviceState.SUSPENDED)
            return replace(person, device=device_now)
        case ev.MobileDeviceSuspensionLifted() if person.device:
            return replace(person, device=replace(person.device, state=DeviceState.IN_USE))
        case ev.MobileDeviceChanged(change=change) if person.device and change in _ERASES:
            return replace(person, device=replace(person.device, key_present=False))
        case ev.MobileDeviceChanged(change=ev.MobileDeviceChange.BIOMETRICS_CHANGED) if (
            person.device
        ):
            return replace(person, device=replace(person.device, biometrics_changed=True))
        case _:
            return person


# A factory reset of an Android phone erases nothing in the secure element (EV-71); erasing an
# iPhone and deleting the data in the app do (EV-72, EV-74).
_ERASES = (ev.MobileDeviceChange.ERASED, ev.MobileDeviceChange.LOCAL_DATA_DELETED)


def _amended(items: ev.FourItems, item: ev.RecordItem, value: str) -> ev.FourItems:
    match item:
        case ev.RecordItem.NAME:
            return replace(items, name=value)
        case ev.RecordItem.FORMER_NAME:
            return replace(items, former_name=value)
        case ev.RecordItem.ALIAS:
            return replace(items, alias=value)
        case ev.RecordItem.ADDRESS:
            return replace(items, address=value)
        case ev.RecordItem.SEX:
            return replace(items, sex=_sex(value))
        case ev.RecordItem.BIRTH_DATE:
            return replace(items, birth_date=_birth_date(value))
        case ev.RecordItem.HOUSEHOLD:
            return items


def _sex(value: str) -> Sex:
    try:
        return Sex(value)
    except ValueError:
        raise ImpossibleFact("the record's sex item is none of the known values") from None


def _birth_date(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ImpossibleFact("the record's date of birth is not a date") from None


def _deleted(person: Person, ground: ev.DeletionGround, on: date) -> Person:
    match ground:
        case ev.DeletionGround.DEATH:
            return replace(person, registered=False, died_on=on)
        case ev.DeletionGround.NATIONALITY_CHANGED:
            return _other_nationality(person)
        case ev.DeletionGround.MOVED_ABROAD_CONTINUING:
            return replace(
                person, registered=False, register=ev.Register.FAMILY_REGISTER_SUPPLEMENT
            )
        case _:
            return replace(person, registered=False)


def _other_nationality(person: Person) -> Person:
    """Naturalisation ends the residence period; loss of nationality makes one necessary."""
    if person.nationality is ev.Nationality.JAPANESE:
        return replace(person, nationality=ev.Nationality.FOREIGN_LIMITED)
    return replace(person, nationality=ev.Nationality.JAPANESE, residence_ends_on=None)


def _moved_in(person: Person, event: ev.MoveInNotified, entry: Recorded) -> Person:
    presented = event.card is ev.CardPresence.PRESENTED
    from_abroad = person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT
    return replace(
        person,
        municipality=event.municipality,
        items=replace(person.items, address=event.address),
        registered=True,
        register=ev.Register.RESIDENT_RECORD,
        move_out=None,
        continued_use=False,
        card_awaited_since=None if presented else entry.occurred_on,
        card_awaited_from_abroad=from_abroad and not presented,
        moved_in_on=None,
        returned_on=None,
    )


def _residence(person: Person, event: ev.ResidencePeriodChanged, entry: Recorded) -> Person:
    person = replace(person, residence_ends_on=event.ends_on)
    if event.cause is ev.ResidenceCause.PERMANENT:
        person = replace(person, nationality=ev.Nationality.FOREIGN_PERMANENT)
    card = person.card
    presented = event.card is ev.CardPresence.PRESENTED
    if card and presented and event.card_expires_on and card.live_at(entry.recorded_at):
        return replace(person, card=replace(card, expires_on=event.card_expires_on))
    return person


def _new_card(person: Person, event: ev.CardIssued) -> Person:
    past = person.past_cards if person.card is None else (*person.past_cards, person.card)
    card = Card(event.card, event.made_on, event.expires_on, event.face_only, photo=event.photo)
    return replace(person, card=card, past_cards=past, left_with_consul_on=None)


# PINs

# Issuing a certificate sets its PIN (施行規則 6(2), 42(2)); a new card or phone brings new PINs.
_SET_AT_ISSUE = {
    kind: (
        kind.medium,
        PinKind.SIGNATURE_PASSWORD if kind.purpose is Purpose.SIGNATURE else PinKind.USER_PIN,
    )
    for kind in CertificateKind
}


def _note_pins(person: Person, event: ev.Event) -> Person:
    match event:
        case ev.PinBlocked(medium=medium, pin=pin):
            return replace(person, blocked_pins=(*person.blocked_pins, (medium, pin)))
        case ev.PinReset(medium=medium, pin=pin):
            return _pin_set(person, medium, pin)
        case ev.CertificateIssued(kind=kind):
            return _pin_set(person, *_SET_AT_ISSUE[kind])
        case ev.CardIssued() | ev.CardModeChanged():
            return _all_set(person, Medium.CARD)
        case ev.MobileDeviceEnrolled():
            return _all_set(person, Medium.MOBILE_DEVICE)
        case _:
            return person


def _pin_set(person: Person, medium: Medium, pin: ev.AnyPin) -> Person:
    blocked = tuple(each for each in person.blocked_pins if each != (medium, pin))
    person = replace(person, blocked_pins=blocked)
    if person.device and (medium, pin) == (Medium.MOBILE_DEVICE, PinKind.USER_PIN):
        person = replace(person, device=replace(person.device, biometrics_changed=False))
    return person


def _all_set(person: Person, medium: Medium) -> Person:
    if not person.blocked_pins:
        return person
    return replace(
        person, blocked_pins=tuple(each for each in person.blocked_pins if each[0] is not medium)
    )


# Consent


def _note_consents(book: Rulebook, person: Person, entry: Recorded) -> Person:
    match entry.event:
        case ev.FourItemsConsentGiven() as given:
            consent = _consent(book, given, entry)
            return replace(person, consents=(*_withdrawn(person, given.verifier, entry), consent))
        case ev.FourItemsConsentWithdrawn(verifier=verifier):
            return replace(person, consents=_withdrawn(person, verifier, entry))
        case _:
            return person


def _consent(book: Rulebook, event: ev.FourItemsConsentGiven, entry: Recorded) -> Consent:
    if event.signed_with is None:
        raise ImpossibleFact("the log holds a consent that nobody signed")
    begins_at, ends_at = consent_period(entry.known_at, entry.recorded_at, book=book)
    return Consent(
        event.verifier,
        event.items,
        event.verified or (event.signed_with,),
        event.signed_with,
        begins_at,
        ends_at,
    )


def _withdrawn(person: Person, verifier: str, entry: Recorded) -> tuple[Consent, ...]:
    """A consent given anew takes the place of the one before; only the last one stands."""
    return tuple(
        replace(each, withdrawn_at=entry.recorded_at)
        if each.verifier == verifier and each.withdrawn_at is None
        else each
        for each in person.consents
    )
