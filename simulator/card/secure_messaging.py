"""Secure messaging as one application of the card has it: confidentiality and nothing else [1].

AES-128 in CBC mode. The initial vector is the message counter, sixteen bytes big-endian, encrypted
under the same key; the counter starts at 1 and one step serves a command and its answer. There is
no checksum: whoever changes a command in passing is noticed only by broken padding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from jpki.card.apdu import MAX_EXTENDED_LE, CommandApdu, Ins, ResponseApdu, StatusWord

__all__ = ["BrokenMessage", "Session", "unwrap", "wrap"]

_BLOCK: Final = 16
_CRYPTOGRAM: Final = 0x86
_EXPECTED_LENGTH: Final = bytes.fromhex("960300")
_PADDING_FOLLOWS: Final = 0x01


class BrokenMessage(Exception):
    """A protected command that cannot be read; it ends the session with this status word."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass(frozen=True, slots=True)
class Session:
    """A session key and the counter of the next protected command."""

    key: bytes = field(repr=False)
    counter: int = 1

    def advanced(self) -> Session:
        """Return the session after one more command."""
        return replace(self, counter=self.counter + 1)

    def encrypted(self, plain: bytes) -> bytes:
        """Pad (80 00 …, always) and encrypt."""
        padded = plain + b"\x80" + bytes(-(len(plain) + 1) % _BLOCK)
        encryptor = self._cipher().encryptor()
        return encryptor.update(padded) + encryptor.finalize()

    def decrypted(self, cryptogram: bytes) -> bytes:
        """Decrypt and take the padding off; ``BrokenMessage`` when there is none."""
        if not cryptogram or len(cryptogram) % _BLOCK:
            raise BrokenMessage(StatusWord.SM_OBJECT_WRONG)
        decryptor = self._cipher().decryptor()
        padded = decryptor.update(cryptogram) + decryptor.finalize()
        plain, marker, zeros = padded.rpartition(b"\x80")
        if not marker or zeros.strip(b"\0") or len(zeros) >= _BLOCK:
            raise BrokenMessage(StatusWord.SM_OBJECT_WRONG)
        return plain

    def _cipher(self) -> Cipher[modes.CBC]:
        counter = self.counter.to_bytes(_BLOCK, "big")
        encryptor = Cipher(algorithms.AES(self.key), modes.CBC(bytes(_BLOCK))).encryptor()
        vector = encryptor.update(counter) + encryptor.finalize()
        return Cipher(algorithms.AES(self.key), modes.CBC(vector))


def unwrap(session: Session, command: CommandApdu) -> CommandApdu:
    """Return the plain command inside a protected one; ``BrokenMessage`` when there is none.

    The data are exactly one object, and which one depends on the instruction.
    """
    reader = _READERS.get(command.ins)
    if reader is None:
        raise BrokenMessage(StatusWord.NO_SECURE_MESSAGING)
    if not command.data:
        raise BrokenMessage(StatusWord.SM_OBJECT_MISSING)
    return reader(session, command)


def wrap(session: Session, command: CommandApdu, answer: ResponseApdu) -> ResponseApdu:
    """Return the protected answer to a protected command; one without data stays as it is."""
    if not answer.data:
        return answer
    content = bytes((_PADDING_FOLLOWS,)) + session.encrypted(answer.data)
    protected = bytes((_CRYPTOGRAM,)) + _length(len(content)) + content
    if command.le is None or command.le < len(protected):
        return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
    return ResponseApdu(protected, answer.sw)


def _with_data(session: Session, command: CommandApdu) -> CommandApdu:
    cryptogram = _cryptogram(command.data)
    plain = session.decrypted(cryptogram)
    return CommandApdu(0x00, command.ins, command.p1, command.p2, plain, extended=bool(plain))


def _with_expected_length(_session: Session, command: CommandApdu) -> CommandApdu:
    if len(command.data) != 5 or not command.data.startswith(_EXPECTED_LENGTH):
        raise BrokenMessage(StatusWord.SM_OBJECT_WRONG)
    expected = int.from_bytes(command.data[3:], "big") or MAX_EXTENDED_LE
    return CommandApdu(0x00, command.ins, command.p1, command.p2, le=expected, extended=True)


def _cryptogram(data: bytes) -> bytes:
    """Return what follows the padding indicator; the length may be short or long."""
    for head in (_head(len(data) - 2, 0), _head(len(data) - 3, 1), _head(len(data) - 4, 2)):
        if head and data.startswith(head) and data[len(head)] == _PADDING_FOLLOWS:
            return data[len(head) + 1 :]
    raise BrokenMessage(StatusWord.SM_OBJECT_WRONG)


def _head(length: int, width: int) -> bytes:
    """Return tag and length with so many bytes after 80; nothing when that cannot be."""
    if length < 1 or (not width and length >= 0x80) or length >= 256 ** (width or 1):
        return b""
    if not width:
        return bytes((_CRYPTOGRAM, length))
    return bytes((_CRYPTOGRAM, 0x80 | width)) + length.to_bytes(width, "big")


def _length(length: int) -> bytes:
    return bytes((length,)) if length < 0x80 else b"\x82" + length.to_bytes(2, "big")


_READERS: Final[Mapping[int, Callable[[Session, CommandApdu], CommandApdu]]] = MappingProxyType(
    {
        Ins.SELECT: _with_data,
        Ins.VERIFY: _with_data,
        Ins.READ_BINARY: _with_expected_length,
    }
)
