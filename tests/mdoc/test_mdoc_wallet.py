"""What the law says of records in a wallet: issue, month, batch, fall, presentation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate
from sqlalchemy import update

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedDocument, Refused, WrongPin
from jpki.jst import at_time, end_of_day
from jpki.life.events import (
    CardReturned,
    CardSubstituteLossReported,
    MobileDeviceChange,
    MobileDeviceChanged,
    Platform,
    RecordItem,
    ReturnCause,
    RevocationRequested,
)
from jpki.mdoc import ITEMS_OF_JAPAN, ITEMS_OF_MANY, Algorithm, FullDate, Presentation
from jpki.sign import CardSigner, sign_detached
from jpki.terms import CertificateKind
from simulator import mdoc, municipality, phone
from simulator.archive import export_world, import_world
from simulator.mdoc import IssuingProfile, WalletState
from simulator.mdoc.application import RecordApplication, challenge, check_application
from simulator.mdoc.keys import ec_key
from simulator.mdoc.memory import WALLET, Wallet, Wallets
from simulator.tokens import applet
from simulator.world import World
from tests.mdoc.mdocwork import ADULT, BEGINS, NAME, PASSWORD, PHONE_PIN, Scene, new_world, session

CS, MA = CertificateKind.CARD_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as made:
        yield made


@pytest.fixture
def scene(world: World) -> Scene:
    made = Scene.begin(world)
    made.apply()
    return made


def wallet(scene: Scene) -> Wallet:
    found = Wallets(scene.world.store).of_device(scene.device)
    assert found is not None
    return found


# issue


def test_a_batch_has_two_records_with_keys_and_salts_of_their_own(scene: Scene) -> None:
    first, second = (held.record for held in wallet(scene).records)
    assert {item.name for item in first.items} == {item.name for item in second.items}
    assert not {item.salt for item in first.items} & {item.salt for item in second.items}
    assert min(len(item.salt) for item in first.items) >= 16  # ISO/IEC 18013-5 §9.1.2.5
    assert first.issuer_auth.payload != second.issuer_auth.payload


def test_a_record_is_signed_by_a_key_that_a_root_certifies_on_a_curve_of_256_bits(
    scene: Scene,
) -> None:
    auth = wallet(scene).records[0].record.issuer_auth
    (leaf,) = (load_der_x509_certificate(each) for each in auth.chain)
    root = load_pem_x509_certificate(
        mdoc.RecordAuthority(scene.world, mdoc.DEFAULT_PROFILE).root(BEGINS).to_pem()
    )
    assert leaf.issuer == root.subject != leaf.subject  # two levels (CAE-5)
    leaf.verify_directly_issued_by(root)
    for certificate in (leaf, root):
        key = certificate.public_key()
        assert isinstance(key, EllipticCurvePublicKey)
        assert key.curve.key_size >= 256


def test_what_two_parties_see_has_only_the_issuers_certificate_and_the_items_in_common(
    scene: Scene,
) -> None:
    shop, bank = (
        Presentation.parse(scene.show(ADULT, party=party)).record for party in ("shop", "bank")
    )
    assert shop.issuer_auth.chain == bank.issuer_auth.chain
    assert shop.issuer_auth.signature != bank.issuer_auth.signature
    assert shop.items[0].salt != bank.items[0].salt


def test_a_record_has_the_items_of_both_namespaces(scene: Scene) -> None:
    items = {
        (each.namespace, each.name): each.value for each in wallet(scene).records[0].record.items
    }
    person = scene.world.state().person(scene.person)
    assert items[NAME] == person.items.name
    assert items[ITEMS_OF_JAPAN, "local_gov_code_unicode"] == person.municipality
    assert items[ITEMS_OF_JAPAN, "birth_date_unicode"] == "1990年12月24日"
    assert items[ITEMS_OF_MANY, "birth_date"] == FullDate("1990-12-24")
    assert items[ITEMS_OF_MANY, "age_in_years"] == 35  # on 6 July 2026
    assert items[ITEMS_OF_MANY, "age_over_20"] is True
    assert items[ITEMS_OF_MANY, "age_over_65"] is False
    assert isinstance(items[ITEMS_OF_JAPAN, "portrait"], bytes)


def test_the_same_world_gives_the_same_records() -> None:
    batches = []
    for _ in range(2):
        with new_world() as world:
            made = Scene.begin(world)
            made.apply()
            batches.append([held.content for held in wallet(made).records])
    assert batches[0] == batches[1]


@pytest.mark.parametrize(
    ("born", "last"),
    [
        # A month from 6 July; the policy takes the same day of the next month.
        (date(1990, 12, 24), date(2026, 8, 6)),
        # The eve of a birthday within the month (個人番号カード等命令 39-8).
        (date(1990, 7, 27), date(2026, 7, 26)),
        (date(1990, 8, 7), date(2026, 8, 6)),
        (date(1990, 8, 6), date(2026, 8, 5)),
    ],
)
def test_a_record_ends_after_a_month_or_on_the_eve_of_a_birthday(
    world: World, born: date, last: date
) -> None:
    scene = Scene.begin(world, born=born)
    scene.apply()
    assert wallet(scene).valid_until == end_of_day(last)


def test_a_batch_of_one_is_no_batch() -> None:
    with pytest.raises(ImpossibleFact):
        IssuingProfile(records=1)
    assert IssuingProfile(records=2).records == 2


def test_without_a_live_signature_certificate_nothing_is_issued(world: World) -> None:
    scene = Scene.begin(world)
    world.record(RevocationRequested(person=scene.person, kinds=(CS,)))
    with pytest.raises(Refused) as caught:
        scene.apply()
    assert caught.value.rule == "CAE-4"
    assert Wallets(world.store).every() == ()


def test_an_android_phone_gets_no_record_yet(world: World) -> None:
    scene = Scene.begin(world)
    scene.enrol(Platform.ANDROID)
    with pytest.raises(Refused) as caught:
        scene.apply()
    assert caught.value.rule == "android_wallet"
    assert Wallets(world.store).every() == ()


def test_records_are_had_from_the_day_of_the_service() -> None:
    # The day before, no iPhone can be enrolled, and the story dates-card-substitute plays the rest.
    with new_world(at_time(date(2025, 6, 24), time(0))) as world:
        scene = Scene.begin(world)
        scene.apply()
        assert wallet(scene).unused == 2
        assert scene.show()


def _applied(scene: Scene) -> tuple[bytes, bytes]:
    """An application of this moment, with the card's signature."""
    world, signer = scene.world, CardSigner(applet(scene.world, scene.card), PASSWORD)
    record = world.state().live(scene.person, CS)
    assert record is not None
    keys = [ec_key(world, label, Algorithm.ES256).public_key() for label in "ab"]
    message = RecordApplication.of(scene.device, record.serial, challenge(world), keys).to_bytes()
    return message, sign_detached(message, signer, at=world.now)


