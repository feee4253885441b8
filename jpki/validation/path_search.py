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

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from asn1crypto import algos, crl, ocsp, x509
from asn1crypto.keys import PublicKeyInfo
from cryptography import x509 as strict_x509
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


@dataclass(frozen=True, slots=True)
class _Material:
    """What was given, read; ``aside`` says what could not be."""

    leaf: x509.Certificate
    roots: tuple[x509.Certificate, ...]
    pool: tuple[x509.Certificate, ...]
    crls: tuple[crl.CertificateList, ...]
    ocsp_responses: tuple[ocsp.OCSPResponse, ...]
    aside: tuple[str, ...]


class _Refused(Exception):
    """A verdict reached before any path was tried."""

    def __init__(self, verdict: PathVerdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


def search(question: PathQuestion) -> PathVerdict:
    """Return the verdict; see :func:`jpki.validation.paths.judge_path`."""
    try:
        material = _read(question)
    except _Refused as refused:
        return refused.verdict
    verdict = asyncio.run(_judge(question, material))
    return replace(verdict, aside=material.aside)


# what was given


def _read(question: PathQuestion) -> _Material:
    _within_limits(question)
    leaf = _certificate(question.leaf)
    if leaf is None:
        raise _Refused(_invalid("path.malformed-leaf", "the leaf is no X.509 certificate in DER"))
    aside: list[str] = []
    roots = _kept("root", map(_certificate, question.roots), aside)
    # Of two roots with one name and key the validator keeps the first it is given.
    roots = tuple(sorted(roots, key=lambda root: not _is_inside(question, root)))
    pool = _kept("certificate", map(_certificate, question.pool), aside)
    crls = _kept("revocation list", (_list(question, der) for der in question.crls), aside)
    answers = _kept(
        "OCSP response", (_answer(question, der) for der in question.ocsp_responses), aside
    )
    return _Material(leaf, roots, pool, crls, answers, tuple(aside))


_T = TypeVar("_T")


def _kept(what: str, found: Iterable[_T | None], aside: list[str]) -> tuple[_T, ...]:
    kept: list[_T] = []
    for number, one in enumerate(found, start=1):
        if one is None:
            aside.append(f"{what} {number} is malformed or too big")
        else:
            kept.append(one)
    return tuple(kept)


def _within_limits(question: PathQuestion) -> None:
    limits = question.limits
    certificates = (question.leaf, *question.pool, *question.roots)
    if len(certificates) > limits.certificates:
        raise _Refused(_limit(f"{len(certificates)} certificates; {limits.certificates} at most"))
    if max(map(len, certificates)) > limits.bytes_each:
        raise _Refused(_limit(f"a certificate of more than {limits.bytes_each} bytes"))
    lists = len(question.crls) + len(question.ocsp_responses)
    if lists > limits.lists:
        raise _Refused(_limit(f"{lists} lists and answers; {limits.lists} at most"))


def _certificate(der: bytes) -> x509.Certificate | None:
    """Read all of a certificate at once: asn1crypto reads late, and overlooks doubles."""
    try:
        certificate = x509.Certificate.load(der, strict=True)
        _ = certificate.native
        extensions = certificate["tbs_certificate"]["extensions"]
        kinds = [extension["extn_id"].dotted for extension in extensions]
    except Exception:
        return None
    return certificate if len(set(kinds)) == len(kinds) else None


def _list(question: PathQuestion, der: bytes) -> crl.CertificateList | None:
    try:
        if len(der) > question.limits.list_bytes:
            return None
        _ = strict_x509.load_der_x509_crl(der).extensions
        known = crl.CertificateList.load(der, strict=True)
        _ = known.issuer.hashable, known["tbs_cert_list"]["this_update"].native
        return known
    except Exception:
        return None


def _answer(question: PathQuestion, der: bytes) -> ocsp.OCSPResponse | None:
    try:
        if len(der) > question.limits.list_bytes:
            return None
        response = ocsp.OCSPResponse.load(der, strict=True)
        _ = response.native, response.response_data["produced_at"].native
    except Exception:
        return None
    return response


# the paths


async def _judge(question: PathQuestion, material: _Material) -> PathVerdict:
    budget = _Budget(question.limits.steps)
    verdicts: list[PathVerdict] = []
    try:
        context = _context(question, material, material.roots, budget)
        paths = context.path_builder.async_build_paths_lazy(material.leaf)
        async for path in paths:
            if len(verdicts) == question.limits.candidates:
                verdicts.append(_limit(f"more than {len(verdicts)} paths"))
                break
            verdict = await _candidate(question, material, path, budget)
            if verdict.outcome is PathOutcome.VALID:
                return verdict
            verdicts.append(verdict)
    except PathBuildingError:
        verdicts.append(
            _indeterminate("path.no-chain", "no path leads from a given root to the certificate")
        )
    except _LimitReached:
        verdicts.append(_limit(f"more than {question.limits.steps} steps"))
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
    material: _Material,
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
    question: PathQuestion, material: _Material, path: ValidationPath, budget: _Budget
) -> PathVerdict:
    certificates = list(path.iter_certs(include_root=True))
    if len(certificates) > question.limits.chain:
        return _limit(f"a path of more than {question.limits.chain} certificates")
    problem = _own_checks(question, certificates)
    if problem is not None:
        return problem
    if question.newer_status:
        material = _still_speaking(material, certificates)
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


