"""Who may ask is told by a token of which only a digest is kept; every question leaves a line."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from jpki.errors import ImpossibleFact, NotPermitted
from jpki.services import StatusQuestion
from jpki.terms import CertificateKind, Purpose
from simulator.services import NotAuthenticated, Service, ServiceDesk
from simulator.world import World
from tests.services import servicework as work


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "world.sqlite"


@pytest.fixture
def world(place: Path) -> Iterator[World]:
    with work.new_world(place) as made:
        yield made


def register(desk: ServiceDesk, name: str = "bank") -> str:
    return desk.verifiers.register(name, roles=[work.SIGNING], purposes=[work.USE])


def asked(serial: int) -> StatusQuestion:
    return StatusQuestion(
        role=work.SIGNING, purpose_of_use=work.USE, serial=serial, purpose=Purpose.SIGNATURE
    )


def test_the_token_is_nowhere_in_the_file_and_still_opens_after_a_restart(
    world: World, place: Path
) -> None:
    token = register(ServiceDesk(world))
    world.close()
    secret = token.rpartition(".")[2]
    assert re.fullmatch(r"[0-9a-f]{64}", secret)  # 256 bits
    assert secret.encode() not in place.read_bytes()
    assert bytes.fromhex(secret) not in place.read_bytes()
    with World.open(place, keys=work.keys()) as again:
        assert ServiceDesk(again).verifiers.authenticate(token).name == "bank"


@pytest.mark.parametrize("change", ["name", "secret", "none", "longer", "prefix"])
def test_a_token_that_differs_anywhere_is_nobodys(world: World, change: str) -> None:
    desk = ServiceDesk(world)
    token = register(desk)
    register(desk, "shop")
    name, _, secret = token.rpartition(".")
    wrong = {
        "name": f"shop.{secret}",
        "secret": token[:-1] + ("0" if token[-1] != "0" else "1"),
        "none": "",
        "longer": token + "0",
        "prefix": name,
    }[change]
    with pytest.raises(NotAuthenticated):
        desk.verifiers.authenticate(wrong)


def test_a_renewed_token_shuts_the_one_before(world: World) -> None:
    desk = ServiceDesk(world)
    old = register(desk)
    new = desk.verifiers.renew_token("bank")
    assert desk.verifiers.authenticate(new).name == "bank"
    with pytest.raises(NotAuthenticated):
        desk.verifiers.authenticate(old)


def test_a_name_is_given_once(world: World) -> None:
    desk = ServiceDesk(world)
    register(desk)
    with pytest.raises(ImpossibleFact):
        register(desk)


def test_every_question_leaves_a_line_without_serials_and_refusals_do_too(
    world: World, place: Path
) -> None:
    desk = ServiceDesk(world)
    person = work.person_with_card(world)
    serial = work.live(world, person, CertificateKind.CARD_SIGNATURE).serial
    bank = desk.verifiers.authenticate(register(desk))
    shop = desk.verifiers.authenticate(register(desk, "shop"))
    desk.answer(bank, Service.STATUS, asked(serial))
    desk.answer(bank, Service.STATUS, asked(serial))
    desk.answer(shop, Service.STATUS, asked(serial))
    with pytest.raises(ImpossibleFact):
        desk.answer(bank, Service.STATUS, asked(serial + 1_000_000))
    claimed = asked(serial).model_copy(update={"role": work.LOGIN})
    with pytest.raises(NotPermitted):
        desk.answer(bank, Service.STATUS, claimed)
    lines = desk.audit.entries()
    told = [(line.verifier, line.service, line.outcome) for line in lines]
    assert told == [
        ("bank", "VS-1", "good"),
        ("bank", "VS-1", "good"),
        ("shop", "VS-1", "good"),
        ("bank", "VS-1", "life.impossible"),
        ("bank", "VS-1", "not-permitted"),
    ]
    assert lines[0].subject == lines[1].subject != ""
    assert lines[2].subject != lines[0].subject  # two firms' lines cannot be joined
    assert lines[3].subject == ""
    database = sqlite3.connect(place)
    rows = database.execute("select * from service_audit").fetchall()
    database.close()
    assert len(rows) == 5
    items = world.state().person(person).items
    for planted in (str(serial), items.name, items.address, person):
        assert planted not in str(rows)
