"""OpenSSL and cryptography as outside judges of OCSP: of ours, and as makers of theirs for us."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp

from jpki.certificates import parse_authority, parse_certificate
from jpki.revocation import IdHash, OcspPolicy, RevokedEntry, ocsp_request, parse_ocsp_response
from jpki.terms import Purpose
from jpki.validation import Standing, ocsp_status
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.ocsp import (
    OcspRecords,
    OcspResponder,
    ResponderOptions,
    create_responder,
)
from tests.vectors.drafts import make_bases
from tests.vectors.kept_keys import VECTOR_KEYS
from tests.vectors.make_ocsp_vectors import FOLDER
from tests.vectors.ocsp_drafts import AT, NONCE, RECORDED

pytestmark = pytest.mark.system

KEYS = VECTOR_KEYS
AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
ENCODED = (FOLDER / "certificate.der").read_bytes()
CERTIFICATE = parse_certificate(ENCODED)
SERIAL = CERTIFICATE.serial


def openssl(*arguments: str | Path, ok: bool = True) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def authority() -> SimulatedAuthority:
    return make_bases(KEYS).authorities[Purpose.SIGNATURE]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ocsp")
    for name, encoded in (("ca", AUTHORITY.der), ("leaf", ENCODED)):
        certificate = x509.load_der_x509_certificate(encoded)
        (made / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return made


def responder(authority: SimulatedAuthority, **options: bool) -> OcspResponder:
    return create_responder(authority, keys=KEYS, options=ResponderOptions(**options))


SAID = {
    "good": ({}, "good"),
    "revoked": ({SERIAL: RevokedEntry(RECORDED, 3)}, "revoked"),
    "held": ({SERIAL: RevokedEntry(RECORDED, 6)}, "revoked"),
}


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("hashed", IdHash)
@pytest.mark.parametrize(("delegated", "by_key"), [(True, False), (True, True), (False, False)])
def test_openssl_accepts_our_responders_answers(
    folder: Path,
    authority: SimulatedAuthority,
    name: str,
    hashed: IdHash,
    delegated: bool,
    by_key: bool,
) -> None:
    entries, expected = SAID[name]
    made = responder(authority, delegated=delegated, called_by_key=by_key)
    request = ocsp_request(CERTIFICATE, AUTHORITY, nonce=NONCE, hash_algorithm=hashed).der
    records = OcspRecords(frozenset({SERIAL}), entries)
    (folder / "request.der").write_bytes(request)
    (folder / "answer.ors").write_bytes(made.respond(request, records=records, at=AT))
    # OpenSSL compares the nonces of the two, and prints what is said.
    output = openssl(
        "ocsp", "-respin", folder / "answer.ors", "-reqin", folder / "request.der",
        "-CAfile", folder / "ca.pem", "-verify_other", folder / "ca.pem",
        "-attime", str(int(AT.timestamp())), "-resp_text",
    )  # fmt: skip
    assert "Response verify OK" in output
    assert f"Cert Status: {expected}" in output
    assert f"Serial Number: {SERIAL:08X}" in output
    assert ("Revocation Reason: certificateHold (0x6)" in output) == (name == "held")


def test_openssl_refuses_what_we_refuse(folder: Path) -> None:
    for vector in ("another-key", "responder-stranger", "responder-purpose"):
        output = openssl(
            "ocsp", "-respin", FOLDER / f"{vector}.ors", "-CAfile", folder / "ca.pem",
            "-issuer", folder / "ca.pem", "-cert", folder / "leaf.pem",
            "-attime", str(int(AT.timestamp())), "-no_nonce", ok=False,
        )  # fmt: skip
        assert "Response Verify Failure" in output


@pytest.fixture(scope="module")
def signer(folder: Path, authority: SimulatedAuthority) -> OcspResponder:
    made = responder(authority)
    assert made.certificate is not None
    pem = x509.load_der_x509_certificate(made.certificate).public_bytes(Encoding.PEM)
    (folder / "responder.pem").write_bytes(pem)
    (folder / "responder.key").write_bytes(
        made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return made


# openssl's database: status, end, revocation with reason, serial, file, subject.
END, WHEN = "290217145959Z", "250329190000Z"
INDEX = {
    "good": ("V", END, "", "06800001", "unknown", "/CN=x"),
    "revoked": ("R", END, f"{WHEN},affiliationChanged", "06800001", "unknown", "/CN=x"),
    "held": ("R", END, f"{WHEN},certificateHold", "06800001", "unknown", "/CN=x"),
    "unknown": ("V", END, "", "06800009", "unknown", "/CN=x"),
}


@pytest.mark.parametrize("name", INDEX)
def test_we_read_what_openssls_responder_answers(
    folder: Path, signer: OcspResponder, name: str
) -> None:
    (folder / "index.txt").write_text("\t".join(INDEX[name]) + "\n")
    (folder / "request.der").write_bytes(ocsp_request(CERTIFICATE, AUTHORITY, nonce=NONCE).der)
    openssl(
        "ocsp", "-index", folder / "index.txt", "-CA", folder / "ca.pem",
        "-rsigner", folder / "responder.pem", "-rkey", folder / "responder.key",
        "-reqin", folder / "request.der", "-respout", folder / "theirs.ors", "-nmin", "30",
    )  # fmt: skip
    theirs = parse_ocsp_response((folder / "theirs.ors").read_bytes())
    assert theirs.answer is not None
    # OpenSSL looks at the real clock, so the instant is read from what it wrote.
    at = theirs.answer.produced_at
    status = ocsp_status(CERTIFICATE, authority=AUTHORITY, answer=theirs, at=at, nonce=NONCE)
    assert status.standing.value == name
    if name == "revoked":
        assert status.entry == RevokedEntry(datetime(2025, 3, 29, 19, 0, tzinfo=UTC), 3)
    if name == "unknown":
        assert status.code == "revocation.answer-unknown"


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("revoked", [False, True])
def test_we_read_what_cryptography_builds(
    signer: OcspResponder, authority: SimulatedAuthority, by_key: bool, revoked: bool
) -> None:
    assert signer.certificate is not None
    own = x509.load_der_x509_certificate(signer.certificate)
    encoding = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
    built = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=x509.load_der_x509_certificate(ENCODED),
            issuer=x509.load_der_x509_certificate(AUTHORITY.der),
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=AT,
            next_update=AT + timedelta(minutes=30),
            revocation_time=RECORDED if revoked else None,
            revocation_reason=x509.ReasonFlags.superseded if revoked else None,
        )
        .responder_id(encoding, own)
        .certificates([own])
        .add_extension(x509.OCSPNonce(NONCE), critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    answer = parse_ocsp_response(built.public_bytes(Encoding.DER))
    status = ocsp_status(
        CERTIFICATE, authority=AUTHORITY, answer=answer, at=AT, nonce=NONCE, policy=OcspPolicy()
    )
    assert status.standing is (Standing.REVOKED if revoked else Standing.GOOD)
    assert status.entry == (RevokedEntry(RECORDED, 4) if revoked else None)


def test_our_request_is_what_openssl_and_cryptography_read(folder: Path) -> None:
    for hashed, algorithm in ((IdHash.SHA1, hashes.SHA1), (IdHash.SHA256, hashes.SHA256)):
        made = ocsp_request(CERTIFICATE, AUTHORITY, nonce=NONCE, hash_algorithm=hashed)
        built = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(
                x509.load_der_x509_certificate(ENCODED),
                x509.load_der_x509_certificate(AUTHORITY.der),
                algorithm(),
            )
            .add_extension(x509.OCSPNonce(NONCE), critical=False)
            .build()
        )
        assert made.der == built.public_bytes(Encoding.DER)
        (folder / "ours.der").write_bytes(made.der)
        output = openssl("ocsp", "-reqin", folder / "ours.der", "-req_text")
        assert f"Serial Number: {SERIAL:08X}" in output
