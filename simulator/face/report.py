"""What thresholds mean for people: a table for whoever has to choose one, and why a PIN is asked.

All of it is worked out from ``FaceParameters`` in closed form (``acceptance``); no chance is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from jpki.errors import ImpossibleFact
from simulator.face.model import ASSUMED, FaceParameters, LiveFace, Photo

__all__ = ["THRESHOLDS", "ThresholdLine", "threshold_line", "threshold_table"]

THRESHOLDS: Final = (3.09, 3.72, 4.26)
"""Where one stranger in 1,000, 10,000 and 100,000 is accepted."""

# Three tries at four digits (P2): who finds a card and knows nothing guesses at best three values.
_PIN_GUESSED: Final = 3 / 10_000
_MOST_CARDS: Final = 10**9


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    """One threshold: how likely each face is accepted, once and within the attempts allowed.

    The last two are people: of so many lost cards, found by strangers who hold their own face to a
    camera, how many open it by the face alone, and how many by the face and a guessed PIN.
    """

    threshold: float
    attempts: int
    false_accept_once: float
    false_accept: float
    false_reject_once: float
    false_reject: float
    look_alike: float
    picture: float
    picture_without_liveness: float
    opened_by_face: float
    opened_by_face_and_pin: float


def threshold_line(
    parameters: FaceParameters = ASSUMED,
    *,
    photo: Photo | None = None,
    lost_cards: int = 100_000,
) -> ThresholdLine:
    """Return what the threshold of these parameters means; ``ImpossibleFact`` for no such count."""
    if not 0 <= lost_cards <= _MOST_CARDS:
        raise ImpossibleFact(f"0 to {_MOST_CARDS:,} cards are lost")
    many = parameters.attempts
    stranger = parameters.false_accept_rate(attempts=many)
    blind = parameters.with_(liveness=0.0)
    return ThresholdLine(
        threshold=parameters.threshold,
        attempts=many,
        false_accept_once=parameters.false_accept_rate(),
        false_accept=stranger,
        false_reject_once=parameters.false_reject_rate(photo),
        false_reject=parameters.false_reject_rate(photo, attempts=many),
        look_alike=parameters.acceptance(LiveFace.LOOK_ALIKE, photo, attempts=many),
        picture=parameters.acceptance(LiveFace.PHOTO_OF_HOLDER, photo, attempts=many),
        picture_without_liveness=blind.acceptance(LiveFace.PHOTO_OF_HOLDER, photo, attempts=many),
        opened_by_face=lost_cards * stranger,
        opened_by_face_and_pin=lost_cards * stranger * _PIN_GUESSED,
    )


def threshold_table(
    thresholds: Iterable[float] = THRESHOLDS,
    *,
    parameters: FaceParameters = ASSUMED,
    photo: Photo | None = None,
    lost_cards: int = 100_000,
) -> tuple[ThresholdLine, ...]:
    """Return a line for each threshold, everything else being the same."""
    return tuple(
        threshold_line(parameters.with_(threshold=each), photo=photo, lost_cards=lost_cards)
        for each in thresholds
    )
