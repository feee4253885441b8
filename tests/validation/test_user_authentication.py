"""A challenge, the token's answer, and every way in which the answer may not be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from jpki.assurance import Gate
from jpki.authenticate import (
    AuthenticationResponse,
    Challenge,
    OpenChallenges,
    explain_authentication,
    respond,
    verify_authentication,
)
from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import BadSignature, ImpossibleFact, NotPermitted
from jpki.jst import at_time
from jpki.law import VerifierRole
from jpki.terms import Purpose
from jpki.validation import RECEPTION, CheckPurpose, Evidence, Verdict
from simulator import municipality
from simulator.keys import KeyDirectory, SeededKeys
from simulator.people import invent_person
from simulator.tokens import TokenPins, applet
from simulator.world import World

KEPT = Path(__file__).resolve().parents[2] / "build" / "test-keys"
AT = at_time(date(2026, 8, 1), time(10))
PINS = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))
SERVICE = "bank.example"
NONCE = bytes(range(32))


class Scene:
    """A person with a card, and what a verifier knows."""

    def __init__(self) -> None:
        keys = SeededKeys("authentication tests", cache=KeyDirectory(KEPT))
        self.world = World.create(seed="authentication tests", at=AT, keys=keys)
        person = municipality.register(self.world, invent_person("authentication tests", 1))
        self.token = municipality.hand_over_card(self.world, person, pins=PINS)
        self.evidence = Evidence(
            roots=self.world.agency.roots(AT),
            revocation_lists=self.world.agency.revocation_lists(AT),
        )

    def answer(
        self, challenge: Challenge, purpose: Purpose = Purpose.USER_AUTHENTICATION
    ) -> AuthenticationResponse:
        card = applet(self.world, self.token)
        pin = PINS.user_pin if purpose is Purpose.USER_AUTHENTICATION else PINS.signature_password
        with card.opened_key(purpose, pin) as key:
            return respond(challenge, key)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def challenge(nonce: bytes = NONCE, audience: str = SERVICE) -> Challenge:
    return Challenge.of(nonce, audience=audience, at=AT)


def verdict(
    scene: Scene,
    response: AuthenticationResponse,
    asked: Challenge,
    *,
    at: datetime = AT,
    audience: str = SERVICE,
) -> tuple[Verdict, str]:
    report = explain_authentication(
        response, asked, audience=audience, evidence=scene.evidence, at=at
    )
    assert report.purpose is CheckPurpose.AUTHENTICATION
    return report.verdict, report.deciding_step.code


def test_the_cards_answer_is_believed_and_names_nobody(scene: Scene) -> None:
    asked = challenge()
    report = verify_authentication(
        scene.answer(asked), asked, audience=SERVICE, evidence=scene.evidence, at=AT
    )
    assert report.signer is not None
    assert report.signer.attributes is None
    assert str(report.signer.serial) in report.text("en").splitlines()[0]


def test_an_answer_to_another_challenge_is_refused(scene: Scene) -> None:
    answer = scene.answer(challenge())
    other = challenge(nonce=bytes(reversed(NONCE)))
    assert verdict(scene, answer, other) == (Verdict.INVALID, "signature.differs")
    with pytest.raises(BadSignature):
        verify_authentication(answer, other, audience=SERVICE, evidence=scene.evidence, at=AT)


def test_an_answer_made_for_another_service_is_refused_wherever_it_is_carried(scene: Scene) -> None:
    elsewhere = challenge(audience="shop.example")
    answer = scene.answer(elsewhere)
    assert verdict(scene, answer, elsewhere) == (Verdict.INVALID, "structure.other-audience")
    # The same nonce, relabelled: the audience is under the signature too.
    assert verdict(scene, answer, challenge()) == (Verdict.INVALID, "signature.differs")


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (timedelta(microseconds=-1), "structure.challenge-outside"),
        (timedelta(0), "revocation.good"),
        (timedelta(minutes=5, microseconds=-1), "revocation.good"),
        (timedelta(minutes=5), "structure.challenge-outside"),
    ],
)
def test_a_challenge_lives_for_five_minutes(scene: Scene, after: timedelta, code: str) -> None:
    asked = challenge()
    assert verdict(scene, scene.answer(asked), asked, at=AT + after)[1] == code


def test_the_signature_key_does_not_authenticate(scene: Scene) -> None:
    asked = challenge()
    answer = scene.answer(asked, Purpose.SIGNATURE)
    assert verdict(scene, answer, asked) == (Verdict.INVALID, "policy.other-kind")


def test_another_persons_certificate_does_not_fit_the_answer(scene: Scene) -> None:
    asked = challenge()
    answer = scene.answer(asked)
    signature_certificate = scene.answer(asked, Purpose.SIGNATURE).certificate
    assert (
        verdict(scene, replace(answer, certificate=signature_certificate), asked)[0]
        is Verdict.INVALID
    )


def test_a_challenge_is_taken_once() -> None:
    waiting = OpenChallenges()
    waiting.add(challenge())
    assert waiting.take(NONCE) == challenge()
    assert waiting.take(NONCE) is None


def test_the_oldest_challenge_is_forgotten_when_too_many_are_asked_for() -> None:
    waiting = OpenChallenges(limit=2)
    nonces = [bytes([number]) * 16 for number in range(3)]
    for nonce in nonces:
        waiting.add(challenge(nonce=nonce))
    assert len(waiting) == 2
    assert [waiting.take(nonce) is None for nonce in nonces] == [True, False, False]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: challenge(nonce=bytes(15)),
        lambda: Challenge(NONCE, SERVICE, AT, AT),
        lambda: _twice(OpenChallenges()),
    ],
)
def test_a_challenge_that_cannot_be_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ImpossibleFact):
        wrong()


def _twice(waiting: OpenChallenges) -> None:
    waiting.add(challenge())
    waiting.add(challenge())


def test_sixteen_bytes_are_enough_and_an_instant_without_a_zone_is_not() -> None:
    assert challenge(nonce=bytes(16)).message.endswith(bytes(16))
    naive = datetime(2026, 8, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(TypeError):
        Challenge.of(NONCE, audience=SERVICE, at=naive)


def test_the_answer_shows_nothing_in_its_repr(scene: Scene) -> None:
    assert repr(scene.answer(challenge())) == "<AuthenticationResponse>"


def test_a_good_answer_reports_the_assurance_of_how_the_key_was_opened(scene: Scene) -> None:
    asked = challenge()
    report = verify_authentication(
        scene.answer(asked),
        asked,
        audience=SERVICE,
        evidence=scene.evidence,
        at=AT,
        gate=Gate.PIN,
    )
    assert report.assurance is not None
    # AL-2: card and PIN are two factors in hardware; the certificate names nobody, hence no IAL.
    assert (report.assurance.authenticator, report.assurance.identity) == (3, None)
    assert report.assurance.rows == ("AL-2 (assumed)",)


def test_a_bad_answer_reaches_no_assurance(scene: Scene) -> None:
    asked = challenge()
    report = explain_authentication(
        scene.answer(challenge(nonce=bytes(32))),
        asked,
        audience=SERVICE,
        evidence=scene.evidence,
        at=AT,
        gate=Gate.PIN,
    )
    assert report.assurance is None


def test_a_role_that_may_not_check_authentications_is_told_so(scene: Scene) -> None:
    asked = challenge()
    policy = replace(RECEPTION, role=VerifierRole.SIGNATURE_VERIFIER)
    with pytest.raises(NotPermitted) as caught:
        verify_authentication(
            scene.answer(asked),
            asked,
            audience=SERVICE,
            evidence=scene.evidence,
            at=AT,
            policy=policy,
        )
    assert caught.value.role == "signature_verifier"
    assert caught.value.basis
    permitted = replace(RECEPTION, role=VerifierRole.USER_AUTHENTICATION_VERIFIER)
    assert verify_authentication(
        scene.answer(asked),
        asked,
        audience=SERVICE,
        evidence=scene.evidence,
        at=AT,
        policy=permitted,
    ).signer
