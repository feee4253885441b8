"""Writing what a command made: to a file, whole or not at all, or to the standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from jpki.errors import MalformedDocument, NotWritten
from jpki.whole_files import write_whole

__all__ = ["refuse_existing", "write_bytes"]


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise ``MalformedDocument`` when a file is in the way and may not be replaced."""
    if path.exists() and not force:
        raise MalformedDocument(
            "the file exists already", source=str(path), hint="choose another name, or --force"
        )


def write_bytes(
    content: bytes, path: Path | None, *, force: bool = False, mode: int | None = None
) -> None:
    """Write to a file, or to the standard output when there is none.

    The file appears under its name only when it is complete, so a program that watches for it
    never reads half of it. ``mode`` is its permissions; without one they are those of any new file.
    """
    if path is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    refuse_existing(path, force=force)
    try:
        write_whole(path, content, mode=mode)
    except NotWritten as error:
        raise MalformedDocument(
            f"cannot be written: {error.reason}", source=str(path), hint="check the folder"
        ) from error
