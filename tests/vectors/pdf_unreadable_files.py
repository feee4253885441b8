"""PDF files that cannot be read, or that cost their reader too much."""

from __future__ import annotations

import zlib

from pdf_drafts import (
    AMOUNT,
    FORM,
    PAGE,
    TEXT_FIELD,
    Draft,
    Keys,
    Vectors,
    append,
    base_objects,
    base_pdf,
    sign,
    table_of,
)

from simulator.pdf_contract import pdf_file, pdf_revision

_MADE = Vectors()
UNREADABLE = _MADE.by_name
vector, drafted = _MADE.vector, _MADE.drafted


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
