"""The hooks and the fixtures. Nothing of jpki is imported before a test asks for a fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from jpki.card.connection import CardReader
    from simulator.pytest_plugin.authority import IssuingAuthority
    from simulator.pytest_plugin.clock import WorldClock
    from simulator.pytest_plugin.options import Options
    from simulator.pytest_plugin.people import People, Person
    from simulator.pytest_plugin.scene import Scene
    from simulator.pytest_plugin.server import RevocationServer
    from simulator.pytest_plugin.stories import StoryRun
    from simulator.pytest_plugin.tokens import Card, Phone
    from simulator.pytest_plugin.verifier import Verifier
    from simulator.world import World

__all__ = [
    "authority",
    "card",
    "clock",
    "jpki_scene",
    "make_card",
    "make_phone",
    "people",
    "person",
    "phone",
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
    "reader",
    "revocation_server",
    "story",
    "verifier",
    "world",
]

pytest.register_assert_rewrite("simulator.pytest_plugin.assertions")

_MARKER = "jpki"
_STORY_MARKER = "jpki_story"
_READER_OPTION = "--jpki-reader"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names a real reader."""
    parser.getgroup("jpki").addoption(
        _READER_OPTION,
        metavar="NAME",
        default=None,
        help="the PC/SC reader that tests marked jpki(reader='pcsc') use",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(seed, at, policies, municipality, keys, evidence, reader): "
        "how the simulated JPKI world of this test is made",
    )
    config.addinivalue_line(
        "markers",
        f"{_STORY_MARKER}(*names): run this test, which takes the fixture story, once for every "
        "variant of the stories named; names of shipped ones, or .toml files beside the test",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for every variant of the stories that a marker names."""
    markers = list(metafunc.definition.iter_markers(_STORY_MARKER))
    if not markers:
        return
    if "story" not in metafunc.fixturenames:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: @pytest.mark.{_STORY_MARKER} needs the argument 'story'"
        )
    from jpki.errors import JpkiError
    from simulator.pytest_plugin.stories import find_stories

    names = [name for marker in markers for name in marker.args]
    try:
        runs = find_stories(names, beside=metafunc.definition.path.parent)
    except JpkiError as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: {_said(error)}") from None
    ids = [tale.run_id(variant) for tale, variant in runs]
    metafunc.parametrize("story", runs, indirect=True, ids=ids)


def _options(request: pytest.FixtureRequest) -> Options:
    from jpki.errors import JpkiError
    from simulator.pytest_plugin.options import options_of

    markers = reversed(list(request.node.iter_markers(_MARKER)))
    try:
        return options_of([(marker.args, marker.kwargs) for marker in markers])
    except JpkiError as error:
        raise pytest.UsageError(f"{request.node.nodeid}: {_said(error)}") from None


def _said(error: Any) -> str:
    text = str(error)
    return text if not error.hint or error.hint in text else f"{text} ({error.hint})"


@pytest.fixture
def jpki_scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """The test's own simulated JPKI, with everything the other fixtures give.

    They are all taken from it and not from one another, so a fixture of yours that has the name of
    one of them takes nothing away: ``jpki_scene.clock`` is there when ``clock`` is yours.
    """
    try:
        from simulator.pytest_plugin.scene import Scene
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"the fixtures of jpki need {error.name}: pip install 'jpki[test]'"
        ) from None

    config = request.config
    with Scene(
        _options(request),
        folder=lambda: tmp_path_factory.mktemp("jpki"),
        key_folder=lambda: _key_folder(config, tmp_path_factory),
        reader_name=config.getoption(_READER_OPTION),
    ) as scene:
        yield scene


def _key_folder(config: pytest.Config, folders: pytest.TempPathFactory) -> Path:
    """Return where seeded keys are kept: in pytest's cache, unless that is switched off."""
    cache = getattr(config, "cache", None)
    return folders.getbasetemp() / "jpki-keys" if cache is None else cache.mkdir("jpki-keys")


@pytest.fixture
def world(jpki_scene: Scene) -> World:
    """A simulated JPKI world in memory: its log, its clock, its agency, its seed."""
    return jpki_scene.world


@pytest.fixture
def clock(jpki_scene: Scene) -> WorldClock:
    """The world's clock, which stands still: ``clock.now``, ``.advance("26h")``, ``.at(…)``."""
    return jpki_scene.clock


@pytest.fixture
def authority(jpki_scene: Scene) -> IssuingAuthority:
    """The world's authority: roots, lists, OCSP answers, timestamps, a trust folder on disk."""
    return jpki_scene.authority


@pytest.fixture
def revocation_server(jpki_scene: Scene) -> RevocationServer:
    """A live HTTP server on loopback with lists, OCSP and timestamps, and faults on order."""
    return jpki_scene.server


@pytest.fixture
def people(jpki_scene: Scene) -> People:
    """Invents people: ``people.invent(birth_date=…)``, each somebody else who does not exist."""
    return jpki_scene.people


@pytest.fixture
def person(jpki_scene: Scene) -> Person:
    """One invented adult, registered: ``person.move()``, ``.die()``, ``.certificates``."""
    return jpki_scene.person


@pytest.fixture
def make_card(jpki_scene: Scene) -> Callable[..., Card]:
    """Make further cards: ``make_card()``, ``make_card(person, pin="0000")``."""
    return jpki_scene.make_card


@pytest.fixture
def make_phone(jpki_scene: Scene) -> Callable[..., Phone]:
    """Enrol further phones: ``make_phone()``, ``make_phone(card, platform=Platform.IPHONE)``."""
    return jpki_scene.make_phone


@pytest.fixture
def card(jpki_scene: Scene, person: object) -> Card:
    """A My Number card of ``person``: ``card.sign(…)``, ``.answer(…)``, ``.report_lost()``."""
    return jpki_scene.card_of(person)


@pytest.fixture
def phone(jpki_scene: Scene, card: object) -> Phone:
    """A phone with certificates, enrolled with ``card``: ``phone.sign(…)``, ``.report_lost()``."""
    return jpki_scene.make_phone(_ours(jpki_scene, card))


@pytest.fixture
def reader(jpki_scene: Scene, card: object) -> CardReader:
    """A card reader with ``card`` in it, in this process; a real one only when marked so."""
    return jpki_scene.reader_with(_ours(jpki_scene, card))


def _ours(scene: Scene, card: object) -> Card:
    """Return a card of ours: a project's own fixture of that name may be anything."""
    from simulator.pytest_plugin.tokens import Card

    return card if isinstance(card, Card) else scene.card


@pytest.fixture
def verifier(jpki_scene: Scene) -> Verifier:
    """A verifying firm: ``.receive(signature, content)``, ``.later_status(certificate)``."""
    return jpki_scene.verifier


@pytest.fixture
def story(request: pytest.FixtureRequest) -> StoryRun:
    """One variant of a story that ``@pytest.mark.jpki_story`` names, for ``assert_story``."""
    from jpki.law import Policies, Rulebook, load
    from simulator.pytest_plugin.stories import StoryRun

    if not hasattr(request, "param"):
        raise pytest.UsageError(
            f"{request.node.nodeid}: 'story' needs @pytest.mark.{_STORY_MARKER}(…)"
        )
    tale, variant = request.param
    policies = Policies.default().with_(**_options(request).policies)
    return StoryRun(tale, variant, Rulebook(load(), policies))
