"""Sign with a card or a phone: a bare value, or a CMS signature from plain to CAdES B-LTA.

The private key never leaves the token. What the token signs is a SHA-256: of the content, or of
signed attributes, which name the content's digest, the claimed time and the signer's certificate.
A value is checked against the certificate before it leaves, so a faulty token shows at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword
from jpki.certificates import der
from jpki.certificates.parse import public_key_of
from jpki.certificates.structure import read_certificate
from jpki.cms import (
    LARGEST_SIGNATURE,
    SHA256,
    AttributeId,
    DigestedContent,
    add_unsigned_attributes,
    archive_imprint,
    assemble,
    attribute,
    basic_response,
    digest_content,
    evidence_attributes,
    hash_index_of,
    parse_signed_data,
    signed_attributes,
)
from jpki.errors import BadSignature, MalformedDocument, MalformedSignature
from jpki.rsa_pkcs1 import signature_matches
from jpki.terms import Purpose

__all__ = [
    "AppletSigner",
    "CardSigner",
    "Evidence",
    "EvidencePlace",
    "SignatureLevel",
    "Signer",
    "Timestamper",
    "add_timestamp",
    "checked_value",
    "extend",
    "sign_cms",
    "sign_detached",
    "sign_raw",
]


class Signer(Protocol):
    """Something that holds a signing key: a card, a phone, a test key."""

    @property
    def certificate(self) -> bytes:
        """The signer's certificate in DER."""
        ...

    def sign_sha256(self, digest: bytes) -> bytes:
        """Return the RSASSA-PKCS1-v1_5 signature over a SHA-256 digest."""
        ...


class Timestamper(Protocol):
    """Something that asks a timestamp authority (RFC 3161)."""

    def timestamp(self, digest: bytes) -> bytes:
        """Return a timestamp token (the TimeStampToken, DER) over a SHA-256 digest."""
        ...


class SignatureLevel(StrEnum):
    """What a CMS signature says besides the content (ETSI EN 319 122-1 §6)."""

    BARE = "bare"
    """Nothing: no signed attributes; the value is over the content itself."""
    PLAIN = "plain"
    """Signed attributes without the signer's certificate, as older tools write them."""
    B_B = "b-b"
    """The signer's certificate is signed too."""
    B_T = "b-t"
    """A timestamp proves when it was there at the latest."""


class AppletSigner:
    """A key of a card or phone whose PIN has been verified already."""

    def __init__(self, applet: JpkiApplet, purpose: Purpose) -> None:
        self._applet = applet
        self._purpose = purpose
        self._certificate = applet.certificate(purpose)

    @property
    def certificate(self) -> bytes:
        """The key's certificate in DER, read from the token."""
        return self._certificate

    def sign_sha256(self, digest: bytes) -> bytes:
        """Return the token's signature over a SHA-256 digest."""
        return self._applet.sign_sha256(self._purpose, digest)


class CardSigner(AppletSigner):
    """The signature key of a card or phone, opened once with the signature password.

    Opening raises a ``PinError`` when the password is wrong or blocked. The password is sent once
    and not kept.
    """

    def __init__(
        self, applet: JpkiApplet, password: SignaturePassword, *, allow_last_try: bool = False
    ) -> None:
        applet.verify(password, allow_last_try=allow_last_try)
        super().__init__(applet, Purpose.SIGNATURE)


def sign_raw(content: bytes | BinaryIO | DigestedContent, signer: Signer) -> bytes:
    """Return the bare RSASSA-PKCS1-v1_5 value over the SHA-256 of ``content``.

    Content that reads as the signed attributes of a CMS signature is refused with
    ``MalformedDocument``: the value would pass for a signature of whatever they name.
    """
    digested = digest_content(content, algorithms=(SHA256,))
    _refuse_attributes(digested)
    return checked_value(signer, digested.digests[SHA256])


