"""A firm's customer record: the four items as the firm keeps them, read from JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jpki.errors import MalformedDocument
from jpki.terms import Sex

__all__ = ["LONGEST_TEXT", "CustomerRecord", "read_record"]

LONGEST_TEXT: Final = 1000
"""Characters that a name or an address of a record may have; a certificate's has at most 200."""


@dataclass(frozen=True, slots=True, repr=False)
class CustomerRecord:
    """The four items of a customer; ``None`` where the firm does not know one."""

    name: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    address: str | None = None

    def __repr__(self) -> str:
        return "<CustomerRecord>"


_Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
_DATES = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)
_SEXES = {
    **{sex.value: sex for sex in Sex},
    **{sex.label_ja: sex for sex in Sex},
    # JIS X 0303 and ISO/IEC 5218, which certificates use for these two.
    "1": Sex.MALE,
    "2": Sex.FEMALE,
}


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: _Text | None = None
    birth_date: _Text | None = None
    sex: _Text | None = None
    address: _Text | None = None


def read_record(data: bytes, *, source: str = "") -> CustomerRecord:
    """Read a record: a JSON object with ``name``, ``birth_date``, ``sex`` and ``address``.

    Dates are ``YYYY-MM-DD`` or ``YYYYMMDD``, sexes ``male female unknown``, ``男 女 不明`` or
    ``1 2``. Every item may be missing. Raises ``MalformedDocument``, which never shows a value.
    """
    try:
        read = _Document.model_validate_json(data)
    except ValidationError as error:
        raise MalformedDocument(_said(error), source=source, hint=_HINT) from None
    return CustomerRecord(
        name=read.name,
        birth_date=None if read.birth_date is None else _day(read.birth_date, source),
        sex=None if read.sex is None else _sex(read.sex, source),
        address=read.address,
    )


_HINT = 'write {"name": "…", "birth_date": "1980-02-17", "sex": "female", "address": "…"}'


def _said(error: ValidationError) -> str:
    """What is wrong and where; the input and its unknown keys are not repeated."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    known = [str(part) for part in first["loc"] if part in _Document.model_fields]
    place = ".".join(known)
    return f"{place}: {first['msg']}" if place else _WITHOUT_PLACE.get(first["type"], "no record")


_WITHOUT_PLACE = {
    "extra_forbidden": "an item that no record has",
    "json_invalid": "this is no JSON",
}


def _day(text: str, source: str) -> date:
    found = _DATES.fullmatch(text)
    try:
        if found is not None:
            return date(*map(int, found.groups()))
    except ValueError:
        pass
    raise MalformedDocument(
        "birth_date: not a day that exists", source=source, hint="write 1980-02-17"
    )


def _sex(text: str, source: str) -> Sex:
    if text not in _SEXES:
        raise MalformedDocument(
            "sex: not a word for it", source=source, hint="write male, female or unknown"
        )
    return _SEXES[text]
