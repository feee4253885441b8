"""Japanese, dark and narrow, by keyboard alone, for a screen reader; and what a refusal tells."""

from __future__ import annotations

from datetime import date, time
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from jpki.jst import at_time
from jpki.law import load
from simulator.web import RunningServer
from simulator.world import World
from tests.browser.conftest import PERSON, Visitor, signed_in

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("browser")]

EVERY_PAGE = (
    "/",
    "/people",
    f"/people/{PERSON}",
    f"/people/{PERSON}/phone",
    f"/people/{PERSON}/card",
    f"/people/{PERSON}/kiosk",
    f"/people/{PERSON}/exposure",
    f"/people/{PERSON}/move",
    f"/people/{PERSON}/events",
    f"/people/{PERSON}/events/key_compromise_reported",
    f"/people/{PERSON}/consents",
    f"/people/{PERSON}/requests/R000002",
    "/clock",
    "/desk",
    "/evidence",
    "/apps",
    "/nowhere",
)


# Japanese, on a narrow dark screen


def test_a_phone_is_enrolled_and_its_holder_moves_in_japanese(japanese: Visitor) -> None:
    page = japanese.page
    assert page.locator("html").get_attribute("lang") == "ja"
    japanese.picture("20-ja-start")
    page.locator("aside.guide a").click()
    form = page.locator("section", has=page.locator("#enrol"))
    form.get_by_label("iPhone").check()
    form.get_by_label("カードの署名用パスワード").fill("ABC123")
    form.get_by_label("新規：スマホの署名用パスワード").fill("PHONE1")
    form.get_by_label("新規：スマホの暗証番号").fill("9876")
    form.get_by_role("button", name="登録").click()
    assert "スマホを登録しました" in page.get_by_role("status").inner_text()
    japanese.picture("21-ja-phone")
    japanese.open(f"/people/{PERSON}/move")
    japanese.press("何が起きるか見る")
    assert "法第" in page.locator("section", has=page.locator("#falls")).inner_text()
    japanese.picture("22-ja-preview")
    japanese.press("はい、起こす")
    japanese.press("その時まで時間を進める")
    states = japanese.states()
    # SC-01: R3 A R3c A.
    assert states["card_signature"] == states["mobile_signature"] == "revoked"
    assert states["card_authentication"] == states["mobile_authentication"] == "active"
    japanese.picture("23-ja-person")
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    japanese.open("/clock")
    assert page.locator("html").get_attribute("lang") == "en", "the choice is kept"


def test_no_page_is_wider_than_a_narrow_screen(
    browser: Browser, standing: tuple[World, RunningServer]
) -> None:
    context = browser.new_context(locale="ja-JP", viewport={"width": 390, "height": 844})
    window = signed_in(context, *standing)
    for path in EVERY_PAGE:
        window.open(path)
        wide = window.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{path} is {wide} pixels wide"
        if path.rpartition("/")[2] in ("consents", "apps", "phone"):
            window.picture(f"36-ja-{path.rpartition('/')[2]}")
    context.close()


# by keyboard alone


def test_the_skip_link_comes_first_and_leads_to_the_content(visitor: Visitor) -> None:
    visitor.open("/people")
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.locator("a.skip")
    assert skip.is_visible()
    assert visitor.page.locator("a.skip:focus").count() == 1
    visitor.picture("30-skip-link")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.url.endswith("#main")
    assert visitor.page.locator("main:focus").count() == 1


