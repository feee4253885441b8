"""How Android phones and iPhones differ, as far as it matters here: one row each.

Every difference has a mark of its own: what is stated by a source is ``practice``, what is inferred
or left open is ``assumed``, and a caller who knows better replaces the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jpki.card.layout import TokenKind
from jpki.life.events import MobileDeviceChange, Platform
from jpki.terms import Certainty

__all__ = ["PLATFORMS", "KeysAfter", "PlatformRow", "Stated"]


class KeysAfter(StrEnum):
    """What becomes of the keys in the element."""

    STAY = "stay"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact about a platform in both languages, with how certain it is and the row it is from."""

    text_en: str
    text_ja: str
    certainty: Certainty
    row: str


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """What tells one platform from another.

    ``resets_by`` is the platform's own way to be emptied and ``keys_after_reset`` what that does to
    the keys. ``pin_without_biometrics``: whether the PIN still authenticates while biometrics are
    off. ``biometrics_when_pin_blocked``: whether a matched finger or face opens the key while the
    PIN is blocked; open, and here it does not unless the row says so. ``texts`` says all of it in
    words, by topic.
    """

    platform: Platform
    name: str
    token: TokenKind
    milestone: str
    resets_by: MobileDeviceChange
    keys_after_reset: KeysAfter
    pin_without_biometrics: bool
    biometrics_when_pin_blocked: bool
    holds_substitute: bool
    texts: Mapping[str, Stated]

    def can_happen(self, change: MobileDeviceChange) -> bool:
        """Whether a phone of this platform can undergo this; each has its own way to be emptied."""
        return change not in _RESETS or change is self.resets_by

    def keys_after(self, change: MobileDeviceChange) -> KeysAfter:
        """Return what becomes of the keys in the element (EV-63, EV-70 to EV-78)."""
        if change is self.resets_by:
            return self.keys_after_reset
        deleted = change is MobileDeviceChange.LOCAL_DATA_DELETED
        return KeysAfter.GONE if deleted else KeysAfter.STAY


_RESETS: Final = (MobileDeviceChange.FACTORY_RESET, MobileDeviceChange.ERASED)
_P, _A = Certainty.PRACTICE, Certainty.ASSUMED

_SIGNING = Stated(
    "never sign; the password does",
    "署名には使えない（署名用パスワードによる）",
    Certainty.ORDINANCE,
    "PN-6",
)
_CHANGED = Stated(
    "whether a newly enrolled finger or face serves at once is open (policy)",
    "指・顔の登録の変更後すぐ使えるかは不明（方針による）",
    _A,
    "biometrics_after_change",
)

_ANDROID: Final = PlatformRow(
    platform=Platform.ANDROID,
    name="Android",
    token=TokenKind.ANDROID_PHONE,
    milestone="mobile_android",
    resets_by=MobileDeviceChange.FACTORY_RESET,
    keys_after_reset=KeysAfter.STAY,
    pin_without_biometrics=True,
    biometrics_when_pin_blocked=False,
    holds_substitute=False,
    texts=MappingProxyType(
        {
            "element": Stated("GP-SE secure element", "GP-SE（セキュアエレメント）", _P, "A14"),
            "biometrics": Stated(
                "optional in place of the PIN; some models only",
                "暗証番号に代えて任意（機種による）",
                _P,
                "PN-7",
            ),
            "biometrics off": Stated("the PIN serves", "暗証番号による", _P, "PN-7"),
            "biometrics changed": _CHANGED,
            "biometrics and signing": _SIGNING,
            "emptied": Stated(
                "a factory reset erases nothing in the element and revokes nothing",
                "初期化ではチップ内は消去されず、失効もしない",
                _P,
                "mobile-changed.mobile",
            ),
            "wallet": Stated(
                "both certificates; no card-substitute record until the wallet edition",
                "電子証明書2種（ウォレット版までカード代替電磁的記録なし）",
                _P,
                "C-7",
            ),
        }
    ),
)
_IPHONE: Final = PlatformRow(
    platform=Platform.IPHONE,
    name="iPhone",
    token=TokenKind.IPHONE,
    milestone="mobile_iphone",
    resets_by=MobileDeviceChange.ERASED,
    keys_after_reset=KeysAfter.GONE,
    pin_without_biometrics=False,
    biometrics_when_pin_blocked=False,
    holds_substitute=True,
    texts=MappingProxyType(
        {
            "element": Stated(
                "secure hardware that Apple manages", "Appleが管理する安全な領域", _P, "A14"
            ),
            "biometrics": Stated(
                "normal in place of the PIN; the passcode is not accepted",
                "暗証番号に代えて通常使用（パスコードは不可）",
                _P,
                "PN-11",
            ),
            "biometrics off": Stated(
                "the wallet's card cannot be presented; inferred for authentication",
                "ウォレットから提示できない（利用者証明については推定）",
                _A,
                "PN-11",
            ),
            "biometrics changed": _CHANGED,
            "biometrics and signing": _SIGNING,
            "emptied": Stated(
                "erasing takes the keys and revokes nothing",
                "消去により端末内の鍵はなくなるが、失効はしない",
                _P,
                "mobile-changed.mobile",
            ),
            "wallet": Stated(
                "both certificates and a card-substitute record",
                "電子証明書2種とカード代替電磁的記録",
                _P,
                "C-7",
            ),
        }
    ),
)

PLATFORMS: Final[Mapping[Platform, PlatformRow]] = MappingProxyType(
    {row.platform: row for row in (_ANDROID, _IPHONE)}
)
"""The rows, by platform."""
