"""Inputs made to exhaust, to confuse or to slip by end in a named error or are not valid."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.errors import MalformedSignature
from jpki.validation.claim import SignatureClaim, SignedDocument
from jpki.validation.formats.xml import XmlRules, read_xml
from jpki.validation.formats.xml.key_info import made_by

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "xml"
Verdict = Callable[[SignatureClaim], tuple[str, str]]
RULES = XmlRules()
# Of this process, however busy the machine; what is stopped here would take minutes or all memory.
SECONDS = 20


def read(name: str) -> bytes:
    return (VECTORS / f"{name}.xml").read_bytes()


def refused(data: bytes, rules: XmlRules = RULES) -> str:
    began = time.process_time()
    with pytest.raises(MalformedSignature) as caught:
        read_xml(data, rules=rules)
    assert time.process_time() - began < SECONDS
    return caught.value.message


# how large, how deep, how many: both sides of each limit


def with_element(inside: bytes) -> bytes:
    """The signed document with more in it, which breaks the signature but not the reading."""
    return read("beside").replace(b"</ds:Signature>", b"</ds:Signature>" + inside)


def read_claims(data: bytes, rules: XmlRules) -> SignedDocument:
    return read_xml(data, rules=rules)


def test_the_number_of_bytes_is_bounded() -> None:
    data = read("enveloped")
    assert read_claims(data, replace(RULES, max_bytes=len(data))).claims
    assert "bytes" in refused(data, replace(RULES, max_bytes=len(data) - 1))


def test_the_depth_is_bounded() -> None:
    # The root is level 1, so 199 more make 200.
    at = with_element(b"<a>" * 199 + b"</a>" * 199)
    over = with_element(b"<a>" * 200 + b"</a>" * 200)
    assert read_claims(at, RULES).claims
    assert "200 levels" in refused(over)


def test_attributes_on_one_element_are_bounded() -> None:
    def element(count: int) -> bytes:
        return with_element(b"<a " + b" ".join(b'a%d=""' % n for n in range(count)) + b"/>")

    assert read_claims(element(256), RULES).claims
    assert "256 attributes" in refused(element(257))


def test_namespaces_in_one_place_are_bounded() -> None:
    def element(count: int) -> bytes:
        # The root declares two already.
        names = b" ".join(b'xmlns:n%d="urn:n:%d"' % (n, n) for n in range(count - 2))
        return with_element(b"<a " + names + b"/>")

    assert read_claims(element(128), RULES).claims
    assert "128 namespaces" in refused(element(129))


def test_elements_are_bounded() -> None:
    data = read("enveloped")
    count = data.count(b"<") - data.count(b"</") - data.count(b"<!--")
    assert read_claims(data, replace(RULES, max_elements=count)).claims
    assert "elements" in refused(data, replace(RULES, max_elements=count - 1))


def test_signatures_are_bounded() -> None:
    data = read("two")
    assert len(read_claims(data, replace(RULES, max_signatures=2)).claims) == 2
    assert "1 signatures" in refused(data, replace(RULES, max_signatures=1))


def test_references_are_bounded() -> None:
    data = read("xades")
    assert read_claims(data, replace(RULES, max_references=2)).claims
    assert "1 references" in refused(data, replace(RULES, max_references=1))


def test_certificates_are_bounded() -> None:
    data = read("with-root")
    assert read_claims(data, replace(RULES, max_certificates=2)).claims
    assert "1 certificates" in refused(data, replace(RULES, max_certificates=1))


def test_references_to_certificates_are_bounded(make: Any, maker: Any) -> None:
    def signed(count: int) -> bytes:
        properties = maker.properties()
        begin, end = properties.index("<xades:Cert>"), properties.index("</xades:SigningCert")
        many = properties[:begin] + properties[begin:end] * count + properties[end:]
        covered = make.reference("#p", make.EXC, kind=make.PROPERTIES)
        return bytes(maker.sign(make.filing(make.signature(make.WHOLE, covered, after=many))))

    (claim,) = read_xml(signed(128)).claims
    assert claim.problems == ()
    assert "128 properties" in refused(signed(129))


def test_references_that_ask_for_the_whole_again_and_again_are_stopped(make: Any) -> None:
    whole = make.reference("", make.ENVELOPED, make.EXC).replace(
        "<ds:DigestValue/>", "<ds:DigestValue>AAAA</ds:DigestValue>"
    )
    text = make.signature(*[whole] * 100).replace(
        "<ds:SignatureValue/>", "<ds:SignatureValue>AAAA</ds:SignatureValue>"
    )
    filling = "<z>" + "x" * (8 << 20) + "</z>"
    assert "canonicalised" in refused(make.filing(text + filling).encode())


def test_the_second_judge_works_within_the_same_bounds() -> None:
    data = read("xades")
    # One reading and three canonical forms are ours; the judge reads the document four times more.
    assert "canonicalised" in refused(data, replace(RULES, max_work=4 * len(data)))
    assert read_claims(data, replace(RULES, max_work=9 * len(data))).claims


def test_a_namespace_that_grows_in_canonical_form_is_stopped(make: Any) -> None:
    """A megabyte of name, repeated by exclusive canonicalisation on 100,000 elements."""
    text = make.signature(make.reference("#内容1", make.EXC), make.WHOLE)
    for empty in ("DigestValue", "SignatureValue"):
        text = text.replace(f"<ds:{empty}/>", f"<ds:{empty}>AAAA</ds:{empty}>")
    attributes = f' xmlns:e="urn:{"x" * (1 << 20)}"'
    data = make.filing(text + "<e:a/>" * 100_000, attributes=attributes).encode()
    assert "canonicalised" in refused(data)


def test_very_deep_and_very_wide_documents_are_refused_in_time() -> None:
    refused(b"<a>" * 1_000_000)
    refused(b"<a" + b"".join(b' a%d=""' % n for n in range(500_000)) + b"/>")
    refused(b"<a" + b"".join(b' xmlns:n%d="urn:%d"' % (n, n) for n in range(100_000)) + b"/>")
    refused(b"<!---->" * 1_000_000)
    refused(b"<?a?>" * 1_000_000 + b"<!DOCTYPE a><a/>")
    refused(b"<a>" + b"<b/>" * 1_000_000 + b"</a>")
    refused(b"<a " + b"x" * (30 << 20))


def test_entities_of_entities_are_refused_before_they_are_read() -> None:
    lines = ['<!ENTITY e0 "ha">']
    lines += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12)]
    message = refused(f"<!DOCTYPE a [{''.join(lines)}]><a>&e11;</a>".encode())
    assert "document type" in message


@pytest.mark.parametrize("before", ["", "\n", "<!-- <!DOCTYPE is no comment -->", "<?a b?> "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_type_is_found_wherever_it_stands(before: str, encoding: str) -> None:
    assert "document type" in refused(f"{before}<!DOCTYPE a><a/>".encode(encoding))


def test_what_looks_like_a_document_type_in_text_is_none(make: Any, maker: Any) -> None:
    text = make.filing(make.signature(make.WHOLE) + "<![CDATA[<!DOCTYPE a>]]>")
    assert read_xml(maker.sign(text)).claims[0].problems == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x00",
        b"<a/>",
        b"\xff\xfe\x00\x00<\x00\x00\x00",
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"<?xml version='1.0' encoding='EUC-JP'?><a/>",
        b"<?xml encoding='utf-8'?><a/>",
        b"<?xml version='1.0'",
        "<?xml version='1.0' encoding='Shift_JIS'?><氏名/>".encode("shift_jis"),
        "<氏名/>".encode("utf-16-le"),
        b"<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>",
    ],
)
def test_bytes_that_are_no_signed_document_get_a_named_error(data: bytes) -> None:
    assert refused(data)


def test_an_error_never_quotes_the_document() -> None:
    data = "<申請><氏名>模擬　花子</住所></申請>".encode()
    message = refused(data)
    assert not {"模擬", "氏名", "住所"} & set(message)
    assert "氏名" not in message
    assert "花子" not in message


# nothing else is let through


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
@settings(max_examples=400)
def test_a_flipped_bit_is_never_valid_with_other_content(at: int, bit: int) -> None:
    """Whatever a flip does, what is handed on as signed is what was signed."""
    data = bytearray(read("xades"))
    genuine = {part.data for part in read_xml(bytes(data)).claims[0].parts}
    data[at % len(data)] ^= 1 << bit
    try:
        claims = read_xml(bytes(data)).claims
    except MalformedSignature:
        return
    for claim in claims:
        if not claim.problems and all(each.found == each.stated for each in claim.content):
            assert {part.data for part in claim.parts} <= genuine or _is_bad(claim)


def _is_bad(claim: SignatureClaim) -> bool:
    return not any(
        made_by(each, claim.signature, claim.signed_digest, claim.signature_algorithm)
        for each in claim.certificates
    )


@pytest.mark.parametrize("name", ["enveloped", "around", "xades"])
def test_no_one_byte_change_of_what_is_signed_is_valid(name: str, verdict_on: Verdict) -> None:
    data = read(name)
    part = read_xml(data).claims[0].parts[0].data
    # The words of the content, and everything in SignedInfo.
    first, last = data.index(b"<ds:SignedInfo"), data.index(b"</ds:SignedInfo>")
    words = ["転居".encode(), b"urn:example:filing"] if name != "around" else ["転居".encode()]
    places = {*range(first, last, 7)}
    for word in words:
        assert word in part
        places |= {data.index(word) + n for n in range(len(word))}
    for place in sorted(places):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            claims = read_xml(changed).claims
        except MalformedSignature:
            continue
        assert all(verdict_on(claim)[0] != "valid" for claim in claims), place


@given(st.binary(max_size=300))
def test_any_bytes_give_a_claim_or_the_named_error(data: bytes) -> None:
    with pytest.raises(MalformedSignature):
        read_xml(data)


@given(
    cut=st.tuples(st.integers(0, 6000), st.integers(0, 200)),
    put=st.sampled_from(
        [b"", b"<!-- -->", b"<?x?>", b"&amp;", b"<ds:Object/>", b"\x00", b"A", b"=", b'"', b"<a>"]
    ),
    name=st.sampled_from(["xades", "two", "key-info-signed", "manifest", "wrapped-8", "enveloped"]),
)
@settings(max_examples=400)
def test_cutting_and_pasting_gives_a_claim_or_the_named_error(
    cut: tuple[int, int], put: bytes, name: str
) -> None:
    data = read(name)
    begin = cut[0] % len(data)
    with suppress(MalformedSignature):
        assert read_xml(data[:begin] + put + data[begin + cut[1] :]).claims
