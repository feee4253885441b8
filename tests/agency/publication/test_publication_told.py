"""What is told at an instant is what the log says was published by then, for any instant."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from jpki.errors import ImpossibleFact
from jpki.jst import at_time
from jpki.life import (
    Authority,
    KnownStatus,
    PublicationSchedule,
    known_from_list,
    known_from_ocsp,
)
from jpki.life.events import IssuerKeyCompromised
from jpki.life.published import Knowledge
from jpki.revocation import (
    IdHash,
    Issuer,
    OcspRequest,
    RevokedEntry,
    parse_ocsp_response,
    parse_revocation_list,
)
from jpki.revocation.ocsp import CertificateId
from jpki.terms import CertificateKind, Purpose
from simulator import municipality
from simulator.agency.publication import (
    ListKey,
    Numbering,
    Publication,
    PublicationOptions,
    Takeover,
    certificate_named,
    served_lists,
    told_at,
)
from tests.agency.publication.serving import BEGINS, CA, CS, PLACE, Town

SIGN = Authority(Purpose.SIGNATURE, 3)
SHIBUYA = ListKey(SIGN, PLACE)
MIDNIGHT = datetime(2024, 3, 13, 15, 0, tzinfo=UTC)  # 14 March, 00:00 in Japan


@pytest.fixture(scope="module")
def lived() -> Town:
    """Ten days: one moves, one loses the card and finds it, one renews late at night."""
    town = Town.build("moves", "loses", "renews")
    town.wait(days=1)
    town.moves("moves")
    town.wait(hours=30, minutes=7)
    town.loses_the_card("loses")
    town.wait(days=2, seconds=11)
    municipality.lift_card_suspension(town.world, town.people["loses"])
    town.world.advance(at_time(date(2024, 3, 15), time(23, 59, 59)))
    municipality.renew_certificates(town.world, town.people["renews"])
    town.world.advance(at_time(date(2024, 3, 16), time(0, 7)))
    municipality.issue_signature_certificate(town.world, town.people["moves"])
    town.world.advance(at_time(date(2024, 3, 20), time(12, 0)))
    return town


def instants(town: Town, count: int = 160) -> Iterator[datetime]:
    """Random instants, and those next to every record, list and renewal."""
    chance = random.Random(20240310)
    span = int((town.world.now - BEGINS).total_seconds())
    for _ in range(count):
        yield BEGINS + timedelta(seconds=chance.randrange(span), microseconds=chance.randrange(10))
    quarter = timedelta(minutes=15)
    for entry in town.world.entries:
        for near in (timedelta(0), -timedelta(seconds=1), timedelta(seconds=1), quarter):
            yield min(town.world.now, max(BEGINS, entry.recorded_at + near))
    for days in range(1, 9):
        made = at_time(date(2024, 3, 11) + timedelta(days=days), time(0))
        for minutes in (-1, 0, 5, 9, 10, 11):
            yield made + timedelta(minutes=minutes)


def expected(known: Knowledge) -> tuple[KnownStatus, RevokedEntry | None]:
    if known.reason is None or known.recorded_at is None:
        return known.status, None
    entry = RevokedEntry(known.recorded_at, known.reason.value)
    # A revocation for certificateHold, which is for good, looks like any hold from outside.
    return KnownStatus.HELD if entry.is_hold else known.status, entry


@pytest.mark.parametrize("takeover", Takeover)
def test_lists_and_ocsp_tell_what_the_log_says_was_published(
    lived: Town, takeover: Takeover
) -> None:
    world = lived.world
    publication = Publication(world, options=PublicationOptions(takeover=takeover))
    compared = unsettled = 0
    for at in instants(lived):
        for named, record in world.state(at).certificates.items():
            told = told_at(publication, record.serial, at, purpose=named.authority.purpose)
            by_list = known_from_list(world.entries, named, at=at, book=world.book)
            by_ocsp = known_from_ocsp(world.entries, named, at=at, book=world.book)
            found = (told.by_list, told.list_entry)
            if by_list.superseded is None:
                assert found == expected(by_list), at
            elif takeover is Takeover.OLD:
                assert found == expected(by_list.superseded), at
                unsettled += by_list.unsettled
            elif takeover is Takeover.NEW:
                assert found == expected(by_list), at
            else:
                assert found in (expected(by_list), expected(by_list.superseded)), at
            assert (told.by_ocsp, told.ocsp_entry) == expected(by_ocsp), at
            compared += 1
    assert compared > 1000
    if takeover is Takeover.OLD:
        assert unsettled > 0  # the window was met with something in it


def test_the_bytes_that_are_served_say_what_is_told(lived: Town) -> None:
    publication = Publication(lived.world)
    for at in list(instants(lived, 40)):
        for named, record in lived.world.state(at).certificates.items():
            told = told_at(publication, record.serial, at, purpose=named.authority.purpose)
            served = publication.revocation_list(ListKey(named.authority, PLACE), at)
            parsed = parse_revocation_list(served.der)
            assert parsed.entries.get(record.serial) == told.list_entry
            assert parsed.this_update == told.list_made_at
            issuer = Issuer.of(publication.certificate(named.authority))
            asked = CertificateId.of(issuer, record.serial, hash_algorithm=IdHash.SHA256)
            answer = parse_ocsp_response(publication.ocsp(OcspRequest((asked,)).der, at)).answer
            assert answer is not None
            (single,) = answer.singles
            assert single.entry == told.ocsp_entry
            assert single.this_update == told.ocsp_as_of


def test_in_the_refresh_window_the_old_list_answers_to_the_last_moment(lived: Town) -> None:
    # Policies: made at 00:00 in Japan, taken over in 10 minutes.
    publication = Publication(lived.world)
    last = MIDNIGHT + timedelta(minutes=10) - timedelta(microseconds=1)
    assert publication.made_at(SHIBUYA, last) == MIDNIGHT - timedelta(days=1)
    assert publication.made_at(SHIBUYA, last + timedelta(microseconds=1)) == MIDNIGHT


def test_staggered_partitions_change_at_moments_of_their_own_within_the_window(
    lived: Town,
) -> None:
    publication = Publication(lived.world, options=PublicationOptions(takeover=Takeover.STAGGERED))
    moments = {
        publication.serves_from(key, MIDNIGHT)
        for key in publication.list_keys(MIDNIGHT)
        if key.authority == SIGN
    }
    assert len(moments) > 5
    assert min(moments) >= MIDNIGHT
    assert max(moments) < MIDNIGHT + timedelta(minutes=10)


def test_list_numbers_count_up_by_one_a_day_and_each_list_lasts_48_hours(lived: Town) -> None:
    publication = Publication(lived.world)
    served = list(
        served_lists(
            publication, SHIBUYA, since=MIDNIGHT, until=MIDNIGHT + timedelta(days=4, hours=1)
        )
    )
    # At the first midnight the list of the day before still answers for ten minutes.
    assert [one.made_at for one in served] == [MIDNIGHT + timedelta(days=n) for n in range(-1, 5)]
    assert [b.number - a.number for a, b in pairwise(served)] == [1] * 5
    assert [a.until for a in served[:-1]] == [b.served_from for b in served[1:]]
    edition = publication.edition(SHIBUYA, MIDNIGHT)
    assert edition.next_update - edition.this_update == timedelta(hours=48)


def test_numbering_by_seconds_is_a_switch(lived: Town) -> None:
    publication = Publication(lived.world, options=PublicationOptions(numbering=Numbering.SECONDS))
    assert publication.edition(SHIBUYA, MIDNIGHT).number == int(MIDNIGHT.timestamp())


def test_an_authority_publishes_its_first_list_when_it_begins_and_none_before(lived: Town) -> None:
    publication = Publication(lived.world)
    begins = datetime(2023, 7, 16, 1, 0, tzinfo=UTC)  # generation 3
    first = publication.revocation_list(SHIBUYA, begins)
    assert parse_revocation_list(first.der).crl_number == 1
    assert publication.made_at(SHIBUYA, begins + timedelta(hours=14, minutes=9)) == begins
    with pytest.raises(ImpossibleFact):
        publication.revocation_list(SHIBUYA, begins - timedelta(seconds=1))
    assert SIGN not in publication.authorities(begins - timedelta(seconds=1))
    assert SIGN in publication.authorities(begins)


def test_an_entry_leaves_the_list_after_the_certificates_nominal_end() -> None:
    town = Town.build("moves")
    town.moves("moves")
    town.wait(days=2)
    certificate = town.certificate("moves")
    ends = certificate.not_after
    # The list made at midnight right after the last second is the first without it.
    town.world.advance(ends + timedelta(days=1))
    publication = Publication(town.world, options=PublicationOptions(takeover=Takeover.NEW))
    last = publication.revocation_list(SHIBUYA, ends)
    assert certificate.serial in parse_revocation_list(last.der).entries
    gone = publication.revocation_list(SHIBUYA, ends + timedelta(seconds=1))
    assert gone.edition.this_update == ends + timedelta(seconds=1)
    assert certificate.serial not in parse_revocation_list(gone.der).entries


def test_a_list_for_an_instant_that_is_not_over_grows_with_the_log() -> None:
    town = Town.build("loses")
    town.world.advance(MIDNIGHT)
    publication = Publication(town.world, options=PublicationOptions(takeover=Takeover.NEW))
    before = publication.revocation_list(SHIBUYA, MIDNIGHT)
    town.loses_the_card("loses")
    after = publication.revocation_list(SHIBUYA, MIDNIGHT)
    serial = town.certificate("loses").serial
    assert serial not in parse_revocation_list(before.der).entries
    assert parse_revocation_list(after.der).entries[serial].is_hold


def test_a_schedule_of_odd_minutes_starts_again_at_midnight_in_japan(lived: Town) -> None:
    schedule = PublicationSchedule(time(5), timedelta(0), timedelta(minutes=7))
    publication = Publication(lived.world, schedule=schedule)
    record = next(iter(lived.world.state().certificates.values()))
    issuer = Issuer.of(publication.certificate(record.authority))
    asked = CertificateId.of(issuer, record.serial, hash_algorithm=IdHash.SHA1)
    answer = parse_ocsp_response(
        publication.ocsp(OcspRequest((asked,)).der, MIDNIGHT + timedelta(minutes=15))
    ).answer
    assert answer is not None
    assert answer.singles[0].this_update == MIDNIGHT + timedelta(minutes=14)


def test_the_list_of_authorities_names_one_whose_key_leaked() -> None:
    town = Town.build("someone")
    town.world.record(IssuerKeyCompromised(kinds=(CertificateKind.CARD_SIGNATURE,), generation=3))
    town.wait(days=2)
    publication = Publication(town.world)
    own = publication.certificate(SIGN).serial
    arl = parse_revocation_list(publication.revocation_list(ListKey(SIGN), town.world.now).der)
    assert dict(arl.entries) == {own: RevokedEntry(BEGINS, 2)}
    other = ListKey(Authority(Purpose.USER_AUTHENTICATION, 3))
    assert not parse_revocation_list(publication.revocation_list(other, town.world.now).der).entries
    quiet = Publication(town.world, options=PublicationOptions(authority_lists_itself=False))
    silent = quiet.revocation_list(ListKey(SIGN), town.world.now)
    assert not parse_revocation_list(silent.der).entries


def test_a_serial_is_found_by_purpose_and_refused_when_there_is_none(lived: Town) -> None:
    publication = Publication(lived.world)
    serial = lived.certificate("moves", CA).serial
    found = certificate_named(
        publication, serial, at=lived.world.now, purpose=Purpose.USER_AUTHENTICATION
    )
    assert found.kind is CA
    with pytest.raises(ImpossibleFact):
        certificate_named(publication, 5, at=lived.world.now)
    with pytest.raises(ImpossibleFact):
        told_at(publication, lived.certificate("moves", CS).serial, BEGINS - timedelta(days=1))


def test_a_daily_list_that_ends_before_the_next_is_made_cannot_be() -> None:
    with pytest.raises(ImpossibleFact):
        PublicationOptions(next_update_after=timedelta(hours=23))
