"""Pictures for a terminal: two kept ones, read by hand, and no line too wide in any language."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.pictures import Language, Picture, pictures_of, text
from simulator.pictures.measure import columns
from tests.pictures.conftest import moved

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "pictures"


@pytest.mark.parametrize(
    ("story", "language"),
    [("sc-01-house-move", "en"), ("ev-36-held-until-expiry", "ja")],
)
def test_a_picture_in_text_is_the_one_that_was_read_by_hand(
    shipped: dict[str, Picture], story: str, language: Language
) -> None:
    kept = (GOLDEN / f"{story}.{language}.txt").read_text(encoding="utf-8")
    assert text(shipped[f"{story} person-1"], language) == kept


@pytest.mark.parametrize("width", [40, 80, 133])
def test_no_line_is_wider_than_the_terminal(shipped: dict[str, Picture], width: int) -> None:
    for name, picture in shipped.items():
        for language in ("en", "ja"):
            lines = text(picture, language, width=width).splitlines()
            assert max(map(columns, lines)) <= width, name


def test_a_narrower_terminal_still_gets_forty_columns(shipped: dict[str, Picture]) -> None:
    picture = shipped["sc-01-house-move person-1"]
    assert text(picture, width=1) == text(picture, width=40)


def test_a_wide_terminal_gets_the_lanes_in_one_strip(shipped: dict[str, Picture]) -> None:
    picture = shipped["ev-31-return-in-time person-1"]
    strips = [text(picture, width=width).count("\nPhone ") for width in (80, 200)]
    assert strips == [2, 1]


def test_what_fails_stands_in_its_column_and_in_words() -> None:
    (picture,) = pictures_of(moved(wanted="R3 A A A"))
    lines = text(picture).splitlines()
    # Under the last place, which is the last second of the day the expectation names.
    column = next(line for line in lines if line.startswith("!!      ")).rindex("!!")
    end = next(line for line in lines if line.startswith("Card"))
    assert end[column] in "=>"
    assert any(line.startswith("!! Not as expected: mobile_signature") for line in lines)
    assert "   expected: A" in lines
    assert "   found: R3c" in lines
