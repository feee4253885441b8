"""Carries callbacks to apps on this machine, at least once, and lets requests expire.

What is offered in vain is offered again after twice the time, up to ``MOST_ATTEMPTS`` times; it is
kept in the world, so a server that starts again goes on. Nothing is followed, read or waited for
beyond a few seconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final, TypeVar

import httpx

from jpki.errors import JpkiError
from simulator.approvals.outbox import Message
from simulator.web.house import House

__all__ = ["Courier"]

_T = TypeVar("_T")
_LOG: Final = logging.getLogger("jpki.simulator.web")
_STEP_SECONDS: Final = 0.5
# Between two rounds when there is nothing to carry: requests may expire with the world's clock.
_IDLE_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 5.0
_STOPPING_SECONDS: Final = 2 * _PATIENCE_SECONDS


class Courier:
    """A thread of a running server; ``start`` and ``stop`` it."""

    def __init__(self, house: House, *, step: float = _STEP_SECONDS) -> None:
        self._house = house
        self._step = step
        self._rests: dict[int, int] = {}
        self._thread = threading.Thread(target=self._run, name="jpki-sim callbacks", daemon=True)

    def __repr__(self) -> str:
        return "<Courier>"

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def stop(self) -> None:
        """Carry nothing more; return when what is under way is over."""
        self._house.closing.set()
        self._house.stirred.set()
        if self._thread.ident is not None:
            self._thread.join(_STOPPING_SECONDS)

    def _run(self) -> None:
        rested = True
        with httpx.Client(
            timeout=_PATIENCE_SECONDS, trust_env=False, follow_redirects=False
        ) as client:
            while not self._house.closing.is_set():
                left = False
                try:
                    left = self._round(client, rested=rested)
                except JpkiError as error:
                    # The world is busy or away; it is asked again.
                    _LOG.warning("callbacks: %s", error.code)
                stirred = self._house.stirred
                rested = not stirred.wait(self._step if left else _IDLE_SECONDS)
                stirred.clear()

    def _round(self, client: httpx.Client, *, rested: bool) -> bool:
        """Offer what is due; return whether anything is left to carry.

        ``rested``: whether a whole step has passed, and not only a command of somebody's.
        """
        approvals = self._house.approvals
        if self._seen(approvals.due):
            self._house.attend(approvals.expire_due)
        waiting = self._seen(approvals.outbox.waiting)
        self._rests = {
            each.number: max(0, self._rests.get(each.number, 0) - rested) for each in waiting
        }
        for message in waiting:
            if self._house.closing.is_set():
                break
            if not self._rests[message.number]:
                self._offer(client, message)
        return bool(waiting)

    def _offer(self, client: httpx.Client, message: Message) -> None:
        outbox = self._house.approvals.outbox
        if _taken(client, message):
            self._house.attend(lambda: outbox.taken(message.number))
        else:
            self._house.attend(lambda: outbox.missed(message))
            self._rests[message.number] = 1 << message.attempts

    def _seen(self, ask: Callable[[], _T]) -> _T:
        told: list[_T] = []
        self._house.look(lambda: told.append(ask()))
        return told[0]


def _taken(client: httpx.Client, message: Message) -> bool:
    headers = {
        "content-type": "application/json",
        "idempotency-key": message.id,
        "jpki-signature": message.signature,
        "jpki-simulated": "true",
    }
    try:
        with client.stream("POST", message.url, content=message.body, headers=headers) as answer:
            return answer.is_success
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError):
        return False
