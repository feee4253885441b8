"""What is assumed about publication, one switch each: nothing of it is published by J-LIS."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.jst import day
from simulator.agency.ocsp import ResponderOptions
from simulator.agency.publish import NEXT_UPDATE_AFTER, Edition, ListOptions

__all__ = ["Numbering", "PublicationOptions", "Takeover"]

_TIMESTAMPS_BEGIN: Final = datetime(2015, 10, 1, tzinfo=UTC)
_TIMESTAMPS_LAST: Final = timedelta(days=20 * 365)


class Takeover(StrEnum):
    """Which list answers while verifiers take over a new one (policy ``list_takeover_minutes``).

    A platform operator says that within 5 to 10 minutes the day before's may still answer. ``OLD``:
    it does until the last of them. ``NEW``: the new one answers at once. ``STAGGERED``: each
    partition changes at a moment of its own, by the world's seed.
    """

    OLD = "old"
    NEW = "new"
    STAGGERED = "staggered"


class Numbering(StrEnum):
    """How lists are numbered (?): counted from the authority's first, or seconds since 1970."""

    COUNTED = "counted"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class PublicationOptions:
    """What is assumed about lists, answers and timestamps, one field each.

    When lists are made and OCSP data is renewed are policies of the world. ``next_update_after``:
    how long a list is good for (?). ``lists`` and ``responder``: their profiles. ``responder`` is
    renewed as the policy says, whatever its ``quarter``. ``authority_lists_itself``: whether an
    authority whose key leaked puts its own number on the list of authorities' certificates (C).
    ``timestamps_begin`` and ``timestamps_last``: from when and for how long the timestamp
    authority's certificates are valid, which are no part of JPKI.
    """

    takeover: Takeover = Takeover.OLD
    numbering: Numbering = Numbering.COUNTED
    next_update_after: timedelta = NEXT_UPDATE_AFTER
    lists: ListOptions = field(default_factory=ListOptions)
    responder: ResponderOptions = field(default_factory=ResponderOptions)
    authority_lists_itself: bool = True
    timestamps_begin: datetime = _TIMESTAMPS_BEGIN
    timestamps_last: timedelta = _TIMESTAMPS_LAST

    def __post_init__(self) -> None:
        if self.next_update_after < timedelta(days=1):
            raise ImpossibleFact("a daily list is good until the next one is made")

    def edition(self, made: datetime, *, begins_at: datetime) -> Edition:
        """Return number and times of the list made at an instant by an authority that began then.

        An authority's first list is made when it begins, and the next at the hour of all lists.
        """
        counted = 1 if made == begins_at else (day(made) - day(begins_at)).days + 2
        number = counted if self.numbering is Numbering.COUNTED else int(made.timestamp())
        return Edition(number, made, made + self.next_update_after)
