"""What can happen, in the past tense: the closed union :data:`Event`.

An event names the person it happened to (the issuer's key aside, which concerns everybody). Its
class attribute ``name`` is the event's name in the rule tables and in the log; ``told`` are the
fields the rules may see. Names and addresses never show in a ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar, get_args

from jpki.terms import CertificateKind, Medium, PinKind, Purpose, Sex

__all__ = [
    "EVENTS",
    "Authority",
    "CardExchanged",
    "CardIssued",
    "CardLossReported",
    "CardMode",
    "CardModeChanged",
    "CardPresence",
    "CardPresented",
    "CardReissueRequested",
    "CardReturned",
    "CardSuspensionLifted",
    "CertificateIssued",
    "ChangedNumber",
    "Channel",
    "CompromiseCause",
    "ContinuedUseArranged",
    "Deadline",
    "DeadlinePassed",
    "DeletionGround",
    "DepartureCancelled",
    "Destination",
    "Event",
    "ExchangeCause",
    "FourItems",
    "FuriganaChange",
    "FuriganaRecorded",
    "GuardianshipBegan",
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
    "ResidencePeriodChanged",
    "ResidentRecordAmended",
    "ResidentRecordDeleted",
    "ResidentRegistered",
    "ReturnCause",
    "RevocationRequested",
]


class RecordItem(StrEnum):
    """An item of the resident record that can be corrected."""

    NAME = "name"
    FORMER_NAME = "former_name"
    ALIAS = "alias"
    SEX = "sex"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"
    HOUSEHOLD = "household"


class Minor(StrEnum):
    """Why a correction is minor and ends nothing (施行規則 20), or that it is not."""

    NONE = "none"
    CHARACTER_VARIANT = "character_variant"
    CHARACTER_IDENTIFIED = "character_identified"
    PLACE_RENAMED = "place_renamed"
    LOT_NUMBER_CHANGED = "lot_number_changed"
    RESIDENCE_INDICATION_INTRODUCED = "residence_indication_introduced"
    BUILDING_RENAMED = "building_renamed"
    ACCEPTED_BY_MINISTER = "accepted_by_minister"


class Register(StrEnum):
    """The register in which a person is recorded: 住民票, or 戸籍の附票 for holders abroad."""

    RESIDENT_RECORD = "resident_record"
    FAMILY_REGISTER_SUPPLEMENT = "family_register_supplement"


class DeletionGround(StrEnum):
    """Why a record was deleted (消除)."""

    DEATH = "death"
    MOVED_OUT = "moved_out"
    MOVED_ABROAD = "moved_abroad"
    MOVED_ABROAD_CONTINUING = "moved_abroad_continuing"
    EX_OFFICIO = "ex_officio"
    NATIONALITY_CHANGED = "nationality_changed"
    NOT_COVERED = "not_covered"
    OFF_SUPPLEMENT = "off_supplement"


class Destination(StrEnum):
    """Where a move out goes."""

    DOMESTIC = "domestic"
    ABROAD = "abroad"


class CardPresence(StrEnum):
    """Whether the card was put on the counter."""

    PRESENTED = "presented"
    NOT_PRESENTED = "not_presented"


class Deadline(StrEnum):
    """A period that can run out (番号法施行令 14, Act 31(1)(ii))."""

    MOVE_IN_30_DAYS = "move_in_30_days"
    MOVE_IN_14_DAYS = "move_in_14_days"
    ABROAD_30_DAYS = "abroad_30_days"
    CARD_90_DAYS = "card_90_days"
    RETURN_14_DAYS = "return_14_days"
    RETURN_90_DAYS = "return_90_days"
    CONSUL_90_DAYS = "consul_90_days"


class ChangedNumber(StrEnum):
    """Which of a person's numbers changed."""

    RESIDENT_CODE = "resident_code"
    MY_NUMBER = "my_number"


class FuriganaChange(StrEnum):
    """Whether a furigana is recorded for the first time or changed later."""

    FIRST = "first"
    LATER = "later"


