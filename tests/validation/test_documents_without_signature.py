"""A file that is signed data and carries no signature is judged, and judged invalid."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jpki.errors import VerificationError
from jpki.validation import Evidence, Verdict
from jpki.verify import explain_document, verify_document

NO_SIGNER = Path(__file__).resolve().parents[1] / "vectors" / "cms" / "no-signer.p7s"
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)


def test_signed_data_without_a_signer_is_an_invalid_document() -> None:
    report = explain_document(NO_SIGNER.read_bytes(), evidence=Evidence(), at=AT)
    assert report.verdict is Verdict.INVALID
    assert [one.deciding_step.name for one in report.signatures] == ["structure"]


def test_verifying_signed_data_without_a_signer_raises() -> None:
    with pytest.raises(VerificationError):
        verify_document(NO_SIGNER.read_bytes(), evidence=Evidence(), at=AT)
