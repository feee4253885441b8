"""Documents of other programs, canonical forms against libxmlsec1, and the second judge."""

from __future__ import annotations

import base64
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml import CanonicalizationMethod, XMLSigner
from signxml import SignatureConstructionMethod as Construction
from signxml.xades import XAdESDataObjectFormat, XAdESSigner

from jpki.errors import MissingExtra
from jpki.validation.claim import Severity, SignatureClaim
from jpki.validation.formats.xml import judge, read_xml
from jpki.xml_signing import XadesLevel, sign_xml

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "xml"
AT = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
DS = "{http://www.w3.org/2000/09/xmldsig#}"
Verdict = Callable[[SignatureClaim], tuple[str, str]]


def read(name: str) -> bytes:
    return (VECTORS / f"{name}.xml").read_bytes()


# signxml's documents


@pytest.fixture(scope="module")
def signing(maker: Any) -> dict[str, Any]:
    return {"key": maker.key, "cert": [x509.load_der_x509_certificate(maker.card)]}


@pytest.mark.parametrize("method", [Construction.enveloped, Construction.enveloping])
@pytest.mark.parametrize(
    "canonical",
    [
        CanonicalizationMethod.CANONICAL_XML_1_0,
        CanonicalizationMethod.CANONICAL_XML_1_1,
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    ],
)
def test_a_document_that_signxml_signed_is_good(
    signing: dict[str, Any], verdict_on: Verdict, method: Construction, canonical: Any
) -> None:
    document = etree.fromstring('<a xmlns="urn:a"><b c="1">text</b></a>')
    signer = XMLSigner(method=method, c14n_algorithm=canonical)
    signed = etree.tostring(signer.sign(document, **signing))
    (claim,) = read_xml(signed).claims
    assert verdict_on(claim) == ("valid", "")
    assert b"text" in claim.parts[0].data
    (other,) = read_xml(signed.replace(b">text<", b">tExt<")).claims
    assert verdict_on(other) == ("invalid", "content.differs")


def test_xades_properties_that_signxml_wrote_are_read(
    signing: dict[str, Any], verdict_on: Verdict
) -> None:
    signer = XAdESSigner(data_object_format=XAdESDataObjectFormat("text", "text/xml"))
    signed = etree.tostring(signer.sign(etree.fromstring("<a>text</a>"), **signing))
    (claim,) = read_xml(signed).claims
    assert verdict_on(claim) == ("valid", "")
    assert len(claim.references) == 1
    assert claim.claimed_time is not None


# what is handed on


def test_only_what_was_signed_is_handed_on() -> None:
    (claim,) = read_xml(read("beside")).claims
    (part,) = claim.parts
    # Exclusive canonical form, by hand: the comment and the unused namespace are gone.
    expected = '<内容 xmlns="urn:example:filing" ID="内容1">転居の届出です</内容>'
    assert part.data == expected.encode()
    assert part.name == "#内容1"
    assert "転居" not in repr(claim)


def test_the_inherited_language_belongs_to_what_is_handed_on() -> None:
    (claim,) = read_xml(read("inherited-language")).claims
    # Canonical XML 1.0 §2.4, by hand: the ancestors' xml: attributes come along, and so does the
    # unused namespace.
    expected = (
        '<内容 xmlns="urn:example:filing" xmlns:unused="urn:example:unused" ID="内容1" '
        'xml:lang="ja" xml:space="preserve">転居の届出です</内容>'
    )
    assert claim.parts[0].data == expected.encode()


def test_the_instructions_around_the_root_are_signed_with_the_whole_only() -> None:
    whole, root = (
        read_xml(read(name)).claims[0] for name in ("instructions-around", "root-by-name")
    )
    assert whole.parts[0].data.startswith(b"<?before the root?>\n<")
    assert whole.parts[0].data.endswith(b">\n<?after the root?>")
    assert root.parts[0].data.startswith("<申請".encode())


def test_certificates_may_come_beside_the_document(maker: Any, verdict_on: Verdict) -> None:
    data = read("no-key")
    (claim,) = read_xml(data, certificates=[maker.root, maker.card]).claims
    assert verdict_on(claim) == ("valid", "")
    assert claim.certificates == (maker.root, maker.card)


