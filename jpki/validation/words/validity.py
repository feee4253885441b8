"""What step 7, validity, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
    "validity.inside": Sentence(
        "valid from {not_before} to {not_after}", "有効期間は{not_before}から{not_after}です"
    ),
    "validity.not-yet": Sentence(
        "not valid before {not_before}; asked about {at}",
        "有効期間の開始は{not_before}で、{at}はその前です",
    ),
    "validity.expired": Sentence(
        "expired at {not_after}; asked about {at}",
        "{not_after}に有効期間が満了しています（判定時点{at}）",
    ),
    "validity.expired-no-proof": Sentence(
        "expired at {not_after}, and nothing proves that it was signed before (judged at {at})",
        "{not_after}に有効期間が満了しており、その前に署名された証明がありません（判定時点{at}）",
    ),
}
