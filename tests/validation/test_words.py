"""Both languages of a finding say the same: the same facts stand in both sentences."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from jpki.validation.steps import STEPS
from jpki.validation.words import SENTENCES, STEP_NAMES_JA, say

PACKAGE = Path(__file__).resolve().parents[2] / "jpki" / "validation"
DEVIATIONS = PACKAGE.parent / "cms" / "deviations.py"
# What one language says by name, the other may say by its own name for the same.
FAMILIES = sorted({code.partition(".")[0] for code in SENTENCES} - {"not-run"})
ABOVE = (PACKAGE.parent / "verify.py", PACKAGE.parent / "authenticate.py", DEVIATIONS)
TRANSLATED = {"kind_ja": "kind", "reason_ja": "reason"}


def facts_in(sentence: str) -> set[str]:
    names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    return {TRANSLATED.get(name, name) for name in names}


@pytest.mark.parametrize("code", SENTENCES)
def test_both_languages_name_the_same_facts(code: str) -> None:
    assert facts_in(SENTENCES[code].en) == facts_in(SENTENCES[code].ja)


def test_every_code_that_the_checks_use_has_a_sentence_and_every_sentence_is_used() -> None:
    used = set()
    for path in (*PACKAGE.rglob("*.py"), *ABOVE):
        if path.name == "words.py":
            continue
        source = path.read_text(encoding="utf-8")
        used |= set(re.findall(rf'"((?:{"|".join(FAMILIES)})\.[a-z-]+)"', source))
        used |= {f"revocation.{code}" for code in re.findall(r'problem\(\s*"([a-z-]+)"', source)}
    assert used | {"not-run"} == set(SENTENCES)


def test_a_sentence_is_made_from_its_facts() -> None:
    assert say("structure.signers", {"count": "2"}, "en") == "2 signers; exactly one is expected"
    assert say("structure.signers", {"count": "2"}, "ja") == "署名者が2名です（1名であるべきです）"


def test_every_step_has_a_japanese_name() -> None:
    assert [step.name for step in STEPS] == list(STEP_NAMES_JA)
