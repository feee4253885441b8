"""The help of every card command is reviewed, and every one has an example."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from jpki.cli.app import app as jpki_app
from simulator.cli.app import app as sim_app

RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})
COMMANDS = [
    *((jpki_app, ("card", verb)) for verb in (
        "list", "info", "cert", "attributes", "mynumber", "face", "doctor",
    )),
    *((jpki_app, ("pin", verb)) for verb in ("status", "verify", "change")),
    (jpki_app, ("sign",)),
    *((jpki_app, ("trust", verb)) for verb in ("add", "list", "show", "remove", "check")),
    *((jpki_app, ("cert", verb)) for verb in ("show", "lint")),
    *((jpki_app, ("attributes", verb)) for verb in ("show", "match")),
    *((sim_app, ("reader", verb)) for verb in ("start", "status", "stop")),
    *((sim_app, ("card", verb)) for verb in (
        "list", "insert", "remove", "power-cycle", "unplug", "lint-faults", "issuer-keys",
        "behaviour",
    )),
]  # fmt: skip


def name(app: typer.Typer) -> str:
    return "jpki" if app is jpki_app else "jpki-sim"


@pytest.mark.parametrize(
    ("app", "words"), COMMANDS, ids=["-".join((name(app), *words)) for app, words in COMMANDS]
)
def test_help_is_reviewed_and_has_an_example(
    app: typer.Typer, words: tuple[str, ...], golden: Callable[[str, str], None]
) -> None:
    result = RUNNER.invoke(app, [*words, "--help"], prog_name=name(app))
    assert result.exit_code == 0
    assert f"{name(app)} {' '.join(words)}" in result.stdout.split("Example:")[1]
    golden(f"help/{'-'.join((name(app), *words))}.txt", result.stdout)
