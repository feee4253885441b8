"""Sign with a card or a phone: a detached CMS signature (CAdES B-B) over a document.

The private key never leaves the token. What the token signs is the SHA-256 of the signed
attributes, which name the document's digest, the claimed time and the signer's certificate.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import BinaryIO, Protocol

from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword
from jpki.cms import assemble_detached, signed_attributes
from jpki.terms import Purpose
from jpki.verify import sha256_of

__all__ = ["CardSigner", "Signer", "sign_detached"]


class Signer(Protocol):
    """Something that holds a signing key: a card, a phone, a test key."""

    @property
    def certificate(self) -> bytes:
        """The signer's certificate in DER."""
        ...

    def sign_sha256(self, digest: bytes) -> bytes:
        """Return the RSASSA-PKCS1-v1_5 signature over a SHA-256 digest."""
        ...


class CardSigner:
    """The signature key of a card or phone, opened once with the signature password.

    Opening raises a ``PinError`` when the password is wrong or blocked. The password is sent once
    and not kept.
    """

    def __init__(
        self, applet: JpkiApplet, password: SignaturePassword, *, allow_last_try: bool = False
    ) -> None:
        applet.verify(password, allow_last_try=allow_last_try)
        self._applet = applet
        self._certificate = applet.certificate(Purpose.SIGNATURE)

    @property
    def certificate(self) -> bytes:
        """The signature certificate in DER, read from the token."""
        return self._certificate

    def sign_sha256(self, digest: bytes) -> bytes:
        """Return the token's signature over a SHA-256 digest."""
        return self._applet.sign_sha256(Purpose.SIGNATURE, digest)


def sign_detached(content: bytes | BinaryIO, signer: Signer, *, at: datetime) -> bytes:
    """Return a detached CMS signature over ``content``, claiming the time ``at``.

    ``content`` may be a binary file; it is read in pieces. The claimed time proves nothing by
    itself: a verifier goes by the instant at which it received the signature.
    """
    attributes = signed_attributes(
        content_digest=sha256_of(content), certificate=signer.certificate, signing_time=at
    )
    signature = signer.sign_sha256(hashlib.sha256(attributes).digest())
    return assemble_detached(
        attributes=attributes, certificate=signer.certificate, signature=signature
    )
