"""Checks of events of the registers."""

from __future__ import annotations

from datetime import date

from jpki.errors import ImpossibleFact
from jpki.jst import months_before
from jpki.law import card_expiry
from jpki.life import events as ev
from jpki.life.checks.question import Check, Question
from jpki.life.deadlines import FROM_OUTSIDE, last_day
from jpki.life.state import CardState, Person

__all__ = ["REGISTER_CHECKS"]


def _check_amended(asked: Question, event: ev.ResidentRecordAmended) -> None:
    person = asked.person
    abroad = person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT
    if abroad != (event.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT):
        raise ImpossibleFact("the person is recorded in the other register")
    if not abroad and not person.registered:
        raise ImpossibleFact("the person has no resident record to correct")
    if event.item is ev.RecordItem.BIRTH_DATE and event.value:
        _check_birth_date(event.value, asked.on)
    if event.item is ev.RecordItem.SEX and event.value not in ("", "male", "female", "unknown"):
        raise ImpossibleFact("the record's sex item is none of the known values")


def _check_birth_date(value: str, on: date) -> None:
    try:
        birth_date = date.fromisoformat(value)
    except ValueError:
        raise ImpossibleFact("the record's date of birth is not a date") from None
    if birth_date > on:
        raise ImpossibleFact("the date of birth lies in the future")


def _check_deleted(asked: Question, event: ev.ResidentRecordDeleted) -> None:
    person, ground = asked.person, event.ground
    abroad = person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT
    if ground is ev.DeletionGround.OFF_SUPPLEMENT:
        if not abroad:
            raise ImpossibleFact("the person is not recorded as living abroad")
        return
    if ground is ev.DeletionGround.DEATH:
        return
    if not person.registered:
        raise ImpossibleFact("the person's record is deleted already")
    if ground is ev.DeletionGround.MOVED_ABROAD_CONTINUING and not person.continued_use:
        raise ImpossibleFact("the continued-use step was not done")


def _check_move_out(asked: Question, _event: ev.MoveOutNotified) -> None:
    if not asked.person.registered:
        raise ImpossibleFact("the person has no resident record to move out of")
    if asked.person.move_out is not None:
        raise ImpossibleFact("a move out is pending already")


def _check_continued_use(asked: Question, _event: ev.ContinuedUseArranged) -> None:
    move = asked.person.move_out
    if move is None or move.destination is not ev.Destination.ABROAD:
        raise ImpossibleFact("no departure abroad was notified")
    if asked.entry.occurred_on >= move.planned_on:
        raise asked.refused(
            "K-1", "the step has to be done by the day before the planned departure"
        )
    if asked.person.nationality is not ev.Nationality.JAPANESE:
        raise asked.refused("K-1", "only Japanese nationals keep the card abroad")
    asked.live_card()


def _check_departure_cancelled(asked: Question, _event: ev.DepartureCancelled) -> None:
    move = asked.person.move_out
    if move is None or move.destination is not ev.Destination.ABROAD:
        raise ImpossibleFact("no departure abroad was notified")


def _check_deadline(asked: Question, event: ev.DeadlinePassed) -> None:
    person, deadline = asked.person, event.deadline
    ends_on = last_day(person, deadline)
    if ends_on is not None:
        if asked.on <= ends_on:
            raise ImpossibleFact("the period has not run out yet")
        return
    if deadline not in FROM_OUTSIDE or not _may_run(person, deadline):
        raise ImpossibleFact("no such period is running")


def _may_run(person: Person, deadline: ev.Deadline) -> bool:
    """Whether a period may run that began on a day nobody has told."""
    if deadline is ev.Deadline.MOVE_IN_14_DAYS:
        move = person.move_out
        return move is not None and move.destination is ev.Destination.DOMESTIC
    return person.register is ev.Register.FAMILY_REGISTER_SUPPLEMENT


def _check_actual_move_in(asked: Question, event: ev.ActualMoveInKnown) -> None:
    move = asked.person.move_out
    if move is None or move.destination is not ev.Destination.DOMESTIC:
        raise ImpossibleFact("no move out within the country is pending")
    if event.moved_in_on > asked.entry.occurred_on:
        raise ImpossibleFact("a move in is not known before it happens")


def _check_return(asked: Question, event: ev.ReturnToJapanKnown) -> None:
    if asked.person.register is not ev.Register.FAMILY_REGISTER_SUPPLEMENT:
        raise ImpossibleFact("the person is not recorded as living abroad")
    if event.returned_on > asked.entry.occurred_on:
        raise ImpossibleFact("a return is not known before it happens")


def _check_presented(asked: Question, _event: ev.CardPresented) -> None:
    asked.live_card()
    if asked.person.card_awaited_since is None:
        raise ImpossibleFact("no move in waits for the card")


def _check_residence(asked: Question, event: ev.ResidencePeriodChanged) -> None:
    person = asked.person
    if person.nationality is ev.Nationality.JAPANESE:
        raise ImpossibleFact("a Japanese national has no residence period")
    if event.cause is ev.ResidenceCause.DECISION_PENDING:
        _check_special_period(asked, event)
    if event.card is ev.CardPresence.NOT_PRESENTED:
        return
    if person.card is not None and person.card.state_at(asked.at) is CardState.EXPIRED:
        raise asked.refused(
            "V-15", "an expired card cannot be extended", hint="apply for a new card"
        )
    card = asked.live_card()
    if event.card_expires_on is None:
        return
    longest = card_expiry(
        card.made_on,
        person.birth_date,
        residence_ends_on=event.ends_on,
        book=asked.state.book,
    ).ends_on
    if event.card_expires_on > max(longest, card.expires_on):
        raise asked.refused("K27.residence", f"the card cannot be extended beyond {longest}")


def _check_special_period(asked: Question, event: ev.ResidencePeriodChanged) -> None:
    """A pending decision extends the stay by two months at most (K 27(2)(ii))."""
    before = asked.person.residence_ends_on
    if before is None or event.ends_on is None:
        raise ImpossibleFact("a special period follows a residence period and has an end")
    months = int(asked.state.book.table.figure("special_period_months", on=asked.on).value)
    if event.ends_on > months_before(before, -months):
        raise asked.refused("V-14", f"the special period is at most {months} months")


REGISTER_CHECKS: dict[type[ev.Event], Check] = {
    ev.ActualMoveInKnown: _check_actual_move_in,
    ev.CardPresented: _check_presented,
    ev.ContinuedUseArranged: _check_continued_use,
    ev.DeadlinePassed: _check_deadline,
    ev.DepartureCancelled: _check_departure_cancelled,
    ev.MoveOutNotified: _check_move_out,
    ev.ResidencePeriodChanged: _check_residence,
    ev.ResidentRecordAmended: _check_amended,
    ev.ResidentRecordDeleted: _check_deleted,
    ev.ReturnToJapanKnown: _check_return,
}
"""The check of each event of the registers."""
