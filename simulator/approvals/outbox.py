"""Callbacks on their way: what became of a request, told to the app that asked, at least once.

A message is written in the transaction that settles the request and stays until it was taken, or
was offered ``MOST_ATTEMPTS`` times. It says what became of which request; the result itself is
fetched with the app's token. Its id is the request's, since a request is settled once: an app that
gets a message twice has seen the id.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Final

from simulator.approvals.model import ApprovalRequest
from simulator.approvals.records import Row, Tables

__all__ = ["MOST_ATTEMPTS", "Message", "Outbox", "callback_signature"]

MOST_ATTEMPTS: Final = 8
"""Offers of one message, over about a minute."""


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One message: where it goes, its bytes, and the value of its signature header."""

    number: int
    id: str
    url: str
    body: bytes
    signature: str
    attempts: int

    def __repr__(self) -> str:
        return f"<Message {self.number}, offered {self.attempts} times>"


class Outbox:
    """The messages of one world."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __repr__(self) -> str:
        return "<Outbox>"

    def put(self, request: ApprovalRequest) -> None:
        """Keep what became of a request for its app."""
        told = {
            "id": request.id,
            "kind": request.kind.value,
            "status": request.status.value,
            "settled_at": None if request.settled_at is None else request.settled_at.isoformat(),
            "simulated": True,
        }
        body = json.dumps(told, sort_keys=True, separators=(",", ":"))
        self._tables.add_callback({"app": request.app, "body": body})

    def waiting(self) -> tuple[Message, ...]:
        """Return what has not been taken yet, oldest first."""
        rows = self._tables.callbacks("waiting")
        apps = {row["name"]: row for row in self._tables.apps()} if rows else {}
        return tuple(_message(row, apps[row["app"]]) for row in rows)

    def given_up(self) -> tuple[int, ...]:
        """Return the numbers of the messages that nobody took."""
        return tuple(row["number"] for row in self._tables.callbacks("given-up"))

    def taken(self, number: int) -> None:
        """Note that a message was taken."""
        self._tables.change_callback(number, {"state": "taken"})

    def missed(self, message: Message) -> None:
        """Note that a message was offered in vain; after the last offer it is given up."""
        attempts = message.attempts + 1
        state = "given-up" if attempts >= MOST_ATTEMPTS else "waiting"
        self._tables.change_callback(message.number, {"attempts": attempts, "state": state})


def callback_signature(secret: bytes, body: bytes) -> str:
    """Return the value of the header ``Jpki-Signature`` for a body: HMAC-SHA-256 (RFC 2104)."""
    return "v1=" + hmac.digest(secret, body, "sha256").hex()


def _message(row: Row, app: Row) -> Message:
    body = row["body"].encode()
    return Message(
        number=row["number"],
        id=json.loads(row["body"])["id"],
        url=app["callback_url"],
        body=body,
        signature=callback_signature(bytes(app["callback_secret"]), body),
        attempts=row["attempts"],
    )
