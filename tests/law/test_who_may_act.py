"""Who may do what: the rows of actors.toml, both sides of each date, day and case."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import product

import pytest

from jpki.errors import JpkiError, MalformedRule, NotPermitted, Refused
from jpki.jst import at_time
from jpki.law import Act, ActingCase, Actor, Policies, Rulebook, load, require_act, tables_from
from jpki.law.acting import actor_row
from jpki.law.reading import shipped_text

BOOK = Rulebook.default()
# A Monday on which every actor exists.
NOW = at_time(date(2026, 7, 6), time(12, 0))


def refusal(actor: Actor, act: Act, at: datetime, *cases: ActingCase) -> JpkiError:
    with pytest.raises((NotPermitted, Refused)) as caught:
        require_act(BOOK, actor, act, at=at, cases=cases)
    return caught.value


@pytest.mark.parametrize("actor", Actor)
def test_every_actor_has_one_row_and_every_act_is_permitted_or_refused_by_it(actor: Actor) -> None:
    row = actor_row(load(), actor)
    for act in Act:
        if act in row.may:
            assert require_act(BOOK, actor, act, at=NOW) is row
        else:
            with pytest.raises(NotPermitted, match=rf"\({row.id}: "):
                require_act(BOOK, actor, act, at=NOW)


def test_every_act_is_somebodys() -> None:
    named = {act for row in load().actors for act in (*row.may, *row.may_not)}
    assert named == set(Act)


# What the sources deny in so many words (actors, second column), written out by hand.
DENIED = [
    (Actor.MUNICIPALITY, Act.SIGN_CERTIFICATES),
    (Actor.MUNICIPALITY, Act.KEEP_KEY_COPY),
    (Actor.POST_OFFICE, Act.ACCEPT_COMPROMISE_NOTICE),
    (Actor.CALL_CENTRE, Act.LIFT_CARD_SUSPENSION),
    (Actor.CALL_CENTRE, Act.LIFT_PHONE_SUSPENSION),
    (Actor.KIOSK, Act.ISSUE_CERTIFICATES),
    (Actor.KIOSK, Act.RENEW_CERTIFICATES),
    (Actor.COMPETENT_MINISTER, Act.REVOKE_CERTIFICATES),
    (Actor.SPECIFIED_USER_AUTHENTICATION_VERIFIER, Act.AUTHENTICATE_PHONE_WITHOUT_PIN),
]


@pytest.mark.parametrize(("actor", "act"), DENIED)
def test_what_the_sources_deny_is_refused(actor: Actor, act: Act) -> None:
    assert act in actor_row(load(), actor).may_not
    assert isinstance(refusal(actor, act, NOW), NotPermitted)


@pytest.mark.parametrize(
    ("actor", "act", "first"),
    [
        (Actor.OTHER_MUNICIPALITY, Act.FORWARD_APPLICATION, date(2024, 5, 27)),
        (Actor.SUPPLEMENT_MUNICIPALITY, Act.FORWARD_APPLICATION, date(2024, 5, 27)),
        (Actor.IMMIGRATION, Act.FORWARD_APPLICATION, date(2026, 6, 14)),
        (Actor.POST_OFFICE, Act.FORWARD_REVOCATION_REQUEST, date(2021, 9, 1)),
        (Actor.SPECIFIED_USER_AUTHENTICATION_VERIFIER, Act.AUTHENTICATE_WITHOUT_PIN,
         date(2020, 5, 25)),
    ],
)  # fmt: skip
def test_an_actor_acts_from_the_day_of_its_row_and_not_a_second_earlier(actor, act, first) -> None:
    begins = at_time(first, time(0, 0))
    require_act(BOOK, actor, act, at=begins)
    error = refusal(actor, act, begins - timedelta(seconds=1))
    assert isinstance(error, Refused)
    assert error.rule == actor_row(load(), actor).id


CASES = [
    (Actor.OTHER_MUNICIPALITY, Act.FORWARD_APPLICATION, "A3.cases",
     {ActingCase.EMPLOYER_BULK, ActingCase.DISASTER_EVACUEE, ActingCase.PROTECTED_PERSON,
      ActingCase.SIMILAR_REASON}),
    (Actor.SUPPLEMENT_MUNICIPALITY, Act.HAND_OVER_CARD, "A4.supplement",
     {ActingCase.ON_SUPPLEMENT}),
    (Actor.IMMIGRATION, Act.FORWARD_REVOCATION_REQUEST, "A5.residence-card",
     {ActingCase.COMBINED_RESIDENCE_CARD}),
    (Actor.POST_OFFICE, Act.FORWARD_APPLICATION, "A6.in-person", {ActingCase.HOLDER_IN_PERSON}),
]  # fmt: skip


@pytest.mark.parametrize(("actor", "act", "row", "allowed"), CASES)
def test_some_act_in_some_cases_only(actor, act, row, allowed) -> None:
    for case in ActingCase:
        if case in allowed:
            require_act(BOOK, actor, act, at=NOW, cases={case})
        else:
            error = refusal(actor, act, NOW, case)
            assert isinstance(error, Refused)
            assert error.rule == row


def test_a_post_office_is_closed_from_saturday_midnight_to_monday_midnight() -> None:
    saturday = at_time(date(2026, 7, 4), time(0, 0))
    person = {ActingCase.HOLDER_IN_PERSON}
    for at, is_open in (
        (saturday - timedelta(seconds=1), True),
        (saturday, False),
        (saturday + timedelta(days=2, seconds=-1), False),
        (saturday + timedelta(days=2), True),
    ):
        if is_open:
            require_act(BOOK, Actor.POST_OFFICE, Act.FORWARD_APPLICATION, at=at, cases=person)
        else:
            error = refusal(
                Actor.POST_OFFICE, Act.FORWARD_APPLICATION, at, ActingCase.HOLDER_IN_PERSON
            )
            assert isinstance(error, Refused)
            assert error.rule == "A6.weekdays"


def test_the_one_post_office_seen_need_not_speak_for_all() -> None:
    book = Rulebook(load(), Policies.default().with_(post_office_as_seen=False))
    sunday = at_time(date(2026, 7, 5), time(12, 0))
    require_act(book, Actor.POST_OFFICE, Act.FORWARD_APPLICATION, at=sunday, cases=())


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_call_centre_suspends_day_and_night_on_every_day_of_the_week(hour: int) -> None:
    for days, act in product(range(7), (Act.SUSPEND_CARD, Act.SUSPEND_PHONE)):
        at = at_time(date(2026, 7, 6) + timedelta(days=days), time(hour, 0))
        require_act(BOOK, Actor.CALL_CENTRE, act, at=at)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('may_not = ["sign_certificates", "keep_key_copy"]', 'may_not = ["identify"]', "both"),
        ('days = "every_day"', 'days = "sundays"', "days"),
        ('days = "every_day"', 'days = "every_day"\ncases = ["on_supplement"]', "one of the two"),
        ('acts = ["suspend_card", "suspend_phone"]', 'acts = ["issue"]', "may not issue at all"),
        ('actor = "kiosk"', 'actor = "kiosks"', "actor"),
        ('{ name = "post_office_as_seen"', '{ name = "luck"', "luck"),
    ],
)
def test_a_table_of_actors_that_contradicts_itself_is_refused(old, new, says) -> None:
    text = shipped_text("actors.toml")
    assert old in text
    with pytest.raises(MalformedRule, match=says):
        tables_from({"actors.toml": text.replace(old, new, 1)})
