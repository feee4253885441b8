"""Every XML vector gets the answer that was written down for it, and for its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jpki.errors import MalformedSignature
from jpki.validation.claim import Severity, SignatureClaim
from jpki.validation.formats.xml import XmlRules, read_xml

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
ROWS: dict[str, dict[str, Any]] = {
    row["name"]: row
    for row in tomllib.loads((VECTORS / "xml.toml").read_text(encoding="utf-8"))["vector"]
}
Verdict = Callable[[SignatureClaim], tuple[str, str]]


def read(name: str) -> bytes:
    return (VECTORS / "xml" / f"{name}.xml").read_bytes()


def answer(name: str, verdict_on: Verdict) -> tuple[str, str, int]:
    try:
        claims = read_xml(read(name)).claims
    except MalformedSignature:
        return "invalid", "structure.malformed", 0
    answers = {(*verdict_on(claim), len(claim.parts)) for claim in claims}
    (one,) = answers
    return one


@pytest.mark.parametrize("name", ROWS)
def test_an_xml_vector_gets_its_answer_for_its_reason(name: str, verdict_on: Verdict) -> None:
    row = ROWS[name]
    expected = (row["verdict"], row["code"], row["parts"])
    assert answer(name, verdict_on) == expected, row["sentence"]


@pytest.mark.parametrize("name", ROWS)
def test_a_broken_xml_vector_has_one_problem_at_most(name: str) -> None:
    try:
        claims = read_xml(read(name)).claims
    except MalformedSignature:
        return
    assert all(len(claim.problems) <= 1 for claim in claims)


@pytest.mark.parametrize("number", range(1, 9))
def test_wrapped_content_is_never_handed_on(number: int) -> None:
    data = read(f"wrapped-{number}")
    assert b"evil" in data
    try:
        claims = read_xml(data).claims
    except MalformedSignature:
        return
    for claim in claims:
        assert all(b"evil" not in part.data for part in claim.parts)


def test_making_the_xml_vectors_again_changes_nothing(maker: Any) -> None:
    made = maker.files()
    kept = {path.name: path.read_bytes() for path in (VECTORS / "xml").iterdir()}
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_every_xml_file_is_a_vector() -> None:
    assert {path.stem for path in (VECTORS / "xml").iterdir()} == set(ROWS)


@pytest.mark.parametrize("name", ["sha-1-digest", "sha-1-signature"])
def test_sha_1_is_computed_only_when_asked_for(name: str) -> None:
    (claim,) = read_xml(read(name), rules=XmlRules(allow_sha1=True)).claims
    assert claim.problems == ()
    assert [each.found for each in claim.content] == [each.stated for each in claim.content]


def test_a_displaced_element_is_taken_when_asked_for(verdict_on: Verdict) -> None:
    (claim,) = read_xml(read("displaced"), rules=XmlRules(allow_displaced=True)).claims
    assert verdict_on(claim) == ("valid", "")


def test_what_cannot_be_decided_is_said_to_be_so() -> None:
    for name in ("manifest", "displaced"):
        (claim,) = read_xml(read(name)).claims
        assert [each.severity for each in claim.problems] == [Severity.INDETERMINATE]
