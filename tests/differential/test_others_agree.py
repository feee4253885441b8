"""The same inputs through our verifier and others; every disagreement stands in a table.

A new disagreement fails, and so does a row of ``disagreements.toml`` about which there is none any
more. *Valid* is held against *accepted*; invalid and indeterminate both against *refused*.
"""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.differential.peers import PEERS
from tests.differential.questions import FAMILIES, Question

pytestmark = pytest.mark.system


@dataclass(frozen=True)
class Disagreement:
    """What a peer answers and what we do, and why both are so. ``says`` is in the peer's words."""

    family: str
    vector: str
    peer: str
    answer: str
    ours: str
    reason: str
    says: str = ""


TABLE = tomllib.loads((Path(__file__).with_name("disagreements.toml")).read_text(encoding="utf-8"))
KNOWN = {
    (row.family, row.vector, row.peer): row
    for row in (Disagreement(**each) for each in TABLE["disagreement"])
}
ASKED = {
    (family.name, question.name, peer): question
    for family in FAMILIES
    for question in family.questions()
    for peer in family.peers
}


def test_the_judges_are_here() -> None:
    assert shutil.which("openssl"), "install openssl (Debian: openssl)"


@pytest.mark.parametrize("about", ASKED, ids="-".join)
def test_another_verifier_agrees_or_the_table_says_why_not(about: tuple[str, str, str]) -> None:
    question: Question = ASKED[about]
    ours, theirs = question.ours(question), PEERS[about[2]](question)
    known = KNOWN.get(about)
    if (ours == "valid") == theirs.accepted:
        assert known is None, f"they agree now ({ours}): take the row out of the table"
        return
    assert known is not None, (
        f"{question.sentence} We say {ours}, {about[2]} {theirs.word}: {theirs.said}"
    )
    assert (known.answer, known.ours) == (theirs.word, ours)
    assert known.says in theirs.said


def test_every_row_of_the_table_is_about_a_question() -> None:
    assert len(KNOWN) == len(TABLE["disagreement"]), "the same disagreement stands twice"
    assert KNOWN.keys() <= ASKED.keys()
    assert all(row.reason for row in KNOWN.values())
