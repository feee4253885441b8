"""The demonstration's PDF in pyHanko's own validator, under the simulated root and our lists."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from jpki.jst import at_time
from simulator.demo import MOVED_ON, play
from simulator.keys import KeyDirectory, SeededKeys

KEPT = Path(__file__).resolve().parents[2] / "build" / "test-keys"
BEFORE, AFTER = at_time(MOVED_ON, time(12)), at_time(date(2026, 8, 5), time(12))
SHOWN = b"[0 0 595 842]"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keys = SeededKeys("test", cache=KeyDirectory(KEPT))
    folder = tmp_path_factory.mktemp("demo") / "demo"
    return play(folder, seed="test", tell=lambda _: None, keys=keys)


def judged(demo: Path, lists: str, at: datetime, data: bytes | None = None) -> PdfSignatureStatus:
    """Ask with nothing but a root and the lists of a day; without a list it must refuse."""
    (embedded,) = PdfFileReader(
        io.BytesIO(data or (demo / "contract.signed.pdf").read_bytes())
    ).embedded_signatures
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load((demo / "roots/signature-ca.cer").read_bytes())],
        crls=[
            asn1_crl.CertificateList.load(path.read_bytes())
            for path in sorted((demo / "lists" / lists).glob("signature-*.crl"))
        ],
        moment=at,
        allow_fetching=False,
        revocation_mode="hard-fail",
    )
    return validate_pdf_signature(embedded, context)


def test_pyhanko_finds_it_valid_and_whole(demo: Path) -> None:
    status = judged(demo, "before", BEFORE)
    assert status.bottom_line, status.pretty_print_details()
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_pyhanko_finds_it_revoked_after_the_move(demo: Path) -> None:
    status = judged(demo, "after", AFTER)
    assert not status.bottom_line
    assert status.revoked


def test_pyhanko_trusts_it_only_while_the_list_is_fresh(demo: Path) -> None:
    assert not judged(demo, "before", AFTER).trusted


def test_pyhanko_finds_a_change(demo: Path) -> None:
    data = (demo / "contract.signed.pdf").read_bytes()
    assert data.count(SHOWN) == 1
    status = judged(demo, "before", BEFORE, data.replace(SHOWN, b"[0 0 595 742]"))
    assert not status.intact


def test_the_contract_signed_is_the_contract_left_beside_it(demo: Path) -> None:
    signed = (demo / "contract.signed.pdf").read_bytes()
    assert signed.startswith((demo / "contract.pdf").read_bytes())
