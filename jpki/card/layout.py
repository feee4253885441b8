"""Which file lies where, who may read it, and which PINs there are: one table for all.

This is the specification of a card, not one card's contents. The client and the software card both
read it. AIDs, files and PINs are those that several public clients agree on; a row or a column
marked [1] rests on one source, [?] is unknown, [inf] is inferred. A file whose access is unknown
is given to nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final

from jpki.card.apdu import Ins, StatusWord
from jpki.terms import Medium, PinKind, Purpose

__all__ = [
    "ALWAYS",
    "AVAILABILITY",
    "CARD_FILES",
    "ISSUER_SECURITY_DOMAIN",
    "JPKI_AID",
    "JPKI_ON_CARD",
    "JPKI_ON_PHONE",
    "JPKI_PINS",
    "LABEL_LENGTH",
    "NEVER",
    "PHONE_FILES",
    "PLACES",
    "SIGNATURE_LENGTH",
    "TOKENS",
    "TOKEN_INFORMATION",
    "Access",
    "Application",
    "ElementaryFile",
    "FileKind",
    "PinRule",
    "Place",
    "Token",
    "TokenKind",
    "after",
]


class FileKind(Enum):
    """What an elementary file holds, which decides the commands that fit it.

    ``CERTIFICATE`` and ``INFORMATION`` are transparent, ``RECORDS`` has records, ``PIN`` and
    ``KEY`` are internal: a READ answers 6981.
    """

    CERTIFICATE = "certificate"
    INFORMATION = "information"
    RECORDS = "records"
    PIN = "pin"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do something: anybody, nobody, or whoever presented one of these PINs.

    ``pins`` are file identifiers of PINs in the same application; any one of them opens.
    """

    anybody: bool = False
    pins: tuple[int, ...] = ()

    def granted(self, verified: Collection[int]) -> bool:
        """Return whether it is open once the PINs in ``verified`` have been presented."""
        return self.anybody or any(pin in verified for pin in self.pins)


ALWAYS: Final = Access(anybody=True)
NEVER: Final = Access()


def after(*pins: int) -> Access:
    """Return the access that any one of these PINs opens."""
    return Access(pins=pins)


@dataclass(frozen=True, slots=True)
class ElementaryFile:
    """One row: a file, who may read it, and who may use the key in it.

    ``use`` is COMPUTE DIGITAL SIGNATURE, ``authenticate`` is INTERNAL AUTHENTICATE.
    """

    name: str
    fid: int
    kind: FileKind
    read: Access = NEVER
    use: Access = NEVER
    authenticate: Access = NEVER

    @property
    def sfi(self) -> int | None:
        """The short identifier: the low five bits of 0001 to 001E; later files have none."""
        return self.fid if 1 <= self.fid <= 0x1E else None


@dataclass(frozen=True, slots=True)
class PinRule:
    """One row: a PIN, its shape and its tries.

    ``changed_by`` is the command that sets a new value after the old one was verified; ``None``
    where nobody but the issuer can. ``ways_to_reset`` says what a holder can do when it is blocked.
    """

    name: str
    fid: int
    tries: int
    min_length: int
    max_length: int
    characters: str
    kind: PinKind | None = None
    mixed: bool = False
    changed_by: Ins | None = None
    ways_to_reset: tuple[str, ...] = ()

    def well_formed(self, value: bytes) -> bool:
        """Return whether a new value has the right length and characters."""
        return self.right_length(value) and self.right_characters(value)

    def right_length(self, value: bytes) -> bool:
        """Return whether the length is one that this PIN can have."""
        return self.min_length <= len(value) <= self.max_length

    def right_characters(self, value: bytes) -> bool:
        """Return whether the characters are this PIN's; mixed means a letter and a digit."""
        if any(chr(byte) not in self.characters for byte in value):
            return False
        return not self.mixed or (value.isalnum() and not value.isalpha() and not value.isdigit())


@dataclass(frozen=True, slots=True)
class Application:
    """One application: its name, its files and its PINs.

    ``default_key`` is the key that COMPUTE DIGITAL SIGNATURE uses when P2 is 00, where there is
    one. ``set_session_key`` is the answer to SET SESSION KEY, which differs by application [1].
    """

    name: str
    label_ja: str
    aid: bytes
    files: tuple[ElementaryFile, ...] = ()
    pins: tuple[PinRule, ...] = ()
    default_key: int | None = None
    set_session_key: int = StatusWord.SECURITY_STATUS

    def file(self, fid: int) -> ElementaryFile | None:
        """Return the row with this file identifier."""
        return next((row for row in self.files if row.fid == fid), None)

    def file_by_sfi(self, sfi: int) -> ElementaryFile | None:
        """Return the row with this short identifier."""
        return next((row for row in self.files if row.sfi == sfi), None)

    def pin(self, fid: int) -> PinRule | None:
        """Return the PIN whose file this is."""
        return next((row for row in self.pins if row.fid == fid), None)


