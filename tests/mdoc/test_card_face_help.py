"""A phone reads what the card gives with its input-support PIN, and tells values apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from jpki.authenticity import IssuerKey, load_issuer_key
from jpki.card.pin import InputSupportPin
from jpki.errors import IssuerUnknown, NotPermitted, UntrustedIssuer, WrongPin
from simulator.card.connection import SoftwareConnection
from simulator.card.contents.issuer import CardIssuer, Hierarchy
from simulator.card_face import (
    CardFaceRecord,
    FormItem,
    NumberUse,
    ValueSource,
    filled_form,
    read_card_face,
    told_form,
)
from simulator.tokens import my_number, plugged
from simulator.world import World
from tests.mdoc.mdocwork import Scene, new_world

PIN = InputSupportPin("1234")


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with new_world() as world:
        yield Scene.begin(world)


def issuer(world: World, hierarchy: Hierarchy = Hierarchy.INPUT_SUPPORT) -> IssuerKey:
    return load_issuer_key(CardIssuer(world.keys, "00000").public_key_pem(hierarchy))


def read(scene: Scene, **kwargs: object) -> CardFaceRecord:
    connection = SoftwareConnection(plugged(scene.world, scene.card))
    return read_card_face(connection, PIN, **kwargs)  # type: ignore[arg-type]


def test_the_four_items_are_the_registers_and_their_signature_is_checked(scene: Scene) -> None:
    found = read(scene, issuers=[issuer(scene.world)])
    items = scene.world.state().person(scene.person).items
    assert (found.name, found.address, found.sex) == (items.name, items.address, items.sex)
    assert found.birth_date == date(1990, 12, 24)
    assert found.checked
    assert found.number is None
    assert items.name not in repr(found)


def test_the_my_number_is_read_for_a_use_that_the_law_names_alone(scene: Scene) -> None:
    found = read(scene, issuers=[issuer(scene.world)], number_use=NumberUse.TAX)
    assert found.number == my_number(scene.world, scene.person)
    assert FormItem.MY_NUMBER not in read(scene).values()
    with pytest.raises(NotPermitted):
        filled_form(found, {FormItem.MY_NUMBER: "000000000000"})


def test_another_issuers_key_vouches_for_nothing(scene: Scene) -> None:
    with pytest.raises((IssuerUnknown, UntrustedIssuer)):
        read(scene, issuers=[issuer(scene.world, Hierarchy.FACE_VERIFICATION)])


def test_a_wrong_pin_reads_nothing(scene: Scene) -> None:
    connection = SoftwareConnection(plugged(scene.world, scene.card))
    with pytest.raises(WrongPin):
        read_card_face(connection, InputSupportPin("0000"))
    assert read(scene).name


def test_a_form_says_what_came_from_the_card_and_what_was_typed(scene: Scene) -> None:
    found = read(scene, issuers=[issuer(scene.world)])
    typed = {FormItem.NAME: "別人", FormItem.SEX: found.sex.value, FormItem.MY_NUMBER: "1"}
    fields = {each.item: each for each in filled_form(found, typed, number_use=NumberUse.TAX)}
    assert fields[FormItem.NAME].value == found.name
    assert fields[FormItem.NAME].typed_differs
    assert not fields[FormItem.SEX].typed_differs
    assert fields[FormItem.ADDRESS].source is ValueSource.CARD
    assert fields[FormItem.ADDRESS].signed
    number = fields[FormItem.MY_NUMBER]
    assert (number.source, number.signed) == (ValueSource.TYPED, False)
    assert found.name not in repr(fields)
    english, japanese = told_form(fields.values(), "en"), told_form(fields.values(), "ja")
    assert "signed by its issuer; what was typed differed" in english[0]
    assert japanese[-1] == "個人番号: 1 (手入力、証明なし)"


def test_what_was_not_checked_does_not_pass_for_checked(scene: Scene) -> None:
    found = read(scene)
    assert not found.checked
    assert "not checked" in told_form(filled_form(found, {}))[0]
    with pytest.raises(IssuerUnknown):
        filled_form(found, {}, must_be_checked=True)
    assert filled_form(replace(found, checked=True), {}, must_be_checked=True)
