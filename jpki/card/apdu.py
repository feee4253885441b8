"""Command and response APDUs as values (ISO/IEC 7816-4 §5), and the status words of the card.

An APDU parses completely or not at all, and can be written back to the same bytes. Neither value
shows its data: a command may carry a PIN, a response may carry a name and an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from jpki.errors import MalformedApdu

__all__ = [
    "MAX_EXTENDED_LE",
    "MAX_SHORT_LE",
    "CommandApdu",
    "Ins",
    "ResponseApdu",
    "StatusWord",
    "describe",
    "tries_left",
]

MAX_SHORT_LE: Final = 256
MAX_EXTENDED_LE: Final = 65536
_MAX_SHORT_LC: Final = 255
_MAX_EXTENDED_LC: Final = 65535
_HEADER: Final = 4


class Ins(IntEnum):
    """The instructions that public clients send to the card, and those it is known to refuse."""

    ERASE_ALL_RECORDS = 0x06
    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    COMPUTE_DIGITAL_SIGNATURE = 0x2A
    CHANGE_KEY = 0x32
    LOCK_DF = 0x50
    UNLOCK_DF = 0x52
    UNLOCK_KEY = 0x54
    EXTERNAL_AUTHENTICATE = 0x82
    GET_CHALLENGE = 0x84
    INTERNAL_AUTHENTICATE = 0x88
    MANAGE_ATTRIBUTES = 0x8A
    VERIFY_CERTIFICATE = 0xA2
    SELECT = 0xA4
    SET_SESSION_KEY = 0xAE
    READ_BINARY = 0xB0
    READ_RECORD = 0xB2
    GET_RESPONSE = 0xC0
    GET_DATA = 0xCA
    LAST_COMMAND = 0xFC


# By instruction and not by byte position: whatever the class byte says, these carry a PIN.
# 2C (RESET RETRY COUNTER) is sent by no public client, but would carry one.
_SECRET: Final = frozenset({Ins.VERIFY, Ins.CHANGE_REFERENCE_DATA, Ins.CHANGE_KEY, 0x2C})


class StatusWord(IntEnum):
    """The status words that the card is known to answer, or that clients handle."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    VERIFICATION_FAILED = 0x6300
    NO_TRIES_LEFT = 0x63C0
    EXECUTION_ERROR = 0x6400
    MEMORY_FAILURE = 0x6581
    NO_SESSION_KEY_HERE = 0x66F1
    WRONG_LENGTH = 0x6700
    NO_LOGICAL_CHANNELS = 0x6881
    NO_SECURE_MESSAGING = 0x6882
    NO_CHAINING = 0x6884
    WRONG_FILE_KIND = 0x6981
    SECURITY_STATUS = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    REFERENCE_LOCKED = 0x6984
    CONDITIONS_OF_USE = 0x6985
    NO_CURRENT_FILE = 0x6986
    SM_OBJECT_MISSING = 0x6987
    SM_OBJECT_WRONG = 0x6988
    SM_NOT_HERE = 0x69FC
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_PARAMETERS = 0x6A86
    DATA_NOT_FOUND = 0x6A88
    OFFSET_OUTSIDE_FILE = 0x6B00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00
    INTERNAL_FAILURE = 0x6F00


_MEANINGS: Final[dict[int, str]] = {
    StatusWord.OK: "success",
    StatusWord.END_OF_FILE: "the file ended before that many bytes",
    StatusWord.VERIFICATION_FAILED: "verification failed, tries are not limited",
    StatusWord.NO_TRIES_LEFT: "no tries left",
    StatusWord.EXECUTION_ERROR: "execution error",
    StatusWord.MEMORY_FAILURE: "memory failure",
    StatusWord.NO_SESSION_KEY_HERE: "no session key can be set in this application",
    StatusWord.WRONG_LENGTH: "wrong length",
    StatusWord.NO_LOGICAL_CHANNELS: "logical channels are not provided",
    StatusWord.NO_SECURE_MESSAGING: "secure messaging is not provided",
    StatusWord.NO_CHAINING: "command chaining is not provided",
    StatusWord.WRONG_FILE_KIND: "the command does not fit this kind of file",
    StatusWord.SECURITY_STATUS: "a PIN is needed first",
    StatusWord.AUTHENTICATION_BLOCKED: "the PIN is blocked",
    StatusWord.REFERENCE_LOCKED: "the PIN or key is blocked",
    StatusWord.CONDITIONS_OF_USE: "conditions of use are not met",
    StatusWord.NO_CURRENT_FILE: "no file is selected",
    StatusWord.SM_OBJECT_MISSING: "a secure messaging object is missing",
    StatusWord.SM_OBJECT_WRONG: "a secure messaging object is wrong",
    StatusWord.SM_NOT_HERE: "secure messaging is not possible here",
    StatusWord.WRONG_DATA: "wrong data",
    StatusWord.FUNCTION_NOT_SUPPORTED: "function not supported",
    StatusWord.FILE_NOT_FOUND: "no such file or application",
    StatusWord.RECORD_NOT_FOUND: "no such record",
    StatusWord.WRONG_PARAMETERS: "wrong P1 or P2",
    StatusWord.DATA_NOT_FOUND: "no such data object",
    StatusWord.OFFSET_OUTSIDE_FILE: "the offset lies outside the file",
    StatusWord.UNKNOWN_INSTRUCTION: "unknown instruction",
    StatusWord.UNKNOWN_CLASS: "unknown class",
    StatusWord.INTERNAL_FAILURE: "internal failure",
}


