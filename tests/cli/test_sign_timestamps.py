"""A timestamp authority that is away, refuses or answers something else: exit 6, nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.card.layout import TokenKind
from jpki.cli.exit_codes import ExitCode
from jpki.errors import (
    JpkiError,
    SourceError,
    TimestampDiffers,
    TimestampRefused,
    UnusableAnswer,
    UnusableSource,
)
from jpki.revocation.http_fetch import HttpLimits
from jpki.timestamps import parse_timestamp_request, parse_timestamp_token, timestamp_request
from jpki.timestamps.http import Fetcher, HttpTimestamper
from simulator.agency.timestamps import SIMULATED_POLICY, timestamp_response
from tests.cli.card_bench import BenchReader, install, jpki
from tests.cli.signing_bench import PASSWORD, REPLY, SIGNED, Answer, material, served, stamping

pytestmark = pytest.mark.xdist_group("sign command")

DIGEST = bytes(range(32))
NONCE = 2**63 + 5


def asked(url: str, *, policy: str | None = None) -> bytes:
    limits = HttpLimits(connect=2, read=2, deadline=4)
    return HttpTimestamper(
        url, nonces=lambda: NONCE, policy=policy, fetcher=Fetcher(limits=limits)
    ).timestamp(DIGEST)


def stamped(request: bytes) -> bytes:
    return timestamp_response(material().timestamps, request, at=SIGNED)


def replayed(request: bytes) -> tuple[int, str, bytes]:
    """Answer with a token for the same digest that was made for somebody else's nonce."""
    return 200, REPLY, stamped(timestamp_request(DIGEST, nonce=NONCE - 1))


def of_another_digest(request: bytes) -> tuple[int, str, bytes]:
    return 200, REPLY, stamped(timestamp_request(bytes(32), nonce=NONCE))


def without_certificate(request: bytes) -> tuple[int, str, bytes]:
    return 200, REPLY, stamped(timestamp_request(DIGEST, nonce=NONCE, certificates=False))


def always(status: int, kind: str, data: bytes) -> Answer:
    return lambda request: (status, kind, data)


def test_a_token_comes_for_a_digest_with_the_nonce_and_the_authoritys_certificate() -> None:
    with served(stamping()) as authority:
        token = parse_timestamp_token(asked(authority.url))
    assert (token.imprint, token.nonce, token.gen_time) == (DIGEST, NONCE, SIGNED)
    assert material().timestamps.certificate in token.certificates
    (question,) = map(parse_timestamp_request, authority.asked)
    assert (question.digest, question.nonce, question.certificates) == (DIGEST, NONCE, True)


def test_the_policy_asked_for_is_the_one_of_the_token() -> None:
    with served(stamping()) as authority:
        assert parse_timestamp_token(asked(authority.url, policy=SIMULATED_POLICY))
        with pytest.raises(TimestampRefused, match="unaccepted_policy"):
            asked(authority.url, policy="1.2.3")


BROKEN: list[tuple[str, Answer, type[JpkiError]]] = [
    ("replayed", replayed, TimestampDiffers),
    ("other digest", of_another_digest, TimestampDiffers),
    ("no certificate", without_certificate, TimestampDiffers),
    ("refusal", lambda request: (200, REPLY, stamped(b"none")), TimestampRefused),
    ("empty", always(200, REPLY, b""), UnusableAnswer),
    ("garbage", always(200, REPLY, b"\x30\x82"), UnusableAnswer),
    ("cut", lambda request: (200, REPLY, stamped(request)[:-1]), UnusableAnswer),
    ("page", always(200, "text/html", b"<html>"), SourceError),
    ("error", always(500, REPLY, b""), SourceError),
    ("redirect", always(302, REPLY, b""), SourceError),
    ("too long", always(200, REPLY, bytes((256 << 10) + 1)), SourceError),
]


@pytest.mark.parametrize(("name", "answer", "error"), BROKEN, ids=[row[0] for row in BROKEN])
def test_any_other_answer_is_an_error_that_names_itself(
    name: str, answer: Answer, error: type[JpkiError]
) -> None:
    with served(answer) as authority, pytest.raises(error) as caught:
        asked(authority.url)
    assert authority.asked
    assert caught.value.hint
    assert "status is unknown" not in caught.value.hint


def test_no_server_is_an_error_too() -> None:
    with served(stamping()) as gone:
        pass
    with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
        asked(gone.url)


@pytest.mark.parametrize("url", ["", "tsa.example", "ftp://tsa.example/", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(UnusableSource):
        HttpTimestamper(url, nonces=lambda: 1)


# by the command


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    token = material().token(TokenKind.INDIVIDUAL_NUMBER_CARD)
    install(monkeypatch, BenchReader("Reader", token))
    path = tmp_path / "a.txt"
    path.write_bytes(b"contract")
    return path


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (always(503, REPLY, b""), "source.refused"),
        (always(200, REPLY, b"none"), "source.unusable-answer"),
        (replayed, "timestamp.differs"),
        (lambda request: (200, REPLY, stamped(b"none")), "timestamp.refused"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_without_a_timestamp_there_is_no_signature_and_the_status_is_6(
    document: Path, answer: Answer, code: str, lang: str
) -> None:
    with served(answer) as authority:
        options = ("--level", "b-t", "--tsa", authority.url, "--lang", lang)
        done = jpki("sign", str(document), *options, "--pin", PASSWORD)
    assert (done.exit_code, done.stdout) == (ExitCode.NETWORK_OR_SERVICE, "")
    assert f"[{code}]" in done.stderr
    assert [path.name for path in document.parent.iterdir()] == ["a.txt"]


def test_an_address_that_is_none_ends_it_before_the_card_is_touched(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)  # no reader at all
    options = ("--level", "b-t", "--tsa", "tsa.example")
    done = jpki("sign", str(document), *options, "--pin", PASSWORD)
    assert done.exit_code == ExitCode.NETWORK_OR_SERVICE
    assert "source.unusable" in done.stderr


def test_two_signatures_are_stamped_with_two_nonces(document: Path) -> None:
    with served(stamping()) as authority:
        options = ("--level", "b-t", "--tsa", authority.url, "--force", "--pin", PASSWORD)
        for _ in range(2):
            assert jpki("sign", str(document), *options).exit_code == 0
    first, second = (parse_timestamp_request(one).nonce for one in authority.asked)
    assert first != second
