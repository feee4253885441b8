"""PINs that cannot be malformed, never print themselves and can be wiped.

The shapes are those printed on the holder's papers: a signature password of 6 to 16 upper-case
letters and digits, a user PIN of 4 digits. That the password needs at least one letter and one
digit is documented by one platform operator and enforced by clients; whether the chip itself checks
it is not known (?).
"""

from __future__ import annotations

import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, NoReturn, Self

from jpki.card.layout import Credential
from jpki.errors import MalformedPin
from jpki.terms import PinKind

__all__ = [
    "PIN_TYPES",
    "BirthDateCode",
    "CodeA",
    "CodeB",
    "InputSupportPin",
    "JukiPin",
    "Pin",
    "SignaturePassword",
    "UserPin",
]

_PASSWORD: Final = re.compile(rb"[A-Z0-9]{6,16}")
_USER_PIN: Final = re.compile(rb"[0-9]{4}")
_CODE_A: Final = re.compile(rb"[0-9]{12}")
_CODE_B: Final = re.compile(rb"[0-9]{14}")
_BIRTH_CODE: Final = re.compile(rb"[0-9]{6}")


class Pin(ABC):
    """A PIN of one kind, held in a buffer of its own until it is wiped.

    Use it as a context manager, or call ``wipe()``. The ``str`` it was made from is the caller's
    and cannot be wiped; give a ``bytearray`` to keep control of that copy too.
    """

    __slots__ = ("_buffer",)
    kind: ClassVar[StrEnum]

    def __init__(self, value: str | bytes | bytearray) -> None:
        self._buffer = bytearray()
        raw = _to_ascii(value, self.kind)
        self._check(raw)
        self._buffer = raw

    @classmethod
    @abstractmethod
    def _check(cls, raw: bytearray) -> None:
        """Wipe and refuse a value that has not this kind's shape."""

    def reveal(self) -> bytes:
        """Return the bytes to send. Keep them no longer than the command that carries them."""
        self.require_unwiped()
        return bytes(self._buffer)

    def require_unwiped(self) -> None:
        """Raise ``MalformedPin`` when the PIN has been wiped."""
        if not self._buffer:
            raise MalformedPin(self.kind, f"the {self.kind.value} has been wiped")

    def require_same_kind(self, other: Pin) -> None:
        """Raise ``MalformedPin`` when the other is a PIN of another kind."""
        if other.kind is not self.kind:
            raise MalformedPin(other.kind, "the old and the new PIN are of different kinds")

    def wipe(self) -> None:
        """Overwrite the buffer; the PIN can no longer be used."""
        _zero(self._buffer)
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pin) or self.kind is not other.kind:
            return NotImplemented
        return hmac.compare_digest(self._buffer, other._buffer)

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dictionary

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a PIN is neither copied nor pickled")


class SignaturePassword(Pin):
    """The password of the signature key (署名用電子証明書暗証番号).

    The card compares bytes and does not fold case, so lower-case letters are refused here rather
    than sent to cost a try; ``from_typed`` is the explicit way to accept what a person types.
    """

    __slots__ = ()
    kind = PinKind.SIGNATURE_PASSWORD

    @classmethod
    def from_typed(cls, typed: str) -> SignaturePassword:
        """Return the password a person typed, with its letters made upper-case."""
        return cls(typed.upper())

    @classmethod
    def _check(cls, raw: bytearray) -> None:
        if not _PASSWORD.fullmatch(raw):
            lower = any(0x61 <= byte <= 0x7A for byte in raw)
            _refuse(raw, cls.kind, _LOWER if lower else "it has 6 to 16 letters A to Z and digits")
        if not any(byte >= 0x41 for byte in raw) or not any(byte <= 0x39 for byte in raw):
            _refuse(raw, cls.kind, "it has at least one letter and one digit")


class UserPin(Pin):
    """The PIN of the user authentication key (利用者証明用電子証明書暗証番号)."""

    __slots__ = ()
    kind = PinKind.USER_PIN

    @classmethod
    def _check(cls, raw: bytearray) -> None:
        if not _USER_PIN.fullmatch(raw):
            _refuse(raw, cls.kind, "it has four digits")


