"""The certificates in KeyInfo, and which of them made the signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from jpki.cms import SignerIdentifier
from jpki.validation.claim import Problem
from jpki.validation.formats.xml.document import Document, Element
from jpki.validation.formats.xml.markup import children, local, octets
from jpki.validation.formats.xml.names import DS
from jpki.validation.formats.xml.signed_info import problem

__all__ = ["KeyMaterial", "identifier_of", "made_by", "read_key_info"]

_HASHES: Mapping[str, type[HashAlgorithm]] = {
    "1.2.840.113549.1.1.5": SHA1,
    "1.2.840.113549.1.1.11": SHA256,
    "1.2.840.113549.1.1.12": SHA384,
    "1.2.840.113549.1.1.13": SHA512,
}


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """What came in KeyInfo: DER certificates without repeats, lists, and what was wrong."""

    certificates: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...]
    problems: tuple[Problem, ...]


def read_key_info(document: Document, key_info: Element | None) -> KeyMaterial:
    """Return the material of a KeyInfo element.

    A certificate is the only key that is taken. A bare key may stand beside it when it is the same
    key; a reference to keys elsewhere (RetrievalMethod) is refused, because it could be answered
    differently for every reader.
    """
    certificates: list[bytes] = []
    lists: list[bytes] = []
    keys: list[Element] = []
    problems: list[Problem] = []
    for child in [] if key_info is None else children(document, key_info):
        if child.tag == DS + "X509Data":
            for item in children(document, child):
                if item.tag == DS + "X509Certificate":
                    certificates.append(octets(document, item))
                elif item.tag == DS + "X509CRL":
                    lists.append(octets(document, item))
        elif child.tag == DS + "KeyValue":
            keys.append(child)
        elif child.tag != DS + "KeyName":
            problems.append(problem("structure.xml-key-info", element=local(child)))
    unique = tuple(dict.fromkeys(certificates))
    if len(unique) > document.rules.max_certificates:
        # Each of them costs a try with its key, whatever key that is.
        raise document.refuse(f"more than {document.rules.max_certificates} certificates", key_info)
    if any(not _same_key(document, key, unique) for key in keys):
        problems.append(problem("structure.xml-key-value"))
    return KeyMaterial(unique, tuple(lists), tuple(problems))


def identifier_of(certificate: bytes) -> SignerIdentifier | None:
    """Return issuer and serial of a DER certificate, or ``None`` when it is none."""
    try:
        parsed = asn1_x509.Certificate.load(certificate, strict=True)
        return SignerIdentifier(issuer=parsed.issuer.dump(), serial=parsed.serial_number)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def made_by(certificate: bytes, signature: bytes, digest: bytes, algorithm: str) -> bool:
    """Say whether the key of ``certificate`` made an RSASSA-PKCS1-v1_5 value over ``digest``."""
    key, hashed = _rsa_key(certificate), _HASHES.get(algorithm)
    if key is None or hashed is None:
        return False
    try:
        key.verify(signature, digest, PKCS1v15(), Prehashed(hashed()))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _rsa_key(certificate: bytes) -> RSAPublicKey | None:
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _same_key(document: Document, key_value: Element, certificates: tuple[bytes, ...]) -> bool:
    found = children(document, key_value)
    if len(found) != 1 or found[0].tag != DS + "RSAKeyValue":
        return False
    parts = {child.tag: octets(document, child) for child in children(document, found[0])}
    stated = tuple(int.from_bytes(parts.get(DS + name, b"")) for name in ("Modulus", "Exponent"))
    for certificate in certificates:
        key = _rsa_key(certificate)
        if key is not None and (key.public_numbers().n, key.public_numbers().e) == stated:
            return True
    return False
