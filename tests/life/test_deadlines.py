"""Which periods have run out, and that each is recorded once."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from jpki.errors import ImpossibleFact
from jpki.jst import at_time
from jpki.life import deadlines_due
from jpki.life import events as ev


def _due(story, on: date) -> list[str]:
    return [each.deadline.value for each in deadlines_due(story.state, at_time(on, time(2)))]


def _moves_out(story) -> None:
    planned = date(2026, 2, 15)
    story.tell(date(2026, 2, 1), ev.MoveOutNotified("p", ev.Destination.DOMESTIC, planned))
    story.tell(planned, ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_OUT))


def test_thirty_days_after_a_planned_move_end_with_the_thirtieth(all_four) -> None:
    story = all_four()
    _moves_out(story)
    assert _due(story, date(2026, 3, 17)) == []
    assert _due(story, date(2026, 3, 18)) == ["move_in_30_days"]
    story.tell(date(2026, 3, 18), *deadlines_due(story.state, at_time(date(2026, 3, 18), time(2))))
    assert story.marks() == "R3 R3 R3c R3c"
    assert _due(story, date(2026, 3, 19)) == []


def test_a_move_in_on_the_last_day_stops_the_thirty_days(all_four) -> None:
    story = all_four()
    _moves_out(story)
    move_in = ev.MoveInNotified("p", ev.CardPresence.PRESENTED, "13102", "架空県別市")
    story.tell(date(2026, 3, 17), move_in)
    assert _due(story, date(2026, 3, 18)) == []
    assert story.state.person("p").municipality == "13102"


@pytest.mark.parametrize("presented_on", [None, date(2026, 6, 14)])
def test_the_card_has_ninety_days_after_a_move_in(all_four, presented_on) -> None:
    story = all_four()
    _moves_out(story)
    move_in = ev.MoveInNotified("p", ev.CardPresence.NOT_PRESENTED, "13102", "架空県別市")
    story.tell(date(2026, 3, 16), move_in)
    assert _due(story, date(2026, 6, 14)) == []
    if presented_on is not None:
        story.tell(presented_on, ev.CardPresented("p"))
        with pytest.raises(ImpossibleFact):
            story.tell(presented_on, ev.CardPresented("p"))
    expected = ["card_90_days"] if presented_on is None else []
    assert _due(story, date(2026, 6, 15)) == expected


def test_a_holder_abroad_whose_certificates_are_excepted_is_asked_about_once(begin) -> None:
    story = begin(date(1990, 9, 15))
    story.card(date(2026, 1, 10))
    planned = date(2026, 2, 15)
    story.tell(
        date(2026, 2, 1),
        ev.MoveOutNotified("p", ev.Destination.ABROAD, planned),
        ev.ContinuedUseArranged("p"),
    )
    story.tell(planned, ev.ResidentRecordDeleted("p", ev.DeletionGround.MOVED_ABROAD_CONTINUING))
    due_on = planned + timedelta(days=31)
    assert _due(story, due_on) == ["abroad_30_days"]
    story.tell(due_on, *deadlines_due(story.state, at_time(due_on, time(2))))
    assert _due(story, due_on + timedelta(days=1)) == []


@pytest.mark.parametrize(
    "deadline",
    [
        ev.Deadline.MOVE_IN_14_DAYS,
        ev.Deadline.CARD_90_DAYS,
        ev.Deadline.RETURN_14_DAYS,
        ev.Deadline.CONSUL_90_DAYS,
        ev.Deadline.ABROAD_30_DAYS,
    ],
)
def test_a_period_that_never_ran_cannot_run_out(all_four, deadline) -> None:
    story = all_four()
    with pytest.raises(ImpossibleFact):
        story.tell(date(2026, 3, 1), ev.DeadlinePassed("p", deadline))


def test_a_known_late_move_in_ends_the_card_before_the_thirty_days(all_four) -> None:
    story = all_four()
    _moves_out(story)
    story.tell(date(2026, 3, 3), ev.DeadlinePassed("p", ev.Deadline.MOVE_IN_14_DAYS))
    assert story.marks() == "R3 R5 R3c R5c"
    assert story.state.person("p").card.lapse.rule == "K-2"
