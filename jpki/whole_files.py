"""Files that appear whole or not at all: written under another name, settled, and moved.

Whoever watches for a file never reads half of it, and what stood under its name stays until all of
the new one is on the disk. A process that is killed leaves at most a hidden file ending in
``.part``; :func:`remove_leftovers` throws that away.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Final

from jpki.errors import NotWritten

__all__ = ["naming_failures", "remove_leftovers", "whole_file", "write_whole"]

_PARTIAL: Final = ".part"
# Some file systems settle no folders and say so; only these mean that something is lost.
_LOSSES: Final = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT})


@contextmanager
def whole_file(
    path: Path, *, mode: int | None = None, within: Path | None = None, durable: bool = True
) -> Iterator[BinaryIO]:
    """Open a file that takes the name ``path`` when the block ends well, and is gone otherwise.

    ``mode`` is its permissions; without one they are those of any new file. Until it is whole it
    lies in ``within``, a folder of the same file system, or beside ``path``. ``durable`` waits
    until the disk has it, which only what can be fetched again may do without. ``NotWritten``
    when the system refuses, whatever of the block it is that failed.
    """
    aside = (within or path.parent) / f".{path.name}.{token_hex(4)}{_PARTIAL}"

    def opened(name: str, flags: int) -> int:
        return os.open(name, flags, 0o666 if mode is None else 0o600)

    with naming_failures(path):
        # Closed by hand: what closing says must not hide what happened in the block.
        file = open(aside, "xb", opener=opened)  # noqa: SIM115
        try:
            # Held until the file has its name, so that nobody takes it for a leftover.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            if durable:
                os.fsync(file.fileno())
            aside.replace(path)
            file.close()
        except BaseException:
            # Closing writes what is left, which fails on a full disk once more.
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                aside.unlink()
            raise
        if durable:
            _settle(path.parent)


def write_whole(
    path: Path, content: bytes, *, mode: int | None = None, durable: bool = True
) -> None:
    """Write a file as :func:`whole_file` does."""
    with whole_file(path, mode=mode, durable=durable) as file:
        file.write(content)


def remove_leftovers(path: Path) -> None:
    """Remove unfinished files of this name that nobody writes any more."""
    for left in path.parent.glob(f".{escape(path.name)}.*{_PARTIAL}"):
        with suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


@contextmanager
def naming_failures(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of the block into ``NotWritten``, which names the path."""
    try:
        yield
    except OSError as error:
        raise NotWritten(str(path), error.strerror or str(error)) from error


def _settle(folder: Path) -> None:
    """Make the renaming durable, too."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # a folder one may write to and not read
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _LOSSES:
            raise
    finally:
        os.close(descriptor)