def tries_left(sw: int) -> int | None:
    """Return n when the status word is ``63Cn``, else ``None``."""
    return sw & 0x0F if sw & 0xFFF0 == StatusWord.NO_TRIES_LEFT else None


def describe(sw: int) -> str:
    """Return what a status word means, in words."""
    if sw in _MEANINGS:
        return _MEANINGS[sw]
    left = tries_left(sw)
    if left is not None:
        return f"{left} tries left"
    if sw >> 8 == 0x61:
        return "more data is available"
    if sw >> 8 == 0x6C:
        return "wrong expected length"
    return "unknown status word"


@dataclass(frozen=True, slots=True, repr=False)
class CommandApdu:
    """One command: header, data and the number of bytes expected in the answer.

    ``le`` is a count: 256 stands for the short byte 00, 65536 for the extended bytes 0000, and
    ``None`` means that no data is expected. ``extended`` says how lengths are written.
    """

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    le: int | None = None
    extended: bool = False

    def __post_init__(self) -> None:
        if any(not 0 <= byte <= 0xFF for byte in (self.cla, self.ins, self.p1, self.p2)):
            raise MalformedApdu("a header byte lies outside 00 to FF")
        if self.extended and not self.data and self.le is None:
            raise MalformedApdu("a command without lengths has no extended form")
        if len(self.data) > (_MAX_EXTENDED_LC if self.extended else _MAX_SHORT_LC):
            raise MalformedApdu("the command data is too long for this form")
        most = MAX_EXTENDED_LE if self.extended else MAX_SHORT_LE
        if self.le is not None and not 1 <= self.le <= most:
            raise MalformedApdu("the expected length is outside this form")

    @classmethod
    def parse(cls, command: bytes) -> CommandApdu:
        """Read one command APDU of any of the four cases; ``MalformedApdu`` for anything else."""
        if len(command) < _HEADER:
            raise MalformedApdu("a command APDU has at least four bytes")
        cla, ins, p1, p2 = command[:_HEADER]
        body = command[_HEADER:]
        if len(body) >= 3 and body[0] == 0:
            data, le = _parse_extended(body)
            return cls(cla, ins, p1, p2, data, le, extended=True)
        data, le = _parse_short(body)
        return cls(cla, ins, p1, p2, data, le)

    def __bytes__(self) -> bytes:
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        return header + (self._extended_body() if self.extended else self._short_body())

    def _short_body(self) -> bytes:
        lc = bytes((len(self.data),)) if self.data else b""
        le = b"" if self.le is None else bytes((self.le % MAX_SHORT_LE,))
        return lc + self.data + le

    def _extended_body(self) -> bytes:
        lc = b"\0" + len(self.data).to_bytes(2, "big") if self.data else b""
        if self.le is None:
            return lc + self.data
        le = (self.le % MAX_EXTENDED_LE).to_bytes(2, "big")
        return lc + self.data + (le if self.data else b"\0" + le)

    @property
    def carries_secret(self) -> bool:
        """Whether the instruction is one whose data is a PIN."""
        return self.ins in _SECRET

    @property
    def header(self) -> str:
        """The four header bytes in hexadecimal."""
        return bytes((self.cla, self.ins, self.p1, self.p2)).hex().upper()

    def __repr__(self) -> str:
        lengths = f", Lc {len(self.data)}" if self.data else ""
        lengths += "" if self.le is None else f", Le {self.le}"
        return f"CommandApdu({self.header}{lengths}{', extended' if self.extended else ''})"


def _parse_short(body: bytes) -> tuple[bytes, int | None]:
    match len(body):
        case 0:
            return b"", None
        case 1:
            return b"", body[0] or MAX_SHORT_LE
    lc, rest = body[0], body[1:]
    if lc == 0:
        raise MalformedApdu("Lc is 00 although data follows")
    if len(rest) == lc:
        return rest, None
    if len(rest) == lc + 1:
        return rest[:lc], rest[lc] or MAX_SHORT_LE
    raise MalformedApdu(f"Lc says {lc} bytes and {len(rest)} follow")


def _parse_extended(body: bytes) -> tuple[bytes, int | None]:
    length, rest = int.from_bytes(body[1:3], "big"), body[3:]
    if not rest:
        return b"", length or MAX_EXTENDED_LE
    if length == 0:
        raise MalformedApdu("extended Lc is 0000 although data follows")
    if len(rest) == length:
        return rest, None
    if len(rest) == length + 2:
        return rest[:length], int.from_bytes(rest[length:], "big") or MAX_EXTENDED_LE
    raise MalformedApdu(f"extended Lc says {length} bytes and {len(rest)} follow")


@dataclass(frozen=True, slots=True, repr=False)
class ResponseApdu:
    """One response: data and the status word."""

    data: bytes
    sw: int

    def __post_init__(self) -> None:
        if not 0 <= self.sw <= 0xFFFF:
            raise MalformedApdu("a status word has two bytes")

    @classmethod
    def parse(cls, response: bytes) -> ResponseApdu:
        """Read one response APDU; ``MalformedApdu`` when there is no status word."""
        if len(response) < 2:
            raise MalformedApdu("a response APDU has at least two bytes")
        return cls(bytes(response[:-2]), int.from_bytes(response[-2:], "big"))

    def __bytes__(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")

    @property
    def ok(self) -> bool:
        """Whether the status word is 9000."""
        return self.sw == StatusWord.OK

    def __repr__(self) -> str:
        return f"ResponseApdu({len(self.data)} bytes, {self.sw:04X})"
