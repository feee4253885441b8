"""Requests of apps answered on the phone's page, consents by page, and refusals in Japanese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from jpki.life.events import ConsentItem
from simulator.approvals import Means, RequestStatus
from simulator.phone_client import PhoneClient
from simulator.web.pages.sentences import FOUND, found_by
from tests.web.pagework import (
    CARD_PASSWORD,
    PERSON,
    PHONE_PASSWORD,
    PHONE_PIN,
    Window,
    window,
    world_with_card,
)

ONE = f"/people/{PERSON}"
DEVICE = f"phone-{PERSON}-1"
ENROL = {
    "do": "enrol",
    "platform": "android",
    "card_password": CARD_PASSWORD,
    "new_password": PHONE_PASSWORD,
    "new_pin": PHONE_PIN,
}
CHALLENGE = bytes(range(32))


@pytest.fixture
def home() -> Iterator[tuple[Window, PhoneClient]]:
    """A person with a phone, and an app that was registered on its page."""
    with world_with_card() as world, window(world) as made:
        made.send(f"{ONE}/phone", ENROL)
        roles = ["signature_app", "login_app", "holder_app"]
        made.send("/apps", {"do": "register", "name": "bank", "role": roles, "verifier": "shop"})
        assert made.status == 200
        token = made.page.xpath("//*[@id='token']")[0].text
        with PhoneClient(made.server.url, token) as app:
            yield made, app


def answer(window: Window, request: str, **fields: str | list[str]) -> None:
    window.send(f"{ONE}/requests/{request}", {"answer": "approve", **fields})


def status(window: Window) -> str:
    return str(window.page.xpath("//*[@data-request]/@data-status")[0])


def code(window: Window) -> str:
    return str(window.page.xpath("//*[@role='alert']/@data-code")[0])


def test_a_login_is_approved_by_pin_by_finger_or_refused(home: tuple[Window, PhoneClient]) -> None:
    made, app = home
    asked = [app.authenticate(DEVICE, CHALLENGE + bytes([n])).request for n in range(3)]
    made.get(f"{ONE}/phone")
    assert made.page.xpath("//article/@data-request") == asked
    # PN-3: three tries; a wrong one costs one and leaves the request open.
    answer(made, asked[0], pin="0000")
    assert (made.status, code(made)) == (409, "pin.wrong")
    assert "tries left: 2" in made.text()
    assert app.look(asked[0]).status is RequestStatus.PENDING
    answer(made, asked[0], pin=PHONE_PIN)
    assert status(made) == "approved"
    answer(made, asked[1], answer="biometrics")
    assert app.look(asked[1]).result.gate == "biometrics"  # type: ignore[union-attr]
    answer(made, asked[2], answer="refuse")
    assert app.look(asked[2]).status is RequestStatus.REFUSED
    answer(made, asked[2], pin=PHONE_PIN)
    assert (made.status, code(made)) == (409, "phone.not-pending")
    assert "it was refused" in made.text()


def test_what_was_approved_on_the_page_says_so(home: tuple[Window, PhoneClient]) -> None:
    made, app = home
    request = app.sign_document(DEVICE, "口座開設の申込み".encode()).request
    made.get(f"{ONE}/requests/{request}")
    assert made.text("//figure//pre") == "口座開設の申込み"
    answer(made, request, password=PHONE_PASSWORD)
    kept = made.server._house.approvals.get(request)
    assert kept is not None
    assert kept.means is Means.PAGE


def test_a_finger_does_not_sign_and_a_locked_password_ends_the_request(
    home: tuple[Window, PhoneClient],
) -> None:
    made, app = home
    request = app.sign_document(DEVICE, b"\x00binary").request
    answer(made, request, answer="biometrics")
    assert code(made) == "pin.malformed"
    # PN-3: five tries for the password.
    for _ in range(4):
        answer(made, request, password="WRONG99")
        assert app.look(request).status is RequestStatus.PENDING
    answer(made, request, password="WRONG99", last_try="yes")
    assert code(made) == "pin.blocked"
    assert app.look(request).status is RequestStatus.FAILED
    made.get(f"{ONE}/requests/{request}")
    assert status(made) == "failed"
    assert "The PIN is locked" in made.text()


def test_a_request_is_over_by_the_worlds_clock_and_another_person_does_not_see_it(
    home: tuple[Window, PhoneClient],
) -> None:
    made, app = home
    request = app.authenticate(DEVICE, CHALLENGE).request
    made.send("/people")
    made.get(f"/people/P000002/requests/{request}")
    assert made.status == 404
    made.send("/clock", {"to": (made.world.now + timedelta(minutes=5)).isoformat()})
    made.get(f"{ONE}/requests/{request}")
    assert status(made) == "expired"
    answer(made, request, pin=PHONE_PIN)
    assert code(made) == "phone.not-pending"
    assert "The time of this request is over." in made.text()


def test_an_enrolment_wants_the_card_and_items_are_consented_to_one_by_one(
    home: tuple[Window, PhoneClient],
) -> None:
    made, app = home
    request = app.present_items(DEVICE, list(ConsentItem)).request
    answer(made, request, password=PHONE_PASSWORD)
    assert code(made) == "format.document", "nothing is consented to unasked"
    answer(made, request, password=PHONE_PASSWORD, item=["name", "address"])
    told = app.look(request).result
    assert set(told.items) == {"name", "address"}  # type: ignore[union-attr, arg-type]
    wanted = app.enrol(PERSON, "iphone").request  # type: ignore[arg-type]
    secrets = {"card_password": CARD_PASSWORD, "new_password": "PHONE2", "new_pin": "2468"}
    answer(made, wanted, **secrets)
    assert app.look(wanted).result.device == f"phone-{PERSON}-2"  # type: ignore[union-attr]


def test_a_phone_answers_by_itself_only_when_the_keeper_says_so_and_it_is_told(
    home: tuple[Window, PhoneClient],
) -> None:
    made, app = home
    setting = {"do": "automatic", "device": DEVICE, "by_itself": "yes", "pin": PHONE_PIN}
    made.send("/apps", setting)
    assert "For tests only" in made.text()
    assert made.page.xpath("//*[@data-automatic]/@data-automatic") == ["authentication"]
    request = app.authenticate(DEVICE, CHALLENGE)
    assert request.status is RequestStatus.APPROVED
    made.get(f"{ONE}/requests/{request.request}")
    assert "by itself, for tests only" in made.text()
    made.send("/apps", {**setting, "by_itself": "no"})
    assert app.authenticate(DEVICE, CHALLENGE[::-1]).status is RequestStatus.PENDING


def test_a_token_is_on_one_page_only_and_another_one_ends_it(
    home: tuple[Window, PhoneClient],
) -> None:
    made, _ = home
    made.get("/apps")
    assert not made.page.xpath("//*[@id='token']")
    made.send("/apps", {"do": "renew", "name": "bank"})
    with PhoneClient(made.server.url, made.page.xpath("//*[@id='token']")[0].text) as other:
        assert other.whoami().app == "bank"


def test_a_consent_counts_from_the_next_day_and_leads_to_the_new_items(
    home: tuple[Window, PhoneClient],
) -> None:
    made, _ = home
    path = f"{ONE}/consents"

    def ask(serial: str) -> tuple[str, str]:
        made.send(path, {"do": "ask", "serial": serial})
        (told,) = made.page.xpath("//*[@id='told']")
        return told.get("data-given"), told.get("data-rule")

    signing = {"signed_with": "phone", "password": PHONE_PASSWORD}
    made.send(path, {"do": "consent", "item": ["address"], "verified": ["phone"], **signing})
    assert made.page.xpath("//tr/@data-consent") == ["not yet in effect"]
    old = made.get(ONE).xpath("//tr[@data-kind='mobile_signature']/@data-serial")[0]
    made.send(f"{ONE}/move", {"value": "東京都新宿区模擬町１－１", "confirmed": "yes"})
    made.send("/clock", {"to": (made.world.now + timedelta(days=1)).isoformat()})
    # CO-7: nothing is provided while no successor is live; CO-8: the card's is another kind.
    assert ask(old) == ("false", "CO-7")
    made.send(f"{ONE}/counter", {"do": "signature-certificate"})
    assert ask(old) == ("false", "CO-8")
    made.send(f"{ONE}/phone", ENROL)
    given, _rule = ask(old)
    assert given == "true"
    assert "東京都新宿区模擬町１－１" in made.text()
    assert made.page.xpath("//tr/@data-consent") == ["in effect"]
    made.send(path, {"do": "withdraw", **signing})
    assert made.page.xpath("//tr/@data-consent") == ["withdrawn"]
    assert ask(old) == ("false", "CO-9")


def test_every_sentence_is_there_in_both_languages_and_is_found() -> None:
    for row in FOUND:
        assert re.search(r"[ぁ-ん]", row.ja), row.pattern
        assert not re.search(r"[ぁ-ん]", row.en), row.pattern
    wrong = "the one-time code is wrong [KS-3]; 4 more entries, then the reservation is void"
    assert found_by(wrong, "KS-3") == (
        "The one-time code is wrong; entries left: 4.",
        "ワンタイムコードが違います。あと4回入力できます。",
    )
    assert found_by("something else altogether", "") is None


def test_common_refusals_are_sentences_in_japanese() -> None:
    with world_with_card() as world, window(world, "ja") as made:
        made.send(f"{ONE}/phone", ENROL)
        finish = {
            "do": "finish",
            "pin_kind": "signature_password",
            "other": "1234",
            "new": "NEWPASS9",
            "code": "WRONG2345678",
            "chain": "seven_eleven",
        }
        reserve = {"do": "reserve", "pin_kind": "signature_password", "other": "1234"}
        made.send(f"{ONE}/kiosk", {**reserve, "face": "holder"})
        assert made.status == 200, made.text()
        made.send(f"{ONE}/kiosk", finish)
        assert "ワンタイムコードが違います" in made.text()
        made.send("/clock", {"to": "2026-08-03T23:01:00+09:00"})
        made.send(f"{ONE}/kiosk", finish)
        assert "端末の利用時間外です" in made.text()
        made.send(f"{ONE}/phone", {"do": "network", "device": DEVICE, "online": "no"})
        made.send(f"{ONE}/phone", {"do": "download", "card_password": CARD_PASSWORD})
        assert "スマホがオフラインです" in made.text()
        # The error's own English words are there for a programmer, folded away.
        assert made.page.xpath("//details[@class='code']//*[@lang='en']")
