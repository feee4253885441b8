"""What in a readable signature does not fit together, each with a stable code.

The codes are those of the *structure* step of a verification, where a sentence is kept for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from jpki.cms.identifiers import DATA, DIGESTS, RSA_ENCRYPTION, RSA_WITH, SHA256
from jpki.cms.model import SignedData, SignerInfo

__all__ = ["JPKI_DIGESTS", "CmsDeviation", "deviations_of", "digest_named_by", "message_version"]

JPKI_DIGESTS = frozenset({SHA256})
"""The digest algorithms of JPKI signatures."""
# RFC 5652 §10.2.2 and §10.2.1: the tags of certificates that are no X.509 certificate.
_ATTRIBUTE_V1, _ATTRIBUTE_V2, _OTHER = 0xA1, 0xA2, 0xA3
_OTHER_REVOCATION = 0xA1


@dataclass(frozen=True, slots=True)
class CmsDeviation:
    """One thing that a signature does otherwise than RFC 5652 (or JPKI) has it."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


def deviations_of(
    signed: SignedData, signer: SignerInfo, *, digest_algorithms: Set[str] = JPKI_DIGESTS
) -> tuple[CmsDeviation, ...]:
    """Return what is wrong with one signer's part, the most telling first.

    ``digest_algorithms`` are those taken; others are named as a deviation.
    """
    return (
        *_algorithms(signer, digest_algorithms),
        *_content_type(signed, signer),
        *_protection(signer),
        *_listed(signed, signer),
        *_versions(signed, signer),
    )


def digest_named_by(signer: SignerInfo) -> str | None:
    """Return the digest the signature algorithm is used with; ``None`` when it is not RSA's."""
    if signer.signature_algorithm == RSA_ENCRYPTION:
        return signer.digest_algorithm
    return RSA_WITH.get(signer.signature_algorithm)


def _algorithms(signer: SignerInfo, taken: Set[str]) -> Iterator[CmsDeviation]:
    if signer.digest_algorithm not in taken or signer.digest_algorithm not in DIGESTS:
        yield CmsDeviation("structure.digest-algorithm", {"oid": signer.digest_algorithm})
    named = digest_named_by(signer)
    if named is None or (named != signer.digest_algorithm and named not in taken):
        yield CmsDeviation("structure.signature-algorithm", {"oid": signer.signature_algorithm})
    elif named != signer.digest_algorithm:
        yield CmsDeviation(
            "structure.algorithms-differ", {"digest": signer.digest_algorithm, "signature": named}
        )


def _content_type(signed: SignedData, signer: SignerInfo) -> Iterator[CmsDeviation]:
    if signer.attributes is None:
        # RFC 5652 §5.3: signed attributes must be there when the content is not id-data.
        if signed.content_type != DATA:
            yield CmsDeviation("structure.attributes-needed", {"oid": signed.content_type})
    elif signer.attributes.content_type != signed.content_type:
        yield CmsDeviation(
            "structure.content-type",
            {"signed": signer.attributes.content_type, "stated": signed.content_type},
        )


def _protection(signer: SignerInfo) -> Iterator[CmsDeviation]:
    """RFC 6211 §3: the algorithms in the attribute are those of the signer, exactly."""
    if signer.attributes is None or signer.attributes.algorithm_protection is None:
        return
    protected = signer.attributes.algorithm_protection
    found = (signer.digest_algorithm, signer.signature_algorithm)
    if (protected.digest_algorithm, protected.signature_algorithm) != found:
        yield CmsDeviation("structure.algorithm-protection", {"oid": signer.signature_algorithm})


def _listed(signed: SignedData, signer: SignerInfo) -> Iterator[CmsDeviation]:
    """RFC 5652 §5.1 lets a verifier fail when the digest is not among those announced."""
    if signer.digest_algorithm not in signed.digest_algorithms:
        yield CmsDeviation("structure.digest-not-listed", {"oid": signer.digest_algorithm})


def _versions(signed: SignedData, signer: SignerInfo) -> Iterator[CmsDeviation]:
    wanted = 1 if signer.identifier.subject_key_id is None else 3
    if signer.version != wanted:
        yield CmsDeviation(
            "structure.version", {"found": str(signer.version), "wanted": str(wanted)}
        )
    wanted = message_version(signed)
    if signed.version != wanted:
        yield CmsDeviation(
            "structure.version", {"found": str(signed.version), "wanted": str(wanted)}
        )


def message_version(signed: SignedData) -> int:
    """Return the version that RFC 5652 §5.1 has for a message of these parts."""
    kinds = {choice[0] for choice in signed.certificate_choices}
    others = any(choice[0] == _OTHER_REVOCATION for choice in signed.revocation_choices)
    if _OTHER in kinds or others:
        return 5
    if _ATTRIBUTE_V2 in kinds:
        return 4
    by_key = any(signer.version == 3 for signer in signed.signers)
    return 3 if _ATTRIBUTE_V1 in kinds or by_key or signed.content_type != DATA else 1
