"""The four items of a certificate held against a customer record."""

from __future__ import annotations

from jpki.certificates import BasicAttributes, MarkedText
from jpki.errors import ImpossibleFact
from jpki.matching.policy import Brackets, MatchPolicy
from jpki.matching.record import LONGEST_TEXT, CustomerRecord
from jpki.matching.report import Answer, Item, ItemMatch, MatchReport, Why
from jpki.matching.steps import Step
from jpki.matching.texts import compare_texts
from jpki.terms import Sex

__all__ = ["match"]


def match(
    attributes: BasicAttributes, record: CustomerRecord, *, policy: MatchPolicy | None = None
) -> MatchReport:
    """Compare a certificate's four items, or three, with a customer record.

    The report says per item *same*, *same after normalisation* and what was overlooked,
    *substitute* and where, *different*, or *not compared* and why. Raises ``ImpossibleFact`` for a
    text longer than any address can be (1,000 characters).
    """
    chosen = policy or MatchPolicy()
    for text in (attributes.name, attributes.address, record.name or "", record.address or ""):
        if len(text) > LONGEST_TEXT:
            raise ImpossibleFact(f"a text of {len(text)} characters; {LONGEST_TEXT} are the most")
    return MatchReport(
        (
            _name(attributes, record.name, chosen),
            _birth_date(attributes, record),
            _sex(attributes.sex, record.sex, chosen),
            _address(attributes, record.address, chosen),
        )
    )


def _not_compared(item: Item, why: Why) -> ItemMatch:
    return ItemMatch(item, Answer.NOT_COMPARED, why=why)


def _decided(item: Item, same: bool) -> ItemMatch:
    return ItemMatch(item, Answer.SAME if same else Answer.DIFFERENT)


def _marked(text: str, marks: tuple[bool, ...]) -> MarkedText | None:
    """Return the text with its marks; marks that do not align matter only where one is set."""
    if len(text) == len(marks):
        return MarkedText(text, marks)
    return None if any(marks) else MarkedText.plain(text)


def _name(attributes: BasicAttributes, said: str | None, policy: MatchPolicy) -> ItemMatch:
    if said is None:
        return _not_compared(Item.NAME, Why.NOT_IN_RECORD)
    recorded = _marked(attributes.name, attributes.name_substitutes)
    if recorded is None:
        return _not_compared(Item.NAME, Why.MARKS_NOT_ALIGNED)
    wanted = MarkedText.plain(said)
    found = compare_texts(recorded, wanted, Item.NAME, policy)
    if found.answer is Answer.DIFFERENT and policy.brackets is Brackets.EITHER:
        return _by_parts(recorded, wanted, policy) or found
    return found


def _by_parts(recorded: MarkedText, wanted: MarkedText, policy: MatchPolicy) -> ItemMatch | None:
    """Compare the name without its brackets, then what stands in them; the first that fits."""
    outside, *bracketed = policy.bracket_notation.places(recorded.reveal())
    if not bracketed:
        return None
    for places in (outside, *bracketed):
        found = compare_texts(recorded.at(places), wanted, Item.NAME, policy)
        if found.answer is not Answer.DIFFERENT:
            return _with_brackets(found, places)
    return None


def _with_brackets(found: ItemMatch, places: tuple[int, ...]) -> ItemMatch:
    answer = Answer.SAME_AFTER_NORMALISATION if found.answer is Answer.SAME else found.answer
    positions = tuple(places[position] for position in found.positions)
    return ItemMatch(found.item, answer, (*found.overlooked, Step.BRACKETS), positions)


def _birth_date(attributes: BasicAttributes, record: CustomerRecord) -> ItemMatch:
    if record.birth_date is None:
        return _not_compared(Item.BIRTH_DATE, Why.NOT_IN_RECORD)
    if attributes.birth_date.day is None:
        return _not_compared(Item.BIRTH_DATE, Why.INCOMPLETE_DATE)
    return _decided(Item.BIRTH_DATE, attributes.birth_date.day == record.birth_date)


def _sex(recorded: Sex, said: Sex | None, policy: MatchPolicy) -> ItemMatch:
    if not policy.sex:
        return _not_compared(Item.SEX, Why.LEFT_OUT)
    if said is None:
        return _not_compared(Item.SEX, Why.NOT_IN_RECORD)
    if Sex.UNKNOWN in (recorded, said):
        # The codes for unknown are uncertain (?), so they neither agree nor differ.
        return _not_compared(Item.SEX, Why.UNKNOWN_CODE)
    return _decided(Item.SEX, recorded is said)


def _address(attributes: BasicAttributes, said: str | None, policy: MatchPolicy) -> ItemMatch:
    if policy.overseas_notation.is_overseas(attributes.address):
        return _not_compared(Item.ADDRESS, Why.LIVES_ABROAD)
    if said is None:
        return _not_compared(Item.ADDRESS, Why.NOT_IN_RECORD)
    recorded = _marked(attributes.address, attributes.address_substitutes)
    if recorded is None:
        return _not_compared(Item.ADDRESS, Why.MARKS_NOT_ALIGNED)
    return compare_texts(recorded, MarkedText.plain(said), Item.ADDRESS, policy)
