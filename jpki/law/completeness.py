"""Where no rule speaks, or more than one: the question every change of the tables must survive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from jpki.errors import RuleConflict, RuleGap
from jpki.law.evaluate import reason_of, rule_for
from jpki.law.model import EventRow, Fact, Rule, Subject, Value
from jpki.law.policies import Policies
from jpki.law.tables import RuleTable, tables_from

__all__ = ["Hole", "complete_tables_from", "facts_of", "holes"]


@dataclass(frozen=True, slots=True)
class Hole:
    """A case that has not exactly one rule."""

    fact: Fact
    subject: Subject
    on: date
    policies: Policies
    problem: str


def holes(table: RuleTable) -> Iterator[Hole]:
    """Yield every event, field value, subject, day and choice of policies without exactly one rule.

    Days are those on which a row that could matter begins or ends, from the day on which both the
    event and the subject exist; policies are varied where such a row depends on them.
    """
    for event in table.events:
        for subject in Subject:
            rules = _about(table, event, subject)
            days = _days(table, event, subject, rules)
            choices = tuple(_choices(table.default_policies, rules))
            narrowed = _narrow(table, rules)
            for fact, day, policies in product(facts_of(event), days, choices):
                problem = _problem(narrowed, fact, subject, day, policies)
                if problem:
                    yield Hole(fact, subject, day, policies, problem)


def complete_tables_from(texts: Mapping[str, str]) -> RuleTable:
    """Return the tables in these TOML texts, or refuse them when a case has not one rule.

    Whoever brings tables of their own reads them with this. :class:`RuleGap` or
    :class:`RuleConflict` names the first case: the event and its fields, the subject and the day;
    :class:`~jpki.errors.MalformedRule` a row that cannot be read.
    """
    table = tables_from(texts)
    for hole in holes(table):
        rule_for(table, hole.fact, hole.subject, on=hole.on, policies=hole.policies)
    return table


def facts_of(event: EventRow) -> Iterator[Fact]:
    """Yield the event with every combination of values its fields can take."""
    names = sorted(event.domain)
    for values in product(*(event.domain[name] for name in names)):
        yield Fact(event.id, tuple(zip(names, values, strict=True)))


def _about(table: RuleTable, event: EventRow, subject: Subject) -> tuple[Rule, ...]:
    return tuple(r for r in table.rules if event.id in r.event and subject in r.subjects)


def _narrow(table: RuleTable, rules: tuple[Rule, ...]) -> RuleTable:
    return replace(table, rules=rules)


def _days(
    table: RuleTable, event: EventRow, subject: Subject, rules: tuple[Rule, ...]
) -> tuple[date, ...]:
    first = max(event.since, table.exists_from(subject))
    days = {first} | {r.since for r in rules} | {r.until for r in rules if r.until is not None}
    return tuple(sorted(day for day in days if day >= first))


def _choices(default: Policies, rules: tuple[Rule, ...]) -> Iterator[Policies]:
    names = {r.policy.name for r in rules if r.policy} | {
        r.reason_policy for r in rules if r.reason_policy
    }
    ordered = sorted(names)
    alternatives: list[tuple[Value | int, ...]] = [default.row(n).alternatives for n in ordered]
    for values in product(*alternatives):
        yield default.with_(**dict(zip(ordered, values, strict=True)))


def _problem(
    table: RuleTable, fact: Fact, subject: Subject, on: date, policies: Policies
) -> str | None:
    try:
        reason_of(rule_for(table, fact, subject, on=on, policies=policies), fact, policies)
    except (RuleGap, RuleConflict) as error:
        return error.message
    return None
