"""Detached CMS signatures cut into what one signing program always writes and what it fills in.

A signature with one signer and one certificate is a head, the certificate, and a tail: the
SignerInfo. A tail's form is learned from a signature that the full path found valid: the places of
the issue number, the content's digest, the certificate's digest, the claimed time and the signature
value are the holes, everything else has to be the same byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from struct import Struct
from typing import Final

from jpki.certificates import der
from jpki.cms import CertificateIdentity, SignedData

__all__ = ["Tail", "cut_signature", "tail_of"]

_SIGNED_DATA: Final = der.object_identifier("1.2.840.113549.1.7.2")
_DATA: Final = der.sequence(der.object_identifier("1.2.840.113549.1.7.1"))
_SHA256_DOTTED: Final = "2.16.840.1.101.3.4.2.1"
_SHA256: Final = der.object_identifier(_SHA256_DOTTED)
# With and without the NULL that RFC 5754 §2 wants absent and takes when it is there.
_ALGORITHMS: Final = (der.sequence(_SHA256, der.null()), der.sequence(_SHA256))
_VERSION: Final = der.integer(1)
_SIGNATURE: Final = 256
_DIGEST: Final = 32
_TIME: Final = 13
_LONGEST_TAIL: Final = 4096
_HEADS_KEPT: Final = 4096

_heads: dict[tuple[int, int], dict[bytes, int]] = {}


@dataclass(frozen=True, slots=True)
class Tail:
    """The form of a SignerInfo: what lies before each hole, and what has to fill it.

    ``split`` cuts a tail into a fixed piece, a hole, a fixed piece, a hole and so on; the last hole
    is the signature value. ``fixed`` are the pieces that have to be the same. ``serials``,
    ``certificate_digests``, ``message_digest`` and ``times`` are the numbers of the holes;
    ``attributes`` is where in the tail the signed attributes begin and end. ``issuer`` is the name
    that the signer's certificate must have.
    """

    split: Struct = field(compare=False)
    fixed: tuple[bytes, ...]
    issuer: bytes
    serials: tuple[int, ...]
    certificate_digests: tuple[int, ...]
    message_digest: int
    times: tuple[int, ...]
    attributes: tuple[int, int]

    def holes(self, tail: bytes) -> tuple[bytes, ...] | None:
        """Return what is in the holes of a tail of the same length; ``None`` for another form."""
        pieces: tuple[bytes, ...] = self.split.unpack(tail)
        return pieces[1::2] if pieces[::2] == self.fixed else None


def cut_signature(data: bytes) -> tuple[bytes, bytes] | None:
    """Return certificate and tail of a detached signature in DER; ``None`` for any other form."""
    place = 58 if data[28:32] == b"\x30\x0d\x06\x09" else 56
    length = len(data)
    if length < 1024:
        return None
    certificate = data[place] << 8 | data[place + 1]
    heads = _heads.get((length, certificate))
    if heads is None:
        heads = _remember(length, certificate)
    start = heads.get(data[: place + 2])
    if start is None:
        return None
    return data[start : start + certificate], data[start + certificate :]


def _remember(length: int, certificate: int) -> dict[bytes, int]:
    if len(_heads) >= _HEADS_KEPT:
        _heads.clear()
    made = [_head(length, certificate, algorithm) for algorithm in _ALGORITHMS]
    heads = _heads[length, certificate] = {head: len(head) for head in made if head}
    return heads


def _head(length: int, certificate: int, algorithm: bytes) -> bytes:
    """Return what stands before a certificate of this length in a signature of that length."""
    before = _VERSION + der.encode(0x31, algorithm) + _DATA
    # Everything from here is longer than 255 bytes, so every length takes three (X.690 §8.1.3.5).
    rest = length - 4 - len(_SIGNED_DATA) - 8
    if certificate < 0x104 or not 0x100 <= rest < 0x10000:
        return b""

    def opened(tag: int, inside: int) -> bytes:
        return bytes((tag, 0x82)) + inside.to_bytes(2, "big")

    return b"".join(
        (
            opened(0x30, length - 4),
            _SIGNED_DATA,
            opened(0xA0, rest + 4),
            opened(0x30, rest),
            before,
            opened(0xA0, certificate),
        )
    )


def tail_of(
    signed: SignedData, cut: tuple[bytes, bytes], *, issuer: bytes, serial: bytes
) -> Tail | None:
    """Return the form of a signature's tail; ``None`` when a hole is not told apart by its bytes.

    Only for a signature that the full path found valid; ``cut`` is what ``cut_signature`` returned.
    ``issuer`` and ``serial`` are those of its certificate, as encoded.
    """
    own, tail = cut
    match signed:
        case SignedData(signers=(signer,), certificates=(certificate,), content=None):
            attributes = signer.attributes
        case _:
            return None
    if attributes is None or certificate != own or len(tail) > _LONGEST_TAIL:
        return None
    if signer.unsigned or signed.revocation_choices or not tail.endswith(signer.signature):
        return None
    if attributes.revocation_lists or attributes.ocsp_responses:
        return None
    identities = (*attributes.signing_certificates_v2, *attributes.signing_certificates)
    if signer.identifier.issuer != issuer or not all(_plain(one, issuer) for one in identities):
        return None
    signed_bytes = b"\xa0" + attributes.signed_bytes[1:]
    serials = _all(tail, serial)
    digests = tuple(place for one in identities for place in _all(tail, one.digest))
    message_digest = _all(tail, attributes.message_digest)
    times = _all(tail, _utc(attributes.signing_time)) if attributes.signing_time else ()
    around = _all(tail, signed_bytes)
    found = (len(serials), len(digests), len(message_digest), len(times), len(around))
    named = 1 + sum(one.serial is not None for one in identities)
    if found != (named, len(identities), 1, int(attributes.signing_time is not None), 1):
        return None
    holes = sorted(
        (
            *((place, len(serial)) for place in serials),
            *((place, _DIGEST) for place in (*digests, *message_digest)),
            *((place, _TIME) for place in times),
            (len(tail) - _SIGNATURE, _SIGNATURE),
        )
    )
    number = {place: number for number, (place, _) in enumerate(holes)}
    split = _split(holes)
    if split is None:
        return None
    return Tail(
        split=split,
        fixed=split.unpack(tail)[::2],
        issuer=issuer,
        serials=tuple(map(number.__getitem__, serials)),
        certificate_digests=tuple(map(number.__getitem__, digests)),
        message_digest=number[message_digest[0]],
        times=tuple(map(number.__getitem__, times)),
        attributes=(around[0], around[0] + len(signed_bytes)),
    )


def _split(holes: list[tuple[int, int]]) -> Struct | None:
    """Return what cuts a tail around its holes; ``None`` when two of them overlap."""
    form, start = "", 0
    for place, length in holes:
        if place < start:
            return None
        form += f"{place - start}s{length}s"
        start = place + length
    return Struct(form)


def _plain(identity: CertificateIdentity, issuer: bytes) -> bool:
    return identity.algorithm == _SHA256_DOTTED and identity.issuer in (None, issuer)


def _utc(at: datetime) -> bytes:
    return f"{at:%y%m%d%H%M%S}Z".encode()


def _all(tail: bytes, piece: bytes) -> tuple[int, ...]:
    """Return every place where a piece stands."""
    found, place = [], tail.find(piece)
    while place >= 0:
        found.append(place)
        place = tail.find(piece, place + 1)
    return tuple(found)
