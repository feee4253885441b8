"""Every row on phones, PINs, faces, clinics and cards without PINs is played, or says why not."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from jpki.law import load
from simulator.story import shipped_stories

ROOT = Path(__file__).resolve().parents[1]
# Tests of the tables themselves list rows by number; that plays none of them.
TABLES = ROOT / "law"
GROUPS = re.compile(
    r"EV-(6[2-9]|7\d|8[0-3])|(KS|CR|FL|PN|C|ON|BIO|CAE|RS)-\d+|SC-(14|20)"  # numbered rows
)
# How many rows each group has, counted by hand in the law it is taken from.
COUNTS = {"EV": 22, "KS": 12, "CR": 5, "FL": 8, "PN": 11, "C": 10, "ON": 10, "BIO": 3, "CAE": 6}

NOT_PLAYED = {
    "C-5": "hours of enrolment as announced for 2023, of no effect on any certificate",
    "C-6": "which models, which system version and which account a phone needs: nothing here has "
    "any; the card's password is asked for, the app's selfie is not played",
    "C-8": "names of tokens, which the layout of the chips holds",
    "C-10": "fees",
    "KS-11": "how many kiosks were planned in 2020, for planning of scale",
}


@cache
def rows() -> frozenset[str]:
    """The numbers that the tables know, as rows of their own or as what a row covers."""
    table = load()
    known = {each for row in table.rows() for each in (row.id, *row.covers)}
    return frozenset(each for each in known if GROUPS.fullmatch(each))


@cache
def told() -> frozenset[str]:
    """What the shipped stories cover."""
    return frozenset(
        each
        for path in sorted(shipped_stories().glob("*.toml"))
        for line in re.findall(r"^covers = \[([^\]]*)\]", path.read_text("utf-8"), re.MULTILINE)
        for each in re.findall(r'"([^"]+)"', line)
    )


@cache
def named() -> frozenset[str]:
    """What tests outside of the tables name: in a test's name (``pn_4``), a check or a comment."""
    found: set[str] = set()
    for path in ROOT.rglob("test_*.py"):
        if TABLES in path.parents or path == Path(__file__):
            continue
        text = path.read_text("utf-8")
        found |= set(re.findall(r"\b[A-Z]{1,3}-\d+\b", text))
        for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE):
            found |= {
                f"{group.upper()}-{number}"
                for group, number in re.findall(r"(?<![a-z])([a-z]{1,3})_(\d+)(?![a-z\d])", name)
            }
    return frozenset(found)


@pytest.mark.parametrize("group", COUNTS)
def test_the_tables_know_every_row_of_the_group(group: str) -> None:
    out = {each.id for each in load().out}
    found = {each for each in rows() | out if re.fullmatch(rf"{group}-\d+", each)}
    assert len(found) == COUNTS[group], sorted(found)


@pytest.mark.parametrize("row", sorted(rows() | NOT_PLAYED.keys() | {"SC-14", "SC-20"}))
def test_a_row_has_a_story_or_a_test_or_a_reason(row: str) -> None:
    if row in NOT_PLAYED:
        assert row not in told() | named(), "it is played: take it off the list"
    else:
        assert row in told() | named()
