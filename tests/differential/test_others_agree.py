"""The same inputs through our verifier and others; every disagreement stands in a table.

A new disagreement fails, and so does a row of ``disagreements/`` about which there is none any
more. *Valid* and *good* are held against *accepted*, *revoked* and *held* against *revoked*, and
whatever else we say against *refused*.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.differential.answers import same
from tests.differential.peers import PEERS
from tests.differential.questions import FAMILIES, Family, Row

pytestmark = pytest.mark.system

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Disagreement:
    """What a peer answers and what we do, and why both are so. ``says`` is in the peer's words."""

    peer: str
    vectors: tuple[str, ...]
    answer: str
    ours: str
    reason: str
    says: str = ""


def _table() -> Iterator[tuple[Key, Disagreement]]:
    for path in sorted(Path(__file__).with_name("disagreements").glob("*.toml")):
        for each in tomllib.loads(path.read_text(encoding="utf-8"))["disagreement"]:
            row = Disagreement(**each)
            for vector in row.vectors:
                yield (path.stem, vector, row.peer), row


TABLE = tuple(_table())
KNOWN = dict(TABLE)
ASKED: dict[Key, tuple[Family, Row]] = {
    (family.family, row[family.name], peer): (family, row)
    for family in FAMILIES
    for row in family.rows()
    for peer in family.peers
}


def test_the_judges_are_here() -> None:
    for program, package in (("openssl", "openssl"), ("pdfsig", "poppler-utils")):
        assert shutil.which(program), f"install {program} (Debian: {package})"


@pytest.mark.parametrize("about", ASKED, ids="-".join)
def test_another_verifier_agrees_or_the_table_says_why_not(about: Key) -> None:
    family, row = ASKED[about]
    question = family.question(row)
    ours, theirs = question.ours(question), PEERS[about[2]](question)
    known = KNOWN.get(about)
    if same(ours, theirs):
        assert known is None, f"they agree now ({ours}): take it out of the table"
        return
    assert known is not None, (
        f"{row[family.sentence]} We say {ours}, {about[2]} {theirs.word}: {theirs.said}"
    )
    assert (known.answer, known.ours) == (theirs.word, ours)
    assert known.says in theirs.said


def test_every_row_of_the_table_is_about_a_question() -> None:
    assert len(KNOWN) == len(TABLE), "the same disagreement stands twice"
    assert KNOWN.keys() <= ASKED.keys()
    assert all(row.reason for row in KNOWN.values())


# What we take although every other refuses it, each for the standard that its reasons name.
ALONE = {
    ("cms_attacks", "segments-deepest"),
    ("timestamps", "superseded"),
    ("timestamps", "unspecified"),
    ("timestamps", "just-after"),
}


def test_we_are_alone_in_accepting_only_what_is_written_down() -> None:
    asked = {about[:2] for about in ASKED}
    refused = {about for about, row in KNOWN.items() if row.ours in ("valid", "good")}
    alone = {
        (family, vector)
        for family, vector in asked
        if all(about in refused for about in ASKED if about[:2] == (family, vector))
    }
    assert alone == ALONE
