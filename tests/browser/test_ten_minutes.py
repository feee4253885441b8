"""A newcomer's ten minutes, by clicking, with nothing read but the page."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tests.browser.conftest import PERSON, Visitor, enrol_form

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("browser")]


def next_step(visitor: Visitor) -> str:
    """Follow the link of the box at the foot of the page and return what it said."""
    link = visitor.page.locator("aside.guide a")
    said = link.inner_text()
    link.click()
    return said


def test_the_ten_minutes_from_the_first_page_to_the_last_step(
    visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.page
    visitor.picture("01-start")
    assert page.locator("ol.steps li.open").count() == 8

    assert next_step(visitor) == "Enrol a phone"
    visitor.picture("02-phone-empty")
    enrol_form(page, "Android")
    assert "two certificates are on it" in page.get_by_role("status").inner_text()

    assert next_step(visitor) == "Sign a PDF on it"
    page.get_by_label("The phone’s signature password", exact=True).fill("PHONE1")
    visitor.press("Sign")
    visitor.picture("03-phone-signed")
    with page.expect_download() as kept:
        page.get_by_role("link", name="contract.signed.pdf").click()
    signed = tmp_path / "contract.signed.pdf"
    kept.value.save_as(signed)
    assert signed.read_bytes().startswith(b"%PDF-")
    visitor.press("Take it to the verifier’s desk")
    verdict = page.locator("#verdict")
    assert verdict.get_attribute("data-verdict") == "valid"
    visitor.picture("04-desk-valid")
    with page.expect_download() as bundle:
        page.get_by_role("link", name="Download the evidence").click()
    bundle.value.save_as(tmp_path / "evidence.zip")
    parts = zipfile.ZipFile(io.BytesIO((tmp_path / "evidence.zip").read_bytes())).namelist()
    assert {"report.json", "signed/contract.signed.pdf"} <= set(parts)

    assert next_step(visitor) == "Move house"
    visitor.press("What would happen?")
    visitor.picture("05-move-preview")
    falls = page.locator("section", has=page.locator("#falls"))
    # the card's signature certificate falls by the move, the phone's falls with it.
    assert falls.get_by_text("Signature, on the card").is_visible()
    assert falls.get_by_text("Signature, on the phone").is_visible()
    assert not falls.get_by_text("Authentication").count()
    assert "Act on Certification" in falls.inner_text() or "art." in falls.inner_text()
    visitor.open(f"/people/{PERSON}")
    assert visitor.page.get_by_text("On its way to the agency").count() == 0, "only looked at"
    visitor.open(f"/people/{PERSON}/move")
    visitor.press("What would happen?")
    visitor.press("Yes, let it happen")
    visitor.picture("06-move-on-its-way")
    assert set(visitor.states().values()) == {"active"}

    assert next_step(visitor).startswith("Let a day pass")
    day = page.locator("section.way", has=page.get_by_role("heading", name="One day"))
    assert "is revoked" in day.inner_text()
    visitor.picture("07-clock")
    day.get_by_role("button").click()

    assert next_step(visitor) == "Read why"
    # SC-01 after the move: R3 A R3c A.
    assert visitor.states() == {
        "card_signature": "revoked",
        "card_authentication": "active",
        "mobile_signature": "revoked",
        "mobile_authentication": "active",
    }
    ended = page.locator("tr[data-kind=mobile_signature]")
    assert ended.get_attribute("data-reason") == "3", "the code of the card's, by the cascade"
    assert page.locator("tr[data-kind=card_signature]").get_attribute("data-reason") == "3"
    assert "art. 12" in page.locator("tr[data-kind=card_signature]").inner_text()
    visitor.picture("08-both-bars-ended")
    visitor.open("/desk")
    page.get_by_label("Signed file").set_input_files(signed)
    visitor.press("Judge it")
    assert page.locator("#verdict").get_attribute("data-verdict") == "invalid"
    visitor.picture("09-desk-revoked")

    assert next_step(visitor).startswith("Get a new signature certificate")
    visitor.press("Counter: issue a new signature certificate")
    page.get_by_role("link", name="Phone", exact=True).click()
    enrol_form(page, "iPhone")
    visitor.picture("10-phone-replaced")
    assert "old" in page.locator("#drawer + ul").inner_text()

    assert next_step(visitor) == "Lock the card's signature password"
    visitor.press("Mistype it until it locks")
    assert page.locator("[data-pin=signature_password]").get_attribute("data-tries") == "0"
    visitor.picture("11-card-locked")

    assert next_step(visitor).startswith("Reset it with card and face")
    app = page.locator("section.phone")
    app.get_by_label("The other one, which is known").fill("1234")
    app.get_by_role("button", name="Reserve").click()
    code = page.locator("#otp").inner_text()
    visitor.picture("12-kiosk-reserved")
    kiosk = page.locator("section.kiosk")
    kiosk.get_by_label("One-time code").fill(code)
    kiosk.get_by_label("The other one, which is known").fill("1234")
    kiosk.get_by_label("The new value").fill("NEWPASS9")
    kiosk.get_by_role("button", name="Set it anew").click()
    assert page.locator("[data-pin=signature_password]").get_attribute("data-tries") == "5"
    assert "All steps of the ten minutes are done" in page.locator("aside.guide").inner_text()
    visitor.picture("13-kiosk-done")
    visitor.open(f"/people/{PERSON}")
    assert set(visitor.states().values()) == {"active"}
    assert "NEWPASS9" not in page.content()
    visitor.picture("14-person-at-the-end")
    visitor.open("/")
    assert page.locator("ol.steps li.done").count() == 8
    visitor.picture("15-all-done")
