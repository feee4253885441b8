"""Every mistake is found with its line and column, and several at once."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from random import Random

import pytest

from simulator.story import Problem, read_file, read_story, run_story, story_files


def problems(text: str) -> tuple[Problem, ...]:
    reading = read_story(text, name="told", source="told.toml")
    assert (reading.story is None) == bool(reading.problems)
    return reading.problems


def changed(good: str, old: str, new: str) -> str:
    assert good.count(old) >= 1
    return good.replace(old, new, 1)


# What is put in place of what, the code, the line and column of the new text, and what it says.
MISTAKES = [
    ('title_en = "A house move"\n', "", "missing-key", (1, 1), "title_en is missing"),
    ('covers = ["EV-01"]', 'cover = ["EV-01"]', "unknown-key", (3, 1), "did you mean covers?"),
    ('["EV-01"]', '["EV-01", "EV-01"]', "used-twice", (3, 20), "EV-01 is used twice"),
    ('["EV-01"]', "[1]", "wrong-type", (3, 11), "covers has to be"),
    ("cascade_reason =", "cascade_raeson =", "unknown-policy", (6, 1), "mean cascade_reason?"),
    ('= "copy"', '= "copi"', "unknown-value", (6, 18), "it can be copy, cessationOfOperation"),
    ("[[person]]\nborn = 1990-09-15\n", "", "nobody", (1, 1), "the story has no person"),
    ("[[person]]", "[person]", "wrong-type", (8, 1), "as in [[person]]"),
    ("born = 1990-09-15", "birn = 1990-09-15", "unknown-key", (9, 1), "did you mean born?"),
    ("born = 1990-09-15", 'born = "1990-09-15"', "wrong-type", (9, 8), "a day such as"),
    ("1990-09-15", "1990-02-30", "impossible-date", (9, 8), "1990-02-30 is not a day"),
    ("on = 2024-06-01", "on = 2024-13-01", "impossible-date", (12, 6), "2024-13-01"),
    ("on = 2024-06-01", "on = 9999-12-31", "too-far", (12, 6), "from 1850 to 2199"),
    ("on = 2024-06-01", "on = 0001-01-01T00:00:00", "too-far", (12, 6), "from 1850 to 2199"),
    (
        "born = 1990-09-15",
        "born = 1990-09-15\nregistered_on = 2015-12-31",
        "before-the-card",
        (10, 1),
        "before the card began on 2016-01-01",
    ),
    (
        "born = 1990-09-15",
        "born = 1990-09-15\nregistered_on = 2025-07-02",
        "before-registration",
        (20, 1),
        "2025-07-01 is before the person is registered",
    ),
    ("born = 1990-09-15", "born = 1849-12-31", "too-far", (9, 8), "1849-12-31 is too far"),
    ("on = 2024-06-01", "on = 1990-06-01", "before-birth", (11, 1), "before the birth"),
    ("on = 2024-06-01", "on = 2015-06-01", "before-registration", (11, 1), "registered"),
    ("on = 2024-06-01\n", "", "missing-key", (11, 1), "on is missing"),
    ("on = 2024-06-01", "on = 09:00:00", "wrong-type", (12, 6), "on has to be a day or"),
    ("issue_card", "issue_crad", "unknown-act", (13, 6), "did you mean issue_card?"),
    ('do = "issue_card"\n', "", "event-or-act", (11, 1), "either an event or an act"),
    ('"issue_card"', '"issue_card"\nevent = "card_issued"', "event-or-act", (11, 1), "either"),
    ('"issue_card"', '"issue_card"\nmade = 2024-05-01', "unknown-key", (14, 1), "mean made_on?"),
    ('"issue_card"', '"issue_card"\nrefused = "ON-99"', "unknown-rule", (14, 11), "ON-9"),
    ('"issue_card"', '"issue_card"\nrefused = false', "wrong-type", (14, 11), "or true"),
    ('"issue_card"', '"issue_card"\nwho = "taro"', "unknown-person", (14, 7), "'taro'"),
    ('"issue_card"', '"issue_card"\nkinds = []', "wrong-type", (14, 9), "a list of values"),
    ('"issue_card"', '"issue_card"\nkinds = ["sign"]', "unknown-value", (14, 9), "'sign'"),
    ("on = 2025-07-01\ndo", "on = 2024-05-01\ndo", "out-of-order", (15, 1), "the step above"),
    ("on = 2025-07-01\nc", "on = 2024-05-01\nc", "before-first-step", (19, 1), "2024-05-01"),
    ('"A A A A"', '"A A A"', "wrong-type", (21, 16), "four states"),
    ('"A A A A"', '"A A R7 A"', "unknown-mark", (21, 16), "'R7' is not a state"),
    ('"resident_record_amended"', '"resident_record_amend"', "unknown-event", (25, 9), "amended?"),
    ('"resident_record_amended"', '"resident_registered"', "not-for-stories", (25, 9), "runner"),
    ('item = "address"\n', "", "missing-key", (23, 1), "item is missing"),
    ('"address"', '"adress"', "unknown-value", (26, 8), "did you mean address?"),
    ("recorded = 2026-08-04", "recorded = 2026-08-02", "clocks", (23, 1), "becomes known"),
    ("recorded = 2026-08-04", "known = 2026-08-02", "clocks", (23, 1), "becomes known"),
    ('card = "valid"', 'card = "vaild"', "unknown-value", (32, 8), "did you mean valid?"),
    ('card = "valid"', "card = 1", "wrong-type", (32, 8), "a state, or a table"),
    ('card = "valid"', 'crad = "valid"', "unknown-key", (32, 1), "did you mean card?"),
    ('card = "valid"', 'card.stat = "valid"', "unknown-key", (32, 1), "did you mean state?"),
    ('card = "valid"', 'card.item = "K-99"', "unknown-rule", (32, 13), "K-99"),
    (
        'card = "valid"',
        'card_signature = "A"',
        "contradiction",
        (32, 1),
        "card_signature is said to be A and, in line 31, R3",
    ),
    (
        'card = "valid"',
        'previous.card = "valid"',
        "unknown-key",
        (32, 1),
        "unknown key card",
    ),
    ('card = "valid"', 'pin.user_pim = "usable"', "unknown-key", (32, 1), "did you mean user_pin?"),
    ("covers =", "covers = =", "syntax", (3, 10), "not TOML"),
    ("covers =", "title_en = 1\ncovers =", "syntax", (3, 13), "not TOML"),
]


@pytest.mark.parametrize(
    ("old", "new", "code", "place", "says"),
    [pytest.param(*each, id=f"{each[2]}-{n}") for n, each in enumerate(MISTAKES)],
)
def test_a_mistake_is_found_where_it_stands(
    good: str, old: str, new: str, code: str, place: tuple[int, int], says: str
) -> None:
    found = problems(changed(good, old, new))
    first = next(each for each in found if (each.code, astuple(each.place)) == (code, place))
    assert says in first.text("en")
    assert first.text("en").startswith(f"told.toml:{place[0]}:{place[1]}: ")
    assert first.text("ja").endswith(f"[{code}]")


def test_the_good_story_has_no_problem(good: str) -> None:
    assert problems(good) == ()


def test_several_mistakes_are_found_at_once_in_the_order_of_their_places(good: str) -> None:
    text = good.replace("1990-09-15", "1990-02-30").replace("2024-06-01", "2024-06-31")
    text = text.replace("enrol_phone", "enroll_phone").replace('item = "address"', "itme = 1")
    found = [(problem.code, problem.place.line) for problem in problems(text)]
    assert found == [
        ("impossible-date", 9),
        ("impossible-date", 12),
        ("unknown-act", 17),
        ("missing-key", 23),
        ("unknown-key", 26),
    ]


def test_a_date_in_a_text_or_a_comment_is_no_date(good: str) -> None:
    text = 'note = "until 2026-02-30" # 2026-02-31\n' + good
    assert problems(text) == ()


def test_a_story_that_expects_nothing_is_refused(good: str) -> None:
    text = good[: good.index("[[expect]]")]
    (problem,) = problems(text)
    assert (problem.code, problem.place.line) == ("expects-nothing", 15)
    refusing = text + 'refused = "ON-9"\n'
    assert problems(refusing) == ()


def test_same_or_new_needs_something_earlier_to_compare_with(good: str) -> None:
    text = changed(good, 'certificates = "A A A A"', 'card_signature.serial = "same"')
    (problem,) = problems(text)
    assert (problem.code, problem.place.line) == ("nothing-to-compare", 21)
    later = changed(good, 'card = "valid"', 'card_signature.serial = "same"')
    assert problems(later) == ()


def test_with_two_people_a_step_has_to_say_who(good: str) -> None:
    text = changed(good, "[[step]]", '[[person]]\nid = "taro"\nborn = 1980-01-01\n\n[[step]]')
    assert {problem.code for problem in problems(text)} == {"which-person"}
    assert len(problems(text)) == 5


def test_two_people_need_two_ids(good: str) -> None:
    one = 'id = "taro"\nborn = 1990-09-15'
    text = changed(good, "born = 1990-09-15", f"{one}\n\n[[person]]\n{one}")
    found = [(problem.code, problem.place.line) for problem in problems(text)]
    assert ("used-twice", 13) in found


def test_a_mistake_common_to_two_variants_is_told_once(good: str) -> None:
    text = good.replace("on = 2024-06-01", "on = 1980-06-01")
    for name in "ab":
        text += f'\n[[variant]]\nid = "{name}"\ntitle_en = "x"\ntitle_ja = "x"\n'
    assert [problem.code for problem in problems(text)] == ["before-birth"]


def test_a_mistake_in_a_variant_is_found_in_the_variant(good: str) -> None:
    text = good + (
        '\n[[variant]]\nid = "a"\ntitle_en = "x"\ntitle_ja = "x"\npolicies.cascade_reason = "no"\n'
        '\n[[variant.step]]\non = 2026-09-01\ndo = "isue"\n'
        '\n[[variant.expect]]\non = 2026-09-01\ncard = "no"\n'
    )
    found = [(problem.code, problem.place.line) for problem in problems(text)]
    assert found == [("unknown-value", 38), ("unknown-act", 42), ("unknown-value", 46)]


def test_a_file_that_is_no_text_is_a_problem_and_not_an_exception(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path / "absent.toml", tmp_path):
        reading = read_file(path)
        assert reading.story is None
        assert [problem.code for problem in reading.problems] == ["unreadable"]


def test_lines_are_counted_alike_whatever_ends_them(good: str, tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(good.replace("valid", "vaild").replace("\n", "\r\n").encode("utf-8-sig"))
    (problem,) = read_file(path).problems
    assert (problem.place.line, problem.place.column) == (32, 8)


VALUES = (
    *("1", "true", '"x"', "[]", "{}", "[[1]]", "{ a = 1 }", "-1", "1.5", "nan", '"""\nlong\n"""'),
    *("2026-02-30", "0001-01-01", "9999-12-31T23:59:59", "09:00:00", "2026-08-04T09:00:00Z"),
)


def broken(text: str, chance: Random) -> str:
    """Return the text with a few lines dropped, doubled, cut or given other values."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 3)):
        number = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                lines[number] = chance.choice(lines)
            case 1:
                lines[number] = lines[number][: chance.randrange(len(lines[number]) + 1)]
            case _:
                key = lines[number].partition("=")[0].strip() or "on"
                lines[number] = f"{key} = {chance.choice(VALUES)}"
    return "\n".join(lines)


def test_no_text_however_broken_ends_in_an_exception() -> None:
    chance = Random(20260804)
    texts = [path.read_text(encoding="utf-8") for path in story_files(())]
    for _ in range(400):
        reading = read_story(broken(chance.choice(texts), chance), name="told", source="told.toml")
        if reading.story is None:
            assert all(problem.text("en") and problem.text("ja") for problem in reading.problems)
        else:
            run_story(reading.story)
