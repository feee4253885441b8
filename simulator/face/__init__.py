"""Matching a face with the photo in a card's chip (顔照合), as a model with open figures."""

from simulator.face.matching import FaceDecision, compare, match, photo_of
from simulator.face.model import ASSUMED, FaceParameters, LiveFace, Photo, PhotoQuality
from simulator.face.report import THRESHOLDS, ThresholdLine, threshold_line, threshold_table

__all__ = [
    "ASSUMED",
    "THRESHOLDS",
    "FaceDecision",
    "FaceParameters",
    "LiveFace",
    "Photo",
    "PhotoQuality",
    "ThresholdLine",
    "compare",
    "match",
    "photo_of",
    "threshold_line",
    "threshold_table",
]
