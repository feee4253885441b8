"""A command is durable before it is answered, and done once however often it is sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jpki.errors import ServiceQuestionInvalid, ServiceRefused
from simulator.world import World
from tests.services import servicework as work
from tests.web.webwork import Served, serving


def test_what_was_answered_is_in_the_file(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    with serving(place) as served:
        person = served.control.invent_person()
        with World.open(place, keys=work.keys()) as other:
            assert person in other.state().people


def test_what_another_program_wrote_is_told(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    with serving(place) as served, World.open(place, keys=work.keys()) as other:
        other.advance(other.now + timedelta(hours=1))
        person = work.person_with_card(other, 7)
        assert served.control.person(person).card is not None
        assert served.control.clock().now == other.now


def test_a_command_sent_again_with_its_key_is_answered_and_not_done_again(served: Served) -> None:
    first = served.control.invent_person(key="try-1")
    assert served.control.invent_person(key="try-1") == first
    assert served.control.invent_person(key="try-2") != first
    before = served.world.now
    served.control.advance(timedelta(hours=1), key="tick")
    served.control.advance(timedelta(hours=1), key="tick")
    assert served.world.now == before + timedelta(hours=1)


def test_a_key_is_for_one_command(served: Served) -> None:
    served.control.advance(timedelta(hours=1), key="tick")
    with pytest.raises(ServiceRefused, match="another command"):
        served.control.advance(timedelta(hours=2), key="tick")


def test_a_refused_command_leaves_its_key_free(served: Served) -> None:
    fact = {"person": served.person}
    with pytest.raises(ServiceRefused):  # nothing is suspended yet
        served.control.fire("card_suspension_lifted", fact, key="lift")
    served.control.command(served.person, "card/suspension")
    assert served.control.fire("card_suspension_lifted", fact, key="lift").entries


def test_a_token_is_not_kept_for_a_retry(served: Served) -> None:
    body = {"verifier": "shop", "roles": ["signature_verifier"], "purposes_of_use": ["x"]}
    with served.keeper() as client:
        sent = [
            client.post("/control/v1/verifiers", json=body, headers={"idempotency-key": "k"})
            for _ in range(2)
        ]
    assert [each.status_code for each in sent] == [200, 409]
    assert sent[0].json()["token"] not in sent[1].text


@pytest.mark.parametrize("key", ["a b", "x" * 65, "ü", ""])
def test_a_key_of_another_shape_is_refused(served: Served, key: str) -> None:
    with served.keeper() as client:
        answer = client.post(
            "/control/v1/people/invented", json={}, headers={"idempotency-key": key.encode()}
        )
    assert answer.status_code == 400


def test_a_consent_sent_again_with_its_key_is_answered_again(served: Served) -> None:
    content = work.document(served.world)
    signature = work.signed(served.world, served.person, content)
    with served.verifier() as bank:
        first = bank.give_consent(content, signature, key="c1")
        assert bank.give_consent(content, signature, key="c1") == first
        with pytest.raises(ServiceRefused, match="taken before"):
            bank.give_consent(content, signature)
    assert len(served.world.state().person(served.person).consents) == 1
    outcomes = [line.outcome for line in served.control.audit().lines]
    assert outcomes == ["recorded", "life.refused"]


def test_a_question_that_nothing_is_about_is_invalid(served: Served) -> None:
    with pytest.raises(ServiceQuestionInvalid):
        served.control.person("P999999")
