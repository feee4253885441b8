"""A certificate is issued for a key that proved to be on the token, and goes nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from time import process_time

import pytest

from jpki.card.pin import SignaturePassword
from jpki.certificates import parse_certificate
from jpki.errors import ImpossibleFact, MalformedDocument, Refused, WrongPin
from jpki.jst import at_time
from jpki.life import Authority
from jpki.life.events import Platform, RecordItem
from jpki.revocation import parse_revocation_list
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind, PinKind, Purpose
from jpki.validation import Verdict
from jpki.verify import explain
from simulator import municipality, phone
from simulator.agency.agency import GENERATIONS
from simulator.agency.enrolment import EnrolmentApplication, answer_enrolment
from simulator.agency.possession import sign_possession
from simulator.agency.substitutes import SUBSTITUTES, in_repertoire, with_substitutes
from simulator.keys import KeyPool, SeededKeys
from simulator.municipalities import municipality as place_named
from simulator.people import invent_person
from simulator.tokens import (
    Slot,
    applet,
    make_key,
    prove_possession,
    replace_certificate,
    token_names,
)
from simulator.world import World
from tests.actors.conftest import PASSWORD, Town, new_world, pins

CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION


def without_signature(town: Town) -> tuple[str, str]:
    """A holder of a card whose signature certificate was revoked."""
    person, card = town.holder()
    municipality.accept_revocation_request(town.world, person, [CS])
    return person, card


def issue(world: World, person: str, possession) -> None:
    world.agency.issue(world.state().person(person), CS, possession, expires_on=date(2028, 9, 15))


def test_a_key_that_did_not_sign_the_challenge_gets_no_certificate(town: Town) -> None:
    person, _ = without_signature(town)
    world, entries = town.world, town.world.entries
    holders, strangers = world.keys.rsa("card-a/x"), world.keys.rsa("card-b/x")
    challenge = world.agency.challenge(CS)
    good = sign_possession(holders, CS, challenge)
    forged = type(good)(holders.public_key(), sign_possession(strangers, CS, challenge).signature)
    other_kind = sign_possession(holders, CA, challenge)
    old = sign_possession(holders, CS, b"\0" * 32)
    assert holders.private_numbers() != strangers.private_numbers()
    for bad in (forged, other_kind, old):
        with pytest.raises(Refused, match="challenge"):
            issue(world, person, bad)
    assert world.entries == entries
    issue(world, person, good)


def test_a_proof_is_good_for_one_certificate(town: Town) -> None:
    first, second = without_signature(town)[0], without_signature(town)[0]
    world = town.world
    proof = sign_possession(world.keys.rsa("card-a/x"), CS, world.agency.challenge(CS))
    issue(world, first, proof)
    with pytest.raises(Refused, match="challenge"):
        issue(world, second, proof)


def test_the_chip_signs_with_the_key_it_holds_and_takes_no_other_certificate(town: Town) -> None:
    person, card = without_signature(town)
    world = town.world
    make_key(world, card, Purpose.SIGNATURE, "card-a/y", generation=3)
    proof = prove_possession(world, card, Purpose.SIGNATURE, CS, world.agency.challenge(CS))
    assert proof.public_key == world.keys.rsa("card-a/y").public_key()
    issue(world, person, proof)
    issued = world.state().live(person, CS)
    assert issued is not None
    _, other = town.holder()
    make_key(world, other, Purpose.SIGNATURE, "card-b/y", generation=3)
    slot = Slot(serial=issued.serial, key="card-b/y", generation=3)
    with pytest.raises(ImpossibleFact, match="holds its key"):
        replace_certificate(world, other, Purpose.SIGNATURE, slot)
    replace_certificate(world, card, Purpose.SIGNATURE, slot.model_copy(update={"key": "card-a/y"}))


def test_what_is_on_the_card_is_what_was_issued_for_its_key(town: Town) -> None:
    person, card = town.holder()
    client = applet(town.world, card)
    client.verify(PASSWORD)
    on_card = parse_certificate(client.certificate(Purpose.SIGNATURE))
    record = town.world.state().live(person, CS)
    assert record is not None
    assert on_card.serial == record.serial
    signer = CardSigner(client, PASSWORD)
    report = explain(
        sign_detached(b"content", signer, at=town.world.now),
        content=b"content",
        roots=town.world.agency.all_roots(town.world.now),
        revocation_lists=town.world.agency.revocation_lists(town.world.now),
        at=town.world.now,
    )
    assert report.verdict is Verdict.VALID


def test_serials_are_sequential_and_purposes_have_counters_of_their_own(town: Town) -> None:
    people = [town.holder()[0] for _ in range(4)]
    for kind in (CS, CA):
        serials = [
            r.serial for p in people for r in town.world.state().records(p) if r.kind is kind
        ]
        assert serials == list(range(serials[0], serials[0] + 4))


def test_an_enrolment_with_a_wrong_password_costs_a_try_and_leaves_no_phone(town: Town) -> None:
    world = town.world
    person, card = town.holder()
    entries = world.entries
    with pytest.raises(WrongPin):
        phone.enrol(
            world,
            person,
            platform=Platform.ANDROID,
            card=applet(world, card),
            card_password=SignaturePassword("WRONG1"),
            pins=pins(),
        )
    assert applet(world, card).tries_left(PinKind.SIGNATURE_PASSWORD) == 4  # of five (P1)
    assert token_names(world, person) == (card,)
    assert world.entries == entries


def test_an_application_whose_key_did_not_sign_is_refused_whole(town: Town) -> None:
    """The phone's authentication key is swapped after the proof was made; the card signs all."""
    world = town.world
    person, card = town.holder()
    entries, signer = world.entries, CardSigner(applet(world, card), PASSWORD)
    made = {
        kind.purpose: sign_possession(
            world.keys.rsa(f"phone-{kind.value}"), kind, world.agency.challenge(kind)
        )
        for kind in (CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION)
    }
    swapped = replace(
        made[Purpose.USER_AUTHENTICATION], public_key=world.keys.rsa("elsewhere").public_key()
    )
    message = EnrolmentApplication.of(
        device="phone-x",
        platform=Platform.ANDROID,
        card_signature_serial=parse_certificate(signer.certificate).serial,
        keys={**made, Purpose.USER_AUTHENTICATION: swapped},
    ).to_bytes()
    with pytest.raises(Refused) as caught:
        answer_enrolment(world, person, message, sign_detached(message, signer, at=world.now))
    assert caught.value.rule == "possession"
    assert world.entries == entries


