"""The vectors' keys and files, loaded from beside this folder and made once a session."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from simulator.keys import SeededKeys

VECTORS_FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def _load(name: str) -> ModuleType:
    sys.path.insert(0, str(VECTORS_FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(VECTORS_FOLDER))


@pytest.fixture(scope="session")
def drafts() -> ModuleType:
    """The module that puts signatures together by hand."""
    return _load("pdf_drafts")


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    """The module with the vectors."""
    return _load("make_pdf_vectors")


@pytest.fixture(scope="session")
def keys(drafts: ModuleType) -> Any:
    """The simulated authority, the holder's certificate and key: a signer."""
    return drafts.Keys()


@pytest.fixture(scope="session")
def tsa(keys: Any) -> TimestampAuthority:
    """A timestamp authority of the tests' own, which stamps at a fixed time."""
    return TimestampAuthority()


class TimestampAuthority:
    """A root, a certificate for timestamps and a client of pyHanko's that answers with both."""

    AT = datetime(2026, 8, 1, 3, 0, 30, tzinfo=UTC)

    def __init__(self) -> None:
        seeded = SeededKeys("pdf timestamps")
        root_key, key = seeded.rsa("root"), seeded.rsa("authority")
        self.root = _certificate("Simulated TSA root", None, root_key, root_key, None)
        leaf = _certificate(
            "Simulated TSA", self.root, key, root_key, ExtendedKeyUsageOID.TIME_STAMPING
        )
        plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        certificates = SimpleCertificateStore()
        certificates.register(asn1_x509.Certificate.load(self.root))
        self.client = DummyTimeStamper(
            tsa_cert=asn1_x509.Certificate.load(leaf),
            tsa_key=asn1_keys.PrivateKeyInfo.load(plain),
            certs_to_embed=certificates,
            fixed_dt=self.AT,
        )

    def timestamp(self, digest: bytes) -> bytes:
        """Return a token over a SHA-256 digest, as signers ask for one."""
        request = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": digest,
                },
                "cert_req": True,
            }
        )
        return bytes(self.client.request_tsa_response(request)["time_stamp_token"].dump())


def _certificate(
    name: str,
    issuer: bytes | None,
    key: RSAPrivateKey,
    issuer_key: RSAPrivateKey,
    usage: ObjectIdentifier | None,
) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above = subject if issuer is None else x509.load_der_x509_certificate(issuer).subject
    builder = (
        x509.CertificateBuilder(above, subject, key.public_key(), 1 if issuer is None else 2)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return builder.sign(issuer_key, SHA256()).public_bytes(Encoding.DER)
