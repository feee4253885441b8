"""An issued certificate of a test's world: what it is now, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jpki.certificates import SubscriberCertificate, parse_certificate
from jpki.errors import ImpossibleFact
from jpki.life import CertificateId, CertificateRecord, CertificateState, Explanation, why
from jpki.terms import CertificateKind, Purpose, RevocationReason
from simulator.world import World

__all__ = ["IssuedCertificate"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class IssuedCertificate:
    """One certificate. What became of it is asked of the world's log, at the world's instant."""

    world: World
    id: CertificateId

    def __repr__(self) -> str:
        return f"<IssuedCertificate {self.kind.value} {self.serial}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IssuedCertificate):
            return NotImplemented
        return self.world is other.world and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    @classmethod
    def of(cls, world: World, der: bytes) -> IssuedCertificate:
        """Return the certificate with these bytes, DER or PEM; ``ImpossibleFact`` for a stranger.

        Raises a ``FormatError`` for what is no certificate.
        """
        parsed = parse_certificate(der)
        record = world.state().certificate(parsed.serial, purpose=parsed.purpose)
        if world.store.certificate(parsed.purpose.value, parsed.serial) != parsed.der:
            raise ImpossibleFact("this world issued another certificate with that serial number")
        return cls(world, record.id)

    @property
    def record(self) -> CertificateRecord:
        """What the agency holds about it now."""
        return self.world.state().certificates[self.id]

    @property
    def serial(self) -> int:
        """The serial number (発行の番号)."""
        return self.id.serial

    @property
    def kind(self) -> CertificateKind:
        """Which of the four it is."""
        return self.record.kind

    @property
    def purpose(self) -> Purpose:
        """Signature or user authentication."""
        return self.id.authority.purpose

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        found = self.world.store.certificate(self.purpose.value, self.serial)
        if found is None:
            raise ImpossibleFact("this world keeps no certificate with that serial number")
        return found

    @property
    def parsed(self) -> SubscriberCertificate:
        """The certificate as the library reads it."""
        return parse_certificate(self.der)

    @property
    def state(self) -> CertificateState:
        """Active, held, revoked or expired at the world's instant."""
        return self.record.state_at(self.world.now)

    @property
    def reason(self) -> RevocationReason | None:
        """The code its entry on a list has now; ``None`` when there is no entry."""
        record = self.record
        lapse = record.lapse if record.lapsed_at(self.world.now) else record.hold
        return None if lapse is None else lapse.reason

    @property
    def recorded_at(self) -> datetime | None:
        """When its loss of effect or its hold was recorded; ``None`` when there was none."""
        lapse = self.record.lapse or self.record.hold
        return None if lapse is None else lapse.recorded_at

    def why(self) -> Explanation:
        """Return the chain of causes: event, rules and articles. It names nobody."""
        return why(self.world.state(), self.serial, purpose=self.purpose)
