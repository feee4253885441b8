"""What the card commands say in Japanese: the names of results, their values, and errors.

JSON keys and error codes are the same in both languages, for programs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import typer

from jpki.card.layout import CARD_APPLICATIONS, Credential, TokenKind
from jpki.errors import JpkiError, MissingExtra, PinError, WrongPin
from jpki.terms import PinKind, Purpose, Sex

if TYPE_CHECKING:
    from jpki.validation import Language

__all__ = ["error_words", "holds_words", "tell"]

_NAMES_JA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token": "種類",
        "applications": "アプリケーション",
        "tries left": "残り回数",
        "model": "型式",
        "certificates": "電子証明書",
        "card number": "カードの番号",
        "municipality": "市区町村コード",
        "expires on": "有効期限",
        "name": "氏名",
        "address": "住所",
        "birth date": "生年月日",
        "sex": "性別",
        "my number": "個人番号",
        "images": "画像",
    }
)
_SIMULATED: Final = " (simulated)"
_UNUSABLE: Final = "unusable"
_VALUES_JA: Final[Mapping[str, str]] = MappingProxyType(
    {
        TokenKind.INDIVIDUAL_NUMBER_CARD.value.replace("_", " "): "マイナンバーカード",
        TokenKind.JUKI_CARD.value.replace("_", " "): "住民基本台帳カード",
        TokenKind.ANDROID_PHONE.value.replace("_", " "): "スマートフォン（Android）",
        TokenKind.IPHONE.value: "スマートフォン（iPhone）",
        "foreign card": "公的個人認証のカードではありません",
        "empty": "カードなし",
        "a card that another program uses": "ほかのプログラムが使っているカード",
        **{application.name: application.label_ja for application in CARD_APPLICATIONS},
        **{pin.value: pin.label_ja for pin in PinKind},
        **{purpose.value: purpose.label_ja for purpose in Purpose},
        **{sex.value: sex.label_ja for sex in Sex},
    }
)


def tell(told: Mapping[str, object], spoken: Language) -> None:
    """Print a result, one line to a name."""
    for name, value in told.items():
        match value:
            case dict():
                shown = ", ".join(
                    f"{_said(str(key), spoken)} {left}" for key, left in value.items()
                )
            case list():
                none = "なし" if spoken == "ja" else "none"
                shown = ", ".join(_said(str(item), spoken) for item in value) or none
            case _:
                shown = _said(str(value), spoken)
        typer.echo(f"{_NAMES_JA.get(name, name) if spoken == 'ja' else name}: {shown}")


def holds_words(holds: str, spoken: Language) -> str:
    """Return what a reader holds in the language asked for."""
    if spoken == "ja" and holds.startswith(_UNUSABLE):
        return "使えないカード" + holds.removeprefix(_UNUSABLE)
    return _said(holds, spoken)


def _said(text: str, spoken: Language) -> str:
    if spoken != "ja":
        return text
    plain = text.removesuffix(_SIMULATED)
    return _VALUES_JA.get(plain, plain) + ("（模擬）" if plain != text else "")


_COUNTER: Final = "住所地の市区町村の窓口で手続をしてください"
_AGAIN: Final = "カードを置き直して、最初からやり直してください"
# By error code: what happened, and what to do. A code without a row is told by the family it is in.
_ERRORS_JA: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "card": ("カードまたはリーダーで失敗しました", "jpki card doctor を実行してください"),
        "card.no-reader-service": (
            "スマートカードのサービス（pcscd）が応答しません",
            "pcscd を起動してください。原因は jpki card doctor でわかります",
        ),
        "card.no-reader": (
            "そのリーダーはありません",
            "リーダーをつなぐか、あるものを --reader で指定してください",
        ),
        "card.no-card": ("カードがありません", "カードをリーダーに置いてください"),
        "card.removed": ("途中でカードが離れました", _AGAIN),
        "card.in-use": (
            "ほかのプログラムがカードを使っています",
            "そのプログラムを終えてください",
        ),
        "card.unsupported": (
            "使えるカードではありません",
            "マイナンバーカードか、電子証明書を搭載したスマートフォンを使ってください",
        ),
        "card.no-certificate": ("その電子証明書は入っていません", _COUNTER),
        "card.malformed-apdu": ("カードとのやり取りが崩れました", _AGAIN),
        "card.unexpected-status": ("カードが処理を断りました", ""),
        "pin": ("暗証番号で失敗しました", ""),
        "pin.malformed": (
            "{pin}の形が違います。カードには何も送っていません",
            "文字の種類と長さを確かめてください",
        ),
        "pin.source": (
            "{pin}をその方法で渡すことはできません。カードには何も送っていません",
            "--pin prompt、env:NAME、file:PATH、fd:NUMBER のどれかを使ってください",
        ),
        "pin.required": ("先に{pin}が要ります", ""),
        "pin.wrong": (
            "{pin}が違います。残り{left}回です",
            "確かめてから、もう一度入力してください",
        ),
        "pin.last-try": (
            "{pin}は残り1回です。カードには何も送っていません",
            "確かなら --allow-last-try を付けてください。次に間違えるとロックされます",
        ),
        "pin.blocked": ("{pin}はロックされています", _COUNTER + "（待っても解除されません）"),
        "format.card-file": ("カードのファイルの形式が不明です", ""),
        "format": ("ファイルか指定に誤りがあります", ""),
        "source": (
            "ネットワークの相手から応答を得られませんでした",
            "アドレスと接続を確かめてください",
        ),
        "timestamp": ("タイムスタンプ局の応答は使えません。署名は書き出していません", ""),
        "verification": (
            "カードの署名が電子証明書と合いません。署名は書き出していません",
            _AGAIN,
        ),
        "missing-extra": (
            "任意の部品が入っていません",
            "pip install 'jpki[{extra}]' を実行してください",
        ),
    }
)


def error_words(spoken: Language) -> Callable[[JpkiError], str]:
    """Return how an error is told on one line in this language.

    In Japanese the English sentence follows in brackets, since it has the particulars: the names of
    readers, a status word, a file.
    """
    return _error_ja if spoken == "ja" else _error_en


def _error_en(error: JpkiError) -> str:
    return f"error [{error.code}]: {error}"


def _error_ja(error: JpkiError) -> str:
    family = error.code.partition(".")[0]
    happened, cure = _ERRORS_JA.get(error.code) or _ERRORS_JA.get(family, ("", ""))
    if not happened:
        return f"エラー [{error.code}]: {error}"
    pin = Credential(error.pin.value).label_ja if isinstance(error, PinError) else ""
    left = error.tries_left if isinstance(error, WrongPin) else ""
    extra = error.extra if isinstance(error, MissingExtra) else ""
    said = (happened.format(pin=pin, left=left), cure.format(extra=extra))
    sentence = "。".join(part for part in said if part)
    particulars = error.message if error.hint == error.default_hint else str(error)
    return f"エラー [{error.code}]: {sentence}（{particulars}）"
