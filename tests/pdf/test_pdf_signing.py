"""PDF files that we sign: read again by us, judged by pyHanko, and refused when they should be."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asn1crypto import cms, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from jpki.errors import (
    BadSignature,
    EncryptedDocument,
    MalformedDocument,
    MalformedSignature,
    TooLarge,
)
from jpki.pdf_signing import (
    Certification,
    PdfAppearance,
    PdfEvidence,
    PdfLevel,
    PdfPlan,
    sign_pdf,
)
from jpki.validation.claim import SignatureClaim
from jpki.validation.formats.pdf import ClaimedTimeFrom, inspect_pdf, read_pdf

AT = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


@pytest.fixture(scope="module")
def base(drafts: ModuleType) -> bytes:
    made: bytes = drafts.base_pdf()
    return made


@pytest.fixture(scope="module")
def evidence(keys: Any) -> PdfEvidence:
    return PdfEvidence(
        certificates=(keys.root.certificate.der,), revocation_lists=(keys.revocation_list,)
    )


@pytest.fixture(scope="module")
def plans(tsa: Any, evidence: PdfEvidence) -> dict[PdfLevel, PdfPlan]:
    return {
        PdfLevel.PLAIN: PdfPlan(),
        PdfLevel.B_B: PdfPlan(level=PdfLevel.B_B),
        PdfLevel.B_T: PdfPlan(level=PdfLevel.B_T, timestamper=tsa),
        PdfLevel.B_LT: PdfPlan(level=PdfLevel.B_LT, timestamper=tsa, evidence=evidence),
    }


def assert_cryptographically_good(claim: SignatureClaim, certificate: bytes) -> None:
    """The content is what was signed, and the signer's key made the value."""
    assert claim.problems == ()
    assert [one.stated == one.found for one in claim.content] == [True]
    assert certificate in claim.certificates
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(claim.signature, claim.signed_digest, PKCS1v15(), Prehashed(SHA256()))


def pyhanko_context(keys: Any, *others: bytes) -> ValidationContext:
    return ValidationContext(
        trust_roots=[
            asn1_x509.Certificate.load(der) for der in (keys.root.certificate.der, *others)
        ],
        crls=[asn1_crl.CertificateList.load(keys.revocation_list)],
        moment=AT,
        allow_fetching=False,
        revocation_mode="hard-fail" if not others else "soft-fail",
    )


@dataclass
class CountingSigner:
    """A signer that counts how often it was asked."""

    keys: Any
    asked: list[bytes] = field(default_factory=list)

    @property
    def certificate(self) -> bytes:
        """The certificate."""
        made: bytes = self.keys.certificate
        return made

    def sign_sha256(self, digest: bytes) -> bytes:
        """Sign."""
        self.asked.append(digest)
        made: bytes = self.keys.sign_sha256(digest)
        return made


@pytest.mark.parametrize("level", PdfLevel)
def test_what_we_sign_is_read_as_a_good_claim(
    base: bytes, keys: Any, plans: dict[PdfLevel, PdfPlan], level: PdfLevel
) -> None:
    signed = sign_pdf(base, keys, at=AT, plan=plans[level])
    assert signed.startswith(base)
    (claim,) = read_pdf(signed).claims
    assert_cryptographically_good(claim, keys.certificate)
    assert (claim.label, claim.claimed_time) == ("Signature1", AT)


