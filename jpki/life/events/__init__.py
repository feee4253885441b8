"""What can happen, in the past tense: the closed union :data:`Event`.

An event names the person it happened to (the issuer's key aside, which concerns everybody). Its
class attribute ``name`` is the event's name in the rule tables and in the log; ``told`` are the
fields the rules may see. Names and addresses never show in a ``repr``.
"""

from __future__ import annotations

from typing import get_args

from jpki.life.events.cards import (
    CardCollectedFromConsul,
    CardExchanged,
    CardIssued,
    CardLeftWithConsul,
    CardLossReported,
    CardModeChanged,
    CardReissueRequested,
    CardReturned,
    CardSubstituteIssued,
    CardSubstituteLossReported,
    CardSuspensionLifted,
    LostCardFound,
)
from jpki.life.events.certificates import (
    CertificateIssued,
    IssueAbandoned,
    IssuerKeyCompromised,
    KeyCompromiseReported,
    RecordErrorFound,
    RevocationRequested,
)
from jpki.life.events.consents import (
    FourItemsConsentGiven,
    FourItemsConsentWithdrawn,
)
from jpki.life.events.devices import (
    MobileDeviceChanged,
    MobileDeviceEnrolled,
    MobileDeviceLossReported,
    MobileDeviceSuspensionLifted,
)
from jpki.life.events.pins import (
    AnyPin,
    PinBlocked,
    PinReset,
)
from jpki.life.events.register import (
    ActualMoveInKnown,
    CardPresented,
    ContinuedUseArranged,
    DeadlinePassed,
    DepartureCancelled,
    FuriganaRecorded,
    GuardianshipBegan,
    MoveInNotified,
    MoveOutNotified,
    NumberChanged,
    ResidencePeriodChanged,
    ResidentRecordAmended,
    ResidentRecordDeleted,
    ResidentRegistered,
    ReturnToJapanKnown,
)
from jpki.life.events.values import (
    Authority,
    FourItems,
)
from jpki.life.events.words import (
    CardMode,
    CardPin,
    CardPresence,
    ChangedNumber,
    Channel,
    CompromiseCause,
    ConsentClient,
    ConsentItem,
    Deadline,
    DeletionGround,
    Destination,
    ExchangeCause,
    FuriganaChange,
    Minor,
    MobileDeviceChange,
    Nationality,
    Platform,
    RecordItem,
    Register,
    ReissueCause,
    RequestPurpose,
    ResetPath,
    ResidenceCause,
    ReturnCause,
)

__all__ = [
    "EVENTS",
    "ActualMoveInKnown",
    "AnyPin",
    "Authority",
    "CardCollectedFromConsul",
    "CardExchanged",
    "CardIssued",
    "CardLeftWithConsul",
    "CardLossReported",
    "CardMode",
    "CardModeChanged",
    "CardPin",
    "CardPresence",
    "CardPresented",
    "CardReissueRequested",
    "CardReturned",
    "CardSubstituteIssued",
    "CardSubstituteLossReported",
    "CardSuspensionLifted",
    "CertificateIssued",
    "ChangedNumber",
    "Channel",
    "CompromiseCause",
    "ConsentClient",
    "ConsentItem",
    "ContinuedUseArranged",
    "Deadline",
    "DeadlinePassed",
    "DeletionGround",
    "DepartureCancelled",
    "Destination",
    "Event",
    "ExchangeCause",
    "FourItems",
    "FourItemsConsentGiven",
    "FourItemsConsentWithdrawn",
    "FuriganaChange",
    "FuriganaRecorded",
    "GuardianshipBegan",
    "IssueAbandoned",
    "IssuerKeyCompromised",
    "KeyCompromiseReported",
    "LostCardFound",
    "Minor",
    "MobileDeviceChange",
    "MobileDeviceChanged",
    "MobileDeviceEnrolled",
    "MobileDeviceLossReported",
    "MobileDeviceSuspensionLifted",
    "MoveInNotified",
    "MoveOutNotified",
    "Nationality",
    "NumberChanged",
    "PinBlocked",
    "PinReset",
    "Platform",
    "RecordErrorFound",
    "RecordItem",
    "Register",
    "ReissueCause",
    "RequestPurpose",
    "ResetPath",
    "ResidenceCause",
    "ResidencePeriodChanged",
    "ResidentRecordAmended",
    "ResidentRecordDeleted",
    "ResidentRegistered",
    "ReturnCause",
    "ReturnToJapanKnown",
    "RevocationRequested",
]

Event = (
    ResidentRegistered
    | ResidentRecordAmended
    | FuriganaRecorded
    | ResidentRecordDeleted
    | MoveOutNotified
    | MoveInNotified
    | CardPresented
    | DeadlinePassed
    | ContinuedUseArranged
    | DepartureCancelled
    | NumberChanged
    | ResidencePeriodChanged
    | GuardianshipBegan
    | CardIssued
    | CardLossReported
    | CardSuspensionLifted
    | CardReissueRequested
    | LostCardFound
    | CardReturned
    | CardExchanged
    | CardModeChanged
    | CertificateIssued
    | RevocationRequested
    | KeyCompromiseReported
    | RecordErrorFound
    | IssuerKeyCompromised
    | MobileDeviceEnrolled
    | MobileDeviceLossReported
    | MobileDeviceSuspensionLifted
    | MobileDeviceChanged
    | PinBlocked
    | PinReset
    | ActualMoveInKnown
    | ReturnToJapanKnown
    | CardLeftWithConsul
    | CardCollectedFromConsul
    | CardSubstituteIssued
    | CardSubstituteLossReported
    | IssueAbandoned
    | FourItemsConsentGiven
    | FourItemsConsentWithdrawn
)

EVENTS: dict[str, type[Event]] = {kind.name: kind for kind in get_args(Event)}
"""Every event by its name."""
