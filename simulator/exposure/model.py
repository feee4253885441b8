"""What an exposure report says: frozen values that a page, a test or a file can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jpki.life import CertificateState
from jpki.life.events import Platform
from jpki.terms import Certainty, CertificateKind

__all__ = [
    "ExposureReport",
    "Finding",
    "Layer",
    "Reach",
    "RecordExposure",
    "Standing",
    "Until",
    "Use",
    "Who",
]


class Who(StrEnum):
    """In whose hand the phone is, and what that person knows."""

    HOLDER = "holder"
    FINDER = "finder_without_pin"
    UNLOCKED = "holding_it_unlocked"
    THIEF = "thief_with_pin"
    BUYER = "buyer"

    @property
    def label_en(self) -> str:
        """Who it is, in English."""
        return _WHO[self][0]

    @property
    def label_ja(self) -> str:
        """Who it is, in Japanese."""
        return _WHO[self][1]


_WHO = {
    Who.HOLDER: ("the holder", "本人"),
    Who.FINDER: ("a finder or thief without the PINs", "暗証番号を知らない拾得者・窃取者"),
    Who.UNLOCKED: (
        "somebody with the phone unlocked, without the PINs",
        "ロック解除された端末を持つ、暗証番号を知らない者",
    ),
    Who.THIEF: ("a thief who knows the PINs", "暗証番号を知る窃取者"),
    Who.BUYER: (
        "a buyer of the phone, emptied in its system's way",
        "端末の初期化・消去の後に買い受けた者",
    ),
}


class Layer(StrEnum):
    """What can stand in the way of a use, from the phone outwards."""

    ERASURE = "erasure"
    PIN = "pin"
    BIOMETRICS = "biometrics"
    DUTY_TO_APPLY = "duty_to_apply"
    NOTICE = "notice"
    NEW_ENROLMENT = "new_enrolment"
    SUSPENSION = "suspension"
    CARD = "card"
    AGENCY = "agency"
    BUYERS_ASK = "buyers_ask"
    VALIDITY = "validity"
    VERIFIER = "verifier"

    @property
    def label_en(self) -> str:
        """The layer, in English."""
        return _LAYERS[self][0]

    @property
    def label_ja(self) -> str:
        """The layer, in Japanese."""
        return _LAYERS[self][1]


_LAYERS = {
    Layer.ERASURE: ("erasure of the keys", "鍵の消去"),
    Layer.PIN: ("PIN", "暗証番号"),
    Layer.BIOMETRICS: ("biometrics", "生体認証"),
    Layer.DUTY_TO_APPLY: ("the holder's duty to apply", "本人の失効申請の義務"),
    Layer.NOTICE: ("the holder's notice", "本人の届出"),
    Layer.NEW_ENROLMENT: ("enrolment of another phone", "別の端末の登録"),
    Layer.SUSPENSION: ("suspension by phone call", "電話による一時利用停止"),
    Layer.CARD: ("loss of the card's certificate", "カード用の失効への連動"),
    Layer.AGENCY: ("the agency's own record", "機構による失効の記録"),
    Layer.BUYERS_ASK: ("buyers ask sellers to revoke", "買受人・店舗による失効の確認"),
    Layer.VALIDITY: ("end of the validity period", "有効期間の満了"),
    Layer.VERIFIER: ("the verifier's check", "検証者による確認"),
}


class Standing(StrEnum):
    """Whether a layer stops a use: now, from a later instant or contact on, or not so far."""

    STOPS = "stops"
    LATER = "later"
    NOT_TAKEN = "not_taken"
    OPEN = "open"

    @property
    def label_en(self) -> str:
        """The word, in English."""
        return self.value.replace("_", " ")

    @property
    def label_ja(self) -> str:
        """防ぐ, 後に防ぐ, 未実施 or 不明."""
        return {
            "stops": "防いでいる",
            "later": "後に防ぐ",
            "not_taken": "まだ効いていない",
            "open": "不明",
        }[self.value]


class Reach(StrEnum):
    """Whether somebody can make the phone sign or authenticate at all; ``open`` is unsettled."""

    CAN = "can"
    CANNOT = "cannot"
    OPEN = "open"

    @property
    def label_ja(self) -> str:
        """できる, できない or 不明."""
        return {"can": "できる", "cannot": "できない", "open": "不明"}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """A layer, whether it stops this use, since or from when, and the row that it rests on."""

    layer: Layer
    standing: Standing
    rule: str
    note_en: str
    note_ja: str
    basis_en: str
    basis_ja: str
    certainty: Certainty
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Until:
    """Until when a signature of the key is taken, by what the verifier relies on.

    ``effect_ends`` is the instant in law: the record, or the end of the last day, ``expires_at``.
    A verifier who asks OCSP learns of a record at ``ocsp``, one who loads the daily lists at
    ``lists``; of the end of the period both know by themselves. While ``recorded`` is false,
    nothing has been done, and only expiry ends it.
    """

    effect_ends: datetime
    ocsp: datetime
    lists: datetime
    expires_at: datetime
    recorded: bool

    @property
    def latest(self) -> datetime:
        """When the last verifier who keeps to the rules stops accepting."""
        return min(max(self.ocsp, self.lists), self.expires_at)

    def accepted_at(self, at: datetime) -> bool:
        """Whether some verifier still takes it: up to the last instant of the period, included."""
        unseen = not self.recorded or at < max(self.ocsp, self.lists)
        return unseen and at <= self.expires_at


@dataclass(frozen=True, slots=True)
class Use:
    """Whether somebody with a phone could use one of its certificates, and what stops that.

    ``accepted`` is whether some verifier who does all that is asked would still take it at the
    report's instant; ``stopped_by`` the first layer that stops it, physically before by record.
    """

    device: str
    platform: Platform
    enrolled: bool
    kind: CertificateKind
    serial: int
    certificate: CertificateState
    who: Who
    reach: Reach
    until: Until
    accepted: bool
    findings: tuple[Finding, ...]

    @property
    def exposed(self) -> bool:
        """Whether it could be used now: made by the phone, and taken by somebody."""
        return self.reach is not Reach.CANNOT and self.accepted

    @property
    def stopped_by(self) -> Finding | None:
        """The first layer that stops it now, or ``None`` while it can be used."""
        if self.exposed:
            return None
        return next((each for each in self.findings if each.standing is Standing.STOPS), None)


@dataclass(frozen=True, slots=True)
class RecordExposure:
    """A card-substitute record in a phone's wallet, and to how many it could still be shown.

    A reader has nothing to ask whether it has effect (CAE-6). What stops a phone that is not
    ``reachable`` is its sending program, which has to check first (CAE-1), and else ``until``, the
    end of the record's month. ``fallen_by`` is the rule by which it has already fallen, and
    ``notices_sent`` how often the phone was told so without confirming.
    """

    device: str
    reachable: bool
    new_parties: int
    known_parties: int
    until: datetime
    fallen_by: str | None
    notices_sent: int

    @property
    def exposed(self) -> bool:
        """Whether it has fallen and is still in a wallet that could show it."""
        return self.fallen_by is not None


@dataclass(frozen=True, slots=True)
class ExposureReport:
    """All of it for one person at one instant.

    ``phones_seen``: whether the phones themselves were looked at; without it, as for an instant in
    the past, they are taken to be offline, with their keys unless the log says otherwise; of their
    wallets nothing is told then.
    """

    person: str
    at: datetime
    phones_seen: bool
    uses: tuple[Use, ...]
    records: tuple[RecordExposure, ...] = ()

    @property
    def exposed(self) -> tuple[Use, ...]:
        """The uses that are possible now."""
        return tuple(use for use in self.uses if use.exposed)

    def use(self, device: str, kind: CertificateKind, who: Who) -> Use | None:
        """Return one use, or ``None`` when the phone never had such a certificate."""
        found = (u for u in self.uses if (u.device, u.kind, u.who) == (device, kind, who))
        return next(found, None)
