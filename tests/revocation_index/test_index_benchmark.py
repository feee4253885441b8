"""What is measured on long lists is measured on a short one, too, and checked."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.index import cases


@pytest.mark.system
def test_every_case_works_and_openssl_is_among_them() -> None:
    found = cases((1_000,))
    for case in found:
        case.work()
    assert Counter(case.unit for case in found) == {
        # SHA-256, the index, openssl, cryptography, and the list written
        "entries": 5,
        "indexes": 1,
        # in columns, one by one, and in a set
        "questions": 3,
    }


def test_without_openssl_the_rest_is_measured_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert not any("openssl" in case.name for case in cases((100,)))
    assert "left out: index: openssl crl: no such program" in capsys.readouterr().err
