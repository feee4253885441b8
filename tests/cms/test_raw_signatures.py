"""A bare signature value: over content, over a digest, and with DigestInfo without its NULL."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1, SHA384, SHA512

from jpki.cms import DIGESTS, integrity
from jpki.errors import BadSignature, VerificationError
from jpki.rsa_pkcs1 import signature_matches
from jpki.validation.claim import Severity, SignatureFormat
from jpki.validation.formats.raw import read_raw
from tests.cms.keys_and_stamps import MAKER
from tests.vectors.cms_drafts import SHA512_OID, algorithm
from tests.vectors.make_cms_attack_vectors import CONTENT, FOLDER, OTHER_CONTENT

VALUES = MAKER.values()
KEY = MAKER.key.public_key()
VALUE = (FOLDER / "raw.sig").read_bytes()


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_content_and_its_digest_make_the_same_claim() -> None:
    of_content = read_raw(VALUE, certificate=MAKER.card, content=CONTENT)
    assert of_content == read_raw(VALUE, certificate=MAKER.card, digest=digest(CONTENT))
    (claim,) = of_content.claims
    assert (claim.format, claim.identifier, claim.problems) == (SignatureFormat.RAW, None, ())
    assert claim.certificates == (MAKER.card,)
    assert signature_matches(KEY, claim.signature, claim.signed_digest)


def test_other_content_does_not_match() -> None:
    (claim,) = read_raw(VALUE, certificate=MAKER.card, content=OTHER_CONTENT).claims
    assert not signature_matches(KEY, claim.signature, claim.signed_digest)


def test_without_content_nothing_can_be_said() -> None:
    (claim,) = read_raw(VALUE, certificate=MAKER.card).claims
    assert claim.signed_digest == b""
    assert [(one.code, one.severity) for one in claim.problems] == [
        ("content.missing", Severity.INDETERMINATE)
    ]


def test_content_and_a_digest_that_is_not_its_own_are_told_apart() -> None:
    (claim,) = read_raw(
        VALUE, certificate=MAKER.card, content=CONTENT, digest=digest(OTHER_CONTENT)
    ).claims
    assert [one.code for one in claim.problems] == ["content.differs"]
    both = read_raw(VALUE, certificate=MAKER.card, content=CONTENT, digest=digest(CONTENT))
    assert both.claims[0].problems == ()


def test_the_null_is_missed_unless_leniency_is_asked_for() -> None:
    value = (FOLDER / "raw-no-null.sig").read_bytes()
    over = digest((FOLDER / "attributes.der").read_bytes())
    assert not signature_matches(KEY, value, over)
    assert signature_matches(KEY, value, over, lenient=True)
    message = (FOLDER / "value-no-null.p7s").read_bytes()
    with pytest.raises(BadSignature):
        integrity(message, content=CONTENT)
    assert integrity(message, content=CONTENT, lenient_digest_info=True)


@pytest.mark.parametrize("name", [n for n in VALUES if n != "no-null"])
def test_leniency_takes_nothing_else(name: str) -> None:
    over = digest((FOLDER / "attributes.der").read_bytes())
    value = VALUES[name]
    assert not signature_matches(KEY, value, over)
    assert not signature_matches(KEY, value, over, lenient=True)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_digest_of_another_length_never_matches(length: int) -> None:
    assert not signature_matches(KEY, VALUE, bytes(length), lenient=True)


@pytest.mark.parametrize("oid", DIGESTS)
def test_each_algorithm_matches_its_own_digest_only(oid: str) -> None:
    algorithms = {"sha384": SHA384(), "sha512": SHA512()}
    name = DIGESTS[oid]
    over = hashlib.new(name, CONTENT).digest()
    chosen = algorithms.get(name)
    value = VALUE if chosen is None else MAKER.key.sign(over, PKCS1v15(), Prehashed(chosen))
    matching = [one for one in DIGESTS if signature_matches(KEY, value, over, algorithm=one)]
    assert matching == [oid]


def test_sha1_never_matches() -> None:
    over = hashlib.sha1(CONTENT, usedforsecurity=False).digest()
    value = MAKER.key.sign(over, PKCS1v15(), Prehashed(SHA1()))  # noqa: S303  the point
    assert not signature_matches(KEY, value, over, algorithm="1.3.14.3.2.26", lenient=True)


def test_a_digest_and_a_signature_algorithm_that_differ_are_refused_where_both_are_taken() -> None:
    message = MAKER.changed(digest=algorithm(SHA512_OID), digests=(algorithm(SHA512_OID),))
    with pytest.raises(VerificationError, match="algorithms-differ"):
        integrity(message, content=CONTENT, digest_algorithms=frozenset(DIGESTS))
