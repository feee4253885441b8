"""Events of the four certificates and of their issuers' keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from jpki.life.events.values import Authority, Happening, OfPerson
from jpki.life.events.words import CompromiseCause, RequestPurpose
from jpki.terms import CertificateKind

__all__ = [
    "CertificateIssued",
    "IssueAbandoned",
    "IssuerKeyCompromised",
    "KeyCompromiseReported",
    "RecordErrorFound",
    "RevocationRequested",
]


@dataclass(frozen=True, slots=True)
class CertificateIssued(OfPerson):
    """A certificate was issued under this serial number (発行の番号)."""

    name: ClassVar[str] = "certificate_issued"
    kind: CertificateKind
    serial: int
    authority: Authority
    municipality: str
    expires_on: date
    signed_with: CertificateKind | None = None


@dataclass(frozen=True, slots=True)
class RevocationRequested(OfPerson):
    """The holder requested revocation; ``signed_with`` says which key signed an online request."""

    name: ClassVar[str] = "revocation_requested"
    told: ClassVar[tuple[str, ...]] = ("purpose",)
    kinds: tuple[CertificateKind, ...]
    purpose: RequestPurpose = RequestPurpose.END
    signed_with: CertificateKind | None = None


@dataclass(frozen=True, slots=True)
class KeyCompromiseReported(OfPerson):
    """The holder reported a leak, or a medium that became unusable."""

    name: ClassVar[str] = "key_compromise_reported"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    kinds: tuple[CertificateKind, ...]
    cause: CompromiseCause = CompromiseCause.LEAKED
    signed_with: CertificateKind | None = None


@dataclass(frozen=True, slots=True)
class RecordErrorFound(OfPerson):
    """The agency found an error in what it had recorded."""

    name: ClassVar[str] = "record_error_found"
    kinds: tuple[CertificateKind, ...]


@dataclass(frozen=True, slots=True)
class IssuerKeyCompromised(Happening):
    """The agency's key for these kinds leaked or was lost; without ``generation``, every key."""

    name: ClassVar[str] = "issuer_key_compromised"
    kinds: tuple[CertificateKind, ...]
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class IssueAbandoned(OfPerson):
    """Certificates were destroyed before they were handed over."""

    name: ClassVar[str] = "issue_abandoned"
    kinds: tuple[CertificateKind, ...]
