"""What ``jpki sign`` makes, in every format and by every token, ``jpki verify`` judges rightly."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import Result

from jpki.card.layout import TokenKind
from jpki.cli.sign_choices import box_of
from jpki.cms import parse_signed_data
from jpki.validation.formats.pdf import inspect_pdf
from simulator.card.connection import SoftwareCard
from simulator.pdf_contract import contract_pdf
from tests.cli.card_bench import BenchReader, install, jpki
from tests.cli.signing_bench import (
    AFTER,
    BEFORE,
    PASSWORD,
    PIN,
    SIGNED,
    Served,
    material,
    served,
    stamping,
)

# One process makes the world; its keys take seconds.
pytestmark = pytest.mark.xdist_group("sign command")

DOCUMENTS = {
    "a.txt": b"a contract of 100 yen",
    "a.pdf": contract_pdf(["売買契約書（模擬）", "代金 100円"]),
    "a.xml": "<届><構成情報 ID='構成情報'>代金 100円</構成情報></届>".encode(),
}
ATTACHED = "添付.txt"


@dataclass(frozen=True)
class Way:
    """One way to sign; ``old`` and ``new`` is how its result, or its content, is tampered with."""

    document: str
    options: tuple[str, ...]
    result: str
    old: bytes = b"100 yen"
    new: bytes = b"900 yen"
    also: tuple[str, ...] = ()
    timed: bool = False

    @property
    def detached(self) -> bool:
        return self.result in ("a.txt.p7s", "a.txt.sig")


def text(*options: str, result: str = "a.txt.p7s", timed: bool = False) -> Way:
    return Way("a.txt", options, result, timed=timed)


def pdf(*options: str, timed: bool = False) -> Way:
    box, smaller = b"[0 0 595 842]", b"[0 0 595 742]"
    return Way("a.pdf", ("--format", "pdf", *options), "a.signed.pdf", box, smaller, timed=timed)


def xml(*options: str, also: tuple[str, ...] = (), timed: bool = False) -> Way:
    options = ("--format", "xml", *options)
    return Way("a.xml", options, "a.signed.xml", b" 100", b" 900", also, timed=timed)


LONG = ("--level", "b-lt", "--crl", "before.crl", "--crl", "tsa.crl", "--cert", "root.cer")
WAYS = {
    "raw": text("--format", "raw", result="a.txt.sig"),
    "cms": text(),
    "cms-plain": text("--format", "cms", "--level", "plain"),
    "cms-b-t": text("--level", "b-t", timed=True),
    "cms-b-lt": text(*LONG, timed=True),
    "cms-attached": text("--format", "cms-attached", result="a.txt.p7m"),
    "pdf": pdf(),
    "pdf-plain": pdf("--level", "plain"),
    "pdf-visible": pdf("--visible", "-1,350,60,540,120", "--text", "署名済", "--certify", "2"),
    "pdf-b-t": pdf("--level", "b-t", timed=True),
    "pdf-b-lt": pdf(*LONG, timed=True),
    "xml": xml(),
    "xml-plain-around": xml("--level", "plain", "--form", "enveloping"),
    "xml-b-t": xml("--level", "b-t", timed=True),
    "xml-egov": xml("--form", "egov", "--file", ATTACHED, also=("--file", ATTACHED)),
}


@pytest.fixture(scope="module")
def authority() -> Iterator[Served]:
    with served(stamping()) as told:
        yield told


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with documents and what verifiers are handed, and the clock at the signing."""
    monkeypatch.chdir(material().write(tmp_path))
    monkeypatch.setattr("jpki.cli.sign.real_now", lambda: SIGNED)
    for name, data in {**DOCUMENTS, ATTACHED: b"attached"}.items():
        (tmp_path / name).write_bytes(data)
    put(monkeypatch)
    return tmp_path


def put(
    monkeypatch: pytest.MonkeyPatch, kind: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD
) -> SoftwareCard:
    """Put a token into the reader."""
    token = material().token(kind)
    install(monkeypatch, BenchReader("Reader", token))
    return token


def sign(way: Way, authority: Served, *more: str) -> Result:
    options = (*way.options, *(("--tsa", authority.url) if way.timed else ()))
    return jpki("sign", way.document, *options, "--pin", PASSWORD, *more)


def verify(way: Way, lists: str = "before.crl", at: str = BEFORE, *more: str) -> Result:
    if way.result.endswith(".sig"):
        more = ("--certificate", signer_certificate(), *more)
    given = ("--trust", "root.cer", "--crl", lists, "--at", at)
    return jpki("verify", way.result, *given, *way.also, *more, "--format", "json")


