"""COMPUTE DIGITAL SIGNATURE and INTERNAL AUTHENTICATE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.card.apdu import StatusWord
from jpki.card.layout import ElementaryFile
from simulator.card.behaviour import CardBehaviour
from simulator.card.commands.turn import Refusal, Turn, fid_of

__all__ = ["compute_signature", "internal_authenticate"]

_PADDING: Final = 11


def compute_signature(turn: Turn, row: ElementaryFile | None) -> bytes:
    """Sign as P1 asks with a key that the table has opened."""
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
    return mode.sign(key, command.data, turn.behaviour)


def internal_authenticate(turn: Turn, row: ElementaryFile | None) -> bytes:
    """Sign a challenge, hashed by the card, with PKCS #1 v1.5."""
    key = _key(turn, row)
    _check_room(turn, key)
    if not turn.command.data:
        raise Refusal(StatusWord.WRONG_LENGTH)
    return _MESSAGE.sign(key, turn.command.data, turn.behaviour)


def _key(turn: Turn, row: ElementaryFile | None) -> RSAPrivateKey:
    key = turn.held.keys.get(fid_of(row))
    if key is None:  # the row exists and nothing was personalised in it
        raise Refusal(StatusWord.CONDITIONS_OF_USE)
    return key


def _check_room(turn: Turn, key: RSAPrivateKey) -> None:
    if turn.command.le is None or turn.command.le < key.key_size // 8:
        raise Refusal(turn.behaviour.no_room_for_signature)


@dataclass(frozen=True, slots=True)
class _SignatureMode:
    """What P1 asks for: the input it takes and what is done with it."""

    sign: Callable[[RSAPrivateKey, bytes, CardBehaviour], bytes]
    input_length: int | None = None


def _sign_as_given(key: RSAPrivateKey, data: bytes, _: CardBehaviour) -> bytes:
    return key.sign(data, padding.PKCS1v15(), utils.NoDigestInfo())


def _sign_bare_hash(key: RSAPrivateKey, message: bytes, _: CardBehaviour) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(message)
    return key.sign(digest.finalize(), padding.PKCS1v15(), utils.NoDigestInfo())


def _sign_digest(key: RSAPrivateKey, digest: bytes, _: CardBehaviour) -> bytes:
    return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


def _sign_message(key: RSAPrivateKey, message: bytes, _: CardBehaviour) -> bytes:
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def _sign_pss_digest(key: RSAPrivateKey, digest: bytes, behaviour: CardBehaviour) -> bytes:
    return key.sign(digest, _pss(behaviour), utils.Prehashed(hashes.SHA256()))


def _sign_pss_message(key: RSAPrivateKey, message: bytes, behaviour: CardBehaviour) -> bytes:
    return key.sign(message, _pss(behaviour), hashes.SHA256())


def _pss(behaviour: CardBehaviour) -> padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), behaviour.pss_salt_length)


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
