"""What revocation lists say about a certificate at an instant (RFC 5280 §6.3).

*Unknown is neither good nor bad.* A list that cannot be used is named with the reason, and when no
list can be used the status is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from asn1crypto import x509

from jpki.certificates import (
    AuthorityCertificate,
    SubscriberCertificate,
)
from jpki.jst import moment
from jpki.revocation import IssuingDistributionPoint, RevocationList, RevokedEntry

__all__ = ["CertificateStatus", "ListProblem", "Standing", "status_at"]


class Standing(StrEnum):
    """The answers a status question has."""

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ListProblem:
    """Why one list could not be used; ``code`` and ``facts`` as in :mod:`jpki.validation.words`."""

    code: str
    facts: Mapping[str, str]
    revocation_list: RevocationList | None = None


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """The answer, the list it rests on, and why other lists were left aside."""

    standing: Standing
    revocation_list: RevocationList | None = None
    entry: RevokedEntry | None = None
    problems: tuple[ListProblem, ...] = ()


def status_at(
    certificate: SubscriberCertificate,
    *,
    authority: AuthorityCertificate,
    lists: Iterable[RevocationList],
    at: datetime,
    tolerance: timedelta = timedelta(0),
) -> CertificateStatus:
    """Return what the lists say about ``certificate`` at the instant ``at``.

    ``tolerance`` is how long after its nextUpdate a list is still believed. A revocation recorded
    at or before ``at`` is final, so any authentic list of the right partition proves it, however
    old or new; everything else needs a list that holds at ``at``.
    """
    problems: list[ListProblem] = []
    current: list[RevocationList] = []
    for revocation_list in lists:
        problem = _not_for(revocation_list, certificate, authority)
        if problem is None:
            entry = _entry_at(revocation_list, certificate, at)
            if entry is not None and not entry.is_hold:
                return CertificateStatus(Standing.REVOKED, revocation_list, entry, tuple(problems))
            problem = _not_at(revocation_list, at, tolerance, held=entry is not None)
        if problem is None:
            current.append(revocation_list)
        else:
            problems.append(problem)
    if not current:
        problems = problems or [ListProblem("revocation.no-list", {})]
        return CertificateStatus(
            Standing.UNKNOWN, problems=tuple(sorted(problems, key=_nearness, reverse=True))
        )
    newest = max(current, key=lambda known: (known.this_update, known.crl_number or 0))
    entry = _entry_at(newest, certificate, at)
    standing = Standing.GOOD if entry is None else Standing.HELD
    return CertificateStatus(standing, newest, entry, tuple(problems))


# How near a list came to being the right one: the nearest miss is the one worth telling.
_NEARNESS = (
    "revocation.no-list",
    "revocation.other-issuer",
    "revocation.other-key",
    "revocation.other-scope",
    "revocation.other-partition",
    "revocation.bad-signature",
    "revocation.critical-extension",
    "revocation.delta",
    "revocation.not-yet",
    "revocation.stale",
    "revocation.hold-may-be-over",
)


def _nearness(problem: ListProblem) -> int:
    return _NEARNESS.index(problem.code)


def _entry_at(
    revocation_list: RevocationList, certificate: SubscriberCertificate, at: datetime
) -> RevokedEntry | None:
    entry = revocation_list.entries.get(certificate.serial)
    return entry if entry is not None and entry.recorded_at <= at else None


def _not_for(
    revocation_list: RevocationList,
    certificate: SubscriberCertificate,
    authority: AuthorityCertificate,
) -> ListProblem | None:
    """Why the list does not speak of this certificate with the issuer's authority, if so."""

    def problem(code: str, **facts: str) -> ListProblem:
        return ListProblem(f"revocation.{code}", facts, revocation_list)

    if revocation_list.issuer != certificate.issuer:
        return problem("other-issuer")
    key_id = revocation_list.authority_key_id
    if key_id is not None and key_id != authority.subject_key_id:
        return problem("other-key", key_id=key_id.hex())
    scope = revocation_list.distribution_point
    if scope is not None:
        if _speaks_of_others(scope):
            return problem("other-scope")
        wanted = certificate.crl_distribution_point
        if _names_points(scope) and wanted.name not in scope.directory_names:
            found = ", ".join(map(_readable, scope.directory_names)) or "of another form"
            return problem("other-partition", found=found, wanted=_readable(wanted.name))
    if not revocation_list.signed_by(authority):
        return problem("bad-signature")
    if revocation_list.unknown_critical_extensions:
        return problem("critical-extension", oid=revocation_list.unknown_critical_extensions[0])
    if revocation_list.is_delta:
        return problem("delta")
    return None


def _speaks_of_others(scope: IssuingDistributionPoint) -> bool:
    """Whether the list leaves subscribers' certificates, or some reasons, out (RFC 5280 §5.2.5)."""
    return (
        scope.only_authority_certificates
        or scope.only_attribute_certificates
        or scope.only_some_reasons
        or scope.indirect
    )


def _names_points(scope: IssuingDistributionPoint) -> bool:
    return bool(scope.directory_names or scope.uris or scope.other_forms)


def _readable(name: bytes) -> str:
    """Return the last part of a distribution point's name, such as ``Shibuya-ku CRLDP``."""
    try:
        *_, last = x509.Name.load(name, strict=True).chosen
        return str(last[0]["value"].native)
    except (ValueError, TypeError):
        return name.hex()


def _not_at(
    revocation_list: RevocationList, at: datetime, tolerance: timedelta, *, held: bool
) -> ListProblem | None:
    """Why the list does not hold at the instant, if so."""
    facts = {"at": moment(at), "this_update": moment(revocation_list.this_update)}
    if at < revocation_list.this_update:
        return ListProblem("revocation.not-yet", facts, revocation_list)
    if at > revocation_list.next_update + tolerance:
        if held:
            return ListProblem("revocation.hold-may-be-over", facts, revocation_list)
        facts["next_update"] = moment(revocation_list.next_update)
        return ListProblem("revocation.stale", facts, revocation_list)
    return None
