"""Where the keys and the chance of a simulated world come from.

**Seeded keys are for simulated worlds only.** Whoever knows the seed knows every private key: they
are a function of (seed, label), made so that the same story gives the same bytes. Nothing that has
to stay secret may ever be protected with one. ``FreshKeys`` makes real keys instead.
"""

from __future__ import annotations

import hashlib
import tomllib
from base64 import b64decode
from collections.abc import Iterator, MutableMapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from jpki.errors import ImpossibleFact, MalformedDocument
from jpki.whole_files import write_whole

__all__ = [
    "ChanceStream",
    "FreshKeys",
    "KeyDirectory",
    "KeyPool",
    "KeySource",
    "NoKeys",
    "SeededChance",
    "SeededKeys",
]

_KEY_BITS: Final = 2048
_EXPONENT: Final = 65537
_KEY_DOMAIN: Final = b"jpki simulator: rsa key, version 1"
_CHANCE_DOMAIN: Final = b"jpki simulator: chance, version 1"

_T = TypeVar("_T")


class KeySource(Protocol):
    """Something that has a key under every label."""

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the RSA-2048 key (e = 65537) with this label; the same one when asked again."""


class ChanceStream:
    """Reproducible chance: SHA-512 over a domain, a seed, a label and a counter.

    It stands in for randomness in simulated worlds, where the same seed has to give the same
    world. It is no source of secrets.
    """

    def __init__(self, domain: bytes, seed: bytes | str, label: str) -> None:
        parts = (domain, seed.encode() if isinstance(seed, str) else seed, label.encode())
        prefix = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        self._blocks = self._run(hashlib.sha512(prefix))
        self._left = b""

    @staticmethod
    def _run(start: hashlib._Hash) -> Iterator[bytes]:
        counter = 0
        while True:
            block = start.copy()
            block.update(counter.to_bytes(8, "big"))
            yield block.digest()
            counter += 1

    def bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        while len(self._left) < count:
            self._left += next(self._blocks)
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def below(self, limit: int) -> int:
        """Return a number from 0 up to, not including, ``limit``; each is as likely."""
        size = (limit.bit_length() + 7) // 8
        fair = 256**size - 256**size % limit
        while (drawn := int.from_bytes(self.bytes(size), "big")) >= fair:
            pass
        return drawn % limit

    def pick(self, among: Sequence[_T]) -> _T:
        """Return one of these."""
        return among[self.below(len(among))]

    def text(self, alphabet: str, length: int) -> str:
        """Return a text of this length from these characters."""
        return "".join(self.pick(alphabet) for _ in range(length))


class SeededChance:
    """All the chance of one world: a stream for every label, none of which disturbs another."""

    def __init__(self, seed: bytes | str) -> None:
        self._seed = seed

    def __repr__(self) -> str:
        return "<SeededChance>"

    def stream(self, label: str) -> ChanceStream:
        """Return the stream with this label, from its beginning."""
        return ChanceStream(_CHANCE_DOMAIN, self._seed, label)


class SeededKeys:
    """Keys that are a pure function of (seed, label). **For simulated worlds only.**

    Making one takes a fraction of a second, so they are kept; ``cache`` may be any mapping from
    text to bytes that outlives this object, such as a ``KeyDirectory``. The search for primes is
    that of pycryptodome; a test pins one key, so that a change there does not go unseen.
    """

    def __init__(
        self, seed: bytes | str, *, cache: MutableMapping[str, bytes] | None = None
    ) -> None:
        self._seed = seed
        self._cache: MutableMapping[str, bytes] = {} if cache is None else cache
        self._keys: dict[str, RSAPrivateKey] = {}

    def __repr__(self) -> str:
        return f"<SeededKeys, {len(self._keys)} made>"

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the key with this label."""
        if label not in self._keys:
            self._keys[label] = self._cached(label)
        return self._keys[label]

    def _cached(self, label: str) -> RSAPrivateKey:
        # The place in the cache depends on the seed, too, so worlds may share one.
        place = ChanceStream(_KEY_DOMAIN + b", place", self._seed, label).bytes(32).hex()
        if place not in self._cache:
            chance = ChanceStream(_KEY_DOMAIN, self._seed, label)
            # Imported here: few programs make keys, and it takes long.
            from Crypto.PublicKey import RSA

            made = RSA.generate(_KEY_BITS, randfunc=chance.bytes, e=_EXPONENT)
            self._cache[place] = made.export_key("DER", pkcs=8)
        return _load(self._cache[place])


