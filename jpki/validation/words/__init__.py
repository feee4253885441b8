"""What each finding says, in English and Japanese: one file of sentences for every step.

A finding has a stable code such as ``revocation.revoked``; the sentence is made from the code and
the finding's facts, so that both languages always say the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words import (
    chain,
    content,
    key_usage,
    policy,
    revocation,
    signature,
    signer,
    structure,
    time,
    validity,
)
from jpki.validation.words.sentence import Language, Sentence

__all__ = ["SENTENCES", "STEP_NAMES_JA", "Language", "Sentence", "say"]

STEP_NAMES_JA: Mapping[str, str] = {
    "structure": "構造",
    "signer": "署名者",
    "content": "内容",
    "signature": "署名値",
    "time": "時点",
    "chain": "発行者",
    "validity": "有効期間",
    "key usage": "鍵用途",
    "policy": "種別",
    "revocation": "失効",
}

_OF_ANY_STEP: Mapping[str, Sentence] = {
    "not-run": Sentence(
        "not checked, because step {blocker} did not pass",
        "手順{blocker}を通らなかったため、確認していません",
    ),
}

SENTENCES: Mapping[str, Sentence] = {
    **structure.SENTENCES,
    **signer.SENTENCES,
    **content.SENTENCES,
    **signature.SENTENCES,
    **time.SENTENCES,
    **chain.SENTENCES,
    **validity.SENTENCES,
    **key_usage.SENTENCES,
    **policy.SENTENCES,
    **revocation.SENTENCES,
    **_OF_ANY_STEP,
}


def say(code: str, facts: Mapping[str, str], language: Language) -> str:
    """Return the sentence of a finding in English or Japanese."""
    sentence = SENTENCES[code]
    return (sentence.ja if language == "ja" else sentence.en).format_map(facts)
