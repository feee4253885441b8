"""What a picture says: every event and certificate, the article of law, and nobody's name."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from lxml import etree

from jpki.errors import ImpossibleFact
from jpki.jst import JST
from jpki.law import Rulebook
from jpki.life import CertificateState, State, advance, state_at
from simulator.pictures import Language, Picture, html, picture_of, pictures_of, svg, svg_fragment
from simulator.pictures.measure import text_width
from simulator.pictures.model import End, Look
from simulator.story import read_file, run_story, shipped_stories, story_files
from simulator.timeline import timeline
from tests.pictures.conftest import TINY, moved, outcome_of

SVG = "{http://www.w3.org/2000/svg}"
MOVE = datetime(2026, 8, 4, 9, tzinfo=JST)


def parsed(text: str) -> etree._Element:
    """Parse strictly: no repairs, no entities, no network."""
    return etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))


def titles(root: etree._Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}title")]


def the_move(language: Language = "en") -> str:
    (picture,) = pictures_of(moved())
    return svg(picture, language)


def test_every_event_and_every_certificate_of_the_timeline_is_in_the_picture(
    shipped: dict[str, Picture],
) -> None:
    for name, picture in shipped.items():
        # Either language has the same shapes; every other picture is drawn in the other.
        root = parsed(svg(picture, "en" if len(name) % 2 else "ja"))
        numbers = " ".join(each.get("data-marks", "") for each in root.iter(f"{SVG}g")).split()
        assert [int(each) for each in numbers] == [mark.number for mark in picture.marks], name
        bars = " ".join(each.get("data-bars", "") for each in root.iter(f"{SVG}g")).split()
        assert set(bars) == {bar.id for bar in picture.bars}, name
        ids = [each.get("id") for each in root.iter() if each.get("id")]
        assert len(ids) == len(set(ids)), name
        width = float(root.get("width") or 0)
        for line in root.iter(f"{SVG}text"):
            if line.get("text-anchor") is None:
                size, x = float(line.get("font-size") or 0), float(line.get("x") or 0)
                assert x + text_width(line.text or "", size) <= width, name


def test_marks_and_bars_are_those_of_the_timeline_and_the_state() -> None:
    outcome = moved()
    (picture,) = pictures_of(outcome)
    state = advance(State.empty(outcome.entries[0].recorded_at), outcome.entries)
    told = timeline(outcome.entries, "person-1", at=picture.at, book=state.book)
    assert [(mark.at, mark.event) for mark in picture.marks] == [(m.at, m.event) for m in told]
    serials = {f"{each.kind.value}-{each.serial}" for each in state.records("person-1")}
    assert serials == {bar.id for bar in picture.bars if "_" in bar.track}
    done = sorted((c.kind.value, c.effect) for m in told for c in m.changes)
    links = [link for link in picture.links if "_" in link.bar]
    assert done == sorted((link.bar.rpartition("-")[0], link.effect) for link in links)


AS_DRAWN = {
    CertificateState.ACTIVE: (End.OPEN, Look.SOUND),
    CertificateState.HELD: (End.OPEN, Look.HELD),
}


def test_a_bar_ends_as_the_state_has_it_at_the_last_entry_of_every_shipped_story() -> None:
    for path in story_files([shipped_stories()]):
        story = read_file(path).story
        assert story is not None
        for outcome in run_story(story):
            book = Rulebook.default().with_(**outcome.variant.policies)
            for member in story.people:
                at = outcome.entries[-1].recorded_at
                picture = picture_of(outcome.entries, member.id, at=at, book=book)
                state = state_at(outcome.entries, at, book=book)
                bars = {bar.id: bar for bar in picture.bars}
                for record in state.records(member.id):
                    bar = bars[f"{record.kind.value}-{record.serial}"]
                    told = state.state_of(record)
                    if told in AS_DRAWN:
                        assert (bar.end, bar.stretches[-1].look) == AS_DRAWN[told], outcome.name
                    else:
                        assert bar.end.value == told.value, outcome.name


def test_a_mark_and_a_bar_tell_their_cause_with_the_article() -> None:
    english, japanese = titles(parsed(the_move())), titles(parsed(the_move("ja")))
    # the phone's signature certificate falls by articles 16-13 and 16-14(1)(iv) of the Act,
    # because the card's fell by 12(1)(i) and 15(1)(ii).
    for told in (each for each in english if "address changed" in each or "MS 1003 –" in each):
        assert "Act art. 16-13, Act art. 16-14(1)(iv)" in told
        assert "Act art. 12(1)(i), Act art. 15(1)(ii)" in told
    assert sum("Act art. 16-13" in each for each in english) == 2
    assert sum("公的個人認証法第16条の13" in each for each in japanese) == 2


def test_whatever_can_be_pointed_at_can_be_reached_by_keyboard_and_has_a_name() -> None:
    root = parsed(the_move())
    targets = [each for each in root.iter(f"{SVG}g") if each.get("tabindex") == "0"]
    assert len(targets) == 8 + 7  # eight events; the register, a card, a phone, four certificates
    for target in targets:
        parent, title = target.getparent(), target.find(f"{SVG}title")
        assert parent is not None
        assert title is not None
        assert (target.get("role"), parent.get("role")) == ("listitem", "list")
        assert target.get("aria-label") == (title.text or "").replace("\n", "; ")
        tip = target.getnext()
        assert tip is not None
        assert tip.get("class") == "tip"


def test_a_picture_stands_alone_and_says_that_it_is_simulated() -> None:
    for text in (the_move(), html(pictures_of(moved()), "ja")):
        assert "模擬" in text
        assert "SIMULATED" in text
        assert "<script" not in text
        assert not re.search(r"@import|@font-face|(href|src)=|url\((?!#)", text)
        assert set(re.findall(r"https?://[^\"' ]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_names_and_addresses_are_in_no_picture_unless_asked_for() -> None:
    outcome = moved()
    pictures = pictures_of(outcome)
    for text in (svg(pictures[0], "ja"), html(pictures, "ja"), repr(pictures)):
        assert "植田" not in text
    named = picture_of(outcome.entries, "person-1", at=pictures[0].at, with_name=True)
    assert "person-1 植田 名子" in svg(named)
    assert "植田県" not in svg(named)


def test_what_others_wrote_cannot_break_out() -> None:
    hostile = TINY.replace("植田 名子", '</text><script>alert(1)</script>\\u0001&amp;\\"')
    (picture,) = pictures_of(outcome_of(hostile.replace('"A card"', '"]]> <!-- & \\u0002"')))
    named = picture_of(
        outcome_of(hostile).entries, "person-1", at=picture.at, with_name=True, title=picture.title
    )
    assert "alert(1)" in "".join(parsed(svg(named)).itertext())
    for text in (svg(named), html(named)):
        assert "<script" not in text
        assert "<!--" not in text


def test_the_same_life_gives_the_same_bytes() -> None:
    assert the_move("ja") == the_move("ja")
    assert html(pictures_of(moved())) == html(pictures_of(moved()))


def test_two_fragments_of_a_page_share_no_id() -> None:
    (picture,) = pictures_of(moved())
    assert svg_fragment(picture).startswith("<svg ")
    roots = [parsed(svg_fragment(picture, "ja", prefix=each)) for each in ("one", "two")]
    ids = [{each.get("id") for each in root.iter() if each.get("id")} for root in roots]
    assert ids[0]
    assert not ids[0] & ids[1]
    for root, own in zip(roots, ids, strict=True):
        text = etree.tostring(root, encoding="unicode")
        assert set(re.findall(r"url\(#([^)]+)\)", text)) <= own
        assert set((root.get("aria-labelledby") or "").split()) <= own
    assert "url(#" not in svg_fragment(picture, prefix='x"><b').replace("url(#x---b-held)", "")


def test_a_page_has_the_same_as_a_table() -> None:
    (picture,) = pictures_of(moved())
    root = etree.HTML(html(picture, "en"))
    rows = root.xpath("//table[caption='Events']/tbody/tr")
    assert [row.findtext("th") for row in rows] == [str(n) for n in range(1, 9)]
    move = " ".join(rows[-1].itertext())
    assert "MS 1003: revoked" in move
    assert "Act art. 16-13" in move
    assert root.xpath("//html/@lang") == ["en"]
    assert [each.text for each in root.xpath("//th[@scope='col']")][:2] == ["No.", "When (JST)"]
    lasting = root.xpath("//table[caption='What lasts']/tbody/tr")
    assert len(lasting) == len(picture.bars)


def test_a_hold_is_a_stretch_of_its_own_and_an_expiry_is_a_mark_nobody_records(
    shipped: dict[str, Picture],
) -> None:
    picture = shipped["ev-36-held-until-expiry person-1"]
    bars = {bar.id: bar for bar in picture.bars}
    held = bars["card_authentication-1001"]
    assert [each.look for each in held.stretches] == [Look.SOUND, Look.HELD]
    assert held.end is End.EXPIRED
    assert bars["card_signature-1002"].end is End.REVOKED
    # The certificates run out at 23:59:59 of the fifth birthday after issue, 2028-09-15.
    assert held.ends == datetime(2028, 9, 15, 23, 59, 59, tzinfo=JST)
    unrecorded = [mark for mark in picture.marks if mark.seq is None]
    assert {mark.event for mark in unrecorded} == {"validity_ended"}


def test_a_former_phone_stays_in_the_picture_while_its_keys_may_remain(
    shipped: dict[str, Picture],
) -> None:
    picture = shipped["sc-09-old-android-new-iphone person-1"]
    phones = {bar.id: bar for bar in picture.bars if bar.track == "phone"}
    assert [each.label.en for each in phones.values()] == ["phone 1: Android", "phone 2: iPhone"]
    assert [each.look for each in phones["phone-1"].stretches] == [Look.SOUND, Look.LEFT_OVER]


def test_who_comes_back_from_abroad_is_in_the_resident_record_a_second_time(
    shipped: dict[str, Picture],
) -> None:
    picture = shipped["ev-31-return-in-time person-1"]
    spells = [bar for bar in picture.bars if bar.track == "person"]
    assert [each.label.en.split()[0] for each in spells] == ["resident", "abroad", "resident"]
    assert [each.end is End.OPEN for each in spells] == [False, False, True]
    assert spells[0].ends == spells[1].begins


def test_nobody_is_in_a_register_after_death_abroad(shipped: dict[str, Picture]) -> None:
    picture = shipped["ev-30-end-abroad/death person-1"]
    spells = [bar for bar in picture.bars if bar.track == "person"]
    assert all(each.end is not End.OPEN for each in spells)


@pytest.mark.parametrize(
    ("since", "events"),
    [(MOVE, ["resident_record_amended"]), (MOVE + timedelta(seconds=1), [])],
)
def test_a_picture_can_begin_later_and_cuts_what_began_before(
    since: datetime, events: list[str]
) -> None:
    outcome = moved()
    at = datetime(2026, 8, 5, 12, tzinfo=JST)
    picture = picture_of(outcome.entries, "person-1", at=at, begins=since)
    assert [mark.event for mark in picture.marks] == events
    authentication = [bar for bar in picture.bars if bar.track == "card_authentication"]
    assert [bar.begun_before for bar in authentication] == [True]
    assert parsed(svg(picture)) is not None


def test_what_cannot_be_drawn_is_refused_by_name() -> None:
    outcome = moved()
    with pytest.raises(ImpossibleFact, match="nobody"):
        picture_of(outcome.entries, "P999", at=MOVE)
    with pytest.raises(ImpossibleFact, match="before it begins"):
        picture_of(outcome.entries, "person-1", at=MOVE, begins=MOVE + timedelta(days=1))


def test_a_failed_expectation_is_marked_where_it_fails() -> None:
    outcome = moved(wanted="R3 A A A")
    (picture,) = pictures_of(outcome)
    finding = picture.finding
    assert finding is not None
    assert outcome.difference is not None
    assert (finding.at, finding.key) == (outcome.difference.at, "mobile_signature")
    assert (finding.expected.en, finding.found.en) == ("A", "R3c")
    root = parsed(svg(picture))
    seen = " ".join(root.itertext())
    assert "Not as expected: mobile_signature (own.toml:" in seen
    assert root.find(f".//{SVG}rect[@class='wrong-lane']") is not None
    assert parsed(the_move()).find(f".//{SVG}rect[@class='wrong-lane']") is None
    assert "Not as expected" in html(picture)


def test_a_story_of_two_has_a_picture_of_each(shipped: dict[str, Picture]) -> None:
    assert len([name for name in shipped if name.startswith("x-01-couple")]) >= 2


def test_each_effect_leads_to_a_bar_that_is_there(shipped: dict[str, Picture]) -> None:
    for name, picture in shipped.items():
        there = {bar.id for bar in picture.bars}
        for link in picture.links:
            assert link.bar in there, name
            assert link.over is None or link.over in there, name
