"""What each finding about a record says, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jpki.validation.words.sentence import Language, Sentence

__all__ = ["FALLEN_UNKNOWN", "SENTENCES", "STEP_NAMES_JA", "say"]

STEP_NAMES_JA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "structure": "構造",
        "type": "種類",
        "signer": "記録の署名者",
        "root": "発行者",
        "record": "発行者の署名",
        "items": "項目",
        "validity": "有効期間",
        "device": "端末の署名",
    }
)

FALLEN_UNKNOWN: Final = Sentence(
    "whether the record has lost effect since is UNKNOWN: the law has no status list for readers; "
    "the sending program has to check before each presentation (My Number Act art. 18-3)",
    "その後に効力を失ったかどうかは不明です。法令には読み取る側のための失効情報がなく、"
    "送信するプログラムが提示の都度確認します（番号法第18条の3）",
)
"""What is said beside every verdict."""

_MALFORMED: Final[Mapping[str, Sentence]] = {
    "cbor": Sentence("{where}: this is no CBOR", "{where}：CBORではありません"),
    "truncated": Sentence("{where}: it ends too early", "{where}：途中で終わっています"),
    "left-over": Sentence("{where}: bytes are left over", "{where}：余分なバイトがあります"),
    "too-large": Sentence("{where}: it is too large to be read", "{where}：大きすぎます"),
    "too-deep": Sentence(
        "{where}: values stand too deep in one another", "{where}：入れ子が深すぎます"
    ),
    "indefinite-length": Sentence(
        "{where}: a length is not stated", "{where}：長さが示されていません"
    ),
    "duplicate-key": Sentence("{where}: a map has a key twice", "{where}：同じキーが二つあります"),
    "tag": Sentence("{where}: {problem}", "{where}：この場所に許されないタグです（{problem}）"),
    "shape": Sentence("{where}: {problem}", "{where}：形式が違います（{problem}）"),
}

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        **{f"structure.{name}": sentence for name, sentence in _MALFORMED.items()},
        "structure.read": Sentence(
            "a presentation of one record with {count} items",
            "一つの記録の提示です（{count}項目）",
        ),
        "type.wanted": Sentence("the document type is {found}", "種類は{found}です"),
        "type.other": Sentence(
            "the document type is {found}, not {wanted}", "種類が{found}で、{wanted}ではありません"
        ),
        "type.differs": Sentence(
            "the device says {found}, the issuer signed {signed}",
            "端末は{found}といい、発行者は{signed}に署名しています",
        ),
        "signer.found": Sentence(
            "the signer's certificate is there ({algorithm})",
            "署名者の証明書があります（{algorithm}）",
        ),
        "signer.absent": Sentence(
            "no signer's certificate came along", "署名者の証明書が付いていません"
        ),
        "signer.malformed": Sentence(
            "the signer's certificate is not usable: {problem}",
            "署名者の証明書が使えません（{problem}）",
        ),
        "signer.several": Sentence(
            "{count} certificates came along; the root must have certified the signer itself",
            "証明書が{count}通あります。署名者は発行者が直接証明したものに限ります",
        ),
        "root.trusted": Sentence(
            "a given root has certified the signer", "与えられた発行者が署名者を証明しています"
        ),
        "root.none": Sentence("no root was given", "信頼する発行者が与えられていません"),
        "root.unknown": Sentence(
            "none of the {count} given roots is the signer's issuer",
            "与えられた{count}件の発行者に該当がありません",
        ),
        "root.not-signed": Sentence(
            "the signer names a given root, which did not certify it",
            "署名者が名指す発行者は、この署名者を証明していません",
        ),
        "root.outside-validity": Sentence(
            "the root is valid from {not_before} to {not_after}, not at {at}",
            "発行者の有効期間は{not_before}から{not_after}までで、{at}は外れています",
        ),
        "root.signer-outside-validity": Sentence(
            "the signer is valid from {not_before} to {not_after}, not at {at}",
            "署名者の有効期間は{not_before}から{not_after}までで、{at}は外れています",
        ),
        "record.matches": Sentence(
            "the signer has signed the record", "署名者が記録に署名しています"
        ),
        "record.differs": Sentence(
            "the signer's key has not signed this record", "署名者の鍵による署名ではありません"
        ),
        "record.algorithm": Sentence(
            "algorithm {found} does not go with the signer's key",
            "署名方式{found}が署名者の鍵と合いません",
        ),
        "record.empty": Sentence("nothing was signed", "署名された内容がありません"),
        "items.same": Sentence(
            "all {count} items are those that were signed", "{count}項目すべてが署名されたものです"
        ),
        "items.none": Sentence("no item was shown", "提示された項目がありません"),
        "items.digest": Sentence(
            "digests of kind {found} are not read", "{found}のダイジェストは読めません"
        ),
        "items.differs": Sentence(
            "{name}: not what the issuer signed", "{name}：発行者が署名した内容と違います"
        ),
        "items.unsigned": Sentence(
            "{name}: the issuer signed no item of number {number}",
            "{name}：番号{number}の項目に発行者の署名がありません",
        ),
        "items.twice": Sentence("{name}: shown twice", "{name}：二度提示されています"),
        "items.device": Sentence(
            "the device adds items of its own, which nobody has certified",
            "端末が独自の項目を加えており、誰も証明していません",
        ),
        "validity.inside": Sentence(
            "valid from {valid_from} to {valid_until}", "{valid_from}から{valid_until}まで有効です"
        ),
        "validity.not-yet": Sentence(
            "valid from {valid_from} only, not at {at}", "{valid_from}から有効で、{at}はその前です"
        ),
        "validity.expired": Sentence(
            "it ended at {valid_until}, before {at}",
            "{valid_until}に終わっており、{at}はその後です",
        ),
        "validity.signed-outside": Sentence(
            "signed at {signed_at}, outside the signer's validity",
            "署名した{signed_at}が署名者の有効期間の外です",
        ),
        "validity.disorder": Sentence(
            "the instants of its validity are not in order", "有効期間の前後が逆です"
        ),
        "device.signed": Sentence(
            "the record's device has signed this session", "記録の端末がこの通信に署名しています"
        ),
        "device.other-session": Sentence(
            "the device signature is not over this session: replayed, or by another key",
            "端末の署名がこの通信のものではありません（使い回し、又は別の鍵）",
        ),
        "device.no-session": Sentence(
            "no session was given, so the device signature cannot be checked",
            "通信の記録が与えられておらず、端末の署名を確認できません",
        ),
        "device.mac": Sentence(
            "a message code, which only the reader of that session could have checked",
            "メッセージ認証符号であり、その通信の読み取り側しか確認できません",
        ),
        "device.algorithm": Sentence(
            "algorithm {found} does not go with the device's key",
            "署名方式{found}が端末の鍵と合いません",
        ),
        "device.attached": Sentence(
            "the device signature carries content of its own", "端末の署名に別の内容が付いています"
        ),
        "not-run": Sentence(
            "not checked, because step {blocker} did not pass",
            "手順{blocker}を通らなかったため、確認していません",
        ),
    }
)


def say(code: str, facts: Mapping[str, str], language: Language) -> str:
    """Return the sentence of a finding in English or Japanese."""
    sentence = SENTENCES[code]
    return (sentence.ja if language == "ja" else sentence.en).format_map(facts)
