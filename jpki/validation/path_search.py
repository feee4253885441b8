"""The rim round pyhanko-certvalidator: bounded, offline, and never a traceback of its own.

The only module that imports it; :mod:`jpki.validation.paths` is the door. Three things are ours:

* **Bounds.** Issuers looked up and signatures verified are counted, since paths through
  cross-certificates grow without end.
* **One context for each candidate.** The validator keeps what it has validated, and a second root
  can spoil a status that holds under the first (pyHanko issue 417); a fresh context with the one
  root of the path does neither.
* **Checks it leaves out**: the algorithm inside and outside the signed part must agree, no
  extension and no policy stands twice, extensions need version 3, roots end.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from asn1crypto import algos, x509
from asn1crypto.keys import PublicKeyInfo
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustAnchor
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    StaleRevinfoError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    DisallowWeakAlgorithmsPolicy,
    PKIXValidationParams,
)
from pyhanko_certvalidator.registry import CertificateRegistry, TrustManager
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
    SignatureValidationContext,
)
from pyhanko_certvalidator.validate import async_validate_path

from jpki.jst import moment
from jpki.terms import RevocationReason
from jpki.validation.path_material import (
    Material,
    Refused,
    indeterminate,
    invalid,
    own_checks,
    read_material,
    still_speaking,
    too_much,
)
from jpki.validation.paths import (
    ANY_POLICY,
    WEAK_DIGESTS,
    PathOutcome,
    PathQuestion,
    PathVerdict,
    RevocationCheck,
)

__all__ = ["search"]

_REVOCATION: Final = {
    RevocationCheck.REQUIRED: REQUIRE_REVINFO,
    RevocationCheck.NONE: NO_REVOCATION,
}
# The validator takes an entry of a list to count when it was recorded *before* the instant, and an
# answer's when it was recorded *at or before* it. The second is right (a revocation has effect from
# its instant), so it is asked about the next microsecond; validity is judged here, exactly.
_NEXT: Final = timedelta(microseconds=1)

# It logs tracebacks about material that is merely bad. An application that wants them sets up
# logging; nobody else sees them.
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())


class _LimitReached(Exception):
    """More work than the question allows."""


@dataclass(slots=True)
class _Budget:
    left: int

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _LimitReached


class _CountingRegistry(CertificateRegistry):
    """The one place through which every path, main or for a list's signer, is built."""

    def __init__(self, budget: _Budget) -> None:
        super().__init__()
        self._budget = budget

    def find_potential_issuers(
        self, cert: x509.Certificate, trust_manager: TrustManager
    ) -> Iterator[TrustAnchor | x509.Certificate]:
        for issuer in super().find_potential_issuers(cert, trust_manager):
            self._budget.spend()
            yield issuer


class _CountingValidator(DefaultSignatureValidator):
    def __init__(self, budget: _Budget) -> None:
        self._budget = budget

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        self._budget.spend()
        super().validate_signature(
            signature, signed_data, public_key_info, signature_algorithm, context
        )


def search(question: PathQuestion) -> PathVerdict:
    """Return the verdict; see :func:`jpki.validation.paths.judge_path`."""
    try:
        material = read_material(question)
    except Refused as refused:
        return refused.verdict
    return replace(_finish(_judge(question, material)), aside=material.aside)


def _finish(judging: Coroutine[object, None, PathVerdict]) -> PathVerdict:
    """Run it without an event loop, of which the caller may have one running already.

    The validator waits for nothing but what it fetches, and here it fetches nothing.
    """
    try:
        judging.send(None)
    except StopIteration as finished:
        verdict: PathVerdict = finished.value
        return verdict
    judging.close()
    return indeterminate("path.crash", "the path validator waits for something")


# the paths


async def _judge(question: PathQuestion, material: Material) -> PathVerdict:
    budget = _Budget(question.limits.steps)
    verdicts: list[PathVerdict] = []
    try:
        context = _context(question, material, material.roots, budget)
        paths = context.path_builder.async_build_paths_lazy(material.leaf)
        async for path in paths:
            if len(verdicts) == question.limits.candidates:
                verdicts.append(too_much(f"more than {len(verdicts)} paths"))
                break
            verdict = await _candidate(question, material, path, budget)
            if verdict.outcome is PathOutcome.VALID:
                return verdict
            verdicts.append(verdict)
    except PathBuildingError:
        verdicts.append(
            indeterminate("path.no-chain", "no path leads from a given root to the certificate")
        )
    except _LimitReached:
        verdicts.append(too_much(f"more than {question.limits.steps} steps"))
    except Exception as error:
        verdicts.append(_crashed(error))
    return _telling(verdicts)


def _telling(verdicts: list[PathVerdict]) -> PathVerdict:
    """Return the verdict of several paths that do not hold: what is unknown may yet hold."""
    for verdict in verdicts:
        if verdict.outcome is PathOutcome.INDETERMINATE:
            return verdict
    return verdicts[0]


