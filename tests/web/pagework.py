"""A browser without a screen: it signs in, reads pages, and sends their forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import httpx
from lxml import html

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from simulator import municipality
from simulator.keys import KeyPool
from simulator.people import invent_person
from simulator.tokens import TokenPins
from simulator.web import RunningServer
from simulator.world import World

PERSON = "P000001"
BEGINS = at_time(date(2026, 8, 3), time(10, 0))
CARD_PASSWORD, CARD_PIN = "ABC123", "1234"
PHONE_PASSWORD, PHONE_PIN = "PHONE1", "9876"
POOL = KeyPool()

Fields = Mapping[str, str | list[str]]


def card_pins() -> TokenPins:
    return TokenPins(SignaturePassword(CARD_PASSWORD), UserPin(CARD_PIN))


def world_with_card(
    at: datetime = BEGINS, *, born: date = date(1990, 9, 15), **policies: Any
) -> World:
    world = World.create(None, seed="pages", at=at, keys=POOL, policies=policies)
    municipality.register(world, invent_person("pages", 1, birth_date=born))
    municipality.hand_over_card(world, PERSON, pins=card_pins())
    return world


@dataclass(slots=True)
class Window:
    """A window that is signed in. ``page`` is what it shows, ``status`` how it was answered."""

    client: httpx.Client
    server: RunningServer
    world: World
    page: Any = field(default=None, repr=False)
    status: int = 0

    def get(self, path: str) -> Any:
        """Load a page."""
        return self._shown(self.client.get(f"/pages{path}"))

    def csrf(self) -> str:
        """Return the token that the pages of this session put into their forms."""
        if not self.page.xpath("//input[@name='csrf']"):
            self.get("/people")
        return str(self.page.xpath("//input[@name='csrf']/@value")[0])

    def send(self, path: str, fields: Fields | None = None, files: Any = None) -> Any:
        """Send a form and follow to the page it leads to."""
        data = {"csrf": self.csrf(), **(fields or {})}
        return self._shown(self.client.post(f"/pages{path}", data=data, files=files))

    def text(self, path: str = "//main") -> str:
        """Return what stands on the page, in one line."""
        return " ".join(self.page.xpath(path)[0].text_content().split())

    def certificates(self) -> dict[str, dict[str, str]]:
        """Return the newest certificate of each kind on the person's page."""
        found: dict[str, dict[str, str]] = {}
        for row in self.page.xpath("//tr[@data-kind]"):
            about = {name: row.get(f"data-{name}") for name in _ABOUT}
            found.setdefault(row.get("data-kind"), about)
        return found

    def tries(self) -> dict[str, int]:
        """Return the counters that the page shows."""
        return {
            e.get("data-pin"): int(e.get("data-tries")) for e in self.page.xpath("//*[@data-pin]")
        }

    def _shown(self, response: httpx.Response) -> Any:
        self.status = response.status_code
        self.page = html.fromstring(response.text)
        return self.page


_ABOUT = ("state", "serial", "expires", "reason")


@contextmanager
def window(world: World, language: str = "en") -> Iterator[Window]:
    """Serve a world and come in."""
    with RunningServer(world) as server, new_client(server, language) as client:
        made = Window(client, server, world)
        made.page = html.fromstring(client.get(server.sign_in_link()).text)
        yield made


def new_client(server: RunningServer, language: str = "en") -> httpx.Client:
    return httpx.Client(
        base_url=server.url,
        follow_redirects=True,
        timeout=60,
        headers={"accept-language": language},
    )
