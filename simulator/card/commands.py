"""The card's instructions: a dictionary from INS to a row with a short handler.

A handler runs only after ``process`` has checked class, file kind and access from the rows. It
returns the answer's data, or raises ``Refusal`` with a status word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.card.apdu import MAX_SHORT_LE, CommandApdu, Ins, StatusWord
from jpki.card.layout import Access, Application, ElementaryFile, FileKind
from simulator.card.behaviour import CardBehaviour, FileControlInformation
from simulator.card.memory import ApplicationMemory, Memory, PinState, Volatile

__all__ = ["INSTRUCTIONS", "REFUSED", "Instruction", "Refusal", "Target", "Turn"]

_MAX_PIN_DATA: Final = 16
_PADDING: Final = 11


class Refusal(Exception):
    """The card refuses with this status word; it never leaves ``process``."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class Turn:
    """One command being answered: what the card knows now, and how it remembers more."""

    def __init__(
        self,
        memory: Memory,
        volatile: Volatile,
        command: CommandApdu,
        *,
        commit: Callable[[Memory], None],
        chance: Callable[[int], bytes],
    ) -> None:
        self.memory = memory
        self.volatile = volatile
        self.command = command
        self.chance = chance
        self._commit = commit

    @property
    def behaviour(self) -> CardBehaviour:
        """The card's open answers."""
        return self.memory.behaviour

    @property
    def held(self) -> ApplicationMemory:
        """The contents of the selected application."""
        return self.memory.at(self.volatile.aid)

    @property
    def application(self) -> Application:
        """The rows of the selected application."""
        return self.held.application

    def write(self, pin: PinState) -> None:
        """Write a PIN to the memory that survives power-off."""
        self.memory = self.memory.with_pin(self.volatile.aid, pin)
        self._commit(self.memory)

    def make_current(self, row: ElementaryFile) -> None:
        """Make a file the current one."""
        self.volatile = replace(self.volatile, current=row.fid)

    def grant(self, fid: int) -> None:
        """Remember that a PIN was presented."""
        self.volatile = replace(self.volatile, verified=self.volatile.verified | {fid})

    def withdraw(self, fid: int) -> None:
        """Forget that a PIN was presented."""
        self.volatile = replace(self.volatile, verified=self.volatile.verified - {fid})


@dataclass(frozen=True, slots=True)
class Target:
    """The file a command addresses; ``selects`` when it was named by its short identifier."""

    row: ElementaryFile
    selects: bool = False


Handler = Callable[[Turn, ElementaryFile | None], bytes]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One row: class byte, handler, the file it addresses, the kinds that fit, the access needed.

    ``secured`` is the answer to its form with secure messaging.
    """

    cla: int
    handler: Handler
    target: Callable[[Turn], Target] | None = None
    kinds: frozenset[FileKind] = frozenset()
    access: Callable[[ElementaryFile], Access] | None = None
    secured: int = StatusWord.NO_SECURE_MESSAGING


# which file a command addresses


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


def _by_reference(turn: Turn) -> Target:
    """P2 80 is the current file, 80 with an SFI in the low five bits another one."""
    sfi = turn.command.p2 & 0x1F
    if turn.command.p2 & 0xE0 != 0x80 or sfi == 0x1F:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return _by_sfi(turn, sfi) if sfi else _current(turn)


def _by_offset(turn: Turn) -> Target:
    """P1 below 80 is an offset into the current file, 80 with an SFI names another one."""
    p1 = turn.command.p1
    if p1 < 0x80:
        return _current(turn)
    if p1 & 0x60 or p1 & 0x1F in (0x00, 0x1F):
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return _by_sfi(turn, p1 & 0x1F)


def _by_record_reference(turn: Turn) -> Target:
    """P2 has the SFI in its high five bits and says how P1 is meant in its low three."""
    match turn.command.p2 & 0x07:
        case 0x04:
            sfi = turn.command.p2 >> 3
        case 0x05:
            raise Refusal(StatusWord.FUNCTION_NOT_SUPPORTED)  # several records; some cards [1]
        case _:
            raise Refusal(StatusWord.WRONG_PARAMETERS)
    if sfi == 0x1F:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return _by_sfi(turn, sfi) if sfi else _current(turn)


def _by_key_reference(turn: Turn) -> Target:
    """Like ``_by_reference``; P2 00 is the application's own key where it has one."""
    default = turn.application.default_key
    if turn.command.p2 == 0 and default is not None:
        row = turn.application.file(default)
        if row is not None:
            return Target(row)
    return _by_reference(turn)


