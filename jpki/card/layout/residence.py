"""The common card application (共通カードAP) and the Juki application (住基AP).

What the resident register network keeps in the Juki application is described by nobody.
"""

from __future__ import annotations

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
)

__all__ = ["CARD_RECORD", "COMMON", "JUKI", "KEY_REFERENCE"]

CARD_RECORD: Final = 0x0001
KEY_REFERENCE: Final = 0x0002
_PIN: Final = 0x001C

# The same shape in both applications; whether the two copies share a counter is [?].
_JUKI_PIN: Final = PinRule(
    name="resident register PIN",
    fid=_PIN,
    tries=3,
    min_length=4,
    max_length=4,
    characters="0123456789",
    changed_by=Ins.CHANGE_KEY,  # [1]
    ways_to_reset=("at the counter of the municipality of residence",),
    credential=Credential.JUKI_PIN,
)

COMMON: Final = Application(
    name="common card",
    label_ja="共通カードAP",
    aid=bytes.fromhex("D3921000310001010100"),
    files=(
        ElementaryFile("card record", CARD_RECORD, FileKind.RECORDS, read=ALWAYS),
        ElementaryFile(
            "key reference", KEY_REFERENCE, FileKind.RECORDS, read=ALWAYS, mark=Mark.ONE_SOURCE
        ),
        ElementaryFile("authentication key", 0x0019, FileKind.KEY, authenticate=ALWAYS),
        ElementaryFile("resident register PIN", _PIN, FileKind.PIN),
        ElementaryFile("unknown key", 0x001E, FileKind.KEY, mark=Mark.UNKNOWN),
    ),
    pins=(_JUKI_PIN,),
    set_session_key=StatusWord.NO_SESSION_KEY_HERE,
)

JUKI: Final = Application(
    name="Juki",
    label_ja="住基AP",
    aid=bytes.fromhex("D3921000310001010401"),
    files=(
        ElementaryFile("key reference", KEY_REFERENCE, FileKind.RECORDS, read=ALWAYS),
        ElementaryFile("resident register PIN", _PIN, FileKind.PIN),
    ),
    pins=(_JUKI_PIN,),
    set_session_key=StatusWord.SECURITY_STATUS,
    internal_authenticate=StatusWord.SECURITY_STATUS,  # [?]
)
