"""What is signed with a person's card, checked by the agency as of now."""

from __future__ import annotations

from collections.abc import Callable

from jpki.cms import LARGEST_SIGNATURE
from jpki.errors import Refused
from jpki.life import CertificateRecord
from jpki.revocation import parse_revocation_list
from jpki.terms import CertificateKind
from jpki.validation import Verdict, VerificationPolicy
from jpki.verify import explain
from simulator.municipalities import municipality
from simulator.world import World

__all__ = ["check_card_signature"]

_CS = CertificateKind.CARD_SIGNATURE


def check_card_signature(
    world: World,
    person_id: str,
    message: bytes,
    signature: bytes,
    *,
    refusal: Callable[[str], Refused],
) -> CertificateRecord:
    """Return the card signature certificate that signed an application, when all is good now.

    ``refusal`` makes of a sentence the error to raise, with the rule of whoever asks.
    """
    if len(signature) > LARGEST_SIGNATURE:
        raise refusal("the application's signature is too large")
    current = world.state().live(person_id, _CS)
    if current is None:
        raise refusal("the person has no live card signature certificate")
    known = world.agency.revocation_list(
        current.authority, municipality(current.municipality), world.now
    )
    report = explain(
        signature,
        content=message,
        roots=[world.agency.authority(current.authority).certificate],
        revocation_lists=[parse_revocation_list(known)],
        policy=VerificationPolicy(accepted_kinds=frozenset({_CS})),
        at=world.now,
    )
    if report.signer is not None and report.signer.serial != current.serial:
        raise refusal("the application was signed with another person's card")
    if report.signer is None or report.verdict is not Verdict.VALID:
        raise refusal(f"the application's signature is not good: {report.deciding_step.message}")
    return current
