"""Events of the consent to the four items being provided (施行規則 35-2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jpki.life.events.values import OfPerson
from jpki.life.events.words import ConsentClient, ConsentItem
from jpki.terms import CertificateKind

__all__ = [
    "FourItemsConsentGiven",
    "FourItemsConsentWithdrawn",
]


@dataclass(frozen=True, slots=True)
class FourItemsConsentGiven(OfPerson):
    """The holder consented that a verifier be given items, in a message signed with a certificate.

    ``verified`` are the kinds of certificate that the verifier has verified of the holder; without
    it, the kind that signed. ``signed_with`` is None for a consent on paper, which is refused.
    """

    name: ClassVar[str] = "four_items_consent_given"
    verifier: str
    items: tuple[ConsentItem, ...]
    signed_with: CertificateKind | None
    verified: tuple[CertificateKind, ...] = ()
    client: ConsentClient = ConsentClient.VERIFIER


@dataclass(frozen=True, slots=True)
class FourItemsConsentWithdrawn(OfPerson):
    """The holder withdrew the consent for one verifier; it ends when the agency records this."""

    name: ClassVar[str] = "four_items_consent_withdrawn"
    verifier: str
    signed_with: CertificateKind | None
    client: ConsentClient = ConsentClient.MYNAPORTAL
