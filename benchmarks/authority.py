"""The authority at work: OCSP answers, certificates, cards and lists, each beside a peer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.builders import builder_cases
from benchmarks.measure import Benchmark, Case
from benchmarks.responders import Asker, openssl_responder, our_responder
from benchmarks.town import BEGINS, Question, Town, adults, hand_over_cards
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
    ours = town.publication.ocsp
    yield _answers("OCSP, a function, signed anew", town.questions, lambda one: ours(one, at))
    yield _answers("OCSP, a function, prepared", town.plain_questions, lambda one: ours(one, at))
    yield _answers(
        "OCSP, a function that folds the log anew", town.questions, lambda one: folding(one, at)
    )


def _served_cases(town: Town) -> Iterator[Case]:
    ours = our_responder(town)
    theirs = openssl_responder(town)
    for how, questions in (("signed anew", town.questions), ("prepared", town.plain_questions)):
        kept, opened = Asker(ours, keeps=True), Asker(ours, keeps=False)
        yield _answers(f"jpki-sim serve, {how}, one connection kept", questions, kept.ask)
        yield _answers(f"jpki-sim serve, {how}, a connection each", questions, opened.ask)
    if theirs is not None:
        asker = Asker(theirs, keeps=False)
        yield _answers("openssl ocsp, signed anew, a connection each", town.questions, asker.ask)


def _answers(
    name: str, questions: tuple[Question, ...], answered: Callable[[bytes], bytes]
) -> Case:
    for question in questions:
        question.check(answered(question.request.der))
    bodies = cycle([question.request.der for question in questions])
    return Case(name, lambda: answered(next(bodies)), 1, "answers")


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
    "OCSP is asked about the next of the signature certificates of a hundred holders. Signed anew: "
    "with a nonce, so each answer takes an RSA-2048 signature; prepared: without, so the answer "
    "that was signed for the quarter of an hour is given. Over loopback HTTP a process of its own "
    "answers one client that waits for each answer; jpki-sim serve looks at its world for every "
    "question. openssl ocsp has an index of the same certificates and the same key, signs every "
    "answer, and keeps no connection. Certificates and lists are byte for byte those of "
    "cryptography's builders. Cards: ten people registered in a new world, each handed a card with "
    "two certificates, whose keys come from the published pool; a card takes four RSA signatures.",
    _prepare,
)
