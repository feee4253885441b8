"""The numbered checks of a signature, in the order in which they are made.

1.  structure    it is a signature of a known format, RSA with SHA-256
2.  signer       the signer's certificate is there and is one of the four kinds
3.  content      the content is what was signed
4.  signature    the signature value matches
5.  time         the instant to judge at: reception, or what a timestamp proves
6.  chain        a root that was given issued the certificate
7.  validity     the instant lies inside the certificate's validity
8.  key usage    the key may be used for this
9.  policy       the certificate is of a kind accepted for this
10. revocation   the certificate had effect at the instant

Each step looks at a :class:`Question`, adds what it learned to the :class:`Case` and returns an
:class:`Answer`. ``verify`` and ``explain`` run the same list for every format.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from jpki.certificates import (
    AuthorityCertificate,
    KeyUsage,
    SubscriberCertificate,
    parse_certificate,
)
from jpki.cms import SignerIdentifier
from jpki.errors import (
    BadSignature,
    DigestMismatch,
    Expired,
    ExpiredWithoutProof,
    Indeterminate,
    IssuerUnknown,
    MalformedCertificate,
    MalformedOcspResponse,
    MalformedRevocationList,
    NotAJpkiCertificate,
    NotYetValid,
    Revoked,
    RevokedWithoutProof,
    SourceError,
    StatusUnknown,
    UntrustedIssuer,
    VerificationError,
    WrongKeyUsage,
    WrongPolicy,
)
from jpki.jst import moment
from jpki.revocation import (
    OcspResponse,
    RevocationList,
    StatusEvidence,
    parse_ocsp_response,
    parse_revocation_list,
)
from jpki.rsa_pkcs1 import signature_matches
from jpki.validation.claim import (
    CertificateReference,
    Problem,
    Severity,
    SignatureClaim,
    SignatureFormat,
)
from jpki.validation.question import (
    Answer,
    Case,
    CheckPurpose,
    Finding,
    Question,
    Step,
    TimeBasis,
    learned,
    passed,
    refused,
    run,
)
from jpki.validation.status import CertificateStatus, Standing, entry_facts, status_at
from jpki.validation.times import best_signature_time

__all__ = ["STEPS", "issuer_among", "run_steps"]

_SHA256 = "2.16.840.1.101.3.4.2.1"
_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "1.3.14.3.2.26": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    _SHA256: lambda data: hashlib.sha256(data).digest(),
    "2.16.840.1.101.3.4.2.2": lambda data: hashlib.sha384(data).digest(),
    "2.16.840.1.101.3.4.2.3": lambda data: hashlib.sha512(data).digest(),
}
# rsaEncryption is what many signers write; with PKCS#1 v1.5 both mean the same (RFC 3370 §3.2).
_RSA_SHA256 = {"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"}


def run_steps(question: Question) -> tuple[tuple[Finding, ...], Case]:
    """Run every step that can be run and return all findings with what was learned."""
    return run(STEPS, question)


def _problem(claim: SignatureClaim, step: str) -> Answer | None:
    """Return the answer to what the format's reader left for this step; the worst comes first."""
    found = sorted(
        (one for one in claim.problems if one.step == step),
        key=lambda one: one.severity is not Severity.INVALID,
    )
    return _answer_of(found[0]) if found else None


def _answer_of(problem: Problem) -> Answer:
    error: type[VerificationError] = (
        Indeterminate if problem.severity is Severity.INDETERMINATE else _INVALID[problem.step]
    )
    return Answer(problem.code, problem.facts, error)


_INVALID: Mapping[str, type[VerificationError]] = {
    "structure": VerificationError,
    "signer": VerificationError,
    "content": DigestMismatch,
    "signature": BadSignature,
    "time": VerificationError,
}

# 1


