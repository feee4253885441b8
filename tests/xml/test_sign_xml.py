"""What we sign is accepted by programs that other people wrote, and by our own reader."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier
from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier

from jpki.errors import MalformedCertificate, MalformedDocument
from jpki.validation.claim import ProofKind, SignatureClaim
from jpki.validation.formats.xml import XmlRules, read_xml
from jpki.xml_signing import EgovLayout, XadesLevel, XmlForm, sign_xml

AT = datetime(2026, 8, 1, 15, 0, 0, tzinfo=UTC)  # midnight in Japan, 2 August
DS = "{http://www.w3.org/2000/09/xmldsig#}"
CONTRACT = '<契約書 xmlns="urn:example:contract" 版="1"><条>甲は乙に支払う。</条></契約書>'.encode()
FILING = (
    '<DataRoot><様式ID>1</様式ID><構成情報 ID="構成情報"><氏名>模擬　花子</氏名></構成情報>'
    "<署名情報/></DataRoot>"
).encode()
ASCII_CONTRACT = b'<contract xmlns="urn:example:contract"><a>1</a></contract>'
Verdict = Callable[[SignatureClaim], tuple[str, str]]
FORMS = [
    (XmlForm.ENVELOPED, CONTRACT, None),
    (XmlForm.ENVELOPING, CONTRACT, None),
    (XmlForm.EGOV, FILING, None),
    (XmlForm.ENVELOPED, CONTRACT, XadesLevel.B_B),
    (XmlForm.ENVELOPING, CONTRACT, XadesLevel.B_B),
    (XmlForm.EGOV, FILING, XadesLevel.B_B),
]


class Clockmaker:
    """A timestamper that returns what it was asked about, to be looked at."""

    def timestamp(self, imprint: bytes) -> bytes:
        return b"token:" + imprint


def believed_by_xmlsec(data: bytes, certificate: bytes) -> bool:
    root = etree.fromstring(data)
    xmlsec.tree.add_ids(root, ["Id", "ID"])
    (node,) = root.iter(DS + "Signature")
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        x509.load_der_x509_certificate(certificate)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        xmlsec.KeyFormat.PEM,
    )
    try:
        context.verify(node)
    except xmlsec.Error:
        return False
    return True


@pytest.mark.parametrize(("form", "document", "xades"), FORMS)
def test_libxmlsec1_and_our_reader_accept_what_we_sign(
    maker: Any, verdict_on: Verdict, form: XmlForm, document: bytes, xades: XadesLevel | None
) -> None:
    signed = sign_xml(document, maker, at=AT, form=form, xades=xades)
    if form is not XmlForm.EGOV:  # libxmlsec1 does not decode the fragment that e-Gov encodes
        assert believed_by_xmlsec(signed, maker.card)
        assert not believed_by_xmlsec(signed.replace("甲".encode(), "丙".encode()), maker.card)
    (claim,) = read_xml(signed).claims
    assert verdict_on(claim) == ("valid", "")
    assert len(claim.parts) == 1
    assert claim.claimed_time == (AT if xades else None)


def test_libxmlsec1_accepts_the_form_of_e_gov(maker: Any) -> None:
    document = b'<DataRoot><a ID="part"><b>1</b></a></DataRoot>'
    layout = EgovLayout(target_id="part", holder="signatures")
    signed = sign_xml(document, maker, at=AT, form=XmlForm.EGOV, layout=layout)
    assert believed_by_xmlsec(signed, maker.card)
    assert not believed_by_xmlsec(signed.replace(b"<b>1", b"<b>2"), maker.card)


def test_signxml_accepts_an_enveloped_signature(maker: Any) -> None:
    signed = sign_xml(ASCII_CONTRACT, maker, at=AT)
    result = XMLVerifier().verify(
        signed,
        x509_cert=x509.load_der_x509_certificate(maker.card),
        expect_config=SignatureConfiguration(verification_time=AT),
    )
    assert not isinstance(result, list)
    assert result.signed_data == ASCII_CONTRACT  # it is in canonical form already


def test_signxml_finds_the_properties_of_xades(maker: Any) -> None:
    signed = sign_xml(ASCII_CONTRACT, maker, at=AT, xades=XadesLevel.B_B)
    results = XAdESVerifier().verify(
        signed,
        x509_cert=x509.load_der_x509_certificate(maker.card),
        expect_config=XAdESSignatureConfiguration(expect_references=2, verification_time=AT),
    )
    assert len(results) == 2


@pytest.mark.system
def test_the_program_xmlsec1_accepts_what_we_sign(maker: Any, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(x509.load_der_x509_certificate(maker.root).public_bytes(Encoding.PEM))
    layout = EgovLayout(target_id="part", holder="signatures")
    document = b'<DataRoot><a ID="part"><b>1</b></a></DataRoot>'
    signed = sign_xml(
        document,
        maker,
        at=AT,
        form=XmlForm.EGOV,
        layout=layout,
        files={"form_01.xml": b"<form/>\n"},
    )
    (tmp_path / "kousei.xml").write_bytes(signed)
    (tmp_path / "form_01.xml").write_bytes(b"<form/>\n")
    assert _xmlsec1(tmp_path, "kousei.xml")
    (tmp_path / "form_01.xml").write_bytes(b"<form/>")
    assert not _xmlsec1(tmp_path, "kousei.xml")
    (tmp_path / "contract.xml").write_bytes(sign_xml(CONTRACT, maker, at=AT))
    assert _xmlsec1(tmp_path, "contract.xml")


def _xmlsec1(folder: Path, name: str) -> bool:
    done = subprocess.run(
        [
            *("xmlsec1", "--verify", "--trusted-pem", "root.pem"),
            *("--verification-gmt-time", "2026-08-02+00:00:00"),
            *("--id-attr:ID", "a", name),
        ],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0


# the form of e-Gov


def test_an_e_gov_signature_is_laid_out_as_filings_have_it(maker: Any) -> None:
    files = {"添付 書類.txt": b"one", "form_01.xml": b"two"}
    root = etree.fromstring(sign_xml(FILING, maker, at=AT, form=XmlForm.EGOV, files=files))
    signature = root.find(f"署名情報/{DS}Signature")
    assert signature.get("Id") == "20260802000000"
    info = signature.find(DS + "SignedInfo")
    c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    assert info.find(DS + "CanonicalizationMethod").get("Algorithm") == c14n
    method = info.find(DS + "SignatureMethod").get("Algorithm")
    assert method == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    references = info.findall(DS + "Reference")
    assert [each.get("URI") for each in references] == [
        "#%E6%A7%8B%E6%88%90%E6%83%85%E5%A0%B1",
        "%E6%B7%BB%E4%BB%98%20%E6%9B%B8%E9%A1%9E.txt",
        "form_01.xml",
    ]
    transforms = [
        [one.get("Algorithm") for one in each.iter(DS + "Transform")] for each in references
    ]
    assert transforms == [[c14n], [], []]
    stated = [base64.b64decode(each.find(DS + "DigestValue").text) for each in references[1:]]
    assert stated == [hashlib.sha256(data).digest() for data in files.values()]


def test_the_holder_of_signatures_is_made_where_there_is_none(
    maker: Any, verdict_on: Verdict
) -> None:
    document = FILING.replace("<署名情報/>".encode(), b"")
    signed = sign_xml(document, maker, at=AT, form=XmlForm.EGOV)
    assert etree.fromstring(signed).find(f"署名情報/{DS}Signature") is not None
    assert verdict_on(read_xml(signed).claims[0]) == ("valid", "")


def test_a_file_that_is_not_given_is_content_that_is_missing(
    maker: Any, verdict_on: Verdict
) -> None:
    files = {"添付 書類.txt": b"one", "form_01.xml": b"two"}
    signed = sign_xml(FILING, maker, at=AT, form=XmlForm.EGOV, files=files)

    def verdict(given: Any) -> tuple[str, str]:
        (claim,) = read_xml(signed, files=given).claims
        return verdict_on(claim)

    assert verdict(files) == ("valid", "")
    assert verdict(files.get) == ("valid", "")
    assert verdict({"form_01.xml": b"two"}) == ("indeterminate", "content.missing")
    assert verdict({**files, "form_01.xml": b"twO"}) == ("invalid", "content.differs")


def test_a_plus_in_a_file_reference_is_a_space_only_when_asked_for(maker: Any) -> None:
    files = {"a+b.txt": b"plus"}
    signed = sign_xml(FILING, maker, at=AT, form=XmlForm.EGOV, files=files)

    def names(*, plus_means_space: bool) -> list[str]:
        rules = XmlRules(plus_means_space=plus_means_space)
        return [each.name for each in read_xml(signed, rules=rules).claims[0].content]

    assert names(plus_means_space=False) == ["#構成情報", "a+b.txt"]
    assert names(plus_means_space=True) == ["#構成情報", "a b.txt"]


def test_two_people_sign_one_filing(maker: Any, verdict_on: Verdict) -> None:
    once = sign_xml(FILING, maker, at=AT, form=XmlForm.EGOV)
    twice = sign_xml(once, maker, at=AT, form=XmlForm.EGOV)
    claims = read_xml(twice).claims
    assert [claim.label for claim in claims] == ["20260802000000", "20260802000000-2"]
    assert [verdict_on(claim) for claim in claims] == [("valid", "")] * 2


# XAdES


def test_a_timestamp_is_asked_over_the_canonical_signature_value(maker: Any) -> None:
    signed = sign_xml(CONTRACT, maker, at=AT, xades=XadesLevel.B_T, timestamper=Clockmaker())
    assert believed_by_xmlsec(signed, maker.card)
    (claim,) = read_xml(signed).claims
    (proof,) = claim.proofs
    # EN 319 132-1 §5.3: the exclusive canonical form of ds:SignatureValue, written by hand here.
    value = base64.b64encode(claim.signature)
    canonical = (
        b'<ds:SignatureValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        + value
        + b"</ds:SignatureValue>"
    )
    imprint = hashlib.sha256(canonical).digest()
    assert proof.kind is ProofKind.SIGNATURE
    assert proof.token == b"token:" + imprint
    assert proof.imprints["2.16.840.1.101.3.4.2.1"] == imprint


def test_the_signed_properties_name_the_certificate(maker: Any) -> None:
    (claim,) = read_xml(sign_xml(CONTRACT, maker, at=AT, xades=XadesLevel.B_B)).claims
    (reference,) = claim.references
    certificate = x509.load_der_x509_certificate(maker.card)
    assert reference.digest == hashlib.sha256(maker.card).digest()
    assert reference.algorithm == "2.16.840.1.101.3.4.2.1"
    assert reference.serial == certificate.serial_number
    assert reference.issuer == certificate.issuer.public_bytes()


# what cannot be signed


@pytest.mark.parametrize(
    ("document", "options"),
    [
        (b"no xml", {}),
        (b"<!DOCTYPE a><a/>", {}),
        (FILING.replace(b' ID="', b' Nr="'), {"form": XmlForm.EGOV}),
        (
            FILING.replace("<署名情報/>".encode(), "<署名情報/>".encode() * 2),
            {"form": XmlForm.EGOV},
        ),
        (b'<a ID="\xe6\xa7\x8b\xe6\x88\x90\xe6\x83\x85\xe5\xa0\xb1"/>', {"form": XmlForm.EGOV}),
        (CONTRACT, {"files": {"../a": b""}}),
        (CONTRACT, {"files": {"http://a": b""}}),
        (CONTRACT, {"files": {"": b""}}),
        (CONTRACT, {"files": {"\udc80": b""}}),
        (CONTRACT, {"xades": XadesLevel.B_T}),
        (CONTRACT, {"timestamper": Clockmaker()}),
    ],
)
def test_a_document_that_cannot_be_signed_is_refused_before_the_key_is_used(
    maker: Any, document: bytes, options: dict[str, Any]
) -> None:
    class Untouched:
        certificate = maker.card

        def sign_sha256(self, digest: bytes) -> bytes:
            raise AssertionError("the key was used")

    with pytest.raises(MalformedDocument):
        sign_xml(document, Untouched(), at=AT, **options)


def test_a_signer_without_a_certificate_cannot_sign_properties() -> None:
    class Nobody:
        certificate = b"no certificate"

        def sign_sha256(self, digest: bytes) -> bytes:
            raise AssertionError("the key was used")

    with pytest.raises(MalformedCertificate):
        sign_xml(CONTRACT, Nobody(), at=AT, xades=XadesLevel.B_B)


def test_a_second_enveloped_signature_is_refused_because_it_would_break_the_first(
    maker: Any,
) -> None:
    signed = sign_xml(CONTRACT, maker, at=AT)
    with pytest.raises(MalformedDocument, match="signed already"):
        sign_xml(signed, maker, at=AT)
