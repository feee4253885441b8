"""Bytes that are no record get a named error, whatever they are, in bounded time and memory."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.errors import MalformedMdoc
from jpki.mdoc import Limits, Presentation, SessionTranscript, encode, explain
from jpki.mdoc.cbor import DateAndTime, Embedded, FullDate, decode
from jpki.validation import Outcome
from tests.mdoc.mdocwork import BEGINS

# RFC 8949 §3: the first three bits are the kind, the rest the length or the value.
BAD = {
    "nothing at all": (b"", "truncated"),
    "a map that ends early": (bytes.fromhex("a26161"), "truncated"),
    "a text longer than what follows": (bytes.fromhex("7b00ffffffffffffff61"), "truncated"),
    "an array of 2^59 values": (bytes.fromhex("9b0800000000000000"), "truncated"),
    "something behind the value": (bytes.fromhex("0102"), "left-over"),
    "a key twice": (bytes.fromhex("a2616101616102"), "duplicate-key"),
    "a key twice, once written longer": (bytes.fromhex("a20101180102"), "duplicate-key"),
    "arrays in arrays": (b"\x81" * 100_000, "too-deep"),
    "tags in tags": (b"\xd8\x18" * 100_000, "too-deep"),
    "an array without a length": (bytes.fromhex("9fff"), "indefinite-length"),
    "a text without a length": (bytes.fromhex("7f6161ff"), "indefinite-length"),
    "a large number (tag 2)": (bytes.fromhex("c24101"), "tag"),
    "a decimal with a huge exponent": (bytes.fromhex("c4821affffffff01"), "tag"),
    "a regular expression (tag 35)": (bytes.fromhex("d8236161"), "tag"),
    "a shared value (tag 28)": (bytes.fromhex("d81c80"), "tag"),
    "a reference (tag 29)": (bytes.fromhex("d81d00"), "tag"),
    "an unknown tag": (bytes.fromhex("d9fffe00"), "tag"),
    "embedded CBOR that is a text": (bytes.fromhex("d8186161"), "tag"),
    "a date and time that is a number": (bytes.fromhex("c000"), "tag"),
    "a text that is no UTF-8": (bytes.fromhex("61ff"), "cbor"),
}


@pytest.mark.parametrize("name", BAD)
def test_bytes_that_are_no_single_value_are_refused_by_name(name: str) -> None:
    data, problem = BAD[name]
    with pytest.raises(MalformedMdoc) as caught:
        decode(data, source="test")
    assert caught.value.problem == problem


def test_one_byte_more_than_the_limit_is_not_read() -> None:
    limits = Limits(octets=3)
    assert decode(bytes.fromhex("626162"), source="test", limits=limits) == "ab"
    with pytest.raises(MalformedMdoc) as caught:
        decode(bytes.fromhex("63616263"), source="test", limits=limits)
    assert caught.value.problem == "too-large"


def test_a_depth_more_than_the_limit_is_not_read() -> None:
    limits = Limits(depth=3)
    assert decode(bytes.fromhex("81818100"), source="test", limits=limits) == [[[0]]]
    with pytest.raises(MalformedMdoc):
        decode(bytes.fromhex("8181818100"), source="test", limits=limits)


@pytest.mark.parametrize("tag", [1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260])
def test_no_tag_but_three_is_made_anything_of(tag: int) -> None:
    head = bytes([0xC0 | tag]) if tag < 24 else b"\xd9" + tag.to_bytes(2, "big")
    with pytest.raises(MalformedMdoc) as caught:
        decode(head + b"\x80", source="test")
    assert caught.value.problem == "tag"


def test_the_three_tags_are_read_and_written_back() -> None:
    # c0 = tag 0, d818 = tag 24, d903ec = tag 1004.
    data = bytes.fromhex("83c06161d8184101d903ec6162")
    found = decode(data, source="test")
    assert found == [DateAndTime("a"), Embedded(b"\x01"), FullDate("b")]
    assert encode(found) == data


@given(st.binary(max_size=200))
def test_any_bytes_get_a_verdict_and_never_a_strange_error(data: bytes) -> None:
    report = explain(data, roots=(), transcript=None, at=BEGINS)
    assert report.steps[0].outcome is Outcome.FAILED
    assert report.text("en")
    assert report.text("ja")


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"version": "2.0", "status": 0, "documents": []},
        {"version": "1.0", "status": 10, "documents": []},
        {"version": "1.0", "status": 0, "documents": []},
        {"version": "1.0", "status": False, "documents": [{}]},
        {"version": "1.0", "status": 0, "documents": [{}, {}]},
        {"version": "1.0", "status": 0, "documents": [{"deviceSigned": {"deviceAuth": {}}}]},
    ],
)
def test_another_shape_is_refused_as_such(value: object) -> None:
    with pytest.raises(MalformedMdoc) as caught:
        Presentation.parse(encode(value))
    assert caught.value.problem == "shape"


@pytest.mark.parametrize("value", [{}, [], [None, None], ["a", "b", None]])
def test_no_session_transcript_is_refused(value: object) -> None:
    with pytest.raises(MalformedMdoc):
        SessionTranscript.parse(encode(value))


def test_without_cbor2_the_error_names_the_extra() -> None:
    program = (
        "import sys; sys.modules['cbor2'] = None\n"
        "from jpki.errors import MissingExtra\n"
        "import jpki.cli.app\n"
        "try:\n    import jpki.mdoc\n"
        "except MissingExtra as error:\n    print(error.extra, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "mdoc reading mdocs is not installed (pip install 'jpki[mdoc]')\n"
