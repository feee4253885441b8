"""libxmlsec1 on the same files: where it answers otherwise, the reason is written down here."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
ROWS: dict[str, str] = {
    row["name"]: row["verdict"]
    for row in tomllib.loads((VECTORS / "xml.toml").read_text(encoding="utf-8"))["vector"]
}
# It checks the signature value and the digests with the key it is given; who may sign, and what a
# reader would take for signed, are not its questions.
_OTHER_QUESTION = "it asks nothing about certificates or XAdES"
_ALGORITHM = "it takes this algorithm"
_TRANSFORM = "it performs any transform it knows"
_STRUCTURE = "it does not look at what else stands in the document"
_LENIENT = "it is lenient about markup that changes nothing it computes"
ACCEPTED_BY_LIBXMLSEC1 = {
    "other-certificate": _OTHER_QUESTION,
    "same-key-two-certificates": _OTHER_QUESTION,
    "bare-key": _OTHER_QUESTION,
    "key-value-other": _OTHER_QUESTION,
    "key-elsewhere": _OTHER_QUESTION,
    "no-key": _OTHER_QUESTION,
    "properties-unsigned": _OTHER_QUESTION,
    "properties-of-another": _OTHER_QUESTION,
    "only-properties": _OTHER_QUESTION,
    "sha-1-digest": _ALGORITHM,
    "sha-1-signature": _ALGORITHM,
    "sha-512-signature": _ALGORITHM,
    "xpath": _TRANSFORM,
    "base-64": _TRANSFORM,
    "canonical-twice": _TRANSFORM,
    "transform-without-need": _TRANSFORM,
    "base-above": "it joins xml:base values, which is left undecided here",
    "comments-in-what-is-signed": "it leaves comments out; other programs do not",
    "manifest": _STRUCTURE,
    "twice-the-same-name": _STRUCTURE,
    "displaced": _STRUCTURE,
    "wrapped-2": _STRUCTURE,
    "wrapped-5": _STRUCTURE,
    "text-between": _LENIENT,
    "instruction-between": _LENIENT,
    "document-type": _LENIENT,
    "entities": _LENIENT,
    "outside-entity": _LENIENT,
    "version-1.1": _LENIENT,
}


def believed(data: bytes, certificate: bytes) -> bool:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return False
    xmlsec.tree.add_ids(root, ["Id", "ID"])
    nodes = list(root.iter("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    key = x509.load_der_x509_certificate(certificate).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for node in nodes:
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
        try:
            context.verify(node)
        except xmlsec.Error:
            return False
    return bool(nodes)


@pytest.mark.parametrize("name", ROWS)
def test_libxmlsec1_answers_alike_or_the_reason_is_known(maker: Any, name: str) -> None:
    accepted = believed((VECTORS / "xml" / f"{name}.xml").read_bytes(), maker.card)
    assert accepted == (ROWS[name] == "valid" or name in ACCEPTED_BY_LIBXMLSEC1)
