"""What the targets start from: the vectors, traces, stories and software cards there are anyway."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import der
from jpki.cms import parse_signed_data
from jpki.pdf_signing import PdfLevel, PdfPlan, sign_pdf
from jpki.revocation import OcspRequest, OcspResponse, parse_ocsp_response
from jpki.revocation.ocsp.certificate_id import CertificateId
from jpki.timestamps import timestamp_request
from jpki.validation import FileReport, FilesReport
from jpki.verify import explain_document
from simulator.card.contents import CardFace, CardPins, JpkiContents, card_memory
from simulator.keys import SeededKeys
from simulator.pdf_contract import contract_pdf
from tests.card.specimens import CARD, HOLDER, PASSWORD, USER_PIN
from tests.fuzz.asked import AT, CONTENT, EVIDENCE

__all__ = [
    "beside_a_certificate",
    "card_files",
    "commands",
    "fault_scripts",
    "files",
    "ocsp_requests",
    "pdf_files",
    "reports",
    "responses",
    "stories",
    "timestamp_requests",
    "timestamp_responses",
    "traces",
]

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
_HEX = re.compile(r"[0-9A-Fa-f]+")


def files(*patterns: str) -> Callable[[], Iterator[bytes]]:
    """Return the seeds in the files that match, relative to ``tests/vectors``."""

    def read() -> Iterator[bytes]:
        for pattern in patterns:
            found = sorted(VECTORS.glob(pattern))
            assert found, f"no vector matches {pattern}"
            yield from (path.read_bytes() for path in found)

    return read


def traces() -> Iterator[bytes]:
    """Yield every trace."""
    return (path.read_bytes() for path in sorted((ROOT / "tests" / "traces").glob("*.apdu")))


def stories() -> Iterator[bytes]:
    """Yield every shipped story."""
    folder = ROOT / "simulator" / "stories"
    return (path.read_bytes() for path in sorted(folder.glob("*.toml")))


def ocsp_requests() -> Iterator[bytes]:
    """Yield requests about one certificate and about two, with a nonce and without."""
    named = tuple(
        named for data in files("ocsp/*good*.ors")() for named in _named(parse_ocsp_response(data))
    )
    for nonce in (None, bytes(32)):
        yield OcspRequest(named[:1], nonce).der
        yield OcspRequest(named[:2], nonce).der


def _named(response: OcspResponse) -> tuple[CertificateId, ...]:
    answer = response.answer
    return () if answer is None else tuple(one.certificate_id for one in answer.singles)


def timestamp_requests() -> Iterator[bytes]:
    """Yield requests for a digest, with all that may stand in one and with as little as may."""
    yield timestamp_request(bytes(32), nonce=None, certificates=False)
    yield timestamp_request(bytes(32), nonce=1 << 63, policy="1.2.3.4")


def timestamp_responses() -> Iterator[bytes]:
    """Yield a refusal (RFC 3161 §2.4.2: status 2, badAlg), and the vectors' tokens granted."""
    yield bytes.fromhex("3009300702010203020780")
    for token in files("timestamps/*.tst")():
        yield der.sequence(der.sequence(der.integer(0)), token)


def commands() -> Iterator[bytes]:
    """Yield every command of the traces that has no open bytes, each once."""
    return _lines(">")


def responses() -> Iterator[bytes]:
    """Yield every answer of the traces that has no open bytes, each once."""
    return _lines("<")


def _lines(sign: str) -> Iterator[bytes]:
    seen: dict[str, None] = {}
    for trace in traces():
        for line in trace.decode().splitlines():
            compact = "".join(line[1:].split())
            if line.startswith(sign) and len(compact) % 2 == 0 and _HEX.fullmatch(compact):
                seen[compact] = None
    return map(bytes.fromhex, seen)


def beside_a_certificate() -> Iterator[bytes]:
    """Yield certificates behind 256 bytes that stand for a signature value."""
    return (bytes(256) + der for der in files("certificates/*.der")())


def reports() -> Iterator[bytes]:
    """Yield reports as ``jpki verify --format json`` keeps them: good, bad and several in one."""
    made = []
    for name in ("card.p7s", "flipped.p7s", "foreign.p7s", "two-signers.p7s", "substituted.p7s"):
        data = (VECTORS / "cms" / name).read_bytes()
        report = explain_document(data, content=CONTENT, evidence=EVIDENCE, at=AT)
        made.append(FileReport.of(name, report))
        yield FilesReport.of(made[-1:]).model_dump_json().encode()
    yield FilesReport.of(made).model_dump_json().encode()


def pdf_files() -> Iterator[bytes]:
    """Yield a small PDF file without a signature, with one, and with two."""
    certificate = parse_signed_data((VECTORS / "cms" / "card.p7s").read_bytes()).certificates[0]
    file = contract_pdf(["one line"])
    yield file
    for _ in range(2):
        plan = PdfPlan(level=PdfLevel.PLAIN)
        file = sign_pdf(file, _Holder(certificate), at=AT, plan=plan)
        yield file


class _Holder:
    """The card of the CMS vectors, whose key is a function of a seed."""

    def __init__(self, certificate: bytes) -> None:
        self.certificate = certificate
        self._key = SeededKeys("cms vectors").rsa("holder")

    def sign_sha256(self, digest: bytes) -> bytes:
        """Return the signature over a digest."""
        return self._key.sign(digest, PKCS1v15(), Prehashed(SHA256()))


def card_files() -> Iterator[bytes]:
    """Yield every file and record that a whole software card holds."""
    holder = JpkiContents(b"", b"", _KEYS.rsa(""))
    memory = card_memory(
        CardFace(HOLDER, CARD, _KEYS),
        signature=holder,
        user_authentication=holder,
        pins=CardPins(SignaturePassword(PASSWORD), UserPin(USER_PIN)),
    )
    for application in memory.applications:
        yield from filter(None, application.files.values())
        for records in application.records.values():
            yield from records


class _OneKey:
    """The same key for every label: the same card every time, and quickly."""

    def __init__(self) -> None:
        self._key = SeededKeys("fuzzed card").rsa("any")

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the key."""
        return self._key


_KEYS = _OneKey()


_FAULTS = """seed = 7
[[fault]]
do = "status"
sw = "6F00"
ins = "VERIFY"
at = 2
[[fault]]
do = "delay"
seconds = 0.5
chance = 0.1
times = 3
[[fault]]
do = "truncate"
keep = 4
[[fault]]
do = "drop"
ins = "B0"
[[fault]]
do = "pull"
"""


def fault_scripts() -> Iterator[bytes]:
    """Yield a script with every kind of fault."""
    yield _FAULTS.encode()
