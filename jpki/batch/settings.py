"""What a batch is judged by: plain values that can be sent to another process or machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from jpki.batch.judge import Judge
from jpki.certificates import parse_authority
from jpki.law import VerifierRole
from jpki.revocation import parse_revocation_list
from jpki.revocation.index import RevocationIndex
from jpki.validation import CheckPurpose, Evidence, VerificationPolicy

__all__ = ["BatchSettings"]


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Everything that is the same for every row.

    ``roots`` and ``revocation_lists`` are DER, ``at`` (aware) the instant for rows that name none.
    ``index`` is the path of a revocation index, which every worker maps: it has to lie where all of
    them see it. What it says is believed, so it has to be one of your own making.
    With ``attributes`` the answer holds the four items of signature certificates: personal data.
    """

    roots: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...] = ()
    index: Path | None = None
    at: datetime | None = None
    purpose: CheckPurpose = CheckPurpose.SIGNATURE
    list_tolerance: timedelta = timedelta(0)
    role: VerifierRole | None = None
    attributes: bool = False

    def check(self) -> None:
        """Read all that rows are judged by, once, before anything is judged.

        ``FormatError`` when a root or a list is bad, ``MalformedIndex`` when any byte of the index
        is: who opens it afterwards checks only its small parts.
        """
        if self.index is not None:
            RevocationIndex.open(self.index, verify=True)
        self.judge()

    def judge(self) -> Judge:
        """Return a judge of its own; ``FormatError`` when a root, a list or the index is bad."""
        registers = () if self.index is None else (RevocationIndex.open(self.index),)
        return Judge(
            Evidence(
                roots=tuple(map(parse_authority, self.roots)),
                revocation_lists=tuple(map(parse_revocation_list, self.revocation_lists)),
                registers=registers,
            ),
            policy=VerificationPolicy(list_tolerance=self.list_tolerance, role=self.role),
            purpose=self.purpose,
            items=self.attributes,
        )

    @property
    def fingerprint(self) -> str:
        """A digest of all of it: a run is only resumed with the settings it began with."""
        digest = sha256(_digest_of(self.roots) + _digest_of(self.revocation_lists))
        if self.index is not None:
            digest.update(RevocationIndex.open(self.index).fingerprint)
        told = (self.at, self.purpose.value, self.list_tolerance, self.role, self.attributes)
        digest.update(repr(told).encode())
        return digest.hexdigest()


@lru_cache(maxsize=16)
def _digest_of(files: tuple[bytes, ...]) -> bytes:
    """Return a digest of files in their order; an engine asks for it with every batch."""
    return sha256(b"".join(sha256(one).digest() for one in files)).digest()