def _still_speaking(material: _Material, certificates: list[x509.Certificate]) -> _Material:
    """Leave out what was made when a certificate had ended: by then it may have been dropped.

    An authority need not list what has expired (RFC 5280 §3.3), so that its silence says nothing.
    """
    ends: dict[object, datetime] = {}
    for certificate in certificates[1:]:
        end = certificate["tbs_certificate"]["validity"]["not_after"].native
        issuer = certificate.issuer.hashable
        ends[issuer] = min(end, ends.get(issuer, end))
    first = min(ends.values(), default=None)
    return replace(
        material,
        crls=tuple(
            known
            for known in material.crls
            if (end := ends.get(known.issuer.hashable)) is None
            or known["tbs_cert_list"]["this_update"].native <= end
        ),
        ocsp_responses=tuple(
            known for known in material.ocsp_responses if first is None or _made(known) <= first
        ),
    )


def _made(response: ocsp.OCSPResponse) -> datetime:
    made: datetime = response.response_data["produced_at"].native
    return made


# our own checks


def _own_checks(question: PathQuestion, certificates: list[x509.Certificate]) -> PathVerdict | None:
    root, leaf = certificates[0], certificates[-1]
    if question.roots_expire and not _is_inside(question, root):
        return _invalid(
            "path.root-outside-validity", f"the root is not valid at {moment(question.at)}"
        )
    for certificate in certificates[1:]:
        inside = certificate["tbs_certificate"]
        outside = _outside_validity(question, inside["validity"])
        if outside is not None:
            return outside
        if inside["signature"].dump() != certificate["signature_algorithm"].dump():
            return _invalid(
                "path.two-algorithms",
                "the signature algorithm differs inside and outside (RFC 5280 §4.1.1.2)",
            )
        if len(inside["extensions"]) and inside["version"].native != "v3":
            return _invalid("path.version", "extensions need version 3 (RFC 5280 §4.1.2.1)")
        policies = [one["policy_identifier"].dotted for one in _stated_policies(certificate)]
        if len(set(policies)) < len(policies):
            return _invalid("path.policy-twice", "a policy stands twice (RFC 5280 §4.2.1.4)")
    return _usage(question, leaf)


def _is_inside(question: PathQuestion, root: x509.Certificate) -> bool:
    validity = root["tbs_certificate"]["validity"]
    return bool(validity["not_before"].native <= question.at <= validity["not_after"].native)


def _stated_policies(certificate: x509.Certificate) -> Iterable[x509.PolicyInformation]:
    return certificate.certificate_policies_value or ()


def _outside_validity(question: PathQuestion, validity: x509.Validity) -> PathVerdict | None:
    begins, ends = validity["not_before"].native, validity["not_after"].native
    if question.at < begins:
        return _invalid("path.not-yet", f"a certificate on the path begins at {moment(begins)}")
    if question.at > ends:
        return _invalid("path.expired", f"a certificate on the path expired at {moment(ends)}")
    return None


def _usage(question: PathQuestion, leaf: x509.Certificate) -> PathVerdict | None:
    allowed = {usage.name.lower() for usage in question.key_usage}
    stated = leaf.key_usage_value
    if allowed and stated is not None and not allowed & stated.native:
        return _invalid("path.key-usage", "the key may not be used for this (keyUsage)")
    purposes = leaf.extended_key_usage_value
    known = {purpose.dotted for purpose in purposes} if purposes is not None else set()
    if not question.extended_key_usage <= known:
        return _invalid("path.key-purpose", "the key may not be used for this (extKeyUsage)")
    return None


# what the validator raised


def _failed(error: Exception, material: _Material) -> PathVerdict:
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
            return _invalid("path.expired", f"a certificate on the path expired at {ended}")
        case NotYetValidError():
            begins = moment(error.valid_from)
            return _invalid("path.not-yet", f"a certificate on the path begins at {begins}")
        case DisallowedAlgorithmError():
            return _invalid("path.weak-algorithm", "a signature on the path uses a weak algorithm")
        case StaleRevinfoError():
            return _indeterminate("path.status-stale", "the status information is out of date")
        case InsufficientRevinfoError():
            return _indeterminate("path.status-unknown", "no usable status information was given")
        case PathValidationError() | ValidationError():
            return _invalid("path.refused", error.failure_msg)
        case PathBuildingError():
            return _indeterminate("path.no-chain", "no path leads to a signer of the status")
        case _:
            return _crashed(error)


def _reason(error: RevokedError, material: _Material) -> RevocationReason | None:
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
    return _indeterminate("path.crash", f"the path validator failed ({type(error).__name__})")


def _invalid(code: str, message: str) -> PathVerdict:
    return PathVerdict(PathOutcome.INVALID, code, message)


def _indeterminate(code: str, message: str) -> PathVerdict:
    return PathVerdict(PathOutcome.INDETERMINATE, code, message)


def _limit(what: str) -> PathVerdict:
    return _indeterminate("path.limit", f"not looked at: {what}")
