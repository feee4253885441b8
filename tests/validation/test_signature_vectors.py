"""Every signature vector gets the verdict that was written down for it, and for its reason."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from jpki.certificates import parse_authority
from jpki.errors import Indeterminate, VerificationError
from jpki.revocation import parse_revocation_list
from jpki.validation import STEPS, Outcome, Verdict, VerificationReport
from jpki.verify import explain, verify

NAMES = {step.number: step.name for step in STEPS}
VECTORS_FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def _load_maker() -> ModuleType:
    name = "make_cms_vectors"
    spec = importlib.util.spec_from_file_location(name, VECTORS_FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Vector:
    """One question and the answer it must get. Files are named by what is in them."""

    name: str
    sentence: str
    signature: str
    verdict: str
    step: str
    code: str
    content: str = "content.txt"
    roots: tuple[str, ...] = ("root.cer",)
    lists: tuple[str, ...] = ("empty.crl",)
    at: datetime = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)


VECTORS = {
    row["name"]: Vector(**row)
    for row in tomllib.loads((VECTORS_FOLDER / "cms.toml").read_text(encoding="utf-8"))["vector"]
}


def read(name: str) -> bytes:
    return (VECTORS_FOLDER / "cms" / name).read_bytes()


def asked(name: str) -> dict[str, object]:
    vector = VECTORS[name]
    return {
        "content": read(vector.content) if vector.content else None,
        "roots": [parse_authority(read(root)) for root in vector.roots],
        "revocation_lists": [parse_revocation_list(read(each)) for each in vector.lists],
        "at": vector.at,
    }


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_gets_its_verdict_for_its_reason(name: str) -> None:
    vector = VECTORS[name]
    report: VerificationReport = explain(read(vector.signature), **asked(name))
    decided = report.deciding_step
    assert (report.verdict, decided.name, decided.code) == (
        vector.verdict,
        vector.step,
        vector.code,
    ), vector.sentence


@pytest.mark.parametrize("name", VECTORS)
def test_verify_raises_exactly_when_explain_does_not_say_valid(name: str) -> None:
    vector = VECTORS[name]
    if vector.verdict == Verdict.VALID:
        assert verify(read(vector.signature), **asked(name)).verdict is Verdict.VALID
        return
    with pytest.raises(VerificationError) as caught:
        verify(read(vector.signature), **asked(name))
    for private in ("花子", "模擬町"):
        assert private not in str(caught.value) + repr(caught.value)
    assert NAMES[caught.value.step] == vector.step
    assert isinstance(caught.value, Indeterminate) == (vector.verdict == Verdict.INDETERMINATE)


@pytest.mark.parametrize("name", VECTORS)
def test_a_broken_vector_is_broken_in_one_way_only(name: str) -> None:
    vector = VECTORS[name]
    report = explain(read(vector.signature), **asked(name))
    wrong = [s for s in report.steps if s.outcome in (Outcome.FAILED, Outcome.UNKNOWN)]
    if vector.verdict == Verdict.VALID:
        assert wrong == []
        return
    # The authentication key fails as a key and as a kind; outside its validity a certificate has
    # no current list either. Everything else fails once.
    beyond = {
        "authentication-key": {"policy"},
        "too-early": {"revocation"},
        "too-late": {"revocation"},
    }.get(name, set())
    assert {step.name for step in wrong} - beyond == {vector.step}


def test_making_the_vectors_again_changes_nothing() -> None:
    made = _load_maker().Maker().files()
    kept = {path.name: path.read_bytes() for path in (VECTORS_FOLDER / "cms").iterdir()}
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_every_file_is_used_by_a_vector() -> None:
    used = {"content.txt", "other.txt"}
    for vector in VECTORS.values():
        used |= {vector.signature, *vector.roots, *vector.lists}
    assert {path.name for path in (VECTORS_FOLDER / "cms").iterdir()} == used