def test_an_application_is_taken_once(scene: Scene) -> None:
    message, signature = _applied(scene)
    assert check_application(scene.world, scene.person, message, signature).device == scene.device
    scene.apply()  # another entry, hence another challenge
    with pytest.raises(Refused, match="old one"):
        check_application(scene.world, scene.person, message, signature)


def test_a_tampered_or_foreign_application_is_refused(scene: Scene) -> None:
    message, signature = _applied(scene)
    with pytest.raises(Refused, match="not good"):
        check_application(scene.world, scene.person, message + b" ", signature)
    with pytest.raises(MalformedDocument):
        check_application(scene.world, scene.person, b"{}", signature)
    other = Scene.begin(scene.world, number=2)
    with pytest.raises(Refused):
        check_application(scene.world, other.person, *_applied(scene))


def test_a_device_key_twice_in_a_batch_is_refused(scene: Scene) -> None:
    world, signer = scene.world, CardSigner(applet(scene.world, scene.card), PASSWORD)
    record = world.state().live(scene.person, CS)
    assert record is not None
    keys = [ec_key(world, label, Algorithm.ES256).public_key() for label in "aa"]
    message = RecordApplication.of(scene.device, record.serial, challenge(world), keys).to_bytes()
    with pytest.raises(Refused) as caught:
        check_application(
            world, scene.person, message, sign_detached(message, signer, at=world.now)
        )
    assert caught.value.rule == "CAE-3"


def test_a_wrong_password_issues_nothing(world: World) -> None:
    scene = Scene.begin(world)
    entries = len(world.entries)
    with pytest.raises(WrongPin):
        mdoc.apply(
            world,
            scene.person,
            card=applet(world, scene.card),
            card_password=SignaturePassword("WRONG1"),
        )
    assert len(world.entries) == entries


# use


def test_a_record_shown_to_one_party_is_not_shown_to_another(scene: Scene) -> None:
    answers = [scene.show(party=party) for party in ("shop", "shop", "bank")]
    auths = [Presentation.parse(each).record.issuer_auth.signature for each in answers]
    assert auths[0] == auths[1]
    assert auths[0] != auths[2]


