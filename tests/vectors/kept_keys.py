"""The vectors' keys, kept between runs: they are a function of the seed and slow to make."""

from __future__ import annotations

from pathlib import Path

from simulator.keys import KeyDirectory, SeededKeys

VECTOR_KEYS = SeededKeys(
    "vectors", cache=KeyDirectory(Path(__file__).resolve().parents[2] / "build" / "test-keys")
)
