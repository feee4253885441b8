"""Which chain of shops resets which PIN (KS-8), as one page said when it was read.

Chains join and leave; the list is a state of knowledge, and no rule of law.
"""

from __future__ import annotations

from enum import StrEnum

from jpki.life.events import ResetPath

__all__ = ["KioskChain"]


class KioskChain(StrEnum):
    """Whose shop the kiosk stands in."""

    SEVEN_ELEVEN = "seven_eleven"
    AEON = "aeon"
    OTHER_BOTH = "other_both"
    """One of the further chains that reset both PINs."""
    LAWSON = "lawson"
    FAMILY_MART = "family_mart"
    MINISTOP = "ministop"
    DAIEI = "daiei"

    @property
    def path(self) -> ResetPath:
        """What its kiosks are in the matrix of resets."""
        return _PATHS.get(self, ResetPath.KIOSK)

    @property
    def label_ja(self) -> str:
        """The chain in Japanese."""
        return {
            "seven_eleven": "セブン-イレブン",
            "aeon": "イオン",
            "other_both": "その他（双方の暗証番号）",
            "lawson": "ローソン",
            "family_mart": "ファミリーマート",
            "ministop": "ミニストップ",
            "daiei": "ダイエー",
        }[self.value]

    @property
    def label_en(self) -> str:
        """The chain in English."""
        return {
            "seven_eleven": "Seven-Eleven",
            "aeon": "Aeon",
            "other_both": "another chain (both PINs)",
            "lawson": "Lawson",
            "family_mart": "FamilyMart",
            "ministop": "Ministop",
            "daiei": "Daiei",
        }[self.value]


_PATHS = dict.fromkeys(
    (KioskChain.LAWSON, KioskChain.FAMILY_MART, KioskChain.MINISTOP, KioskChain.DAIEI),
    ResetPath.KIOSK_SIGNATURE_ONLY,
)
