"""The tables as people read them."""

from __future__ import annotations

import json
from datetime import date

import jpki.law
import jpki.life
from jpki.law import changes, changes_markdown, load, row_as_dict, rows_of, table_markdown
from jpki.terms import Certainty


def test_the_amendment_of_may_2024_shows_what_began_and_what_ended() -> None:
    found = changes(load(), earlier=date(2024, 5, 26), later=date(2024, 5, 27))
    assert {row.id for row in found.ended} == {
        "K-1.old",
        "V-10.issued",
        "deleted.abroad-continuing.card-signature.old",
        "deleted.abroad-continuing.card-authentication.old",
        "PM-without-pin.before",
        "reset.kiosk.authentication.delegation.before",
    }
    began = {row.id for row in found.began}
    assert {"K-1", "K-1.continuing", "V-10.made", "overseas_use"} <= began
    assert not changes(load(), earlier=date(2024, 5, 27), later=date(2024, 5, 28)).began
    assert changes(load(), earlier=found.later, later=found.earlier) == found


def test_changes_read_as_markdown_with_the_basis_in_words() -> None:
    found = changes(load(), earlier=date(2023, 5, 10), later=date(2023, 5, 11))
    text = changes_markdown(load(), found)
    assert text.startswith("# 2023-05-10 → 2023-05-11")
    assert "| `kind.mobile-signature` | 公的個人認証法第16条の2 |" in text


def test_a_table_shows_only_what_is_in_force_on_its_day() -> None:
    before, after = (table_markdown(load(), on=date(2024, 5, day)) for day in (26, 27))
    assert "| `K-1.old` |" in before
    assert "| `K-1.old` |" not in after
    assert "| `K-1` |" in after
    assert "番号法施行令第14条第1号" in after
    heads = [line for line in after.splitlines() if line.startswith("| id |")]
    assert len(heads) == 4


def test_every_line_of_a_table_has_as_many_cells_as_its_head() -> None:
    cells = 0
    for line in table_markdown(load(), on=date(2026, 6, 14)).splitlines():
        bars = line.replace("\\|", "").count("|")
        if line.startswith("| id |"):
            cells = bars
        if line.startswith("|"):
            assert bars == cells, line


def test_rows_can_be_asked_for_by_certainty() -> None:
    assumed = rows_of(load(), certainty=Certainty.ASSUMED)
    assert {"T-6.mobile-signature.falls", "cascade_reason"} <= {row.id for row in assumed}
    assert all(row.certainty is Certainty.ASSUMED for row in assumed)
    later = rows_of(load(), on=date(2024, 5, 27), certainty=Certainty.STATUTE)
    assert "K-1.old" not in {row.id for row in later}


def test_a_row_is_ready_for_json_with_its_basis_in_both_languages() -> None:
    for row in load().rows():
        json.dumps(row_as_dict(load(), row))
    content = row_as_dict(load(), load().rule("X-2.mobile-signature"))
    assert content["basis"][0] == {
        "key": "act:16-13",
        "ja": "公的個人認証法第16条の13",
        "en": "Act art. 16-13",
    }
    assert content["ground"] == "cascade"
    assert content["since"] == "2016-01-01"


def test_public_names_exist_and_are_sorted() -> None:
    for module in (jpki.law, jpki.life):
        assert all(hasattr(module, name) for name in module.__all__)
        assert len(set(module.__all__)) == len(module.__all__)
