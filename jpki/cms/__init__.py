"""CMS signed data (RFC 5652), made and read: the shape in which JPKI signatures travel.

Reading is strict. One value is returned, complete, or ``MalformedSignature`` is raised. Whether a
signature is good is decided by the numbered steps of :mod:`jpki.validation`; :func:`integrity`
answers the smaller question whether it is whole, and says nothing of who signed.
"""

from jpki.cms.archive import (
    archive_imprint,
    archive_imprints,
    hash_index_of,
    index_mismatches,
    index_of_token,
)
from jpki.cms.content import Content, DigestedContent, digest_content
from jpki.cms.deviations import JPKI_DIGESTS, CmsDeviation, deviations_of
from jpki.cms.identifiers import DATA, DIGESTS, SHA256, SHA384, SHA512, AttributeId
from jpki.cms.integrity import IntactSignature, integrity
from jpki.cms.making import (
    add_unsigned_attributes,
    assemble,
    assemble_detached,
    attribute,
    evidence_attributes,
    signed_attributes,
)
from jpki.cms.model import (
    AlgorithmProtection,
    CertificateIdentity,
    HashIndex,
    SignedAttributes,
    SignedData,
    SignerIdentifier,
    SignerInfo,
    UnsignedAttribute,
)
from jpki.cms.reading import LARGEST_SIGNATURE, load_signature, parse_signed_data
from jpki.cms.unsigned_attributes import basic_response, ocsp_response

__all__ = [
    "DATA",
    "DIGESTS",
    "JPKI_DIGESTS",
    "LARGEST_SIGNATURE",
    "SHA256",
    "SHA384",
    "SHA512",
    "AlgorithmProtection",
    "AttributeId",
    "CertificateIdentity",
    "CmsDeviation",
    "Content",
    "DigestedContent",
    "HashIndex",
    "IntactSignature",
    "SignedAttributes",
    "SignedData",
    "SignerIdentifier",
    "SignerInfo",
    "UnsignedAttribute",
    "add_unsigned_attributes",
    "archive_imprint",
    "archive_imprints",
    "assemble",
    "assemble_detached",
    "attribute",
    "basic_response",
    "deviations_of",
    "digest_content",
    "evidence_attributes",
    "hash_index_of",
    "index_mismatches",
    "index_of_token",
    "integrity",
    "load_signature",
    "ocsp_response",
    "parse_signed_data",
    "signed_attributes",
]
