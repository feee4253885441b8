"""Assurance levels by how an authentication was done; every one is an inference and says so."""

from __future__ import annotations

from datetime import date

import pytest

from jpki.assurance import Assurance, AssurancePolicy, Gate, assurance
from jpki.errors import ImpossibleFact
from jpki.terms import Certainty, CertificateKind

CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
MS, MA = CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION
NOW = date(2026, 6, 14)


def levels(found: Assurance) -> tuple[int | None, int | None]:
    return (
        found.identity.value if found.identity else None,
        found.authenticator.value if found.authenticator else None,
    )


# AL-2 to AL-5: the signature certificates prove who somebody is, the others possession only.
@pytest.mark.parametrize(
    ("kind", "gate", "expected", "row"),
    [
        (CS, Gate.PIN, (3, 3), "AL-2"),
        (CA, Gate.PIN, (None, 3), "AL-2"),
        (MS, Gate.PIN, (3, 3), "AL-3"),
        (MA, Gate.PIN, (None, 3), "AL-4"),
        (MA, Gate.BIOMETRICS, (None, 3), "AL-4"),
        (CA, Gate.NOTHING, (None, 1), "AL-5"),
    ],
)
def test_a_way_reaches_its_levels_and_says_that_they_are_inferred(
    kind: CertificateKind, gate: Gate, expected: tuple[int | None, int | None], row: str
) -> None:
    found = assurance(kind, gate, on=NOW)
    assert levels(found) == expected
    for level in (found.identity, found.authenticator):
        if level is not None:
            assert (level.row, level.certainty) == (row, Certainty.ASSUMED)
            assert level.basis
            assert level.note_ja
            assert level.note_en


def test_reading_without_pin_is_below_three_and_how_far_is_a_choice() -> None:
    two = assurance(CA, Gate.NOTHING, on=NOW, policy=AssurancePolicy(without_pin=2))
    assert levels(two) == (None, 2)
    for wrong in (0, 3):
        with pytest.raises(ImpossibleFact):
            AssurancePolicy(without_pin=wrong)


@pytest.mark.parametrize("gate", [Gate.FACE_MATCH, Gate.VISUAL_CHECK])
def test_no_source_grades_a_face_so_nothing_is_said_unless_the_caller_does(gate: Gate) -> None:
    assert levels(assurance(CA, gate, on=NOW)) == (None, None)
    chosen = assurance(CA, gate, on=NOW, policy=AssurancePolicy(with_face=2))
    assert levels(chosen) == (None, 2)
    assert chosen.authenticator is not None
    assert chosen.authenticator.certainty is Certainty.ASSUMED
    for wrong in (0, 4):
        with pytest.raises(ImpossibleFact):
            AssurancePolicy(with_face=wrong)


@pytest.mark.parametrize(
    ("kind", "gate"),
    [
        (CS, Gate.BIOMETRICS),
        (CS, Gate.NOTHING),
        (MS, Gate.BIOMETRICS),
        (MS, Gate.FACE_MATCH),
        (CA, Gate.BIOMETRICS),
        (MA, Gate.NOTHING),
        (MA, Gate.VISUAL_CHECK),
    ],
)
def test_a_way_that_the_law_does_not_know_is_refused(kind: CertificateKind, gate: Gate) -> None:
    with pytest.raises(ImpossibleFact):
        assurance(kind, gate, on=NOW)


@pytest.mark.parametrize(
    ("kind", "gate", "first"),
    [
        (CA, Gate.FACE_MATCH, date(2020, 5, 25)),
        (CA, Gate.NOTHING, date(2024, 5, 27)),
        (MA, Gate.BIOMETRICS, date(2023, 5, 11)),
        (MS, Gate.PIN, date(2023, 5, 11)),
    ],
)
def test_a_way_begins_on_its_day(kind: CertificateKind, gate: Gate, first: date) -> None:
    assert assurance(kind, gate, on=first).gate is gate
    with pytest.raises(ImpossibleFact):
        assurance(kind, gate, on=date.fromordinal(first.toordinal() - 1))


def test_before_the_guideline_there_are_no_levels() -> None:
    assert levels(assurance(CS, Gate.PIN, on=date(2019, 2, 24))) == (None, None)
    assert levels(assurance(CS, Gate.PIN, on=date(2019, 2, 25))) == (3, 3)
