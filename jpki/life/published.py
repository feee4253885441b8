"""The fourth clock: what a verifier could have known at an instant.

Loss of effect follows recording; a verifier learns of it when it is published. The agency makes a
revocation list once a day and renews the data behind OCSP about every quarter of an hour (VO-1), so
both lag behind the record, each in its own way. Nothing here asks what *was* so: that is
:func:`jpki.life.state_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from jpki.errors import ImpossibleFact
from jpki.jst import at_time, day, require_aware, start_of_day
from jpki.law import Policies, Rulebook
from jpki.life.fold import state_at
from jpki.life.log import Recorded
from jpki.life.state import CertificateId, CertificateRecord, Lapse, State
from jpki.terms import RevocationReason

__all__ = [
    "FourClocks",
    "Knowledge",
    "KnownStatus",
    "PublicationSchedule",
    "four_clocks",
    "known_from_list",
    "known_from_ocsp",
]

_DAY = timedelta(days=1)


class KnownStatus(StrEnum):
    """What published revocation information tells of a certificate.

    ``NOT_LISTED`` is all that can be learned once the certificate's period is over: entries leave
    then, whatever became of it before (施行令 3 to 6, 19 to 22; VO-5), so evidence has to be kept
    at the time of verification (VO-6). ``UNKNOWN`` is an OCSP answer about a certificate that the
    responder's data does not have yet.
    """

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"
    NOT_LISTED = "not_listed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a verifier could have known: the status, and as of which publication.

    ``reason`` and ``recorded_at`` are those of the published entry, None without one.
    ``published_at`` is the first list, or the first OCSP data, that shows this entry.
    ``superseded`` is what the day before's list still tells while verifiers take over the new one;
    within that time nobody can say which of the two answers.
    """

    status: KnownStatus
    as_of: datetime
    reason: RevocationReason | None = None
    recorded_at: datetime | None = None
    published_at: datetime | None = None
    superseded: Knowledge | None = None

    @property
    def lag(self) -> timedelta | None:
        """The time from the record to the first publication that shows it; None without entry."""
        if self.published_at is None or self.recorded_at is None:
            return None
        return self.published_at - self.recorded_at

    @property
    def unsettled(self) -> bool:
        """Whether an old list may still answer, and would answer otherwise."""
        return self.superseded is not None and self.superseded.status is not self.status


@dataclass(frozen=True, slots=True)
class PublicationSchedule:
    """When revocation information is published, and how long an old list may linger.

    Lists are made daily and OCSP data is renewed about every 15 minutes; at which hour, and whether
    on the quarter hours, is not published, so each value is a policy (``policies.toml``) and can be
    given here directly. ``list_takeover`` is the time an operator needs to load a new list.
    ``ocsp_answers_new_as`` is the answer about a certificate issued since the last renewal.
    """

    list_made_at: time
    list_takeover: timedelta
    ocsp_renewed_every: timedelta
    ocsp_answers_new_as: KnownStatus = KnownStatus.GOOD

    def __post_init__(self) -> None:
        if not timedelta(0) < self.ocsp_renewed_every <= _DAY:
            raise ImpossibleFact("OCSP data is renewed within a day and not without a pause")
        if not timedelta(0) <= self.list_takeover < _DAY:
            raise ImpossibleFact("a daily list is taken over before the next one is made")
        if self.ocsp_answers_new_as not in (KnownStatus.GOOD, KnownStatus.UNKNOWN):
            raise ImpossibleFact("of a certificate not yet known a responder says good or unknown")

    @classmethod
    def from_policies(cls, policies: Policies) -> PublicationSchedule:
        """Return the schedule that the policies choose."""
        return cls(
            time(int(policies["list_made_at_hour"])),
            timedelta(minutes=int(policies["list_takeover_minutes"])),
            timedelta(minutes=int(policies["ocsp_renewal_minutes"])),
            KnownStatus(str(policies["ocsp_answers_new_as"])),
        )

    def last_list(self, at: datetime) -> datetime:
        """Return the instant of the newest list at ``at``; a list made at ``at`` counts."""
        made = at_time(day(at), self.list_made_at)
        return made if made <= require_aware(at) else at_time(day(at) - _DAY, self.list_made_at)

    def first_list_with(self, recorded_at: datetime) -> datetime:
        """Return the instant of the first list that holds what was recorded at ``recorded_at``."""
        last = self.last_list(recorded_at)
        return last if last == recorded_at else at_time(day(last) + _DAY, self.list_made_at)

    def last_ocsp(self, at: datetime) -> datetime:
        """Return the instant of the newest OCSP data at ``at``, counted from midnight in Japan."""
        midnight = start_of_day(day(at))
        return midnight + (require_aware(at) - midnight) // self.ocsp_renewed_every * (
            self.ocsp_renewed_every
        )

    def first_ocsp_with(self, recorded_at: datetime) -> datetime:
        """Return the first instant at which OCSP tells what was recorded at ``recorded_at``."""
        last = self.last_ocsp(recorded_at)
        if last == recorded_at:
            return last
        return min(last + self.ocsp_renewed_every, start_of_day(day(last) + _DAY))


