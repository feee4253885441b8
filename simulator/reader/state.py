"""Where the background reader and the plugged cards leave word of themselves.

A folder of one's own, ``$XDG_RUNTIME_DIR/jpki-sim`` unless another is named, readable by nobody
else: whoever can write there can play a card.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from jpki.errors import CardError, MalformedDocument
from jpki.whole_files import write_whole

__all__ = ["ReaderRecord", "StateFolder", "is_running", "start_time"]

_START_TIME: Final = 19  # field 22 of /proc/PID/stat, counted behind the name (proc(5))
_PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True)
class ReaderRecord:
    """A running background reader: its process, pcscd's, and what clients need.

    ``started`` is when the process started, by the kernel, so that a process that came to have
    the same number later is not taken for it.
    """

    pid: int
    started: int
    daemon: int
    socket: str
    readers: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what a file says, ``None`` when there is none."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            data = json.loads(text)
            return cls(
                pid=int(data["pid"]),
                started=int(data["started"]),
                daemon=int(data["daemon"]),
                socket=str(data["socket"]),
                readers=tuple(map(str, data["readers"])),
            )
        except (ValueError, KeyError, TypeError):
            raise MalformedDocument(
                "this is no record of a reader", source=str(path), hint="remove the file"
            ) from None

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all; ``NotWritten`` when that cannot be."""
        write_whole(path, json.dumps(asdict(self)).encode())

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return is_running(self.pid, self.started)


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The folder, and where things lie in it."""

    path: Path

    @classmethod
    def of(cls, chosen: Path | None) -> StateFolder:
        """Return the folder that was chosen, or the usual one, made if need be.

        Raises ``CardError`` when it belongs to somebody else or others may write to it.
        """
        folder = chosen or _usual()
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022:
            raise CardError(
                f"{folder} is not this user's alone",
                hint="give another folder with --state, or chmod 700",
            )
        return cls(folder)

    @property
    def record(self) -> Path:
        """The record of the background reader."""
        return self.path / "reader.json"

    @property
    def keeper_socket(self) -> Path:
        """Where the background reader is asked for a slot."""
        return self.path / "keeper.sock"

    @property
    def client_socket(self) -> Path:
        """Where PC/SC programs find the background reader."""
        return self.path / "pcscd.comm"

    @property
    def log(self) -> Path:
        """What the background reader says about itself."""
        return self.path / "reader.log"

    @property
    def cards(self) -> Path:
        """The folder of the plugged cards' control sockets."""
        folder = self.path / "cards"
        folder.mkdir(mode=_PRIVATE, exist_ok=True)
        return folder


def _usual() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "jpki-sim"
    return Path(tempfile.gettempdir()) / f"jpki-sim-{os.getuid()}"


def start_time(pid: int) -> int | None:
    """Return when a process started, in ticks since boot; ``None`` when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[_START_TIME])


def is_running(pid: int, started: int) -> bool:
    """Return whether the process that started then still runs under this number."""
    return start_time(pid) == started
