"""Command and response APDUs: all four cases, both forms, and everything that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.card.apdu import CommandApdu, ResponseApdu, StatusWord, describe, tries_left
from jpki.errors import MalformedApdu

# ISO/IEC 7816-4 §5.1: bytes, data length, Le, extended; counted by hand.
CASES = {
    "00A40000": (0, None, False),
    "00B0000000": (0, 256, False),
    "00B00000FF": (0, 255, False),
    "00A4020C020018": (2, None, False),
    "00A402000200180A": (2, 10, False),
    "00A4020002001800": (2, 256, False),
    "00B00000000001": (0, 1, True),
    "00B00000000000": (0, 65536, True),
    "80AE00000000020102": (2, None, True),
    "80AE000000000201020000": (2, 65536, True),
    "80AE000000000201020100": (2, 256, True),
}


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_every_case_is_read_as_the_standard_counts_it(text, expected):
    command = CommandApdu.parse(bytes.fromhex(text))
    assert (len(command.data), command.le, command.extended) == expected
    assert bytes(command).hex().upper() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00A400",
        "00A40000000000000000",  # extended Lc 0000 with data after it
        "00A40000020018FFFF",  # more bytes than Lc and Le
        "00A4000003 0018",  # fewer bytes than Lc
        "00A400000000",  # Lc 00 and one byte more
        "80AE0000000002010203",  # extended Lc 2 with three bytes: neither case 3 nor case 4
    ],
)
def test_bytes_that_are_no_command_are_refused_whole(text):
    with pytest.raises(MalformedApdu):
        CommandApdu.parse(bytes.fromhex(text))


@given(st.binary(max_size=300))
def test_what_parses_is_written_back_to_the_same_bytes(raw):
    try:
        command = CommandApdu.parse(raw)
    except MalformedApdu:
        return
    assert bytes(command) == raw


_byte = st.integers(0, 255)


@given(
    _byte,
    _byte,
    _byte,
    _byte,
    st.binary(max_size=600),
    st.none() | st.integers(1, 65536),
)
def test_what_is_written_is_read_back_to_the_same_value(cla, ins, p1, p2, data, le):
    extended = len(data) > 255 or (le or 0) > 256
    command = CommandApdu(cla, ins, p1, p2, data, le, extended)
    assert CommandApdu.parse(bytes(command)) == command


@pytest.mark.parametrize(
    "fields",
    [
        {"cla": 256, "ins": 0},
        {"cla": 0, "ins": -1},
        {"cla": 0, "ins": 0, "data": bytes(256)},
        {"cla": 0, "ins": 0, "le": 0},
        {"cla": 0, "ins": 0, "le": 257},
        {"cla": 0, "ins": 0, "le": 65537, "extended": True},
        {"cla": 0, "ins": 0, "data": bytes(65536), "extended": True},
        {"cla": 0, "ins": 0, "extended": True},
    ],
)
def test_a_command_that_cannot_be_written_cannot_be_made(fields):
    with pytest.raises(MalformedApdu):
        CommandApdu(**fields)


def test_the_longest_data_of_each_form_fits():
    assert len(bytes(CommandApdu(0, 0, data=bytes(255), le=256))) == 4 + 1 + 255 + 1
    longest = CommandApdu(0, 0, data=bytes(65535), le=65536, extended=True)
    assert len(bytes(longest)) == 4 + 3 + 65535 + 2


def test_a_response_is_data_and_a_status_word():
    response = ResponseApdu.parse(bytes.fromhex("3082062B9000"))
    assert (response.data.hex(), response.sw, response.ok) == ("3082062b", 0x9000, True)
    assert bytes(response).hex() == "3082062b9000"


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_a_response_without_a_status_word_is_refused(raw):
    with pytest.raises(MalformedApdu):
        ResponseApdu.parse(raw)


def test_a_status_word_has_two_bytes():
    with pytest.raises(MalformedApdu):
        ResponseApdu(b"", 0x10000)


@pytest.mark.parametrize(
    ("sw", "left"), [(0x63C0, 0), (0x63CA, 10), (0x63BF, None), (0x6300, None), (0x9000, None)]
)
def test_only_63cn_tells_the_tries(sw, left):
    assert tries_left(sw) == left


def test_every_named_status_word_has_a_meaning():
    assert {describe(sw) for sw in StatusWord}.isdisjoint({"unknown status word", ""})
    assert describe(0x63C2) == "2 tries left"
    assert describe(0x6110) == "more data is available"
    assert describe(0x6C10) == "wrong expected length"
    assert describe(0x1234) == "unknown status word"


@pytest.mark.parametrize("ins", ["20", "24", "32"])
def test_the_text_of_a_command_has_no_data(ins):
    shown = repr(CommandApdu.parse(bytes.fromhex(f"00{ins}00800431323334")))
    assert "31323334" not in shown
    assert "1234" not in shown
    assert f"00{ins}0080" in shown
    assert "Lc 4" in shown


def test_the_text_of_a_response_has_no_data():
    assert repr(ResponseApdu(b"a name and an address", 0x9000)) == "ResponseApdu(21 bytes, 9000)"
