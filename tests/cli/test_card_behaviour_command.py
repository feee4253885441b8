"""The open answers of a simulated card are listed, and set when it is plugged in."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from simulator.card.switches import SWITCHES
from simulator.cli.app import app

RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})


def test_every_open_answer_is_listed_as_it_is_set():
    told = RUNNER.invoke(app, ["card", "behaviour"])
    assert told.exit_code == 0
    assert "blocked=6984\n" in told.stdout
    rows = json.loads(RUNNER.invoke(app, ["card", "behaviour", "--format", "json"]).stdout)
    assert set(rows) == set(SWITCHES)


def test_an_answer_that_is_none_is_refused_before_any_reader_is_started(tmp_path):
    done = RUNNER.invoke(
        app, ["card", "plug", "--behaviour", "blocked=open", "--state", str(tmp_path)]
    )
    assert done.exit_code == 2
    assert "four hexadecimal digits" in done.stderr
    assert not list(tmp_path.iterdir())