def _structure(question: Question, case: Case) -> Answer:
    claim = question.claim
    if isinstance(claim, Problem):
        return _answer_of(claim)
    problem = _problem(claim, "structure")
    if problem is not None:
        return problem
    if not claim.signature and question.purpose is not CheckPurpose.LATER_STATUS:
        return refused("structure.no-value", VerificationError)
    if claim.digest_algorithm != _SHA256:
        oid = claim.digest_algorithm
        return refused("structure.digest-algorithm", VerificationError, oid=oid)
    if claim.signature_algorithm not in _RSA_SHA256:
        oid = claim.signature_algorithm
        return refused("structure.signature-algorithm", VerificationError, oid=oid)
    case.claim = claim
    case.embedded_lists = tuple(_readable_lists(claim))
    case.embedded_answers = tuple(_readable_answers(claim))
    if question.purpose is CheckPurpose.LATER_STATUS:
        return passed("structure.certificate")
    return passed(_READ_AS[claim.format])


_READ_AS = {
    SignatureFormat.RAW: "structure.raw",
    SignatureFormat.CMS: "structure.cms",
    SignatureFormat.PDF: "structure.pdf",
    SignatureFormat.XML: "structure.xml",
}


def _readable_lists(claim: SignatureClaim) -> Iterator[RevocationList]:
    """Read the lists that came along; one that cannot be read is as good as none."""
    for data in claim.revocation_lists:
        with suppress(MalformedRevocationList):
            yield parse_revocation_list(data)


def _readable_answers(claim: SignatureClaim) -> Iterator[OcspResponse]:
    for data in claim.ocsp_responses:
        with suppress(MalformedOcspResponse):
            yield parse_ocsp_response(data)


# 2


def _signer(question: Question, case: Case) -> Answer:
    claim = learned(case.claim)
    problem = _problem(claim, "signer")
    if problem is not None:
        return problem
    answering: list[SubscriberCertificate] = []
    misfit: Answer | None = None
    for der in dict.fromkeys(claim.certificates):
        try:
            found = parse_certificate(der, policies=question.policy.policy_oids)
        except NotAJpkiCertificate as error:
            misfit = refused("signer.not-jpki", VerificationError, deviation=error.deviation)
        except MalformedCertificate as error:
            misfit = refused("signer.malformed", VerificationError, problem=error.message)
        else:
            if _answers_to(found, claim.identifier):
                answering.append(found)
    if not answering:
        return misfit or refused("signer.absent", VerificationError)
    if len(answering) > 1:
        return refused("signer.ambiguous", VerificationError, count=str(len(answering)))
    certificate = answering[0]
    if not all(_is_the_one_meant(certificate, one) for one in claim.references):
        return refused("signer.other-certificate", VerificationError)
    case.certificate = certificate
    return passed(
        "signer.found",
        kind=certificate.kind.value,
        kind_ja=certificate.kind.label_ja,
        serial=str(certificate.serial),
    )


def _answers_to(certificate: SubscriberCertificate, identifier: SignerIdentifier | None) -> bool:
    if identifier is None:
        return True
    if identifier.subject_key_id is not None:
        return certificate.subject_key_id == identifier.subject_key_id
    return (certificate.issuer, certificate.serial) == (identifier.issuer, identifier.serial)


def _is_the_one_meant(certificate: SubscriberCertificate, reference: CertificateReference) -> bool:
    """RFC 5035 §3: the attribute stops one certificate being put in place of another."""
    digest = _DIGESTS.get(reference.algorithm)
    if digest is None or not hmac.compare_digest(reference.digest, digest(certificate.der)):
        return False
    if reference.serial is not None and reference.serial != certificate.serial:
        return False
    return reference.issuer in (None, certificate.issuer)


# 3


def _content(_: Question, case: Case) -> Answer:
    claim = learned(case.claim)
    problem = _problem(claim, "content")
    if problem is not None:
        return problem
    for piece in claim.content:
        if piece.found is None:
            continue
        if not hmac.compare_digest(piece.found, piece.stated):
            facts = {"found": piece.found.hex(), "signed": piece.stated.hex()}
            if piece.name:
                return refused("content.piece-differs", DigestMismatch, name=piece.name, **facts)
            return refused("content.differs", DigestMismatch, **facts)
    missing = next((piece for piece in claim.content if piece.found is None), None)
    if missing is None:
        return passed("content.same")
    if missing.name:
        return refused("content.piece-missing", Indeterminate, name=missing.name)
    return refused("content.missing", Indeterminate)


# 4


