"""Help with forms from the card (券面事項入力補助): a phone reads and shows what a card gives.

The card gives name, address, birth date and sex, and the My Number, to whoever has its
input-support PIN, with its issuer's signature over their digests. Which of a form's values came
from the card and which were typed stays visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jpki.authenticity import IssuerKey, check_attributes, check_my_number
from jpki.card.connection import CardConnection
from jpki.card.input_support import InputSupportApplet
from jpki.card.pin import InputSupportPin
from jpki.errors import IssuerUnknown, MalformedCardFile, NotPermitted
from jpki.terms import Sex
from jpki.validation import Language

__all__ = [
    "CardFaceRecord",
    "FilledField",
    "FormItem",
    "NumberUse",
    "ValueSource",
    "filled_form",
    "read_card_face",
    "told_form",
]


class FormItem(StrEnum):
    """What a form asks for that a card can give."""

    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    MY_NUMBER = "my_number"


class NumberUse(StrEnum):
    """What a My Number may be collected for (番号法 9(1), 15, 20); without one it is not read."""

    SOCIAL_SECURITY = "social_security"
    TAX = "tax"
    DISASTER = "disaster"


class ValueSource(StrEnum):
    """Where a value in a form is from."""

    CARD = "card"
    TYPED = "typed"


@dataclass(frozen=True, slots=True, repr=False)
class CardFaceRecord:
    """What a card gave; it does not print itself.

    ``checked``: the issuer's signature over it was checked and is good. ``number`` is ``None``
    when it was not asked for.
    """

    name: str
    address: str
    birth_date: date
    sex: Sex
    number: str | None
    number_use: NumberUse | None
    checked: bool

    def values(self) -> Mapping[FormItem, str]:
        """Return what a form takes from it."""
        found = {
            FormItem.NAME: self.name,
            FormItem.ADDRESS: self.address,
            FormItem.BIRTH_DATE: self.birth_date.isoformat(),
            FormItem.SEX: self.sex.value,
        }
        if self.number is not None:
            found[FormItem.MY_NUMBER] = self.number
        return MappingProxyType(found)

    def __repr__(self) -> str:
        return f"<CardFaceRecord, {'checked' if self.checked else 'not checked'}>"


@dataclass(frozen=True, slots=True)
class FilledField:
    """A field of a form. ``signed``: the card's issuer vouches for it. ``typed_differs``: somebody
    had typed something else, which was set aside."""

    item: FormItem
    value: str = field(repr=False)
    source: ValueSource
    signed: bool
    typed_differs: bool = False


def read_card_face(
    connection: CardConnection,
    pin: InputSupportPin,
    *,
    issuers: Iterable[IssuerKey] = (),
    number_use: NumberUse | None = None,
) -> CardFaceRecord:
    """Read what the card gives, with its input-support PIN, and check who wrote it.

    The My Number is read only for a use that the law names. Without ``issuers`` nothing is checked,
    and the record says so. Raises ``WrongPin`` and ``PinBlocked``; ``DigestMismatch``,
    ``BadSignature``, ``UntrustedIssuer`` and ``IssuerUnknown`` when the issuer did not write it;
    ``MalformedCardFile`` when a birth date is no day, or the sex no code.
    """
    known = tuple(issuers)
    card = InputSupportApplet(connection)
    card.verify(pin)
    try:
        attributes = card.attributes()
        number = card.my_number() if number_use is not None else None
        if known:
            signature, certificate = card.signature(), card.certificate()
            check_attributes(attributes, signature, certificate, known)
            if number is not None:
                check_my_number(number, signature, certificate, known)
    finally:
        card.forget_pins()
    born, sex = attributes.birth_day, attributes.sex
    if born is None or sex is None:
        raise MalformedCardFile("a birth date or sex that cannot be", source="attributes")
    return CardFaceRecord(
        name=attributes.name,
        address=attributes.address,
        birth_date=born,
        sex=sex,
        number=None if number is None else number.digits,
        number_use=number_use,
        checked=bool(known),
    )


def filled_form(
    record: CardFaceRecord | None,
    typed: Mapping[FormItem, str],
    *,
    number_use: NumberUse | None = None,
    must_be_checked: bool = False,
) -> tuple[FilledField, ...]:
    """Return a form's fields: the card's values, and what was typed where the card gave none.

    ``NotPermitted`` for a typed My Number without a use that the law names; ``IssuerUnknown`` when
    the values must be checked and were not.
    """
    if FormItem.MY_NUMBER in typed and number_use is None:
        raise NotPermitted(
            "whoever asks", "collect a My Number for no use that the law names", basis=_NUMBER_BASIS
        )
    if must_be_checked and (record is None or not record.checked):
        raise IssuerUnknown("what the card gave was not checked", hint="hand over the issuer's key")
    given = {} if record is None else record.values()
    return tuple(_fields(record, given, typed))


def _fields(
    record: CardFaceRecord | None, given: Mapping[FormItem, str], typed: Mapping[FormItem, str]
) -> Iterator[FilledField]:
    for item in FormItem:
        if item in given:
            differs = item in typed and typed[item] != given[item]
            checked = record is not None and record.checked
            yield FilledField(item, given[item], ValueSource.CARD, checked, differs)
        elif item in typed:
            yield FilledField(item, typed[item], ValueSource.TYPED, signed=False)


def told_form(fields: Iterable[FilledField], language: Language = "en") -> tuple[str, ...]:
    """Return a line for each field, with its value, and where it is from."""
    return tuple(
        f"{_LABELS[language][each.item]}: {each.value} ({_source(each, language)})"
        for each in fields
    )


def _source(each: FilledField, language: Language) -> str:
    words = _SOURCES[language]
    if each.source is ValueSource.TYPED:
        return words["typed"]
    said = words["signed"] if each.signed else words["unchecked"]
    return f"{said}{words['differs']}" if each.typed_differs else said


_NUMBER_BASIS: Final = "番号法第15条、第20条"
_LABELS: Final[Mapping[Language, Mapping[FormItem, str]]] = {
    "en": {
        FormItem.NAME: "name",
        FormItem.ADDRESS: "address",
        FormItem.BIRTH_DATE: "birth date",
        FormItem.SEX: "sex",
        FormItem.MY_NUMBER: "My Number",
    },
    "ja": {
        FormItem.NAME: "氏名",
        FormItem.ADDRESS: "住所",
        FormItem.BIRTH_DATE: "生年月日",
        FormItem.SEX: "性別",
        FormItem.MY_NUMBER: "個人番号",
    },
}
_SOURCES: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "typed": "typed, nobody vouches for it",
        "signed": "from the card, signed by its issuer",
        "unchecked": "from the card, signature not checked",
        "differs": "; what was typed differed and was set aside",
    },
    "ja": {
        "typed": "手入力、証明なし",
        "signed": "カードから、発行者の署名あり",
        "unchecked": "カードから、署名は未確認",
        "differs": "。入力と異なるためカードの値を採用",
    },
}
