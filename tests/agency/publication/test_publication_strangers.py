"""Strangers with OpenSSL, curl and pyHanko alone, against the publication as it is served."""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from pyhanko.sign.timestamps.requests_client import HTTPTimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import RevokedError
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from jpki.certificates import parse_certificate
from jpki.revocation import ocsp_request
from jpki.terms import CertificateKind
from simulator.agency.agency import Agency
from simulator.agency.publication import serving_profile
from simulator.clock import RealClock
from simulator.faults import Fault, FaultName, FaultPlan, FaultsAtWork
from tests.agency.publication.serving import CA, CS, Town, served

pytestmark = pytest.mark.system

DAY = timedelta(days=1)
WORDS = {CS: "sign", CA: "auth"}


def run(*arguments: str | Path, ok: bool = True) -> str:
    done = subprocess.run(
        [*map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass
class Stranger:
    """Somebody with a certificate in a file, OpenSSL, curl and the address of the agency."""

    folder: Path
    base: str
    town: Town

    def curl(self, path: str, name: str, *more: str) -> Path:
        run("curl", "-sS", "--fail", "-o", self.folder / name, *more, self.base + path)
        return self.folder / name

    def takes(self, kind: CertificateKind, person: str) -> Path:
        certificate = x509.load_der_x509_certificate(self.town.certificate(person, kind).der)
        path = self.folder / f"{person}-{kind}.pem"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.curl(f"/ca/{WORDS[kind]}/3.pem", f"{kind}-ca.pem")
        return path

    def addresses(self, kind: CertificateKind, leaf: Path) -> dict[str, str]:
        told = run("openssl", "x509", "-in", leaf, "-noout", "-serial").strip()
        serial = int(told.removeprefix("serial="), 16)
        lines = run("curl", "-sS", "--fail", f"{self.base}/where/{WORDS[kind]}/{serial}")
        return dict(line.split(": ", 1) for line in lines.splitlines())

    def by_list(self, kind: CertificateKind, leaf: Path, *, ok: bool) -> str:
        crl = self.curl(self.addresses(kind, leaf)["crl"].removeprefix(self.base), "now.crl")
        authority = self.folder / f"{kind}-ca.pem"
        told = run("openssl", "crl", "-in", crl, "-noout", "-CAfile", authority)
        assert "verify OK" in told
        return run(
            "openssl", "verify", "-crl_check", "-extended_crl", "-CAfile", authority,
            "-CRLfile", crl, "-attime", str(int(self.town.world.now.timestamp())), leaf, ok=ok,
        )  # fmt: skip

    def by_ocsp(self, kind: CertificateKind, leaf: Path, *more: str) -> str:
        authority = self.folder / f"{kind}-ca.pem"
        return run(
            "openssl", "ocsp", "-issuer", authority, "-cert", leaf, "-CAfile", authority,
            "-url", self.addresses(kind, leaf)["ocsp"], *more,
        )  # fmt: skip


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    """The world ends up at the real present, because OpenSSL looks at the real clock."""
    town = days_ago()
    town.moves("moves")
    town.loses_the_card("loses")
    town.world.advance(RealClock().now())
    with served(town.world) as base:
        yield Stranger(tmp_path_factory.mktemp("stranger"), base, town)


def days_ago() -> Town:
    town = Town.build(
        "moves", "loses", "stays", begins=RealClock().now().replace(microsecond=0) - 4 * DAY
    )
    town.wait(days=1, hours=1)
    return town


def test_a_stranger_watches_a_certificate_turn_revoked(tmp_path: Path) -> None:
    town = days_ago()
    with served(town.world) as base:
        _watches(Stranger(tmp_path, base, town))


def _watches(stranger: Stranger) -> None:
    leaf = stranger.takes(CS, "moves")
    # The world is three days behind the real clock yet; OpenSSL is told to be patient.
    late = ("-validity_period", "400000")
    assert "OK" in stranger.by_list(CS, leaf, ok=True)
    assert ": good" in stranger.by_ocsp(CS, leaf, *late)
    stranger.town.moves("moves")
    assert "OK" in stranger.by_list(CS, leaf, ok=True)
    # To the real present, three days on.
    stranger.town.world.advance(RealClock().now())
    assert "certificate revoked" in stranger.by_list(CS, leaf, ok=False)
    told = stranger.by_ocsp(CS, leaf)
    assert "Response verify OK" in told
    assert ": revoked" in told
    assert "Reason: affiliationChanged" in told
    assert "WARNING" not in told.replace("WARNING: no nonce", "")


def test_a_held_and_a_good_certificate_are_told_by_list_and_by_ocsp(stranger: Stranger) -> None:
    held, good = stranger.takes(CA, "loses"), stranger.takes(CA, "stays")
    assert "certificate revoked" in stranger.by_list(CA, held, ok=False)
    assert "Reason: certificateHold" in stranger.by_ocsp(CA, held)
    assert "OK" in stranger.by_list(CA, good, ok=True)
    assert ": good" in stranger.by_ocsp(CA, good)


def test_curl_asks_by_get_what_openssl_wrote(stranger: Stranger) -> None:
    leaf = stranger.takes(CS, "stays")
    authority, folder = stranger.folder / f"{CS}-ca.pem", stranger.folder
    run(
        "openssl", "ocsp", "-issuer", authority, "-cert", leaf, "-no_nonce",
        "-reqout", folder / "q.der",
    )  # fmt: skip
    text = run("openssl", "base64", "-A", "-in", folder / "q.der").strip()
    stranger.curl(f"/ocsp/{text.replace('+', '%2B')}", "r.der")
    told = run(
        "openssl", "ocsp", "-respin", folder / "r.der", "-issuer", authority, "-cert", leaf,
        "-CAfile", authority, "-no_nonce",
    )  # fmt: skip
    assert ": good" in told


def test_curl_fetches_a_list_only_when_it_is_newer(stranger: Stranger) -> None:
    path = "/crl/sign/3/13113.crl"
    tags = stranger.folder / "etag"
    stranger.curl(path, "first.crl", "--etag-save", str(tags))
    told = run(
        "curl", "-sS", "-o", stranger.folder / "second.crl", "-w", "%{http_code}",
        "--etag-compare", tags, stranger.base + path,
    )  # fmt: skip
    assert told == "304"


def test_openssl_verifies_a_timestamp_that_curl_fetched(stranger: Stranger) -> None:
    folder = stranger.folder
    (folder / "data").write_bytes(b"a document")
    run("openssl", "ts", "-query", "-data", folder / "data", "-sha256", "-cert",
        "-out", folder / "q.tsq")  # fmt: skip
    stranger.curl(
        "/tsa", "r.tsr", "-H", "Content-Type: application/timestamp-query",
        "--data-binary", f"@{folder / 'q.tsq'}",
    )  # fmt: skip
    root = stranger.curl("/tsa/root.pem", "root.pem")
    told = run("openssl", "ts", "-verify", "-queryfile", folder / "q.tsq", "-in", folder / "r.tsr",
               "-CAfile", root)  # fmt: skip
    assert "Verification: OK" in told


def test_pyhanko_believes_a_timestamp_that_it_fetched_itself(stranger: Stranger) -> None:
    content = b"a document"
    token = asyncio.run(
        HTTPTimeStamper(f"{stranger.base}/tsa", timeout=60).async_timestamp(
            hashlib.sha256(content).digest(), "sha256"
        )
    )
    root = asn1_x509.Certificate.load(httpx.get(f"{stranger.base}/tsa/root.cer").content)
    now = stranger.town.world.now
    status = asyncio.run(
        validate_tst_signed_data(
            token["content"],
            ValidationContext(trust_roots=[root], moment=now, allow_fetching=False),
            lambda name: hashlib.new(name, content).digest(),
        )
    )
    assert (status["valid"], status["intact"], status["trust_problem_indic"]) == (True, True, None)
    assert status["timestamp"] == now  # the world's clock, which stands still


def test_pyhanko_accepts_list_and_answer_and_refuses_the_revoked(stranger: Stranger) -> None:
    now = stranger.town.world.now
    root = asn1_x509.Certificate.load(httpx.get(f"{stranger.base}/ca/auth/3.cer").content)
    listed = asn1_crl.CertificateList.load(
        httpx.get(f"{stranger.base}/crl/auth/3/13113.crl").content
    )
    for person, is_good in (("stays", True), ("loses", False)):
        certificate = stranger.town.certificate(person, CA)
        question = ocsp_request(certificate, stranger.town.authority(CA), nonce=None).der
        answer = asn1_ocsp.OCSPResponse.load(ask(stranger.base, question))
        for evidence in ({"crls": [listed]}, {"ocsps": [answer]}):
            context = ValidationContext(
                trust_roots=[root], moment=now, revocation_mode="require", **evidence
            )
            leaf = asn1_x509.Certificate.load(certificate.der)
            validator = CertificateValidator(leaf, validation_context=context)
            if is_good:
                validates(validator)
            else:
                with pytest.raises(RevokedError):
                    validates(validator)


def validates(validator: CertificateValidator) -> None:
    asyncio.run(validator.async_validate_usage({"digital_signature"}))


def ask(base: str, question: bytes) -> bytes:
    kind = {"content-type": "application/ocsp-request"}
    return httpx.post(f"{base}/ocsp", content=question, headers=kind).content


def test_a_serving_worlds_certificates_lead_others_to_the_responder(
    tmp_path: Path,
) -> None:
    town = Town.build(begins=RealClock().now().replace(microsecond=0))
    with served(town.world) as base:
        town.world.agency = Agency(town.world, options=serving_profile(base))
        town.moves_in("somebody")
        for kind in (CS, CA):
            stranger = Stranger(tmp_path, base, town)
            leaf = stranger.takes(kind, "somebody")
            address = run("openssl", "x509", "-in", leaf, "-noout", "-ocsp_uri").strip()
            assert address == f"{base}/ocsp"
            assert ": good" in stranger.by_ocsp(kind, leaf)
            validates(fetching(town, kind, leaf))
            # The library's strict reader takes them, too.
            assert parse_certificate(town.certificate("somebody", kind).der).ocsp_url == address


def fetching(town: Town, kind: CertificateKind, leaf: Path) -> CertificateValidator:
    """pyHanko's validator with fetchers of its own, which go where the certificate says."""
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(town.authority(kind).der)],
        moment=town.world.now,
        revocation_mode="require",
        allow_fetching=True,
        fetcher_backend=RequestsFetcherBackend(),
    )
    encoded = x509.load_pem_x509_certificate(leaf.read_bytes()).public_bytes(Encoding.DER)
    return CertificateValidator(asn1_x509.Certificate.load(encoded), validation_context=context)


