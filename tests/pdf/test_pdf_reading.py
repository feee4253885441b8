"""Reading PDF files: pyHanko's signatures, timestamps, changed bytes, and what a file may cost."""

from __future__ import annotations

import asyncio
import builtins
import hashlib
import io
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asn1crypto import cms, tsp
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from jpki.errors import JpkiError, MalformedSignature, MissingExtra, TooLarge
from jpki.pdf_signing import PdfEvidence, PdfLevel, PdfPlan, sign_pdf
from jpki.validation.claim import ProofKind, SignatureClaim, SignatureFormat
from jpki.validation.formats.pdf import (
    ClaimedTimeFrom,
    PdfLimits,
    inspect_pdf,
    looks_like_pdf,
    read_pdf,
)

AT = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
DIGESTS: dict[str, tuple[str, HashAlgorithm]] = {
    "sha256": ("2.16.840.1.101.3.4.2.1", SHA256()),
    "sha384": ("2.16.840.1.101.3.4.2.2", SHA384()),
    "sha512": ("2.16.840.1.101.3.4.2.3", SHA512()),
}


def assert_good(claim: SignatureClaim, certificate: bytes, digest: HashAlgorithm) -> None:
    assert claim.problems == ()
    assert [one.stated == one.found for one in claim.content] == [True]
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(claim.signature, claim.signed_digest, PKCS1v15(), Prehashed(digest))


def matches(claim: SignatureClaim) -> bool:
    return bool(claim.content) and all(one.stated == one.found for one in claim.content)


@pytest.fixture(scope="module")
def pyhanko_signer(keys: Any) -> signers.SimpleSigner:
    plain = keys.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(keys.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(plain),
        cert_registry=SimpleCertificateStore(),
        prefer_pss=False,
    )


@pytest.fixture(scope="module")
def by_pyhanko(drafts: ModuleType, pyhanko_signer: signers.SimpleSigner) -> Callable[..., bytes]:
    def make(before: bytes | None = None, *, stamp: Any = None, **settings: Any) -> bytes:
        described = {"field_name": "Signature1", "md_algorithm": "sha256", **settings}
        writer = IncrementalPdfFileWriter(io.BytesIO(before or drafts.base_pdf()))
        signer = signers.PdfSigner(
            signers.PdfSignatureMetadata(**described), signer=pyhanko_signer, timestamper=stamp
        )
        return bytes(asyncio.run(signer.async_sign_pdf(writer)).getvalue())

    return make


@pytest.fixture(scope="module")
def stamped(drafts: ModuleType, keys: Any, tsa: Any) -> Callable[[bytes], bytes]:
    """Add a document timestamp, as pyHanko does it."""

    def make(before: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(before))
        stamper = signers.PdfTimeStamper(tsa.client)
        return bytes(asyncio.run(stamper.async_timestamp_pdf(writer, "sha256")).getvalue())

    return make


# what others sign


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize(
    "subfilter", [SigSeedSubFilter.ADOBE_PKCS7_DETACHED, SigSeedSubFilter.PADES]
)
def test_what_pyhanko_signs_is_read_as_a_good_claim(
    by_pyhanko: Callable[..., bytes], keys: Any, digest: str, subfilter: SigSeedSubFilter
) -> None:
    signed = by_pyhanko(md_algorithm=digest, subfilter=subfilter)
    found = inspect_pdf(signed)
    (claim,) = found.document.claims
    oid, algorithm = DIGESTS[digest]
    assert (claim.format, claim.digest_algorithm) == (SignatureFormat.PDF, oid)
    # JPKI signs with SHA-256; other digests are read, and told.
    expected = () if digest == "sha256" else ("structure.digest-algorithm",)
    assert tuple(problem.code for problem in claim.problems) == expected
    assert_good(replace(claim, problems=()), keys.certificate, algorithm)
    assert claim.identifier is not None
    assert claim.identifier.serial == 100
    assert found.fields[0].claimed_time_from is (
        ClaimedTimeFrom.DICTIONARY
        if subfilter is SigSeedSubFilter.PADES
        else ClaimedTimeFrom.ATTRIBUTE
    )


