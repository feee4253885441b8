"""What is refused on a page names the rule, leaves nothing half-done, and repeats no secret."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from jpki.jst import at_time
from jpki.law import load
from jpki.life.events import EVENTS, Platform
from jpki.terms import CertificateKind
from simulator import phone
from simulator.happenings import event_fields
from simulator.tokens import applet
from simulator.web.pages.fields import FIELD_WORDS, value_words
from simulator.web.pages.refusals import SAID
from tests.web.pagework import (
    CARD_PASSWORD,
    CARD_PIN,
    PERSON,
    PHONE_PASSWORD,
    PHONE_PIN,
    Window,
    card_pins,
    window,
    world_with_card,
)

ENROL = {
    "do": "enrol",
    "platform": "android",
    "card_password": CARD_PASSWORD,
    "new_password": PHONE_PASSWORD,
    "new_pin": PHONE_PIN,
}
RESERVE = {"do": "reserve", "pin_kind": "signature_password", "other": CARD_PIN, "face": "holder"}
FINISH = {
    "do": "finish",
    "pin_kind": "signature_password",
    "other": CARD_PIN,
    "new": "NEWPASS9",
    "chain": "seven_eleven",
}


@pytest.fixture
def at_home() -> Iterator[Window]:
    with world_with_card() as world, window(world) as made:
        yield made


@pytest.fixture
def with_phone(at_home: Window) -> Window:
    at_home.send(f"/people/{PERSON}/phone", ENROL)
    assert at_home.status == 200
    return at_home


def rule(window: Window) -> str:
    """Return the rule that a refusal names, after checking that it stands there in words."""
    (alert,) = window.page.xpath("//*[@role='alert']")
    named = str(alert.get("data-rule"))
    said = window.text("//*[@role='alert']")
    assert "What to do" in said
    if named:
        row = load().row(named)
        assert load().basis_en(row) in said
    return named


def code(window: Window) -> str:
    (alert,) = window.page.xpath("//*[@role='alert']")
    return str(alert.get("data-code"))


def reserved_code(window: Window) -> str:
    window.send(f"/people/{PERSON}/kiosk", RESERVE)
    (found,) = window.page.xpath("//*[@id='otp']/text()")
    return str(found)


def go_on(window: Window, by: timedelta) -> None:
    now = window.page.xpath("//header//time/@datetime")[0]
    window.send("/clock", {"to": (datetime.fromisoformat(now) + by).isoformat()})
    assert window.status == 200


# the kiosk


def test_a_code_is_good_to_the_last_second_of_its_day_and_no_longer(at_home: Window) -> None:
    # KS-4: 24 hours from the reservation at 10:00.
    value = reserved_code(at_home)
    go_on(at_home, timedelta(hours=24, seconds=1))
    at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": value})
    assert rule(at_home) == "KS-4"
    value = reserved_code(at_home)
    go_on(at_home, timedelta(hours=24))
    at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": value})
    assert at_home.status == 200, at_home.text()


@pytest.mark.parametrize(
    ("hour", "minute", "open_"), [(6, 29, False), (6, 30, True), (23, 0, True), (23, 1, False)]
)
def test_a_kiosk_is_open_from_half_past_six_to_eleven(
    at_home: Window, hour: int, minute: int, open_: bool
) -> None:
    at_home.send("/clock", {"to": at_time(date(2026, 8, 3), time(22, 0)).isoformat()})
    value = reserved_code(at_home)
    on = date(2026, 8, 4) if hour < 22 else date(2026, 8, 3)
    at_home.send("/clock", {"to": at_time(on, time(hour, minute)).isoformat()})
    at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": value})
    if open_:
        assert at_home.status == 200, at_home.text()
    else:
        assert rule(at_home) == "KS-5"


@pytest.mark.parametrize("face", ["stranger", "photo_of_holder"])
def test_another_face_gets_no_reservation_even_with_the_pin(at_home: Window, face: str) -> None:
    at_home.send(f"/people/{PERSON}/kiosk", {**RESERVE, "face": face})
    assert rule(at_home) == "KS-1"
    at_home.get(f"/people/{PERSON}/kiosk")
    assert not at_home.page.xpath("//*[@id='otp']")


def test_the_code_of_another_person_opens_nothing(at_home: Window) -> None:
    at_home.send("/people")
    assert at_home.status == 200
    other = "P000002"
    at_home.send(f"/people/{other}/kiosk", RESERVE)
    (value,) = at_home.page.xpath("//*[@id='otp']/text()")
    at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": value})
    assert rule(at_home) == "KS-3"


def test_a_code_is_spent_by_its_use_and_by_too_many_wrong_ones(at_home: Window) -> None:
    value = reserved_code(at_home)
    at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": value})
    assert at_home.status == 200
    at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": value})
    assert rule(at_home) == "KS-3"
    value = reserved_code(at_home)
    for _ in range(10):
        at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": "WRONG2345678"})
    at_home.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": value})
    assert rule(at_home) == "KS-3", "the wrong entries stay counted although they are refused"


# the phone


def test_an_enrolment_with_a_wrong_password_costs_a_try_and_makes_no_phone(
    at_home: Window,
) -> None:
    at_home.send(f"/people/{PERSON}/phone", {**ENROL, "card_password": "WRONGONE9"})
    assert code(at_home) == "pin.wrong"
    at_home.get(f"/people/{PERSON}/card")
    assert at_home.tries()["signature_password"] == 4
    at_home.get(f"/people/{PERSON}")
    assert not at_home.page.xpath("//*[@data-phone]")
    assert set(at_home.certificates()) == {"card_signature", "card_authentication"}


def test_a_form_that_is_sent_twice_enrols_two_phones_and_leaves_one_pair_live(
    with_phone: Window,
) -> None:
    with_phone.send(f"/people/{PERSON}/phone", ENROL)
    with_phone.get(f"/people/{PERSON}")
    phones = [each.get("data-phone") for each in with_phone.page.xpath("//*[@data-phone]")]
    assert sorted(phones) == ["enrolled", "old"]
    live = with_phone.page.xpath("//tr[@data-state='active']/@data-kind")
    assert sorted(live) == sorted(kind.value for kind in CertificateKind)


def test_a_phone_that_is_offline_signs_and_cannot_apply(with_phone: Window) -> None:
    (device,) = with_phone.page.xpath("//input[@name='device']/@value")[:1]
    with_phone.send(f"/people/{PERSON}/phone", {"do": "network", "device": device, "online": "no"})
    signing = {"do": "sign", "what": "sample", "password": PHONE_PASSWORD}
    with_phone.send(f"/people/{PERSON}/phone", signing)
    assert with_phone.status == 200
    download = {"do": "download", "card_password": CARD_PASSWORD}
    with_phone.send(f"/people/{PERSON}/phone", download)
    assert with_phone.status == 409
    assert code(with_phone) in ("life.refused", "life.impossible")


def test_biometrics_open_the_authentication_key_and_no_form_offers_them_for_signing(
    with_phone: Window,
) -> None:
    path = f"/people/{PERSON}/phone"
    with_phone.send(path, {"do": "authenticate", "by": "biometrics"})
    assert with_phone.status == 200
    with_phone.send(path, {"do": "sign", "what": "sample", "by": "biometrics"})
    assert code(with_phone) == "pin.malformed"
    for form in with_phone.get(path).xpath("//form[.//input[@value='sign']]"):
        assert not form.xpath(".//*[@value='biometrics']")


def test_a_form_cannot_name_somebody_elses_phone(with_phone: Window) -> None:
    world_person = "P000002"
    with_phone.send("/people")
    with_phone.send(f"/people/{world_person}/phone", ENROL)
    (theirs,) = with_phone.page.xpath("//input[@name='device']/@value")[:1]
    mine = {"do": "network", "device": theirs, "online": "no"}
    with_phone.send(f"/people/{PERSON}/phone", mine)
    assert code(with_phone) == "format.document"
    with_phone.get(f"/people/{world_person}/phone")
    assert "offline" not in with_phone.text("//section[@class='phone']")


# whatever else


def test_the_clock_does_not_run_backwards(at_home: Window) -> None:
    at_home.send("/clock", {"to": "2026-08-03T09:59:59+09:00"})
    assert code(at_home) == "life.impossible"
    at_home.get("/clock?to=2026-08-03T09:59")
    assert code(at_home) == "life.impossible"


@pytest.mark.parametrize("to", ["", "tomorrow", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00"])
def test_an_instant_that_is_none_is_refused(at_home: Window, to: str) -> None:
    at_home.send("/clock", {"to": to})
    assert at_home.status in (400, 409)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken", b"0\x80", b"<a/>", b"\x00" * 5000])
def test_the_desk_judges_whatever_is_dropped_and_never_falls_over(
    at_home: Window, content: bytes
) -> None:
    at_home.send("/desk", files={"file": ("dropped", content)})
    if not content:
        assert code(at_home) == "format.document"
    else:
        (verdict,) = at_home.page.xpath("//*[@id='verdict']")
        assert verdict.get("data-verdict") in ("invalid", "indeterminate")


def test_a_file_that_is_no_pdf_is_signed_beside_and_judged_with_its_content(
    with_phone: Window,
) -> None:
    signing = {"do": "sign", "what": "file", "password": PHONE_PASSWORD}
    with_phone.send(f"/people/{PERSON}/phone", signing, files={"file": ("note.txt", b"simulated")})
    (kept,) = with_phone.page.xpath("//input[@name='kept']/@value")
    with_phone.send("/desk", {"kept": kept})
    assert with_phone.page.xpath("//*[@id='verdict']/@data-verdict") == ["valid"]
    signature = with_phone.client.get(f"/pages/files/{kept}").content
    other = {"file": ("note.txt.p7s", signature), "content": ("note.txt", b"another")}
    with_phone.send("/desk", files=other)
    assert with_phone.page.xpath("//*[@id='verdict']/@data-verdict") == ["invalid"]


def test_what_is_typed_as_a_pin_is_in_no_page_and_in_no_address(at_home: Window) -> None:
    typed = {"card_password": "SECRET77", "new_password": "SECRET88", "new_pin": "7788"}
    for changed in ({}, {"new_pin": "77x8"}, {"platform": "none"}):
        at_home.send(f"/people/{PERSON}/phone", {**ENROL, **typed, **changed})
        said = at_home.text("//body")
        assert not re.search("SECRET77|SECRET88|7788|77x8", said)
        assert at_home.status >= 400


def test_every_own_word_for_a_refusal_is_there_in_both_languages() -> None:
    for name, said in SAID.items():
        assert said.en, name
        assert re.search(r"[ぁ-ん]", said.ja), name
        assert bool(said.do_en) is bool(said.do_ja), name


def test_a_refusal_is_in_japanese_with_its_provision() -> None:
    with world_with_card() as world, window(world, "ja") as made:
        made.send(f"/people/{PERSON}/kiosk", {**FINISH, "code": "WRONG2345678"})
        said = made.text("//*[@role='alert']")
        table = load()
        assert table.basis_ja(table.row("KS-3")) in said
        assert str(table.row("KS-3").note_ja) in said  # type: ignore[union-attr]


def test_what_others_did_to_the_world_is_on_the_next_page(at_home: Window) -> None:
    world = at_home.world
    phone.enrol(
        world,
        PERSON,
        platform=Platform.IPHONE,
        card=applet(world, f"card-{PERSON}-1"),
        card_password=card_pins().signature_password,  # type: ignore[arg-type]
        pins=card_pins(),
    )
    at_home.get(f"/people/{PERSON}")
    assert at_home.page.xpath("//*[@data-platform='iphone']")


def test_every_field_of_every_event_has_a_name_in_both_languages() -> None:
    fields = {
        field
        for event in EVENTS
        if event != "certificate_issued"  # comes about by a card or an enrolment, not by a form
        for field in event_fields(event)
    }
    assert fields == set(FIELD_WORDS)
    for event in EVENTS:
        for field in event_fields(event).values():
            for value in field.values if field.name in FIELD_WORDS else ():
                en, ja = value_words(load(), field.name, value)
                assert "_" not in en, (field.name, value)
                assert ja != value, (field.name, value)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "a/b.pdf", "-rf", "\u202eexe.pdf", "x" * 900]
)
def test_the_name_of_a_file_leads_nowhere(at_home: Window, name: str) -> None:
    at_home.send("/desk", files={"file": (name, b"%PDF-no")})
    (link,) = at_home.page.xpath("//a[starts-with(@href, '/pages/files/')]/@href")
    parts = zipfile.ZipFile(io.BytesIO(at_home.client.get(link).content)).namelist()
    (signed,) = [each for each in parts if each.startswith("signed/")]
    kept = signed.removeprefix("signed/")
    assert re.fullmatch(r"[^/\\.\-][^/\\]{0,99}", kept)
    assert ".." not in kept.split("_")
