"""Thousands of seeded commands, right, wrong and senseless, and what may never happen."""

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from jpki.card.apdu import CommandApdu, Ins, ResponseApdu
from jpki.errors import MalformedApdu
from jpki.terms import Purpose
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareConnection
from tests.card import specimens

STEPS = 4000
JPKI = bytes.fromhex("D392F000260100000001")
DOMAIN = bytes.fromhex("A0000001510000")
FILES = (0x01, 0x02, 0x06, 0x08, 0x0A, 0x0B, 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1E, 0x77)
REFERENCES = (0x80, 0x80, 0x97, 0x98, 0x98, 0x9A, 0x9B, 0x9B, 0x8A, 0x00)
RIGHT = {Purpose.USER_AUTHENTICATION: b"1234", Purpose.SIGNATURE: b"ABC123"}
WRONG = (b"1111", b"ABC124", b"", b"0" * 16, b"0" * 17, b"12345")
PIN_FILES = {"0018": Purpose.USER_AUTHENTICATION, "001b": Purpose.SIGNATURE}


def _random_command(chance: random.Random) -> bytes:
    def select():
        name = chance.choice((JPKI, JPKI, JPKI, JPKI[:5], DOMAIN, b"\xd3\x92\x10"))
        return CommandApdu(0, Ins.SELECT, 4, chance.choice((0x0C, 0x00)), name)

    def select_file():
        return CommandApdu(0, Ins.SELECT, 2, 0x0C, chance.choice(FILES).to_bytes(2, "big"))

    def verify():
        if chance.random() < 0.5:
            reference, data = chance.choice(((0x98, b"1234"), (0x9B, b"ABC123")))
            return CommandApdu(0, Ins.VERIFY, 0, reference, data)
        data = chance.choice((*RIGHT.values(), *RIGHT.values(), *RIGHT.values(), *WRONG))
        return CommandApdu(0, Ins.VERIFY, 0, chance.choice(REFERENCES), data)

    def change():
        data = chance.choice((*RIGHT.values(), *WRONG))
        return CommandApdu(0, Ins.CHANGE_REFERENCE_DATA, 1, chance.choice(REFERENCES), data)

    def read():
        p1 = chance.choice((0, 0, 1, 5, 8, 0x81, 0x8A, 0x97, 0x9B, chance.randrange(256)))
        return CommandApdu(
            0, Ins.READ_BINARY, p1, chance.randrange(256), le=chance.choice((4, 255, 256))
        )

    def sign():
        mode = chance.choice((0, 0, 0, 1, 2, 3, 4, 5, 6))
        data = bytes(chance.choice((32, 51, 1, 245)))
        return CommandApdu(
            0x80, Ins.COMPUTE_DIGITAL_SIGNATURE, mode, chance.choice(REFERENCES), data, 256
        )

    def anything():
        return chance.randbytes(chance.choice((0, 1, 3, 4, 5, 6, 9, 40, 300)))

    def headed():
        return bytes((chance.choice((0, 0x80)), chance.choice(list(Ins)))) + chance.randbytes(
            chance.choice((2, 3, 8))
        )

    kinds = (select, select_file, verify, change, read, sign, anything, headed)
    weights = (4, 12, 12, 2, 14, 20, 4, 8)
    return bytes(chance.choices(kinds, weights)[0]())