@pytest.mark.parametrize("level", PdfLevel)
def test_pyhanko_accepts_what_we_sign_under_the_simulated_root_with_our_list(
    base: bytes, keys: Any, tsa: Any, plans: dict[PdfLevel, PdfPlan], level: PdfLevel
) -> None:
    signed = sign_pdf(base, keys, at=AT, plan=plans[level])
    (embedded,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    status = validate_pdf_signature(
        embedded, pyhanko_context(keys), pyhanko_context(keys, tsa.root)
    )
    assert status.bottom_line, status.pretty_print_details()
    whole = SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION
    assert status.coverage is whole[level is PdfLevel.B_LT]
    if level.is_timed:
        assert status.timestamp_validity.timestamp == tsa.AT


def test_the_kind_of_signature_says_where_the_time_is_claimed(
    base: bytes, keys: Any, plans: dict[PdfLevel, PdfPlan]
) -> None:
    told = {
        level: inspect_pdf(sign_pdf(base, keys, at=AT, plan=plan)).fields[0]
        for level, plan in plans.items()
    }
    assert told[PdfLevel.PLAIN].subfilter == "adbe.pkcs7.detached"
    assert told[PdfLevel.PLAIN].claimed_time_from is ClaimedTimeFrom.ATTRIBUTE
    for level in (PdfLevel.B_B, PdfLevel.B_T, PdfLevel.B_LT):
        assert told[level].subfilter == "ETSI.CAdES.detached"
        assert told[level].claimed_time_from is ClaimedTimeFrom.DICTIONARY


def test_a_timestamp_is_over_the_signature_value(
    base: bytes, keys: Any, plans: dict[PdfLevel, PdfPlan]
) -> None:
    signed = sign_pdf(base, keys, at=AT, plan=plans[PdfLevel.B_T])
    (embedded,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    (stamp,) = embedded.signer_info["unsigned_attrs"]
    assert stamp["type"].dotted == "1.2.840.113549.1.9.16.2.14"  # RFC 3161 appendix A
    token: cms.ContentInfo = stamp["values"][0]
    info: tsp.TSTInfo = token["content"]["encap_content_info"]["content"].parsed
    value = embedded.signer_info["signature"].native
    assert info["message_imprint"]["hashed_message"].native == hashlib.sha256(value).digest()


def test_the_evidence_of_b_lt_comes_into_the_claim(
    base: bytes, keys: Any, plans: dict[PdfLevel, PdfPlan]
) -> None:
    signed = sign_pdf(base, keys, at=AT, plan=plans[PdfLevel.B_LT])
    (claim,) = read_pdf(signed).claims
    assert claim.revocation_lists == (keys.revocation_list,)
    assert claim.certificates == (keys.certificate, keys.root.certificate.der)


def test_three_people_sign_one_after_the_other_and_every_signature_stays_good(
    base: bytes, keys: Any
) -> None:
    signed = base
    for level in (PdfLevel.PLAIN, PdfLevel.B_B, PdfLevel.PLAIN):
        signed = sign_pdf(signed, keys, at=AT, plan=PdfPlan(level=level))
    found = inspect_pdf(signed)
    assert [claim.label for claim in found.document.claims] == [
        "Signature1",
        "Signature2",
        "Signature3",
    ]
    for claim in found.document.claims:
        assert_cryptographically_good(claim, keys.certificate)
    assert [one.whole_file for one in found.fields] == [False, False, True]
    for embedded in PdfFileReader(io.BytesIO(signed)).embedded_signatures:
        assert validate_pdf_signature(embedded, pyhanko_context(keys)).bottom_line


def test_the_file_as_it_was_signed_can_be_cut_out(base: bytes, keys: Any) -> None:
    first = sign_pdf(base, keys, at=AT)
    second = sign_pdf(first, keys, at=AT)
    found = inspect_pdf(second).fields[0]
    assert second[: found.signed_bytes] == first


def test_the_same_input_gives_the_same_bytes(base: bytes, keys: Any, evidence: PdfEvidence) -> None:
    plan = PdfPlan(reason="契約の締結", appearance=PdfAppearance("署名", (72, 72, 172, 102)))
    assert sign_pdf(base, keys, at=AT, plan=plan) == sign_pdf(base, keys, at=AT, plan=plan)


def test_the_token_is_asked_once_and_for_the_attributes(base: bytes, keys: Any) -> None:
    signer = CountingSigner(keys)
    (claim,) = read_pdf(sign_pdf(io.BytesIO(base), signer, at=AT)).claims
    assert signer.asked == [claim.signed_digest]


def test_an_empty_field_is_listed_until_it_is_signed(
    base: bytes, drafts: ModuleType, keys: Any
) -> None:
    empty = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (buyer) /Rect [0 0 0 0] /P 3 0 R >>"
    form = drafts.base_objects()[drafts.FORM].replace(b"[9 0 R]", b"[9 0 R 30 0 R]")
    prepared = drafts.append(base, {30: empty, drafts.FORM: form})
    with pytest.raises(MalformedSignature, match="the field buyer is empty"):
        read_pdf(prepared)
    other = sign_pdf(prepared, keys, at=AT)
    assert inspect_pdf(other).empty_fields == ("buyer",)
    both = sign_pdf(other, keys, at=AT, plan=PdfPlan(field_name="buyer"))
    found = inspect_pdf(both)
    assert found.empty_fields == ()
    assert [claim.label for claim in found.document.claims] == ["Signature1", "buyer"]
    for claim in found.document.claims:
        assert_cryptographically_good(claim, keys.certificate)


@pytest.mark.parametrize("font", [None, pytest.param(NOTO, marks=pytest.mark.system)])
def test_a_visible_signature_shows_japanese_text_and_is_good(
    base: bytes, keys: Any, font: Path | None
) -> None:
    look = PdfAppearance("署名　模擬 花子\n2026-08-01", (72, 72, 272, 122), font=font)
    signed = sign_pdf(base, keys, at=AT, plan=PdfPlan(appearance=look))
    (claim,) = read_pdf(signed).claims
    assert_cryptographically_good(claim, keys.certificate)
    reader = PdfFileReader(io.BytesIO(signed))
    annotation = reader.root["/Pages"]["/Kids"][0].get_object()["/Annots"][1].get_object()
    assert [int(side) for side in annotation["/Rect"]] == [72, 72, 272, 122]
    shown = annotation["/AP"]["/N"].data
    assert shown.count(b"Tm") >= 2
    if font is None:
        assert "署名".encode("utf-16-be").hex().encode() in shown


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("", (72, 72, 172, 102)),
        ("署名", (72, 72, 76, 102)),
        ("署" * 100, (72, 72, 172, 102)),
        ("𠮷野", (72, 72, 172, 102)),
    ],
    ids=["no text", "no room", "too long", "not in the standard font"],
)
def test_an_appearance_that_cannot_be_drawn_is_refused_before_the_token_is_asked(
    base: bytes, keys: Any, text: str, box: tuple[int, int, int, int]
) -> None:
    signer = CountingSigner(keys)
    plan = PdfPlan(appearance=PdfAppearance(text, box))
    with pytest.raises(MalformedDocument):
        sign_pdf(base, signer, at=AT, plan=plan)
    assert signer.asked == []


