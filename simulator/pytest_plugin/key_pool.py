"""A pool of published test keys, so that a world with ten people takes less than a second.

**Not one of these keys is secret.** They lie beside this file for everybody to read, and whoever
runs :func:`pool_text` with the public seed makes them again. They may sign simulated things only.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
)

from jpki.errors import ImpossibleFact, MalformedDocument
from simulator.keys import ChanceStream, KeySource, SeededKeys

__all__ = ["POOL_SEED", "POOL_SIZE", "PooledKeys", "pool_text", "published_key"]

POOL_SEED: Final = "jpki published test keys, never for anything real"
"""Whoever knows this text, and that is everybody, knows every key of the pool."""
POOL_SIZE: Final = 96
"""Two authorities with their responders, and twenty people with a card and a phone each."""

_FILE: Final = "published_test_keys.txt"
_EXPONENT: Final = 65537
_HALF: Final = 128
"""Bytes of a prime of an RSA-2048 key."""
_ORDER: Final = b"jpki simulator: order of the pool, version 1"
_HEADING: Final = (
    "# NOT SECRET: published RSA-2048 keys of simulated worlds. A line a key, both primes.\n"
    "# Made by simulator.pytest_plugin.key_pool.pool_text from the seed printed there.\n"
)


def published_key(number: int) -> RSAPrivateKey:
    """Return the key of the pool with this number, from 0; ``ImpossibleFact`` beyond its end."""
    if not 0 <= number < POOL_SIZE:
        raise ImpossibleFact(f"the pool has the keys 0 to {POOL_SIZE - 1}")
    return _key(number)


@cache
def _key(number: int) -> RSAPrivateKey:
    p, q = _primes()[number]
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=private % (p - 1),
        dmq1=private % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=RSAPublicNumbers(_EXPONENT, p * q),
    )
    # The check of a key takes longer than making a card with it; a test checks the shipped file.
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


@cache
def _primes() -> tuple[tuple[int, int], ...]:
    text = resources.files("simulator.pytest_plugin").joinpath(_FILE).read_text(encoding="ascii")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    if len(lines) != POOL_SIZE:
        raise MalformedDocument(
            f"{len(lines)} keys, where {POOL_SIZE} belong",
            source=_FILE,
            hint="install the package again",
        )
    return tuple(_read(line) for line in lines)


def _read(line: str) -> tuple[int, int]:
    try:
        both = base64.b64decode(line, validate=True)
    except ValueError:
        both = b""
    if len(both) != 2 * _HALF:
        raise MalformedDocument("no pair of primes", source=_FILE, hint="install it again")
    return int.from_bytes(both[:_HALF], "big"), int.from_bytes(both[_HALF:], "big")


def pool_text(size: int = POOL_SIZE) -> str:
    """Return the pool's file, made anew from the public seed; it takes half a second a key."""
    return _HEADING + "".join(f"{line}\n" for line in _lines(size))


def _lines(size: int) -> Iterator[str]:
    keys = SeededKeys(POOL_SEED)
    for number in range(size):
        numbers = keys.rsa(str(number)).private_numbers()
        both = numbers.p.to_bytes(_HALF, "big") + numbers.q.to_bytes(_HALF, "big")
        yield base64.b64encode(both).decode("ascii")


class PooledKeys:
    """The keys of one world, taken from the pool in the order in which they are first asked for.

    Where the order begins depends on the world's seed, no key serves two labels, and the same
    commands get the same keys. When the pool is used up, further keys are made from the seed,
    which takes half a second each.
    """

    def __init__(self, seed: str) -> None:
        self._left = _shuffled(seed)
        self._given: dict[str, RSAPrivateKey] = {}
        self._made: KeySource = SeededKeys(f"{POOL_SEED}: {seed}")
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<PooledKeys, {len(self._given)} given>"

    def rsa(self, label: str) -> RSAPrivateKey:
        """Return the key with this label; the same one when asked again."""
        with self._lock:  # a server's thread may ask, too
            if label not in self._given:
                self._given[label] = self._next(label)
            return self._given[label]

    def _next(self, label: str) -> RSAPrivateKey:
        return published_key(self._left.pop()) if self._left else self._made.rsa(label)


def _shuffled(seed: str) -> list[int]:
    chance = ChanceStream(_ORDER, seed, "")
    left = list(range(POOL_SIZE))
    return [left.pop(chance.below(len(left))) for _ in range(POOL_SIZE)]
