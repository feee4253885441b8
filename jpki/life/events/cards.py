"""Events of the card itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from jpki.life.events.values import OfPerson
from jpki.life.events.words import CardMode, Channel, ExchangeCause, ReissueCause, ReturnCause

__all__ = [
    "CardCollectedFromConsul",
    "CardExchanged",
    "CardIssued",
    "CardLeftWithConsul",
    "CardLossReported",
    "CardModeChanged",
    "CardReissueRequested",
    "CardReturned",
    "CardSubstituteIssued",
    "CardSubstituteLossReported",
    "CardSuspensionLifted",
    "LostCardFound",
]


@dataclass(frozen=True, slots=True)
class CardIssued(OfPerson):
    """A card was handed over."""

    name: ClassVar[str] = "card_issued"
    card: str
    made_on: date
    expires_on: date
    face_only: bool = False
    photo: bool = True


@dataclass(frozen=True, slots=True)
class CardLossReported(OfPerson):
    """The loss of the card was reported and its use suspended."""

    name: ClassVar[str] = "card_loss_reported"
    told: ClassVar[tuple[str, ...]] = ("channel",)
    channel: Channel


@dataclass(frozen=True, slots=True)
class CardSuspensionLifted(OfPerson):
    """The card was found and its suspension lifted at the counter."""

    name: ClassVar[str] = "card_suspension_lifted"


@dataclass(frozen=True, slots=True)
class CardReissueRequested(OfPerson):
    """A new card was requested in place of one lost or damaged."""

    name: ClassVar[str] = "card_reissue_requested"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    cause: ReissueCause


@dataclass(frozen=True, slots=True)
class LostCardFound(OfPerson):
    """A lost card was found after a new one had been requested."""

    name: ClassVar[str] = "lost_card_found"


@dataclass(frozen=True, slots=True)
class CardReturned(OfPerson):
    """The card was returned, or its return ordered."""

    name: ClassVar[str] = "card_returned"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    cause: ReturnCause


@dataclass(frozen=True, slots=True)
class CardExchanged(OfPerson):
    """A valid card was handed in for a new one; :class:`CardIssued` follows for the new card."""

    name: ClassVar[str] = "card_exchanged"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    cause: ExchangeCause


@dataclass(frozen=True, slots=True)
class CardModeChanged(OfPerson):
    """The card became face-only, or ordinary again."""

    name: ClassVar[str] = "card_mode_changed"
    told: ClassVar[tuple[str, ...]] = ("to",)
    to: CardMode


@dataclass(frozen=True, slots=True)
class CardLeftWithConsul(OfPerson):
    """The card was left with the consul, to be collected in 90 days (K 30-2)."""

    name: ClassVar[str] = "card_left_with_consul"


@dataclass(frozen=True, slots=True)
class CardCollectedFromConsul(OfPerson):
    """The card that had been left with the consul was collected."""

    name: ClassVar[str] = "card_collected_from_consul"


@dataclass(frozen=True, slots=True)
class CardSubstituteIssued(OfPerson):
    """A card-substitute record (カード代替電磁的記録) was sent to the phone's wallet."""

    name: ClassVar[str] = "card_substitute_issued"
    expires_on: date


@dataclass(frozen=True, slots=True)
class CardSubstituteLossReported(OfPerson):
    """The loss of the phone that holds the card-substitute record was reported (K 39-10(iii))."""

    name: ClassVar[str] = "card_substitute_loss_reported"
