"""The card's BER is read as it is written: two-byte tags, generous lengths, filler."""

import pytest

from jpki.card.ber import members, only, read_object
from jpki.errors import MalformedCardFile


@pytest.mark.parametrize("length", ["03", "8103", "820003", "83000003"])
def test_a_length_may_be_longer_than_it_needs_to_be(length):
    file = bytes.fromhex(f"FF10{length}414243FFFF")
    found = read_object(file, tag=0xFF10, source="a file")
    assert found.value == b"ABC"
    assert found.stored == file[:-2]


def test_a_two_byte_tag_that_begins_with_ff_is_no_filler():
    container = read_object(bytes.fromhex("FF2006DF220141FFFF"), tag=0xFF20, source="a file")
    assert [m.tag for m in members(container, source="a file")] == [0xDF22]


def test_a_one_byte_tag_is_read_too():
    container = read_object(bytes.fromhex("A1069003010001FF"), tag=0xA1, source="a file")
    with pytest.raises(MalformedCardFile):
        only(members(container, source="a file"), 0x91, source="a file")


@pytest.mark.parametrize(
    "digits",
    [
        "",  # nothing
        "FFFFFFFF",  # filler alone
        "00000000",
        "FF11020000",  # another object
        "FF1004414243",  # cut short: four announced, three there
        "FF108203",  # a length that is cut short
        "FF10",  # no length at all
        "FF108000",  # indefinite
        "FF108400000001",  # four bytes of length
        "FFFF10",  # a tag of three bytes
        "FF",  # a tag cut in two
    ],
)
def test_what_is_no_such_object_is_refused_without_its_bytes(digits):
    file = bytes.fromhex(digits)
    with pytest.raises(MalformedCardFile) as caught:
        read_object(file, tag=0xFF10, source="a file")
    assert "a file" in str(caught.value)
    assert "414243" not in str(caught.value)


def test_two_of_a_kind_are_one_too_many():
    container = read_object(bytes.fromhex("FF2008DF220141DF220142"), tag=0xFF20, source="a file")
    with pytest.raises(MalformedCardFile, match="found 2"):
        only(members(container, source="a file"), 0xDF22, source="a file")
