"""Which instant a signature is judged at, and what a check was made for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jpki.certificates import parse_authority
from jpki.cms import parse_signed_data
from jpki.errors import (
    ExpiredWithoutProof,
    Indeterminate,
    RevokedWithoutProof,
    SourceUnreachable,
)
from jpki.revocation import StatusEvidence, StatusSource, parse_revocation_list
from jpki.validation import (
    BEST_SIGNATURE_TIME,
    RECEPTION,
    CheckPurpose,
    Evidence,
    Indication,
    Outcome,
    SubIndication,
    Verdict,
    VerificationPolicy,
)
from jpki.verify import explain_document, explain_later_status, explain_raw, verify_document

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "cms"
NOON = datetime(2026, 8, 3, 3, 0, tzinfo=UTC)
# In revoked.crl the certificate was revoked one second before the list of 2026-08-03 05:00 JST.
REVOKED_AT = datetime(2026, 8, 2, 19, 59, 59, tzinfo=UTC)
# The certificate's last second, 2028-09-15 23:59:59 JST.
NOT_AFTER = datetime(2028, 9, 15, 14, 59, 59, tzinfo=UTC)


def read(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


def evidence(*lists: str, received_at: datetime | None = None) -> Evidence:
    return Evidence(
        roots=(parse_authority(read("root.cer")),),
        revocation_lists=tuple(parse_revocation_list(read(one)) for one in lists),
        received_at=received_at,
    )


def judged(
    *lists: str,
    received_at: datetime | None = None,
    at: datetime = NOON,
    policy: VerificationPolicy = BEST_SIGNATURE_TIME,
) -> tuple[Verdict, str, str]:
    given = evidence(*lists, received_at=received_at)
    report = explain_document(
        read("card.p7s"), content=read("content.txt"), evidence=given, at=at, policy=policy
    ).signatures[0]
    return report.verdict, report.deciding_step.code, str(report.etsi)


def test_at_reception_a_loss_of_effect_makes_it_invalid_whenever_it_was_made() -> None:
    early = REVOKED_AT - timedelta(days=1)
    assert judged("revoked.crl", received_at=early, policy=RECEPTION) == (
        Verdict.INVALID,
        "revocation.revoked",
        "TOTAL-FAILED/REVOKED",
    )


def test_received_before_the_revocation_it_stays_good() -> None:
    before = REVOKED_AT - timedelta(seconds=1)
    assert judged("revoked.crl", received_at=before) == (
        Verdict.VALID,
        "revocation.lost-later",
        "TOTAL-PASSED",
    )


@pytest.mark.parametrize("seconds", [0, 1])
def test_received_at_the_revocation_or_after_it_is_not_known(seconds: int) -> None:
    when = REVOKED_AT + timedelta(seconds=seconds)
    assert judged("revoked.crl", received_at=when) == (
        Verdict.INDETERMINATE,
        "revocation.revoked-no-proof",
        "INDETERMINATE/REVOKED_NO_POE",
    )


def test_without_any_proof_a_revoked_one_is_not_known() -> None:
    assert judged("revoked.crl")[1:] == (
        "revocation.revoked-no-proof",
        "INDETERMINATE/REVOKED_NO_POE",
    )
    with pytest.raises(RevokedWithoutProof):
        verify_document(
            read("card.p7s"),
            content=read("content.txt"),
            evidence=evidence("revoked.crl"),
            at=NOON,
            policy=BEST_SIGNATURE_TIME,
        )


def test_a_later_list_speaks_of_an_earlier_instant_only_when_the_policy_says_so() -> None:
    before = REVOKED_AT - timedelta(seconds=1)
    strict = replace(BEST_SIGNATURE_TIME, later_lists_count=False)
    assert judged("revoked.crl", received_at=before, policy=strict)[:2] == (
        Verdict.INDETERMINATE,
        "revocation.not-yet",
    )


def test_an_expired_certificate_without_proof_is_not_known() -> None:
    after = NOT_AFTER + timedelta(seconds=1)
    assert judged("empty.crl", at=after) == (
        Verdict.INDETERMINATE,
        "validity.expired-no-proof",
        "INDETERMINATE/OUT_OF_BOUNDS_NO_POE",
    )
    assert judged("empty.crl", at=after, policy=RECEPTION)[1:] == (
        "validity.expired",
        "TOTAL-FAILED/EXPIRED",
    )
    assert issubclass(ExpiredWithoutProof, Indeterminate)


def test_received_inside_its_validity_an_expired_certificate_is_good() -> None:
    after = NOT_AFTER + timedelta(seconds=1)
    assert judged("empty.crl", at=after, received_at=NOON)[:2] == (Verdict.VALID, "revocation.good")


def test_a_reception_after_the_check_is_no_proof() -> None:
    later = NOON + timedelta(seconds=1)
    assert judged("revoked.crl", received_at=later)[1] == "revocation.revoked-no-proof"


def test_two_signers_are_judged_one_by_one_and_the_worst_decides() -> None:
    report = explain_document(
        read("two-signers.p7s"),
        content=read("content.txt"),
        evidence=evidence("empty.crl"),
        at=NOON,
    )
    assert len(report.signatures) == 2
    assert report.verdict is max(
        (one.verdict for one in report.signatures),
        key=[Verdict.VALID, Verdict.INDETERMINATE, Verdict.INVALID].index,
    )


def test_what_is_no_signature_at_all_is_a_verdict_too() -> None:
    report = explain_document(b"\x00", evidence=evidence("empty.crl"), at=NOON)
    one = report.signatures[0]
    assert (one.verdict, one.deciding_step.name) == (Verdict.INVALID, "structure")
    assert (one.etsi.indication, one.etsi.sub_indication) == (
        Indication.TOTAL_FAILED,
        SubIndication.FORMAT_FAILURE,
    )


def certificate() -> bytes:
    return parse_signed_data(read("card.p7s")).certificates[0]


def test_a_later_status_says_nothing_of_a_signature() -> None:
    report = explain_later_status(certificate(), evidence=evidence("empty.crl"), at=NOON)
    assert report.purpose is CheckPurpose.LATER_STATUS
    assert report.verdict is Verdict.VALID
    assert {"content", "signature", "key usage"}.isdisjoint(step.name for step in report.steps)
    assert report.evidence.signature_value is None


def test_a_later_status_of_a_revoked_certificate_names_reason_and_instant() -> None:
    report = explain_later_status(certificate(), evidence=evidence("revoked.crl"), at=NOON)
    assert report.verdict is Verdict.INVALID
    assert report.revocation is not None
    assert report.revocation.recorded_at == REVOKED_AT


def test_a_later_status_without_a_list_is_not_known() -> None:
    report = explain_later_status(certificate(), evidence=evidence(), at=NOON)
    assert report.verdict is Verdict.INDETERMINATE


def raw(content: bytes | None) -> tuple[Verdict, str]:
    signed = parse_signed_data(read("no-attributes.p7s"))
    report = explain_raw(
        signed.signers[0].signature,
        certificate=signed.certificates[0],
        content=content,
        evidence=evidence("empty.crl"),
        at=NOON,
    )
    return report.verdict, report.deciding_step.code


def test_a_bare_value_over_the_content_is_judged_like_any_signature() -> None:
    assert raw(read("content.txt")) == (Verdict.VALID, "revocation.good")
    assert raw(read("other.txt")) == (Verdict.INVALID, "signature.differs")


def test_a_bare_value_without_its_content_is_not_known_and_nothing_is_verified() -> None:
    assert raw(None) == (Verdict.INDETERMINATE, "content.missing")
    signed = parse_signed_data(read("no-attributes.p7s"))
    report = explain_raw(
        signed.signers[0].signature,
        certificate=signed.certificates[0],
        evidence=evidence("empty.crl"),
        at=NOON,
    )
    outcomes = {step.name: step.outcome for step in report.steps}
    assert outcomes["signature"] is Outcome.UNKNOWN


class Giving:
    """A source that gives what it was made with, and counts how often it is asked."""

    def __init__(self, *lists: str) -> None:
        self.lists = tuple(parse_revocation_list(read(one)) for one in lists)
        self.asked = 0

    def evidence(self, certificate: object, authority: object) -> StatusEvidence:
        self.asked += 1
        return StatusEvidence(lists=self.lists)


class Failing:
    """A source whose server is down."""

    def evidence(self, certificate: object, authority: object) -> StatusEvidence:
        raise SourceUnreachable("http://127.0.0.1:9", "nobody answers")


def from_sources(*sources: StatusSource, root: str = "root.cer") -> tuple[Verdict, str]:
    given = Evidence(roots=(parse_authority(read(root)),), sources=sources)
    report = explain_document(
        read("card.p7s"), content=read("content.txt"), evidence=given, at=NOON
    ).signatures[0]
    return report.verdict, report.deciding_step.code


def test_a_source_is_asked_once_and_its_list_is_used() -> None:
    source = Giving("empty.crl")
    assert from_sources(source) == (Verdict.VALID, "revocation.good")
    assert source.asked == 1


def test_a_source_that_fails_leaves_the_status_unknown_and_is_told() -> None:
    assert from_sources(Failing()) == (Verdict.INDETERMINATE, "revocation.source-failed")


def test_what_another_source_has_is_used_when_one_fails() -> None:
    assert from_sources(Failing(), Giving("revoked.crl")) == (
        Verdict.INVALID,
        "revocation.revoked",
    )


def test_no_source_is_asked_about_a_certificate_of_an_untrusted_issuer() -> None:
    source = Giving("empty.crl")
    assert from_sources(source, root="next-root.cer")[0] is Verdict.INDETERMINATE
    assert source.asked == 0
