"""OCSP servers asked by wrk: many questions at once, for a bounded time, on loopback only.

A client in Python takes longer than the answer, so it would be what is measured.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

__all__ = ["wrk_case_work", "wrk_program"]

_SECONDS: Final = 1
_PATIENCE_SECONDS: Final = 30
_CONNECTIONS: Final = 32
_REQUESTS: Final = re.compile(r"^\s*(\d+) requests in ", re.MULTILINE)
_OTHERS: Final = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_SCRIPT: Final = """\
local bodies = { %s }
local headers = { ["Content-Type"] = "application/ocsp-request" }
local asked = 0
request = function()
  asked = asked + 1
  return wrk.format("POST", "/ocsp", headers, bodies[asked %% #bodies + 1])
end
"""


def wrk_program(room: str) -> str | None:
    """Return where wrk is, or say that it is missing."""
    program = shutil.which("wrk")
    if program is None:
        sys.stderr.write(f"left out: {room}: over HTTP: wrk is not installed\n")
    return program


def wrk_case_work(
    program: str, script: Path, port: int, questions: Sequence[bytes]
) -> Callable[[], int]:
    """Return work that asks a server for a second and returns how many answers came.

    The script is written to ``script``. Any answer but 200 is an ``AssertionError``.
    """
    bodies = ", ".join(f'"{_lua(question)}"' for question in questions)
    script.write_text(_SCRIPT % bodies, encoding="ascii")
    command = (
        *(program, "--threads", "1", "--connections", str(_CONNECTIONS)),
        *("--duration", f"{_SECONDS}s", "--script", str(script), f"http://127.0.0.1:{port}"),
    )

    def work() -> int:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True
        )
        found, others = _REQUESTS.search(done.stdout), _OTHERS.search(done.stdout)
        if found is None or found[1] == "0" or others is not None:
            raise AssertionError(f"wrk was not answered: {done.stdout[-300:]}")
        return int(found[1])

    return work


def _lua(content: bytes) -> str:
    return "".join(f"\\{each:03d}" for each in content)
