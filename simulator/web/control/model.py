"""The shape of what control takes and tells. What is taken is checked strictly.

Items of a person and PINs never show in a ``repr``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jpki.law import Effect
from jpki.terms import Certainty, CertificateKind
from simulator.clock import ClockKind
from simulator.preview import Foreseen
from simulator.timeline import Change, Reason

__all__ = [
    "Asked",
    "ChangeTold",
    "ClockOrder",
    "ForeseenTold",
    "Nothing",
    "PersonId",
    "PinSet",
    "ReasonTold",
    "Told",
    "Wait",
    "WhatChanged",
]

PersonId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Asked(BaseModel):
    """Something that is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Told(BaseModel):
    """Something that is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Told):
    """That it was done, and when by the world's clock."""

    done_at: datetime


class Wait(Asked):
    """How far the clock goes on: by seconds, or to an instant."""

    seconds: Annotated[int | None, Field(ge=0, le=10**11)] = None
    to: AwareDatetime | None = None


class ClockOrder(Asked):
    """How the clock shall go; ``factor`` belongs to an accelerated one."""

    kind: ClockKind
    factor: Annotated[float | None, Field(gt=0, le=1_000_000)] = None


class PinSet(Asked):
    """The PINs of a card or phone that is made."""

    signature_password: Annotated[str, Field(pattern=r"^[A-Z0-9]{6,16}$", repr=False)]
    user_pin: Annotated[str, Field(pattern=r"^[0-9]{4}$", repr=False)]


class ReasonTold(Told):
    """The rule that spoke and its provision, in both languages."""

    rule: str
    note: str
    note_ja: str
    basis: str
    basis_ja: str
    certainty: Certainty

    @classmethod
    def of(cls, reason: Reason) -> ReasonTold:
        """Return a reason as it is told."""
        return cls(
            rule=reason.rule,
            note=reason.note_en,
            note_ja=reason.note_ja,
            basis=reason.basis_en,
            basis_ja=reason.basis_ja,
            certainty=reason.certainty,
        )


class ChangeTold(Told):
    """What an event did to one certificate, and why, the certificate's own reason first."""

    person: str
    kind: CertificateKind
    serial: int
    effect: Effect
    at: datetime
    reasons: tuple[ReasonTold, ...]

    @classmethod
    def of(cls, change: Change) -> ChangeTold:
        """Return a change as it is told."""
        return cls(
            person=change.person,
            kind=change.kind,
            serial=change.serial,
            effect=change.effect,
            at=change.at,
            reasons=tuple(map(ReasonTold.of, change.reasons)),
        )


class ForeseenTold(Told):
    """An event that would be recorded and what it would do.

    ``refused`` is why a notice on its way would not be recorded. ``anyway``: it is recorded, with
    these effects, without the event that is tried, too.
    """

    event: str
    recorded_at: datetime
    changes: tuple[ChangeTold, ...]
    refused: str | None = None
    anyway: bool = False

    @classmethod
    def of(cls, foreseen: Foreseen) -> ForeseenTold:
        """Return something foreseen as it is told."""
        return cls(
            event=foreseen.entry.event.name,
            recorded_at=foreseen.entry.recorded_at,
            changes=tuple(map(ChangeTold.of, foreseen.changes)),
            refused=foreseen.refusal.message if foreseen.refusal is not None else None,
            anyway=foreseen.anyway,
        )


class WhatChanged(Told):
    """What a command did: the entries it recorded, and each certificate that changed.

    ``recorded_at`` lies in the future for a notice on its way. ``dry_run``: nothing was recorded;
    ``later`` is then what would follow by ``until`` from what is on its way and from periods that
    run out.
    """

    entries: tuple[int, ...]
    recorded_at: datetime
    dry_run: bool = False
    changes: tuple[ChangeTold, ...]
    later: tuple[ForeseenTold, ...] = ()
    until: datetime | None = None
