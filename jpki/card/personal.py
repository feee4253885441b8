"""What the input-support application says about the holder: the My Number and four attributes.

The values show themselves to nobody who does not ask: a ``repr`` has no number, name or address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from jpki.card.ber import members, only, read_object
from jpki.errors import MalformedCardFile
from jpki.terms import Sex

__all__ = ["FourAttributes", "MyNumber", "day_of", "sex_of"]

_NUMBER: Final = re.compile(rb"[0-9]{12}")
_NUMBER_TAG: Final = 0xFF10
_ATTRIBUTES_TAG: Final = 0xFF20
_NAME, _ADDRESS, _BIRTH, _SEX = 0xDF22, 0xDF23, 0xDF24, 0xDF25
# ISO/IEC 5218. Our word for "not applicable" and for "not known" is the same.
_SEXES: Final = {"1": Sex.MALE, "2": Sex.FEMALE, "9": Sex.UNKNOWN, "0": Sex.UNKNOWN}
_IDEOGRAPHIC_SPACE: Final = "\u3000"


@dataclass(frozen=True, slots=True, repr=False)
class MyNumber:
    """The individual number (個人番号) as the card keeps it. It does not print itself.

    ``stored`` is the whole file, filler included, because that is what the issuer has signed a
    digest of.
    """

    digits: str
    stored: bytes

    @classmethod
    def parse(cls, file: bytes) -> MyNumber:
        """Read the file of the My Number; ``MalformedCardFile`` when it holds none."""
        source = "My Number"
        value = read_object(file, tag=_NUMBER_TAG, source=source).value
        if not _NUMBER.fullmatch(value):
            raise MalformedCardFile("there are no twelve digits", source=source)
        return cls(value.decode("ascii"), file)

    def __repr__(self) -> str:
        return "<MyNumber>"


@dataclass(frozen=True, slots=True, repr=False)
class FourAttributes:
    """Name, address, birth date and sex (基本4情報) in text. They do not print themselves.

    ``birth_date`` is what the card has, eight digits; ``birth_day`` is the day when it is one.
    ``stored`` are the four objects as stored, because the issuer has signed a digest of them.
    """

    name: str
    address: str
    birth_date: str
    sex_code: str
    stored: bytes

    @classmethod
    def parse(cls, file: bytes) -> FourAttributes:
        """Read the file of the attributes; ``MalformedCardFile`` when one is missing."""
        source = "attributes"
        found = members(read_object(file, tag=_ATTRIBUTES_TAG, source=source), source=source)
        parts = [only(found, tag, source=source) for tag in (_NAME, _ADDRESS, _BIRTH, _SEX)]
        texts = [_utf8(part.value, source) for part in parts]
        signed = b"".join(member.stored for member in found if member.tag != 0xDF21)
        return cls(texts[0], texts[1], texts[2], texts[3], signed)

    @property
    def family_name(self) -> str:
        """What stands before the ideographic space; the whole name when there is none."""
        return self.name.partition(_IDEOGRAPHIC_SPACE)[0]

    @property
    def birth_day(self) -> date | None:
        """The birth date as a day, ``None`` when it is not a whole one."""
        return day_of(self.birth_date)

    @property
    def sex(self) -> Sex | None:
        """The sex, ``None`` for a code that is not in ISO/IEC 5218."""
        return sex_of(self.sex_code)

    def __repr__(self) -> str:
        return "<FourAttributes>"


def _utf8(value: bytes, source: str) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        # ``from None``: the original error carries the bytes.
        raise MalformedCardFile("a text that is no UTF-8", source=source) from None


def day_of(digits: str) -> date | None:
    """Return the day that YYYYMMDD names, ``None`` when it names none."""
    if re.fullmatch(r"[0-9]{8}", digits) is None:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def sex_of(code: str) -> Sex | None:
    """Return the sex for an ISO/IEC 5218 code, ``None`` for any other text."""
    return _SEXES.get(code)
