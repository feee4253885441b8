"""What a path question comes with, read and bounded; and the checks that need no validator.

asn1crypto reads late and raises almost anything when it does, so that everything is read here, at
once; what cannot be read is left aside by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from asn1crypto import crl, ocsp, x509
from cryptography import x509 as strict_x509

from jpki.jst import moment
from jpki.validation.paths import PathOutcome, PathQuestion, PathVerdict

__all__ = [
    "Material",
    "Refused",
    "indeterminate",
    "invalid",
    "own_checks",
    "read_material",
    "still_speaking",
    "too_much",
]


@dataclass(frozen=True, slots=True)
class Material:
    """What was given, read; ``aside`` says what could not be."""

    leaf: x509.Certificate
    roots: tuple[x509.Certificate, ...]
    pool: tuple[x509.Certificate, ...]
    crls: tuple[crl.CertificateList, ...]
    ocsp_responses: tuple[ocsp.OCSPResponse, ...]
    aside: tuple[str, ...]


class Refused(Exception):
    """A verdict reached before any path was tried."""

    def __init__(self, verdict: PathVerdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


def read_material(question: PathQuestion) -> Material:
    """Return the material of a question; raise ``Refused`` when there is no asking with it."""
    _within_limits(question)
    leaf = _certificate(question.leaf)
    if leaf is None:
        raise Refused(invalid("path.malformed-leaf", "the leaf is no X.509 certificate in DER"))
    aside: list[str] = []
    roots = _kept("root", map(_certificate, question.roots), aside)
    # Of two roots with one name and key the validator keeps the first it is given.
    roots = tuple(sorted(roots, key=lambda root: not _is_inside(question, root)))
    pool = _kept("certificate", map(_certificate, question.pool), aside)
    crls = _kept("revocation list", (_list(question, der) for der in question.crls), aside)
    answers = _kept(
        "OCSP response", (_answer(question, der) for der in question.ocsp_responses), aside
    )
    return Material(leaf, roots, pool, crls, answers, tuple(aside))


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
        raise Refused(too_much(f"{len(certificates)} certificates; {limits.certificates} at most"))
    if max(map(len, certificates)) > limits.bytes_each:
        raise Refused(too_much(f"a certificate of more than {limits.bytes_each} bytes"))
    lists = len(question.crls) + len(question.ocsp_responses)
    if lists > limits.lists:
        raise Refused(too_much(f"{lists} lists and answers; {limits.lists} at most"))


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


def still_speaking(material: Material, certificates: list[x509.Certificate]) -> Material:
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
            if (end := ends.get(known.issuer.hashable, first)) is None
            or known["tbs_cert_list"]["this_update"].native <= end
        ),
        ocsp_responses=tuple(
            known for known in material.ocsp_responses if first is None or _made(known) <= first
        ),
    )


def _made(response: ocsp.OCSPResponse) -> datetime:
    made: datetime = response.response_data["produced_at"].native
    return made


def own_checks(question: PathQuestion, certificates: list[x509.Certificate]) -> PathVerdict | None:
    """Return what is wrong with a path, root first, that the validator would overlook."""
    root, leaf = certificates[0], certificates[-1]
    if question.roots_expire and not _is_inside(question, root):
        return invalid(
            "path.root-outside-validity", f"the root is not valid at {moment(question.at)}"
        )
    for certificate in certificates[1:]:
        inside = certificate["tbs_certificate"]
        outside = _outside_validity(question, inside["validity"])
        if outside is not None:
            return outside
        if inside["signature"].dump() != certificate["signature_algorithm"].dump():
            return invalid(
                "path.two-algorithms",
                "the signature algorithm differs inside and outside (RFC 5280 §4.1.1.2)",
            )
        if len(inside["extensions"]) and inside["version"].native != "v3":
            return invalid("path.version", "extensions need version 3 (RFC 5280 §4.1.2.1)")
        policies = [one["policy_identifier"].dotted for one in _stated_policies(certificate)]
        if len(set(policies)) < len(policies):
            return invalid("path.policy-twice", "a policy stands twice (RFC 5280 §4.2.1.4)")
    return _usage(question, leaf)


def _is_inside(question: PathQuestion, root: x509.Certificate) -> bool:
    validity = root["tbs_certificate"]["validity"]
    return bool(validity["not_before"].native <= question.at <= validity["not_after"].native)


def _stated_policies(certificate: x509.Certificate) -> Iterable[x509.PolicyInformation]:
    return certificate.certificate_policies_value or ()


def _outside_validity(question: PathQuestion, validity: x509.Validity) -> PathVerdict | None:
    begins, ends = validity["not_before"].native, validity["not_after"].native
    if question.at < begins:
        return invalid("path.not-yet", f"a certificate on the path begins at {moment(begins)}")
    if question.at > ends:
        return invalid("path.expired", f"a certificate on the path expired at {moment(ends)}")
    return None


def _usage(question: PathQuestion, leaf: x509.Certificate) -> PathVerdict | None:
    allowed = {usage.name.lower() for usage in question.key_usage}
    stated = leaf.key_usage_value
    if allowed and stated is not None and not allowed & stated.native:
        return invalid("path.key-usage", "the key may not be used for this (keyUsage)")
    purposes = leaf.extended_key_usage_value
    known = {purpose.dotted for purpose in purposes} if purposes is not None else set()
    if not question.extended_key_usage <= known:
        return invalid("path.key-purpose", "the key may not be used for this (extKeyUsage)")
    return None


def invalid(code: str, message: str) -> PathVerdict:
    """Return the verdict that something is wrong."""
    return PathVerdict(PathOutcome.INVALID, code, message)


def indeterminate(code: str, message: str) -> PathVerdict:
    """Return the verdict that something could not be checked."""
    return PathVerdict(PathOutcome.INDETERMINATE, code, message)


def too_much(what: str) -> PathVerdict:
    """Return the verdict that a limit was reached."""
    return indeterminate("path.limit", f"not looked at: {what}")
