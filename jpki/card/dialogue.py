"""One application on the other side of a connection: select, read, present a PIN, once and safely.

Guards for the holder's sake, the same for every PIN and code of the card: the shape is checked
before anything is sent, the counter is asked before every VERIFY, VERIFY is sent once and never
repeated, the last try is refused unless the caller allows it, and no PIN goes to an application
that another one has been selected over in the meantime.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final
from weakref import ref

from jpki.card.apdu import CommandApdu, Ins, ResponseApdu, StatusWord, describe, tries_left
from jpki.card.connection import CardConnection
from jpki.card.layout import ISSUER_SECURITY_DOMAIN, PinRule
from jpki.card.pin import Pin
from jpki.errors import (
    CardRemoved,
    JpkiError,
    LastTry,
    MalformedApdu,
    MalformedPin,
    PinBlocked,
    PinRequired,
    UnexpectedStatus,
    WrongPin,
)

__all__ = ["CHUNK", "Dialogue", "failure"]

CHUNK: Final = 256
_SELECT_BY_NAME: Final = 0x04
_SELECT_CHILD_FILE: Final = 0x02
_NO_ANSWER_DATA: Final = 0x0C
_CURRENT_FILE: Final = 0x80
_NEW_VALUE_ONLY: Final = 0x01
_RECORD_BY_SFI: Final = 0x04  # P2 = SFI‖100: the record whose number is P1
_MAX_FILE: Final = 0x8000  # READ BINARY has a 15-bit offset
_MAX_GET_RESPONSE: Final = 256


class _LastSpeakers:
    """Who selected an application last, for each connection by its identity.

    It is a fact about the card, not about one client object: two applets on one connection must
    not take each other's application for their own, or a PIN would go to the wrong one and cost a
    try there. A connection need not be hashable; one that cannot be referred to weakly is kept
    until its card is left.
    """

    def __init__(self) -> None:
        self._marks: dict[int, tuple[Callable[[], object], object]] = {}

    def set(self, connection: CardConnection, mark: object) -> None:
        """Say who has selected."""
        key = id(connection)
        try:
            refer: Callable[[], object] = ref(connection, lambda _: self._marks.pop(key, None))
        except TypeError:
            refer = partial(_itself, connection)
        self._marks[key] = (refer, mark)

    def forget(self, connection: CardConnection) -> None:
        """Say that nobody has."""
        self._marks.pop(id(connection), None)

    def is_last(self, connection: CardConnection, mark: object) -> bool:
        """Return whether this one has selected last."""
        refer, last = self._marks.get(id(connection), (_nobody, None))
        return refer() is connection and last is mark


def _itself(connection: CardConnection) -> CardConnection:
    return connection


def _nobody() -> None:
    return None


_LAST_SPEAKERS: Final = _LastSpeakers()


class Dialogue:
    """What is said to one application of one card."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection
        self._mark = object()

    @property
    def connection(self) -> CardConnection:
        """The connection it speaks over."""
        return self._connection

    @property
    def holds_the_card(self) -> bool:
        """Whether the application that was selected here is still the selected one."""
        return _LAST_SPEAKERS.is_last(self._connection, self._mark)

    # selecting

    def select_application(self, aid: bytes) -> int:
        """Select an application by its name and return the status word."""
        _LAST_SPEAKERS.forget(self._connection)
        command = CommandApdu(0x00, Ins.SELECT, _SELECT_BY_NAME, _NO_ANSWER_DATA, data=aid)
        sw = self.send(command).sw
        if sw == StatusWord.OK:
            _LAST_SPEAKERS.set(self._connection, self._mark)
        return sw

    def leave(self) -> None:
        """Select the issuer security domain, which takes back what presented PINs have opened."""
        self.select_application(ISSUER_SECURITY_DOMAIN.aid)
        _LAST_SPEAKERS.forget(self._connection)

    def select_file(self, fid: int, *, doing: str) -> None:
        """Select a file of the application; ``UnexpectedStatus`` when there is none."""
        command = CommandApdu(
            0x00, Ins.SELECT, _SELECT_CHILD_FILE, _NO_ANSWER_DATA, data=fid.to_bytes(2, "big")
        )
        response = self.send(command)
        if not response.ok:
            raise failure(response.sw, doing)

    # reading

    def read(
        self, offset: int, length: int, *, doing: str, pin: StrEnum | None = None
    ) -> ResponseApdu:
        """Read so many bytes of the current file, or as many as there are."""
        command = CommandApdu(0x00, Ins.READ_BINARY, offset >> 8, offset & 0xFF, le=length)
        response = self.send(command)
        # 6282 was not seen on a card, but it carries data where it occurs.
        if response.sw not in (StatusWord.OK, StatusWord.END_OF_FILE):
            raise failure(response.sw, doing, pin)
        if len(response.data) > length:
            raise MalformedApdu("the card answered more bytes than it was asked for")
        return response

    def read_file(self, fid: int, *, name: str, pin: StrEnum | None = None) -> bytes:
        """Return a whole file, filler included."""
        doing = f"READ of the {name}"
        self.select_file(fid, doing=f"SELECT of the {name}")
        content = bytearray()
        while len(content) < _MAX_FILE:
            try:
                answer = self.read(len(content), CHUNK, doing=doing, pin=pin)
            except UnexpectedStatus as error:
                if error.sw != StatusWord.OFFSET_OUTSIDE_FILE or not content:
                    raise
                break
            content += answer.data
            if len(answer.data) < CHUNK:
                break
        return bytes(content)

    def read_record(self, sfi: int, number: int, *, name: str) -> bytes:
        """Return one record of the file with a short identifier."""
        p2 = sfi << 3 | _RECORD_BY_SFI
        response = self.send(CommandApdu(0x00, Ins.READ_RECORD, number, p2, le=CHUNK))
        if not response.ok:
            raise failure(response.sw, f"READ of the {name}")
        return response.data

    # PINs

    def tries_left(self, rule: PinRule) -> int:
        """Return how many tries a PIN has left. Asking costs nothing; 0 means blocked."""
        self.select_file(rule.fid, doing=f"SELECT of the {rule.name}")
        response = self.send(CommandApdu(0x00, Ins.VERIFY, 0x00, _CURRENT_FILE))
        left = tries_left(response.sw)
        if left is not None:
            return left
        if response.ok:
            # Some cards are said to answer 9000 once the PIN was presented [?]; that success has
            # set the counter to its full value.
            return rule.tries
        error = failure(
            response.sw, f"the question how many tries the {rule.name} has", _named(rule), rule=rule
        )
        if isinstance(error, PinBlocked):
            return 0
        raise error

    def verify(self, rule: PinRule, pin: Pin, *, allow_last_try: bool = False) -> None:
        """Present a PIN once; see ``JpkiApplet.verify`` for what is raised when."""
        secret = pin.reveal()
        left = self.tries_left(rule)
        if left == 0:
            raise PinBlocked(pin.kind, ways_to_reset=rule.ways_to_reset)
        if left == 1 and not allow_last_try:
            raise LastTry(pin.kind)
        command = CommandApdu(0x00, Ins.VERIFY, 0x00, _CURRENT_FILE, data=secret)
        response = self.send(command)
        if not response.ok:
            raise failure(response.sw, f"VERIFY of the {rule.name}", pin.kind, rule=rule)

    def change(self, rule: PinRule, old: Pin, new: Pin, *, allow_last_try: bool = False) -> None:
        """Present the old PIN and set a new one of the same kind."""
        old.require_same_kind(new)
        if rule.changed_by is None:
            raise MalformedPin(
                new.kind, f"the {rule.name} cannot be changed; nothing was sent to the card"
            )
        secret = new.reveal()
        self.verify(rule, old, allow_last_try=allow_last_try)
        response = self.send(_change_command(rule.changed_by, secret))
        if not response.ok:
            raise failure(response.sw, f"the change of the {rule.name}", new.kind, rule=rule)

    # one APDU

    def send(self, command: CommandApdu) -> ResponseApdu:
        """Send one command; fetch what a T=0 reader announces with 61xx or 6Cxx."""
        response = self._exchange(command)
        if response.sw >> 8 == 0x6C and command.le is not None:
            again = CommandApdu(
                command.cla,
                command.ins,
                command.p1,
                command.p2,
                data=command.data,
                le=response.sw & 0xFF or CHUNK,
            )
            response = self._exchange(again)
        return self._collect(response)

    def _collect(self, response: ResponseApdu) -> ResponseApdu:
        """Fetch what is announced with 61xx; not seen over T=1 or contactless."""
        data = response.data
        for _ in range(_MAX_GET_RESPONSE):
            if response.sw >> 8 != 0x61:
                return ResponseApdu(data, response.sw)
            more = CommandApdu(0x00, Ins.GET_RESPONSE, le=response.sw & 0xFF or CHUNK)
            response = self._exchange(more)
            data += response.data
        raise MalformedApdu("the card does not stop announcing more data")

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        try:
            return ResponseApdu.parse(self._connection.transmit(bytes(command)))
        except CardRemoved:
            # Whatever is put back must be recognised again.
            _LAST_SPEAKERS.forget(self._connection)
            raise


