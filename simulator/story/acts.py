"""Acts: what people call one thing and the log writes as several facts.

An act yields the primary facts one after another; each is decided after those before it. What
follows on a later day (the deletion of a record on the planned day of a move) is a :class:`Later`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from jpki.law import five_or_six
from jpki.life import events as ev
from jpki.terms import CertificateKind
from simulator.story.fields import Field, Shape
from simulator.story.scene import Scene, make_event

__all__ = ["ACTS", "Act", "Later"]

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION

# Authentication comes first, since it caps the signature certificate (施行規則 13(ii)); on the
# phone the signature certificate comes first.
_ORDER = (CA, CS, MS, MA)


@dataclass(frozen=True, slots=True)
class Later:
    """Facts that the agency records at the first instant of a later day, if still called for."""

    on: date
    then: Callable[[Scene], Iterator[ev.Event]]


Told = Mapping[str, Any]
Facts = Iterator[ev.Event | Later]


@dataclass(frozen=True, slots=True)
class Act:
    """An act: its fields, what it expands to, and what it is for.

    ``lags`` says that its record follows by the policy ``move_record_lag_days``.
    """

    name: str
    expand: Callable[[Scene, Told], Facts]
    fields: Mapping[str, Field]
    note_en: str
    note_ja: str
    lags: bool = False


def _issue_card(scene: Scene, told: Told) -> Facts:
    """Hand over a card; issue its certificates, both unless ``kinds`` says otherwise."""
    face_only = bool(told.get("face_only", False))
    scene.early_renewal = bool(told.get("early_renewal", False))
    given = ("made_on", "expires_on", "face_only", "photo")
    yield make_event(scene, "card_issued", {name: told[name] for name in given if name in told})
    usual = (CA,) if face_only else (CA, CS)
    yield from _certificates(scene, told.get("kinds", usual))


def _issue(scene: Scene, told: Told) -> Facts:
    yield from _certificates(scene, told.get("kinds", (CA, CS)))


def _certificates(scene: Scene, kinds: tuple[CertificateKind, ...]) -> Iterator[ev.Event]:
    for kind in sorted(kinds, key=_ORDER.index):
        yield make_event(scene, "certificate_issued", {"kind": kind})


def _renew(scene: Scene, told: Told) -> Facts:
    """File a request for revocation and issue anew, one kind after the other (V-2)."""
    for kind in sorted(told.get("kinds", (CA, CS)), key=_ORDER.index):
        current = scene.live(kind)
        count = five_or_six(
            kind,
            applied_on=scene.on,
            current_expires_on=None if current is None else current.expires_on,
            book=scene.book,
        )
        request = {"kinds": (kind,), "purpose": ev.RequestPurpose.RENEWAL}
        yield make_event(scene, "revocation_requested", request)
        scene.birthdays = count
        yield make_event(scene, "certificate_issued", {"kind": kind})


def _enrol_phone(scene: Scene, told: Told) -> Facts:
    """Enrol a phone and issue its certificates; an earlier pair falls by the enrolment."""
    platform = told.get("platform", ev.Platform.ANDROID)
    yield make_event(scene, "mobile_device_enrolled", {"platform": platform})
    yield from _certificates(scene, told.get("kinds", (MS, MA)))


def _exchange_card(scene: Scene, told: Told) -> Facts:
    """Hand in a valid card and get a new one with new certificates (K 29)."""
    cause = told.get("cause", ev.ExchangeCause.RENEWAL)
    yield make_event(scene, "card_exchanged", {"cause": cause})
    yield from _issue_card(scene, told)


def _move(scene: Scene, _told: Told) -> Facts:
    """Move within the municipality: the address is corrected."""
    yield make_event(scene, "resident_record_amended", {"item": ev.RecordItem.ADDRESS})


def _move_out(scene: Scene, told: Told) -> Facts:
    """Notify a move out; the record is deleted on the planned day."""
    destination = told.get("destination", ev.Destination.DOMESTIC)
    planned = told.get("planned_on", scene.on)
    notice = {"destination": destination, "planned_on": planned}
    yield make_event(scene, "move_out_notified", notice)
    if told.get("continued_use", False):
        yield make_event(scene, "continued_use_arranged", {})
    yield Later(planned, _record_deleted)


def _record_deleted(scene: Scene) -> Iterator[ev.Event]:
    person = scene.person
    move = person.move_out
    if move is None or not person.registered or person.died_on is not None:
        return
    ground = ev.DeletionGround.MOVED_OUT
    if move.destination is ev.Destination.ABROAD:
        ground = ev.DeletionGround.MOVED_ABROAD
        if person.continued_use:
            ground = ev.DeletionGround.MOVED_ABROAD_CONTINUING
    yield make_event(scene, "resident_record_deleted", {"ground": ground})


def _move_in(scene: Scene, told: Told) -> Facts:
    """Notify a move in, with the card unless ``card`` says otherwise.

    A move in before the planned day of the move out deletes the old record then and there.
    """
    if scene.person.move_out is not None:
        yield from _record_deleted(scene)
    values = {"card": ev.CardPresence.PRESENTED, **told}
    yield make_event(scene, "move_in_notified", values)


def _return_home(scene: Scene, told: Told) -> Facts:
    """Come back from abroad: the supplement's address is corrected and a move in notified."""
    correction = {
        "item": ev.RecordItem.ADDRESS,
        "register": ev.Register.FAMILY_REGISTER_SUPPLEMENT,
    }
    yield make_event(scene, "resident_record_amended", correction)
    yield from _move_in(scene, told)


