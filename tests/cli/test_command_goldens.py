"""What the commands print is reviewed: texts of verdicts, help, and errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from jpki.cli.app import app as jpki_app
from simulator.cli.app import app as sim_app

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "cms"
RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})


def verify(*options: str, lists: str = "empty.crl") -> tuple[int, str, str]:
    result = RUNNER.invoke(
        jpki_app,
        [
            *("verify", str(VECTORS / "card.p7s"), "--content", str(VECTORS / "content.txt")),
            *("--trust", str(VECTORS / "root.cer"), "--crl", str(VECTORS / lists)),
            *("--at", "2026-08-03T03:00:00Z", *options),
        ],
    )
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("lists", "status"), [("empty.crl", 0), ("revoked.crl", 1), ("stale.crl", 3)]
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_verdict_in_words(
    lists: str, status: int, language: str, golden: Callable[[str, str], None]
) -> None:
    found, said, _ = verify("--lang", language, lists=lists)
    assert found == status
    golden(f"verify/{lists.removesuffix('.crl')}.{language}.txt", said)


def test_a_verdict_as_data(golden: Callable[[str, str], None]) -> None:
    status, said, _ = verify("--format", "json", lists="revoked.crl")
    assert status == 1
    golden("verify/revoked.json", said.replace(f"{VECTORS}/", ""))


@pytest.mark.parametrize(
    ("name", "app", "words"),
    [
        ("jpki", jpki_app, ()),
        ("jpki-verify", jpki_app, ("verify",)),
        ("jpki-report-show", jpki_app, ("report", "show")),
        ("jpki-sim", sim_app, ()),
        ("jpki-sim-demo", sim_app, ("demo",)),
        ("jpki-sim-why", sim_app, ("why",)),
        ("jpki-sim-card-plug", sim_app, ("card", "plug")),
    ],
)
def test_help_is_reviewed(
    name: str, app: typer.Typer, words: tuple[str, ...], golden: Callable[[str, str], None]
) -> None:
    result = RUNNER.invoke(
        app, [*words, "--help"], prog_name="jpki" if app is jpki_app else "jpki-sim"
    )
    assert result.exit_code == 0
    golden(f"help/{name}.txt", result.stdout)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--trust", "nowhere"), ("format.document", "nowhere")),
        (("--crl", str(VECTORS / "content.txt")), ("format.document", "content.txt")),
        (("--trust", str(VECTORS / "card.p7s")), ("format.document", "card.p7s")),
        (("--content", "nowhere"), ("format.document", "nowhere")),
        (("--at", "tomorrow"), ("format.document", "tomorrow")),
    ],
)
def test_a_mistake_in_the_question_exits_2_and_names_what_is_wrong(
    options: tuple[str, ...], names: tuple[str, ...]
) -> None:
    status, said, error = verify(*options)
    assert (status, said) == (2, "")
    assert error.startswith("error [")
    for name in names:
        assert name in error


def test_an_unknown_option_exits_2() -> None:
    assert verify("--pin", "1234")[0] == 2


@pytest.mark.parametrize("content", [b"", b"hello", b"\x30\x82"])
def test_a_foreign_signature_file_is_a_verdict_not_a_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.p7s"
    path.write_bytes(content)
    result = RUNNER.invoke(jpki_app, ["verify", str(path), "--lang", "en"])
    assert result.exit_code == 1
    assert result.stdout.startswith("INVALID: ")


def test_content_lies_beside_the_signature(tmp_path: Path) -> None:
    for name, source in (("c.txt", "content.txt"), ("c.txt.p7s", "card.p7s")):
        (tmp_path / name).write_bytes((VECTORS / source).read_bytes())
    result = RUNNER.invoke(
        jpki_app,
        [
            *("verify", str(tmp_path / "c.txt.p7s"), "--trust", str(VECTORS / "root.cer")),
            *("--crl", str(VECTORS / "empty.crl"), "--at", "2026-08-03T03:00:00Z"),
        ],
    )
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("options", "status", "names"),
    [
        (("why", "1", "--world", "nowhere"), 2, "nowhere"),
        (("why", "abc"), 2, "valid int"),
        (("demo", "--lang", "fr"), 2, "fr"),
    ],
)
def test_the_simulators_mistakes_are_named(
    options: tuple[str, ...], status: int, names: str
) -> None:
    result = RUNNER.invoke(sim_app, [*options])
    assert result.exit_code == status
    assert names in result.stderr
