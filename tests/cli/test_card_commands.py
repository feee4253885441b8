"""What ``jpki card``, ``jpki pin`` and ``jpki sign`` do with a card in the reader."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from jpki.backends import pcsc
from jpki.card.apdu import Ins
from jpki.card.layout import TokenKind
from jpki.cms import parse_signed_data
from simulator.card.contents.issuer import CardIssuer, Hierarchy
from simulator.tokens import my_number
from tests.card import specimens
from tests.cli import card_bench
from tests.cli.card_bench import PASSWORD, PERSON, PIN, BenchReader, install, jpki

PHONES = (TokenKind.ANDROID_PHONE, TokenKind.IPHONE)

# One process makes the world; its keys take seconds.
pytestmark = pytest.mark.xdist_group("card command")


@pytest.fixture
def reader(monkeypatch):
    bench = BenchReader("仮想リーダー 00 00", card_bench.card())
    install(monkeypatch, bench)
    return bench


@pytest.fixture
def real(monkeypatch):
    """A reader whose card does not say that it is simulated."""
    card = card_bench.card()
    memory = card.memory
    bench = BenchReader("Reader", card)
    install(monkeypatch, bench)
    monkeypatch.setattr("jpki.card.token.SIMULATED_MODEL", "another word")
    assert memory is card.memory
    return bench


def put_phone(monkeypatch, kind):
    bench = BenchReader("Reader", card_bench.card(kind))
    install(monkeypatch, bench)
    return bench


# looking


def test_readers_are_listed_with_what_they_hold(monkeypatch):
    readers = [BenchReader("一番", card_bench.card()), BenchReader("二番")]
    install(monkeypatch, *readers)
    listed = jpki("card", "list")
    assert listed.stdout.splitlines() == [
        "一番: individual number card (simulated)",
        "二番: empty",
    ]
    rows = json.loads(jpki("card", "list", "--format", "json").stdout)
    assert [row["present"] for row in rows] == [True, False]
    assert rows[0]["atr"].startswith("3BDA13FF")


def test_a_card_that_another_program_uses_is_left_alone(monkeypatch):
    bench = BenchReader("A", card_bench.card(), in_use=True)
    install(monkeypatch, bench)
    assert jpki("card", "list").stdout == "A: a card that another program uses\n"
    assert bench.wire is None


def test_without_readers_the_doctor_is_named(monkeypatch):
    install(monkeypatch)
    listed = jpki("card", "list")
    assert listed.exit_code == 4
    assert "jpki card doctor" in listed.stderr


def test_a_card_tells_what_is_free_to_read(reader):
    told = json.loads(jpki("card", "info", "--format", "json").stdout)
    assert told["token"] == "individual number card (simulated)"
    assert told["tries left"] == {"signature_password": 5, "user_pin": 3}
    assert told["certificates"] == ["signature", "user_authentication"]
    assert told["municipality"] == PERSON.municipality.code
    assert told["card number"].startswith("***********")
    assert reader.wire.presented == []


@pytest.mark.parametrize("kind", PHONES)
def test_a_phone_tells_what_it_has(monkeypatch, kind):
    put_phone(monkeypatch, kind)
    told = json.loads(jpki("card", "info", "--format", "json").stdout)
    assert told["token"] == kind.value.replace("_", " ") + " (simulated)"
    assert told["applications"] == ["JPKI"]
    assert "card number" not in told


# certificates


def test_the_authentication_certificate_takes_no_pin_on_a_card(reader, tmp_path):
    out = tmp_path / "auth.pem"
    done = jpki("card", "cert", "-t", "auth", "--format", "pem", "-o", str(out))
    assert done.exit_code == 0, done.stderr
    load_pem_x509_certificate(out.read_bytes())
    assert reader.wire.presented == []


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("auth.pem", load_pem_x509_certificate),
        ("auth.der", load_der_x509_certificate),
        ("auth.cer", load_der_x509_certificate),
    ],
)
def test_a_certificate_in_a_file_is_for_programs(reader, tmp_path, name, load):
    out = tmp_path / name
    done = jpki("card", "cert", "-o", str(out))
    assert done.exit_code == 0
    load(out.read_bytes())


@pytest.mark.parametrize("kind", ["auth-ca", "sign-ca"])
def test_the_authorities_certificates_take_no_pin(reader, kind):
    told = json.loads(jpki("card", "cert", "-t", kind, "--format", "json").stdout)
    assert told["hierarchy"] == "JPKI-SIM"


def test_the_signature_certificate_takes_the_password_and_names_the_holder(reader):
    done = jpki("card", "cert", "-t", "sign", "--format", "json", typed=f"{PASSWORD.lower()}\n")
    told = json.loads(done.stdout[done.stdout.index("{") :])
    assert told["name"] == PERSON.items.name
    assert reader.wire.presented == [PASSWORD.encode()]  # once, and upper-case


@pytest.mark.parametrize("kind", PHONES)
def test_on_a_phone_the_authentication_certificate_takes_the_pin(monkeypatch, kind, tmp_path):
    bench = put_phone(monkeypatch, kind)
    out = tmp_path / "auth.der"
    done = jpki("card", "cert", "--format", "der", "-o", str(out), "--pin", PIN)
    assert done.exit_code == 0, done.stderr
    load_der_x509_certificate(out.read_bytes())
    assert bench.wire.presented == [PIN.encode()]


# the card face


def issuer_key(tmp_path, hierarchy):
    issuer = CardIssuer(card_bench.world().keys, PERSON.municipality.code)
    public = issuer.authority(hierarchy).key.public_key()
    path = tmp_path / "issuer.pem"
    path.write_bytes(
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return str(path)


def test_the_four_attributes_are_read_and_checked(reader, tmp_path):
    key = issuer_key(tmp_path, Hierarchy.INPUT_SUPPORT)
    done = jpki("card", "attributes", "--pin", PIN, "--issuer-key", key, "--format", "json")
    assert json.loads(done.stdout) == {
        "name": PERSON.items.name,
        "address": PERSON.items.address,
        "birth date": PERSON.items.birth_date.strftime("%Y%m%d"),
        "sex": PERSON.items.sex.value,
        "checked": True,
    }


def test_another_issuers_key_makes_the_check_indeterminate(reader, tmp_path):
    key = issuer_key(tmp_path, Hierarchy.FACE_VERIFICATION)
    done = jpki("card", "attributes", "--pin", PIN, "--issuer-key", key)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "verification.issuer-unknown" in done.stderr


def test_unchecked_attributes_say_so(reader):
    done = jpki("card", "attributes", "--pin", PIN)
    assert done.exit_code == 0
    assert "not checked" in done.stderr
    assert f"name: {PERSON.items.name}" in done.stdout


@pytest.mark.parametrize("by", ["pin", "code-a"])
def test_the_my_number_opens_by_pin_or_by_itself(reader, tmp_path, by):
    number = my_number(card_bench.world(), PERSON.person_id)
    key = issuer_key(tmp_path, Hierarchy.INPUT_SUPPORT)
    done = jpki(
        *("card", "mynumber", "--by", by, "--pin", PIN if by == "pin" else number),
        *("--issuer-key", key, "--format", "json"),
    )
    assert json.loads(done.stdout) == {"my number": number, "checked": True}


def test_the_face_is_written_as_images(reader, tmp_path):
    number = my_number(card_bench.world(), PERSON.person_id)
    key = issuer_key(tmp_path, Hierarchy.FACE_VERIFICATION)
    done = jpki(
        *("card", "face", "--by", "code-a", "--pin", number, "--issuer-key", key),
        *("--out", str(tmp_path / "face"), "--format", "json"),
    )
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["birth date"] == PERSON.items.birth_date.strftime("%Y%m%d")
    assert (tmp_path / "face" / "name.png").read_bytes().startswith(b"\x89PNG")
    photo = (tmp_path / "face" / "photo.jp2").read_bytes()
    assert photo[4:8] == b"jP  "  # JPEG 2000 signature box (ISO/IEC 15444-1 annex I.5.1)
    assert len(photo) == told["images"]["photo.jp2"]


@pytest.mark.parametrize("words", [("attributes",), ("mynumber",), ("face",)])
def test_a_phone_has_no_face_and_is_sent_no_pin(monkeypatch, words):
    bench = put_phone(monkeypatch, TokenKind.ANDROID_PHONE)
    codes = {"face": "0" * 14}
    done = jpki("card", *words, "--pin", codes.get(words[0], PIN))
    assert done.exit_code == 4
    assert "plastic card" in done.stderr
    assert bench.wire.presented == []


# PINs


def test_every_counter_of_a_card_is_told(reader):
    told = json.loads(jpki("pin", "status", "--format", "json").stdout)
    assert told == {
        "auth": 3, "sign": 5, "text": 3, "text-code-a": 10, "text-code-b": 10,
        "face-code-a": 10, "face-code-b": 10, "birth-date": 10, "resident-record": 3,
    }  # fmt: skip
    assert reader.wire.presented == []


def test_the_counters_of_a_phone_are_two(monkeypatch):
    put_phone(monkeypatch, TokenKind.IPHONE)
    said = jpki("pin", "status", "--lang", "ja").stdout
    assert said.splitlines() == [
        "利用者証明用電子証明書暗証番号（auth）: 残り3回",
        "署名用電子証明書暗証番号（sign）: 残り5回",
    ]


def test_a_wrong_pin_costs_one_try_and_exits_5(reader):
    done = jpki("pin", "verify", "--pin", "9999")
    assert done.exit_code == 5
    assert "2 tries left" in done.stderr
    assert len(reader.wire.presented) == 1
    assert "auth: 2 tries left" in jpki("pin", "status").stdout


def test_a_malformed_pin_costs_nothing(reader):
    done = jpki("pin", "verify", "--pin", "12345")
    assert done.exit_code == 5
    assert "12345" not in done.stderr
    assert reader.wire.presented == []


def test_the_last_try_is_refused_unless_it_is_allowed(reader):
    for _ in range(2):
        jpki("pin", "verify", "--pin", "9999")
    refused = jpki("pin", "verify", "--pin", PIN)
    assert (refused.exit_code, len(reader.wire.presented)) == (5, 2)
    assert "pin.last-try" in refused.stderr
    assert jpki("pin", "verify", "--pin", PIN, "--allow-last-try").exit_code == 0


def test_a_blocked_pin_says_where_it_is_reset(reader):
    for _ in range(3):
        jpki("pin", "verify", "--pin", "9999", "--allow-last-try")
    done = jpki("pin", "verify", "--pin", PIN, "--allow-last-try")
    assert done.exit_code == 5
    assert "counter of the municipality" in done.stderr
    assert len(reader.wire.presented) == 3


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [("auth", PIN, "4321"), ("sign", PASSWORD, "NEWPAS9"), ("text", PIN, "5678")],
)
def test_a_pin_is_changed_and_the_new_one_is_right(reader, kind, old, new):
    done = jpki("pin", "change", "-t", kind, typed=f"{old}\n{new}\n{new}\n")
    assert done.exit_code == 0, done.stderr
    assert new not in done.output
    assert jpki("pin", "verify", "-t", kind, "--pin", new).exit_code == 0
    assert jpki("pin", "verify", "-t", kind, "--pin", old).exit_code == 5


def test_a_new_pin_of_the_wrong_shape_leaves_the_card_alone(reader):
    done = jpki("pin", "change", "--pin", PIN, "--new-pin", "12a4")
    assert done.exit_code == 5
    assert reader.wire.presented == []


# where a PIN comes from


def test_a_literal_pin_is_refused_for_a_card_that_is_not_simulated(real):
    for words in (
        ("pin", "verify"), ("card", "attributes"), ("card", "cert", "-t", "sign"),
        ("pin", "change", "--new-pin", "4321"),
    ):  # fmt: skip
        done = jpki(*words, "--pin", PIN)
        assert done.exit_code == 5
        assert "pin.source" in done.stderr
        assert PIN not in done.stderr
    assert not [c for c in real.wire.sent if c.ins in (Ins.VERIFY, Ins.CHANGE_REFERENCE_DATA)]


def test_named_places_give_a_pin_to_any_card(real, tmp_path, monkeypatch):
    monkeypatch.setenv("CARD_PIN", PIN)
    file = tmp_path / "pin"
    file.write_text(f"{PIN}\r\n")
    read_end, write_end = os.pipe()
    os.write(write_end, f"{PIN}\n".encode())
    os.close(write_end)
    for source in ("env:CARD_PIN", f"file:{file}", f"fd:{read_end}"):
        done = jpki("pin", "verify", "--pin", source)
        assert done.exit_code == 0, done.stderr
    assert real.wire.presented == [PIN.encode()] * 3


@pytest.mark.parametrize("source", ["env:NOT_SET", "file:/nowhere/pin", "fd:987", "fd:x"])
def test_a_place_without_a_pin_is_named_and_nothing_is_sent(real, source):
    done = jpki("pin", "verify", "--pin", source)
    assert done.exit_code == 5
    assert "pin.source" in done.stderr
    assert real.wire.presented == []


def test_a_prompt_does_not_echo(real):
    done = jpki("pin", "verify", typed=f"{PIN}\n")
    assert done.exit_code == 0
    assert PIN not in done.output


# signing


def certificate(kind="sign"):
    options = ("--pin", PASSWORD) if kind == "sign" else ()
    told = jpki("card", "cert", "-t", kind, "--format", "pem", *options)
    return load_pem_x509_certificate(told.stdout_bytes)


def test_a_file_is_signed_beside_itself(reader, tmp_path):
    document = tmp_path / "contract.txt"
    document.write_bytes(b"contract")
    done = jpki("sign", str(document), "--pin", PASSWORD)
    assert done.exit_code == 0, done.stderr
    signed = parse_signed_data((tmp_path / "contract.txt.p7s").read_bytes())
    (signer,) = signed.signers
    assert signer.attributes.message_digest == hashlib.sha256(b"contract").digest()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contract.txt", "contract.txt.p7s"]
    assert reader.wire.presented == [PASSWORD.encode()]


@pytest.mark.parametrize(("kind", "pin"), [("sign", PASSWORD), ("auth", PIN)])
def test_a_raw_signature_verifies(reader, tmp_path, kind, pin):
    document = tmp_path / "contract.txt"
    document.write_bytes(b"contract")
    done = jpki("sign", str(document), "-t", kind, "--format", "raw", "--pin", pin)
    assert done.exit_code == 0, done.stderr
    public = certificate(kind).public_key()
    signature = (tmp_path / "contract.txt.sig").read_bytes()
    public.verify(signature, b"contract", padding.PKCS1v15(), hashes.SHA256())


def test_a_signature_that_exists_is_not_replaced_and_no_pin_is_sent(reader, tmp_path):
    document, existing = tmp_path / "a", tmp_path / "a.p7s"
    document.write_bytes(b"contract")
    existing.write_bytes(b"precious")
    done = jpki("sign", str(document), "--pin", PASSWORD)
    assert (done.exit_code, existing.read_bytes()) == (2, b"precious")
    assert reader.wire is None
    assert jpki("sign", str(document), "--pin", PASSWORD, "--force").exit_code == 0
    assert existing.read_bytes() != b"precious"


def test_a_wrong_password_leaves_no_file(reader, tmp_path):
    document = tmp_path / "a"
    document.write_bytes(b"contract")
    assert jpki("sign", str(document), "--pin", "WRONG99").exit_code == 5
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_authentication_key_makes_no_cms_signature(reader, tmp_path):
    document = tmp_path / "a"
    document.write_bytes(b"contract")
    done = jpki("sign", str(document), "-t", "auth", "--pin", PIN)
    assert done.exit_code == 2
    assert reader.wire is None


def test_a_missing_file_is_named_before_the_card_is_touched(reader):
    done = jpki("sign", "nowhere.txt", "--pin", PASSWORD)
    assert done.exit_code == 2
    assert "nowhere.txt" in done.stderr
    assert reader.wire is None


# tracing


@pytest.mark.parametrize("level", ["-v", "-vv"])
def test_a_trace_shows_commands_and_hides_secrets_and_answers(reader, level):
    done = jpki("card", "cert", "-t", "sign", "--pin", PASSWORD, level, "--format", "der")
    assert "9000" in done.stderr
    assert PASSWORD.encode().hex().upper() not in done.stderr.upper()
    assert ("00A4040C0AD392F0" in done.stderr) is (level == "-vv")
    assert "[256] 9000" in done.stderr  # a certificate goes by its length


# waiting


def test_waiting_tells_how_long_and_ends(monkeypatch):
    install(monkeypatch, BenchReader("Reader"))
    done = jpki("card", "info", "--wait", "0.2")
    assert done.exit_code == 4
    assert "waiting for a card (0 s)" in done.stderr
    assert "put the card on the reader" in done.stderr


def test_a_card_that_comes_while_waiting_is_used(monkeypatch):
    bench = BenchReader("Reader")
    install(monkeypatch, bench)
    looked = iter([False, False, True, True])
    monkeypatch.setattr(BenchReader, "card_present", lambda self: next(looked, True))

    def sleep(_seconds):
        bench.card = card_bench.card()

    monkeypatch.setattr(pcsc.time, "sleep", sleep)
    assert jpki("card", "info", "--wait", "5").exit_code == 0


def test_a_foreign_card_gets_no_pin(monkeypatch):
    foreign = specimens.card()
    for application in foreign.memory.applications:
        assert application
    monkeypatch.setattr("jpki.card.layout.JPKI_AID", bytes(10))
    install(monkeypatch, BenchReader("Reader", foreign))
    done = jpki("pin", "verify", "--pin", PIN)
    assert done.exit_code == 4
    assert "jpki card doctor" in done.stderr
