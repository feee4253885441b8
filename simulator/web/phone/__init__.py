"""The HTTP face of the virtual phone: apps ask, and the keeper answers in the holder's place."""

from typing import Final

from simulator.web.operations import Operation
from simulator.web.phone.app_side import APP_SIDE
from simulator.web.phone.holder_side import HOLDER_SIDE

__all__ = ["PHONE"]

PHONE: Final[tuple[Operation, ...]] = (*APP_SIDE, *HOLDER_SIDE)
"""Every operation of it: the app's under ``/phone/v1``, the holder's under ``/control/v1``."""
