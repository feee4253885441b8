"""What a batch is judged by: plain values that can be sent to another process or machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from jpki.batch.judge import Judge
from jpki.certificates import parse_authority
from jpki.law import VerifierRole
from jpki.revocation import parse_revocation_list
from jpki.validation import CheckPurpose, Evidence, VerificationPolicy

__all__ = ["BatchSettings"]


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Everything that is the same for every row.

    ``roots`` and ``revocation_lists`` are DER, ``at`` (aware) the instant for rows that name none.
    With ``attributes`` the answer holds the four items of signature certificates: personal data.
    """

    roots: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...] = ()
    at: datetime | None = None
    purpose: CheckPurpose = CheckPurpose.SIGNATURE
    list_tolerance: timedelta = timedelta(0)
    role: VerifierRole | None = None
    attributes: bool = False

    def judge(self) -> Judge:
        """Return a judge of its own; ``FormatError`` when a root or a list cannot be read."""
        return Judge(
            Evidence(
                roots=tuple(map(parse_authority, self.roots)),
                revocation_lists=tuple(map(parse_revocation_list, self.revocation_lists)),
            ),
            policy=VerificationPolicy(list_tolerance=self.list_tolerance, role=self.role),
            purpose=self.purpose,
            items=self.attributes,
        )

    @property
    def fingerprint(self) -> str:
        """A digest of all of it: a run is only resumed with the settings it began with."""
        digest = sha256()
        for part in (*self.roots, b"-", *self.revocation_lists):
            digest.update(sha256(part).digest())
        told = (self.at, self.purpose.value, self.list_tolerance, self.role, self.attributes)
        digest.update(repr(told).encode())
        return digest.hexdigest()