_DIGITS: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USER_PIN: Final = 0x0018
_PASSWORD: Final = 0x001B

# Selected after power-on. No readable file; 001E exists, and a READ of it answers 6981 [1].
ISSUER_SECURITY_DOMAIN: Final = Application(
    name="issuer security domain",
    label_ja="発行者セキュリティドメイン",
    aid=bytes.fromhex("A0000001510000"),
    files=(ElementaryFile("unknown key", 0x001E, FileKind.KEY),),
)

JPKI_AID: Final = bytes.fromhex("D392F000260100000001")

JPKI_PINS: Final = (
    PinRule(
        name="user PIN",
        fid=_USER_PIN,
        kind=PinKind.USER_PIN,
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

_SIGNATURE_CERTIFICATE = ElementaryFile(
    "signature certificate", 0x0001, FileKind.CERTIFICATE, read=after(_PASSWORD)
)
_AUTHENTICATION_CERTIFICATE = ElementaryFile(
    "user authentication certificate", 0x000A, FileKind.CERTIFICATE, read=ALWAYS
)
_OTHER_FILES = (
    ElementaryFile("signature CA certificate", 0x0002, FileKind.CERTIFICATE, read=ALWAYS),
    ElementaryFile("unknown", 0x0005, FileKind.INFORMATION),  # [1]; kind and access [?]
    ElementaryFile("token information", TOKEN_INFORMATION, FileKind.INFORMATION, read=ALWAYS),
    ElementaryFile("certificate availability", AVAILABILITY, FileKind.INFORMATION, read=ALWAYS),
    ElementaryFile("unknown, protected", 0x0009, FileKind.INFORMATION),  # [1]; which key opens [?]
    ElementaryFile("user authentication CA certificate", 0x000B, FileKind.CERTIFICATE, read=ALWAYS),
    ElementaryFile("unknown key with a counter", 0x0010, FileKind.KEY),  # [?]
    ElementaryFile("terminal certificate CA key", 0x0016, FileKind.KEY),
    ElementaryFile("user authentication key", 0x0017, FileKind.KEY, use=after(_USER_PIN)),
    ElementaryFile("user PIN", _USER_PIN, FileKind.PIN),
    ElementaryFile("unknown key", 0x0019, FileKind.KEY),  # [1]; kind and access [?]
    ElementaryFile("signature key", 0x001A, FileKind.KEY, use=after(_PASSWORD)),
    ElementaryFile("signature password", _PASSWORD, FileKind.PIN),
    ElementaryFile("unknown key", 0x001C, FileKind.KEY),  # [1]
    ElementaryFile("unknown key", 0x001E, FileKind.KEY),  # [1]
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
)
JPKI_ON_PHONE: Final = Application(
    name="JPKI",
    label_ja="公的個人認証AP",
    aid=JPKI_AID,
    files=PHONE_FILES,
    pins=JPKI_PINS,
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


class TokenKind(StrEnum):
    """What the token says it is."""

    INDIVIDUAL_NUMBER_CARD = "individual_number_card"
    JUKI_CARD = "juki_card"
    ANDROID_PHONE = "android_phone"
    IPHONE = "iphone"


LABEL_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Token:
    """One row: the label at the start of EF 0006 and what it tells.

    ``application`` is ``None`` for a token that is recognised only to be refused by name.
    """

    kind: TokenKind
    label: str
    medium: Medium
    application: Application | None

    @property
    def padded_label(self) -> bytes:
        """The 32 bytes of the file. Spaces, not NUL: several clients strip spaces only."""
        return self.label.encode("ascii").ljust(LABEL_LENGTH, b" ")


TOKENS: Final = (
    Token(TokenKind.INDIVIDUAL_NUMBER_CARD, "JPKIAPICCTOKEN2", Medium.CARD, JPKI_ON_CARD),
    Token(TokenKind.JUKI_CARD, "JPKIAPICCTOKEN", Medium.CARD, None),
    Token(TokenKind.ANDROID_PHONE, "JPKIAPGPSETOKEN", Medium.MOBILE_DEVICE, JPKI_ON_PHONE),
    Token(TokenKind.IPHONE, "JPKIAPIOSTOKEN", Medium.MOBILE_DEVICE, JPKI_ON_PHONE),  # label [1]
)
