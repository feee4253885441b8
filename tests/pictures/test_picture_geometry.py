"""Where things stand in a picture: by hand for a small life, without overlaps for every story."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from simulator.pictures import Language, Picture, pictures_of
from simulator.pictures.axis import axis_of
from simulator.pictures.labels import Flag, raised, stacked
from simulator.pictures.layout import LABEL, lay_out
from simulator.pictures.measure import Box, columns, fitted, text_width, wrapped
from simulator.pictures.sheet import Sheet
from tests.pictures.conftest import TINY, moved, outcome_of


def drawn(policies: str = "") -> tuple[Picture, Sheet]:
    (picture,) = pictures_of(moved(policies))
    return picture, lay_out(picture, "en")


def long_life() -> Picture:
    """A hundred events: 24 moves in four years, with a new pair of certificates each."""
    steps = []
    for month in range(24):
        year, number = 2024 + month // 6, month % 6 * 2 + 1
        for day, act in (
            (3, 'do = "move"'),
            (20, 'do = "issue"\nkinds = ["card_signature"]'),
            (21, 'do = "issue"\nkinds = ["mobile_signature"]'),
        ):
            steps.append(f"[[step]]\non = {year + 1}-{number:02}-{day:02}\n{act}\n")
    phone = '[[step]]\non = 2024-07-01\ndo = "enrol_phone"\n'
    (picture,) = pictures_of(outcome_of(TINY + phone + "".join(steps)))
    return picture


def test_a_small_life_stands_where_a_hand_puts_it() -> None:
    (picture,) = pictures_of(outcome_of(TINY))
    sheet = lay_out(picture, "en")
    # The register begins on 2016-01-01, the card comes on 2024-06-01: 3074 days later. The first
    # place is 22 right of the names, which take 206; between days there are 76 and 13 a decade;
    # seconds are 27 apart; the last second of the day is 46 from the morning.
    card = 206 + 22 + 76 + 13 * math.log10(3074)
    steps = [0, card - 228, card - 228 + 27, card - 228 + 54]
    # A short life is stretched to what is left of 900: 228 before it, 128 to now, 132 after that.
    by = (900 - 228 - 128 - 132) / (steps[-1] + 46)
    expected = [228 + step * by for step in steps]
    assert [knot.x for knot in sheet.knots] == pytest.approx(expected, abs=0.006)
    assert sheet.now == pytest.approx(900 - 128 - 132)
    bars = {bar.bar.id: bar for lane in sheet.lanes for bar in lane.bars}
    begins = {name: bar.x0 for name, bar in bars.items()}
    assert begins == pytest.approx(
        {
            "register": expected[0],
            "card-1": expected[1],
            "card_authentication-1001": expected[2],
            "card_signature-1002": expected[3],
        },
        abs=0.006,
    )
    assert {bar.x1 for bar in bars.values()} == {sheet.now}


def test_lanes_stand_below_one_another_in_their_order() -> None:
    _, sheet = drawn()
    assert [lane.track.value for lane in sheet.lanes] == [
        "person",
        "card",
        "card_signature",
        "card_authentication",
        "phone",
        "mobile_signature",
        "mobile_authentication",
    ]
    for above, below in zip(sheet.lanes, sheet.lanes[1:], strict=False):
        assert above.y + above.height == below.y


def test_an_arrow_leads_from_the_mark_to_the_bar_and_on_to_the_next() -> None:
    picture, sheet = drawn()
    mark = next(knot for knot in sheet.knots if knot.marks[0].event == "resident_record_amended")
    ends = {bar.bar.track.value: bar for lane in sheet.lanes for bar in lane.bars}
    falls = [each for each in sheet.links if each.link.effect.value == "revoke"]
    by_bar = {each.link.bar: each for each in falls}
    first, second = by_bar["card_signature-1002"], by_bar["mobile_signature-1003"]
    assert (first.x0, first.x1, first.cascade) == (mark.x, mark.x, False)
    assert first.y1 == ends["card_signature"].y
    assert (second.y0, second.cascade) == (ends["card_signature"].middle, True)
    assert second.y1 == ends["mobile_signature"].y
    assert picture.links[-1].over == "card_signature-1002"


def test_what_is_recorded_later_ends_further_to_the_right() -> None:
    # the phone's certificate is recorded 900 seconds after the card's, 46 to the right.
    _, sheet = drawn("[policies]\ncascade_gap_seconds = 900\n")
    ends = {bar.bar.track.value: bar.x1 for lane in sheet.lanes for bar in lane.bars}
    assert ends["mobile_signature"] - ends["card_signature"] == pytest.approx(46)
    assert [label.text for label in sheet.times][-3:] == ["09:00", "09:15", "23:59"]


def test_a_gap_is_broken_from_the_thirty_second_day_on() -> None:
    sheet = lay_out(long_life(), "en")
    assert sheet.axis.grain is not None
    _, near = drawn()
    lengths = {gap.days: gap.broken for gap in near.axis.gaps}
    # 3074 days to the card, 395 to the phone (2024-06-01 to 2025-07-01), 399 to the move, then 1.
    assert lengths == {3074: True, 395: True, 399: True, 1: False}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_label_of_any_shipped_story_covers_another(
    shipped: dict[str, Picture], language: Language
) -> None:
    assert len(shipped) > 200
    for name, picture in shipped.items():
        sheet = lay_out(picture, language)
        labels = sheet.labels()
        meeting = [(a, b) for a, b in combinations(labels, 2) if a.box.meets(b.box)]
        assert meeting == [], name
        edge = Box(0, 0, sheet.width, sheet.bottom)
        for label in labels:
            assert label.box.x >= 0, name
            assert label.box.x + label.box.width <= edge.width, name


def test_bars_of_one_row_never_cover_each_other(shipped: dict[str, Picture]) -> None:
    for name, picture in [*shipped.items(), ("long", long_life())]:
        for lane in lay_out(picture, "en").lanes:
            for one, other in combinations(lane.bars, 2):
                assert not one.box.meets(other.box), name


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_names_of_bars_cover_no_other_bar_and_no_line_of_now(
    shipped: dict[str, Picture], language: Language
) -> None:
    for name, picture in [*shipped.items(), ("long", long_life())]:
        sheet = lay_out(picture, language)
        bars = [bar for lane in sheet.lanes for bar in lane.bars]
        for bar in bars:
            box = bar.label.box
            assert box.width >= text_width(bar.label.text, LABEL), name
            if bar.inside:
                assert bar.box.x <= box.x, name
                assert box.x + box.width <= bar.parts[0].x1, name
            others = (other for other in bars if other is not bar)
            assert not any(box.meets(other.box) for other in others), (name, bar.label.text)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_in_a_short_life_every_name_stands_inside_its_bar(language: Language) -> None:
    """A move, a day later a new certificate: what a page shows after ten minutes."""
    picture, _ = drawn()
    sheet = lay_out(picture, language)
    for lane in sheet.lanes:
        for bar in lane.bars:
            if bar.parts[0].x1 - bar.parts[0].x0 >= 120:  # the longest name and its margins
                assert bar.inside, bar.label.text
    assert sheet.now - sheet.axis.end in (0, 128)


def test_a_short_life_is_stretched_threefold_at_most_and_a_long_one_not_at_all() -> None:
    begin = datetime(2026, 8, 3, 1, tzinfo=UTC)
    # Seconds apart there are 27: threefold 81. A day apart 76, and one of 60 is wider than that.
    two = [begin, begin + timedelta(seconds=1)]
    assert axis_of(two, start=0, room=1000, least=500).end == 81
    assert axis_of(two, start=0, room=1000, least=54).end == 54
    assert axis_of([begin, begin + timedelta(days=1)], start=0, room=1000, least=60).end == 76
    assert axis_of([begin], start=7, room=1000, least=60).end == 7


def test_a_hundred_events_are_put_together_and_none_is_lost() -> None:
    picture = long_life()
    assert len(picture.marks) > 75
    sheet = lay_out(picture, "en")
    shown = [mark.number for knot in sheet.knots for mark in knot.marks]
    assert shown == [mark.number for mark in picture.marks]
    drawn_bars = {bar.id for lane in sheet.lanes for laid in lane.bars for bar in laid.bundle}
    assert drawn_bars == {bar.id for bar in picture.bars}
    assert len(sheet.knots) < len(picture.marks) / 2
    assert sheet.width < 2700
    meeting = [(a, b) for a, b in combinations(sheet.labels(), 2) if a.box.meets(b.box)]
    assert meeting == []


def test_flags_close_together_rise_like_stairs_up_to_the_highest() -> None:
    row = [Flag(10.0 * n, 100.0) for n in range(4)]
    assert raised(row, highest=8) == (3, 2, 1, 0)
    assert raised(row, highest=2) == (None, 2, 1, 0)
    assert raised([Flag(0, 90), Flag(100, 90)], highest=8) == (0, 0)


def test_labels_of_one_row_keep_apart() -> None:
    assert stacked([Flag(0, 10), Flag(16, 10), Flag(20, 10)], gap=6.0) == (0, 0, 1)
    assert stacked([Flag(0, 10), Flag(15.9, 10)], gap=6.0) == (0, 1)


def test_boxes_that_share_an_edge_do_not_meet() -> None:
    assert not Box(0, 0, 10, 10).meets(Box(10, 0, 5, 5))
    assert Box(0, 0, 10, 10).meets(Box(9.9, 0, 5, 5))


def test_text_is_measured_and_broken_as_a_terminal_shows_it() -> None:
    assert columns("CS 発行") == 7
    assert fitted("カード交付", 6, measure=columns) == "カー…"
    assert wrapped("a bb ccc", 4, measure=columns) == ("a bb", "ccc")
    assert wrapped("失効した。", 8, measure=columns) == ("失効し", "た。")
    assert wrapped("根拠（条文", 6, measure=columns) == ("根拠", "（条文")
    assert wrapped("abcdefgh", 3, measure=columns) == ("abc", "def", "gh")
