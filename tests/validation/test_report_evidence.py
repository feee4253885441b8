"""A report names the exact bytes it rests on, and masks the holder in its repr."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from jpki.certificates import parse_authority
from jpki.revocation import parse_revocation_list
from jpki.validation import VerificationReport
from jpki.verify import explain

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "cms"


def report() -> VerificationReport:
    return explain(
        (VECTORS / "card.p7s").read_bytes(),
        content=(VECTORS / "content.txt").read_bytes(),
        roots=[parse_authority((VECTORS / "root.cer").read_bytes())],
        revocation_lists=[parse_revocation_list((VECTORS / "empty.crl").read_bytes())],
        at=datetime(2026, 8, 3, 3, 0, tzinfo=UTC),
    )


def sha256(name: str) -> str:
    return hashlib.sha256((VECTORS / name).read_bytes()).hexdigest()


def test_the_evidence_is_the_files_own_digests() -> None:
    evidence = report().evidence
    assert evidence.document == sha256("card.p7s")
    assert evidence.content == (sha256("content.txt"),)
    assert evidence.root == sha256("root.cer")
    assert evidence.revocation == (sha256("empty.crl"),)


def test_a_report_survives_being_kept_as_json() -> None:
    kept = report().model_dump_json()
    assert VerificationReport.model_validate_json(kept) == report()
    assert json.loads(kept)["schema_version"] == 2


def test_the_repr_names_nobody() -> None:
    shown = repr(report()) + str(report())
    assert "花子" not in shown
    assert "模擬町" not in shown


def test_the_text_names_the_holder_and_says_that_all_is_simulated() -> None:
    assert "模擬　花子" in report().text("en")
    assert "SIMULATED" in report().text("en")
    assert "模擬：" in report().text("ja")
