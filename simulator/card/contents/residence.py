"""What is in the issuer security domain, the common card application and the Juki application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from simulator.card.behaviour import CardBehaviour
from simulator.card.contents.encoding import record_of
from simulator.card.contents.holder import CardHolder
from simulator.card.contents.issuer import (
    CardIssuer,
    Hierarchy,
    KeySource,
    card_verifiable_certificate,
    key_identifier,
)

__all__ = [
    "CONTACT_ATR",
    "card_record",
    "common_keys",
    "contact_atr",
    "domain_objects",
    "key_reference",
]

CONTACT_ATR: Final = 0x5F51
_TEMPLATE_HEAD: Final = 5  # 7F21 82 0233
# GlobalPlatform Card Specification 2.2 H.2: the tags under the arc 1.2.840.114283, version 2.1.1,
# the identification scheme, and secure channel protocol 02 with option 15.
_RECOGNITION: Final = bytes.fromhex(
    "6631732F06072A864886FC6B01600C060A2A864886FC6B02020101"
    "630906072A864886FC6B03640B06092A864886FC6B040215"
)
_AUTHENTICATION_KEY: Final = 0x0019


def card_record(holder: CardHolder) -> bytes:
    """Return record 1 of EF 0001: serial number, municipality, expiry date."""
    digits = f"{holder.serial}{holder.municipality_code}{holder.expiry_day}"
    return record_of(0x01, digits.encode("ascii"))


def key_reference(holder: CardHolder) -> bytes:
    """Return the record that the common card and the Juki application have in EF 0002."""
    return key_identifier(f"6{holder.municipality_code}1")


def common_keys(keys: KeySource, card: str) -> Mapping[int, Callable[[], RSAPrivateKey]]:
    """Return how to make the key of INTERNAL AUTHENTICATE; no file has its public half."""
    return {_AUTHENTICATION_KEY: lambda: keys.rsa(f"{card}/common")}


def domain_objects(
    holder: CardHolder, issuer: CardIssuer, behaviour: CardBehaviour
) -> Mapping[int, Callable[[], bytes]]:
    """Return how to make each data object of the security domain, by tag."""

    def upper() -> bytes:
        authority = issuer.authority(Hierarchy.DOMAIN)
        return _as_object(card_verifiable_certificate(authority, issuer.intermediate()), behaviour)

    def lower() -> bytes:
        signer = issuer.signer(Hierarchy.DOMAIN)
        return _as_object(card_verifiable_certificate(issuer.intermediate(), signer), behaviour)

    objects: dict[int, Callable[[], bytes]] = {
        0x0042: lambda: issuer.signer(Hierarchy.DOMAIN).identifier,
        0x0045: lambda: holder.serial.encode("ascii"),
        0x0066: lambda: _RECOGNITION,
        0x00F0: lambda: holder.municipality_code.encode("ascii"),
        0x00F2: lambda: holder.expiry_day.encode("ascii"),
        0x00F7: lambda: issuer.intermediate().identifier,
        0x00F8: upper,
    }
    if behaviour.lower_certificate:
        objects[0x7F21] = lower
    if behaviour.contact_atr_in_domain:
        objects |= contact_atr(behaviour)
    return objects


def contact_atr(behaviour: CardBehaviour) -> Mapping[int, Callable[[], bytes]]:
    """Return how to make the object with the answer to reset, its first byte left out."""
    return {CONTACT_ATR: lambda: behaviour.atr[1:]}


def _as_object(certificate: bytes, behaviour: CardBehaviour) -> bytes:
    inside = not behaviour.certificate_objects_in_template
    return certificate[_TEMPLATE_HEAD:] if inside else certificate
