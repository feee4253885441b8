"""SELECT: an application by name, a file by identifier, and the master file that is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from jpki.card.apdu import StatusWord
from jpki.card.layout import Application, ElementaryFile
from simulator.card.behaviour import FileControlInformation
from simulator.card.commands.turn import Refusal, Turn
from simulator.card.memory import Volatile

__all__ = ["select"]


def select(turn: Turn, _row: ElementaryFile | None) -> bytes:
    """Select by what P1 names."""
    selection = _SELECTIONS.get(turn.command.p1)
    if selection is None:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return selection(turn)


def _select_by_name(turn: Turn) -> bytes:
    command = turn.command
    if command.p2 not in (0x00, 0x02, 0x0C, 0x0E):
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    if not command.data:
        raise Refusal(turn.behaviour.select_without_name)
    matching = [
        held.application
        for held in turn.memory.all
        if held.application.aid.startswith(command.data)
    ]
    if command.p2 & 0x02:
        matching = _after_selected(matching, turn.volatile.aid)
    if not matching:
        raise Refusal(StatusWord.FILE_NOT_FOUND)
    _enter(turn, matching[0])
    return b"" if command.p2 & 0x0C else _file_control_information(turn, matching[0])


def _after_selected(matching: list[Application], selected: bytes) -> list[Application]:
    names = [application.aid for application in matching]
    return matching[names.index(selected) + 1 :] if selected in names else matching


def _enter(turn: Turn, application: Application) -> None:
    """Select an application; leaving another one clears the PINs presented to it."""
    before = turn.volatile
    same = application.aid == before.aid
    keeps_status = same and turn.behaviour.reselect_keeps_status
    keeps_file = same and turn.behaviour.reselect_keeps_file
    kept = before if keeps_status else Volatile()
    turn.volatile = replace(
        kept,
        aid=application.aid,
        current=before.current if keeps_file else None,
        power_on=application.aid == turn.memory.domain.application.aid,
    )


def _file_control_information(turn: Turn, application: Application) -> bytes:
    match turn.behaviour.file_control_information:
        case FileControlInformation.EMPTY:
            return b""
        case FileControlInformation.NAME:
            name = bytes((0x84, len(application.aid))) + application.aid
            return bytes((0x6F, len(name))) + name


def _select_file(turn: Turn) -> bytes:
    if turn.command.p2 not in (0x00, 0x0C):
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    if len(turn.command.data) != 2:
        raise Refusal(StatusWord.WRONG_LENGTH)
    row = turn.application.file(int.from_bytes(turn.command.data, "big"))
    if row is None:
        in_domain = turn.volatile.power_on
        raise Refusal(
            turn.behaviour.select_file_in_domain if in_domain else StatusWord.FILE_NOT_FOUND
        )
    turn.make_current(row)  # selecting a protected file is free; using it is not
    return b""


def _select_master_file(turn: Turn) -> bytes:
    """00 A4 00 00: 6A86 after power-on, 9000 and no change elsewhere; 3F00 does not exist [1]."""
    if turn.command.data:
        raise Refusal(StatusWord.FILE_NOT_FOUND)
    if turn.volatile.power_on or turn.command.p2 not in (0x00, 0x0C):
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return b""


_SELECTIONS: Final[Mapping[int, Callable[[Turn], bytes]]] = MappingProxyType(
    {0x00: _select_master_file, 0x02: _select_file, 0x04: _select_by_name}
)
