"""The numbered checks of a signature, in the order in which they are made.

1. structure    a CMS signature by one signer, RSA with SHA-256
2. signer       the signer's certificate is in it and is one of the four kinds
3. content      the content is what was signed
4. signature    the signature value matches
5. chain        a root that was given issued the certificate
6. validity     the instant lies inside the certificate's validity
7. key usage    the key may sign documents
8. policy       the certificate is of a kind accepted for this
9. revocation   the certificate had effect at the instant

Each step looks at a :class:`Question`, adds what it learned to the :class:`Case` and returns a
:class:`Finding`. ``verify`` and ``explain`` run the same list.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import (
    POLICY_OIDS,
    AuthorityCertificate,
    KeyUsage,
    PolicyOids,
    SubscriberCertificate,
    parse_certificate,
)
from jpki.cms import SignedAttributes, SignedData, SignerIdentifier, SignerInfo, parse_signed_data
from jpki.errors import (
    BadSignature,
    DigestMismatch,
    Expired,
    Indeterminate,
    IssuerUnknown,
    MalformedCertificate,
    MalformedSignature,
    NotAJpkiCertificate,
    NotYetValid,
    Revoked,
    StatusUnknown,
    UntrustedIssuer,
    VerificationError,
    WrongKeyUsage,
    WrongPolicy,
)
from jpki.jst import moment
from jpki.revocation import RevocationList, RevokedEntry
from jpki.terms import CertificateKind, Purpose
from jpki.validation.status import CertificateStatus, Standing, status_at
from jpki.validation.words import say

__all__ = [
    "SIGNATURE_KINDS",
    "STEPS",
    "Case",
    "Finding",
    "Outcome",
    "Question",
    "Step",
    "Structure",
    "run_steps",
]

_SHA256 = "2.16.840.1.101.3.4.2.1"
# rsaEncryption is what many signers write; with PKCS#1 v1.5 both mean the same (RFC 3370 §3.2).
_RSA_SHA256 = {"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"}
SIGNATURE_KINDS = frozenset(kind for kind in CertificateKind if kind.purpose is Purpose.SIGNATURE)


class Outcome(StrEnum):
    """How a step ended. *Unknown* means that it could not be checked."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: was this signature over this content good at this instant?

    ``content_sha256`` is ``None`` when the content is inside the signature. ``roots`` are the only
    authorities trusted. ``list_tolerance`` is how long after its nextUpdate a revocation list is
    still believed; zero unless the asker decides otherwise.
    """

    signature: bytes
    content_sha256: bytes | None
    roots: tuple[AuthorityCertificate, ...]
    revocation_lists: tuple[RevocationList, ...]
    at: datetime
    accepted_kinds: frozenset[CertificateKind] = SIGNATURE_KINDS
    policy_oids: PolicyOids = POLICY_OIDS
    list_tolerance: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Structure:
    """A signature whose structure passed: one signer, with signed attributes."""

    signed_data: SignedData
    signer: SignerInfo
    attributes: SignedAttributes


@dataclass(slots=True)
class Case:
    """What the steps have learned so far."""

    structure: Structure | None = None
    certificate: SubscriberCertificate | None = None
    authority: AuthorityCertificate | None = None
    status: CertificateStatus | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found. ``error`` is what ``verify`` raises unless the step passed."""

    step: int
    name: str
    outcome: Outcome
    code: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    error: VerificationError | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    code: str
    facts: Mapping[str, str]
    error: type[VerificationError] | None = None
    revoked: RevokedEntry | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A numbered check and the earlier findings it builds on."""

    number: int
    name: str
    check: Callable[[Question, Case], _Answer]
    needs: tuple[str, ...] = ()


def run_steps(question: Question) -> tuple[tuple[Finding, ...], Case]:
    """Run every step that can be run and return all findings with what was learned."""
    case = Case()
    findings: list[Finding] = []
    for step in STEPS:
        blocker = _blocker(step, case, findings)
        if blocker is None:
            findings.append(_finding(step, step.check(question, case)))
        else:
            findings.append(
                Finding(step.number, step.name, Outcome.NOT_RUN, "not-run", {"blocker": blocker})
            )
    return tuple(findings), case


def _blocker(step: Step, case: Case, findings: list[Finding]) -> str | None:
    if all(getattr(case, need) is not None for need in step.needs):
        return None
    return str(next(f.step for f in findings if f.outcome is not Outcome.PASSED))


def _finding(step: Step, answer: _Answer) -> Finding:
    if answer.error is None:
        return Finding(step.number, step.name, Outcome.PASSED, answer.code, answer.facts)
    message = say(answer.code, answer.facts, "en")
    error: VerificationError
    if answer.revoked is not None:
        error = Revoked(
            message,
            reason=answer.revoked.reason,
            recorded_at=answer.revoked.recorded_at,
            step=step.number,
        )
    else:
        error = answer.error(message, step=step.number)
    outcome = Outcome.UNKNOWN if isinstance(error, Indeterminate) else Outcome.FAILED
    return Finding(step.number, step.name, outcome, answer.code, answer.facts, error)


_T = TypeVar("_T")


def _learned(value: _T | None) -> _T:
    """Return what an earlier step learned; ``Step.needs`` has made sure of it."""
    if value is None:
        raise AssertionError("a step ran before the step it builds on")
    return value


def _passed(code: str, **facts: str) -> _Answer:
    return _Answer(code, facts)


def _refused(code: str, error: type[VerificationError], **facts: str) -> _Answer:
    return _Answer(code, facts, error)


# 1


def _structure(question: Question, case: Case) -> _Answer:
    try:
        signed = parse_signed_data(question.signature)
    except MalformedSignature as error:
        return _refused("structure.malformed", VerificationError, problem=error.message)
    if len(signed.signers) != 1:
        return _refused("structure.signers", VerificationError, count=str(len(signed.signers)))
    signer = signed.signers[0]
    if signer.digest_algorithm != _SHA256:
        oid = signer.digest_algorithm
        return _refused("structure.digest-algorithm", VerificationError, oid=oid)
    if signer.signature_algorithm not in _RSA_SHA256:
        oid = signer.signature_algorithm
        return _refused("structure.signature-algorithm", VerificationError, oid=oid)
    if signer.attributes is None:
        return _refused("structure.no-attributes", VerificationError)
    if signer.attributes.content_type != signed.content_type:
        return _refused(
            "structure.content-type",
            VerificationError,
            signed=signer.attributes.content_type,
            stated=signed.content_type,
        )
    case.structure = Structure(signed, signer, signer.attributes)
    return _passed("structure.signed-data")


# 2


def _signer(question: Question, case: Case) -> _Answer:
    structure = _learned(case.structure)
    answering: list[SubscriberCertificate] = []
    problem: _Answer | None = None
    for der in dict.fromkeys(structure.signed_data.certificates):
        try:
            found = parse_certificate(der, policies=question.policy_oids)
        except NotAJpkiCertificate as error:
            problem = _refused("signer.not-jpki", VerificationError, deviation=error.deviation)
        except MalformedCertificate as error:
            problem = _refused("signer.malformed", VerificationError, problem=error.message)
        else:
            if _answers_to(found, structure.signer.identifier):
                answering.append(found)
    if not answering:
        return problem or _refused("signer.absent", VerificationError)
    if len(answering) > 1:
        return _refused("signer.ambiguous", VerificationError, count=str(len(answering)))
    certificate = answering[0]
    if not _is_the_one_signed_for(certificate, structure.attributes):
        return _refused("signer.other-certificate", VerificationError)
    case.certificate = certificate
    return _passed(
        "signer.found",
        kind=certificate.kind.value,
        kind_ja=certificate.kind.label_ja,
        serial=str(certificate.serial),
    )


def _answers_to(certificate: SubscriberCertificate, identifier: SignerIdentifier) -> bool:
    if identifier.subject_key_id is not None:
        return certificate.subject_key_id == identifier.subject_key_id
    return (certificate.issuer, certificate.serial) == (identifier.issuer, identifier.serial)


def _is_the_one_signed_for(
    certificate: SubscriberCertificate, attributes: SignedAttributes
) -> bool:
    """RFC 5035 §3: the attribute stops one certificate being put in place of another."""
    if attributes.certificate_digest is None:
        return True
    if attributes.certificate_digest_algorithm != _SHA256:
        return False
    return hmac.compare_digest(
        attributes.certificate_digest, hashlib.sha256(certificate.der).digest()
    )


# 3


def _content(question: Question, case: Case) -> _Answer:
    structure = _learned(case.structure)
    attached = structure.signed_data.content
    digest = question.content_sha256
    if attached is not None:
        inside = hashlib.sha256(attached).digest()
        if digest is not None and digest != inside:
            return _refused("content.two", DigestMismatch)
        digest = inside
    if digest is None:
        return _refused("content.missing", Indeterminate)
    signed = structure.attributes.message_digest
    if not hmac.compare_digest(digest, signed):
        return _refused("content.differs", DigestMismatch, found=digest.hex(), signed=signed.hex())
    return _passed("content.same")


# 4


def _signature(_: Question, case: Case) -> _Answer:
    structure = _learned(case.structure)
    try:
        _learned(case.certificate).public_key.verify(
            structure.signer.signature, structure.attributes.signed_bytes, PKCS1v15(), SHA256()
        )
    except InvalidSignature:
        return _refused("signature.differs", BadSignature)
    return _passed("signature.matches")


# 5


def _chain(question: Question, case: Case) -> _Answer:
    certificate = _learned(case.certificate)
    if not question.roots:
        return _refused("chain.no-root", IssuerUnknown)
    authority = next((root for root in question.roots if _is_issuer(root, certificate)), None)
    if authority is None:
        return _refused(
            "chain.unknown-issuer",
            IssuerUnknown,
            count=str(len(question.roots)),
            key_id=certificate.authority_key_id.hex(),
        )
    if not authority.signed(certificate):
        return _refused("chain.not-signed", UntrustedIssuer, authority=_named(authority))
    if not authority.not_before <= question.at <= authority.not_after:
        return _refused(
            "chain.root-outside-validity",
            UntrustedIssuer,
            not_before=moment(authority.not_before),
            not_after=moment(authority.not_after),
            at=moment(question.at),
        )
    case.authority = authority
    return _passed("chain.trusted", authority=_named(authority))


def _named(authority: AuthorityCertificate) -> str:
    return f"{authority.hierarchy.value} {authority.purpose.value} CA, serial {authority.serial}"


def _is_issuer(root: AuthorityCertificate, certificate: SubscriberCertificate) -> bool:
    """Several generations share one name, so the key identifier decides (RFC 5280 §4.2.1.1)."""
    named = (root.name, root.subject_key_id) == (certificate.issuer, certificate.authority_key_id)
    return named and certificate.authority_serial in (None, root.serial)


# 6


def _validity(question: Question, case: Case) -> _Answer:
    certificate = _learned(case.certificate)
    facts = {
        "not_before": moment(certificate.not_before),
        "not_after": moment(certificate.not_after),
        "at": moment(question.at),
    }
    if question.at < certificate.not_before:
        return _refused("validity.not-yet", NotYetValid, **facts)
    if question.at > certificate.not_after:
        return _refused("validity.expired", Expired, **facts)
    return _passed("validity.inside", **facts)


# 7


def _key_usage(_: Question, case: Case) -> _Answer:
    certificate = _learned(case.certificate)
    usage = certificate.key_usage
    if KeyUsage.NON_REPUDIATION not in usage:
        text = ", ".join(bit.name.lower() for bit in sorted(usage))
        return _refused("key-usage.may-not-sign", WrongKeyUsage, usage=text)
    return _passed("key-usage.may-sign")


# 8


def _policy(question: Question, case: Case) -> _Answer:
    certificate = _learned(case.certificate)
    kind = certificate.kind
    facts = {"oid": certificate.policy_oid, "kind": kind.value, "kind_ja": kind.label_ja}
    if kind not in question.accepted_kinds:
        return _refused("policy.other-kind", WrongPolicy, **facts)
    return _passed("policy.accepted", **facts)


# 9


def _revocation(question: Question, case: Case) -> _Answer:
    status = case.status = status_at(
        _learned(case.certificate),
        authority=_learned(case.authority),
        lists=question.revocation_lists,
        at=question.at,
        tolerance=question.list_tolerance,
    )
    match status.standing:
        case Standing.GOOD:
            return _passed("revocation.good", **_list_facts(status.revocation_list))
        case Standing.HELD:
            return _lost_effect("revocation.held", status.entry)
        case Standing.REVOKED:
            return _lost_effect("revocation.revoked", status.entry)
        case Standing.UNKNOWN:
            nearest = status.problems[0]
            return _refused(nearest.code, StatusUnknown, **nearest.facts)
        case _:
            assert_never(status.standing)


def _list_facts(known: RevocationList | None) -> dict[str, str]:
    known = _learned(known)
    number = "-" if known.crl_number is None else str(known.crl_number)
    return {"number": number, "this_update": moment(known.this_update)}


def _lost_effect(code: str, entry: RevokedEntry | None) -> _Answer:
    entry = _learned(entry)
    facts = {
        "reason": entry.reason.rfc_name if entry.reason is not None else "no reason given",
        "reason_ja": entry.reason.label_ja if entry.reason is not None else "理由の記載なし",
        "recorded_at": moment(entry.recorded_at),
    }
    return _Answer(code, facts, Revoked, entry)


STEPS: tuple[Step, ...] = (
    Step(1, "structure", _structure),
    Step(2, "signer", _signer, needs=("structure",)),
    Step(3, "content", _content, needs=("structure",)),
    Step(4, "signature", _signature, needs=("structure", "certificate")),
    Step(5, "chain", _chain, needs=("certificate",)),
    Step(6, "validity", _validity, needs=("certificate",)),
    Step(7, "key usage", _key_usage, needs=("certificate",)),
    Step(8, "policy", _policy, needs=("certificate",)),
    Step(9, "revocation", _revocation, needs=("certificate", "authority")),
)
