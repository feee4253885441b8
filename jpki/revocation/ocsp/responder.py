"""Who may sign an answer: the issuer, or a responder it certified (RFC 6960 §4.2.2.2).

Anything else is refused, and so are certificates that only look the part: an authority's, one
issued by somebody else, one for another use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki.certificates.parse import public_key_of
from jpki.certificates.structure import (
    RSA_ENCRYPTION,
    ExtensionId,
    KeyUsage,
    RawCertificate,
    read_certificate,
)
from jpki.errors import MalformedCertificate
from jpki.revocation.ocsp.policy import RSA_ALGORITHMS, OcspPolicy
from jpki.revocation.ocsp.response import NO_CHECK, OCSP_SIGNING, BasicAnswer
from jpki.revocation.parties import Issuer
from jpki.revocation.statements import Obstacle

__all__ = ["why_not_signed"]

_KNOWN: Final = frozenset(
    {
        ExtensionId.AUTHORITY_INFORMATION_ACCESS,
        ExtensionId.AUTHORITY_KEY_IDENTIFIER,
        ExtensionId.BASIC_CONSTRAINTS,
        ExtensionId.CERTIFICATE_POLICIES,
        ExtensionId.CRL_DISTRIBUTION_POINTS,
        ExtensionId.EXTENDED_KEY_USAGE,
        ExtensionId.ISSUER_ALTERNATIVE_NAME,
        ExtensionId.KEY_USAGE,
        ExtensionId.SUBJECT_ALTERNATIVE_NAME,
        ExtensionId.SUBJECT_KEY_IDENTIFIER,
        NO_CHECK,
    }
)


def why_not_signed(answer: BasicAnswer, *, issuer: Issuer, policy: OcspPolicy) -> Obstacle | None:
    """Why nobody who may sign an answer signed this one, if so."""
    if answer.algorithm not in policy.algorithms:
        return Obstacle("answer-algorithm", {})
    if _is_called(answer, issuer.name, issuer.key_bits):
        own = _verifies(issuer.public_key, answer.algorithm, answer.signature, answer.signed)
        return None if own else Obstacle("answer-signature", {})
    named = [one for one in _readable(answer, policy) if _is_called_as(answer, one)]
    if not named:
        return Obstacle("answer-no-responder", {})
    # Several certificates may answer to one name; one of them has to do, completely.
    obstacles = [_Responder(one, answer, issuer, policy).obstacle() for one in named]
    return None if None in obstacles else obstacles[0]


def _is_called(answer: BasicAnswer, name: bytes, key_bits: bytes) -> bool:
    if answer.responder_name is not None:
        return answer.responder_name == name
    # RFC 6960 §4.2.1 names a key by its SHA-1, whatever else is in use.
    return answer.responder_key_hash == hashlib.sha1(key_bits, usedforsecurity=False).digest()


def _is_called_as(answer: BasicAnswer, raw: RawCertificate) -> bool:
    return _is_called(answer, raw.subject.der, raw.key_bits.value[1:])


def _readable(answer: BasicAnswer, policy: OcspPolicy) -> list[RawCertificate]:
    found = []
    for encoded in answer.certificates:
        try:
            found.append(read_certificate(encoded, any_time_form=policy.any_time_form))
        except MalformedCertificate:
            continue
    return found


def _verifies(key: RSAPublicKey, algorithm: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), RSA_ALGORITHMS[algorithm])
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Responder:
    """A certificate that the responder's name or key leads to, and the answer it came with."""

    raw: RawCertificate
    answer: BasicAnswer
    issuer: Issuer
    policy: OcspPolicy

    def obstacle(self) -> Obstacle | None:
        """Why this certificate does not do, if so, from who issued it to what it signed."""
        if not self._is_issued():
            return Obstacle("answer-responder", {"why": "not issued by the authority itself"})
        why = self._unfit(self.answer.produced_at)
        if why is not None:
            return Obstacle("answer-responder", {"why": why})
        key = _key_of(self.raw, self.policy)
        if key is None:
            return Obstacle("answer-responder", {"why": "a key that is not taken"})
        if not _verifies(key, self.answer.algorithm, self.answer.signature, self.answer.signed):
            return Obstacle("answer-signature", {})
        if self.policy.no_check_required and self.raw.find(NO_CHECK) is None:
            return Obstacle("answer-no-check", {})
        return None

    def _is_issued(self) -> bool:
        raw, issuer = self.raw, self.issuer
        named = raw.values.authority_key
        other_key = (
            named is not None
            and named.key_identifier is not None
            and issuer.subject_key_id is not None
            and named.key_identifier != issuer.subject_key_id
        )
        return (
            raw.issuer.der == issuer.name
            and not other_key
            and raw.algorithm.der in self.policy.algorithms
            and _verifies(issuer.public_key, raw.algorithm.der, raw.signature, raw.tbs)
        )

    def _unfit(self, at: datetime) -> str | None:
        raw, values = self.raw, self.raw.values
        usage = values.key_usage
        constraints = values.basic_constraints
        signs = usage is not None and KeyUsage.DIGITAL_SIGNATURE in usage
        rows = (
            (raw.version != 3, "not of version 3"),
            (raw.subject.der == self.issuer.name, "it bears the authority's own name"),
            (
                (constraints is not None and constraints.authority)
                or bool((usage or frozenset()) & _OF_AUTHORITIES),
                "it is an authority's",
            ),
            (OCSP_SIGNING not in (values.extended_key_usage or ()), "not for signing OCSP answers"),
            (not signs if usage or self.policy.key_usage_required else False, "no signing key"),
            (not raw.valid_from <= at <= raw.valid_until, "not valid when the answer was made"),
            (
                any(one.critical and one.oid not in _KNOWN for one in raw.extensions),
                "it has a critical extension that is not known",
            ),
        )
        return next((why for wrong, why in rows if wrong), None)


_OF_AUTHORITIES: Final = frozenset({KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN})


def _key_of(raw: RawCertificate, policy: OcspPolicy) -> RSAPublicKey | None:
    if raw.key_algorithm.der != RSA_ENCRYPTION:
        return None
    try:
        key = public_key_of(raw)
    except MalformedCertificate:
        return None
    return key if key.key_size >= policy.smallest_key else None
