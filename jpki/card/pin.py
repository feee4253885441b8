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
from types import TracebackType
from typing import ClassVar, Final, NoReturn, Self

from jpki.errors import MalformedPin
from jpki.terms import PinKind

__all__ = ["Pin", "SignaturePassword", "UserPin"]

_PASSWORD: Final = re.compile(rb"[A-Z0-9]{6,16}")
_USER_PIN: Final = re.compile(rb"[0-9]{4}")


class Pin(ABC):
    """A PIN of one kind, held in a buffer of its own until it is wiped.

    Use it as a context manager, or call ``wipe()``. The ``str`` it was made from is the caller's
    and cannot be wiped; give a ``bytearray`` to keep control of that copy too.
    """

    __slots__ = ("_buffer",)
    kind: ClassVar[PinKind]

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
        if not self._buffer:
            raise MalformedPin(self.kind, f"the {self.kind.value} has been wiped")
        return bytes(self._buffer)

    def wipe(self) -> None:
        """Overwrite the buffer; the PIN can no longer be used."""
        _zero(self._buffer)
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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


_LOWER: Final = "letters are upper-case on the card; use from_typed() for what a person typed"


def _to_ascii(value: str | bytes | bytearray, kind: PinKind) -> bytearray:
    if not isinstance(value, str):
        return bytearray(value)
    if not value.isascii():
        raise MalformedPin(kind, f"malformed {kind.value}", hint="it has plain letters and digits")
    return bytearray(value, "ascii")


def _refuse(raw: bytearray, kind: PinKind, rule: str) -> NoReturn:
    _zero(raw)
    raise MalformedPin(kind, f"malformed {kind.value}; nothing was sent to the card", hint=rule)


def _zero(buffer: bytearray) -> None:
    for index in range(len(buffer)):
        buffer[index] = 0
