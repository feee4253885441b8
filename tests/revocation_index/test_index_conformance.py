"""BoringSSL's revocation lists through the index get the verdicts they get in memory."""

from __future__ import annotations

from pathlib import Path

from jpki.errors import FormatError, JpkiError
from jpki.revocation.general import crl_says, issuer_of, read_revocation_list, subject_of
from jpki.revocation.index import IndexBuilder, RevocationIndex
from tests.conformance.suites import Suite


def by_object(suite: Suite, case: dict[str, str]) -> str:
    try:
        known = read_revocation_list(suite.read(case["response"]))
    except FormatError:
        return "unknown"
    certificate, issuer = suite.read(case["cert"]), suite.read(case["issuer"])
    try:
        said = crl_says(known, certificate=certificate, issuer=issuer, at=suite.at)
    except FormatError:
        return "unknown"
    return said.standing.value


def by_index(suite: Suite, case: dict[str, str], folder: Path) -> str:
    listed, path = folder / "list.crl", folder / "i"
    listed.write_bytes(suite.read(case["response"]))
    try:
        issuer = issuer_of(suite.read(case["issuer"]))
        subject = subject_of(suite.read(case["cert"]))
        builder = IndexBuilder([issuer], strict=False, any_time_form=True)
        builder.add_lists([listed])
        builder.write(path)
    except JpkiError:
        return "unknown"
    return RevocationIndex.open(path).judge(subject, issuer=issuer, at=suite.at).standing.value


def test_every_list_is_judged_through_the_index_as_it_is_in_memory(tmp_path: Path) -> None:
    suite = Suite("bssl_crl")
    said = {
        case["id"]: (by_index(suite, case, tmp_path), by_object(suite, case))
        for case in suite.cases
    }
    assert {name: both for name, both in said.items() if both[0] != both[1]} == {}
    assert {one for both in said.values() for one in both} >= {"good", "revoked", "unknown"}
