"""What a phone that nobody reaches could still do with the record in its wallet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jpki.jst import moment
from jpki.validation import Language
from simulator.mdoc.memory import Wallet, Wallets
from simulator.mdoc.wallet import fall_of, held
from simulator.world import World

__all__ = ["OfflineReach", "offline_reach", "reach_of_wallets"]


@dataclass(frozen=True, slots=True)
class OfflineReach:
    """What is left to do: for how many further parties, for how many again, until when.

    ``fallen_by`` is the rule by which the record has already fallen, of which neither the phone
    nor a reader knows.
    """

    new_parties: int
    known_parties: int
    until: datetime | None
    fallen_by: str | None

    @property
    def anything(self) -> bool:
        """Whether anything can still be shown."""
        return self.until is not None

    def words(self, language: Language = "en") -> str:
        """Return it as a sentence."""
        if self.until is None:
            return _NOTHING[language]
        known = _FALLEN[language].format(rule=self.fallen_by) if self.fallen_by else ""
        return _SENTENCE[language].format(
            new=self.new_parties, known=self.known_parties, until=moment(self.until), fallen=known
        )


def offline_reach(world: World, person_id: str) -> OfflineReach:
    """Return what the phone could still do out of reach, whatever became of the record.

    A reader has no status list to ask (CAE-6), so what stops such a phone is the sending program
    that has to check before each presentation (CAE-1), and else the end of the record's month.
    """
    wallet = held(world, person_id)
    return OfflineReach(0, 0, None, None) if wallet is None else _reach(world, wallet)


def reach_of_wallets(world: World, person_id: str) -> tuple[tuple[str, OfflineReach], ...]:
    """Return the same for every phone of a person that holds records, a replaced one too."""
    return tuple(
        (wallet.device, _reach(world, wallet))
        for wallet in Wallets(world.store).every()
        if wallet.holder == person_id
    )


def _reach(world: World, wallet: Wallet) -> OfflineReach:
    if wallet.ended_at(world.now):
        return OfflineReach(0, 0, None, None)
    fall = fall_of(world, wallet)
    return OfflineReach(
        new_parties=wallet.unused,
        known_parties=len(wallet.records) - wallet.unused,
        until=wallet.valid_until,
        fallen_by=None if fall is None else fall.rule,
    )


_NOTHING = {"en": "nothing can be shown", "ja": "提示できるものはありません"}
_FALLEN = {
    "en": " It has already lost effect [{rule}], which neither phone nor readers can know.",
    "ja": " 既に効力を失っていますが [{rule}]、端末も読み取る側も知ることができません。",
}
_SENTENCE = {
    "en": "a phone out of reach could show it to {new} new and {known} earlier parties until "
    "{until}, were it not for the sending program's duty to check first.{fallen}",
    "ja": "通信できない端末は、{until}まで、新たに{new}者、既に示した{known}者に"
    "提示できてしまいます（送信用プログラムの確認義務がなければ）。{fallen}",
}
