"""When absence from the lists means that a certificate had effect.

A serial number that stands on no list at all is *good* at every instant at which a list of the
certificate's partition holds (RFC 5280 §6.3.3). For one family of certificates that is a matter of
a few intervals and one set, worked out once with :func:`~jpki.revocation.judge_list`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.revocation import Issuer, RevocationList, Statement, Subject, judge_list

__all__ = ["Absence", "Lists", "microseconds"]

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND: Final = timedelta(microseconds=1)
_NO_SERIAL: Final = -1


def microseconds(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970 in UTC."""
    return (at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Absence:
    """``holds`` are the intervals, both ends included, in microseconds since 1970.

    ``listed`` are the serial numbers of which absence says nothing.
    """

    holds: tuple[tuple[int, int], ...]
    listed: Container[int]

    def is_good(self, serial: int, at: int) -> bool:
        """Tell whether a certificate is good at ``at`` because no list names it."""
        return serial not in self.listed and any(
            begins <= at <= ends for begins, ends in self.holds
        )


class Lists:
    """The lists a caller handed over, asked about families of certificates."""

    def __init__(self, lists: Iterable[RevocationList], *, tolerance: timedelta) -> None:
        self._lists = tuple(lists)
        self._tolerance = tolerance
        self._listed: dict[bytes, frozenset[int]] = {}

    def absence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> Absence:
        """Return what absence means for certificates that differ only in their serial numbers."""
        point = certificate.crl_distribution_point.name
        subject = Subject(certificate.issuer, _NO_SERIAL, points=(point,))
        issuer = Issuer.of(authority)
        holds = []
        for known in self._lists:
            said = judge_list(known, subject=subject, issuer=issuer, at=known.this_update)
            if isinstance(said, Statement):
                until = known.next_update + self._tolerance
                holds.append((microseconds(known.this_update), microseconds(until)))
        return Absence(tuple(holds), self._serials(certificate.issuer))

    def _serials(self, issuer: bytes) -> frozenset[int]:
        """Every serial number on any list of the issuer, whatever the list is worth."""
        if issuer not in self._listed:
            self._listed[issuer] = frozenset(
                serial for one in self._lists if one.issuer == issuer for serial in one.entries
            )
        return self._listed[issuer]
