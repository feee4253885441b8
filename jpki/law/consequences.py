"""All that follows from one fact for somebody who holds everything: the certificates and the card.

The fold asks the same rules about real people; this is the question a reader of the law has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from jpki.law.evaluate import Rulebook, Ruling
from jpki.law.model import Effect, EventRow, Fact, Ground, Subject, Value
from jpki.terms import CertificateKind

__all__ = ["Case", "Outcome", "cases_of", "consequences"]

_DECISIVE = (Effect.REVOKE, Effect.LAPSE, Effect.EXPIRE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a subject: the ruling that decided, and those that led there."""

    ruling: Ruling
    through: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The outcome in a few characters: ``=``, ``R3``, ``R3c``, ``H``, ``E``, ``L``, ``A``."""
        ruling = self.ruling
        if ruling.effect is Effect.REVOKE and ruling.reason is not None:
            return f"R{int(ruling.reason)}" + ("c" if ruling.ground is Ground.CASCADE else "")
        return _MARKS.get(ruling.effect, "=")


_MARKS = {
    Effect.SUSPEND: "H",
    Effect.RESUME: "A",
    Effect.ISSUE: "A",
    Effect.EXPIRE: "E",
    Effect.LAPSE: "L",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Fields of an event with the values that lead to the same outcomes, and those outcomes."""

    fields: tuple[tuple[str, tuple[Value, ...]], ...]
    named: CertificateKind | None
    outcomes: tuple[tuple[Subject, Outcome], ...]


def consequences(
    book: Rulebook, fact: Fact, *, on: date, named: CertificateKind | None = None
) -> dict[Subject, Outcome]:
    """Return what becomes of every subject that exists on the day ``on``.

    ``named`` is the kind of certificate the event names, for events that name one.
    """
    subjects = [each for each in Subject if book.table.exists_from(each) <= on]
    found: dict[Subject, Outcome] = {}
    pending: deque[tuple[Fact, tuple[str, ...]]] = deque([(fact, ())])
    while pending:
        asked, through = pending.popleft()
        for subject in subjects:
            if subject in found and found[subject].ruling.effect in _DECISIVE:
                continue
            ruling = book.ruling(_told(book, asked, subject, named), subject, on=on)
            if subject in found and ruling.effect is Effect.NONE:
                continue
            found[subject] = Outcome(ruling, through)
            follows = _follows(subject, ruling)
            if follows is not None:
                pending.append((follows, (*through, ruling.rule)))
    return found


def cases_of(book: Rulebook, event: EventRow, *, on: date) -> Iterator[Case]:
    """Yield the cases of an event that the law tells apart on a day, each with its outcomes."""
    domain = {name: values for name, values in event.domain.items() if name != "named"}
    kinds: list[CertificateKind | None] = [None]
    if "named" in event.domain:
        kinds = [
            kind for kind in CertificateKind if book.table.exists_from(Subject(kind.value)) <= on
        ]
    for named in kinds:
        groups: dict[tuple[tuple[Subject, Outcome], ...], list[dict[str, Value]]] = {}
        for values in product(*domain.values()):
            fields = dict(zip(domain, values, strict=True))
            fact = Fact.from_mapping(event.id, fields)
            outcomes = tuple(consequences(book, fact, on=on, named=named).items())
            groups.setdefault(outcomes, []).append(fields)
        for outcomes, members in groups.items():
            for box in _boxes(members, domain):
                yield Case(box, named, outcomes)


def _told(book: Rulebook, fact: Fact, subject: Subject, named: CertificateKind | None) -> Fact:
    if "named" not in book.table.event(fact.name).context:
        return fact
    fields = {**dict(fact.fields), "named": named is not None and subject.kind is named}
    return Fact.from_mapping(fact.name, fields)


def _follows(subject: Subject, ruling: Ruling) -> Fact | None:
    """The fact that an effect is itself, as the fold sees it."""
    if subject is Subject.CARD and ruling.effect is Effect.LAPSE:
        return Fact.of("card_lapsed", item=ruling.lapses_as or "")
    if subject.kind is None or ruling.effect is not Effect.REVOKE:
        return None
    ground = "" if ruling.ground is None else ruling.ground.value
    reason = "" if ruling.reason is None else ruling.reason.rfc_name
    return Fact.of("certificate_lost_effect", kind=subject.kind.value, ground=ground, reason=reason)


def _boxes(
    members: list[dict[str, Value]], domain: dict[str, tuple[Value, ...]]
) -> Iterator[tuple[tuple[str, tuple[Value, ...]], ...]]:
    """Say a set of field values in few "any of" lists; a field that may be anything is left out."""
    sets = {
        name: tuple(v for v in values if any(_same(m[name], v) for m in members))
        for name, values in domain.items()
    }
    size = 1
    for values in sets.values():
        size *= len(values)
    if size == len(members):
        yield tuple((n, v) for n, v in sets.items() if len(v) < len(domain[n]))
        return
    split = next(name for name in domain if len(sets[name]) > 1)
    for value in sets[split]:
        part = [member for member in members if _same(member[split], value)]
        for box in _boxes(part, {n: v for n, v in domain.items() if n != split}):
            yield ((split, (value,)), *box)


def _same(left: Value, right: Value) -> bool:
    return type(left) is type(right) and left == right
