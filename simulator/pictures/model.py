"""A life as a picture shows it: marks for events, bars for what lasts, links from cause to effect.

Nothing here knows how wide anything is. The values hold no name, address or birth date, unless the
caller asks for the person's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from jpki.law import Effect
from simulator.timeline import Reason

__all__ = [
    "Bar",
    "End",
    "Finding",
    "Language",
    "Link",
    "Look",
    "Mark",
    "Picture",
    "Stretch",
    "Track",
    "Words",
]

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Words:
    """The same in English and Japanese."""

    en: str
    ja: str

    def of(self, language: Language) -> str:
        """Return the text in one of the languages."""
        return self.ja if language == "ja" else self.en


class Track(StrEnum):
    """The lanes of a picture, from top to bottom."""

    PERSON = "person"
    CARD = "card"
    CARD_SIGNATURE = "card_signature"
    CARD_AUTHENTICATION = "card_authentication"
    PHONE = "phone"
    MOBILE_SIGNATURE = "mobile_signature"
    MOBILE_AUTHENTICATION = "mobile_authentication"


class Look(StrEnum):
    """What a bar is along a stretch of it."""

    SOUND = "sound"
    HELD = "held"
    LEFT_OVER = "left_over"


class End(StrEnum):
    """How a bar ends; OPEN when it still goes on at the picture's instant."""

    OPEN = "open"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bar during which nothing changes."""

    begins: datetime
    ends: datetime
    look: Look


@dataclass(frozen=True, slots=True)
class Bar:
    """What lasts: a certificate, a card, a phone, a register.

    ``begun_before`` and ``goes_on`` say that the picture cuts it; ``planned_end`` is the end of its
    validity when it is known.
    """

    id: str
    track: Track
    label: Words
    stretches: tuple[Stretch, ...]
    end: End
    begun_before: bool = False
    planned_end: datetime | None = None

    @property
    def begins(self) -> datetime:
        """The first instant that is drawn."""
        return self.stretches[0].begins

    @property
    def ends(self) -> datetime:
        """The last instant that is drawn."""
        return self.stretches[-1].ends


@dataclass(frozen=True, slots=True)
class Mark:
    """An event, numbered from 1 in the order of the picture; ``seq`` is the log's entry."""

    number: int
    at: datetime
    occurred_on: date
    event: str
    short: Words
    note: Words
    track: Track | None
    seq: int | None


@dataclass(frozen=True, slots=True)
class Link:
    """What an event did to a bar, and why.

    ``over`` is the bar whose own fall led to this one (X-1 to X-4), or None when the event itself
    did. ``late`` says that it was recorded after the event, as a phone's certificate may be.
    """

    mark: int
    bar: str
    at: datetime
    effect: Effect
    reasons: tuple[Reason, ...]
    over: str | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a story and the law part: what was expected at an instant, and what was found."""

    at: datetime
    place: str
    key: str
    expected: Words
    found: Words
    because: tuple[Words, ...] = ()
    track: Track | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A person's life from ``begins`` up to ``at``."""

    person: str
    begins: datetime
    at: datetime
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    links: tuple[Link, ...]
    title: Words | None = None
    name: str | None = None
    finding: Finding | None = None
