"""Other verifiers, asked the same: OpenSSL as a process, pyHanko in this one.

An answer is whether the peer accepts, and what it says when it does not.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from asn1crypto import cms, pem, x509
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko.sign.validation.generic_cms import async_validate_cms_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from tests.differential.questions import Question

__all__ = ["PEERS", "PeerAnswer"]


@dataclass(frozen=True)
class PeerAnswer:
    """Whether a peer accepts a file, and its own words about it."""

    accepted: bool
    said: str

    @property
    def word(self) -> str:
        return "accepted" if self.accepted else "refused"


def openssl_cms(question: Question) -> PeerAnswer:
    """``openssl cms -verify``, strict, with the status of the signer checked at the instant.

    Its built-in purposes are those of mail and TLS, so the purpose is left open; policy and kind
    are nothing OpenSSL knows of.
    """
    form = "PEM" if question.data.startswith(b"-----") else "DER"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        signature, trusted = folder / "signature", folder / "trusted.pem"
        signature.write_bytes(question.data)
        trusted.write_bytes(
            b"".join(pem.armor("CERTIFICATE", one) for one in question.roots)
            + b"".join(pem.armor("X509 CRL", one) for one in question.lists)
        )
        content: list[str] = []
        if question.content is not None:
            (folder / "content").write_bytes(question.content)
            content = ["-content", str(folder / "content")]
        return _process(
            *("openssl", "cms", "-verify", "-binary", "-inform", form, "-in", str(signature)),
            *("-CAfile", str(trusted), "-x509_strict", "-crl_check", "-purpose", "any"),
            *("-attime", str(int(question.at.timestamp())), "-out", "/dev/null", *content),
        )


def openssl_crl(question: Question) -> PeerAnswer:
    """``openssl crl``: is it a list, and did the authority sign it?"""
    with tempfile.TemporaryDirectory() as name:
        listed, trusted = Path(name) / "list", Path(name) / "trusted.pem"
        listed.write_bytes(question.data)
        trusted.write_bytes(pem.armor("CERTIFICATE", question.roots[0]))
        form = "PEM" if question.data.startswith(b"-----") else "DER"
        answer = _process(
            *("openssl", "crl", "-verify", "-inform", form, "-in", str(listed)),
            *("-CAfile", str(trusted), "-noout"),
        )
    # It ends with status 0 even when the signature is wrong.
    return PeerAnswer(answer.accepted and "verify OK" in answer.said, answer.said)


def _process(*command: str) -> PeerAnswer:
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    said = (done.stdout + done.stderr).decode(errors="replace")
    return PeerAnswer(done.returncode == 0, said)


def pyhanko_cms(question: Question) -> PeerAnswer:
    """pyHanko's own validation, with revocation data required and nothing fetched."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        status = asyncio.run(_pyhanko(question))
    except Exception as error:  # a peer's crash is its refusal
        return PeerAnswer(False, f"{type(error).__name__}: {error}")
    accepted = status.intact and status.valid and status.trusted
    return PeerAnswer(bool(accepted), status.summary())


async def _pyhanko(question: Question):
    data = question.data
    if pem.detect(data):
        _, _, data = pem.unarmor(data)
    signed = cms.ContentInfo.load(data, strict=True)["content"]
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(one) for one in question.roots],
        crls=list(question.lists),
        moment=question.at,
        revocation_mode="require",
        allow_fetching=False,
        # Its default of one second would move every boundary of the vectors.
        time_tolerance=timedelta(0),
    )
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    if question.content is None:
        return await async_validate_cms_signature(
            signed, validation_context=context, key_usage_settings=usage
        )
    return await async_validate_detached_cms(
        question.content, signed, signer_validation_context=context, key_usage_settings=usage
    )


PEERS: Mapping[str, Callable[[Question], PeerAnswer]] = {
    "openssl": openssl_cms,
    "openssl-crl": openssl_crl,
    "pyhanko": pyhanko_cms,
}