# pkilint. What it remarks on, with the reason:
#   certificate_policies_policy_has_qualifier: RFC 5280 §4.2.1.4 advises against qualifiers, and
#   every real certificate carries one with the address of the CPS (profile, grade A).
#   subject_key_identifier_method_1_identified: how the identifier is made; not a complaint.
REMARKS = {
    "certificate": {
        "pkix.certificate_policies_policy_has_qualifier (NOTICE)",
        "pkix.subject_key_identifier_method_1_identified (INFO)",
    },
    "authority": {"pkix.subject_key_identifier_method_1_identified (INFO)"},
    "list": set(),
    "answer": set(),
}


def lint(linter: str, path: Path, *options: str) -> set[str]:
    """What pkilint says of a file, of any weight."""
    done = subprocess.run(
        [sys.executable, "-m", f"pkilint.bin.{linter}", "lint", *options, str(path)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    return set(re.findall(r"^ +(\S+ \([A-Z]+\))", done.stdout, re.MULTILINE))


@pytest.mark.parametrize("kind", [CS, CA])
def test_pkilint_finds_nothing_in_certificates_but_what_the_profile_wants(
    stranger: Stranger, kind: CertificateKind
) -> None:
    leaf = stranger.folder / "leaf.cer"
    leaf.write_bytes(stranger.town.certificate("stays", kind).der)
    assert lint("lint_pkix_cert", leaf) == REMARKS["certificate"]
    for path in (f"/ca/{WORDS[kind]}/3.cer", "/tsa/root.cer"):
        assert lint("lint_pkix_cert", stranger.curl(path, "ca.cer")) == REMARKS["authority"]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/crl/sign/3/13113.crl", "CRL"),
        ("/crl/auth/3/13113.crl", "CRL"),
        ("/crl/auth/3/01202.crl", "CRL"),  # empty
        ("/arl/sign/3.crl", "ARL"),
        ("/tsa/root.crl", "CRL"),
    ],
)
def test_pkilint_finds_nothing_in_lists(stranger: Stranger, path: str, what: str) -> None:
    listed = stranger.curl(path, "linted.crl")
    assert lint("lint_crl", listed, "-t", what, "-p", "PKIX") == REMARKS["list"]


