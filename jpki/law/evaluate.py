"""Which rule speaks, and what follows.

:func:`rule_for` is the definition: exactly one rule speaks, whatever the order of the rows.
:class:`Rulebook` gives the same answers from memory, for folds over many events.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from jpki.errors import RuleConflict, RuleGap
from jpki.law.model import Effect, Fact, Ground, OnlineActRow, Rule, Subject, Value
from jpki.law.policies import Policies
from jpki.law.tables import RuleTable, load
from jpki.terms import CertificateKind, RevocationReason

__all__ = ["Rulebook", "Ruling", "reason_of", "rule_for"]


def rule_for(
    table: RuleTable,
    fact: Fact,
    subject: Subject | CertificateKind,
    *,
    on: date,
    policies: Policies | None = None,
) -> Rule:
    """Return the one rule in force on the day ``on`` that speaks of the fact and the subject.

    Without ``policies`` the defaults hold. :class:`RuleGap` when no rule speaks (nobody has thought
    about the case), :class:`RuleConflict` when more than one does.
    """
    chosen = table.default_policies if policies is None else policies
    about = Subject(subject.value)
    speaking = [
        rule
        for rule in table.rules_about(fact.name, about)
        if rule.in_force(on)
        and (rule.policy is None or rule.policy.holds(chosen))
        and rule.speaks_of(fact, about)
    ]
    match speaking:
        case [rule]:
            return rule
        case []:
            raise RuleGap(f"no rule on {on} for {_words(fact)} and {about.value}")
        case _:
            ids = ", ".join(rule.id for rule in speaking)
            raise RuleConflict(f"{ids} all speak on {on} of {_words(fact)} and {about.value}")


def reason_of(rule: Rule, fact: Fact, policies: Policies) -> RevocationReason | None:
    """Return the CRL code the rule gives, or None when it gives none.

    A policy of value ``copy`` takes the code from the fact: a phone's certificate falls with the
    code of the card's.
    """
    name = rule.reason
    if rule.reason_policy is not None:
        name = str(policies[rule.reason_policy])
    if name == "copy":
        name = str(dict(fact.fields)["reason"])
    return None if name is None else RevocationReason.from_rfc_name(name)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says once policies are settled.

    Its id and effect; for a loss its ground and CRL code; for a card the item on which it lapses.
    """

    rule: str
    effect: Effect
    ground: Ground | None = None
    reason: RevocationReason | None = None
    lapses_as: str | None = None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A table and the policies chosen for it; answers are worked out once and remembered.

    Between two boundaries of the table no rule begins or ends, so an answer holds for every day
    between them.
    """

    table: RuleTable
    policies: Policies
    _boundaries: tuple[date, ...] = field(init=False, repr=False, compare=False)
    _remembered: dict[tuple[Fact, Subject, int], Ruling] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_boundaries", self.table.boundaries())

    @classmethod
    def default(cls) -> Rulebook:
        """Return the shipped tables with the default policies."""
        return _default_rulebook()

    def with_(self, **chosen: Value | int) -> Rulebook:
        """Return the same tables with the named policies changed."""
        return Rulebook(self.table, self.policies.with_(**chosen))

    def ruling(self, fact: Fact, subject: Subject, *, on: date) -> Ruling:
        """Return what the one rule that speaks says; raises like :func:`rule_for`.

        Before a subject existed the law of its first day answers, so that a late record of an
        early event does not fall into a gap.
        """
        key = (fact, subject, bisect_right(self._boundaries, on))
        ruling = self._remembered.get(key)
        if ruling is None:
            day = max(on, self.table.exists_from(subject), self.table.event(fact.name).since)
            rule = rule_for(self.table, fact, subject, on=day, policies=self.policies)
            reason = reason_of(rule, fact, self.policies)
            ruling = Ruling(rule.id, rule.effect, rule.ground, reason, rule.lapses_as)
            self._remembered[key] = ruling
        return ruling

    def online_acts(
        self, event: str, kind: CertificateKind, *, on: date
    ) -> tuple[OnlineActRow, ...]:
        """Return the rows that say which key must sign ``event`` about ``kind`` online."""
        return tuple(
            row
            for row in self.table.online_acts
            if row.event == event
            and kind in row.naming
            and row.in_force(on)
            and (row.policy is None or row.policy.holds(self.policies))
        )


@cache
def _default_rulebook() -> Rulebook:
    return Rulebook(load(), Policies.default())


def _words(fact: Fact) -> str:
    inside = ", ".join(f"{name}={_word(value)}" for name, value in fact.fields)
    return f"{fact.name}({inside})"


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