def test_evidence_that_came_along_is_handed_on_as_material(maker: Any) -> None:
    def held(name: str, data: bytes) -> str:
        return f"<xades:{name}>{base64.b64encode(data).decode()}</xades:{name}>"

    class Stamps:
        def timestamp(self, imprint: bytes) -> bytes:
            return b"token"

    signed = sign_xml(b"<a/>", maker, at=AT, xades=XadesLevel.B_T, timestamper=Stamps()).decode()
    end = "</xades:UnsignedSignatureProperties>"
    values = (
        f"<xades:CertificateValues>{held('EncapsulatedX509Certificate', maker.root)}"
        "</xades:CertificateValues><xades:RevocationValues><xades:CRLValues>"
        f"{held('EncapsulatedCRLValue', b'list')}</xades:CRLValues><xades:OCSPValues>"
        f"{held('EncapsulatedOCSPValue', b'answer')}</xades:OCSPValues></xades:RevocationValues>"
        "<xades:CounterSignature><ds:Signature/></xades:CounterSignature>"
    )
    (claim,) = read_xml(signed.replace(end, values + end).encode()).claims
    assert claim.certificates == (maker.card, maker.root)
    assert claim.identifier is not None
    assert claim.revocation_lists == (b"list",)
    assert claim.ocsp_responses == (b"answer",)
    assert claim.countersignatures == 1
    assert [proof.token for proof in claim.proofs] == [b"token"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-01T12:00:00+09:00", AT),
        ("2026-08-01T03:00:00Z", AT),
        ("2026-08-01T03:00:00", None),  # no zone, so no instant
        ("2026-08-32T03:00:00Z", None),
        ("soon", None),
        ("0001-01-01T00:00:00+14:00", None),  # before the first instant there is
    ],
)
def test_a_claimed_time_is_an_instant_or_nothing(
    make: Any, maker: Any, text: str, instant: datetime | None
) -> None:
    signed_properties = make.reference("#p", make.EXC, kind=make.PROPERTIES)
    template = make.signature(make.WHOLE, signed_properties, after=maker.properties(time=text))
    (claim,) = read_xml(maker.sign(make.filing(template))).claims
    assert claim.problems == ()
    assert claim.claimed_time == instant


# canonical forms: whatever document libxmlsec1 signs, we digest the same bytes

NAMES = st.sampled_from(["a", "b", "申請", "x:c", "y:d"])
TEXTS = st.sampled_from(
    ["", "t", " ", "\n", "&amp;", "&#13;", "]]&gt;", "<![CDATA[<&]]>", "髙", "𠮷"]
)
ATTRIBUTES = st.sampled_from(
    [
        "",
        ' k="v"',
        ' x:k="1" y:k="2" k="3"',
        ' xmlns="urn:other"',
        ' xmlns=""',
        ' xmlns:x="urn:x:anew"',
        ' xml:lang="ja"',
        ' xml:space="preserve"',
        " k='&quot;&#9;&#10;&lt;>'",
    ]
)


def element(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, attributes, before, children, after: (
            f"<{name}{attributes}>{before}{''.join(children)}{after}</{name}>"
        ),
        NAMES,
        ATTRIBUTES,
        TEXTS,
        st.lists(inside, max_size=3),
        TEXTS,
    )


ELEMENTS = st.recursive(TEXTS | st.just("<!--c-->") | st.just("<?p i?>"), element, max_leaves=12)


@given(
    inside=ELEMENTS,
    above=ATTRIBUTES.filter(lambda text: "xmlns" not in text),
    canonical=st.sampled_from(["C14N", "C14N11", "EXC"]),
    of_info=st.sampled_from(["C14N", "EXC"]),
    form=st.sampled_from(["whole", "part", "object"]),
)
@settings(max_examples=150)
def test_our_canonical_form_is_that_of_libxmlsec1(
    make: Any, maker: Any, inside: str, above: str, canonical: str, of_info: str, form: str
) -> None:
    method, info = getattr(make, canonical), getattr(make, of_info)
    if form == "whole":
        template = make.signature(make.reference("", make.ENVELOPED, method), canonical=info)
        body = f"<d{above}>{inside}</d>{template}tail"
    elif form == "part":
        template = make.signature(make.reference("#n", method), canonical=info)
        body = f'<d Id="n">{inside}</d>{template}'
    else:
        held = f'<ds:Object Id="n">{inside}</ds:Object>'
        body = make.signature(make.reference("#n", method), canonical=info, after=held)
    document = f'<r xmlns="urn:r" xmlns:x="urn:x" xmlns:y="urn:y"{above}>{body}</r>'
    (claim,) = read_xml(maker.sign(document)).claims
    assert [each.found for each in claim.content] == [each.stated for each in claim.content]
    assert claim.problems == ()
    # RSASSA-PKCS1-v1_5 has one value only, so SignedInfo was canonicalised alike as well.
    assert claim.signature == maker.sign_sha256(claim.signed_digest)


# the second judge


def test_disagreement_of_the_second_judge_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "agrees", lambda *_: False)
    (claim,) = read_xml(read("enveloped")).claims
    (problem,) = claim.problems
    assert (problem.code, problem.severity) == (
        "signature.xml-second-judge",
        Severity.INDETERMINATE,
    )


ABSTAINS = {"instructions-around", "root-by-name", "inherited-language", "comments-named"}
VALID = ("enveloped", "beside", "around", "two", "xades", "with-root", *sorted(ABSTAINS))


@pytest.mark.parametrize("name", VALID)
def test_the_second_judge_is_asked_unless_it_is_known_to_differ(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    agrees = judge.agrees
    monkeypatch.setattr(judge, "agrees", lambda *a: asked.append(agrees(*a)) or asked[-1])
    claims = read_xml(read(name)).claims
    assert asked == ([] if name in ABSTAINS else [True] * len(claims))


def test_the_second_judge_logs_nothing_of_the_document(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read_xml(read("enveloped"))
    assert "転居" not in caplog.text


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "jpki.validation.formats.xml.reader", raising=False)
    monkeypatch.setitem(sys.modules, "jpki.validation.formats.xml.judge", None)
    monkeypatch.delattr("jpki.validation.formats.xml.judge", raising=False)
    with pytest.raises(MissingExtra) as caught:
        read_xml(b"<a/>")
    assert caught.value.extra == "xml"
