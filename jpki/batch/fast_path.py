"""The short way to *valid*, for signatures of a form that the full path has found valid before.

Only one verdict is ever given here. A signature is *valid* at once when everything that its kind
has in common is byte for byte what the numbered steps accepted in another signature, its own parts
are checked here, both signature values match, and nothing on a list speaks against it at the
instant; for everything else :class:`FastPath` knows nothing, and the full path is asked.

So the steps stay the only place where something is refused, and each form costs one full run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from jpki.batch.absence import Absence, microseconds
from jpki.batch.certificate_shape import Frame, cut_certificate, seconds_of
from jpki.batch.signature_shape import Tail, cut_signature, tail_of
from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.cms import parse_signed_data
from jpki.terms import CertificateKind
from jpki.validation.steps import issuer_among

__all__ = ["FastPath", "Signer"]

_PADDING: Final = PKCS1v15()
_SHA256: Final = Prehashed(SHA256())
_KEY_LENGTH: Final = 294
_SIGNATURE: Final = 256
_SECOND: Final = 1_000_000
_MOST_FRAMES: Final = 1 << 16
_MOST_TAILS: Final = 1 << 10
_MOST_SIGNERS: Final = 1 << 15
_MOST_ALIKE: Final = 8
_TAIL_BEGINS: Final = 48


@dataclass(frozen=True, slots=True)
class _Family:
    """What certificates of one frame have in common. Instants are microseconds since 1970."""

    kind: CertificateKind
    issuer: bytes
    authority_key: RSAPublicKey
    root_from: int
    root_until: int
    absence: Absence


class Signer(NamedTuple):
    """A certificate whose issuer's signature was verified. Instants are microseconds since 1970."""

    family: _Family
    serial: int
    encoded_serial: bytes
    not_before: int
    not_after: int
    key: RSAPublicKey

    @property
    def kind(self) -> CertificateKind:
        """Which of the four kinds it is."""
        return self.family.kind


class FastPath:
    """What has been learned from valid signatures under one policy and one set of evidence."""

    def __init__(
        self,
        roots: Sequence[AuthorityCertificate],
        absence: Callable[[SubscriberCertificate, AuthorityCertificate], Absence],
    ) -> None:
        self._roots = tuple(roots)
        self._absence = absence
        self._families: dict[Frame, _Family] = {}
        self._tails: dict[tuple[int, bytes], list[Tail]] = {}
        self._signers: dict[bytes, Signer] = {}

    def cms(self, signature: bytes, digest: bytes, at: int) -> Signer | None:
        """Return the signer of a valid detached signature; ``None`` when the short way ends.

        ``digest`` is the SHA-256 of the content, ``at`` microseconds since 1970.
        """
        cut = cut_signature(signature)
        if cut is None:
            return None
        certificate, tail = cut
        form = self._form(tail)
        if form is None:
            return None
        fingerprint = sha256(certificate).digest()
        signer = self._signers.get(fingerprint) or self._meet(certificate, fingerprint)
        if signer is None or not _fills(form, tail, signer, digest, fingerprint):
            return None
        begins, ends = form.attributes
        signed = sha256(b"\x31" + tail[begins + 1 : ends]).digest()
        return signer if _in_effect(signer, at) and _signed(signer, tail[-256:], signed) else None

    def raw(self, signature: bytes, certificate: bytes, digest: bytes, at: int) -> Signer | None:
        """Return the signer of a valid bare signature value over ``digest``, as ``cms`` does."""
        if len(signature) != _SIGNATURE:
            return None
        fingerprint = sha256(certificate).digest()
        signer = self._signers.get(fingerprint) or self._meet(certificate, fingerprint)
        if signer is None:
            return None
        return signer if _in_effect(signer, at) and _signed(signer, signature, digest) else None

    def learn_cms(self, signature: bytes, certificate: SubscriberCertificate) -> None:
        """Remember the form of a signature that the full path found valid."""
        cut, signer = cut_signature(signature), cut_certificate(certificate.der)
        if cut is None or signer is None or not self.learn_certificate(certificate):
            return
        signed = parse_signed_data(signature)
        tail = tail_of(signed, cut, issuer=certificate.issuer, serial=signer.serial)
        if tail is None:
            return
        if len(self._tails) >= _MOST_TAILS:
            self._tails.clear()
        forms = self._tails.setdefault((len(cut.tail), cut.tail[:_TAIL_BEGINS]), [])
        forms[:] = [tail, *(one for one in forms if one != tail)][:_MOST_ALIKE]

    def learn_certificate(self, certificate: SubscriberCertificate) -> bool:
        """Remember the frame of a certificate that the full path found valid, if it has one."""
        cut = cut_certificate(certificate.der)
        authority = issuer_among(self._roots, certificate)
        if cut is None or authority is None:
            return False
        if len(self._families) >= _MOST_FRAMES:
            self._families.clear()
        self._families[cut.frame] = _Family(
            certificate.kind,
            certificate.issuer,
            authority.public_key,
            microseconds(authority.not_before),
            microseconds(authority.not_after),
            self._absence(certificate, authority),
        )
        return True

    def _form(self, tail: bytes) -> Tail | None:
        for form in self._tails.get((len(tail), tail[:_TAIL_BEGINS]), ()):
            for begins, ends, piece in form.fixed:
                if tail[begins:ends] != piece:
                    break
            else:
                return form
        return None

    def _meet(self, certificate: bytes, fingerprint: bytes) -> Signer | None:
        """Check a certificate that was not seen before, its issuer's signature included."""
        cut = cut_certificate(certificate)
        family = None if cut is None else self._families.get(cut.frame)
        if cut is None or family is None:
            return None
        key, end = cut.key, cut.end
        signed = sha256(certificate[4:end]).digest()
        try:
            family.authority_key.verify(certificate[-_SIGNATURE:], signed, _PADDING, _SHA256)
            public_key = load_der_public_key(certificate[key : key + _KEY_LENGTH])
        except (InvalidSignature, ValueError):
            return None
        signer = Signer(
            family,
            int.from_bytes(cut.serial[2:], "big"),
            cut.serial,
            cut.not_before * _SECOND,
            cut.not_after * _SECOND,
            public_key,  # type: ignore[arg-type]  # rsaEncryption: the cut compared it
        )
        if len(self._signers) >= _MOST_SIGNERS:
            del self._signers[next(iter(self._signers))]
        self._signers[fingerprint] = signer
        return signer


def _fills(form: Tail, tail: bytes, signer: Signer, digest: bytes, fingerprint: bytes) -> bool:
    """Tell whether what is in a tail's holes is what has to be in them."""
    if signer.family.issuer != form.issuer:
        return False
    place = form.message_digest
    if tail[place : place + 32] != digest:
        return False
    serial = signer.encoded_serial
    if len(serial) != form.serial_length:
        return False
    for place in form.serials:
        if not tail.startswith(serial, place):
            return False
    for place in form.certificate_digests:
        if tail[place : place + 32] != fingerprint:
            return False
    for place in form.times:  # noqa: SIM110  # half of the time of all()
        if seconds_of(tail[place : place + 13]) is None:
            return False
    return True


def _in_effect(signer: Signer, at: int) -> bool:
    family = signer.family
    if not (signer.not_before <= at <= signer.not_after):
        return False
    return family.root_from <= at <= family.root_until and family.absence.is_good(signer.serial, at)


def _signed(signer: Signer, signature: bytes, digest: bytes) -> bool:
    try:
        signer.key.verify(signature, digest, _PADDING, _SHA256)
    except (InvalidSignature, ValueError):
        return False
    return True
