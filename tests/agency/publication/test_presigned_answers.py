"""OCSP answers signed in bulk: the octets of the world's responder, and never beyond their time."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from typer.testing import CliRunner

from jpki.certificates import der
from jpki.errors import ImpossibleFact, MalformedDocument, WorldUnavailable
from jpki.revocation import IdHash, OcspRequest, ocsp_request, parse_ocsp_response
from jpki.revocation.ocsp import CertificateId, ResponseStatus, SaidStatus
from simulator.agency.ocsp import ResponderOptions, certificate_status
from simulator.agency.presigned import (
    AnswerFrame,
    PresignedAnswers,
    keyless_answer,
    keyless_app,
    presign,
    signing,
)
from simulator.agency.presigned.source import PresignedSource
from simulator.agency.publication import Publication, PublicationOptions
from simulator.cli.app import app as command
from simulator.faults import FaultsAtWork
from simulator.keys import KeyPool
from simulator.web.house import House
from simulator.web.looking import Lookout
from simulator.web.presigned import build_responder
from simulator.web.published import published
from simulator.web.responders import Responders
from simulator.world import World
from tests.agency.publication.serving import BEGINS, CA, CS, KEYS, Town

NAMES = ("Hanako", "Jiro")
KINDS = (CS, CA)


@pytest.fixture
def town() -> Town:
    """It is 10:05 in Japan; Jiro lost his card yesterday. Data was renewed at 10:00."""
    town = Town.build(*NAMES)
    town.loses_the_card("Jiro")
    town.wait(days=1, minutes=5)
    return town


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.ocsp"


def question(
    town: Town, name: str = "Hanako", kind=CS, *, nonce: bytes | None = None, by=IdHash.SHA1
) -> bytes:
    certificate = town.certificate(name, kind)
    return ocsp_request(certificate, town.authority(kind), nonce=nonce, hash_algorithm=by).der


def signed(town: Town, file: Path, **how: object) -> PresignedAnswers:
    presign(Publication(town.world), file, at=town.world.now, **how)  # type: ignore[arg-type]
    return PresignedAnswers.open(file)


def found(answers: PresignedAnswers, town: Town, request: bytes) -> bytes | None:
    return answers.find(request, town.world.now, town.world.entries)


@pytest.mark.parametrize("by", IdHash)
def test_every_live_certificate_has_the_answer_the_world_gives(
    town: Town, file: Path, by: IdHash
) -> None:
    answers, theirs = signed(town, file, hashes=tuple(IdHash)), Publication(town.world)
    # two people, two certificates each, by two names each
    assert len(answers) == 8
    for name in NAMES:
        for kind in KINDS:
            asked = question(town, name, kind, by=by)
            assert found(answers, town, asked) == theirs.ocsp(asked, town.world.now)
            assert answers.given(asked, town.world.now) == theirs.ocsp(asked, town.world.now)


def test_cryptographys_builder_gives_the_same_octets(town: Town) -> None:
    publication = Publication(town.world)
    authority = next(
        one for one in publication.answering(town.world.now) if one.purpose is CS.purpose
    )
    responder, as_of = publication.responder(authority), datetime(2026, 8, 1, 1, tzinfo=UTC)
    assert responder.certificate is not None
    own = x509.load_der_x509_certificate(responder.certificate)
    named = parse_id(town)
    gone = as_of - timedelta(days=3)
    for status, when, reason, ours in (
        (ocsp.OCSPCertStatus.GOOD, None, None, certificate_status(None)),
        (
            ocsp.OCSPCertStatus.REVOKED,
            gone,
            x509.ReasonFlags.certificate_hold,
            # GeneralizedTime of three days before, and CRLReason 6 (RFC 5280 §5.3.1)
            bytes.fromhex("a116180f32303236303732393031303030305aa0030a0106"),
        ),
    ):
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            named.name_hash,
            named.key_hash,
            named.serial,
            SHA1(),  # noqa: S303
            status,
            as_of,
            as_of + timedelta(minutes=30),
            when,
            reason,
        )
        theirs = (
            builder.responder_id(ocsp.OCSPResponderEncoding.NAME, own)
            .certificates([own])
            .sign(responder.key, SHA256())
        )
        # It always takes the machine's clock for producedAt.
        frame = AnswerFrame.of(responder, as_of=as_of, produced_at=theirs.produced_at_utc)
        made = frame.signed(responder.key, named.der, ours)
        assert made == theirs.public_bytes(Encoding.DER)


def test_an_answer_is_given_until_the_data_is_renewed_and_not_a_moment_longer(
    town: Town, file: Path
) -> None:
    answers, asked = signed(town, file), question(town)
    assert found(answers, town, asked) is not None
    town.wait(minutes=9, seconds=59)
    assert found(answers, town, asked) is not None
    town.wait(seconds=1)
    assert found(answers, town, asked) is None


def test_nothing_is_given_after_the_log_has_grown_under_it(town: Town, file: Path) -> None:
    town.wait(minutes=10)  # 10:15 sharp, and the clock stands still
    answers, asked = signed(town, file), question(town)
    assert not answers.settled
    assert found(answers, town, asked) is not None
    town.loses_the_card("Hanako")
    assert found(answers, town, asked) is None


def test_what_is_recorded_later_does_not_touch_the_quarter_hour(town: Town, file: Path) -> None:
    answers, asked = signed(town, file), question(town)
    town.loses_the_card("Hanako")
    assert found(answers, town, asked) == Publication(town.world).ocsp(asked, town.world.now)


def test_an_answer_ends_with_its_certificate_within_the_quarter_hour(file: Path) -> None:
    town = Town.build("Hanako")
    end = town.certificate("Hanako").not_after  # a second before midnight in Japan
    as_of = Publication(town.world).schedule.last_ocsp(end)
    answers, asked = signed(town, file, as_of=as_of), question(town)
    assert answers.until == end + timedelta(seconds=1)
    assert answers.find(asked, end, town.world.entries) is not None
    after = end + timedelta(microseconds=1)
    assert answers.find(asked, after, town.world.entries) is None
    assert answers.given(asked, after) is None


def test_what_was_signed_ahead_is_completed_by_signing_what_has_changed(
    town: Town, file: Path
) -> None:
    publication = Publication(town.world)
    coming = town.world.now + timedelta(minutes=10)
    done = presign(publication, file, at=town.world.now, as_of=coming)
    assert (done.answers, done.signed) == (4, 4)
    early = PresignedAnswers.open(file)
    town.loses_the_card("Hanako")  # both her certificates are held
    town.wait(minutes=11)
    asked = question(town)
    assert found(early, town, asked) is None
    done = presign(Publication(town.world), file, at=town.world.now, before=early)
    assert (done.answers, done.signed) == (4, 2)
    late = PresignedAnswers.open(file)
    assert late.settled
    assert found(late, town, asked) == Publication(town.world).ocsp(asked, town.world.now)


def test_two_processes_write_the_very_same_file(
    town: Town, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(town, file)
    alone = file.read_bytes()
    monkeypatch.setattr(signing, "_CHUNK", 1)
    signed(town, file, processes=2)
    assert file.read_bytes() == alone


def test_data_is_signed_for_at_its_renewal_only(town: Town, file: Path) -> None:
    with pytest.raises(ImpossibleFact, match="no data is renewed"):
        signed(town, file, as_of=town.world.now)
    assert not file.exists()


def test_a_file_that_is_cut_short_damaged_or_none_is_named(town: Town, file: Path) -> None:
    signed(town, file)
    whole = file.read_bytes()
    for content, reason in (
        (b"", "nothing in it"),
        (whole[:40], "shorter than its header"),
        (bytes(8) + whole[8:], "no pre-signed answers"),
        (whole[:8] + b"\x02" + whole[9:], "version 2"),
        (whole[:-1], "damaged"),
        # a bit of the first serial number, and one of the last signature
        (whole[:72] + bytes([whole[72] ^ 1]) + whole[73:], "damaged"),
    ):
        file.write_bytes(content)
        with pytest.raises(MalformedDocument, match=reason):
            PresignedAnswers.open(file)


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    town: Town, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(town, file)
    before = file.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    town.wait(minutes=15)
    with pytest.raises(WorldUnavailable, match="No space left"):
        signed(town, file)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_answers_that_would_be_signed_in_another_way_now_are_not_given(
    town: Town, file: Path
) -> None:
    signed(town, file)
    at, log = town.world.now, town.world.entries
    assert PresignedSource(file, Publication(town.world)).turn(at, log) is not None
    for changed in (
        ResponderOptions(next_update_after=None),
        ResponderOptions(echo_nonce=False),
        ResponderOptions(prepares=False),
        ResponderOptions(hashes=frozenset({IdHash.SHA256})),
    ):
        publication = Publication(town.world, options=PublicationOptions(responder=changed))
        turn = PresignedSource(file, publication).turn(at, log)
        assert turn is not None
        assert len(turn.answers) == 0


def unusual(town: Town) -> dict[str, bytes]:
    """Requests beside the plain one, each to be answered as the world answers."""
    plain = question(town)
    named = parse_id(town)
    never = OcspRequest((replace(named, serial=named.serial + 40_000),)).der
    wide = plain.replace(b"\x02\x04", b"\x02\x05\x00", 1)
    return {
        "a nonce of 32 octets": question(town, nonce=bytes(range(32))),
        "a nonce of 16 octets": question(town, "Jiro", nonce=bytes(16)),
        "a nonce of 5 octets": question(town, nonce=b"12345"),
        "by SHA-256, of which the file has none": question(town, by=IdHash.SHA256),
        "never issued": never,
        "another authority": OcspRequest((replace(named, key_hash=bytes(20)),)).der,
        "two certificates": OcspRequest((named, replace(named, serial=1))).der,
        "no request": b"what?",
        "cut short": plain[:-1],
        "a serial number that is not DER": wide,
        "a negative serial number": plain[:-4] + b"\x80" + plain[-3:],
        "no NULL behind the algorithm": without_null(named),
    }


def parse_id(town: Town) -> CertificateId:
    return ocsp_request(town.certificate("Hanako"), town.authority()).certificate_ids[0]


def without_null(named: CertificateId) -> bytes:
    about = der.sequence(
        der.sequence(der.object_identifier(named.algorithm)),
        der.octet_string(named.name_hash),
        der.octet_string(named.key_hash),
        der.integer(named.serial),
    )
    return der.sequence(der.sequence(der.sequence(der.sequence(about))))


def posted(body: bytes, kind: bytes = b"application/ocsp-request") -> tuple[dict, bytes]:
    headers = [(b"host", b"x"), (b"content-type", kind), (b"content-length", b"%d" % len(body))]
    return {"method": "POST", "path": "/ocsp", "headers": headers}, body


def got(body: bytes) -> tuple[dict, bytes]:
    path = "/ocsp/" + base64.b64encode(body).decode()
    return {"method": "GET", "path": path, "headers": [(b"host", b"x")]}, b""


async def asked_of(site, request: tuple[dict, bytes]) -> tuple[int, dict, bytes]:
    said, body = request
    scope = {
        "type": "http",
        "http_version": "1.1",
        "query_string": b"",
        "raw_path": said["path"].encode(),
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        **said,
    }
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    await site(scope, receive, send)
    start = sent[0]
    whole = b"".join(one.get("body", b"") for one in sent[1:])
    return start["status"], dict(start["headers"]), whole


def test_over_http_it_answers_everything_as_the_world_does(town: Town, file: Path) -> None:
    signed(town, file)
    house = House(town.world, admin_token="only for this test")
    lookout = Lookout(house)
    theirs = published(town.world, lookout, FaultsAtWork(lambda: lookout.seen.faults))
    ours = build_responder(town.world, file)
    requests = {f"POST {name}": posted(body) for name, body in unusual(town).items()}
    requests |= {f"GET {name}": got(body) for name, body in unusual(town).items()}
    requests["POST plain"] = posted(question(town))
    requests["POST about a held one"] = posted(question(town, "Jiro", CA))
    requests["GET plain"] = got(question(town))
    requests["another media type"] = posted(question(town), b"text/plain")
    requests["a list"] = ({"method": "GET", "path": "/crl/", "headers": []}, b"")

    async def both() -> None:
        for name, request in requests.items():
            assert await asked_of(ours, request) == await asked_of(theirs, request), name

    asyncio.run(both())


def test_the_front_gives_the_same_octets_and_headers_or_nothing(town: Town, file: Path) -> None:
    signed(town, file)
    site = build_responder(town.world, file)
    bodies = unusual(town) | {"plain": question(town), "held": question(town, "Jiro", CA)}
    at_once: set[str] = set()

    async def both() -> None:
        for name, body in bodies.items():
            found = site.at_once(body, keeps=True) or await site.after_a_look(body, keeps=True)
            if found is None:
                continue
            at_once.add(name)
            told, _, given = found.partition(b"\r\n\r\n")
            status, headers, theirs = await asked_of(site, posted(body))
            assert given == theirs, name
            lines = [b"%b: %b" % one for one in headers.items()]
            assert told.split(b"\r\n") == [b"HTTP/1.1 %d OK" % status, *lines], name

    asyncio.run(both())
    # what is in the file, and with a nonce of a usual length what can be signed from it
    usual = {"plain", "held", "a nonce of 32 octets", "a nonce of 16 octets"}
    assert at_once == usual


def test_over_http_the_answer_changes_in_the_instant_the_clock_is_moved(
    town: Town, file: Path
) -> None:
    answers = signed(town, file)
    site, asked = build_responder(town.world, file), question(town)
    beyond = answers.until

    async def before_and_after() -> None:
        _, _, first = await asked_of(site, posted(asked))
        assert first == answers.given(asked, town.world.now)
        town.loses_the_card("Hanako")
        town.world.advance(beyond)
        _, _, second = await asked_of(site, posted(asked))
        told = parse_ocsp_response(second).answer
        assert told is not None
        # the hold of some minutes ago shows at the renewal
        assert (told.singles[0].status, told.produced_at) == (SaidStatus.REVOKED, beyond)

    asyncio.run(before_and_after())


def test_without_a_key_it_says_what_it_has_and_otherwise_which_error(
    town: Town, file: Path
) -> None:
    answers, at = signed(town, file), town.world.now
    plain = keyless_answer(answers, question(town), at)
    assert plain == answers.given(question(town), at)
    # RFC 9654 §2.1 leaves the nonce to the responder; nothing can be signed for it here
    assert keyless_answer(answers, question(town, nonce=bytes(32)), at) == plain
    others = unusual(town)
    for name, said in (
        ("never issued", ResponseStatus.UNAUTHORIZED),
        ("another authority", ResponseStatus.UNAUTHORIZED),
        ("two certificates", ResponseStatus.UNAUTHORIZED),
        ("no request", ResponseStatus.MALFORMED_REQUEST),
        ("a serial number that is not DER", ResponseStatus.MALFORMED_REQUEST),
    ):
        assert parse_ocsp_response(keyless_answer(answers, others[name], at)).status is said, name
    late = keyless_answer(answers, question(town), answers.until)
    assert parse_ocsp_response(late).status is ResponseStatus.TRY_LATER
    site = keyless_app(lambda: answers, lambda: at)
    for request in (posted(question(town)), got(question(town))):
        assert asyncio.run(asked_of(site, request))[2] == plain


def test_without_a_world_answers_that_may_still_change_are_refused(town: Town, file: Path) -> None:
    town.wait(minutes=10)  # 10:15 sharp
    answers = signed(town, file)
    with pytest.raises(ImpossibleFact, match="before their instant was over"):
        keyless_app(lambda: answers, lambda: town.world.now)


def test_several_processes_answer_on_one_port_and_end_with_their_starter(tmp_path: Path) -> None:
    import http.client

    begins = datetime(2026, 7, 6, 1, 5, tzinfo=UTC)
    place, file = tmp_path / "world.sqlite", tmp_path / "answers.ocsp"
    with World.create(place, seed="responders", at=begins, keys=KeyPool()) as world:
        presign(Publication(world), file, at=world.now)
        with Responders(file, world=place, processes=2, keys=KeyPool) as responders:
            processes = [each for each, _ in responders._processes]
            assert [each.is_alive() for each in processes] == [True, True]
            for _ in range(8):
                connection = http.client.HTTPConnection("127.0.0.1", responders.port, timeout=20)
                headers = {"Content-Type": "application/ocsp-request"}
                connection.request("POST", "/ocsp", b"what?", headers)
                answer = connection.getresponse().read()
                connection.close()
                # malformedRequest (RFC 6960 §4.2.1)
                assert answer == bytes.fromhex("30030a0101")
            responders.require_all()
            processes[0].kill()
            processes[0].join(20)
            with pytest.raises(WorldUnavailable, match="a responder has ended"):
                responders.require_all()
        assert [each.is_alive() for each in processes] == [False, False]


def test_the_command_signs_once_and_then_only_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = CliRunner(env={"LC_ALL": "C"})
    place, file = tmp_path / "world.sqlite", tmp_path / "answers.ocsp"
    with World.create(place, seed="responders", at=BEGINS, keys=KEYS) as world:
        town = Town(world, {})
        town.moves_in("Hanako")
        town.wait(minutes=5)
    monkeypatch.setattr("simulator.cli.ocsp.opened_world", lambda _: World.open(place, keys=KEYS))
    asked = ["ocsp", "presign", str(file), "--world", str(place)]
    for signed_now in (2, 0):
        done = runner.invoke(command, asked)
        assert done.exit_code == 0, done.output
        assert "2 answers of 2024-03-10 10:00" in done.output
        assert f"{signed_now} signed now" in done.output
    refused = runner.invoke(command, ["ocsp", "serve", str(file), "--keyless", "--world", "x"])
    assert refused.exit_code != 0
    assert "not both" in refused.output
