"""Checks of events of the card."""

from __future__ import annotations

from jpki.errors import ImpossibleFact
from jpki.jst import age_on
from jpki.law import substitute_expiry
from jpki.life import events as ev
from jpki.life.checks.question import Check, Question, require_milestone
from jpki.life.state import CardState, DeviceState
from jpki.terms import CertificateKind

__all__ = ["CARD_CHECKS"]


def _needs_card(asked: Question, _event: ev.Event) -> None:
    asked.live_card()


def _check_card_issued(asked: Question, event: ev.CardIssued) -> None:
    card = asked.person.card
    if card is not None and card.live_at(asked.at):
        raise asked.refused(
            "K-17",
            "the person has a live card",
            hint="exchange, return or replace that card first",
        )
    numbers = {past.number for past in (card, *asked.person.past_cards) if past is not None}
    if event.card in numbers:
        raise ImpossibleFact("a card with this number was issued already")
    if not event.made_on <= asked.on <= event.expires_on:
        raise ImpossibleFact("a card is handed over between the day it was made and its last day")
    if event.made_on < asked.person.birth_date:
        raise ImpossibleFact("a card is not made before the holder's birth")
    if not asked.person.registered and asked.person.register is ev.Register.RESIDENT_RECORD:
        raise ImpossibleFact("a card needs a resident record")
    if not event.photo:
        _check_no_photo(asked, event)


def _check_no_photo(asked: Question, event: ev.CardIssued) -> None:
    """Only a child under one at application has a card without a photo (C-9)."""
    require_milestone(asked.state, "no_photo_infant", event.made_on)
    figure = asked.state.book.table.figure("photo_needed_from_age", on=event.made_on)
    if age_on(event.made_on, asked.person.birth_date) >= int(figure.value):
        raise asked.refused("C-9", f"from the age of {figure.value} a card carries a photo")


def _check_card_lifted(asked: Question, _event: ev.CardSuspensionLifted) -> None:
    if asked.live_card().state_at(asked.at) is not CardState.SUSPENDED:
        raise ImpossibleFact("the card is not suspended")


def _check_card_loss(asked: Question, _event: ev.CardLossReported) -> None:
    if asked.live_card().state_at(asked.at) is CardState.SUSPENDED:
        raise ImpossibleFact("the card is suspended already")


def _check_lost_card_found(asked: Question, _event: ev.LostCardFound) -> None:
    cards = (asked.person.card, *asked.person.past_cards)
    if not any(card is not None and card.lapse is not None for card in cards):
        raise ImpossibleFact("the person has no card that lapsed")


def _check_card_mode(asked: Question, event: ev.CardModeChanged) -> None:
    if asked.live_card().face_only == (event.to is ev.CardMode.FACE_ONLY):
        raise ImpossibleFact("the card is so already")


# The consul


def _check_left_with_consul(asked: Question, _event: ev.CardLeftWithConsul) -> None:
    asked.live_card()
    if asked.person.register is not ev.Register.FAMILY_REGISTER_SUPPLEMENT:
        raise ImpossibleFact("the person is not recorded as living abroad")
    if asked.person.left_with_consul_on is not None:
        raise ImpossibleFact("the card is with the consul already")


def _check_collected(asked: Question, _event: ev.CardCollectedFromConsul) -> None:
    asked.live_card()
    if asked.person.left_with_consul_on is None:
        raise ImpossibleFact("the card is not with a consul")


# The card-substitute record


def _check_substitute(asked: Question, event: ev.CardSubstituteIssued) -> None:
    require_milestone(asked.state, "card_substitute_service", asked.entry.occurred_on)
    device = asked.person.device
    if device is None or device.state is not DeviceState.IN_USE:
        raise ImpossibleFact("no phone is in use")
    if device.platform is ev.Platform.ANDROID and not asked.policy("android_wallet_live"):
        raise asked.refused("android_wallet", "an Android phone has no card-substitute record yet")
    card = asked.live_card()
    signature = asked.state.live(asked.person.id, CertificateKind.CARD_SIGNATURE, at=asked.at)
    if card.state_at(asked.at) is CardState.SUSPENDED or signature is None:
        raise asked.refused("X-7", "this needs a card in use with a live signature certificate")
    validity = substitute_expiry(
        asked.on,
        asked.person.birth_date,
        card_expires_on=card.expires_on,
        signature_expires_on=signature.expires_on,
        book=asked.state.book,
    )
    if event.expires_on < asked.on:
        raise ImpossibleFact("the record would have ended before it was sent")
    if event.expires_on > validity.ends_on:
        raise asked.refused(
            validity.decided_by[0].rule, f"the record cannot last beyond {validity.ends_on}"
        )


def _check_substitute_loss(asked: Question, _event: ev.CardSubstituteLossReported) -> None:
    record = asked.person.substitute
    if record is None or not record.live_at(asked.at):
        raise ImpossibleFact("the person has no card-substitute record")


CARD_CHECKS: dict[type[ev.Event], Check] = {
    ev.CardCollectedFromConsul: _check_collected,
    ev.CardExchanged: _needs_card,
    ev.CardIssued: _check_card_issued,
    ev.CardLeftWithConsul: _check_left_with_consul,
    ev.CardLossReported: _check_card_loss,
    ev.CardModeChanged: _check_card_mode,
    ev.CardReissueRequested: _needs_card,
    ev.CardReturned: _needs_card,
    ev.CardSubstituteIssued: _check_substitute,
    ev.CardSubstituteLossReported: _check_substitute_loss,
    ev.CardSuspensionLifted: _check_card_lifted,
    ev.LostCardFound: _check_lost_card_found,
}
"""The check of each event of the card."""
