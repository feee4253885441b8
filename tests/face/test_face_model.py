"""Faces compared by a model: closed forms worked out by hand, and draws that keep to them."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from jpki.errors import ImpossibleFact
from simulator import municipality
from simulator.cli.app import app
from simulator.face import (
    ASSUMED,
    THRESHOLDS,
    FaceDecision,
    FaceParameters,
    LiveFace,
    Photo,
    PhotoQuality,
    compare,
    match,
    photo_of,
    threshold_line,
    threshold_table,
)
from tests.actors.conftest import BEGINS, Town, new_world, pins

# Every attempt is a new chance, the camera looks for no life, and a stranger is at home at 0.
PLAIN = ASSUMED.with_(sameness=0.0, liveness=0.0)


# Closed forms


# Tables of the normal distribution: Q(1.96) = 0.0250, Q(3.0902) = 1e-3, Q(3.7190) = 1e-4.
@pytest.mark.parametrize(
    ("threshold", "rate"), [(0.0, 0.5), (1.959964, 0.025), (3.090232, 1e-3), (3.719016, 1e-4)]
)
def test_a_stranger_is_accepted_as_often_as_the_threshold_says(
    threshold: float, rate: float
) -> None:
    found = ASSUMED.with_(threshold=threshold).false_accept_rate()
    assert math.isclose(found, rate, rel_tol=1e-5)


# The holder scores 6.5 on average with deviation 1. A fresh photo at threshold 4.540036 is
# 1.959964 deviations below: 2.5 % are turned away. Ten years cost 0.8, a fair photo 0.5.
@pytest.mark.parametrize(
    ("photo", "threshold", "rate"),
    [
        (Photo(), 4.540036, 0.025),
        (Photo(10.0), 3.740036, 0.025),
        (Photo(10.0, quality=PhotoQuality.FAIR), 3.240036, 0.025),
        (Photo(quality=PhotoQuality.POOR), 3.040036, 0.025),
        (Photo(2.0, 2.0), 3.840036, 0.025),  # two years of a child: 0.70
        (Photo(10.0), 5.7, 0.5),
    ],
)
def test_an_old_or_poor_photo_turns_the_holder_away(
    photo: Photo, threshold: float, rate: float
) -> None:
    found = ASSUMED.with_(threshold=threshold).false_reject_rate(photo)
    assert math.isclose(found, rate, rel_tol=1e-5)


def test_a_spread_is_in_the_unit_of_strangers_scores() -> None:
    # (6.5 - 2.580072) / 2 = 1.959964
    wide = ASSUMED.with_(threshold=2.580072, spread=2.0)
    assert math.isclose(wide.false_reject_rate(), 0.025, rel_tol=1e-5)
    # A stranger's deviation is the unit itself.
    assert wide.false_accept_rate() == ASSUMED.with_(threshold=2.580072).false_accept_rate()


@pytest.mark.parametrize("attempts", [1, 2, 3, 10])
def test_attempts_that_have_nothing_in_common_multiply(attempts: int) -> None:
    parameters = PLAIN.with_(threshold=3.090232)
    by_hand = 1.0 - (1.0 - 1e-3) ** attempts
    assert math.isclose(parameters.false_accept_rate(attempts=attempts), by_hand, rel_tol=1e-4)


def test_attempts_that_repeat_the_first_add_nothing() -> None:
    parameters = PLAIN.with_(threshold=3.090232, sameness=1.0)
    assert math.isclose(parameters.false_accept_rate(attempts=10), 1e-3, rel_tol=1e-5)


# n normal scores that share half of their variance all lie below their mean with probability
# 1 / (n + 1) (each is as likely to be the largest of n + 1), so one lies above with n / (n + 1).
@pytest.mark.parametrize("attempts", [1, 2, 3, 4, 9])
def test_attempts_that_share_half_are_between(attempts: int) -> None:
    half = PLAIN.with_(threshold=0.0, sameness=0.5)
    found = half.false_accept_rate(attempts=attempts)
    assert math.isclose(found, attempts / (attempts + 1), abs_tol=1e-9)


def test_a_camera_that_sees_every_picture_accepts_none() -> None:
    sees = ASSUMED.with_(liveness=1.0)
    assert sees.acceptance(LiveFace.PHOTO_OF_HOLDER, attempts=5) == 0.0
    # Without it a picture scores 6.2: at 6.2 one in two passes; at liveness 0.9 one in twenty.
    blind = PLAIN.with_(threshold=6.2)
    assert blind.acceptance(LiveFace.PHOTO_OF_HOLDER) == 0.5
    assert math.isclose(
        blind.with_(liveness=0.9).acceptance(LiveFace.PHOTO_OF_HOLDER), 0.05, rel_tol=1e-9
    )
    # It changes nothing for a face.
    assert blind.with_(liveness=0.9).acceptance(LiveFace.HOLDER) == blind.acceptance(
        LiveFace.HOLDER
    )


def test_whoever_raises_the_threshold_turns_away_more_holders() -> None:
    lines = threshold_table([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    for name, rising in (
        ("false_accept_once", False),
        ("false_accept", False),
        ("look_alike", False),
        ("picture", False),
        ("false_reject_once", True),
        ("false_reject", True),
    ):
        values = [getattr(line, name) for line in lines]
        assert values == sorted(values, reverse=not rising)
        assert len(set(values)) == len(values)


def test_a_face_alone_opens_cards_by_the_dozen_and_with_a_pin_none() -> None:
    """KS-2. 100,000 cards × 1/10,000 = 10; × 3 guesses of 10,000 = 0.003."""
    line = threshold_line(PLAIN.with_(threshold=3.719016, attempts=1), lost_cards=100_000)
    assert math.isclose(line.opened_by_face, 10.0, rel_tol=1e-4)
    assert math.isclose(line.opened_by_face_and_pin, 0.003, rel_tol=1e-4)
    # A twin passes far more often than a stranger: Q(3.719016 - 3.0) = Q(0.719) = 0.236.
    assert math.isclose(line.look_alike, 0.236, abs_tol=5e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": math.nan},
        {"holder": math.inf},
        {"spread": 0.0},
        {"sameness": 1.1},
        {"sameness": -0.1},
        {"liveness": 1.01},
        {"attempts": 0},
        {"attempts": 101},
    ],
)
def test_figures_that_no_comparison_has_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ImpossibleFact):
        ASSUMED.with_(**wrong)


@pytest.mark.parametrize("wrong", [(-1.0, 0.0), (1.0, 2.0), (151.0, 0.0), (math.nan, 0.0)])
def test_a_photo_of_no_age_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ImpossibleFact):
        Photo(*wrong)


@pytest.mark.parametrize("cards", [-1, 10**9 + 1])
def test_a_count_of_cards_that_cannot_be_is_refused(cards: int) -> None:
    with pytest.raises(ImpossibleFact):
        threshold_line(lost_cards=cards)


# Draws from a world's chance


def draws(parameters: FaceParameters, face: LiveFace, count: int) -> list[FaceDecision]:
    with new_world() as world:
        person, _ = Town(world).holder()
        with world.transaction():
            return [compare(world, person, face, parameters=parameters) for _ in range(count)]


@pytest.mark.parametrize(
    ("face", "mean"),
    [(LiveFace.STRANGER, 0.0), (LiveFace.LOOK_ALIKE, 3.0), (LiveFace.HOLDER, 6.5)],
)
def test_scores_lie_about_the_mean_of_the_face(face: LiveFace, mean: float) -> None:
    """With 400 draws of deviation 1 the mean lies within 0.2 (four deviations of 1/20)."""
    scores = [each.score for each in draws(PLAIN.with_(threshold=mean), face, 400)]
    assert all(score is not None for score in scores)
    average = sum(score or 0.0 for score in scores) / 400
    assert abs(average - mean) < 0.2
    accepted = sum(score is not None and score >= mean for score in scores)
    assert abs(accepted - 200) < 40  # four deviations of 10


def test_the_same_world_gives_the_same_scores_and_each_attempt_another() -> None:
    first = draws(ASSUMED, LiveFace.STRANGER, 20)
    assert first == draws(ASSUMED, LiveFace.STRANGER, 20)
    assert len({each.score for each in first}) == 20


def test_what_stays_of_a_face_stays() -> None:
    same = draws(ASSUMED.with_(sameness=1.0), LiveFace.LOOK_ALIKE, 10)
    assert len({each.score for each in same}) == 1


def test_a_picture_that_is_seen_has_no_score() -> None:
    found = draws(ASSUMED.with_(liveness=0.5), LiveFace.PHOTO_OF_HOLDER, 100)
    assert {each.attack_seen for each in found} == {True, False}
    for each in found:
        assert (each.score is None) == each.attack_seen
        assert not (each.attack_seen and each.accepted)
    # 100 draws of one in two: within four deviations of 5.
    assert abs(sum(each.attack_seen for each in found) - 50) < 20


def test_matching_stops_at_the_first_acceptance_or_after_the_attempts() -> None:
    with new_world() as world:
        person, _ = Town(world).holder()
        told = match(world, person, LiveFace.HOLDER, parameters=ASSUMED.with_(threshold=-50.0))
        assert (told.accepted, told.attempts) == (True, 1)
        told = match(
            world, person, LiveFace.HOLDER, parameters=ASSUMED.with_(threshold=50.0, attempts=4)
        )
        assert (told.accepted, told.attempts) == (False, 4)


def test_the_photo_is_as_old_as_the_card_and_a_childs_years_are_counted_apart() -> None:
    with new_world() as world:
        town = Town(world)
        adult, _ = town.holder()
        child = town.resident(born=date(2010, 7, 6))
        municipality.hand_over_card(world, child, pins=pins())
        world.advance(BEGINS + timedelta(days=1461))  # four years; the child is 18 after two
        photo = photo_of(world, adult)
        assert photo is not None
        assert (photo.years, photo.years_grown) == (4.0, 0.0)
        grown = photo_of(world, child)
        assert grown is not None
        assert grown.years == 4.0
        # From 2026-07-06 to 2028-07-06 are 731 days.
        assert grown.years_grown == 731 / 365.25


def test_where_there_is_no_photo_no_face_is_compared() -> None:
    with new_world() as world:
        town = Town(world)
        infant = town.resident(born=date(2026, 1, 10))
        municipality.hand_over_card(world, infant, pins=pins(), photo=False)
        assert photo_of(world, infant) is None
        for person in (infant, town.resident()):
            with pytest.raises(ImpossibleFact):
                compare(world, person, LiveFace.HOLDER)


# The command


def test_the_command_prints_a_line_for_each_threshold() -> None:
    asked = ["face", "--threshold", "3.090232", "--threshold", "0", "--attempts", "1"]
    found = CliRunner().invoke(app, [*asked, "--format", "json"])
    first, second = json.loads(found.stdout)
    assert math.isclose(first["false_accept"], 1e-3, rel_tol=1e-5)
    assert math.isclose(first["opened_by_face"], 100.0, rel_tol=1e-5)
    assert second["false_accept_once"] == 0.5


@pytest.mark.parametrize(("lang", "words"), [("en", "none of them measured"), ("ja", "仮定")])
def test_the_command_says_that_the_figures_are_assumed(lang: str, words: str) -> None:
    found = CliRunner().invoke(app, ["face", "--lang", lang])
    assert found.exit_code == 0
    assert words in found.stdout
    for threshold in THRESHOLDS:
        assert f" {threshold:g}\n" in found.stdout


def test_the_command_refuses_what_cannot_be() -> None:
    found = CliRunner().invoke(app, ["face", "--liveness", "2"])
    assert found.exit_code != 0
    assert "liveness" in found.output
