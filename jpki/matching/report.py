"""What a comparison answers: per item, never with the values that were compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jpki.matching.steps import Step

__all__ = ["Answer", "Item", "ItemMatch", "MatchReport", "Outcome", "Why"]


class Item(StrEnum):
    """The four basic attributes (基本4情報), by the names they have in data."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    ADDRESS = "address"

    @property
    def label_ja(self) -> str:
        """氏名, 生年月日, 性別 or 住所."""
        return {"name": "氏名", "birth_date": "生年月日", "sex": "性別", "address": "住所"}[
            self.value
        ]


class Answer(StrEnum):
    """How an item compares."""

    SAME = "same"
    SAME_AFTER_NORMALISATION = "same_after_normalisation"
    SUBSTITUTE = "substitute"
    DIFFERENT = "different"
    NOT_COMPARED = "not_compared"


class Why(StrEnum):
    """Why an item was not compared."""

    LEFT_OUT = "left_out"
    NOT_IN_RECORD = "not_in_record"
    UNKNOWN_CODE = "unknown_code"
    INCOMPLETE_DATE = "incomplete_date"
    MARKS_NOT_ALIGNED = "marks_not_aligned"
    LIVES_ABROAD = "lives_abroad"

    @property
    def text_ja(self) -> str:
        """The reason in Japanese."""
        return _WHY[self][0]

    @property
    def text_en(self) -> str:
        """The reason in English."""
        return _WHY[self][1]


_WHY = {
    Why.LEFT_OUT: ("比較の対象外", "left out of the comparison"),
    Why.NOT_IN_RECORD: ("記録に項目がない", "the record does not say"),
    Why.UNKNOWN_CODE: ("証明書の性別が不明の符号", "the certificate's code says unknown"),
    Why.INCOMPLETE_DATE: (
        "証明書の生年月日が暦日でない",
        "the certificate's date is no whole date",
    ),
    Why.MARKS_NOT_ALIGNED: (
        "代替文字の印と文字の数が合わない",
        "substitute marks and characters do not align",
    ),
    Why.LIVES_ABROAD: ("国外転出者で住所の記載がない", "the holder lives abroad: no address"),
}


class Outcome(StrEnum):
    """What the items say together."""

    SAME = "same"
    UNDECIDED = "undecided"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class ItemMatch:
    """The answer for one item.

    ``overlooked`` lists what was normalised on the way to *same after normalisation* or to
    *substitute*; ``positions`` the 0-based characters of the certificate's item that are marked as
    substitutes; ``why`` the reason for *not compared*. The values themselves are not kept.
    """

    item: Item
    answer: Answer
    overlooked: tuple[Step, ...] = ()
    positions: tuple[int, ...] = ()
    why: Why | None = None


_AGREES = frozenset({Answer.SAME, Answer.SAME_AFTER_NORMALISATION})


@dataclass(frozen=True, slots=True)
class MatchReport:
    """The answers for all four items, in the order of the law."""

    items: tuple[ItemMatch, ...]

    def of(self, item: Item) -> ItemMatch:
        """Return the answer for an item."""
        return next(one for one in self.items if one.item is item)

    @property
    def outcome(self) -> Outcome:
        """*Different* when one item differs; *same* when all that were asked for agree.

        A substitute character, or an item that could not be compared, decides nothing.
        """
        if any(one.answer is Answer.DIFFERENT for one in self.items):
            return Outcome.DIFFERENT
        asked = [one for one in self.items if one.why is not Why.LEFT_OUT]
        agrees = all(one.answer in _AGREES for one in asked)
        return Outcome.SAME if agrees else Outcome.UNDECIDED

    def as_data(self) -> dict[str, object]:
        """Return the report as plain data, without a value that was compared."""
        return {
            "outcome": self.outcome.value,
            "items": {one.item.value: _item_data(one) for one in self.items},
        }


def _item_data(one: ItemMatch) -> dict[str, object]:
    data: dict[str, object] = {"answer": one.answer.value}
    if one.overlooked:
        data["overlooked"] = [step.value for step in one.overlooked]
    if one.positions:
        data["positions"] = list(one.positions)
    if one.why is not None:
        data["why"] = one.why.value
    return data
