"""RSA PKCS#1 v1.5 signatures of Project Wycheproof, strict and with the one leniency."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from jpki.rsa_pkcs1 import signature_matches
from tests.conformance.suites import SUITES

FILES = {
    "rsa_sig_gen_misc_test.json": 158,
    "rsa_signature_2048_sha256_test.json": 240,
    "rsa_signature_2048_sha384_test.json": 252,
    "rsa_signature_2048_sha512_test.json": 240,
    "rsa_signature_3072_sha256_test.json": 239,
    "rsa_signature_3072_sha384_test.json": 239,
    "rsa_signature_3072_sha512_test.json": 240,
    "rsa_signature_4096_sha384_test.json": 239,
    "rsa_signature_4096_sha512_test.json": 239,
    "rsa_signature_test.json": 377,
}
OIDS = {
    "SHA-256": "2.16.840.1.101.3.4.2.1",
    "SHA-384": "2.16.840.1.101.3.4.2.2",
    "SHA-512": "2.16.840.1.101.3.4.2.3",
}


@dataclass(frozen=True)
class Case:
    number: int
    flags: frozenset[str]
    result: str
    sha: str
    key: RSAPublicKey
    message: bytes
    value: bytes

    def matches(self, *, lenient: bool = False) -> bool:
        oid = OIDS.get(self.sha, "1.3.14.3.2.26")
        name = self.sha.replace("-", "").lower()
        digest = hashlib.new(name, self.message).digest()
        return signature_matches(self.key, self.value, digest, algorithm=oid, lenient=lenient)


def cases(file: str) -> Iterator[Case]:
    folder = SUITES / "wycheproof"
    if not folder.is_dir():
        pytest.skip("the conformance suite wycheproof (shared/data/conformance) is absent")
    for group in json.loads((folder / file).read_text(encoding="utf-8"))["testGroups"]:
        key = load_der_public_key(bytes.fromhex(group["keyDer"]))
        assert isinstance(key, RSAPublicKey)
        for test in group["tests"]:
            yield Case(
                test["tcId"],
                frozenset(test["flags"]),
                test["result"],
                group["sha"],
                key,
                bytes.fromhex(test["msg"]),
                bytes.fromhex(test["sig"]),
            )


@pytest.mark.parametrize("file", FILES)
def test_every_case_matches(file: str, counted: Callable[..., None]) -> None:
    found = list(cases(file))
    assert len(found) == FILES[file]
    sure = [case for case in found if case.result != "acceptable"]
    jpkis = [case for case in sure if case.sha in OIDS]
    wrong = [case.number for case in jpkis if case.matches() is not (case.result == "valid")]
    counted("Wycheproof RSA PKCS#1 v1.5", core=len(jpkis), other_digests=len(sure) - len(jpkis))
    assert wrong == []


@pytest.mark.parametrize("file", FILES)
def test_the_leniency_takes_the_digest_info_without_null_and_nothing_else(file: str) -> None:
    for case in cases(file):
        if case.sha not in OIDS:
            continue
        differs = case.matches(lenient=True) is not case.matches()
        assert differs is ("MissingNull" in case.flags and case.result == "acceptable"), case.number


@pytest.mark.parametrize("file", FILES)
def test_a_digest_of_another_algorithm_never_matches(file: str) -> None:
    for case in cases(file):
        if case.sha not in OIDS:
            assert not case.matches(lenient=True), case.number


@pytest.mark.parametrize("file", FILES)
def test_acceptable_cases_are_counted(file: str, counted: Callable[..., None]) -> None:
    doubtful = [case for case in cases(file) if case.result == "acceptable"]
    taken = sum(case.matches() for case in doubtful)
    counted("Wycheproof RSA PKCS#1 v1.5", acceptable=len(doubtful), acceptable_taken=taken)
    assert not any(case.matches() for case in doubtful if "MissingNull" in case.flags)
