"""Every page there is: the one list that the routes are made from."""

from __future__ import annotations

from typing import Final

from simulator.web.pages.apps import act_on_apps, apps_page
from simulator.web.pages.asking import act_on_request, one_request
from simulator.web.pages.card import act_at_counter, act_on_card, card_reader
from simulator.web.pages.clock import clock, move_clock
from simulator.web.pages.consenting import act_on_consents, consents_page
from simulator.web.pages.desk import act_at_desk, desk, evidence, kept_file
from simulator.web.pages.exposure import exposure_report
from simulator.web.pages.guide import start
from simulator.web.pages.happening import act_event, act_move, event_form, event_list, move_form
from simulator.web.pages.kiosk import act_at_kiosk, kiosk_screen
from simulator.web.pages.people import invent, people, person
from simulator.web.pages.phone import act_on_phone, phone_screen
from simulator.web.pages.visit import Page

__all__ = ["PAGES"]

_ONE: Final = "/people/{person}"

PAGES: Final[tuple[Page, ...]] = (
    Page("/", start),
    Page("/people", people, invent, back="/people"),
    Page(_ONE, person, back="/people"),
    Page(f"{_ONE}/card", card_reader, act_on_card, back=f"{_ONE}/card"),
    Page(f"{_ONE}/counter", None, act_at_counter, back=_ONE),
    Page(f"{_ONE}/phone", phone_screen, act_on_phone, back=f"{_ONE}/phone"),
    Page(
        f"{_ONE}/requests/{{request}}",
        one_request,
        act_on_request,
        back=f"{_ONE}/requests/{{request}}",
    ),
    Page(f"{_ONE}/consents", consents_page, act_on_consents, back=f"{_ONE}/consents"),
    Page(f"{_ONE}/kiosk", kiosk_screen, act_at_kiosk, back=f"{_ONE}/kiosk"),
    Page(f"{_ONE}/exposure", exposure_report, back=_ONE),
    Page(f"{_ONE}/move", move_form, act_move, back=f"{_ONE}/move"),
    Page(f"{_ONE}/events", event_list, back=_ONE),
    Page(f"{_ONE}/events/{{event}}", event_form, act_event, back=f"{_ONE}/events"),
    Page("/clock", clock, move_clock, back="/clock"),
    Page("/desk", desk, act_at_desk, back="/desk"),
    Page("/evidence", evidence),
    Page("/apps", apps_page, act_on_apps, back="/apps"),
    Page("/files/{file}", kept_file),
)
"""A page that has ``act`` takes forms."""
