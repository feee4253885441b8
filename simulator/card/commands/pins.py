"""VERIFY and the two commands that change a PIN."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from jpki.card.apdu import Ins, StatusWord
from jpki.card.layout import ElementaryFile
from simulator.card.commands.turn import Refusal, Turn, fid_of
from simulator.card.memory import PinState

__all__ = ["change", "verify"]

_MAX_PIN_DATA: Final = 16


def verify(turn: Turn, row: ElementaryFile | None) -> bytes:
    """Compare a PIN, or tell its tries when nothing was typed."""
    pin = _pin(turn, row)
    if not turn.command.data:
        raise Refusal(_tries(turn, pin))
    if turn.command.le is not None or len(turn.command.data) > _MAX_PIN_DATA:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if pin.blocked:
        raise Refusal(turn.behaviour.blocked)
    _refuse_without_comparing(turn, pin)
    _compare(turn, pin, turn.command.data)
    return b""


def _tries(turn: Turn, pin: PinState) -> int:
    """Return the answer to an empty VERIFY, which costs nothing."""
    behaviour = turn.behaviour
    if turn.command.le is not None:
        return behaviour.query_with_le
    if pin.blocked:
        return behaviour.query_when_blocked
    if pin.rule.fid in turn.volatile.verified and behaviour.query_when_verified is not None:
        return behaviour.query_when_verified
    return StatusWord.NO_TRIES_LEFT | pin.tries_left


def _refuse_without_comparing(turn: Turn, pin: PinState) -> None:
    behaviour, typed = turn.behaviour, turn.command.data
    if not behaviour.wrong_length_costs_a_try and not pin.rule.right_length(typed):
        raise Refusal(behaviour.wrong_pin_length)
    if not behaviour.wrong_characters_cost_a_try and not pin.rule.right_characters(typed):
        raise Refusal(behaviour.wrong_pin_characters)


def _compare(turn: Turn, pin: PinState, typed: bytes) -> None:
    """Write the counter down before comparing, so that pulling the card out gains nothing."""
    spent = pin.spent()
    turn.write(spent)
    if pin.is_right(typed):
        turn.write(spent.restored())
        turn.grant(pin.rule.fid)
        return
    if turn.behaviour.failed_verify_drops_status or spent.blocked:
        turn.withdraw(pin.rule.fid)
    raise Refusal(StatusWord.NO_TRIES_LEFT | spent.tries_left)


def change(turn: Turn, row: ElementaryFile | None) -> bytes:
    """Set a new value after the old one was verified, or given in front of it (P1 00)."""
    pin = _pin(turn, row)
    behaviour, value = turn.behaviour, turn.command.data
    if pin.rule.changed_by != turn.command.ins:
        raise Refusal(behaviour.wrong_change_command)
    if pin.blocked:
        raise Refusal(behaviour.blocked)
    if turn.command.ins == Ins.CHANGE_REFERENCE_DATA and turn.command.p1 == 0x00:
        value = _after_old_value(turn, pin)
    elif pin.rule.fid not in turn.volatile.verified:
        raise Refusal(behaviour.change_without_verify)
    if not value or turn.command.le is not None or len(value) > _MAX_PIN_DATA:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if not pin.rule.well_formed(value):
        raise Refusal(behaviour.bad_new_pin)
    changed = replace(pin, reference=value)
    turn.write(changed.restored() if behaviour.change_restores_counter else changed)
    return b""


def _after_old_value(turn: Turn, pin: PinState) -> bytes:
    """Compare the old value in front of the new one, which costs a try when it is wrong.

    The card knows how long the value it keeps is (ISO/IEC 7816-4 §11.6.7 leaves no mark between).
    """
    data, length = turn.command.data, len(pin.reference)
    if turn.command.le is not None or not length < len(data) <= length + _MAX_PIN_DATA:
        raise Refusal(StatusWord.WRONG_LENGTH)
    _compare(turn, pin, data[:length])
    return data[length:]


def _pin(turn: Turn, row: ElementaryFile | None) -> PinState:
    pin = turn.held.pins.get(fid_of(row))
    if pin is None:  # the row exists and nothing was personalised in it
        raise Refusal(StatusWord.CONDITIONS_OF_USE)
    return pin
