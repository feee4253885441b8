"""What the bank's pages say, in both languages."""

from __future__ import annotations

from jpki.life.events import ConsentItem

LANGUAGES = ("ja", "en")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("模擬銀行", "A simulated bank"),
    "banner": (
        "これは模擬です。実在の銀行・人物・証明書ではありません。",
        "Everything here is simulated: no real bank, person or certificate.",
    ),
    "login": ("スマートフォンでログイン", "Log in with your phone"),
    "device": ("端末の名前", "Name of the phone"),
    "device_hint": (
        "スマホの画面の上端に出ています。例：phone-P000001-1",
        "It stands at the top of the phone's screen, such as phone-P000001-1.",
    ),
    "welcome_home": (
        "スマートフォンの利用者証明用電子証明書でログインし、署名用電子証明書で口座を開設します。",
        "Log in with the phone's authentication certificate, and open an account with its "
        "signature certificate.",
    ),
    "waiting_title": ("スマートフォンの承認待ち", "Waiting for your phone"),
    "request": ("依頼番号", "Request"),
    "waiting": (
        "スマートフォンで承認してください。このページは自動で更新されます。",
        "Approve it on your phone. This page renews itself.",
    ),
    "check": ("確認する", "Look now"),
    "logout": ("ログアウト", "Log out"),
    "welcome": ("ログインしました。", "You are logged in."),
    "open": ("署名して口座を開設する", "Open an account by signing"),
    "open_why": (
        "スマートフォンで申込書に署名します。氏名、生年月日、性別、住所は署名用電子証明書から読み取ります。",
        "You sign the application on the phone. Name, birth date, sex and address are read from "
        "the signature certificate.",
    ),
    "account": ("口座番号", "Account number"),
    "items": ("お届けの4情報", "The four items we hold"),
    "item": ("項目", "Item"),
    "value": ("内容", "Value"),
    "look": ("署名用電子証明書の現況を確認する", "Check whether the certificate still has effect"),
    "good": ("署名用電子証明書は有効です。", "Your signature certificate has effect."),
    "changed": (
        "署名用電子証明書が、記載事項の変更により失効しています。引越しや改姓などをされましたか。",
        "Your signature certificate lost effect because a registered content changed. Have you "
        "moved, or changed your name?",
    ),
    "lost": (
        "署名用電子証明書が失効しています。",
        "Your signature certificate has lost effect.",
    ),
    "ask": ("新しい情報の提供に同意する", "Consent to our being given what is new"),
    "ask_why": (
        "項目ごとに同意できます。新しい署名用電子証明書を発行したスマートフォンで署名します。同意は翌日から有効です。",
        "You consent to each item by itself, with a phone that has your new signature certificate. "
        "The consent counts from the next day.",
    ),
    "consented": (
        "同意を機構に送りました。有効になる日時：",
        "The consent was forwarded. It counts from: ",
    ),
    "fetch": ("最新の情報を取得する", "Ask for what is new"),
    "given": ("最新の情報を受け取りました。", "We were given what is new."),
    "nothing": ("まだ提供されません。根拠：", "Nothing is provided yet. Basis: "),
    "refused": ("承認されませんでした。", "It was not approved."),
    "home": ("はじめに戻る", "Back to the start"),
    "language": ("English", "日本語"),
}
_ITEMS: dict[ConsentItem, tuple[str, str]] = {
    ConsentItem.NAME: ("氏名", "Name"),
    ConsentItem.BIRTH_DATE: ("生年月日", "Date of birth"),
    ConsentItem.SEX: ("性別", "Sex"),
    ConsentItem.ADDRESS: ("住所", "Address"),
}


def words(language: str) -> dict[str, str]:
    """Return every sentence in a language."""
    return {key: both[LANGUAGES.index(language)] for key, both in _WORDS.items()}


def item_labels(language: str) -> dict[ConsentItem, str]:
    """Return what each item is called."""
    return {item: both[LANGUAGES.index(language)] for item, both in _ITEMS.items()}
