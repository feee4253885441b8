"""The nightly run: is every certificate that an account rests on still in effect?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from firm.accounts import Account
from firm.checks import Checks
from jpki.validation import Verdict

__all__ = ["NightlyResult", "check_again"]


@dataclass(frozen=True, slots=True)
class NightlyResult:
    """Numbers of accounts: found good, frozen tonight, and those that nobody could tell about."""

    good: tuple[int, ...]
    frozen: tuple[int, ...]
    unknown: tuple[int, ...]


def check_again(accounts: Iterable[Account], checks: Checks, *, at: datetime) -> NightlyResult:
    """Freeze the accounts whose certificate has lost effect; leave those nobody could check."""
    found: dict[Verdict, list[int]] = {verdict: [] for verdict in Verdict}
    for account in accounts:
        if account.frozen:
            continue
        verdict = checks.certificate(account.certificate, at=at).verdict
        found[verdict].append(account.number)
        account.frozen = verdict is Verdict.INVALID
    return NightlyResult(
        good=tuple(found[Verdict.VALID]),
        frozen=tuple(found[Verdict.INVALID]),
        unknown=tuple(found[Verdict.INDETERMINATE]),
    )
