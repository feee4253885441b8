"""The path suites beside the repository, asked through the public function."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jpki.validation.paths import PathQuestion, RevocationCheck

# Beside the repository, because the files are not ours to give away.
SUITES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "conformance"


@dataclass(frozen=True)
class Case:
    """One row of a manifest."""

    folder: Path
    at: datetime
    row: Mapping[str, Any]

    def read(self, names: Iterable[str]) -> tuple[bytes, ...]:
        return tuple((self.folder / name).read_bytes() for name in names)

    def question(self) -> PathQuestion:
        policies = self.row["policies"]
        return PathQuestion(
            leaf=(self.folder / self.row["leaf"]).read_bytes(),
            roots=self.read(self.row["roots"]),
            pool=self.read(self.row["pool"]),
            crls=self.read(self.row.get("crls", ())),
            at=self.at,
            revocation=RevocationCheck(self.row.get("revocation", "none")),
            initial_policy_set=frozenset(policies["initial_policy_set"]),
            explicit_policy=policies["explicit_policy"],
            inhibit_mapping=policies["inhibit_mapping"],
            inhibit_any=policies["inhibit_any"],
        )


def cases_of(suite: str) -> list[Any]:
    """Return the suite's cases as parameters; one that skips when the suite is absent."""
    manifest = SUITES / suite / "manifest.json"
    if not manifest.is_file():
        absent = pytest.mark.skip(reason=f"the suite {suite} (shared/data/conformance) is absent")
        return [pytest.param(None, id="absent", marks=absent)]
    told = json.loads(manifest.read_text(encoding="utf-8"))
    at = datetime.fromisoformat(told["time"])
    return [
        pytest.param(Case(manifest.parent, at, row), id=row["id"], marks=())
        for row in told["cases"]
    ]