def _signature(question: Question, case: Case) -> Answer:
    claim = learned(case.claim)
    problem = _problem(claim, "signature")
    if problem is not None:
        return problem
    if not claim.signed_digest:
        return refused("signature.nothing-to-check", Indeterminate)
    key = learned(case.certificate).public_key
    lenient = question.policy.lenient_digest_info
    if not signature_matches(key, claim.signature, claim.signed_digest, lenient=lenient):
        return refused("signature.differs", BadSignature)
    return passed("signature.matches")


# 5


def _time(question: Question, case: Case) -> Answer:
    judgement = best_signature_time(question, case.claim)
    case.judged_at = judgement.instant
    case.proven_at, case.proofs = judgement.proven_at, judgement.proofs
    problem = None if case.claim is None else _problem(case.claim, "time")
    if problem is not None and _asks_for_proof(question):
        # What came along unsigned and is broken says nothing against the signature, but what
        # it was to prove is not proven.
        return Answer(problem.code, problem.facts, Indeterminate)
    return passed(judgement.code, **judgement.facts)


# 6


def _chain(question: Question, case: Case) -> Answer:
    certificate, at = learned(case.certificate), learned(case.judged_at)
    roots = question.evidence.roots
    if not roots:
        return refused("chain.no-root", IssuerUnknown)
    authority = issuer_among(roots, certificate)
    if authority is None:
        return refused(
            "chain.unknown-issuer",
            IssuerUnknown,
            count=str(len(roots)),
            key_id=certificate.authority_key_id.hex(),
        )
    if not authority.signed(certificate):
        return refused("chain.not-signed", UntrustedIssuer, authority=_named(authority))
    if not authority.not_before <= at <= authority.not_after:
        return refused(
            "chain.root-outside-validity",
            UntrustedIssuer,
            not_before=moment(authority.not_before),
            not_after=moment(authority.not_after),
            at=moment(at),
        )
    case.authority = authority
    return passed("chain.trusted", authority=_named(authority))


def _named(authority: AuthorityCertificate) -> str:
    return f"{authority.hierarchy.value} {authority.purpose.value} CA, serial {authority.serial}"


def issuer_among(
    roots: Iterable[AuthorityCertificate], certificate: SubscriberCertificate
) -> AuthorityCertificate | None:
    """Return the first root that the certificate names as its issuer; nothing is verified."""
    return next((root for root in roots if _is_issuer(root, certificate)), None)


def _is_issuer(root: AuthorityCertificate, certificate: SubscriberCertificate) -> bool:
    """Several generations share one name, so the key identifier decides (RFC 5280 §4.2.1.1)."""
    named = (root.name, root.subject_key_id) == (certificate.issuer, certificate.authority_key_id)
    return named and certificate.authority_serial in (None, root.serial)


# 7


def _validity(question: Question, case: Case) -> Answer:
    certificate, at = learned(case.certificate), learned(case.judged_at)
    facts = {
        "not_before": moment(certificate.not_before),
        "not_after": moment(certificate.not_after),
        "at": moment(at),
    }
    if at < certificate.not_before:
        return refused("validity.not-yet", NotYetValid, **facts)
    if at > certificate.not_after:
        if _asks_for_proof(question):
            return refused("validity.expired-no-proof", ExpiredWithoutProof, **facts)
        return refused("validity.expired", Expired, **facts)
    return passed("validity.inside", **facts)


def _asks_for_proof(question: Question) -> bool:
    return question.policy.time_basis is TimeBasis.PROOF


# 8

_USAGE = {
    CheckPurpose.SIGNATURE: (
        KeyUsage.NON_REPUDIATION,
        "key-usage.may-sign",
        "key-usage.may-not-sign",
    ),
    CheckPurpose.AUTHENTICATION: (
        KeyUsage.DIGITAL_SIGNATURE,
        "key-usage.may-authenticate",
        "key-usage.may-not-authenticate",
    ),
}


def _key_usage(question: Question, case: Case) -> Answer:
    usage = learned(case.certificate).key_usage
    wanted, may, may_not = _USAGE[question.purpose]
    if wanted not in usage:
        text = ", ".join(bit.name.lower() for bit in sorted(usage))
        return refused(may_not, WrongKeyUsage, usage=text)
    return passed(may)


