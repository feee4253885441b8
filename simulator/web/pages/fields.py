"""What the fields of events and their values are called in a form, in both languages.

Most values have their words in the law's tables; here are those that no rule speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jpki.law import RuleTable
from jpki.life.events import ConsentClient, ConsentItem, Nationality
from jpki.terms import CertificateKind

__all__ = ["FIELD_HINTS", "FIELD_WORDS", "value_words"]

FIELD_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "address": ("Address", "住所"),
        "card": ("Card", "カード"),
        "card_expires_on": ("The card expires on", "カードの有効期限"),
        "cause": ("Cause", "原因"),
        "change": ("What changes", "変化の内容"),
        "channel": ("By which channel", "届出の経路"),
        "client": ("By which application", "使うアプリ"),
        "deadline": ("Which period", "期間の種類"),
        "destination": ("Where to", "転出先"),
        "device": ("Phone", "端末"),
        "ends_on": ("Ends on", "終わる日"),
        "expires_on": ("Expires on", "有効期限"),
        "face_only": ("Without PINs", "暗証番号なし（顔認証）"),
        "generation": ("Generation of the authority's key", "認証局の鍵の世代"),
        "ground": ("Ground", "消除の理由"),
        "item": ("Which item", "修正する項目"),
        "items": ("Items", "項目"),
        "kinds": ("Which certificates", "対象の電子証明書"),
        "made_on": ("Made on", "作成日"),
        "medium": ("Card or phone", "カードかスマホか"),
        "minor": ("Whether it is minor", "軽微な修正か"),
        "moved_in_on": ("Moved in on", "転入した日"),
        "municipality": ("Municipality (five digits)", "市区町村（5桁の番号）"),
        "nationality": ("Nationality", "国籍"),
        "number": ("Which number", "番号の種類"),
        "other_known": ("The other PIN is known", "もう一方の暗証番号が分かる"),
        "path": ("Where it is set anew", "再設定の方法"),
        "photo": ("With a photo", "顔写真あり"),
        "pin": ("Which PIN", "暗証番号の種類"),
        "planned_on": ("Planned for", "予定日"),
        "platform": ("Kind of phone", "機種"),
        "purpose": ("What for", "目的"),
        "register": ("Which register", "台帳"),
        "reserved_at": ("Reserved at", "予約の日時"),
        "residence_ends_on": ("Period of stay ends on", "在留期間の満了日"),
        "returned_on": ("Returned on", "帰国した日"),
        "signed_with": ("Signed with", "署名に使う電子証明書"),
        "to": ("Into what", "切替え後"),
        "value": ("New value", "新しい内容"),
        "verified": ("Certificates the verifier has verified", "検証済みの電子証明書"),
        "verifier": ("Verifier", "署名検証者"),
    }
)

FIELD_HINTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "address": ("as in the record; invented", "住民票のとおり（架空の住所）"),
        "card": ("a name such as card-P000001-2", "カードの名前。例：card-P000001-2"),
        "device": ("a name such as phone-P000001-2", "端末の名前。例：phone-P000001-2"),
        "generation": (
            "a whole number such as 1; left out, all of them",
            "整数。例：1（空欄はすべて）",
        ),
        "municipality": ("such as 13104 for Shinjuku", "例：13104（新宿区）"),
        "reserved_at": (
            "an instant such as 2026-08-04T09:00:00+09:00",
            "日時。例：2026-08-04T09:00:00+09:00",
        ),
        "value": (
            "what the record says from now on; invented",
            "修正後の記載内容（架空のもの）",
        ),
        "verifier": ("a name such as shop", "名前。例：shop"),
    }
)
"""What is to be typed into a field that takes a text."""

_KINDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        CertificateKind.CARD_SIGNATURE.value: ("signature, on the card", "署名用（カード）"),
        CertificateKind.CARD_AUTHENTICATION.value: (
            "authentication, on the card",
            "利用者証明用（カード）",
        ),
        CertificateKind.MOBILE_SIGNATURE.value: ("signature, on the phone", "署名用（スマホ）"),
        CertificateKind.MOBILE_AUTHENTICATION.value: (
            "authentication, on the phone",
            "利用者証明用（スマホ）",
        ),
    }
)
_OTHERS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        "kinds": _KINDS,
        "signed_with": _KINDS,
        "verified": _KINDS,
        "items": {
            ConsentItem.NAME.value: ("name", "氏名"),
            ConsentItem.BIRTH_DATE.value: ("date of birth", "生年月日"),
            ConsentItem.SEX.value: ("sex", "性別"),
            ConsentItem.ADDRESS.value: ("address", "住所"),
        },
        "client": {
            ConsentClient.VERIFIER.value: ("the verifier's", "署名検証者のアプリ"),
            ConsentClient.MYNAPORTAL.value: ("Mynaportal", "マイナポータル"),
            ConsentClient.MYNAPORTAL_MOBILE.value: (
                "Mynaportal on a phone",
                "マイナポータル（スマホ）",
            ),
        },
        "nationality": {
            Nationality.JAPANESE.value: ("Japanese", "日本"),
            Nationality.FOREIGN_PERMANENT.value: ("foreign, permanent", "外国（永住）"),
            Nationality.FOREIGN_LIMITED.value: ("foreign, for a period", "外国（在留期間あり）"),
        },
    }
)


def value_words(table: RuleTable, field: str, value: str) -> tuple[str, str]:
    """Return what a value of a field is called, in English and Japanese."""
    for row in table.labels:
        if row.value == value and row.field == field:
            return row.en, row.ja
    return _OTHERS.get(field, {}).get(value, (value.replace("_", " "), value))
