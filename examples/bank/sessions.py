"""Who is at the bank's pages: a random cookie, and what that visitor is doing."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_MOST = 1000


@dataclass(slots=True)
class Visit:
    """One visitor. ``step`` is what the phone was asked for, ``asked`` what belongs to it."""

    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    language: str = "ja"
    device: str = ""
    customer: int | None = field(default=None, repr=False)
    request: str = ""
    step: str = ""
    asked: Any = field(default=None, repr=False)
    changed: bool = False
    consent_from: datetime | None = None
    note: str = ""
    alone: threading.Lock = field(default_factory=threading.Lock, repr=False)


class Visits:
    """The visitors of late; the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Visit] = OrderedDict()

    def begin(self, language: str = "ja") -> tuple[str, Visit]:
        """Return a new cookie and its visit."""
        cookie, visit = secrets.token_urlsafe(32), Visit(language=language)
        self._known[cookie] = visit
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return cookie, visit

    def of(self, cookie: str | None) -> Visit | None:
        """Return the visit of a cookie."""
        return None if cookie is None else self._known.get(cookie)

    def end(self, cookie: str | None) -> None:
        """Forget a visit."""
        if cookie is not None:
            self._known.pop(cookie, None)
