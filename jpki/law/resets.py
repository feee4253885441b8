"""Which path sets which PIN anew, and which serial number leads to which: the smaller matrices.

As with the rules, exactly one row speaks of each case on each day and under each policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from jpki.errors import RuleConflict, RuleGap
from jpki.law.evaluate import Rulebook
from jpki.law.model import PolicyChoice, PolicyRow
from jpki.law.policies import Policies
from jpki.law.rows import LinkRow, PinRow, ResetRow
from jpki.law.tables import RuleTable
from jpki.terms import Certainty, CertificateKind, Medium

__all__ = [
    "ResetLine",
    "link_row",
    "matrix_holes",
    "pin_row",
    "reset_matrix",
    "reset_paths",
    "reset_row",
    "tries_of",
]


@dataclass(frozen=True, slots=True)
class ResetLine:
    """One path of the matrix: for each PIN the row that says whether the path sets it anew."""

    path: str
    cells: tuple[tuple[PinRow, ResetRow], ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The conditions that any cell of the path asks for, each once."""
        return tuple(dict.fromkeys(each for _, row in self.cells for each in row.needs))

    def marks(self) -> tuple[str, ...]:
        """Return ○, △ (on conditions) or × for each PIN; with a question mark when assumed."""
        return tuple(_mark(row) for _, row in self.cells)


def reset_matrix(book: Rulebook, *, on: date) -> tuple[ResetLine, ...]:
    """Return which path sets which PIN anew on a day and under a book's policies.

    The PINs are those that exist on the day and that some path speaks of.
    """
    table = book.table
    resettable = {(row.medium, pin) for row in table.resets for pin in row.pins}
    pins = [row for row in table.pins if row.in_force(on) and (row.medium, row.pin) in resettable]
    return tuple(
        ResetLine(
            path, tuple((pin, reset_row(book, path, pin.medium, pin.pin, on=on)) for pin in pins)
        )
        for path in reset_paths(table)
    )


def _mark(row: ResetRow) -> str:
    mark = ("△" if row.needs else "○") if row.allowed else "×"
    return mark + (" ?" if row.certainty is Certainty.ASSUMED else "")


def reset_row(book: Rulebook, path: str, medium: Medium, pin: str, *, on: date) -> ResetRow:
    """Return the one row that says whether the path sets this PIN anew on the day ``on``."""
    first = pin_row(book.table, medium, pin).since
    return _reset_row(book.table, book.policies, path, medium, pin, on=max(on, first))


def link_row(
    table: RuleTable, source: CertificateKind, target: CertificateKind, *, on: date
) -> LinkRow:
    """Return the one row that says whether a serial of one kind leads to one of the other."""
    found = [row for row in table.links if row.in_force(on) and row.joins(source, target)]
    if len(found) == 1:
        return found[0]
    what = f"{source.value} to {target.value} on {on}"
    if not found:
        raise RuleGap(f"no row links {what}")
    raise RuleConflict(", ".join(row.id for row in found) + f" all link {what}")


def pin_row(table: RuleTable, medium: Medium, pin: str) -> PinRow:
    """Return the row that describes a PIN."""
    for row in table.pins:
        if (row.medium, row.pin) == (medium, pin):
            return row
    raise RuleGap(f"no row describes {pin} on {medium.value}")


def tries_of(book: Rulebook, row: PinRow) -> int | None:
    """Return how many wrong tries in a row block a PIN; None when the phone's system counts."""
    if row.tries_policy is not None:
        return int(book.policies[row.tries_policy])
    return row.tries


def reset_paths(table: RuleTable) -> tuple[str, ...]:
    """Return every path that a row speaks of, in the order of the table."""
    return tuple(dict.fromkeys(path for row in table.resets for path in row.path))


def matrix_holes(table: RuleTable) -> Iterator[str]:
    """Yield every path, PIN, pair of kinds, day and choice of policies without exactly one row."""
    for path, pin in product(reset_paths(table), table.pins):
        if any(row.medium is pin.medium and pin.pin in row.pins for row in table.resets):
            yield from _reset_holes(table, path, pin)
    for source, target in product(CertificateKind, CertificateKind):
        first = max(_exists(table, source), _exists(table, target))
        for on in _days(first, [row for row in table.links if row.joins(source, target)]):
            try:
                link_row(table, source, target, on=on)
            except (RuleGap, RuleConflict) as error:
                yield error.message


def _reset_holes(table: RuleTable, path: str, pin: PinRow) -> Iterator[str]:
    rows = [
        row
        for row in table.resets
        if path in row.path and row.medium is pin.medium and pin.pin in row.pins
    ]
    for on, policies in product(_days(pin.since, rows), _choices(table, rows)):
        try:
            _reset_row(table, policies, path, pin.medium, pin.pin, on=on)
        except (RuleGap, RuleConflict) as error:
            yield error.message


def _reset_row(
    table: RuleTable, policies: Policies, path: str, medium: Medium, pin: str, *, on: date
) -> ResetRow:
    found = [
        row
        for row in table.resets
        if path in row.path
        and row.medium is medium
        and pin in row.pins
        and row.in_force(on)
        and (row.policy is None or row.policy.holds(policies))
    ]
    if len(found) == 1:
        return found[0]
    what = f"{path}, {pin} on {medium.value} on {on}"
    if not found:
        raise RuleGap(f"no row speaks of {what}")
    raise RuleConflict(", ".join(row.id for row in found) + f" all speak of {what}")


def _exists(table: RuleTable, kind: CertificateKind) -> date:
    return next(row.since for row in table.subjects if row.subject.kind is kind)


def _days(first: date, rows: list[ResetRow] | list[LinkRow]) -> tuple[date, ...]:
    days = {first} | {row.since for row in rows} | {row.until for row in rows if row.until}
    return tuple(sorted(day for day in days if day >= first))


def _choices(table: RuleTable, rows: list[ResetRow]) -> Iterator[Policies]:
    conditions: list[PolicyChoice] = [row.policy for row in rows if row.policy is not None]
    names = sorted({condition.name for condition in conditions})
    described: list[PolicyRow] = [table.default_policies.row(name) for name in names]
    for values in product(*(row.alternatives for row in described)):
        yield table.default_policies.with_(**dict(zip(names, values, strict=True)))
