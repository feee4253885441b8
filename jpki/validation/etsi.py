"""The same verdict in the words of ETSI EN 319 102-1 §5.1.3: indication and sub-indication.

A JPKI verifier judges at reception, so a certificate that is known to have lost effect by then is
``REVOKED`` or ``EXPIRED`` and the signature fails; under the best-signature-time policy the same
finding is indeterminate for want of a proof of existence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jpki.validation.question import Finding, Outcome

__all__ = ["Indication", "SubIndication", "sub_indication_of"]


class Indication(StrEnum):
    """The three main answers (Table 5)."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """The reasons used here (Table 6)."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    TRY_LATER = "TRY_LATER"


@dataclass(frozen=True, slots=True)
class _Row:
    indication: Indication
    sub_indication: SubIndication


_FAILED, _UNSURE = Indication.TOTAL_FAILED, Indication.INDETERMINATE

# By finding code; what is not here goes by its step. EN 319 102-1 knows few reasons for a total
# failure: a certificate that may not be used for this is "indeterminate" in its words, although
# the verdict here is invalid. The report gives both and never hides one behind the other.
_BY_CODE: Mapping[str, _Row] = {
    "structure.digest-algorithm": _Row(_UNSURE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    "structure.signature-algorithm": _Row(_UNSURE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    "signer.absent": _Row(_UNSURE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND),
    "signer.ambiguous": _Row(_UNSURE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND),
    "signer.not-jpki": _Row(_UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
    "signer.malformed": _Row(_FAILED, SubIndication.FORMAT_FAILURE),
    "chain.not-signed": _Row(_UNSURE, SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE),
    "chain.root-outside-validity": _Row(_UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
    "validity.not-yet": _Row(_FAILED, SubIndication.NOT_YET_VALID),
    "validity.expired": _Row(_FAILED, SubIndication.EXPIRED),
    "validity.expired-no-proof": _Row(_UNSURE, SubIndication.OUT_OF_BOUNDS_NO_POE),
    "revocation.revoked": _Row(_FAILED, SubIndication.REVOKED),
    # A hold may end: the standard answers with the instant to try again after.
    "revocation.held": _Row(_UNSURE, SubIndication.TRY_LATER),
    "revocation.held-no-proof": _Row(_UNSURE, SubIndication.TRY_LATER),
    "revocation.revoked-no-proof": _Row(_UNSURE, SubIndication.REVOKED_NO_POE),
}
_BY_STEP: Mapping[tuple[str, Outcome], _Row] = {
    ("structure", Outcome.FAILED): _Row(_FAILED, SubIndication.FORMAT_FAILURE),
    ("structure", Outcome.UNKNOWN): _Row(_UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE),
    ("signer", Outcome.FAILED): _Row(_UNSURE, SubIndication.SIG_CONSTRAINTS_FAILURE),
    ("signer", Outcome.UNKNOWN): _Row(_UNSURE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND),
    ("content", Outcome.FAILED): _Row(_FAILED, SubIndication.HASH_FAILURE),
    ("content", Outcome.UNKNOWN): _Row(_UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND),
    ("signature", Outcome.FAILED): _Row(_FAILED, SubIndication.SIG_CRYPTO_FAILURE),
    ("signature", Outcome.UNKNOWN): _Row(_UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND),
    ("chain", Outcome.UNKNOWN): _Row(_UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND),
    ("key usage", Outcome.FAILED): _Row(_UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
    ("policy", Outcome.FAILED): _Row(_UNSURE, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
    ("revocation", Outcome.UNKNOWN): _Row(_UNSURE, SubIndication.TRY_LATER),
}


def sub_indication_of(decided: Finding) -> tuple[Indication, SubIndication | None]:
    """Return the indication and sub-indication of the finding that decided."""
    if decided.outcome is Outcome.PASSED:
        return Indication.TOTAL_PASSED, None
    row = _BY_CODE.get(decided.code) or _BY_STEP[decided.name, decided.outcome]
    return row.indication, row.sub_indication
