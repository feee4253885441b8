"""What is in the JPKI application: certificates, keys, PINs and the token information."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.card import layout
from jpki.card.layout import Application, Credential, Token, TokenKind
from jpki.card.pin import Pin, SignaturePassword, UserPin
from jpki.errors import UnsupportedCard
from jpki.terms import PinKind, Purpose
from simulator.card.behaviour import CardBehaviour
from simulator.card.memory import ApplicationMemory, IssuerKey, Memory, PinState

__all__ = [
    "JpkiContents",
    "jpki_application",
    "jpki_memory",
    "pin_states",
    "token_information",
    "token_of",
]

_ROUND: Final = 256
_PRESENT: Final = 0x8F
_ABSENT: Final = 0x00
_NO_KEYS: Final[Mapping[int, IssuerKey]] = MappingProxyType({})
_CREDENTIALS: Final = {
    PinKind.USER_PIN: Credential.USER_PIN,
    PinKind.SIGNATURE_PASSWORD: Credential.SIGNATURE_PASSWORD,
}


@dataclass(frozen=True, slots=True)
class JpkiContents:
    """One purpose's certificate and CA certificate in DER, and its private key.

    ``certificate`` and ``key`` are ``None`` where the holder has none (a child's signature
    certificate); the authority's certificate is there all the same.
    """

    ca_certificate: bytes = field(repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: RSAPrivateKey | None = field(default=None, repr=False)


def jpki_memory(
    *,
    signature: JpkiContents,
    user_authentication: JpkiContents,
    signature_password: SignaturePassword | None,
    user_pin: UserPin | None,
    profile: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD,
    behaviour: CardBehaviour | None = None,
) -> Memory:
    """Return the memory of a card, or of a phone that plays one, with the JPKI application.

    A PIN that is ``None`` was never set, and is blocked. Other applications are added by making a
    ``Memory`` of more ``ApplicationMemory`` values.
    """
    token = token_of(profile)
    behaviour = behaviour or CardBehaviour(last_command_marker=token.last_command_marker)
    application = jpki_application(
        signature=signature,
        user_authentication=user_authentication,
        pins={
            PinKind.SIGNATURE_PASSWORD: signature_password,
            PinKind.USER_PIN: user_pin,
        },
        token=token,
        behaviour=behaviour,
    )
    return Memory((application,), behaviour)


def jpki_application(
    *,
    signature: JpkiContents,
    user_authentication: JpkiContents,
    pins: dict[PinKind, SignaturePassword | UserPin | None],
    token: Token,
    behaviour: CardBehaviour,
    terminal_keys: Mapping[int, IssuerKey] = _NO_KEYS,
) -> ApplicationMemory:
    """Return the contents of the JPKI application alone.

    ``terminal_keys`` are the issuer's keys that check the certificate of a terminal.
    """
    application = token.application or layout.JPKI_ON_CARD  # the old card is refused by its label
    contents = {Purpose.SIGNATURE: signature, Purpose.USER_AUTHENTICATION: user_authentication}
    files = {
        layout.TOKEN_INFORMATION: token_information(token),
        layout.AVAILABILITY: _availability(contents),
    }
    for purpose, held in contents.items():
        place = layout.PLACES[purpose]
        files[place.certificate] = _file(held.certificate or b"", behaviour)
        files[place.ca_certificate] = _file(held.ca_certificate, behaviour)
    values = {_CREDENTIALS[kind]: pin for kind, pin in pins.items()}
    keys = {layout.PLACES[p].key: h.key for p, h in contents.items() if h.key is not None}
    return ApplicationMemory(
        application,
        files=MappingProxyType(files),
        keys=MappingProxyType(keys),
        pins=pin_states(application, values),
        issuer_keys=terminal_keys,
    )


def token_of(profile: TokenKind) -> Token:
    """Return the row of a kind of token."""
    for token in layout.TOKENS:
        if token.kind is profile:
            return token
    raise UnsupportedCard(f"no token is known for {profile}")


def pin_states(
    application: Application, values: Mapping[Credential, Pin | bytes | None]
) -> Mapping[int, PinState]:
    """Return an application's PINs with all their tries; one without a value is blocked."""
    states = {}
    for rule in application.pins:
        value = values.get(rule.credential)
        reference = value.reveal() if isinstance(value, Pin) else value
        states[rule.fid] = (
            PinState.unset(rule) if reference is None else PinState.fresh(rule, reference)
        )
    return MappingProxyType(states)


def _file(content: bytes, behaviour: CardBehaviour) -> bytes:
    """Return a certificate in its file: the file is longer, and filler follows."""
    rounded = -(-len(content) // _ROUND) * _ROUND
    size = max(behaviour.certificate_file_size, rounded)
    return content.ljust(size, bytes((behaviour.filler,)))


def _availability(contents: dict[Purpose, JpkiContents]) -> bytes:
    """Return EF 0008 [1]: signature, user authentication, and a byte nobody explains."""
    return bytes(
        (
            _flag(contents[Purpose.SIGNATURE]),
            _flag(contents[Purpose.USER_AUTHENTICATION]),
            0x00,
        )
    )


def _flag(held: JpkiContents) -> int:
    return _ABSENT if held.certificate is None else _PRESENT


def token_information(token: Token) -> bytes:
    """Return EF 0006: 160 bytes of serialised PKCS#11 token information.

    Everything after the label rests on one source [1], and on phones it is [?]. The manufacturer,
    model and serial number are of the shape seen, and invented.
    """
    unlimited = b"\xff" * 4
    return b"".join(
        (
            token.padded_label,
            b"1".rjust(32, b"0"),  # manufacturer
            b"SIMULATED".ljust(16, b" "),  # model
            b"1".rjust(16, b"0"),  # serial number
            # RNG, LOGIN_REQUIRED, USER_PIN_INITIALIZED, TOKEN_INITIALIZED (PKCS#11 CK_TOKEN_INFO)
            (0x0000040D).to_bytes(4, "big"),
            *(count.to_bytes(4, "big") for count in (1, 0, 1, 0)),  # sessions
            *(length.to_bytes(4, "big") for length in (16, 6)),  # longest and shortest PIN
            unlimited * 4,  # memory
            b"0301",  # hardware and firmware version
            b"9" * 16,  # time
        )
    )
