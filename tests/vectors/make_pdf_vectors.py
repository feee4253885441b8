"""PDF files, each right or broken in exactly one way, made from fixed keys when they are asked for.

``VECTORS`` maps a name to a function that makes the file; what reading must find in it stands in
``pdf.toml``, written by hand. Run ``python tests/vectors/make_pdf_vectors.py FOLDER`` to look at
the files.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from pathlib import Path

from asn1crypto import cms as asn1

sys.path.insert(0, str(Path(__file__).parent))

from pdf_drafts import (
    AMOUNT,
    CONTENT,
    FIELD,
    FORM,
    PAGE,
    SIGNATURE,
    TEXT_FIELD,
    Draft,
    Keys,
    append,
    base_objects,
    base_pdf,
    right,
    sign,
    table_of,
)

from simulator.pdf_contract import pdf_file, pdf_revision

Make = Callable[[Keys], bytes]
VECTORS: dict[str, Make] = {}


def vector(make: Make) -> Make:
    """Add a vector under its function's name."""
    VECTORS[make.__name__.strip("_").replace("_", "-")] = make
    return make


def drafted(name: str, draft: Draft) -> None:
    """Add a vector that differs from a good one in its draft."""
    VECTORS[name] = lambda keys: sign(keys, draft)


# good ones, for the other side of each boundary

drafted("good", Draft())
drafted("good-cades", Draft(subfilter=b"/SubFilter /ETSI.CAdES.detached"))
drafted("good-lower-case", Draft(value=lambda cms: cms.hex().lower().encode()))
drafted("good-upper-case", Draft(value=lambda cms: cms.hex().upper().encode()))
drafted("good-name-and-space", Draft(contents_entry=b"/Contents \n <#>"))
drafted(
    "good-certified",
    Draft(
        entries=b"/Reference [%s]" % b"<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >>"
    ),
)


@vector
def good_blank_tail(keys: Keys) -> bytes:
    return sign(keys) + b"\r\n\x00 "


@vector
def good_form_filled(keys: Keys) -> bytes:
    return append(sign(keys), {AMOUNT: TEXT_FIELD % b"200"})


@vector
def good_evidence_added(keys: Keys) -> bytes:
    return _with_evidence(keys, sign(keys))


@vector
def good_second_signature(keys: Keys) -> bytes:
    return _signed_again(keys, sign(keys))


@vector
def good_certified_and_filled(keys: Keys) -> bytes:
    return append(_certified(keys, 2), {AMOUNT: TEXT_FIELD % b"200"})


@vector
def good_certified_and_evidence(keys: Keys) -> bytes:
    return _with_evidence(keys, _certified(keys, 1))


# ByteRange

drafted("range-missing", Draft(range_entry=b""))
drafted("range-empty", Draft(range_entry=b"/ByteRange []"))
drafted("range-null", Draft(range_entry=b"/ByteRange null"))
drafted("range-three", Draft(written=lambda gap: b"%d %d %d" % right(gap)[:3]))
drafted("range-six", Draft(numbers=lambda gap: (*right(gap), gap.end, 0)))
drafted("range-one-pair", Draft(numbers=lambda gap: (0, gap.start)))
drafted("range-real", Draft(written=lambda gap: b"0.0 %d %d %d" % right(gap)[1:]))
drafted("range-string", Draft(written=lambda gap: b"(0) %d %d %d" % right(gap)[1:]))
drafted(
    "range-reference",
    Draft(
        written=lambda gap: b"30 0 R %d %d %d" % right(gap)[1:],
        more={30: b"0"},
    ),
)
drafted("range-from-one", Draft(numbers=lambda gap: (1, gap.start - 1, *right(gap)[2:])))
drafted("range-negative-start", Draft(numbers=lambda gap: (-1, *right(gap)[1:])))
drafted("range-negative-length", Draft(numbers=lambda gap: (*right(gap)[:3], -1)))
drafted("range-zero-first", Draft(numbers=lambda gap: (0, 0, *right(gap)[2:])))
drafted("range-zero-second", Draft(numbers=lambda gap: (*right(gap)[:3], 0)))
drafted(
    "range-overlap",
    Draft(numbers=lambda gap: (0, gap.start, gap.start - 1, gap.end - gap.start + 1)),
)
drafted("range-no-gap", Draft(numbers=lambda gap: (0, gap.start, gap.start, gap.end - gap.start)))
drafted(
    "range-beyond-file", Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop + 1))
)
drafted(
    "good-without-last-line-end",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop - 1)),
)
drafted(
    "range-inside-mark",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop - 2)),
)
drafted(
    "range-before-eof", Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop - 6))
)
drafted(
    "range-gap-from-left",
    Draft(numbers=lambda gap: (0, gap.start - 1, gap.stop, gap.end - gap.stop)),
)
drafted(
    "range-gap-to-right",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop + 1, gap.end - gap.stop - 1)),
)
drafted(
    "range-gap-inside-left",
    Draft(numbers=lambda gap: (0, gap.start + 1, gap.stop, gap.end - gap.stop)),
)
drafted(
    "range-gap-inside-right",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop - 1, gap.end - gap.stop + 1)),
)
drafted("range-huge", Draft(written=lambda gap: b"0 %d %d 99999999999999999999" % right(gap)[1:3]))