def sign_detached(content: bytes | BinaryIO, signer: Signer, *, at: datetime) -> bytes:
    """Return a detached CMS signature (CAdES B-B) over ``content``, claiming the time ``at``.

    ``content`` may be a binary file; it is read in pieces. The claimed time proves nothing by
    itself: a verifier goes by the instant at which it received the signature.
    """
    return sign_cms(content, signer, at=at)


def sign_cms(
    content: bytes | BinaryIO,
    signer: Signer,
    *,
    at: datetime,
    level: SignatureLevel = SignatureLevel.B_B,
    attached: bool = False,
    timestamper: Timestamper | None = None,
    certificates: tuple[bytes, ...] = (),
) -> bytes:
    """Return a CMS signature over ``content`` in DER, claiming the time ``at`` (aware).

    Detached content is read in pieces; ``attached`` content is read whole and may have
    ``LARGEST_SIGNATURE`` bytes. ``timestamper`` is asked at level B-T. ``certificates`` (DER) go
    along beside the signer's. Raises ``MalformedDocument`` for content too large to attach, content
    without signed attributes that reads as such, and a level B-T without a timestamper.
    """
    if level is SignatureLevel.B_T and timestamper is None:
        raise MalformedDocument(
            "level b-t needs a timestamp authority", source="level", hint="name one, or use b-b"
        )
    inside = _whole(content) if attached else None
    digested = digest_content(content if inside is None else inside, algorithms=(SHA256,))
    attributes = None
    if level is SignatureLevel.BARE:
        _refuse_attributes(digested)
    else:
        attributes = signed_attributes(
            content_digest=digested.digests[SHA256],
            certificate=signer.certificate,
            signing_time=at,
            signing_certificate=level is not SignatureLevel.PLAIN,
        )
    over = digested.digests[SHA256] if attributes is None else _sha256(attributes)
    value = checked_value(signer, over)
    stamps = () if timestamper is None or level is not SignatureLevel.B_T else (timestamper,)
    return assemble(
        attributes=attributes,
        certificate=signer.certificate,
        signature=value,
        content=inside,
        extra_certificates=certificates,
        unsigned=[_stamp(value, one) for one in stamps],
    )


def add_timestamp(signature: bytes, timestamper: Timestamper) -> bytes:
    """Return a CMS signature by one signer with a timestamp over its value (CAdES B-T).

    Raises ``MalformedSignature`` for what is no signature by one signer.
    """
    signed = parse_signed_data(signature)
    values = [signer.signature for signer in signed.signers]
    return add_unsigned_attributes(signature, [_stamp(value, timestamper) for value in values])


class EvidencePlace(StrEnum):
    """Where the evidence of a long-term signature is kept; readers take it from either."""

    MESSAGE = "message"
    """Among the message's certificates and revocation data (RFC 5652 §5.1, RFC 5940)."""
    ATTRIBUTES = "attributes"
    """In certificate-values and revocation-values (EN 319 122-1 annex A.1)."""


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """What a later verifier needs (DER): certificates, lists and whole OCSP responses."""

    certificates: tuple[bytes, ...] = ()
    revocation_lists: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()
    place: EvidencePlace = EvidencePlace.MESSAGE

    def __repr__(self) -> str:
        counts = (self.certificates, self.revocation_lists, self.ocsp_responses)
        return "<Evidence {} certificates, {} lists, {} responses>".format(*map(len, counts))


