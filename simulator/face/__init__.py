"""Matching a face with the photo in a card's chip (顔照合), as a model with open figures."""

from simulator.face.matching import FaceDecision, compare, match, photo_of
from simulator.face.model import ASSUMED, FaceParameters, LiveFace, Photo, PhotoQuality

__all__ = [
    "ASSUMED",
    "FaceDecision",
    "FaceParameters",
    "LiveFace",
    "Photo",
    "PhotoQuality",
    "compare",
    "match",
    "photo_of",
]
