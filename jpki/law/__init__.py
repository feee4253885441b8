"""The rules of JPKI as data: which rule speaks of a fact on a day, and what follows.

* :func:`load` gives the shipped tables (:class:`RuleTable`), read and checked once.
* :func:`rule_for` ``(table, fact, subject, *, on, policies=None) -> Rule``: exactly one rule
  speaks, or :class:`~jpki.errors.RuleGap` / :class:`~jpki.errors.RuleConflict`.
* :class:`Policies` holds one value for every question the sources leave open:
  ``Policies.default()``, ``.with_(card_auth_after_hold="reissue")``.
* :class:`Rulebook` ``(table, policies)`` is what :mod:`jpki.life` folds with.
* :func:`card_expiry`, :func:`five_or_six`, :func:`authentication_expiry`,
  :func:`signature_expiry`, :func:`mobile_expiry`: when things end, and why.
* :func:`substitute_expiry`, :func:`consent_period`, :func:`card_renewal_opens`,
  :func:`clinic_grace`: the periods beside validity.
* :func:`reset_row`: whether a path sets a PIN anew, and what it asks for.
* :func:`require_act`: whether somebody may do something, by who they are.
* :func:`table_markdown`, :func:`changes`, :func:`row_as_dict`: the tables for people.
"""

from jpki.law.acting import require_act
from jpki.law.actors import Act, ActingCase, Actor
from jpki.law.completeness import Hole, complete_tables_from, facts_of, holes
from jpki.law.evaluate import Rulebook, Ruling, reason_of, rule_for
from jpki.law.model import Effect, Fact, Ground, Rule, Subject
from jpki.law.periods import (
    card_renewal_opens,
    clinic_grace,
    consent_period,
    substitute_expiry,
)
from jpki.law.policies import Policies
from jpki.law.render import (
    Changes,
    changes,
    changes_markdown,
    row_as_dict,
    rows_of,
    table_markdown,
)
from jpki.law.resets import reset_row
from jpki.law.rows import VerifierAct, VerifierRole
from jpki.law.sources import Citation
from jpki.law.tables import RuleTable, load, tables_from
from jpki.law.validity import (
    BirthdayCount,
    Limit,
    Validity,
    authentication_expiry,
    card_expiry,
    five_or_six,
    mobile_expiry,
    signature_expiry,
)

__all__ = [
    "Act",
    "ActingCase",
    "Actor",
    "BirthdayCount",
    "Changes",
    "Citation",
    "Effect",
    "Fact",
    "Ground",
    "Hole",
    "Limit",
    "Policies",
    "Rule",
    "RuleTable",
    "Rulebook",
    "Ruling",
    "Subject",
    "Validity",
    "VerifierAct",
    "VerifierRole",
    "authentication_expiry",
    "card_expiry",
    "card_renewal_opens",
    "changes",
    "changes_markdown",
    "clinic_grace",
    "complete_tables_from",
    "consent_period",
    "facts_of",
    "five_or_six",
    "holes",
    "load",
    "mobile_expiry",
    "reason_of",
    "require_act",
    "reset_row",
    "row_as_dict",
    "rows_of",
    "rule_for",
    "signature_expiry",
    "substitute_expiry",
    "table_markdown",
    "tables_from",
]
