"""Cards to test with: keys made once, certificates made quickly, PINs that everybody may know."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from jpki.card.layout import TokenKind
from jpki.card.pin import SignaturePassword, UserPin
from jpki.terms import Purpose, Sex
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareCard
from simulator.card.contents import (
    CardFace,
    CardHolder,
    CardPins,
    JpkiContents,
    card_memory,
    jpki_memory,
)
from simulator.card.memory import Memory

USER_PIN = "1234"
WRONG_USER_PIN = "1111"
PASSWORD = "ABC123"
WRONG_PASSWORD = "WRONG99"
_FILLING = x509.ObjectIdentifier("2.999.1")


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """Return an RSA-2048 key; the same one for the same name during a test run."""
    return rsa.generate_private_key(65537, 2048)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "simulated"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(subject: str, issuer: str, filling: int) -> bytes:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key(subject).public_key())
        .serial_number(4711)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2035, 1, 1, tzinfo=UTC))
        .add_extension(x509.UnrecognizedExtension(_FILLING, b"x" * filling), critical=False)
        .sign(key(issuer), hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


@cache
def certificate(subject: str, issuer: str, length: int = 1500) -> bytes:
    """Return a certificate of exactly so many bytes."""
    filling = length - len(_certificate(subject, issuer, 300)) + 300
    for attempt in range(filling - 2, filling + 5):
        der = _certificate(subject, issuer, attempt)
        if len(der) == length:
            return der
    raise AssertionError(f"no certificate of {length} bytes")


def contents(purpose: Purpose, *, length: int = 1500) -> JpkiContents:
    """Return a certificate, its CA certificate and its key for a purpose."""
    subject, issuer = purpose.value, f"{purpose.value} authority"
    return JpkiContents(
        certificate(issuer, issuer), certificate(subject, issuer, length), key(subject)
    )


def memory(
    *,
    length: int = 1500,
    profile: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD,
    behaviour: CardBehaviour | None = None,
) -> Memory:
    """Return the memory of a card whose two certificates have so many bytes."""
    return jpki_memory(
        signature=contents(Purpose.SIGNATURE, length=length),
        user_authentication=contents(Purpose.USER_AUTHENTICATION, length=length),
        signature_password=SignaturePassword(PASSWORD),
        user_pin=UserPin(USER_PIN),
        profile=profile,
        behaviour=behaviour,
    )


def card(
    *,
    length: int = 1500,
    profile: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD,
    behaviour: CardBehaviour | None = None,
) -> SoftwareCard:
    """Return a fresh card with all tries."""
    return SoftwareCard(memory(length=length, profile=profile, behaviour=behaviour))


# a whole card, of the person in the worked vectors

INPUT_SUPPORT_PIN = "2345"
JUKI_PIN = "3456"
CARD = "specimen card"
HOLDER = CardHolder(
    name="見本　花子",
    address="東京都千代田区見本町１－２－３",
    birth_date=date(1990, 1, 2),
    sex=Sex.FEMALE,
    my_number="123456789018",
    expires_on=date(2035, 1, 2),
    municipality_code="13101",
    serial="912345678901234",
    security_code="4321",
    likeness=bytes(range(32)),
)
CODE_A = "123456789018"
CODE_B = "02010220354321"  # Heisei 2, 2 January; expires 2035; security code 4321
BIRTH_DATE_CODE = "020102"


class Keys:
    """The keys above, as a card's contents ask for them."""

    def rsa(self, label: str) -> rsa.RSAPrivateKey:
        """Return the key with this label."""
        return key(label)


def whole_memory(
    *,
    length: int = 1500,
    profile: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD,
    behaviour: CardBehaviour | None = None,
    holder: CardHolder = HOLDER,
) -> Memory:
    """Return the memory of a card with every application of its profile."""
    return card_memory(
        CardFace(holder, CARD, Keys()),
        signature=contents(Purpose.SIGNATURE, length=length),
        user_authentication=contents(Purpose.USER_AUTHENTICATION, length=length),
        pins=CardPins(
            SignaturePassword(PASSWORD),
            UserPin(USER_PIN),
            UserPin(INPUT_SUPPORT_PIN),
            UserPin(JUKI_PIN),
        ),
        profile=profile,
        behaviour=behaviour,
    )


def whole_card(
    *,
    length: int = 1500,
    profile: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD,
    behaviour: CardBehaviour | None = None,
) -> SoftwareCard:
    """Return a fresh card with every application of its profile."""
    return SoftwareCard(whole_memory(length=length, profile=profile, behaviour=behaviour))
