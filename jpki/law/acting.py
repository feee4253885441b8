"""May this actor do this now? The rows of ``actors.toml`` decide, and refuse with their basis."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from jpki.errors import NotPermitted, Refused, RuleConflict, RuleGap
from jpki.jst import JST, day, require_aware
from jpki.law.actors import Act, ActingCase, Actor, OpenDays
from jpki.law.evaluate import Rulebook
from jpki.law.rows import ActorRow, LimitRow
from jpki.law.tables import RuleTable

__all__ = ["actor_row", "limits_on", "require_act"]

_SATURDAY = 5


def actor_row(table: RuleTable, actor: Actor) -> ActorRow:
    """Return the one row that says what an actor does; ``RuleGap`` or ``RuleConflict`` otherwise.

    Whether it is in force on a day is asked by :func:`require_act`.
    """
    found = [row for row in table.actors if row.actor is actor]
    if len(found) == 1:
        return found[0]
    if not found:
        raise RuleGap(f"no row speaks of {actor.value}")
    raise RuleConflict(", ".join(row.id for row in found) + f" all speak of {actor.value}")


def limits_on(book: Rulebook, actor: Actor, act: Act, *, at: datetime) -> tuple[LimitRow, ...]:
    """Return the rows that limit an act on the Japan day of ``at``, under the policies chosen."""
    on = day(require_aware(at))
    return tuple(
        row
        for row in book.table.limits
        if row.actor is actor
        and act in row.acts
        and row.in_force(on)
        and (row.policy is None or row.policy.holds(book.policies))
    )


def require_act(
    book: Rulebook,
    actor: Actor,
    act: Act,
    *,
    at: datetime,
    cases: Collection[ActingCase] | None = None,
) -> ActorRow:
    """Return the row that permits an act at an instant, or refuse.

    Raises ``NotPermitted`` with the row's basis when it does not name the act, and ``Refused`` with
    the id of the row: when it is not in force yet, when this is no day on which the actor acts, or
    when the matter is none of the ``cases`` to which the act is limited. With ``cases`` left out,
    the case is not asked about: whoever knows it asks again.
    """
    table, row = book.table, actor_row(book.table, actor)
    if act not in row.may:
        raise NotPermitted(row.name_en, act.words, basis=f"{row.id}: {table.basis_en(row)}")
    if not row.in_force(day(at)):
        raise _refused(table, row, f"{row.name_en} does this only since {row.since}")
    for limit in limits_on(book, actor, act, at=at):
        if limit.days is OpenDays.WEEKDAYS and at.astimezone(JST).weekday() >= _SATURDAY:
            raise _refused(table, limit, f"{row.name_en} is closed: {limit.note_en}")
        if limit.cases and cases is not None and not set(limit.cases) & set(cases):
            raise _refused(table, limit, f"{row.name_en} does this in other cases: {limit.note_en}")
    return row


def _refused(table: RuleTable, row: ActorRow | LimitRow, message: str) -> Refused:
    return Refused(message, rule=row.id, basis=table.basis_ja(row))
