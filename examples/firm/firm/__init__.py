"""A firm that opens accounts with JPKI signatures. It imports jpki, and never the simulator."""

from firm.accounts import Account, AccountDesk, Answer
from firm.checks import AgencySource, Checks
from firm.login import LoginDesk
from firm.nightly import NightlyResult, check_again

__all__ = [
    "Account",
    "AccountDesk",
    "AgencySource",
    "Answer",
    "Checks",
    "LoginDesk",
    "NightlyResult",
    "check_again",
]
