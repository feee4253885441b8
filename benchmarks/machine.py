"""What the figures were measured on: a class of machine, never a name of one."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

__all__ = ["describe"]


def describe() -> dict[str, str | int]:
    """Return processor, number of cores, system and Python; no host name, user or path."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "compiled_with": platform.python_compiler(),
        "optimized": sys.flags.optimize,
    }


def _cores() -> int:
    return os.cpu_count() or 1


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
