"""OpenSSL, which knows nothing of us, agrees about the demonstration's artefacts."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from jpki.jst import at_time
from simulator.demo import play
from tests.system import bench

BEFORE = str(int(at_time(date(2026, 8, 3), time(12, 0)).timestamp()))
AFTER = str(int(at_time(date(2026, 8, 5), time(12, 0)).timestamp()))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return play(tmp_path_factory.mktemp("judged") / "demo", seed="judged", tell=lambda _: None)


def openssl(*command: str) -> tuple[int, str]:
    done = bench.run("openssl", *command, environment={"LC_ALL": "C"})
    return done.returncode, done.stdout + done.stderr


def root(demo: Path, purpose: str) -> Path:
    return demo / "roots" / f"{purpose}-ca.cer"


def signed(demo: Path, *, at: str, lists: str, content: str = "contract.txt") -> tuple[int, str]:
    return openssl(
        *("cms", "-verify", "-inform", "DER", "-in", str(demo / "contract.txt.p7s")),
        *("-content", str(demo / content), "-binary", "-out", "/dev/null"),
        *("-CAfile", str(pem(demo, "signature", lists)), "-purpose", "any"),
        *("-crl_check", "-extended_crl", "-attime", at),
    )


def pem(demo: Path, purpose: str, lists: str) -> Path:
    """OpenSSL takes roots and lists from one PEM file here."""
    out = demo.parent / f"{purpose}-{lists}.pem"
    found = next((demo / "lists" / lists).glob(f"{_LISTED[purpose]}-*.crl"))
    _, root_pem = openssl("x509", "-inform", "DER", "-in", str(root(demo, purpose)))
    _, list_pem = openssl("crl", "-inform", "DER", "-in", str(found))
    out.write_text(root_pem + list_pem)
    return out


_LISTED = {"signature": "signature", "user-authentication": "authentication"}


def test_it_accepts_the_signature_before_the_move(demo: Path) -> None:
    status, said = signed(demo, at=BEFORE, lists="before")
    assert (status, "successful" in said) == (0, True), said


def test_it_refuses_the_signature_after_the_move_because_it_is_revoked(demo: Path) -> None:
    status, said = signed(demo, at=AFTER, lists="after")
    assert status != 0
    assert "certificate revoked" in said


def test_it_refuses_other_content(demo: Path) -> None:
    status, said = signed(demo, at=BEFORE, lists="before", content="why.txt")
    assert status != 0
    assert "digest" in said or "verification failure" in said


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("card-signature", "signature"),
        ("mobile-signature", "signature"),
        ("card-authentication", "user-authentication"),
        ("mobile-authentication", "user-authentication"),
    ],
)
@pytest.mark.parametrize("lists", ["before", "after"])
def test_it_says_the_same_of_each_certificate(
    demo: Path, name: str, purpose: str, lists: str
) -> None:
    status, said = openssl(
        *("verify", "-x509_strict", "-crl_check", "-extended_crl"),
        *("-attime", BEFORE if lists == "before" else AFTER),
        *("-CAfile", str(pem(demo, purpose, lists))),
        str(demo / "certificates" / f"{name}.cer"),
    )
    falls = lists == "after" and purpose == "signature"
    assert (status == 0) is not falls, said
    assert ("certificate revoked" in said) is falls


@pytest.mark.parametrize("purpose", ["signature", "user-authentication"])
@pytest.mark.parametrize("lists", ["before", "after"])
def test_it_verifies_each_list_and_reads_reason_and_time(
    demo: Path, purpose: str, lists: str
) -> None:
    found = next((demo / "lists" / lists).glob(f"{_LISTED[purpose]}-*.crl"))
    status, said = openssl(
        *("crl", "-inform", "DER", "-in", str(found), "-noout", "-text"),
        *("-CAfile", str(pem(demo, purpose, lists)), "-verify"),
    )
    assert status == 0
    assert "verify OK" in said
    assert "Issuing Distribution Point: critical" in said
    if (purpose, lists) == ("signature", "after"):
        assert said.count("Affiliation Changed") == 2
        assert said.count("Revocation Date: Aug  3 18:00:00 2026 GMT") == 2
    else:
        assert "No Revoked Certificates." in said
