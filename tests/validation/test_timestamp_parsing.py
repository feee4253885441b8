"""Reading timestamps: round trips, and no bytes that end in anything but a value or one error."""

from __future__ import annotations

import hashlib
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from jpki.certificates import der
from jpki.errors import MalformedTimestamp
from jpki.timestamps import (
    DIGEST_SIZES,
    FailureInfo,
    PkiStatus,
    parse_timestamp_request,
    parse_timestamp_response,
    parse_timestamp_token,
    timestamp_request,
)
from jpki.timestamps import (
    SHA256 as SHA256_OID,
)
from jpki.validation.claim import ProofKind, TimeProof
from jpki.validation.paths import RevocationCheck
from jpki.validation.timestamps import TimestampVerdict, TimeTrust, judge_timestamp
from tests.vectors.make_timestamp_vectors import FOLDER
from tests.vectors.timestamp_drafts import (
    AT,
    BEGINS,
    CONTENT,
    ENDS,
    SHA1_OID,
    Bench,
    Stamper,
    algorithm,
    imprint,
    info,
    name,
)

WHOLE = (FOLDER / "good.tst").read_bytes()
PARSERS = (parse_timestamp_token, parse_timestamp_response, parse_timestamp_request)
oids = st.lists(st.integers(0, 2**40), min_size=1, max_size=6).map(
    lambda arcs: ".".join(map(str, (2, *arcs)))
)


@given(
    digest=st.sampled_from(sorted(DIGEST_SIZES.items())).flatmap(
        lambda item: st.tuples(st.just(item[0]), st.binary(min_size=item[1], max_size=item[1]))
    ),
    nonce=st.none() | st.integers(0, 2**256),
    policy=st.none() | oids,
    certificates=st.booleans(),
)
def test_a_request_says_what_was_put_into_it(
    digest: tuple[str, bytes], nonce: int | None, policy: str | None, certificates: bool
) -> None:
    made = timestamp_request(
        digest[1], algorithm=digest[0], nonce=nonce, policy=policy, certificates=certificates
    )
    read = parse_timestamp_request(made)
    assert (read.algorithm, read.digest) == digest
    assert (read.nonce, read.policy, read.certificates) == (nonce, policy, certificates)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_value_or_in_one_error(data: bytes) -> None:
    for parse in PARSERS:
        with pytest.raises(MalformedTimestamp):
            parse(data)


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=4), st.integers(0, 4))
def test_a_token_with_bytes_replaced_ends_in_a_value_or_in_one_error(
    place: int, put: bytes, taken: int
) -> None:
    changed = WHOLE[:place] + put + WHOLE[place + taken :]
    try:
        token = parse_timestamp_token(changed)
    except MalformedTimestamp:
        return
    assert token.der == changed


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 37))
def test_half_a_token_is_named_with_the_place(cut: int) -> None:
    with pytest.raises(MalformedTimestamp) as caught:
        parse_timestamp_token(WHOLE[:cut], source="half.tst")
    assert caught.value.source == "half.tst"
    assert caught.value.offset is not None


def test_deep_nesting_and_size_cost_nothing() -> None:
    began = time.perf_counter()
    for data in (b"\x30\x80" * 500_000, b"\x30\x83\x0f\xff\xff" * 200_000, bytes(2 << 20)):
        for parse in PARSERS:
            with pytest.raises(MalformedTimestamp):
                parse(data)
    assert time.perf_counter() - began < 2


def status(number: int, token: bytes = b"", *more: bytes) -> bytes:
    return der.sequence(der.sequence(der.integer(number), *more), token)


@pytest.mark.parametrize(
    "response",
    [
        status(0),
        status(1),
        status(2, WHOLE),
        status(6),
        status(-1),
        status(0, WHOLE, der.sequence(), der.sequence()),
        status(0, WHOLE) + b"\0",
        status(0, WHOLE[:-1]),
    ],
    ids=[
        "granted without a token",
        "granted with changes, without a token",
        "refused with a token",
        "a status that does not exist",
        "a negative status",
        "something behind the status",
        "one byte more",
        "half a token",
    ],
)
def test_a_response_that_contradicts_itself_is_none(response: bytes) -> None:
    with pytest.raises(MalformedTimestamp):
        parse_timestamp_response(response)


def test_a_refusal_says_why() -> None:
    # Bits 0 and 25 of four bytes: 80 00 00 40, of which six bits are unused.
    flags = der.encode(der.BIT_STRING, bytes.fromhex("0680000040"))
    texts = der.sequence(der.text(der.UTF8_STRING, "いいえ"))
    read = parse_timestamp_response(status(2, b"", texts, flags))
    assert (read.status, read.texts) == (PkiStatus.REJECTION, ("いいえ",))
    assert read.failures == {FailureInfo.BAD_ALG, FailureInfo.SYSTEM_FAILURE}


# keys and digests that no seeded vector can have


def judged(token: bytes, root: bytes, *, allowed: frozenset[str] = frozenset()) -> TimestampVerdict:
    imprints = {
        SHA256_OID: hashlib.sha256(CONTENT).digest(),
        SHA1_OID: hashlib.sha1(CONTENT).digest(),  # noqa: S324  for who allows it
    }
    trust = TimeTrust(roots=(root,), revocation=RevocationCheck.NONE, allowed_weak_digests=allowed)
    return judge_timestamp(TimeProof(ProofKind.SIGNATURE, token, imprints), trust=trust, at=AT)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(("bits", "code"), [(1024, "time.weak-key"), (2048, "time.proven")])
def test_a_short_key_proves_nothing(bench: Bench, bits: int, code: str) -> None:
    key = rsa.generate_private_key(65537, bits)
    assert judged(bench.token(None, bench.issue(key=key)), bench.root).code == code


def test_a_weak_imprint_is_believed_by_who_asks_for_it(bench: Bench) -> None:
    token = bench.token(info(stamped=imprint(SHA1_OID)))
    assert judged(token, bench.root).code == "time.weak-digest"
    assert judged(token, bench.root, allowed=frozenset({"sha1"})).code == "time.proven"


@pytest.mark.parametrize(("flip", "code"), [(0, "time.proven"), (1, "time.bad-signature")])
def test_an_authority_with_an_elliptic_curve_is_checked(bench: Bench, flip: int, code: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder(
            name("Vector Root"), name("Curve"), key.public_key(), 300, BEGINS, ENDS
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(bench.root_key, SHA256())
        .public_bytes(Encoding.DER)
    )
    by = Stamper(certificate, bench.key)
    plain = info()
    attributes = bench.attributes(plain, by)
    value = key.sign(der.encode(der.SET, *attributes), ec.ECDSA(SHA256()))
    changed = value[:-1] + bytes((value[-1] ^ flip,))
    ecdsa = der.sequence(der.object_identifier("1.2.840.10045.4.3.2"))
    signer = der.sequence(
        der.integer(1),
        der.sequence(by.read.issuer.public_bytes(), der.integer(300)),
        algorithm(SHA256_OID),
        der.context(0, *attributes),
        ecdsa,
        der.octet_string(changed),
    )
    token = bench.signed(plain, [signer], [certificate])
    assert judged(token, bench.root).code == code
