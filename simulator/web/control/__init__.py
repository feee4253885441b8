"""Control: what the keeper of a world may do. For tests only; no real authority has any of it."""

from typing import Final

from simulator.web.control.certificates import CERTIFICATES
from simulator.web.control.events import EVENTS_TABLE
from simulator.web.control.faults import FAULTS
from simulator.web.control.people import PEOPLE
from simulator.web.control.time import TIME
from simulator.web.control.tokens import TOKENS
from simulator.web.control.verifiers import VERIFIERS
from simulator.web.operations import Operation

__all__ = ["CONTROL"]

CONTROL: Final[tuple[Operation, ...]] = (
    *TIME,
    *PEOPLE,
    *TOKENS,
    *EVENTS_TABLE,
    *CERTIFICATES,
    *VERIFIERS,
    *FAULTS,
)
"""Every control operation."""