# Contents

drafted("contents-missing", Draft(contents_entry=b"/Other <#>"))
drafted("contents-empty", Draft(contents_entry=b"/Contents <>", width=0))
drafted("contents-null", Draft(contents_entry=b"/Contents null /Other <#>"))
drafted("contents-zeros", Draft(value=lambda cms: b"00"))
drafted("contents-literal", Draft(contents_entry=b"/Contents (#)"))
drafted("contents-odd", Draft(width=8191))
drafted("contents-space", Draft(value=lambda cms: cms.hex().encode() + b" 0"))
drafted("contents-newline", Draft(value=lambda cms: b"\n\n" + cms.hex().encode()))
drafted("contents-reference", Draft(contents_entry=b"/Contents 31 0 R /Other <#>"))
drafted("contents-decoy", Draft(contents_entry=b"/Contents <3003020101> /Contents2 <#>"))
drafted("contents-twice", Draft(contents_entry=b"/Contents <00> /Contents <#>"))
drafted("contents-padding", Draft(value=lambda cms: cms.hex().encode() + b"00" * 8 + b"41"))
drafted("contents-garbage", Draft(cms=lambda keys, digest: b"\x30\x03\x02\x01\x01"))
drafted("contents-text", Draft(cms=lambda keys, digest: b"not a signature"))
drafted("contents-long-form", Draft(cms=lambda keys, digest: b"\x30\x84\x7f\xff\xff\xff"))


def _changed(change: Callable[[asn1.SignedData], None]) -> Callable[[Keys, bytes], bytes]:
    def make(keys: Keys, digest: bytes) -> bytes:
        info = asn1.ContentInfo.load(keys.cms(digest))
        change(info["content"])
        return bytes(info.dump(force=True))

    return make


def _attach(data: asn1.SignedData) -> None:
    data["encap_content_info"]["content"] = b"other content"


def _nobody(data: asn1.SignedData) -> None:
    data["signer_infos"] = []


def _twice(data: asn1.SignedData) -> None:
    other = data["signer_infos"][0].copy()
    other["signature"] = bytes(256)
    data["signer_infos"] = [data["signer_infos"][0], other]


drafted("cms-attached", Draft(cms=_changed(_attach)))
drafted("cms-no-signer", Draft(cms=_changed(_nobody)))
drafted("cms-two-signers", Draft(cms=_changed(_twice)))
drafted("cms-other-digest", Draft(cms=lambda keys, digest: keys.cms(bytes(32))))

# SubFilter

drafted("subfilter-sha1", Draft(subfilter=b"/SubFilter /adbe.pkcs7.sha1"))
drafted("subfilter-x509", Draft(subfilter=b"/SubFilter /adbe.x509.rsa_sha1"))
drafted("subfilter-unknown", Draft(subfilter=b"/SubFilter /Example.own"))
drafted("subfilter-missing", Draft(subfilter=b""))
drafted("subfilter-string", Draft(subfilter=b"/SubFilter (adbe.pkcs7.detached)"))

# what was done after signing


