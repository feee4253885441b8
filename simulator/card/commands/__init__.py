"""The card's instructions: a dictionary from INS to a row with a short handler.

A handler runs only after ``process`` has checked class, file kind and access from the rows. It
returns the answer's data, or raises ``Refusal`` with a status word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from jpki.card.apdu import Ins, StatusWord
from jpki.card.layout import Access, ElementaryFile, FileKind
from simulator.card.commands.keys import compute_signature, internal_authenticate
from simulator.card.commands.pins import change, verify
from simulator.card.commands.reading import (
    get_challenge,
    get_data,
    last_command,
    read_binary,
    read_record,
)
from simulator.card.commands.selection import select
from simulator.card.commands.sessions import set_session_key
from simulator.card.commands.targets import (
    by_authentication_reference,
    by_change_reference,
    by_key_reference,
    by_offset,
    by_record_reference,
    by_reference,
    with_p1_zero,
)
from simulator.card.commands.terminal import take_terminal_certificate
from simulator.card.commands.turn import Instruction, Refusal, Target, Turn

__all__ = ["INSTRUCTIONS", "REFUSED", "Instruction", "Refusal", "Target", "Turn"]

_TRANSPARENT: Final = frozenset({FileKind.CERTIFICATE, FileKind.INFORMATION})
_RECORDS: Final = frozenset({FileKind.RECORDS})
_PIN: Final = frozenset({FileKind.PIN})
_KEY: Final = frozenset({FileKind.KEY})
_READ: Final[Callable[[ElementaryFile], Access]] = attrgetter("read")
_USE: Final[Callable[[ElementaryFile], Access]] = attrgetter("use")
_AUTHENTICATE: Final[Callable[[ElementaryFile], Access]] = attrgetter("authenticate")
_SM: Final = StatusWord.SM_NOT_HERE

INSTRUCTIONS: Final[Mapping[int, Instruction]] = MappingProxyType(
    {
        Ins.SELECT: Instruction(0x00, select, secured=StatusWord.NO_SECURE_MESSAGING),
        Ins.READ_BINARY: Instruction(
            0x00, read_binary, by_offset, _TRANSPARENT, _READ, secured=_SM
        ),
        Ins.READ_RECORD: Instruction(
            0x00, read_record, by_record_reference, _RECORDS, _READ, secured=_SM
        ),
        Ins.GET_DATA: Instruction(0x00, get_data),
        Ins.GET_CHALLENGE: Instruction(0x00, get_challenge),
        Ins.VERIFY: Instruction(0x00, verify, with_p1_zero(by_reference), _PIN, secured=_SM),
        Ins.CHANGE_REFERENCE_DATA: Instruction(0x00, change, by_change_reference, _PIN),
        Ins.CHANGE_KEY: Instruction(0x80, change, by_change_reference, _PIN),
        Ins.COMPUTE_DIGITAL_SIGNATURE: Instruction(
            0x80, compute_signature, by_key_reference, _KEY, _USE
        ),
        Ins.INTERNAL_AUTHENTICATE: Instruction(
            0x00,
            internal_authenticate,
            with_p1_zero(by_authentication_reference),
            _KEY,
            _AUTHENTICATE,
        ),
        Ins.VERIFY_CERTIFICATE: Instruction(0x80, take_terminal_certificate),
        Ins.SET_SESSION_KEY: Instruction(0x80, set_session_key),
        Ins.LAST_COMMAND: Instruction(0x80, last_command),
    }
)

_ISSUER_ONLY: Final[Callable[[Turn], int]] = attrgetter("behaviour.issuer_only")
_EXTERNAL: Final[Callable[[Turn], int]] = attrgetter("behaviour.external_authenticate")


def _manage_attributes(turn: Turn) -> int:
    """Only P1 22 and 24 were seen to reach the security check [1]."""
    if turn.command.p1 in (0x22, 0x24):
        return turn.behaviour.issuer_only
    return turn.behaviour.manage_attributes_parameters


# Instructions that exist and that a card without the issuer's keys only refuses: they reach the
# security check and no further.
REFUSED: Final[Mapping[tuple[int, int], Callable[[Turn], int]]] = MappingProxyType(
    {
        (0x00, Ins.EXTERNAL_AUTHENTICATE): _EXTERNAL,
        (0x80, Ins.LOCK_DF): _ISSUER_ONLY,
        (0x80, Ins.UNLOCK_DF): _ISSUER_ONLY,
        (0x80, Ins.UNLOCK_KEY): _ISSUER_ONLY,
        (0x80, Ins.MANAGE_ATTRIBUTES): _manage_attributes,
        (0x80, Ins.ERASE_ALL_RECORDS): _ISSUER_ONLY,
    }
)
