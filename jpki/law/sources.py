"""From a key such as ``act:12(1)(i)`` to the words lawyers use: 公的個人認証法第12条第1項第1号."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jpki.errors import MalformedRule
from jpki.law.model import SourceRow

__all__ = ["Citation", "cite"]

_PROVISION = re.compile(
    r"(?P<article>\d+)(?P<branches>(?:-\d+)*)(?:\((?P<paragraph>\d+)\))?(?:\((?P<item>[ivxl]+)\))?"
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


@dataclass(frozen=True, slots=True)
class Citation:
    """One basis, resolved: its key and the same in Japanese and English."""

    key: str
    text_ja: str
    text_en: str


def cite(key: str, sources: dict[str, SourceRow]) -> Citation:
    """Return the citation for ``key``; :class:`MalformedRule` when it does not resolve.

    ``act:16-14(1)(iv)`` is Article 16-14, paragraph 1, item 4 (第16条の14第1項第4号).
    """
    name, _, provision = key.partition(":")
    source = sources.get(name)
    if source is None:
        raise MalformedRule(f"sources.toml has no source {name!r} (basis {key!r})")
    if not provision:
        return Citation(key, source.cite_ja, source.cite_en)
    if not source.provisions:
        return Citation(key, f"{source.cite_ja}（{provision}）", f"{source.cite_en} ({provision})")
    match = _PROVISION.fullmatch(provision)
    if match is None:
        raise MalformedRule(f"basis {key!r} names no article, paragraph or item")
    return Citation(
        key, source.cite_ja + _provision_ja(match), f"{source.cite_en} art. {provision}"
    )


def _provision_ja(match: re.Match[str]) -> str:
    text = f"第{match['article']}条"
    text += "".join(f"の{branch}" for branch in match["branches"].split("-") if branch)
    if match["paragraph"]:
        text += f"第{match['paragraph']}項"
    if match["item"]:
        text += f"第{_arabic(match['item'])}号"
    return text


def _arabic(roman: str) -> int:
    values = [_ROMAN[letter] for letter in roman]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))
