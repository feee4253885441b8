"""No input takes more than its size in time and memory, and every refusal has a name."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.certificates import der
from jpki.cms import (
    LARGEST_SIGNATURE,
    SHA512,
    digest_content,
    integrity,
    load_signature,
    parse_signed_data,
)
from jpki.cms.ber import MOST_ELEMENTS
from jpki.errors import Indeterminate, JpkiError, MalformedSignature
from jpki.validation.formats.cms import read_cms
from tests.cms.keys_and_stamps import MAKER
from tests.vectors.make_cms_attack_vectors import CONTENT, FOLDER

GOOD = (FOLDER / "good.p7s").read_bytes()
STREAMED = (FOLDER / "ber.p7s").read_bytes()


class Endless(io.RawIOBase):
    """A file of two gigabytes of zeros that counts what is read of it."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "the whole file was asked for at once"
        self.asked += size
        return bytes(min(size, 1 << 16)) if size < 1 << 16 else _Zeros(size)


class _Zeros(bytes):
    """Pretends to be as long as was asked for, so that the test needs no such memory."""

    def __new__(cls, size: int) -> _Zeros:
        made = super().__new__(cls)
        made.size = size  # type: ignore[attr-defined]
        return made

    def __len__(self) -> int:
        return int(self.size)  # type: ignore[attr-defined]


def test_a_file_larger_than_any_signature_is_refused_by_name_and_not_read_on() -> None:
    file = Endless()
    with pytest.raises(MalformedSignature, match=r"big\.p7s: more than 268,435,456 bytes"):
        load_signature(file, source="big.p7s")  # type: ignore[arg-type]
    assert file.asked == LARGEST_SIGNATURE + 1


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert load_signature(io.BytesIO(GOOD), largest=len(GOOD)) == GOOD
    with pytest.raises(MalformedSignature, match="more than"):
        load_signature(io.BytesIO(GOOD + b"\0"), largest=len(GOOD))


def test_a_file_that_tells_its_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Two gigabytes, none of which are on the disk."""
    path = tmp_path / "two-gigabytes.p7s"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    with path.open("rb", buffering=0) as file, pytest.raises(MalformedSignature, match="more than"):
        load_signature(file, source=path.name)
    with path.open("rb") as file:
        file.seek(-4, io.SEEK_END)
        assert load_signature(file) == bytes(4)


def test_content_digested_with_another_algorithm_is_not_taken_for_other_content() -> None:
    digested = digest_content(CONTENT, algorithms=(SHA512,))
    with pytest.raises(Indeterminate, match="not digested with sha256"):
        integrity(GOOD, content=digested)
    (claim,) = read_cms(GOOD, content=digested).claims
    assert claim.content[0].found is None


def test_detached_content_is_read_in_pieces() -> None:
    piece = bytes(1 << 20)

    def pieces() -> Iterator[bytes]:
        for _ in range(64):
            yield piece

    tracemalloc.start()
    try:
        digested = digest_content(pieces())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert digested.size == 64 << 20
    assert peak < 4 << 20


@pytest.mark.parametrize("tag", [b"\x30", b"\x31", b"\x24", b"\xa0"])
def test_nesting_is_bounded(tag: bytes) -> None:
    with pytest.raises(MalformedSignature, match="nested more than 40 deep"):
        parse_signed_data((tag + b"\x80") * 500_000)


def test_nested_definite_lengths_are_bounded_in_signed_attributes() -> None:
    inside = der.null()
    for _ in range(100):
        inside = der.sequence(inside)
    attribute = der.sequence(der.object_identifier("2.25.1"), der.encode(der.SET, inside))
    with pytest.raises(MalformedSignature, match="nested too deep"):
        parse_signed_data(MAKER.draft(attribute).written())


def test_the_number_of_elements_is_bounded_and_refusing_takes_no_minute() -> None:
    many = der.encode(0xA1, b"\x30\0" * (MOST_ELEMENTS + 1))
    began = time.perf_counter()
    with pytest.raises(MalformedSignature, match="more than 100000 elements"):
        parse_signed_data(MAKER.changed(unsigned=many))
    assert time.perf_counter() - began < 20


def test_a_large_list_inside_counts_as_one_element() -> None:
    """Certificates and lists are not taken apart by the reader of the message."""
    large = der.sequence(b"\x30\0" * (2 * MOST_ELEMENTS))
    message = MAKER.draft()
    body = list(message.body())
    body.insert(4, der.encode(0xA1, large))
    signed = der.sequence(
        der.object_identifier("1.2.840.113549.1.7.2"), der.context(0, der.sequence(*body))
    )
    assert parse_signed_data(signed).revocation_lists == (large,)


def test_every_truncation_of_a_streamed_message_is_refused() -> None:
    for length in range(len(STREAMED)):
        with pytest.raises(MalformedSignature):
            parse_signed_data(STREAMED[:length])


def _covered() -> list[int]:
    """The bytes of the good signature outside its certificate, whose own bytes it does not sign.

    The certificate itself is signed through the attribute that names its digest.
    """
    return list(range(len(GOOD)))


@settings(max_examples=400)
@given(position=st.sampled_from(_covered()), value=st.integers(1, 255))
def test_a_byte_changed_anywhere_never_leaves_another_signature_intact(
    position: int, value: int
) -> None:
    mutated = bytearray(GOOD)
    mutated[position] ^= value
    try:
        found = integrity(bytes(mutated), content=CONTENT)
    except JpkiError:
        return
    # What may change without harm says the same: an algorithm by another of its names.
    assert [one.certificate for one in found] == [
        one.certificate for one in integrity(GOOD, content=CONTENT)
    ]
    claim, same = (read_cms(one, content=CONTENT).claims[0] for one in (bytes(mutated), GOOD))
    assert (claim.signature, claim.signed_digest) == (same.signature, same.signed_digest)


@settings(max_examples=300)
@given(data=st.data())
def test_no_bytes_raise_anything_but_our_errors(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([GOOD, STREAMED]))
    mutated = bytearray(base)
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(mutated) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert"])):
            case "set":
                mutated[position] = data.draw(st.integers(0, 255))
            case "cut":
                del mutated[position : position + data.draw(st.integers(1, 9))]
            case "insert":
                mutated[position:position] = data.draw(st.binary(min_size=1, max_size=9))
    with suppress(JpkiError):
        read_cms(bytes(mutated), content=CONTENT)
    with suppress(JpkiError):
        integrity(bytes(mutated), content=CONTENT)


@settings(max_examples=300)
@given(data=st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedSignature):
        parse_signed_data(data)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x31",
        b"\x31\x00",
        b"\x31\x84\xff\xff\xff\xff",
        b"\x31\x02\x30\x00",
        b"\x31\x04\x30\x02\x06\x00",
        b"\x31\x80\x00\x00",
        b"1 plain text that begins with the digit one, which is the byte of a SET",
    ],
)
def test_content_that_only_begins_like_a_set_is_no_set_of_attributes(content: bytes) -> None:
    assert not digest_content(content).reads_as_attributes


def test_attributes_larger_than_what_is_kept_of_content_are_still_known_for_what_they_are() -> None:
    large = der.sequence(
        der.object_identifier("2.25.1"), der.encode(der.SET, der.octet_string(bytes(9000)))
    )
    attributes = MAKER.draft(large).attributes
    assert attributes is not None
    assert len(attributes) > 9000
    assert digest_content(attributes).reads_as_attributes
    assert digest_content(iter([attributes[:1], attributes[1:]])).reads_as_attributes
    assert not digest_content(attributes + b"\0").reads_as_attributes
