"""The question that goes with a fuzzed signature: the evidence of the signature vectors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from jpki.authenticate import Challenge
from jpki.certificates import parse_authority
from jpki.revocation import parse_revocation_list
from jpki.validation import Evidence

__all__ = ["AT", "BATCH_EVIDENCE", "CHALLENGE", "CONTENT", "EVIDENCE", "SERVICE"]

_CMS: Final = Path(__file__).resolve().parents[1] / "vectors" / "cms"

AT: Final = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)
CONTENT: Final = (_CMS / "content.txt").read_bytes()
EVIDENCE: Final = Evidence(
    roots=tuple(
        parse_authority((_CMS / name).read_bytes())
        for name in ("root.cer", "authentication-root.cer")
    ),
    revocation_lists=tuple(
        parse_revocation_list((_CMS / name).read_bytes())
        for name in ("empty.crl", "authentication.crl")
    ),
    received_at=AT - timedelta(hours=1),
)
# Of signature certificates alone, as a batch is asked; its short way is taken.
BATCH_EVIDENCE: Final = Evidence(
    roots=EVIDENCE.roots[:1], revocation_lists=EVIDENCE.revocation_lists[:1]
)
SERVICE: Final = "a service"
CHALLENGE: Final = Challenge.of(bytes(range(16)), audience=SERVICE, at=AT - timedelta(minutes=1))
