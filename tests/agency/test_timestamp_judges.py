"""OpenSSL, pyHanko and rfc3161-client judge the simulated authority's answers, and we OpenSSL's."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from asn1crypto import cms, x509
from cryptography import x509 as pyca_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jpki.timestamps import (
    SHA256,
    TimestampToken,
    check_response,
    parse_timestamp_request,
    parse_timestamp_response,
    parse_timestamp_token,
    timestamp_request,
)
from jpki.validation.claim import ProofKind, TimeProof
from jpki.validation.paths import PathOutcome, RevocationCheck
from jpki.validation.timestamps import TimestampVerdict, TimeTrust, judge_timestamp
from simulator.agency.timestamps import (
    SimulatedTimestampAuthority,
    create_timestamp_authority,
    timestamp_response,
)
from simulator.keys import SeededKeys

CREATED = datetime(2024, 4, 1, tzinfo=UTC)
AT = datetime(2026, 8, 1, 3, 0, 0, 500000, tzinfo=UTC)
CONTENT = b"a signature value"
DIGEST = hashlib.sha256(CONTENT).digest()


@pytest.fixture(scope="module")
def authority(keys: SeededKeys) -> SimulatedTimestampAuthority:
    return create_timestamp_authority(keys=keys, at=CREATED)


@pytest.fixture(scope="module")
def exchange(authority: SimulatedTimestampAuthority) -> tuple[bytes, bytes]:
    request = timestamp_request(DIGEST, nonce=0x1122334455667788)
    return request, timestamp_response(authority, request, at=AT)


def judged(token: TimestampToken, root: bytes, at: datetime) -> TimestampVerdict:
    trust = TimeTrust(roots=(root,), revocation=RevocationCheck.NONE)
    proof = TimeProof(ProofKind.SIGNATURE, token.der, {SHA256: DIGEST})
    return judge_timestamp(proof, trust=trust, at=at)


def openssl(*arguments: str | Path, ok: bool = True) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def pem(path: Path, der: bytes) -> Path:
    path.write_bytes(pyca_x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return path


@pytest.mark.system
def test_openssl_verifies_an_answer_and_refuses_it_for_another_question(
    tmp_path: Path, authority: SimulatedTimestampAuthority, exchange: tuple[bytes, bytes]
) -> None:
    request, response = exchange
    root = pem(tmp_path / "root.pem", authority.root)
    (tmp_path / "q").write_bytes(request)
    (tmp_path / "other").write_bytes(timestamp_request(bytes(32), nonce=0x1122334455667788))
    (tmp_path / "r").write_bytes(response)
    at = str(int(AT.timestamp()))
    verify = ("ts", "-verify", "-in", tmp_path / "r", "-CAfile", root, "-attime", at)
    assert "Verification: OK" in openssl(*verify, "-queryfile", tmp_path / "q")
    assert "FAILED" in openssl(*verify, "-queryfile", tmp_path / "other", ok=False)


@pytest.mark.system
def test_openssl_shows_a_refusal_as_the_reason_that_was_meant(
    tmp_path: Path, authority: SimulatedTimestampAuthority
) -> None:
    (tmp_path / "r").write_bytes(
        timestamp_response(authority, timestamp_request(DIGEST, nonce=1, policy="1.2.3"), at=AT)
    )
    shown = openssl("ts", "-reply", "-in", tmp_path / "r", "-text")
    assert "the requested TSA policy is not supported by the TSA" in shown


CONFIGURATION = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


@pytest.mark.system
@pytest.mark.parametrize("ess", ["sha1", "sha256", "sha512"])
def test_an_answer_of_openssl_is_read_and_believed(
    tmp_path: Path, keys: SeededKeys, ess: str
) -> None:
    # OpenSSL stamps its own now, so the authority's certificate begins long before and ends late.
    authority = create_timestamp_authority(keys=keys, at=CREATED, lasts=timedelta(days=19 * 365))
    pem(tmp_path / "tsa.pem", authority.certificate)
    (tmp_path / "tsa.key").write_bytes(
        authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (tmp_path / "serial").write_text("1F\n", encoding="utf-8")
    (tmp_path / "cnf").write_text(CONFIGURATION.format(folder=tmp_path, ess=ess), encoding="utf-8")
    request = timestamp_request(DIGEST, nonce=0x99)
    (tmp_path / "q").write_bytes(request)
    reply = ("ts", "-reply", "-config", tmp_path / "cnf", "-queryfile", tmp_path / "q")
    openssl(*reply, "-out", tmp_path / "r")
    response = parse_timestamp_response((tmp_path / "r").read_bytes())
    token = check_response(response, parse_timestamp_request(request))
    assert token.accuracy == timedelta(seconds=1, milliseconds=500, microseconds=100)
    assert (token.ordering, token.policy, token.nonce) == (True, "1.2.3.4.1", 0x99)
    verdict = judged(token, authority.root, token.gen_time)
    assert verdict.outcome is PathOutcome.VALID, verdict
    assert verdict.proven_at == token.gen_time + timedelta(seconds=1, microseconds=500100)


def test_pyhanko_believes_an_answer(
    authority: SimulatedTimestampAuthority, exchange: tuple[bytes, bytes]
) -> None:
    generic_cms = import_module("pyhanko.sign.validation.generic_cms")
    context = import_module("pyhanko_certvalidator").ValidationContext
    token = parse_timestamp_response(exchange[1]).token
    assert token is not None
    status = asyncio.run(
        generic_cms.validate_tst_signed_data(
            cms.ContentInfo.load(token.der)["content"],
            context(
                trust_roots=[x509.Certificate.load(authority.root)], moment=AT, allow_fetching=False
            ),
            lambda name: hashlib.new(name, CONTENT).digest(),
        )
    )
    assert (status["valid"], status["intact"], status["trust_problem_indic"]) == (True, True, None)
    assert status["timestamp"] == AT


def test_a_token_of_pyhanko_is_read_and_believed(authority: SimulatedTimestampAuthority) -> None:
    dummy = import_module("pyhanko.sign.timestamps")
    from asn1crypto import keys as asn1_keys

    stamper = dummy.DummyTimeStamper(
        x509.Certificate.load(authority.certificate),
        asn1_keys.PrivateKeyInfo.load(
            authority.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ),
        fixed_dt=AT.replace(microsecond=0),
    )
    made = asyncio.run(stamper.async_timestamp(DIGEST, "sha256"))
    token = parse_timestamp_token(made.dump())
    verdict = judged(token, authority.root, AT)
    assert (verdict.outcome, verdict.proven_at) == (PathOutcome.VALID, AT.replace(microsecond=0))


def test_rfc3161_client_believes_an_answer(
    authority: SimulatedTimestampAuthority, exchange: tuple[bytes, bytes]
) -> None:
    client = import_module("rfc3161_client")
    verifier = (
        client.VerifierBuilder()
        .add_root_certificate(pyca_x509.load_der_x509_certificate(authority.root))
        .nonce(0x1122334455667788)
        .build()
    )
    assert verifier.verify(client.decode_timestamp_response(exchange[1]), DIGEST)
