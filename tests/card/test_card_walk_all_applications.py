"""A hundred thousand seeded commands over every application, and what may never happen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from jpki.card.apdu import CommandApdu, Ins, ResponseApdu, StatusWord
from jpki.errors import MalformedApdu
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareCard, SoftwareConnection
from tests.card import specimens

DOMAIN = bytes.fromhex("A0000001510000")
COMMON = bytes.fromhex("D3921000310001010100")
JUKI = bytes.fromhex("D3921000310001010401")
FACE = bytes.fromhex("D3921000310001010402")
TEXT = bytes.fromhex("D3921000310001010408")
JPKI = bytes.fromhex("D392F000260100000001")
NAMES = (COMMON, JUKI, FACE, TEXT, TEXT, JPKI, JPKI)
A, B = specimens.CODE_A.encode(), specimens.CODE_B.encode()

# What opens what, written down once more and not taken from the layout.
PINS = {
    (COMMON, 0x1C): (b"3456", 3),
    (JUKI, 0x1C): (b"3456", 3),
    (FACE, 0x11): (b"020102", 10),
    (FACE, 0x12): (B, 10),
    (FACE, 0x13): (A, 10),
    (TEXT, 0x11): (b"2345", 3),
    (TEXT, 0x14): (A, 10),
    (TEXT, 0x15): (B, 10),
    (JPKI, 0x18): (b"1234", 3),
    (JPKI, 0x1B): (b"ABC123", 5),
}
PROTECTED = {
    (FACE, 0x01): {0x11},
    (FACE, 0x02): {0x12, 0x13},
    (FACE, 0x05): {0x13},
    (TEXT, 0x01): {0x11, 0x14},
    (TEXT, 0x02): {0x11, 0x15},
    (TEXT, 0x03): {0x11, 0x14, 0x15},
    (TEXT, 0x06): {0x11, 0x14, 0x15},
    (TEXT, 0x07): {0x11, 0x14, 0x15},
    (JPKI, 0x01): {0x1B},
}
FREE = [(FACE, 0x03), (FACE, 0x04), (TEXT, 0x04), (TEXT, 0x05)]
FREE += [(JPKI, fid) for fid in (0x02, 0x06, 0x08, 0x0A, 0x0B)]
RIGHT = tuple(value for value, _ in PINS.values())
WRONG = (b"", b"0000", b"999999999999", b"ABC124", b"0" * 16, b"0" * 17)
CHANGED = (b"7777", b"NEWPAS99")
FILES = tuple(range(1, 0x10)) + tuple(range(0x10, 0x1F)) + (0x77,)
SHORT_RUN, LONG_RUN = 6_000, 100_000
MIN_LEAK = 8


def _random_command(chance: random.Random) -> bytes:
    return bytes(chance.choices(KINDS, WEIGHTS)[0](chance))


def _select(chance):
    name = chance.choice((*NAMES, DOMAIN, TEXT[:8], b"\xd3\x92"))
    return CommandApdu(0, Ins.SELECT, 4, chance.choice((0x0C, 0x0E, 0x00)), name)


def _select_file(chance):
    return CommandApdu(0, Ins.SELECT, 2, 0x0C, chance.choice(FILES).to_bytes(2, "big"))


def _verify(chance):
    reference = chance.choice((0x80, 0x91, 0x92, 0x93, 0x94, 0x95, 0x98, 0x9B, 0x9C))
    data = chance.choice((*RIGHT, *RIGHT, *CHANGED, *WRONG))
    return CommandApdu(chance.choice((0, 0, 0, 0, 8)), Ins.VERIFY, 0, reference, data)


def _verify_rightly(chance):
    (_, fid), (value, _) = chance.choice(tuple(PINS.items()))
    return CommandApdu(0, Ins.VERIFY, 0, 0x80 | fid, value)


def _change(chance):
    cla, ins, p1 = chance.choice(((0, 0x24, 1), (0x80, 0x32, 0), (0, 0x24, 0)))
    reference = chance.choice((0x80, 0x91, 0x94, 0x98, 0x9B, 0x9C))
    return CommandApdu(cla, ins, p1, reference, chance.choice((*CHANGED, *RIGHT, *WRONG)))


def _change_rightly(chance):
    """Change a PIN by the command that fits it, which works once it was presented."""
    cla, ins, p1, sfi, value = chance.choice(
        (
            (0, 0x24, 1, 0x18, b"7777"),
            (0, 0x24, 1, 0x1B, b"NEWPAS99"),
            (0, 0x24, 1, 0x11, b"7777"),
            (0x80, 0x32, 0, 0x1C, b"7777"),
        )
    )
    return CommandApdu(cla, ins, p1, 0x80 | sfi, value)


def _change_with_old_value(chance):
    """Send an old value with a new one behind it, which some card may take (P1 00)."""
    (_, fid), (value, _) = chance.choice(tuple(PINS.items()))
    old = chance.choice((value, value, value, *WRONG))
    new = chance.choice((*CHANGED, b"9", b"9" * 17))
    return CommandApdu(0, Ins.CHANGE_REFERENCE_DATA, 0, 0x80 | fid, old + new)


def _read(chance):
    p1 = chance.choice((0, 0, 0, 1, 5, 0x80 | chance.choice(FILES) & 0x1F, chance.randrange(256)))
    extended = chance.random() < 0.1
    le = 65536 if extended else chance.choice((1, 17, 255, 256))
    return CommandApdu(0, Ins.READ_BINARY, p1, chance.randrange(64), le=le, extended=extended)


def _read_by_name(chance):
    """Read what there is to read, so that the walk meets protected files often."""
    sfi = chance.choice((1, 2, 3, 4, 5, 6, 7, 0x0A))
    return CommandApdu(0, Ins.READ_BINARY, 0x80 | sfi, chance.randrange(64), le=256)


def _read_otherwise(chance):
    ins = chance.choice((Ins.READ_RECORD, Ins.GET_DATA, Ins.GET_CHALLENGE))
    return CommandApdu(0, ins, chance.randrange(3), chance.choice((0x04, 0x0C, 0, 0xF0)), le=256)


def _sign(chance):
    reference = chance.choice((0x80, 0x97, 0x9A, 0x99, 0x93, 0x00))
    data = bytes(chance.choice((32, 51, 1, 245)))
    return CommandApdu(0x80, 0x2A, chance.choice((0, 0, 3, 5, 6)), reference, data, 256)


def _authenticate(chance):
    return CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0x99, chance.randbytes(16), 256)


def _session(chance):
    data = chance.choice((bytes(256), chance.randbytes(256), bytes(16)))
    return CommandApdu(0x80, Ins.SET_SESSION_KEY, 0, 0, data, extended=True)


def _hand_over(chance):
    p1 = chance.choice((0x06, 0x00))
    head = bytes.fromhex("7F218202335F4E820129" if p1 else "5F37820100")
    body = head + bytes(297 if p1 else 256)
    return CommandApdu(0x80, Ins.VERIFY_CERTIFICATE, p1, 0xC1, body, extended=True)


def _anything(chance):
    return chance.randbytes(chance.choice((0, 1, 3, 4, 5, 6, 9, 40, 300)))


def _headed(chance):
    head = bytes((chance.choice((0, 0, 0x80, 0x08, 0x0C, 0x10)), chance.choice(list(Ins))))
    return head + chance.randbytes(chance.choice((2, 3, 8)))


def _cut(chance):
    whole = bytes(chance.choice((_verify, _select, _sign, _read))(chance))
    return whole[: chance.randrange(len(whole))]


KINDS_AND_WEIGHTS = {
    _select: 3,
    _select_file: 14,
    _verify: 8,
    _verify_rightly: 8,
    _change: 3,
    _change_rightly: 4,
    _change_with_old_value: 2,
    _read: 15,
    _read_by_name: 20,
    _read_otherwise: 4,
    _sign: 3,
    _authenticate: 0.2,
    _session: 0.5,
    _hand_over: 1,
    _anything: 6,
    _headed: 10,
    _cut: 4,
}
KINDS, WEIGHTS = tuple(KINDS_AND_WEIGHTS), tuple(KINDS_AND_WEIGHTS.values())


@dataclass
class Watcher:
    """Knows from commands and answers which PINs are open; counters it reads from the memory."""

    card: SoftwareCard
    open: set[tuple[bytes, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.right = {place: value for place, (value, _) in PINS.items()}
        self.tries = self._tries()
        held = {h.application.aid: h.files for h in self.card.memory.all}
        self.secrets = {place: held[place[0]][place[1]] for place in PROTECTED}
        self.free = b"".join(held[aid][fid] for aid, fid in FREE)

    def _tries(self):
        return {
            (held.application.aid, fid): pin.tries_left
            for held in self.card.memory.all
            for fid, pin in held.pins.items()
        }

    def saw(self, command: bytes, response: bytes, aid: bytes) -> None:
        answer = ResponseApdu.parse(response)
        assert answer.sw != StatusWord.INTERNAL_FAILURE or command[1] == Ins.SET_SESSION_KEY
        after = self._tries()
        changed = {place for place in after if after[place] != self.tries[place]}
        try:
            parsed = CommandApdu.parse(command)
        except MalformedApdu:
            assert (answer.sw, changed) == (0x6700, set())
            return
        self._check_pins(parsed, answer, aid, changed, after)
        self.tries = after
        self._check_signature(parsed, answer, aid)
        self._check_leak(answer.data)
        if parsed.ins == Ins.SELECT and parsed.p1 == 4 and answer.ok:
            now = self.card._volatile.aid
            self.open = {place for place in self.open if place[0] == now}

    def _check_pins(self, parsed, answer, aid, changed, after):
        with_old = (parsed.ins, parsed.p1) == (Ins.CHANGE_REFERENCE_DATA, 0) and parsed.cla == 0
        if with_old and self.card.memory.behaviour.change_with_old_value is None:
            self._check_swap(parsed, answer, aid, changed, after)
            return
        presented = parsed.ins == Ins.VERIFY and bool(parsed.data)
        if presented and answer.ok:
            place = self._opened(parsed, aid)
            assert self.right[place] == parsed.data
            assert self.tries[place] > 0
            assert after[place] == PINS[place][1]
            assert changed <= {place}
            self.open.add(place)
        elif changed and presented:
            (place,) = changed
            assert place[0] == aid
            assert after[place] == self.tries[place] - 1
            assert answer.sw == 0x63C0 | after[place]
            self.open.discard(place)
        elif parsed.ins in (Ins.CHANGE_REFERENCE_DATA, Ins.CHANGE_KEY) and answer.ok:
            place = self._opened(parsed, aid)
            assert place in self.open
            assert after[place] == PINS[place][1]
            self.right[place] = parsed.data
        else:
            assert not changed
            assert not presented or answer.sw & 0xFFF0 != 0x63C0  # a wrong PIN that costs nothing

    def _check_swap(self, parsed, answer, aid, changed, after):
        """The old value in front opens and restores when it is right, and costs a try when not."""
        compared = answer.sw in (0x9000, 0x6A80) or answer.sw & 0xFFF0 == 0x63C0
        if not compared and not changed:
            return
        place = self._opened(parsed, aid)
        assert changed <= {place}
        assert self.tries[place] > 0
        old = self.right[place]
        if parsed.data.startswith(old):
            assert after[place] == PINS[place][1]
            assert answer.sw & 0xFFF0 != 0x63C0
            self.open.add(place)
            if answer.ok:
                self.right[place] = parsed.data[len(old) :]
        else:
            assert after[place] == self.tries[place] - 1
            assert answer.sw == 0x63C0 | after[place]
            self.open.discard(place)

    def _opened(self, parsed, aid):
        fid = parsed.p2 & 0x1F or self.card._volatile.current
        assert (aid, fid) in PINS
        return aid, fid

    def _check_signature(self, parsed, answer, aid):
        if parsed.ins != Ins.COMPUTE_DIGITAL_SIGNATURE or not answer.ok:
            return
        assert len(answer.data) == 256
        fid = parsed.p2 & 0x1F or self.card._volatile.current
        opener = {(JPKI, 0x17): (JPKI, 0x18), (JPKI, 0x1A): (JPKI, 0x1B)}.get((aid, fid))
        assert opener in self.open if aid == JPKI else aid in (TEXT, FACE)

    def _check_leak(self, data):
        if len(data) < MIN_LEAK or not data.strip(b"\xff") or data in self.free:
            return
        leaked = {place for place, content in self.secrets.items() if data in content}
        if leaked:
            openers = {(aid, pin) for aid, fid in leaked for pin in PROTECTED[aid, fid]}
            assert openers & self.open


BEHAVIOURS = {
    "as supposed": CardBehaviour(),
    "the other answers": CardBehaviour(
        change_with_old_value=None,
        query_when_verified=0x9000,
        wrong_length_costs_a_try=False,
        wrong_characters_cost_a_try=False,
        reselect_keeps_file=True,
        sfi_selects_when_refused=True,
        codes_open_session=True,
        certificate_objects_in_template=False,
    ),
}


def _walk(seed: int, steps: int, behaviour: CardBehaviour) -> dict[str, int]:
    chance = random.Random(seed)
    went = dict.fromkeys(("signed", "read", "blocked", "changed"), 0)
    card = watcher = connection = None
    replay: list[str] = []
    for step in range(steps):
        if card is None or step % 500 == 0:
            card = specimens.whole_card(behaviour=behaviour)
            connection, watcher = SoftwareConnection(card), Watcher(card)
            replay = []
        if chance.random() < 0.005:
            card.reset()
            watcher.open.clear()
            replay.append("reset")
        command = _random_command(chance)
        replay.append(command.hex())
        aid = card._volatile.aid
        try:
            response = connection.transmit(command)
            watcher.saw(command, response, aid)
        except Exception as error:
            error.add_note(f"seed {seed}, step {step}; on a fresh card:\n" + "\n".join(replay))
            raise
        good = response[-2:] == b"\x90\x00"
        went["blocked"] += response == b"\x69\x84"
        went["signed"] += good and command[1] == Ins.COMPUTE_DIGITAL_SIGNATURE
        went["read"] += good and command[1] == Ins.READ_BINARY
        went["changed"] += good and command[1] in (Ins.CHANGE_REFERENCE_DATA, Ins.CHANGE_KEY)
    return went


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS.keys())
def test_no_walk_over_all_applications_gets_what_its_pins_did_not_open(behaviour):
    went = _walk(11, SHORT_RUN, behaviour)
    assert went["read"] > 200
    assert min(went.values()) > 3


@pytest.mark.system
@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS.keys())
def test_no_long_walk_does_either(behaviour):
    went = _walk(12, LONG_RUN, behaviour)
    assert went["read"] > 3000
    assert min(went.values()) > 100
