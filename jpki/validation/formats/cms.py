"""CMS signatures (RFC 5652), with the attributes of CAdES (ETSI EN 319 122), as claims."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from dataclasses import dataclass

from jpki.cms import (
    DIGESTS,
    JPKI_DIGESTS,
    Content,
    DigestedContent,
    SignedAttributes,
    SignedData,
    SignerInfo,
    archive_imprints,
    deviations_of,
    digest_content,
    index_mismatches,
    index_of_token,
    parse_signed_data,
)
from jpki.errors import MalformedSignature
from jpki.validation.claim import (
    CertificateReference,
    ContentDigest,
    Problem,
    ProofKind,
    Severity,
    SignatureClaim,
    SignatureFormat,
    SignedDocument,
    SignedPart,
    TimeProof,
)

__all__ = ["read_cms"]


def read_cms(
    data: bytes,
    *,
    content: Content | DigestedContent | None = None,
    digest_algorithms: Set[str] = JPKI_DIGESTS,
    format: SignatureFormat = SignatureFormat.CMS,
    source: str = "signature",
) -> SignedDocument:
    """Return a claim for every signer of a CMS signature in DER, BER or PEM.

    ``content`` is what a detached signature is for: bytes, a binary file or pieces, read once, or
    what :func:`~jpki.cms.digest_content` made of it. ``digest_algorithms`` (dotted) are those
    taken; others are a problem of the structure. ``format`` names what carries the signature.

    Raises ``MalformedSignature`` for what is no CMS signature, or one that nobody signed.
    """
    signed = parse_signed_data(data, source=source)
    if not signed.signers:
        raise MalformedSignature(
            "there is no signature in it",
            source=source,
            hint="a file of certificates only (.p7b) is not a signature",
        )
    read = _Read(
        signed,
        format,
        digest_algorithms,
        inside=None if signed.content is None else digest_content(signed.content),
        given=None if content is None else digest_content(content),
    )
    return SignedDocument(format, tuple(read.claim(one) for one in signed.signers))


@dataclass(frozen=True, slots=True)
class _Read:
    """A message and its content, while the claims of its signers are made."""

    signed: SignedData
    format: SignatureFormat
    taken: Set[str]
    inside: DigestedContent | None
    given: DigestedContent | None

    @property
    def content(self) -> DigestedContent | None:
        return self.inside or self.given

    def claim(self, signer: SignerInfo) -> SignatureClaim:
        attributes = signer.attributes
        proofs, troubles = self._proofs(signer)
        return SignatureClaim(
            format=self.format,
            certificates=tuple(
                dict.fromkeys((*self.signed.certificates, *signer.certificate_values))
            ),
            identifier=signer.identifier,
            digest_algorithm=signer.digest_algorithm,
            signature_algorithm=signer.signature_algorithm,
            signed_digest=self._signed_digest(signer),
            signature=signer.signature,
            content=self._content_digests(signer),
            references=() if attributes is None else tuple(_references(attributes)),
            claimed_time=None if attributes is None else attributes.signing_time,
            proofs=proofs,
            revocation_lists=_all(
                self.signed.revocation_lists,
                signer.revocation_lists,
                () if attributes is None else attributes.revocation_lists,
            ),
            ocsp_responses=_all(
                self.signed.ocsp_responses,
                signer.ocsp_responses,
                () if attributes is None else attributes.ocsp_responses,
            ),
            countersignatures=len(signer.countersignatures),
            parts=self._parts(),
            problems=(*self._problems(signer), *troubles),
        )

    def _parts(self) -> tuple[SignedPart, ...]:
        if self.signed.content is None:
            return ()
        return (SignedPart("content", self.signed.content),)

    def _found(self, signer: SignerInfo) -> bytes | None:
        return None if self.content is None else self.content.digests.get(signer.digest_algorithm)

    def _signed_digest(self, signer: SignerInfo) -> bytes:
        """Return the digest under the signature value; empty when it cannot be known."""
        if signer.attributes is None:
            return self._found(signer) or b""
        name = DIGESTS.get(signer.digest_algorithm)
        return b"" if name is None else hashlib.new(name, signer.attributes.signed_bytes).digest()

    def _content_digests(self, signer: SignerInfo) -> tuple[ContentDigest, ...]:
        """Without attributes nothing states the digest but the signature value itself."""
        found = self._found(signer)
        if signer.attributes is not None:
            return (ContentDigest(signer.attributes.message_digest, found),)
        return (ContentDigest(found or b"", found),)

    def _problems(self, signer: SignerInfo) -> Iterator[Problem]:
        for one in deviations_of(self.signed, signer, digest_algorithms=self.taken):
            yield Problem("structure", one.code, one.facts)
        if self.content is None:
            yield Problem("content", "content.missing", severity=Severity.INDETERMINATE)
            return
        inside, given = self.inside, self.given
        if inside is not None and given is not None and inside.differs_from(given):
            yield Problem("content", "content.two")
        if signer.attributes is not None:
            return
        if self.content.reads_as_attributes is None:
            yield Problem("content", "content.digest-only", severity=Severity.INDETERMINATE)
        elif self.content.reads_as_attributes:
            yield Problem("content", "content.reads-as-attributes")

    def _proofs(self, signer: SignerInfo) -> tuple[tuple[TimeProof, ...], tuple[Problem, ...]]:
        over_value = {
            oid: hashlib.new(name, signer.signature).digest() for oid, name in DIGESTS.items()
        }
        proofs = [
            TimeProof(ProofKind.SIGNATURE, token, over_value)
            for token in signer.signature_timestamps
        ]
        troubles: list[Problem] = []
        for token in signer.archive_timestamps:
            found = self._archive(signer, token)
            if isinstance(found, Problem):
                troubles.append(found)
            elif found is not None:
                proofs.append(found)
        return tuple(proofs), tuple(troubles)

    def _archive(self, signer: SignerInfo, token: bytes) -> TimeProof | Problem | None:
        """Return the proof, what is wrong with it, or ``None`` while the content is not known.

        A token that cannot be read proves nothing, which by itself says nothing against the
        signature; evidence taken away from under a token is a file that was tampered with.
        """
        try:
            index = index_of_token(token)
        except MalformedSignature as error:
            facts = {"problem": error.message}
            return Problem("time", "time.archive-unreadable", facts, Severity.INDETERMINATE)
        missing = index_mismatches(self.signed, signer, index)
        if missing:
            return Problem("time", "time.archive-index", {"count": str(missing)})
        if self.content is None:
            return None
        imprints = archive_imprints(self.signed, signer, content=self.content, index=index)
        return TimeProof(ProofKind.ARCHIVE, token, imprints)


def _references(attributes: SignedAttributes) -> Iterator[CertificateReference]:
    """Only the first of each attribute speaks of the signer; the others are of the chain."""
    for identities in (attributes.signing_certificates_v2, attributes.signing_certificates):
        for one in identities[:1]:
            yield CertificateReference(one.algorithm, one.digest, one.issuer, one.serial)


def _all(*sources: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(piece for source in sources for piece in source))
