"""The arithmetic of one signature value: RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2).

The padded block is compared as a whole with the one that RFC 8017 §9.2 prescribes. Nothing in it is
parsed, so that garbage behind the digest, short padding and forgeries for small exponents have
nowhere to hide.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

__all__ = ["signature_matches"]

_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_ALGORITHMS: Mapping[str, HashAlgorithm] = {
    _SHA256: SHA256(),
    "2.16.840.1.101.3.4.2.2": SHA384(),
    "2.16.840.1.101.3.4.2.3": SHA512(),
}
# DigestInfo up to the digest, its algorithm without NULL: 2 + 11 bytes of algorithm identifier, 2
# of the digest's header (RFC 8017 §9.2 note 2, appendix B.1).
_WITHOUT_NULL: Mapping[str, bytes] = {
    _SHA256: bytes.fromhex("302f300b0609608648016503040201 0420"),
    "2.16.840.1.101.3.4.2.2": bytes.fromhex("303f300b0609608648016503040202 0430"),
    "2.16.840.1.101.3.4.2.3": bytes.fromhex("304f300b0609608648016503040203 0440"),
}


def signature_matches(
    key: RSAPublicKey,
    signature: bytes,
    digest: bytes,
    *,
    algorithm: str = _SHA256,
    lenient: bool = False,
) -> bool:
    """Tell whether ``signature`` is the key's over ``digest``, made by ``algorithm`` (dotted).

    ``lenient`` also takes the one other DigestInfo that RFC 8017 §9.2 note 2 tells of, without the
    NULL of the digest algorithm, and nothing else. An algorithm other than SHA-256, SHA-384 and
    SHA-512, or a digest of another length than its own, never matches.
    """
    known = _ALGORITHMS.get(algorithm)
    if known is None or len(digest) != known.digest_size:
        return False
    if len(signature) != (key.key_size + 7) // 8:
        return False
    try:
        key.verify(signature, digest, PKCS1v15(), Prehashed(known))
    except InvalidSignature:
        return lenient and _matches_without_null(key, signature, _WITHOUT_NULL[algorithm] + digest)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _matches_without_null(key: RSAPublicKey, signature: bytes, digest_info: bytes) -> bool:
    try:
        found = key.recover_data_from_signature(signature, PKCS1v15(), None)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return hmac.compare_digest(found, digest_info)
