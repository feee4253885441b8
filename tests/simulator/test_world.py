"""A world keeps what was recorded, derives the rest, and is the same when opened again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedDocument, PinBlocked, Refused, WrongPin
from jpki.jst import at_time, day
from jpki.life import CertificateState
from jpki.life.events import CertificateIssued, Platform, RecordItem
from jpki.terms import CertificateKind, PinKind
from simulator import callcentre, municipality, phone
from simulator.keys import KeyDirectory, SeededKeys
from simulator.people import invent_address, invent_person
from simulator.tokens import TokenPins, applet, token_names
from simulator.world import World

BEGINS = at_time(date(2024, 3, 10), time(10, 0))
CS, CA, MS, MA = (
    CertificateKind.CARD_SIGNATURE,
    CertificateKind.CARD_AUTHENTICATION,
    CertificateKind.MOBILE_SIGNATURE,
    CertificateKind.MOBILE_AUTHENTICATION,
)
ACTIVE, HELD, REVOKED = (
    CertificateState.ACTIVE,
    CertificateState.HELD,
    CertificateState.REVOKED,
)

# Keys are a function of the seed, so what was made once serves every run.
KEPT = Path(__file__).resolve().parents[2] / "build" / "test-keys"
KEYS = SeededKeys("world tests", cache=KeyDirectory(KEPT))


def new_world(path: Path | None = None) -> World:
    return World.create(path, seed="world tests", at=BEGINS, keys=KEYS)


def card_pins() -> TokenPins:
    return TokenPins(SignaturePassword("ABC123"), UserPin("1234"))


def with_card(world: World) -> tuple[str, str]:
    invented = invent_person("world tests", 1, birth_date=date(1990, 9, 15))
    person = municipality.register(world, invented)
    return person, municipality.hand_over_card(
        world, person, pins=card_pins(), made_on=date(2024, 3, 1)
    )


def with_phone(world: World) -> tuple[str, str, str]:
    person, card = with_card(world)
    world.advance_to_day(date(2025, 7, 1))
    return person, card, enrol(world, person, card)


def enrol(world: World, person: str, card: str, platform: Platform = Platform.IPHONE) -> str:
    return phone.enrol(
        world,
        person,
        platform=platform,
        card=applet(world, card),
        card_password=SignaturePassword("ABC123"),
        pins=TokenPins(SignaturePassword("PHONE1"), UserPin("9876")),
    )


def move(world: World, person: str) -> datetime:
    return municipality.amend_record(world, person, RecordItem.ADDRESS, "東京都渋谷区模擬町９－９")


def states(world: World, person: str) -> dict[CertificateKind, CertificateState]:
    """The latest certificate of each kind."""
    latest = {}
    for record in world.state().records(person):
        latest[record.kind] = record.state_at(world.now)
    return latest


def test_validity_follows_the_law() -> None:
    world = new_world()
    person, _ = with_card(world)
    # Born 1990-09-15, card made 2024-03-01: the tenth birthday after is 2033-09-15; certificates
    # issued 2024-03-10 end with the fifth, 2028-09-15 (施行規則 13, 49).
    state = world.state()
    card = state.person(person).card
    assert card is not None
    assert card.expires_on == date(2033, 9, 15)
    assert {record.expires_on for record in state.records(person)} == {date(2028, 9, 15)}


def test_serials_are_sequential_across_both_media() -> None:
    world = new_world()
    person, _, _ = with_phone(world)
    serials = {record.kind: record.serial for record in world.state().records(person)}
    assert serials[MS] == serials[CS] + 1
    assert serials[MA] == serials[CA] + 1


def test_a_move_ends_both_signature_certificates_when_it_is_recorded_and_not_before() -> None:
    world = new_world()
    person, _, _ = with_phone(world)
    world.advance_to_day(date(2026, 8, 3))
    recorded_at = move(world, person)
    assert day(recorded_at) == date(2026, 8, 4)
    everything_stands = dict.fromkeys((CS, CA, MS, MA), ACTIVE)
    world.advance(recorded_at - timedelta(seconds=1))
    assert states(world, person) == everything_stands
    world.advance(recorded_at)
    assert states(world, person) == {CS: REVOKED, CA: ACTIVE, MS: REVOKED, MA: ACTIVE}


def test_a_name_change_does_the_same() -> None:
    world = new_world()
    person, _, _ = with_phone(world)
    recorded_at = municipality.amend_record(world, person, RecordItem.NAME, "模擬　改名")
    world.advance(recorded_at)
    assert states(world, person) == {CS: REVOKED, CA: ACTIVE, MS: REVOKED, MA: ACTIVE}
    assert world.state().person(person).items.name == "模擬　改名"


def test_death_ends_all_four() -> None:
    world = new_world()
    person, _, _ = with_phone(world)
    world.advance(municipality.report_death(world, person, died_on=date(2025, 6, 30)))
    assert states(world, person) == dict.fromkeys((CS, CA, MS, MA), REVOKED)


def test_a_lost_card_is_held_and_a_found_one_comes_back() -> None:
    world = new_world()
    person, _, _ = with_phone(world)
    callcentre.suspend_card(world, person)
    assert states(world, person) == {CS: REVOKED, CA: HELD, MS: REVOKED, MA: ACTIVE}
    world.advance(world.now + timedelta(days=2))
    municipality.lift_card_suspension(world, person)
    assert states(world, person) == {CS: REVOKED, CA: ACTIVE, MS: REVOKED, MA: ACTIVE}
    municipality.issue_signature_certificate(world, person)
    assert states(world, person)[CS] is ACTIVE


def test_a_discontinued_phone_loses_both_and_the_card_keeps_both() -> None:
    world = new_world()
    person, _, _ = with_phone(world)
    phone.discontinue_use(world, person)
    assert states(world, person) == {CS: ACTIVE, CA: ACTIVE, MS: REVOKED, MA: REVOKED}
    with pytest.raises(ImpossibleFact, match="no live certificate on a phone"):
        phone.discontinue_use(world, person)


def test_a_second_phone_ends_the_first_ones_pair() -> None:
    world = new_world()
    person, card, _ = with_phone(world)
    first = {record.serial for record in world.state().records(person) if record.device}
    enrol(world, person, card, Platform.ANDROID)
    state = world.state()
    after = {
        (record.kind, record.serial in first): record.state_at(world.now)
        for record in state.records(person)
        if record.device
    }
    assert after == {
        (MS, True): REVOKED,
        (MA, True): REVOKED,
        (MS, False): ACTIVE,
        (MA, False): ACTIVE,
    }


def test_renewal_in_the_last_three_months_reaches_the_sixth_birthday() -> None:
    world = new_world()
    person, _ = with_card(world)
    world.advance_to_day(date(2028, 6, 16))  # the day after the one three months before the end
    municipality.renew_certificates(world, person)
    live = world.state().live(person, CA)
    assert live is not None
    assert live.expires_on == date(2033, 9, 15)  # the sixth birthday would be 2033-09-15 as well


def test_certificates_expire_and_nothing_falls_with_them() -> None:
    world = new_world()
    person, _, _ = with_phone(world)
    world.advance(datetime(2028, 9, 15, 14, 59, 59, tzinfo=UTC))
    assert states(world, person) == dict.fromkeys((CS, CA, MS, MA), ACTIVE)
    world.advance(world.now + timedelta(seconds=1))
    assert states(world, person) == dict.fromkeys((CS, CA, MS, MA), CertificateState.EXPIRED)


def test_a_phone_is_refused_after_a_move_because_the_card_cannot_sign_for_it() -> None:
    world = new_world()
    person, card = with_card(world)
    world.advance(move(world, person))
    world.advance_to_day(date(2025, 7, 1))
    before = world.entries
    with pytest.raises(Refused) as refused:
        enrol(world, person, card)
    assert refused.value.rule == "ON-9"
    assert world.entries == before


def test_a_signature_by_another_key_enrols_nothing() -> None:
    world = new_world()
    _, card = with_card(world)
    other = municipality.register(world, invent_person("world tests", 2))
    municipality.hand_over_card(world, other, pins=card_pins())
    world.advance_to_day(date(2025, 7, 1))
    before = world.entries
    with pytest.raises(Refused, match="signed with another person's card"):
        enrol(world, other, card)
    assert world.entries == before


def test_a_wrong_card_password_enrols_nothing_and_costs_one_try() -> None:
    world = new_world()
    person, card = with_card(world)
    world.advance_to_day(date(2025, 7, 1))
    card_client = applet(world, card)
    with pytest.raises(WrongPin) as wrong:
        phone.enrol(
            world,
            person,
            platform=Platform.IPHONE,
            card=card_client,
            card_password=SignaturePassword("WRONG1"),
            pins=card_pins(),
        )
    assert wrong.value.tries_left == 4
    assert world.state().person(person).device is None


def test_counters_survive_taking_the_card_out_and_closing_the_world(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    with new_world(path) as world:
        person, card = with_card(world)
        card_client = applet(world, card)
        with pytest.raises(WrongPin):
            card_client.verify(UserPin("0000"))
    with World.open(path, keys=KEYS) as world:
        card_client = applet(world, token_names(world, person)[0])
        assert card_client.tries_left(PinKind.USER_PIN) == 2
        with pytest.raises(WrongPin):
            card_client.verify(UserPin("0000"))
        with pytest.raises((WrongPin, PinBlocked)):
            card_client.verify(UserPin("0000"), allow_last_try=True)
    with World.open(path, keys=KEYS) as world:
        card_client = applet(world, token_names(world, person)[0])
        with pytest.raises(PinBlocked):
            card_client.verify(UserPin("1234"))


def test_a_world_is_the_same_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    with new_world(path) as world:
        person, _ = with_card(world)
        world.advance_to_day(date(2026, 8, 3))
        move(world, person)
        now, entries = world.now, world.entries
    with World.open(path, keys=KEYS) as again:
        assert (again.now, again.entries) == (now, entries)
        assert states(again, person)[CS] is ACTIVE
        again.advance_to_day(date(2026, 8, 5))  # the notice that was on its way arrives
        assert states(again, person)[CS] is REVOKED


def test_what_fails_half_way_leaves_nothing() -> None:
    world = new_world()
    person, _ = with_card(world)
    before, now = world.entries, world.now

    def break_off() -> None:
        with world.transaction():
            world.advance(world.now + timedelta(days=9))
            callcentre.suspend_card(world, person)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        break_off()
    assert (world.entries, world.now) == (before, now)
    assert states(world, person)[CA] is ACTIVE


def test_of_two_writers_only_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    with new_world(path) as first:
        person, _ = with_card(first)
        with World.open(path, keys=KEYS) as second:
            callcentre.suspend_card(first, person)
            # The second decides on the log as it is by then: the card is suspended already.
            with pytest.raises(ImpossibleFact, match="suspended already"):
                callcentre.suspend_card(second, person)
            second.refresh()
            assert second.entries == first.entries
        assert len(first.entries) == len(first.store.entries())


def test_a_world_that_another_program_moved_on_is_caught_up_with(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    with new_world(path) as first, World.open(path, keys=KEYS) as second:
        person, _ = with_card(first)
        first.advance(first.now + timedelta(hours=26))
        second.refresh()
        assert (second.now, second.entries) == (first.now, first.entries)
        callcentre.suspend_card(second, person)
        first.refresh()
        assert states(first, person)[CA] is HELD


def test_the_clock_does_not_go_back() -> None:
    world = new_world()
    with pytest.raises(ImpossibleFact, match="cannot go back"):
        world.advance(BEGINS - timedelta(seconds=1))


def test_a_duplicate_certificate_is_refused_and_burns_no_serial() -> None:
    world = new_world()
    person, _ = with_card(world)
    last = world.store.last_serial("signature")
    with pytest.raises(Refused, match="6条"):
        municipality.issue_signature_certificate(world, person)
    assert world.store.last_serial("signature") == last


def test_a_policy_changes_what_it_names() -> None:
    kept = World.create(
        seed="world tests", at=BEGINS, keys=KEYS, policies={"card_hold_cascades_to_ms": False}
    )
    person, _, _ = with_phone(kept)
    callcentre.suspend_card(kept, person)
    assert states(kept, person) == {CS: REVOKED, CA: HELD, MS: ACTIVE, MA: ACTIVE}


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0junk"])
def test_a_foreign_file_is_no_world(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "world.sqlite"
    path.write_bytes(content)
    with pytest.raises(MalformedDocument, match=r"world\.sqlite"):
        World.open(path)
    assert path.read_bytes() == content


def test_a_missing_world_is_named(tmp_path: Path) -> None:
    with pytest.raises(MalformedDocument, match="no such world file"):
        World.open(tmp_path / "gone.sqlite")


def test_a_world_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    new_world(path).close()
    before = path.read_bytes()
    with pytest.raises(MalformedDocument, match="a world already"):
        new_world(path)
    assert path.read_bytes() == before


def test_the_log_names_nobody_in_its_repr() -> None:
    world = new_world()
    invented = invent_person("world tests", 1)
    municipality.register(world, invented)
    shown = repr(world.entries) + repr(world.state()) + repr(invented)
    assert invented.items.name not in shown
    assert invented.items.address not in shown


def test_no_generation_issues_before_the_first_and_each_issues_from_its_day() -> None:
    world = World.create(seed="world tests", at=at_time(date(2016, 1, 4), time(9)), keys=KEYS)
    person = municipality.register(world, invent_person("world tests", 1))
    municipality.hand_over_card(world, person, pins=card_pins())
    issued = [e.event for e in world.entries if isinstance(e.event, CertificateIssued)]
    assert {event.authority.generation for event in issued} == {1}


def test_an_invented_address_names_a_town_that_does_not_exist() -> None:
    invented = invent_person("world tests", 1)
    moved = invent_address("world tests", 1, invented.municipality, move=1)
    assert "模擬町" in invented.items.address
    assert moved != invented.items.address
