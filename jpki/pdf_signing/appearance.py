"""What a visible signature looks like: lines of text in a box."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import annot_width_height, get_single_field_annot
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from jpki.errors import MalformedDocument, MissingExtra
from jpki.pdf_signing.plan import PdfAppearance

__all__ = ["draw", "japanese_font", "shown_text"]

_LARGEST, _SMALLEST = 12.0, 2.0  # points
_LEADING = 1.3
_MARGIN = 2.0
_ASCENT = 0.88
_BEYOND_UCS2 = 0xFFFF
_WIDE = {"W", "F", "A"}
_NUMBERS = generic.NumberObject


@dataclass(frozen=True, slots=True)
class _Set:
    """Lines ready to be shown: PDF operators, and the font they are shown in."""

    lines: tuple[bytes, ...]
    font: generic.PdfObject


def draw(writer: BasePdfFileWriter, field: generic.DictionaryObject, look: PdfAppearance) -> None:
    """Give a signature field its appearance.

    Raises ``MalformedDocument`` when the text does not fit the box or cannot be shown.
    """
    annotation = get_single_field_annot(field)
    width, height = (float(side) for side in annot_width_height(annotation))
    lines = look.text.splitlines()
    size = _size(lines, width, height)
    ready = (
        _Set(tuple(shown_text(line) for line in lines), japanese_font(writer))
        if look.font is None
        else _embedded(writer, lines, look.font, size)
    )
    show = [b"BT", b"/F1 %.2f Tf" % size]
    top = height - _MARGIN - _ASCENT * size
    for number, line in enumerate(ready.lines):
        baseline = top - number * _LEADING * size
        show += [b"1 0 0 1 %.2f %.2f Tm" % (_MARGIN, baseline), line]
    form = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): generic.ArrayObject(
                [_NUMBERS(0), _NUMBERS(0), _NUMBERS(round(width)), _NUMBERS(round(height))]
            ),
            pdf_name("/Resources"): _dictionary({"/Font": _dictionary({"/F1": ready.font})}),
        },
        stream_data=b"\n".join([*show, b"ET"]),
    )
    annotation[pdf_name("/AP")] = _dictionary({"/N": writer.add_object(form)})


def japanese_font(writer: BasePdfFileWriter) -> generic.IndirectObject:
    """Return the standard Japanese sans-serif font of PDF viewers, added to a file being written.

    The CMap is one of those that ISO 32000-2 table 116 lists, so no file needs to carry the font;
    text in it is UCS-2 with half-width ASCII.
    """
    descriptor = _dictionary(
        {
            "/Type": pdf_name("/FontDescriptor"),
            "/FontName": pdf_name("/HeiseiKakuGo-W5"),
            "/Flags": _NUMBERS(4),
            "/FontBBox": generic.ArrayObject([_NUMBERS(n) for n in (-92, -250, 1010, 922)]),
            "/ItalicAngle": _NUMBERS(0),
            "/Ascent": _NUMBERS(752),
            "/Descent": _NUMBERS(-221),
            "/CapHeight": _NUMBERS(737),
            "/StemV": _NUMBERS(114),
        }
    )
    glyphs = _dictionary(
        {
            "/Type": pdf_name("/Font"),
            "/Subtype": pdf_name("/CIDFontType0"),
            "/BaseFont": pdf_name("/HeiseiKakuGo-W5"),
            "/CIDSystemInfo": _dictionary(
                {
                    "/Registry": generic.TextStringObject("Adobe"),
                    "/Ordering": generic.TextStringObject("Japan1"),
                    "/Supplement": _NUMBERS(2),
                }
            ),
            "/DW": _NUMBERS(1000),
            # The half-width characters of Adobe-Japan1.
            "/W": generic.ArrayObject([_NUMBERS(231), _NUMBERS(389), _NUMBERS(500)]),
            "/FontDescriptor": writer.add_object(descriptor),
        }
    )
    font = _dictionary(
        {
            "/Type": pdf_name("/Font"),
            "/Subtype": pdf_name("/Type0"),
            "/BaseFont": pdf_name("/HeiseiKakuGo-W5-UniJIS-UCS2-HW-H"),
            "/Encoding": pdf_name("/UniJIS-UCS2-HW-H"),
            "/DescendantFonts": generic.ArrayObject([writer.add_object(glyphs)]),
        }
    )
    return writer.add_object(font)


def shown_text(line: str) -> bytes:
    """Return the operator that shows a line in the Japanese font."""
    if any(ord(character) > _BEYOND_UCS2 for character in line):
        raise MalformedDocument(
            "a character of the text is not in the standard Japanese font",
            source="appearance",
            hint="give a font file that has it",
        )
    return b"<" + line.encode("utf-16-be").hex().encode("ascii") + b"> Tj"


def _size(lines: list[str], width: float, height: float) -> float:
    """Return the largest size at which all lines fit, every wide character taking a square."""
    if not lines or width <= 2 * _MARGIN or height <= 2 * _MARGIN:
        raise MalformedDocument("there is no text or no room for it", source="appearance")
    longest = max(sum(_em(character) for character in line) for line in lines) or 1.0
    size = min(
        _LARGEST,
        (width - 2 * _MARGIN) / longest,
        (height - 2 * _MARGIN) / (_LEADING * len(lines)),
    )
    if size < _SMALLEST:
        raise MalformedDocument(
            "the text does not fit into the box", source="appearance", hint="make the box larger"
        )
    return size


def _em(character: str) -> float:
    return 1.0 if unicodedata.east_asian_width(character) in _WIDE else 0.5


def _embedded(writer: BasePdfFileWriter, lines: list[str], path: Path, size: float) -> _Set:
    """Return the lines in a font of which the characters used go into the file."""
    try:
        from fontTools import ttLib
        from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
    except ModuleNotFoundError as error:
        raise MissingExtra("fontTools, which embeds fonts,", extra="pdf") from error
    try:
        engine = GlyphAccumulator(writer, _single_font(ttLib, path), font_size=round(size))
        shown = tuple(engine.shape(line).graphics_ops for line in lines)
        return _Set(shown, engine.as_resource())
    except (OSError, ttLib.TTLibError) as error:
        raise MalformedDocument("the font file cannot be read", source=str(path)) from error


def _single_font(library: ModuleType, path: Path) -> io.BytesIO:
    """Return a font file's bytes; of a collection (.ttc) the first font."""
    data = path.read_bytes()
    if not data.startswith(b"ttcf"):
        return io.BytesIO(data)
    single = io.BytesIO()
    library.TTFont(io.BytesIO(data), fontNumber=0).save(single)
    single.seek(0)
    return single


def _dictionary(entries: dict[str, generic.PdfObject]) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(name): value for name, value in entries.items()})
