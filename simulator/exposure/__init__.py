"""Exposure: who could still use a person's phones for what, until when, and what stops them.

:func:`exposure` answers for a world as it stands, :func:`exposure_of` for any state and phones;
both write nothing. A phone that is no longer used is guarded in layers (the duty to apply, the next
enrolment, erasure, suspension, the card's own end, PINs, and the verifier's check), and the report
says of each whether it stops this use now, later, or was not taken.
"""

from simulator.exposure.assess import exposure, exposure_of
from simulator.exposure.model import (
    ExposureReport,
    Finding,
    Layer,
    Reach,
    RecordExposure,
    Standing,
    Until,
    Use,
    Who,
)
from simulator.exposure.words import report_data, report_lines

__all__ = [
    "ExposureReport",
    "Finding",
    "Layer",
    "Reach",
    "RecordExposure",
    "Standing",
    "Until",
    "Use",
    "Who",
    "exposure",
    "exposure_of",
    "report_data",
    "report_lines",
]
