"""The agency (J-LIS, 機構) as simulated: it issues, and it says what has lost effect.

What it knows is the world's log. A revocation list for an instant is worked out from the log, so
asking again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki.certificates import AuthorityCertificate, BasicAttributes, parse_authority
from jpki.errors import ImpossibleFact
from jpki.law import Act, Actor, Rulebook, VerifierRole
from jpki.life import (
    Authority,
    CertificateId,
    CertificateRecord,
    FourItems,
    FourItemsAnswer,
    Knowledge,
    LinkedSerial,
    Person,
    Recorded,
    State,
    deadlines_due,
    four_items_answer,
    known_from_ocsp,
    linked_serial,
    revocations_at,
)
from jpki.life.events import CertificateIssued, IssuerKeyCompromised, RecordErrorFound
from jpki.revocation import RevocationList, RevokedEntry, parse_revocation_list
from jpki.terms import CertificateKind, Purpose
from simulator.acting import performs
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
from simulator.agency.possession import Possession
from simulator.agency.publish import Edition, build_revocation_list
from simulator.agency.substitutes import recorded_name, with_substitutes
from simulator.municipalities import Municipality, municipality

if TYPE_CHECKING:
    from simulator.world import World

__all__ = ["GENERATIONS", "Agency", "Generation", "attributes_of", "entries_of"]


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

    @property
    def book(self) -> Rulebook:
        """The tables and policies of the world."""
        return self._world.book

    @property
    def now(self) -> datetime:
        """The present instant of the world."""
        return self._world.now

    def current(self, purpose: Purpose, at: datetime) -> Authority:
        """Return the authority that issues for a purpose at an instant: the newest generation."""
        begun = [known for known in self._generations.values() if known.begins_at <= at]
        if not begun:
            raise ImpossibleFact("no authority issued My Number card certificates so early")
        return Authority(purpose, max(begun, key=lambda known: known.begins_at).number)

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

    def all_roots(self, at: datetime) -> tuple[AuthorityCertificate, ...]:
        """Return every authority that has begun by an instant and has not ended, oldest first.

        Around a change of generation a verifier needs those of both: what the old one issued goes
        on until its own end.
        """
        certificates = (
            parse_authority(self.authority(Authority(purpose, known.number)).certificate.der)
            for purpose in Purpose
            for known in self._generations.values()
            if known.begins_at <= at
        )
        return tuple(root for root in certificates if at <= root.not_after)

    def challenge(self, kind: CertificateKind) -> bytes:
        """Return what the key for the next certificate of a kind has to sign, 32 bytes.

        It belongs to the next issue number of the purpose, so a proof is good for one certificate.
        """
        serial = self._next_serial(self.current(kind.purpose, self._world.now))
        return self._world.chance.stream(f"issue challenge/{kind.value}/{serial}").bytes(32)

    @performs(Actor.AGENCY, Act.ISSUE)
    def issue(
        self,
        person: Person,
        kind: CertificateKind,
        possession: Possession,
        *,
        expires_on: date,
        signed_with: CertificateKind | None = None,
    ) -> bytes:
        """Issue a certificate now, record that it was issued, and return its DER.

        Raises ``Refused`` unless the new key signed the present ``challenge`` for this kind.
        """
        place = municipality(person.municipality)
        with self._world.transaction():
            possession.check(kind, self.challenge(kind))
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
            der = self.certificate_of(record, possession.public_key)
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
        return issue_signature_certificate(
            issuer,
            issuance,
            attributes=attributes_of(items),
            name_reading=items.furigana or None,
            options=self._options,
        )

    @performs(Actor.AGENCY, Act.RECORD_REVOCATION)
    def record_deadlines(self, *, on_its_way: Collection[str] = ()) -> tuple[Recorded, ...]:
        """Record every period that has run out by now: the agency's daily run (Act 31(1)(ii)).

        The municipality would report most of them; what has run out is recorded once. People about
        whom a notice is ``on_its_way`` are left out. A world makes the run by itself each day.
        """
        recorded = []
        with self._world.transaction():
            for passed in deadlines_due(self._world.state(), self.now):
                # One period that is over may leave nothing for another of the same person to end.
                due = deadlines_due(self._world.state(), self.now)
                if passed.person not in on_its_way and passed in due:
                    recorded.append(self._world.record(passed, known_at=self.now))
        return tuple(recorded)

    @performs(Actor.AGENCY, Act.RECORD_REVOCATION)
    def record_error(self, person: str, kinds: tuple[CertificateKind, ...]) -> Recorded:
        """Record that what was recorded about these certificates is wrong (Act 13, 32, 16-11)."""
        return self._world.record(RecordErrorFound(person=person, kinds=kinds))

    @performs(Actor.AGENCY, Act.RECORD_REVOCATION)
    def record_key_compromise(
        self, kinds: tuple[CertificateKind, ...], *, generation: int | None = None
    ) -> Recorded:
        """Record that the key with which these kinds are issued leaked or was lost (Act 14, 33)."""
        return self._world.record(IssuerKeyCompromised(kinds=kinds, generation=generation))

    @performs(Actor.AGENCY, Act.ANSWER_OCSP)
    def status(self, certificate: CertificateId) -> Knowledge:
        """Return what the agency answers about a certificate now (Act 18(1), 37(1); VS-1).

        The answer is as old as the data behind it, which is renewed about every 15 minutes.
        """
        record = self._world.state().certificates.get(certificate)
        if record is None:
            raise ImpossibleFact("no certificate has this authority and serial number")
        entries = entries_of(self._world.entries, record.person)
        return known_from_ocsp(entries, certificate, at=self.now, book=self.book)

    @performs(Actor.AGENCY, Act.PROVIDE_FOUR_ITEMS)
    def four_items(self, verifier: str, serial: int) -> FourItemsAnswer:
        """Return the successor and items that a verifier is told (Act 18(3); VS-4)."""
        return four_items_answer(self._world.state(), verifier, serial)

    @performs(Actor.AGENCY, Act.LINK_SERIALS)
    def linked_serial(
        self,
        serial: int,
        to: CertificateKind,
        *,
        roles: tuple[VerifierRole, ...],
        purpose: Purpose,
    ) -> LinkedSerial:
        """Return the serial number that goes with another (Act 18(4), 18(5), 37(3); VS-5 to 7)."""
        return linked_serial(self._world.state(), serial, to, roles=roles, purpose=purpose)

    @performs(Actor.AGENCY, Act.PUBLISH_LISTS)
    def revocation_list(self, authority: Authority, place: Municipality, at: datetime) -> bytes:
        """Return the list of one authority's certificates issued in one municipality at ``at``.

        The list's number is the count of seconds since 1970, so that later lists have higher
        numbers; how the real lists are numbered is not published (?).
        """
        return self._revocation_list(authority, place, self._world.state(at))

    def _revocation_list(self, authority: Authority, place: Municipality, state: State) -> bytes:
        at = state.at
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

    @performs(Actor.AGENCY, Act.PUBLISH_LISTS)
    def revocation_lists(self, at: datetime) -> tuple[RevocationList, ...]:
        """Return every list that speaks of a certificate issued by ``at``, made at ``at``.

        Of both generations, as long as certificates of the old one are on record.
        """
        state = self._world.state(at)
        records = state.certificates.values()
        partitions = sorted(
            {(r.authority.purpose, r.authority.generation, r.municipality) for r in records}
        )
        return tuple(
            parse_revocation_list(
                self._revocation_list(Authority(purpose, generation), municipality(code), state)
            )
            for purpose, generation, code in partitions
        )

    def _next_serial(self, authority: Authority) -> int:
        """One counter a purpose, across both media and all generations."""
        generation = self._generations[authority.generation]
        last = self._world.store.last_serial(authority.purpose.value)
        return next_issue_number(max(last, generation.serials[authority.purpose]))


def entries_of(entries: Iterable[Recorded], person: str) -> tuple[Recorded, ...]:
    """Return what the log says of one person: their entries, and those about everybody."""
    return tuple(
        entry
        for entry in entries
        if isinstance(entry.event, IssuerKeyCompromised) or entry.event.person == person
    )


def attributes_of(items: FourItems) -> BasicAttributes:
    """Return the four items as a signature certificate carries them.

    Characters outside the certificates' repertoire become substitutes and are marked (代替文字).
    """
    name, address = with_substitutes(recorded_name(items)), with_substitutes(items.address)
    plain = BasicAttributes.of(
        name=name.reveal(),
        birth_date=items.birth_date,
        sex=items.sex,
        address=address.reveal(),
    )
    return replace(
        plain, name_substitutes=name.substitutes, address_substitutes=address.substitutes
    )
