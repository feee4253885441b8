"""What an authority's certificate is, and what may be kept of it.

The six published certificates are public but not part of the repository; tests that need them are
skipped without them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jpki.errors import (
    AuthorityNotAccepted,
    FingerprintDiffers,
    MalformedCertificate,
    MalformedDocument,
    NotAJpkiCertificate,
)
from jpki.terms import Hierarchy, Purpose
from jpki.trust import (
    Standing,
    accept,
    examine,
    file_name,
    fingerprint_words,
    misplaced,
    read_fingerprint,
)
from jpki.validation import Evidence
from jpki.verify import explain_raw
from simulator.agency import authority as authority_module
from simulator.keys import SeededKeys

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "certificates"
# Beside the repository, because the files are not ours to give away.
PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ca"
FILES = ["authca01", "authca02", "authca03", "signca01", "signca02", "signca03"]
SIMULATED = (VECTORS / "authority.der").read_bytes()

needs_published = pytest.mark.skipif(
    not PUBLISHED.is_dir(),
    reason="the six published authority certificates (shared/data/ca) are absent",
)


def published(file: str) -> bytes:
    return (PUBLISHED / f"{file}.cer").read_bytes()


@needs_published
@pytest.mark.parametrize("file", FILES)
def test_a_published_certificate_is_production_and_says_its_generation(file: str) -> None:
    found = accept(examine(published(file)))
    assert found.standing is Standing.PRODUCTION
    assert found.generation == int(file[-1])
    assert file_name(found) == f"{file}.cer"
    purpose = Purpose.SIGNATURE if file.startswith("sign") else Purpose.USER_AUTHENTICATION
    assert found.authority.purpose is purpose


def test_a_simulated_authority_is_refused_unless_it_is_named() -> None:
    found = examine(SIMULATED)
    assert (found.standing, found.published, found.generation) == (Standing.SIMULATED, None, None)
    with pytest.raises(AuthorityNotAccepted, match="--accept simulated"):
        accept(found)
    with pytest.raises(AuthorityNotAccepted):
        accept(found, accepts=[Standing.TEST, Standing.UNKNOWN, Standing.PRODUCTION])
    assert accept(found, accepts=[Standing.SIMULATED]).standing is Standing.SIMULATED


@pytest.mark.parametrize(
    ("hierarchy", "standing"),
    [(Hierarchy.PRODUCTION, Standing.UNKNOWN), (Hierarchy.TEST, Standing.TEST)],
)
def test_what_only_calls_itself_production_is_unknown(
    hierarchy: Hierarchy, standing: Standing
) -> None:
    made = look_alike(hierarchy)
    found = examine(made)
    assert found.standing is standing
    with pytest.raises(AuthorityNotAccepted):
        accept(found)
    assert accept(found, accepts=[standing]).standing is standing


def look_alike(hierarchy: Hierarchy) -> bytes:
    authority = authority_module._create(
        hierarchy,
        Purpose.SIGNATURE,
        3,
        keys=SeededKeys("trust"),
        at=datetime(2023, 7, 16, tzinfo=UTC),
        serial=7,
    )
    return authority.certificate.der


def test_what_is_no_authority_is_no_anchor() -> None:
    with pytest.raises(NotAJpkiCertificate):
        examine((VECTORS / "good-card-signature.der").read_bytes())
    with pytest.raises(MalformedCertificate):
        examine(b"hello")


# Fingerprints


def test_a_fingerprint_is_sixteen_words_of_four_digits() -> None:
    assert fingerprint_words(bytes(range(32)))[:3] == ("0001", "0203", "0405")
    assert len(fingerprint_words(bytes(32))) == 16


@pytest.mark.parametrize("text", ["00" * 32, "00 " * 32, ":".join(["00"] * 32), "0000-" * 16])
def test_a_fingerprint_is_read_as_notices_print_it(text: str) -> None:
    assert read_fingerprint(text) == bytes(32)


@pytest.mark.parametrize("text", ["", "00" * 31, "00" * 33, "0g" + "00" * 31, "00" * 20])
def test_what_is_no_sha_256_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        read_fingerprint(text)


def test_a_fingerprint_that_differs_is_refused_and_the_words_are_named() -> None:
    found = examine(SIMULATED)
    said = bytearray(found.authority.fingerprint_sha256)
    said[0] ^= 1
    said[31] ^= 1
    with pytest.raises(FingerprintDiffers) as caught:
        accept(found, accepts=[Standing.SIMULATED], fingerprint=bytes(said))
    assert caught.value.words == (1, 16)


def test_a_fingerprint_that_agrees_is_remembered_and_replaces_no_consent() -> None:
    found = examine(SIMULATED)
    said = found.authority.fingerprint_sha256
    assert accept(found, accepts=[Standing.SIMULATED], fingerprint=said).compared
    assert not accept(found, accepts=[Standing.SIMULATED]).compared
    with pytest.raises(AuthorityNotAccepted):
        accept(found, fingerprint=said)


def test_an_authority_expires_after_its_last_second() -> None:
    found = examine(SIMULATED)
    last = found.authority.not_after
    assert not found.expired(last)
    assert found.expired(last + timedelta(seconds=1))


def test_an_authority_belongs_to_the_folder_of_its_standing_only() -> None:
    found = examine(SIMULATED)
    assert [misplaced(found, standing.value) for standing in Standing] == [True, True, False, True]


# Generations


@needs_published
@pytest.mark.parametrize(
    ("roots", "says"),
    [
        # Its authority key identifier is 4de017…, that of signca02, serial 20104363.
        (["signca01", "signca02", "signca03"], "chain.not-signed"),
        (["signca03", "signca02", "signca01"], "chain.not-signed"),
        (["signca01", "signca03"], "chain.unknown-issuer"),
        (["authca02"], "chain.unknown-issuer"),
    ],
)
def test_of_several_generations_under_one_name_the_key_identifier_decides(
    roots: list[str], says: str
) -> None:
    # The signature value is no good; which authority is chosen does not hang on it.
    report = explain_raw(
        bytes(256),
        certificate=(PUBLISHED / "test" / "mynawallet-dummy-sign.der").read_bytes(),
        content=b"content",
        evidence=Evidence(roots=tuple(examine(published(root)).authority for root in roots)),
        at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    chain = next(finding for finding in report.steps if finding.code.startswith("chain."))
    assert chain.code == says
    if says == "chain.not-signed":
        assert "20104363" in chain.message
