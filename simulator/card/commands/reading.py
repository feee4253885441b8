"""READ BINARY, READ RECORD, GET DATA, GET CHALLENGE: what gives data and changes nothing."""

from __future__ import annotations

from jpki.card.apdu import MAX_SHORT_LE, StatusWord
from jpki.card.layout import ElementaryFile
from simulator.card.commands.turn import Refusal, Turn, fid_of

__all__ = ["get_challenge", "get_data", "last_command", "read_binary", "read_record"]


def read_binary(turn: Turn, row: ElementaryFile | None) -> bytes:
    """Give a part of a transparent file."""
    command = turn.command
    if command.le is None or command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    content = turn.held.files.get(fid_of(row), b"")
    offset = command.p2 if command.p1 & 0x80 else command.p1 << 8 | command.p2
    if offset >= len(content):
        raise Refusal(turn.behaviour.past_the_end)
    # Asking for more than there is gets what there is.
    return content[offset : offset + min(command.le, turn.behaviour.longest_answer)]


def read_record(turn: Turn, row: ElementaryFile | None) -> bytes:
    """Give one record."""
    command = turn.command
    if command.le is None or command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    records = turn.held.records.get(fid_of(row), ())
    if not 1 <= command.p1 <= len(records):
        raise Refusal(StatusWord.RECORD_NOT_FOUND)
    return records[command.p1 - 1][: command.le]


def get_data(turn: Turn, _row: ElementaryFile | None) -> bytes:
    """Give a data object."""
    command = turn.command
    content = turn.held.objects.get(command.p1 << 8 | command.p2)
    if content is None:
        raise Refusal(turn.behaviour.no_such_object)
    if command.le is None or command.data or command.le < len(content):
        raise Refusal(StatusWord.WRONG_LENGTH)
    return content


def get_challenge(turn: Turn, _row: ElementaryFile | None) -> bytes:
    """Give random bytes."""
    command = turn.command
    if command.p1 or command.p2:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    if command.le is None or command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if command.le > MAX_SHORT_LE:
        raise Refusal(turn.behaviour.challenge_too_long)
    return turn.chance(command.le)


def last_command(turn: Turn, _row: ElementaryFile | None) -> bytes:
    """80 FC 00 00: the iPhone profile's mark of the last command; plastic answers 6700 [1]."""
    if not turn.behaviour.last_command_marker or bytes(turn.command)[2:] != b"\0\0":
        raise Refusal(StatusWord.WRONG_LENGTH)
    return b""
