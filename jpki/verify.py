"""Verify a signature: who signed, and was the certificate in effect at the instant that matters?

``explain`` answers with a report whatever it finds; ``verify`` raises the first failure, for
callers who must not be able to overlook it. Both run the same numbered steps. Nothing is fetched:
roots and revocation lists are handed over, and no root is trusted unless it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import BinaryIO

from jpki.certificates import AuthorityCertificate
from jpki.errors import VerificationError
from jpki.jst import require_aware
from jpki.revocation import RevocationList
from jpki.terms import CertificateKind
from jpki.validation import (
    SIGNATURE_KINDS,
    Question,
    VerificationReport,
    report_of,
    run_steps,
)

__all__ = ["explain", "sha256_of", "verify"]

_CHUNK = 1 << 20


def explain(
    signature: bytes,
    *,
    content: bytes | BinaryIO | None = None,
    roots: Iterable[AuthorityCertificate],
    revocation_lists: Iterable[RevocationList] = (),
    at: datetime,
    accepted_kinds: frozenset[CertificateKind] = SIGNATURE_KINDS,
    list_tolerance: timedelta = timedelta(0),
) -> VerificationReport:
    """Return the verdict on a CMS signature at the instant ``at``, with every step's finding.

    ``content`` is what was signed, as bytes or as a binary file that is read in pieces; leave it
    out only when the signature carries its content. ``accepted_kinds`` are the kinds that may sign
    this: both signature kinds unless the asker says otherwise. Raises nothing on a bad signature,
    whatever its bytes: that is a verdict.
    """
    report, _ = _answer(
        Question(
            signature=signature,
            content_sha256=None if content is None else sha256_of(content),
            roots=tuple(roots),
            revocation_lists=tuple(revocation_lists),
            at=require_aware(at),
            accepted_kinds=accepted_kinds,
            list_tolerance=list_tolerance,
        )
    )
    return report


def verify(
    signature: bytes,
    *,
    content: bytes | BinaryIO | None = None,
    roots: Iterable[AuthorityCertificate],
    revocation_lists: Iterable[RevocationList] = (),
    at: datetime,
    accepted_kinds: frozenset[CertificateKind] = SIGNATURE_KINDS,
    list_tolerance: timedelta = timedelta(0),
) -> VerificationReport:
    """Return the report of a valid signature; raise a ``VerificationError`` for any other.

    What could not be checked raises ``Indeterminate`` (``StatusUnknown``, ``IssuerUnknown``); what
    was checked and failed raises one of the other leaves, such as ``Revoked``. Failures come
    before what is merely unknown, as in the report's verdict. The arguments are those of
    ``explain``.
    """
    report, error = _answer(
        Question(
            signature=signature,
            content_sha256=None if content is None else sha256_of(content),
            roots=tuple(roots),
            revocation_lists=tuple(revocation_lists),
            at=require_aware(at),
            accepted_kinds=accepted_kinds,
            list_tolerance=list_tolerance,
        )
    )
    if error is not None:
        raise error
    return report


def sha256_of(content: bytes | BinaryIO) -> bytes:
    """Return the SHA-256 of bytes or of a binary file, read in pieces."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).digest()
    digest = hashlib.sha256()
    while piece := content.read(_CHUNK):
        digest.update(piece)
    return digest.digest()


def _answer(question: Question) -> tuple[VerificationReport, VerificationError | None]:
    findings, case = run_steps(question)
    report = report_of(question, findings, case)
    return report, findings[report.decided_by - 1].error
