"""What an authority's certificate is before anybody trusts it: published, test, simulated or none.

Nothing in this module trusts anything. A certificate is compared with the fingerprints of the
published ones (``PUBLISHED_AUTHORITIES``) and with the words of a fingerprint that the user has
from the agency's notice; where it then lies in a trust folder is the user's own act.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jpki.certificates import AuthorityCertificate, PublishedAuthority, parse_authority, recognise
from jpki.errors import AuthorityNotAccepted, FingerprintDiffers, MalformedDocument
from jpki.jst import require_aware
from jpki.terms import Hierarchy

__all__ = [
    "Standing",
    "Trusted",
    "accept",
    "examine",
    "file_name",
    "fingerprint_words",
    "misplaced",
    "read_fingerprint",
]


class Standing(StrEnum):
    """What an authority's certificate turns out to be; each has a folder of its own.

    ``UNKNOWN`` calls itself production and is none of the published certificates: a generation
    that this version does not know yet, or a forgery.
    """

    PRODUCTION = "production"
    TEST = "test"
    SIMULATED = "simulated"
    UNKNOWN = "unknown"

    @property
    def label_ja(self) -> str:
        """本番, 試験用, 模擬 or 不明."""
        return {
            "production": "本番",
            "test": "試験用",
            "simulated": "模擬",
            "unknown": "不明",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Trusted:
    """An authority's certificate and what is known of it. It is not trust by itself.

    ``compared`` says whether its fingerprint was compared with words that the user gave.
    """

    authority: AuthorityCertificate
    published: PublishedAuthority | None
    standing: Standing
    compared: bool = False

    @property
    def generation(self) -> int | None:
        """The generation of a published certificate."""
        return None if self.published is None else self.published.generation

    def expired(self, at: datetime) -> bool:
        """Tell whether it has expired at an instant; it still serves for older signatures."""
        return require_aware(at) > self.authority.not_after


_BY_HIERARCHY: Final = {
    Hierarchy.PRODUCTION: Standing.UNKNOWN,
    Hierarchy.TEST: Standing.TEST,
    Hierarchy.SIMULATED: Standing.SIMULATED,
}


def examine(data: bytes, *, source: str = "") -> Trusted:
    """Return what a certificate, DER or PEM, is.

    Its profile and its own signature are checked. Raises ``MalformedCertificate`` and
    ``NotAJpkiCertificate`` for what is no authority of the service at all.
    """
    authority = parse_authority(data, source=source)
    published = recognise(authority)
    standing = Standing.PRODUCTION if published is not None else _BY_HIERARCHY[authority.hierarchy]
    return Trusted(authority, published, standing)


def accept(
    found: Trusted,
    *,
    accepts: Iterable[Standing] = (),
    fingerprint: bytes | None = None,
) -> Trusted:
    """Return what may be put into a trust folder, or raise.

    A published certificate needs no more than the user's wish; any other standing must be among
    ``accepts`` (``AuthorityNotAccepted``). A fingerprint that is given must be the certificate's,
    word by word (``FingerprintDiffers`` names the words that are not).
    """
    if fingerprint is not None:
        _compare(found.authority.fingerprint_sha256, fingerprint)
    if found.standing is not Standing.PRODUCTION and found.standing not in set(accepts):
        raise AuthorityNotAccepted(found.standing.value)
    return Trusted(
        found.authority, found.published, found.standing, compared=fingerprint is not None
    )


def _compare(found: bytes, said: bytes) -> None:
    pairs = zip(fingerprint_words(found), fingerprint_words(said), strict=True)
    differing = [number for number, (one, other) in enumerate(pairs, 1) if one != other]
    if differing:
        raise FingerprintDiffers(tuple(differing))


_WORD = 4


def fingerprint_words(fingerprint: bytes) -> tuple[str, ...]:
    """Return a SHA-256 as sixteen words of four digits, to be compared one by one."""
    digits = fingerprint.hex().upper()
    return tuple(digits[start : start + _WORD] for start in range(0, len(digits), _WORD))


def read_fingerprint(text: str) -> bytes:
    """Read a SHA-256 fingerprint as notices print it: hex with spaces, colons, hyphens or none.

    Raises ``MalformedDocument`` when it is not 64 hexadecimal digits.
    """
    digits = re.sub(r"[\s:\-]", "", text)
    if re.fullmatch(r"[0-9A-Fa-f]{64}", digits) is None:
        raise MalformedDocument(
            "a SHA-256 fingerprint has 64 hexadecimal digits",
            source="--fingerprint",
            hint="copy it from the notice; spaces and colons do not matter",
        )
    return bytes.fromhex(digits)


def file_name(found: Trusted) -> str:
    """Return the name under which a certificate is kept: the agency's own, or purpose and digest.

    The name is never evidence: what a file is is worked out from its bytes whenever it is read.
    """
    if found.published is not None:
        return f"{found.published.file}.cer"
    digest = found.authority.fingerprint_sha256.hex()
    return f"{found.authority.purpose.value}-{digest[:16]}.cer"


def misplaced(found: Trusted, folder: str) -> bool:
    """Tell whether a certificate lies in the folder of another standing."""
    return found.standing.value != folder
