"""The policy cases of Go and BoringSSL through the public path function."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jpki.validation.paths import PathOutcome, judge_path
from tests.conformance.path_cases import Case, cases_of

# A bad intermediate is not taken up at all, so that no path is found; what is known of the rest is
# that it is wrong.
CODES = {
    "policy_intermediate_invalid": "path.no-chain",
    "policy_leaf_invalid": "path.malformed-leaf",
    "policy_leaf_duplicate": "path.policy-twice",
    "policy_intermediate_duplicate": "path.policy-twice",
    "policy_intermediate_require_duplicate": "path.policy-twice",
}


@pytest.mark.parametrize("case", cases_of("go_policy"))
def test_a_policy_case_gets_the_published_verdict(case: Case, counted: Callable[..., None]) -> None:
    verdict = judge_path(case.question())
    counted("Go policies", **{f"{case.row['expect']} found {verdict.outcome}": 1})
    expected = case.row["expect"] == "valid"
    assert (verdict.outcome is PathOutcome.VALID) == expected, verdict
    if not expected:
        assert verdict.code == CODES.get(case.row["id"], "path.refused")
