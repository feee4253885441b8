"""What was served when, worked out from the log: for audits, bug reports and tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from jpki.errors import ImpossibleFact
from jpki.jst import require_aware
from jpki.life import CertificateId, CertificateRecord, KnownStatus
from jpki.revocation import OcspRequest, RevokedEntry
from jpki.revocation.ocsp import CertificateId as OcspCertificateId
from jpki.revocation.ocsp import IdHash
from jpki.revocation.parties import Issuer
from jpki.terms import Purpose
from simulator.agency.publication.office import ListKey, Publication

__all__ = ["ServedList", "Told", "certificate_named", "served_lists", "told_at"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a verifier was told of a certificate at an instant, by its list and by OCSP.

    ``list_made_at`` and ``ocsp_as_of`` are the thisUpdate of each. An entry is that of the list or
    the answer, ``None`` without one; one for certificateHold tells ``HELD``, also where the agency
    will not release it.
    """

    certificate: CertificateId
    list_made_at: datetime
    by_list: KnownStatus
    list_entry: RevokedEntry | None
    ocsp_as_of: datetime
    by_ocsp: KnownStatus
    ocsp_entry: RevokedEntry | None


@dataclass(frozen=True, slots=True)
class ServedList:
    """One edition of a list and the time in which it answered; ``until`` is not part of it."""

    key: ListKey
    number: int
    made_at: datetime
    served_from: datetime
    until: datetime
    serials: tuple[int, ...]


def certificate_named(
    publication: Publication, serial: int, *, at: datetime, purpose: Purpose | None = None
) -> CertificateRecord:
    """Return the certificate of a serial number that was issued by ``at``.

    :class:`~jpki.errors.ImpossibleFact` when there is none, or one of each purpose and none chosen.
    """
    state = publication.records.at(require_aware(at)).state
    found = [
        record
        for known, record in state.certificates.items()
        if known.serial == serial and purpose in (None, known.authority.purpose)
    ]
    if not found:
        raise ImpossibleFact("no certificate with this serial number had been issued by then")
    if len(found) > 1:
        raise ImpossibleFact(
            "both authorities have issued this serial number", hint="name the purpose"
        )
    return found[0]


def told_at(
    publication: Publication, serial: int, at: datetime, *, purpose: Purpose | None = None
) -> Told:
    """Return what whoever asked at an instant was told of a certificate.

    A list that does not name a certificate tells ``NOT_LISTED`` once its period is over, else good.
    """
    record = certificate_named(publication, serial, at=at, purpose=purpose)
    key = ListKey(record.authority, record.municipality)
    made = publication.made_at(key, at)
    entry = publication.listed(key, made).get(serial)
    asked = _question(publication, record)
    known = publication.ocsp_records(record.authority, asked, at)
    answer = known.entries.get(serial)
    is_over = at > record.valid_until
    unlisted = KnownStatus.NOT_LISTED if is_over else KnownStatus.GOOD
    unheard = KnownStatus.NOT_LISTED if is_over else KnownStatus.UNKNOWN
    return Told(
        record.id,
        made,
        _status(entry) or unlisted,
        entry,
        publication.schedule.last_ocsp(at),
        _status(answer) or (KnownStatus.GOOD if serial in known.issued else unheard),
        answer,
    )


def served_lists(
    publication: Publication, key: ListKey, *, since: datetime, until: datetime
) -> Iterator[ServedList]:
    """Yield the editions of a list that answered between two instants, oldest first."""
    at = require_aware(since)
    while at < require_aware(until):
        made = publication.made_at(key, at)
        ends = publication.replaced_at(key, made)
        yield ServedList(
            key,
            publication.edition(key, made).number,
            made,
            publication.serves_from(key, made),
            ends,
            tuple(sorted(publication.listed(key, made))),
        )
        at = max(ends, at + timedelta(microseconds=1))


def _status(entry: RevokedEntry | None) -> KnownStatus | None:
    if entry is None:
        return None
    return KnownStatus.HELD if entry.is_hold else KnownStatus.REVOKED


def _question(publication: Publication, record: CertificateRecord) -> OcspRequest:
    issuer = Issuer.of(publication.certificate(record.authority))
    return OcspRequest((OcspCertificateId.of(issuer, record.serial, hash_algorithm=IdHash.SHA1),))
