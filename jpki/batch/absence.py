"""When absence from the lists means that a certificate had effect.

A serial number that stands on no list at all is *good* at every instant at which a list of the
certificate's partition holds (RFC 5280 §6.3.3). For one family of certificates that is a matter of
a few intervals and a look-up, worked out once with :func:`~jpki.revocation.judge_list` or from an
index's own lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.revocation import Issuer, RevocationList, Statement, Subject, judge_list
from jpki.revocation.index import RevocationIndex

__all__ = ["Absence", "Lists", "microseconds"]

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND: Final = timedelta(microseconds=1)
_NO_SERIAL: Final = -1

_Names = Callable[[int], bool]


def microseconds(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970 in UTC."""
    return (at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Absence:
    """``holds`` are the intervals, both ends included, in microseconds since 1970.

    ``named`` each tell whether they know a serial number, of which absence then says nothing.
    """

    holds: tuple[tuple[int, int], ...]
    named: tuple[_Names, ...]

    def is_good(self, serial: int, at: int) -> bool:
        """Tell whether a certificate is good at ``at`` because nothing names it."""
        for named in self.named:
            if named(serial):
                return False
        for begins, ends in self.holds:  # noqa: SIM110  # a third of the time of any()
            if begins <= at <= ends:
                return True
        return False


class Lists:
    """The lists and indexes a caller handed over, asked about families of certificates."""

    def __init__(
        self,
        lists: Iterable[RevocationList],
        indexes: Iterable[RevocationIndex] = (),
        *,
        tolerance: timedelta,
    ) -> None:
        self._lists = tuple(lists)
        self._indexes = tuple(indexes)
        self._tolerance = tolerance
        self._listed: dict[bytes, frozenset[int]] = {}

    def absence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> Absence:
        """Return what absence means for certificates that differ only in their serial numbers."""
        point = certificate.crl_distribution_point.name
        subject = Subject(certificate.issuer, _NO_SERIAL, points=(point,))
        issuer = Issuer.of(authority)
        spans = [*self._held(subject, issuer), *self._indexed(subject, issuer)]
        named: list[_Names] = [self._serials(subject.issuer).__contains__] if self._lists else []
        named += [
            section.names for one in self._indexes if (section := one.section(issuer)) is not None
        ]
        return Absence(
            tuple(
                (microseconds(begins), microseconds(ends + self._tolerance))
                for begins, ends in spans
            ),
            tuple(named),
        )

    def _held(self, subject: Subject, issuer: Issuer) -> Iterator[tuple[datetime, datetime]]:
        for known in self._lists:
            said = judge_list(known, subject=subject, issuer=issuer, at=known.this_update)
            if isinstance(said, Statement):
                yield known.this_update, known.next_update

    def _indexed(self, subject: Subject, issuer: Issuer) -> Iterator[tuple[datetime, datetime]]:
        for one in self._indexes:
            yield from one.spans(subject, issuer=issuer)

    def _serials(self, issuer: bytes) -> frozenset[int]:
        """Every serial number on any list of the issuer, whatever the list is worth."""
        if issuer not in self._listed:
            self._listed[issuer] = frozenset(
                serial for one in self._lists if one.issuer == issuer for serial in one.entries
            )
        return self._listed[issuer]
