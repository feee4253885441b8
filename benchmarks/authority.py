"""The authority at work: OCSP answers, certificates, cards and lists, each beside a peer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.builders import builder_cases
from benchmarks.measure import Benchmark, Case
from benchmarks.responders import Asker, openssl_responder, our_responder
from benchmarks.town import BEGINS, Town, adults, hand_over_cards
from jpki.revocation import parse_ocsp_response
from simulator.keys import KeyPool
from simulator.world import World

__all__ = ["BENCHMARK"]

_CARDS: Final = 10


def _prepare() -> tuple[Case, ...]:
    town = Town()
    return (
        Case("bare RSA-2048 signature", _bare(town), 1, "signatures"),
        *_function_cases(town),
        *_served_cases(town),
        *builder_cases(),
        *_card_cases(town),
    )


def _bare(town: Town) -> Callable[[], bytes]:
    """Return a signature over the very bytes that an answer's signature is made over."""
    question = town.samples()[0]
    answer = parse_ocsp_response(town.publication.ocsp(question.request.der, town.world.now)).answer
    if answer is None:
        raise AssertionError("the question is answered")
    key = town.responder.key
    return lambda: key.sign(answer.signed, PKCS1v15(), SHA256())


def _function_cases(town: Town) -> Iterator[Case]:
    at = town.world.now
    folding = town.world_responder()
    yield _answers("OCSP, a function", town, lambda asked: town.publication.ocsp(asked, at))
    yield _answers(
        "OCSP, a function that folds the log anew", town, lambda asked: folding(asked, at)
    )


def _served_cases(town: Town) -> Iterator[Case]:
    ours = our_responder(town)
    kept, opened = Asker(ours, keeps=True), Asker(ours, keeps=False)
    yield _answers("OCSP over HTTP, one connection kept", town, kept.ask)
    yield _answers("OCSP over HTTP, a connection each", town, opened.ask)
    theirs = openssl_responder(town)
    if theirs is not None:
        asker = Asker(theirs, keeps=False)
        yield _answers("openssl ocsp over HTTP, a connection each", town, asker.ask)


def _answers(name: str, town: Town, answered: Callable[[bytes], bytes]) -> Case:
    for question in town.samples():
        question.check(answered(question.request.der))
    questions = town.in_turn()
    return Case(name, lambda: answered(next(questions).request.der), 1, "answers")


def _card_cases(town: Town) -> Iterator[Case]:
    people = adults(_CARDS)

    def handed_over(place: Path | None) -> None:
        with World.create(place, seed="authority", at=BEGINS, keys=KeyPool()) as world:
            hand_over_cards(world, people)

    def in_a_file() -> None:
        place = town.folder / "cards"
        handed_over(place)
        place.unlink()

    yield Case("world in memory, cards handed over", lambda: handed_over(None), _CARDS, "cards")
    yield Case("world in a file, cards handed over", in_a_file, _CARDS, "cards")


BENCHMARK = Benchmark(
    "authority",
    "An OCSP answer is signed anew each time, with RSA-2048, for the next of the signature "
    "certificates of a hundred holders; over loopback HTTP by a process of its own, for one client "
    "that waits for each answer. openssl ocsp has an index of the same certificates and the same "
    "key, and keeps no connection. Certificates and lists are byte for byte those of "
    "cryptography's builders. Cards: ten people registered in a new world, each handed a card with "
    "two certificates, whose keys come from the published pool; a card takes four RSA signatures.",
    _prepare,
)
