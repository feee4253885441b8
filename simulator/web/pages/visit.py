"""One request as a page's own code sees it, and what that code may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jpki.life import Person
from jpki.validation import Language
from simulator.web.house import House
from simulator.web.pages.door import Notice, Session
from simulator.web.pages.forms import Form
from simulator.web.problems import NotThere
from simulator.world import World

__all__ = ["Answer", "Gone", "Page", "Sent", "Shown", "Visit"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, made from a template."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Gone:
    """Something was done; the browser is sent to a page that tells so, and can be loaded again."""

    to: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A file to be kept."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


Answer = Shown | Gone | Sent


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a browser that is signed in. What was typed never shows in a ``repr``."""

    house: House
    session: Session
    language: Language
    path: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    form: Form = field(repr=False)

    @property
    def world(self) -> World:
        """The world that is shown."""
        return self.house.world

    @property
    def person(self) -> Person:
        """The person in the path; ``NotThere``."""
        found = self.world.state().people.get(self.path["person"])
        if found is None:
            raise NotThere("nobody with this id is registered", hint="choose from the list")
        return found

    def say(self, en: str, ja: str) -> str:
        """Return what is said in the language of the page."""
        return ja if self.language == "ja" else en

    def tell(self, en: str, ja: str, *, good: bool = True) -> None:
        """Have something told on the next page."""
        self.session.notice = Notice(en, ja, good)


@dataclass(frozen=True, slots=True)
class Page:
    """An address under ``/pages``: who shows it, and who does what is sent there.

    ``back`` is the page a refusal leads back to, made of the path's own parts.
    """

    path: str
    show: Callable[[Visit], Answer] | None = None
    act: Callable[[Visit], Answer] | None = None
    back: str = "/"

    def error_leads_to(self, path: Mapping[str, str]) -> str:
        """Return where one goes on after a refusal."""
        return self.back.format_map(path)
