"""BoringSSL's revocation list cases, through the general path's public functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jpki.errors import FormatError
from jpki.revocation.general import crl_says, read_revocation_list
from tests.conformance.suites import Suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    return Suite("bssl_crl")


def said(suite: Suite, case: dict[str, str]) -> str:
    try:
        known = read_revocation_list(suite.read(case["response"]))
        answer = crl_says(
            known,
            certificate=suite.read(case["cert"]),
            issuer=suite.read(case["issuer"]),
            at=suite.at,
        )
    except FormatError:
        return "unusable"
    return {"unknown": "unusable"}.get(answer.standing.value, answer.standing.value)


def wrong(suite: Suite, tier: str) -> dict[str, str]:
    each = {case["id"]: (said(suite, case), case["expect"]) for case in suite.of_tier(tier)}
    return {name: found for name, (found, expected) in each.items() if found != expected}


def test_every_core_list_is_judged_as_boringssl_judges_it(
    suite: Suite, counted: Callable[..., None]
) -> None:
    assert wrong(suite, "core") == {}
    counted("bssl_crl", core=len(suite.of_tier("core")))


def test_no_list_of_the_failclosed_tier_is_taken_for_more_than_it_is(
    suite: Suite, counted: Callable[..., None]
) -> None:
    # What is good may be refused; what is not good may not be called good.
    found = wrong(suite, "failclosed")
    assert set(found.values()) <= {"unusable"}
    counted("bssl_crl", failclosed=len(suite.of_tier("failclosed")), refused=len(found))


def test_lists_of_the_info_tier_are_never_called_good_when_they_are_bad(
    suite: Suite, counted: Callable[..., None]
) -> None:
    found = wrong(suite, "info")
    # BoringSSL also limits the age of a list that has not reached its nextUpdate; RFC 5280 has
    # no such limit.
    assert {name for name, what in found.items() if what == "good"} <= {"bad_thisupdate_too_old"}
    counted("bssl_crl", info=len(suite.of_tier("info")), otherwise=len(found))
