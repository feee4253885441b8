"""The two card-face applications: input support and verification (券面事項入力補助・確認AP).

Code A opens what bears the My Number, code B the holder's attributes; the four-digit PIN of input
support opens both. The verification application has codes only, and no mutual authentication.
"""

from __future__ import annotations

from typing import Final

from jpki.card.apdu import Ins, StatusWord
from jpki.card.layout.rows import (
    ALWAYS,
    NEVER,
    Access,
    Application,
    Credential,
    ElementaryFile,
    FileKind,
    Mark,
    PinRule,
    after,
)

__all__ = [
    "ATTRIBUTES",
    "FACE_BASICS",
    "FACE_BIRTH_DATE",
    "FACE_CERTIFICATE",
    "FACE_ENTRIES",
    "FACE_MY_NUMBER",
    "FACE_VERIFICATION",
    "INPUT_SUPPORT",
    "INPUT_SUPPORT_BASICS",
    "INPUT_SUPPORT_CARD_KEY",
    "INPUT_SUPPORT_CERTIFICATE",
    "INPUT_SUPPORT_SESSION_KEY",
    "INPUT_SUPPORT_SIGNATURE",
    "MY_NUMBER",
]

_DIGITS: Final = "0123456789"
_COUNTER: Final = ("at the counter of the municipality of residence",)
_CERTIFICATE_SIZE: Final = 568

# input support

MY_NUMBER: Final = 0x0001
ATTRIBUTES: Final = 0x0002
INPUT_SUPPORT_SIGNATURE: Final = 0x0003
INPUT_SUPPORT_CERTIFICATE: Final = 0x0004
INPUT_SUPPORT_BASICS: Final = 0x0005
INPUT_SUPPORT_SESSION_KEY: Final = 0x0006
INPUT_SUPPORT_CARD_KEY: Final = 0x0007

_PIN: Final = 0x0011
_ALWAYS_BLOCKED: Final = 0x0012
_KEY: Final = 0x0013
_A: Final = 0x0014
_B: Final = 0x0015
_ANY: Final = after(_PIN, _A, _B)


def _information(
    name: str, fid: int, read: Access, *, size: int | None = None, mark: Mark = Mark.STATED
) -> ElementaryFile:
    return ElementaryFile(name, fid, FileKind.INFORMATION, read=read, size=size, mark=mark)


def _key(name: str, fid: int, *, use: Access = NEVER, mark: Mark = Mark.UNKNOWN) -> ElementaryFile:
    return ElementaryFile(name, fid, FileKind.KEY, use=use, mark=mark)


def _code(name: str, fid: int, length: int, credential: Credential) -> PinRule:
    return PinRule(
        name=name,
        fid=fid,
        tries=10,  # one table of one source says 3 and its own scripts 10
        min_length=length,
        max_length=length,
        characters=_DIGITS,
        ways_to_reset=_COUNTER,
        credential=credential,
    )