def test_a_value_in_ber_of_indefinite_length_is_read(drafts: ModuleType, keys: Any) -> None:
    """Bouncy Castle writes so: the outer three lengths are 80, and two zeros end each."""

    def indefinite(keys: Any, digest: bytes) -> bytes:
        info = cms.ContentInfo.load(keys.cms(digest))
        inner = info["content"].contents
        kind = info["content_type"].dump()
        ends = b"\x00\x00" * 3
        return b"\x30\x80" + kind + b"\xa0\x80\x30\x80" + bytes(inner) + ends

    signed = drafts.sign(keys, drafts.Draft(cms=indefinite))
    (claim,) = read_pdf(signed).claims
    assert_good(claim, keys.certificate, SHA256())


def test_signatures_by_two_programs_stand_in_the_order_in_which_they_were_made(
    by_pyhanko: Callable[..., bytes], keys: Any
) -> None:
    first = by_pyhanko(field_name="Zulu")
    second = sign_pdf(first, keys, at=AT, plan=PdfPlan(field_name="Alpha"))
    third = by_pyhanko(second, field_name="Mike")
    claims = read_pdf(third).claims
    assert [claim.label for claim in claims] == ["Zulu", "Alpha", "Mike"]
    for claim in claims:
        assert_good(claim, keys.certificate, SHA256())


# timestamps


def test_a_document_timestamp_is_a_proof_for_the_signatures_before_it_only(
    drafts: ModuleType, keys: Any, stamped: Callable[[bytes], bytes]
) -> None:
    first = stamped(sign_pdf(drafts.base_pdf(), keys, at=AT))
    both = sign_pdf(first, keys, at=AT, plan=PdfPlan(field_name="later"))
    found = inspect_pdf(both)
    before, after = found.document.claims
    assert [proof.kind for proof in before.proofs] == [ProofKind.ARCHIVE]
    assert after.proofs == ()
    assert [one.is_timestamp for one in found.fields] == [False, True, False]


def test_the_imprint_of_a_document_timestamp_is_over_the_file_without_its_token(
    drafts: ModuleType, keys: Any, stamped: Callable[[bytes], bytes]
) -> None:
    signed = stamped(sign_pdf(drafts.base_pdf(), keys, at=AT))
    (claim,) = read_pdf(signed).claims
    (proof,) = claim.proofs
    token = cms.ContentInfo.load(proof.token, strict=True)
    info: tsp.TSTInfo = token["content"]["encap_content_info"]["content"].parsed
    imprint = info["message_imprint"]
    oid = imprint["hash_algorithm"]["algorithm"].dotted
    assert proof.imprints[oid] == imprint["hashed_message"].native
    # The two ranges by hand: everything but the last string in angle brackets of Contents.
    start = signed.rindex(b"/Contents <") + len(b"/Contents ")
    stop = signed.index(b">", start) + 1
    assert proof.imprints[oid] == hashlib.sha256(signed[:start] + signed[stop:]).digest()


def test_every_later_timestamp_is_a_proof_and_sha1_never_is(
    drafts: ModuleType, keys: Any, stamped: Callable[[bytes], bytes]
) -> None:
    (claim,) = read_pdf(stamped(stamped(sign_pdf(drafts.base_pdf(), keys, at=AT)))).claims
    assert len(claim.proofs) == 2
    assert all(set(p.imprints) == {oid for oid, _ in DIGESTS.values()} for p in claim.proofs)
    assert claim.problems == ()


def test_a_timestamp_that_covers_too_little_is_no_proof_and_is_told(
    drafts: ModuleType, keys: Any
) -> None:
    short = drafts.Draft(
        subfilter=b"/SubFilter /ETSI.RFC3161",
        numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop - 6),
    )
    signed = sign_pdf(drafts.base_pdf(), keys, at=AT)
    # The objects of the draft would take those of the signature away; it gets numbers of its own.
    moved = drafts.sign(keys, short, before=signed)
    claims = read_pdf(moved).claims
    told = [problem.code for claim in claims for problem in claim.problems]
    assert "content.pdf-timestamp" in told
    assert all(claim.proofs == () for claim in claims)