class Watcher:
    """Knows which PINs are open from commands and answers alone, without asking the card."""

    def __init__(self, card):
        self.card = card
        self.open: set[Purpose] = set()
        self.right = dict(RIGHT)
        self.tries = self._tries()
        self.secret = card.memory.applications[0].files[0x0001][:1500]
        free = card.memory.applications[0].files
        self.free = b"".join(content for fid, content in free.items() if fid != 0x0001)

    def _tries(self):
        return {
            PIN_FILES[name.split("/")[1]]: state["tries_left"]
            for name, state in self.card.memory.pin_states().items()
        }

    def restart(self):
        self.open.clear()

    def saw(self, command: bytes, response: bytes):
        answer = ResponseApdu.parse(response)
        try:
            parsed = CommandApdu.parse(command)
        except MalformedApdu:
            assert answer.sw == 0x6700
            assert self._tries() == self.tries
            return
        self._check_counters(parsed, answer)
        self._check_signature(parsed, answer)
        self._check_secret(answer)
        if parsed.ins == Ins.CHANGE_REFERENCE_DATA and answer.ok:
            self._changed(parsed.data)
        by_name = parsed.ins == Ins.SELECT and parsed.p1 == 4
        if by_name and answer.ok and not JPKI.startswith(parsed.data):
            self.open.clear()

    def _changed(self, value):
        changed = Purpose.USER_AUTHENTICATION if value.isdigit() else Purpose.SIGNATURE
        assert changed in self.open
        self.right[changed] = value

    def _check_counters(self, parsed, answer):
        before, after = self.tries, self._tries()
        changed = {purpose for purpose in before if before[purpose] != after[purpose]}
        if parsed.ins == Ins.VERIFY and parsed.data and answer.ok:
            (right,) = (p for p, value in self.right.items() if value == parsed.data)
            self.open.add(right)
            assert after[right] == {Purpose.USER_AUTHENTICATION: 3, Purpose.SIGNATURE: 5}[right]
            assert before[right] > 0
            assert changed <= {right}
        elif changed:
            assert parsed.ins == Ins.VERIFY
            (one,) = changed
            assert after[one] == before[one] - 1
            assert answer.sw == 0x63C0 | after[one]
            self.open.discard(one)
        elif parsed.ins == Ins.VERIFY and parsed.data:
            assert answer.sw & 0xFFF0 != 0x63C0  # a wrong PIN that costs nothing
        self.tries = after

    def _check_signature(self, parsed, answer):
        if len(answer.data) != 256 or parsed.ins not in (
            Ins.COMPUTE_DIGITAL_SIGNATURE,
            Ins.INTERNAL_AUTHENTICATE,
        ):
            return
        signers = {purpose for purpose in Purpose if _made_by(purpose, parsed, answer.data)}
        assert len(signers) == 1
        assert signers <= self.open

    def _check_secret(self, answer):
        data = answer.data
        if len(data) >= 4 and data not in self.free and data[:4] in self.secret:
            assert Purpose.SIGNATURE in self.open


def _made_by(purpose: Purpose, command: CommandApdu, signature: bytes) -> bool:
    public = specimens.key(purpose.value).public_key()
    if command.p1 in (4, 5):
        algorithm = utils.Prehashed(hashes.SHA256()) if command.p1 == 4 else hashes.SHA256()
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
        try:
            public.verify(signature, command.data, pss, algorithm)
        except InvalidSignature:
            return False
        return True
    numbers = public.public_numbers()
    block = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    return block.startswith(b"\x00\x01\xff\xff\xff")


BEHAVIOURS = {
    "as supposed": CardBehaviour(),
    "the other answers": CardBehaviour(
        query_when_verified=0x9000,
        wrong_length_costs_a_try=False,
        wrong_characters_cost_a_try=False,
        reselect_keeps_file=True,
        sfi_selects_when_refused=True,
        change_restores_counter=False,
        filler=0x00,
    ),
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS.keys())
@pytest.mark.parametrize("seed", [1, 2])
def test_no_walk_gets_a_signature_a_secret_or_a_try_without_the_pin(seed, behaviour):
    chance = random.Random(seed)
    replay: list[str] = []
    signatures = blocked = 0
    card = watcher = connection = None
    for step in range(STEPS):
        if card is None or not any(watcher.tries.values()):
            card = specimens.card(behaviour=behaviour)
            connection, watcher = SoftwareConnection(card), Watcher(card)
            replay = []
        if chance.random() < 0.01:
            card.reset()
            watcher.restart()
            replay.append("reset")
        command = _random_command(chance)
        replay.append(command.hex())
        try:
            response = connection.transmit(command)
            watcher.saw(command, response)
        except Exception as error:
            error.add_note(f"seed {seed}, step {step}; on a fresh card:\n" + "\n".join(replay))
            raise
        blocked += response == b"\x69\x84"
        signatures += len(response) == 258 and command[1:2] == b"\x2a"
    # the walk went somewhere
    assert signatures > 20
    assert blocked > 20
