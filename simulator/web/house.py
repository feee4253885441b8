"""One world behind the server: one request at a time is inside, and what it did is durable.

A command is one transaction of the world's store; it is answered after the commit. With an
idempotency key the answer is kept in the same transaction, so a command that is sent again because
its answer was lost is not done again.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel

from jpki.errors import ImpossibleFact, JpkiError, WorldUnavailable
from simulator.approvals import App, ApprovalDesk
from simulator.services import NotAuthenticated, ServiceDesk, Verifier
from simulator.web.operations import Area, Binary, Call, Operation
from simulator.world import World

__all__ = ["Caller", "Done", "House"]

_JSON: Final = "application/json"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the keeper of the world, a verifier, or an app."""

    area: Area
    verifier: Verifier | None = None
    app: App | None = None

    @property
    def name(self) -> str:
        """A name for logs and for idempotency keys."""
        if self.verifier is not None:
            return f"verifier {self.verifier.name}"
        return self.area.value if self.app is None else f"app {self.app.name}"


@dataclass(frozen=True, slots=True)
class Done:
    """What is answered. The body never shows in a ``repr``, nor is it logged."""

    body: bytes
    media_type: str = _JSON
    again: bool = False
    settled: bool = True

    def __repr__(self) -> str:
        return f"<Done, {len(self.body)} bytes>"


class House:
    """A world, its services desk and the credential of its keeper."""

    def __init__(self, world: World, *, admin_token: str) -> None:
        self.world = world
        self.desk = ServiceDesk(world)
        self.approvals = ApprovalDesk(world)
        self.stirred = threading.Event()
        """Set after every command: whoever waits for something may look again."""
        self.closing = threading.Event()
        """Set when the server stops: nobody waits any more."""
        self._admin = admin_token.encode()
        self._alone = threading.Lock()

    def __repr__(self) -> str:
        return "<House>"

    def authenticate(self, area: Area, token: str) -> Caller:
        """Return who has this token; ``NotAuthenticated``, which is noted for the services."""
        with self._alone:
            if area is Area.SERVICES:
                try:
                    return Caller(area, self.desk.verifiers.authenticate(token))
                except NotAuthenticated:
                    self.desk.note_stranger(area.value)
                    raise
            if area is Area.PHONE:
                return Caller(area, app=self.approvals.apps.authenticate(token))
        if not hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._admin):
            raise NotAuthenticated("the token is not that of this server's keeper")
        return Caller(area)

    def perform(
        self,
        operation: Operation,
        call: Call,
        caller: Caller,
        *,
        key: str | None,
        command: bytes,
    ) -> Done:
        """Do what is asked and return the answer; a command is durable by then.

        ``command`` is the request's bytes: a key that was used for others is refused.
        """
        with self._alone:
            if not operation.writes:
                self.world.look()
                return _done(operation.act(call), operation)
            try:
                if not operation.atomic:
                    return self._performed_by_itself(operation, call, caller, key, command)
                return self._performed(operation, call, caller, key, command)
            finally:
                self.stirred.set()

    def _performed(
        self, operation: Operation, call: Call, caller: Caller, key: str | None, command: bytes
    ) -> Done:
        refusal: JpkiError | None = None
        done = Done(b"")
        with self.world.transaction():
            if key is not None:
                before = self._before(f"{caller.name}/{key}", command)
                if before is not None:
                    return before
            try:
                done = _done(operation.act(call), operation)
            except operation.keeps as error:
                if isinstance(error, WorldUnavailable):
                    raise
                refusal = error
            if refusal is None and key is not None:
                self._keep(operation, f"{caller.name}/{key}", command, done)
        if refusal is not None:
            raise refusal
        return done

    def _performed_by_itself(
        self, operation: Operation, call: Call, caller: Caller, key: str | None, command: bytes
    ) -> Done:
        """Let an operation bring its own transactions; its answer is kept in another."""
        if key is not None:
            before = self._before(f"{caller.name}/{key}", command)
            if before is not None:
                return before
        done = _done(operation.act(call), operation)
        if key is not None:
            with self.world.transaction():
                self._keep(operation, f"{caller.name}/{key}", command, done)
        return done

    def attend(self, then: Callable[[], object]) -> None:
        """Do something for the world that nobody asked for, in one transaction."""
        with self._alone, self.world.transaction():
            then()

    def look(self, then: Callable[[], object]) -> None:
        """Read what others have written, let a running clock catch up, and see it with ``then``."""
        with self._alone:
            self.world.look()
            then()

    def visit(self, work: Callable[[], _T]) -> _T:
        """Return what a page's work gives; nobody else is inside meanwhile.

        The actors that a page calls make their own transactions, as they do for any caller.
        """
        with self._alone:
            self.world.look()
            return work()

    def tick(self) -> None:
        """Let a running clock catch up and record what is due."""
        with self._alone:
            self.world.tick()

    def _before(self, key: str, command: bytes) -> Done | None:
        row = self.desk.records.done(key)
        if row is None:
            return None
        if not hmac.compare_digest(bytes(row["command"]), self._digest(command)):
            raise ImpossibleFact(
                "the idempotency key was used for another command", hint="give a new key"
            )
        if row["answer"] is None:
            raise ImpossibleFact(
                "the command was done before, and its answer is shown once",
                hint="renew the token",
            )
        return Done(bytes(row["answer"]), row["media_type"], again=True)

    def _keep(self, operation: Operation, key: str, command: bytes, done: Done) -> None:
        self.desk.records.add_done(
            {
                "key": key,
                "command": self._digest(command),
                "media_type": done.media_type,
                "answer": None if operation.secret else done.body,
            }
        )

    def _digest(self, command: bytes) -> bytes:
        # Keyed, because a command may hold a PIN, of which there are few.
        return hmac.digest(self.desk.verifiers.key, command, "sha256")


def _done(answer: BaseModel | Binary, operation: Operation) -> Done:
    if isinstance(answer, Binary):
        return Done(answer.content, answer.media_type)
    content = answer.model_dump(mode="json")
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Done(body, settled=operation.settled is None or operation.settled(answer))
