"""``jpki sign`` writes each form of signature under its own name, with a card in the reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from jpki.cms import AttributeId, integrity, parse_signed_data
from tests.cli import card_bench
from tests.cli.card_bench import PASSWORD, PIN, BenchReader, install, jpki

# One process makes the world; its keys take seconds.
pytestmark = pytest.mark.xdist_group("card command")
CONTENT = b"contract"


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    install(monkeypatch, BenchReader("仮想リーダー 00 00", card_bench.card()))
    path = tmp_path / "contract.txt"
    path.write_bytes(CONTENT)
    return path


def test_an_attached_signature_holds_the_file(document: Path) -> None:
    done = jpki("sign", str(document), "--format", "cms-attached", "--pin", PASSWORD)
    assert done.exit_code == 0, done.stderr
    signature = document.with_name("contract.txt.p7m").read_bytes()
    assert parse_signed_data(signature).content == CONTENT
    assert integrity(signature)


@pytest.mark.parametrize(("level", "tied"), [("plain", False), ("b-b", True)])
def test_the_level_says_whether_the_certificate_is_signed(
    document: Path, level: str, tied: bool
) -> None:
    done = jpki("sign", str(document), "--level", level, "--pin", PASSWORD)
    assert done.exit_code == 0, done.stderr
    signature = document.with_name("contract.txt.p7s").read_bytes()
    (signer,) = parse_signed_data(signature).signers
    assert signer.attributes is not None
    assert (AttributeId.SIGNING_CERTIFICATE_V2 in signer.attributes.types) is tied
    assert integrity(signature, content=CONTENT)


def test_the_authentication_key_makes_no_attached_signature_either(document: Path) -> None:
    done = jpki("sign", str(document), "-t", "auth", "--format", "cms-attached", "--pin", PIN)
    assert done.exit_code != 0
    assert "signature key" in done.stderr
    assert not document.with_name("contract.txt.p7m").exists()


def test_signed_attributes_are_not_signed_as_a_raw_file(document: Path) -> None:
    jpki("sign", str(document), "--pin", PASSWORD)
    (signer,) = parse_signed_data(document.with_name("contract.txt.p7s").read_bytes()).signers
    assert signer.attributes is not None
    document.write_bytes(signer.attributes.signed_bytes)
    done = jpki("sign", str(document), "--format", "raw", "--pin", PASSWORD)
    assert done.exit_code != 0
    assert "signed attributes" in done.stderr
    assert not document.with_name("contract.txt.sig").exists()