def test_out_of_reach_a_third_party_sees_nothing(scene: Scene) -> None:
    scene.show(party="shop")
    scene.show(party="bank")
    with pytest.raises(Refused) as caught:
        scene.show(party="club", online=False, unchecked=True)
    assert caught.value.rule == "CAE-2"


def test_a_used_up_batch_is_renewed_when_the_phone_is_online(scene: Scene) -> None:
    old = {held.content for held in wallet(scene).records}
    scene.show(party="shop")
    scene.show(party="bank")
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.USED_UP
    scene.show(party="club")
    assert not old & {held.content for held in wallet(scene).records}
    assert wallet(scene).unused == 1


def test_a_batch_at_its_end_is_renewed_without_the_card(scene: Scene) -> None:
    end = wallet(scene).valid_until
    scene.world.advance(end)
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.READY
    scene.world.advance(end + timedelta(seconds=1))
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.ENDED
    mdoc.synchronise(scene.world, scene.person)
    # From 7 August on, for another month.
    assert wallet(scene).valid_until == end_of_day(date(2026, 9, 7))


def test_out_of_reach_and_ended_nothing_is_shown(scene: Scene) -> None:
    scene.world.advance(wallet(scene).valid_until + timedelta(seconds=1))
    with pytest.raises(Refused) as caught:
        scene.show(online=False, unchecked=True)
    assert caught.value.rule == "substitute.expired"
    assert not mdoc.offline_reach(scene.world, scene.person).anything


def test_out_of_reach_the_sending_program_cannot_check_and_refuses(scene: Scene) -> None:
    with pytest.raises(Refused) as caught:
        scene.show(online=False)
    assert caught.value.rule == "CAE-1"
    assert scene.show(online=False, unchecked=True)


def test_an_item_that_the_record_lacks_is_named_and_uses_nothing_up(scene: Scene) -> None:
    with pytest.raises(ImpossibleFact, match="age_over_99"):
        scene.show((ITEMS_OF_MANY, "age_over_99"))
    with pytest.raises(ImpossibleFact):
        mdoc.present(
            scene.world,
            scene.person,
            (),
            party="shop",
            transcript=session(),
            approval=mdoc.Biometrics(),
        )
    assert wallet(scene).unused == 2


def test_the_pin_approves_and_a_wrong_one_costs_a_try_and_no_record(scene: Scene) -> None:
    def show(pin: UserPin) -> bytes:
        return mdoc.present(
            scene.world,
            scene.person,
            (ADULT,),
            party="shop",
            transcript=session(),
            approval=pin,
        )

    with pytest.raises(WrongPin) as caught:
        show(UserPin("0000"))
    assert caught.value.tries_left == 2  # of three (P-4)
    assert wallet(scene).unused == 2
    assert show(PHONE_PIN)


@pytest.mark.parametrize(("policy", "shown"), [("usable", True), ("pin_first", False)])
def test_changed_biometrics_serve_as_the_policy_says(policy: str, *, shown: bool) -> None:
    with new_world(biometrics_after_change=policy) as world:
        scene = Scene.begin(world)
        scene.apply()
        change = MobileDeviceChange.BIOMETRICS_CHANGED
        world.record(MobileDeviceChanged(person=scene.person, change=change))
        if shown:
            assert scene.show()
            return
        with pytest.raises(Refused) as caught:
            scene.show()
        assert caught.value.rule == "BIO-3"  # biometrics or the PIN, and the PIN comes first


# fall


FALLS = {
    "signature": (
        RevocationRequested(person="P000001", kinds=(CS,)),
        {"substitute.signature-lost"},
    ),
    # The card's return ends the certificate, too, and either ends the record.
    "card": (
        CardReturned(person="P000001", cause=ReturnCause.VOLUNTARY),
        {"substitute.card-lapsed", "substitute.signature-lost"},
    ),
    "loss": (CardSubstituteLossReported(person="P000001"), {"substitute.loss"}),
}


@pytest.mark.parametrize("name", FALLS)
def test_a_record_falls_and_the_next_presentation_says_why(scene: Scene, name: str) -> None:
    event, rules = FALLS[name]
    assert scene.person == event.person
    scene.world.record(event)
    with pytest.raises(Refused) as caught:
        scene.show()
    assert caught.value.rule in rules
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.EMPTY


def test_the_authentication_certificate_alone_leaves_the_record(scene: Scene) -> None:
    kinds = (CertificateKind.CARD_AUTHENTICATION,)
    scene.world.record(RevocationRequested(person=scene.person, kinds=kinds))
    assert scene.show()