def test_a_file_with_nothing_but_a_timestamp_has_no_signature(
    drafts: ModuleType, stamped: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(MalformedSignature, match="only timestamps"):
        read_pdf(stamped(drafts.base_pdf()))


def test_evidence_and_a_timestamp_over_it_leave_a_long_term_signature_good(
    drafts: ModuleType, keys: Any, tsa: Any, stamped: Callable[[bytes], bytes]
) -> None:
    plan = PdfPlan(
        level=PdfLevel.B_LT,
        timestamper=tsa,
        evidence=PdfEvidence(revocation_lists=(keys.revocation_list,)),
    )
    found = inspect_pdf(stamped(sign_pdf(drafts.base_pdf(), keys, at=AT, plan=plan)))
    (claim,) = found.document.claims
    assert_good(claim, keys.certificate, SHA256())
    assert claim.revocation_lists == (keys.revocation_list,)
    assert ProofKind.ARCHIVE in {proof.kind for proof in claim.proofs}


# changed bytes


@pytest.fixture(scope="module")
def signed(drafts: ModuleType, keys: Any) -> bytes:
    made: bytes = drafts.sign(keys)
    return made


@settings(max_examples=80)
@given(st.data())
def test_one_changed_byte_in_the_signed_ranges_never_leaves_the_digest_matching(
    signed: bytes, data: st.DataObject
) -> None:
    field = inspect_pdf(signed).fields[0]
    start = signed.rindex(b"/Contents <") + len(b"/Contents ")
    stop = signed.index(b">", start) + 1
    assert field.signed_bytes == len(signed)
    covered = st.one_of(st.integers(0, start - 1), st.integers(stop, len(signed) - 1))
    at = data.draw(covered)
    value = data.draw(st.integers(0, 255).filter(lambda one: one != signed[at]))
    changed = signed[:at] + bytes([value]) + signed[at + 1 :]
    try:
        claims = read_pdf(changed).claims
    except MalformedSignature:
        return
    assert not any(matches(claim) for claim in claims)


@settings(max_examples=60)
@given(st.data())
def test_a_file_cut_anywhere_is_never_read_as_good(signed: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(signed) - 2))  # the last byte is the line end behind the mark
    with pytest.raises(MalformedSignature):
        read_pdf(signed[:at])


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=64))
def test_whatever_is_appended_is_refused_unless_it_is_blank(signed: bytes, more: bytes) -> None:
    try:
        claims = read_pdf(signed + more).claims
    except MalformedSignature:
        return
    blank = not more.strip(b"\x00\t\n\f\r ")
    assert all((claim.problems == ()) is blank for claim in claims)


@settings(max_examples=50)
@given(st.binary(max_size=400))
def test_nothing_but_our_own_errors_leaves_the_reader(noise: bytes) -> None:
    with pytest.raises(JpkiError):
        read_pdf(b"%PDF-1.7\n" + noise)


# what a file may cost, and where it comes from


