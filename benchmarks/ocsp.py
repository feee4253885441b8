"""OCSP at scale: signed in bulk, given from memory and over HTTP, beside peers and limits."""

from __future__ import annotations

import subprocess
import sys
import weakref
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from benchmarks.asking import connection_each
from benchmarks.measure import Benchmark, Case
from benchmarks.responders import Asker, Responder, openssl_responder
from benchmarks.town import Town
from benchmarks.wrk import wrk_case_work, wrk_program
from jpki.revocation import OcspRequest
from simulator.agency.presigned import AnswerFrame, PresignedAnswers, presign, write_presigned
from simulator.agency.presigned.frame import SIGNED_WITH
from simulator.agency.presigned.section import GOOD, GOOD_STATUS, Section
from simulator.agency.presigned.server import fastest_parts
from simulator.agency.presigned.signing import Live, Quarter
from simulator.keys import KeyPool
from simulator.web.responders import Responders

__all__ = ["BENCHMARK"]

_ROOT: Final = Path(__file__).resolve().parents[1]
_FIRST_SERIAL: Final = 0x01000000
_ASKED: Final = 1_000
_QUICK: Final = ((1_000,), (10_000,))
_FULL: Final = ((1_000, 10_000, 100_000, 1_000_000), (10_000, 100_000, 1_000_000))
"""How many are signed in bulk, and how many are looked up among."""


def _prepare(signed: tuple[int, ...], held: tuple[int, ...]) -> tuple[Case, ...]:
    town = Town()
    file = town.folder / "answers.ocsp"
    presign(town.publication, file, at=town.world.now)
    cases = (
        *_anew_cases(town),
        *(case for count in signed for case in _bulk_cases(town, count)),
        *(_given_case(PresignedAnswers.open(file), count) for count in held),
        *_served_cases(town, file),
    )
    return tuple(_keeping(case, town) for case in cases)


def _frame(town: Town) -> AnswerFrame:
    return AnswerFrame.of(town.responder, as_of=town.publication.schedule.last_ocsp(town.world.now))


def _anew_cases(town: Town) -> Iterator[Case]:
    frame, key = _frame(town), town.responder.key
    named = cycle([one.request.certificate_ids[0].der for one in town.questions])
    data = frame.data(next(named), GOOD_STATUS)
    yield Case("bare RSA-2048 signature", lambda: key.sign(data, *SIGNED_WITH), 1, "signatures")
    anew = partial(frame.signed, key)
    yield Case("signed anew, a function", lambda: anew(next(named), GOOD_STATUS), 1, "answers")
    yield Case("cryptography's builder, signed anew", _built(town), 1, "answers")


def _built(town: Town) -> Callable[[], bytes]:
    """Return cryptography's making of an answer; it has to be the bytes that ours is."""
    responder = town.responder
    if responder.certificate is None:
        raise AssertionError("a responder has a certificate of its own unless told otherwise")
    own = x509.load_der_x509_certificate(responder.certificate)
    named = town.questions[0].request.certificate_ids[0]
    as_of = town.publication.schedule.last_ocsp(town.world.now)
    until = as_of + timedelta(minutes=30)

    def signed() -> ocsp.OCSPResponse:
        return (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                named.name_hash,
                named.key_hash,
                named.serial,
                SHA1(),  # noqa: S303  a name, as everybody asks
                ocsp.OCSPCertStatus.GOOD,
                as_of,
                until,
                None,
                None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, own)
            .certificates([own])
            .sign(responder.key, SHA256())
        )

    theirs = signed()
    frame = AnswerFrame.of(responder, as_of=as_of, produced_at=theirs.produced_at_utc)
    if frame.signed(responder.key, named.der, GOOD_STATUS) != theirs.public_bytes(Encoding.DER):
        raise AssertionError("not the same bytes as cryptography's")
    return lambda: signed().public_bytes(Encoding.DER)


def _bulk_cases(town: Town, count: int) -> Iterator[Case]:
    live = Live(
        town.authority,
        array("I", range(_FIRST_SERIAL, _FIRST_SERIAL + count)),
        array("q", bytes(8 * count)),
        array("B", bytes([GOOD]) * count),
    )
    known = PresignedAnswers.open(town.folder / "answers.ocsp")
    quarter = Quarter(known.as_of, known.until, known.mark, settled=True)
    for processes in (1, 2):
        work = partial(
            write_presigned,
            town.folder / f"bulk-{count}.ocsp",
            quarter,
            [(town.responder, live)],
            processes=processes,
        )
        shown = f"{processes} process{'es' if processes > 1 else ''}"
        name = f"signed in bulk and written, {count:,} answers, {shown}"
        # Starting a process takes a second, which is all of the time for a thousand.
        if processes == 1 or count >= _LEAST_FOR_TWO:
            yield Case(name, work, count, "answers")


_LEAST_FOR_TWO: Final = 10_000