def test_a_person_moves_with_nothing_but_the_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open(f"/people/{PERSON}/move")
    _tab_to(visitor, "#value:focus")
    page.keyboard.press("End")
    page.keyboard.type("９")
    _tab_to(visitor, "main button:focus")
    outline = page.locator("main button:focus")
    assert outline.count() == 1
    visitor.picture("31-focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("#falls")
    _tab_to(visitor, "main button:focus")
    page.keyboard.press("Space")
    page.wait_for_selector(".waiting")
    assert page.get_by_role("status").first.inner_text().startswith("The municipality has")
    # The bars of the picture are reached as well, and tell their cause.
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator("svg .f:focus").count():
            break
    assert (
        page.locator("svg .f:focus").get_attribute("aria-label")
        or page.locator("svg .f:focus title").count()
    )
    visitor.picture("32-picture-focus")


def _tab_to(visitor: Visitor, selector: str) -> None:
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        if visitor.page.locator(selector).count():
            return
    pytest.fail(f"{selector} is not reached with the Tab key")


# for a screen reader


def test_a_screen_reader_finds_landmarks_names_and_a_heading(
    browser: Browser, standing: tuple[World, RunningServer]
) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    visitor = signed_in(context, *standing)
    for path in EVERY_PAGE:
        visitor.open(path)
        heard = visitor.page.locator("body").aria_snapshot()
        for landmark in ("banner", "main", "navigation", "contentinfo"):
            assert f"- {landmark}" in heard, f"{path} has no {landmark}"
        assert heard.count("[level=1]") == 1, f"{path} has one heading of the first level"
        assert 'button ""' not in heard
        unnamed = [
            line
            for line in heard.splitlines()
            if line.strip() in ("- textbox", "- combobox", "- button", "- link", "- radio")
        ]
        assert unnamed == [], path
    context.close()


WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASKED: dict[Literal["light", "dark"], dict[str, object]] = {
    "light": {"type": "tag", "values": WCAG},
    "dark": {"type": "rule", "values": ["color-contrast"]},  # what else there is does not differ
}
SEEN_NOWHERE_ELSE = {
    "people",
    "exposure",
    "events",
    "key_compromise_reported",
    "evidence",
    "consents",
    "apps",
    "R000002",
}
# One page of each make: in the dark only the colours differ, and these show all of them.
PAGES_OF: dict[str, tuple[str, ...]] = {
    "light": EVERY_PAGE,
    "dark": tuple(
        path
        for path in EVERY_PAGE
        if path.endswith((PERSON, "/phone", "/kiosk", "/consents", "/apps", "/nowhere", "/"))
    ),
}


@pytest.mark.parametrize("look", ASKED)
def test_axe_finds_nothing_on_any_page(
    browser: Browser, standing: tuple[World, RunningServer], look: Literal["light", "dark"]
) -> None:
    """axe-core with its WCAG 2.2 AA rules; scripts are on for it alone."""
    context = browser.new_context(locale="en-GB", color_scheme=look, bypass_csp=True)
    window = signed_in(context, *standing)
    axe = Axe()
    options = {"runOnly": ASKED[look], "resultTypes": ["violations"]}
    for path in PAGES_OF[look]:
        window.open(path)
        found = axe.run(window.page, options=options)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        name = path.rpartition("/")[2]
        if look == "light" and name in SEEN_NOWHERE_ELSE:
            window.picture(f"35-{name}")
    if look == "dark":
        window.open(f"/people/{PERSON}")
        window.picture("33-dark-person")
        window.open(f"/people/{PERSON}/phone")
        window.picture("34-dark-phone")
    context.close()


# refusals


def rule_words(row_id: str) -> tuple[str, str]:
    """What the law's tables say of a rule, and where it stands."""
    table = load()
    row = table.row(row_id)
    return str(row.note_en), table.basis_en(row)  # type: ignore[union-attr]


def refusal(visitor: Visitor) -> str:
    return visitor.page.get_by_role("alert").inner_text()


def at_kiosk(visitor: Visitor, code: str) -> None:
    kiosk = visitor.page.locator("section.kiosk")
    kiosk.get_by_label("One-time code").fill(code)
    kiosk.get_by_label("The other one, which is known").fill("1234")
    kiosk.get_by_label("The new value").fill("NEWPASS9")
    kiosk.get_by_role("button", name="Set it anew").click()


def test_a_kiosk_refuses_a_wrong_code_and_any_code_at_a_minute_past_eleven(
    visitor: Visitor,
) -> None:
    visitor.open(f"/people/{PERSON}/kiosk")
    app = visitor.page.locator("section.phone")
    app.get_by_label("The other one, which is known").fill("1234")
    app.get_by_role("button", name="Reserve").click()
    code = visitor.page.locator("#otp").inner_text()
    at_kiosk(visitor, "WRONG2345678")
    note, basis = rule_words("KS-3")
    assert "KS-3" in refusal(visitor)
    assert note in refusal(visitor)
    assert basis in refusal(visitor)
    visitor.picture("40-wrong-code")
    visitor.page.get_by_role("link", name="Go back").click()
    visitor.world.advance(at_time(date(2026, 8, 3), time(23, 1)))
    at_kiosk(visitor, code)
    note, basis = rule_words("KS-5")
    assert note in refusal(visitor)
    assert basis in refusal(visitor)
    assert "What to do" in refusal(visitor)
    visitor.picture("41-kiosk-closed")
    visitor.world.advance(at_time(date(2026, 8, 4), time(6, 30)))
    visitor.open(f"/people/{PERSON}/kiosk")
    at_kiosk(visitor, code)
    assert "has set it anew" in visitor.page.get_by_role("status").inner_text()


def test_wrong_values_cost_tries_until_it_is_locked_and_none_is_shown_again(
    visitor: Visitor,
) -> None:
    visitor.open(f"/people/{PERSON}/card")
    page = visitor.page
    # PN-3: five tries for the password; the last one is not spent without being asked.
    for left in (4, 3, 2, 1):
        page.get_by_label("Enter it").fill("WRONGONE9")
        visitor.press("Present it to the card")
        assert f"tries left: {left}" in refusal(visitor)
        assert "WRONGONE9" not in page.content()
        page.get_by_role("link", name="Go back").click()
    page.get_by_label("Enter it").fill("WRONGONE9")
    visitor.press("Present it to the card")
    assert "Only one try is left" in refusal(visitor)
    page.get_by_role("link", name="Go back").click()
    page.get_by_label("Use the last try").check()
    page.get_by_label("Enter it").fill("WRONGONE9")
    visitor.press("Present it to the card")
    assert "is locked. Waiting does not help" in refusal(visitor)
    visitor.picture("42-locked")
    page.get_by_role("link", name="Go back").click()
    page.get_by_label("Enter it").fill("ABC123")
    visitor.press("Present it to the card")
    assert "is locked. Waiting does not help" in refusal(visitor)
    assert "kiosk" in refusal(visitor)
