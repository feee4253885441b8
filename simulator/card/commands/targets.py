"""Which file a command addresses, from P1 and P2."""

from __future__ import annotations

from collections.abc import Callable

from jpki.card.apdu import Ins, StatusWord
from simulator.card.commands.turn import Refusal, Target, Turn

__all__ = [
    "by_authentication_reference",
    "by_change_reference",
    "by_key_reference",
    "by_offset",
    "by_record_reference",
    "by_reference",
    "with_p1_zero",
]


def _current(turn: Turn) -> Target:
    fid = turn.volatile.current
    row = None if fid is None else turn.application.file(fid)
    if row is None:
        raise Refusal(StatusWord.NO_CURRENT_FILE)
    return Target(row)


def _by_sfi(turn: Turn, sfi: int) -> Target:
    row = turn.application.file_by_sfi(sfi)
    if row is None:
        raise Refusal(StatusWord.FILE_NOT_FOUND)
    return Target(row, selects=True)


def by_reference(turn: Turn) -> Target:
    """P2 80 is the current file, 80 with an SFI in the low five bits another one."""
    sfi = turn.command.p2 & 0x1F
    if turn.command.p2 & 0xE0 != 0x80 or sfi == 0x1F:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return _by_sfi(turn, sfi) if sfi else _current(turn)


def by_offset(turn: Turn) -> Target:
    """P1 below 80 is an offset into the current file, 80 with an SFI names another one."""
    p1 = turn.command.p1
    if p1 < 0x80:
        return _current(turn)
    if p1 & 0x60 or p1 & 0x1F in (0x00, 0x1F):
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return _by_sfi(turn, p1 & 0x1F)


def by_record_reference(turn: Turn) -> Target:
    """P2 has the SFI in its high five bits and says how P1 is meant in its low three."""
    match turn.command.p2 & 0x07:
        case 0x04:
            sfi = turn.command.p2 >> 3
        case 0x05:
            raise Refusal(turn.behaviour.several_records)
        case _:
            raise Refusal(StatusWord.WRONG_PARAMETERS)
    if sfi == 0x1F:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return _by_sfi(turn, sfi) if sfi else _current(turn)


def by_key_reference(turn: Turn) -> Target:
    """Like ``by_reference``; P2 00 is the application's own key where it has one."""
    default = turn.application.default_key
    if turn.command.p2 == 0 and default is not None:
        row = turn.application.file(default)
        if row is not None:
            return Target(row)
    return by_reference(turn)


def by_change_reference(turn: Turn) -> Target:
    """Like ``by_reference``, once P1 fits: 01 (new value only) for CHANGE, 00 for CHANGE KEY.

    P1 00 of CHANGE, the old value before the new one, is refused as the card's behaviour says.
    """
    change = turn.command.ins == Ins.CHANGE_REFERENCE_DATA
    refused = turn.behaviour.change_with_old_value
    match turn.command.p1:
        case 0x00 if change and refused is not None:
            raise Refusal(refused)
        case 0x00:
            return by_reference(turn)
        case 0x01 if change:
            return by_reference(turn)
        case _:
            raise Refusal(StatusWord.WRONG_PARAMETERS)


def with_p1_zero(target: Callable[[Turn], Target]) -> Callable[[Turn], Target]:
    """Return the same way of addressing, once P1 is 00."""

    def checked(turn: Turn) -> Target:
        if turn.command.p1:
            raise Refusal(StatusWord.WRONG_PARAMETERS)
        return target(turn)

    return checked


def by_authentication_reference(turn: Turn) -> Target:
    """Like ``by_reference``, where the application has a key for INTERNAL AUTHENTICATE at all."""
    if turn.application.internal_authenticate is not None:
        raise Refusal(turn.application.internal_authenticate)
    return by_reference(turn)
