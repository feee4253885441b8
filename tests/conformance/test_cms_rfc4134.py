"""The examples of RFC 4134: nothing that is no intact RSA signature of today is taken for good."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from typing import Any

import pytest

from jpki.cms import DIGESTS, integrity, parse_signed_data
from jpki.errors import JpkiError, VerificationError
from tests.conformance.suites import Suite


@pytest.fixture(scope="module")
def suite() -> Suite:
    return Suite("cms_rfc4134")


def signature(suite: Suite, case: dict[str, Any]) -> bytes:
    """The CMS of a case; two of them are mail messages that carry it."""
    if "cms" in case:
        return suite.read(case["cms"])
    message = email.message_from_bytes(suite.read(case["eml"]), policy=email.policy.default)
    for part in message.walk():
        if "pkcs7" in part.get_content_type() and not part.is_multipart():
            return part.get_payload(decode=True)
    raise AssertionError("no CMS in the message")


def check(suite: Suite, case: dict[str, Any]) -> None:
    names = (*case["roots"], *case["pool"])
    integrity(
        signature(suite, case),
        content=None,
        certificates=[suite.read(name) for name in names],
        digest_algorithms=frozenset(DIGESTS),
    )


def test_every_core_case_is_refused_as_it_must_be(
    suite: Suite, counted: Callable[..., None]
) -> None:
    cases = suite.of_tier("core")
    assert (len(suite.cases), {case["expect"] for case in cases}) == (17, {"invalid"})
    for case in cases:
        with pytest.raises(JpkiError):
            check(suite, case)
    counted("CMS of RFC 4134", core=len(cases))


def test_signed_examples_are_read_whole_and_refused_for_sha1_not_for_their_shape(
    suite: Suite, counted: Callable[..., None]
) -> None:
    """SHA-1 and DSA are no JPKI algorithms; that alone is what is wrong with these."""
    cases = suite.of_tier("info")
    for case in cases:
        assert parse_signed_data(signature(suite, case)).version in (1, 3), case["id"]
        with pytest.raises(VerificationError):
            check(suite, case)
    counted("CMS of RFC 4134", info=len(cases), refused=len(cases))
