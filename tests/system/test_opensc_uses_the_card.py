"""Unmodified OpenSC takes the software card for a card, and OpenSSL believes its signatures."""

import hashlib

import pytest

from jpki.card.apdu import Ins
from jpki.terms import Purpose
from tests.card import specimens
from tests.system.bench import run

KEYS = {
    Purpose.USER_AUTHENTICATION: ("01", "1234", "JPKI (User Authentication PIN)"),
    Purpose.SIGNATURE: ("02", "ABC123", "JPKI (Digital Signature PIN)"),
}


def _certificate(purpose):
    return specimens.certificate(purpose.value, f"{purpose.value} authority")


def _openssl_believes(tmp_path, purpose, signature, data):
    (tmp_path / "certificate.der").write_bytes(_certificate(purpose))
    public = run("openssl", "x509", "-inform", "DER", "-noout", "-pubkey", "-in",
                 str(tmp_path / "certificate.der"))  # fmt: skip
    (tmp_path / "public.pem").write_text(public.stdout)
    (tmp_path / "signed").write_bytes(data)
    checked = run("openssl", "dgst", "-sha256", "-verify", str(tmp_path / "public.pem"),
                  "-signature", str(signature), str(tmp_path / "signed"))  # fmt: skip
    assert checked.stdout.strip() == "Verified OK", checked.stderr


def test_opensc_recognises_a_jpki_card(card):
    assert run("opensc-tool", "--name").stdout.strip() == "jpki"


def test_opensc_sees_two_slots_with_the_card_in_the_first(card):
    listed = run("opensc-tool", "--list-readers").stdout
    rows = [line.split() for line in listed.splitlines() if "Virtual PCD" in line]
    assert [row[:2] for row in rows] == [["0", "Yes"], ["1", "No"]]


def test_opensc_sees_the_atr_of_the_card(card):
    shown = run("opensc-tool", "--atr").stdout.strip()
    assert bytes.fromhex(shown.replace(":", "")) == card.atr


def test_opensc_binds_and_lists_everything(card):
    dump = run("pkcs15-tool", "--dump")
    assert dump.returncode == 0, dump.stderr
    for title in (
        "User Authentication PIN",
        "Digital Signature PIN",
        "User Authentication Certificate",
        "Digital Signature Certificate",
        "User Authentication Certificate CA",
        "Digital Signature Certificate CA",
    ):
        assert title in dump.stdout


def _tries():
    listed = run("pkcs15-tool", "--list-pins")
    assert listed.returncode == 0, listed.stderr
    return [int(row.split(":")[1]) for row in listed.stdout.splitlines() if "Tries left" in row]


def test_opensc_shows_three_and_five_tries(card):
    assert _tries() == [3, 5]


def test_opensc_reads_the_authentication_certificate_without_a_pin(card, tmp_path):
    pem = tmp_path / "certificate.pem"
    read = run("pkcs15-tool", "--read-certificate", "01", "--output", str(pem))
    assert read.returncode == 0, read.stderr
    der = tmp_path / "certificate.der"
    run("openssl", "x509", "-in", str(pem), "-outform", "DER", "-out", str(der))
    assert der.read_bytes() == _certificate(Purpose.USER_AUTHENTICATION)


def test_opensc_reads_the_signature_certificate_only_with_the_password(card, tmp_path):
    refused = run("pkcs15-tool", "--read-certificate", "02")
    assert refused.returncode != 0
    assert "BEGIN CERTIFICATE" not in refused.stdout
    pem, der = tmp_path / "certificate.pem", tmp_path / "certificate.der"
    read = run("pkcs15-tool", "--auth-id", "02", "--verify-pin", "--pin", "ABC123",
               "--read-certificate", "02", "--output", str(pem))  # fmt: skip
    assert read.returncode == 0, read.stderr
    run("openssl", "x509", "-in", str(pem), "-outform", "DER", "-out", str(der))
    assert der.read_bytes() == _certificate(Purpose.SIGNATURE)


def _verify(pin):
    return run("pkcs15-tool", "--auth-id", "01", "--verify-pin", "--pin", pin, "--list-pins")


def test_wrong_pins_count_down_in_opensc_until_the_pin_is_blocked(card):
    counted = []
    for _ in range(3):
        assert _verify("1111").returncode != 0
        counted.append(_tries()[0])
    assert counted == [2, 1, 0]
    assert _verify("1234").returncode != 0
    assert _tries() == [0, 5]


def test_a_right_pin_gives_the_tries_back_in_opensc(card):
    _verify("1111")
    assert _verify("1234").returncode == 0
    assert _tries() == [3, 5]


@pytest.mark.parametrize("purpose", Purpose)
def test_pkcs15_crypt_signs_with_each_key(card, tmp_path, purpose):
    key, pin, _ = KEYS[purpose]
    data = b"a text to sign"
    digest, signature = tmp_path / "digest", tmp_path / "signature"
    digest.write_bytes(hashlib.sha256(data).digest())
    signed = run("pkcs15-crypt", "--sign", "--key", key, "--sha-256", "--pkcs1", "--pin", pin,
                 "--raw", "--input", str(digest), "--output", str(signature))  # fmt: skip
    assert signed.returncode == 0, signed.stderr
    _openssl_believes(tmp_path, purpose, signature, data)


@pytest.mark.parametrize("purpose", Purpose)
def test_pkcs11_tool_signs_with_each_key(card, tmp_path, purpose):
    key, pin, token = KEYS[purpose]
    data = b"a text to sign"
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_bytes(data)
    signed = run("pkcs11-tool", "--sign", "--id", key, "--mechanism", "SHA256-RSA-PKCS",
                 "--login", "--pin", pin, "--token-label", token,
                 "--input-file", str(message), "--output-file", str(signature))  # fmt: skip
    assert signed.returncode == 0, signed.stderr
    _openssl_believes(tmp_path, purpose, signature, data)


def test_pkcs11_tool_passes_its_own_tests(card):
    tested = run("pkcs11-tool", "--test", "--login", "--pin", "1234", "--token-label",
                 "JPKI (User Authentication PIN)")  # fmt: skip
    assert tested.returncode == 0, tested.stderr
    assert "No errors" in tested.stdout


def test_no_pin_no_signature_in_opensc(card, tmp_path):
    digest, signature = tmp_path / "digest", tmp_path / "signature"
    digest.write_bytes(bytes(32))
    signed = run("pkcs15-crypt", "--sign", "--key", "01", "--sha-256", "--pkcs1", "--pin", "1111",
                 "--raw", "--input", str(digest), "--output", str(signature))  # fmt: skip
    assert signed.returncode != 0
    assert not signature.exists()
    assert _tries() == [2, 5]


def test_a_card_pulled_out_under_opensc_ends_the_tool(card):
    card.remove_during(Ins.READ_BINARY)
    read = run("pkcs15-tool", "--read-certificate", "01")
    assert read.returncode != 0
    assert "BEGIN CERTIFICATE" not in read.stdout