@pytest.mark.parametrize("level", Certification)
def test_a_certification_signature_says_what_may_follow(
    base: bytes, keys: Any, level: Certification
) -> None:
    signed = sign_pdf(base, keys, at=AT, plan=PdfPlan(certification=level))
    assert inspect_pdf(signed).fields[0].certifies == level.value
    (embedded,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    assert validate_pdf_signature(embedded, pyhanko_context(keys)).bottom_line
    if level is Certification.NO_CHANGES:
        with pytest.raises(MalformedDocument, match="permits no further signature"):
            sign_pdf(signed, keys, at=AT)
    else:
        for claim in read_pdf(sign_pdf(signed, keys, at=AT)).claims:
            assert_cryptographically_good(claim, keys.certificate)


def test_only_the_first_signature_can_certify(base: bytes, keys: Any) -> None:
    plan = PdfPlan(certification=Certification.FORM_FILLING)
    with pytest.raises(MalformedDocument, match="only the first"):
        sign_pdf(sign_pdf(base, keys, at=AT), keys, at=AT, plan=plan)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (PdfPlan(level=PdfLevel.B_T), "needs a timestamp"),
        (PdfPlan(field_name="amount"), "no empty signature field"),
        (PdfPlan(field_name="a.b"), "no dot"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_the_token_is_asked(
    base: bytes, keys: Any, plan: PdfPlan, words: str
) -> None:
    signer = CountingSigner(keys)
    with pytest.raises(MalformedDocument, match=words):
        sign_pdf(base, signer, at=AT, plan=plan)
    assert signer.asked == []


def test_b_lt_needs_a_list_or_an_answer(base: bytes, keys: Any, tsa: Any) -> None:
    plan = PdfPlan(level=PdfLevel.B_LT, timestamper=tsa)
    with pytest.raises(MalformedDocument, match="needs evidence"):
        sign_pdf(base, keys, at=AT, plan=plan)


def test_a_token_that_does_not_fit_is_refused(base: bytes, keys: Any) -> None:
    class Long:
        def timestamp(self, digest: bytes) -> bytes:
            return cms.ContentInfo({"content_type": "data", "content": bytes(20_000)}).dump()

    with pytest.raises(MalformedDocument, match="were reserved"):
        sign_pdf(base, keys, at=AT, plan=PdfPlan(level=PdfLevel.B_T, timestamper=Long()))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("no-pdf", MalformedSignature),
        ("truncated", MalformedSignature),
        ("encrypted", EncryptedDocument),
        ("hybrid", MalformedSignature),
        ("stream-bomb", TooLarge),
    ],
)
def test_a_file_that_cannot_be_read_is_not_signed(
    maker: ModuleType, keys: Any, name: str, error: type[Exception]
) -> None:
    signer = CountingSigner(keys)
    with pytest.raises(error):
        sign_pdf(maker.VECTORS[name](keys), signer, at=AT)
    assert signer.asked == []


def test_a_faulty_token_makes_no_file(base: bytes, keys: Any) -> None:
    """A value that does not fit the certificate is seen before anything is written."""

    class Wrong(CountingSigner):
        def sign_sha256(self, digest: bytes) -> bytes:
            return bytes(super().sign_sha256(digest[::-1]))

    with pytest.raises(BadSignature):
        sign_pdf(base, Wrong(keys), at=AT)


def test_the_assertion_that_the_other_tests_lean_on_can_fail(base: bytes, keys: Any) -> None:
    (claim,) = read_pdf(sign_pdf(base, CountingSigner(keys), at=AT)).claims
    other = replace(claim, signed_digest=claim.signed_digest[::-1])
    with pytest.raises(InvalidSignature):
        assert_cryptographically_good(other, keys.certificate)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    assert shutil.which(str(command[0])), f"{command[0]} is not installed"
    words: Sequence[str] = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.system
@pytest.mark.parametrize("level", PdfLevel)
def test_poppler_and_qpdf_accept_what_we_sign(
    base: bytes, keys: Any, plans: dict[PdfLevel, PdfPlan], level: PdfLevel, tmp_path: Path
) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign_pdf(base, keys, at=AT, plan=plans[level]))
    told = run("pdfsig", "-nocert", path)
    assert "Signature is Valid" in told.stdout, told.stdout + told.stderr
    checked = run("qpdf", "--check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
