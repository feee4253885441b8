"""Which certificates are on the revocation list at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jpki.errors import ImpossibleFact
from jpki.jst import require_aware
from jpki.life.events import Authority
from jpki.life.state import State
from jpki.terms import CertificateKind, RevocationReason

__all__ = ["Revocation", "revocations_at"]


@dataclass(frozen=True, slots=True)
class Revocation:
    """One entry of the revocation information (失効情報).

    ``recorded_at`` is the revocationDate: the instant of recording. ``municipality`` is that of
    issue, which tells the list the entry belongs on.
    """

    serial: int
    authority: Authority
    kind: CertificateKind
    municipality: str
    recorded_at: datetime
    reason: RevocationReason


def revocations_at(state: State, at: datetime | None = None) -> tuple[Revocation, ...]:
    """Return the certificates revoked or held at ``at``, by authority and serial number.

    ``at`` defaults to the state's instant and may lie after it (nothing is recorded in between),
    never before: fold to the earlier instant instead. An entry leaves when the certificate would
    have expired (施行令 3 to 6, 7-4 to 7-7, 19 to 22, 23-4 to 23-7); a released hold is gone.
    """
    instant = state.at if at is None else require_aware(at)
    if instant < state.at:
        raise ImpossibleFact("this state is later than the instant asked about; fold to it instead")
    records = (state.certificates[each] for each in state.listed)
    entries = [
        Revocation(
            record.serial,
            record.authority,
            record.kind,
            record.municipality,
            lapse.recorded_at,
            lapse.reason,
        )
        for record in records
        if instant <= record.valid_until
        and (lapse := record.lapse if record.lapsed_at(instant) else record.hold) is not None
        and lapse.reason is not None
    ]
    return tuple(sorted(entries, key=_order))


def _order(entry: Revocation) -> tuple[str, int, int]:
    return (entry.authority.purpose.value, entry.authority.generation, entry.serial)
