"""Writing what a command made: to a file, whole or not at all, or to the standard output."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from jpki.errors import MalformedDocument

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
        _replace(path, content, mode)
    except OSError as error:
        raise MalformedDocument(
            f"cannot be written: {error.strerror}", source=str(path), hint="check the folder"
        ) from error


def _replace(path: Path, content: bytes, mode: int | None) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask() if mode is None else mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the mask for new files; reading it takes setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
