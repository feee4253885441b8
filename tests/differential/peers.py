"""Other verifiers, asked the same: OpenSSL and pdfsig as processes, pyHanko in this one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.differential.answers import PeerAnswer
from tests.differential.by_openssl import openssl_cms, openssl_crl, openssl_ocsp, openssl_ts, run
from tests.differential.by_pyhanko import pyhanko_cms, pyhanko_ocsp, pyhanko_pdf, pyhanko_timestamp
from tests.differential.questions import Question

__all__ = ["PEERS"]


def pdfsig(question: Question) -> PeerAnswer:
    """Poppler's ``pdfsig``: is every value right over its ByteRange?

    Trust is left out, since only the browsers' kind of database can be given to it.
    """
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "file.pdf"
        path.write_bytes(question.data)
        answer = run("pdfsig", "-nocert", str(path))
    lines = [line for line in answer.said.splitlines() if "Signature Validation:" in line]
    good = bool(lines) and all(line.endswith("Signature is Valid.") for line in lines)
    return PeerAnswer.of(good, answer.said)


PEERS: Mapping[str, Callable[[Question], PeerAnswer]] = {
    "openssl-cms": openssl_cms,
    "openssl-crl": openssl_crl,
    "openssl-ocsp": openssl_ocsp,
    "openssl-ts": openssl_ts,
    "pdfsig": pdfsig,
    "pyhanko-cms": pyhanko_cms,
    "pyhanko-ocsp": pyhanko_ocsp,
    "pyhanko-pdf": pyhanko_pdf,
    "pyhanko-timestamp": pyhanko_timestamp,
}
