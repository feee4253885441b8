"""The ten minutes: eight steps through a life with a phone, and which of them are done.

What can be read from the world is; a file that was signed leaves no trace there, so the session
remembers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jpki.life import CertificateState, Person
from jpki.life.events import PinReset, RecordItem, ResetPath, ResidentRecordAmended
from jpki.terms import CertificateKind, Medium, PinKind
from simulator.web.pages.people import card_tries
from simulator.web.pages.visit import Answer, Shown, Visit

__all__ = ["GUIDE", "GuideStep", "guide_of", "start"]

_CS, _MS = CertificateKind.CARD_SIGNATURE, CertificateKind.MOBILE_SIGNATURE


@dataclass(frozen=True, slots=True)
class GuideStep:
    """A step: what to do, what to look at, where, and how it is known to be done."""

    title_en: str
    title_ja: str
    text_en: str
    text_ja: str
    leads_to: str
    done: Callable[[Visit, Person], bool]


def _enrolled(_: Visit, person: Person) -> bool:
    return person.device is not None or bool(person.past_devices)


def _signed(visit: Visit, person: Person) -> bool:
    return f"signed {person.id}" in visit.session.did


def _moved(visit: Visit, person: Person) -> bool:
    log = (*visit.world.entries, *visit.world.notices())
    return any(
        isinstance(entry.event, ResidentRecordAmended)
        and entry.event.person == person.id
        and entry.event.item is RecordItem.ADDRESS
        for entry in log
    )


def _fell(visit: Visit, person: Person) -> bool:
    ended = {r.kind for r in visit.world.state().records(person.id) if r.lapsed_at(visit.world.now)}
    return {_CS, _MS} <= ended


def _seen(visit: Visit, person: Person) -> bool:
    return f"saw {person.id}" in visit.session.did


def _issued_anew(visit: Visit, person: Person) -> bool:
    if not _fell(visit, person):
        return False
    state = visit.world.state()
    live = state.live(person.id, _CS)
    return live is not None and state.state_of(live) is CertificateState.ACTIVE


def _replaced(_: Visit, person: Person) -> bool:
    return bool(person.past_devices)


def _was_reset(visit: Visit, person: Person) -> bool:
    return any(
        isinstance(entry.event, PinReset)
        and entry.event.person == person.id
        and entry.event.medium is Medium.CARD
        and entry.event.path in (ResetPath.KIOSK, ResetPath.KIOSK_SIGNATURE_ONLY)
        for entry in visit.world.entries
    )


def _locked(visit: Visit, person: Person) -> bool:
    tries = card_tries(visit.world, person)
    return _was_reset(visit, person) or tries.get(PinKind.SIGNATURE_PASSWORD) == 0


GUIDE: Final[tuple[GuideStep, ...]] = (
    GuideStep(
        "Enrol a phone",
        "スマートフォンを登録する",
        "Hold the card to a new phone. The phone makes its own keys, and the card signs the "
        "application for two certificates on the phone.",
        "新しいスマホにカードをかざします。スマホが自分の鍵を作り、カードの署名で2つの電子証明書を申請します。",
        "/people/{person}/phone",
        _enrolled,
    ),
    GuideStep(
        "Sign a PDF on it",
        "スマホでPDFに署名する",
        "Use the sample contract or your own PDF, and let the verifier's desk check the result.",
        "見本の契約書か手元のPDFに署名し、検証窓口で確かめます。",
        "/people/{person}/phone",
        _signed,
    ),
    GuideStep(
        "Move house",
        "引っ越す",
        "Tell the municipality a new address. Before you confirm, the page shows what would fall.",
        "転居届を出します。確定の前に、何が失効するかが表示されます。",
        "/people/{person}/move",
        _moved,
    ),
    GuideStep(
        "Let a day pass, and see both signature bars end",
        "1日進めて、署名用の帯が2本とも終わるのを見る",
        "The agency records the move a day later. Signing certificates carry the address, so both "
        "end; those for logging in carry none and stay.",
        "機構が記録するのは翌日です。住所の載る署名用は2つとも失効し、載らない利用者証明用は残ります。",
        "/clock",
        lambda visit, person: _fell(visit, person),
    ),
    GuideStep(
        "Read why",
        "理由を読む",
        "The person's page shows each certificate as a bar, and the article that ended it.",
        "本人のページに、電子証明書ごとの帯と、終わらせた条文が出ます。",
        "/people/{person}",
        _seen,
    ),
    GuideStep(
        "Get a new signature certificate at the counter, and replace the phone",
        "窓口で署名用を再発行し、機種変更する",
        "A phone is enrolled with the card's signature, so the card needs a live one first. "
        "Enrolling another phone ends what the old one had.",
        "スマホの登録にはカードの署名が要るので、先に窓口で再発行します。新しいスマホの登録で、古い方は失効します。",
        "/people/{person}",
        lambda visit, person: _issued_anew(visit, person) and _replaced(visit, person),
    ),
    GuideStep(
        "Lock the card's signature password",
        "カードの署名用パスワードをロックする",
        "Five wrong entries in a row lock it. The certificates stay as they are.",
        "5回続けて間違えるとロックされます。電子証明書はそのままです。",
        "/people/{person}/card",
        _locked,
    ),
    GuideStep(
        "Reset it with card and face at a convenience-store kiosk",
        "コンビニの端末で、カードと顔で再設定する",
        "Reserve in the app with the other PIN and a live face, then go to the kiosk with the "
        "one-time code.",
        "アプリでもう一方の暗証番号と顔を使って予約し、ワンタイムコードを持って端末へ行きます。",
        "/people/{person}/kiosk",
        _was_reset,
    ),
)


def guide_of(visit: Visit) -> Mapping[str, Any] | None:
    """Return the steps for the first person who has a card, and which is next."""
    people = sorted(visit.world.state().people.values(), key=lambda each: each.id)
    who = next((each for each in people if each.card is not None), None)
    if who is None:
        return None
    steps = [(each, each.done(visit, who)) for each in GUIDE]
    following = next((number for number, (_, done) in enumerate(steps) if not done), None)
    return {"person": who, "steps": steps, "next": following}


def start(_: Visit) -> Answer:
    """Show what this is, and the ten minutes."""
    return Shown("start.html")
