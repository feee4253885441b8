"""What a token says it is, and the applications that it carries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jpki.card.layout.face import FACE_VERIFICATION, INPUT_SUPPORT
from jpki.card.layout.jpki import JPKI_ON_CARD, JPKI_ON_PHONE
from jpki.card.layout.residence import COMMON, JUKI
from jpki.card.layout.rows import Application, Mark
from jpki.terms import Medium

__all__ = ["CARD_APPLICATIONS", "LABEL_LENGTH", "TOKENS", "Token", "TokenKind"]

# The order is that of SELECT by a part of the name, which is [?].
CARD_APPLICATIONS: Final = (COMMON, JUKI, FACE_VERIFICATION, INPUT_SUPPORT, JPKI_ON_CARD)


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
    ``applications`` are all that it carries; ``last_command_marker`` says that 80 FC 00 00 is a
    command there. What is not known of a phone is taken from the card.
    """

    kind: TokenKind
    label: str
    medium: Medium
    application: Application | None
    applications: tuple[Application, ...]
    last_command_marker: bool = False
    mark: Mark = Mark.STATED

    @property
    def padded_label(self) -> bytes:
        """The 32 bytes of the file. Spaces, not NUL: several clients strip spaces only."""
        return self.label.encode("ascii").ljust(LABEL_LENGTH, b" ")


TOKENS: Final = (
    Token(
        TokenKind.INDIVIDUAL_NUMBER_CARD,
        "JPKIAPICCTOKEN2",
        Medium.CARD,
        JPKI_ON_CARD,
        CARD_APPLICATIONS,
    ),
    # The card of the time before: which other applications it has, and where, is [?].
    Token(TokenKind.JUKI_CARD, "JPKIAPICCTOKEN", Medium.CARD, None, (JPKI_ON_CARD,)),
    Token(
        TokenKind.ANDROID_PHONE,
        "JPKIAPGPSETOKEN",
        Medium.MOBILE_DEVICE,
        JPKI_ON_PHONE,
        (JPKI_ON_PHONE,),
    ),
    Token(
        TokenKind.IPHONE,
        "JPKIAPIOSTOKEN",
        Medium.MOBILE_DEVICE,
        JPKI_ON_PHONE,
        (JPKI_ON_PHONE,),
        last_command_marker=True,
        mark=Mark.ONE_SOURCE,
    ),
)