def signer_certificate() -> str:
    """Write the certificate of whatever is in the reader."""
    told = jpki("card", "cert", "-t", "sign", "--format", "pem", "--pin", PASSWORD)
    certificate = x509.load_pem_x509_certificate(told.stdout_bytes)
    path = Path("signer.cer")
    path.write_bytes(certificate.public_bytes(Encoding.DER))
    return str(path)


def only_report(done: Result) -> dict[str, Any]:
    (file,) = json.loads(done.stdout)["files"]
    (report,) = file["signatures"]
    return dict(report)


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize(
    "kind", [TokenKind.INDIVIDUAL_NUMBER_CARD, TokenKind.ANDROID_PHONE, TokenKind.IPHONE]
)
def test_a_signature_is_valid_then_revoked_and_never_survives_a_change(
    desk: Path, monkeypatch: pytest.MonkeyPatch, authority: Served, kind: TokenKind, name: str
) -> None:
    put(monkeypatch, kind)
    way = WAYS[name]
    done = sign(way, authority)
    assert (done.exit_code, done.stdout) == (0, f"{way.result}\n"), done.stderr
    assert (desk / way.document).read_bytes() == DOCUMENTS[way.document]
    good = verify(way)
    assert good.exit_code == 0, good.stdout
    medium = "card" if kind is TokenKind.INDIVIDUAL_NUMBER_CARD else "mobile"
    assert only_report(good)["signer"]["kind"] == f"{medium}_signature"
    revoked = verify(way, "after.crl", AFTER)
    assert revoked.exit_code == 1
    assert only_report(revoked)["revocation"]["reason"] == "affiliationChanged"
    changed = desk / (way.document if way.detached else way.result)
    data = changed.read_bytes()
    assert data.count(way.old) == 1
    changed.write_bytes(data.replace(way.old, way.new))
    assert verify(way).exit_code == 1


@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.timed])
def test_a_timestamp_over_http_proves_when_the_signature_was_there(
    desk: Path, authority: Served, name: str
) -> None:
    way = WAYS[name]
    assert sign(way, authority).exit_code == 0
    trusted = ("--timestamp-trust", "tsa.cer", "--timestamp-crl", "tsa.crl")
    # The certificate fell on the 4th; that the signature was made before is proven by the 1st.
    early = ("--policy", "best-signature-time")
    assert verify(way, "after.crl", AFTER, *early).exit_code == 3
    proven = verify(way, "after.crl", AFTER, *early, *trusted)
    assert proven.exit_code == 0, proven.stdout
    # As they must on receipt, JPKI verifiers refuse it all the same.
    assert verify(way, "after.crl", AFTER, *trusted).exit_code == 1


def test_the_authentication_key_signs_raw(desk: Path) -> None:
    done = jpki("sign", "a.txt", "-t", "auth", "--format", "raw", "--pin", PIN)
    assert done.exit_code == 0, done.stderr
    certificate = jpki("card", "cert", "-t", "auth", "--format", "pem").stdout_bytes
    public = x509.load_pem_x509_certificate(certificate).public_key()
    assert isinstance(public, RSAPublicKey)
    signature = (desk / "a.txt.sig").read_bytes()
    public.verify(signature, DOCUMENTS["a.txt"], PKCS1v15(), SHA256())


@pytest.mark.parametrize("output", ["cms", "cms-attached", "pdf", "xml"])
def test_the_authentication_key_signs_nothing_else(desk: Path, output: str) -> None:
    done = jpki("sign", "a.txt", "-t", "auth", "--format", output, "--pin", PIN)
    assert done.exit_code == 2
    assert "--type" in done.stderr


