"""SET SESSION KEY: a terminal hands over the seed of a secure messaging session."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.card.apdu import StatusWord
from jpki.card.layout import Credential, ElementaryFile
from simulator.card.commands.turn import Refusal, Turn
from simulator.card.secure_messaging import Session

__all__ = ["set_session_key"]

_DELIVERY: Final = bytes.fromhex("A0228020")  # A0 { 80 seed }
_SEED: Final = 32
_KEY: Final = 16  # AES-128 takes the first half of the seed


def set_session_key(turn: Turn, _row: ElementaryFile | None) -> bytes:
    """Begin a session; only one application has the key for it [1].

    Access comes before the content: without the PIN even the right key answers 6982.
    """
    application, command = turn.application, turn.command
    if application.session_key is None:
        raise Refusal(application.set_session_key)
    if command.p1 or command.p2:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    if not _openers(turn) & turn.volatile.verified:
        raise Refusal(StatusWord.SECURITY_STATUS)
    key = turn.held.keys.get(application.session_key)
    if key is None:
        raise Refusal(StatusWord.CONDITIONS_OF_USE)
    seed = _seed(key, command.data)
    turn.volatile = replace(turn.volatile, session=Session(seed[:_KEY]))
    return b""


def _openers(turn: Turn) -> frozenset[int]:
    """Return the PINs that open SET SESSION KEY: the four-digit one, or any of the three."""
    rules = (rule for rule in turn.application.pins if rule.credential is not Credential.UNKNOWN)
    codes_too = turn.behaviour.codes_open_session
    return frozenset(
        rule.fid for rule in rules if codes_too or rule.credential is Credential.INPUT_SUPPORT_PIN
    )


def _seed(key: RSAPrivateKey, delivered: bytes) -> bytes:
    if len(delivered) != key.key_size // 8:
        raise Refusal(StatusWord.WRONG_LENGTH)
    if int.from_bytes(delivered, "big") >= key.private_numbers().public_numbers.n:
        raise Refusal(StatusWord.INTERNAL_FAILURE)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    try:
        message = key.decrypt(delivered, oaep)
    except ValueError:
        raise Refusal(StatusWord.WRONG_DATA) from None
    if message[: len(_DELIVERY)] != _DELIVERY or len(message) != len(_DELIVERY) + _SEED:
        raise Refusal(StatusWord.WRONG_DATA)
    return message[len(_DELIVERY) :]
