"""Which row says whether a verifier's role may do something with certificates of a kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product

from jpki.errors import RuleConflict, RuleGap
from jpki.law.model import Subject
from jpki.law.rows import PermissionRow, VerifierAct, VerifierRole
from jpki.law.tables import RuleTable
from jpki.terms import CertificateKind

__all__ = ["permission_holes", "permission_row"]


def permission_row(
    table: RuleTable, role: VerifierRole, act: VerifierAct, kind: CertificateKind, *, on: date
) -> PermissionRow:
    """Return the one row that speaks on a Japan day.

    Raises ``RuleGap`` where none does, as before certificates of that kind existed, and
    ``RuleConflict`` where several do.
    """
    what = f"{role.value}, {act.value}, {kind.value} on {on}"
    if on < table.exists_from(Subject(kind.value)):
        raise RuleGap(f"no row speaks of {what}: there is no such certificate yet")
    found = [
        row for row in table.permissions if row.in_force(on) and row.speaks_of(role, act, kind)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise RuleGap(f"no row speaks of {what}")
    raise RuleConflict(", ".join(row.id for row in found) + f" all speak of {what}")


def permission_holes(table: RuleTable) -> Iterator[str]:
    """Yield every role, act, kind and day on which not exactly one row speaks."""
    days = {row.since for row in table.permissions}
    days |= {row.until for row in table.permissions if row.until is not None}
    for role, act, kind in product(VerifierRole, VerifierAct, CertificateKind):
        first = table.exists_from(Subject(kind.value))
        for on in sorted({first} | {day for day in days if day >= first}):
            try:
                permission_row(table, role, act, kind, on=on)
            except (RuleGap, RuleConflict) as error:
                yield error.message
