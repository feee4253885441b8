"""The agency (J-LIS, 機構) as simulated: it issues, and it says what has lost effect.

What it knows is the world's log. A revocation list for an instant is worked out from the log, so
asking again gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki.certificates import AuthorityCertificate, BasicAttributes, parse_authority
from jpki.errors import ImpossibleFact
from jpki.life import Authority, CertificateId, CertificateRecord, Person, revocations_at
from jpki.life.events import CertificateIssued
from jpki.revocation import RevocationList, RevokedEntry, parse_revocation_list
from jpki.terms import CertificateKind, Purpose
from simulator.agency.authority import (
    SimulatedAuthority,
    create_authority,
    next_issue_number,
)
from simulator.agency.issue import (
    Issuance,
    ProfileOptions,
    authentication_common_name,
    issue_authentication_certificate,
    issue_signature_certificate,
    signature_common_name,
)
from simulator.agency.publish import Edition, build_revocation_list
from simulator.municipalities import Municipality, municipality

if TYPE_CHECKING:
    from simulator.world import World

__all__ = ["GENERATIONS", "Agency", "Generation"]


@dataclass(frozen=True, slots=True)
class Generation:
    """When a generation of the authorities begins, and its certificate's place in the counters."""

    number: int
    begins_at: datetime
    serials: dict[Purpose, int]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


# The real generations begin on these days (about every four years, so that no certificate outlives
# its authority). The serials follow the real counters' order of size; the fourth generation and its
# day are a guess (C).
GENERATIONS: Final = (
    Generation(
        1,
        _utc("2015-10-20T03:00:00"),
        {Purpose.SIGNATURE: 1, Purpose.USER_AUTHENTICATION: 1},
    ),
    Generation(
        2,
        _utc("2019-09-14T23:42:00"),
        {Purpose.SIGNATURE: 20_000_000, Purpose.USER_AUTHENTICATION: 20_000_001},
    ),
    Generation(
        3,
        _utc("2023-07-16T01:00:00"),
        {Purpose.SIGNATURE: 108_000_000, Purpose.USER_AUTHENTICATION: 114_000_000},
    ),
    Generation(
        4,
        _utc("2027-07-01T01:00:00"),
        {Purpose.SIGNATURE: 200_000_000, Purpose.USER_AUTHENTICATION: 210_000_000},
    ),
)


# The real certificates name the real responder. Simulated ones must not send anybody there, so they
# name a host that cannot exist (RFC 2606).
_RESPONDERS: Final = {
    kind: (
        "http://ocspauthnorm.jpki-sim.invalid"
        if kind.purpose is Purpose.USER_AUTHENTICATION
        else None
    )
    for kind in CertificateKind
}


class Agency:
    """The agency of one world."""

    def __init__(
        self,
        world: World,
        *,
        options: ProfileOptions | None = None,
        generations: tuple[Generation, ...] = GENERATIONS,
    ) -> None:
        self._world = world
        self._options = options or ProfileOptions(ocsp_urls=_RESPONDERS)
        self._generations = {known.number: known for known in generations}
        self._authorities: dict[Authority, SimulatedAuthority] = {}

    def current(self, purpose: Purpose, at: datetime) -> Authority:
        """Return the authority that issues for a purpose at an instant: the newest generation."""
        begun = [known for known in self._generations.values() if known.begins_at <= at]
        if not begun:
            raise ImpossibleFact("no authority issued My Number card certificates so early")
        return Authority(purpose, begun[-1].number)

    def authority(self, authority: Authority) -> SimulatedAuthority:
        """Return an authority with its key and its self-signed certificate."""
        if authority not in self._authorities:
            generation = self._generations[authority.generation]
            self._authorities[authority] = create_authority(
                authority.purpose,
                generation=generation.number,
                keys=self._world.keys,
                at=generation.begins_at,
                serial=generation.serials[authority.purpose],
            )
        return self._authorities[authority]

    def roots(self, at: datetime) -> tuple[AuthorityCertificate, ...]:
        """Return the authorities a verifier would be handed at an instant, one a purpose."""
        return tuple(
            parse_authority(self.authority(self.current(purpose, at)).certificate.der)
            for purpose in Purpose
        )

    def issue(
        self,
        person: Person,
        kind: CertificateKind,
        public_key: RSAPublicKey,
        *,
        expires_on: date,
        signed_with: CertificateKind | None = None,
    ) -> bytes:
        """Issue a certificate now, record that it was issued, and return its DER."""
        place = municipality(person.municipality)
        with self._world.transaction():
            authority = self.current(kind.purpose, self._world.now)
            serial = self._next_serial(authority)
            issued = CertificateIssued(
                person=person.id,
                kind=kind,
                serial=serial,
                authority=authority,
                municipality=place.code,
                expires_on=expires_on,
                signed_with=signed_with,
            )
            self._world.record(issued)
            record = self._world.state().certificates[CertificateId(authority, serial)]
            der = self.certificate_of(record, public_key)
            self._world.store.add_certificate(kind.purpose.value, serial, der)
        return der

    def certificate_of(self, record: CertificateRecord, public_key: RSAPublicKey) -> bytes:
        """Return the DER of a certificate on record; the same bytes as when it was issued."""
        kind, serial, at = record.kind, record.serial, record.issued_at
        place = municipality(record.municipality)
        chance = self._world.chance.stream(f"common name/{kind.value}/{serial}")
        signing = kind.purpose is Purpose.SIGNATURE
        common_name = (
            signature_common_name(chance, at=at)
            if signing
            else authentication_common_name(chance, at=at, municipality=place)
        )
        issuance = Issuance(kind, serial, common_name, public_key, place, at, record.expires_on)
        issuer = self.authority(record.authority)
        items = record.items
        if items is None:
            return issue_authentication_certificate(issuer, issuance, options=self._options)
        attributes = BasicAttributes.of(
            name=items.name, birth_date=items.birth_date, sex=items.sex, address=items.address
        )
        return issue_signature_certificate(
            issuer, issuance, attributes=attributes, options=self._options
        )

    def revocation_list(self, authority: Authority, place: Municipality, at: datetime) -> bytes:
        """Return the list of one authority's certificates issued in one municipality at ``at``.

        The list's number is the count of seconds since 1970, so that later lists have higher
        numbers; how the real lists are numbered is not published (?).
        """
        state = self._world.state(at)
        entries = {
            revocation.serial: RevokedEntry(revocation.recorded_at, revocation.reason.value)
            for revocation in revocations_at(state)
            if revocation.authority == authority and revocation.municipality == place.code
        }
        return build_revocation_list(
            self.authority(authority),
            entries,
            edition=Edition.daily(int(at.timestamp()), at),
            municipality=place,
        )

    def revocation_lists(self, at: datetime) -> tuple[RevocationList, ...]:
        """Return every list that speaks of a certificate issued by ``at``, made at ``at``."""
        records = self._world.state(at).certificates.values()
        partitions = sorted(
            {(r.authority.purpose, r.authority.generation, r.municipality) for r in records}
        )
        return tuple(
            parse_revocation_list(
                self.revocation_list(Authority(purpose, generation), municipality(code), at)
            )
            for purpose, generation, code in partitions
        )

    def _next_serial(self, authority: Authority) -> int:
        """One counter a purpose, across both media and all generations."""
        generation = self._generations[authority.generation]
        last = self._world.store.last_serial(authority.purpose.value)
        return next_issue_number(max(last, generation.serials[authority.purpose]))