def test_a_file_is_read_from_disk_or_memory_alike(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    with path.open("rb") as file:
        from_disk = read_pdf(file)
    assert from_disk == read_pdf(signed) == read_pdf(io.BytesIO(signed))


def test_a_file_of_two_gigabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(2 << 30)
    with path.open("rb") as file:
        with pytest.raises(TooLarge, match="134217728 bytes"):
            read_pdf(file, source="huge.pdf")
        assert file.tell() == 0


def test_the_limit_on_the_size_is_exact(signed: bytes) -> None:
    assert read_pdf(signed, limits=PdfLimits(file_bytes=len(signed)))
    with pytest.raises(TooLarge):
        read_pdf(signed, limits=PdfLimits(file_bytes=len(signed) - 1))
    with pytest.raises(TooLarge):
        read_pdf(io.BytesIO(signed), limits=PdfLimits(file_bytes=len(signed) - 1))


def test_a_file_that_changes_while_it_is_read_is_refused(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)

    class Written(io.FileIO):
        def read(self, size: int = -1, /) -> bytes:
            data = super().read(size)
            with path.open("ab") as other:
                other.write(b"more")
            return data

    with Written(path) as file, pytest.raises(MalformedSignature, match="changed while it was"):
        read_pdf(file)  # type: ignore[arg-type]


def test_a_file_that_is_written_over_while_it_is_read_is_refused(
    signed: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)

    class Touched(io.FileIO):
        def read(self, size: int = -1, /) -> bytes:
            data = super().read(size)
            os.utime(path, (1, 1))
            return data

    with Touched(path) as file, pytest.raises(MalformedSignature, match="changed while it was"):
        read_pdf(file)  # type: ignore[arg-type]


def test_a_closed_file_is_refused(signed: bytes) -> None:
    file = io.BytesIO(signed)
    file.close()
    with pytest.raises(MalformedSignature, match="cannot be read"):
        read_pdf(file)


def test_as_many_fields_are_read_as_the_limit_says(drafts: ModuleType, keys: Any) -> None:
    two = sign_pdf(sign_pdf(drafts.base_pdf(), keys, at=AT), keys, at=AT)
    assert len(read_pdf(two, limits=PdfLimits(fields=2)).claims) == 2
    with pytest.raises(TooLarge, match="signature fields"):
        read_pdf(two, limits=PdfLimits(fields=1))


def test_without_pyhanko_the_missing_extra_is_named(
    signed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def no_pyhanko(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyhanko"):
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    for name in list(sys.modules):
        if name.startswith(("jpki.validation.formats.pdf.", "jpki.pdf_signing.")):
            monkeypatch.delitem(sys.modules, name)
    package = sys.modules["jpki.validation.formats.pdf"]
    monkeypatch.delattr(package, "reading", raising=False)
    monkeypatch.delattr(sys.modules["jpki.pdf_signing"], "writing", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_pyhanko)
    with pytest.raises(MissingExtra) as caught:
        read_pdf(signed)
    assert caught.value.extra == "pdf"


@pytest.mark.parametrize(
    ("beginning", "answer"),
    [
        (b"%PDF-1.7", True),
        (b" " * 1024 + b"%PDF-1.7", True),
        (b" " * 1025 + b"%PDF-1.7", False),
        (b"%PDF1.7", False),
        (b"", False),
    ],
)
def test_a_pdf_file_is_known_by_its_header_in_the_first_1024_bytes(
    beginning: bytes, answer: bool
) -> None:
    assert looks_like_pdf(beginning) is answer


@pytest.mark.parametrize(
    ("written", "claimed"),
    [
        (b"D:20260801120000+09'00'", AT),
        (b"D:20260801030000Z", AT),
        (b"D:20260801120000", None),  # no time zone, no instant
        (b"yesterday", None),
    ],
)
def test_the_time_in_the_dictionary_is_an_instant_or_nothing(
    drafts: ModuleType, keys: Any, written: bytes, claimed: datetime | None
) -> None:
    draft = drafts.Draft(time=written, cms=lambda keys, digest: keys.cms(digest, claimed=None))
    found = inspect_pdf(drafts.sign(keys, draft))
    (claim,) = found.document.claims
    assert_good(claim, keys.certificate, SHA256())
    assert claim.claimed_time == claimed
    told = None if claimed is None else ClaimedTimeFrom.DICTIONARY
    assert found.fields[0].claimed_time_from is told


def test_the_time_in_the_cms_goes_before_the_one_in_the_dictionary(
    drafts: ModuleType, keys: Any
) -> None:
    found = inspect_pdf(drafts.sign(keys, drafts.Draft(time=b"D:20200101000000Z")))
    assert found.document.claims[0].claimed_time == AT
    assert found.fields[0].claimed_time_from is ClaimedTimeFrom.ATTRIBUTE


def test_an_error_never_quotes_the_document(drafts: ModuleType, keys: Any) -> None:
    """A name in place of a number makes the parser complain of that name."""
    draft = drafts.Draft(entries=b"/Reference [ /Hanako_Mogi ] /X <48616e616b6f_Mogi>")
    with pytest.raises(MalformedSignature) as caught:
        read_pdf(drafts.sign(keys, draft))
    assert "anako" not in str(caught.value)
    assert "_Mogi" not in str(caught.value)


def test_a_number_of_many_digits_costs_more_than_its_length(drafts: ModuleType) -> None:
    """The parser copies what it has of a number with every 16 bytes more.

    200,000 digits are 12,500 pieces, which alone would be within the limit; the copies are
    counted as 12,500^2 / 2 / 512 = 152,000 steps more.
    """
    objects = drafts.base_objects()
    form = objects[drafts.FORM].replace(b"/DA", b"/X %s /DA" % (b"1" * 200_000))
    with pytest.raises(TooLarge, match="steps"):
        read_pdf(drafts.pdf_file({**objects, drafts.FORM: form}), limits=PdfLimits(work=100_000))
