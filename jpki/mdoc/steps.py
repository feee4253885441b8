"""The numbered checks of a presented record, in the order in which they are made.

1. structure  it is one record, presented by ISO/IEC 18013-5
2. type       it is of the document type that was asked for
3. signer     the certificate of the key that signs records is there
4. root       a root that was given has certified it (個人番号カード等命令 39-26)
5. record     the signer has signed the record
6. items      each item shown is the one that was signed
7. validity   the instant lies inside the record's month
8. device     the device that the record is for has signed this session

Whether the record has fallen since is no step: the law gives readers nothing to ask (18-3).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from jpki.errors import (
    BadSignature,
    DigestMismatch,
    Expired,
    Indeterminate,
    IssuerUnknown,
    MalformedCertificate,
    MalformedMdoc,
    NotYetValid,
    OtherSession,
    UntrustedIssuer,
    VerificationError,
    WrongPolicy,
)
from jpki.jst import moment
from jpki.mdoc.cbor import Limits, encode
from jpki.mdoc.certificates import RecordSigner, SignerRoot
from jpki.mdoc.record import (
    DIGESTS,
    DOC_TYPE,
    Item,
    Presentation,
    SecurityObject,
    device_signed_bytes,
)
from jpki.mdoc.session import SessionTranscript
from jpki.mdoc.words import say
from jpki.validation.question import Answer, Finding, Outcome, passed, refused

__all__ = ["STEPS", "Case", "MdocPolicy", "Question", "run_steps"]


@dataclass(frozen=True, slots=True)
class MdocPolicy:
    """What the asking firm decided: the document type it takes, and how much it reads."""

    doc_type: str = DOC_TYPE
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Without ``transcript`` the device's signature cannot be checked."""

    response: bytes = field(repr=False)
    roots: tuple[SignerRoot, ...]
    transcript: SessionTranscript | None
    at: datetime
    policy: MdocPolicy


@dataclass(slots=True)
class Case:
    """What the steps have learned so far."""

    presentation: Presentation | None = None
    signer: RecordSigner | None = None
    root: SignerRoot | None = None
    security: SecurityObject | None = None
    record_stands: bool | None = None


_T = TypeVar("_T")


def _learned(value: _T | None) -> _T:
    if value is None:
        raise AssertionError("a step ran before the step it builds on")
    return value


# 1


def _structure(question: Question, case: Case) -> Answer:
    try:
        found = Presentation.parse(question.response, limits=question.policy.limits)
        payload = found.record.issuer_auth.payload
        security = None if payload is None else SecurityObject.parse(payload)
    except MalformedMdoc as error:
        place = error.source or "response"
        problem = error.message.removeprefix(f"{error.source}: ")
        return refused(
            f"structure.{error.problem}", VerificationError, where=place, problem=problem
        )
    case.presentation, case.security = found, security
    return passed("structure.read", count=str(len(found.record.items)))


# 2


def _type(question: Question, case: Case) -> Answer:
    found, wanted = _learned(case.presentation).doc_type, question.policy.doc_type
    if found != wanted:
        return refused("type.other", WrongPolicy, found=found, wanted=wanted)
    if case.security is not None and case.security.doc_type != found:
        return refused("type.differs", WrongPolicy, found=found, signed=case.security.doc_type)
    return passed("type.wanted", found=found)


# 3


def _signer(_: Question, case: Case) -> Answer:
    chain = _learned(case.presentation).record.issuer_auth.chain
    if not chain:
        return refused("signer.absent", VerificationError)
    if len(chain) > 1:
        return refused("signer.several", VerificationError, count=str(len(chain)))
    try:
        case.signer = RecordSigner.parse(chain[0])
    except MalformedCertificate as error:
        return refused("signer.malformed", VerificationError, problem=error.message)
    return passed("signer.found", algorithm=f"EC {case.signer.key.curve.name}")


# 4


def _root(question: Question, case: Case) -> Answer:
    signer, at = _learned(case.signer), question.at
    if not question.roots:
        return refused("root.none", IssuerUnknown)
    named = [root for root in question.roots if root.claims(signer)]
    if not named:
        return refused("root.unknown", IssuerUnknown, count=str(len(question.roots)))
    # Roots of several generations may share a name, so the one whose key fits is meant.
    root = next((each for each in named if each.signed(signer)), None)
    if root is None:
        return refused("root.not-signed", UntrustedIssuer)
    for held, code in ((root, "root.outside-validity"), (signer, "root.signer-outside-validity")):
        if not held.valid_at(at):
            facts = {"not_before": moment(held.not_before), "not_after": moment(held.not_after)}
            return refused(code, UntrustedIssuer, at=moment(at), **facts)
    case.root = root
    return passed("root.trusted")


# 5