def _named(rule: PinRule) -> StrEnum:
    return rule.kind or rule.credential


def _change_command(ins: Ins, secret: bytes) -> CommandApdu:
    """Return the command that sets a new value in the current file.

    CHANGE KEY is a command of the card's own class and has no P1 (one source).
    """
    if ins is Ins.CHANGE_KEY:
        return CommandApdu(0x80, ins, 0x00, _CURRENT_FILE, data=secret)
    return CommandApdu(0x00, ins, _NEW_VALUE_ONLY, _CURRENT_FILE, data=secret)


def failure(
    sw: int, doing: str, pin: StrEnum | None = None, *, rule: PinRule | None = None
) -> JpkiError:
    """Return the error for a status word: the one place where the two meet."""
    left = tries_left(sw)
    if pin is None:
        return UnexpectedStatus(sw, doing=doing, hint=describe(sw))
    if left == 0 or sw in (StatusWord.REFERENCE_LOCKED, StatusWord.AUTHENTICATION_BLOCKED):
        return PinBlocked(pin, ways_to_reset=rule.ways_to_reset if rule else ())
    if left is not None:
        return WrongPin(pin, tries_left=left)
    if sw == StatusWord.SECURITY_STATUS:
        return PinRequired(pin, f"the card wants the {pin.value} before {doing}")
    return UnexpectedStatus(sw, doing=doing, hint=describe(sw))