def _certified(keys: Keys, level: int) -> bytes:
    rule = b"<< /TransformMethod /DocMDP /TransformParams << /P %d >> >>" % level
    return sign(keys, Draft(entries=b"/Reference [%s]" % rule))


def _with_evidence(keys: Keys, signed: bytes) -> bytes:
    crl = keys.revocation_list
    catalog = base_objects()[1].replace(b"/Pages", b"/DSS 40 0 R /Pages")
    return append(
        signed,
        {
            1: catalog,
            40: b"<< /Certs [42 0 R] /CRLs [41 0 R] >>",
            41: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(crl), crl),
            42: b"<< /Length %d >>\nstream\n%s\nendstream"
            % (len(keys.root.certificate.der), keys.root.certificate.der),
        },
    )


def _signed_again(keys: Keys, signed: bytes) -> bytes:
    """Sign once more, with other object numbers."""
    from pdf_drafts import SIGNED

    from jpki.pdf_signing import sign_pdf

    return sign_pdf(signed, keys, at=SIGNED)


def _text(line: str) -> bytes:
    shown = b"BT /F1 12 Tf 72 720 Td <%s> Tj ET" % line.encode("utf-16-be").hex().encode()
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown)


@vector
def changed_content(keys: Keys) -> bytes:
    return append(sign(keys), {CONTENT: _text("代金 100万円")})


@vector
def changed_content_then_signed(keys: Keys) -> bytes:
    return _signed_again(keys, append(sign(keys), {CONTENT: _text("代金 100万円")}))


@vector
def changed_page(keys: Keys) -> bytes:
    page = base_objects()[PAGE].replace(b"[9 0 R]", b"[9 0 R 21 0 R]")
    return append(
        sign(keys), {PAGE: page.replace(b"/Contents 4 0 R", b"/Contents 50 0 R"), 50: _text("他")}
    )


@vector
def changed_page_tree(keys: Keys) -> bytes:
    other = base_objects()[PAGE].replace(b"/Contents 4 0 R", b"/Contents 50 0 R")
    return append(
        sign(keys),
        {
            2: b"<< /Type /Pages /Kids [51 0 R 3 0 R] /Count 2 >>",
            50: _text("追加の頁"),
            51: other,
        },
    )


@vector
def changed_catalog(keys: Keys) -> bytes:
    return append(
        sign(keys),
        {
            1: base_objects()[1].replace(b"/Pages 2 0 R", b"/Pages 52 0 R"),
            50: _text("他の文書"),
            51: base_objects()[PAGE].replace(b"/Contents 4 0 R", b"/Contents 50 0 R"),
            52: b"<< /Type /Pages /Kids [51 0 R] /Count 1 >>",
        },
    )


@vector
def changed_open_action(keys: Keys) -> bytes:
    script = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /Pages"
    return append(sign(keys), {1: base_objects()[1].replace(b"/Pages", script)})


@vector
def changed_overlay(keys: Keys) -> bytes:
    page = base_objects()[PAGE].replace(b"[9 0 R]", b"[9 0 R 21 0 R 50 0 R]")
    note = b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (other) /P 3 0 R >>"
    return append(sign(keys), {PAGE: page, 50: note})


@vector
def changed_font(keys: Keys) -> bytes:
    swapped = b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"
    return append(sign(keys), {5: swapped})


@vector
def changed_freed(keys: Keys) -> bytes:
    signed = sign(keys)
    table = b"xref\n4 1\n0000000000 00001 f \n"
    trailer = b"trailer\n<< /Size 22 /Root 1 0 R /Prev %d >>\n" % table_of(signed)
    return signed + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(signed)


@vector
def changed_signature(keys: Keys) -> bytes:
    signed = sign(keys)
    at = signed.rindex(b"20 0 obj\n") + len(b"20 0 obj\n")
    return append(signed, {SIGNATURE: signed[at : signed.index(b"\nendobj", at)]})


@vector
def changed_field_moved(keys: Keys) -> bytes:
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (signature) /V 20 0 R "
        b"/Rect [0 0 595 842] /P 3 0 R /F 132 >>"
    )
    return append(sign(keys), {FIELD: field})


@vector
def removed_from_form(keys: Keys) -> bytes:
    return append(sign(keys), {FORM: base_objects()[FORM]})


