"""Keys and chance that a seed decides, and keys that nothing decides."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import given
from hypothesis import strategies as st

from jpki.errors import MalformedDocument
from simulator.keys import FreshKeys, KeyDirectory, SeededChance, SeededKeys


def modulus(key: RSAPrivateKey) -> int:
    return key.public_key().public_numbers().n


def test_a_seeded_key_depends_on_seed_and_label_alone(keys: SeededKeys) -> None:
    again = SeededKeys(b"agency tests").rsa("holder")
    assert modulus(again) == modulus(keys.rsa("holder"))
    assert modulus(again) != modulus(keys.rsa("signature authority, generation 3"))
    numbers = again.public_key().public_numbers()
    assert (numbers.n.bit_length(), numbers.e) == (2048, 65537)


def test_a_seeded_key_is_the_one_it_was_when_this_was_written() -> None:
    """Whoever changes the search for primes changes every world: this pins one key of it."""
    n = modulus(SeededKeys("pinned").rsa("label"))
    digest = hashlib.sha256(n.to_bytes(256, "big")).hexdigest()
    assert digest == "7bb054d85a746726f51c64091d43c174af0e0e8d5127239a93ac8f969b15ff57"


def test_seed_and_label_cannot_be_moved_into_one_another() -> None:
    one, other = SeededChance("ab").stream("c"), SeededChance("a").stream("bc")
    assert one.bytes(16) != other.bytes(16)


def test_a_cache_on_disk_spares_the_making_and_is_private(tmp_path: Path) -> None:
    directory = KeyDirectory(tmp_path / "keys")
    made = SeededKeys("cached", cache=directory).rsa("one")
    assert modulus(SeededKeys("cached", cache=directory).rsa("one")) == modulus(made)
    (file,) = (tmp_path / "keys").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(directory) == [file.stem]
    assert len(directory) == 1
    directory[file.stem] = b"not a key"
    with pytest.raises(MalformedDocument):
        SeededKeys("cached", cache=directory).rsa("one")
    del directory[file.stem]
    assert file.stem not in directory


def test_two_seeds_may_share_a_cache(tmp_path: Path) -> None:
    cache: dict[str, bytes] = {}
    first = SeededKeys("first", cache=cache).rsa("one")
    second = SeededKeys("second", cache=cache).rsa("one")
    assert modulus(first) != modulus(second)
    assert len(cache) == 2


def test_fresh_keys_differ_by_label_and_from_one_another_and_stay() -> None:
    fresh = FreshKeys()
    key = fresh.rsa("one")
    assert fresh.rsa("one") is key
    assert modulus(FreshKeys().rsa("one")) != modulus(key)


def test_keys_show_neither_seed_nor_numbers(keys: SeededKeys) -> None:
    assert repr(SeededKeys("a secret seed")) == "<SeededKeys, 0 made>"
    assert repr(SeededChance("a secret seed")) == "<SeededChance>"


def test_a_stream_gives_the_same_bytes_however_they_are_asked_for() -> None:
    whole = SeededChance("seed").stream("label").bytes(200)
    pieces = SeededChance("seed").stream("label")
    assert pieces.bytes(1) + pieces.bytes(0) + pieces.bytes(150) + pieces.bytes(49) == whole


@given(st.integers(min_value=1, max_value=1 << 70))
def test_a_number_is_below_its_limit(limit: int) -> None:
    stream = SeededChance("limits").stream(str(limit))
    assert all(0 <= stream.below(limit) < limit for _ in range(5))


def test_every_number_below_a_limit_is_about_as_likely() -> None:
    stream = SeededChance("dice").stream("six")
    rolls = [stream.below(6) for _ in range(6000)]
    # 1,000 expected; five standard deviations are 144.
    assert all(856 < rolls.count(face) < 1144 for face in range(6))


def test_a_text_is_of_its_alphabet() -> None:
    text = SeededChance("text").stream("letters").text("ABC", 50)
    assert len(text) == 50
    assert set(text) == set("ABC")
