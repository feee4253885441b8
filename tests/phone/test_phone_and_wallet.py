"""A phone's wallet follows the phone: what it reaches, what it holds, who could still show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from jpki.errors import ImpossibleFact, Refused
from jpki.life.events import MobileDeviceChange, RevocationRequested
from jpki.terms import CertificateKind
from simulator import mdoc, phone
from simulator.exposure import exposure, report_data, report_lines
from simulator.mdoc import WalletState
from simulator.mdoc.memory import Wallets
from simulator.world import World
from tests.mdoc.mdocwork import ADULT, PHONE_PIN, Scene, new_world, session

CS = CertificateKind.CARD_SIGNATURE


@pytest.fixture
def scene() -> Iterator[Scene]:
    with new_world() as world:
        made = Scene.begin(world)
        made.apply()
        yield made


def show(scene: Scene, *, pin: bool = False) -> bytes:
    return mdoc.present(
        scene.world,
        scene.person,
        (ADULT,),
        party="shop",
        transcript=session(),
        approval=PHONE_PIN if pin else mdoc.Biometrics(),
    )


def revoke(world: World, person: str) -> None:
    world.record(RevocationRequested(person=person, kinds=(CS,)))


def test_a_phone_that_is_offline_cannot_check_and_one_that_is_online_shows(scene: Scene) -> None:
    phone.go_offline(scene.world, scene.device)
    with pytest.raises(Refused) as caught:
        show(scene)
    assert caught.value.rule == "CAE-1"
    phone.go_online(scene.world, scene.device)
    assert show(scene)


def test_a_notice_reaches_a_phone_when_it_is_online_again(scene: Scene) -> None:
    phone.go_offline(scene.world, scene.device)
    revoke(scene.world, scene.person)
    assert mdoc.push_notices(scene.world) == ()
    assert len(mdoc.pending_notices(scene.world)) == 1
    phone.go_online(scene.world, scene.device)
    assert mdoc.pending_notices(scene.world) == ()
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.EMPTY


def test_a_batch_that_ended_offline_is_renewed_when_the_phone_is_online_again(
    scene: Scene,
) -> None:
    phone.go_offline(scene.world, scene.device)
    scene.world.advance(scene.world.now + timedelta(days=40))
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.ENDED
    phone.go_online(scene.world, scene.device)
    assert mdoc.wallet_state(scene.world, scene.person) is WalletState.READY


def test_a_replaced_phone_confirms_when_it_is_online_and_not_before(scene: Scene) -> None:
    first = scene.device
    phone.go_offline(scene.world, first)
    scene.enrol()
    (record,) = exposure(scene.world, scene.person).records
    assert (record.device, record.reachable, record.fallen_by) == (
        first,
        False,
        "substitute.another-phone",
    )
    phone.go_online(scene.world, first)
    assert exposure(scene.world, scene.person).records == ()
    assert Wallets(scene.world.store).every() == ()


def test_an_erased_phones_wallet_is_empty_and_a_dead_one_shows_nothing(scene: Scene) -> None:
    phone.treat(scene.world, scene.device, MobileDeviceChange.BROKEN)
    with pytest.raises((ImpossibleFact, Refused)):
        show(scene)
    phone.treat(scene.world, scene.device, MobileDeviceChange.ERASED)
    assert Wallets(scene.world.store).every() == ()


def test_without_biometrics_a_finger_shows_nothing_and_the_pin_does(scene: Scene) -> None:
    phone.set_biometrics(scene.world, scene.device, on=False)
    with pytest.raises(Refused) as caught:
        show(scene)
    assert caught.value.rule == "BIO-2"
    assert show(scene, pin=True)


def test_the_exposure_report_tells_of_the_record_in_the_wallet(scene: Scene) -> None:
    report = exposure(scene.world, scene.person)
    (record,) = report.records
    assert (record.new_parties, record.known_parties, record.exposed) == (2, 0, False)
    phone.go_offline(scene.world, scene.device)
    revoke(scene.world, scene.person)
    scene.world.advance(scene.world.now + timedelta(hours=2))
    report = exposure(scene.world, scene.person)
    (record,) = report.records
    assert record.exposed
    assert record.notices_sent == 3  # at once, and after each of two hours
    assert report_data(report)["records"] == [
        {
            "device": scene.device,
            "reachable": False,
            "new_parties": 2,
            "known_parties": 0,
            "until": record.until.isoformat(),
            "fallen_by": "substitute.signature-lost",
            "notices_sent": 3,
        }
    ]
    told = replace(report, uses=())
    assert "out of reach" in "\n".join(report_lines(told, "en"))
    assert "圏外" in "\n".join(report_lines(told, "ja"))