@vector
def removed_value(keys: Keys) -> bytes:
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (signature) "
        b"/Rect [0 0 0 0] /P 3 0 R /F 132 >>"
    )
    return append(sign(keys), {FIELD: field})


@vector
def removed_form(keys: Keys) -> bytes:
    return append(sign(keys), {1: b"<< /Type /Catalog /Pages 2 0 R >>"})


@vector
def outside_form(keys: Keys) -> bytes:
    """A second signature dictionary hangs on a page, where no form leads to it."""
    value = b"00" * 16
    other = b"<< /Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents <%s> >>"
    return sign(keys, Draft(more={30: other % value}))


@vector
def tail_text(keys: Keys) -> bytes:
    return sign(keys) + b"something else"


@vector
def tail_table(keys: Keys) -> bytes:
    """A table that lenient readers take for the newest one, without an end-of-file mark."""
    signed = sign(keys)
    longer = append(signed, {CONTENT: _text("他")})
    return longer.removesuffix(b"%%EOF\n")


@vector
def certified_and_filled(keys: Keys) -> bytes:
    return append(_certified(keys, 1), {AMOUNT: TEXT_FIELD % b"200"})


@vector
def locked_and_filled(keys: Keys) -> bytes:
    lock = (
        b"<< /TransformMethod /FieldMDP /Data 1 0 R "
        b"/TransformParams << /Action /Include /Fields [(amount)] /V /1.2 >> >>"
    )
    signed = sign(keys, Draft(entries=b"/Reference [%s]" % lock))
    return append(signed, {AMOUNT: TEXT_FIELD % b"200"})


@vector
def lock_entry_and_filled(keys: Keys) -> bytes:
    """The lock stands in the field alone, as an object of its own."""
    lock = b"<< /Type /SigFieldLock /Action /All >>"
    signed = sign(keys, Draft(field_entries=b"/Lock 30 0 R", more={30: lock}))
    return append(signed, {AMOUNT: TEXT_FIELD % b"200"})


drafted(
    "certified-nonsense",
    Draft(entries=b"/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 9 >> >>]"),
)


@vector
def evidence_broken(keys: Keys) -> bytes:
    catalog = base_objects()[1].replace(b"/Pages", b"/DSS 40 0 R /Pages")
    objects = {**base_objects(), 1: catalog, 40: b"<< /CRLs [(text)] >>"}
    return sign(keys, before=pdf_file(objects))


# files that are no signed PDF, or that cost their reader too much


@vector
def no_signature(keys: Keys) -> bytes:
    return base_pdf()


@vector
def no_pdf(keys: Keys) -> bytes:
    return b"PK\x03\x04" + bytes(64)


@vector
def empty_file(keys: Keys) -> bytes:
    return b""


@vector
def header_only(keys: Keys) -> bytes:
    return b"%PDF-1.7\n"


@vector
def junk_before(keys: Keys) -> bytes:
    return b"\n" + sign(keys)


