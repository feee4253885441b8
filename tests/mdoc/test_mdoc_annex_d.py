"""The example of ISO/IEC 18013-5 Annex D, made by others, through our reader.

What is expected is what the standard says of its own example: the family name is Doe, the record
was signed at 2020-10-01T13:30:02Z and ends a year later, and the device answers with a message
code, which a reader without that session's key cannot check.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jpki.errors import Indeterminate
from jpki.mdoc import (
    MdocPolicy,
    Presentation,
    SecurityObject,
    SessionTranscript,
    explain,
    parse_root,
    verify,
)
from jpki.mdoc.cbor import Embedded, decode
from jpki.validation import Outcome, Verdict

VECTORS = Path(__file__).parents[1] / "vectors" / "mdoc"
RESPONSE = (VECTORS / "annex-d-response.cbor").read_bytes()
TRANSCRIPT = (VECTORS / "annex-d-transcript.cbor").read_bytes()
ROOT = parse_root((VECTORS / "annex-d-root.der").read_bytes())
LICENCE = MdocPolicy(doc_type="org.iso.18013.5.1.mDL")
WITHIN = datetime(2021, 1, 1, tzinfo=UTC)


def outcomes(at: datetime = WITHIN, policy: MdocPolicy = LICENCE) -> dict[str, Outcome]:
    transcript = SessionTranscript.parse(TRANSCRIPT)
    report = explain(RESPONSE, roots=[ROOT], transcript=transcript, at=at, policy=policy)
    return {step.name: step.outcome for step in report.steps}


def test_everything_but_the_message_code_is_checked_and_good() -> None:
    found = outcomes()
    assert found.pop("device") is Outcome.UNKNOWN
    assert set(found.values()) == {Outcome.PASSED}
    assert len(found) == 7


def test_the_message_code_leaves_it_indeterminate() -> None:
    with pytest.raises(Indeterminate) as caught:
        verify(RESPONSE, roots=[ROOT], transcript=None, at=WITHIN, policy=LICENCE)
    assert caught.value.step == 8


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (datetime(2020, 10, 1, 13, 30, 1, tzinfo=UTC), Outcome.FAILED),
        (datetime(2020, 10, 1, 13, 30, 2, tzinfo=UTC), Outcome.PASSED),
        (datetime(2021, 10, 1, 13, 30, 2, tzinfo=UTC), Outcome.PASSED),
        (datetime(2021, 10, 1, 13, 30, 3, tzinfo=UTC), Outcome.FAILED),
    ],
)
def test_its_year_begins_and_ends_to_the_second(at: datetime, outcome: Outcome) -> None:
    assert outcomes(at)["validity"] is outcome


def test_a_licence_is_no_record_of_the_card() -> None:
    assert outcomes(policy=MdocPolicy())["type"] is Outcome.FAILED


def test_another_family_name_is_not_what_was_signed() -> None:
    altered = RESPONSE.replace(b"elementValuecDoe", b"elementValuecFoe")
    assert altered != RESPONSE
    report = explain(altered, roots=[ROOT], transcript=None, at=WITHIN, policy=LICENCE)
    assert report.verdict is Verdict.INVALID
    assert report.deciding_step.code == "items.differs"
    assert "family_name" in report.deciding_step.message
    assert report.items == ()


def test_what_is_read_is_written_back_to_the_same_bytes() -> None:
    found = Presentation.parse(RESPONSE).record
    assert found.items[0].value == "Doe"
    assert found.items[0].stored in RESPONSE
    assert found.to_bytes() in RESPONSE
    payload = found.issuer_auth.payload
    assert payload is not None
    assert SecurityObject.parse(payload).to_bytes() != b""


def test_the_session_transcript_is_made_from_its_parts_as_the_standard_has_it() -> None:
    outer = decode(TRANSCRIPT, source="vector")
    assert isinstance(outer, Embedded)
    engagement, reader_key, handover = decode(outer.content, source="vector")  # type: ignore[misc]
    made = SessionTranscript.proximity(engagement.content, reader_key.content, handover)
    assert made.encoded == outer.content
    assert made == SessionTranscript.parse(TRANSCRIPT)
