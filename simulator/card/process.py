"""The card as a function: memory, state and a command in; memory, state and an answer out.

The class byte, the instruction, the file it addresses, that file's kind and the access to it are
checked here, from the rows, before a handler runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from jpki.card.apdu import CommandApdu, ResponseApdu, StatusWord
from jpki.card.layout import ElementaryFile, FileKind
from simulator.card.commands import INSTRUCTIONS, REFUSED, Instruction, Refusal, Turn
from simulator.card.memory import Memory, Volatile
from simulator.card.secure_messaging import BrokenMessage, unwrap, wrap

__all__ = ["process"]

_PLAIN = 0x00
_PROPRIETARY = 0x80
_CHANNEL_BITS = 0x03
_SECURE_MESSAGING_BITS = 0x0C
_CHAINING_BIT = 0x10
_CONFIDENTIAL = 0x08  # secure messaging, the header not authenticated


def _not_written(memory: Memory) -> None:
    """Keep nothing; the caller takes the returned memory."""


def process(
    memory: Memory,
    volatile: Volatile,
    command: CommandApdu,
    *,
    commit: Callable[[Memory], None] = _not_written,
    chance: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[Memory, Volatile, ResponseApdu]:
    """Answer one command.

    ``commit`` is called with the new memory at every moment the chip would have written it, so
    that a PIN counter is down on record before the PIN is compared. ``chance`` gives random bytes.
    """
    turn = Turn(memory, volatile, command, commit=commit, chance=chance)
    answer = _protected(turn) if _is_protected(turn) else _plain(turn)
    return turn.memory, turn.volatile, answer


def _plain(turn: Turn) -> ResponseApdu:
    try:
        return _answer(turn)
    except Refusal as refusal:
        return ResponseApdu(b"", refusal.sw)


def _is_protected(turn: Turn) -> bool:
    """Whether this is a protected command of a session; without one it is refused as elsewhere."""
    cla = turn.command.cla
    return turn.volatile.session is not None and cla & ~_SECURE_MESSAGING_BITS == 0 and cla != 0


def _protected(turn: Turn) -> ResponseApdu:
    """Answer a protected command: the counter advances whatever the card answers.

    A command that cannot be read ends the session.
    """
    session, command = turn.volatile.session, turn.command
    assert session is not None  # noqa: S101  asked before
    try:
        if command.cla != _CONFIDENTIAL:  # a checksum is wanted, and the session has no key for it
            raise BrokenMessage(StatusWord.SM_OBJECT_MISSING)
        turn.command = unwrap(session, command)
    except BrokenMessage as broken:
        turn.volatile = replace(turn.volatile, session=None)
        return ResponseApdu(b"", broken.sw)
    answer = _plain(turn)
    if turn.volatile.session is not None:
        turn.volatile = replace(turn.volatile, session=session.advanced())
    return wrap(session, command, answer)


def _answer(turn: Turn) -> ResponseApdu:
    command = turn.command
    _check_class(turn)
    if (command.cla, command.ins) in REFUSED:
        raise Refusal(REFUSED[command.cla, command.ins](turn))
    instruction = INSTRUCTIONS.get(command.ins)
    if instruction is None:
        raise Refusal(StatusWord.UNKNOWN_INSTRUCTION)
    if instruction.cla != command.cla:
        raise Refusal(StatusWord.UNKNOWN_CLASS)
    row = _addressed(turn, instruction)
    data = instruction.handler(turn, row)
    return ResponseApdu(data, StatusWord.OK)


def _check_class(turn: Turn) -> None:
    cla, ins = turn.command.cla, turn.command.ins
    if cla in (_PLAIN, _PROPRIETARY):
        return
    if cla & ~(_CHANNEL_BITS | _SECURE_MESSAGING_BITS | _CHAINING_BIT) not in (
        _PLAIN,
        _PROPRIETARY,
    ):
        raise Refusal(StatusWord.UNKNOWN_CLASS)
    if cla & _CHANNEL_BITS:
        raise Refusal(StatusWord.NO_LOGICAL_CHANNELS)
    if cla & _SECURE_MESSAGING_BITS:
        # SELECT answers 6882, READ and VERIFY 69FC [1].
        instruction = INSTRUCTIONS.get(ins)
        seen = None if instruction is None else instruction.secured
        raise Refusal(turn.behaviour.secured_elsewhere if seen is None else seen)
    raise Refusal(turn.behaviour.chaining)


def _addressed(turn: Turn, instruction: Instruction) -> ElementaryFile | None:
    """Return the file a command addresses once its kind and the access to it are settled."""
    if instruction.target is None:
        return None
    target = instruction.target(turn)
    if target.selects and turn.behaviour.sfi_selects_when_refused:
        turn.make_current(target.row)
    if target.row.kind not in instruction.kinds:
        wants_key = FileKind.KEY in instruction.kinds
        raise Refusal(turn.behaviour.no_key if wants_key else StatusWord.WRONG_FILE_KIND)
    access = instruction.access
    if access is not None and not access(target.row).granted(turn.volatile.verified):
        raise Refusal(StatusWord.SECURITY_STATUS)
    if target.selects:
        turn.make_current(target.row)
    return target.row
