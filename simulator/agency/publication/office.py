"""The agency's publication: which list, answer or timestamp anybody is given at an instant.

Everything is a function of the world's log, its policies and the instant, so what was served last
Tuesday can be served again, byte for byte. What is kept here only saves work.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Protocol

from jpki.certificates import AuthorityCertificate
from jpki.errors import ImpossibleFact, MalformedOcspRequest
from jpki.jst import require_aware
from jpki.life import Authority, CertificateId, CertificateRecord, PublicationSchedule
from jpki.life.events import IssuerKeyCompromised
from jpki.life.published import KnownStatus
from jpki.revocation import OcspRequest, RevokedEntry, parse_ocsp_request
from jpki.revocation.ocsp import CertificateId as OcspCertificateId
from jpki.revocation.ocsp import ResponseStatus
from jpki.terms import Purpose, RevocationReason
from simulator.agency.agency import GENERATIONS, Agency
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.ocsp import (
    AnswerFlaws,
    OcspRecords,
    OcspResponder,
    ResponderOptions,
    create_responder,
    error_response,
)
from simulator.agency.publication.options import PublicationOptions, Takeover
from simulator.agency.publication.prepared import PreparedAnswer, PreparedAnswers, Presigned
from simulator.agency.publication.records import AgencyRecords, LoggedWorld, RecordKeeper
from simulator.agency.publish import Edition, ListFlaws, build_revocation_list
from simulator.agency.timestamps import (
    SimulatedTimestampAuthority,
    create_timestamp_authority,
    timestamp_response,
    timestamp_revocation_list,
)
from simulator.keys import KeySource, SeededChance
from simulator.municipalities import municipalities, municipality

__all__ = ["ListKey", "Publication", "PublishedList", "PublishedWorld"]

_KEPT_LISTS: Final = 512
_MOMENT: Final = timedelta(microseconds=1)
_BEGINNINGS: Final = {known.number: known.begins_at for known in GENERATIONS}


class PublishedWorld(LoggedWorld, Protocol):
    """A world, as far as publication needs it."""

    @property
    def agency(self) -> Agency:
        """Who signs."""

    @property
    def keys(self) -> KeySource:
        """Where responders and the timestamp authority have their keys from."""

    @property
    def chance(self) -> SeededChance:
        """The world's chance."""


@dataclass(frozen=True, slots=True)
class ListKey:
    """One series of lists: an authority, and the municipality of issue by its five digits.

    Without a municipality it is the list of the authority's own certificates (ARL).
    """

    authority: Authority
    municipality: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PublishedList:
    """A list as it is served: the edition, its bytes, and when the next edition takes its place."""

    key: ListKey
    edition: Edition
    der: bytes
    replaced_at: datetime

    def __repr__(self) -> str:
        return f"<PublishedList {self.key} number {self.edition.number}>"


