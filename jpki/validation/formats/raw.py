"""A bare RSASSA-PKCS1-v1_5 signature value with its certificate beside it, as a claim."""

from __future__ import annotations

from jpki.validation.claim import Problem, Severity, SignatureClaim, SignatureFormat

__all__ = ["raw_claim"]

_SHA256 = "2.16.840.1.101.3.4.2.1"
_SHA256_WITH_RSA = "1.2.840.113549.1.1.11"


def raw_claim(signature: bytes, *, certificate: bytes, digest: bytes | None) -> SignatureClaim:
    """Return the claim that ``signature`` was made over a SHA-256 ``digest``.

    Without a digest the content is missing, and the claim says so.
    """
    missing = Problem("content", "content.missing", severity=Severity.INDETERMINATE)
    return SignatureClaim(
        format=SignatureFormat.RAW,
        certificates=(certificate,),
        identifier=None,
        digest_algorithm=_SHA256,
        signature_algorithm=_SHA256_WITH_RSA,
        signed_digest=digest or b"",
        signature=signature,
        content=(),
        problems=() if digest is not None else (missing,),
    )
