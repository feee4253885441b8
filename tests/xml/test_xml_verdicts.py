"""The numbered steps give every XML vector the verdict that was written down for it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jpki.certificates import parse_authority
from jpki.errors import MalformedSignature
from jpki.revocation import parse_revocation_list
from jpki.validation import Evidence, Verdict, VerificationReport, worst_verdict
from jpki.validation.formats.xml import read_xml
from jpki.verify import explain_claim, explain_document
from jpki.xml_signing import XadesLevel, XmlForm, sign_xml

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
ALL_ROWS: dict[str, dict[str, Any]] = {
    row["name"]: row
    for row in tomllib.loads((VECTORS / "xml.toml").read_text(encoding="utf-8"))["vector"]
}
ROWS = {name: row for name, row in ALL_ROWS.items() if row["code"] != "structure.malformed"}
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)
EVIDENCE = Evidence(
    roots=(parse_authority((VECTORS / "cms/root.cer").read_bytes()),),
    revocation_lists=(parse_revocation_list((VECTORS / "cms/empty.crl").read_bytes()),),
)


def reports(data: bytes, files: Any = None) -> list[VerificationReport]:
    claims = read_xml(data, files=files).claims
    return [explain_claim(claim, evidence=EVIDENCE, at=AT) for claim in claims]


@pytest.mark.parametrize("name", ROWS)
def test_an_xml_vector_gets_its_verdict_from_the_steps(name: str) -> None:
    row = ROWS[name]
    found = reports((VECTORS / "xml" / f"{name}.xml").read_bytes())
    assert worst_verdict(one.verdict for one in found) == row["verdict"], row["sentence"]
    decided = {step.code for one in found for step in one.steps if step.number == one.decided_by}
    # A piece of content that has a name is said by its name; so is a missing one.
    named = {"content.differs": {"content.differs", "content.piece-differs"}}
    assert decided <= named.get(row["code"], {row["code"] or "revocation.good"})


@pytest.mark.parametrize("name", [path.stem for path in sorted((VECTORS / "xml").iterdir())])
def test_an_xml_file_gets_its_verdict_as_a_document(name: str) -> None:
    row = ALL_ROWS[name]
    report = explain_document(
        (VECTORS / "xml" / f"{name}.xml").read_bytes(), evidence=EVIDENCE, at=AT
    )
    assert report.verdict == row["verdict"], row["sentence"]
    if row["code"] == "structure.malformed":
        (one,) = report.signatures
        assert (one.decided_by, one.deciding_step.code) == (1, "structure.malformed")


def test_the_malformed_vectors_never_reach_the_steps() -> None:
    for path in (VECTORS / "xml").iterdir():
        if path.stem not in ROWS:
            with pytest.raises(MalformedSignature):
                read_xml(path.read_bytes())


@pytest.mark.parametrize("form", XmlForm)
@pytest.mark.parametrize("xades", [None, XadesLevel.B_B])
def test_what_we_sign_is_valid_by_the_steps(
    maker: Any, form: XmlForm, xades: XadesLevel | None
) -> None:
    document = '<DataRoot><構成情報 ID="構成情報">一</構成情報></DataRoot>'.encode()
    files = {"添付.txt": b"one"}
    signed = sign_xml(document, maker, at=AT, form=form, xades=xades, files=files)
    assert [one.verdict for one in reports(signed, files)] == [Verdict.VALID]
    assert [one.verdict for one in reports(signed)] == [Verdict.INDETERMINATE]
    changed = signed.replace("一".encode(), "二".encode())
    assert [one.verdict for one in reports(changed, files)] == [Verdict.INVALID]
    assert [one.verdict for one in reports(changed)] == [Verdict.INVALID]
