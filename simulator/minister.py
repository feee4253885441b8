"""The competent ministers (主務大臣): who decide which firms may verify.

They accredit private signature verifiers for a year (Act 17(1)(vi), 施行令 10), permit the
comparison of faces in place of a PIN (38-2), and may order what endangers serial numbers to stop
(63). They cannot revoke a holder's certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jpki.jst import day, months_before
from jpki.law import Act, Actor, VerifierRole
from simulator.acting import Acting, performs

__all__ = ["Approval", "Order", "accredit", "order_to_stop", "permit_face_matching"]

_ME = Actor.COMPETENT_MINISTER
# VD-8: the accreditation of a private firm is good for one year.
_MONTHS_OF_ACCREDITATION = 12


@dataclass(frozen=True, slots=True)
class Approval:
    """That a firm may act in a role, from a Japan day; ``until`` is exclusive, or open."""

    firm: str
    role: VerifierRole
    since: date
    until: date | None = None

    def stands_on(self, on: date) -> bool:
        """Whether it is in force on a Japan day."""
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True)
class Order:
    """That a firm has to stop what it does with serial numbers (Act 63)."""

    firm: str
    ordered_on: date


@performs(_ME, Act.ACCREDIT_VERIFIERS)
def accredit(world: Acting, firm: str) -> Approval:
    """Accredit a private firm as a signature verifier for a year from today."""
    since = day(world.now)
    until = months_before(since, -_MONTHS_OF_ACCREDITATION)
    return Approval(firm, VerifierRole.SIGNATURE_VERIFIER, since, until)


@performs(_ME, Act.PERMIT_VERIFIERS)
def permit_face_matching(world: Acting, firm: str) -> Approval:
    """Permit a user authentication verifier to compare faces in place of a PIN.

    For how long such a permission is good is not known (?): it is left open.
    """
    role = VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER
    return Approval(firm, role, day(world.now))


@performs(_ME, Act.ORDER_VERIFIERS)
def order_to_stop(world: Acting, firm: str) -> Order:
    """Order a firm to stop supplying serial numbers; no certificate is touched by it (T-9)."""
    return Order(firm, day(world.now))
