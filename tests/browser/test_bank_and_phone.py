"""The example bank beside the served world: what it asks is approved on the phone's page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Error, Page

from examples.bank.stage import Stage, stage
from simulator.agency.publication.running import Running
from tests.browser.conftest import POOL, SCREENSHOTS, Visitor, enrol_form, signed_in

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("browser")]


@dataclass(slots=True)
class Two:
    """Two tabs side by side: the bank's, and the holder's with the phone."""

    played: Stage
    bank: Page
    bank_url: str
    holder: Visitor

    def picture(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        try:
            self.bank.screenshot(path=path, full_page=True)
        except Error:  # the waiting page has renewed itself meanwhile
            self.bank.screenshot(path=path, full_page=True)

    def press(self, name: str) -> None:
        self.bank.get_by_role("button", name=name, exact=True).click()

    def phone(self) -> Page:
        self.holder.open(f"/people/{self.played.person}/phone")
        return self.holder.page

    def sees(self, expected: str) -> None:
        """Look whether the phone has answered; the waiting page renews itself and may be first."""
        with suppress(Error):
            self.bank.goto(f"{self.bank_url}/waiting")
        self.bank.get_by_text(expected).first.wait_for()

    def log_in(self) -> None:
        self.bank.goto(self.bank_url)
        self.bank.get_by_label("Name of the phone").fill(self.played.device)
        self.press("Log in with your phone")
        self.bank.get_by_text("Approve it on your phone").wait_for()

    def approve(self, field: str, value: str) -> None:
        request = self.holder.page.locator("[data-request]")
        request.get_by_label(field).fill(value)
        request.get_by_role("button", name="Approve", exact=True).click()

    def wait(self, name: str) -> None:
        """Move the clock on its page."""
        self.holder.open("/clock")
        way = self.holder.page.locator(
            "section.way", has=self.holder.page.get_by_role("heading", name=name)
        )
        way.get_by_role("button").click()


PASSWORD, PIN = "The phone’s signature password", "The phone’s PIN"


@pytest.fixture
def two(browser: Browser) -> Iterator[Two]:
    context = browser.new_context(
        locale="en-GB", java_script_enabled=False, viewport={"width": 1000, "height": 800}
    )
    with stage(keys=POOL) as played:
        bank = Running(played.pages.app(), host="127.0.0.1", port=0, name="bank")
        bank.start()
        try:
            holder = signed_in(context, played.world, played.server)
            yield Two(played, context.new_page(), bank.url, holder)
        finally:
            context.close()
            bank.stop()


def test_a_customer_does_everything_at_the_bank_and_on_the_phones_page(two: Two) -> None:
    # 1. log in, with a wrong PIN first: three tries (PN-3), one is spent, the request stays open
    two.log_in()
    two.picture("51-bank-waits")
    asked = two.phone().locator("article.request")
    assert "bank" in asked.inner_text()
    assert "to log in" in asked.inner_text()
    two.holder.picture("52-phone-asked-to-log-in")
    two.approve(PIN, "0000")
    refusal = two.holder.page.get_by_role("alert").inner_text()
    assert "tries left: 2" in refusal
    two.holder.picture("53-wrong-pin")
    two.holder.page.get_by_role("link", name="Go back").click()
    two.approve(PIN, "9876")
    assert "Approved" in two.holder.page.get_by_role("status").inner_text()
    settled = two.holder.page.url
    two.holder.picture("54-approved")
    two.sees("You are logged in.")

    # 2. open an account; what is signed can be read on the phone
    two.press("Open an account by signing")
    two.bank.get_by_text("Approve it on your phone").wait_for()
    assert two.phone().locator("figure.document pre").inner_text().strip()
    two.holder.picture("55-phone-asked-to-sign")
    two.approve(PASSWORD, "PHONE1")
    two.sees("Account number 1000001")
    two.picture("56-bank-account")

    # 3. move; the bank asks and sees that a registered content changed (VO-3)
    two.holder.open(f"/people/{two.played.person}/move")
    two.holder.page.locator("#value").fill("東京都新宿区模擬町９－９－９")
    two.holder.press("What would happen?")
    two.holder.press("Yes, let it happen")
    two.holder.press("Let the time pass until then")
    two.wait("One hour")
    two.press("Check whether the certificate still has effect")
    two.bank.get_by_text("registered content changed").wait_for()
    two.picture("57-bank-notices")

    # 4. a new certificate on card and phone; two of the four items are consented to by page
    two.holder.open(f"/people/{two.played.person}")
    two.holder.press("Counter: issue a new signature certificate")
    two.phone()
    enrol_form(two.holder.page, "iPhone")
    two.wait("One hour")
    two.log_in()
    two.phone().get_by_role("button", name="Approve with a finger or face").click()
    two.sees("You are logged in.")
    two.press("Check whether the certificate still has effect")
    for item in ("Name", "Address", "Sex"):
        two.bank.get_by_label(item, exact=True).check()
    two.bank.locator("form[action='/items'] button").click()
    two.bank.get_by_text("Approve it on your phone").wait_for()
    asked = two.phone().locator("article.request")
    for item in ("name", "address"):
        asked.get_by_label(item, exact=True).check()
    two.holder.picture("58-phone-asked-to-consent")
    two.approve(PASSWORD, "PHONE1")
    two.sees("The consent was forwarded.")
    # CO-5: it counts from the next day.
    two.wait("One day")
    two.bank.locator("form[action='/fetch'] button").click()
    assert "We were given what is new." in two.bank.locator(".note").inner_text()
    assert "模擬町９－９－９" in two.bank.locator("table").inner_text()
    two.picture("59-bank-knows")

    # what was answered once is shown as answered
    two.holder.page.goto(settled)
    assert two.holder.page.locator("[data-status=approved]").count() == 1
    assert two.holder.page.get_by_role("button", name="Approve").count() == 0


def test_the_bank_fits_a_narrow_dark_screen_in_japanese(two: Two, browser: Browser) -> None:
    context = browser.new_context(
        locale="ja-JP", color_scheme="dark", viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto(two.bank_url)
    assert page.locator("html").get_attribute("lang") == "ja"
    page.get_by_label("端末の名前").fill(two.played.device)
    page.get_by_role("button", name="スマートフォンでログイン").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=SCREENSHOTS / "60-bank-ja.png", full_page=True)
    two.phone().locator("article.request").get_by_role("button", name="Refuse").click()
    # The page renews itself every three seconds.
    page.get_by_text("承認されませんでした").first.wait_for()
    context.close()
