"""The rule tables as one checked, frozen value.

Reading checks each row by itself; :func:`tables_from` then checks the rows against each other:
ids are unique, every event, field, value and policy a row names exists, every basis resolves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TypeVar

from pydantic import BaseModel

from jpki.errors import MalformedRule
from jpki.law.model import (
    EventRow,
    FigureRow,
    MilestoneRow,
    OnlineActRow,
    PolicyChoice,
    PolicyRow,
    Row,
    Rule,
    SourceRow,
    Subject,
    SubjectRow,
    Value,
)
from jpki.law.policies import Policies
from jpki.law.reading import read_rows, shipped_text
from jpki.law.rows import (
    ActorRow,
    ConditionRow,
    LabelRow,
    LimitRow,
    LinkRow,
    OutRow,
    PermissionRow,
    PinRow,
    ResetRow,
    ServiceRow,
    StatementRow,
)
from jpki.law.sources import Citation, cite
from jpki.terms import RevocationReason

__all__ = ["RuleTable", "load", "tables_from"]

_FILES: dict[str, dict[str, type[BaseModel]]] = {
    "sources.toml": {"source": SourceRow},
    "policies.toml": {"policy": PolicyRow},
    "revocation.toml": {
        "subject": SubjectRow,
        "event": EventRow,
        "rule": Rule,
        "online_act": OnlineActRow,
    },
    "validity.toml": {"figure": FigureRow},
    "milestones.toml": {"milestone": MilestoneRow},
    "pin.toml": {"pin": PinRow, "condition": ConditionRow, "reset": ResetRow},
    "verifier.toml": {"service": ServiceRow, "link": LinkRow, "permission": PermissionRow},
    "actors.toml": {"actor": ActorRow, "limit": LimitRow},
    "statements.toml": {"statement": StatementRow},
    "out.toml": {"out": OutRow},
    "labels.toml": {"label": LabelRow},
}
_COPY = "copy"
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class RuleTable:
    """Everything the tables say, for all dates."""

    subjects: tuple[SubjectRow, ...]
    events: tuple[EventRow, ...]
    rules: tuple[Rule, ...]
    online_acts: tuple[OnlineActRow, ...]
    figures: tuple[FigureRow, ...]
    milestones: tuple[MilestoneRow, ...]
    default_policies: Policies
    sources: tuple[SourceRow, ...]
    pins: tuple[PinRow, ...] = ()
    conditions: tuple[ConditionRow, ...] = ()
    resets: tuple[ResetRow, ...] = ()
    services: tuple[ServiceRow, ...] = ()
    links: tuple[LinkRow, ...] = ()
    permissions: tuple[PermissionRow, ...] = ()
    actors: tuple[ActorRow, ...] = ()
    limits: tuple[LimitRow, ...] = ()
    statements: tuple[StatementRow, ...] = ()
    out: tuple[OutRow, ...] = ()
    labels: tuple[LabelRow, ...] = ()
    _events: Mapping[str, EventRow] = dataclasses.field(init=False, repr=False, compare=False)
    _about: Mapping[tuple[str, Subject], tuple[Rule, ...]] = dataclasses.field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        about: dict[tuple[str, Subject], list[Rule]] = {}
        for rule in self.rules:
            for event in rule.event:
                for subject in rule.subjects:
                    about.setdefault((event, subject), []).append(rule)
        object.__setattr__(self, "_events", {row.id: row for row in self.events})
        object.__setattr__(self, "_about", {key: tuple(found) for key, found in about.items()})

    def event(self, name: str) -> EventRow:
        """Return the row that declares the event ``name``."""
        row = self._events.get(name)
        if row is None:
            raise MalformedRule(f"revocation.toml declares no event {name!r}")
        return row

    def rules_about(self, event: str, subject: Subject) -> tuple[Rule, ...]:
        """Return the rules that speak of an event and a subject on any day, in any case."""
        return self._about.get((event, subject), ())

    def rule(self, rule_id: str) -> Rule:
        """Return the rule with this id."""
        for row in self.rules:
            if row.id == rule_id:
                return row
        raise MalformedRule(f"revocation.toml has no rule {rule_id!r}")

    def row(self, row_id: str) -> Row:
        """Return the row with this id, whichever table it is in."""
        for row in self.rows():
            if row.id == row_id:
                return row
        raise MalformedRule(f"no table has a row {row_id!r}")

    def rows(self) -> Iterator[Row]:
        """Yield every row of every table, sources aside."""
        yield from self.subjects
        yield from self.events
        yield from self.rules
        yield from self.online_acts
        yield from self.figures
        yield from self.milestones
        yield from self.default_policies.rows
        yield from self.pins
        yield from self.conditions
        yield from self.resets
        yield from self.services
        yield from self.links
        yield from self.permissions
        yield from self.actors
        yield from self.limits
        yield from self.statements

    def exists_from(self, subject: Subject) -> date:
        """Return the day from which there have been things of this kind."""
        return self.subject_row(subject).since

    def subject_row(self, subject: Subject) -> SubjectRow:
        """Return the row that says since when the subject exists."""
        return next(row for row in self.subjects if row.subject == subject)

    def figure(self, name: str, *, on: date) -> FigureRow:
        """Return the figure ``name`` in force on the day ``on``."""
        return _only(
            [row for row in self.figures if row.name == name and row.in_force(on)],
            f"figure {name} on {on}",
        )

    def milestone(self, row_id: str) -> MilestoneRow:
        """Return the dated flag with this id."""
        return _only([row for row in self.milestones if row.id == row_id], f"milestone {row_id}")

    def cite(self, key: str) -> Citation:
        """Return the words for a basis key such as ``act:12(1)(i)``."""
        return cite(key, {source.id: source for source in self.sources})

    def basis_ja(self, row: Row) -> str:
        """Return every basis of a row in Japanese, joined by 、."""
        return "、".join(self.cite(key).text_ja for key in row.basis)

    def basis_en(self, row: Row) -> str:
        """Return every basis of a row in English, joined by commas."""
        return ", ".join(self.cite(key).text_en for key in row.basis)

    def boundaries(self) -> tuple[date, ...]:
        """Return every day on which a row begins or ends, in order."""
        days = {row.since for row in self.rows()}
        days |= {row.until for row in self.rows() if row.until is not None}
        return tuple(sorted(days))


@cache
def load() -> RuleTable:
    """Return the tables that are part of the package, read and checked once."""
    return tables_from({name: shipped_text(name) for name in _FILES})


def tables_from(texts: Mapping[str, str]) -> RuleTable:
    """Return the tables in these TOML texts by file name; missing files are taken as shipped."""
    rows: dict[str, tuple[object, ...]] = {}
    for name, sections in _FILES.items():
        text = texts[name] if name in texts else shipped_text(name)
        rows.update(read_rows(name, text, sections))
    policies = _of(PolicyRow, rows["policy"])
    _check_ids([row.id for row in policies])
    table = RuleTable(
        subjects=_of(SubjectRow, rows["subject"]),
        events=_of(EventRow, rows["event"]),
        rules=_of(Rule, rows["rule"]),
        online_acts=_of(OnlineActRow, rows["online_act"]),
        figures=_of(FigureRow, rows["figure"]),
        milestones=_of(MilestoneRow, rows["milestone"]),
        default_policies=Policies.from_rows(policies),
        sources=_of(SourceRow, rows["source"]),
        pins=_of(PinRow, rows["pin"]),
        conditions=_of(ConditionRow, rows["condition"]),
        resets=_of(ResetRow, rows["reset"]),
        services=_of(ServiceRow, rows["service"]),
        links=_of(LinkRow, rows["link"]),
        permissions=_of(PermissionRow, rows["permission"]),
        actors=_of(ActorRow, rows["actor"]),
        limits=_of(LimitRow, rows["limit"]),
        statements=_of(StatementRow, rows["statement"]),
        out=_of(OutRow, rows["out"]),
        labels=_of(LabelRow, rows["label"]),
    )
    _check(table)
    return table


def _of(kind: type[_Kind], rows: tuple[object, ...]) -> tuple[_Kind, ...]:
    return tuple(row for row in rows if isinstance(row, kind))


def _only(rows: list[_Kind], what: str) -> _Kind:
    if len(rows) != 1:
        raise MalformedRule(f"{what}: {len(rows)} rows speak, not one")
    return rows[0]


def _check(table: RuleTable) -> None:
    _check_ids([row.id for row in table.rows()])
    _check_ids([source.id for source in table.sources])
    for row in table.rows():
        for key in row.basis:
            with_row = f"{row.id}: "
            try:
                table.cite(key)
            except MalformedRule as error:
                raise MalformedRule(with_row + error.message) from None
    for rule in table.rules:
        _check_rule(table, rule)
    for act in table.online_acts:
        table.event(act.event)
        _check_policy(table, act.id, act.policy)
    _check_pins(table)
    _check_actors(table)
    _check_out(table)
    _check_labels(table)


def _check_ids(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise MalformedRule(f"the id {each} is used twice")
        seen.add(each)


def _check_rule(table: RuleTable, rule: Rule) -> None:
    where = f"revocation.toml: rule {rule.id}"
    events = {row.id: row for row in table.events}
    for name in rule.event:
        if name not in events:
            raise MalformedRule(f"{where}: there is no event {name!r}")
        for field in rule.when:
            _check_field(where, events[name], field, rule.alternatives(field))
        _check_reason_policy(table, where, rule, events[name])
    _check_policy(table, rule.id, rule.policy)


def _check_field(where: str, event: EventRow, field: str, wanted: tuple[Value, ...]) -> None:
    domain = event.domain.get(field)
    if domain is None:
        raise MalformedRule(f"{where}: {event.id} has no field {field!r}")
    for value in wanted:
        if not any(type(value) is type(each) and value == each for each in domain):
            raise MalformedRule(f"{where}: {event.id}.{field} is never {value!r}")


def _check_reason_policy(table: RuleTable, where: str, rule: Rule, event: EventRow) -> None:
    if rule.reason_policy is None:
        return
    if rule.reason_policy not in table.default_policies:
        raise MalformedRule(f"{where}: there is no policy {rule.reason_policy!r}")
    for value in table.default_policies.row(rule.reason_policy).alternatives:
        if value == _COPY and "reason" in event.domain:
            continue
        try:
            RevocationReason.from_rfc_name(str(value))
        except ValueError as error:
            raise MalformedRule(f"{where}: policy {rule.reason_policy}: {error}") from None


def _check_policy(table: RuleTable, row_id: str, condition: PolicyChoice | None) -> None:
    if condition is None:
        return
    if condition.name not in table.default_policies:
        raise MalformedRule(f"{row_id}: there is no policy {condition.name!r}")
    row = table.default_policies.row(condition.name)
    if condition.value not in row.alternatives:
        raise MalformedRule(f"{row_id}: policy {condition.name} is never {condition.value!r}")


def _check_pins(table: RuleTable) -> None:
    pins = {(row.medium, row.pin) for row in table.pins}
    conditions = {row.id for row in table.conditions}
    for pin in table.pins:
        if pin.tries_policy is not None and pin.tries_policy not in table.default_policies:
            raise MalformedRule(f"pin.toml: {pin.id}: there is no policy {pin.tries_policy!r}")
    for reset in table.resets:
        for name in reset.pins:
            if (reset.medium, name) not in pins:
                raise MalformedRule(
                    f"pin.toml: reset {reset.id}: there is no PIN {name!r} on {reset.medium.value}"
                )
        for needed in reset.needs:
            if needed not in conditions:
                raise MalformedRule(f"pin.toml: reset {reset.id}: there is no condition {needed!r}")
        _check_policy(table, f"pin.toml: reset {reset.id}", reset.policy)


def _check_actors(table: RuleTable) -> None:
    may = {row.actor: row.may for row in table.actors}
    for limit in table.limits:
        for act in limit.acts:
            if act not in may.get(limit.actor, ()):
                raise MalformedRule(
                    f"actors.toml: {limit.id}: {limit.actor.value} may not {act.words} at all"
                )
        _check_policy(table, f"actors.toml: {limit.id}", limit.policy)


def _check_out(table: RuleTable) -> None:
    _check_ids([row.id for row in table.out])
    covered = {each for row in table.rows() for each in row.covers}
    for row in table.out:
        if row.id in covered:
            raise MalformedRule(f"out.toml: {row.id} is covered by a row")


def _check_labels(table: RuleTable) -> None:
    """Every value that a person may read about has a name, so that no page shows a bare code."""
    named = {(row.field, row.value) for row in table.labels}
    for event in table.events:
        for field, values in event.domain.items():
            for value in values if field not in _BARE else ():
                word = str(value).lower() if isinstance(value, bool) else value
                if (field, word) not in named:
                    raise MalformedRule(f"labels.toml: {field} {word} ({event.id}) has no name")

    for statement in table.statements:
        if ("topic", statement.topic) not in named:
            raise MalformedRule(f"labels.toml: topic {statement.topic} has no name")


# Ids of rows and kinds, which have names of their own.
_BARE = frozenset({"item", "kind", "named", "reason"})
