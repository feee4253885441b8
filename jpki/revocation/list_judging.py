"""What a revocation list says about one certificate at an instant (RFC 5280 §6.3.3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from jpki.certificates import der
from jpki.certificates.names import Name
from jpki.errors import MalformedRevocationList
from jpki.revocation.parties import Issuer, Subject
from jpki.revocation.revocation_list import IssuingDistributionPoint, RevocationList
from jpki.revocation.statements import Obstacle, Statement

__all__ = ["judge_list", "outside_scope"]


def judge_list(
    known: RevocationList,
    *,
    subject: Subject,
    issuer: Issuer,
    at: datetime,
    tolerance: timedelta = timedelta(0),
) -> Statement | Obstacle:
    """Return what the list says about the certificate at ``at``, or why it says nothing.

    ``tolerance`` is how long after its nextUpdate a list is still believed.
    """
    obstacle = _not_for(known, subject, issuer)
    if obstacle is not None:
        return obstacle
    entry = known.entries.get(subject.serial)
    if entry is not None and entry.recorded_at > at:
        entry = None
    statement = Statement(entry, known.this_update, known.next_update)
    return statement.outside(at, tolerance=tolerance, skew=timedelta(0)) or statement


def _not_for(known: RevocationList, subject: Subject, issuer: Issuer) -> Obstacle | None:
    """Why the list does not speak of this certificate with its issuer's authority, if so."""
    if known.issuer != subject.issuer or known.issuer != issuer.name:
        return Obstacle("other-issuer", {})
    key_id = known.authority_key_id
    if key_id is not None and issuer.subject_key_id is not None and key_id != issuer.subject_key_id:
        return Obstacle("other-key", {"key_id": key_id.hex()})
    obstacle = outside_scope(known.distribution_point, subject)
    if obstacle is not None:
        return obstacle
    if not issuer.may_sign_lists or not known.signed_by(issuer):
        return Obstacle("bad-signature", {})
    if known.unknown_critical_extensions:
        return Obstacle("critical-extension", {"oid": known.unknown_critical_extensions[0]})
    return Obstacle("delta", {}) if known.is_delta else None


def outside_scope(scope: IssuingDistributionPoint | None, subject: Subject) -> Obstacle | None:
    """Return why lists of this scope do not speak of the certificate, if so (RFC 5280 §5.2.5)."""
    if subject.lists_elsewhere:
        return Obstacle("other-scope", {})
    if scope is None:
        return None
    if _speaks_of_others(scope, subject):
        return Obstacle("other-scope", {})
    named = scope.directory_names or scope.uris or scope.other_forms
    if named and not _share_a_point(scope, subject):
        found = ", ".join(map(_readable, scope.directory_names)) or "of another form"
        wanted = ", ".join(map(_readable, subject.points)) or "of another form"
        return Obstacle("other-partition", {"found": found, "wanted": wanted})
    return None


def _share_a_point(scope: IssuingDistributionPoint, subject: Subject) -> bool:
    names, addresses = set(scope.directory_names), set(scope.uris)
    return bool(names.intersection(subject.points) or addresses.intersection(subject.addresses))


def _speaks_of_others(scope: IssuingDistributionPoint, subject: Subject) -> bool:
    """Whether the list leaves this certificate, or some reasons, out (RFC 5280 §5.2.5)."""
    return (
        scope.only_attribute_certificates
        or scope.only_some_reasons
        or scope.indirect
        or (scope.only_authority_certificates and subject.is_authority is not True)
        or (scope.only_user_certificates and subject.is_authority is not False)
    )


def _readable(name: bytes) -> str:
    """Return the last part of a distribution point's name, such as ``Shibuya-ku CRLDP``.

    The name is not authentic yet, so what cannot be read or printed is shown as bytes.
    """
    try:
        read = Name.read(der.open_document(name, error=MalformedRevocationList))
    except MalformedRevocationList:
        read = None
    last = read.texts[-1] if read is not None and read.attributes else ""
    return last if last and last.isprintable() else name[:_SHOWN].hex()


_SHOWN = 64