@dataclass(frozen=True, slots=True)
class FourClocks:
    """When something happened, became known, was recorded, and could be seen (both ways)."""

    occurred_on: date
    known_at: datetime
    recorded_at: datetime
    listed_at: datetime
    answered_at: datetime


def four_clocks(what: Recorded | Lapse, schedule: PublicationSchedule) -> FourClocks:
    """Return the four clocks of an entry of the log, or of a loss or hold it brought about.

    ``listed_at`` is the first list, ``answered_at`` the first OCSP data made at or after the
    record. (An entry whose certificate expires, or whose hold is released, before then is never
    seen.)
    """
    entry = what.cause.entry if isinstance(what, Lapse) else what
    return FourClocks(
        entry.occurred_on,
        entry.known_at,
        entry.recorded_at,
        schedule.first_list_with(entry.recorded_at),
        schedule.first_ocsp_with(entry.recorded_at),
    )


def known_from_list(
    entries: Iterable[Recorded],
    certificate: CertificateId,
    *,
    at: datetime,
    schedule: PublicationSchedule | None = None,
    book: Rulebook | None = None,
) -> Knowledge:
    """Return what the newest daily list told of a certificate at ``at`` (Act 18(2), 37(2); VS-2).

    While verifiers take over a new list, ``superseded`` holds what the one before tells. A list
    cannot tell a certificate that is good from one that it has never heard of. Without ``schedule``
    the policies of ``book`` choose it. :class:`~jpki.errors.ImpossibleFact` when no such
    certificate was issued by ``at``.
    """
    question = _question(entries, certificate, at, schedule, book)
    made = question.schedule.last_list(question.at)
    newest = question.answer(made, question.schedule.first_list_with, KnownStatus.GOOD)
    if question.at >= made + question.schedule.list_takeover:
        return newest
    before = question.schedule.last_list(made - timedelta(microseconds=1))
    old = question.answer(before, question.schedule.first_list_with, KnownStatus.GOOD)
    return Knowledge(
        newest.status, newest.as_of, newest.reason, newest.recorded_at, newest.published_at, old
    )


def known_from_ocsp(
    entries: Iterable[Recorded],
    certificate: CertificateId,
    *,
    at: datetime,
    schedule: PublicationSchedule | None = None,
    book: Rulebook | None = None,
) -> Knowledge:
    """Return what OCSP told of a certificate at ``at`` (Act 18(1), 37(1); VS-1).

    The responder answers from data that is renewed about every 15 minutes. Otherwise as
    :func:`known_from_list`.
    """
    question = _question(entries, certificate, at, schedule, book)
    return question.answer(
        question.schedule.last_ocsp(question.at),
        question.schedule.first_ocsp_with,
        question.schedule.ocsp_answers_new_as,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """A certificate, the instant asked about, and the log that answers."""

    log: tuple[Recorded, ...]
    book: Rulebook
    schedule: PublicationSchedule
    certificate: CertificateId
    at: datetime
    valid_until: datetime

    def answer(
        self, as_of: datetime, first_with: Callable[[datetime], datetime], unheard_of: KnownStatus
    ) -> Knowledge:
        """Return what the publication made at ``as_of`` tells."""
        state = state_at(self.log, as_of, book=self.book)
        record = state.certificates.get(self.certificate)
        lapse = _entry(record, state)
        if record is not None and lapse is not None:
            revoked = record.lapsed_at(as_of)
            return Knowledge(
                KnownStatus.REVOKED if revoked else KnownStatus.HELD,
                as_of,
                lapse.reason,
                lapse.recorded_at,
                first_with(lapse.recorded_at),
            )
        if self.at > self.valid_until:
            return Knowledge(KnownStatus.NOT_LISTED, as_of)
        return Knowledge(unheard_of if record is None else KnownStatus.GOOD, as_of)


def _question(
    entries: Iterable[Recorded],
    certificate: CertificateId,
    at: datetime,
    schedule: PublicationSchedule | None,
    book: Rulebook | None,
) -> _Question:
    instant = require_aware(at)
    rules = Rulebook.default() if book is None else book
    log = tuple(entry for entry in entries if entry.recorded_at <= instant)
    record = state_at(log, instant, book=rules).certificates.get(certificate)
    if record is None:
        raise ImpossibleFact("no such certificate had been issued by then")
    chosen = PublicationSchedule.from_policies(rules.policies) if schedule is None else schedule
    return _Question(log, rules, chosen, certificate, instant, record.valid_until)


def _entry(record: CertificateRecord | None, published: State) -> Lapse | None:
    """Return what stands on the list; entries leave when the certificate would have expired."""
    if record is None or published.at > record.valid_until:
        return None
    return record.lapse if record.lapsed_at(published.at) else record.hold
