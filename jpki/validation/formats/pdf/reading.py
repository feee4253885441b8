"""From a PDF file to claims: which bytes, which CMS, which evidence, which problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO

from asn1crypto import parser
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import EncryptedObjAccess, parse_pdf_date
from pyhanko.pdf_utils.misc import PdfError

from jpki.cms import SHA256, SHA384, SHA512, DigestedContent, digest_content
from jpki.errors import JpkiError, MalformedSignature, TooLarge
from jpki.validation.claim import (
    Problem,
    ProofKind,
    Severity,
    SignatureClaim,
    SignatureFormat,
    SignedDocument,
    TimeProof,
)
from jpki.validation.formats.cms import read_cms
from jpki.validation.formats.pdf.bounded import (
    BoundedReader,
    as_malformed,
    entry,
    open_pdf,
    read_whole,
)
from jpki.validation.formats.pdf.byte_range import (
    CoveredBytes,
    NotCovered,
    covered_bytes,
)
from jpki.validation.formats.pdf.changes import (
    Changes,
    changes_since,
    permissions_of,
    revision_is_whole,
)
from jpki.validation.formats.pdf.evidence import Evidence, evidence_in
from jpki.validation.formats.pdf.fields import (
    SignedField,
    empty_fields,
    signed_fields,
    stray_signatures,
)
from jpki.validation.formats.pdf.found import ClaimedTimeFrom, PdfField, PdfInspection, PdfLimits

__all__ = ["inspect"]

_TIMESTAMP = "/ETSI.RFC3161"
_DETACHED = {"/adbe.pkcs7.detached", "/ETSI.CAdES.detached"}
# ISO 32000-2 table 260: both sign a SHA-1 digest and are deprecated.
_SHA1 = {"/adbe.pkcs7.sha1", "/adbe.x509.rsa_sha1"}
# Nobody looked whether it is good, and viewers may show it or not.
_STRAY = Problem("structure", "structure.pdf-stray", {}, Severity.INDETERMINATE)
# A timestamp over a SHA-1 digest proves nothing.
_STAMPED = (SHA256, SHA384, SHA512)
_NOTHING = DigestedContent({}, 0, False)
_LONGEST_CONTENTS = 16 << 20
_BYTES_A_STEP = 256  # of what is digested


@dataclass(frozen=True, slots=True)
class _Judged:
    """One signed field with everything that the file itself says of it."""

    signed: SignedField
    field: PdfField
    contents: bytes = b""
    covered: CoveredBytes | None = None
    written_time: datetime | None = None
    problems: tuple[Problem, ...] = ()


def inspect(data: bytes | BinaryIO, *, source: str, limits: PdfLimits) -> PdfInspection:
    """Return what ``inspect_pdf`` promises."""
    whole = read_whole(data, limits, source)
    reader = open_pdf(whole, limits, source)
    with as_malformed(source):
        signed = signed_fields(reader)
        stray = tuple(stray_signatures(reader, whole, signed))
        judged = tuple(_judge(reader, whole, one) for one in signed)
        empty = empty_fields(reader)
    evidence, broken = _evidence(reader)
    signatures = [one for one in judged if not one.field.is_timestamp]
    read = [_claim(one, reader, whole, source) for one in signatures]
    told = {
        one.field.name: _time_from(one, claim) for one, claim in zip(signatures, read, strict=True)
    }
    claims = [
        _with_evidence(_with_written_time(claim, one), evidence, broken)
        for claim, one in zip(read, signatures, strict=True)
    ]
    claims = _with_timestamps(claims, judged, reader, whole)
    claims += [_unread(f"{number} {generation} R", _STRAY) for number, generation in stray]
    if not claims:
        raise MalformedSignature(
            "the PDF file has no signature" + (", only timestamps" if judged else ""),
            source=source,
            hint="; ".join(f"the field {name} is empty" for name in empty) or None,
        )
    return PdfInspection(
        document=SignedDocument(SignatureFormat.PDF, tuple(claims)),
        fields=tuple(
            replace(one.field, claimed_time_from=told.get(one.field.name)) for one in judged
        ),
        empty_fields=empty,
    )


# what the file says of one field


def _judge(reader: BoundedReader, data: bytes, signed: SignedField) -> _Judged:
    """Judge one signed field; what is wrong with it becomes its problems."""
    subfilter = str(entry(signed.dictionary, "/SubFilter", ""))
    field = PdfField(
        name=signed.name,
        subfilter=subfilter.removeprefix("/"),
        revision=signed.revision,
        signed_bytes=None,
        whole_file=False,
        is_timestamp=subfilter == _TIMESTAMP,
    )
    judged = _Judged(signed, field)
    if signed.removed:
        judged = _with_problem(judged, Problem("content", "content.pdf-removed"))
    if (refused := _refused(subfilter)) is not None:
        return _with_problem(judged, refused)
    try:
        contents = _contents(signed.dictionary)
        judged = replace(judged, contents=contents, written_time=_written_time(signed.dictionary))
        covered = covered_bytes(
            data,
            signed.dictionary.raw_get("/ByteRange") if "/ByteRange" in signed.dictionary else None,
            contents,
            dictionary_at=-1 if signed.at is None else signed.at,
        )
    except NotCovered as error:
        problem = Problem("content", "content.pdf-byte-range", {"problem": str(error)})
        return _with_problem(judged, problem)
    whole_file = covered.end == len(data)
    if not whole_file and not revision_is_whole(reader, data, signed.revision, covered.end):
        facts = {"problem": "the ranges do not end where the revision ends"}
        return _with_problem(judged, Problem("content", "content.pdf-byte-range", facts))
    judged = replace(
        judged,
        covered=covered,
        field=replace(field, signed_bytes=covered.end, whole_file=whole_file),
    )
    return _with_changes(judged, reader, data)


def _with_changes(judged: _Judged, reader: BoundedReader, data: bytes) -> _Judged:
    try:
        permissions = permissions_of(judged.signed)
    except (JpkiError, RecursionError):
        raise
    except Exception:
        # Rules that cannot be read may forbid what follows.
        return _with_problem(judged, Problem("content", "content.pdf-rules"))
    changes = (
        Changes()
        if judged.field.whole_file
        else changes_since(reader, data, judged.signed.revision, permissions)
    )
    field = replace(judged.field, changed_fields=changes.fields, certifies=permissions.document)
    judged = replace(judged, field=field)
    return judged if changes.problem is None else _with_problem(judged, changes.problem)


def _with_problem(judged: _Judged, problem: Problem) -> _Judged:
    return replace(judged, problems=(*judged.problems, problem))


def _refused(subfilter: str) -> Problem | None:
    if subfilter in _DETACHED or subfilter == _TIMESTAMP:
        return None
    name = subfilter.removeprefix("/")[:40] or "-"
    severity = Severity.INVALID if subfilter in _SHA1 else Severity.INDETERMINATE
    return Problem("structure", "structure.pdf-subfilter", {"name": name}, severity)


def _contents(dictionary: generic.DictionaryObject) -> bytes:
    if "/Contents" not in dictionary:
        raise NotCovered("there is no signature value (Contents)")
    value = dictionary.raw_get("/Contents", decrypt=EncryptedObjAccess.RAW)
    if not isinstance(value, generic.TextStringObject | generic.ByteStringObject):
        raise NotCovered("the signature value (Contents) is not a string")
    contents = bytes(value.original_bytes)
    if not contents.strip(b"\x00"):
        raise NotCovered("the signature value (Contents) is empty")
    if len(contents) > _LONGEST_CONTENTS:
        raise NotCovered(f"the signature value has more than {_LONGEST_CONTENTS} bytes")
    return contents


def _written_time(dictionary: generic.DictionaryObject) -> datetime | None:
    """Return the time that ``M`` claims; one without a time zone names no instant."""
    try:
        written = parse_pdf_date(dictionary["/M"], strict=True)
        return None if written.tzinfo is None else written.astimezone(UTC)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, PdfError):
        return None


# from the CMS to the claim


def _claim(judged: _Judged, reader: BoundedReader, data: bytes, source: str) -> SignatureClaim:
    name = judged.signed.name
    if not judged.contents or any(one.step == "structure" for one in judged.problems):
        return _unread(name, *judged.problems)
    try:
        with as_malformed(source):
            claim = _from_cms(judged, reader, data, source)
    except TooLarge:
        raise
    except MalformedSignature as error:
        problem = Problem("structure", "structure.malformed", {"problem": error.message})
        return _unread(name, *judged.problems, problem)
    return replace(
        claim,
        format=SignatureFormat.PDF,
        label=name,
        problems=(*claim.problems, *judged.problems),
    )


def _from_cms(judged: _Judged, reader: BoundedReader, data: bytes, source: str) -> SignatureClaim:
    """Return the claim of the CMS in ``Contents`` over the covered bytes."""
    value, padding = _cms_and_padding(judged.contents)
    content = _digested(judged.covered, reader, data)
    claims = read_cms(value, content=content, format=SignatureFormat.PDF, source=source).claims
    problems = []
    if padding.strip(b"\x00"):
        problems.append(Problem("structure", "structure.pdf-padding"))
    if len(claims) != 1:
        facts = {"count": str(len(claims))}
        return _unread("", *problems, Problem("structure", "structure.signers", facts))
    if claims[0].parts:
        problems.append(Problem("structure", "structure.pdf-attached"))
    return replace(claims[0], parts=(), problems=(*claims[0].problems, *problems))


def _cms_and_padding(contents: bytes) -> tuple[bytes, bytes]:
    """Split what was reserved into the value, DER or BER, and the zeros behind it."""
    try:
        header, inner, trailer = parser.parse(contents)[3:6]
    except ValueError as error:
        raise MalformedSignature("the signature value is cut short or is no CMS") from error
    end = len(header) + len(inner) + len(trailer)
    return contents[:end], contents[end:]


def _digested(covered: CoveredBytes | None, reader: BoundedReader, data: bytes) -> DigestedContent:
    """Return the digests of the covered bytes; none when it is not known which they are."""
    if covered is None:
        return _NOTHING
    reader.meter.spend(covered.end // _BYTES_A_STEP)
    with memoryview(data) as view:
        return digest_content(covered.pieces(view))


def _unread(label: str, *problems: Problem) -> SignatureClaim:
    """Return the claim of a signature of which nothing could be read but its problems."""
    return SignatureClaim(
        format=SignatureFormat.PDF,
        certificates=(),
        identifier=None,
        digest_algorithm="",
        signature_algorithm="",
        signed_digest=b"",
        signature=b"",
        content=(),
        label=label,
        problems=problems,
    )


def _time_from(judged: _Judged, claim: SignatureClaim) -> ClaimedTimeFrom | None:
    if claim.claimed_time is not None:
        return ClaimedTimeFrom.ATTRIBUTE
    return None if judged.written_time is None else ClaimedTimeFrom.DICTIONARY


def _with_written_time(claim: SignatureClaim, judged: _Judged) -> SignatureClaim:
    return replace(claim, claimed_time=claim.claimed_time or judged.written_time)


# what stands beside the signatures


def _evidence(reader: BoundedReader) -> tuple[Evidence, tuple[Problem, ...]]:
    try:
        return evidence_in(reader), ()
    except (TooLarge, RecursionError):
        raise
    except Exception:
        # The store is no part of what was signed: a broken one is as good as none, and is told.
        problem = Problem("structure", "structure.pdf-evidence", {}, Severity.INDETERMINATE)
        return Evidence(), (problem,)


def _with_evidence(
    claim: SignatureClaim, evidence: Evidence, problems: tuple[Problem, ...]
) -> SignatureClaim:
    return replace(
        claim,
        certificates=_both(claim.certificates, evidence.certificates),
        revocation_lists=_both(claim.revocation_lists, evidence.revocation_lists),
        ocsp_responses=_both(claim.ocsp_responses, evidence.ocsp_responses),
        problems=(*claim.problems, *problems),
    )


def _both(first: Iterable[bytes], second: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _with_timestamps(
    claims: list[SignatureClaim],
    judged: tuple[_Judged, ...],
    reader: BoundedReader,
    data: bytes,
) -> list[SignatureClaim]:
    """Give every signature the document timestamps that later revisions put over it."""
    signatures = [one for one in judged if not one.field.is_timestamp]
    stamps = [one for one in judged if one.field.is_timestamp]
    proofs = {stamp.field.name: _proof(stamp, reader, data) for stamp in stamps}
    made = []
    for claim, one in zip(claims, signatures, strict=True):
        later = [stamp for stamp in stamps if stamp.signed.revision > one.signed.revision]
        broken = tuple(
            Problem(
                "content", "content.pdf-timestamp", {"name": s.field.name}, Severity.INDETERMINATE
            )
            for s in later
            if proofs[s.field.name] is None
        )
        given = tuple(p for s in later if (p := proofs[s.field.name]) is not None)
        made.append(
            replace(claim, proofs=(*claim.proofs, *given), problems=(*claim.problems, *broken))
        )
    return made


def _proof(stamp: _Judged, reader: BoundedReader, data: bytes) -> TimeProof | None:
    """Return the proof of a document timestamp, or ``None`` when the file itself refutes it."""
    if stamp.covered is None or stamp.problems:
        return None
    try:
        with as_malformed(""):
            token, padding = _cms_and_padding(stamp.contents)
    except MalformedSignature:
        return None
    if padding.strip(b"\x00"):
        return None
    digests = _digested(stamp.covered, reader, data).digests
    imprints = {algorithm: digests[algorithm] for algorithm in _STAMPED if algorithm in digests}
    return TimeProof(ProofKind.ARCHIVE, token, imprints)
