"""The CMS cases of Mbed TLS: whole signatures are taken, and whatever is broken is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jpki.certificates import der
from jpki.cms import DIGESTS, integrity
from jpki.errors import JpkiError, MalformedCertificate
from tests.conformance.suites import Suite

ANY_DIGEST = frozenset(DIGESTS)


@pytest.fixture(scope="module")
def suite() -> Suite:
    return Suite("cms_mbedtls")


def certificate(suite: Suite, name: str) -> bytes:
    return der.from_pem(suite.read(name), label="CERTIFICATE", error=MalformedCertificate)


def verdict(suite: Suite, case: dict[str, Any]) -> str:
    """Only integrity is asked of these cases; the library refuses with its own errors alone."""
    names = dict.fromkeys((*case["roots"], *case["pool"]))
    try:
        found = integrity(
            suite.read(case["cms"]),
            content=suite.read(case["content"]),
            certificates=[certificate(suite, name) for name in names],
            digest_algorithms=ANY_DIGEST,
        )
    except JpkiError:
        return "invalid"
    return "valid" if found else "invalid"


def test_every_core_case_matches(suite: Suite, counted: Callable[..., None]) -> None:
    cases = suite.of_tier("core")
    assert (len(suite.cases), len(cases)) == (799, 794)
    wrong = [case["id"] for case in cases if verdict(suite, case) != case["expect"]]
    counted("CMS of Mbed TLS", core=len(cases))
    assert wrong == []


def test_nothing_that_is_refused_elsewhere_is_taken_for_good(suite: Suite) -> None:
    for case in suite.of_tier("info"):
        if case["expect"] == "invalid":
            assert verdict(suite, case) == "invalid", case["title"]


def test_cases_of_interest_are_counted(suite: Suite, counted: Callable[..., None]) -> None:
    # The three that differ are good signatures with SHA-1, MD5 and RIPEMD-160.
    cases = suite.of_tier("info")
    differing = {case["id"] for case in cases if verdict(suite, case) != case["expect"]}
    counted("CMS of Mbed TLS", info=len(cases), differing=len(differing))
    assert differing == {f"pkcs7_data_cert_signed_{d}" for d in ("sha1", "md5", "ripemd160")}


def test_other_digests_than_jpkis_are_refused_unless_they_are_asked_for(suite: Suite) -> None:
    (case,) = (one for one in suite.cases if one["id"] == "pkcs7_data_cert_signed_sha512")
    assert verdict(suite, case) == "valid"
    with pytest.raises(JpkiError, match=r"digest-algorithm: oid 2\.16\.840\.1\.101\.3\.4\.2\.3"):
        integrity(suite.read(case["cms"]), content=suite.read(case["content"]))


def test_each_reader_says_where_a_malformed_file_is_wrong(suite: Suite) -> None:
    """Every structural mutation is refused with the byte at which reading stopped."""
    told = [case for case in suite.of_tier("core") if case["id"].startswith("asn1_")]
    offsets = 0
    for case in told:
        with pytest.raises(JpkiError) as caught:
            integrity(
                suite.read(case["cms"]),
                content=suite.read(case["content"]),
                digest_algorithms=ANY_DIGEST,
            )
        offsets += getattr(caught.value, "offset", None) is not None
    assert len(told) == 775
    assert offsets > len(told) / 2
