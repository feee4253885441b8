"""A bare RSASSA-PKCS1-v1_5 signature value with its certificate beside it, as a claim.

It is what the card gives, and what platform interfaces pass on: no attributes, no time, no name.
"""

from __future__ import annotations

from jpki.cms import SHA256, Content, DigestedContent, digest_content
from jpki.validation.claim import (
    ContentDigest,
    Problem,
    Severity,
    SignatureClaim,
    SignatureFormat,
    SignedDocument,
)

__all__ = ["raw_claim", "read_raw"]

_SHA256_WITH_RSA = "1.2.840.113549.1.1.11"


def read_raw(
    signature: bytes,
    *,
    certificate: bytes,
    content: Content | DigestedContent | None = None,
    digest: bytes | None = None,
) -> SignedDocument:
    """Return the claim that ``signature`` was made over ``content``, or over its SHA-256.

    ``certificate`` is DER. Content that reads as the signed attributes of a CMS signature is a
    problem: the value of such a signature would pass for one over it. From a digest alone that
    cannot be seen, so give the content where there is any. Giving both is fine when they agree.
    """
    claim = raw_claim(signature, certificate=certificate, digest=digest, content=content)
    return SignedDocument(SignatureFormat.RAW, (claim,))


def raw_claim(
    signature: bytes,
    *,
    certificate: bytes,
    digest: bytes | None = None,
    content: Content | DigestedContent | None = None,
) -> SignatureClaim:
    """Return the claim of :func:`read_raw` by itself."""
    read = None if content is None else digest_content(content, algorithms=(SHA256,))
    found = digest if read is None else read.digests[SHA256]
    problems: list[Problem] = []
    if found is None:
        problems.append(Problem("content", "content.missing", severity=Severity.INDETERMINATE))
    elif digest is not None and digest != found:
        facts = {"found": found.hex(), "signed": digest.hex()}
        problems.append(Problem("content", "content.differs", facts))
    if read is not None and read.reads_as_attributes:
        problems.append(Problem("content", "content.reads-as-attributes"))
    return SignatureClaim(
        format=SignatureFormat.RAW,
        certificates=(certificate,),
        identifier=None,
        digest_algorithm=SHA256,
        signature_algorithm=_SHA256_WITH_RSA,
        signed_digest=found or b"",
        signature=signature,
        content=(ContentDigest(found or b"", found),),
        problems=tuple(problems),
    )