def _fields(*fields: Field) -> Mapping[str, Field]:
    return MappingProxyType({each.name: each for each in fields})


_KINDS = Field("kinds", Shape.CHOICES, (CertificateKind,))
_CARD = (
    Field("made_on", Shape.DAY),
    Field("expires_on", Shape.DAY),
    Field("face_only", Shape.FLAG),
    Field("photo", Shape.FLAG),
    Field("early_renewal", Shape.FLAG),
    _KINDS,
)
_PRESENTED = (
    Field("card", Shape.CHOICE, (ev.CardPresence,)),
    Field("municipality", Shape.TEXT),
)

ACTS: Mapping[str, Act] = MappingProxyType(
    {
        act.name: act
        for act in (
            Act(
                "issue_card",
                _issue_card,
                _fields(*_CARD),
                "a card is handed over and its certificates are issued, both unless kinds says",
                "カードの交付と電子証明書の発行（kindsがなければ両方）",
            ),
            Act(
                "issue",
                _issue,
                _fields(_KINDS),
                "certificates are issued, both of the card unless kinds says",
                "電子証明書の発行（kindsがなければカードの両方）",
            ),
            Act(
                "renew",
                _renew,
                _fields(_KINDS),
                "revocation is requested and certificates are issued anew, by the 5 or 6 rule",
                "失効申請と新しい電子証明書の発行（5回目か6回目かは法令による）",
            ),
            Act(
                "enrol_phone",
                _enrol_phone,
                _fields(Field("platform", Shape.CHOICE, (ev.Platform,)), _KINDS),
                "a phone is enrolled and its certificates are issued",
                "移動端末設備の登録と電子証明書の発行",
            ),
            Act(
                "exchange_card",
                _exchange_card,
                _fields(Field("cause", Shape.CHOICE, (ev.ExchangeCause,)), *_CARD),
                "a valid card is handed in for a new one with new certificates",
                "有効なカードを返して新しいカードと電子証明書を受け取る",
            ),
            Act(
                "move",
                _move,
                _fields(),
                "a move within the municipality; recorded after move_record_lag_days",
                "転居（move_record_lag_days の日数の後に記録）",
                lags=True,
            ),
            Act(
                "move_out",
                _move_out,
                _fields(
                    Field("destination", Shape.CHOICE, (ev.Destination,)),
                    Field("planned_on", Shape.DAY),
                    Field("continued_use", Shape.FLAG),
                ),
                "a move out is notified; the record is deleted on the planned day",
                "転出届。予定日に住民票を消除（continued_useは国外継続利用の手続）",
            ),
            Act(
                "move_in",
                _move_in,
                _fields(*_PRESENTED),
                "a move in is notified, with the card unless card says",
                "転入届（cardがなければカードを提出）",
            ),
            Act(
                "return_home",
                _return_home,
                _fields(*_PRESENTED),
                "a holder abroad comes back: the supplement is corrected, a move in notified",
                "国外からの帰国（附票の修正と転入届）",
            ),
        )
    }
)
