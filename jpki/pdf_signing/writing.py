"""Write a signature into a PDF file, as a revision of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from asn1crypto import core, crl, ocsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.font.api import FontSubsetCollection
from pyhanko.pdf_utils.form_tools import enumerate_fields_in
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from jpki.cms import AttributeId, assemble, attribute, signed_attributes
from jpki.errors import MalformedDocument
from jpki.pdf_signing.appearance import draw
from jpki.pdf_signing.plan import PdfEvidence, PdfLevel, PdfPlan
from jpki.sign import Signer, checked_value
from jpki.validation.formats.pdf import PdfLimits
from jpki.validation.formats.pdf.bounded import (
    BoundedReader,
    as_malformed,
    entry,
    open_pdf,
    read_whole,
)
from jpki.validation.formats.pdf.changes import permissions_of
from jpki.validation.formats.pdf.fields import empty_fields, signed_fields

__all__ = ["sign"]

_LIMITS = PdfLimits()
_FIELD_KINDS = ("/Sig", "/Tx", "/Btn", "/Ch", None)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What the value takes beside the certificate: 256 bytes of signature, attributes, headers; and a
# timestamp token with the certificates of its authority.
_VALUE_BYTES = 2_048
_TOKEN_BYTES = 16_384


@dataclass(frozen=True)
class _NamedSubsets(FontSubsetCollection):
    """Subsets of a font of which one is made, under a name that was chosen."""

    tag: str = ""

    def add_subset(self) -> str:
        return self.tag


class _Writer(IncrementalPdfFileWriter):
    """pyHanko's writer without its two looks outside: at the clock and at the random source."""

    @classmethod
    def _handle_id(cls, prev: BoundedReader) -> generic.ArrayObject:
        """Make the changing half of the identifier from what is there (ISO 32000-2 §14.4)."""
        made = hashlib.sha256(prev.stream.getvalue()).digest()[:16]
        kept = made
        if "/ID" in prev.trailer_view:
            kept = prev.document_id[0]
        return generic.ArrayObject([generic.ByteStringObject(kept), generic.ByteStringObject(made)])

    def get_subset_collection(self, base_postscript_name: str) -> FontSubsetCollection:
        """Return the fonts of a name, whose subsets are told apart by the file's identifier."""
        tag = "".join(_LETTERS[byte % len(_LETTERS)] for byte in self.document_id[1][:6])
        return self._font_resources.setdefault(
            base_postscript_name, _NamedSubsets(base_postscript_name, tag=tag)
        )

    def _update_meta(self) -> None:
        """Leave the document's information as it is; the signature tells the time."""


def sign(pdf: bytes | BinaryIO, signer: Signer, at: datetime, plan: PdfPlan) -> bytes:
    """Return what ``sign_pdf`` promises."""
    data = read_whole(pdf, _LIMITS, "")
    _check_plan(plan)
    certificate = signer.certificate
    reader = open_pdf(data, _LIMITS, "")
    with as_malformed(""):
        name = _field_name(reader, plan)
        _check_permissions(reader, plan)
        writer = _Writer.from_reader(reader)
        session = PdfCMSEmbedder(new_field_spec=_new_field(name, plan)).write_cms(name, writer)
        field_ref = next(session)
        if plan.appearance is not None:
            draw(writer, field_ref.get_object(), plan.appearance)
        session.send(
            SigObjSetup(
                sig_placeholder=_dictionary(plan, at, len(certificate)),
                mdp_setup=SigMDPSetup(
                    md_algorithm="sha256",
                    certify=plan.certification is not None,
                    docmdp_perms=None
                    if plan.certification is None
                    else MDPPerm(plan.certification.value),
                ),
            )
        )
        prepared, output = session.send(SigIOSetup(md_algorithm="sha256", in_place=True))
    value = _value(prepared.document_digest, signer, at, plan)
    room = (prepared.reserved_region_end - prepared.reserved_region_start - 2) // 2
    if len(value) > room:
        raise MalformedDocument(
            f"the signature takes {len(value)} bytes and {room} were reserved",
            source="timestamp",
            hint="use a timestamp authority with a shorter chain",
        )
    with as_malformed(""):
        session.send(value)
    signed = bytes(output.getvalue())
    return _with_evidence(signed, plan.evidence) if plan.level is PdfLevel.B_LT else signed


