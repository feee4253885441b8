"""The same checks for certificates that are not JPKI's, such as a timestamp service's.

JPKI's certificates have a path of their own with an exact profile, and none of what is taken here
is taken there. The lists and answers go through the same checks; only the issuer and the subject
are read from ordinary certificates (RFC 5280), and what a policy admits is up to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jpki.certificates.parse import public_key_of
from jpki.certificates.structure import (
    RSA_ENCRYPTION,
    DistributionPoint,
    GeneralNameForm,
    KeyUsage,
    RawCertificate,
    read_certificate,
)
from jpki.errors import MalformedCertificate
from jpki.revocation.list_judging import judge_list
from jpki.revocation.ocsp import OcspPolicy, OcspResponse, judge_answer
from jpki.revocation.parties import Issuer, Subject
from jpki.revocation.revocation_list import RevocationList, RevokedEntry, read_revocation_list
from jpki.revocation.statements import Obstacle, Standing, Statement

__all__ = [
    "GENERAL_ANSWERS",
    "Said",
    "crl_says",
    "issuer_of",
    "ocsp_says",
    "read_revocation_list",
    "subject_of",
]

GENERAL_ANSWERS: Final = OcspPolicy(
    max_age=timedelta(days=7), key_usage_required=False, any_time_form=True
)
"""What RFC 6960 leaves open is taken; no certificate without nocheck, and no weak algorithm."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one list or answer says; ``problem`` is the code of what stood in its way."""

    standing: Standing
    entry: RevokedEntry | None = None
    problem: str | None = None


def crl_says(
    known: RevocationList,
    *,
    certificate: bytes,
    issuer: bytes,
    at: datetime,
    tolerance: timedelta = timedelta(0),
) -> Said:
    """Return what a list says about a certificate of any authority at an instant.

    ``certificate`` and ``issuer`` are DER or PEM; that the one issued the other is for the caller
    to know. RSA with SHA-256 only. Raises ``MalformedCertificate``.
    """
    return _said(
        judge_list(
            known,
            subject=subject_of(certificate),
            issuer=issuer_of(issuer),
            at=at,
            tolerance=tolerance,
        )
    )


def ocsp_says(
    response: OcspResponse,
    *,
    certificate: bytes,
    issuer: bytes,
    at: datetime,
    nonce: bytes | None = None,
    policy: OcspPolicy = GENERAL_ANSWERS,
) -> Said:
    """Return what an answer says about a certificate of any authority at an instant.

    As ``crl_says``; the signature algorithms are those of the policy.
    """
    return _said(
        judge_answer(
            response,
            subject=subject_of(certificate),
            issuer=issuer_of(issuer),
            at=at,
            nonce=nonce,
            policy=policy,
        )
    )


def _said(judged: Statement | Obstacle) -> Said:
    if isinstance(judged, Obstacle):
        return Said(Standing.UNKNOWN, problem=judged.code)
    return Said(judged.standing, judged.entry)


def issuer_of(certificate: bytes, *, source: str = "") -> Issuer:
    """Read an authority's certificate as an issuer; ``MalformedCertificate`` without an RSA key."""
    raw = read_certificate(certificate, source=source, any_time_form=True)
    if raw.key_algorithm.der != RSA_ENCRYPTION:
        raise MalformedCertificate("a key that is not RSA", source=source)
    usage = raw.values.key_usage
    return Issuer(
        name=raw.subject.der,
        public_key=public_key_of(raw),
        key_bits=raw.key_bits.value[1:],
        subject_key_id=raw.values.subject_key,
        may_sign_lists=usage is None or KeyUsage.CRL_SIGN in usage,
    )


def subject_of(certificate: bytes, *, source: str = "") -> Subject:
    """Read a certificate as the one that is asked about."""
    raw = read_certificate(certificate, source=source, any_time_form=True)
    points = raw.values.distribution_points or ()
    names = [one for point in points for one in point.full_name]
    return Subject(
        raw.issuer.der,
        raw.issue_number,
        is_authority=_is_authority(raw),
        points=tuple(
            one.element.der for one in names if one.form is GeneralNameForm.DIRECTORY_NAME
        ),
        addresses=tuple(one.text("an address") for one in names if one.form is GeneralNameForm.URI),
        lists_elsewhere=_all_elsewhere(points),
    )


def _is_authority(raw: RawCertificate) -> bool | None:
    if raw.version != 3:
        return None
    constraints = raw.values.basic_constraints
    return constraints is not None and constraints.authority


def _all_elsewhere(points: tuple[DistributionPoint, ...]) -> bool:
    return bool(points) and all(one.says_more for one in points)
