"""The pool of published keys: what is shipped is what its seed makes, and no world mixes keys."""

from __future__ import annotations

import base64
from importlib import resources
from threading import Thread
from time import perf_counter

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from jpki.errors import ImpossibleFact
from simulator.pytest_plugin.key_pool import (
    POOL_SIZE,
    PooledKeys,
    pool_text,
    published_key,
)


def shipped() -> str:
    folder = resources.files("simulator.pytest_plugin")
    return folder.joinpath("published_test_keys.txt").read_text(encoding="ascii")


def test_the_shipped_keys_are_those_of_the_public_seed() -> None:
    # The first two stand for all: making every key again takes most of a minute.
    assert shipped().startswith(pool_text(2))


@pytest.mark.long
def test_every_shipped_key_is_that_of_the_public_seed() -> None:
    assert shipped() == pool_text()


def test_the_file_says_that_nothing_in_it_is_secret() -> None:
    assert shipped().startswith("# NOT SECRET")


@pytest.mark.parametrize("number", [0, POOL_SIZE - 1])
def test_a_key_of_the_pool_passes_the_check_that_loading_it_skips(number: int) -> None:
    encoded = published_key(number).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    checked = load_der_private_key(encoded, None)
    assert checked.public_key() == published_key(number).public_key()
    assert published_key(number).key_size == 2048


def test_no_two_lines_share_a_prime() -> None:
    lines = [base64.b64decode(line) for line in shipped().splitlines() if line[0] != "#"]
    primes = [half for line in lines for half in (line[:128], line[128:])]
    assert len(set(primes)) == 2 * POOL_SIZE


@pytest.mark.parametrize("number", [-1, POOL_SIZE])
def test_there_is_no_key_beyond_the_ends_of_the_pool(number: int) -> None:
    with pytest.raises(ImpossibleFact):
        published_key(number)


def test_no_key_serves_two_labels_and_every_label_keeps_its_key() -> None:
    keys = PooledKeys("a world")
    first = {str(n): keys.rsa(str(n)) for n in range(POOL_SIZE)}
    assert len({key.private_numbers().p for key in first.values()}) == POOL_SIZE
    assert all(keys.rsa(label) is key for label, key in first.items())


def test_when_the_pool_is_used_up_a_further_key_is_made() -> None:
    keys = PooledKeys("a world")
    pooled = {keys.rsa(str(n)).private_numbers().p for n in range(POOL_SIZE)}
    assert keys.rsa("one more").private_numbers().p not in pooled


def test_the_same_seed_and_order_get_the_same_keys_and_another_seed_others() -> None:
    one, again, other = (
        [keys.rsa(label).private_numbers().p for label in ("a", "b", "c")]
        for keys in (PooledKeys("one"), PooledKeys("one"), PooledKeys("other"))
    )
    assert one == again
    assert not set(one) & set(other)


def test_threads_that_ask_at_once_get_one_key_for_a_label() -> None:
    keys = PooledKeys("a world")
    found: list[object] = []
    threads = [Thread(target=lambda: found.append(keys.rsa("same"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(key) for key in found}) == 1


def test_ten_people_with_cards_take_less_than_a_second(people, make_card, counted) -> None:
    started = perf_counter()
    cards = [make_card(people.invent()) for _ in range(10)]
    took = perf_counter() - started
    counted("plug-in, milliseconds", ten_people_with_cards=round(1000 * took))
    assert len({card.person_id for card in cards}) == 10
    assert took < 1


def test_the_pool_shows_no_key() -> None:
    assert repr(PooledKeys("a world")) == "<PooledKeys, 0 given>"
