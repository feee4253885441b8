"""What is measured on long lists is measured on a short one, too, and checked."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.index import cases


@pytest.mark.system
def test_every_case_works_and_openssl_is_among_them() -> None:
    found = cases((1_000,))
    for one in found:
        one.work()
    assert Counter(one.unit for one in found) == {
        # SHA-256, the index, openssl, cryptography, and the list written
        "entries": 5,
        "indexes": 1,
        # in columns, one by one, and in a set
        "questions": 3,
        # the index's, for each entry
        "bytes": 1,
    }


def test_memory_of_a_long_list_is_that_of_a_whole_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("benchmarks.index._LONG", 1_000)
    figures = {
        one.name.partition(": ")[2]: one.work() for one in cases((1_000,)) if one.unit == "bytes"
    }
    # 37 bytes an entry with four-byte numbers: SEQUENCE 2, INTEGER 6, UTCTime 15, reason 14
    assert 37_000 < figures["the list itself"] < 39_000
    assert 10 < figures["the index, an entry"] < 20
    # An interpreter with NumPy takes more than 10 MiB, and a short list hardly anything.
    assert 10 * 2**20 < figures["most memory of the build"] < 500 * 2**20


def test_without_openssl_the_rest_is_measured_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert not any("openssl" in one.name for one in cases((100,)))
    assert "left out: index: openssl crl: no such program" in capsys.readouterr().err