def _given_case(answers: PresignedAnswers, count: int) -> Case:
    """Return the giving of an answer among ``count``, whose signatures are not real ones."""
    model = answers.sections[0]
    gap = (2**31 - _FIRST_SERIAL) // count
    section: Section = replace(
        model,
        serials=array("I", range(_FIRST_SERIAL, _FIRST_SERIAL + count * gap, gap)),
        recorded=array("q", bytes(8 * count)),
        reasons=array("B", bytes([GOOD]) * count),
        signatures=memoryview(bytes(model.frame.signature_size * count)),
        ends={},
    )
    held, at = answers.narrowed([section]), answers.as_of
    step = max(1, count // _ASKED)
    asked = [
        OcspRequest((replace(section.about, serial=serial),)).der
        for serial in section.serials[::step]
    ]
    if any(held.given(one, at) is None for one in asked):
        raise AssertionError("every one of them has an answer")

    def work() -> None:
        for one in asked:
            held.given(one, at)

    return Case(f"pre-signed, a function, among {count:,} answers", work, len(asked), "answers")


_EMPTY: Final = {
    "front": "empty handler over HTTP, 1 process",
    "asgi": "empty ASGI handler on bare uvicorn over HTTP, 1 process",
}


def _served_cases(town: Town, file: Path) -> Iterator[Case]:
    program = wrk_program("ocsp")
    if program is None:
        return
    missing = sorted({"uvloop", "httptools"} - set(fastest_parts()))
    for part in missing:
        sys.stderr.write(f"left out: ocsp: {part}: not installed (extra scale)\n")
    plain = [one.request.der for one in town.plain_questions]
    with_nonce = [one.request.der for one in town.questions]

    def asked(name: str, port: int, questions: list[bytes]) -> Case:
        script = town.folder / f"ask-{port}-{len(questions[0])}.lua"
        work = wrk_case_work(program, script, port, questions)
        return Case(name, work, 1, "answers", counted=True)

    for where, name in _EMPTY.items():
        empty = _empty_server(where)
        yield _keeping(asked(name, empty.port, plain), empty)
    for processes in (1, 2):
        ours = Responders(file, world=town.place, processes=processes, keys=KeyPool).start()
        shown = f"{processes} process{'es' if processes > 1 else ''}"
        _check(town, ours.port)
        held = _Held(ours)
        yield _keeping(asked(f"pre-signed over HTTP, {shown}", ours.port, plain), held)
        yield _keeping(asked(f"signed anew over HTTP, {shown}", ours.port, with_nonce), held)
        if processes == 1:
            yield from _each_cases(town, ours.port, held, with_nonce)


def _each_cases(town: Town, port: int, held: _Held, questions: list[bytes]) -> Iterator[Case]:
    """Return ours and ``openssl ocsp`` next to each other: what else runs befalls both alike."""
    yield _keeping(_each("signed anew over HTTP, a connection each", port, questions), held)
    theirs = openssl_responder(town)
    if theirs is not None:
        name = "openssl ocsp, signed anew over HTTP, a connection each"
        yield _keeping(_each(name, theirs.port, questions), theirs)


def _each(name: str, port: int, questions: list[bytes]) -> Case:
    return Case(name, connection_each(port, questions), 1, "answers", counted=True)


class _Held:
    """Responders that end when nobody can ask them any more."""

    def __init__(self, responders: Responders) -> None:
        weakref.finalize(self, responders.stop)


def _keeping(case: Case, held: object) -> Case:
    """Return a case that keeps what it works on for as long as it is there itself."""

    def work(held: object = held) -> object:
        del held
        return case.work()

    return replace(case, work=work)


def _check(town: Town, port: int) -> None:
    """Have every question answered as the world's responder answers it."""
    asker = Asker(port, keeps=True)
    for question in (*town.plain_questions, *town.questions):
        if asker.ask(question.request.der) != town.publication.ocsp(
            question.request.der, town.world.now
        ):
            raise AssertionError("not the answer that the world gives")


def _empty_server(where: str) -> Responder:
    process = subprocess.Popen(  # noqa: S603
        (sys.executable, "-m", "benchmarks.empty", "0", where),
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    if process.stdout is None:
        raise AssertionError("it has a pipe")
    return Responder(process, int(process.stdout.readline()))


BENCHMARK = Benchmark(
    "ocsp",
    "A quarter of an hour's answers are signed in bulk into a file and given from it. A bare "
    "RSA-2048 signature is the limit of whatever signs. An empty handler answers the same number "
    "of octets without looking: on the same server it is the limit of whatever is answered there, "
    "and as an ASGI application on bare uvicorn (uvloop, httptools) that of a common server. wrk "
    "asks over 32 connections about a hundred certificates in "
    "turn, from the same machine; signed anew means with a nonce. Every answer over HTTP was the "
    "world's own, octet for octet, before it was measured. openssl ocsp has an index of the same "
    "certificates and the same key, signs every answer, and keeps no connection, so "
    "both are asked over a connection each, four at a time, by the same client. Among a million "
    "answers the signatures are not real, since making them takes minutes and finding them does "
    "not care.",
    partial(_prepare, *_QUICK),
    partial(_prepare, *_FULL),
)