# Rollover: the third generation begins at 2023-07-16 01:00 UTC.
ROLLS_AT = next(each.begins_at for each in GENERATIONS if each.number == 3)


def test_generations_change_at_their_instant_and_lists_of_both_are_published() -> None:
    with new_world(ROLLS_AT - timedelta(seconds=1)) as world:
        town = Town(world)
        old, old_card = town.holder()
        world.advance(ROLLS_AT)
        new, new_card = town.holder()
        assert generations(world, old) == {2}
        assert generations(world, new) == {3}
        municipality.accept_revocation_request(world, old, [CS])
        municipality.accept_revocation_request(world, new, [CS])
        lists = world.agency.revocation_lists(world.now)
        roots = {root.der for root in world.agency.all_roots(world.now)}
        assert len(roots) == 6  # three generations, two purposes each
        for person, generation in ((old, 2), (new, 3)):
            record = next(r for r in world.state().records(person) if r.kind is CS)
            one = world.agency.revocation_list(
                Authority(Purpose.SIGNATURE, generation), place(world, person), world.now
            )
            assert set(parse_revocation_list(one).entries) == {record.serial}
        # Two people, each with two certificates of their own generation and municipality.
        assert len(lists) == 4
        for card in (old_card, new_card):
            assert verdict(world, card) is Verdict.INVALID


