"""Lists, answers and timestamps made wrong on purpose: by name, from what would have been right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from jpki.errors import ImpossibleFact, MalformedOcspRequest, MalformedTimestamp
from jpki.life import Authority
from jpki.revocation import OcspRequest, RevokedEntry, parse_ocsp_request
from jpki.revocation.ocsp import ResponseStatus
from jpki.terms import RevocationReason
from jpki.timestamps import parse_timestamp_request, timestamp_request
from simulator.agency.ocsp import AnswerFlaws, OcspRecords, error_response
from simulator.agency.publication.office import ListKey, Publication
from simulator.agency.publish import UNKNOWN_EXTENSION, Edition, ListFlaws
from simulator.agency.timestamps import timestamp_response
from simulator.faults.catalogue import FaultName
from simulator.faults.striking import Struck
from simulator.municipalities import municipalities

__all__ = ["flawed_answer", "flawed_list", "flawed_timestamp"]

_WRONG_KEY: Final = "a key that is nobody's, for faults"
_SECOND: Final = timedelta(seconds=1)


def flawed_list(publication: Publication, key: ListKey, at: datetime, struck: Struck) -> bytes:
    """Return the list that is served at an instant, with a fault in it.

    A fault in delivery leaves it as it is.
    """
    flaw = _LISTS.get(struck.fault.name)
    if flaw is None:
        return publication.revocation_list(key, at).der
    return flaw(publication, key, at, struck)


def flawed_answer(publication: Publication, request: bytes, at: datetime, struck: Struck) -> bytes:
    """Return the answer to an OCSP request, with a fault in it.

    What is no request, or about nobody's certificate, is answered as ever.
    """
    flaw = _ANSWERS.get(struck.fault.name)
    try:
        asked = parse_ocsp_request(request)
    except MalformedOcspRequest:
        return publication.ocsp(request, at)
    authority = publication.asked_authority(asked.certificate_ids[0], at)
    if flaw is None or authority is None:
        return publication.ocsp(request, at)
    return flaw(_Question(publication, authority, asked, at, struck))


def flawed_timestamp(
    publication: Publication, request: bytes, at: datetime, struck: Struck
) -> bytes:
    """Return the answer to a timestamp request, with a fault in it."""
    authority = publication.timestamp_authority
    match struck.fault.name:
        case FaultName.CLOCK_SKEW:
            return timestamp_response(authority, request, at=_shifted(struck, at))
        case FaultName.WRONG_ISSUER_KEY:
            wrong = replace(authority, key=publication.world.keys.rsa(_WRONG_KEY))
            return timestamp_response(wrong, request, at=at)
        case FaultName.REPLAYED_NONCE:
            return timestamp_response(authority, _other_question(request, struck), at=at)
    return timestamp_response(authority, request, at=at)


# lists

_ListFlaw = Callable[[Publication, ListKey, datetime, Struck], bytes]


def _stale_list(publication: Publication, key: ListKey, at: datetime, struck: Struck) -> bytes:
    """An edition that was over ``days`` ago, or the very first one, if that is over."""
    age = publication.options.next_update_after + timedelta(days=struck.fault.parameter("days"))
    try:
        made = publication.made_at(key, at - age - _SECOND)
    except ImpossibleFact:
        # The authority is too young to have had one: today's entries under yesterday's dates.
        made = publication.made_at(key, at)
        old = at - age - _SECOND
        edition = Edition(1, old, old + publication.options.next_update_after)
        return publication.built_list(key, made, edition=edition, entries={})
    return publication.built_list(key, made)


def _dated_ahead(publication: Publication, key: ListKey, at: datetime, struck: Struck) -> bytes:
    made = publication.made_at(key, at)
    later = at + timedelta(seconds=struck.fault.parameter("seconds"))
    edition = publication.edition(key, made)
    ahead = Edition(edition.number, later, later + publication.options.next_update_after)
    return publication.built_list(key, made, edition=ahead)


def _with_list_flaws(flaws: Callable[[Publication], ListFlaws]) -> _ListFlaw:
    def build(publication: Publication, key: ListKey, at: datetime, _: Struck) -> bytes:
        return publication.built_list(key, publication.made_at(key, at), flaws=flaws(publication))

    return build


def _wrong_partition(publication: Publication, key: ListKey, at: datetime, struck: Struck) -> bytes:
    others = [code for code in municipalities() if code != key.municipality]
    other = others[int.from_bytes(struck.draw[:4], "big") % len(others)]
    return publication.revocation_list(ListKey(key.authority, other), at).der


def _lying_list(publication: Publication, key: ListKey, at: datetime, struck: Struck) -> bytes:
    """What is revoked is left out; the one serial that the fault names is turned round."""
    made = publication.made_at(key, at)
    entries, serial = publication.listed(key, made), struck.fault.serial
    if serial is None:
        told: dict[int, RevokedEntry] = {}
    elif serial in entries:
        told = {known: entry for known, entry in entries.items() if known != serial}
    else:
        told = entries | {serial: _invented_entry(made)}
    return publication.built_list(key, made, entries=told)


def _skewed_list(publication: Publication, key: ListKey, at: datetime, struck: Struck) -> bytes:
    return publication.revocation_list(key, _shifted(struck, at)).der


_LISTS: Final[Mapping[FaultName, _ListFlaw]] = MappingProxyType(
    {
        FaultName.STALE_CRL: _stale_list,
        FaultName.FUTURE_THIS_UPDATE: _dated_ahead,
        FaultName.MISSING_NEXT_UPDATE: _with_list_flaws(lambda _: ListFlaws(next_update=False)),
        FaultName.WRONG_ISSUER_KEY: _with_list_flaws(
            lambda publication: ListFlaws(key=publication.world.keys.rsa(_WRONG_KEY))
        ),
        FaultName.WRONG_PARTITION: _wrong_partition,
        FaultName.UNKNOWN_CRITICAL_EXTENSION: _with_list_flaws(
            lambda _: ListFlaws(critical_extension=UNKNOWN_EXTENSION)
        ),
        FaultName.CRL_OCSP_DISAGREE: _lying_list,
        FaultName.CLOCK_SKEW: _skewed_list,
    }
)


# answers


class _Question:
    """An OCSP request that can be answered, and the fault that befalls the answer."""

    def __init__(
        self,
        publication: Publication,
        authority: Authority,
        asked: OcspRequest,
        at: datetime,
        struck: Struck,
    ) -> None:
        self.publication, self.authority, self.asked = publication, authority, asked
        self.at, self.struck = at, struck

    def answered(
        self, *, flaws: AnswerFlaws | None = None, records: OcspRecords | None = None
    ) -> bytes:
        """Have the usual responder answer."""
        return self.publication.answered(
            self.publication.responder(self.authority),
            self.authority,
            self.asked,
            self.at,
            records=records,
            flaws=flaws,
        )

    def by_other(self, *, ends: datetime | None = None, **options: bool | None) -> bytes:
        """Have a responder answer that differs in its options or in its certificate's end."""
        made = self.publication.made_responder(
            self.authority,
            replace(self.publication.options.responder, **options),  # type: ignore[arg-type]
            ends=ends,
        )
        return self.publication.answered(made, self.authority, self.asked, self.at)

    def dated(self, at: datetime) -> bytes:
        """Answer with today's records under the times of another instant."""
        records = self.publication.ocsp_records(self.authority, self.asked, self.at)
        return self.publication.answered(
            self.publication.responder(self.authority),
            self.authority,
            self.asked,
            at,
            records=records,
        )


