"""What a phone is for: it signs with its password, and it authenticates with PIN or biometrics.

The element signs whatever its certificate has become; that it is revoked is for the verifier to
find. Offline, a phone signs as well as online.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact, MalformedDocument, PinRequired
from jpki.sign import CardSigner, sign_detached
from jpki.terms import PinKind, Purpose
from simulator.phone.biometrics import note_pin, require_biometrics, require_presentable
from simulator.phone.element import require_key
from simulator.tokens import applet, slots
from simulator.world import World

__all__ = [
    "LONGEST_CHALLENGE",
    "Authentication",
    "authenticate",
    "sign_digest",
    "sign_document",
    "signature_certificate",
]

LONGEST_CHALLENGE: Final = 64 * 1024
"""Bytes of a challenge; a real one has some dozens."""


@dataclass(frozen=True, slots=True)
class _Digest:
    """A hash algorithm: its length in bytes, and its DigestInfo before the digest."""

    length: int
    prefix: bytes


_DIGESTS: Final[Mapping[str, _Digest]] = MappingProxyType(
    {
        # RFC 8017 §9.2 note 1
        "sha256": _Digest(32, bytes.fromhex("3031300d060960864801650304020105000420")),
        "sha384": _Digest(48, bytes.fromhex("3041300d060960864801650304020205000430")),
        "sha512": _Digest(64, bytes.fromhex("3051300d060960864801650304020305000440")),
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Authentication:
    """The answer to a challenge: the certificate in DER, and the signature over the challenge.

    The signature is RSASSA-PKCS1-v1_5 over the SHA-256 of the challenge.
    """

    certificate: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "<Authentication>"


def sign_document(
    world: World,
    device: str,
    content: bytes,
    *,
    password: SignaturePassword,
    allow_last_try: bool = False,
) -> bytes:
    """Return a detached CMS signature over ``content``, made by the phone (PN-6, 施行規則 36-2).

    It claims the world's instant. Raises a ``PinError`` for a wrong or blocked password,
    ``NoCertificate`` when the keys are not there (any more), ``ImpossibleFact`` for a dead chip.
    """
    signer = _signer(world, device, password, allow_last_try=allow_last_try)
    return sign_detached(content, signer, at=world.now)


def sign_digest(
    world: World,
    device: str,
    digest: bytes,
    *,
    password: SignaturePassword,
    algorithm: str = "sha256",
    allow_last_try: bool = False,
) -> bytes:
    """Return the RSASSA-PKCS1-v1_5 signature over a digest made elsewhere, 256 bytes.

    ``algorithm`` is ``sha256``, ``sha384`` or ``sha512``; a digest of another length than its own
    is ``MalformedDocument``, and no try is used. Otherwise as :func:`sign_document`.
    """
    known = _DIGESTS.get(algorithm)
    if known is None:
        raise MalformedDocument(
            f"no digest is called {algorithm[:40]!r}", hint="there are: " + ", ".join(_DIGESTS)
        )
    if len(digest) != known.length:
        raise MalformedDocument(
            f"a {algorithm} digest has {known.length} bytes, this one has {len(digest)}",
            hint="send the digest itself, not the document and not its hexadecimal digits",
        )
    require_key(world, device, Purpose.SIGNATURE)
    client = applet(world, device)
    with client.opened_key(Purpose.SIGNATURE, password, allow_last_try=allow_last_try) as key:
        return key.sign(known.prefix + digest)


def signature_certificate(
    world: World, device: str, *, password: SignaturePassword, allow_last_try: bool = False
) -> bytes:
    """Return the phone's signature certificate in DER; reading it needs the password, too."""
    signer = _signer(world, device, password, allow_last_try=allow_last_try)
    return signer.certificate


def authenticate(
    world: World,
    device: str,
    challenge: bytes,
    *,
    pin: UserPin | None = None,
    biometrics: bool = False,
    allow_last_try: bool = False,
) -> Authentication:
    """Return the phone's answer to a challenge, opened by the PIN or by biometrics (PN-7).

    ``biometrics`` stands for "the phone's own matcher said yes". It opens this key only and never
    the signature key (施行規則 36-2, 64-4(2)). Raises ``Refused`` before the rule began, while the
    policy ``biometrics_after_change`` wants the PIN first, and where the platform says so;
    ``PinRequired`` when neither is given; otherwise as :func:`sign_document`.
    """
    if not 0 < len(challenge) <= LONGEST_CHALLENGE:
        raise MalformedDocument(
            f"a challenge has 1 to {LONGEST_CHALLENGE} bytes, this one has {len(challenge)}"
        )
    if pin is not None and biometrics:
        raise ImpossibleFact("a phone takes the PIN or biometrics, not both at once")
    require_key(world, device, Purpose.USER_AUTHENTICATION)
    if biometrics:
        return _by_biometrics(world, device, challenge)
    if pin is None:
        raise PinRequired(PinKind.USER_PIN, "the phone wants its PIN, or biometrics")
    require_presentable(world, device)
    client = applet(world, device)
    with client.opened_key(Purpose.USER_AUTHENTICATION, pin, allow_last_try=allow_last_try) as key:
        answer = Authentication(
            key.certificate, key.sign_sha256(hashlib.sha256(challenge).digest())
        )
    note_pin(world, device)
    return answer


def _by_biometrics(world: World, device: str, challenge: bytes) -> Authentication:
    require_biometrics(world, device)
    slot = slots(world, device)[Purpose.USER_AUTHENTICATION]
    der = world.store.certificate(Purpose.USER_AUTHENTICATION.value, slot.serial or 0)
    if der is None or slot.key is None:
        raise ImpossibleFact("the phone's certificate is not kept in this world")
    signature = world.keys.rsa(slot.key).sign(challenge, PKCS1v15(), SHA256())
    return Authentication(der, signature)


def _signer(
    world: World, device: str, password: SignaturePassword, *, allow_last_try: bool
) -> CardSigner:
    require_key(world, device, Purpose.SIGNATURE)
    return CardSigner(applet(world, device), password, allow_last_try=allow_last_try)
