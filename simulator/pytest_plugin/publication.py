"""What the world's agency publishes at an instant: daily lists, and OCSP data of the quarter hour.

Everything here is worked out from the log without touching the world's own state, so that a server
may ask from its thread while the test goes on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.errors import ImpossibleFact, MalformedOcspRequest
from jpki.life import Authority, State, revocations_at, state_at
from jpki.life.published import KnownStatus, PublicationSchedule
from jpki.revocation import (
    OcspResponse,
    RevocationList,
    RevokedEntry,
    StatusEvidence,
    ocsp_request,
    parse_ocsp_request,
    parse_ocsp_response,
    parse_revocation_list,
)
from jpki.revocation.ocsp import ResponseStatus
from jpki.terms import Purpose
from simulator.agency.ocsp import (
    OcspRecords,
    OcspResponder,
    ResponderOptions,
    create_responder,
    error_response,
    records_of,
)
from simulator.agency.publish import Edition, build_revocation_list
from simulator.agency.timestamps import (
    SimulatedTimestampAuthority,
    create_timestamp_authority,
    timestamp_response,
)
from simulator.municipalities import Municipality, municipalities
from simulator.world import World

__all__ = ["InProcessSource", "Publication", "WorldPublication"]


class Publication(Protocol):
    """What a server publishes. ``at`` is the instant of the data that it is to tell."""

    def authority(self, key_id: str) -> Authority | None:
        """Return the authority whose key has this identifier (hexadecimal), or ``None``."""
        ...

    def revocation_list(self, authority: Authority, place: Municipality, at: datetime) -> bytes:
        """Return the newest list at ``at``, in DER."""
        ...

    def ocsp(self, request: bytes, at: datetime) -> bytes:
        """Return the OCSP response at ``at``, in DER."""
        ...

    def timestamp(self, request: bytes, at: datetime) -> bytes:
        """Return the response of the timestamp authority at ``at``, in DER."""
        ...


class WorldPublication:
    """What one world publishes, by the schedule that its policies choose."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.schedule: Final = PublicationSchedule.from_policies(world.book.policies)
        self._options = ResponderOptions(
            quarter=self.schedule.ocsp_renewed_every,
            next_update_after=2 * self.schedule.ocsp_renewed_every,
        )
        self._responders: dict[Authority, OcspResponder] = {}
        self._timestamps: SimulatedTimestampAuthority | None = None

    def state(self, at: datetime) -> State:
        """Return what was so at an instant, folded anew."""
        return state_at(self._world.entries, at, book=self._world.book)

    def authorities(self, at: datetime) -> tuple[Authority, ...]:
        """Return the authorities a verifier trusts: today's, and all that issued in this world."""
        issued = {record.authority for record in self.state(at).certificates.values()}
        current = {self._world.agency.current(purpose, at) for purpose in Purpose}
        return tuple(sorted(issued | current, key=lambda one: (one.purpose.value, one.generation)))

    def roots(self, at: datetime) -> tuple[AuthorityCertificate, ...]:
        """Return the certificates of those authorities."""
        return tuple(self._world.agency.authority(one).certificate for one in self.authorities(at))

    def authority(self, key_id: str) -> Authority | None:
        """Return the authority whose key has this identifier (hexadecimal), or ``None``."""
        for one in self.authorities(self._world.now):
            if self._world.agency.authority(one).certificate.subject_key_id.hex() == key_id:
                return one
        return None

    def prepare(self) -> None:
        """Make every key that answers need, so that none is made while somebody waits."""
        self._responders_of(self._world.now)

    def revocation_list(self, authority: Authority, place: Municipality, at: datetime) -> bytes:
        """Return the newest list at ``at``, in DER; its number is its second since 1970 (?)."""
        made_at = self.schedule.last_list(at)
        entries = {
            one.serial: RevokedEntry(one.recorded_at, one.reason.value)
            for one in revocations_at(self.state(made_at))
            if one.authority == authority and one.municipality == place.code
        }
        return build_revocation_list(
            self._world.agency.authority(authority),
            entries,
            edition=Edition.daily(int(made_at.timestamp()), made_at),
            municipality=place,
        )

    def ocsp(self, request: bytes, at: datetime) -> bytes:
        """Return the OCSP response at ``at``, in DER, whatever the request's bytes."""
        try:
            named = parse_ocsp_request(request).certificate_ids[0]
        except MalformedOcspRequest:
            return error_response(ResponseStatus.MALFORMED_REQUEST)
        for authority, responder in self._responders_of(at).items():
            if responder.is_asked(named):
                records = self._records(authority, responder, at)
                return responder.respond(request, records=records, at=at)
        return error_response(ResponseStatus.UNAUTHORIZED)

    def _records(self, authority: Authority, responder: OcspResponder, at: datetime) -> OcspRecords:
        """Return the records of the last renewal; new certificates as the policy says."""
        data = self.state(responder.records_from(at))
        records = records_of(data, authority, options=responder.options)
        if self.schedule.ocsp_answers_new_as is not KnownStatus.GOOD:
            return records
        now = records_of(self.state(at), authority, options=responder.options)
        return replace(records, issued=records.issued | now.issued)

    def timestamp(self, request: bytes, at: datetime) -> bytes:
        """Return the response of the timestamp authority at ``at``, in DER."""
        return timestamp_response(self.timestamps, request, at=at)

    @property
    def timestamps(self) -> SimulatedTimestampAuthority:
        """The timestamp authority, with a root of its own."""
        if self._timestamps is None:
            begins = self._world.agency.authority(self.authorities(self._world.now)[0])
            self._timestamps = create_timestamp_authority(
                keys=self._world.keys, at=begins.certificate.not_before
            )
        return self._timestamps

    def _responders_of(self, at: datetime) -> dict[Authority, OcspResponder]:
        for authority in self.authorities(at):
            if authority not in self._responders:
                self._responders[authority] = create_responder(
                    self._world.agency.authority(authority),
                    keys=self._world.keys,
                    options=self._options,
                )
        return dict(self._responders)


class InProcessSource:
    """A ``StatusSource`` without a network: lists, OCSP or both, as published at this instant."""

    def __init__(
        self, world: World, publication: Publication, *, lists: bool = True, ocsp: bool = True
    ) -> None:
        self._world = world
        self._publication = publication
        self._lists = lists
        self._ocsp = ocsp

    def __repr__(self) -> str:
        return "<InProcessSource>"

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return what is published about a certificate at the world's instant."""
        lists = (self._list(certificate),) if self._lists else ()
        answers = (self._answer(certificate, authority),) if self._ocsp else ()
        return StatusEvidence(lists=lists, answers=answers)

    def _list(self, certificate: SubscriberCertificate) -> RevocationList:
        state = self._world.state()
        known = state.certificate(certificate.serial, purpose=certificate.purpose)
        place = municipalities().get(known.municipality)
        if place is None:
            raise ImpossibleFact("the certificate's municipality is not in the table")
        der = self._publication.revocation_list(known.authority, place, self._world.now)
        return parse_revocation_list(der)

    def _answer(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> OcspResponse:
        request = ocsp_request(certificate, authority).der
        return parse_ocsp_response(self._publication.ocsp(request, self._world.now))
