"""A bounded session with one target: seeds laid out, a process of its own, finds and crashes kept.

Each target runs in its own process, so that a crash, a hang or a leak ends that process and
nothing else.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.target import CRASHES, Target, kept_inputs

__all__ = ["Limits", "Outcome", "run"]

ROOT = Path(__file__).resolve().parents[2]
_TABLE = "tests.fuzz.targets"
# The corpus is part of the repository: finds are kept small, and few enough for about 1 MB in all.
_LARGEST_FIND = 2048
_CORPUS_SIZE = 48 * 1024
_STARTING = 120
"""Seconds beyond its own for a process to start, read its seeds and be measured."""


@dataclass(frozen=True)
class Limits:
    """How long, and what a target may take for one input before that is a crash itself."""

    seconds: int
    seed: int = 1
    megabytes: int = 1024
    seconds_an_input: int = 10


@dataclass(frozen=True)
class Outcome:
    """How a session ended. ``crashes`` are the inputs that ended it, already kept."""

    name: str
    status: int
    told: str
    crashes: tuple[Path, ...]
    kept: int = 0

    @property
    def survived(self) -> bool:
        """Whether the target survived everything it was given."""
        return self.status == 0

    @property
    def summary(self) -> str:
        """libFuzzer's last word."""
        lines = [line for line in self.told.splitlines() if line.startswith(("Done", "SUMMARY"))]
        return lines[-1] if lines else "no summary"

    @property
    def reason(self) -> str:
        """What ended it: the traceback, or libFuzzer's words about time or memory."""
        _, found, after = self.told.partition("=== Uncaught Python exception: ===")
        return after.partition("\n==")[0].strip() if found else self.told[-3000:]


def run(
    target: Target,
    limits: Limits,
    *,
    table: str = _TABLE,
    crashes: Path = CRASHES,
    keep_in: Path | None = None,
) -> Outcome:
    """Fuzz a target within limits.

    Inputs that crash it are written under ``crashes``; with ``keep_in`` (``CORPUS``), what was
    found beyond seeds and corpus is kept there too.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        found, known, ending = folder / "found", folder / "known", folder / "ending"
        for one in (found, known, ending):
            one.mkdir()
        for data in (*target.seeds(), *(path.read_bytes() for path in kept_inputs(target.name))):
            _keep(data, known)
        options = (
            f"-max_total_time={limits.seconds}",
            f"-seed={limits.seed}",
            f"-rss_limit_mb={limits.megabytes}",
            f"-timeout={limits.seconds_an_input}",
            f"-max_len={target.longest}",
            f"-artifact_prefix={ending}/",
            "-print_final_stats=0",
        )
        done = _libfuzzer(table, target.name, *options, str(found), str(known), limits=limits)
        ended_by = tuple(_keep(path.read_bytes(), crashes / target.name) for path in _in(ending))
        kept = 0
        if keep_in is not None and done.returncode == 0:
            kept = _keep_finds(found, known, table, target, limits, keep_in / target.name)
        told = done.stdout + done.stderr
        return Outcome(target.name, done.returncode, told, ended_by, kept)


def _libfuzzer(
    table: str, name: str, *options: str, limits: Limits
) -> subprocess.CompletedProcess[str]:
    # By way of timeout(1): a process inherits its starter's peak of memory, which here is that of
    # every test before, and libFuzzer would take it for the target's.
    seconds = limits.seconds + limits.seconds_an_input + _STARTING
    starter = ("timeout", "--kill-after=5", str(seconds))
    return subprocess.run(
        [*starter, sys.executable, "-m", "tests.fuzz.guided", table, name, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + _STARTING,
        check=False,
    )


def _keep_finds(
    found: Path, known: Path, table: str, target: Target, limits: Limits, corpus: Path
) -> int:
    """Keep the fewest finds that reach what nothing known reaches, the smallest first."""
    before = {path.name for path in _in(known)}
    _libfuzzer(table, target.name, "-merge=1", str(known), str(found), limits=limits)
    room = _CORPUS_SIZE - sum(path.stat().st_size for path in _in(corpus))
    kept = 0
    for path in sorted(_in(known), key=lambda one: one.stat().st_size):
        size = path.stat().st_size
        if path.name in before or size > min(_LARGEST_FIND, room):
            continue
        corpus.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, corpus / path.name)
        room, kept = room - size, kept + 1
    return kept


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _keep(data: bytes, folder: Path) -> Path:
    """Write the bytes into a folder under the name of their digest."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:20]
    path.write_bytes(data)
    return path
