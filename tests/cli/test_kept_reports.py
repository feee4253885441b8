"""Verdicts on many files, kept reports shown again, and the schema of their JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jpki.cli.app import app
from jpki.cms import parse_signed_data

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "cms"
RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})


def run(*words: str) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, list(words))
    return result.exit_code, result.stdout, result.stderr


def verify(folder: Path, *names: str, more: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Ask about vectors, each beside the content it stands for."""
    for name in names:
        (folder / name).write_bytes((VECTORS / name).read_bytes())
        (folder / name.removesuffix(".p7s")).write_bytes((VECTORS / "content.txt").read_bytes())
    return run(
        "verify",
        *(str(folder / name) for name in names),
        *("--trust", str(VECTORS / "root.cer"), "--crl", str(VECTORS / "empty.crl")),
        *("--at", "2026-08-03T03:00:00Z", *more),
    )


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (("card.p7s", "mobile.p7s"), 0),
        (("card.p7s", "flipped.p7s"), 1),
        # One signature is invalid and one cannot be checked: the worse decides.
        (("foreign.p7s", "flipped.p7s"), 1),
    ],
)
def test_the_exit_status_is_that_of_the_worst_verdict(
    tmp_path: Path, names: tuple[str, ...], status: int
) -> None:
    assert verify(tmp_path, *names)[0] == status


def test_a_summary_has_a_line_for_every_file_and_a_count(tmp_path: Path) -> None:
    _, said, _ = verify(tmp_path, "card.p7s", "flipped.p7s", "mobile.p7s")
    assert "2 VALID, 1 INVALID, 0 INDETERMINATE" in said
    for name in ("card.p7s", "flipped.p7s", "mobile.p7s"):
        assert name in said.replace("\n", "")


def test_one_content_for_two_files_is_a_mistake_in_the_question(tmp_path: Path) -> None:
    content = str(VECTORS / "content.txt")
    status, _, error = verify(tmp_path, "card.p7s", "mobile.p7s", more=("--content", content))
    assert status == 2
    assert "--content" in error


def test_a_kept_report_is_shown_again_with_the_same_words_and_status(tmp_path: Path) -> None:
    status, said, _ = verify(tmp_path, "flipped.p7s")
    kept = tmp_path / "kept.json"
    kept.write_text(verify(tmp_path, "flipped.p7s", more=("--format", "json"))[1])
    assert run("report", "show", str(kept)) == (status, said, "")


def test_the_words_of_etsi_name_file_signature_and_reason(tmp_path: Path) -> None:
    status, said, _ = verify(tmp_path, "card.p7s", "flipped.p7s", more=("--format", "etsi"))
    assert status == 1
    assert [line.split("\t")[-1] for line in said.splitlines()] == [
        "TOTAL-PASSED",
        "TOTAL-FAILED/SIG_CRYPTO_FAILURE",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "whole"),
        ("[]", "whole"),
        ('{"verdict": "good", "files": []}', "verdict"),
        ('{"schema_version": 1, "verdict": "valid", "files": []}', "schema_version"),
    ],
)
def test_what_is_no_kept_report_is_named_with_its_place(
    tmp_path: Path, text: str, names: str
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(text)
    status, said, error = run("report", "show", str(kept))
    assert (status, said) == (2, "")
    assert names in error


def test_an_error_about_a_report_repeats_nothing_of_the_holder(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    report = json.loads(verify(tmp_path, "card.p7s", more=("--format", "json"))[1])
    report["files"][0]["signatures"][0]["signer"]["attributes"]["birth_date"] = "花子"
    kept.write_text(json.dumps(report))
    status, _, error = run("report", "show", str(kept))
    assert status == 2
    assert "花子" not in error


def test_the_schema_is_reviewed(golden: Callable[[str, str], None]) -> None:
    status, said, _ = run("report", "schema")
    assert status == 0
    golden("../../docs/report.schema.json", said)


def test_a_bare_value_is_judged_with_its_certificate_beside_it(tmp_path: Path) -> None:
    signed = parse_signed_data((VECTORS / "no-attributes.p7s").read_bytes())
    (tmp_path / "cert.cer").write_bytes(signed.certificates[0])
    (tmp_path / "content.sig").write_bytes(signed.signers[0].signature)
    (tmp_path / "content").write_bytes((VECTORS / "content.txt").read_bytes())
    status, said, _ = run(
        "verify",
        str(tmp_path / "content.sig"),
        *("--certificate", str(tmp_path / "cert.cer")),
        *("--trust", str(VECTORS / "root.cer"), "--crl", str(VECTORS / "empty.crl")),
        *("--at", "2026-08-03T03:00:00Z"),
    )
    assert status == 0
    assert said.startswith("VALID")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"decided_by": 99}, id="decided by a step that is not there"),
        pytest.param({"steps": []}, id="no steps at all"),
        pytest.param({"verdict": "valid", "signer": None}, id="valid and signed by nobody"),
    ],
)
def test_a_kept_report_that_contradicts_itself_is_refused_by_name(
    tmp_path: Path, change: dict[str, object]
) -> None:
    kept = json.loads(verify(tmp_path, "card.p7s", more=("--format", "json"))[1])
    kept["files"][0]["signatures"][0].update(change)
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(kept))
    status, _, error = run("report", "show", str(file))
    assert status == 2
    assert "not a kept report" in error


def test_a_kept_report_with_a_step_of_another_name_is_refused_by_name(tmp_path: Path) -> None:
    kept = json.loads(verify(tmp_path, "card.p7s", more=("--format", "json"))[1])
    kept["files"][0]["signatures"][0]["steps"][0]["name"] = "a step of tomorrow"
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(kept))
    status, _, error = run("report", "show", str(file), "--lang", "ja")
    assert status == 2
    assert "not a kept report" in error


def bare_value(folder: Path, *more: str) -> tuple[int, str, str]:
    signed = parse_signed_data((VECTORS / "no-attributes.p7s").read_bytes())
    (folder / "cert.cer").write_bytes(signed.certificates[0])
    (folder / "value").write_bytes(signed.signers[0].signature)
    return run(
        "verify",
        str(folder / "value"),
        *("--certificate", str(folder / "cert.cer")),
        *("--trust", str(VECTORS / "root.cer"), "--crl", str(VECTORS / "empty.crl")),
        *("--at", "2026-08-03T03:00:00Z", *more),
    )


def test_a_bare_value_is_judged_over_a_digest(tmp_path: Path) -> None:
    digest = hashlib.sha256((VECTORS / "content.txt").read_bytes()).hexdigest()
    assert bare_value(tmp_path, "--digest", digest)[0] == 0
    assert bare_value(tmp_path, "--digest", "00" * 32)[0] == 1
    assert bare_value(tmp_path)[0] == 3


def test_a_digest_of_another_length_is_a_mistake_in_the_question(tmp_path: Path) -> None:
    status, _, error = bare_value(tmp_path, "--digest", "00" * 31)
    assert status == 2
    assert "64 hexadecimal digits" in error


def test_a_role_that_may_not_check_signatures_is_refused_with_the_basis(tmp_path: Path) -> None:
    status, _, error = verify(tmp_path, "card.p7s", more=("--role", "user_authentication_verifier"))
    assert status == 2
    assert "not-permitted" in error
    assert verify(tmp_path, "card.p7s", more=("--role", "signature_verifier"))[0] == 0
