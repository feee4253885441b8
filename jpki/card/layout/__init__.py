"""Which file lies where, who may read it, and which PINs there are: one table for all.

This is the specification of a card, not one card's contents. The client and the software card both
read it. AIDs, files and PINs are those that several public clients agree on; a row with a ``mark``
rests on less. A file whose access is unknown is given to nobody.
"""

from __future__ import annotations

from jpki.card.layout.domain import ISSUER_SECURITY_DOMAIN
from jpki.card.layout.face import (
    ATTRIBUTES,
    FACE_BASICS,
    FACE_BIRTH_DATE,
    FACE_CERTIFICATE,
    FACE_ENTRIES,
    FACE_MY_NUMBER,
    FACE_VERIFICATION,
    INPUT_SUPPORT,
    INPUT_SUPPORT_BASICS,
    INPUT_SUPPORT_CARD_KEY,
    INPUT_SUPPORT_CERTIFICATE,
    INPUT_SUPPORT_SESSION_KEY,
    INPUT_SUPPORT_SIGNATURE,
    MY_NUMBER,
)
from jpki.card.layout.jpki import (
    AVAILABILITY,
    CARD_FILES,
    JPKI_AID,
    JPKI_ON_CARD,
    JPKI_ON_PHONE,
    JPKI_PINS,
    PHONE_FILES,
    PLACES,
    SIGNATURE_LENGTH,
    TERMINAL_KEY,
    TOKEN_INFORMATION,
    Place,
)
from jpki.card.layout.residence import CARD_RECORD, COMMON, JUKI, KEY_REFERENCE
from jpki.card.layout.rows import (
    ALWAYS,
    NEVER,
    Access,
    Application,
    Credential,
    DataObject,
    ElementaryFile,
    FileKind,
    Mark,
    PinRule,
    after,
)
from jpki.card.layout.tokens import CARD_APPLICATIONS, LABEL_LENGTH, TOKENS, Token, TokenKind

__all__ = [
    "ALWAYS",
    "ATTRIBUTES",
    "AVAILABILITY",
    "CARD_APPLICATIONS",
    "CARD_FILES",
    "CARD_RECORD",
    "COMMON",
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
    "ISSUER_SECURITY_DOMAIN",
    "JPKI_AID",
    "JPKI_ON_CARD",
    "JPKI_ON_PHONE",
    "JPKI_PINS",
    "JUKI",
    "KEY_REFERENCE",
    "LABEL_LENGTH",
    "MY_NUMBER",
    "NEVER",
    "PHONE_FILES",
    "PLACES",
    "SIGNATURE_LENGTH",
    "TERMINAL_KEY",
    "TOKENS",
    "TOKEN_INFORMATION",
    "Access",
    "Application",
    "Credential",
    "DataObject",
    "ElementaryFile",
    "FileKind",
    "Mark",
    "PinRule",
    "Place",
    "Token",
    "TokenKind",
    "after",
]
