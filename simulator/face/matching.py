"""A face held to a camera, compared with the photo in a card's chip: scores from a world's chance.

The same world, card, face and count of attempts give the same score. What stays of a face from one
attempt to the next is drawn once for a card and a face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.jst import birthday_in, day
from simulator.face.model import ASSUMED, FaceParameters, LiveFace, Photo, PhotoQuality
from simulator.store import Notes
from simulator.world import World

__all__ = ["FaceDecision", "compare", "match", "photo_of"]

_ADULT: Final = 18
_DAYS_OF_A_YEAR: Final = 365.25
_BELL: Final = NormalDist()
_FINE: Final = 2**53


@dataclass(frozen=True, slots=True)
class FaceDecision:
    """What came of comparing a face: the last score, the attempts it took, and the answer.

    ``attack_seen`` says that the camera found a picture in the place of a face; then there is no
    score.
    """

    accepted: bool
    attempts: int
    score: float | None
    threshold: float
    attack_seen: bool = False


def photo_of(
    world: World, person_id: str, *, quality: PhotoQuality = PhotoQuality.GOOD
) -> Photo | None:
    """Return the photo in the chip of a person's card; ``None`` when it carries none.

    It is taken to be as old as the card (assumed: the photo is handed in with the application).
    """
    person = world.state().person(person_id)
    card = person.card
    if card is None:
        raise ImpossibleFact("the person has no card")
    if not card.photo:
        return None
    today = day(world.now)
    grown_until = min(today, birthday_in(person.birth_date.year + _ADULT, person.birth_date))
    years = max(0, (today - card.made_on).days) / _DAYS_OF_A_YEAR
    grown = max(0, (grown_until - card.made_on).days) / _DAYS_OF_A_YEAR
    return Photo(years, min(years, grown), quality)


def compare(
    world: World,
    person_id: str,
    face: LiveFace,
    *,
    parameters: FaceParameters = ASSUMED,
    quality: PhotoQuality = PhotoQuality.GOOD,
) -> FaceDecision:
    """Compare a face once with the photo in the person's card.

    The attempt is counted in the world, so that the next one is another. ``ImpossibleFact`` when
    the card carries no photo.
    """
    photo = photo_of(world, person_id, quality=quality)
    if photo is None:
        raise ImpossibleFact("there is no photo in the chip to compare a face with")
    card = world.state().person(person_id).card
    place = f"{card.number if card else ''}/{face.value}"
    number = Notes(world.store, "face attempts").next_number(place)
    if face is LiveFace.PHOTO_OF_HOLDER and (
        _uniform(world, f"liveness/{place}/{number}") < parameters.liveness
    ):
        return FaceDecision(False, 1, None, parameters.threshold, attack_seen=True)
    bell = math.sqrt(parameters.sameness) * _bell(world, f"face/{place}") + math.sqrt(
        1.0 - parameters.sameness
    ) * _bell(world, f"face/{place}/{number}")
    score = parameters.mean(face, photo) + parameters.deviation(face) * bell
    return FaceDecision(score >= parameters.threshold, 1, score, parameters.threshold)


def match(
    world: World,
    person_id: str,
    face: LiveFace,
    *,
    parameters: FaceParameters = ASSUMED,
    quality: PhotoQuality = PhotoQuality.GOOD,
) -> FaceDecision:
    """Compare until a face is accepted, or as often as the parameters allow."""
    attempt = 0
    while True:
        attempt += 1
        one = compare(world, person_id, face, parameters=parameters, quality=quality)
        if one.accepted or attempt == parameters.attempts:
            return replace(one, attempts=attempt)


def _uniform(world: World, label: str) -> float:
    """Return a number above 0 and below 1."""
    return (world.chance.stream(label).below(_FINE - 1) + 1) / _FINE


def _bell(world: World, label: str) -> float:
    return _BELL.inv_cdf(_uniform(world, label))