class Nationality(StrEnum):
    """What decides whether a residence period limits the card (K 27)."""

    JAPANESE = "japanese"
    FOREIGN_PERMANENT = "foreign_permanent"
    FOREIGN_LIMITED = "foreign_limited"


class Channel(StrEnum):
    """How the loss of a card was reported."""

    CALL_CENTRE = "call_centre"
    COUNTER = "counter"


class ReissueCause(StrEnum):
    """Why a new card was requested (K 28)."""

    LOST = "lost"
    BURNT = "burnt"
    DAMAGED = "damaged"
    MALFUNCTIONING = "malfunctioning"


class ReturnCause(StrEnum):
    """Whether a card was returned freely or its return ordered."""

    VOLUNTARY = "voluntary"
    ORDERED = "ordered"


class ExchangeCause(StrEnum):
    """Why a valid card was handed in for another (K 29, 番号法 18-5)."""

    RENEWAL = "renewal"
    APPEND_AREA_FULL = "append_area_full"
    RESIDENCE_CARD = "residence_card"


class CardMode(StrEnum):
    """Ordinary card, or one without PINs (顔認証マイナンバーカード)."""

    FACE_ONLY = "face_only"
    ORDINARY = "ordinary"


class RequestPurpose(StrEnum):
    """Whether revocation is requested to end a certificate or to renew it."""

    END = "end"
    RENEWAL = "renewal"


class CompromiseCause(StrEnum):
    """What a notice of Act 10, 29, 16-9 or 35-9 reports."""

    LEAKED = "leaked"
    UNUSABLE = "unusable"


class Platform(StrEnum):
    """The kind of phone."""

    ANDROID = "android"
    IPHONE = "iphone"


class MobileDeviceChange(StrEnum):
    """What can happen to a phone without anybody applying for anything."""

    USE_STOPPED = "use_stopped"
    SOLD = "sold"
    FACTORY_RESET = "factory_reset"
    ERASED = "erased"
    APP_UNINSTALLED = "app_uninstalled"
    LOCAL_DATA_DELETED = "local_data_deleted"
    BROKEN = "broken"
    REPAIRED = "repaired"
    BIOMETRICS_CHANGED = "biometrics_changed"
    SYSTEM_TAMPERED = "system_tampered"


