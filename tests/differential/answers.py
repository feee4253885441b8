"""What another verifier answers, and which of our words means the same."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACCEPTED", "REFUSED", "REVOKED", "PeerAnswer", "same"]

ACCEPTED, REFUSED, REVOKED = "accepted", "refused", "revoked"
_OURS = {"valid": ACCEPTED, "good": ACCEPTED, "revoked": REVOKED, "held": REVOKED}


@dataclass(frozen=True)
class PeerAnswer:
    """What a peer makes of a file, in one word, and its own words about it."""

    word: str
    said: str

    @classmethod
    def of(cls, accepted: bool, said: str) -> PeerAnswer:
        """Return the answer of a peer that knows yes and no."""
        return cls(ACCEPTED if accepted else REFUSED, said)


def same(ours: str, theirs: PeerAnswer) -> bool:
    """Return whether our word means theirs; what we could not find out is refused."""
    return _OURS.get(ours, REFUSED) == theirs.word