# what goes with what


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--format", "raw", "--level", "b-b"), "the format raw has no level b-b"),
        (("--format", "raw", "--level", "plain"), "the format raw has no level plain"),
        (("--format", "xml", "--level", "b-lt"), "its levels: plain, b-b, b-t"),
        (("--format", "pdf", "--level", "b-t"), "--tsa: level b-t needs a timestamp authority"),
        (("--level", "b-lt", "--tsa", "http://127.0.0.1/"), "--crl: level b-lt needs evidence"),
        (("--tsa", "http://127.0.0.1/"), "--tsa: goes with --level b-lt or --level b-t only"),
        (("--crl", "before.crl"), "--crl: goes with --level b-lt only"),
        (("--cert", "root.cer"), "--cert: goes with --level b-lt only"),
        (("--ocsp", "x.ors"), "--ocsp: goes with --level b-lt only"),
        (("--reason", "x"), "--reason: goes with --format pdf only"),
        (("--format", "xml", "--location", "x"), "--location: goes with --format pdf only"),
        (("--field", "x"), "--field: goes with --format pdf only"),
        (("--certify", "1"), "--certify: goes with --format pdf only"),
        (("--visible", "1,1,1,9,9"), "--visible: goes with --format pdf only"),
        (("--form", "egov"), "--form: goes with --format xml only"),
        (("--format", "pdf", "--file", "a.txt"), "--file: goes with --format xml only"),
        (("--format", "pdf", "--text", "x"), "--text: goes with --visible"),
        (("--format", "pdf", "--font", "a.txt"), "--font: goes with --visible"),
        (("--format", "xml", "--file", "a.txt", "--file", "b/a.txt"), "two files are called a.txt"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused_by_name_before_the_card_is_touched(
    desk: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], says: str
) -> None:
    (desk / "b").mkdir()
    (desk / "b" / "a.txt").write_bytes(b"")
    install(monkeypatch)  # no reader at all
    done = jpki("sign", "a.txt", *options, "--pin", PASSWORD)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.parametrize(
    "box", ["", "1", "1,2,3,4", "0,1,1,9,9", "x,1,1,9,9", "1,9,1,9,9", "1,1,9,9,9", "1,1,1,9,9,9"]
)
def test_a_box_that_is_none_is_refused(desk: Path, box: str) -> None:
    done = jpki("sign", "a.pdf", "--format", "pdf", f"--visible={box}", "--pin", PASSWORD)
    assert done.exit_code == 2
    assert "--visible" in done.stderr


@pytest.mark.parametrize(("typed", "page"), [(1, 0), (2, 1), (-1, -1), (-2, -2)])
def test_pages_are_counted_from_one_and_from_the_end(typed: int, page: int) -> None:
    assert box_of(f"{typed},10,20,60,40") == (page, (10, 20, 60, 40))


@pytest.mark.parametrize("page", [1, -1])
def test_the_box_is_on_the_page(desk: Path, page: int) -> None:
    box = f"{page},10,20,60,40"
    done = jpki("sign", "a.pdf", "--format", "pdf", "--visible", box, "--pin", PASSWORD)
    assert done.exit_code == 0, done.stderr
    assert re.search(rb"/Rect \[ ?10 20 60 40 ?\]", (desk / "a.signed.pdf").read_bytes())


def test_a_page_that_is_not_there_is_refused(desk: Path) -> None:
    done = jpki("sign", "a.pdf", "--format", "pdf", "--visible", "2,1,1,60,40", "--pin", PASSWORD)
    assert done.exit_code == 2
    assert not (desk / "a.signed.pdf").exists()


def test_field_reason_place_and_permission_are_in_the_pdf(desk: Path) -> None:
    done = jpki(
        *("sign", "a.pdf", "--format", "pdf", "--field", "Buyer", "--reason", "signed"),
        *("--location", "Tokyo", "--certify", "1", "--pin", PASSWORD),
    )
    assert done.exit_code == 0, done.stderr
    data = (desk / "a.signed.pdf").read_bytes()
    assert [one.name for one in inspect_pdf(data).fields] == ["Buyer"]
    for written in (b"/Reason (signed)", b"/Location (Tokyo)", b"/P 1"):
        assert written in data


def test_a_second_signature_goes_behind_the_first(desk: Path) -> None:
    sign(WAYS["pdf"], Served())
    done = jpki("sign", "a.signed.pdf", "--format", "pdf", "-o", "b.pdf", "--pin", PASSWORD)
    assert done.exit_code == 0, done.stderr
    told = jpki("verify", "b.pdf", "--trust", "root.cer", "--crl", "before.crl", "--at", BEFORE)
    assert told.exit_code == 0
    assert len(inspect_pdf((desk / "b.pdf").read_bytes()).fields) == 2


def test_what_is_asked_for_the_long_term_is_in_the_message(desk: Path, authority: Served) -> None:
    assert sign(WAYS["cms-b-lt"], authority).exit_code == 0
    signed = parse_signed_data((desk / "a.txt.p7s").read_bytes())
    assert (desk / "root.cer").read_bytes() in signed.certificates
    alone = ("verify", "a.txt.p7s", "--trust", "root.cer", "--at", BEFORE)
    assert jpki(*alone).exit_code == 0  # by the list inside


# names, and nothing written when something is wrong


def test_a_pdf_signed_as_any_file_is_told_of_the_other_way(desk: Path) -> None:
    done = jpki("sign", "a.pdf", "--pin", PASSWORD)
    assert (done.exit_code, done.stdout) == (0, "a.pdf.p7s\n")
    assert "--format pdf" in done.stderr
    again = jpki("sign", "a.pdf", "--pin", PASSWORD, "--force", "--lang", "ja")
    assert "PDFファイルです" in again.stderr
    assert jpki("sign", "a.pdf", "--format", "cms", "--pin", PASSWORD, "--force").stderr == ""
    assert jpki("sign", "a.txt", "--pin", PASSWORD).stderr == ""


