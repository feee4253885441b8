"""NIST PKITS through the public path function: every core case matches, nothing bad is good."""

from __future__ import annotations

import email
from collections.abc import Callable
from dataclasses import replace

import pytest
from asn1crypto import cms, x509

from jpki.validation.paths import PathOutcome, judge_path
from tests.conformance.path_cases import SUITES, Case, cases_of

CASES = cases_of("pkits")
# What a refusal rests on where the suite gives a reason. A missing issuer or status is
# indeterminate (it could be found elsewhere); everything else is known to be wrong.
CODES = {
    "validity": {"path.expired", "path.not-yet"},
    "revoked": {"path.revoked"},
    "name_chaining": {"path.no-chain"},
    "revocation_unknown": {"path.status-unknown", "path.status-stale", "path.refused"},
    "key_usage": {"path.refused", "path.status-unknown"},
}


@pytest.mark.parametrize("case", CASES)
def test_a_path_gets_the_published_verdict(case: Case, counted: Callable[..., None]) -> None:
    verdict = judge_path(case.question())
    good = verdict.outcome is PathOutcome.VALID
    tier, expected = case.row["tier"], case.row["expect"] == "valid"
    counted("PKITS paths", **{f"{tier} {case.row['expect']} found {verdict.outcome}": 1})
    assert verdict.code != "path.crash"
    assert not verdict.aside
    assert not good or expected, verdict
    if tier == "core":
        assert good == expected, verdict
    if not good and tier == "core":
        assert verdict.code in CODES.get(case.row["reason"], {"path.refused"})
        assert verdict.chain == ()


@pytest.mark.parametrize("case", CASES)
def test_the_policies_of_a_valid_path_are_the_published_ones(case: Case) -> None:
    published = case.row["user_constrained_policy_set"]
    verdict = judge_path(case.question())
    if published is None or verdict.outcome is not PathOutcome.VALID:
        assert case.row["expect"] == "invalid" or case.row["tier"] != "core"
        return
    assert verdict.policies == set(published)


def carried(message: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the signer's certificate and the others that an S/MIME message carries."""
    parts = email.message_from_bytes(message).get_payload()
    assert isinstance(parts, list)
    data = parts[1].get_payload(decode=True)
    signed = cms.ContentInfo.load(data)["content"]
    (signer,) = signed["signer_infos"]
    certificates = [choice.chosen.dump() for choice in signed["certificates"]]
    wanted = signer["sid"].chosen
    (leaf,) = [one for one in certificates if _is(x509.Certificate.load(one), wanted)]
    return leaf, tuple(one for one in certificates if one is not leaf)


def _is(certificate: x509.Certificate, wanted: cms.IssuerAndSerialNumber) -> bool:
    serial = wanted["serial_number"].native
    return certificate.serial_number == serial and bool(certificate.issuer == wanted["issuer"])


# Two messages do not bring what the row names. 4.3.6: taking the certificate out of the message,
# asn1crypto writes the unused bits of its unique identifier anew, so that the signature fails.
# 4.14.18: a slip of the suite, the message carries the certificates of 4.14.19.
SLIPS = {"4.3.6": "path.refused", "4.14.18": "path.status-unknown"}


@pytest.mark.parametrize("case", CASES)
def test_the_certificates_of_the_message_get_the_same_verdict(
    case: Case, counted: Callable[..., None]
) -> None:
    leaf, others = carried((SUITES / "pkits" / case.row["smime"]).read_bytes())
    question = replace(case.question(), leaf=leaf, pool=others)
    alone, whole = judge_path(question), judge_path(case.question())
    counted("PKITS S/MIME", **{f"found {alone.outcome}": 1})
    assert alone.code == SLIPS.get(case.row["id"], whole.code)
