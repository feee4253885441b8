"""How the sending of a right body goes wrong: a value that a server acts upon."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.faults.catalogue import FaultName
from simulator.faults.striking import Struck

__all__ = ["Delivery", "delivery_of"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What to do with a body: at most one of these is asked for.

    ``status``: say this instead. ``keep``: send so many bytes of it. ``seconds``: take so long.
    ``padding``: send so many zeros after it. ``reset``: break the connection in the middle.
    """

    status: int | None = None
    keep: int | None = None
    seconds: float | None = None
    padding: int | None = None
    reset: bool = False


def delivery_of(struck: Struck | None) -> Delivery | None:
    """Return what a fault does to the sending; ``None`` when the body is sent as it is."""
    if struck is None or not struck.fault.kind.in_delivery:
        return None
    fault = struck.fault
    match fault.name:
        case FaultName.HTTP_5XX:
            return Delivery(status=int(fault.parameter("status")))
        case FaultName.TRUNCATED:
            return Delivery(keep=int(fault.parameter("bytes")))
        case FaultName.SLOW:
            return Delivery(seconds=fault.parameter("seconds"))
        case FaultName.OVERSIZE:
            return Delivery(padding=int(fault.parameter("bytes")))
        case _:
            return Delivery(reset=True)