@pytest.mark.parametrize("person", ["moves", "loses", "stays"])
def test_pkilint_finds_nothing_in_answers_and_in_the_certificates_that_sign(
    stranger: Stranger, person: str
) -> None:
    question = ocsp_request(
        stranger.town.certificate(person), stranger.town.authority(), nonce=bytes(range(32))
    ).der
    path, signer = stranger.folder / "answer.ors", stranger.folder / "signer.cer"
    path.write_bytes(ask(stranger.base, question))
    assert lint("lint_ocsp_response", path) == REMARKS["answer"]
    (responder,) = ocsp.load_der_ocsp_response(path.read_bytes()).certificates
    signer.write_bytes(responder.public_bytes(Encoding.DER))
    assert lint("lint_pkix_cert", signer) == REMARKS["authority"]


def test_pkilint_finds_nothing_in_the_timestamp_authoritys_certificate(
    stranger: Stranger,
) -> None:
    folder = stranger.folder
    query = folder / "lint.tsq"
    run("openssl", "ts", "-query", "-digest", "00" * 32, "-sha256", "-cert", "-out", query)
    reply = stranger.curl(
        "/tsa", "lint.tsr", "-H", "Content-Type: application/timestamp-query",
        "--data-binary", f"@{query}",
    )  # fmt: skip
    run("openssl", "ts", "-reply", "-in", reply, "-token_out", "-out", folder / "token.der")
    run("openssl", "pkcs7", "-inform", "DER", "-in", folder / "token.der", "-print_certs",
        "-out", folder / "tsa.pem")  # fmt: skip
    found = x509.load_pem_x509_certificate((folder / "tsa.pem").read_bytes())
    path = folder / "tsa.cer"
    path.write_bytes(found.public_bytes(Encoding.DER))
    assert lint("lint_pkix_cert", path) == REMARKS["authority"]


def test_pkilint_would_notice_a_list_without_next_update(tmp_path: Path) -> None:
    town = Town.build()
    plan = FaultPlan().ordered(Fault(name=FaultName.MISSING_NEXT_UPDATE))
    with served(town.world, FaultsAtWork(plan)) as base:
        path = tmp_path / "bad.crl"
        path.write_bytes(httpx.get(f"{base}/crl/sign/3/13113.crl").content)
    assert any("(ERROR)" in one for one in lint("lint_crl", path, "-t", "CRL", "-p", "PKIX"))
