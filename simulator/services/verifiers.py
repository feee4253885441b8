"""The verifiers of a world and their credentials.

A token is ``name.secret`` with 256 random bits; only an HMAC of it is kept. Unlike everything else
in a world it does not follow from the seed: whoever knows the seed shall not be able to ask in a
verifier's name.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jpki.errors import ImpossibleFact, JpkiError
from jpki.law import VerifierRole
from simulator.services.records import Records, Row

__all__ = ["EarlierCheck", "NotAuthenticated", "Verifier", "Verifiers"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PURPOSE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SECRET_BYTES: Final = 32
_LONGEST_TOKEN: Final = 200


class NotAuthenticated(JpkiError):
    """The request carries no credential, or one that nobody has."""

    code = "service.not-authenticated"
    default_hint = "send the header Authorization: Bearer TOKEN"


class EarlierCheck(StrEnum):
    """How the agency knows that a verifier checked a certificate before (Act 19(4), (5)).

    A verifier may have checked with the list, of which the agency sees nothing; what it asks for in
    practice is not published. ``DECLARED`` takes the verifier's word, ``ANSWERED`` wants an answer
    *good* to the same verifier in the audit.
    """

    DECLARED = "declared"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A verifier: its roles under the Act, and for what it may use the answers."""

    name: str
    roles: frozenset[VerifierRole]
    purposes: frozenset[str]
    earlier_check: EarlierCheck = EarlierCheck.DECLARED
    stopped: bool = False


class Verifiers:
    """Who may ask. ``draw`` gives random bytes for secrets."""

    def __init__(
        self, records: Records, *, draw: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._records = records
        self._draw = draw
        self.key = records.secret("verifier tokens", lambda: draw(_SECRET_BYTES))
        """The key of the digests that are kept of tokens and commands."""
        self._nobody = self._digest("")

    def __repr__(self) -> str:
        return "<Verifiers>"

    def all(self) -> tuple[Verifier, ...]:
        """Return every verifier by name."""
        return tuple(map(_verifier, self._records.verifiers()))

    def named(self, name: str) -> Verifier:
        """Return a verifier; ``ImpossibleFact`` when nobody is called so."""
        row = self._records.verifier(name)
        if row is None:
            raise ImpossibleFact("no verifier is called so")
        return _verifier(row)

    def register(
        self,
        name: str,
        *,
        roles: Iterable[VerifierRole],
        purposes: Iterable[str],
        earlier_check: EarlierCheck = EarlierCheck.DECLARED,
    ) -> str:
        """Make a verifier and return its token, which is shown this once."""
        held, uses = frozenset(roles), frozenset(purposes)
        if _NAME.fullmatch(name) is None:
            raise ImpossibleFact("a verifier's name is 1 to 64 letters, digits, . _ and -")
        if not held or not uses or not all(map(_PURPOSE.fullmatch, uses)):
            raise ImpossibleFact(
                "a verifier has a role, and purposes of use such as account-opening"
            )
        if self._records.verifier(name) is not None:
            raise ImpossibleFact("there is a verifier of this name", hint="renew its token instead")
        token = self._token(name)
        self._records.add_verifier(
            {
                "name": name,
                "roles": " ".join(sorted(held)),
                "purposes": " ".join(sorted(uses)),
                "earlier_check": earlier_check.value,
                "token": self._digest(token),
                "stopped": False,
            }
        )
        return token

    def renew_token(self, name: str) -> str:
        """Give a verifier another token and return it; the one before opens nothing any more."""
        token = self._token(self.named(name).name)
        self._records.change_verifier(name, {"token": self._digest(token)})
        return token

    def set_stopped(self, name: str, *, stopped: bool) -> Verifier:
        """Stop providing to a verifier that breached its duties, or provide again (VS-10)."""
        self._records.change_verifier(self.named(name).name, {"stopped": stopped})
        return self.named(name)

    def authenticate(self, token: str) -> Verifier:
        """Return whose token this is; ``NotAuthenticated``.

        It takes the same time whether the name or the secret is wrong.
        """
        short = token[:_LONGEST_TOKEN]
        row = self._records.verifier(short.rpartition(".")[0])
        kept = self._nobody if row is None else bytes(row["token"])
        if not hmac.compare_digest(kept, self._digest(short)) or row is None:
            raise NotAuthenticated("the token is not that of a verifier")
        return _verifier(row)

    def _token(self, name: str) -> str:
        return f"{name}.{self._draw(_SECRET_BYTES).hex()}"

    def _digest(self, token: str) -> bytes:
        return hmac.digest(self.key, token.encode("utf-8", "surrogatepass"), "sha256")


def _verifier(row: Row) -> Verifier:
    return Verifier(
        name=row["name"],
        roles=frozenset(map(VerifierRole, row["roles"].split())),
        purposes=frozenset(row["purposes"].split()),
        earlier_check=EarlierCheck(row["earlier_check"]),
        stopped=bool(row["stopped"]),
    )
