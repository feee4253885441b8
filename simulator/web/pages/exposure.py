"""Who could still use a person's phones: for what, until when, and which layer stops it."""

from __future__ import annotations

from itertools import groupby

from simulator.exposure import Who, exposure
from simulator.web.pages.visit import Answer, Shown, Visit

__all__ = ["exposure_report"]


def exposure_report(visit: Visit) -> Answer:
    """Show the exposure of a person's phones at the world's instant."""
    report = exposure(visit.world, visit.person.id)
    groups = [
        list(uses) for _, uses in groupby(report.uses, key=lambda use: (use.device, use.kind))
    ]
    return Shown(
        "exposure.html",
        {"person": visit.person, "report": report, "groups": groups, "whos": tuple(Who)},
    )
