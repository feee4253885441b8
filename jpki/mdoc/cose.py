"""COSE_Sign1 and EC2 keys (RFC 9052, RFC 9053), as far as a record needs them.

Written on cbor2 and cryptography: of the COSE libraries, one does not go with the present cbor2,
another draws in an elliptic-curve implementation in Python that declines to be safe against side
channels, and a path validator that is no longer kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from jpki.mdoc.cbor import decode, encode
from jpki.mdoc.shape import as_kind, member, wrong_shape

__all__ = ["Algorithm", "Sign1", "key_map", "read_key"]

_ALGORITHM: Final = 1
_CRITICAL: Final = 2
_X5CHAIN: Final = 33  # RFC 9360 §2
_KEY_TYPE, _CURVE, _X, _Y = 1, -1, -2, -3  # RFC 9053 §7.1.1
_EC2: Final = 2
_MOST_CERTIFICATES: Final = 4


class Algorithm(Enum):
    """ECDSA with its curve: the number in COSE, the curve's number, the bytes of a coordinate."""

    ES256 = (-7, 1, 32)
    ES384 = (-35, 2, 48)
    ES512 = (-36, 3, 66)

    @property
    def identifier(self) -> int:
        """The number in the header (RFC 9053 §2.1)."""
        return self.value[0]

    @property
    def curve_identifier(self) -> int:
        """The curve's number in a key (RFC 9053 §7.1)."""
        return self.value[1]

    @property
    def size(self) -> int:
        """The bytes of a coordinate, and of each half of a signature."""
        return self.value[2]

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve that goes with it: P-256, P-384 or P-521."""
        return _CURVES[self]

    @property
    def digest(self) -> hashes.HashAlgorithm:
        """The digest."""
        return _DIGESTS[self]

    @classmethod
    def of_key(cls, key: object) -> Algorithm | None:
        """Return the algorithm for a public key, ``None`` when none is read here."""
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return None
        return next((each for each in cls if each.curve.name == key.curve.name), None)


_CURVES: Final[Mapping[Algorithm, ec.EllipticCurve]] = MappingProxyType(
    {
        Algorithm.ES256: ec.SECP256R1(),
        Algorithm.ES384: ec.SECP384R1(),
        Algorithm.ES512: ec.SECP521R1(),
    }
)
_DIGESTS: Final[Mapping[Algorithm, hashes.HashAlgorithm]] = MappingProxyType(
    {
        Algorithm.ES256: hashes.SHA256(),
        Algorithm.ES384: hashes.SHA384(),
        Algorithm.ES512: hashes.SHA512(),
    }
)


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1, untagged as in ISO/IEC 18013-5. ``payload`` is ``None`` when detached.

    ``protected`` is the header as signed, ``algorithm`` its number; ``chain`` the certificates of
    the unprotected header (DER), the signer's first.
    """

    protected: bytes
    algorithm: int
    chain: tuple[bytes, ...]
    payload: bytes | None
    signature: bytes

    @classmethod
    def of(cls, value: object, where: str) -> Self:
        """Read a decoded value; ``MalformedMdoc`` when it is no COSE_Sign1."""
        parts = as_kind(value, list, where)
        if len(parts) != 4:
            raise wrong_shape(f"a COSE_Sign1 has four parts, this {len(parts)}", where)
        protected = as_kind(parts[0], bytes, f"{where}[0]")
        header = as_kind(decode(protected, source=f"{where}[0]"), dict, f"{where}[0]")
        unprotected = as_kind(parts[1], dict, f"{where}[1]")
        if _ALGORITHM in unprotected or header.keys() & unprotected.keys():
            raise wrong_shape("what should be protected is not", f"{where}[1]")
        if _CRITICAL in header:
            raise wrong_shape("a critical header parameter is not understood", f"{where}[0]")
        payload = None if parts[2] is None else as_kind(parts[2], bytes, f"{where}[2]")
        return cls(
            protected=protected,
            algorithm=member(header, _ALGORITHM, int, f"{where}[0]"),
            chain=_chain(unprotected.get(_X5CHAIN), f"{where}[1]"),
            payload=payload,
            signature=as_kind(parts[3], bytes, f"{where}[3]"),
        )

    @classmethod
    def made(
        cls,
        payload: bytes,
        *,
        algorithm: Algorithm,
        sign: Callable[[bytes], bytes],
        chain: Sequence[bytes] = (),
        detached: bool = False,
    ) -> Self:
        """Return a new one; ``sign`` makes an ECDSA signature in DER over the bytes it is given."""
        protected = encode({_ALGORITHM: algorithm.identifier})
        r, s = utils.decode_dss_signature(sign(_signed(protected, payload)))
        return cls(
            protected=protected,
            algorithm=algorithm.identifier,
            chain=tuple(chain),
            payload=None if detached else payload,
            signature=r.to_bytes(algorithm.size, "big") + s.to_bytes(algorithm.size, "big"),
        )

    @property
    def value(self) -> list[object]:
        """The four parts, to be encoded."""
        chain: object = self.chain[0] if len(self.chain) == 1 else list(self.chain)
        return [
            self.protected,
            {_X5CHAIN: chain} if self.chain else {},
            self.payload,
            self.signature,
        ]

    def algorithm_for(self, key: object) -> Algorithm | None:
        """Return the algorithm when the header's goes with the key, ``None`` when it does not."""
        algorithm = Algorithm.of_key(key)
        fits = algorithm is not None and algorithm.identifier == self.algorithm
        return algorithm if fits else None

    def matches(self, key: ec.EllipticCurvePublicKey, payload: bytes) -> bool:
        """Tell whether the key has signed the payload, with the algorithm that the header names."""
        algorithm = self.algorithm_for(key)
        if algorithm is None or len(self.signature) != 2 * algorithm.size:
            return False
        r, s = (
            int.from_bytes(half, "big")
            for half in (self.signature[: algorithm.size], self.signature[algorithm.size :])
        )
        try:
            key.verify(
                utils.encode_dss_signature(r, s),
                _signed(self.protected, payload),
                ec.ECDSA(algorithm.digest),
            )
        except InvalidSignature:
            return False
        return True