class _Masked:
    """Shows its type and nothing of what is inside."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@dataclass(frozen=True, slots=True, repr=False)
class FourItems(_Masked):
    """The four items (氏名、住所、生年月日、性別), with what counts as part of the name."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    birth_date: date
    sex: Sex
    address: str
    former_name: str = ""
    alias: str = ""
    furigana: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """An issuing authority: one for each purpose, with a new key every few years."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    purpose: Purpose
    generation: int


@dataclass(frozen=True, slots=True)
class _Happening:
    name: ClassVar[str]
    told: ClassVar[tuple[str, ...]] = ()
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class _OfPerson(_Happening):
    person: str


# Register and status


@dataclass(frozen=True, slots=True)
class ResidentRegistered(_OfPerson):
    """A resident record was made: this person exists for the system from here on."""

    name: ClassVar[str] = "resident_registered"
    items: FourItems
    municipality: str
    nationality: Nationality = Nationality.JAPANESE
    residence_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class ResidentRecordAmended(_OfPerson):
    """An item of the record was corrected; ``value`` is its new text, ISO date or sex."""

    name: ClassVar[str] = "resident_record_amended"
    told: ClassVar[tuple[str, ...]] = ("item", "minor", "register")
    item: RecordItem
    minor: Minor = Minor.NONE
    register: Register = Register.RESIDENT_RECORD
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FuriganaRecorded(_OfPerson):
    """A furigana was recorded for the first time, or changed."""

    name: ClassVar[str] = "furigana_recorded"
    told: ClassVar[tuple[str, ...]] = ("change",)
    change: FuriganaChange
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResidentRecordDeleted(_OfPerson):
    """The record was deleted. For a death, the day it occurred is the day of death."""

    name: ClassVar[str] = "resident_record_deleted"
    told: ClassVar[tuple[str, ...]] = ("ground",)
    ground: DeletionGround


@dataclass(frozen=True, slots=True)
class MoveOutNotified(_OfPerson):
    """A move out was notified (転出届) with a planned day."""

    name: ClassVar[str] = "move_out_notified"
    told: ClassVar[tuple[str, ...]] = ("destination",)
    destination: Destination
    planned_on: date


@dataclass(frozen=True, slots=True)
class MoveInNotified(_OfPerson):
    """A move in was notified (転入届), with or without the card."""

    name: ClassVar[str] = "move_in_notified"
    told: ClassVar[tuple[str, ...]] = ("card",)
    card: CardPresence
    municipality: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardPresented(_OfPerson):
    """The card was put on the counter some time after a move in was notified."""

    name: ClassVar[str] = "card_presented"


@dataclass(frozen=True, slots=True)
class DeadlinePassed(_OfPerson):
    """A period ran out without the step it was given for."""

    name: ClassVar[str] = "deadline_passed"
    told: ClassVar[tuple[str, ...]] = ("deadline",)
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class ContinuedUseArranged(_OfPerson):
    """The card was prepared for use abroad before departure."""

    name: ClassVar[str] = "continued_use_arranged"


@dataclass(frozen=True, slots=True)
class DepartureCancelled(_OfPerson):
    """A departure was cancelled after it had been notified."""

    name: ClassVar[str] = "departure_cancelled"


@dataclass(frozen=True, slots=True)
class NumberChanged(_OfPerson):
    """The resident code or My Number was changed."""

    name: ClassVar[str] = "number_changed"
    told: ClassVar[tuple[str, ...]] = ("number",)
    number: ChangedNumber


@dataclass(frozen=True, slots=True)
class ResidencePeriodChanged(_OfPerson):
    """A residence period was changed; the card moves with it only when presented (K 27(2))."""

    name: ClassVar[str] = "residence_period_changed"
    told: ClassVar[tuple[str, ...]] = ("card",)
    card: CardPresence
    ends_on: date | None
    card_expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class GuardianshipBegan(_OfPerson):
    """Adult guardianship began."""

    name: ClassVar[str] = "guardianship_began"


# The card


@dataclass(frozen=True, slots=True)
class CardIssued(_OfPerson):
    """A card was handed over."""

    name: ClassVar[str] = "card_issued"
    card: str
    made_on: date
    expires_on: date
    face_only: bool = False


@dataclass(frozen=True, slots=True)
class CardLossReported(_OfPerson):
    """The loss of the card was reported and its use suspended."""

    name: ClassVar[str] = "card_loss_reported"
    told: ClassVar[tuple[str, ...]] = ("channel",)
    channel: Channel


@dataclass(frozen=True, slots=True)
class CardSuspensionLifted(_OfPerson):
    """The card was found and its suspension lifted at the counter."""

    name: ClassVar[str] = "card_suspension_lifted"


@dataclass(frozen=True, slots=True)
class CardReissueRequested(_OfPerson):
    """A new card was requested in place of one lost or damaged."""

    name: ClassVar[str] = "card_reissue_requested"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    cause: ReissueCause


@dataclass(frozen=True, slots=True)
class LostCardFound(_OfPerson):
    """A lost card was found after a new one had been requested."""

    name: ClassVar[str] = "lost_card_found"


@dataclass(frozen=True, slots=True)
class CardReturned(_OfPerson):
    """The card was returned, or its return ordered."""

    name: ClassVar[str] = "card_returned"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    cause: ReturnCause


@dataclass(frozen=True, slots=True)
class CardExchanged(_OfPerson):
    """A valid card was handed in for a new one; :class:`CardIssued` follows for the new card."""

    name: ClassVar[str] = "card_exchanged"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    cause: ExchangeCause


@dataclass(frozen=True, slots=True)
class CardModeChanged(_OfPerson):
    """The card became face-only, or ordinary again."""

    name: ClassVar[str] = "card_mode_changed"
    told: ClassVar[tuple[str, ...]] = ("to",)
    to: CardMode


# Certificates


@dataclass(frozen=True, slots=True)
class CertificateIssued(_OfPerson):
    """A certificate was issued under this serial number (発行の番号)."""

    name: ClassVar[str] = "certificate_issued"
    kind: CertificateKind
    serial: int
    authority: Authority
    municipality: str
    expires_on: date
    signed_with: CertificateKind | None = None


@dataclass(frozen=True, slots=True)
class RevocationRequested(_OfPerson):
    """The holder requested revocation; ``signed_with`` says which key signed an online request."""

    name: ClassVar[str] = "revocation_requested"
    told: ClassVar[tuple[str, ...]] = ("purpose",)
    kinds: tuple[CertificateKind, ...]
    purpose: RequestPurpose = RequestPurpose.END
    signed_with: CertificateKind | None = None


@dataclass(frozen=True, slots=True)
class KeyCompromiseReported(_OfPerson):
    """The holder reported a leak, or a medium that became unusable."""

    name: ClassVar[str] = "key_compromise_reported"
    told: ClassVar[tuple[str, ...]] = ("cause",)
    kinds: tuple[CertificateKind, ...]
    cause: CompromiseCause = CompromiseCause.LEAKED
    signed_with: CertificateKind | None = None


@dataclass(frozen=True, slots=True)
class RecordErrorFound(_OfPerson):
    """The agency found an error in what it had recorded."""

    name: ClassVar[str] = "record_error_found"
    kinds: tuple[CertificateKind, ...]


@dataclass(frozen=True, slots=True)
class IssuerKeyCompromised(_Happening):
    """The agency's key for these kinds leaked or was lost; without ``generation``, every key."""

    name: ClassVar[str] = "issuer_key_compromised"
    kinds: tuple[CertificateKind, ...]
    generation: int | None = None