@pytest.mark.parametrize("more", [(), ("--force",)])
def test_the_document_itself_is_never_replaced(desk: Path, more: tuple[str, ...]) -> None:
    done = jpki("sign", "a.pdf", "--format", "pdf", "-o", "./a.pdf", *more, "--pin", PASSWORD)
    assert done.exit_code == 2
    assert (desk / "a.pdf").read_bytes() == DOCUMENTS["a.pdf"]


@pytest.mark.parametrize("out", ["nowhere/a.p7s", "a.txt/a.p7s"])
def test_a_place_where_nothing_can_be_written_is_refused_before_the_card_is_touched(
    desk: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    install(monkeypatch)  # no reader at all
    done = jpki("sign", "a.txt", "-o", out, "--pin", PASSWORD)
    assert done.exit_code == 2
    assert out in done.stderr


@pytest.mark.parametrize("name", ["raw", "cms-attached", "pdf", "xml"])
def test_what_exists_is_replaced_by_force_only(desk: Path, name: str) -> None:
    way = WAYS[name]
    (desk / way.result).write_bytes(b"precious")
    refused = sign(way, Served())
    assert (refused.exit_code, (desk / way.result).read_bytes()) == (2, b"precious")
    assert sign(way, Served(), "--force").exit_code == 0
    assert (desk / way.result).read_bytes() != b"precious"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", b""),
        ("a.pdf", b"no pdf"),
        ("a.pdf", DOCUMENTS["a.pdf"][:300]),
        ("a.xml", b""),
        ("a.xml", b"<a>"),
        ("a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ],
)
def test_a_document_that_cannot_be_signed_is_named_and_nothing_is_written(
    desk: Path, name: str, data: bytes
) -> None:
    (desk / name).write_bytes(data)
    before = sorted(path.name for path in desk.iterdir())
    done = jpki("sign", name, "--format", name[2:], "--pin", PASSWORD)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error [format.")
    assert sorted(path.name for path in desk.iterdir()) == before


@pytest.mark.parametrize("name", ["raw", "cms", "cms-attached", "pdf", "xml"])
def test_a_wrong_password_exits_5_and_the_last_try_is_kept(
    desk: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    way, reader = WAYS[name], BenchReader("Reader", put(monkeypatch))
    install(monkeypatch, reader)

    def tried(*more: str) -> Result:
        return jpki("sign", way.document, *way.options, "--pin", "WRONG99", *more)

    # Five tries: four are used up, and the last is sent only when that is asked for.
    for left in (4, 3, 2, 1):
        wrong = tried()
        assert wrong.exit_code == 5
        assert f"{left} tries left" in wrong.stderr
    kept = tried()
    assert (kept.exit_code, "pin.last-try" in kept.stderr) == (5, True)
    assert reader.wire is not None
    assert len(reader.wire.presented) == 4
    assert "エラー [pin.last-try]" in tried("--lang", "ja").stderr
    assert tried("--allow-last-try").exit_code == 5
    assert "pin.blocked" in tried().stderr
    assert not (desk / way.result).exists()


def test_a_mistake_is_told_in_japanese_with_its_particulars(desk: Path) -> None:
    done = jpki("sign", "a.txt", "--format", "xml", "--level", "b-lt", "--lang", "ja")
    assert done.exit_code == 2
    assert done.stderr.startswith("エラー [format.document]: ファイルか指定に誤りがあります")
    assert "--level" in done.stderr


@pytest.mark.parametrize(
    ("library", "ours", "options", "extra"),
    [
        ("pyhanko", (), ("--format", "pdf"), "pdf"),
        ("lxml", ("jpki.xml_signing",), ("--format", "xml"), "xml"),
        (
            "httpx",
            ("jpki.timestamps.http", "jpki.revocation.http_fetch"),
            ("--level", "b-t", "--tsa", "http://127.0.0.1/"),
            "http",
        ),
    ],
)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_part_that_is_not_installed_is_named_before_the_card_is_touched(
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    library: str,
    ours: tuple[str, ...],
    options: tuple[str, ...],
    extra: str,
    lang: str,
) -> None:
    install(monkeypatch)  # no reader at all
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == library else found(name)
    )
    monkeypatch.setitem(sys.modules, library, None)
    for name in ours:
        monkeypatch.delitem(sys.modules, name, raising=False)
    done = jpki("sign", "a.pdf", *options, "--pin", PASSWORD, "--lang", lang)
    assert done.exit_code == 2
    assert "[missing-extra]" in done.stderr
    assert f"pip install 'jpki[{extra}]'" in done.stderr