def _record(_: Question, case: Case) -> Answer:
    auth, key = _learned(case.presentation).record.issuer_auth, _learned(case.signer).key
    if auth.payload is None:
        return refused("record.empty", BadSignature)
    if auth.algorithm_for(key) is None:
        return refused("record.algorithm", BadSignature, found=str(auth.algorithm))
    if not auth.matches(key, auth.payload):
        return refused("record.differs", BadSignature)
    case.record_stands = True
    return passed("record.matches")


# 6


def _items(_: Question, case: Case) -> Answer:
    presentation, security = _learned(case.presentation), _learned(case.security)
    digest = DIGESTS.get(security.digest_name)
    if digest is None:
        return refused("items.digest", DigestMismatch, found=security.digest_name)
    if presentation.device_spaces != _NOTHING_ADDED:
        return refused("items.device", VerificationError)
    items = presentation.record.items
    if not items:
        return refused("items.none", VerificationError)
    seen: set[tuple[str, str]] = set()
    for item in items:
        problem = _problem_of(item, security, digest)
        if problem is not None:
            return problem
        if (item.namespace, item.name) in seen:
            return refused("items.twice", DigestMismatch, name=item.name)
        seen.add((item.namespace, item.name))
    return passed("items.same", count=str(len(items)))


_NOTHING_ADDED: Final = encode({})


def _problem_of(
    item: Item, security: SecurityObject, digest: Callable[[bytes], bytes]
) -> Answer | None:
    signed = security.digests.get(item.namespace, {}).get(item.digest_id)
    if signed is None:
        number = str(item.digest_id)
        return refused("items.unsigned", DigestMismatch, name=item.name, number=number)
    if not hmac.compare_digest(signed, digest(item.stored)):
        return refused("items.differs", DigestMismatch, name=item.name)
    return None


# 7


def _validity(question: Question, case: Case) -> Answer:
    security, signer, at = _learned(case.security), _learned(case.signer), question.at
    facts = {
        "valid_from": moment(security.valid_from),
        "valid_until": moment(security.valid_until),
        "at": moment(at),
    }
    if not security.signed_at <= security.valid_from <= security.valid_until:
        return refused("validity.disorder", VerificationError)
    if not signer.valid_at(security.signed_at):
        signed_at = moment(security.signed_at)
        return refused("validity.signed-outside", VerificationError, signed_at=signed_at)
    if at < security.valid_from:
        return refused("validity.not-yet", NotYetValid, **facts)
    # ISO/IEC 18013-5 §9.1.2.4: after this instant it is no longer valid.
    if at > security.valid_until:
        return refused("validity.expired", Expired, **facts)
    return passed("validity.inside", **facts)


# 8


def _device(question: Question, case: Case) -> Answer:
    presentation, key = _learned(case.presentation), _learned(case.security).device_key
    auth = presentation.device_auth
    if auth is None:
        return refused("device.mac", Indeterminate)
    if question.transcript is None:
        return refused("device.no-session", Indeterminate)
    if auth.payload is not None:
        return refused("device.attached", BadSignature)
    if auth.algorithm_for(key) is None:
        return refused("device.algorithm", BadSignature, found=str(auth.algorithm))
    signed = device_signed_bytes(
        question.transcript, presentation.doc_type, presentation.device_spaces
    )
    if not auth.matches(key, signed):
        return refused("device.other-session", OtherSession)
    return passed("device.signed")


@dataclass(frozen=True, slots=True)
class _Step:
    number: int
    name: str
    check: Callable[[Question, Case], Answer]
    needs: tuple[str, ...] = ()


STEPS: Final = (
    _Step(1, "structure", _structure),
    _Step(2, "type", _type, ("presentation",)),
    _Step(3, "signer", _signer, ("presentation",)),
    _Step(4, "root", _root, ("signer",)),
    _Step(5, "record", _record, ("signer",)),
    _Step(6, "items", _items, ("security", "record_stands")),
    _Step(7, "validity", _validity, ("security", "signer", "record_stands")),
    _Step(8, "device", _device, ("security", "record_stands")),
)
"""The checks, in order. What is in the record counts only once its signature stands."""


def run_steps(question: Question) -> tuple[tuple[Finding, ...], Case]:
    """Run every step that can be run; return all findings and what was learned."""
    case, findings = Case(), list[Finding]()
    for step in STEPS:
        if all(getattr(case, need) is not None for need in step.needs):
            findings.append(_finding(step, step.check(question, case)))
        else:
            blocker = next(f.step for f in findings if f.outcome is not Outcome.PASSED)
            facts = {"blocker": str(blocker)}
            findings.append(Finding(step.number, step.name, Outcome.NOT_RUN, "not-run", facts))
    return tuple(findings), case


def _finding(step: _Step, answer: Answer) -> Finding:
    if answer.error is None:
        return Finding(step.number, step.name, Outcome.PASSED, answer.code, answer.facts)
    error = answer.error(say(answer.code, answer.facts, "en"), step=step.number)
    outcome = Outcome.UNKNOWN if isinstance(error, Indeterminate) else Outcome.FAILED
    return Finding(step.number, step.name, outcome, answer.code, answer.facts, error)
