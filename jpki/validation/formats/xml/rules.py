"""What a reader of XML signatures takes, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["XmlRules"]


@dataclass(frozen=True, slots=True)
class XmlRules:
    """Limits, which bound memory and time, and the choices that are not settled by a standard.

    ``max_work`` bounds all bytes that are parsed again or canonicalised for one document, because
    a small document can ask for large ones (namespaces repeated, many references to the whole).
    ``max_references`` also holds for certificate references and timestamps in XAdES properties.

    ``allow_sha1`` computes SHA-1 digests and signatures instead of refusing them by name; whether
    such a signature may be relied on is still decided by the numbered steps.
    ``allow_displaced`` takes a signed element that stands anywhere in the document. Without it the
    element must stand beside the signature or an ancestor of it, as it does in filings, because a
    signed element put away elsewhere is how signatures are wrapped around other content.
    ``plus_means_space`` reads ``+`` in a file reference as a space, as some signers of e-Gov
    filings write one; by RFC 3986 it is a plus.
    """

    max_bytes: int = 32 << 20
    max_work: int = 256 << 20
    max_elements: int = 200_000
    max_depth: int = 200
    max_attributes: int = 256
    max_namespaces: int = 128
    max_signatures: int = 16
    max_references: int = 128
    max_certificates: int = 32
    allow_sha1: bool = False
    allow_displaced: bool = False
    plus_means_space: bool = False
