"""CMS signed data is read whole or refused, and what is written is read back."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import pem
from asn1crypto import tsp as _names  # noqa: F401  teaches asn1crypto signing-certificate-v2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpki.cms import DATA, assemble_detached, parse_signed_data, signed_attributes
from jpki.errors import MalformedSignature

AT = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
CONTENT = b"contract"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])
    return (
        x509.CertificateBuilder(name, name, key.public_key(), 77, AT, AT + timedelta(days=1))
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )


@pytest.fixture(scope="module")
def signature(key: rsa.RSAPrivateKey, certificate: bytes) -> bytes:
    attributes = signed_attributes(
        content_digest=hashlib.sha256(CONTENT).digest(), certificate=certificate, signing_time=AT
    )
    return assemble_detached(
        attributes=attributes,
        certificate=certificate,
        signature=key.sign(attributes, PKCS1v15(), SHA256()),
    )


def test_what_was_written_is_read_back(signature: bytes, certificate: bytes) -> None:
    signed = parse_signed_data(signature)
    (signer,) = signed.signers
    assert signed.content is None
    assert signed.content_type == DATA
    assert signed.certificates == (certificate,)
    assert signer.identifier.serial == 77
    assert signer.attributes is not None
    assert signer.attributes.message_digest == hashlib.sha256(CONTENT).digest()
    assert signer.attributes.signing_time == AT
    assert signer.attributes.certificate_digest == hashlib.sha256(certificate).digest()


def test_the_signed_bytes_are_what_the_key_signed(signature: bytes, key: rsa.RSAPrivateKey) -> None:
    (signer,) = parse_signed_data(signature).signers
    assert signer.attributes is not None
    key.public_key().verify(signer.signature, signer.attributes.signed_bytes, PKCS1v15(), SHA256())


def test_pem_is_read_like_der(signature: bytes) -> None:
    armoured = pem.armor("PKCS7", signature)
    assert parse_signed_data(armoured) == parse_signed_data(signature)


def test_signing_time_is_utctime_to_2049_and_generalizedtime_from_2050(certificate: bytes) -> None:
    def attributes(year: int) -> bytes:
        return signed_attributes(
            content_digest=bytes(32),
            certificate=certificate,
            signing_time=datetime(year, 1, 1, tzinfo=UTC),
        )

    assert b"\x17\x0d490101000000Z" in attributes(2049)  # tag 17: UTCTime, RFC 5652 §11.3
    assert b"\x18\x0f20500101000000Z" in attributes(2050)  # tag 18: GeneralizedTime


def test_a_naive_signing_time_is_refused(certificate: bytes) -> None:
    with pytest.raises(TypeError, match="time zone"):
        signed_attributes(
            content_digest=bytes(32),
            certificate=certificate,
            signing_time=datetime(2026, 1, 1),  # noqa: DTZ001  the point of the test
        )


def test_every_truncation_is_refused(signature: bytes) -> None:
    for length in range(len(signature)):
        with pytest.raises(MalformedSignature):
            parse_signed_data(signature[:length])


def test_a_trailing_byte_is_refused(signature: bytes) -> None:
    with pytest.raises(MalformedSignature):
        parse_signed_data(signature + b"\0")


@pytest.mark.parametrize("foreign", [b"", b"hello", b"%PDF-1.7\n", b"\x30\x00", b"\x30\x80" * 500])
def test_foreign_bytes_are_refused(foreign: bytes) -> None:
    with pytest.raises(MalformedSignature):
        parse_signed_data(foreign)


def _resigned(signature: bytes, attributes: list[asn1_cms.CMSAttribute]) -> bytes:
    info = asn1_cms.ContentInfo.load(signature)
    info["content"]["signer_infos"][0]["signed_attrs"] = asn1_cms.CMSAttributes(attributes)
    return bytes(info.dump(force=True))


@pytest.mark.parametrize("missing", ["content_type", "message_digest"])
def test_signed_attributes_without_a_mandatory_one_are_refused(
    signature: bytes, missing: str
) -> None:
    info = asn1_cms.ContentInfo.load(signature)
    kept = [
        attribute
        for attribute in info["content"]["signer_infos"][0]["signed_attrs"]
        if attribute["type"].native != missing
    ]
    with pytest.raises(MalformedSignature, match="lack"):
        parse_signed_data(_resigned(signature, kept))


def test_a_message_digest_given_twice_is_refused(signature: bytes) -> None:
    info = asn1_cms.ContentInfo.load(signature)
    attributes = list(info["content"]["signer_infos"][0]["signed_attrs"])
    attributes.append(asn1_cms.CMSAttribute({"type": "message_digest", "values": [bytes(32)]}))
    with pytest.raises(MalformedSignature, match="exactly once"):
        parse_signed_data(_resigned(signature, attributes))


def test_signed_attributes_out_of_der_order_are_refused(signature: bytes) -> None:
    (signer,) = parse_signed_data(signature).signers
    assert signer.attributes is not None
    ordered = signer.attributes.signed_bytes
    header, body = ordered[:3], ordered[3:]
    assert header[:2] == b"\x31\x81"
    first = 2 + body[1]
    swapped = body[first:] + body[:first]
    broken = signature.replace(body, swapped)
    assert broken != signature
    with pytest.raises(MalformedSignature, match="DER"):
        parse_signed_data(broken)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_raises_anything_but_our_error(signature: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(signature) - 1))
    value = data.draw(st.integers(0, 255))
    mutated = signature[:position] + bytes([value]) + signature[position + 1 :]
    with suppress(MalformedSignature):
        parse_signed_data(mutated)