def _by_change_reference(turn: Turn) -> Target:
    """Like ``_by_reference``, once P1 fits: 01 (new value only) for CHANGE, 00 for CHANGE KEY."""
    p1 = 0x01 if turn.command.ins == Ins.CHANGE_REFERENCE_DATA else 0x00
    if turn.command.p1 != p1:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    return _by_reference(turn)


def _with_p1_zero(target: Callable[[Turn], Target]) -> Callable[[Turn], Target]:
    def checked(turn: Turn) -> Target:
        if turn.command.p1:
            raise Refusal(StatusWord.WRONG_PARAMETERS)
        return target(turn)

    return checked


# SELECT


def _select(turn: Turn, _row: ElementaryFile | None) -> bytes:
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
    turn.volatile = Volatile(
        aid=application.aid,
        current=before.current if keeps_file else None,
        verified=before.verified if keeps_status else frozenset(),
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

# reading


def _read_binary(turn: Turn, row: ElementaryFile | None) -> bytes:
    command = turn.command
    if command.le is None or command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    content = turn.held.files.get(_fid(row), b"")
    offset = command.p2 if command.p1 & 0x80 else command.p1 << 8 | command.p2
    if offset >= len(content):
        raise Refusal(turn.behaviour.past_the_end)
    # Asking for more than there is gets what there is.
    return content[offset : offset + min(command.le, turn.behaviour.longest_answer)]


def _read_record(turn: Turn, row: ElementaryFile | None) -> bytes:
    command = turn.command
    if command.le is None or command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    records = turn.held.records.get(_fid(row), ())
    if not 1 <= command.p1 <= len(records):
        raise Refusal(StatusWord.RECORD_NOT_FOUND)
    return records[command.p1 - 1][: command.le]


def _get_data(turn: Turn, _row: ElementaryFile | None) -> bytes:
    command = turn.command
    content = turn.held.objects.get(command.p1 << 8 | command.p2)
    if content is None:
        raise Refusal(turn.behaviour.no_such_object)
    if command.le is None or command.data or command.le < len(content):
        raise Refusal(StatusWord.WRONG_LENGTH)
    return content


def _get_challenge(turn: Turn, _row: ElementaryFile | None) -> bytes:
    command = turn.command
    if command.p1 or command.p2:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    if command.le is None or command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if command.le > MAX_SHORT_LE:
        raise Refusal(turn.behaviour.challenge_too_long)
    return turn.chance(command.le)


def _last_command(turn: Turn, _row: ElementaryFile | None) -> bytes:
    """80 FC 00 00: the iPhone profile's mark of the last command; plastic answers 6700 [1]."""
    if not turn.behaviour.last_command_marker or bytes(turn.command)[2:] != b"\0\0":
        raise Refusal(StatusWord.WRONG_LENGTH)
    return b""


# PINs


def _verify(turn: Turn, row: ElementaryFile | None) -> bytes:
    pin = _pin(turn, row)
    if not turn.command.data:
        raise Refusal(_tries(turn, pin))
    if turn.command.le is not None or len(turn.command.data) > _MAX_PIN_DATA:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if pin.blocked:
        raise Refusal(turn.behaviour.blocked)
    _refuse_without_comparing(turn, pin)
    _compare(turn, pin)
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


def _compare(turn: Turn, pin: PinState) -> None:
    """Write the counter down before comparing, so that pulling the card out gains nothing."""
    spent = pin.spent()
    turn.write(spent)
    if pin.is_right(turn.command.data):
        turn.write(spent.restored())
        turn.grant(pin.rule.fid)
        return
    if turn.behaviour.failed_verify_drops_status or spent.blocked:
        turn.withdraw(pin.rule.fid)
    raise Refusal(StatusWord.NO_TRIES_LEFT | spent.tries_left)


def _change(turn: Turn, row: ElementaryFile | None) -> bytes:
    pin = _pin(turn, row)
    behaviour, value = turn.behaviour, turn.command.data
    if pin.rule.changed_by != turn.command.ins:
        raise Refusal(behaviour.wrong_change_command)
    if pin.blocked:
        raise Refusal(behaviour.blocked)
    if pin.rule.fid not in turn.volatile.verified:
        raise Refusal(behaviour.change_without_verify)
    if not value or turn.command.le is not None or len(value) > _MAX_PIN_DATA:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if not pin.rule.well_formed(value):
        raise Refusal(behaviour.bad_new_pin)
    changed = replace(pin, reference=value)
    turn.write(changed.restored() if behaviour.change_restores_counter else changed)
    return b""


def _pin(turn: Turn, row: ElementaryFile | None) -> PinState:
    pin = turn.held.pins.get(_fid(row))
    if pin is None:  # the row exists and nothing was personalised in it
        raise Refusal(StatusWord.CONDITIONS_OF_USE)
    return pin


# keys


def _compute_signature(turn: Turn, row: ElementaryFile | None) -> bytes:
    command = turn.command
    mode = _SIGNATURE_MODES.get(command.p1)
    if mode is None:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    key = _key(turn, row)
    _check_room(turn, key)
    if not command.data or (mode.input_length or len(command.data)) != len(command.data):
        raise Refusal(turn.behaviour.bad_signature_input)
    if mode is _RAW and len(command.data) > key.key_size // 8 - _PADDING:
        raise Refusal(turn.behaviour.bad_signature_input)
    return mode.sign(key, command.data)


def _internal_authenticate(turn: Turn, row: ElementaryFile | None) -> bytes:
    key = _key(turn, row)
    _check_room(turn, key)
    if not turn.command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    return _MESSAGE.sign(key, turn.command.data)


def _key(turn: Turn, row: ElementaryFile | None) -> RSAPrivateKey:
    key = turn.held.keys.get(_fid(row))
    if key is None:  # the row exists and nothing was personalised in it
        raise Refusal(StatusWord.CONDITIONS_OF_USE)
    return key


def _check_room(turn: Turn, key: RSAPrivateKey) -> None:
    if turn.command.le is None or turn.command.le < key.key_size // 8:
        raise Refusal(turn.behaviour.no_room_for_signature)


@dataclass(frozen=True, slots=True)
class _SignatureMode:
    """What P1 asks for: the input it takes and what is done with it."""

    sign: Callable[[RSAPrivateKey, bytes], bytes]
    input_length: int | None = None


def _sign_as_given(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, padding.PKCS1v15(), utils.NoDigestInfo())


def _sign_bare_hash(key: RSAPrivateKey, message: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(message)
    return _sign_as_given(key, digest.finalize())


def _sign_digest(key: RSAPrivateKey, digest: bytes) -> bytes:
    return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


def _sign_message(key: RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def _sign_pss_digest(key: RSAPrivateKey, digest: bytes) -> bytes:
    return key.sign(digest, _pss(), utils.Prehashed(hashes.SHA256()))


def _sign_pss_message(key: RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, _pss(), hashes.SHA256())


def _pss() -> padding.PSS:
    # The salt is random [1]; its length, 32 here, is [?].
    return padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


_RAW: Final = _SignatureMode(_sign_as_given)
_MESSAGE: Final = _SignatureMode(_sign_message)
# 00 is what every client uses; the others rest on one source [1].
_SIGNATURE_MODES: Final[Mapping[int, _SignatureMode]] = MappingProxyType(
    {
        0x00: _RAW,
        0x01: _SignatureMode(_sign_bare_hash),
        0x02: _SignatureMode(_sign_digest, input_length=32),
        0x03: _MESSAGE,
        0x04: _SignatureMode(_sign_pss_digest, input_length=32),
        0x05: _SignatureMode(_sign_pss_message),
    }
)


def _fid(row: ElementaryFile | None) -> int:
    if row is None:
        raise Refusal(StatusWord.INTERNAL_FAILURE)
    return row.fid


_TRANSPARENT: Final = frozenset({FileKind.CERTIFICATE, FileKind.INFORMATION})
_READ: Final[Callable[[ElementaryFile], Access]] = attrgetter("read")
_USE: Final[Callable[[ElementaryFile], Access]] = attrgetter("use")
_AUTHENTICATE: Final[Callable[[ElementaryFile], Access]] = attrgetter("authenticate")
_PIN: Final = frozenset({FileKind.PIN})
_KEY: Final = frozenset({FileKind.KEY})
_SM: Final = StatusWord.SM_NOT_HERE

INSTRUCTIONS: Final[Mapping[int, Instruction]] = MappingProxyType(
    {
        Ins.SELECT: Instruction(0x00, _select),
        Ins.READ_BINARY: Instruction(
            0x00, _read_binary, _by_offset, _TRANSPARENT, _READ, secured=_SM
        ),
        Ins.READ_RECORD: Instruction(
            0x00,
            _read_record,
            _by_record_reference,
            frozenset({FileKind.RECORDS}),
            _READ,
            secured=_SM,
        ),
        Ins.GET_DATA: Instruction(0x00, _get_data),
        Ins.GET_CHALLENGE: Instruction(0x00, _get_challenge),
        Ins.VERIFY: Instruction(0x00, _verify, _with_p1_zero(_by_reference), _PIN, secured=_SM),
        Ins.CHANGE_REFERENCE_DATA: Instruction(0x00, _change, _by_change_reference, _PIN),
        Ins.CHANGE_KEY: Instruction(0x80, _change, _by_change_reference, _PIN),
        Ins.COMPUTE_DIGITAL_SIGNATURE: Instruction(
            0x80, _compute_signature, _by_key_reference, _KEY, _USE
        ),
        Ins.INTERNAL_AUTHENTICATE: Instruction(
            0x00, _internal_authenticate, _with_p1_zero(_by_reference), _KEY, _AUTHENTICATE
        ),
        Ins.LAST_COMMAND: Instruction(0x80, _last_command),
    }
)


def _always(sw: int) -> Callable[[Turn], int]:
    return lambda _turn: sw


def _verify_certificate(turn: Turn) -> int:
    """The hand-over of a terminal certificate: nobody but the issuer can make one."""
    known = (turn.command.p1, turn.command.p2) in ((0x06, 0xC1), (0x00, 0xC1))
    return StatusWord.WRONG_LENGTH if known else StatusWord.WRONG_PARAMETERS


# Instructions that exist and that a card without the issuer's keys only refuses. The issuer's own
# ones reach the security check and no further.
REFUSED: Final[Mapping[tuple[int, int], Callable[[Turn], int]]] = MappingProxyType(
    {
        (0x80, Ins.VERIFY_CERTIFICATE): _verify_certificate,
        (0x80, Ins.SET_SESSION_KEY): lambda turn: turn.application.set_session_key,
        (0x00, Ins.EXTERNAL_AUTHENTICATE): _always(StatusWord.SECURITY_STATUS),
        (0x80, Ins.LOCK_DF): _always(StatusWord.SECURITY_STATUS),
        (0x80, Ins.UNLOCK_DF): _always(StatusWord.SECURITY_STATUS),
        (0x80, Ins.UNLOCK_KEY): _always(StatusWord.SECURITY_STATUS),
        (0x80, Ins.MANAGE_ATTRIBUTES): _always(StatusWord.SECURITY_STATUS),
        (0x80, Ins.ERASE_ALL_RECORDS): _always(StatusWord.SECURITY_STATUS),
    }
)
