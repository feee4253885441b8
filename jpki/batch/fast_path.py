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
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from jpki.batch.absence import Absence, microseconds
from jpki.batch.answer import GOOD, Answer
from jpki.batch.certificate_layout import Layouts
from jpki.batch.certificate_shape import KEY_LENGTH, Frame, cut_certificate, seconds_of
from jpki.batch.signature_shape import Tail, cut_signature, tail_of
from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.cms import parse_signed_data
from jpki.terms import CertificateKind
from jpki.validation.steps import issuer_among

__all__ = ["FastPath"]

_PADDING: Final = PKCS1v15()
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 in a signature value (RFC 8017 §9.2, note 1)."""
_VALID, _LAST_STEP, _GOOD = GOOD
_SIGNATURE: Final = 256
_SECOND: Final = 1_000_000
_MOST_FRAMES: Final = 1 << 16
_MOST_TAILS: Final = 1 << 10
_MOST_MET: Final = 1 << 15
_MOST_REGULARS: Final = 1 << 13
_MOST_ALIKE: Final = 8
_ENDING: Final = 16


@dataclass(frozen=True, slots=True)
class _Family:
    """What certificates of one frame have in common. Instants are microseconds since 1970."""

    kind: CertificateKind
    issuer: bytes
    authority_key: RSAPublicKey
    root_from: int
    root_until: int
    absence: Absence


class _Signer(NamedTuple):
    """A certificate whose issuer's signature was verified, and what is said if all is well.

    ``fingerprint`` is its SHA-256, ``serial`` the INTEGER as encoded, ``key`` ready for use.
    """

    certificate: bytes
    fingerprint: bytes
    family: _Family
    serial: bytes
    key: RSAPublicKey
    answer: Answer


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
        self._tails: dict[int, list[Tail]] = {}
        self._layouts = Layouts()
        self._met: dict[bytes, None] = {}
        self._regulars: dict[bytes, _Signer] = {}

    def cms(self, signature: bytes, digest: bytes, at: int) -> Answer | None:
        """Return what is said of a valid detached signature; ``None`` when the short way ends.

        ``digest`` is the SHA-256 of the content, ``at`` microseconds since 1970.
        """
        cut = cut_signature(signature)
        if cut is None:
            return None
        certificate, tail = cut
        form, holes = self._form(tail)
        if form is None:
            return None
        signer = self._signer(certificate)
        if signer is None or not _fills(form, holes, signer, digest):
            return None
        begins, ends = form.attributes
        signed = sha256(b"\x31" + tail[begins + 1 : ends]).digest()
        return _told(signer, holes[-1], signed, at)

    def raw(self, signature: bytes, certificate: bytes, digest: bytes, at: int) -> Answer | None:
        """Return what is said of a valid bare signature value over ``digest``, as ``cms`` does."""
        if len(signature) != _SIGNATURE:
            return None
        signer = self._signer(certificate)
        return None if signer is None else _told(signer, signature, digest, at)

    def forget_signers(self) -> None:
        """Forget which certificates were met: each is a new one again, of a form that is known."""
        self._met.clear()
        self._regulars.clear()

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
        forms = self._tails.setdefault(len(cut[1]), [])
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

    def _form(self, tail: bytes) -> tuple[Tail | None, tuple[bytes, ...]]:
        for form in self._tails.get(len(tail), ()):
            holes = form.holes(tail)
            if holes is not None:
                return form, holes
        return None, ()

    def _signer(self, certificate: bytes) -> _Signer | None:
        """Return whose certificate it is, its issuer's signature verified now or earlier.

        A signer is kept from the second meeting on. Most are met once, and to keep what OpenSSL
        works out for each key takes longer than to work it out in the memory of the last one.
        """
        ending = certificate[-_ENDING:]
        regular = self._regulars.get(ending)
        if regular is not None and regular.certificate == certificate:
            return regular
        fingerprint = sha256(certificate).digest()
        met = fingerprint in self._met
        signer = self._read(certificate, fingerprint, verified=met)
        if signer is not None and met:
            _make_room(self._regulars, _MOST_REGULARS)
            self._regulars[ending] = signer
        return signer

    def _read(self, certificate: bytes, fingerprint: bytes, *, verified: bool) -> _Signer | None:
        cut = self._layouts.cut(certificate)
        if cut is None:
            return None
        frame, encoded, begins, ends, place, end = cut
        family = self._families.get(frame)
        if family is None:
            return None
        if not verified:
            digest = sha256(certificate[4:end]).digest()
            if not _signed(family.authority_key, certificate[-_SIGNATURE:], digest):
                return None
            _make_room(self._met, _MOST_MET)
            self._met[fingerprint] = None
        try:
            key = load_der_public_key(certificate[place : place + KEY_LENGTH])
        except ValueError:
            return None
        if not isinstance(key, RSAPublicKey):
            return None
        serial = int.from_bytes(encoded[2:], "big")
        answer = Answer(
            _VALID, _LAST_STEP, _GOOD, family.kind, serial, begins * _SECOND, ends * _SECOND
        )
        return _Signer(certificate, fingerprint, family, encoded, key, answer)


def _make_room(known: dict[bytes, Any], most: int) -> None:
    if len(known) >= most:
        del known[next(iter(known))]


def _fills(form: Tail, holes: Sequence[bytes], signer: _Signer, digest: bytes) -> bool:
    """Tell whether what is in a tail's holes is what has to be in them."""
    _, fingerprint, family, serial, _, _ = signer
    if family.issuer != form.issuer or holes[form.message_digest] != digest:
        return False
    for hole in form.serials:
        if holes[hole] != serial:
            return False
    for hole in form.certificate_digests:
        if holes[hole] != fingerprint:
            return False
    for hole in form.times:  # noqa: SIM110  # half of the time of all()
        if seconds_of(holes[hole]) is None:
            return False
    return True


def _told(signer: _Signer, signature: bytes, digest: bytes, at: int) -> Answer | None:
    """Return a signer's answer when the value is over the digest and nothing speaks against it."""
    _, _, family, _, key, answer = signer
    serial, begins, ends = answer[4:7]
    if serial is None or begins is None or ends is None or not begins <= at <= ends:
        return None
    if not (family.root_from <= at <= family.root_until and family.absence.is_good(serial, at)):
        return None
    return answer if _signed(key, signature, digest) else None


def _signed(key: RSAPublicKey, signature: bytes, digest: bytes) -> bool:
    """Tell whether an RSASSA-PKCS1-v1_5 value is over a SHA-256 (RFC 8017 §8.2.2).

    What OpenSSL recovers of a value is all that stands behind 00 01 FF … FF 00. Compared whole, and
    not parsed, it leaves one padding only: that of the length that the modulus asks for.
    """
    try:
        return key.recover_data_from_signature(signature, _PADDING, None) == _DIGEST_INFO + digest
    except (InvalidSignature, ValueError):
        return False
