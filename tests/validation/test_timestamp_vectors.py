"""Every timestamp vector gets the verdict that was written down for it, and for its reason."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from jpki.validation.claim import ProofKind, TimeProof
from jpki.validation.paths import PathOutcome
from jpki.validation.timestamps import TimestampVerdict, TimeTrust, judge_timestamp
from jpki.validation.words import say
from tests.vectors.make_timestamp_vectors import FOLDER, make
from tests.vectors.timestamp_drafts import CONTENT, MD5, SHA1_OID, SHA256_OID, SHA512_OID

ROWS = tomllib.loads((FOLDER / "manifest.toml").read_text(encoding="utf-8"))["vector"]
IMPRINTS = {
    SHA256_OID: hashlib.sha256(CONTENT).digest(),
    SHA512_OID: hashlib.sha512(CONTENT).digest(),
    SHA1_OID: hashlib.sha1(CONTENT).digest(),  # noqa: S324  refused for the algorithm alone
    MD5: hashlib.md5(CONTENT).digest(),  # noqa: S324  likewise
}
Row = Mapping[str, Any]
every_row = pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in ROWS])


def read(names: str) -> tuple[bytes, ...]:
    return tuple((FOLDER / name).read_bytes() for name in names.split())


def judged(row: Row, token: bytes | None = None) -> TimestampVerdict:
    data = (FOLDER / row["token"]).read_bytes() if token is None else token
    trust = TimeTrust(roots=read(row["root"]), pool=read(row["pool"]), crls=read(row["crls"]))
    return judge_timestamp(
        TimeProof(ProofKind.SIGNATURE, data, IMPRINTS), trust=trust, at=row["at"]
    )


@every_row
def test_a_timestamp_gets_its_verdict_for_its_reason(row: Row) -> None:
    verdict = judged(row)
    assert (verdict.outcome, verdict.code) == (row["outcome"], row["code"]), row["says"]
    assert (verdict.proven_at is not None) == (row["outcome"] == "valid")


@every_row
def test_every_verdict_can_be_said_in_both_languages(row: Row) -> None:
    verdict = judged(row)
    english, japanese = (say(verdict.code, verdict.facts, language) for language in ("en", "ja"))
    assert english
    assert japanese
    assert english != japanese


def test_making_the_vectors_again_changes_nothing() -> None:
    made = make()
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_every_file_is_used_by_a_row() -> None:
    used = {"manifest.toml"}
    for row in ROWS:
        used |= {row["token"], row["root"], *row["crls"].split(), *row["pool"].split()}
    assert {path.name for path in FOLDER.iterdir()} == used


GOOD = next(row for row in ROWS if row["name"] == "good")
WHOLE = (FOLDER / "good.tst").read_bytes()


@pytest.mark.parametrize("step", range(16))
def test_a_token_with_one_byte_changed_never_proves_anything(step: int) -> None:
    """Every byte once, each in its own way; the slices share the work."""
    for place in range(step, len(WHOLE), 16):
        changed = bytearray(WHOLE)
        changed[place] ^= 1 << place % 8
        verdict = judged(GOOD, bytes(changed))
        assert verdict.outcome is not PathOutcome.VALID, place
        assert verdict.proven_at is None
