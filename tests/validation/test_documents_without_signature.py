"""A file without a signature is judged invalid; one that cannot be looked into is not judged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jpki.errors import Indeterminate, VerificationError
from jpki.validation import Evidence, Verdict
from jpki.verify import explain_document, verify_document
from tests.vectors.make_pdf_vectors import Keys, made

NO_SIGNER = Path(__file__).resolve().parents[1] / "vectors" / "cms" / "no-signer.p7s"
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)


def test_signed_data_without_a_signer_is_an_invalid_document() -> None:
    report = explain_document(NO_SIGNER.read_bytes(), evidence=Evidence(), at=AT)
    assert report.verdict is Verdict.INVALID
    assert [one.deciding_step.name for one in report.signatures] == ["structure"]


def test_verifying_signed_data_without_a_signer_raises() -> None:
    with pytest.raises(VerificationError):
        verify_document(NO_SIGNER.read_bytes(), evidence=Evidence(), at=AT)


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys(Path(__file__).resolve().parents[2] / "build" / "test-keys")


@pytest.mark.parametrize("name", ["encrypted", "too-many-revisions"])
def test_a_pdf_that_cannot_be_looked_into_is_neither_valid_nor_invalid(
    keys: Keys, name: str
) -> None:
    """Its signature may well be good: other programs open encrypted and larger files."""
    data = made(name, keys)
    report = explain_document(data, evidence=Evidence(), at=AT)
    assert report.verdict is Verdict.INDETERMINATE
    assert [one.deciding_step.code for one in report.signatures] == ["structure.unread"]
    with pytest.raises(Indeterminate):
        verify_document(data, evidence=Evidence(), at=AT)


def test_a_pdf_of_a_forbidden_shape_stays_invalid(keys: Keys) -> None:
    report = explain_document(made("hybrid", keys), evidence=Evidence(), at=AT)
    assert report.verdict is Verdict.INVALID
