"""A certificate cut at learned places is the one that is cut by reading every length."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.batch_rows import Holders
from jpki.batch.certificate_layout import Layouts
from jpki.batch.certificate_shape import cut_certificate
from jpki.batch.signature_shape import cut_signature

COUNT = 40


@cache
def learned() -> tuple[list[bytes], Layouts, frozenset[object]]:
    """Certificates with names of many lengths, their layouts, and the frames they have."""
    certificates = []
    for signature in Holders(COUNT).signatures:
        cut = cut_signature(signature)
        assert cut is not None
        certificates.append(cut[0])
    layouts, frames = Layouts(), set()
    for certificate in certificates:
        found = layouts.cut(certificate)
        assert found is not None
        frames.add(found[0])
    return certificates, layouts, frozenset(frames)


def same(data: bytes) -> None:
    """What is cut at learned places and is of a known frame is so cut by its lengths, too."""
    _, layouts, frames = learned()
    found, by_lengths = layouts.cut(data), cut_certificate(data)
    if by_lengths is not None:
        assert found == by_lengths[:6]
    elif found is not None:
        assert found[0] not in frames


def test_every_certificate_is_cut_alike_by_places_and_by_lengths() -> None:
    certificates, layouts, _ = learned()
    for certificate in certificates:
        by_lengths = cut_certificate(certificate)
        assert by_lengths is not None
        assert layouts._quickly(certificate) == by_lengths[:6]


def test_no_changed_byte_of_a_certificate_is_cut_as_one_of_a_known_frame() -> None:
    whole = learned()[0][0]
    for place in range(len(whole)):
        for value in (0, 0x30, 0x81, 0x82, whole[place] ^ 1, whole[place] ^ 0x80):
            same(whole[:place] + bytes((value,)) + whole[place + 1 :])


def test_a_certificate_cut_short_or_with_more_behind_it_is_none() -> None:
    certificates, layouts, _ = learned()
    for end in range(len(certificates[0])):
        assert layouts.cut(certificates[0][:end]) is None
    assert layouts.cut(certificates[0] + b"\0") is None


@settings(max_examples=400, deadline=None)
@given(
    into=st.integers(0, COUNT - 1),
    out_of=st.integers(0, COUNT - 1),
    spans=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 600)), min_size=1, max_size=3),
    moved=st.integers(-3, 3),
)
def test_a_mixture_of_certificates_is_cut_alike(
    into: int, out_of: int, spans: list[tuple[int, int]], moved: int
) -> None:
    certificates, _, _ = learned()
    mixed, other = certificates[into], certificates[out_of]
    for start, length in spans:
        stop = start + length
        mixed = mixed[:start] + other[max(0, start + moved) : max(0, stop + moved)] + mixed[stop:]
    same(mixed)