def test_a_move_ends_the_record_and_leaves_the_phones_authentication(scene: Scene) -> None:
    recorded_at = municipality.amend_record(
        scene.world, scene.person, RecordItem.ADDRESS, "東京都渋谷区模擬町２－２－２"
    )
    scene.world.advance(recorded_at - timedelta(seconds=1))
    assert scene.show()
    scene.world.advance(recorded_at)
    with pytest.raises(Refused) as caught:
        scene.show()
    assert caught.value.rule == "substitute.signature-lost"
    assert scene.world.state().live(scene.person, MA) is not None
    assert scene.world.state().live(scene.person, CS) is None


def test_a_fallen_record_still_verifies_which_is_why_the_report_says_unknown(
    scene: Scene,
) -> None:
    scene.world.record(RevocationRequested(person=scene.person, kinds=(CS,)))
    reach = mdoc.offline_reach(scene.world, scene.person)
    assert (reach.new_parties, reach.fallen_by) == (2, "substitute.signature-lost")
    assert reach.until == wallet(scene).valid_until
    assert "substitute.signature-lost" in reach.words("en")
    assert "失って" in reach.words("ja")
    assert scene.show(online=False, unchecked=True)


def test_the_authority_repeats_its_notice_until_the_phone_confirms(scene: Scene) -> None:
    assert mdoc.pending_notices(scene.world) == ()
    scene.world.record(RevocationRequested(person=scene.person, kinds=(CS,)))
    (first,) = mdoc.pending_notices(scene.world)
    assert (first.rule, first.tries) == ("substitute.signature-lost", 1)
    assert mdoc.push_notices(scene.world, reached=lambda _: False) == ()  # CAE-6: no status list
    scene.world.advance(scene.world.now + timedelta(hours=2))
    (again,) = mdoc.pending_notices(scene.world)
    assert again.tries == 3  # at once, and after each of two hours
    (confirmed,) = mdoc.push_notices(scene.world, reached=lambda device: device == scene.device)
    assert confirmed == again
    assert mdoc.pending_notices(scene.world) == ()
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.EMPTY


def test_another_phone_ends_the_record_on_the_first(scene: Scene) -> None:
    first = scene.device
    phone.go_offline(scene.world, first)  # one that is there confirms at once
    scene.enrol()
    assert scene.device != first
    (notice,) = mdoc.pending_notices(scene.world)
    assert (notice.device, notice.rule) == (first, "substitute.another-phone")
    scene.apply()
    assert [each.device for each in mdoc.pending_notices(scene.world)] == [first]
    assert scene.show()


def test_an_erased_phone_holds_nothing(scene: Scene) -> None:
    change = MobileDeviceChanged(person=scene.person, change=MobileDeviceChange.ERASED)
    scene.world.record(change)
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.EMPTY


def test_a_phone_without_a_record_has_nothing_to_show_or_renew(world: World) -> None:
    scene = Scene.begin(world)
    with pytest.raises(ImpossibleFact):
        scene.show()
    with pytest.raises(ImpossibleFact):
        mdoc.renew(world, scene.person)


def test_nothing_of_a_record_shows_in_a_repr(scene: Scene) -> None:
    person = scene.world.state().person(scene.person)
    held = wallet(scene)
    told = repr(held) + repr(held.records[0].record)
    assert person.items.name not in told
    assert person.items.address not in told
    assert held.issued_at == BEGINS


@pytest.mark.parametrize(("without_chips", "kept"), [(False, 1), (True, 0)])
def test_a_wallet_goes_along_with_its_phone_when_a_world_is_handed_on(
    scene: Scene, tmp_path: Path, *, without_chips: bool, kept: int
) -> None:
    scene.show(party="shop")
    export_world(scene.world, tmp_path / "w.jsonl", without_chips=without_chips)
    with import_world(tmp_path / "w.jsonl", tmp_path / "w.sqlite") as handed_on:
        found = Wallets(handed_on.store).every()
        assert len(found) == kept
        if kept:
            assert found == (wallet(scene),)


def test_a_damaged_wallet_is_named_and_not_quoted(scene: Scene) -> None:
    with scene.world.transaction(), scene.world.store.reading() as connection:
        connection.execute(update(WALLET).values(memory='{"device": 7, "holder": "secret"}'))
    with pytest.raises(MalformedDocument) as caught:
        Wallets(scene.world.store).every()
    assert "secret" not in str(caught.value)
