"""Answers signed for a quarter of an hour: given within it, never past it nor past new records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jpki.revocation import ocsp_request, parse_ocsp_response
from jpki.revocation.ocsp import SaidStatus
from jpki.revocation.ocsp.response import BasicAnswer
from simulator.agency.ocsp import ResponderOptions
from simulator.agency.publication import Publication, PublicationOptions
from simulator.agency.publication.prepared import PreparedAnswer, PreparedAnswers
from tests.agency.publication.serving import Town


@pytest.fixture
def town() -> Town:
    """It is 10:05 in Japan: data was renewed at 10:00 and will be at 10:15."""
    town = Town.build("Hanako")
    town.wait(days=1, minutes=5)
    return town


def told(publication: Publication, town: Town, *, nonce: bytes | None = None) -> BasicAnswer:
    asked = ocsp_request(town.certificate("Hanako"), town.authority(), nonce=nonce).der
    answer = parse_ocsp_response(publication.ocsp(asked, town.world.now)).answer
    assert answer is not None
    return answer


def test_a_question_without_nonce_gets_the_answer_of_the_quarter_hour(town: Town) -> None:
    publication = Publication(town.world)
    renewed = town.world.now - timedelta(minutes=5)
    first = told(publication, town)
    assert (first.produced_at, first.singles[0].this_update) == (renewed, renewed)
    town.wait(minutes=9, seconds=59)
    last = told(publication, town)
    assert last.signature == first.signature
    town.wait(seconds=1)
    assert told(publication, town).produced_at == renewed + timedelta(minutes=15)


def test_a_question_with_a_nonce_is_signed_for_at_its_instant(town: Town) -> None:
    publication = Publication(town.world)
    first, second = (told(publication, town, nonce=bytes([one]) * 32) for one in (1, 2))
    assert (first.nonce, second.nonce) == (b"\x01" * 32, b"\x02" * 32)
    assert first.produced_at == second.produced_at == town.world.now


def test_what_was_prepared_is_the_same_whoever_asked_first(town: Town) -> None:
    early, late = Publication(town.world), Publication(town.world)
    first = told(early, town)
    town.wait(minutes=4)
    assert told(late, town).signature == first.signature


def test_a_revocation_within_the_quarter_hour_shows_when_data_is_renewed(town: Town) -> None:
    publication = Publication(town.world)
    assert told(publication, town).singles[0].status is SaidStatus.GOOD
    town.loses_the_card("Hanako")
    assert told(publication, town).singles[0].status is SaidStatus.GOOD
    town.wait(minutes=9, seconds=59)
    assert told(publication, town).singles[0].status is SaidStatus.GOOD
    town.wait(seconds=1)
    assert told(publication, town).singles[0].status is SaidStatus.REVOKED


def test_what_is_recorded_at_the_very_renewal_drops_what_was_prepared(town: Town) -> None:
    publication = Publication(town.world)
    town.wait(minutes=10)  # 10:15 sharp, and the clock stands still
    assert told(publication, town).singles[0].status is SaidStatus.GOOD
    town.loses_the_card("Hanako")
    assert told(publication, town).singles[0].status is SaidStatus.REVOKED


def test_nothing_is_prepared_for_what_was_issued_since_or_never(town: Town) -> None:
    publication = Publication(town.world)
    town.moves_in("Jiro")
    issued = town.certificate("Jiro")
    never = replace(ocsp_request(issued, town.authority()).certificate_ids[0], serial=99_999_999)
    for asked in (
        ocsp_request(issued, town.authority()),
        replace(ocsp_request(issued, town.authority()), certificate_ids=(never,)),
    ):
        answer = parse_ocsp_response(publication.ocsp(asked.der, town.world.now)).answer
        assert answer is not None
        assert answer.produced_at == town.world.now
        assert publication.prepared(asked.der, town.world.now) is None


def test_an_answer_is_not_given_past_the_end_of_the_certificate(town: Town) -> None:
    publication = Publication(town.world)
    ends = town.certificate("Hanako").not_after
    town.world.advance(ends)
    assert told(publication, town).singles[0].status is not SaidStatus.UNKNOWN
    town.wait(seconds=1)
    assert told(publication, town).singles[0].status is SaidStatus.UNKNOWN


def test_a_responder_may_be_assumed_to_sign_every_answer_anew(town: Town) -> None:
    options = PublicationOptions(responder=ResponderOptions(prepares=False))
    answer = told(Publication(town.world, options=options), town)
    assert answer.produced_at == town.world.now


def test_an_answer_from_a_log_that_has_grown_meanwhile_is_not_kept(town: Town) -> None:
    at = town.world.now
    entries = town.world.entries
    prepared = PreparedAnswers(lambda _: len(entries))
    answer = PreparedAnswer(b"answer", at, at + timedelta(minutes=15))
    prepared.keep(b"question", answer, entries[:-1])
    assert prepared.find(b"question", at, entries[:-1]) is None
    prepared.keep(b"question", answer, entries)
    assert prepared.find(b"question", at, entries) is answer
    assert prepared.find(b"question", at, entries[:-1]) is None
