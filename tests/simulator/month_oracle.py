"""What becomes of every certificate, by the events alone and a table written out by hand.

It shares no code with the fold. What each event does to the certificates that live is from the
Act (12, 16-13, 31, 34, 35-13) and its practice: first the card's, by kind; then the phone's follow
their partners, with the same code (X-2, X-4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from jpki.jst import at_time
from jpki.life import CertificateId, Recorded
from jpki.life import events as ev
from jpki.terms import CertificateKind, RevocationReason
from tests.simulator.month_of_life import CA, CS, MA, MS

R = RevocationReason
CHANGED, ENDED, RENEWED, LEAKED, HELD = (
    R.AFFILIATION_CHANGED, R.CESSATION_OF_OPERATION, R.SUPERSEDED, R.KEY_COMPROMISE,
    R.CERTIFICATE_HOLD,
)  # fmt: skip
PARTNER = {CS: MS, CA: MA}


@dataclass
class Fate:
    """What became of one certificate: periods on the list, each with its code."""

    kind: CertificateKind
    person: str
    ends_at: datetime
    listed: list[tuple[datetime, datetime | None, RevocationReason]] = field(default_factory=list)

    @property
    def held(self) -> bool:
        return bool(self.listed) and self.listed[-1][1:] == (None, HELD)

    def revoke(self, at: datetime, code: RevocationReason) -> None:
        self.release(at)
        self.listed.append((at, None, code))

    def hold(self, at: datetime) -> None:
        if not self.held:
            self.listed.append((at, None, HELD))

    def release(self, at: datetime) -> None:
        if self.held:
            since, _, code = self.listed.pop()
            self.listed.append((since, at, code))

    def told(self, at: datetime) -> tuple[datetime, RevocationReason] | None:
        """What data made at this instant says: since when, and why; None when it is not listed."""
        if at > self.ends_at:
            return None
        for since, to, code in reversed(self.listed):
            if since <= at and (to is None or at < to):
                return since, code
        return None


def effects(event: ev.Event) -> dict[CertificateKind, RevocationReason]:
    """Which certificates of the person fall, and with which code."""
    match event:
        case ev.ResidentRecordAmended():  # EV-01, EV-07
            return {CS: CHANGED}
        case ev.ResidentRecordDeleted(ground=ev.DeletionGround.DEATH):  # EV-13
            return {CS: CHANGED, CA: CHANGED}
        case ev.CardLossReported():  # EV-34, EV-35: the code of a hold, and yet no way back
            return {CS: HELD}
        case ev.CardReissueRequested():  # EV-37
            return {CS: ENDED, CA: ENDED}
        case ev.RevocationRequested(kinds=kinds, purpose=purpose):  # EV-48, EV-50, EV-62
            code = RENEWED if purpose is ev.RequestPurpose.RENEWAL else ENDED
            return dict.fromkeys(kinds, code)
        case ev.KeyCompromiseReported(kinds=kinds):  # EV-53
            return dict.fromkeys(kinds, LEAKED)
        case ev.MobileDeviceEnrolled():  # EV-64: the old pair is replaced
            return {MS: RENEWED, MA: RENEWED}
        case ev.MobileDeviceLossReported():  # EV-66
            return {MS: HELD}
        case _:
            return {}


class Oracle:
    """The fates of all certificates, told from the log's events alone."""

    def __init__(self, entries: Iterable[Recorded]) -> None:
        self.fates: dict[CertificateId, Fate] = {}
        self.final: set[CertificateId] = set()
        self._live: dict[tuple[str, CertificateKind], CertificateId] = {}
        for entry in sorted(entries, key=lambda each: each.seq):
            self._take(entry.event, entry.recorded_at)

    def _take(self, event: ev.Event, at: datetime) -> None:
        if isinstance(event, ev.CertificateIssued):
            identity = CertificateId(event.authority, event.serial)
            ends_at = at_time(event.expires_on + timedelta(days=1), time(0, 0))
            ends_at -= timedelta(seconds=1)
            self.fates[identity] = Fate(event.kind, event.person, ends_at)
            self._live[event.person, event.kind] = identity
            return
        assert not isinstance(event, ev.IssuerKeyCompromised)
        for kind, code in effects(event).items():
            if self._revoke(event.person, kind, at, code) and kind in PARTNER:
                self._revoke(event.person, PARTNER[kind], at, code)
        if isinstance(event, ev.CardLossReported):
            self._fate(event.person, CA, Fate.hold, at)
        if isinstance(event, ev.CardSuspensionLifted):
            self._fate(event.person, CA, Fate.release, at)
        if isinstance(event, ev.MobileDeviceLossReported):
            self._fate(event.person, MA, Fate.hold, at)
        if isinstance(event, ev.MobileDeviceSuspensionLifted):
            self._fate(event.person, MA, Fate.release, at)

    def _revoke(
        self, person: str, kind: CertificateKind, at: datetime, code: RevocationReason
    ) -> bool:
        identity = self._live.pop((person, kind), None)
        if identity is None or at > self.fates[identity].ends_at:
            return False
        self.fates[identity].revoke(at, code)
        self.final.add(identity)
        return True

    def _fate(
        self, person: str, kind: CertificateKind, what: Callable[[Fate, datetime], None],
        at: datetime,
    ) -> None:  # fmt: skip
        identity = self._live.get((person, kind))
        if identity is not None:
            what(self.fates[identity], at)

    def told(self, at: datetime) -> dict[CertificateId, tuple[datetime, RevocationReason]]:
        """Everything that data made at this instant lists."""
        found = ((identity, fate.told(at)) for identity, fate in self.fates.items())
        return {identity: told for identity, told in found if told is not None}
