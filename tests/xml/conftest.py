"""The vectors' maker, which is also a signer, and a plain verdict on a claim."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.validation.claim import Severity, SignatureClaim

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


@pytest.fixture(scope="session")
def maker() -> Any:
    """Fixed keys and certificates, and the means to sign anything."""
    return maker_module().Maker()


@pytest.fixture(scope="session")
def make() -> Any:
    """The maker's module: templates and names."""
    return maker_module()


def maker_module() -> Any:
    name = "make_xml_vectors"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, VECTORS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def verdict_on() -> Callable[[SignatureClaim], tuple[str, str]]:
    return _verdict_on


def _verdict_on(claim: SignatureClaim) -> tuple[str, str]:
    """Judge a claim by itself, without any trust: what the numbered steps do on top is theirs."""
    for problem in claim.problems:
        if problem.severity is Severity.INVALID:
            return "invalid", problem.code
    if claim.digest_algorithm != "2.16.840.1.101.3.4.2.1":
        return "invalid", "structure.digest-algorithm"
    if claim.signature_algorithm != "1.2.840.113549.1.1.11":
        return "invalid", "structure.signature-algorithm"
    if not claim.certificates:
        return "invalid", "signer.absent"
    signer = _signer(claim)
    for reference in claim.references:
        if reference.digest != hashlib.sha256(signer).digest():
            return "invalid", "signer.other-certificate"
    if any(each.found not in (None, each.stated) for each in claim.content):
        return "invalid", "content.differs"
    key = x509.load_der_x509_certificate(signer).public_key()
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(claim.signature, claim.signed_digest, PKCS1v15(), Prehashed(SHA256()))
    except InvalidSignature:
        return "invalid", "signature.differs"
    for problem in claim.problems:
        return "indeterminate", problem.code
    if any(each.found is None for each in claim.content):
        return "indeterminate", "content.missing"
    return "valid", ""


def _signer(claim: SignatureClaim) -> bytes:
    if claim.identifier is None:
        (certificate,) = claim.certificates
        return certificate
    (found,) = [
        each
        for each in claim.certificates
        if x509.load_der_x509_certificate(each).serial_number == claim.identifier.serial
        and x509.load_der_x509_certificate(each).issuer.public_bytes() == claim.identifier.issuer
    ]
    return found
