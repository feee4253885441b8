"""Who may see the pages: whoever opens the link that the server printed, once.

A session lives in this process and ends with it. Nothing here is written down, and no secret is
kept that could be shown: of what a browser has to know only the digest is held.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from simulator.kiosk import Reservation

__all__ = ["Door", "KeptFile", "Notice", "Session"]

_MOST_SESSIONS: Final = 32
_MOST_LINKS: Final = 32
_MOST_FILES: Final = 8


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said on the next page, in both languages; ``good`` or a warning."""

    en: str
    ja: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that was made for a session, to be fetched or judged by it."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(slots=True)
class Session:
    """One browser that came in: its token against forged forms, and what it is still to be told.

    ``did`` are the steps of the ten minutes that leave no trace in the world, ``reservations`` what
    the holder's app shows, by person.
    """

    csrf: str = field(repr=False)
    notice: Notice | None = None
    files: OrderedDict[str, KeptFile] = field(default_factory=OrderedDict, repr=False)
    did: set[str] = field(default_factory=set)
    reservations: dict[str, Reservation] = field(default_factory=dict, repr=False)
    _latest: dict[str, str] = field(default_factory=dict, repr=False)

    def is_own(self, csrf: str) -> bool:
        """Return whether a form carries this session's token."""
        return hmac.compare_digest(_digest(csrf), _digest(self.csrf))

    def keep(self, kept: KeptFile, role: str) -> str:
        """Keep a file, and the last few before it, and return the name of its address.

        ``role`` is what it is for; :meth:`latest` finds the newest of a role.
        """
        number = secrets.token_urlsafe(9)
        self.files[number] = kept
        self._latest[role] = number
        while len(self.files) > _MOST_FILES:
            self.files.popitem(last=False)
        return number

    def latest(self, role: str) -> tuple[str, KeptFile] | None:
        """Return the newest file of a role and the name of its address, while it is kept."""
        number = self._latest.get(role, "")
        return (number, self.files[number]) if number in self.files else None

    def told(self) -> Notice | None:
        """Return what is to be said, once."""
        notice, self.notice = self.notice, None
        return notice


class Door:
    """The sessions of one server. The cookie has a name of its own, as ports share cookies."""

    def __init__(self, admin_token: str) -> None:
        self._admin = admin_token
        self._links: OrderedDict[bytes, object] = OrderedDict()
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        self._alone = threading.Lock()
        self.cookie = f"jpki_sim_{secrets.token_hex(4)}"

    def __repr__(self) -> str:
        return f"<Door, {len(self._sessions)} inside>"

    def new_key(self) -> str:
        """Return a key that lets one browser in, once."""
        key = secrets.token_urlsafe(24)
        with self._alone:
            self._links[_digest(key)] = None
            while len(self._links) > _MOST_LINKS:
                self._links.popitem(last=False)
        return key

    def enter(self, key: str) -> str | None:
        """Return a new session's cookie for a key that was not used, or for the keeper's token."""
        keeper = hmac.compare_digest(_digest(key), _digest(self._admin))
        with self._alone:
            if not keeper and self._links.pop(_digest(key), _USED) is _USED:
                return None
            value = secrets.token_urlsafe(32)
            self._sessions[_digest(value)] = Session(csrf=secrets.token_urlsafe(24))
            while len(self._sessions) > _MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return value

    def session(self, cookie: str | None) -> Session | None:
        """Return the session that a cookie is of."""
        with self._alone:
            return None if cookie is None else self._sessions.get(_digest(cookie))

    def leave(self, cookie: str | None) -> None:
        """End a session."""
        with self._alone:
            if cookie is not None:
                self._sessions.pop(_digest(cookie), None)


_USED: Final = object()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
