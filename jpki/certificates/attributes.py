"""The four basic attributes (基本4情報) that a signature certificate carries in subjectAltName.

They are otherNames under 1.2.392.200149.8.5.5, each a UTF8String even where it holds digits. The
resident-record items and the substitute-character marks (代替文字) are recorded under Act 7 and
16-6 and the ordinance of execution (平成15年総務省令120号) 14 and 24-10. A value of this module
never shows a name, a day of birth, a sex or an address in its ``repr``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final

from jpki.certificates import der
from jpki.certificates.der import Element
from jpki.certificates.notations import (
    BracketNotation,
    MarkedText,
    OverseasNotation,
    RecordedName,
)
from jpki.certificates.structure import GeneralName, GeneralNameForm
from jpki.errors import ImpossibleFact
from jpki.terms import Sex

__all__ = [
    "ATTRIBUTE_ARC",
    "LONGEST_ADDRESS",
    "SEX_CODES",
    "AttributeId",
    "BasicAttributes",
    "BirthDate",
    "Era",
    "OtherName",
    "read_attributes",
    "read_flags",
    "write_flags",
]

ATTRIBUTE_ARC: Final = "1.2.392.200149.8.5.5"
LONGEST_ADDRESS: Final = 200
"""Characters in an address, according to secondary sources (grade B)."""


class AttributeId:
    """The otherName types, in the order in which real certificates carry them."""

    NAME: Final = f"{ATTRIBUTE_ARC}.1"
    BIRTH_DATE: Final = f"{ATTRIBUTE_ARC}.4"
    SEX: Final = f"{ATTRIBUTE_ARC}.3"
    ADDRESS: Final = f"{ATTRIBUTE_ARC}.5"
    NAME_SUBSTITUTES: Final = f"{ATTRIBUTE_ARC}.2"
    ADDRESS_SUBSTITUTES: Final = f"{ATTRIBUTE_ARC}.6"

    IN_ORDER: Final = (NAME, BIRTH_DATE, SEX, ADDRESS, NAME_SUBSTITUTES, ADDRESS_SUBSTITUTES)


SEX_CODES: Final = {
    "1": Sex.MALE,
    "2": Sex.FEMALE,
    # Uncertain (?): sources disagree on the code for unknown.
    "3": Sex.UNKNOWN,
    "9": Sex.UNKNOWN,
    "0": Sex.UNKNOWN,
}
"""The sex item: 1 and 2 are certain, the codes for unknown are not."""


class Era(IntEnum):
    """The era digit in front of a date of birth; the year behind it is Gregorian all the same."""

    UNKNOWN = 0
    MEIJI = 1
    TAISHO = 2
    SHOWA = 3
    HEISEI = 4
    REIWA = 5

    @classmethod
    def of(cls, day: date) -> Era:
        """Return the era of a day; the day an era began belongs to it."""
        return next((era for era, began in _ERA_BEGINNINGS if day >= began), cls.UNKNOWN)


_ERA_BEGINNINGS = (
    (Era.REIWA, date(2019, 5, 1)),
    (Era.HEISEI, date(1989, 1, 8)),
    (Era.SHOWA, date(1926, 12, 25)),
    (Era.TAISHO, date(1912, 7, 30)),
    (Era.MEIJI, date(1868, 1, 25)),
)


@dataclass(frozen=True, slots=True, repr=False)
class BirthDate:
    """A date of birth: the era digit and, when it is a whole date, the day.

    Registers know births of which only the year or the month is certain; how a certificate writes
    them is not known, so such a text is kept as it is and ``day`` is ``None``.
    """

    era: Era
    text: str
    day: date | None

    def __repr__(self) -> str:
        return "<BirthDate>"

    @classmethod
    def of(cls, day: date) -> BirthDate:
        """Return the item for a day of birth."""
        era = Era.of(day)
        return cls(era, f"{era.value}{day:%Y%m%d}", day)

    @classmethod
    def read(cls, text: str) -> BirthDate | None:
        """Read the item; ``None`` when it is not an era digit and eight digits."""
        found = re.fullmatch(r"([0-5])(\d{4})(\d\d)(\d\d)", text, re.ASCII)
        if found is None:
            return None
        era, *parts = map(int, found.groups())
        try:
            day = date(*parts)
        except ValueError:
            day = None
        return cls(Era(era), text, day)


@dataclass(frozen=True, slots=True, repr=False)
class OtherName:
    """An otherName beyond the six, such as a name reading: its type, DER value and text."""

    type_id: str
    value: bytes
    text: str | None

    def __repr__(self) -> str:
        return f"<OtherName {self.type_id}>"


def read_flags(text: str) -> tuple[bool, ...] | None:
    """Read substitute marks, one digit a character; ``None`` when one is neither 0 nor 1."""
    return tuple(mark == "1" for mark in text) if re.fullmatch(r"[01]*", text) else None


def write_flags(flags: tuple[bool, ...]) -> str:
    """Write substitute marks: 0 for a character as on the register, 1 for a substitute."""
    return "".join("1" if flag else "0" for flag in flags)


@dataclass(frozen=True, slots=True, repr=False)
class BasicAttributes:
    """Name, date of birth, sex and address, with a mark for every substituted character.

    ``address`` is free text: for a holder who moved abroad (国外転出者) it says so instead of
    naming an address, in words that are not known. ``extras`` keeps what comes beyond the six by
    its type, so a reading that appears under an unknown identifier is not lost.
    """

    name: str
    birth_date: BirthDate
    sex: Sex
    address: str
    name_substitutes: tuple[bool, ...]
    address_substitutes: tuple[bool, ...]
    extras: tuple[OtherName, ...] = ()

    def __repr__(self) -> str:
        return "<BasicAttributes>"

    @classmethod
    def of(cls, *, name: str, birth_date: date, sex: Sex, address: str) -> BasicAttributes:
        """Return attributes in which no character is a substitute."""
        if not name or not address:
            raise ImpossibleFact("a holder has a name and an address")
        return cls(
            name,
            BirthDate.of(birth_date),
            sex,
            address,
            (False,) * len(name),
            (False,) * len(address),
        )

    @property
    def aligned(self) -> bool:
        """Whether there is exactly one mark for each character of name and address."""
        return (len(self.name), len(self.address)) == (
            len(self.name_substitutes),
            len(self.address_substitutes),
        )

    def marked_name(self) -> MarkedText:
        """Return the name with its marks; ``ImpossibleFact`` when they are not aligned."""
        return MarkedText(self.name, self.name_substitutes)

    def marked_address(self) -> MarkedText:
        """Return the address with its marks; ``ImpossibleFact`` when they are not aligned."""
        return MarkedText(self.address, self.address_substitutes)

    def recorded_name(self, notation: BracketNotation | None = None) -> RecordedName:
        """Return the name with what stands in brackets in it: a former surname or an alias.

        How either is recorded is not known (?), so ``notation`` says what counts as brackets.
        """
        return (notation or BracketNotation()).split(self.marked_name())

    def reading(self, *, reading_type: str) -> MarkedText | None:
        """Return the name reading (振り仮名) if an otherName of that type holds a text.

        Readings are recorded from 2026-05-26 (Act 7); where a certificate puts one is not known
        (?), so the caller names the type.
        """
        texts = (one.text for one in self.extras if one.type_id == reading_type)
        return next((MarkedText.plain(text) for text in texts if text is not None), None)

    def lives_abroad(self, notation: OverseasNotation | None = None) -> bool:
        """Tell whether the address item says that the holder moved abroad (国外転出者)."""
        return (notation or OverseasNotation()).is_overseas(self.address)

    @property
    def uncertain_name(self) -> bool:
        """Whether the name is written with a substitute character."""
        return any(self.name_substitutes)

    @property
    def uncertain_address(self) -> bool:
        """Whether the address is written with a substitute character."""
        return any(self.address_substitutes)


_Note = tuple[str, Element | None]


def read_attributes(
    names: tuple[GeneralName, ...],
) -> tuple[BasicAttributes | None, tuple[_Note, ...]]:
    """Read a subjectAltName: the attributes, unless an item cannot be read, and what is unusual.

    What is unusual is a deviation code and the element it was found in.
    """
    notes: list[_Note] = []
    others = [one for one in names if one.form is GeneralNameForm.OTHER_NAME]
    notes += [("attributes.form", one.element) for one in names if one not in others]
    six = [one for one in others if one.type_id in AttributeId.IN_ORDER]
    extras = [one for one in others if one.type_id not in AttributeId.IN_ORDER]
    notes += [("attributes.extra", one.element) for one in extras]
    notes += _order_notes(six)
    texts = {one.type_id: one.element.as_text("an item") for one in six if _is_utf8(one)}
    if len(texts) != len(AttributeId.IN_ORDER):
        return None, tuple(notes)
    attributes, faults = _assemble(texts, tuple(map(_extra, extras)))
    return attributes, (*notes, *((code, None) for code in faults))


def _is_utf8(name: GeneralName) -> bool:
    return name.element.tag == der.UTF8_STRING


def _order_notes(six: list[GeneralName]) -> list[_Note]:
    places = [AttributeId.IN_ORDER.index(one.type_id) for one in six]
    notes: list[_Note] = [("attributes.string", one.element) for one in six if not _is_utf8(one)]
    if len(set(places)) != len(places):
        notes.append(("attributes.twice", None))
    if len(set(places)) != len(AttributeId.IN_ORDER):
        notes.append(("attributes.missing", None))
    if places != sorted(places):
        notes.append(("attributes.order", six[0].element))
    return notes


def _extra(name: GeneralName) -> OtherName:
    text = name.element.as_text("an item") if _is_utf8(name) else None
    return OtherName(name.type_id, name.element.der, text)


def _assemble(
    texts: dict[str, str], extras: tuple[OtherName, ...]
) -> tuple[BasicAttributes | None, list[str]]:
    name, address = texts[AttributeId.NAME], texts[AttributeId.ADDRESS]
    birth_date = BirthDate.read(texts[AttributeId.BIRTH_DATE])
    sex = SEX_CODES.get(texts[AttributeId.SEX])
    name_marks = read_flags(texts[AttributeId.NAME_SUBSTITUTES])
    address_marks = read_flags(texts[AttributeId.ADDRESS_SUBSTITUTES])
    faults = [
        code
        for code, wrong in (
            ("attributes.empty", not name or not address),
            ("attributes.birth-date", birth_date is None),
            ("attributes.sex", sex is None),
            ("attributes.sex-uncertain", sex is Sex.UNKNOWN),
            ("attributes.address-length", len(address) > LONGEST_ADDRESS),
            ("attributes.marks", name_marks is None or address_marks is None),
        )
        if wrong
    ]
    if birth_date is None or sex is None or name_marks is None or address_marks is None:
        return None, faults
    faults += _birth_date_faults(birth_date)
    if len(name_marks) != len(name):
        faults.append("attributes.name-marks")
    if len(address_marks) != len(address):
        faults.append("attributes.address-marks")
    return (
        BasicAttributes(name, birth_date, sex, address, name_marks, address_marks, extras),
        faults,
    )


def _birth_date_faults(birth_date: BirthDate) -> list[str]:
    if birth_date.day is None:
        return ["attributes.birth-date-incomplete"]
    return [] if birth_date.era is Era.of(birth_date.day) else ["attributes.era"]