def extend(
    signature: bytes,
    evidence: Evidence,
    *,
    content: bytes | BinaryIO | None = None,
    timestamper: Timestamper | None = None,
) -> bytes:
    """Return a CMS signature with evidence added (CAdES B-LT), and archived when asked (B-LTA).

    With a ``timestamper`` an archive timestamp is made over the signature, its content and all
    that is beside it (EN 319 122-1 §5.5); it needs the ``content`` of a detached signature. Nothing
    of the evidence is judged. Raises ``MalformedSignature`` for what is no signature by one signer
    or evidence that cannot be taken in, and ``MalformedDocument`` when the content is missing.
    """
    extended = _with_evidence(signature, evidence)
    if timestamper is None:
        return extended
    signed = parse_signed_data(extended)
    over = signed.content if content is None else content
    if over is None:
        raise MalformedDocument(
            "an archive timestamp covers the content, which was not given", source="content"
        )
    content_digest = digest_content(over, algorithms=(SHA256,)).digests[SHA256]
    (signer,) = signed.signers
    index = hash_index_of(signed, signer)
    imprint = archive_imprint(
        signed, signer, content_digest=content_digest, index=index, algorithm=SHA256
    )
    token = add_unsigned_attributes(
        _token(timestamper, imprint), [attribute(AttributeId.ATS_HASH_INDEX_V3, index)]
    )
    return add_unsigned_attributes(extended, [attribute(AttributeId.ARCHIVE_TIMESTAMP_V3, token)])


def _with_evidence(signature: bytes, evidence: Evidence) -> bytes:
    if evidence.place is EvidencePlace.MESSAGE:
        return add_unsigned_attributes(
            signature,
            (),
            certificates=evidence.certificates,
            revocation_lists=evidence.revocation_lists,
            ocsp_responses=evidence.ocsp_responses,
        )
    attributes = evidence_attributes(
        certificates=evidence.certificates,
        revocation_lists=evidence.revocation_lists,
        basic_ocsp_responses=[basic_response(one) for one in evidence.ocsp_responses],
    )
    return add_unsigned_attributes(signature, attributes)


def checked_value(signer: Signer, digest: bytes) -> bytes:
    """Return the signer's value over a SHA-256 digest, once it is known to be right.

    Raises ``BadSignature`` when it does not fit the signer's certificate: a faulty token.
    """
    value = signer.sign_sha256(digest)
    key = public_key_of(read_certificate(signer.certificate, source="signer's certificate"))
    if not signature_matches(key, value, digest):
        raise BadSignature(
            "the token's signature does not match its certificate",
            hint="nothing was written; try again, and have the card checked if it happens again",
        )
    return value


def _stamp(value: bytes, timestamper: Timestamper) -> bytes:
    return attribute(AttributeId.SIGNATURE_TIMESTAMP, _token(timestamper, _sha256(value)))


def _token(timestamper: Timestamper, digest: bytes) -> bytes:
    """Return a token that speaks of ``digest``; who made it is for the verifier to judge."""
    token = timestamper.timestamp(digest)
    if _imprint(token) != digest:
        raise MalformedSignature(
            "the timestamp is over something else than was sent", source="timestamp"
        )
    return token


def _imprint(token: bytes) -> bytes | None:
    """Return the SHA-256 that a token was made over (RFC 3161 §2.4.2)."""
    content = parse_signed_data(token, source="timestamp").content or b""
    info = der.open_document(content, error=MalformedSignature, source="timestamp")
    fields = info.children()
    if len(fields) < 3:
        raise info.malformed("no TSTInfo")
    imprint = fields[2].fields("a message imprint")
    algorithm = imprint.take(der.SEQUENCE, "its algorithm").children()
    digest = imprint.take(der.OCTET_STRING, "the digest").value
    if not algorithm or algorithm[0].as_oid("the algorithm") != SHA256:
        return None
    return digest


def _refuse_attributes(content: DigestedContent) -> None:
    if content.reads_as_attributes:
        raise MalformedDocument(
            "the content reads as the signed attributes of another signature",
            source="content",
            hint="sign it as CMS with signed attributes, which cannot be taken for them",
        )


def _whole(content: bytes | BinaryIO) -> bytes:
    data = content if isinstance(content, bytes) else content.read(LARGEST_SIGNATURE + 1)
    if len(data) > LARGEST_SIGNATURE:
        raise MalformedDocument(
            f"more than {LARGEST_SIGNATURE:,} bytes cannot be attached",
            source="content",
            hint="make a detached signature",
        )
    return data


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