def _dated_otherwise(question: _Question) -> bytes:
    return question.dated(_shifted(question.struck, question.at))


def _lying_answer(question: _Question) -> bytes:
    truth = question.publication.ocsp_records(question.authority, question.asked, question.at)
    named = question.struck.fault.serial
    serials = {one.serial for one in question.asked.certificate_ids}
    turned = serials if named is None else serials & {named}
    # Recorded before the list was made, so that the list should know of it, too.
    recorded_at = question.publication.schedule.last_list(question.at) - 2 * _DAY
    entries = {one: entry for one, entry in truth.entries.items() if one not in turned}
    entries |= {one: _invented_entry(recorded_at) for one in turned if one not in truth.entries}
    return question.answered(records=OcspRecords(truth.issued | turned, entries))


def _expired_responder(question: _Question) -> bytes:
    own = question.publication.certificate(question.authority)
    return question.by_other(delegated=True, ends=max(own.not_before, question.at - _DAY))


_DAY: Final = timedelta(days=1)

_ANSWERS: Final[Mapping[FaultName, Callable[[_Question], bytes]]] = MappingProxyType(
    {
        FaultName.FUTURE_THIS_UPDATE: _dated_otherwise,
        FaultName.CLOCK_SKEW: _dated_otherwise,
        FaultName.MISSING_NEXT_UPDATE: lambda asked: asked.by_other(next_update_after=None),
        FaultName.WRONG_ISSUER_KEY: lambda asked: asked.answered(
            flaws=AnswerFlaws(key=asked.publication.world.keys.rsa(_WRONG_KEY))
        ),
        FaultName.UNKNOWN_CRITICAL_EXTENSION: lambda asked: asked.answered(
            flaws=AnswerFlaws(critical_extension=UNKNOWN_EXTENSION)
        ),
        FaultName.CRL_OCSP_DISAGREE: _lying_answer,
        FaultName.OCSP_TRY_LATER: lambda _: error_response(ResponseStatus.TRY_LATER),
        FaultName.OCSP_UNAUTHORIZED: lambda _: error_response(ResponseStatus.UNAUTHORIZED),
        FaultName.RESPONDER_WITHOUT_NO_CHECK: lambda asked: asked.by_other(
            delegated=True, no_check=False
        ),
        FaultName.RESPONDER_EXPIRED: _expired_responder,
        FaultName.REPLAYED_NONCE: lambda asked: asked.answered(
            flaws=AnswerFlaws(nonce=asked.struck.draw)
        ),
    }
)


def _shifted(struck: Struck, at: datetime) -> datetime:
    return at + timedelta(seconds=struck.fault.parameter("seconds"))


def _invented_entry(at: datetime) -> RevokedEntry:
    return RevokedEntry(at, RevocationReason.KEY_COMPROMISE.value)


def _other_question(request: bytes, struck: Struck) -> bytes:
    """The same timestamp request with another nonce; as it is when it has none to replace."""
    try:
        asked = parse_timestamp_request(request)
        if asked.nonce is None:
            return request
        return timestamp_request(
            asked.digest,
            algorithm=asked.algorithm,
            policy=asked.policy,
            nonce=int.from_bytes(struck.draw[:8], "big") | 1,
            certificates=asked.certificates,
        )
    except MalformedTimestamp:
        return request
