"""``jpki cert`` and ``jpki attributes``: what a certificate says, and whether it should."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificates
from typer.testing import CliRunner, Result

from jpki.certificates.lint import Grade, LintReport, Severity, lint
from jpki.certificates.parse import SignatureCertificate, parse_certificate
from jpki.cli.app import app
from jpki.terms import CertificateKind
from tests.cli import card_bench
from tests.cli.card_bench import PASSWORD, PERSON, BenchReader, install

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "certificates"
SIGN, AUTH = VECTORS / "good-card-signature.der", VECTORS / "good-card-authentication.der"
RUNNER = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"})

pytestmark = pytest.mark.xdist_group("card command")


def jpki(*words: object) -> Result:
    return RUNNER.invoke(app, [str(word) for word in words])


def holder() -> SignatureCertificate:
    found = parse_certificate(SIGN.read_bytes())
    assert isinstance(found, SignatureCertificate)
    return found


# show


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("command", [("cert", "show"), ("attributes", "show")])
def test_what_is_personal_shows_only_when_it_is_asked_for(
    command: tuple[str, str], output: str
) -> None:
    items = holder().attributes
    masked = jpki(*command, SIGN, "--format", output).stdout
    shown = jpki(*command, SIGN, "--format", output, "--show-personal").stdout
    for value in (items.name, items.address, items.birth_date.text):
        assert value not in masked
        assert value in shown


def test_the_municipality_of_residence_is_personal_too() -> None:
    place = holder().crl_distribution_point.municipality
    assert place
    assert place not in jpki("cert", "show", SIGN).stdout
    assert place in jpki("cert", "show", SIGN, "--show-personal").stdout


def test_marked_characters_are_counted_from_1_in_words_and_from_0_in_data(tmp_path: Path) -> None:
    data = bytearray(SIGN.read_bytes())
    # The marks of the name are the otherName .5.2: arc 02, [0], its length, UTF8String, its length.
    place = data.index(bytes.fromhex("2A83088C9B5508050502A0")) + 14
    data[place + 1] = ord("1")
    path = tmp_path / "marked.der"
    path.write_bytes(data)
    assert "name substitutes: 2\n" in jpki("attributes", "show", path).stdout
    told = json.loads(jpki("attributes", "show", path, "--format", "json").stdout)
    assert told["name_substitutes"] == [1]


def test_both_languages_name_the_items() -> None:
    assert "氏名: ***" in jpki("cert", "show", SIGN, "--lang", "ja").stdout
    assert "name: ***" in jpki("cert", "show", SIGN, "--lang", "en").stdout
    assert "氏名: ***" in jpki("attributes", "show", SIGN, "--lang", "ja").stdout


def test_several_certificates_become_one_pem_file(tmp_path: Path) -> None:
    out = tmp_path / "all.pem"
    assert jpki("cert", "show", SIGN, AUTH, "--format", "pem", "-o", out).exit_code == 0
    assert len(load_pem_x509_certificates(out.read_bytes())) == 2
    assert jpki("cert", "show", out, "--format", "der").exit_code == 2


def test_der_is_the_certificate_itself(tmp_path: Path) -> None:
    pem, der = tmp_path / "one.pem", tmp_path / "one.der"
    jpki("cert", "show", SIGN, "--format", "pem", "-o", pem)
    assert jpki("cert", "show", pem, "--format", "der", "-o", der).exit_code == 0
    assert der.read_bytes() == SIGN.read_bytes()
    assert jpki("cert", "show", SIGN, AUTH, "--format", "der").exit_code == 2


def test_an_authority_is_shown_with_its_standing() -> None:
    (told,) = json.loads(jpki("cert", "show", VECTORS / "authority.der", "--format", "json").stdout)
    assert (told["kind"], told["standing"], told["generation"]) == ("authority", "simulated", None)


def test_what_is_no_certificate_exits_2_and_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.der"
    path.write_bytes(b"hello")
    done = jpki("cert", "show", path)
    assert done.exit_code == 2
    assert "x.der" in done.stderr


# lint


def test_every_vector_is_linted_as_its_manifest_says() -> None:
    rows = tomllib.loads((VECTORS / "manifest.toml").read_text(encoding="utf-8"))["vector"]
    judged = 0
    for row in rows:
        report = lint((VECTORS / row["file"]).read_bytes())
        if row["expects"] == "good":
            assert report.findings == (), row["file"]
        elif row["expects"] == "not-jpki":
            severe = [one.code for one in report.findings if one.severity is Severity.ERROR]
            assert severe, row["file"]
        judged += 1
    assert judged == len(rows) > 60


@pytest.mark.parametrize(
    ("file", "code", "severity", "grade"),
    [
        ("alternative-name-critical.der", "extension.criticality", Severity.ERROR, Grade.READ),
        ("attributes-sex-3.der", "attributes.sex-uncertain", Severity.NOTE, Grade.UNKNOWN),
        ("attributes-seventh.der", "attributes.extra", Severity.NOTE, Grade.UNKNOWN),
        ("attributes-birth-era.der", "attributes.era", Severity.WARNING, Grade.QUOTED),
        ("authority-path-length.der", "basic-constraints", Severity.ERROR, Grade.READ),
    ],
)
def test_a_finding_says_how_bad_it_is_and_how_sure_the_fact(
    file: str, code: str, severity: Severity, grade: Grade
) -> None:
    report = lint((VECTORS / file).read_bytes())
    (found,) = report.findings
    assert (found.code, found.severity, found.fact.grade) == (code, severity, grade)
    assert report.clean == (severity is Severity.NOTE)


def test_what_is_uncertain_is_a_note_unless_the_caller_wants_it_otherwise() -> None:
    path = VECTORS / "attributes-sex-3.der"
    assert jpki("cert", "lint", path).exit_code == 0
    assert "note attributes.sex-uncertain" in jpki("cert", "lint", path).stdout
    assert "sex-uncertain" not in jpki("cert", "lint", path, "--no-notes").stdout
    strict = jpki("cert", "lint", path, "--uncertain", "error", "--no-notes")
    assert strict.exit_code == 1
    assert "error attributes.sex-uncertain" in strict.stdout


def test_facts_of_mobile_certificates_are_inferred() -> None:
    data = bytearray((VECTORS / "good-mobile-signature.der").read_bytes())
    # The CPS address is the one IA5String with that text: http becomes hxtp.
    place = data.index(b"http://www.jpki.go.jp/cps.html")
    data[place + 1] = ord("x")
    report = lint(bytes(data))
    (found,) = report.findings
    assert report.kind is CertificateKind.MOBILE_SIGNATURE
    assert (found.code, found.fact.grade) == ("policy.cps-url", Grade.INFERRED)
    assert found.offset == place - 2  # tag and length stand in front of the text


def test_an_authority_with_a_flipped_signature_bit_did_not_sign_itself() -> None:
    data = bytearray((VECTORS / "authority.der").read_bytes())
    data[-1] ^= 1
    (found,) = lint(bytes(data)).findings
    assert (found.code, found.severity) == ("signature.self", Severity.ERROR)


@pytest.mark.parametrize("data", [b"", b"hello", SIGN.read_bytes()[:-1], SIGN.read_bytes() + b"\0"])
def test_malformed_bytes_are_a_finding(data: bytes) -> None:
    (found,) = lint(data).findings
    assert (found.code, found.severity) == ("malformed", Severity.ERROR)


@pytest.mark.parametrize("file", ["good-card-signature.der", "authority.der"])
def test_one_changed_byte_is_a_report_and_never_a_crash(file: str) -> None:
    data = (VECTORS / file).read_bytes()
    for place in range(0, len(data), 3):
        changed = bytearray(data)
        changed[place] ^= 0x41
        assert isinstance(lint(bytes(changed)), LintReport)


def test_several_files_end_in_a_summary_and_one_bad_one_decides() -> None:
    done = jpki("cert", "lint", SIGN, VECTORS / "alternative-name-critical.der")
    assert done.exit_code == 1
    assert done.stdout.endswith("1 of 2 certificates are in profile\n")
    assert jpki("cert", "lint", SIGN, AUTH).exit_code == 0
    told = json.loads(jpki("cert", "lint", SIGN, AUTH, "--format", "json").stdout)
    assert [one["clean"] for one in told] == [True, True]


# attributes


def record(tmp_path: Path, **changes: str | None) -> Path:
    items = holder().attributes
    assert items.birth_date.day is not None
    said = {
        "name": items.name,
        "birth_date": items.birth_date.day.isoformat(),
        "sex": items.sex.value,
        "address": items.address,
        **changes,
    }
    path = tmp_path / "record.json"
    path.write_text(json.dumps({key: value for key, value in said.items() if value is not None}))
    return path


@pytest.mark.parametrize(
    ("changes", "options", "status"),
    [
        ({}, (), 0),
        ({"name": "別人"}, (), 1),
        ({"address": None}, (), 3),
        ({"sex": "unknown"}, (), 3),
        ({"sex": "unknown"}, ("--without-sex",), 0),
    ],
)
def test_the_exit_status_says_whether_it_is_the_same_person(
    tmp_path: Path, changes: dict[str, str | None], options: tuple[str, ...], status: int
) -> None:
    path = record(tmp_path, **changes)
    assert jpki("attributes", "match", SIGN, "--record", path, *options).exit_code == status


def test_spaces_in_a_name_are_overlooked_unless_nothing_may_be(tmp_path: Path) -> None:
    path = record(tmp_path, name=holder().attributes.name.replace("\u3000", ""))
    done = jpki("attributes", "match", SIGN, "--record", path, "--format", "json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)["items"]["name"]
    assert told == {"answer": "same_after_normalisation", "overlooked": ["spaces"]}
    assert jpki("attributes", "match", SIGN, "--record", path, "--strict").exit_code == 1


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_no_value_is_printed_when_items_are_compared(tmp_path: Path, lang: str) -> None:
    path = record(tmp_path, address="霞野区別町9-9-9")
    done = jpki("attributes", "match", SIGN, "--record", path, "--lang", lang)
    items = holder().attributes
    for value in (items.name, items.address, "霞野区別町", items.birth_date.text[1:]):
        assert value not in done.stdout + done.stderr


def test_a_certificate_without_a_name_is_a_mistake(tmp_path: Path) -> None:
    done = jpki("attributes", "match", AUTH, "--record", record(tmp_path))
    assert done.exit_code == 2
    assert "nobody's name" in done.stderr


def test_a_record_that_is_none_is_named_before_any_card_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text("{")
    done = jpki("attributes", "match", "--record", path)
    assert done.exit_code == 2
    assert "record.json" in done.stderr


def test_the_items_come_from_the_card_with_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = BenchReader("Reader", card_bench.card())
    install(monkeypatch, reader)
    words = ["attributes", "show", "--show-personal", "--pin", PASSWORD, "--format", "json"]
    done = RUNNER.invoke(app, words)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["name"] == PERSON.items.name
    assert reader.wire is not None
    assert reader.wire.presented == [PASSWORD.encode()]
