"""What kind of token is in the reader: a card, a phone, an old Juki card, or something foreign.

Recognising reads one label and tries the names of applications; it presents nothing and changes
nothing. ``identify`` answers for any card; the applets recognise for themselves and refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jpki.card import layout
from jpki.card.apdu import StatusWord
from jpki.card.connection import CardConnection
from jpki.card.dialogue import Dialogue
from jpki.errors import MalformedCardFile, UnexpectedStatus

__all__ = ["SIMULATED_MODEL", "Identity", "TokenInformation", "identify", "token_with"]

_LENGTH: Final = 160
_TEXT: Final = (("manufacturer", 32, 64), ("model", 64, 80), ("serial_number", 80, 96))
# Model of every token that jpki-sim makes. Seen models of real cards look like E16R01NJ.
SIMULATED_MODEL: Final = "SIMULATED"


def token_with(label: bytes) -> layout.Token | None:
    """Return the row of the token whose EF 0006 begins with this label, if it is known."""
    return next((token for token in layout.TOKENS if token.padded_label == label), None)


@dataclass(frozen=True, slots=True)
class TokenInformation:
    """EF 0006: serialised PKCS#11 token information. All but the label rests on one source."""

    label: str
    manufacturer: str
    model: str
    serial_number: str
    flags: int
    longest_pin: int
    shortest_pin: int

    @classmethod
    def parse(cls, content: bytes) -> TokenInformation:
        """Read the file; ``MalformedCardFile`` when it is too short or its texts are no ASCII."""
        if len(content) < _LENGTH:
            raise MalformedCardFile(
                f"token information of {len(content)} bytes instead of {_LENGTH}",
                source="token information",
            )
        texts = {name: _text(content[start:end]) for name, start, end in _TEXT}
        return cls(
            label=_text(content[: layout.LABEL_LENGTH]),
            flags=int.from_bytes(content[96:100], "big"),
            longest_pin=int.from_bytes(content[116:120], "big"),
            shortest_pin=int.from_bytes(content[120:124], "big"),
            **texts,
        )

    @property
    def simulated(self) -> bool:
        """Whether the token says that it is a simulated one."""
        return self.model == SIMULATED_MODEL


def _text(field: bytes) -> str:
    try:
        return field.decode("ascii").rstrip(" \0")
    except UnicodeDecodeError:
        raise MalformedCardFile("a text that is no ASCII", source="token information") from None


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known about whatever answers in a reader.

    ``token`` is ``None`` for a foreign card; ``information`` is ``None`` when EF 0006 has no more
    than a label. ``applications`` are those of the layout that the card lets be selected.
    """

    token: layout.Token | None
    information: TokenInformation | None
    applications: tuple[layout.Application, ...]

    @property
    def kind(self) -> layout.TokenKind | None:
        """The kind of token, ``None`` for a foreign card."""
        return None if self.token is None else self.token.kind

    @property
    def foreign(self) -> bool:
        """Whether this is no JPKI token at all."""
        return self.token is None

    @property
    def usable(self) -> bool:
        """Whether it carries certificates of today."""
        return self.token is not None and self.token.application is not None

    @property
    def simulated(self) -> bool:
        """Whether the token says that it is a simulated one.

        EF 0006 is free to read on every profile, so this is known before any PIN is asked for.
        """
        return self.usable and self.information is not None and self.information.simulated


def identify(connection: CardConnection) -> Identity:
    """Say what is in the reader. Afterwards no application counts as selected."""
    card = Dialogue(connection)
    answering = tuple(
        application
        for application in layout.CARD_APPLICATIONS
        if card.select_application(application.aid) == StatusWord.OK
    )
    label, information = b"", None
    if any(application.aid == layout.JPKI_AID for application in answering):
        label, information = _token_information(card)
    card.leave()
    return Identity(token_with(label), information, answering)


def _token_information(card: Dialogue) -> tuple[bytes, TokenInformation | None]:
    card.select_application(layout.JPKI_AID)
    try:
        content = card.read_file(layout.TOKEN_INFORMATION, name="token information")
    except UnexpectedStatus:
        return b"", None
    label = content[: layout.LABEL_LENGTH]
    try:
        return label, TokenInformation.parse(content)
    except MalformedCardFile:
        return label, None
