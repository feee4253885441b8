"""CMS signatures (RFC 5652) as claims."""

from __future__ import annotations

import hashlib

from jpki.cms import SignedData, SignerInfo, parse_signed_data
from jpki.validation.claim import (
    CertificateReference,
    ContentDigest,
    Problem,
    Severity,
    SignatureClaim,
    SignatureFormat,
    SignedDocument,
    SignedPart,
)

__all__ = ["read_cms"]


def read_cms(
    data: bytes, *, content_sha256: bytes | None = None, source: str = "signature"
) -> SignedDocument:
    """Return a claim for every signer; raises ``MalformedSignature`` for what is no CMS."""
    signed = parse_signed_data(data, source=source)
    claims = tuple(_claim(signed, signer, content_sha256) for signer in signed.signers)
    return SignedDocument(SignatureFormat.CMS, claims)


def _claim(signed: SignedData, signer: SignerInfo, given: bytes | None) -> SignatureClaim:
    problems: list[Problem] = []
    inside = None if signed.content is None else hashlib.sha256(signed.content).digest()
    if None not in (inside, given) and inside != given:
        problems.append(Problem("content", "content.two"))
    found = inside if inside is not None else given
    attributes = signer.attributes
    if attributes is None and found is None:
        problems.append(Problem("content", "content.missing", severity=Severity.INDETERMINATE))
    if attributes is not None and attributes.content_type != signed.content_type:
        facts = {"signed": attributes.content_type, "stated": signed.content_type}
        problems.append(Problem("structure", "structure.content-type", facts))
    if attributes is None:
        signed_digest = found or b""
        content: tuple[ContentDigest, ...] = ()
        references: tuple[CertificateReference, ...] = ()
    else:
        signed_digest = hashlib.sha256(attributes.signed_bytes).digest()
        content = (ContentDigest(attributes.message_digest, found),)
        references = (
            ()
            if attributes.certificate_digest is None
            else (
                CertificateReference(
                    attributes.certificate_digest_algorithm or "", attributes.certificate_digest
                ),
            )
        )
    return SignatureClaim(
        format=SignatureFormat.CMS,
        certificates=signed.certificates,
        identifier=signer.identifier,
        digest_algorithm=signer.digest_algorithm,
        signature_algorithm=signer.signature_algorithm,
        signed_digest=signed_digest,
        signature=signer.signature,
        content=content,
        references=references,
        claimed_time=attributes.signing_time if attributes is not None else None,
        parts=() if signed.content is None else (SignedPart("content", signed.content),),
        problems=tuple(problems),
    )
