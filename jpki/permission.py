"""What a verifier's role may do, asked of the law's tables: an answer, or ``NotPermitted``.

Roles are those of the Act: 17(4) signature verifiers, 17(5) federations and 21 their members, 36
verifiers of authentications and 38-2 those of them who may compare faces. The rows are in the
tables (``jpki law``), each with its basis, its certainty and its period.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from jpki.errors import NotPermitted, RuleGap
from jpki.law import RuleTable, VerifierAct, VerifierRole, load
from jpki.law.permissions import permission_row
from jpki.law.resets import link_row
from jpki.law.rows import LinkRow, PermissionRow, ServiceRow
from jpki.terms import CertificateKind

__all__ = ["permission", "require", "require_link", "require_service", "services_for"]

# Act 38-2: a specified verifier is a user authentication verifier with a further approval.
_ALSO: Final = {
    VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER: frozenset(
        {VerifierRole.USER_AUTHENTICATION_VERIFIER}
    )
}


def permission(
    role: VerifierRole,
    act: VerifierAct,
    kind: CertificateKind,
    *,
    on: date,
    table: RuleTable | None = None,
) -> PermissionRow:
    """Return the row that says whether a role may do this with such a certificate.

    ``on`` is a Japan day. Raises ``RuleGap`` for a day before such certificates existed.
    """
    return permission_row(table or load(), role, act, kind, on=on)


def require(
    role: VerifierRole,
    act: VerifierAct,
    kind: CertificateKind,
    *,
    on: date,
    table: RuleTable | None = None,
) -> PermissionRow:
    """Return the row that permits it; raise ``NotPermitted`` with the basis of one that does not.

    The row's note says under which conditions it is permitted; they are the caller's to see to.
    """
    rules = table or load()
    row = permission_row(rules, role, act, kind, on=on)
    if not row.allowed:
        what = f"{act.label_en} ({kind.value})"
        raise NotPermitted(role.value, what, basis=f"{row.id}: {rules.basis_en(row)}")
    return row


def services_for(
    role: VerifierRole, *, on: date, table: RuleTable | None = None
) -> tuple[ServiceRow, ...]:
    """Return what the agency answers this role on a Japan day."""
    roles = _roles([role])
    rows = (table or load()).services
    return tuple(row for row in rows if row.in_force(on) and roles & set(row.roles))


def require_service(
    role: VerifierRole, service: str, *, on: date, table: RuleTable | None = None
) -> ServiceRow:
    """Return the row of a service such as ``VS-4`` that this role may ask for.

    Raises ``NotPermitted`` when another role may, and ``RuleGap`` when there is no such service on
    that day.
    """
    rules = table or load()
    for row in rules.services:
        if row.id == service and row.in_force(on):
            if _roles([role]) & set(row.roles):
                return row
            basis = f"{row.id}: {rules.basis_en(row)}"
            raise NotPermitted(role.value, f"ask for {row.answers}", basis=basis)
    raise RuleGap(f"no row speaks of the service {service} on {on}")


def require_link(
    roles: Iterable[VerifierRole],
    source: CertificateKind,
    target: CertificateKind,
    *,
    on: date,
    table: RuleTable | None = None,
) -> LinkRow:
    """Return the row that lets who has all these roles learn one serial number from another.

    Raises ``NotPermitted`` when there is no such provision or a role is missing.
    """
    rules = table or load()
    row = link_row(rules, source, target, on=on)
    held = _roles(roles)
    if not row.allowed or not set(row.roles) <= held:
        who = ", ".join(sorted(role.value for role in held)) or "nobody"
        what = f"ask which {target.value} serial belongs to a {source.value} serial"
        raise NotPermitted(who, what, basis=f"{row.id}: {rules.basis_en(row)}")
    return row


def _roles(roles: Iterable[VerifierRole]) -> frozenset[VerifierRole]:
    held = frozenset(roles)
    return held.union(*(_ALSO.get(role, frozenset()) for role in held))
