"""What is refused leaves the whole world as it was: log, chips, wallets and clock are compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from jpki.card.pin import SignaturePassword
from jpki.errors import ImpossibleFact, JpkiError, MalformedDocument, Refused, WrongPin
from jpki.life.events import MobileDeviceEnrolled, Platform
from simulator import phone
from simulator.archive import export_world
from simulator.phone import SignedApplication
from simulator.tokens import applet
from simulator.world import World
from tests.phone.conftest import CARD_PASSWORD, Holder, new_holder, phone_pins


class Kept:
    """The whole of a world, as it would be handed on."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder, self._number = world, folder, 0

    def __call__(self) -> str:
        self._number += 1
        path = self._folder / f"{self._number}.jsonl"
        export_world(self._world, path)
        return path.read_text(encoding="utf-8")


@pytest.fixture
def kept(world: World, tmp_path: Path) -> Kept:
    return Kept(world, tmp_path)


def test_the_comparison_sees_a_phone_that_made_keys_and_one_that_went_offline(
    world: World, holder: Holder, kept: Kept
) -> None:
    before = kept()
    device = holder.begin()
    began = kept()
    phone.go_offline(world, device)
    assert len({before, began, kept()}) == 3


def _tampered_message(world: World, _holder: Holder, device: str, good: SignedApplication) -> None:
    message = good.message.replace(b"android", b"iphone")
    assert message != good.message
    phone.send_application(world, device, SignedApplication(message, good.signature))


def _tampered_signature(
    world: World, _holder: Holder, device: str, good: SignedApplication
) -> None:
    signature = good.signature[:-1] + bytes([good.signature[-1] ^ 1])
    phone.send_application(world, device, SignedApplication(good.message, signature))


def _foreign_signature(world: World, _holder: Holder, device: str, good: SignedApplication) -> None:
    stranger = new_holder(world, 2)
    theirs = stranger.apply(stranger.begin())
    phone.send_application(world, device, SignedApplication(good.message, theirs.signature))


def _no_application(world: World, _holder: Holder, device: str, good: SignedApplication) -> None:
    phone.send_application(world, device, SignedApplication(b"{}", good.signature))


def _offline(world: World, _holder: Holder, device: str, good: SignedApplication) -> None:
    phone.go_offline(world, device)
    phone.send_application(world, device, good)


def _replayed(world: World, _holder: Holder, device: str, good: SignedApplication) -> None:
    phone.send_application(world, device, good)
    phone.send_application(world, device, good)


def _two_at_once(world: World, holder: Holder, device: str, good: SignedApplication) -> None:
    other = holder.begin()
    second = holder.apply(other)  # on the challenge that the first was made for as well
    phone.send_application(world, device, good)
    phone.send_application(world, other, second)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (_tampered_message, "ON-9"),
        (_tampered_signature, "ON-9"),
        (_foreign_signature, "ON-9"),
        (_no_application, None),
        (_offline, "ON-9"),
        (_replayed, "possession"),
        (_two_at_once, "possession"),
    ],
)
def test_an_application_that_is_refused_changes_nothing(
    world: World,
    holder: Holder,
    kept: Kept,
    monkeypatch: pytest.MonkeyPatch,
    wrong: Callable[[World, Holder, str, SignedApplication], None],
    rule: str | None,
) -> None:
    device = holder.begin()
    good = holder.apply(device)
    seen: list[str] = []
    send = phone.send_application

    def watched(*words: object) -> None:
        seen.append(kept())
        send(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(phone, "send_application", watched)
    with pytest.raises((Refused, MalformedDocument)) as caught:
        wrong(world, holder, device, good)
    assert getattr(caught.value, "rule", None) == rule
    assert kept() == seen[-1]  # as it was when the application that is refused was sent


def test_a_whole_enrolment_with_a_wrong_password_costs_a_try_and_nothing_else(
    world: World, holder: Holder, kept: Kept
) -> None:
    entries, names = len(world.entries), world.store.chips()
    with pytest.raises(WrongPin):
        phone.enrol(
            world,
            holder.id,
            platform=Platform.ANDROID,
            card=applet(world, holder.card),
            card_password=SignaturePassword("WRONG1"),
            pins=phone_pins(),
        )
    assert (len(world.entries), world.store.chips()) == (entries, names)
    applet(world, holder.card).verify(CARD_PASSWORD)


def test_a_clock_set_back_is_refused_and_stays(world: World, holder: Holder, kept: Kept) -> None:
    holder.enrol()
    before = kept()
    with pytest.raises(ImpossibleFact):
        world.advance(world.now - timedelta(seconds=1))
    assert kept() == before


def test_no_raw_event_enrols_the_phone_in_use_or_a_replaced_one_once_more(
    world: World, holder: Holder, kept: Kept
) -> None:
    first = holder.enrol()
    second = holder.enrol()
    before = kept()
    for device, refusal in ((second, Refused), (first, ImpossibleFact)):
        event = MobileDeviceEnrolled(person=holder.id, device=device, platform=Platform.ANDROID)
        with pytest.raises(refusal) as caught:
            world.record(event)
        assert isinstance(caught.value, JpkiError)
    assert kept() == before