def read_key(table: Mapping[object, object], where: str) -> ec.EllipticCurvePublicKey:
    """Read an EC2 key (RFC 9053 §7.1.1); ``MalformedMdoc`` when it is none of our curves."""
    if member(table, _KEY_TYPE, int, where) != _EC2:
        raise wrong_shape("this is no key of two coordinates", where)
    number = member(table, _CURVE, int, where)
    algorithm = next((each for each in Algorithm if each.curve_identifier == number), None)
    if algorithm is None:
        raise wrong_shape(f"curve {number} is not read", where)
    x, y = member(table, _X, bytes, where), member(table, _Y, bytes, where)
    if len(x) != algorithm.size or len(y) != algorithm.size:
        raise wrong_shape("a coordinate has the wrong length", where)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(algorithm.curve, b"\x04" + x + y)
    except ValueError:
        raise wrong_shape("the point is not on its curve", where) from None


def key_map(key: ec.EllipticCurvePublicKey) -> dict[int, object]:
    """Return an EC2 key, to be encoded."""
    algorithm = Algorithm.of_key(key)
    if algorithm is None:
        raise wrong_shape("a key of another curve", "key")
    numbers = key.public_numbers()
    return {
        _KEY_TYPE: _EC2,
        _CURVE: algorithm.curve_identifier,
        _X: numbers.x.to_bytes(algorithm.size, "big"),
        _Y: numbers.y.to_bytes(algorithm.size, "big"),
    }


def _signed(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure (RFC 9052 §4.4) with no external data."""
    return encode(["Signature1", protected, b"", payload])


def _chain(value: object, where: str) -> tuple[bytes, ...]:
    if value is None:
        return ()
    several = [value] if isinstance(value, bytes) else as_kind(value, list, f"{where}.x5chain")
    if len(several) > _MOST_CERTIFICATES:
        raise wrong_shape(f"more than {_MOST_CERTIFICATES} certificates", f"{where}.x5chain")
    return tuple(as_kind(each, bytes, f"{where}.x5chain") for each in several)
