"""The differences in writing that a comparison may overlook, each by a name that is told."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Step"]


class Step(StrEnum):
    """One kind of difference in writing."""

    WIDTH = "width"
    SPACES = "spaces"
    DASHES = "dashes"
    CASE = "case"
    SMALL_KANA = "small_kana"
    EQUIVALENT_FORM = "equivalent_form"
    VARIANT = "variant"
    KANJI_NUMERALS = "kanji_numerals"
    NUMBERING = "numbering"
    SECTION = "section"
    KYOTO_SPELLING = "kyoto_spelling"
    KYOTO_STREETS = "kyoto_streets"
    BRACKETS = "brackets"

    @property
    def label_ja(self) -> str:
        """What was overlooked, in Japanese."""
        return _LABELS[self][0]

    @property
    def label_en(self) -> str:
        """What was overlooked, in English."""
        return _LABELS[self][1]


_LABELS = {
    Step.WIDTH: ("全角・半角", "full or half width"),
    Step.SPACES: ("空白", "spaces"),
    Step.DASHES: ("ハイフン・長音の字形", "kinds of hyphen and dash"),
    Step.CASE: ("大文字・小文字", "letter case"),
    Step.SMALL_KANA: ("ヶ・ケ、ヵ・カ", "small ヶ and ヵ"),
    Step.EQUIVALENT_FORM: ("互換漢字・異体字選択子", "forms that Unicode holds equivalent"),
    Step.VARIANT: ("異体字（指定の表）", "variant characters of the given table"),
    Step.KANJI_NUMERALS: ("漢数字", "kanji numerals in lot numbers"),
    Step.NUMBERING: ("丁目・番地・番・号の表記", "how lot numbers are written"),
    Step.SECTION: ("大字・字の有無", "the words 大字 and 字"),
    Step.KYOTO_SPELLING: ("上る・下る・入るの表記", "spelling of Kyoto directions"),
    Step.KYOTO_STREETS: ("京都の通り名の有無", "Kyoto street names left out"),
    Step.BRACKETS: ("括弧書き（旧氏・通称）", "what stands in brackets"),
}
