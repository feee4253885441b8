"""The closed sets from which the fields of events take their values."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "CardMode",
    "CardPin",
    "CardPresence",
    "ChangedNumber",
    "Channel",
    "CompromiseCause",
    "ConsentClient",
    "ConsentItem",
    "Deadline",
    "DeletionGround",
    "Destination",
    "ExchangeCause",
    "FuriganaChange",
    "Minor",
    "MobileDeviceChange",
    "Nationality",
    "Platform",
    "RecordItem",
    "Register",
    "ReissueCause",
    "RequestPurpose",
    "ResetPath",
    "ResidenceCause",
    "ReturnCause",
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


class CardPin(StrEnum):
    """The card's PINs outside the JPKI application (P3 to P6)."""

    TEXT_AID = "text_aid_pin"
    RESIDENT_REGISTER = "resident_register_pin"
    COLLATION_A = "collation_number_a"
    COLLATION_B = "collation_number_b"


class ResidenceCause(StrEnum):
    """Why a residence period changed (K 27(2))."""

    EXTENDED = "extended"
    DECISION_PENDING = "decision_pending"
    PERMANENT = "permanent"


class ResetPath(StrEnum):
    """Where a PIN is set anew; ``KIOSK_SIGNATURE_ONLY`` are the chains that offer one PIN."""

    COUNTER = "counter"
    POST_OFFICE = "post_office"
    KIOSK = "kiosk"
    KIOSK_SIGNATURE_ONLY = "kiosk_signature_only"
    PHONE_APP = "phone_app"
    CALL_CENTRE = "call_centre"
    POST_OR_EMAIL = "post_or_email"
    CLINIC_READER = "clinic_reader"


class ConsentItem(StrEnum):
    """One of the four items, consented to by itself (施行規則 35-2(2))."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    ADDRESS = "address"


class ConsentClient(StrEnum):
    """Through what a consent was given or withdrawn."""

    VERIFIER = "verifier"
    MYNAPORTAL = "mynaportal"
    MYNAPORTAL_MOBILE = "mynaportal_mobile"
