"""The JPKI application (公的個人認証AP), as a card and as a phone has it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jpki.card.apdu import Ins, StatusWord
from jpki.card.layout.rows import (
    ALWAYS,
    Application,
    Credential,
    ElementaryFile,
    FileKind,
    Mark,
    PinRule,
    after,
)
from jpki.terms import PinKind, Purpose

__all__ = [
    "AVAILABILITY",
    "CARD_FILES",
    "JPKI_AID",
    "JPKI_ON_CARD",
    "JPKI_ON_PHONE",
    "JPKI_PINS",
    "PHONE_FILES",
    "PLACES",
    "SIGNATURE_LENGTH",
    "TERMINAL_KEY",
    "TOKEN_INFORMATION",
    "Place",
]

_DIGITS: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USER_PIN: Final = 0x0018
_PASSWORD: Final = 0x001B

JPKI_AID: Final = bytes.fromhex("D392F000260100000001")

JPKI_PINS: Final = (
    PinRule(
        name="user PIN",
        fid=_USER_PIN,
        kind=PinKind.USER_PIN,
        credential=Credential.USER_PIN,
        tries=3,
        min_length=4,
        max_length=4,
        characters=_DIGITS,
        changed_by=Ins.CHANGE_REFERENCE_DATA,
        ways_to_reset=("at the counter of the municipality of residence",),
    ),
    PinRule(
        name="signature password",
        fid=_PASSWORD,
        kind=PinKind.SIGNATURE_PASSWORD,
        credential=Credential.SIGNATURE_PASSWORD,
        tries=5,
        min_length=6,
        max_length=16,
        characters=_LETTERS + _DIGITS,
        mixed=True,  # one platform operator's documentation
        changed_by=Ins.CHANGE_REFERENCE_DATA,
        ways_to_reset=(
            "at the counter of the municipality of residence",
            "at a convenience store with the smartphone application, if the user PIN is known",
        ),
    ),
)

TOKEN_INFORMATION: Final = 0x0006
AVAILABILITY: Final = 0x0008
TERMINAL_KEY: Final = 0x0016

_SIGNATURE_CERTIFICATE = ElementaryFile(
    "signature certificate", 0x0001, FileKind.CERTIFICATE, read=after(_PASSWORD)
)
_AUTHENTICATION_CERTIFICATE = ElementaryFile(
    "user authentication certificate", 0x000A, FileKind.CERTIFICATE, read=ALWAYS
)
_OTHER_FILES = (
    ElementaryFile("signature CA certificate", 0x0002, FileKind.CERTIFICATE, read=ALWAYS),
    # One source lists 0005, 0019, 001C and 001E; their kind and access are unknown.
    ElementaryFile("unknown", 0x0005, FileKind.INFORMATION, mark=Mark.UNKNOWN),
    ElementaryFile(
        "token information", TOKEN_INFORMATION, FileKind.INFORMATION, read=ALWAYS, size=160
    ),
    ElementaryFile(
        "certificate availability",
        AVAILABILITY,
        FileKind.INFORMATION,
        read=ALWAYS,
        size=3,
        mark=Mark.ONE_SOURCE,
    ),
    # Protected by a key that nobody knows.
    ElementaryFile("unknown, protected", 0x0009, FileKind.INFORMATION, mark=Mark.ONE_SOURCE),
    ElementaryFile("user authentication CA certificate", 0x000B, FileKind.CERTIFICATE, read=ALWAYS),
    ElementaryFile("unknown key with a counter", 0x0010, FileKind.KEY, mark=Mark.UNKNOWN),
    ElementaryFile("terminal certificate CA key", TERMINAL_KEY, FileKind.KEY),
    ElementaryFile("user authentication key", 0x0017, FileKind.KEY, use=after(_USER_PIN)),
    ElementaryFile("user PIN", _USER_PIN, FileKind.PIN),
    ElementaryFile("unknown key", 0x0019, FileKind.KEY, mark=Mark.UNKNOWN),
    ElementaryFile("signature key", 0x001A, FileKind.KEY, use=after(_PASSWORD)),
    ElementaryFile("signature password", _PASSWORD, FileKind.PIN),
    ElementaryFile("unknown key", 0x001C, FileKind.KEY, mark=Mark.UNKNOWN),
    ElementaryFile("unknown key", 0x001E, FileKind.KEY, mark=Mark.UNKNOWN),
)

CARD_FILES: Final = (_SIGNATURE_CERTIFICATE, _AUTHENTICATION_CERTIFICATE, *_OTHER_FILES)

# On an Android phone the authentication certificate wants the user PIN. Whether an iPhone does
# the same, and whether 0006 beyond the label, 0008 and the unknown files exist on phones, is [?].
PHONE_FILES: Final = (
    _SIGNATURE_CERTIFICATE,
    ElementaryFile(
        _AUTHENTICATION_CERTIFICATE.name, 0x000A, FileKind.CERTIFICATE, read=after(_USER_PIN)
    ),
    *_OTHER_FILES,
)

JPKI_ON_CARD: Final = Application(
    name="JPKI",
    label_ja="公的個人認証AP",
    aid=JPKI_AID,
    files=CARD_FILES,
    pins=JPKI_PINS,
    terminal_key=TERMINAL_KEY,
    set_session_key=StatusWord.SECURITY_STATUS,
    internal_authenticate=StatusWord.SECURITY_STATUS,
)
JPKI_ON_PHONE: Final = Application(
    name="JPKI",
    label_ja="公的個人認証AP",
    aid=JPKI_AID,
    files=PHONE_FILES,
    pins=JPKI_PINS,
    terminal_key=TERMINAL_KEY,
    set_session_key=StatusWord.SECURITY_STATUS,
    internal_authenticate=StatusWord.SECURITY_STATUS,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one purpose keeps its certificate, its CA certificate, its key and its PIN."""

    certificate: int
    ca_certificate: int
    key: int
    pin: PinKind


PLACES: Final = MappingProxyType(
    {
        Purpose.SIGNATURE: Place(0x0001, 0x0002, 0x001A, PinKind.SIGNATURE_PASSWORD),
        Purpose.USER_AUTHENTICATION: Place(0x000A, 0x000B, 0x0017, PinKind.USER_PIN),
    }
)
SIGNATURE_LENGTH: Final = 256  # RSA-2048, the only key size seen