def _context(
    question: PathQuestion,
    material: Material,
    roots: Iterable[x509.Certificate],
    budget: _Budget,
) -> ValidationContext:
    registry = _CountingRegistry(budget)
    registry.register_multiple(material.pool)
    return ValidationContext(
        trust_roots=[CertTrustAnchor(root) for root in roots],
        certificate_registry=registry,
        moment=question.at + _NEXT,
        allow_fetching=False,
        crls=material.crls,
        ocsps=material.ocsp_responses,
        revinfo_policy=CertRevTrustPolicy(
            _REVOCATION[question.revocation], retroactive_revinfo=question.newer_status
        ),
        algorithm_usage_policy=_algorithms(question),
        time_tolerance=_NEXT,
        signature_validator=_CountingValidator(budget),
    )


def _algorithms(question: PathQuestion) -> DisallowWeakAlgorithmsPolicy:
    policy = DisallowWeakAlgorithmsPolicy()  # type: ignore[no-untyped-call]
    policy.weak_hash_algos = WEAK_DIGESTS - question.allowed_weak_digests
    return policy


async def _candidate(
    question: PathQuestion, material: Material, path: ValidationPath, budget: _Budget
) -> PathVerdict:
    certificates = list(path.iter_certs(include_root=True))
    if len(certificates) > question.limits.chain:
        return too_much(f"a path of more than {question.limits.chain} certificates")
    problem = own_checks(question, certificates)
    if problem is not None:
        return problem
    if question.newer_status:
        material = still_speaking(material, certificates)
    try:
        context = _context(question, material, certificates[:1], budget)
        await async_validate_path(context, path, parameters=_parameters(question))
        return PathVerdict(
            PathOutcome.VALID,
            "path.valid",
            f"a path of {len(certificates)} certificates holds at {moment(question.at)}",
            chain=tuple(certificate.dump() for certificate in reversed(certificates)),
            policies=_policies(path),
        )
    except _LimitReached:
        raise
    except Exception as error:
        return _failed(error, material)


def _parameters(question: PathQuestion) -> PKIXValidationParams:
    return PKIXValidationParams(
        user_initial_policy_set=frozenset(map(_known_name, question.initial_policy_set)),
        initial_explicit_policy=question.explicit_policy,
        initial_policy_mapping_inhibit=question.inhibit_mapping,
        initial_any_policy_inhibit=question.inhibit_any,
    )


def _known_name(policy: str) -> str:
    """The validator speaks of policies as asn1crypto does: anyPolicy by name, others dotted."""
    return "any_policy" if policy == ANY_POLICY else policy


def _policies(path: ValidationPath) -> frozenset[str]:
    return frozenset(
        ANY_POLICY if one.user_domain_policy_id == "any_policy" else one.user_domain_policy_id
        for one in path.qualified_policies() or ()
    )


# what the validator raised


def _failed(error: Exception, material: Material) -> PathVerdict:
    match error:
        case RevokedError():
            return PathVerdict(
                PathOutcome.INVALID,
                "path.revoked",
                f"a certificate on the path was revoked at {moment(error.revocation_dt)}",
                revoked_at=error.revocation_dt,
                revocation_reason=_reason(error, material),
                revoked_leaf=error.is_ee_cert and not error.is_side_validation,
            )
        case ExpiredError():
            ended = moment(error.expired_dt)
            return invalid("path.expired", f"a certificate on the path expired at {ended}")
        case NotYetValidError():
            begins = moment(error.valid_from)
            return invalid("path.not-yet", f"a certificate on the path begins at {begins}")
        case DisallowedAlgorithmError():
            return invalid("path.weak-algorithm", "a signature on the path uses a weak algorithm")
        case StaleRevinfoError():
            return indeterminate("path.status-stale", "the status information is out of date")
        case InsufficientRevinfoError():
            return indeterminate("path.status-unknown", "no usable status information was given")
        case PathValidationError() | ValidationError():
            return invalid("path.refused", error.failure_msg)
        case PathBuildingError():
            return indeterminate("path.no-chain", "no path leads to a signer of the status")
        case _:
            return _crashed(error)


def _reason(error: RevokedError, material: Material) -> RevocationReason | None:
    """Return the reason, and ``None`` when none is given or JPKI has no name for it.

    The validator makes ``unspecified`` of a reason that is absent, but RFC 3161 §4 treats the two
    differently; so the entry itself is looked up for that one.
    """
    try:
        reason = RevocationReason(int(error.reason))
    except ValueError:
        return None
    if reason is not RevocationReason.UNSPECIFIED:
        return reason
    stated = [
        entry.crl_reason_value is not None
        for known in material.crls
        for entry in known["tbs_cert_list"]["revoked_certificates"]
        if entry["user_certificate"].native == material.leaf.serial_number
        and entry["revocation_date"].native == error.revocation_dt
    ]
    return reason if stated and all(stated) else None


def _crashed(error: Exception) -> PathVerdict:
    """The validator's crashes are not the asker's: ASN.1 read late raises almost anything."""
    return indeterminate("path.crash", f"the path validator failed ({type(error).__name__})")
