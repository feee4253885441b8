"""OpenSSL as the outside judge of what the simulated authority issues and publishes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki.certificates.attributes import BasicAttributes
from jpki.revocation.revocation_list import RevokedEntry
from jpki.terms import CertificateKind, Hierarchy, Purpose
from simulator.agency.issue import (
    Issuance,
    issue_authentication_certificate,
    issue_signature_certificate,
)
from simulator.agency.publish import Edition, build_revocation_list
from simulator.municipalities import municipality
from tests.agency.conftest import Authorities

pytestmark = pytest.mark.system

ISSUED = datetime(2024, 5, 9, 16, 1, 40, tzinfo=UTC)
PUBLISHED = datetime(2025, 4, 1, 19, 0, 0, tzinfo=UTC)
AT = str(int(datetime(2025, 4, 2, tzinfo=UTC).timestamp()))
SERIAL = 0x06800001


def openssl(*arguments: str | Path, ok: bool = True) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def issued(
    tmp_path_factory: pytest.TempPathFactory,
    authorities: Authorities,
    attributes: BasicAttributes,
    holder_key: RSAPublicKey,
) -> Path:
    """A folder with the four kinds, their authorities and a list for each purpose."""
    folder = tmp_path_factory.mktemp("issued")
    place = municipality("01106")
    for purpose in Purpose:
        authority = authorities[Hierarchy.SIMULATED, purpose]
        (folder / f"{purpose}.der").write_bytes(authority.certificate.der)
        openssl("x509", "-inform", "DER", "-in", folder / f"{purpose}.der",
                "-out", folder / f"{purpose}.pem")  # fmt: skip
        for name, entries in (("empty", {}), ("listed", {SERIAL: RevokedEntry(PUBLISHED, 6)})):
            data = build_revocation_list(
                authority, entries, edition=Edition.daily(17, PUBLISHED), municipality=place
            )
            (folder / f"{purpose}-{name}.crl").write_bytes(data)
    issuance = Issuance(
        CertificateKind.CARD_SIGNATURE, SERIAL, "1" * 28, holder_key, place, ISSUED,
        date(2029, 2, 17),
    )  # fmt: skip
    for kind in CertificateKind:
        authority = authorities[Hierarchy.SIMULATED, kind.purpose]
        asked = replace(issuance, kind=kind)
        if kind.purpose is Purpose.SIGNATURE:
            data = issue_signature_certificate(authority, asked, attributes=attributes)
        else:
            data = issue_authentication_certificate(authority, asked)
        (folder / f"{kind}.der").write_bytes(data)
        openssl("x509", "-inform", "DER", "-in", folder / f"{kind}.der",
                "-out", folder / f"{kind}.pem")  # fmt: skip
    return folder


COMMON = [
    "Version: 3 (0x2)",
    "Serial Number: 109051905 (0x6800001)",
    "Signature Algorithm: sha256WithRSAEncryption",
    "Not Before: May  9 16:01:40 2024 GMT",
    "Not After : Feb 17 14:59:59 2029 GMT",
    "Public-Key: (2048 bit)",
    "Exponent: 65537 (0x10001)",
    "CPS: http://www.jpki.go.jp/cps.html",
    "OU = CRL Distribution Points, OU = Hokkaido, CN = Sapporo-shi-Minami-ku CRLDP",
    "serial:06:7C:6A:21",
    "X509v3 Key Usage: critical",
    "X509v3 Certificate Policies: critical",
]
SIGNS = [
    "Issuer: C = JP, O = JPKI-SIM, OU = JPKI for digital signature, "
    "OU = Japan Agency for Local Authority Information Systems",
    "Subject: C = JP, L = Hokkaido, L = Sapporo-shi-Minami-ku, CN = 1111111111111111111111111111",
    "Digital Signature, Non Repudiation",
    "othername: 1.2.392.200149.8.5.5.1::模擬　太郎, othername: 1.2.392.200149.8.5.5.4::319800217, "
    "othername: 1.2.392.200149.8.5.5.3::1, othername: 1.2.392.200149.8.5.5.5::",
]
AUTHENTICATES = [
    "Issuer: C = JP, O = JPKI-SIM, OU = JPKI for user authentication, "
    "OU = Japan Agency for Local Authority Information Systems",
    "TLS Web Client Authentication",
    "OCSP - URI:http://ocspauthnorm.jpki.go.jp",
]


@pytest.mark.parametrize(
    ("kind", "policy", "lines"),
    [
        (CertificateKind.CARD_SIGNATURE, "1.20", SIGNS),
        (CertificateKind.MOBILE_SIGNATURE, "1.40", SIGNS),
        (CertificateKind.CARD_AUTHENTICATION, "3.30", AUTHENTICATES),
        (CertificateKind.MOBILE_AUTHENTICATION, "3.50", AUTHENTICATES),
    ],
)
def test_openssl_reads_every_field_as_the_profile_has_it(
    kind: CertificateKind, policy: str, lines: list[str], issued: Path
) -> None:
    text = openssl("x509", "-inform", "DER", "-in", issued / f"{kind}.der", "-noout", "-text",
                   "-nameopt", "oneline,utf8,-esc_msb,-esc_ctrl")  # fmt: skip
    missing = [line for line in [*COMMON, *lines] if line not in text]
    assert missing == []
    assert f"Policy: 1.2.392.200149.8.5.1.{policy}\n" in text
    assert ("Subject Alternative Name" in text) == (lines is SIGNS)
    assert ("Authority Information Access" in text) == (lines is AUTHENTICATES)
    assert "Basic Constraints" not in text


@pytest.mark.parametrize("kind", CertificateKind)
def test_openssl_sees_the_string_types_of_the_profile(kind: CertificateKind, issued: Path) -> None:
    printed = openssl("asn1parse", "-inform", "DER", "-in", issued / f"{kind}.der")
    strings = [line.split("prim:")[1].split()[0] for line in printed.splitlines()
               if "STRING" in line and "prim:" in line]  # fmt: skip
    names = [one for one in strings if one in ("PRINTABLESTRING", "UTF8STRING", "T61STRING")]
    subject = 4 if kind.purpose is Purpose.SIGNATURE else 2
    # Four attributes of the issuer and those of the subject: the country first in both.
    assert names == [
        *["PRINTABLESTRING", "UTF8STRING", "UTF8STRING", "UTF8STRING"],
        *["PRINTABLESTRING", *["UTF8STRING"] * (subject - 1)],
    ]
    assert printed.count("UTCTIME") == 2


@pytest.mark.parametrize("kind", CertificateKind)
def test_openssl_follows_the_path_to_the_authority_of_the_purpose_only(
    kind: CertificateKind, issued: Path
) -> None:
    leaf = issued / f"{kind}.pem"
    other = next(one for one in Purpose if one is not kind.purpose)
    root, wrong = issued / f"{kind.purpose}.pem", issued / f"{other}.pem"
    common = ("verify", "-x509_strict", "-attime", AT)
    assert "OK" in openssl(*common, "-CAfile", root, leaf)
    openssl(*common, "-CAfile", wrong, leaf, ok=False)


@pytest.mark.parametrize("purpose", Purpose)
def test_openssl_believes_the_list_and_finds_the_held_certificate(
    purpose: Purpose, issued: Path
) -> None:
    root, listed = issued / f"{purpose}.pem", issued / f"{purpose}-listed.crl"
    text = openssl("crl", "-inform", "DER", "-in", listed, "-noout", "-text", "-CAfile", root)
    for line in (
        "verify OK",
        "Version 2 (0x1)",
        "Serial Number: 06800001",
        "Revocation Date: Apr  1 19:00:00 2025 GMT",
        "Certificate Hold",
        "Next Update: Apr  3 19:00:00 2025 GMT",
        "X509v3 Issuing Distribution Point: critical",
        "CN = Sapporo-shi-Minami-ku CRLDP",
    ):
        assert line in text
    assert "X509v3 CRL Number: \n                17" in text


@pytest.mark.parametrize("purpose", Purpose)
def test_openssl_checks_a_certificate_against_the_list_under_its_distribution_point(
    purpose: Purpose, issued: Path
) -> None:
    leaf = issued / f"card_{purpose.removeprefix('user_')}.pem"
    checked = ("verify", "-attime", AT, "-crl_check", "-extended_crl",
               "-CAfile", issued / f"{purpose}.pem")  # fmt: skip
    assert "OK" in openssl(*checked, "-CRLfile", issued / f"{purpose}-empty.crl", leaf)
    refused = openssl(*checked, "-CRLfile", issued / f"{purpose}-listed.crl", leaf, ok=False)
    assert "certificate revoked" in refused
