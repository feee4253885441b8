"""Who does what in a simulated world: every act asks the law's table of actors before anything.

A function that plays an actor says so in one line,
``@performs(Actor.KIOSK, Act.FINISH_PIN_RESET)``. The line makes the table decide
(``jpki.law.require_act``) and leaves the function in ``PERFORMED``, so that a test can walk the
table and find who plays what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from jpki.errors import JpkiError
from jpki.law import Act, ActingCase, Actor, Rulebook, require_act

__all__ = ["PERFORMED", "Acting", "FirmActing", "performs", "performs_as", "require_case"]

P = ParamSpec("P")
R = TypeVar("R")


class Acting(Protocol):
    """Something with a law and a clock: a world, or who acts in one."""

    @property
    def book(self) -> Rulebook:
        """The tables and policies that hold here."""

    @property
    def now(self) -> datetime:
        """The present instant."""


class FirmActing(Acting, Protocol):
    """Somebody whose roles are not fixed by what is called."""

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What it is under the Act."""


A = TypeVar("A", bound=Acting)
F = TypeVar("F", bound=FirmActing)

PERFORMED: dict[tuple[Actor, Act], list[Callable[..., Any]]] = {}
"""Which functions play which act of which actor; filled as the actors' modules are imported."""


def performs(
    actor: Actor, *acts: Act
) -> Callable[[Callable[Concatenate[A, P], R]], Callable[Concatenate[A, P], R]]:
    """Let the table decide whether the actor may do this, before the function is entered.

    The function then raises ``NotPermitted`` or ``Refused``, as ``require_act`` does. With several
    acts, each has to be permitted.
    """

    def decorate(function: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
        @wraps(function)
        def asked(world: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
            for act in acts:
                require_act(world.book, actor, act, at=world.now)
            return function(world, *args, **kwargs)

        for act in acts:
            PERFORMED.setdefault((actor, act), []).append(asked)
        return asked

    return decorate


def performs_as(
    act: Act, *actors: Actor
) -> Callable[[Callable[Concatenate[F, P], R]], Callable[Concatenate[F, P], R]]:
    """Let the table decide whether one of the caller's roles may do this.

    ``actors`` are those who may be found doing it. The last refusal is raised when none may.
    """

    def decorate(function: Callable[Concatenate[F, P], R]) -> Callable[Concatenate[F, P], R]:
        @wraps(function)
        def asked(firm: F, /, *args: P.args, **kwargs: P.kwargs) -> R:
            _require_one(firm, act)
            return function(firm, *args, **kwargs)

        for actor in actors:
            PERFORMED.setdefault((actor, act), []).append(asked)
        return asked

    return decorate


def require_case(acting: Acting, actor: Actor, act: Act, cases: Collection[ActingCase]) -> None:
    """Refuse an act in a case that is none of those to which the actor is limited."""
    require_act(acting.book, actor, act, at=acting.now, cases=cases)


def _require_one(firm: FirmActing, act: Act) -> None:
    refusal: JpkiError | None = None
    for actor in firm.actors:
        try:
            require_act(firm.book, actor, act, at=firm.now)
        except JpkiError as error:
            refusal = error
        else:
            return
    if refusal is not None:
        raise refusal
    # Who is nobody under the Act has the standing of the holder.
    require_act(firm.book, Actor.CITIZEN, act, at=firm.now)