INPUT_SUPPORT: Final = Application(
    name="card-face input support",
    label_ja="券面事項入力補助AP",
    aid=bytes.fromhex("D3921000310001010408"),
    files=(
        _information("My Number", MY_NUMBER, after(_PIN, _A), size=17),
        _information("attributes", ATTRIBUTES, after(_PIN, _B)),
        # That A or B alone opens it is one source, which varies.
        _information(
            "digests and signature", INPUT_SUPPORT_SIGNATURE, _ANY, size=336, mark=Mark.DISAGREED
        ),
        _information(
            "card-verifiable certificate", INPUT_SUPPORT_CERTIFICATE, ALWAYS, size=_CERTIFICATE_SIZE
        ),
        _information("basic information", INPUT_SUPPORT_BASICS, ALWAYS, size=256),
        _information(
            "session key encryption key", INPUT_SUPPORT_SESSION_KEY, _ANY, mark=Mark.ONE_SOURCE
        ),
        _information("card key", INPUT_SUPPORT_CARD_KEY, _ANY, mark=Mark.ONE_SOURCE),
        _information("filler", 0x0008, _ANY, size=16, mark=Mark.ONE_SOURCE),
        _key("unknown key", 0x0010),
        ElementaryFile("input support PIN", _PIN, FileKind.PIN),
        ElementaryFile("unknown, always blocked", _ALWAYS_BLOCKED, FileKind.PIN),
        _key("card private key", _KEY, use=ALWAYS, mark=Mark.STATED),
        ElementaryFile("code A", _A, FileKind.PIN),
        ElementaryFile("code B", _B, FileKind.PIN),
        _key("unknown key", 0x001C),
        _key("unknown key", 0x001E),
    ),
    pins=(
        PinRule(
            name="input support PIN",
            fid=_PIN,
            tries=3,
            min_length=4,
            max_length=4,
            characters=_DIGITS,
            changed_by=Ins.CHANGE_REFERENCE_DATA,
            ways_to_reset=_COUNTER,
            credential=Credential.INPUT_SUPPORT_PIN,
        ),
        # 63C0 to a query and 6984 to a VERIFY on every card surveyed; its shape is unknown.
        PinRule(
            name="unknown, always blocked",
            fid=_ALWAYS_BLOCKED,
            tries=0,
            min_length=0,
            max_length=16,
            characters=_DIGITS,
            mark=Mark.ONE_SOURCE,
        ),
        _code("code A", _A, 12, Credential.CODE_A),
        _code("code B", _B, 14, Credential.CODE_B),
    ),
    default_key=_KEY,
    session_key=INPUT_SUPPORT_SESSION_KEY,
    internal_authenticate=StatusWord.CONDITIONS_OF_USE,
)

# verification

FACE_BIRTH_DATE: Final = 0x0001
FACE_ENTRIES: Final = 0x0002
FACE_BASICS: Final = 0x0003
FACE_CERTIFICATE: Final = 0x0004
FACE_MY_NUMBER: Final = 0x0005

_BIRTH: Final = 0x0011
_FACE_B: Final = 0x0012
_FACE_A: Final = 0x0013
_FACE_KEY: Final = 0x001A

FACE_VERIFICATION: Final = Application(
    name="card-face verification",
    label_ja="券面事項確認AP",
    aid=bytes.fromhex("D3921000310001010402"),
    files=(
        _information("birth date", FACE_BIRTH_DATE, after(_BIRTH)),
        _information("card face", FACE_ENTRIES, after(_FACE_A, _FACE_B)),
        _information("basic information", FACE_BASICS, ALWAYS),
        _information(
            "card-verifiable certificate", FACE_CERTIFICATE, ALWAYS, size=_CERTIFICATE_SIZE
        ),
        _information("My Number", FACE_MY_NUMBER, after(_FACE_A)),
        _information("filler", 0x0006, after(_FACE_A, _FACE_B), size=16),
        ElementaryFile("birth date code", _BIRTH, FileKind.PIN),
        ElementaryFile("code B", _FACE_B, FileKind.PIN),
        ElementaryFile("code A", _FACE_A, FileKind.PIN),
        _key("unknown key", 0x0014),
        _key("unknown key", 0x0015),
        # The key of the application's own, which P2 00 uses.
        _key("card private key", _FACE_KEY, use=ALWAYS, mark=Mark.ONE_SOURCE),
        _key("unknown key", 0x001C),
        _key("unknown key", 0x001E),
    ),
    pins=(
        _code("birth date code", _BIRTH, 6, Credential.BIRTH_DATE_CODE),
        _code("code B", _FACE_B, 14, Credential.CODE_B),
        _code("code A", _FACE_A, 12, Credential.CODE_A),
    ),
    default_key=_FACE_KEY,
    set_session_key=StatusWord.NO_SESSION_KEY_HERE,
    internal_authenticate=StatusWord.CONDITIONS_OF_USE,
)
