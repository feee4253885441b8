"""A command is imported when it is called; the table says of each what the command says itself."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from jpki.cli.app import COMMANDS as JPKI_COMMANDS
from jpki.cli.app import app as jpki_app
from jpki.cli.command_table import CommandRow
from simulator.cli.app import COMMANDS as SIM_COMMANDS
from simulator.cli.app import app as sim_app

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors" / "cms"
HEAVY = {"numpy", "pyarrow", "pyhanko", "uvicorn", "matplotlib"}
# What a list of commands can do without, besides.
MORE = {"cryptography", "asn1crypto", "httpx", "sqlalchemy", "starlette", "jpki.validation"}
TABLES = {"jpki": JPKI_COMMANDS, "simulator": SIM_COMMANDS}
ROWS = [
    pytest.param(name, row, id=f"{package}-{name}")
    for package, table in TABLES.items()
    for name, row in table.items()
]

_CALL = """
import sys
from {package}.cli.app import app
arguments = sys.argv[1:]
try:
    if arguments:
        app(arguments)
except SystemExit as end:
    assert end.code == 0, end.code
sys.stderr.write("\\n".join(sys.modules))
"""


def loaded(package: str, *arguments: str) -> set[str]:
    """Return what a fresh process has imported after a command, or after the import alone."""
    done = subprocess.run(
        [sys.executable, "-c", _CALL.format(package=package), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--version",)])
@pytest.mark.parametrize("package", TABLES)
def test_the_overview_loads_no_command(package: str, arguments: tuple[str, ...]) -> None:
    found = loaded(package, *arguments)
    assert found & (HEAVY | MORE) == set()
    places = {row.place.partition(":")[0] for row in TABLES[package].values()}
    assert found & places == set()


def test_a_verdict_on_cms_loads_nothing_of_what_is_made_for_scale_pages_and_pdf() -> None:
    found = loaded(
        "jpki",
        *("verify", str(VECTORS / "card.p7s"), "--content", str(VECTORS / "content.txt")),
        *("--trust", str(VECTORS / "root.cer"), "--crl", str(VECTORS / "empty.crl")),
        *("--at", "2026-08-03T03:00:00Z"),
    )
    assert "jpki.validation" in found
    assert found & {*HEAVY, "httpx", "jpki.cli.batch"} == set()


@pytest.mark.parametrize(("package", "command"), [("jpki", "law"), ("simulator", "reader")])
def test_another_command_is_not_loaded_with_one(package: str, command: str) -> None:
    found = loaded(package, command, "--help")
    assert TABLES[package][command].place.partition(":")[0] in found
    assert found & {*HEAVY, "sqlalchemy", "jpki.validation", "jpki.cli.verify"} == set()


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_the_overview_says_what_the_command_says(name: str, row: CommandRow) -> None:
    command = row.load(name)
    assert command.name == name
    assert command.help is not None
    first = inspect.cleandoc(command.help).split("\n\n")[0].replace("\n", " ")
    assert row.help == first
    assert not command.hidden


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_a_command_with_an_epilog_shows_it_and_a_group_has_its_own(
    name: str, row: CommandRow
) -> None:
    if row.epilog is not None:
        assert row.load(name).epilog == row.epilog
        assert row.epilog.startswith("Example: ")


@pytest.mark.parametrize(("app", "typed", "meant"), [(jpki_app, "verfy", "verify")])
def test_a_name_that_is_none_is_told_with_the_nearest(
    app: typer.Typer, typed: str, meant: str
) -> None:
    result = CliRunner().invoke(app, [typed])
    assert result.exit_code == 2
    assert f"Did you mean '{meant}'" in result.stderr


@pytest.mark.parametrize("app", [jpki_app, sim_app])
def test_no_command_at_all_shows_the_overview(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "Commands" in result.stdout + result.stderr
