"""Archive timestamps (ETSI EN 319 122-1 §5.5): what they cover, and the bytes they are made over.

An archive timestamp covers the signature, the content and the evidence beside it, each piece of
evidence by its digest in an index. What is not in the index came later and is not proven by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from jpki.certificates import der
from jpki.cms.content import DigestedContent
from jpki.cms.identifiers import DIGESTS, SHA256
from jpki.cms.model import HashIndex, SignedData, SignerInfo
from jpki.cms.reading import parse_signed_data
from jpki.errors import MalformedSignature

__all__ = [
    "archive_imprint",
    "archive_imprints",
    "hash_index_of",
    "index_mismatches",
    "index_of_token",
]


def index_of_token(token: bytes, *, source: str = "archive timestamp") -> HashIndex:
    """Return the ats-hash-index among a token's unsigned attributes (EN 319 122-1 §5.5.2).

    Raises ``MalformedSignature`` when the token is no signed data by one signer or has no index.
    """
    signers = parse_signed_data(token, source=source).signers
    if len(signers) != 1 or signers[0].hash_index is None:
        raise MalformedSignature("an archive timestamp without ats-hash-index", source=source)
    return signers[0].hash_index


def hash_index_of(signed: SignedData, signer: SignerInfo, *, algorithm: str = SHA256) -> bytes:
    """Return the ats-hash-index-v3 over everything that is beside the signature now."""
    name = DIGESTS[algorithm]

    def digests(pieces: Iterator[bytes]) -> bytes:
        return der.sequence(
            *(der.octet_string(hashlib.new(name, piece).digest()) for piece in pieces)
        )

    return der.sequence(
        der.sequence(der.object_identifier(algorithm)),
        digests(iter(signed.certificate_choices)),
        digests(iter(signed.revocation_choices)),
        digests(_attribute_values(signer)),
    )


def _attribute_values(signer: SignerInfo) -> Iterator[bytes]:
    """Version 3 hashes the type with one value after another (EN 319 122-1 §5.5.2)."""
    for attribute in signer.unsigned:
        for value in attribute.values:
            yield attribute.type_encoded + value


def index_mismatches(signed: SignedData, signer: SignerInfo, index: HashIndex) -> int:
    """Return how many digests of the index stand for nothing that is in the file.

    None may: evidence that an archive timestamp covered has been taken away or changed.
    """
    name = DIGESTS.get(index.algorithm)
    if name is None:
        return len((*index.certificates, *index.revocation, *index.unsigned_attributes))
    attributes = (
        (attribute.encoded for attribute in signer.unsigned)
        if index.whole_attributes
        else _attribute_values(signer)
    )
    pairs = (
        (index.certificates, iter(signed.certificate_choices)),
        (index.revocation, iter(signed.revocation_choices)),
        (index.unsigned_attributes, iter(attributes)),
    )
    missing = 0
    for listed, present in pairs:
        there = {hashlib.new(name, piece).digest() for piece in present}
        missing += len(set(listed) - there)
    return missing


def archive_imprint(
    signed: SignedData, signer: SignerInfo, *, content_digest: bytes, index: bytes, algorithm: str
) -> bytes:
    """Return the message imprint of an archive-time-stamp-v3 (EN 319 122-1 §5.5.3).

    The content type, the content's digest, the signer's fields from version to signature, and the
    index, each as encoded.
    """
    digest = hashlib.new(DIGESTS[algorithm])
    for piece in (signed.content_type_encoded, content_digest, signer.through_signature, index):
        digest.update(piece)
    return digest.digest()


def archive_imprints(
    signed: SignedData, signer: SignerInfo, *, content: DigestedContent, index: HashIndex
) -> Mapping[str, bytes]:
    """Return the imprint that an archive timestamp must show, by its digest algorithm."""
    return {
        algorithm: archive_imprint(
            signed,
            signer,
            content_digest=content_digest,
            index=index.encoded,
            algorithm=algorithm,
        )
        for algorithm, content_digest in content.digests.items()
    }
