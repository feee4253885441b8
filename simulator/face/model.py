"""Comparing faces as a model: scores from two bell curves, a threshold, and what follows.

A comparison gives a score. The unit is the standard deviation of strangers' scores, and a stranger
scores 0 on average, so that the rate of false acceptance follows from the threshold alone. Nothing
here is measured: no source tells the figures of the real systems, and every number is an assumption
to be replaced. The shape is what teaches: whoever raises the threshold turns away more holders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from jpki.errors import ImpossibleFact

__all__ = ["ASSUMED", "FaceParameters", "LiveFace", "Photo", "PhotoQuality", "above"]

_MOST_ATTEMPTS: Final = 100
_STEPS: Final = 400  # of Simpson's rule, over ±8 standard deviations
_REACH: Final = 8.0


class LiveFace(StrEnum):
    """Who stands before the camera when a face is compared with the photo in a card's chip."""

    HOLDER = "holder"
    LOOK_ALIKE = "look_alike"
    """A twin, or somebody as like the holder as that."""
    STRANGER = "stranger"
    PHOTO_OF_HOLDER = "photo_of_holder"
    """A picture held to the camera: a presentation attack (ISO/IEC 30107-1)."""

    @property
    def label_ja(self) -> str:
        """The same in Japanese."""
        return {
            "holder": "本人",
            "look_alike": "よく似た別人（双子など）",
            "stranger": "別人",
            "photo_of_holder": "本人の写真（なりすまし）",
        }[self.value]

    @property
    def label_en(self) -> str:
        """The same in English."""
        return {
            "holder": "the holder",
            "look_alike": "a look-alike (a twin)",
            "stranger": "a stranger",
            "photo_of_holder": "a photo of the holder",
        }[self.value]


class PhotoQuality(StrEnum):
    """How well a photo shows the face."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Photo:
    """The photo in the chip, as far as it matters to a comparison.

    ``years_grown`` are those years of its age in which the holder was still a child.
    """

    years: float = 0.0
    years_grown: float = 0.0
    quality: PhotoQuality = PhotoQuality.GOOD

    def __post_init__(self) -> None:
        if not 0 <= self.years_grown <= self.years <= 150:
            raise ImpossibleFact("a photo is 0 to 150 years old, and no older than its holder grew")


@dataclass(frozen=True, slots=True)
class FaceParameters:
    """The figures of a comparison; all of them assumptions (see the module).

    Means and losses are in standard deviations of strangers' scores. ``sameness`` says how much of
    what makes two comparisons differ is the face and not the moment (0: every attempt is a new
    chance; 1: a second attempt repeats the first). ``liveness`` is the share of pictures that the
    camera detects; 0 is a camera that does not look. ``ImpossibleFact`` for what no comparison can
    be.
    """

    threshold: float = 3.72
    holder: float = 6.5
    look_alike: float = 3.0
    picture: float = 6.2
    spread: float = 1.0
    loss_per_year: float = 0.08
    loss_per_year_grown: float = 0.35
    loss_fair: float = 0.5
    loss_poor: float = 1.5
    sameness: float = 0.6
    liveness: float = 0.98
    attempts: int = 3

    def __post_init__(self) -> None:
        numbers = [getattr(self, name) for name in self.__slots__]
        if not all(math.isfinite(number) for number in numbers):
            raise ImpossibleFact("a figure of the face comparison is no number")
        if self.spread <= 0 or not 0 <= self.sameness <= 1 or not 0 <= self.liveness <= 1:
            raise ImpossibleFact("a spread is above 0; sameness and liveness lie between 0 and 1")
        if not 1 <= self.attempts <= _MOST_ATTEMPTS:
            raise ImpossibleFact(f"a face is compared 1 to {_MOST_ATTEMPTS} times")

    def with_(self, **changed: float) -> FaceParameters:
        """Return these figures with the named ones changed."""
        return replace(self, **changed)  # type: ignore[arg-type]  # attempts is checked to be one

    def mean(self, face: LiveFace, photo: Photo) -> float:
        """Return the average score of a face against a photo.

        An old or poor photo costs whoever is like it: the holder, a look-alike, a picture. A
        stranger has nothing to lose by it.
        """
        if face is LiveFace.STRANGER:
            return 0.0
        loss = (
            self.loss_per_year * (photo.years - photo.years_grown)
            + self.loss_per_year_grown * photo.years_grown
            + {"good": 0.0, "fair": self.loss_fair, "poor": self.loss_poor}[photo.quality.value]
        )
        top = {
            LiveFace.HOLDER: self.holder,
            LiveFace.PHOTO_OF_HOLDER: self.picture,
            LiveFace.LOOK_ALIKE: self.look_alike,
        }[face]
        return max(0.0, top - loss)

    def deviation(self, face: LiveFace) -> float:
        """Return the standard deviation of the score."""
        return 1.0 if face is LiveFace.STRANGER else self.spread

    def acceptance(self, face: LiveFace, photo: Photo | None = None, *, attempts: int = 1) -> float:
        """Return how likely a face is accepted within so many attempts.

        One attempt is Q((threshold − mean) / deviation). For more, what stays of the face from one
        attempt to the next is averaged over (Simpson's rule).
        """
        if not 1 <= attempts <= _MOST_ATTEMPTS:
            raise ImpossibleFact(f"a face is compared 1 to {_MOST_ATTEMPTS} times")
        short = (self.threshold - self.mean(face, photo or Photo())) / self.deviation(face)
        unseen = 1.0 - self.liveness if face is LiveFace.PHOTO_OF_HOLDER else 1.0
        stays, changes = math.sqrt(self.sameness), math.sqrt(1.0 - self.sameness)
        if attempts == 1:
            return unseen * above(short)
        if changes == 0.0:
            # The same score each time; only the look for life has another chance.
            return (1.0 - (1.0 - unseen) ** attempts) * above(short)
        width = 2 * _REACH / _STEPS
        total = 0.0
        for step in range(_STEPS + 1):
            part = step * width - _REACH
            once = unseen * above((short - stays * part) / changes)
            weight = 1 if step in (0, _STEPS) else 4 if step % 2 else 2
            total += weight * _density(part) * (1.0 - (1.0 - once) ** attempts)
        return total * width / 3.0

    def false_accept_rate(self, *, attempts: int = 1) -> float:
        """Return how often a stranger is taken for the holder."""
        return self.acceptance(LiveFace.STRANGER, attempts=attempts)

    def false_reject_rate(self, photo: Photo | None = None, *, attempts: int = 1) -> float:
        """Return how often the holder is turned away."""
        return 1.0 - self.acceptance(LiveFace.HOLDER, photo, attempts=attempts)


def above(deviations: float) -> float:
    """Return Q: how likely a score lies so many standard deviations above its mean, or more."""
    return 0.5 * math.erfc(deviations / math.sqrt(2.0))


def _density(deviations: float) -> float:
    return math.exp(-deviations * deviations / 2.0) / math.sqrt(2.0 * math.pi)


ASSUMED: Final = FaceParameters()
"""The figures used where none are given: one stranger in 10,000 is accepted in one attempt."""
