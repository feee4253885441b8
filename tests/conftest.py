"""Options of the whole suite, golden files, and counts that are printed once at the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples every time, and no time limit for one: the machines that run tests are busy.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

# By its module's name, so that the tests use the plug-in of this tree whatever is installed.
pytest_plugins = ["pytester", "simulator.pytest_plugin.plugin"]

GOLDEN = Path(__file__).parent / "golden"
_COUNTED = "counted"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--reader", default=None, help="a PC/SC reader with a real card, which is only read"
    )
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files anew; review the diff"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file, or write it with ``--update-golden``."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no golden file {name}; run with --update-golden and review it"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Leave counts under a heading; those of the same heading are added up."""

    def leave(heading: str, /, **counts: int) -> None:
        record_property(_COUNTED, [heading, counts])

    return leave


def pytest_terminal_summary(terminalreporter: Any) -> None:
    sums: dict[str, dict[str, int]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == _COUNTED:
                heading, counts = value
                total = sums.setdefault(heading, {})
                for what, number in counts.items():
                    total[what] = total.get(what, 0) + number
    if sums:
        terminalreporter.section("counted")
        for heading, total in sorted(sums.items()):
            words = ", ".join(f"{number:,} {what}" for what, number in total.items())
            terminalreporter.write_line(f"{heading}: {words}")


# What stands for a person or a secret in the suite: invented names and addresses carry 模擬, and
# these are the passwords its cards have. None of it may reach a log, whichever test runs.
_PLANTED = ("模擬　", "模擬町", "ABC123", "PHONE1", "NEWPAS99", "PRIVATE KEY")
_ABC123_IN_HEX = "414243313233"


class _Listening(logging.Handler):
    """Keeps every record of any log in which something planted stands."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if any(word in text for word in (*_PLANTED, _ABC123_IN_HEX)):
            self.told.append(f"{record.name}: {record.levelname}")


_LISTENING = _Listening()


def pytest_configure(config: pytest.Config) -> None:
    logging.getLogger().addHandler(_LISTENING)
    for name in ("jpki", "simulator", "uvicorn", "httpx"):
        logging.getLogger(name).setLevel(logging.DEBUG)


@pytest.fixture(autouse=True)
def _no_log_tells_a_person_or_a_secret() -> Iterator[None]:
    """Fail the test during which a log told something planted."""
    _LISTENING.told.clear()
    yield
    assert _LISTENING.told == [], "a log tells a person or a secret"
