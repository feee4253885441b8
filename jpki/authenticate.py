"""User authentication (電子利用者証明): a challenge, the card's answer, and the verdict on it.

The verifier makes a challenge nobody can guess, the token signs it with the user authentication
key after the PIN, and the verifier judges the answer by the same numbered steps as a signature:
right key, right challenge, live certificate (Act 38(1)). A challenge names who asked, lives for a
short time and is good for one answer, so that an answer cannot be carried elsewhere or used again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from jpki.assurance import Gate, assurance
from jpki.errors import ImpossibleFact
from jpki.jst import day, moment, require_aware
from jpki.sign import Signer
from jpki.validation import (
    RECEPTION,
    AssuranceReport,
    CheckPurpose,
    Evidence,
    Problem,
    SignatureClaim,
    Verdict,
    VerificationPolicy,
    VerificationReport,
)
from jpki.validation.formats.raw import raw_claim
from jpki.verify import explain_claim, verify_claim

__all__ = [
    "AuthenticationResponse",
    "Challenge",
    "OpenChallenges",
    "explain_authentication",
    "respond",
    "verify_authentication",
]

_SHORTEST_NONCE = 16
_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a verifier asks a user's token to sign.

    ``nonce`` is at least 16 unguessable bytes, new for every challenge; ``audience`` names the
    service that asks. ``issued_at`` and ``expires_at`` are aware instants, the last one excluded.
    Raises ``ImpossibleFact`` for a short nonce or an end before the beginning.
    """

    nonce: bytes
    audience: str
    issued_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        if len(self.nonce) < _SHORTEST_NONCE:
            raise ImpossibleFact(f"a challenge of fewer than {_SHORTEST_NONCE} bytes")
        if require_aware(self.expires_at) <= require_aware(self.issued_at):
            raise ImpossibleFact("a challenge that ends before it begins")

    @classmethod
    def of(
        cls, nonce: bytes, *, audience: str, at: datetime, lifetime: timedelta = _LIFETIME
    ) -> Challenge:
        """Return a challenge that begins at ``at`` and lives for ``lifetime``."""
        return cls(nonce, audience, at, at + lifetime)

    @property
    def message(self) -> bytes:
        """The bytes to sign: the audience's digest and the nonce, under a name of their own.

        The name keeps an answer to a challenge from ever being a signature over anything else.
        """
        audience = hashlib.sha256(self.audience.encode()).digest()
        return b"jpki user authentication 1\x00" + audience + self.nonce


@dataclass(frozen=True, slots=True, repr=False)
class AuthenticationResponse:
    """The token's answer: the user authentication certificate and the signature value."""

    certificate: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "<AuthenticationResponse>"


class OpenChallenges:
    """The challenges that wait for an answer; each can be answered once.

    It holds at most ``limit`` of them: when more are asked for, the oldest is forgotten, so that
    asking without end fills no memory. One process has one; several share a store of their own.
    """

    def __init__(self, *, limit: int = 100_000) -> None:
        self._open: OrderedDict[bytes, Challenge] = OrderedDict()
        self._limit = limit

    def __len__(self) -> int:
        return len(self._open)

    def add(self, challenge: Challenge) -> None:
        """Keep a challenge until it is taken; raises ``ImpossibleFact`` for a nonce used twice."""
        if challenge.nonce in self._open:
            raise ImpossibleFact("two challenges with the same nonce")
        self._open[challenge.nonce] = challenge
        while len(self._open) > self._limit:
            self._open.popitem(last=False)

    def take(self, nonce: bytes) -> Challenge | None:
        """Return the challenge and forget it; ``None`` when it is not, or no longer, open."""
        return self._open.pop(nonce, None)


def respond(challenge: Challenge, signer: Signer) -> AuthenticationResponse:
    """Return the answer to a challenge by an opened user authentication key."""
    digest = hashlib.sha256(challenge.message).digest()
    return AuthenticationResponse(signer.certificate, signer.sign_sha256(digest))


def explain_authentication(
    response: AuthenticationResponse,
    challenge: Challenge,
    *,
    audience: str,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
    gate: Gate | None = None,
) -> VerificationReport:
    """Return the verdict on an answer received at ``at``, with every step's finding.

    ``audience`` is the verifier's own name, compared with the challenge's. That the challenge was
    one of ours and not answered before is for ``OpenChallenges`` to say. ``gate`` is how the user
    opened the key, as far as the verifier knows it; with it a good answer reports its assurance.
    """
    report = explain_claim(
        _claim(response, challenge, audience, require_aware(at)),
        evidence=evidence,
        at=at,
        policy=policy,
        purpose=CheckPurpose.AUTHENTICATION,
    )
    return _assured(report, gate)


def verify_authentication(
    response: AuthenticationResponse,
    challenge: Challenge,
    *,
    audience: str,
    evidence: Evidence,
    at: datetime,
    policy: VerificationPolicy = RECEPTION,
    gate: Gate | None = None,
) -> VerificationReport:
    """Return the report of a good answer; raise a ``VerificationError`` for any other."""
    report = verify_claim(
        _claim(response, challenge, audience, require_aware(at)),
        evidence=evidence,
        at=at,
        policy=policy,
        purpose=CheckPurpose.AUTHENTICATION,
    )
    return _assured(report, gate)


def _assured(report: VerificationReport, gate: Gate | None) -> VerificationReport:
    """Say which assurance a good answer reaches; a bad one reaches none."""
    if gate is None or report.verdict is not Verdict.VALID or report.signer is None:
        return report
    found = assurance(report.signer.kind, gate, on=day(report.judged_at))
    levels = [level for level in (found.identity, found.authenticator) if level is not None]
    told = AssuranceReport(
        gate=gate.value,
        identity=found.identity.value if found.identity is not None else None,
        authenticator=found.authenticator.value if found.authenticator is not None else None,
        rows=tuple(dict.fromkeys(f"{level.row} ({level.certainty.value})" for level in levels)),
    )
    return report.model_copy(update={"assurance": told})


def _claim(
    response: AuthenticationResponse, challenge: Challenge, audience: str, at: datetime
) -> SignatureClaim | Problem:
    if not hmac.compare_digest(audience.encode(), challenge.audience.encode()):
        return Problem("structure", "structure.other-audience")
    if not challenge.issued_at <= at < challenge.expires_at:
        facts = {
            "issued_at": moment(challenge.issued_at),
            "expires_at": moment(challenge.expires_at),
            "at": moment(at),
        }
        return Problem("structure", "structure.challenge-outside", facts)
    digest = hashlib.sha256(challenge.message).digest()
    return raw_claim(response.signature, certificate=response.certificate, digest=digest)
