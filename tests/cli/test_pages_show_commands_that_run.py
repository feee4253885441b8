"""The commands that the pages on phones, records and kiosks show are run as they stand there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jpki.cli.app import app as jpki_app
from simulator.cli.app import app as sim_app

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNNER = CliRunner()
APPS = {"jpki-sim": sim_app, "jpki": jpki_app}


def commands(page: str) -> Iterator[list[str]]:
    """Yield the words of each command of the page's blocks without a language or a prompt."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if language:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words


@pytest.mark.parametrize(
    ("page", "count"), [("phone.md", 15), ("mdoc.md", 11), ("pins-and-faces.md", 3)]
)
def test_the_commands_of_a_page_run_one_after_another(
    page: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown, code = list(commands(page)), ""
    assert len(shown) == count
    for program, *words in shown:
        given = [code if word == "CODE" else word for word in words]
        found = RUNNER.invoke(APPS[program], given, env={"LC_ALL": "C", "COLUMNS": "100"})
        assert found.exit_code == 0, (words, found.output)
        told = re.search(r"one-time code (\w+)", found.output)
        code = told[1] if told else code
