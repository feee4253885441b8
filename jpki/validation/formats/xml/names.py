"""The names of XML-DSig and XAdES: namespaces, algorithms and what they mean here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "BASE64_LINE",
    "CANONICALIZATIONS",
    "DIGESTS",
    "DS",
    "DS11",
    "ENVELOPED",
    "EXC_C14N",
    "MANIFEST_TYPE",
    "SHA1",
    "SIGNATURES",
    "SIGNED_PROPERTIES_TYPE",
    "XADES",
    "XADES141",
    "XML",
    "Canonicalization",
    "Digest",
    "SignatureAlgorithm",
]

DS = "{http://www.w3.org/2000/09/xmldsig#}"
DS11 = "{http://www.w3.org/2009/xmldsig11#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
XADES141 = "{http://uri.etsi.org/01903/v1.4.1#}"
XML = "{http://www.w3.org/XML/1998/namespace}"
EXC_C14N = "{http://www.w3.org/2001/10/xml-exc-c14n#}"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
MANIFEST_TYPE = "http://www.w3.org/2000/09/xmldsig#Manifest"
SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
BASE64_LINE = 76


@dataclass(frozen=True, slots=True)
class Canonicalization:
    """One way to write XML as bytes. ``inherits`` are the ``xml:`` attributes taken from above.

    Canonical XML 1.0 §2.4 takes all of them, 1.1 §2.4 only lang and space (and joins base, which
    is refused here), the exclusive form none. ``None`` means all.
    """

    uri: str
    exclusive: bool = False
    comments: bool = False
    inherits: frozenset[str] | None = frozenset()
    joins_base: bool = False


def _family(uri: str, comments_uri: str, like: Canonicalization) -> dict[str, Canonicalization]:
    rest = (like.inherits, like.joins_base)
    return {
        uri: Canonicalization(uri, like.exclusive, False, *rest),
        comments_uri: Canonicalization(comments_uri, like.exclusive, True, *rest),
    }


_C14N_10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_TAKEN_BY_11 = frozenset({XML + "lang", XML + "space"})
CANONICALIZATIONS: Mapping[str, Canonicalization] = {
    **_family(_C14N_10, _C14N_10 + "#WithComments", Canonicalization("", inherits=None)),
    **_family(
        _C14N_11,
        _C14N_11 + "#WithComments",
        Canonicalization("", inherits=_TAKEN_BY_11, joins_base=True),
    ),
    **_family(_EXCLUSIVE, _EXCLUSIVE + "WithComments", Canonicalization("", exclusive=True)),
}


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest algorithm: its dotted identifier and its name in ``hashlib``."""

    oid: str
    name: str

    def of(self, data: bytes) -> bytes:
        """Return the digest of ``data``."""
        return hashlib.new(self.name, data, usedforsecurity=False).digest()


SHA1 = Digest("1.3.14.3.2.26", "sha1")
_SHA256 = Digest("2.16.840.1.101.3.4.2.1", "sha256")
_SHA384 = Digest("2.16.840.1.101.3.4.2.2", "sha384")
_SHA512 = Digest("2.16.840.1.101.3.4.2.3", "sha512")
DIGESTS: Mapping[str, Digest] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": SHA1,
    "http://www.w3.org/2001/04/xmlenc#sha256": _SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": _SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": _SHA512,
}


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm with its dotted identifier and its digest."""

    oid: str
    digest: Digest


# Which of them may be relied on is not decided here; an algorithm outside this table (a MAC, say)
# cannot even be put to the steps.
SIGNATURES: Mapping[str, SignatureAlgorithm] = {
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1": SignatureAlgorithm("1.2.840.113549.1.1.5", SHA1),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": SignatureAlgorithm(
        "1.2.840.113549.1.1.11", _SHA256
    ),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": SignatureAlgorithm(
        "1.2.840.113549.1.1.12", _SHA384
    ),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": SignatureAlgorithm(
        "1.2.840.113549.1.1.13", _SHA512
    ),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": SignatureAlgorithm(
        "1.2.840.10045.4.3.2", _SHA256
    ),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": SignatureAlgorithm(
        "1.2.840.10045.4.3.3", _SHA384
    ),
    "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1": SignatureAlgorithm(
        "1.2.840.113549.1.1.10", _SHA256
    ),
}
