"""A few characters of a trace stand for many bytes, so a trace is measured while it is read."""

from __future__ import annotations

import pytest

from jpki.card.trace import BytePattern, Trace
from jpki.errors import MalformedTrace

# The longest APDU: header 4, extended Lc 3, data 65,535, extended Le 2 (ISO/IEC 7816-4 §5.1).
LONGEST = 4 + 3 + 65_535 + 2
# Four million bytes in all, which is more than every file of a card read a hundred times.
LONGEST_TRACE = 4 * 1024 * 1024


def test_the_longest_apdu_is_a_pattern() -> None:
    assert len(BytePattern.parse(f"[{LONGEST}]").octets) == LONGEST


@pytest.mark.parametrize("text", [f"[{LONGEST}]..", f"[{LONGEST + 1}]", "[99999]" * 600])
def test_a_pattern_longer_than_any_apdu_is_refused(text: str) -> None:
    with pytest.raises(MalformedTrace, match="longer than any APDU"):
        BytePattern.parse(text)


def test_a_trace_of_many_long_lines_is_refused_with_its_line() -> None:
    # A step of two times 65,536 bytes: the 33rd passes 4 MiB, on line 66.
    whole = "> [65536]\n< [65536]\n" * 32
    assert len(Trace.parse(whole).steps) == 32
    with pytest.raises(MalformedTrace) as caught:
        Trace.parse(whole + "> [65536]\n< [65536]\n")
    assert caught.value.line == 66
    assert LONGEST_TRACE == 32 * 2 * 65_536
