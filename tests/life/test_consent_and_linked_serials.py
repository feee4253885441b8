"""The four items, consent, and serial numbers that lead to others."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from jpki.errors import ImpossibleFact, NotPermitted, Refused
from jpki.jst import at_time, end_of_day, start_of_day
from jpki.law import Rulebook, VerifierRole, consent_period
from jpki.life import events as ev
from jpki.life import four_items_answer, linked_serial
from jpki.terms import CertificateKind, Purpose

CS = CertificateKind.CARD_SIGNATURE
CA = CertificateKind.CARD_AUTHENTICATION
MS = CertificateKind.MOBILE_SIGNATURE
MA = CertificateKind.MOBILE_AUTHENTICATION
NAME, ADDRESS = ev.ConsentItem.NAME, ev.ConsentItem.ADDRESS
BOTH = (VerifierRole.SIGNATURE_VERIFIER, VerifierRole.USER_AUTHENTICATION_VERIFIER)
ON = date(2026, 2, 10)


def _consent(**changed: object) -> ev.FourItemsConsentGiven:
    fields = {"verifier": "bank", "items": (NAME, ADDRESS), "signed_with": MS, **changed}
    return ev.FourItemsConsentGiven("p", **fields)


def _moves(story, on: date, to: str = "架空県架空市2-2") -> None:
    story.tell(on, ev.ResidentRecordAmended("p", ev.RecordItem.ADDRESS, value=to))


def _answer(story, serial: int, on: date, verifier: str = "bank"):
    return four_items_answer(story.state, verifier, serial, at=at_time(on, time(12)))


# SC-15
def _sc15(all_four):
    story = all_four(card_on=date(2023, 6, 1), phone_on=date(2024, 1, 10))
    first = story.serial(MS)
    story.tell(date(2024, 2, 1), _consent())
    _moves(story, date(2024, 4, 1))
    story.issue(date(2024, 4, 10), CS)
    return story, first


def test_sc15_a_consent_does_not_cross_kinds_and_follows_the_next_of_its_kind(all_four) -> None:
    story, first = _sc15(all_four)
    assert _answer(story, first, date(2024, 4, 15)).rule == "CO-8"
    story.enrol(date(2024, 6, 1))
    found = _answer(story, first, date(2024, 6, 2))
    assert (found.rule, found.serial) == ("VS-4", story.serial(MS))
    assert found.items == {NAME: "公的 花子", ADDRESS: "架空県架空市2-2"}
    assert "架空" not in repr(found)
    second = story.serial(MS)
    _moves(story, date(2026, 3, 1), "架空県架空市3-3")
    for serial in (first, second):
        assert _answer(story, serial, date(2026, 3, 2)).rule == "CO-7"


def test_sc15_a_withdrawal_ends_with_its_record_and_not_before(all_four) -> None:
    story, first = _sc15(all_four)
    story.enrol(date(2024, 6, 1))
    noon = at_time(date(2024, 6, 3), time(12))
    assert four_items_answer(story.state, "bank", first, at=noon).given
    # The portal supports consent only since 2024-10-29, so the verifier's own page is used.
    withdrawn = ev.FourItemsConsentWithdrawn("p", "bank", MS, ev.ConsentClient.VERIFIER)
    story.tell(date(2024, 6, 3), withdrawn, at=time(13))
    assert _answer(story, first, date(2024, 6, 4)).rule == "CO-9"
    with pytest.raises(ImpossibleFact):
        story.tell(date(2024, 6, 5), withdrawn)


# CO-5: received 2023-05-18 10:00, from 2023-05-19 00:00:00 to 2033-05-18 23:59:59
def test_a_consent_runs_ten_years_from_the_next_day() -> None:
    received = at_time(date(2023, 5, 18), time(10))
    begins, ends = consent_period(received, received)
    assert begins == start_of_day(date(2023, 5, 19))
    assert ends == end_of_day(date(2033, 5, 18))


def test_by_policy_a_consent_runs_from_its_record_or_at_once() -> None:
    received, recorded = (at_time(date(2023, 5, day), time(10)) for day in (18, 20))
    book = Rulebook.default().with_(consent_base="recorded")
    begins, ends = consent_period(received, recorded, book=book)
    assert (begins, ends) == (start_of_day(date(2023, 5, 21)), end_of_day(date(2033, 5, 20)))
    book = Rulebook.default().with_(consent_begins="same_instant")
    assert consent_period(received, recorded, book=book)[0] == received


def test_an_answer_before_and_after_the_consents_period(all_four) -> None:
    story = all_four()
    first = story.serial(MS)
    story.tell(ON, _consent(), at=time(9))
    _moves(story, ON)
    story.issue(ON, CS, at=time(11))
    story.enrol(ON)
    tell = lambda at: four_items_answer(story.state, "bank", first, at=at)  # noqa: E731
    assert tell(end_of_day(ON)).rule == "CO-5"
    assert tell(start_of_day(ON + timedelta(days=1))).given
    last = end_of_day(date(2036, 2, 10))
    assert tell(last + timedelta(seconds=1)).rule == "CO-4"


def test_a_live_certificate_a_stranger_and_another_kind_bring_nothing(all_four) -> None:
    story = all_four()
    story.tell(ON, _consent(), at=time(9))
    day = ON + timedelta(days=1)
    assert _answer(story, story.serial(MS), day).rule == "VS-4"
    assert _answer(story, story.serial(MS), day, verifier="shop").rule == "CO-1"
    assert _answer(story, story.serial(CS), day).rule == "VS-4"
    with pytest.raises(ImpossibleFact):
        four_items_answer(story.state, "bank", story.serial(MS), at=story.now() - timedelta(1))


def test_only_the_items_consented_to_are_given(all_four) -> None:
    story = all_four()
    first = story.serial(CS)
    story.tell(ON, _consent(items=(ev.ConsentItem.SEX,), signed_with=CS), at=time(9))
    _moves(story, ON)
    story.issue(ON, CS, at=time(11))
    found = _answer(story, first, ON + timedelta(days=1))
    assert found.items == {ev.ConsentItem.SEX: "female"}


def test_a_consent_for_both_kinds_follows_both(all_four) -> None:
    story = all_four()
    card, phone = story.serial(CS), story.serial(MS)
    story.tell(ON, _consent(verified=(CS, MS)), at=time(9))
    _moves(story, ON)
    story.issue(ON, CS, at=time(11))
    story.enrol(ON)
    day = ON + timedelta(days=1)
    assert _answer(story, card, day).serial == story.serial(CS)
    assert _answer(story, phone, day).serial == story.serial(MS)


def test_a_furigana_is_part_of_the_name_from_2026_05_26(all_four) -> None:
    names = []
    for issued_on in (date(2026, 5, 25), date(2026, 5, 26)):
        story = all_four()
        first = story.serial(CS)
        story.tell(ON, _consent(signed_with=CS), at=time(9))
        story.tell(ON, ev.FuriganaRecorded("p", ev.FuriganaChange.FIRST, "コウテキ ハナコ"))
        _moves(story, date(2026, 5, 1))
        story.issue(issued_on, CS)
        names.append(_answer(story, first, issued_on + timedelta(days=1)).items[NAME])
    assert names == ["公的 花子", "公的 花子 コウテキ ハナコ"]


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (_consent(signed_with=None), "CO-1"),
        (_consent(signed_with=CA), "CO-1"),
        (_consent(verified=(MA,)), "VS-4"),
        (_consent(client=ev.ConsentClient.MYNAPORTAL_MOBILE), "CO-10"),
    ],
)
def test_a_consent_that_cannot_be_is_refused_by_its_row(all_four, event, rule) -> None:
    with pytest.raises(Refused) as caught:
        all_four().tell(ON, event)
    assert caught.value.rule == rule


def test_a_consent_is_signed_with_a_live_certificate_and_names_items_once(all_four) -> None:
    story = all_four()
    _moves(story, ON)
    with pytest.raises(Refused, match="CO-1"):
        story.tell(ON, _consent())
    for items in ((), (NAME, NAME)):
        with pytest.raises(ImpossibleFact):
            story.tell(ON, _consent(items=items))


@pytest.mark.parametrize(
    ("on", "client", "refusal"),
    [
        (date(2023, 5, 15), ev.ConsentClient.VERIFIER, "four_items_service"),
        (date(2023, 5, 16), ev.ConsentClient.VERIFIER, None),
        (date(2024, 10, 28), ev.ConsentClient.MYNAPORTAL, "consent_support"),
        (date(2024, 10, 29), ev.ConsentClient.MYNAPORTAL, None),
    ],
)
def test_consent_begins_with_the_service_and_the_portal_later(all_four, on, client, refusal):
    story = all_four(card_on=date(2023, 5, 1), phone_on=None)
    event = _consent(signed_with=CS, client=client)
    if refusal is None:
        story.tell(on, event)
        return
    with pytest.raises(Refused) as caught:
        story.tell(on, event)
    assert caught.value.rule == refusal


# Linked serial numbers


def _linked(story, source: CertificateKind, to: CertificateKind, roles=BOTH, at=None):
    return linked_serial(
        story.state, story.serial(source), to, roles=roles, purpose=source.purpose, at=at
    )


@pytest.mark.parametrize(
    ("source", "to", "rule", "exists"),
    [
        (CS, MS, "VS-5", True),
        (MS, CS, "VS-5", True),
        (CS, CA, "VS-6", True),
        (CA, MA, "VS-7", True),
        (MS, MA, "VS-9", False),
        (CA, CA, "VS-8", False),
        (CS, MA, "VS-9.crosswise", False),
    ],
)
def test_which_serial_leads_to_which(all_four, source, to, rule, exists) -> None:
    story = all_four()
    found = _linked(story, source, to)
    assert (found.rule, found.serial) == (rule, story.serial(to) if exists else None)


@pytest.mark.parametrize(
    ("source", "to", "role"),
    [
        (CS, MS, VerifierRole.USER_AUTHENTICATION_VERIFIER),
        (CS, CA, VerifierRole.SIGNATURE_VERIFIER),
        (CS, CA, VerifierRole.USER_AUTHENTICATION_VERIFIER),
        (CA, MA, VerifierRole.SIGNATURE_VERIFIER),
    ],
)
def test_a_link_needs_its_roles(all_four, source, to, role) -> None:
    with pytest.raises(NotPermitted):
        _linked(all_four(), source, to, roles=(role,))


def test_whether_a_revoked_serial_still_in_its_period_is_given_is_a_policy(all_four) -> None:
    for policy, given in ((True, True), (False, False)):
        story = all_four(book=Rulebook.default().with_(linked_serial_of_revoked=policy))
        story.tell(ON, ev.RevocationRequested("p", (MS,)))
        assert (_linked(story, CS, MS).serial is not None) is given


def test_nothing_is_linked_once_the_others_period_is_over(all_four) -> None:
    story = all_four()
    ends: datetime = end_of_day(story.ends(MS))
    assert _linked(story, CS, MS, at=ends).serial == story.serial(MS)
    assert _linked(story, CS, MS, at=ends + timedelta(seconds=1)).serial is None
    assert _linked(all_four(phone_on=None), CS, MS).serial is None
    assert Purpose.SIGNATURE is CS.purpose
