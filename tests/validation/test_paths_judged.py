"""General certification paths: boundaries, bounds, and what the validator leaves out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from jpki.certificates import KeyUsage
from jpki.errors import MissingExtra
from jpki.terms import RevocationReason
from jpki.validation import path_search
from jpki.validation.paths import (
    PathLimits,
    PathOutcome,
    PathQuestion,
    PathVerdict,
    RevocationCheck,
    judge_path,
)
from tests.vectors.timestamp_drafts import AT, BEGINS, ENDS, LIST_BEGINS, SECOND, Bench, name

TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture
def question(bench: Bench) -> PathQuestion:
    return PathQuestion(
        leaf=bench.stamper.certificate,
        roots=(bench.root,),
        crls=(bench.revocation_list(),),
        at=AT,
    )


def unchecked(question: PathQuestion) -> PathQuestion:
    return replace(question, revocation=RevocationCheck.NONE, crls=())


def told(verdict: PathVerdict) -> tuple[PathOutcome, str]:
    return verdict.outcome, verdict.code


def certificate(
    bench: Bench, *, digest: HashAlgorithm | None = None, serial: int = 100, aia: bool = False
) -> bytes:
    builder = x509.CertificateBuilder(
        name("Vector Root"), name("Somebody"), bench.key.public_key(), serial, BEGINS, ENDS
    )
    if aia:
        place = x509.UniformResourceIdentifier("http://ocsp.simulated.invalid/")
        builder = builder.add_extension(
            x509.AuthorityInformationAccess(
                [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)]
            ),
            critical=False,
        )
    return builder.sign(bench.root_key, digest or SHA256()).public_bytes(Encoding.DER)


def test_a_good_path_comes_with_its_chain(question: PathQuestion) -> None:
    verdict = judge_path(question)
    assert told(verdict) == (PathOutcome.VALID, "path.valid")
    assert verdict.chain == (question.leaf, question.roots[0])


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (BEGINS - SECOND, "path.not-yet"),
        (BEGINS - timedelta(microseconds=1), "path.not-yet"),
        (BEGINS, "path.valid"),
        (ENDS, "path.valid"),
        (ENDS + timedelta(microseconds=1), "path.expired"),
        (ENDS + SECOND, "path.expired"),
    ],
)
def test_validity_has_two_ends_and_both_belong_to_it(
    question: PathQuestion, at: datetime, code: str
) -> None:
    assert judge_path(replace(unchecked(question), at=at)).code == code


@pytest.mark.parametrize(
    ("revoked_at", "code"),
    [(AT - SECOND, "path.revoked"), (AT, "path.revoked"), (AT + SECOND, "path.valid")],
)
def test_a_revocation_has_effect_from_its_very_instant(
    bench: Bench, question: PathQuestion, revoked_at: datetime, code: str
) -> None:
    crl = bench.revocation_list(revoked_at, x509.ReasonFlags.superseded, begins=AT)
    assert judge_path(replace(question, crls=(crl,))).code == code


@pytest.mark.parametrize("order", [1, -1])
def test_one_current_list_that_revokes_is_enough(
    bench: Bench, question: PathQuestion, order: int
) -> None:
    newer = bench.revocation_list(AT - SECOND, x509.ReasonFlags.superseded, begins=AT - SECOND)
    crls = (*question.crls, newer)[::order]
    verdict = judge_path(replace(question, crls=crls))
    assert told(verdict) == (PathOutcome.INVALID, "path.revoked")
    assert verdict.revocation_reason is RevocationReason.SUPERSEDED
    assert (verdict.revoked_at, verdict.revoked_leaf) == (AT - SECOND, True)


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        (None, None),
        (x509.ReasonFlags.unspecified, RevocationReason.UNSPECIFIED),
        (x509.ReasonFlags.key_compromise, RevocationReason.KEY_COMPROMISE),
        (x509.ReasonFlags.certificate_hold, RevocationReason.CERTIFICATE_HOLD),
        (x509.ReasonFlags.privilege_withdrawn, None),
    ],
)
def test_no_reason_and_an_unspecified_one_are_told_apart(
    bench: Bench,
    question: PathQuestion,
    flag: x509.ReasonFlags | None,
    reason: RevocationReason | None,
) -> None:
    crl = bench.revocation_list(AT - SECOND, flag)
    verdict = judge_path(replace(question, crls=(crl,)))
    assert verdict.code == "path.revoked"
    assert verdict.revocation_reason is reason


def test_without_status_it_is_neither_good_nor_bad(question: PathQuestion) -> None:
    assert told(judge_path(replace(question, crls=()))) == (
        PathOutcome.INDETERMINATE,
        "path.status-unknown",
    )
    assert judge_path(unchecked(question)).code == "path.valid"


def test_a_list_from_later_counts_only_when_the_asker_says_so(
    bench: Bench, question: PathQuestion
) -> None:
    early = replace(question, at=LIST_BEGINS - SECOND)
    assert judge_path(early).outcome is PathOutcome.INDETERMINATE
    assert judge_path(replace(early, newer_status=True)).code == "path.valid"


def answer(bench: Bench, leaf: bytes, status: ocsp.OCSPCertStatus, at: datetime) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    root = x509.load_der_x509_certificate(bench.root)
    response = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=x509.load_der_x509_certificate(leaf),
            issuer=root,
            algorithm=SHA256(),
            cert_status=status,
            this_update=at,
            next_update=at + timedelta(days=1),
            revocation_time=AT if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, root)
        .sign(bench.root_key, SHA256())
    )
    return response.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("status", "made", "code"),
    [
        (ocsp.OCSPCertStatus.GOOD, AT, "path.valid"),
        (ocsp.OCSPCertStatus.REVOKED, AT, "path.revoked"),
        (ocsp.OCSPCertStatus.UNKNOWN, AT, "path.status-unknown"),
        (ocsp.OCSPCertStatus.GOOD, AT - timedelta(days=2), "path.status-stale"),
        (ocsp.OCSPCertStatus.GOOD, AT + timedelta(hours=1), "path.status-unknown"),
    ],
)
def test_an_answer_of_a_responder_counts_while_it_holds(
    bench: Bench,
    question: PathQuestion,
    status: ocsp.OCSPCertStatus,
    made: datetime,
    code: str,
) -> None:
    leaf = certificate(bench, aia=True)
    asked = replace(
        question, leaf=leaf, crls=(), ocsp_responses=(answer(bench, leaf, status, made),)
    )
    assert judge_path(asked).code == code


def test_weak_digests_are_refused_unless_the_asker_believes_them(
    bench: Bench, question: PathQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = certificate(bench)
    weak = replace(unchecked(question), leaf=_as_sha1(bench, signed))
    assert told(judge_path(weak)) == (PathOutcome.INVALID, "path.weak-algorithm")
    allowed = replace(weak, allowed_weak_digests=frozenset({"sha1"}))
    assert judge_path(allowed).code == "path.valid"


def _as_sha1(bench: Bench, der: bytes) -> bytes:
    """Sign it again with SHA-1, which the certificate builder will not do."""
    from asn1crypto import x509 as asn1_x509
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    signed = asn1_x509.Certificate.load(der)
    inside = signed["tbs_certificate"]
    inside["signature"] = {"algorithm": "sha1_rsa"}
    signed["signature_algorithm"] = {"algorithm": "sha1_rsa"}
    value = bench.root_key.sign(inside.dump(force=True), PKCS1v15(), SHA1())  # noqa: S303
    signed["signature_value"] = value
    return bytes(signed.dump(force=True))


def test_the_algorithm_outside_must_be_the_one_inside(bench: Bench, question: PathQuestion) -> None:
    from asn1crypto import x509 as asn1_x509

    signed = asn1_x509.Certificate.load(certificate(bench))
    signed["signature_algorithm"] = {"algorithm": "sha384_rsa"}
    asked = replace(unchecked(question), leaf=bytes(signed.dump(force=True)))
    assert told(judge_path(asked)) == (PathOutcome.INVALID, "path.two-algorithms")


@pytest.mark.parametrize(
    ("usage", "purposes", "code"),
    [
        ({KeyUsage.DIGITAL_SIGNATURE}, {TIME_STAMPING}, "path.valid"),
        ({KeyUsage.CRL_SIGN, KeyUsage.DIGITAL_SIGNATURE}, set(), "path.valid"),
        ({KeyUsage.CRL_SIGN}, set(), "path.key-usage"),
        (set(), {OCSP_SIGNING}, "path.key-purpose"),
        (set(), {TIME_STAMPING, OCSP_SIGNING}, "path.key-purpose"),
    ],
)
def test_the_leaf_must_be_for_what_it_is_used_for(
    question: PathQuestion, usage: set[KeyUsage], purposes: set[str], code: str
) -> None:
    asked = replace(question, key_usage=frozenset(usage), extended_key_usage=frozenset(purposes))
    assert judge_path(asked).code == code


def test_a_leaf_without_any_purpose_is_for_none(bench: Bench, question: PathQuestion) -> None:
    leaf = bench.issue(purposes=()).certificate
    asked = replace(question, leaf=leaf, extended_key_usage=frozenset({TIME_STAMPING}))
    assert judge_path(asked).code == "path.key-purpose"


def test_a_root_ends_unless_the_asker_says_that_roots_do_not(
    bench: Bench, question: PathQuestion
) -> None:
    root = x509.load_der_x509_certificate(bench.root)
    leaf = bench.issue(ends=ENDS + timedelta(days=9000)).certificate
    late = replace(unchecked(question), leaf=leaf, at=root.not_valid_after_utc + SECOND)
    assert judge_path(late).code == "path.root-outside-validity"
    assert judge_path(replace(late, at=root.not_valid_after_utc)).code == "path.valid"
    assert judge_path(replace(late, roots_expire=False)).code == "path.valid"


@pytest.mark.parametrize("order", [1, -1])
def test_a_root_that_was_issued_anew_with_the_same_key_holds(
    bench: Bench, question: PathQuestion, order: int
) -> None:
    """The validator takes the two for one; which of them it keeps must not matter."""
    begins, ends = BEGINS - timedelta(days=9), BEGINS + timedelta(days=9)
    ended = (
        x509.CertificateBuilder(
            name("Vector Root"),
            name("Vector Root"),
            bench.root_key.public_key(),
            5,
            begins,
            ends,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(bench.root_key, SHA256())
        .public_bytes(Encoding.DER)
    )
    verdict = judge_path(replace(question, roots=(ended, bench.root)[::order]))
    assert verdict.chain == (question.leaf, bench.root)
    assert judge_path(replace(question, roots=(ended,))).code == "path.root-outside-validity"


def test_another_root_beside_the_right_one_spoils_nothing(
    bench: Bench, question: PathQuestion
) -> None:
    same_name = bench.authority_certificate(
        "Vector Root", bench.other_key, "Vector Root", bench.other_key, serial=77
    )
    for roots in ((bench.root, same_name), (same_name, bench.root)):
        assert judge_path(replace(question, roots=roots)).code == "path.valid"
    assert judge_path(replace(question, roots=(same_name,))).outcome is PathOutcome.INVALID
    assert judge_path(replace(question, roots=())).code == "path.no-chain"


@pytest.mark.parametrize("leaf", [b"", b"\x30\x00", b"%PDF-1.7", b"\x30\x84\xff\xff\xff\xff"])
def test_a_leaf_that_is_no_certificate_is_a_verdict(question: PathQuestion, leaf: bytes) -> None:
    assert told(judge_path(replace(question, leaf=leaf))) == (
        PathOutcome.INVALID,
        "path.malformed-leaf",
    )


def test_bad_material_is_left_aside_and_named(question: PathQuestion) -> None:
    asked = replace(
        question,
        pool=(b"no certificate",),
        crls=(b"no list", *question.crls),
        ocsp_responses=(b"no answer",),
    )
    verdict = judge_path(asked)
    assert verdict.code == "path.valid"
    assert verdict.aside == (
        "certificate 1 is malformed or too big",
        "revocation list 1 is malformed or too big",
        "OCSP response 1 is malformed or too big",
    )


# bounds


def mesh(bench: Bench, count: int) -> tuple[bytes, ...]:
    """Authorities of one name that all could have issued each other: paths without end."""
    return tuple(
        bench.authority_certificate(
            "Mesh", bench.other_key, "Mesh", bench.other_key, serial=1000 + number
        )
        for number in range(count)
    )


def test_a_mesh_of_cross_certificates_is_given_up(bench: Bench, question: PathQuestion) -> None:
    leaf = bench.issue(issuer="Mesh", issuer_key=bench.other_key).certificate
    asked = replace(unchecked(question), leaf=leaf, pool=mesh(bench, 30))
    assert told(judge_path(asked)) == (PathOutcome.INDETERMINATE, "path.limit")


def limited(question: PathQuestion, limits: PathLimits) -> str:
    return judge_path(replace(question, limits=limits)).code


def test_each_limit_holds_on_both_sides(bench: Bench, question: PathQuestion) -> None:
    pooled = replace(question, pool=mesh(bench, 2))
    assert limited(pooled, PathLimits(certificates=4)) == "path.valid"
    assert limited(pooled, PathLimits(certificates=3)) == "path.limit"
    longest = max(len(question.leaf), len(question.roots[0]))
    assert limited(question, PathLimits(bytes_each=longest)) == "path.valid"
    assert limited(question, PathLimits(bytes_each=longest - 1)) == "path.limit"
    assert limited(question, PathLimits(lists=1)) == "path.valid"
    assert limited(question, PathLimits(lists=0)) == "path.limit"
    size = len(question.crls[0])
    assert limited(question, PathLimits(list_bytes=size)) == "path.valid"
    assert limited(question, PathLimits(list_bytes=size - 1)) == "path.status-unknown"
    assert limited(question, PathLimits(chain=2)) == "path.valid"
    assert limited(question, PathLimits(chain=1)) == "path.limit"
    assert limited(question, PathLimits(steps=1)) != "path.valid"


def test_only_so_many_candidates_are_tried(bench: Bench, question: PathQuestion) -> None:
    """Roots of the right name and the wrong key come first, and the right one is the last."""
    strangers = tuple(
        bench.authority_certificate("Vector Root", key, "Vector Root", key, serial=2000)
        for key in (bench.key, bench.middle_key, bench.other_key)
    )
    asked = unchecked(replace(question, roots=(*strangers, bench.root)))
    assert limited(asked, PathLimits(candidates=4)) == "path.valid"
    assert limited(replace(asked, roots=strangers), PathLimits(candidates=3)) == "path.refused"
    assert limited(replace(asked, roots=strangers), PathLimits(candidates=2)) == "path.limit"


# what the validator may do


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), KeyError("x"), ValueError()])
def test_a_crash_of_the_validator_is_no_verdict_on_the_path(
    question: PathQuestion, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(path_search, "async_validate_path", crash)
    verdict = judge_path(question)
    assert told(verdict) == (PathOutcome.INDETERMINATE, "path.crash")
    assert type(error).__name__ in verdict.message


def test_a_missing_validator_is_named_with_its_extra(
    question: PathQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jpki.validation.path_search", None)
    with pytest.raises(MissingExtra) as caught:
        judge_path(question)
    assert caught.value.extra == "timestamp"


@pytest.mark.parametrize("purposes", [(ExtendedKeyUsageOID.OCSP_SIGNING,)])
def test_nothing_is_fetched(
    bench: Bench,
    question: PathQuestion,
    monkeypatch: pytest.MonkeyPatch,
    purposes: Sequence[x509.ObjectIdentifier],
) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    leaf = certificate(bench, aia=True)
    assert judge_path(replace(question, leaf=leaf, crls=())).code == "path.status-unknown"


def test_it_can_be_asked_while_an_event_loop_runs(question: PathQuestion) -> None:
    import asyncio

    async def ask() -> PathVerdict:
        return judge_path(question)

    assert asyncio.run(ask()).code == "path.valid"
