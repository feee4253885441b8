"""The table of actors, walked: each act of each actor is played, or refused by name."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from types import SimpleNamespace

import pytest

import simulator
from jpki.errors import NotPermitted
from jpki.law import Act, Actor, Rulebook, load, require_act
from jpki.law.acting import actor_row
from simulator.acting import PERFORMED
from simulator.world import World
from tests.actors.conftest import BEGINS

MODULES = (
    "agency.agency", "callcentre", "citizen", "consul", "immigration", "kiosk", "minister",
    "municipality", "other_municipality", "phone", "postoffice", "verifier",
)  # fmt: skip
for name in MODULES:
    importlib.import_module(f"simulator.{name}")

MAY = [(row.actor, act) for row in load().actors for act in row.may]


def test_the_modules_of_the_actors_exist() -> None:
    found = {each.name for each in pkgutil.iter_modules(simulator.__path__)}
    assert {name.split(".")[0] for name in MODULES} <= found


@pytest.mark.parametrize(("actor", "act"), MAY, ids=str)
def test_what_an_actor_may_do_is_played(actor: Actor, act: Act) -> None:
    assert PERFORMED.get((actor, act))


def test_nothing_is_played_that_the_table_does_not_permit() -> None:
    assert set(PERFORMED) <= set(MAY)


@pytest.mark.parametrize("actor", Actor)
def test_everything_else_is_refused_with_the_row_and_its_basis(actor: Actor) -> None:
    row = actor_row(load(), actor)
    for act in set(Act) - set(row.may):
        with pytest.raises(NotPermitted) as caught:
            require_act(Rulebook.default(), actor, act, at=BEGINS)
        assert caught.value.basis == f"{row.id}: {load().basis_en(row)}"


PLAYERS = {
    f"{play.__module__}.{play.__qualname__}": play
    for functions in PERFORMED.values()
    for play in functions
}


@pytest.mark.parametrize("name", sorted(PLAYERS))
def test_each_player_stops_before_doing_anything_when_the_table_no_longer_permits_it(
    name: str, world: World
) -> None:
    """The rows are emptied, and every function refuses whatever else it is given."""
    play = PLAYERS[name]
    barred = tuple(row.model_copy(update={"may": ()}) for row in load().actors)
    table = dataclasses.replace(load(), actors=barred, limits=())
    world.book = Rulebook(table, world.book.policies)
    actors = [actor for (actor, _), functions in PERFORMED.items() if play in functions]
    caller = SimpleNamespace(book=world.book, now=world.now, actors=tuple(actors), _world=world)
    wanted = [
        each
        for each in inspect.signature(play).parameters.values()
        if each.default is inspect.Parameter.empty
    ]
    by_name = {each.name: None for each in wanted if each.kind is each.KEYWORD_ONLY}
    first = caller if "." in play.__qualname__ else world
    with pytest.raises(NotPermitted):
        play(first, *[None for each in wanted[1:] if each.kind is not each.KEYWORD_ONLY], **by_name)
    assert world.entries == ()
