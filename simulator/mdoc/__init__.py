"""Card-substitute records (カード代替電磁的記録) as simulated: who issues them, and the wallet.

* :func:`apply` has the phone make its keys and the card sign for them; the authority checks both
  and issues a batch of records. :func:`renew` is what the wallet does by itself.
* :func:`present` shows some items of a record to a party, in a session.
* :func:`synchronise` is what the wallet does whenever it reaches the authority, and
  :func:`push_notices` the authority's tries to reach wallets whose record has fallen.
* :func:`offline_reach` says what a phone out of reach could still do.

**Everything is unsafe on purpose**: keys and salts follow from the world's seed.
"""

from __future__ import annotations

from simulator.mdoc.authority import RecordAuthority
from simulator.mdoc.notices import FallNotice, pending_notices, push_notices
from simulator.mdoc.presenting import Biometrics, present
from simulator.mdoc.profile import DEFAULT_PROFILE, IssuingProfile
from simulator.mdoc.reach import OfflineReach, offline_reach, reach_of_wallets
from simulator.mdoc.wallet import WalletState, apply, reachable, renew, synchronise, wallet_state

__all__ = [
    "DEFAULT_PROFILE",
    "Biometrics",
    "FallNotice",
    "IssuingProfile",
    "OfflineReach",
    "RecordAuthority",
    "WalletState",
    "apply",
    "offline_reach",
    "pending_notices",
    "present",
    "push_notices",
    "reach_of_wallets",
    "reachable",
    "renew",
    "synchronise",
    "wallet_state",
]
