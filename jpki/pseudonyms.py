"""Keyed pseudonyms of serial numbers, which mean something to one firm only.

A firm that stores serial numbers builds what Act 63 worries about: a number that finds the same
person everywhere. A pseudonym is HMAC-SHA-256 (RFC 2104) over verifier, hierarchy, kind and serial
under a key that is derived for the firm (HKDF, RFC 5869). Two firms' pseudonyms of one certificate
have nothing in common, so their databases cannot be joined.

What it does not do: serial numbers are few (a running counter of about 27 bits), so whoever has
the key can try them all within minutes. A pseudonym is as secret as its key, no more. A plain
digest would be no protection at all. Keep keys apart from the database; a firm's key opens that
firm's pseudonyms only, and the master key, which opens every firm's, belongs to no database
server.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jpki.errors import ImpossibleFact, KeyUnavailable, MalformedDocument
from jpki.terms import CertificateKind, Hierarchy

__all__ = ["SHORTEST_SECRET", "Pseudonym", "PseudonymKey", "PseudonymKeys"]

SHORTEST_SECRET: Final = 32
"""Bytes of a master secret: as long as the digest (RFC 2104 §3)."""

_FIRM_KEY: Final = b"jpki pseudonym firm key v1"
_SERIAL: Final = b"jpki pseudonym serial v1"
_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_TEXT = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,31}):([0-9a-f]{64})")
_LONGEST_FIRM = 200


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pseudonym:
    """A pseudonym and the name of its key. Comparing takes the same time whatever differs."""

    key_id: str
    value: bytes

    def __repr__(self) -> str:
        return f"<Pseudonym by {self.key_id}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pseudonym):
            return NotImplemented
        return self.key_id == other.key_id and hmac.compare_digest(self.value, other.value)

    def __hash__(self) -> int:
        return hash((self.key_id, self.value))

    @property
    def text(self) -> str:
        """The form to store: ``key:hex``."""
        return f"{self.key_id}:{self.value.hex()}"

    @classmethod
    def parse(cls, text: str) -> Pseudonym:
        """Read the stored form. Raises ``MalformedDocument``."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise MalformedDocument("not a pseudonym", hint="it is written key:64 hex digits")
        return cls(found[1], bytes.fromhex(found[2]))


class PseudonymKey:
    """One firm's key. It never shows itself, cannot be pickled, and can be wiped.

    Wiping overwrites the key's own copy; Python may have made others on the way, so it shortens
    the time a key stays in memory and proves nothing.
    """

    __slots__ = ("_key_id", "_secret", "_verifier")

    def __init__(self, secret: bytes | bytearray, *, verifier: str, key_id: str) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise ImpossibleFact(f"a key has at least {SHORTEST_SECRET} bytes")
        if _KEY_ID.fullmatch(key_id) is None:
            raise ImpossibleFact("a key id is 1 to 32 letters, digits, hyphens and underscores")
        if not 0 < len(verifier) <= _LONGEST_FIRM:
            raise ImpossibleFact(f"a verifier is named in 1 to {_LONGEST_FIRM} characters")
        self._secret = bytearray(secret)
        self._verifier = verifier
        self._key_id = key_id

    @classmethod
    def derive(cls, master: bytes | bytearray, *, verifier: str, key_id: str) -> PseudonymKey:
        """Derive a firm's key from a master secret: HKDF-SHA-256 with the firm's name as info.

        From one firm's key neither the master nor another firm's key can be worked out. Raises
        ``ImpossibleFact`` for a master shorter than 32 bytes.
        """
        if len(master) < SHORTEST_SECRET:
            raise ImpossibleFact(f"a master secret has at least {SHORTEST_SECRET} bytes")
        info = _fields(_FIRM_KEY, _encoded(verifier), _encoded(key_id))
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(bytes(master))
        return cls(derived, verifier=verifier, key_id=key_id)

    def __repr__(self) -> str:
        return f"<PseudonymKey {self._key_id}>"

    def __reduce__(self) -> NoReturn:
        raise ImpossibleFact("a key is not pickled")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    @property
    def key_id(self) -> str:
        """The name of the key, which pseudonyms carry."""
        return self._key_id

    @property
    def verifier(self) -> str:
        """The firm it belongs to."""
        return self._verifier

    def wipe(self) -> None:
        """Overwrite the key; it can do nothing afterwards."""
        self._secret[:] = bytes(len(self._secret))
        self._secret.clear()

    def pseudonym(
        self,
        kind: CertificateKind,
        serial: int,
        *,
        hierarchy: Hierarchy = Hierarchy.PRODUCTION,
    ) -> Pseudonym:
        """Return the pseudonym of a serial number (発行の番号) of one kind.

        Raises ``KeyUnavailable`` after ``wipe()`` and ``ImpossibleFact`` for a serial that is not
        positive or longer than 20 bytes (RFC 5280 §4.1.2.2).
        """
        if not self._secret:
            raise KeyUnavailable(f"the key {self._key_id} has been wiped")
        if not 0 < serial < 1 << 160:
            raise ImpossibleFact("a serial number is positive and has at most 20 bytes")
        message = _fields(
            _SERIAL,
            _encoded(self._verifier),
            hierarchy.value.encode(),
            kind.value.encode(),
            serial.to_bytes(20, "big"),
        )
        return Pseudonym(self._key_id, hmac.digest(self._secret, message, "sha256"))


