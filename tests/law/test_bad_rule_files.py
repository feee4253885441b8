"""Rule files that are broken, overlap or leave a gap: refused, and the place is named.

Single mistakes in a row are in ``test_tables_refuse.py``; here are files, and rows against rows.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jpki.errors import MalformedRule, RuleConflict, RuleGap
from jpki.law import (
    Fact,
    RuleTable,
    Subject,
    authentication_expiry,
    complete_tables_from,
    holes,
    load,
    rule_for,
    tables_from,
)
from jpki.law.evaluate import Rulebook
from jpki.law.reading import shipped_text

FILES = ("revocation.toml", "policies.toml", "validity.toml", "milestones.toml", "sources.toml")
LOSS = Fact.of("card_reissue_requested", cause="lost")
ON = date(2026, 1, 1)


def _block(file: str, row: str) -> tuple[str, int, int]:
    text = shipped_text(file)
    start = text.rindex("\n[[", 0, text.index(f'\nid = "{row}"\n')) + 1
    end = text.find("\n[[", start)
    return text, start, len(text) if end < 0 else end + 1


def _edited(file: str, row: str, *changes: tuple[str, str]) -> RuleTable:
    text, start, end = _block(file, row)
    block = text[start:end]
    for old, new in changes:
        assert old in block
        block = block.replace(old, new)
    return tables_from({file: text[:start] + block + text[end:]})


def _without(file: str, row: str) -> RuleTable:
    text, start, end = _block(file, row)
    return tables_from({file: text[:start] + text[end:]})


def _twice(file: str, row: str, *changes: tuple[str, str]) -> RuleTable:
    text, start, end = _block(file, row)
    block = text[start:end]
    for old, new in changes:
        assert old in block
        block = block.replace(old, new)
    return tables_from({file: f"{text}\n{block}"})


def test_the_files_as_shipped_are_read() -> None:
    assert tables_from({name: shipped_text(name) for name in FILES}) == load()


# what every row of every file must get right


ROWS = [
    ("revocation.toml", "K-16"),
    ("policies.toml", "cascade_reason"),
    ("milestones.toml", "pinless_card"),
]
ROW_MISTAKES = [
    (("since = ", "colour = 'red'\nsince = "), "colour"),
    (("since = ", "sinse = "), "since"),
    (("since = ", "since = 2026-02-30 #"), "{file}"),
    (("since = ", "until = 2001-01-01\nsince = "), "until must be later than since"),
    (("basis = [", "basis = ['nowhere:1',"), "nowhere"),
    (("basis = [", "basis = ['act:twelve',"), "act:twelve"),
    (("basis = [", "basis = [] #"), "basis"),
    (("certainty = ", "certainty = 'gossip' #"), "certainty"),
    (("note_ja = ", "note_ja = '' #"), "note_ja"),
    (("covers = ", "covers = 'EV-37' #"), "covers"),
]


@pytest.mark.parametrize(("file", "row"), ROWS)
@pytest.mark.parametrize(("change", "says"), ROW_MISTAKES, ids=[says for _, says in ROW_MISTAKES])
def test_a_row_with_a_mistake_is_refused_with_its_id_or_its_file(
    file: str, row: str, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(MalformedRule) as caught:
        _edited(file, row, change)
    message = str(caught.value)
    assert says.format(file=file) in message
    assert row in message or file in message


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_not_toml_is_refused_with_its_name_and_the_line(file: str) -> None:
    with pytest.raises(MalformedRule, match=rf"^{file}: .*line 2"):
        tables_from({file: "# a comment\nthis is no TOML\n"})


@pytest.mark.parametrize("file", FILES)
def test_a_file_with_a_section_nobody_knows_is_refused(file: str) -> None:
    with pytest.raises(MalformedRule, match=rf"^{file}: unknown section chapter"):
        tables_from({file: shipped_text(file) + "\n[[chapter]]\nid = 'x'\n"})


@pytest.mark.parametrize(
    "text", ["policy = 7\n", "policy = ['card']\n", "[policy]\nid = 'x'\n", "policy = 'x'\n"]
)
def test_a_section_that_is_no_list_of_rows_is_refused_as_such(text: str) -> None:
    with pytest.raises(MalformedRule, match=r"policies\.toml"):
        tables_from({"policies.toml": text})


# duplicates, overlap and gaps


@pytest.mark.parametrize(
    ("file", "row"), [*ROWS, ("validity.toml", "R49.card-cap"), ("sources.toml", "act-order")]
)
def test_an_id_that_is_used_twice_is_refused(file: str, row: str) -> None:
    with pytest.raises(MalformedRule, match=f"{row} is used twice"):
        _twice(file, row)


def test_two_rules_that_overlap_by_one_day_are_found_on_that_day_and_both_named() -> None:
    file, row, last = "revocation.toml", "K-16", date(2026, 4, 1)
    text, start, end = _block(file, row)
    block = text[start:end]
    since = "since = 2016-01-01"
    old = block.replace(since, f"{since}\nuntil = {last + timedelta(days=1)}")
    new = block.replace(f'"{row}"', f'"{row}.next"', 1).replace(since, f"since = {last}")
    table = tables_from({file: text[:start] + old + new + text[end:]})
    assert rule_for(table, LOSS, Subject.CARD, on=last - timedelta(days=1)).id == row
    with pytest.raises(RuleConflict, match=r"K-16, K-16\.next all speak on 2026-04-01"):
        rule_for(table, LOSS, Subject.CARD, on=last)
    assert rule_for(table, LOSS, Subject.CARD, on=last + timedelta(days=1)).id == f"{row}.next"
    found = list(holes(table))
    assert {(hole.on, hole.subject, hole.fact.name) for hole in found} == {
        (last, Subject.CARD, "card_reissue_requested")
    }


def test_rules_that_leave_one_day_uncovered_are_found_on_that_day() -> None:
    file, row, gap = "revocation.toml", "K-16", date(2026, 4, 1)
    text, start, end = _block(file, row)
    block = text[start:end]
    since = "since = 2016-01-01"
    old = block.replace(since, f"{since}\nuntil = {gap}")
    new = block.replace(f'"{row}"', f'"{row}.next"', 1)
    new = new.replace(since, f"since = {gap + timedelta(days=1)}")
    table = tables_from({file: text[:start] + old + new + text[end:]})
    for on in (gap - timedelta(days=1), gap + timedelta(days=1)):
        rule_for(table, LOSS, Subject.CARD, on=on)
    with pytest.raises(RuleGap, match=r"no rule on 2026-04-01 for card_reissue_requested"):
        rule_for(table, LOSS, Subject.CARD, on=gap)
    assert {(hole.on, hole.subject) for hole in holes(table)} == {(gap, Subject.CARD)}


def test_a_rule_that_is_taken_away_leaves_a_gap_that_is_named() -> None:
    table = _without("revocation.toml", "K-16")
    with pytest.raises(RuleGap, match=r"card_reissue_requested\(cause=lost\) and card"):
        rule_for(table, LOSS, Subject.CARD, on=ON)


def test_two_figures_for_one_day_or_none_are_refused_where_they_are_needed() -> None:
    born, ends = date(1990, 9, 15), date(2034, 9, 15)
    doubled = _twice("validity.toml", "R49.card-cap", ("R49.card-cap", "R49.card-cap.again"))
    missing = _without("validity.toml", "R49.card-cap")
    for table, rows in ((doubled, 2), (missing, 0)):
        book = Rulebook(table, table.default_policies)
        with pytest.raises(MalformedRule, match=f"authentication_capped_by_card.*{rows} rows"):
            authentication_expiry(ON, born, card_expires_on=ends, book=book)


def test_a_policy_that_is_taken_away_is_missed_by_the_rules_that_name_it() -> None:
    with pytest.raises(MalformedRule, match="cascade_reason"):
        _without("policies.toml", "cascade_reason")


def test_a_source_that_is_taken_away_is_missed_by_the_rows_that_rest_on_it() -> None:
    with pytest.raises(MalformedRule, match="cps-reasons"):
        _without("sources.toml", "cps-reasons")


def test_an_event_that_is_taken_away_is_missed_by_its_rules() -> None:
    with pytest.raises(MalformedRule, match="card_reissue_requested"):
        _without("revocation.toml", "card_reissue_requested")


def test_a_refused_file_leaves_the_shipped_tables_as_they_were() -> None:
    before = load()
    with pytest.raises(MalformedRule):
        _twice("revocation.toml", "K-16")
    assert load() is before
    assert rule_for(load(), LOSS, Subject.CARD, on=ON).id == "K-16"


# tables of one's own


def _text_without(row: str) -> str:
    text, start, end = _block("revocation.toml", row)
    return text[:start] + text[end:]


def test_complete_tables_are_taken() -> None:
    assert complete_tables_from({}) == load()


def test_tables_with_a_gap_are_refused_and_the_case_is_named() -> None:
    with pytest.raises(RuleGap, match="card_reissue_requested"):
        complete_tables_from({"revocation.toml": _text_without("K-16")})


def test_tables_with_an_overlap_are_refused_and_both_rows_are_named() -> None:
    text, start, end = _block("revocation.toml", "K-16")
    again = text[start:end].replace('id = "K-16"', 'id = "K-16.again"')
    with pytest.raises(RuleConflict, match=r"K-16.*K-16\.again"):
        complete_tables_from({"revocation.toml": f"{text}\n{again}"})
