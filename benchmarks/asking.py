"""OCSP servers asked over a connection each, some of them open at a time, on loopback only.

``openssl ocsp`` keeps no connection, and spins for ever once somebody has connected and gone
without a question, as wrk does to see whether a server is there. So it is asked by this, and
whatever stands beside it, too.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Final

__all__ = ["connection_each"]

_OPEN: Final = 4
"""So many questions wait, so that the server has one whenever it is done with another."""
_ASKED: Final = 200
_PATIENCE_SECONDS: Final = 20.0
_HEAD: Final = (
    b"POST /ocsp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    b"Content-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n"
)


def connection_each(port: int, questions: Sequence[bytes]) -> Callable[[], int]:
    """Return work that asks some questions and returns how many; 200 is the only answer to it."""
    whole = cycle([_HEAD % len(question) + question for question in questions])

    def work() -> int:
        waiting: deque[socket.socket] = deque()
        try:
            for asked in range(_ASKED):
                waiting.append(_opened(port, next(whole)))
                if asked >= _OPEN:
                    _answered(waiting.popleft())
            while waiting:
                _answered(waiting.popleft())
        finally:
            for each in waiting:
                each.close()
        return _ASKED

    return work


def _opened(port: int, request: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
    opened.sendall(request)
    return opened


def _answered(opened: socket.socket) -> None:
    with opened:
        answer = opened.recv(65_536)
        while part := opened.recv(65_536):
            answer += part
    if b" 200 " not in answer[:16]:
        raise AssertionError(f"not answered: {answer[:40]!r}")
