"""What others say of a night: OpenSSL and cryptography read every list, and take the signatures."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from simulator.agency.nightly import publish_night
from tests.nightly.conftest import KEYS, PLACES, Country

ON = date(2028, 8, 20)


@pytest.fixture(scope="module")
def night(country: Country, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("judged") / "night"
    publish_night(country.folder, out, on=ON, keys=KEYS)
    return out


def test_cryptography_reads_every_list(night: Path) -> None:
    told = json.loads((night / "manifest.json").read_text(encoding="utf-8"))
    roots = {
        (one["authority"], one["generation"]): x509.load_der_x509_certificate(
            (night / one["certificate"]).read_bytes()
        )
        for one in told["authorities"]
    }
    made = datetime.fromisoformat(told["made_at"])
    assert len(told["lists"]) == 3 * 2 * PLACES
    for row in told["lists"]:
        root = roots[row["authority"], row["generation"]]
        found = x509.load_der_x509_crl((night / row["file"]).read_bytes())
        key = root.public_key()
        assert isinstance(key, RSAPublicKey)
        assert found.is_signature_valid(key)
        assert found.issuer == root.subject
        assert found.last_update_utc == made
        assert found.next_update_utc == made + timedelta(hours=48)
        extensions = found.extensions
        number = extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        assert number == row["number"]
        point = extensions.get_extension_for_class(x509.IssuingDistributionPoint)
        assert point.critical
        assert point.value.full_name is not None
        (name,) = point.value.full_name
        (common,) = name.value.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        assert common.value == f"{row['name']} CRLDP"
        reasons = [
            one.extensions.get_extension_for_class(x509.CRLReason).value.reason for one in found
        ]
        assert len(reasons) == row["entries"]
        assert reasons.count(x509.ReasonFlags.certificate_hold) == row["held"]


@pytest.mark.system
def test_openssl_verifies_the_longest_list_of_each_authority(night: Path) -> None:
    program = shutil.which("openssl")
    assert program is not None
    told = json.loads((night / "manifest.json").read_text(encoding="utf-8"))
    verified = 0
    for one in told["authorities"]:
        whose = (one["authority"], one["generation"])
        rows = [r for r in told["lists"] if (r["authority"], r["generation"]) == whose]
        row = max(rows, key=lambda each: each["entries"])
        root = night / one["certificate"].replace(".cer", ".pem")
        command = [program, "crl", "-inform", "DER", "-in", str(night / row["file"]), "-text"]
        done = subprocess.run(
            [*command, "-verify", "-CAfile", str(root)],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        assert "verify OK" in done.stdout + done.stderr
        assert done.stdout.count("Serial Number:") == row["entries"]
        assert done.stdout.count("Certificate Hold") == row["held"]
        assert f"{row['name']} CRLDP" in done.stdout
        verified += row["entries"]
    assert len(told["authorities"]) == 6
    assert verified > 0
