"""A story as a value: who, what happened when, and what has to be so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from jpki.jst import day
from jpki.law.model import Value
from jpki.life.events import Nationality
from jpki.terms import Sex
from simulator.story.places import Place

__all__ = ["Check", "Expectation", "Member", "Step", "Story", "Variant", "When"]


@dataclass(frozen=True, slots=True)
class When:
    """A Japan day, or an instant of it."""

    day: date
    at: datetime | None = None

    @classmethod
    def instant(cls, at: datetime) -> When:
        """Return the instant and the Japan day it falls on."""
        return cls(day(at), at)

    def before(self, other: When) -> bool:
        """Whether this is certainly before the other: an earlier day, or instant of one day."""
        if self.day != other.day or self.at is None or other.at is None:
            return self.day < other.day
        return self.at < other.at


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the story. What was left out is invented; the repr shows no personal data."""

    id: str
    born: date
    registered_on: date
    sex: Sex
    nationality: Nationality
    residence_ends_on: date | None
    municipality: str
    name: str = field(repr=False)
    address: str = field(repr=False)
    former_name: str = field(default="", repr=False)
    alias: str = field(default="", repr=False)
    furigana: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens: an event of the tables, or an act that stands for several.

    ``on`` is when it occurs, ``known`` when the agency hears of it, ``recorded`` when it is
    recorded; the latter two follow the first unless they are given. ``refused`` is the id of the
    rule that has to refuse it, or True when any refusal will do.
    """

    place: Place
    who: str
    name: str
    is_act: bool
    on: When
    known: When | None = None
    recorded: When | None = None
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    refused: str | bool = False

    @property
    def written(self) -> When:
        """When it is recorded as far as the story says."""
        return self.recorded or self.on


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be so: an aspect of a subject (``card_signature``, ``card`` …).

    ``asking`` is the question of a subject that answers one (which verifier, about which kind).
    """

    place: Place
    subject: str
    aspect: str
    wanted: object
    previous: bool = False
    asking: tuple[tuple[str, object], ...] = ()

    @property
    def key(self) -> str:
        """How the story writes the subject and its aspect."""
        subject = f"previous.{self.subject}" if self.previous else self.subject
        return subject if self.aspect == "state" else f"{subject}.{self.aspect}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What has to be so at the end of a day, or at an instant."""

    place: Place
    on: When
    who: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way a story goes: everything common to all variants, then its own."""

    id: str
    title_en: str
    title_ja: str
    policies: Mapping[str, Value | int]
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A story that reads well and can be run."""

    id: str
    source: str
    title_en: str
    title_ja: str
    covers: tuple[str, ...]
    people: tuple[Member, ...]
    variants: tuple[Variant, ...]

    def run_id(self, variant: Variant) -> str:
        """Return the name of one run: ``sc-02/a``, or the story's own when it has no variants."""
        return f"{self.id}/{variant.id}" if variant.id else self.id
