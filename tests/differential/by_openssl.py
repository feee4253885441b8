"""OpenSSL as a process, asked about signatures, lists, answers of a responder and timestamps."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asn1crypto import pem
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.differential.answers import ACCEPTED, REFUSED, REVOKED, PeerAnswer
from tests.differential.questions import Question

__all__ = ["openssl_cms", "openssl_crl", "openssl_ocsp", "openssl_ts", "run"]

# The status of the signer is asked for at the instant; its built-in purposes are those of mail and
# TLS, so the purpose is left open. Policy and kind are nothing OpenSSL knows of.
_STRICT = ("-x509_strict", "-crl_check")


_ANY_AGE = 1_000_000_000  # seconds; the vectors are judged long after they were made


def openssl_cms(question: Question) -> PeerAnswer:
    """``openssl cms -verify``, strict, with the status of the signer checked at the instant."""
    with _desk(question) as desk:
        given = () if question.content is None else ("-content", str(desk / "content"))
        return run(
            *("openssl", "cms", "-verify", "-binary", "-in", str(desk / "data")),
            *("-inform", _form(question), "-CAfile", str(desk / "trusted.pem")),
            *(*_STRICT, "-purpose", "any", *_at(question), "-out", "/dev/null", *given),
        )


def openssl_crl(question: Question) -> PeerAnswer:
    """``openssl crl``: is it a list, and did the authority sign it?"""
    with _desk(question) as desk:
        answer = run(
            *("openssl", "crl", "-verify", "-inform", _form(question), "-in", str(desk / "data")),
            *("-CAfile", str(desk / "trusted.pem"), "-noout"),
        )
    # It ends with status 0 even when the signature is wrong.
    good = answer.word == ACCEPTED and "verify OK" in answer.said
    return PeerAnswer.of(good, answer.said)


def openssl_ocsp(question: Question) -> PeerAnswer:
    """``openssl ocsp`` on a kept answer: who signed it, and what does it say of the certificate?

    It holds the times of the answer against the clock of the machine, so they are not asked about.
    The responder's certificate is judged at the instant.
    """
    with _desk(question) as desk:
        (desk / "certificate.pem").write_bytes(pem.armor("CERTIFICATE", question.about))
        (desk / "issuer.pem").write_bytes(pem.armor("CERTIFICATE", question.roots[0]))
        (desk / "request").write_bytes(_request(question))
        shared = ("openssl", "ocsp", "-respin", str(desk / "data"), *_at(question))
        shared += ("-CAfile", str(desk / "trusted.pem"), "-issuer", str(desk / "issuer.pem"))
        certificate = ("-cert", str(desk / "certificate.pem"))
        if question.nonce is not None:
            # It compares nonces only with a request that was kept, and then names no status.
            answer = run(*shared, "-reqin", str(desk / "request"))
            if answer.word == REFUSED:
                return answer
        # The certificate is looked for under both hashes a request may name it by.
        answer = run(
            *(*shared, "-no_nonce", *certificate, "-sha256", *certificate),
            *("-validity_period", str(_ANY_AGE)),
        )
    # Its exit status speaks of the hash that found nothing, too.
    if "Response verify OK" not in answer.said:
        return PeerAnswer(REFUSED, answer.said)
    said = {word: f"certificate.pem: {word}" in answer.said for word in ("good", "revoked")}
    word = ACCEPTED if said["good"] else REVOKED if said["revoked"] else REFUSED
    return PeerAnswer(word, answer.said)


def _request(question: Question) -> bytes:
    issuer, about = map(x509.load_der_x509_certificate, (question.roots[0], question.about))
    builder = ocsp.OCSPRequestBuilder().add_certificate(about, issuer, SHA1())  # noqa: S303
    if question.nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(question.nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def openssl_ts(question: Question) -> PeerAnswer:
    """``openssl ts -verify`` on the bare token over the stamped bytes, at the instant."""
    with _desk(question) as desk:
        pool = b"".join(pem.armor("CERTIFICATE", one) for one in question.pool)
        (desk / "pool.pem").write_bytes(pool)
        others = ("-untrusted", str(desk / "pool.pem")) if pool else ()
        return run(
            *("openssl", "ts", "-verify", "-token_in", "-in", str(desk / "data")),
            *("-data", str(desk / "content"), "-CAfile", str(desk / "trusted.pem")),
            *("-crl_check", *_at(question), *others),
        )


def run(*command: str) -> PeerAnswer:
    """Run a peer; its exit status is its answer."""
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    said = (done.stdout + done.stderr).decode(errors="replace")
    return PeerAnswer.of(done.returncode == 0, said)


@contextmanager
def _desk(question: Question) -> Iterator[Path]:
    """Lay the question out as files: what is asked about, its content, and what is trusted."""
    with tempfile.TemporaryDirectory() as name:
        desk = Path(name)
        (desk / "data").write_bytes(question.data)
        (desk / "content").write_bytes(question.content or b"")
        (desk / "trusted.pem").write_bytes(
            b"".join(pem.armor("CERTIFICATE", one) for one in question.roots)
            + b"".join(pem.armor("X509 CRL", one) for one in question.lists)
        )
        yield desk


def _form(question: Question) -> str:
    return "PEM" if question.data.startswith(b"-----") else "DER"


def _at(question: Question) -> tuple[str, str]:
    return "-attime", str(int(question.at.timestamp()))
