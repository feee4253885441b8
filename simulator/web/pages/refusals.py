"""What a refusal is called on a page, in both languages, and what one does then.

The rule that refused has its own words in the law's tables; these are for what no rule of law says:
a wrong PIN, a file that is none, a form that is too large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jpki.errors import LastTry, PinBlocked, PinError, WrongPin
from jpki.services import Problem
from jpki.terms import PinKind
from simulator.web.pages.sentences import found_by

__all__ = ["SAID", "Said", "said_of"]


@dataclass(frozen=True, slots=True)
class Said:
    """What happened, and what to do about it."""

    en: str
    ja: str
    do_en: str = ""
    do_ja: str = ""


_PINS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        PinKind.SIGNATURE_PASSWORD.value: ("signature password", "署名用パスワード"),
        PinKind.USER_PIN.value: ("authentication PIN", "利用者証明用暗証番号"),
    }
)

SAID: Final[Mapping[str, Said]] = MappingProxyType(
    {
        "pin.malformed": Said(
            "This cannot be such a PIN or password. Nothing was sent, and no try was used.",
            "暗証番号・パスワードの形が違います。照合はしておらず、回数も減っていません。",
            "A password has 6 to 16 letters and digits, both of them; a PIN has four digits.",
            "パスワードは英字と数字を含む6〜16文字、暗証番号は数字4桁です。",
        ),
        "pin.required": Said(
            "A PIN is wanted first.", "先に暗証番号が必要です。", "Enter it.", "入力してください。"
        ),
        "card.no-certificate": Said(
            "There is no such certificate or key on it.",
            "この電子証明書（鍵）は入っていません。",
            "Have one issued: at the counter for the card, by enrolling for the phone.",
            "カードは窓口で発行を受け、スマホは登録してください。",
        ),
        "format.document": Said(
            "What was sent cannot be used.",
            "送られた内容は使えません。",
        ),
        "life.impossible": Said(
            "This cannot be, as things are.",
            "今の状態では、起こりえないことです。",
        ),
        "web.not-there": Said(
            "There is nothing at this address.",
            "このページはありません。",
            "Go to the start page.",
            "はじめのページへ戻ってください。",
        ),
        "web.too-large": Said(
            "This is larger than what is taken here.",
            "大きすぎて受け取れません。",
            "Choose a smaller file: 8 MiB at most.",
            "8MiB以下のファイルを選んでください。",
        ),
        "web.too-slow": Said(
            "It did not arrive in time.",
            "時間内に届きませんでした。",
            "Send it again.",
            "もう一度送ってください。",
        ),
        "web.forged-form": Said(
            "The form does not come from a page of this session, so nothing was done.",
            "このセッションのページからの送信ではないため、何もしていません。",
            "Load the page again and send its form.",
            "ページを読み込み直して、もう一度送ってください。",
        ),
        "web.host": Said(
            "This server does not answer to that name.",
            "このサーバはその名前では応答しません。",
            "Use 127.0.0.1, [::1] or localhost.",
            "127.0.0.1、[::1]、localhostのいずれかを使ってください。",
        ),
        "web.method": Said(
            "This page is not asked in this way.", "このページではできない操作です。"
        ),
    }
)
"""By the error's code; what is not here is told in the words of the error."""

_RULED: Final = Said("A rule stands against it.", "規則により、できません。")
_COUNTER: Final = (
    "Go to the municipality's counter.",
    "住所地市区町村の窓口で手続してください。",
)
_RESERVE: Final = (
    "Type the code that the app shows, or reserve again in the app.",
    "アプリに出ているコードを入力するか、アプリで予約し直してください。",
)
_WAYS_ON: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "KS-3": _RESERVE,
        "KS-4": _RESERVE,
        "KS-5": (
            "Come back when the kiosk is open; a reservation stays good for its hours.",
            "利用時間内に出直してください。予約は期限まで有効です。",
        ),
        "KS-1": _COUNTER,
        "KS-6": _COUNTER,
        "KS-7": _COUNTER,
        "KS-8": ("Choose another shop, or the counter.", "別の店舗か窓口を選んでください。"),
        "KS-10": _COUNTER,
        "ON-9": (
            "Have a new signature certificate issued onto the card at the counter first.",
            "先に窓口でカードに署名用電子証明書の発行を受けてください。",
        ),
        "RS-1": (
            "Set the card's password anew first: at a kiosk or the counter.",
            "先にカードのパスワードを端末か窓口で再設定してください。",
        ),
        "RS-2": (
            "Set the phone's password anew first, with the card.",
            "先にカードでスマホのパスワードを再設定してください。",
        ),
    }
)
_BY_CODE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "phone.not-pending": (
            "Let the app ask anew: a request is answered once.",
            "アプリから改めて依頼してください。回答は1回限りです。",
        ),
        "life.impossible": (
            "Go back and look at what is there.",
            "前のページで今の状態を確かめてください。",
        ),
        "format.document": ("Go back and choose.", "前のページで選び直してください。"),
    }
)
_SOMETHING_ELSE: Final = (
    "Read the rule: what it asks for has to be so first, or there is another way.",
    "規則が求める条件を満たすか、別の手続を選んでください。",
)


def said_of(error: Exception | None, problem: Problem) -> Said:
    """Return what is said of a refusal."""
    if isinstance(error, PinError):
        counted = _of_pin(error)
        if counted is not None:
            return counted
    found = found_by(f"{problem.detail}; {problem.hint}", problem.rule or "")
    if problem.rule:
        return _by_rule(problem, found)
    known = SAID.get(problem.code)
    if found is not None:
        way_on = _BY_CODE.get(problem.code, ("", ""))
        return Said(*found, way_on[0] or problem.hint, way_on[1])
    if known is not None:
        return known
    detail = problem.detail or problem.title
    return Said(detail, "できませんでした。", problem.hint, "")


def _by_rule(problem: Problem, found: tuple[str, str] | None) -> Said:
    """Say what was found, else what the error says less the rule, which the page tells itself."""
    told = problem.detail.partition(" [")[0]
    # The hint of an error is English, and this rule's own way on says more.
    en, ja = _WAYS_ON.get(
        problem.rule or "", (problem.hint or _SOMETHING_ELSE[0], _SOMETHING_ELSE[1])
    )
    if found is not None:
        return Said(*found, en, ja)
    return Said(f"Refused: {told}." if told else _RULED.en, _RULED.ja, en, ja)


def _of_pin(error: PinError) -> Said | None:
    en, ja = _PINS.get(str(error.pin), ("PIN", "暗証番号"))
    match error:
        case WrongPin():
            return Said(
                f"The {en} is wrong; tries left: {error.tries_left}.",
                f"{ja}が違います。残り{error.tries_left}回です。",
                "Look into the notebook before you try again.",
                "手帳を確かめてから、もう一度入力してください。",
            )
        case LastTry():
            return Said(
                f"Only one try is left for the {en}; nothing was sent.",
                f"{ja}の残りは1回です。照合はしていません。",
                "Tick the box for the last try if you are sure; one more mistake locks it.",
                "確かなら「残り1回でも入力する」を選んでください。次に間違えるとロックされます。",
            )
        case PinBlocked():
            return Said(
                f"The {en} is locked. Waiting does not help.",
                f"{ja}はロックされています。待っても解除されません。",
                _RESET.do_en,
                _RESET.do_ja,
            )
    return None


_RESET: Final = Said(
    "",
    "",
    "On the card: set it anew at a kiosk with the other one and a face, or at the counter. On the "
    "phone: set it anew in the app.",
    "カードは、もう一方と顔で端末から、または窓口で再設定します。スマホはアプリで再設定します。",
)