class KeyPool:
    """Few keys for many holders, published with this package. **Unsafe, for tests only.**

    Everybody has these private keys, and several holders share one: what is checked with them
    proves nothing about anybody. In return a world of any size needs no time for its keys. Labels
    of holders' tokens (``card-…``, ``phone-…``) share ``size`` keys, always the same for a label;
    every other label, such as an authority's, has a key of its own, made from a published seed.
    """

    SEED: Final = "jpki simulator: published pool, worth nothing"

    def __init__(self, *, size: int = 8) -> None:
        if not 1 <= size <= 8:
            raise MalformedDocument("a pool has one to eight keys")
        self._size = size
        self._keys = _published_keys(self.SEED)

    def __repr__(self) -> str:
        return f"<KeyPool of {self._size}, unsafe>"

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the key with this label, which it shares with others."""
        if not label.startswith(_OF_HOLDERS):
            return self._keys.rsa(label)
        digest = hashlib.sha256(label.encode()).digest()
        return self._keys.rsa(f"pool/{int.from_bytes(digest[:8], 'big') % self._size}")


_OF_HOLDERS: Final = ("card-", "phone-")


@cache
def _published_keys(seed: str) -> SeededKeys:
    """Return the keys of the seed, of which those that are shipped need not be made."""
    text = resources.files("simulator").joinpath("published_keys.toml").read_text("ascii")
    shipped = {place: b64decode(der) for place, der in tomllib.loads(text)["key"].items()}
    return SeededKeys(seed, cache=shipped)


def _load(encoded: bytes) -> RSAPrivateKey:
    try:
        key = load_der_private_key(encoded, None)
    except ValueError:
        raise MalformedDocument("a cached key that is no key", hint="empty the cache") from None
    if not isinstance(key, RSAPrivateKey):
        raise MalformedDocument("a cached key that is not RSA", hint="empty the cache")
    return key


class FreshKeys:
    """Keys from the system's randomness: a world made with them cannot be made again.

    They are kept in ``kept``, from label to PKCS #8; what is not kept there is not known here
    either, so that a key whose making was rolled back is made anew.
    """

    def __init__(self, *, kept: MutableMapping[str, bytes] | None = None) -> None:
        self._kept: MutableMapping[str, bytes] = {} if kept is None else kept
        self._keys: dict[bytes, RSAPrivateKey] = {}

    def __repr__(self) -> str:
        return "<FreshKeys>"

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the key with this label, making it the first time."""
        if label not in self._kept:
            made = rsa.generate_private_key(_EXPONENT, _KEY_BITS)
            self._kept[label] = made.private_bytes(
                Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
            )
        return self._loaded(self._kept[label])

    def _loaded(self, encoded: bytes) -> RSAPrivateKey:
        if encoded not in self._keys:
            self._keys[encoded] = _load(encoded)
        return self._keys[encoded]


class NoKeys:
    """The keys of a world that was handed on without them: every use is refused."""

    def __repr__(self) -> str:
        return "<NoKeys>"

    def rsa(self, label: str) -> RSAPrivateKey:  # noqa: ARG002  it is a KeySource
        """Raise ``ImpossibleFact``."""
        raise ImpossibleFact(
            "the world was handed on without its keys, so nothing can be signed in it",
            hint="export it with --with-keys, or make it with a seed",
        )


class KeyDirectory(MutableMapping[str, bytes]):
    """A cache for ``SeededKeys`` on disk: one file a key, readable by its owner only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _file(self, place: str) -> Path:
        return self._directory / f"{place}.p8"

    def __getitem__(self, place: str) -> bytes:
        """Return the key at this place; ``KeyError`` when there is none, as of any mapping."""
        try:
            return self._file(place).read_bytes()
        except FileNotFoundError:
            raise KeyError(place) from None

    def __setitem__(self, place: str, encoded: bytes) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Another process never reads half a key; what a broken machine lost is made again.
        write_whole(self._file(place), encoded, mode=0o600, durable=False)

    def __delitem__(self, place: str) -> None:
        try:
            self._file(place).unlink()
        except FileNotFoundError:
            raise KeyError(place) from None

    def __iter__(self) -> Iterator[str]:
        return (file.stem for file in sorted(self._directory.glob("*.p8")))

    def __len__(self) -> int:
        return sum(1 for _ in self)
