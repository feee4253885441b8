"""One APDU to the software card and back, and one whole authentication beside a bare signature."""

from __future__ import annotations

from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.measure import Benchmark, Case
from jpki.card.pin import SignaturePassword, UserPin
from jpki.terms import Sex
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.contents import (
    CardFace,
    CardHolder,
    CardPins,
    JpkiContents,
    card_memory,
    with_check_digit,
)

__all__ = ["BENCHMARK", "card"]

_DIGEST: Final = bytes(range(32))
_SELECT_JPKI: Final = bytes.fromhex("00A4040C0AD392F000260100000001")
_SELECT_FILE: Final = bytes.fromhex("00A4020C02000A")
_SELECT_PIN: Final = bytes.fromhex("00A4020C020018")
_SELECT_KEY: Final = bytes.fromhex("00A4020C020017")
_READ: Final = bytes.fromhex("00B0000000")
_QUERY: Final = bytes.fromhex("00200098")
_VERIFY: Final = bytes.fromhex("002000800431323334")
_SIGN: Final = bytes.fromhex("802A0080333031300D060960864801650304020105000420") + _DIGEST + b"\0"
_AUTHENTICATION: Final = (_SELECT_JPKI, _SELECT_PIN, _VERIFY, _SELECT_KEY, _SIGN)
# 20 microseconds an APDU.
_APDU_TARGET: Final = 50_000.0


class _Keys:
    """One key a label, made once; nobody's, and kept nowhere."""

    def __init__(self) -> None:
        self._made: dict[str, RSAPrivateKey] = {}

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the key with this label."""
        if label not in self._made:
            self._made[label] = rsa.generate_private_key(65537, 2048)
        return self._made[label]


_KEYS: Final = _Keys()
_KEY: Final = "user authentication"


def card() -> SoftwareCard:
    """Return a card with every application, of nobody, with 1,583 bytes for each certificate."""
    certificate = bytes.fromhex("3082062B") + bytes(1579)
    contents = JpkiContents(certificate, certificate, _KEYS.rsa(_KEY))
    holder = CardHolder(
        name="公的　花子",
        address="架空県架空市模擬町１－２－３",
        birth_date=date(1990, 9, 15),
        sex=Sex.FEMALE,
        my_number=with_check_digit("12345678901"),
        expires_on=date(2035, 9, 15),
        municipality_code="13101",
        serial="9" * 15,
        security_code="4321",
        likeness=bytes(32),
    )
    return SoftwareCard(
        card_memory(
            CardFace(holder, "benchmark", _KEYS),
            signature=contents,
            user_authentication=contents,
            pins=CardPins(SignaturePassword("ABC123"), UserPin("1234")),
        )
    )


def _prepare() -> tuple[Case, ...]:
    connection = SoftwareConnection(card())
    key = _KEYS.rsa(_KEY)
    transmit = connection.transmit

    def apdus(*commands: bytes) -> None:
        for command in commands:
            answer = transmit(command)
            if answer[-2] not in (0x90, 0x63):
                raise AssertionError(f"the card answered {answer[-2:].hex()}")

    def bare() -> bytes:
        return key.sign(_DIGEST, padding.PKCS1v15(), utils.Prehashed(SHA256()))

    apdus(_SELECT_JPKI, _SELECT_FILE)
    return (
        Case("SELECT of a file", lambda: apdus(_SELECT_FILE), 1, "APDUs", _APDU_TARGET),
        Case(
            "READ BINARY, 256 bytes", lambda: apdus(_SELECT_FILE, _READ), 2, "APDUs", _APDU_TARGET
        ),
        Case("empty VERIFY", lambda: apdus(_QUERY), 1, "APDUs", _APDU_TARGET),
        Case("SELECT and VERIFY", lambda: apdus(_SELECT_PIN, _VERIFY), 2, "APDUs", _APDU_TARGET),
        Case("bare RSA-2048 signature", bare, 1, "signatures"),
        Case("SELECT, VERIFY, SIGN", lambda: apdus(*_AUTHENTICATION), 1, "signatures"),
    )


BENCHMARK = Benchmark(
    "card",
    "The software card in this process, with every application and all its counters in memory. "
    "An APDU should take no more than 20 µs apart from RSA, and a whole authentication (SELECT, "
    "VERIFY, SIGN) no more than 1.3 times the bare signature that stands above it.",
    _prepare,
)
