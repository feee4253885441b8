"""What is asked of an OCSP answer and of whoever signed it, one field for each open question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from jpki.certificates import der
from jpki.certificates.structure import SHA256_WITH_RSA

__all__ = ["JPKI_ANSWERS", "RSA_ALGORITHMS", "OcspPolicy"]


def _rsa(arc: int, *parameters: bytes) -> bytes:
    return der.sequence(der.object_identifier(f"1.2.840.113549.1.1.{arc}"), *parameters)


_HASHES: Final[Mapping[int, HashAlgorithm]] = {
    5: SHA1(),  # noqa: S303  refused unless a caller's policy names it
    11: SHA256(),
    12: SHA384(),
    13: SHA512(),
}

RSA_ALGORITHMS: Final[Mapping[bytes, HashAlgorithm]] = MappingProxyType(
    {
        _rsa(arc, *parameters): chosen
        for arc, chosen in _HASHES.items()
        for parameters in ((der.null(),), ())
    }
)
"""The RSASSA-PKCS1-v1_5 signature algorithms a policy may name, as DER.

RFC 4055 §5 wants the NULL parameters written and their absence understood.
"""


@dataclass(frozen=True, slots=True)
class OcspPolicy:
    """What is believed. J-LIS publishes no profile of its responder, so every field is open (?).

    ``skew``: how much later than the instant an answer may have been made. ``max_age``: how long an
    answer without nextUpdate holds; the data behind the responder is renewed every 15 minutes.
    ``no_check_required``: a responder's certificate without id-pkix-ocsp-nocheck could itself be
    revoked, and nobody here asks about it. ``key_usage_required``: RFC 6960 does not ask for one;
    every JPKI certificate has one. ``algorithms``: DER of the signature algorithms, for the answer
    and for the responder's certificate. ``smallest_key``: bits of the responder's RSA key (Rule 2
    and 38 set 2,048 for JPKI's own). ``any_time_form``: as RFC 5280 §4.1.2.5 for its certificate.
    """

    skew: timedelta = timedelta(0)
    max_age: timedelta = timedelta(minutes=15)
    no_check_required: bool = True
    key_usage_required: bool = True
    algorithms: frozenset[bytes] = frozenset({SHA256_WITH_RSA})
    smallest_key: int = 2048
    any_time_form: bool = False


JPKI_ANSWERS: Final = OcspPolicy()
"""The strict reading."""
