"""What step 6, chain, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
    "chain.trusted": Sentence(
        "issued by a root that was given: {authority}", "渡されたルート{authority}が発行しました"
    ),
    "chain.no-root": Sentence("no root was given", "ルート証明書が渡されていません"),
    "chain.unknown-issuer": Sentence(
        "none of the {count} roots given is the issuer, whose key identifier is {key_id}",
        "渡された{count}件のルートの中に発行者（鍵識別子{key_id}）がありません",
    ),
    "chain.not-signed": Sentence(
        "the certificate names {authority} as its issuer, but that root did not sign it",
        "証明書は{authority}を発行者としていますが、その署名がありません",
    ),
    "chain.root-outside-validity": Sentence(
        "the root is valid from {not_before} to {not_after}, not at {at}",
        "ルートの有効期間は{not_before}から{not_after}で、{at}は含まれません",
    ),
}
