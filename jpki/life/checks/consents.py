"""Checks of events of the consent to the four items."""

from __future__ import annotations

from jpki.errors import ImpossibleFact
from jpki.life import events as ev
from jpki.life.checks.question import Check, Question, require_milestone
from jpki.life.state import CertificateState
from jpki.terms import CertificateKind, Purpose

__all__ = ["CONSENT_CHECKS"]


def _check_given(asked: Question, event: ev.FourItemsConsentGiven) -> None:
    on = asked.entry.occurred_on
    require_milestone(asked.state, "four_items_service", on)
    if not event.items or len(set(event.items)) != len(event.items):
        raise ImpossibleFact("a consent names each of its items once, and at least one")
    if any(kind.purpose is not Purpose.SIGNATURE for kind in event.verified):
        raise asked.refused("VS-4", "only signature certificates lead to the four items")
    match event.client:
        case ev.ConsentClient.MYNAPORTAL_MOBILE:
            raise asked.refused("CO-10", "the mobile client can cancel a consent, not give one")
        case ev.ConsentClient.MYNAPORTAL:
            require_milestone(asked.state, "consent_support", on)
        case ev.ConsentClient.VERIFIER:
            pass
    _check_signed(asked, event.signed_with, "CO-1")


def _check_withdrawn(asked: Question, event: ev.FourItemsConsentWithdrawn) -> None:
    if event.client is not ev.ConsentClient.VERIFIER:
        require_milestone(asked.state, "consent_support", asked.entry.occurred_on)
    if not any(
        each.verifier == event.verifier and each.withdrawn_at is None and asked.at <= each.ends_at
        for each in asked.person.consents
    ):
        raise ImpossibleFact("there is no such consent to withdraw")
    _check_signed(asked, event.signed_with, "CO-9")


def _check_signed(asked: Question, kind: CertificateKind | None, row_id: str) -> None:
    if kind is None or kind.purpose is not Purpose.SIGNATURE:
        raise asked.refused(row_id, "it has to be signed with a signature certificate")
    if asked.status(kind) is not CertificateState.ACTIVE:
        raise asked.refused(row_id, f"the {kind.value} certificate that signed is not live")


CONSENT_CHECKS: dict[type[ev.Event], Check] = {
    ev.FourItemsConsentGiven: _check_given,
    ev.FourItemsConsentWithdrawn: _check_withdrawn,
}
"""The check of each event of consent."""
