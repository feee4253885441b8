"""OCSP responses that are each wrong, or unusual, in one way, and what is said about them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from jpki.certificates import parse_authority, parse_certificate
from jpki.errors import MalformedOcspResponse
from jpki.revocation import parse_ocsp_response
from jpki.validation import ocsp_status, say
from tests.vectors import make_ocsp_vectors
from tests.vectors.kept_keys import VECTOR_KEYS
from tests.vectors.make_ocsp_vectors import FOLDER

MANIFEST = (FOLDER / "manifest.toml").read_text(encoding="utf-8")
ROWS: list[dict[str, Any]] = tomllib.loads(MANIFEST)["vector"]
AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
CERTIFICATE = parse_certificate((FOLDER / "certificate.der").read_bytes())


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_an_ocsp_vector_is_judged_for_its_one_reason(
    row: dict[str, Any], counted: Callable[..., None]
) -> None:
    data = (FOLDER / row["file"]).read_bytes()
    counted("OCSP vectors", **{row["expects"]: 1})
    if row["expects"] == "malformed":
        with pytest.raises(MalformedOcspResponse) as caught:
            parse_ocsp_response(data, source="answer")
        assert row["detail"] in caught.value.message
        assert caught.value.source == "answer"
        assert caught.value.offset is not None
        return
    response = parse_ocsp_response(data)
    nonce = bytes.fromhex(row["nonce"]) if "nonce" in row else None
    status = ocsp_status(
        CERTIFICATE, authority=AUTHORITY, answer=response, at=row["at"], nonce=nonce
    )
    assert status.standing.value == row["expects"]
    if row["expects"] == "unknown":
        assert [one.code for one in status.problems] == [row["detail"]]
        assert status.evidence == ()
    else:
        assert status.evidence == (response.fingerprint_sha256,)
    for language in ("en", "ja"):
        assert say(status.code, status.facts, language)


def test_making_the_ocsp_vectors_again_changes_nothing() -> None:
    made = make_ocsp_vectors.make(VECTOR_KEYS)
    assert {path.name for path in FOLDER.iterdir()} == set(made)
    assert all((FOLDER / name).read_bytes() == data for name, data in made.items())
