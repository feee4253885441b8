"""What an index says of a certificate at an instant: the same as the lists it was built from.

The checks are those of :mod:`jpki.revocation.list_judging` and :mod:`jpki.validation.status`, on
rows and not on lists. A revocation recorded at or before the instant is final, whichever list shows
it; everything else needs a list that holds at the instant, of which the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.jst import moment, require_aware
from jpki.revocation.entries import RevokedEntry
from jpki.revocation.index.arrays import GOOD, UNKNOWN, instant_of
from jpki.revocation.index.reading import FoundRow, OpenIndex, Section
from jpki.revocation.index.series import KnownList
from jpki.revocation.list_judging import outside_scope
from jpki.revocation.ocsp import JPKI_ANSWERS, OcspPolicy
from jpki.revocation.parties import Issuer, Subject
from jpki.revocation.statements import Obstacle, Standing, Statement

__all__ = ["Cause", "IndexedStatus", "RevocationIndex", "cause_of"]


class Cause(StrEnum):
    """Why a status is unknown."""

    ISSUER_UNKNOWN = "issuer unknown"
    PARTITION_MISSING = "partition missing"
    LIST_TOO_OLD = "list too old"
    LIST_TOO_NEW = "list too new"
    LIST_REFUSED = "list refused"
    RESPONDER_DOES_NOT_KNOW = "responder does not know"


_CAUSES: Final[Mapping[str, Cause]] = {
    "no-list": Cause.ISSUER_UNKNOWN,
    "other-issuer": Cause.ISSUER_UNKNOWN,
    "other-key": Cause.ISSUER_UNKNOWN,
    "other-scope": Cause.PARTITION_MISSING,
    "other-partition": Cause.PARTITION_MISSING,
    "bad-signature": Cause.LIST_REFUSED,
    "critical-extension": Cause.LIST_REFUSED,
    "answer-unknown": Cause.RESPONDER_DOES_NOT_KNOW,
    "not-yet": Cause.LIST_TOO_NEW,
    "answer-not-yet": Cause.LIST_TOO_NEW,
    "stale": Cause.LIST_TOO_OLD,
    "answer-stale": Cause.LIST_TOO_OLD,
    "hold-may-be-over": Cause.LIST_TOO_OLD,
    "answer-hold-may-be-over": Cause.LIST_TOO_OLD,
}
"""In the order of nearness: the nearest miss is the one worth telling."""
_NEARNESS: Final = {code: place for place, code in enumerate(_CAUSES)}


def cause_of(code: str) -> Cause:
    """Return the cause that an obstacle's code belongs to."""
    return _CAUSES[code]


@dataclass(frozen=True, slots=True)
class IndexedStatus:
    """The answer, and the list it rests on: its number, its instants and its SHA-256.

    ``code`` and ``facts`` are those of :class:`jpki.validation.CertificateStatus`. ``cause`` is
    there when the standing is unknown.
    """

    standing: Standing
    code: str
    entry: RevokedEntry | None = None
    crl_number: int | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    digest: bytes | None = None
    problem: Mapping[str, str] | None = None

    @property
    def cause(self) -> Cause | None:
        """Why it is unknown."""
        if self.standing is not Standing.UNKNOWN:
            return None
        return _CAUSES[self.code.partition(".")[2]]

    @property
    def facts(self) -> Mapping[str, str]:
        """The facts of the sentence that tells this status."""
        if self.problem is not None:
            return self.problem
        if self.entry is None:
            number = "-" if self.crl_number is None else str(self.crl_number)
            this_update = "-" if self.this_update is None else moment(self.this_update)
            return {"number": number, "this_update": this_update}
        reason = self.entry.reason
        return {
            "reason": reason.rfc_name if reason is not None else "no reason given",
            "reason_ja": reason.label_ja if reason is not None else "理由の記載なし",
            "recorded_at": moment(self.entry.recorded_at),
        }


@dataclass(frozen=True, slots=True)
class _Said:
    """What one list or answer says."""

    statement: Statement
    known: KnownList
    by_answer: bool

    @property
    def newness(self) -> tuple[datetime, bool, int]:
        held = self.statement.entry is not None
        return self.statement.this_update, held, max(self.known.number, 0)