@vector
def truncated(keys: Keys) -> bytes:
    signed = sign(keys)
    return signed[: len(signed) // 2]


@vector
def truncated_by_the_mark(keys: Keys) -> bytes:
    return sign(keys).removesuffix(b"%%EOF\n")[:-3]


@vector
def encrypted(keys: Keys) -> bytes:
    secret = b"<< /Filter /Standard /V 4 /R 4 /O (%s) /U (%s) /P -4 >>" % (b"o" * 32, b"u" * 32)
    return append(sign(keys), {60: secret}, extra=b"/Encrypt 60 0 R /ID [(a) (b)]")


@vector
def hybrid(keys: Keys) -> bytes:
    signed = sign(keys)
    place = len(signed)
    entries = bytes.fromhex("01000000000000")  # one object of type 1 at 0
    stream = (
        b"61 0 obj\n<< /Type /XRef /Size 62 /W [1 4 2] /Index [61 1] /Length 7 >>\n"
        b"stream\n%s\nendstream\nendobj\n" % entries
    )
    return pdf_revision(
        signed + stream,
        {62: b"null"},
        extra=b"/XRefStm %d" % place,
        previous=table_of(signed),
    )


@vector
def table_loop(keys: Keys) -> bytes:
    longer = append(sign(keys), {60: b"null"})
    table = table_of(longer)
    before = b"/Prev %d" % table_of(sign(keys))
    return longer[:table] + longer[table:].replace(before, b"/Prev %d" % table)


@vector
def table_without_end(keys: Keys) -> bytes:
    """A cross-reference stream of a few bytes declares a thousand million objects."""
    signed = sign(keys)
    stream = (
        b"61 0 obj\n<< /Type /XRef /Size 1000000000 /W [0 0 0] /Root 1 0 R /Prev %d "
        b"/Length 0 >>\nstream\n\nendstream\nendobj\n" % table_of(signed)
    )
    return signed + stream + b"startxref\n%d\n%%%%EOF\n" % len(signed)


@vector
def stream_bomb(keys: Keys) -> bytes:
    """A stream of objects of some kilobytes unpacks to 64 MiB."""
    signed = sign(keys)
    packed = zlib.compress(b"62 0 " + b" " * (64 << 20), 9)
    objects = (
        b"61 0 obj\n<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>\n"
        b"stream\n%s\nendstream\nendobj\n" % (len(packed), packed)
    )
    table = len(signed) + len(objects)
    entries = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + index.to_bytes(2, "big")
        for kind, place, index in ((2, 61, 0), (1, len(signed), 0), (2, 61, 0), (1, table, 0))
    )
    xref = (
        b"63 0 obj\n<< /Type /XRef /Size 64 /W [1 4 2] /Index [1 1 61 3] /Root 1 0 R "
        b"/Prev %d /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        % (table_of(signed), len(entries), entries)
    )
    return signed + objects + xref + b"startxref\n%d\n%%%%EOF\n" % table


@vector
def nested_arrays(keys: Keys) -> bytes:
    deep = b"[" * 100_000 + b"]" * 100_000
    return sign(keys, before=pdf_file({**base_objects(), 1: b"<< /AcroForm %s >>" % deep}))


@vector
def cyclic_fields(keys: Keys) -> bytes:
    form = b"<< /Fields [30 0 R] >>"
    loop = b"<< /T (a) /Kids [30 0 R] >>"
    return pdf_file({**base_objects(), FORM: form, 30: loop})


@vector
def field_paths(keys: Keys) -> bytes:
    """Forty fields, each of which has the next one twice: 2^40 paths."""
    objects = {**base_objects(), FORM: b"<< /Fields [100 0 R] >>"}
    for number in range(100, 140):
        after = b"%d 0 R" % (number + 1)
        objects[number] = b"<< /T (f%d) /Kids [%s %s] >>" % (number, after, after)
    objects[140] = b"<< /T (last) /FT /Tx >>"
    return pdf_file(objects)


@vector
def object_paths(keys: Keys) -> bytes:
    """The same with objects of a page, which only the comparison of revisions walks through."""
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/Annots", b"/Other 100 0 R /Annots")
    for number in range(100, 140):
        objects[number] = b"[%d 0 R %d 0 R]" % (number + 1, number + 1)
    objects[140] = b"[]"
    page = objects[PAGE]
    signed = sign(
        keys,
        Draft(more={PAGE: page.replace(b"[9 0 R]", b"[9 0 R 21 0 R]")}),
        before=pdf_file(objects),
    )
    return append(signed, {AMOUNT: TEXT_FIELD % b"200"})


@vector
def cyclic_pages(keys: Keys) -> bytes:
    objects = {**base_objects(), 2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}
    signed = sign(keys, before=pdf_file(objects))
    return append(signed, {AMOUNT: TEXT_FIELD % b"200"})


@vector
def too_many_revisions(keys: Keys) -> bytes:
    data = base_pdf()
    for number in range(128):
        data = append(data, {AMOUNT: TEXT_FIELD % b"%d" % number})
    return data


@vector
def good_many_revisions(keys: Keys) -> bytes:
    data = base_pdf()
    for number in range(126):
        data = append(data, {AMOUNT: TEXT_FIELD % b"%d" % number})
    return sign(keys, before=data)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    made_with = Keys()
    for name, make in VECTORS.items():
        (folder / f"{name}.pdf").write_bytes(make(made_with))
