"""Elliptic-curve keys of records: a function of the world's seed and a label. **Unsafe.**

Whoever knows the seed knows every key, also in a world whose RSA keys are made by chance. Signing
is deterministic (RFC 6979), so that the same world gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec

from jpki.mdoc import Algorithm
from simulator.world import World

__all__ = ["ec_key", "signing_with"]


def ec_key(world: World, label: str, algorithm: Algorithm) -> ec.EllipticCurvePrivateKey:
    """Return the key with this label on the algorithm's curve; the same when asked again."""
    chance = world.chance.stream(f"mdoc key, unsafe/{algorithm.name}/{label}")
    secret = 1 + chance.below(algorithm.curve.group_order - 1)
    return ec.derive_private_key(secret, algorithm.curve)


def signing_with(key: ec.EllipticCurvePrivateKey, algorithm: Algorithm) -> Callable[[bytes], bytes]:
    """Return what signs bytes with the key: ECDSA in DER."""
    return lambda data: key.sign(data, ec.ECDSA(algorithm.digest, deterministic_signing=True))
