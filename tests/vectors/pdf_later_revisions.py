"""What was done to PDF files after they were signed: allowed, forbidden and hidden."""

from __future__ import annotations

from pdf_drafts import (
    AMOUNT,
    CONTENT,
    FIELD,
    FORM,
    PAGE,
    SIGNATURE,
    SIGNED,
    TEXT_FIELD,
    Draft,
    Keys,
    Vectors,
    append,
    base_objects,
    sign,
    table_of,
)

from jpki.pdf_signing import sign_pdf
from simulator.pdf_contract import pdf_file

_MADE = Vectors()
LATER = _MADE.by_name
vector, drafted = _MADE.vector, _MADE.drafted


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