class PseudonymKeys:
    """A firm's key in use and the former ones, so that keys can be changed.

    New pseudonyms are made with the current key; stored ones are recognised by whichever key made
    them.
    """

    __slots__ = ("_current", "_former")

    def __init__(self, current: PseudonymKey, *former: PseudonymKey) -> None:
        keys = (current, *former)
        if len({key.key_id for key in keys}) != len(keys):
            raise ImpossibleFact("two keys have the same id")
        if len({key.verifier for key in keys}) != 1:
            raise ImpossibleFact("keys of several firms are not kept together")
        self._current, self._former = current, former

    def __repr__(self) -> str:
        return f"<PseudonymKeys {self._current.key_id} and {len(self._former)} former>"

    def __iter__(self) -> Iterator[PseudonymKey]:
        yield self._current
        yield from self._former

    def rotated(self, key: PseudonymKey) -> PseudonymKeys:
        """Return the keys with a new current one; those at hand become former."""
        return PseudonymKeys(key, *self)

    def pseudonym(
        self, kind: CertificateKind, serial: int, *, hierarchy: Hierarchy = Hierarchy.PRODUCTION
    ) -> Pseudonym:
        """Return the pseudonym by the current key."""
        return self._current.pseudonym(kind, serial, hierarchy=hierarchy)

    def candidates(
        self, kind: CertificateKind, serial: int, *, hierarchy: Hierarchy = Hierarchy.PRODUCTION
    ) -> tuple[Pseudonym, ...]:
        """Return the pseudonym by every key, the current first: what to look up in a database."""
        return tuple(key.pseudonym(kind, serial, hierarchy=hierarchy) for key in self)

    def is_of(
        self,
        stored: Pseudonym,
        kind: CertificateKind,
        serial: int,
        *,
        hierarchy: Hierarchy = Hierarchy.PRODUCTION,
    ) -> bool:
        """Tell whether a stored pseudonym is that of this serial number.

        Raises ``KeyUnavailable`` when the key that made it is not among these: that is no *no*.
        """
        for key in self:
            if key.key_id == stored.key_id:
                return stored == key.pseudonym(kind, serial, hierarchy=hierarchy)
        raise KeyUnavailable(f"the pseudonym was made with the key {stored.key_id}")


def _fields(*fields: bytes) -> bytes:
    """Join fields so that no two lists of fields give the same bytes: each behind its length."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
