"""80 A2: a terminal of an approved institution hands over its card-verifiable certificate.

The certificate comes in two commands, body and signature. What an accepted one opens is not known,
so it opens nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from jpki.card.apdu import StatusWord
from jpki.card.layout import ElementaryFile
from simulator.card.commands.turn import Refusal, Turn
from simulator.card.memory import IssuerKey

__all__ = ["take_terminal_certificate"]

_BODY_HEAD: Final = bytes.fromhex("7F218202335F4E820129")
_BODY: Final = 297  # issuer key identifier, subject key identifier, public key
_KEY_IDENTIFIER: Final = 16
_SIGNATURE_HEAD: Final = bytes.fromhex("5F37820100")
_SIGNATURE: Final = 256


def take_terminal_certificate(turn: Turn, _row: ElementaryFile | None) -> bytes:
    """Take one half of the certificate; anything of another shape is 6700."""
    step = _STEPS.get((turn.command.p1, turn.command.p2))
    if step is None:
        raise Refusal(StatusWord.WRONG_PARAMETERS)
    step(turn)
    return b""


def _take_body(turn: Turn) -> None:
    body = _content(turn.command.data, _BODY_HEAD, _BODY)
    _issuer_key(turn)
    turn.volatile = replace(turn.volatile, terminal_body=body)


def _take_signature(turn: Turn) -> None:
    signature = _content(turn.command.data, _SIGNATURE_HEAD, _SIGNATURE)
    issuer = _issuer_key(turn)
    body = turn.volatile.terminal_body
    if body is None:
        raise Refusal(StatusWord.CONDITIONS_OF_USE)
    turn.volatile = replace(turn.volatile, terminal_body=None)
    if not _certified(body, signature, issuer):
        raise Refusal(turn.behaviour.bad_terminal_certificate)
    terminal = body[_KEY_IDENTIFIER : 2 * _KEY_IDENTIFIER]
    turn.volatile = replace(turn.volatile, terminal=terminal)


def _content(data: bytes, head: bytes, length: int) -> bytes:
    if len(data) != len(head) + length or not data.startswith(head):
        raise Refusal(StatusWord.WRONG_LENGTH)
    return data[len(head) :]


def _issuer_key(turn: Turn) -> IssuerKey:
    """Return the issuer's key in the file that has to be selected for this."""
    if turn.volatile.current is None:
        raise Refusal(StatusWord.NO_CURRENT_FILE)
    if turn.volatile.current != turn.application.terminal_key:
        raise Refusal(StatusWord.WRONG_FILE_KIND)
    key = turn.held.issuer_keys.get(turn.volatile.current)
    if key is None:
        raise Refusal(StatusWord.CONDITIONS_OF_USE)
    return key


def _certified(body: bytes, signature: bytes, issuer: IssuerKey) -> bool:
    if body[:_KEY_IDENTIFIER] != issuer.identifier:
        return False
    try:
        issuer.key.verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


_STEPS: Final[Mapping[tuple[int, int], Callable[[Turn], None]]] = MappingProxyType(
    {(0x06, 0xC1): _take_body, (0x00, 0xC1): _take_signature}
)
