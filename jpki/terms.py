"""The words shared by every part: closed sets as enums, with their Japanese labels.

Provisions are those of the Act on Certification Business of Japan Agency for Local Authority
Information Systems in Relation to Electronic Signatures (平成14年法律第153号, "the Act").
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

__all__ = [
    "Certainty",
    "CertificateKind",
    "Hierarchy",
    "Medium",
    "PinKind",
    "Purpose",
    "RevocationReason",
    "Sex",
]


class Purpose(StrEnum):
    """What a certificate is for: signing (Act 2(1)) or proving presence (Act 2(2))."""

    SIGNATURE = "signature"
    USER_AUTHENTICATION = "user_authentication"

    @property
    def label_ja(self) -> str:
        """The Act's word."""
        return {"signature": "署名用", "user_authentication": "利用者証明用"}[self.value]


class Medium(StrEnum):
    """Where the private key lives: the card (個人番号カード) or a phone (移動端末設備)."""

    CARD = "card"
    MOBILE_DEVICE = "mobile_device"

    @property
    def label_ja(self) -> str:
        """The Act's word."""
        return {"card": "個人番号カード用", "mobile_device": "移動端末設備用"}[self.value]


class CertificateKind(StrEnum):
    """The four subscriber certificates: two purposes on two media (Act 3, 22, 16-2, 35-2)."""

    CARD_SIGNATURE = "card_signature"
    CARD_AUTHENTICATION = "card_authentication"
    MOBILE_SIGNATURE = "mobile_signature"
    MOBILE_AUTHENTICATION = "mobile_authentication"

    @property
    def purpose(self) -> Purpose:
        """Signature or user authentication."""
        return Purpose.SIGNATURE if self.endswith("signature") else Purpose.USER_AUTHENTICATION

    @property
    def medium(self) -> Medium:
        """Card or mobile device."""
        return Medium.CARD if self.startswith("card") else Medium.MOBILE_DEVICE

    @property
    def partner(self) -> CertificateKind:
        """The certificate of the same purpose on the other medium (Act 16-13, 35-13)."""
        return CertificateKind.of(
            self.purpose, Medium.MOBILE_DEVICE if self.medium is Medium.CARD else Medium.CARD
        )

    @property
    def label_ja(self) -> str:
        """The Act's full name, such as 個人番号カード用署名用電子証明書."""
        return f"{self.medium.label_ja}{self.purpose.label_ja}電子証明書"

    @classmethod
    def of(cls, purpose: Purpose, medium: Medium) -> CertificateKind:
        """Return the kind with this purpose on this medium."""
        return next(kind for kind in cls if (kind.purpose, kind.medium) == (purpose, medium))


class Hierarchy(StrEnum):
    """Which family of authorities a certificate comes from; told by O= in its issuer."""

    PRODUCTION = "JPKI"
    TEST = "JPKI-TEST"
    SIMULATED = "JPKI-SIM"


class RevocationReason(IntEnum):
    """The RFC 5280 §5.3.1 reason codes that JPKI uses."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6

    @property
    def rfc_name(self) -> str:
        """The name RFC 5280 gives the code, such as ``affiliationChanged``."""
        return _RFC_NAMES[self]

    @property
    def label_ja(self) -> str:
        """What the code means in JPKI, in Japanese."""
        return _REASONS_JA[self]

    @classmethod
    def from_rfc_name(cls, name: str) -> RevocationReason:
        """Return the code with this RFC 5280 name; ``ValueError`` when JPKI does not use it."""
        for reason, rfc_name in _RFC_NAMES.items():
            if rfc_name == name:
                return reason
        raise ValueError(f"{name!r} is not a revocation reason that JPKI uses")


_RFC_NAMES = {
    RevocationReason.UNSPECIFIED: "unspecified",
    RevocationReason.KEY_COMPROMISE: "keyCompromise",
    RevocationReason.CA_COMPROMISE: "cACompromise",
    RevocationReason.AFFILIATION_CHANGED: "affiliationChanged",
    RevocationReason.SUPERSEDED: "superseded",
    RevocationReason.CESSATION_OF_OPERATION: "cessationOfOperation",
    RevocationReason.CERTIFICATE_HOLD: "certificateHold",
}
_REASONS_JA = {
    RevocationReason.UNSPECIFIED: "交付前の廃棄",
    RevocationReason.KEY_COMPROMISE: "利用者の秘密鍵の危殆化",
    RevocationReason.CA_COMPROMISE: "発行者の秘密鍵の危殆化",
    RevocationReason.AFFILIATION_CHANGED: "記載事項の変更（異動等）",
    RevocationReason.SUPERSEDED: "更新による置き換え",
    RevocationReason.CESSATION_OF_OPERATION: "利用の終了",
    RevocationReason.CERTIFICATE_HOLD: "一時停止",
}


class PinKind(StrEnum):
    """The PINs of the JPKI application."""

    SIGNATURE_PASSWORD = "signature_password"  # noqa: S105  the name of a kind, not a secret
    USER_PIN = "user_pin"

    @property
    def label_ja(self) -> str:
        """The name printed on the holder's papers."""
        return {
            "signature_password": "署名用電子証明書暗証番号",
            "user_pin": "利用者証明用電子証明書暗証番号",
        }[self.value]


class Sex(StrEnum):
    """The sex item of a signature certificate; the code for *unknown* is uncertain (?)."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"

    @property
    def label_ja(self) -> str:
        """男, 女 or 不明."""
        return {"male": "男", "female": "女", "unknown": "不明"}[self.value]


class Certainty(StrEnum):
    """How sure a rule is: from the text of the law down to our own assumption."""

    STATUTE = "statute"
    ORDINANCE = "ordinance"
    NOTICE = "notice"
    PRACTICE = "practice"
    ASSUMED = "assumed"

    @property
    def label_ja(self) -> str:
        """法律, 政省令, 告示・通知, 運用, 推定."""
        return {
            "statute": "法律",
            "ordinance": "政省令",
            "notice": "告示・通知",
            "practice": "運用",
            "assumed": "推定",
        }[self.value]
