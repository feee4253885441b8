"""The suite's listener hears what it is there for, in a message or in its arguments."""

from __future__ import annotations

import logging

import pytest

from tests import conftest


@pytest.mark.parametrize("told", ["模擬　太郎", "password ABC123", "0020008106414243313233"])
def test_what_is_planted_is_heard(told: str) -> None:
    listening = conftest._Listening()
    record = logging.LogRecord("jpki.any", logging.DEBUG, __file__, 1, "said %s", (told,), None)
    listening.handle(record)
    assert listening.told == ["jpki.any: DEBUG"]


def test_the_suite_listens_to_every_log() -> None:
    assert any(type(one).__name__ == "_Listening" for one in logging.getLogger().handlers)
    assert logging.getLogger("jpki.apdu").isEnabledFor(logging.DEBUG)
