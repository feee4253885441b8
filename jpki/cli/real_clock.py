"""The real clock, for the commands that have to know what time it is."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["real_now"]


def real_now() -> datetime:
    """Return the present instant; the command line is the rim that may read it."""
    return datetime.now(UTC)  # noqa: TID251  see the line above
