"""The page on PINs and faces: its code runs, its matrix and its figures are those of the tables."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.law import Rulebook, VerifierRole
from jpki.law.resets import reset_matrix
from jpki.terms import PinKind
from simulator import minister
from simulator.clinic import Checked, Clinic, make_medium
from simulator.face import ASSUMED, LiveFace, Photo, threshold_line
from simulator.tokens import applet
from simulator.verifier import Firm
from tests.actors.conftest import Town

PAGE = (Path(__file__).parents[2] / "docs" / "pins-and-faces.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_examples_run(town: Town) -> None:
    person, card = town.holder()
    names = {
        "world": town.world, "person": person, "card": card, "pin": UserPin("1234"),
        "password": SignaturePassword("NEW999"), "PinKind": PinKind, "minister": minister,
        "Firm": Firm, "VerifierRole": VerifierRole, "Clinic": Clinic, "make_medium": make_medium,
        "LiveFace": LiveFace,
    }  # fmt: skip
    assert len(EXAMPLES) == 2
    for example in EXAMPLES:
        exec(example, names)  # noqa: S102  our own page
    applet(town.world, card).verify(SignaturePassword("NEW999"))
    told = names["told"]
    assert isinstance(told, Checked)
    assert told.accepted


# Which lines of the page are which path of the table. Two lines of a kiosk are one path.
LINES = {
    "municipal counter": "counter",
    "post office": "post_office",
    "phone app": "phone_app",
    "call centre, e-mail, post": "call_centre",
    "clinic": "clinic_reader",
}


@pytest.mark.parametrize("line", sorted(LINES))
def test_the_matrix_of_the_page_is_that_of_the_table(line: str) -> None:
    (row,) = [each for each in PAGE.splitlines() if each.startswith("| ") and f"· {line} |" in each]
    told = [cell.strip().split(" card")[0].split(" P7")[0] for cell in row.split("|")[2:-1]]
    found = {each.path: each for each in reset_matrix(Rulebook.default(), on=date(2026, 6, 14))}
    marks = {
        pin.id: mark.replace("△", "○")
        for (pin, _), mark in zip(found[LINES[line]].cells, found[LINES[line]].marks(), strict=True)
    }
    assert marks["P5"] == marks["P6"]
    assert told == [marks[pin] for pin in ("P1", "P2", "P3", "P4", "P6", "P7", "P8")]


# The figures as printed on the page, rounded there: "1 in 10,000", "0.3 %", "2.0 %".
@pytest.mark.parametrize("threshold", [3.09, 3.72, 4.26])
def test_the_figures_of_the_page_are_those_of_the_model(threshold: float) -> None:
    (row,) = [each for each in PAGE.splitlines() if each.startswith(f"| {threshold} |")]
    once, new, old = (cell.strip() for cell in row.split("|")[2:-1])
    fresh = threshold_line(ASSUMED.with_(threshold=threshold))
    aged = threshold_line(ASSUMED.with_(threshold=threshold), photo=Photo(9.0))
    one_in = float(once.removeprefix("1 in ").replace(",", ""))
    assert fresh.false_accept_once == pytest.approx(1 / one_in, rel=0.03)
    for cell, line in ((new, fresh), (old, aged)):
        assert cell == f"{line.false_reject_once * 100:.{len(cell.split('.')[1]) - 2}f} %"


def test_the_words_of_the_page_about_lost_cards_hold() -> None:
    """28 of 100,000 by the face alone; a twin in four of ten cases; a picture almost always."""
    line = threshold_line(ASSUMED.with_(threshold=3.72, attempts=3))
    assert int(line.opened_by_face) == 28
    assert line.opened_by_face_and_pin < 0.01
    assert 0.35 < line.look_alike < 0.45
    assert line.picture_without_liveness > 0.99
