"""What step 4, signature, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
    "signature.matches": Sentence("the signature value matches", "署名値が一致します"),
    "signature.differs": Sentence(
        "the signature value does not match the certificate's key",
        "署名値が証明書の鍵と一致しません",
    ),
    "signature.nothing-to-check": Sentence(
        "without the content there is nothing to check the signature value against",
        "内容がないため、署名値を確認できません",
    ),
    "signature.xml-second-judge": Sentence(
        "a second verifier (signxml) does not agree", "別の検証器（signxml）の判断と一致しません"
    ),
}