def _check_plan(plan: PdfPlan) -> None:
    if plan.level.is_timed and plan.timestamper is None:
        raise MalformedDocument(
            f"level {plan.level} needs a timestamp", source="level", hint="give a timestamper"
        )
    evidence = plan.evidence
    if plan.level is PdfLevel.B_LT and not (evidence.revocation_lists or evidence.ocsp_responses):
        raise MalformedDocument(
            "level b-lt needs evidence of the certificate's status",
            source="level",
            hint="give a revocation list or an OCSP answer",
        )


def _field_name(reader: BoundedReader, plan: PdfPlan) -> str:
    form = entry(reader.root, "/AcroForm", generic.DictionaryObject())
    fields = entry(form, "/Fields", generic.ArrayObject())
    taken = {
        str(name)
        for kind in _FIELD_KINDS
        for name, _, _ in enumerate_fields_in(fields, refs_seen=set(), target_field_type=kind)
    }
    taken |= {one.name for one in signed_fields(reader)}
    empty = set(empty_fields(reader))
    wanted = plan.field_name
    if not wanted:
        numbers = range(1, len(taken | empty) + 2)
        return next(n for i in numbers if (n := f"Signature{i}") not in taken | empty)
    if wanted in taken - empty:
        raise MalformedDocument(
            "a field of this name is there already and is no empty signature field",
            source="field_name",
        )
    if "." in wanted and wanted not in empty:
        raise MalformedDocument("a new field's name has no dot", source="field_name")
    return wanted


def _check_permissions(reader: BoundedReader, plan: PdfPlan) -> None:
    signed = signed_fields(reader)
    if plan.certification is not None and signed:
        raise MalformedDocument(
            "only the first signature can certify a document", source="certification"
        )
    if any(permissions_of(one).document == MDPPerm.NO_CHANGES.value for one in signed):
        raise MalformedDocument(
            "the document is certified, and its signer permits no further signature", source="pdf"
        )


def _new_field(name: str, plan: PdfPlan) -> SigFieldSpec:
    if plan.appearance is None:
        return SigFieldSpec(name)
    return SigFieldSpec(name, on_page=plan.appearance.page, box=plan.appearance.box)


def _dictionary(plan: PdfPlan, at: datetime, certificate_bytes: int) -> SignatureObject:
    reserved = certificate_bytes + _VALUE_BYTES + (_TOKEN_BYTES if plan.level.is_timed else 0)
    plain = plan.level is PdfLevel.PLAIN
    return SignatureObject(
        timestamp=at,
        subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED if plain else SigSeedSubFilter.PADES,
        location=plan.location or None,
        reason=plan.reason or None,
        bytes_reserved=2 * reserved,  # hexadecimal digits
    )


def _value(digest: bytes, signer: Signer, at: datetime, plan: PdfPlan) -> bytes:
    """Return the CMS over the digest of the covered bytes."""
    plain = plan.level is PdfLevel.PLAIN
    attributes = signed_attributes(
        content_digest=digest,
        certificate=signer.certificate,
        # ETSI EN 319 142-1 table 1: in PAdES the claimed time stands in M, never in the CMS.
        signing_time=at if plain else None,
    )
    signature = checked_value(signer, hashlib.sha256(attributes).digest())
    return assemble(
        attributes=attributes,
        certificate=signer.certificate,
        signature=signature,
        unsigned=_timestamps(signature, plan),
    )


def _timestamps(signature: bytes, plan: PdfPlan) -> tuple[bytes, ...]:
    """Return the timestamp over the signature value (ETSI EN 319 122-1 §5.3), if one belongs."""
    if not plan.level.is_timed or plan.timestamper is None:
        return ()
    token = plan.timestamper.timestamp(hashlib.sha256(signature).digest())
    return (attribute(AttributeId.SIGNATURE_TIMESTAMP, token),)


def _with_evidence(signed: bytes, evidence: PdfEvidence) -> bytes:
    """Return the file with a revision that holds the evidence (ETSI EN 319 142-1 §5.4.2)."""
    reader = open_pdf(signed, _LIMITS, "")
    with as_malformed("evidence"):
        writer = _Writer.from_reader(reader)
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            None,
            certs=_loaded(x509.Certificate, evidence.certificates),
            crls=_loaded(crl.CertificateList, evidence.revocation_lists),
            ocsps=_loaded(ocsp.OCSPResponse, evidence.ocsp_responses),
        )
        writer.write_in_place()
        return bytes(reader.stream.getvalue())


def _loaded(kind: type[core.Sequence], values: tuple[bytes, ...]) -> list[core.Sequence]:
    return [kind.load(der, strict=True) for der in values]
