"""Pseudonyms of serial numbers: made as HMAC and HKDF say, and of no use to another firm."""

from __future__ import annotations

import copy
import hashlib
import hmac
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki.errors import ImpossibleFact, KeyUnavailable, MalformedDocument
from jpki.pseudonyms import Pseudonym, PseudonymKey, PseudonymKeys
from jpki.terms import CertificateKind, Hierarchy

CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
MASTER = bytes(range(32))


def key(verifier: str = "kasumi-bank", key_id: str = "k1", master: bytes = MASTER) -> PseudonymKey:
    return PseudonymKey.derive(master, verifier=verifier, key_id=key_id)


# The judge: both algorithms written out from the RFCs, held against their own vectors first.


def judge_hmac(secret: bytes, message: bytes) -> bytes:
    """RFC 2104 §2 with SHA-256: H(K xor opad, H(K xor ipad, text))."""
    block = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


def judge_hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 §2: extract, then expand."""
    extracted, made, last = judge_hmac(salt or bytes(32), secret), b"", b""
    for number in range(1, -(-length // 32) + 1):
        last = judge_hmac(extracted, last + info + bytes([number]))
        made += last
    return made[:length]


@pytest.mark.parametrize(
    ("secret", "message", "expected"),
    [
        # RFC 4231 §4.2, §4.3 and §4.7
        (
            b"\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ],
)
def test_the_judge_and_the_library_make_the_macs_of_rfc_4231(
    secret: bytes, message: bytes, expected: str
) -> None:
    assert judge_hmac(secret, message).hex() == expected
    assert hmac.digest(secret, message, "sha256").hex() == expected


@pytest.mark.parametrize(
    ("salt", "info", "expected"),
    [
        # RFC 5869 A.1 and A.3
        (
            bytes(range(13)),
            bytes(range(0xF0, 0xFA)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            b"",
            b"",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
)
def test_the_judge_derives_the_keys_of_rfc_5869(salt: bytes, info: bytes, expected: str) -> None:
    assert judge_hkdf(b"\x0b" * 22, salt, info, 42).hex() == expected


def fields(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_a_pseudonym_is_the_mac_under_the_firms_derived_key() -> None:
    info = fields(b"jpki pseudonym firm key v1", b"kasumi-bank", b"k1")
    derived = judge_hkdf(MASTER, b"", info, 32)
    message = fields(
        b"jpki pseudonym serial v1",
        b"kasumi-bank",
        b"JPKI",
        b"card_signature",
        (0x0132C4AB).to_bytes(20, "big"),
    )
    assert key().pseudonym(CS, 0x0132C4AB).value == judge_hmac(derived, message)


# What differs makes another pseudonym


def test_each_part_makes_another_pseudonym() -> None:
    made = {
        key().pseudonym(CS, 1).value,
        key().pseudonym(CS, 2).value,
        key().pseudonym(CA, 1).value,
        key().pseudonym(CS, 1, hierarchy=Hierarchy.TEST).value,
        key(verifier="kasumi-card").pseudonym(CS, 1).value,
        key(key_id="k2").pseudonym(CS, 1).value,
        key(master=bytes(32)).pseudonym(CS, 1).value,
    }
    assert len(made) == 7


def test_the_same_secret_in_the_hands_of_two_firms_still_links_nothing() -> None:
    one = PseudonymKey(MASTER, verifier="kasumi-bank", key_id="k1")
    other = PseudonymKey(MASTER, verifier="kasumi-card", key_id="k1")
    assert one.pseudonym(CS, 7) != other.pseudonym(CS, 7)


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_no_two_firms_have_a_pseudonym_in_common(one: str, other: str) -> None:
    same = key(verifier=one).pseudonym(CS, 7) == key(verifier=other).pseudonym(CS, 7)
    assert same == (one == other)


def test_a_pseudonym_is_stored_and_read_back() -> None:
    made = key().pseudonym(CS, 7)
    assert Pseudonym.parse(made.text) == made
    assert made.text.startswith("k1:")


@pytest.mark.parametrize(
    "text", ["", "k1", "k1:00", ":" + "0" * 64, "k1:" + "G" * 64, "k1:" + "0" * 65]
)
def test_what_is_no_pseudonym_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        Pseudonym.parse(text)


# Keys


def test_a_key_is_changed_and_what_was_stored_is_still_recognised() -> None:
    before = PseudonymKeys(key(key_id="k1"))
    stored = before.pseudonym(CS, 7)
    after = before.rotated(key(key_id="k2"))
    assert after.pseudonym(CS, 7).key_id == "k2"
    assert after.is_of(stored, CS, 7)
    assert not after.is_of(stored, CS, 8)
    assert [one.key_id for one in after.candidates(CS, 7)] == ["k2", "k1"]
    assert stored in after.candidates(CS, 7)


def test_a_pseudonym_by_a_key_that_is_gone_is_neither_yes_nor_no() -> None:
    stored = key(key_id="k0").pseudonym(CS, 7)
    with pytest.raises(KeyUnavailable, match="k0"):
        PseudonymKeys(key()).is_of(stored, CS, 7)


def test_keys_of_two_firms_or_of_one_name_are_not_kept_together() -> None:
    with pytest.raises(ImpossibleFact):
        PseudonymKeys(key(), key(verifier="kasumi-card", key_id="k2"))
    with pytest.raises(ImpossibleFact):
        PseudonymKeys(key(), key())


def test_a_wiped_key_does_nothing_more() -> None:
    with key() as used:
        used.pseudonym(CS, 7)
    with pytest.raises(KeyUnavailable):
        used.pseudonym(CS, 7)


def test_a_key_shows_and_pickles_nothing() -> None:
    one = key(verifier="霞銀行")
    assert repr(one) == "<PseudonymKey k1>"
    assert repr(PseudonymKeys(one)) == "<PseudonymKeys k1 and 0 former>"
    assert repr(one.pseudonym(CS, 7)) == "<Pseudonym by k1>"
    for duplicate in (pickle.dumps, copy.copy):
        with pytest.raises(ImpossibleFact):
            duplicate(one)


@pytest.mark.parametrize("length", [0, 31])
def test_a_short_secret_is_refused(length: int) -> None:
    with pytest.raises(ImpossibleFact):
        key(master=bytes(length))
    with pytest.raises(ImpossibleFact):
        PseudonymKey(bytes(length), verifier="kasumi-bank", key_id="k1")


@pytest.mark.parametrize("key_id", ["", "a b", "k:1", "-k", "k" * 33])
def test_a_key_id_that_a_stored_pseudonym_could_not_carry_is_refused(key_id: str) -> None:
    with pytest.raises(ImpossibleFact):
        key(key_id=key_id)


@pytest.mark.parametrize("verifier", ["", "v" * 201])
def test_a_firm_has_a_name_of_bounded_length(verifier: str) -> None:
    with pytest.raises(ImpossibleFact):
        key(verifier=verifier)


@pytest.mark.parametrize(
    ("serial", "fits"),
    [(0, False), (1, True), ((1 << 160) - 1, True), (1 << 160, False), (-1, False)],
)
def test_a_serial_is_positive_and_at_most_twenty_bytes(serial: int, fits: bool) -> None:
    if fits:
        assert len(key().pseudonym(CS, serial).value) == 32
    else:
        with pytest.raises(ImpossibleFact):
            key().pseudonym(CS, serial)
