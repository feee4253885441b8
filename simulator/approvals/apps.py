"""The apps that may ask phones of a world, and their credentials.

A token is ``name.secret`` with 256 random bits, of which only an HMAC is kept; the secret that
signs callbacks has to be kept itself. Neither follows from the seed.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from jpki.errors import ImpossibleFact, MalformedDocument
from simulator.approvals.model import RequestKind
from simulator.approvals.records import Row, Tables
from simulator.services import NotAuthenticated

__all__ = ["MAY_ASK", "App", "AppRole", "Apps", "Registered", "loopback_url"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SECRET_BYTES: Final = 32
_LONGEST_TOKEN: Final = 200
_LONGEST_URL: Final = 500
_PATH: Final = re.compile(r"[A-Za-z0-9/._~-]*")


class AppRole(StrEnum):
    """Whose app it is; that decides what it may ask (``MAY_ASK``)."""

    HOLDER_APP = "holder_app"
    """The app of the state with which a holder enrols a phone."""
    SIGNATURE_APP = "signature_app"
    """An app of a verifier of signatures (Act 17)."""
    LOGIN_APP = "login_app"
    """An app of a verifier of user authentications (Act 36)."""


MAY_ASK: Final[Mapping[AppRole, frozenset[RequestKind]]] = MappingProxyType(
    {
        AppRole.HOLDER_APP: frozenset({RequestKind.ENROLMENT}),
        AppRole.SIGNATURE_APP: frozenset({RequestKind.SIGNATURE, RequestKind.ITEMS}),
        AppRole.LOGIN_APP: frozenset({RequestKind.AUTHENTICATION}),
    }
)
"""What each role may ask; an app may have several."""


@dataclass(frozen=True, slots=True)
class App:
    """An app: its roles, the verifier it acts for, and where it wants to be called back.

    ``verifier`` and ``callback_url`` are empty where there is none.
    """

    name: str
    roles: frozenset[AppRole]
    verifier: str = ""
    callback_url: str = ""

    def may_ask(self, kind: RequestKind) -> bool:
        """Tell whether one of its roles lets it ask for this."""
        return any(kind in MAY_ASK[role] for role in self.roles)


@dataclass(frozen=True, slots=True, repr=False)
class Registered:
    """The credentials of an app, shown once: its token, and the key of its callbacks in hex."""

    token: str
    callback_secret: str

    def __repr__(self) -> str:
        return "<Registered>"


class Apps:
    """Who may ask. ``key`` is that of the digests; ``draw`` gives random bytes for secrets."""

    def __init__(
        self, tables: Tables, *, key: bytes, draw: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._tables = tables
        self._draw = draw
        self._key = key
        self._nobody = self._digest("")

    def __repr__(self) -> str:
        return "<Apps>"

    def all(self) -> tuple[App, ...]:
        """Return every app by name."""
        return tuple(map(_app, self._tables.apps()))

    def named(self, name: str) -> App:
        """Return an app; ``ImpossibleFact`` when none is called so."""
        row = self._tables.app(name)
        if row is None:
            raise ImpossibleFact("no app is called so")
        return _app(row)

    def register(
        self,
        name: str,
        *,
        roles: Iterable[AppRole],
        verifier: str = "",
        callback_url: str = "",
    ) -> Registered:
        """Make an app and return its credentials, which are shown this once.

        ``MalformedDocument`` for a callback address that is not on this machine.
        """
        held = frozenset(roles)
        if _NAME.fullmatch(name) is None or (verifier and _NAME.fullmatch(verifier) is None):
            raise ImpossibleFact("a name is 1 to 64 letters, digits, . _ and -")
        if not held:
            raise ImpossibleFact("an app has a role")
        if self._tables.app(name) is not None:
            raise ImpossibleFact("there is an app of this name", hint="renew its token instead")
        made = self._credentials(name)
        self._tables.add_app(
            {
                "name": name,
                "roles": " ".join(sorted(held)),
                "verifier": verifier,
                "callback_url": loopback_url(callback_url) if callback_url else "",
                **self._kept(made),
            }
        )
        return made

    def renew(self, name: str) -> Registered:
        """Give an app other credentials; those before open and sign nothing any more."""
        made = self._credentials(self.named(name).name)
        self._tables.change_app(name, self._kept(made))
        return made

    def authenticate(self, token: str) -> App:
        """Return whose token this is; ``NotAuthenticated``.

        It takes the same time whether the name or the secret is wrong.
        """
        short = token[:_LONGEST_TOKEN]
        row = self._tables.app(short.rpartition(".")[0])
        kept = self._nobody if row is None else bytes(row["token"])
        if not hmac.compare_digest(kept, self._digest(short)) or row is None:
            raise NotAuthenticated("the token is not that of an app")
        return _app(row)

    def _credentials(self, name: str) -> Registered:
        return Registered(
            f"{name}.{self._draw(_SECRET_BYTES).hex()}", self._draw(_SECRET_BYTES).hex()
        )

    def _kept(self, made: Registered) -> dict[str, bytes]:
        return {
            "token": self._digest(made.token),
            "callback_secret": bytes.fromhex(made.callback_secret),
        }

    def _digest(self, token: str) -> bytes:
        return hmac.digest(self._key, b"app\x00" + token.encode("utf-8", "surrogatepass"), "sha256")


def loopback_url(url: str) -> str:
    """Return an address on this machine; ``MalformedDocument`` for every other.

    The host is a literal address or ``localhost``, which becomes 127.0.0.1: a name could lead
    elsewhere by the time it is asked.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        numeric = "127.0.0.1" if host == "localhost" else host
        loopback = ipaddress.ip_address(numeric).is_loopback and len(url) <= _LONGEST_URL
    except ValueError:
        loopback, numeric, port, parts = False, "", None, urlsplit("")
    plain = parts.username is None and parts.password is None
    bare = not parts.query and not parts.fragment and _PATH.fullmatch(parts.path) is not None
    if not (loopback and parts.scheme == "http" and port and plain and bare):
        raise MalformedDocument(
            "not an address of this machine such as http://127.0.0.1:8080/called",
            source="callback_url",
            hint="callbacks go to http on a loopback address with a port, and a plain path",
        )
    shown = f"[{numeric}]" if ":" in numeric else numeric
    return f"http://{shown}:{port}{parts.path or '/'}"


def _app(row: Row) -> App:
    return App(
        name=row["name"],
        roles=frozenset(map(AppRole, row["roles"].split())),
        verifier=row["verifier"],
        callback_url=row["callback_url"],
    )
