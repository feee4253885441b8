"""The audit of the verifier services: who asked in which role, for what, about whom, the answer.

A certificate is named by a keyed pseudonym that is another for every verifier; names, addresses and
serial numbers are never written down here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jpki.life import CertificateRecord
from jpki.pseudonyms import SHORTEST_SECRET, PseudonymKey
from jpki.terms import Hierarchy
from simulator.services.records import Records

__all__ = ["Audit", "AuditEntry"]

_KEY_ID: Final = "audit-1"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line. ``subject`` is a pseudonym, or empty where no certificate was found.

    ``outcome`` is the answer in a word, or the code of the error.
    """

    number: int
    at: datetime
    verifier: str
    role: str
    purpose_of_use: str
    service: str
    subject: str
    outcome: str
    rule: str


class Audit:
    """The audit of one world. ``draw`` gives random bytes for the key of the pseudonyms."""

    def __init__(
        self, records: Records, *, draw: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._records = records
        self._master = records.secret("audit pseudonyms", lambda: draw(SHORTEST_SECRET))

    def __repr__(self) -> str:
        return "<Audit>"

    def subject(self, verifier: str, record: CertificateRecord | None) -> str:
        """Return how a certificate is named in this verifier's lines."""
        if record is None:
            return ""
        with PseudonymKey.derive(self._master, verifier=verifier, key_id=_KEY_ID) as key:
            return key.pseudonym(record.kind, record.serial, hierarchy=Hierarchy.SIMULATED).text

    def note(
        self,
        *,
        at: datetime,
        verifier: str,
        role: str,
        purpose_of_use: str,
        service: str,
        subject: str,
        outcome: str,
        rule: str,
    ) -> None:
        """Add a line."""
        self._records.add_audit(
            {
                "at": at.isoformat(),
                "verifier": verifier,
                "role": role,
                "purpose_of_use": purpose_of_use,
                "service": service,
                "subject": subject,
                "outcome": outcome,
                "rule": rule,
            }
        )

    def entries(self, *, after: int = 0, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """Return up to ``limit`` lines behind a number, in order."""
        return tuple(
            AuditEntry(**{**row, "at": datetime.fromisoformat(row["at"])})
            for row in self._records.audit(after=after, limit=limit)
        )
