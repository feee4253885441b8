"""A firm that opens accounts with JPKI signatures. It imports jpki, and never the simulator."""

from firm.accounts import Account, AccountDesk, Answer
from firm.checks import Checks, sources_of
from firm.login import LoginDesk
from firm.nightly import NightlyResult, check_again

__all__ = [
    "Account",
    "AccountDesk",
    "Answer",
    "Checks",
    "LoginDesk",
    "NightlyResult",
    "check_again",
    "sources_of",
]