def test_who_has_the_roots_of_one_generation_cannot_judge_the_other() -> None:
    with new_world(ROLLS_AT - timedelta(seconds=1)) as world:
        _, card = Town(world).holder()
        world.advance(ROLLS_AT)
        assert verdict(world, card) is Verdict.VALID
        newest = world.agency.roots(world.now)
        assert verdict(world, card, roots=newest) is Verdict.INDETERMINATE


def generations(world: World, person: str) -> set[int]:
    return {record.authority.generation for record in world.state().records(person)}


def place(world: World, person: str):
    return place_named(world.state().person(person).municipality)


def verdict(world: World, card: str, roots=None) -> Verdict:
    signature = sign_detached(b"x", CardSigner(applet(world, card), PASSWORD), at=world.now)
    return explain(
        signature,
        content=b"x",
        roots=roots or world.agency.all_roots(world.now),
        revocation_lists=world.agency.revocation_lists(world.now),
        at=world.now,
    ).verdict


# The pool


def test_a_pool_gives_holders_few_keys_and_everybody_else_their_own() -> None:
    pool = KeyPool(size=3)
    labels = [f"card-P{n:06d}-1/card_signature/1" for n in range(40)]
    keys = {pool.rsa(label).private_numbers().p for label in labels}
    assert len(keys) == 3
    again = KeyPool(size=3).rsa(labels[0])
    assert pool.rsa(labels[0]).private_numbers() == again.private_numbers()
    authorities = {
        pool.rsa(f"{purpose} authority, generation {number}").private_numbers().p
        for purpose in Purpose
        for number in (1, 2, 3, 4)
    }
    assert len(authorities) == 8
    assert not authorities & keys
    assert "unsafe" in repr(pool)


def test_the_published_keys_are_those_of_the_published_seed() -> None:
    made = SeededKeys(KeyPool.SEED).rsa("pool/0").private_numbers()
    shipped = {KeyPool(size=1).rsa("card-x").private_numbers()}
    assert shipped == {made}


@pytest.mark.parametrize("size", [0, 9])
def test_a_pool_has_one_to_eight_keys(size: int) -> None:
    with pytest.raises(MalformedDocument):
        KeyPool(size=size)


def test_ten_people_with_cards_take_less_than_a_second() -> None:
    """In CPU time, with a new pool and a new world: the best of three."""

    def once() -> float:
        begin = process_time()
        with World.create(
            None, seed="ten", at=at_time(date(2026, 7, 6), time(10, 0)), keys=KeyPool()
        ) as world:
            for number in range(10):
                person = municipality.register(
                    world, invent_person("ten", number, birth_date=date(1980, 1, 1))
                )
                municipality.hand_over_card(world, person, pins=pins())
            assert len(world.state().certificates) == 20
        return process_time() - begin

    assert min(once() for _ in range(3)) < 1.0


# Characters


@pytest.mark.parametrize(("rare", "common"), SUBSTITUTES.items())
def test_a_substitute_is_a_character_that_certificates_can_carry(rare: str, common: str) -> None:
    assert not in_repertoire(rare)
    assert in_repertoire(common)
    marked = with_substitutes(f"{rare}田")
    assert (marked.reveal(), marked.substitutes) == (f"{common}田", (True, False))


def test_a_character_without_substitute_is_refused_and_not_shown() -> None:
    with pytest.raises(ImpossibleFact) as caught:
        with_substitutes("\U0001f600")
    assert "\U0001f600" not in str(caught.value)


def test_a_certificate_carries_substitutes_marks_former_name_and_alias(town: Town) -> None:
    world = town.world
    person = town.resident()
    world.advance(municipality.amend_record(world, person, RecordItem.NAME, "髙橋　葵"))
    world.advance(municipality.amend_record(world, person, RecordItem.FORMER_NAME, "森田"))
    card = municipality.hand_over_card(world, person, pins=pins())
    client = applet(world, card)
    client.verify(PASSWORD)
    attributes = parse_certificate(client.certificate(Purpose.SIGNATURE)).attributes
    assert attributes.name == "高橋　葵（森田）"
    assert attributes.name_substitutes == (True, *(False,) * 7)
