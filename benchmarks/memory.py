"""The most memory that a program takes, in a process of its own, as Linux counts it."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

__all__ = ["most_memory"]

_TELL: Final = """
from pathlib import Path as _Path
# Not ru_maxrss, which a process inherits from who started it.
print(_Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def most_memory(program: str, *arguments: str) -> int:
    """Run a program in Python with arguments; return its most resident memory in bytes.

    The interpreter and pages of mapped files count, processes that it starts do not.
    """
    command = [sys.executable, "-c", program + _TELL, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return int(done.stdout.split()[-1]) * 1024
