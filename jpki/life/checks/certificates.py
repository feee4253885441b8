"""Checks of events of the certificates."""

from __future__ import annotations

from jpki.errors import ImpossibleFact, Refused
from jpki.jst import age_on
from jpki.life import events as ev
from jpki.life.checks.question import Check, Question
from jpki.life.state import CardState, CertificateId, CertificateState, DeviceState
from jpki.terms import CertificateKind, Medium, Purpose

__all__ = ["CERTIFICATE_CHECKS", "require_card_certificates"]

_CS = CertificateKind.CARD_SIGNATURE
_CA = CertificateKind.CARD_AUTHENTICATION

# Nobody holds two certificates of a kind, and phone certificates hang on card certificates.
_DUPLICATES = {
    CertificateKind.CARD_SIGNATURE: "act:6",
    CertificateKind.CARD_AUTHENTICATION: "act:25",
    CertificateKind.MOBILE_SIGNATURE: "act:16-5",
    CertificateKind.MOBILE_AUTHENTICATION: "act:35-5",
}


def _check_issued(asked: Question, event: ev.CertificateIssued) -> None:
    state, kind = asked.state, event.kind
    if event.authority.purpose is not kind.purpose:
        raise ImpossibleFact("the authority issues certificates for the other purpose")
    if CertificateId(event.authority, event.serial) in state.certificates or event.serial < 1:
        raise ImpossibleFact("the serial number is used already, or no serial number")
    if event.expires_on < asked.on:
        raise ImpossibleFact("the certificate would have expired before its issue")
    if asked.status(kind) is not None:
        raise Refused(
            f"the person holds a {kind.value} certificate",
            rule=f"issued.{kind.value.replace('_', '-')}",
            basis=state.book.table.cite(_DUPLICATES[kind]).text_ja,
        )
    if kind.medium is Medium.CARD:
        _check_issued_on_card(asked, event)
    else:
        _check_issued_on_phone(asked, event)


def _check_issued_on_card(asked: Question, event: ev.CertificateIssued) -> None:
    card = asked.live_card()
    if card.state_at(asked.at) is CardState.SUSPENDED:
        raise ImpossibleFact("the card is suspended")
    if not asked.person.registered and asked.person.register is ev.Register.RESIDENT_RECORD:
        raise ImpossibleFact("the person has no resident record")
    if event.expires_on > card.expires_on:
        rule = "R13.card-cap" if event.kind is _CS else "R49.card-cap"
        raise asked.refused(rule, "the certificate would outlive the card")
    if event.kind is not _CS:
        return
    if card.face_only:
        raise asked.refused(
            "card-mode.face-only.card-signature",
            "a face-only card carries no signature certificate",
        )
    least = int(asked.state.book.policies["signature_minimum_age"])
    if age_on(asked.on, asked.person.birth_date) < least:
        raise asked.refused("signature_minimum_age", f"the holder is younger than {least}")
    if asked.person.guardianship and asked.policy("guardianship_bars_signature"):
        raise asked.refused("guardianship_bars_signature", "the holder is under guardianship")
    partner = asked.state.live(asked.person.id, _CA, at=asked.at)
    if partner is not None and event.expires_on > partner.expires_on:
        raise asked.refused("R13.auth-cap", "it would outlive the authentication certificate")


def _check_issued_on_phone(asked: Question, event: ev.CertificateIssued) -> None:
    device = asked.person.device
    if device is None:
        raise ImpossibleFact("no phone is enrolled")
    if device.state is not DeviceState.IN_USE:
        raise ImpossibleFact("the phone is suspended")
    require_card_certificates(asked, event.kind)
    partner = asked.state.live(asked.person.id, event.kind.partner, at=asked.at)
    if partner is not None and event.expires_on != partner.expires_on:
        rule = "R24-9" if event.kind.purpose is Purpose.SIGNATURE else "R59-9"
        raise asked.refused(rule, "a phone's certificate ends with its card partner")
    if event.signed_with is not None:
        _check_signed_with(asked, event.name, (event.kind,), event.signed_with)


def require_card_certificates(asked: Question, kind: CertificateKind) -> None:
    """A holder of a live card signature certificate may enrol; for MA a live CA is needed, too."""
    rule = "ON-10" if kind is CertificateKind.MOBILE_AUTHENTICATION else "ON-9"
    needed = (_CS, _CA) if kind is CertificateKind.MOBILE_AUTHENTICATION else (_CS,)
    for partner in needed:
        if asked.status(partner) is not CertificateState.ACTIVE:
            raise asked.refused(
                rule,
                f"this needs a live {partner.value} certificate",
                hint="have the card certificate issued at the counter first",
            )


def _check_requested(asked: Question, event: ev.RevocationRequested) -> None:
    _check_names_live(asked, event.kinds)
    if event.signed_with is not None:
        _check_signed_with(asked, event.name, event.kinds, event.signed_with)


def _check_compromise(asked: Question, event: ev.KeyCompromiseReported) -> None:
    if event.signed_with is not None:
        _check_signed_with(asked, event.name, event.kinds, event.signed_with)
    _check_names_live(asked, event.kinds)


def _check_names(asked: Question, event: ev.RecordErrorFound | ev.IssueAbandoned) -> None:
    _check_names_live(asked, event.kinds)


def _check_names_live(asked: Question, kinds: tuple[CertificateKind, ...]) -> None:
    if not kinds:
        raise ImpossibleFact("it names no kind of certificate")
    for kind in kinds:
        if asked.status(kind) is None:
            raise ImpossibleFact(f"the person has no live {kind.value} certificate")


def _check_signed_with(
    asked: Question, event: str, kinds: tuple[CertificateKind, ...], key: CertificateKind
) -> None:
    """Refuse an online act that the wrong key signed, or one whose certificate is not live."""
    for kind in kinds:
        acts = asked.state.book.online_acts(event, kind, on=asked.entry.occurred_on)
        for act in acts:
            if key not in act.signed_with:
                allowed = " or ".join(each.value for each in act.signed_with)
                raise asked.refused(act.id, f"it has to be signed with {allowed}")
            if asked.status(key) is not CertificateState.ACTIVE:
                raise asked.refused(
                    act.id,
                    f"the {key.value} certificate that signed is not live",
                    hint="apply at the counter, or have the loss of the device suspended by phone",
                )
        if not acts:
            raise ImpossibleFact(f"there is no online way for {kind.value}")


CERTIFICATE_CHECKS: dict[type[ev.Event], Check] = {
    ev.CertificateIssued: _check_issued,
    ev.IssueAbandoned: _check_names,
    ev.KeyCompromiseReported: _check_compromise,
    ev.RecordErrorFound: _check_names,
    ev.RevocationRequested: _check_requested,
}
"""The check of each event of the certificates."""
