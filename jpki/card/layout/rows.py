"""What a row of the layout may say: files, PINs, data objects, applications."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from jpki.card.apdu import Ins, StatusWord
from jpki.terms import PinKind

__all__ = [
    "ALWAYS",
    "NEVER",
    "Access",
    "Application",
    "Credential",
    "DataObject",
    "ElementaryFile",
    "FileKind",
    "Mark",
    "PinRule",
    "after",
]


class Mark(StrEnum):
    """How well a row is known; ``STATED`` rests on two sources or on one that ran on cards."""

    STATED = ""
    ONE_SOURCE = "[1]"
    INFERRED = "[inf]"
    DISAGREED = "[dis]"
    UNKNOWN = "[?]"


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

    ``use`` is COMPUTE DIGITAL SIGNATURE, ``authenticate`` is INTERNAL AUTHENTICATE. ``size`` is the
    physical length where it is known; content is shorter and filler follows.
    """

    name: str
    fid: int
    kind: FileKind
    read: Access = NEVER
    use: Access = NEVER
    authenticate: Access = NEVER
    size: int | None = None
    mark: Mark = Mark.STATED

    @property
    def sfi(self) -> int | None:
        """The short identifier: the low five bits of 0001 to 001E; later files have none."""
        return self.fid if 1 <= self.fid <= 0x1E else None


class Credential(StrEnum):
    """What a holder presents to a card; some have a copy in a second application."""

    USER_PIN = "user_pin"
    SIGNATURE_PASSWORD = "signature_password"  # noqa: S105  the name of a kind, not a secret
    INPUT_SUPPORT_PIN = "input_support_pin"
    JUKI_PIN = "juki_pin"
    CODE_A = "code_a"
    CODE_B = "code_b"
    BIRTH_DATE_CODE = "birth_date_code"
    UNKNOWN = "unknown"

    @property
    def label_ja(self) -> str:
        """The name on the holder's papers or in the specifications."""
        return {
            "user_pin": "利用者証明用電子証明書暗証番号",
            "signature_password": "署名用電子証明書暗証番号",
            "input_support_pin": "券面事項入力補助用暗証番号",
            "juki_pin": "住民基本台帳用暗証番号",
            "code_a": "照合番号A",
            "code_b": "照合番号B",
            "birth_date_code": "生年月日",
            "unknown": "不明",
        }[self.value]


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
    credential: Credential = Credential.UNKNOWN
    mark: Mark = Mark.STATED

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
class DataObject:
    """One row: a data object that GET DATA gives to anybody."""

    name: str
    tag: int
    mark: Mark = Mark.STATED


@dataclass(frozen=True, slots=True)
class Application:
    """One application: its name, its files, its PINs and its data objects.

    ``default_key`` is the key that COMPUTE DIGITAL SIGNATURE uses when P2 is 00, where there is
    one. ``session_key`` is the key of SET SESSION KEY; an application without one answers
    ``set_session_key``. ``terminal_key`` is the key that checks a terminal's certificate.
    An application in which INTERNAL AUTHENTICATE has no key answers ``internal_authenticate``.
    """

    name: str
    label_ja: str
    aid: bytes
    files: tuple[ElementaryFile, ...] = ()
    pins: tuple[PinRule, ...] = ()
    objects: tuple[DataObject, ...] = ()
    default_key: int | None = None
    session_key: int | None = None
    terminal_key: int | None = None
    set_session_key: int = StatusWord.SECURITY_STATUS
    internal_authenticate: int | None = None

    def file(self, fid: int) -> ElementaryFile | None:
        """Return the row with this file identifier."""
        return next((row for row in self.files if row.fid == fid), None)

    def file_by_sfi(self, sfi: int) -> ElementaryFile | None:
        """Return the row with this short identifier."""
        return next((row for row in self.files if row.sfi == sfi), None)

    def pin(self, fid: int) -> PinRule | None:
        """Return the PIN whose file this is."""
        return next((row for row in self.pins if row.fid == fid), None)

    def pin_for(self, credential: Credential) -> PinRule | None:
        """Return the row of this credential."""
        return next((row for row in self.pins if row.credential is credential), None)