class RevocationIndex(OpenIndex):
    """An index opened for questions. It is mapped, so many processes share one copy in memory."""

    @classmethod
    def open(cls, path: Path, *, verify: bool = False) -> RevocationIndex:
        """Map an index; with ``verify`` check every byte, and not only what opening needs.

        Raises ``MalformedIndex`` for what is none, damaged, cut short or unfinished, and
        ``OtherIndexVersion``.
        """
        index = cls(cls._opened(path))
        if verify:
            index.verify()
        return index

    def status(
        self,
        certificate: SubscriberCertificate,
        *,
        authority: AuthorityCertificate,
        at: datetime,
        tolerance: timedelta = timedelta(0),
        policy: OcspPolicy = JPKI_ANSWERS,
    ) -> IndexedStatus:
        """Return what the index says about a certificate at the instant ``at``.

        ``tolerance`` is how long after its nextUpdate a list is still believed.
        """
        return self.judge(
            Subject.of(certificate),
            issuer=Issuer.of(authority),
            at=at,
            tolerance=tolerance,
            policy=policy,
        )

    def judge(
        self,
        subject: Subject,
        *,
        issuer: Issuer,
        at: datetime,
        tolerance: timedelta = timedelta(0),
        policy: OcspPolicy = JPKI_ANSWERS,
    ) -> IndexedStatus:
        """Return what the index says about a certificate of any authority it was built for."""
        at = require_aware(at)
        section = self.section(issuer)
        if section is None or subject.issuer != issuer.name:
            return _unknown([self._why_no_section(issuer, subject)])
        judging = _Judging(section, subject, at, tolerance, policy)
        judged = list(judging.witnesses())
        said = [one for one in judged if isinstance(one, _Said)]
        if said:
            return _status(_decided(said))
        problems = [one for one in judged if isinstance(one, Obstacle)]
        return _unknown(problems or [judging.why_no_list()])

    def _why_no_section(self, issuer: Issuer, subject: Subject) -> Obstacle:
        if not any(len(one.lists) or len(one.refused) for one in self.sections):
            return Obstacle("no-list", {})
        if subject.issuer == issuer.name:
            same = [one for one in self.sections if one.name == issuer.name]
            if same:
                return Obstacle("other-key", {"key_id": same[0].key_id.hex()})
        return Obstacle("other-issuer", {})


@dataclass(frozen=True, slots=True)
class _Judging:
    section: Section
    subject: Subject
    at: datetime
    tolerance: timedelta
    policy: OcspPolicy

    def witnesses(self) -> Iterator[_Said | Obstacle]:
        """Yield what every list of the certificate's partition, and every answer, comes to."""
        section, rows = self.section, self.section.find(self.subject.serial)
        for number in section.series_about(self.subject):
            scope = section.scopes[number]
            if isinstance(scope, str):
                continue
            outside = outside_scope(scope, self.subject)
            if outside is not None:
                yield outside
                continue
            start, stop = section.bounds[number], section.bounds[number + 1]
            for place in range(start, stop):
                yield self._by_list(section.lists[place], _entry(rows, place))
            for series, refused in section.refused:
                if series == number:
                    yield Obstacle(refused.code, dict(refused.facts))
        if section.answers is not None:
            begin, end = section.bounds[section.answers], section.bounds[section.answers + 1]
            for row in rows:
                if begin <= row.first < end:
                    yield self._by_answer(section.lists[row.first], row)

    def why_no_list(self) -> Obstacle:
        """Return why there is none: those there are speak of others."""
        found = [
            outside
            for scope in self.section.scopes
            if not isinstance(scope, str)
            and (outside := outside_scope(scope, self.subject)) is not None
        ]
        return max(found, key=_nearness, default=Obstacle("no-list", {}))

    def _by_list(self, known: KnownList, entry: RevokedEntry | None) -> _Said | Obstacle:
        if entry is not None and entry.recorded_at > self.at:
            entry = None
        statement = Statement(entry, instant_of(known.this_update), instant_of(known.next_update))
        outside = statement.outside(self.at, tolerance=self.tolerance, skew=timedelta(0))
        return outside or _Said(statement, known, by_answer=False)

    def _by_answer(self, known: KnownList, row: FoundRow) -> _Said | Obstacle:
        this_update = instant_of(known.this_update)
        if row.said == UNKNOWN:
            return Obstacle("answer-unknown", {})
        if row.entry is not None and row.entry.recorded_at > self.at:
            facts = {"at": moment(self.at), "this_update": moment(this_update)}
            return Obstacle("answer-not-yet", facts)
        entry = None if row.said == GOOD else row.entry
        statement = Statement(entry, this_update, instant_of(known.next_update))
        outside = statement.outside(
            self.at, tolerance=self.tolerance, skew=self.policy.skew, prefix="answer-"
        )
        return outside or _Said(statement, known, by_answer=True)


def _entry(rows: Iterable[FoundRow], place: int) -> RevokedEntry | None:
    return next((one.entry for one in rows if one.first <= place <= one.last), None)


def _decided(said: list[_Said]) -> _Said:
    """A revocation decides, whoever knows of it; otherwise what is newest."""
    final = next((one for one in said if one.statement.is_final), None)
    return final or max(said, key=lambda one: one.newness)


def _status(decided: _Said) -> IndexedStatus:
    statement, known = decided.statement, decided.known
    standing = statement.standing
    by_answer = decided.by_answer and standing is Standing.GOOD
    return IndexedStatus(
        standing,
        "revocation.good-by-answer" if by_answer else f"revocation.{standing.value}",
        statement.entry,
        None if known.number < 0 else known.number,
        statement.this_update,
        statement.next_update,
        known.digest,
    )


def _nearness(problem: Obstacle) -> int:
    return _NEARNESS[problem.code]


def _unknown(problems: list[Obstacle]) -> IndexedStatus:
    nearest = max(problems, key=_nearness)
    return IndexedStatus(Standing.UNKNOWN, f"revocation.{nearest.code}", problem=nearest.facts)
