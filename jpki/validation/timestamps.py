"""What a timestamp proves: that something existed by an instant (RFC 3161; ETSI EN 319 102-1 §5.4).

A token is believed while its authority's path holds. When that has ended, by expiry or by
revocation, a later token that covers the earlier one keeps it good: the earlier is then judged at
the instant the later proves. What could not be checked is never proven.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from jpki.errors import MalformedTimestamp
from jpki.jst import moment, require_aware
from jpki.terms import RevocationReason
from jpki.timestamps import TimestampToken, parse_timestamp_token
from jpki.validation.claim import ProofKind, TimeProof
from jpki.validation.paths import (
    PathLimits,
    PathOutcome,
    PathQuestion,
    PathVerdict,
    RevocationCheck,
    judge_path,
)
from jpki.validation.timestamp_signers import (
    MD5,
    SHA1,
    TIME_STAMPING,
    AuthoritySigner,
    ProofProblem,
    check_signer,
)

__all__ = [
    "ProofsVerdict",
    "TimeTrust",
    "TimestampVerdict",
    "judge_proofs",
    "judge_timestamp",
]

# RFC 3161 §4: with these, tokens made before the revocation stay good. No reason given is not one
# of them.
_LEAVES_EARLIER_GOOD: Final = frozenset(
    {
        RevocationReason.UNSPECIFIED,
        RevocationReason.AFFILIATION_CHANGED,
        RevocationReason.SUPERSEDED,
        RevocationReason.CESSATION_OF_OPERATION,
    }
)
# What a later token that covers this one can mend.
_MENDABLE: Final = frozenset({"time.expired", "time.revoked", "time.status-unknown"})
_MOST_PROOFS: Final = 32
_MOST_COVERS: Final = 3
_PATH_CODES: Final[Mapping[str, str]] = {
    "path.expired": "time.expired",
    "path.root-outside-validity": "time.expired",
    "path.revoked": "time.revoked",
    "path.no-chain": "time.no-chain",
    "path.status-unknown": "time.status-unknown",
    "path.status-stale": "time.status-unknown",
}


@dataclass(frozen=True, slots=True)
class TimeTrust:
    """Which timestamp authorities are believed, and with what material (all DER).

    ``roots`` are the only ones trusted. ``policies`` are the accepted TSA policies (dotted), any
    when ``None``. ``allowed_weak_digests`` may name ``sha1`` or ``md5`` for material from a time
    when they were good. ``clock_tolerance`` is how far ahead of the judged instant an authority's
    clock may be.
    """

    roots: tuple[bytes, ...]
    pool: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()
    revocation: RevocationCheck = RevocationCheck.REQUIRED
    policies: frozenset[str] | None = None
    allowed_weak_digests: frozenset[str] = frozenset()
    clock_tolerance: timedelta = timedelta(0)
    limits: PathLimits = field(default_factory=PathLimits)

    @property
    def refused_digests(self) -> frozenset[str]:
        """The weak digest algorithms that are refused, dotted."""
        weak = {"md5": MD5, "sha1": SHA1}
        return frozenset(oid for name, oid in weak.items() if name not in self.allowed_weak_digests)


@dataclass(frozen=True, slots=True)
class TimestampVerdict:
    """What one proof is worth; ``code`` and ``facts`` as in :mod:`jpki.validation.words`.

    ``proven_at`` is the instant by which the thing existed (the stated time and the authority's
    accuracy on top), and ``None`` unless the outcome is valid. ``chain`` runs from the authority's
    certificate to the root. ``certificate`` is the authority's, as soon as it is known.
    """

    outcome: PathOutcome
    code: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: TimestampToken | None = field(default=None, repr=False)
    proven_at: datetime | None = None
    certificate: bytes | None = field(default=None, repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ProofsVerdict:
    """The earliest instant that is proven, if any, and the verdict on each proof in its order."""

    earliest: datetime | None
    verdicts: tuple[TimestampVerdict, ...]


def judge_timestamp(proof: TimeProof, *, trust: TimeTrust, at: datetime) -> TimestampVerdict:
    """Return what one timestamp proves, judged at the instant ``at`` (aware).

    ``at`` is now, or an instant at which the token is itself proven to have existed. Bad material
    is a verdict and raises nothing; ``MissingExtra`` is raised when the path validator is not
    installed.
    """
    return _judge(proof, trust=trust, at=require_aware(at), newer_status=False)


def judge_proofs(proofs: Sequence[TimeProof], *, trust: TimeTrust, at: datetime) -> ProofsVerdict:
    """Return the earliest instant that the proofs of one signature prove, judged at ``at``.

    ``proofs`` stand in the order in which they were added, and an archive proof covers every proof
    before it: whoever reads the format must list no other proof there. A proof that does not hold
    at ``at`` for reasons of time is judged again at the instants that good archive proofs after it
    prove, the earliest three, with status from then or later. Proofs beyond the first 32 are not
    looked at.
    """
    require_aware(at)
    verdicts: list[TimestampVerdict] = [
        TimestampVerdict(
            PathOutcome.INDETERMINATE,
            "time.malformed",
            {"problem": f"more than {_MOST_PROOFS} timestamps on one signature"},
        )
        for _ in proofs[_MOST_PROOFS:]
    ]
    covering: list[datetime] = []
    for proof in reversed(proofs[:_MOST_PROOFS]):
        verdict = _with_cover(proof, covering, trust=trust, at=at)
        if proof.kind is ProofKind.ARCHIVE and verdict.proven_at is not None:
            covering.append(verdict.proven_at)
        verdicts.insert(0, verdict)
    proven = [one.proven_at for one in verdicts if one.proven_at is not None]
    return ProofsVerdict(min(proven, default=None), tuple(verdicts))


def _with_cover(
    proof: TimeProof, covering: Iterable[datetime], *, trust: TimeTrust, at: datetime
) -> TimestampVerdict:
    verdict = judge_timestamp(proof, trust=trust, at=at)
    if verdict.code not in _MENDABLE or verdict.token is None:
        return verdict
    made = verdict.token.gen_time
    # The earliest cover has the least of expiry and revocation behind it.
    for instant in sorted(instant for instant in covering if instant >= made)[:_MOST_COVERS]:
        again = _judge(proof, trust=trust, at=instant, newer_status=True)
        if again.outcome is PathOutcome.VALID:
            return replace(again, code="time.covered")
    return verdict


# one token


def _wrong(code: str, **facts: str) -> ProofProblem:
    return ProofProblem(code, wrong=True, **facts)


def _unknown(code: str, **facts: str) -> ProofProblem:
    return ProofProblem(code, wrong=False, **facts)


def _judge(
    proof: TimeProof, *, trust: TimeTrust, at: datetime, newer_status: bool
) -> TimestampVerdict:
    try:
        token = parse_timestamp_token(proof.token)
    except MalformedTimestamp as error:
        return TimestampVerdict(PathOutcome.INVALID, "time.malformed", {"problem": str(error)})
    signer: AuthoritySigner | None = None
    try:
        _what_it_says(token, proof, trust, at)
        signer = check_signer(token, pool=trust.pool, refused_digests=trust.refused_digests)
        _made_while_valid(token, signer)
        return _path(token, signer, trust, at, newer_status=newer_status)
    except ProofProblem as problem:
        outcome = PathOutcome.INVALID if problem.wrong else PathOutcome.INDETERMINATE
        certificate = None if signer is None else signer.certificate
        return TimestampVerdict(
            outcome, problem.code, problem.facts, token, certificate=certificate
        )


def _what_it_says(token: TimestampToken, proof: TimeProof, trust: TimeTrust, at: datetime) -> None:
    """Judge what the token says, before anything of it is believed."""
    oid = token.imprint_algorithm
    if oid in trust.refused_digests:
        raise _wrong("time.weak-digest", oid=oid)
    if oid not in proof.imprints:
        raise _unknown("time.other-imprint", oid=oid)
    if not hmac.compare_digest(token.imprint, proof.imprints[oid]):
        raise _wrong("time.imprint-differs")
    if token.critical_extensions:
        raise _unknown("time.critical-extension", oid=token.critical_extensions[0])
    if trust.policies is not None and token.policy not in trust.policies:
        raise _wrong("time.other-policy", oid=token.policy)
    if token.gen_time > at + trust.clock_tolerance:
        raise _wrong("time.future", gen_time=moment(token.gen_time), at=moment(at))


def _made_while_valid(token: TimestampToken, signer: AuthoritySigner) -> None:
    if not signer.not_before <= token.gen_time <= signer.not_after:
        raise _wrong(
            "time.outside-validity",
            gen_time=moment(token.gen_time),
            not_before=moment(signer.not_before),
            not_after=moment(signer.not_after),
        )


# the authority's path


def _path(
    token: TimestampToken,
    signer: AuthoritySigner,
    trust: TimeTrust,
    at: datetime,
    *,
    newer_status: bool,
) -> TimestampVerdict:
    # A clock ahead within the tolerance must not put the question before the token.
    asked_at = max(at, token.gen_time)
    verdict = judge_path(_question(token, signer, trust, asked_at, newer_status=newer_status))
    facts = {"gen_time": moment(token.gen_time), "at": moment(asked_at)}
    code = "time.proven"
    if _revoked_later(verdict, token):
        facts |= {"revoked_at": _at(verdict.revoked_at), "reason": _reason(verdict)}
        code = "time.proven-before-revocation"
        # RFC 3161 §4: good as it was when it was made, by status from then or later.
        verdict = judge_path(
            _question(token, signer, trust, token.no_later_than, newer_status=True)
        )
    if verdict.outcome is not PathOutcome.VALID:
        raise _of_path(verdict, asked_at)
    return TimestampVerdict(
        PathOutcome.VALID,
        code,
        facts,
        token,
        proven_at=token.no_later_than,
        certificate=signer.certificate,
        chain=verdict.chain,
    )


def _question(
    token: TimestampToken,
    signer: AuthoritySigner,
    trust: TimeTrust,
    at: datetime,
    *,
    newer_status: bool,
) -> PathQuestion:
    return PathQuestion(
        leaf=signer.certificate,
        roots=trust.roots,
        pool=(*trust.pool, *token.certificates),
        crls=(*trust.crls, *token.crls),
        ocsp_responses=trust.ocsp_responses,
        at=at,
        revocation=trust.revocation,
        extended_key_usage=frozenset({TIME_STAMPING}),
        newer_status=newer_status,
        allowed_weak_digests=trust.allowed_weak_digests,
        limits=trust.limits,
    )


def _revoked_later(verdict: PathVerdict, token: TimestampToken) -> bool:
    return (
        verdict.revoked_at is not None
        and verdict.revoked_leaf
        and verdict.revocation_reason in _LEAVES_EARLIER_GOOD
        and token.no_later_than < verdict.revoked_at
    )


def _of_path(verdict: PathVerdict, at: datetime) -> ProofProblem:
    code = _PATH_CODES.get(verdict.code)
    match code:
        case "time.revoked":
            return _wrong(code, revoked_at=_at(verdict.revoked_at), reason=_reason(verdict))
        case "time.expired" | "time.status-unknown":
            return _unknown(code, at=moment(at))
        case "time.no-chain":
            return _unknown(code)
        case _ if verdict.outcome is PathOutcome.INVALID:
            return _wrong("time.chain-refused", problem=verdict.message)
        case _:
            return _unknown("time.unchecked", problem=verdict.message)


def _at(instant: datetime | None) -> str:
    return "-" if instant is None else moment(instant)


def _reason(verdict: PathVerdict) -> str:
    reason = verdict.revocation_reason
    return "no reason given" if reason is None else reason.rfc_name
