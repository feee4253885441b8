"""Control of verifiers: their credentials, stop of service (VS-10), and the audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, Field

from jpki.errors import ImpossibleFact
from jpki.law import VerifierRole
from simulator.services import EarlierCheck, Verifier
from simulator.web.control.model import Asked, Told
from simulator.web.operations import Area, Call, Operation
from simulator.web.problems import NotThere

__all__ = [
    "VERIFIERS",
    "AuditLine",
    "AuditPage",
    "AuditTold",
    "TokenTold",
    "VerifierAsked",
    "VerifierTold",
    "VerifiersTold",
]

_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_Use = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class VerifierAsked(Asked):
    """A verifier to be made: its roles, and for what it may use the answers."""

    verifier: _Name
    roles: Annotated[tuple[VerifierRole, ...], Field(min_length=1, max_length=5)]
    purposes_of_use: Annotated[tuple[_Use, ...], Field(min_length=1, max_length=20)]
    earlier_check: EarlierCheck = EarlierCheck.DECLARED


class TokenTold(Told):
    """A verifier's token, which is shown this once."""

    verifier: str
    token: str = Field(repr=False)


class VerifierTold(Told):
    """A verifier; ``stopped`` says that nothing is provided to it."""

    verifier: str
    roles: tuple[VerifierRole, ...]
    purposes_of_use: tuple[str, ...]
    earlier_check: EarlierCheck
    stopped: bool


class VerifiersTold(Told):
    """Every verifier."""

    verifiers: tuple[VerifierTold, ...]


class AuditPage(Asked):
    """Which part of the audit: up to 1,000 lines behind the number ``after``."""

    after: Annotated[int, Field(ge=0, le=10**9)] = 0


class AuditLine(Told):
    """One question of a verifier; ``subject`` is a pseudonym of the certificate."""

    number: int
    at: datetime
    verifier: str
    role: str
    purpose_of_use: str
    service: str
    subject: str
    outcome: str
    rule: str


class AuditTold(Told):
    """Lines of the audit, in order."""

    lines: tuple[AuditLine, ...]


def _told(verifier: Verifier) -> VerifierTold:
    return VerifierTold(
        verifier=verifier.name,
        roles=tuple(sorted(verifier.roles)),
        purposes_of_use=tuple(sorted(verifier.purposes)),
        earlier_check=verifier.earlier_check,
        stopped=verifier.stopped,
    )


def _list(call: Call) -> VerifiersTold:
    return VerifiersTold(verifiers=tuple(map(_told, call.house.desk.verifiers.all())))


def _register(call: Call) -> TokenTold:
    asked = call.question
    token = call.house.desk.verifiers.register(
        asked.verifier,
        roles=asked.roles,
        purposes=asked.purposes_of_use,
        earlier_check=asked.earlier_check,
    )
    return TokenTold(verifier=asked.verifier, token=token)


def _named(call: Call) -> str:
    try:
        return call.house.desk.verifiers.named(call.path["verifier"]).name
    except ImpossibleFact:
        raise NotThere("no verifier is called so") from None


def _renew(call: Call) -> TokenTold:
    name = _named(call)
    return TokenTold(verifier=name, token=call.house.desk.verifiers.renew_token(name))


def _stopping(*, stopped: bool) -> Callable[[Call], VerifierTold]:
    def act(call: Call) -> VerifierTold:
        return _told(call.house.desk.verifiers.set_stopped(_named(call), stopped=stopped))

    return act


def _audit(call: Call) -> AuditTold:
    lines = call.house.desk.audit.entries(after=call.query.after)
    return AuditTold(
        lines=tuple(
            AuditLine(**{name: getattr(line, name) for name in AuditLine.model_fields})
            for line in lines
        )
    )


def _command(
    path: str,
    name: str,
    summary: str,
    act: Callable[[Call], BaseModel],
    answer: type[BaseModel],
    *,
    question: type[BaseModel] | None = None,
    secret: bool = False,
) -> Operation:
    return Operation(
        Area.CONTROL,
        "POST",
        "/verifiers" + path,
        name,
        summary,
        act,
        answer,
        question=question,
        writes=True,
        secret=secret,
    )


VERIFIERS: Final = (
    Operation(
        Area.CONTROL,
        "GET",
        "/verifiers",
        "list_verifiers",
        "Who may ask.",
        _list,
        VerifiersTold,
    ),
    _command(
        "",
        "register_verifier",
        "Make a verifier; its token is shown once.",
        _register,
        TokenTold,
        question=VerifierAsked,
        secret=True,
    ),
    _command(
        "/{verifier}/token",
        "renew_verifier_token",
        "Give a verifier another token.",
        _renew,
        TokenTold,
        secret=True,
    ),
    _command(
        "/{verifier}/stop",
        "stop_verifier",
        "Stop provision to a verifier that breached its duties (VS-10).",
        _stopping(stopped=True),
        VerifierTold,
    ),
    _command(
        "/{verifier}/resumption",
        "resume_verifier",
        "Provide to a verifier again.",
        _stopping(stopped=False),
        VerifierTold,
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/audit",
        "audit",
        "Who asked what, in which role and for what.",
        _audit,
        AuditTold,
        query=AuditPage,
    ),
)
