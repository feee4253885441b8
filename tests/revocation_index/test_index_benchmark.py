"""What is measured on long lists is measured on a short one, too, and checked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.index import cases, columns_of
from benchmarks.index_questions import _asked


@pytest.mark.system
def test_every_case_works_and_openssl_is_among_them() -> None:
    found = cases((1_000,))
    for one in found:
        one.work()
    assert Counter(one.unit for one in found) == {
        # SHA-256, the index, openssl, cryptography, and the list written
        "entries": 5,
        "indexes": 1,
        # in columns and in a set; one by one with nobody, some and everybody listed
        "questions": 5,
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


def test_questions_are_about_many_places_and_as_many_are_listed_as_said() -> None:
    columns, places = columns_of(5_000), np.random.default_rng(1).integers(0, 64, 5_000)
    own = dict(zip(columns.serials.tolist(), places.tolist(), strict=True))
    for share, least, most in ((0.0, 0, 0), (0.05, 0.045, 0.055), (1.0, 1, 1)):
        serials, of = _asked(columns, places, share)
        listed = [
            own[serial] == place
            for serial, place in zip(serials.tolist(), of.tolist(), strict=True)
            if serial in own
        ]
        assert least <= len(listed) / len(serials) <= most
        # Each with the place whose list has it; but for the few that were drawn by chance.
        assert sum(listed) >= 0.99 * len(listed)
        assert len(set(of.tolist())) == 64
        assert serials.tolist() != sorted(serials.tolist())


def test_without_openssl_the_rest_is_measured_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert not any("openssl" in one.name for one in cases((100,)))
    assert "left out: index: openssl crl: no such program" in capsys.readouterr().err