class Publication:
    """Everything that is published of one world, at any instant.

    Methods take the instant of the question. ``schedule`` replaces the one the policies choose;
    ``presigned`` are answers that were signed in bulk (:mod:`simulator.agency.presigned`).
    Nothing is made before it is asked for; an authority's key is made at the first question, which
    takes a while with seeded keys, so a server may call :meth:`warm` first.
    """

    def __init__(
        self,
        world: PublishedWorld,
        *,
        options: PublicationOptions | None = None,
        schedule: PublicationSchedule | None = None,
        presigned: Presigned | None = None,
    ) -> None:
        self.world = world
        self.presigned = presigned
        self.options = options or PublicationOptions()
        self.schedule = schedule or PublicationSchedule.from_policies(world.book.policies)
        self.records = RecordKeeper(world)
        self._responders: dict[Authority, OcspResponder] = {}
        self._lists: OrderedDict[tuple[ListKey, datetime, int], bytes] = OrderedDict()
        self._prepared = PreparedAnswers(self.records.count)

    def __repr__(self) -> str:
        return f"<Publication, {len(self._lists)} lists kept>"

    def warm(self, at: datetime) -> None:
        """Make the keys of the authorities that answer at an instant, and of the responders."""
        for authority in self.answering(at):
            self.responder(authority)
        _ = self.timestamp_authority

    # authorities

    def authorities(self, at: datetime) -> tuple[Authority, ...]:
        """Return the authorities that publish at an instant: begun, and not expired yet."""
        at = require_aware(at)
        return tuple(
            Authority(purpose, number)
            for purpose in Purpose
            for number, begins_at in sorted(_BEGINNINGS.items())
            if begins_at <= at and self._lasts(Authority(purpose, number), at)
        )

    def answering(self, at: datetime) -> tuple[Authority, ...]:
        """Return the authorities whose certificates are in use: the newest, and those on record."""
        used = self._renewed(at).authorities
        used |= {one.authority for one in self._issued_since(at)}
        newest = max((n for n, begins_at in _BEGINNINGS.items() if begins_at <= at), default=0)
        return tuple(one for one in self.authorities(at) if one in used or one.generation == newest)

    def authority(self, authority: Authority) -> SimulatedAuthority:
        """Return an authority; ``ImpossibleFact`` for a generation that there never is."""
        if authority.generation not in _BEGINNINGS:
            raise ImpossibleFact("no authority has this generation")
        return self.world.agency.authority(authority)

    def certificate(self, authority: Authority) -> AuthorityCertificate:
        """Return an authority's certificate."""
        return self.authority(authority).certificate

    def _lasts(self, authority: Authority, at: datetime) -> bool:
        # Ten years, roughly, spares making the key of an authority that nobody has asked for.
        young = at < _BEGINNINGS[authority.generation] + timedelta(days=9 * 365)
        return young or at <= self.certificate(authority).not_after

    # lists

    def list_keys(self, at: datetime) -> tuple[ListKey, ...]:
        """Return every series of lists at an instant: a list for each municipality, and the ARL."""
        return tuple(
            ListKey(authority, code)
            for authority in self.authorities(at)
            for code in (*municipalities(), None)
        )

    def made_at(self, key: ListKey, at: datetime) -> datetime:
        """Return when the list was made that answers at an instant.

        The newest one, or the one before while it is taken over. An authority's first list is made
        when it begins; ``ImpossibleFact`` before that.
        """
        begins_at = self._begins(key, at)
        made = max(self.schedule.last_list(at), begins_at)
        if at >= self.serves_from(key, made):
            return made
        return max(self.schedule.last_list(made - _MOMENT), begins_at)

    def serves_from(self, key: ListKey, made: datetime) -> datetime:
        """Return from when on the list that was made at ``made`` answers."""
        whole = self.schedule.list_takeover
        if made == _BEGINNINGS.get(key.authority.generation):
            return made
        match self.options.takeover:
            case Takeover.NEW:
                return made
            case Takeover.OLD:
                return made + whole
            case Takeover.STAGGERED:
                label = f"takeover/{key.authority}/{key.municipality}/{made.isoformat()}"
                return made + whole * self.world.chance.stream(label).below(1000) / 1000

    def listed(self, key: ListKey, made: datetime) -> dict[int, RevokedEntry]:
        """Return what the list that is made at an instant holds, by serial number."""
        if key.municipality is None:
            return self._own_entries(key.authority, made)
        return dict(self.records.at(made).listed(key.authority, key.municipality))

    def edition(self, key: ListKey, made: datetime) -> Edition:
        """Return number and times of the list that is made at an instant."""
        return self.options.edition(made, begins_at=self._begins(key, made))

    def revocation_list(self, key: ListKey, at: datetime) -> PublishedList:
        """Return the list that is served at an instant."""
        at = require_aware(at)
        made = self.made_at(key, at)
        place = (key, made, self.records.count(made))
        if place not in self._lists:
            self._lists[place] = self.built_list(key, made)
            while len(self._lists) > _KEPT_LISTS:
                self._lists.popitem(last=False)
        self._lists.move_to_end(place)
        return PublishedList(
            key, self.edition(key, made), self._lists[place], self.replaced_at(key, made)
        )

    def replaced_at(self, key: ListKey, made: datetime) -> datetime:
        """Return when the list after the one made at ``made`` begins to answer."""
        return self.serves_from(key, self.schedule.first_list_with(made + _MOMENT))

    def built_list(
        self,
        key: ListKey,
        made: datetime,
        *,
        edition: Edition | None = None,
        entries: dict[int, RevokedEntry] | None = None,
        flaws: ListFlaws | None = None,
    ) -> bytes:
        """Build the list that is made at an instant, with another edition or entries if given."""
        place = None if key.municipality is None else municipality(key.municipality)
        return build_revocation_list(
            self.authority(key.authority),
            self.listed(key, made) if entries is None else entries,
            edition=edition or self.edition(key, made),
            municipality=place,
            options=self.options.lists,
            flaws=flaws,
        )

    def _begins(self, key: ListKey, at: datetime) -> datetime:
        begins_at = _BEGINNINGS.get(key.authority.generation)
        if begins_at is None or require_aware(at) < begins_at:
            raise ImpossibleFact("the authority has published nothing yet")
        return begins_at

    def _own_entries(self, authority: Authority, made: datetime) -> dict[int, RevokedEntry]:
        """The authority's own certificate, once its key is known to have leaked (Act 14, 33)."""
        if not self.options.authority_lists_itself:
            return {}
        leaked = [
            entry.recorded_at
            for entry in self.world.entries[: self.records.count(made)]
            if isinstance(entry.event, IssuerKeyCompromised)
            and entry.event.generation in (None, authority.generation)
            and any(kind.purpose is authority.purpose for kind in entry.event.kinds)
        ]
        reason = RevocationReason.CA_COMPROMISE.value
        own = self.certificate(authority).serial
        return {own: RevokedEntry(leaked[0], reason)} if leaked else {}

    # answers

    def responder(self, authority: Authority) -> OcspResponder:
        """Return the OCSP responder of an authority."""
        if authority not in self._responders:
            self._responders[authority] = self.made_responder(authority, self.options.responder)
        return self._responders[authority]

    def made_responder(
        self, authority: Authority, options: ResponderOptions, *, ends: datetime | None = None
    ) -> OcspResponder:
        """Make a responder as told, with the key it always has."""
        options = replace(options, quarter=self.schedule.ocsp_renewed_every)
        return create_responder(
            self.authority(authority), keys=self.world.keys, options=options, ends=ends
        )

    def asked_authority(self, named: OcspCertificateId, at: datetime) -> Authority | None:
        """Return whose certificate is named; ``None`` when it is nobody's that answers."""
        return next(
            (one for one in self.answering(at) if self.responder(one).is_asked(named)), None
        )

    def ocsp(self, request: bytes, at: datetime) -> bytes:
        """Answer an OCSP request, whatever its bytes, from the data last renewed."""
        at = require_aware(at)
        prepared = self.prepared(request, at)
        if prepared is not None:
            return prepared.der
        try:
            asked = parse_ocsp_request(request)
        except MalformedOcspRequest:
            return error_response(ResponseStatus.MALFORMED_REQUEST)
        authority = self.asked_authority(asked.certificate_ids[0], at)
        if authority is None:
            return error_response(ResponseStatus.UNAUTHORIZED)
        return self.ocsp_answer(authority, asked, request, at)

    def prepared(self, request: bytes, at: datetime) -> PreparedAnswer | None:
        """Return the answer that was made for a request since the data was renewed, if any."""
        return self._prepared.find(request, at, self.world.entries)

    def ocsp_answer(
        self, authority: Authority, asked: OcspRequest, request: bytes, at: datetime
    ) -> bytes:
        """Answer a request that has been read, with what is prepared where it may be."""
        responder, log = self.responder(authority), self.world.entries
        until = self._prepared_until(authority, asked, at)
        if until is None:
            return self.answered(responder, authority, asked, at)
        as_of = self.schedule.last_ocsp(at)
        made = self.presigned(request, at, log) if self.presigned is not None else None
        if made is None:
            records = self.ocsp_records(authority, asked, at)
            made = responder.answer(asked, records=records, at=as_of, as_of=as_of)
        self._prepared.keep(request, PreparedAnswer(made, as_of, until), log)
        return made

    def _prepared_until(
        self, authority: Authority, asked: OcspRequest, at: datetime
    ) -> datetime | None:
        """Return until when an answer from the data renewed last is what is told.

        ``None`` when it is made for one question: it has a nonce, or the data does not know all
        that is asked about, some of which may have been issued since.
        """
        if asked.nonce is not None or not self.options.responder.prepares:
            return None
        until = self.schedule.first_ocsp_with(self.schedule.last_ocsp(at) + _MOMENT)
        for one in asked.certificate_ids:
            record = self.record(authority, one.serial, at)
            if record is None:
                return None
            if at <= record.valid_until:
                until = min(until, record.valid_until + _MOMENT)
        return until

    def answered(
        self,
        responder: OcspResponder,
        authority: Authority,
        asked: OcspRequest,
        at: datetime,
        *,
        records: OcspRecords | None = None,
        flaws: AnswerFlaws | None = None,
    ) -> bytes:
        """Have a responder answer anew; with ``records`` and ``flaws`` to say something else."""
        return responder.answer(
            asked,
            records=records or self.ocsp_records(authority, asked, at),
            at=at,
            as_of=self.schedule.last_ocsp(at),
            flaws=flaws,
        )

    def ocsp_records(self, authority: Authority, asked: OcspRequest, at: datetime) -> OcspRecords:
        """Return what the responder's data holds of the certificates asked about, and no others."""
        known = self._renewed(at)
        entries = known.entries.get(authority, {})
        serials = [one.serial for one in asked.certificate_ids]
        return OcspRecords(
            frozenset(one for one in serials if self._is_known(authority, one, at)),
            {one: entries[one] for one in serials if one in entries},
        )

    def record(self, authority: Authority, serial: int, at: datetime) -> CertificateRecord | None:
        """Return what the data behind OCSP has of a certificate at an instant."""
        return self._renewed(at).state.certificates.get(CertificateId(authority, serial))

    def _is_known(self, authority: Authority, serial: int, at: datetime) -> bool:
        record = self.record(authority, serial, at)
        if record is not None:
            return self.options.responder.known_after_expiry or at <= record.valid_until
        return self.schedule.ocsp_answers_new_as is KnownStatus.GOOD and any(
            (one.authority, one.serial) == (authority, serial) for one in self._issued_since(at)
        )

    def _issued_since(self, at: datetime) -> tuple[CertificateId, ...]:
        issued = self.records.issued_between(self.schedule.last_ocsp(at), at)
        return tuple(CertificateId(one.authority, one.serial) for one in issued)

    def _renewed(self, at: datetime) -> AgencyRecords:
        return self.records.at(self.schedule.last_ocsp(at))

    # timestamps

    @cached_property
    def timestamp_authority(self) -> SimulatedTimestampAuthority:
        """The timestamp authority, which is no part of JPKI and has a root of its own."""
        return create_timestamp_authority(
            keys=self.world.keys,
            at=self.options.timestamps_begin,
            lasts=self.options.timestamps_last,
        )

    def timestamp(self, request: bytes, at: datetime) -> bytes:
        """Answer a timestamp request, whatever its bytes."""
        return timestamp_response(self.timestamp_authority, request, at=at)

    def timestamp_list(self, at: datetime) -> tuple[Edition, bytes]:
        """Return the list of the timestamp authority's root, made daily like the others."""
        made, lasts = self.schedule.last_list(at), timedelta(days=7)
        der = timestamp_revocation_list(self.timestamp_authority, at=made, lasts=lasts)
        return Edition(int(made.timestamp()), made, made + lasts), der