class InputSupportPin(Pin):
    """The PIN of the input-support application (券面事項入力補助用暗証番号)."""

    __slots__ = ()
    kind = Credential.INPUT_SUPPORT_PIN

    @classmethod
    def _check(cls, raw: bytearray) -> None:
        if not _USER_PIN.fullmatch(raw):
            _refuse(raw, cls.kind, "it has four digits")


class JukiPin(Pin):
    """The PIN of the resident register network (住民基本台帳用暗証番号)."""

    __slots__ = ()
    kind = Credential.JUKI_PIN

    @classmethod
    def _check(cls, raw: bytearray) -> None:
        if not _USER_PIN.fullmatch(raw):
            _refuse(raw, cls.kind, "it has four digits")


class CodeA(Pin):
    """Code A (照合番号A): the twelve digits of the My Number, which opens what bears it."""

    __slots__ = ()
    kind = Credential.CODE_A

    @classmethod
    def _check(cls, raw: bytearray) -> None:
        if not _CODE_A.fullmatch(raw):
            _refuse(raw, cls.kind, "it is the My Number, twelve digits")


class CodeB(Pin):
    """Code B (照合番号B): what is printed on the face, which opens the holder's attributes.

    Fourteen digits: birth date as YYMMDD with the year of the Japanese era, the four digits of the
    year of expiry, and the security code of four digits.
    """

    __slots__ = ()
    kind = Credential.CODE_B

    @classmethod
    def of(cls, birth_date: date, *, expiry_year: int, security_code: str) -> CodeB:
        """Return the code for what the face of a card says."""
        return cls(f"{_era_date(birth_date)}{expiry_year:04d}{security_code}")

    @classmethod
    def _check(cls, raw: bytearray) -> None:
        if not _CODE_B.fullmatch(raw):
            _refuse(
                raw,
                cls.kind,
                "fourteen digits: birth YYMMDD in era years, expiry year, security code",
            )


class BirthDateCode(Pin):
    """The birth date as a code: YYMMDD, the year being that of the Japanese era."""

    __slots__ = ()
    kind = Credential.BIRTH_DATE_CODE

    @classmethod
    def of(cls, birth_date: date) -> BirthDateCode:
        """Return the code for a birth date."""
        return cls(_era_date(birth_date))

    @classmethod
    def _check(cls, raw: bytearray) -> None:
        if not _BIRTH_CODE.fullmatch(raw):
            _refuse(raw, cls.kind, "six digits: the birth date as YYMMDD with the era's year")


# The first day of each era; the code has the year in the era and nothing that says which era.
_ERAS: Final = (
    date(2019, 5, 1),
    date(1989, 1, 8),
    date(1926, 12, 25),
    date(1912, 7, 30),
    date(1868, 1, 25),
)


def _era_date(day: date) -> str:
    began = next((era for era in _ERAS if day >= era), date(1, 1, 1))
    return f"{day.year - began.year + 1:02d}{day.month:02d}{day.day:02d}"


PIN_TYPES: Final[Mapping[StrEnum, type[Pin]]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            SignaturePassword,
            UserPin,
            InputSupportPin,
            JukiPin,
            CodeA,
            CodeB,
            BirthDateCode,
        )
    }
)

_LOWER: Final = "letters are upper-case on the card; use from_typed() for what a person typed"


def _to_ascii(value: str | bytes | bytearray, kind: StrEnum) -> bytearray:
    if not isinstance(value, str):
        return bytearray(value)
    if not value.isascii():
        raise MalformedPin(kind, f"malformed {kind.value}", hint="it has plain letters and digits")
    return bytearray(value, "ascii")


def _refuse(raw: bytearray, kind: StrEnum, rule: str) -> NoReturn:
    _zero(raw)
    raise MalformedPin(kind, f"malformed {kind.value}; nothing was sent to the card", hint=rule)


def _zero(buffer: bytearray) -> None:
    for index in range(len(buffer)):
        buffer[index] = 0
