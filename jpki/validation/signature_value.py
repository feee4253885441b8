"""The arithmetic of one signature value: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2.2)."""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

__all__ = ["signature_matches"]

# RFC 8017 §9.2 note 2 asks verifiers to know that some signers left the NULL parameter out.
_WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201 0420")


def signature_matches(
    key: RSAPublicKey, signature: bytes, digest: bytes, *, lenient: bool = False
) -> bool:
    """Tell whether ``signature`` is the key's over a SHA-256 ``digest``.

    The whole padded block must be the one that RFC 8017 §9.2 prescribes. ``lenient`` also takes
    the one other DigestInfo it tells of, without the algorithm's NULL, and nothing else.
    """
    try:
        key.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
    except InvalidSignature:
        return lenient and _matches_without_null(key, signature, digest)
    except ValueError:
        return False
    return True


def _matches_without_null(key: RSAPublicKey, signature: bytes, digest: bytes) -> bool:
    size = (key.key_size + 7) // 8
    numbers = key.public_numbers()
    value = int.from_bytes(signature, "big")
    if len(signature) != size or value >= numbers.n:
        return False
    block = pow(value, numbers.e, numbers.n).to_bytes(size, "big")
    tail = _WITHOUT_NULL + digest
    wanted = b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail
    return hmac.compare_digest(block, wanted)
