"""``jpki law`` and ``jpki expiry`` answer people and programs, and name what is wrong."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from jpki.cli.app import app
from jpki.law import load
from jpki.terms import Certainty


def _run(*args: str) -> Result:
    return CliRunner().invoke(app, list(args), env={"LC_ALL": "C", "COLUMNS": "100"})


def _json(*args: str) -> object:
    result = _run(*args, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_show_prints_what_is_in_force_on_a_day() -> None:
    before, after = (
        {row["id"] for row in _json("law", "show", "--on", f"2024-05-{day}")} for day in (26, 27)
    )
    assert "K-1.old" in before - after
    assert "K-1" in after - before


def test_show_without_a_day_prints_every_row() -> None:
    assert len(_json("law", "show")) == len(list(load().rows()))


def test_show_can_be_narrowed_to_a_kind() -> None:
    rows = _json("law", "show", "--kind", "mobile_signature", "--kind", "card_substitute")
    assert rows
    for row in rows:
        assert {"mobile_signature", "card_substitute"} & set(row["subjects"]), row["id"]


def test_show_prints_text_in_both_languages() -> None:
    english = _run("law", "show", "--on", "2026-01-01", "--lang", "en").output
    japanese = _run("law", "show", "--on", "2026-01-01", "--lang", "ja").output
    assert "K-16  [ordinance]  2016-01-01 –" in english
    assert "basis: Ordinance on My Number cards art. 28(4)" in english
    assert "K-16  [政省令]  2016-01-01 –" in japanese
    assert "根拠: 個人番号カード等命令第28条第4項" in japanese


def test_show_prints_the_page_as_markdown() -> None:
    text = _run("law", "show", "--format", "markdown", "--on", "2023-05-10").output
    assert "as in force on 2023-05-10" in text
    assert "端末署名用" not in text.split("## 暗証番号")[0]


def test_diff_tells_what_began_and_what_ended_whichever_day_comes_first() -> None:
    found = _json("law", "diff", "2024-05-26", "2024-05-27")
    assert _json("law", "diff", "2024-05-27", "2024-05-26") == found
    assert "K-1.old" in {row["id"] for row in found["ended"]}
    assert "overseas_use" in {row["id"] for row in found["began"]}
    assert "ended: 0" in _run("law", "diff", "2024-05-27", "2024-05-28").output


def test_list_is_the_agenda_of_what_is_assumed() -> None:
    rows = _json("law", "list", "--certainty", "assumed")
    expected = {row.id for row in load().rows() if row.certainty is Certainty.ASSUMED}
    assert {row["id"] for row in rows} == expected
    assert {"card_auth_after_hold", "T-6.mobile-signature.falls"} <= expected


# EV-34
def test_explain_follows_an_event_to_every_certificate() -> None:
    (case,) = _json("law", "explain", "card_loss_reported", "--on", "2026-04-01")["cases"]
    marks = {kind: outcome["mark"] for kind, outcome in case["outcomes"].items()}
    assert marks == {
        "card_signature": "R6",
        "card_authentication": "H",
        "mobile_signature": "R6c",
        "mobile_authentication": "=",
        "card": "H",
        "card_substitute": "L",
    }
    assert case["outcomes"]["mobile_signature"]["through"] == ["card-loss-reported.card-signature"]


def test_explain_answers_under_another_policy() -> None:
    text = _run(
        "law", "explain", "card_loss_reported", "--on", "2026-04-01",
        "--policy", "card_hold_cascades_to_ms=false",
    ).output  # fmt: skip
    assert "    R6  card, signature: revoked, code 6" in text
    assert "    =   phone, signature: no effect" in text


def test_events_lists_every_event_with_its_fields() -> None:
    assert [row["id"] for row in _json("law", "events")] == [row.id for row in load().events]
    text = _run("law", "events", "--lang", "ja").output
    assert "card_loss_reported: " in text
    assert "    channel: call_centre, counter" in text


# SC-01: card made 2024-03-01, certificates issued 2024-03-10
def test_expiry_gives_the_day_and_the_reason() -> None:
    args = ("expiry", "--born", "1990-09-15", "--made", "2024-03-01", "--issued", "2024-03-10")
    found = _json(*args)
    assert {name: each["ends_on"] for name, each in found.items()} == {
        "card": "2033-09-15",
        "card_signature": "2028-09-15",
        "card_authentication": "2028-09-15",
        "mobile_signature": "2028-09-15",
        "mobile_authentication": "2028-09-15",
    }
    text = _run(*args, "--lang", "en").output
    assert "  * 2028-09-15  [R13.five] To the fifth birthday after issue" in text
    assert "    2033-09-15  [R13.card-cap] Never beyond the card" in text


# SC-02 a and b: three months left, and one day less
@pytest.mark.parametrize(
    ("issued", "ends"), [("2026-03-10", "2030-06-10"), ("2026-03-11", "2031-06-10")]
)
def test_expiry_tells_the_fifth_birthday_from_the_sixth(issued: str, ends: str) -> None:
    found = _json(
        "expiry", "--born", "1988-06-10", "--made", "2021-07-01", "--issued", issued,
        "--current", "2026-06-10",
    )  # fmt: skip
    assert found["card_signature"]["ends_on"] == ends


# SC-12: the residence period caps everything
def test_expiry_is_capped_by_a_residence_period() -> None:
    found = _json(
        "expiry", "--born", "1995-12-20", "--made", "2025-11-10", "--issued", "2025-11-20",
        "--residence", "2026-10-31",
    )  # fmt: skip
    assert {each["ends_on"] for name, each in found.items() if name != "card_substitute"} == {
        "2026-10-31"
    }
    assert [limit["rule"] for limit in found["card"]["limits"] if limit["decides"]] == [
        "K27.residence"
    ]


EXPIRY = ("expiry", "--born", "1990-09-15", "--made", "2024-03-01")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("law", "show", "--on", "2026-02-30"), "error [format.document]: --on: '2026-02-30'"),
        (("law", "show", "--on", "20260210"), "--on: '20260210' is not a day"),
        (("law", "show", "--format", "markdown", "--kind", "card"), "--kind does not go"),
        (("law", "diff", "2026-01-01", "soon"), "LATER: 'soon' is not a day"),
        (("law", "explain", "alien_landing", "--on", "2026-01-01"), "EVENT: there is no event"),
        (("law", "explain", "mobile_device_enrolled", "--on", "2023-05-10"), "only since"),
        (("law", "explain", "pin_reset", "--on", "2026-01-01", "--policy", "x"), "name=value"),
        (("law", "explain", "pin_reset", "--on", "2026-01-01", "--policy", "x=1"), "no policy"),
        (("law", "explain", "pin_reset", "--on", "2026-01-01", "--policy",
          "cascade_reason=no"), "it can be 'copy'"),
        ((*EXPIRY, "--issued", "2024-02-29"), "before the card was made"),
        ((*EXPIRY, "--issued", "2034-01-01"), "the card ended on 2033-09-15"),
        (("expiry", "--born", "2024-03-02", "--made", "2024-03-01"), "before the holder's birth"),
        (("expiry", "--born", "1990-02-30", "--made", "2024-03-01"), "--born: '1990-02-30'"),
        (("law", "list", "--certainty", "perhaps"), "perhaps"),
        (("law", "show", "--kind", "stamp"), "stamp"),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_exits_with_2(args: tuple[str, ...], says: str) -> None:
    result = _run(*args)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output
