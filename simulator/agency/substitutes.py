"""Characters that certificates cannot carry, and what stands for them (代替文字).

The repertoire is JIS X 0208, levels 1 and 2, with JIS X 0212 (secondary sources). A character
outside it is replaced by a common form of the same character and marked; the agency's own table is
not published, so this one is a short list of well-known pairs.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from jpki.certificates.notations import MarkedText
from jpki.errors import ImpossibleFact
from jpki.life import FourItems

__all__ = ["SUBSTITUTES", "in_repertoire", "recorded_name", "with_substitutes"]

SUBSTITUTES: Final = MappingProxyType(
    {
        "\u9ad9": "高",  # the ladder form
        "\ufa11": "崎",  # with the form of 立
        "\U00020bb7": "吉",  # with 土 on top
        "\u5fb7": "徳",  # with one stroke more
        "\u6801": "柳",  # with 卯 written as 夘
        "\U0002363a": "橋",  # a form with more strokes
        "\u7028": "瀬",  # with the old right side
    }
)
"""Rare forms, and the common form that stands for each."""


# Signs of JIS X 0208 for which two Unicode characters are in use, such as the full-width hyphen.
_TWINS: Final = str.maketrans("－～∥￠￡￢―", "−〜‖¢£¬—")


def in_repertoire(character: str) -> bool:
    """Whether a certificate can carry the character as it is: JIS X 0208 or JIS X 0212."""
    try:
        character.translate(_TWINS).encode("euc_jp")  # the codec that covers exactly both sets
    except UnicodeEncodeError:
        return False
    return True


def recorded_name(items: FourItems) -> str:
    """Return the name item with a former surname or an alias behind it, in brackets.

    How either is written is not known (?): brackets in general use, as readers here expect them.
    """
    beside = [text for text in (items.former_name, items.alias) if text]
    return items.name + "".join(f"（{text}）" for text in beside)


def with_substitutes(text: str) -> MarkedText:
    """Return a text as a certificate carries it, each substitute marked.

    Raises ``ImpossibleFact`` when a character has no substitute; the character is not shown.
    """
    written = [each if in_repertoire(each) else SUBSTITUTES.get(each) for each in text]
    if None in written:
        raise ImpossibleFact(
            "a character outside the repertoire of certificates has no substitute here",
            hint="use the common form of the character",
        )
    return MarkedText(
        "".join(each or "" for each in written),
        tuple(now != then for now, then in zip(written, text, strict=True)),
    )
