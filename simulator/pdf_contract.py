"""A small contract as a PDF file, written on the fly: something to sign in demonstrations.

The text is in the standard Japanese font of PDF viewers, so the file carries no font. It is
written here object by object, because tests change single objects of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["contract_objects", "contract_pdf", "pdf_file", "pdf_revision"]

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_LINE = 20  # points

_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-UniJIS-UCS2-HW-H "
    b"/Encoding /UniJIS-UCS2-HW-H /DescendantFonts [6 0 R] >>"
)
_GLYPHS = (
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /DW 1000 "
    b"/W [231 389 500] /FontDescriptor 7 0 R "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>"
)
_DESCRIPTOR = (
    b"<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /ItalicAngle 0 "
    b"/FontBBox [-92 -250 1010 922] /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>"
)


def contract_pdf(lines: Sequence[str]) -> bytes:
    """Return a PDF file of one page (A4) with these lines of text and an empty form."""
    return pdf_file(contract_objects(lines))


def contract_objects(lines: Sequence[str]) -> dict[int, bytes]:
    """Return the objects of the contract by number, to be written or changed first.

    1 is the catalog, 3 the page, 4 its content, 5 to 7 the font and 8 the form.
    """
    shown = b"\n".join(
        b"1 0 0 1 72 %d Tm <%s> Tj" % (770 - _LINE * number, _ucs2(line))
        for number, line in enumerate(lines)
    )
    content = b"BT /F1 12 Tf\n" + shown + b"\nET"
    return {
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 8 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> /Annots [] >>"
        ),
        4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        5: _FONT,
        6: _GLYPHS,
        7: _DESCRIPTOR,
        8: b"<< /Fields [] >>",
    }


def pdf_file(objects: Mapping[int, bytes]) -> bytes:
    """Write objects as a PDF file of one revision, with object 1 as its catalog."""
    return pdf_revision(_HEADER, {0: b"", **objects}, extra=b"", previous=None)


def pdf_revision(
    before: bytes, objects: Mapping[int, bytes], *, extra: bytes = b"", previous: int | None
) -> bytes:
    """Return a file with a revision appended (ISO 32000-2 §7.5.6).

    ``previous`` is where the table of the revision before begins, ``None`` for the first.
    ``extra`` goes into the trailer. Object 0 heads the list of free objects.
    """
    written = bytearray(before)
    places = {}
    for number, value in objects.items():
        if number:
            places[number] = len(written)
            written += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = len(written)
    written += b"xref\n"
    if 0 in objects:
        written += b"0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        written += b"%d 1\n%010d 00000 n \n" % (number, place)
    size = max([*places, _size_before(before)]) + 1
    trailer = b"/Size %d /Root 1 0 R" % size
    if previous is not None:
        trailer += b" /Prev %d" % previous
    written += b"trailer\n<< %s %s >>\nstartxref\n%d\n%%%%EOF\n" % (trailer, extra, table)
    return bytes(written)


def _size_before(before: bytes) -> int:
    """Return the highest object number that the last trailer of a file knows."""
    _, found, rest = before.rpartition(b"/Size ")
    return int(rest.split(None, 1)[0]) - 1 if found else 0


def _ucs2(line: str) -> bytes:
    return line.encode("utf-16-be").hex().encode("ascii")
