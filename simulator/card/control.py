"""The control socket of a plugged card: one verb in, one JSON object out, for this user alone.

A Unix socket that only its owner may open. A request is a line with a verb; the answer is a line
with ``ok`` and either what the card reports or the code and message of an error.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from jpki.errors import CardError, CardInUse, JpkiError, NoCard

__all__ = ["ControlSocket", "ask"]

_LONGEST: Final = 4096
_PATIENCE: Final = 20.0
_POLL: Final = 0.1
_OWNER_ONLY: Final = 0o177
_LONGEST_PATH: Final = 107  # sun_path with its terminator

Verb = Callable[[], Mapping[str, object]]


class ControlSocket:
    """Answers verbs on a socket until it is closed; a context manager."""

    def __init__(self, path: Path, verbs: Mapping[str, Verb]) -> None:
        self._path = path
        self._verbs = verbs
        self._stop = threading.Event()
        self._listening = _listen(path)
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._listening.settimeout(_POLL)
        while not self._stop.is_set():
            try:
                asking, _ = self._listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with asking, suppress(OSError):
                asking.settimeout(_PATIENCE)
                asking.sendall(self._answer(asking.recv(_LONGEST)))

    def _answer(self, request: bytes) -> bytes:
        verb = self._verbs.get(request.decode("ascii", errors="replace").strip())
        if verb is None:
            return _line({"ok": False, "message": "no such verb"})
        try:
            return _line({"ok": True, **verb()})
        except JpkiError as error:
            return _line({"ok": False, "code": error.code, "message": error.message})

    def close(self) -> None:
        """Stop answering and remove the socket. Doing it twice is harmless."""
        self._stop.set()
        self._listening.close()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _line(answer: Mapping[str, object]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode() + b"\n"


def _listen(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise CardError(f"the path {path} is too long for a socket", hint="choose another --state")
    if path.exists():
        with suppress(NoCard):
            ask(path, "status")
            raise CardInUse(f"a card is plugged in as {path.stem} already", hint="choose a --name")
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(_OWNER_ONLY)
    try:
        listening.bind(str(path))
        listening.listen()
    except OSError as error:
        listening.close()
        raise CardError(f"the control socket cannot be made: {error.strerror}", hint="") from error
    finally:
        os.umask(before)
    return listening


def ask(path: Path, verb: str) -> dict[str, object]:
    """Send a verb to a plugged card and return its answer.

    Raises ``NoCard`` when nobody answers there, and ``CardError`` with the card's own message.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(_PATIENCE)
        try:
            asking.connect(str(path))
            asking.sendall(f"{verb}\n".encode("ascii"))
            answer = json.loads(_all_of(asking))
        except (OSError, ValueError) as error:
            raise NoCard(
                f"no card is plugged in as {path.stem}", hint="jpki-sim card list"
            ) from error
    if not isinstance(answer, dict) or not answer.pop("ok", False):
        raise CardError(str(answer.get("message", "no answer")), hint="")
    return answer


def _all_of(asking: socket.socket) -> bytes:
    found = b""
    while piece := asking.recv(_LONGEST):
        found += piece
    return found
