"""What is kept about a world besides its log: seed, clock, policies, origin of the keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jpki.errors import MalformedDocument
from jpki.jst import require_aware
from jpki.law import Policies
from simulator.clock import WorldClock

__all__ = ["KeyOrigin", "WorldSettings"]


_NAMES = ("seed", "now", "policies", "clock", "keys")


class KeyOrigin(StrEnum):
    """Where a world's keys come from."""

    SEEDED = "seeded"
    """They are a function of the seed and can be made again."""
    FRESH = "fresh"
    """They were made by chance and are kept in the world."""
    LEFT_OUT = "left-out"
    """They were made by chance, and the world was exported without them."""


@dataclass(frozen=True, slots=True, repr=False)
class WorldSettings:
    """The settings of one world. The repr does not show the seed, which every key follows from."""

    seed: str
    now: datetime
    policies: Policies
    clock: WorldClock = field(default_factory=WorldClock.frozen)
    keys: KeyOrigin = KeyOrigin.SEEDED

    def __repr__(self) -> str:
        return f"<WorldSettings at {self.now.isoformat()}, {self.clock.kind}, keys {self.keys}>"

    def to_rows(self) -> dict[str, str]:
        """Return the settings as texts by name, as a world keeps them."""
        return {
            "seed": self.seed,
            "now": require_aware(self.now).isoformat(),
            "policies": json.dumps(self.policies.changed, sort_keys=True),
            "clock": self.clock.to_json(),
            "keys": self.keys.value,
        }

    @classmethod
    def from_rows(cls, rows: Mapping[str, str]) -> WorldSettings:
        """Return the settings that ``to_rows`` gave.

        ``MalformedDocument`` names the setting that is missing or cannot be read;
        ``UnknownPolicy`` a policy that this version does not know.
        """
        missing = [name for name in _NAMES if name not in rows]
        if missing:
            raise MalformedDocument(f"the world lacks its {', '.join(missing)}", source="world")
        return cls(
            seed=rows["seed"],
            now=_now(rows["now"]),
            policies=_policies(rows["policies"]),
            clock=WorldClock.from_json(rows["clock"]),
            keys=_origin(rows["keys"]),
        )


def _now(text: str) -> datetime:
    try:
        return require_aware(datetime.fromisoformat(text))
    except (ValueError, TypeError, OverflowError):
        raise MalformedDocument("what the clock shows cannot be read", source="world") from None


def _policies(text: str) -> Policies:
    try:
        chosen = json.loads(text)
    except ValueError:
        chosen = None
    if not isinstance(chosen, dict):
        raise MalformedDocument("the policies cannot be read", source="world")
    return Policies.default().with_(**chosen)


def _origin(text: str) -> KeyOrigin:
    try:
        return KeyOrigin(text)
    except ValueError:
        raise MalformedDocument(f"keys cannot be {text[:20]!r}", source="world") from None
