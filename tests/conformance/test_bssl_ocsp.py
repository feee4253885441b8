"""BoringSSL's OCSP cases, through the general path's public functions.

Its answers are signed with SHA-1, so the policy of these tests names that; its responder has no
id-pkix-ocsp-nocheck, which BoringSSL does not ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from jpki.errors import FormatError
from jpki.revocation.general import GENERAL_ANSWERS, ocsp_says
from jpki.revocation.ocsp import RSA_ALGORITHMS, OcspPolicy, parse_ocsp_response
from tests.conformance.suites import Suite

AS_BORINGSSL = replace(
    GENERAL_ANSWERS, algorithms=frozenset(RSA_ALGORITHMS), no_check_required=False
)


@pytest.fixture(scope="module")
def suite() -> Suite:
    return Suite("bssl_ocsp")


def said(suite: Suite, case: dict[str, str], policy: OcspPolicy = AS_BORINGSSL) -> str:
    try:
        answer = ocsp_says(
            parse_ocsp_response(suite.read(case["response"])),
            certificate=suite.read(case["cert"]),
            issuer=suite.read(case["issuer"]),
            at=suite.at,
            policy=policy,
        )
    except FormatError:
        return "unusable"
    return {"unknown": "unusable", "held": "revoked"}.get(
        answer.standing.value, answer.standing.value
    )


def wrong(suite: Suite, tier: str) -> dict[str, str]:
    each = {case["id"]: (said(suite, case), case["expect"]) for case in suite.of_tier(tier)}
    return {name: found for name, (found, expected) in each.items() if found != expected}


def test_every_core_answer_is_judged_as_boringssl_judges_it(
    suite: Suite, counted: Callable[..., None]
) -> None:
    assert wrong(suite, "core") == {}
    counted("bssl_ocsp", core=len(suite.of_tier("core")))


def test_no_answer_of_the_failclosed_tier_is_taken_for_more_than_it_is(
    suite: Suite, counted: Callable[..., None]
) -> None:
    found = wrong(suite, "failclosed")
    assert set(found.values()) <= {"unusable"}
    counted("bssl_ocsp", failclosed=len(suite.of_tier("failclosed")), refused=len(found))


def test_answers_of_the_info_tier_are_never_called_good_when_they_are_bad(
    suite: Suite, counted: Callable[..., None]
) -> None:
    found = wrong(suite, "info")
    # Signed after the instant asked about, of a time before it: so is every answer that is fetched
    # to judge a signature received a moment ago.
    assert {name for name, what in found.items() if what == "good"} <= {"produced_late_response"}
    counted("bssl_ocsp", info=len(suite.of_tier("info")), otherwise=len(found))


def test_without_a_policy_that_names_it_sha1_is_refused_everywhere(suite: Suite) -> None:
    assert {said(suite, case, GENERAL_ANSWERS) for case in suite.cases} == {"unusable"}