# 9


def _policy(question: Question, case: Case) -> Answer:
    certificate = learned(case.certificate)
    kind = certificate.kind
    facts = {"oid": certificate.policy_oid, "kind": kind.value, "kind_ja": kind.label_ja}
    if kind not in question.policy.kinds_for(question.purpose):
        return refused("policy.other-kind", WrongPolicy, **facts)
    return passed("policy.accepted", **facts)


# 10


def _revocation(question: Question, case: Case) -> Answer:
    case.fetched = _from_sources(question, case)
    status = case.status = _status(question, case)
    match status.standing:
        case Standing.GOOD if status.entry is not None:
            return passed("revocation.lost-later", **entry_facts(status.entry))
        case Standing.GOOD:
            return passed(status.code, **status.facts)
        case Standing.HELD:
            return _lost_effect(status, "revocation.held-no-proof", question)
        case Standing.REVOKED:
            return _lost_effect(status, "revocation.revoked-no-proof", question)
        case Standing.UNKNOWN if case.fetched.failures and status.code == "revocation.no-list":
            problem = case.fetched.failures[0].message
            return refused("revocation.source-failed", StatusUnknown, problem=problem)
        case Standing.UNKNOWN:
            return refused(status.code, StatusUnknown, **status.facts)
        case _:
            assert_never(status.standing)


def _from_sources(question: Question, case: Case) -> StatusEvidence:
    """Ask every source; one that fails is told, and what the others have is used."""
    total = StatusEvidence()
    for source in question.evidence.sources:
        try:
            total += source.evidence(learned(case.certificate), learned(case.authority))
        except SourceError as error:
            total += StatusEvidence(failures=(error,))
    return total


def _status(question: Question, case: Case) -> CertificateStatus:
    """Return the status at the judged instant; later data may speak of an earlier instant.

    Entries stay on the lists until the certificate's nominal end, so a list of a later instant
    inside its validity that does not show it, or shows a later loss, says that it had effect.
    """
    certificate, judged_at = learned(case.certificate), learned(case.judged_at)

    def status(at: datetime) -> CertificateStatus:
        return status_at(
            certificate,
            authority=learned(case.authority),
            lists=(
                *question.evidence.revocation_lists,
                *case.embedded_lists,
                *case.fetched.lists,
            ),
            answers=(
                *question.evidence.ocsp_answers,
                *case.embedded_answers,
                *case.fetched.answers,
            ),
            at=at,
            tolerance=question.policy.list_tolerance,
            policy=question.policy.ocsp,
            registers=question.evidence.registers,
        )

    then = status(judged_at)
    if then.standing is not Standing.UNKNOWN or not question.policy.later_lists_count:
        return then
    now = status(min(question.at, certificate.not_after))
    if now.standing is Standing.GOOD:
        return now
    if now.entry is not None and now.entry.recorded_at > judged_at:
        return replace(now, standing=Standing.GOOD)
    return then


def _lost_effect(status: CertificateStatus, unproven: str, question: Question) -> Answer:
    if _asks_for_proof(question):
        return Answer(unproven, status.facts, RevokedWithoutProof)
    return Answer(status.code, status.facts, Revoked, status.entry)


_OF_SIGNATURES = frozenset({CheckPurpose.SIGNATURE, CheckPurpose.AUTHENTICATION})

STEPS: tuple[Step, ...] = (
    Step(1, "structure", _structure),
    Step(2, "signer", _signer, needs=("claim",)),
    Step(3, "content", _content, needs=("claim",), purposes=_OF_SIGNATURES),
    Step(4, "signature", _signature, needs=("claim", "certificate"), purposes=_OF_SIGNATURES),
    Step(5, "time", _time),
    Step(6, "chain", _chain, needs=("certificate",)),
    Step(7, "validity", _validity, needs=("certificate",)),
    Step(8, "key usage", _key_usage, needs=("certificate",), purposes=_OF_SIGNATURES),
    Step(9, "policy", _policy, needs=("certificate",)),
    Step(10, "revocation", _revocation, needs=("certificate", "authority")),
)
