"""Templates to HTML: one environment, both languages beside each other in every template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from jpki.jst import moment
from jpki.law import Effect
from jpki.life import CardState, CertificateState, FourItems
from jpki.life.events import Platform
from jpki.terms import Certainty, CertificateKind, PinKind, Purpose
from jpki.validation import Language, Outcome, Verdict
from jpki.validation.words import STEP_NAMES_JA
from simulator.phone import PLATFORMS
from simulator.web.pages.sentences import found_by

__all__ = ["rendered"]

_KINDS_EN: Final[Mapping[CertificateKind, str]] = {
    CertificateKind.CARD_SIGNATURE: "Signature, on the card",
    CertificateKind.CARD_AUTHENTICATION: "Authentication, on the card",
    CertificateKind.MOBILE_SIGNATURE: "Signature, on the phone",
    CertificateKind.MOBILE_AUTHENTICATION: "Authentication, on the phone",
}
_KINDS_JA: Final[Mapping[CertificateKind, str]] = {
    CertificateKind.CARD_SIGNATURE: "署名用（カード）",
    CertificateKind.CARD_AUTHENTICATION: "利用者証明用（カード）",
    CertificateKind.MOBILE_SIGNATURE: "署名用（スマホ）",
    CertificateKind.MOBILE_AUTHENTICATION: "利用者証明用（スマホ）",
}
_WORDS: Final[Mapping[object, tuple[str, str]]] = {
    CertificateState.ACTIVE: ("in effect", "有効"),
    CertificateState.HELD: ("on hold", "一時停止中"),
    CertificateState.REVOKED: ("revoked", "失効"),
    CertificateState.EXPIRED: ("expired", "期間満了"),
    Effect.ISSUE: ("is issued", "発行"),
    Effect.REVOKE: ("is revoked", "失効"),
    Effect.SUSPEND: ("is put on hold", "一時停止"),
    Effect.RESUME: ("is released from hold", "一時停止の解除"),
    Effect.EXPIRE: ("expires", "有効期間満了"),
    Effect.NONE: ("stays as it is", "変化なし"),
    PinKind.SIGNATURE_PASSWORD: ("signature password", "署名用パスワード"),
    PinKind.USER_PIN: ("authentication PIN", "利用者証明用暗証番号"),
    Outcome.PASSED: ("passed", "適合"),
    Outcome.FAILED: ("failed", "不適合"),
    Outcome.UNKNOWN: ("could not be checked", "確認不能"),
    Outcome.NOT_RUN: ("not reached", "未実施"),
}
_CARDS: Final[Mapping[CardState, tuple[str, str]]] = {
    CardState.VALID: ("valid", "有効"),
    CardState.SUSPENDED: ("suspended", "一時停止中"),
    CardState.LAPSED: ("lapsed", "失効"),
    CardState.EXPIRED: ("expired", "期間満了"),
}

_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("simulator.web.pages", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def rendered(template: str, language: Language, values: Mapping[str, Any]) -> str:
    """Return a page's HTML in a language."""
    frame = {"inside": False, "notice": None, "now": None, "csrf": "", "guide": None}
    return _ENVIRONMENT.get_template(template).render(
        {**frame, **values, **_words(language), "lang": language}
    )


def _words(language: Language) -> dict[str, Any]:
    japanese = language == "ja"

    def say(en: str, ja: str) -> str:
        return ja if japanese else en

    def word(value: object) -> str:
        if isinstance(value, CardState):
            return say(*_CARDS[value])
        if isinstance(value, CertificateKind):
            return _KINDS_JA[value] if japanese else _KINDS_EN[value]
        if isinstance(value, Verdict):
            return value.words(language)
        if isinstance(value, Certainty):
            return value.label_ja if japanese else value.value
        return say(*_WORDS[value])

    def basis(reason: Any) -> str:
        return str(reason.basis_ja if japanese else reason.basis_en)

    def note(row: Any) -> str:
        return str(row.note_ja if japanese else row.note_en)

    def clock(at: datetime) -> Markup:
        # An element, so that a reader of the page's code or a program finds the instant.
        shown = moment(at).removesuffix(":00 JST").removesuffix(" JST")
        return Markup('<time datetime="{}">{}{}</time>').format(
            at.isoformat(), shown, "（日本時間）" if japanese else " JST"
        )

    def items(person_items: FourItems) -> Markup:
        """A name is Japanese whatever the page is in."""
        return Markup('<span lang="ja">{}</span>').format(person_items.name)

    def step_name(step: str) -> str:
        return say(step.replace("_", " "), STEP_NAMES_JA[step])

    def purpose_name(purpose: Purpose) -> str:
        return say(purpose.value.replace("_", " "), purpose.label_ja)

    def platform_name(platform: Platform) -> str:
        return PLATFORMS[platform].name

    def refused(error: Any) -> str:
        """What is said of an error beside something else, in the language of the page."""
        found = found_by(error.message, getattr(error, "rule", ""))
        if found is not None:
            return say(*found)
        rule = getattr(error, "rule", "")
        return say(error.message, f"規則 {rule} により、できません" if rule else "起こりえません")

    def short(on: date) -> Markup:
        return Markup('<time class="day">{}</time>').format(on.isoformat())

    return {
        "say": say,
        "word": word,
        "basis": basis,
        "note": note,
        "clock": clock,
        "name_of": items,
        "on_day": short,
        "refused": refused,
        "step_name": step_name,
        "platform_name": platform_name,
        "purpose_name": purpose_name,
    }
