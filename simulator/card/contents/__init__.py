"""What is written into a software card, made from an invented person and simulated issuers.

``card_memory`` makes a whole card; ``jpki_memory`` one with the JPKI application alone.
"""

from __future__ import annotations

from simulator.card.contents.card import CardFace, CardPins, card_memory
from simulator.card.contents.holder import CardHolder, with_check_digit
from simulator.card.contents.jpki import (
    JpkiContents,
    jpki_application,
    jpki_memory,
    token_information,
)

__all__ = [
    "CardFace",
    "CardHolder",
    "CardPins",
    "JpkiContents",
    "card_memory",
    "jpki_application",
    "jpki_memory",
    "token_information",
    "with_check_digit",
]
