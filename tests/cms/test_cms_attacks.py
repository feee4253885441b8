"""Signatures that try to fool a verifier each get the answer written down for them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from jpki.certificates import parse_authority
from jpki.cms import integrity
from jpki.errors import (
    BadSignature,
    DigestMismatch,
    Indeterminate,
    MalformedSignature,
    VerificationError,
)
from jpki.revocation import parse_revocation_list
from jpki.validation import DocumentReport, Evidence
from jpki.validation.claim import Problem, Severity
from jpki.validation.formats.cms import read_cms
from jpki.validation.formats.raw import read_raw
from jpki.validation.words import SENTENCES, say
from jpki.verify import explain_document, verify_document
from tests.cms.keys_and_stamps import MAKER
from tests.vectors.make_cms_attack_vectors import FOLDER, HERE, AttackMaker

# After the signing, while the list is fresh, in which nobody is.
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)
EVIDENCE = Evidence(
    roots=(parse_authority((HERE / "cms/root.cer").read_bytes()),),
    revocation_lists=(parse_revocation_list((HERE / "cms/empty.crl").read_bytes()),),
)
STEPS = ("structure", "signer", "content", "signature", "time")


@dataclass(frozen=True)
class Vector:
    """One file and the answer it must get."""

    name: str
    sentence: str
    verdict: str
    says: str = ""
    code: str = ""
    content: str = "content.txt"
    decides: tuple[str, ...] = ()

    @property
    def decisions(self) -> tuple[str, ...]:
        """What decides about each signer, to a verifier with the right root and list."""
        if self.verdict == "malformed":
            return ("structure.malformed",)
        return self.decides or (self.code or "revocation.good",)


VECTORS = {
    row["name"]: Vector(**{**row, "decides": tuple(row.get("decides", ()))})
    for row in tomllib.loads((HERE / "cms_attacks.toml").read_text(encoding="utf-8"))["vector"]
}


def read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def problems(vector: Vector, data: bytes) -> list[Problem]:
    content = read(vector.content) if vector.content else None
    found = [one for claim in read_cms(data, content=content).claims for one in claim.problems]
    return sorted(found, key=lambda one: STEPS.index(one.step))


def wrong(vector: Vector, data: bytes) -> str:
    """Return what is wrong with a readable signature when its claim has no problem; or ``""``."""
    content = read(vector.content) if vector.content else None
    try:
        integrity(data, content=content)
    except DigestMismatch:
        return "content.differs"
    except BadSignature:
        return "signature.differs"
    except Indeterminate:
        return "signer.absent"
    except VerificationError as error:
        return "signer.ambiguous" if "answer to" in error.message else "signer.other-certificate"
    return ""


@pytest.mark.parametrize("name", VECTORS)
def test_an_attack_gets_the_answer_written_down_for_it(name: str) -> None:
    vector = VECTORS[name]
    data = read(f"{name}.p7s")
    if vector.verdict == "malformed":
        with pytest.raises(MalformedSignature, match=vector.says):
            read_cms(data, content=read("content.txt"))
        return
    found = problems(vector, data)
    assert (found[0].code if found else wrong(vector, data)) == vector.code, vector.sentence
    assert all(one.severity is Severity.INVALID for one in found)
    assert (vector.code == "") is (vector.verdict == "valid")


def judged(vector: Vector) -> DocumentReport:
    content = read(vector.content) if vector.content else None
    data = read(f"{vector.name}.p7s")
    return explain_document(data, content=content, evidence=EVIDENCE, at=AT)


@pytest.mark.parametrize("name", VECTORS)
def test_an_attack_comes_to_its_verdict_for_its_reason_by_the_steps(name: str) -> None:
    vector = VECTORS[name]
    report = judged(vector)
    assert report.verdict == ("valid" if vector.verdict == "valid" else "invalid"), vector.sentence
    decided = tuple(one.deciding_step.code for one in report.signatures)
    assert decided == vector.decisions, vector.sentence


@pytest.mark.parametrize("name", VECTORS)
def test_the_verifier_that_raises_lets_no_attack_through(name: str) -> None:
    vector = VECTORS[name]
    content = read(vector.content) if vector.content else None
    data = read(f"{name}.p7s")
    if vector.verdict == "valid":
        report = verify_document(data, content=content, evidence=EVIDENCE, at=AT)
        assert report == judged(vector)
        return
    with pytest.raises(VerificationError) as caught:
        verify_document(data, content=content, evidence=EVIDENCE, at=AT)
    assert not isinstance(caught.value, Indeterminate)


@pytest.mark.parametrize("name", VECTORS)
def test_integrity_says_no_to_every_attack_and_yes_to_what_is_right(name: str) -> None:
    vector = VECTORS[name]
    content = read(vector.content) if vector.content else None
    data = read(f"{name}.p7s")
    if vector.verdict == "valid":
        assert integrity(data, content=content)
        return
    with pytest.raises((MalformedSignature, VerificationError)):
        integrity(data, content=content)


def test_every_problem_has_a_sentence_in_both_languages() -> None:
    for vector in VECTORS.values():
        if vector.verdict == "invalid":
            assert vector.code in SENTENCES
            for problem in problems(vector, read(f"{vector.name}.p7s")):
                assert say(problem.code, problem.facts, "ja") != ""


def test_making_the_attacks_again_changes_nothing() -> None:
    made = AttackMaker().files()
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_every_file_has_an_answer() -> None:
    there = {path.stem for path in FOLDER.glob("*.p7s")}
    assert there == set(VECTORS)
    assert len(there) >= 60


def test_the_cube_root_would_fool_a_verifier_that_reads_the_block_from_the_front() -> None:
    """Otherwise the vector would prove nothing: its cube does begin with padding and digest."""
    maker = MAKER
    digest = bytes(range(32))
    n = maker.key.public_key().public_numbers().n
    value = int.from_bytes(maker.cube_root_forgery(digest), "big")
    block = (value**3 % n).to_bytes(256, "big")
    assert block.startswith(b"\0\1" + b"\xff" * 8 + b"\0" + maker.digest_info(digest))


def test_the_dropped_attributes_would_fool_a_verifier_that_does_not_look() -> None:
    """The value over the attributes does match them as content, bare."""
    certificate, value = read("card.cer"), read("raw-attributes.sig")
    claim = read_raw(value, certificate=certificate, content=read("attributes.der")).claims[0]
    assert [one.code for one in claim.problems] == ["content.reads-as-attributes"]
    alone = read_raw(value, certificate=certificate, digest=claim.signed_digest).claims[0]
    assert alone.problems == ()
