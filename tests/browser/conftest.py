"""Debian's Chromium, a served world with one person, and pictures of what was seen.

The screenshots are left in ``build/screenshots``: somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from jpki.card.pin import SignaturePassword, UserPin
from jpki.jst import at_time
from jpki.life.events import ConsentItem, Platform
from simulator import municipality, phone
from simulator.approvals import AppRole
from simulator.keys import KeyPool
from simulator.people import invent_person
from simulator.phone_client import HolderClient, PhoneClient
from simulator.tokens import TokenPins, applet
from simulator.web import RunningServer
from simulator.world import World

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
BEGINS = at_time(date(2026, 8, 3), time(10, 0))
PERSON = "P000001"
POOL = KeyPool()


def enrol_form(page: Page, platform: str) -> None:
    """Fill in the form that enrols a phone, in English, and send it."""
    form = page.locator("section", has=page.locator("#enrol"))
    form.get_by_label(platform, exact=True).check()
    form.get_by_label("The card’s signature password").fill("ABC123")
    form.get_by_label("New: the phone’s signature password").fill("PHONE1")
    form.get_by_label("New: the phone’s PIN").fill("9876")
    form.get_by_role("button", name="Enrol").click()


@dataclass(slots=True)
class Visitor:
    """A browser window that is signed in to a served world."""

    page: Page
    server: RunningServer
    world: World

    def open(self, path: str) -> None:
        """Open a page by its address."""
        self.page.goto(f"{self.server.url}/pages{path}")

    def picture(self, name: str) -> None:
        """Leave a picture of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def press(self, name: str, *, within: str = "main") -> None:
        """Press the button of this name."""
        self.page.locator(within).get_by_role("button", name=name, exact=True).click()

    def states(self) -> dict[str, str]:
        """Return the newest certificate of each kind on a person's page, and its state."""
        rows = self.page.locator("tr[data-kind]").all()
        found: dict[str, str] = {}
        for row in rows:
            kind, state = row.get_attribute("data-kind"), row.get_attribute("data-state")
            found.setdefault(str(kind), str(state))
        return found


def new_world(at: datetime = BEGINS) -> World:
    world = World.create(None, seed="browser", at=at, keys=POOL)
    person = municipality.register(world, invent_person("browser", 1, birth_date=date(1990, 9, 15)))
    assert person == PERSON
    pins = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
    municipality.hand_over_card(world, person, pins=pins)
    return world


# Not for the whole session: Playwright's event loop runs in this thread as long as it is open, and
# who calls asyncio.run in another test of the same process would be refused.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM.exists(), "install Debian's chromium: make system-packages"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def served() -> Iterator[tuple[World, RunningServer]]:
    with new_world() as world, RunningServer(world) as server:
        yield world, server


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[World, RunningServer]]:
    """A served world with a phone and an app that asks it; tests share it and change nothing."""
    with new_world() as world, RunningServer(world) as server:
        phone.enrol(
            world,
            PERSON,
            platform=Platform.ANDROID,
            card=applet(world, f"card-{PERSON}-1"),
            card_password=SignaturePassword("ABC123"),
            pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
        )
        with HolderClient(server.url, server.admin_token) as holder:
            roles = [AppRole.SIGNATURE_APP, AppRole.LOGIN_APP]
            token = holder.register_app("shop", roles, verifier="shop").token
        with PhoneClient(server.url, token) as app:
            app.sign_document(f"phone-{PERSON}-1", "賃貸借契約書（模擬）".encode())
            app.present_items(f"phone-{PERSON}-1", list(ConsentItem))
        yield world, server


def signed_in(context: BrowserContext, world: World, server: RunningServer) -> Visitor:
    """Come in by the link, in a window where a script or a foreign address fails the test."""
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    page.on("console", lambda said: _complaint(said.type, said.text))
    page.goto(server.sign_in_link())
    return Visitor(page, server, world)


def _complaint(kind: str, text: str) -> None:
    # Chromium reports a refused form's status here as well; what the policy blocks is the concern.
    assert "Content Security Policy" not in text, f"{kind}: {text}"


@pytest.fixture
def visitor(browser: Browser, served: tuple[World, RunningServer]) -> Iterator[Visitor]:
    """English, without scripts: what works here works everywhere."""
    context = browser.new_context(
        locale="en-GB", java_script_enabled=False, viewport={"width": 1100, "height": 900}
    )
    yield signed_in(context, *served)
    context.close()


@pytest.fixture
def japanese(browser: Browser, served: tuple[World, RunningServer]) -> Iterator[Visitor]:
    context = browser.new_context(
        locale="ja-JP",
        java_script_enabled=False,
        color_scheme="dark",
        viewport={"width": 390, "height": 844},
    )
    yield signed_in(context, *served)
    context.close()
