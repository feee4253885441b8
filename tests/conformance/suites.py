"""The third-party suites, which lie beside the repository and are not copied into it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

SUITES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "conformance"


class Suite:
    """One suite: its instant, its cases and its files."""

    def __init__(self, name: str) -> None:
        self._folder = SUITES / name
        if not self._folder.is_dir():
            pytest.skip(f"the conformance suite {name} (shared/data/conformance) is absent")
        manifest = json.loads((self._folder / "manifest.json").read_text(encoding="utf-8"))
        self.at = datetime.fromisoformat(manifest["time"])
        self.cases: list[dict[str, str]] = manifest["cases"]

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def of_tier(self, tier: str) -> list[dict[str, str]]:
        return [case for case in self.cases if case["tier"] == tier]
