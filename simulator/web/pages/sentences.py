"""What common refusals say, as sentences for a person: by the rule, or by what the error found.

Errors speak English and to a programmer. Those that a visitor of the pages meets are told here in
both languages; what is in no row is told by the rule's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["FOUND", "Found", "found_by"]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: ``pattern`` is looked for in the error's words, ``rule`` decided if given.

    Groups of the pattern may be used in the sentences.
    """

    pattern: str
    en: str
    ja: str
    rule: str = ""


FOUND: Final[tuple[Found, ...]] = (
    # the kiosk and its reservation
    Found(
        r"one-time code is wrong.*?(?P<left>\d+) more entr",
        "The one-time code is wrong; entries left: {left}.",
        "ワンタイムコードが違います。あと{left}回入力できます。",
    ),
    Found(
        "one-time code is wrong",
        "The one-time code is wrong, or there is no reservation that it is of.",
        "ワンタイムコードが違うか、有効な予約がありません。",
    ),
    Found(
        "one-time code has been used",
        "The one-time code has been used already.",
        "このワンタイムコードは使用済みです。",
    ),
    Found(
        "face is not that of the photo",
        "The face does not match the photo in the chip.",
        "顔が、ICチップの顔写真と一致しません。",
    ),
    Found(
        "PIN that is known is not the one",
        "The PIN that is known has to be the other one.",
        "入力するのは、再設定しない方の暗証番号です。",
    ),
    Found(
        "PIN is not set anew there",
        "This PIN is not set anew there.",
        "この暗証番号は、ここでは再設定できません。",
    ),
    Found(
        "does not hold",
        "There is no reservation whose code could be checked.",
        "有効な予約（ワンタイムパスワード）がありません。",
        "KS-3",
    ),
    Found(
        "does not hold",
        "The reservation is too old: its 24 hours are over.",
        "予約から24時間を過ぎたため、コードは使えません。",
        "KS-4",
    ),
    Found(
        "does not hold",
        "The kiosk is closed: it serves from 06:30 to 23:00.",
        "端末の利用時間外です（利用できるのは6時30分から23時まで）。",
        "KS-5",
    ),
    Found(
        "does not hold",
        "Not both certificates are on the card, or the one in question is not live.",
        "カードに両方の電子証明書がそろっていないか、対象の電子証明書が有効ではありません。",
        "KS-6",
    ),
    Found(
        "does not hold",
        "The card carries no photo, and without one no face can be compared.",
        "顔写真のないカードのため、顔を照合できません。",
        "KS-7",
    ),
    Found(
        "does not hold",
        "This chain does not offer that.",
        "このチェーンでは取り扱っていません。",
        "KS-8",
    ),
    Found(
        "does not hold",
        "A certificate that a change of the record has ended cannot be reset.",
        "異動等で失効した電子証明書の暗証番号は、再設定できません。",
        "KS-10",
    ),
    Found(
        "blocked",
        "The PIN that was asked for is locked.",
        "求められた暗証番号がロックされています。",
    ),
    # certificates and who may have one
    Found(
        r"needs a live .*certificate|live signature certificate",
        "A live certificate of the card is wanted first.",
        "先に、有効なカードの電子証明書が必要です。",
    ),
    Found(
        "that signed is not live",
        "The certificate that signed has no effect (any more).",
        "署名に使った電子証明書は有効ではありません。",
    ),
    Found(
        "not signed with a signature certificate that is live",
        "It is not signed with a signature certificate that is live now.",
        "現在有効な署名用電子証明書による署名ではありません。",
    ),
    Found(
        r"the person holds a .*certificate",
        "The person holds such a certificate already.",
        "同じ種類の有効な電子証明書をすでに持っています。",
    ),
    Found(
        "younger than",
        "The holder is too young for a signature certificate.",
        "年齢の要件を満たさないため、署名用電子証明書は発行できません。",
    ),
    Found(
        "under guardianship",
        "The holder is under guardianship.",
        "成年被後見人のため、発行できません。",
    ),
    Found(
        "face-only card has no PIN",
        "A face-only card has no PIN.",
        "顔認証マイナンバーカードには暗証番号がありません。",
    ),
    Found(
        "face-only card carries no signature",
        "A face-only card carries no signature certificate.",
        "顔認証マイナンバーカードに署名用電子証明書は入りません。",
    ),
    Found(
        "person has a live card",
        "The person has a live card already.",
        "有効なカードをすでに持っています。",
    ),
    Found(
        "certificate that is being replaced|outlive",
        "The certificate would last longer than what it depends on.",
        "もとになるものの有効期間を超えてしまいます。",
    ),
    # the phone
    Found(
        "phone is offline",
        "The phone is offline, and this is applied for online.",
        "スマホがオフラインです。この申請はオンラインで行います。",
    ),
    Found(
        "biometrics serve only since",
        "A finger or face does not serve yet on this day.",
        "指・顔による利用は、この日にはまだ始まっていません。",
    ),
    Found(
        "biometrics are switched off",
        "Finger and face are switched off on this phone.",
        "この端末では指・顔の利用がオフになっています。",
    ),
    Found(
        "another finger or face was enrolled",
        "Another finger or face was enrolled on the phone: the PIN comes first.",
        "端末の指・顔の登録が変わったため、先に暗証番号の入力が必要です。",
    ),
    Found(
        "presents nothing without biometrics",
        "This kind of phone presents nothing while finger and face are switched off.",
        "この機種は、指・顔の利用がオフの間は何も提示しません。",
    ),
    Found(
        "no phone of this system can be enrolled",
        "No phone of this kind could be enrolled on this day.",
        "この日には、この機種はまだ登録できません。",
    ),
    Found(
        "only the signature password signs",
        "Only the signature password signs; a finger or face never does.",
        "署名できるのは署名用パスワードだけです。指・顔では署名できません。",
    ),
    Found(
        "this exists only since",
        "This did not exist yet on that day.",
        "その日には、この仕組みはまだありません。",
    ),
    Found(
        "chip does not answer",
        "The phone's chip does not answer any more.",
        "スマホのICチップが応答しません（故障）。",
    ),
    Found(
        "no phone is enrolled|nobody has this phone enrolled|no live certificate on a phone",
        "No phone is enrolled.",
        "登録されたスマホがありません。",
    ),
    Found(
        "person has no card|never issued a card", "The person has no card.", "カードがありません。"
    ),
    Found("has died|death is recorded", "The person has died.", "死亡が記録されています。"),
    Found(
        r"clock|before what is already known|before it (happens|is known)",
        "The clock runs forward only, and what is recorded is not undone.",
        "時計は進める向きにだけ動きます。記録済みのことより前には戻れません。",
    ),
    # apps
    Found(
        "request is approved",
        "This request is answered already: it was approved.",
        "この依頼には回答済みです（承認）。",
    ),
    Found(
        "request is refused",
        "This request is answered already: it was refused.",
        "この依頼には回答済みです（拒否）。",
    ),
    Found(
        "request is expired",
        "The time of this request is over.",
        "この依頼は期限が切れています。",
    ),
    Found(
        "request is failed",
        "This request has failed and cannot be answered any more.",
        "この依頼は失敗して終わっているため、回答できません。",
    ),
    Found(
        "there is an app of this name",
        "There is an app of this name already.",
        "同じ名前のアプリがすでにあります。",
    ),
    Found(
        "an app has a role",
        "An app has to be something: choose at least one role.",
        "アプリの役割を1つ以上選んでください。",
    ),
    Found(
        "a name is 1 to 64 letters",
        "A name has 1 to 64 letters, digits, dots, underscores and hyphens.",
        "名前は、英数字と . _ - の64文字までです。",
    ),
    Found(
        "no item was chosen|nothing to consent to",
        "Nothing was chosen to consent to.",
        "同意する項目が選ばれていません。",
    ),
    Found(
        "not an address of this machine",
        "Callbacks go to an address of this machine only, with a port.",
        "コールバック先は、この端末のアドレス（ポート付き）だけです。",
    ),
    Found(
        "one or more of the items",
        "Only items that were asked for can be consented to.",
        "依頼された項目にだけ同意できます。",
    ),
    Found("no file was chosen", "No file was chosen.", "ファイルが選ばれていません。"),
)


def found_by(message: str, rule: str) -> tuple[str, str] | None:
    """Return what is said of an error with these words, refused by this rule if by any."""
    for row in FOUND:
        if row.rule and row.rule != rule:
            continue
        match = re.search(row.pattern, message)
        if match is not None:
            return row.en.format_map(match.groupdict()), row.ja.format_map(match.groupdict())
    return None
