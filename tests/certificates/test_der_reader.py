"""The strict DER reader and the writers that go with it; values from X.690 and by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.certificates import der
from jpki.certificates.der import Element
from jpki.errors import FormatError, MalformedCertificate


def read(hexadecimal: str) -> Element:
    return der.open_document(bytes.fromhex(hexadecimal), error=MalformedCertificate, source="x")


def refused(hexadecimal: str) -> MalformedCertificate:
    with pytest.raises(MalformedCertificate) as caught:
        read(hexadecimal)
    return caught.value


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("020100", 0),
        ("02017f", 127),
        ("02020080", 128),
        ("020180", -128),
        ("02047fffffff", 0x7FFFFFFF),
        ("02050080000000", 0x80000000),
    ],
)
def test_an_integer_is_read_and_written_in_its_shortest_form(encoded: str, value: int) -> None:
    assert read(encoded).as_integer("a number") == value
    assert der.integer(value).hex() == encoded


@pytest.mark.parametrize("encoded", ["0200", "0202007f", "0202ff80", "02020000"])
def test_an_integer_that_is_empty_or_padded_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedCertificate):
        read(encoded).as_integer("a number")


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("1.2.392.200149.8.5.1.1.20", "060b2a83088c9b550805010114"),
        ("1.2.392.200149.8.5.1.3.30", "060b2a83088c9b55080501031e"),
        ("1.2.392.200149.8.5.5.1", "060a2a83088c9b5508050501"),
        ("2.5.29.15", "0603551d0f"),
        ("2.999", "06028837"),
    ],
)
def test_object_identifiers_are_those_of_the_real_certificates(dotted: str, encoded: str) -> None:
    assert der.object_identifier(dotted).hex() == encoded
    assert read(encoded).as_oid("an identifier") == dotted


@pytest.mark.parametrize("encoded", ["0600", "06018 0".replace(" ", ""), "0603558001", "060255ff"])
def test_an_object_identifier_that_is_cut_or_padded_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedCertificate):
        read(encoded).as_oid("an identifier")


def test_an_object_identifier_too_long_to_be_one_is_refused() -> None:
    content = b"\x2a" + b"\xff" * 5000 + b"\x7f"
    element = der.open_document(der.encode(0x06, content), error=MalformedCertificate)
    with pytest.raises(MalformedCertificate):
        element.as_oid("an identifier")


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_a_length_is_written_in_the_fewest_bytes_and_read_back(size: int) -> None:
    encoded = der.octet_string(b"x" * size)
    header = 2 if size < 128 else 3 if size < 256 else 4 if size < 65536 else 5
    assert len(encoded) == header + size
    assert der.open_document(encoded, error=MalformedCertificate).value == b"x" * size


def test_lengths_that_der_does_not_write_are_refused_where_they_stand() -> None:
    assert refused("30800000").offset == 1
    assert "more bytes than needed" in refused("308105" + "00" * 5).message
    assert "more bytes than needed" in refused("30820080" + "00" * 128).message
    assert "cannot be" in refused("3085000000000000").message
    assert refused("").offset == 0
    assert "middle" in refused("30").message


def test_what_follows_the_document_is_refused_at_its_place() -> None:
    error = refused("0500" + "ff")
    assert error.offset == 2
    assert error.source == "x"


def test_an_element_longer_than_its_parent_is_refused() -> None:
    with pytest.raises(MalformedCertificate) as caught:
        read("3003" + "040200").children()
    assert caught.value.offset == 2


def test_a_tag_of_several_bytes_is_refused() -> None:
    assert "multi-byte tag" in refused("1f8101" + "00").message


@pytest.mark.parametrize(
    ("encoded", "bits"),
    [("03020780", {0}), ("030206c0", {0, 1}), ("03020106", {5, 6}), ("030100", set())],
)
def test_a_bit_list_is_read_by_number(encoded: str, bits: set[int]) -> None:
    assert read(encoded).as_flags("bits") == bits


@pytest.mark.parametrize("encoded", ["0300", "030107", "03020880", "03020080", "030207c0"])
def test_a_bit_list_that_der_would_have_trimmed_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedCertificate):
        read(encoded).as_flags("bits")


@pytest.mark.parametrize(
    ("at", "encoded"),
    [
        (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (datetime(1949, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x18\x0f19491231235959Z"),
    ],
)
def test_a_time_changes_its_encoding_with_the_year_2050(at: datetime, encoded: bytes) -> None:
    assert der.time(at) == encoded
    assert read(encoded.hex()).as_time("a time") == at


@pytest.mark.parametrize(
    "text",
    [b"240509160140", b"2405091601Z", b"240509160140+0900", b"240230160140Z", b"240509240000Z"],
)
def test_a_time_that_is_not_to_the_second_in_utc_or_not_real_is_refused(text: bytes) -> None:
    encoded = der.encode(der.UTC_TIME, text)
    with pytest.raises(MalformedCertificate):
        read(encoded.hex()).as_time("a time")
    assert der.utc_time(encoded) is None


def test_a_time_beyond_the_last_day_in_japan_is_refused() -> None:
    last = der.encode(der.GENERALIZED_TIME, b"99991231145959Z")
    after = der.encode(der.GENERALIZED_TIME, b"99991231150000Z")
    assert read(last.hex()).as_time("a time").year == 9999
    with pytest.raises(MalformedCertificate):
        read(after.hex()).as_time("a time")


def test_text_is_what_its_string_type_allows() -> None:
    assert read("0c06e6a8a1e693ac").as_text("text") == "模擬"
    assert read("13024a50").as_text("text") == "JP"
    for wrong in ("0c02c328", "13024a2a", "160180", "1e02004a"):
        with pytest.raises(MalformedCertificate):
            read(wrong).as_text("text")


def test_a_boolean_is_00_or_ff() -> None:
    assert read("0101ff").as_boolean("flag") is True
    assert read("010100").as_boolean("flag") is False
    with pytest.raises(MalformedCertificate):
        read("010101").as_boolean("flag")


def test_one_pem_block_is_opened_and_anything_else_is_refused() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\nBQA=\n-----END CERTIFICATE-----\n"

    def opened(data: bytes) -> bytes:
        return der.from_pem(data, label="CERTIFICATE", error=MalformedCertificate)

    assert opened(pem) == b"\x05\x00"
    assert opened(b"\n" + pem.replace(b"\n", b"\r\n")) == b"\x05\x00"
    assert opened(b"\x05\x00") == b"\x05\x00"
    for wrong in (
        pem + pem,
        pem.replace(b"CERTIFICATE", b"X509 CRL"),
        pem.replace(b"BQA=", b"BQA"),
        pem[:-10],
    ):
        with pytest.raises(MalformedCertificate):
            opened(wrong)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_our_own_error(data: bytes) -> None:
    try:
        element = der.open_document(data, error=MalformedCertificate)
    except FormatError:
        return
    assert element.der == data
    assert der.encode(element.tag, element.value) == data
