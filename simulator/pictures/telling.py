"""Pictures of a story that was run: one for each person, the failed expectation marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from jpki.law import Rulebook
from simulator.pictures.model import Finding, Picture, Track, Words
from simulator.pictures.naming import track_of
from simulator.pictures.reading import picture_of
from simulator.story import Difference, Outcome
from simulator.story.consistency import instant_of
from simulator.story.report import title

__all__ = ["pictures_of"]

_SUBJECTS = {"device": Track.PHONE, "mobile_pin": Track.PHONE, "pin": Track.CARD} | {
    "substitute": Track.PHONE,
    "record": Track.PERSON,
}


def pictures_of(outcome: Outcome, *, book: Rulebook | None = None) -> tuple[Picture, ...]:
    """Return a picture of each person the run came to, in the order of the story.

    A run that failed is drawn up to its first difference, which is marked.
    """
    return tuple(_pictures(outcome, book))


def _pictures(outcome: Outcome, book: Rulebook | None) -> Iterator[Picture]:
    rules = Rulebook.default() if book is None else book
    if outcome.variant.policies:
        rules = rules.with_(**outcome.variant.policies)
    until, difference = _until(outcome), outcome.difference
    there = {getattr(entry.event, "person", None) for entry in outcome.entries}
    for member in outcome.story.people:
        if member.id in there:
            own = difference is not None and difference.who == member.id
            yield picture_of(
                outcome.entries,
                member.id,
                at=until,
                book=rules,
                title=Words(title(outcome, "en"), title(outcome, "ja")),
                finding=_finding(outcome, difference) if difference and own else None,
            )


def _until(outcome: Outcome) -> datetime:
    """Return the last instant the run looked at."""
    instants = [entry.recorded_at for entry in outcome.entries]
    if outcome.difference is not None:
        return max([*instants, outcome.difference.at])
    return max([*instants, *(instant_of(each) for each in outcome.variant.expectations)])


def _finding(outcome: Outcome, difference: Difference) -> Finding:
    return Finding(
        at=difference.at,
        place=f"{outcome.story.source}:{difference.place.line}",
        key=difference.key,
        expected=Words(difference.expected.en, difference.expected.ja),
        found=Words(difference.found.en, difference.found.ja),
        because=tuple(Words(phrase.en, phrase.ja) for phrase in difference.because),
        track=_track(difference.key),
    )


def _track(key: str) -> Track | None:
    subject = key.removeprefix("previous.").partition(".")[0]
    if subject in set(Track):
        return Track(subject)
    return _SUBJECTS.get(subject) or track_of(subject)