# The phone


@dataclass(frozen=True, slots=True)
class MobileDeviceEnrolled(_OfPerson):
    """A phone was enrolled; :class:`CertificateIssued` follows for its certificates."""

    name: ClassVar[str] = "mobile_device_enrolled"
    told: ClassVar[tuple[str, ...]] = ("platform",)
    device: str
    platform: Platform


@dataclass(frozen=True, slots=True)
class MobileDeviceLossReported(_OfPerson):
    """The loss of the phone was reported and its use suspended."""

    name: ClassVar[str] = "mobile_device_loss_reported"


@dataclass(frozen=True, slots=True)
class MobileDeviceSuspensionLifted(_OfPerson):
    """The phone was found and its suspension lifted in the app."""

    name: ClassVar[str] = "mobile_device_suspension_lifted"


@dataclass(frozen=True, slots=True)
class MobileDeviceChanged(_OfPerson):
    """Something happened to a phone, and nobody applied for anything."""

    name: ClassVar[str] = "mobile_device_changed"
    told: ClassVar[tuple[str, ...]] = ("change",)
    change: MobileDeviceChange


# PINs


@dataclass(frozen=True, slots=True)
class PinBlocked(_OfPerson):
    """A PIN was entered wrongly until it was blocked."""

    name: ClassVar[str] = "pin_blocked"
    told: ClassVar[tuple[str, ...]] = ("medium", "pin")
    medium: Medium
    pin: PinKind


@dataclass(frozen=True, slots=True)
class PinReset(_OfPerson):
    """A PIN was set anew."""

    name: ClassVar[str] = "pin_reset"
    told: ClassVar[tuple[str, ...]] = ("medium", "pin")
    medium: Medium
    pin: PinKind


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
)

EVENTS: dict[str, type[Event]] = {kind.name: kind for kind in get_args(Event)}
"""Every event by its name."""
