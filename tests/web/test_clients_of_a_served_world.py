"""The typed clients against a served world, from one end to the other."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from jpki.certificates import parse_authority
from jpki.cli.exit_codes import ExitCode, exit_code_of
from jpki.errors import (
    JpkiError,
    ServiceAnswerUnusable,
    ServiceError,
    ServiceQuestionInvalid,
    ServiceRefused,
    ServiceUnauthenticated,
    ServiceUnavailable,
)
from jpki.life.events import ConsentItem, Platform, RecordItem
from jpki.revocation import parse_revocation_list
from jpki.services.client import VerifierClient
from jpki.terms import CertificateKind, Purpose
from jpki.verify import explain
from simulator.client import ControlClient
from simulator.clock import ClockKind
from tests.services import servicework as work
from tests.web.webwork import Served

CS = CertificateKind.CARD_SIGNATURE


def test_a_move_from_the_counter_to_the_verifier(served: Served) -> None:
    control, person = served.control, served.person
    card = control.person(person).chips[0]
    old = work.live(served.world, person, CS)
    document = work.document(served.world)
    signature = control.sign(person, card, document, password=work.PASSWORD)
    with served.verifier() as bank:
        assert bank.status(old.serial, Purpose.SIGNATURE).status == "good"
        receipt = bank.give_consent(document, signature)
        assert receipt.items == (ConsentItem.ADDRESS, ConsentItem.NAME)
        due = control.amend_record(person, RecordItem.ADDRESS, work.MOVED_TO)
        assert bank.status(old.serial, Purpose.SIGNATURE).status == "good"
        told = control.advance(to=due)
        assert len(told.recorded) == 1
        later = bank.later_status(old.serial, first_checked_at=old.issued_at)
        assert (later.status, later.reason) == ("revoked", "affiliationChanged")
        first = bank.four_items(old.serial, first_checked_at=old.issued_at)
        assert (first.given, first.rule) == (False, "CO-7")
        control.command(person, "card/signature-certificate")
        items = bank.four_items(old.serial, first_checked_at=old.issued_at)
        assert items.items[ConsentItem.ADDRESS] == work.MOVED_TO
        assert work.MOVED_TO not in repr(items)
        assert str(items.serial) not in repr(items)
        generation = old.authority.generation
        control.advance(timedelta(days=1))
        listed = bank.revocation_list(
            Purpose.SIGNATURE, generation=generation, municipality=old.municipality
        )
        assert old.serial in parse_revocation_list(listed).entries
    why = control.why(Purpose.SIGNATURE, old.serial)
    assert why.event == "resident_record_amended"
    assert "12(1)" in why.reasons[0].basis
    moments = control.timeline(person).moments
    assert moments[0].event == "resident_registered"
    assert any(change.serial == old.serial for each in moments for change in each.changes)


def test_what_a_served_card_signs_is_verified_with_the_served_root(served: Served) -> None:
    control, person = served.control, served.person
    record = work.live(served.world, person, CS)
    content = b"contract"
    signature = control.sign(
        person, control.person(person).chips[0], content, password=work.PASSWORD
    )
    root = parse_authority(control.root(Purpose.SIGNATURE, record.authority.generation))
    report = explain(signature, content=content, roots=[root], at=served.world.now)
    assert report.signer is not None
    assert report.signer.serial == record.serial
    assert control.certificate(Purpose.SIGNATURE, record.serial)[:1] == b"\x30"


def test_a_wrong_password_costs_a_try_although_the_command_is_refused(served: Served) -> None:
    control, person = served.control, served.person
    card = control.person(person).chips[0]
    before = served.world.store.chip(card)
    with pytest.raises(ServiceRefused) as refused:
        control.sign(person, card, b"x", password="WRONG123")
    assert refused.value.problem == "pin.wrong"
    assert served.world.store.chip(card) != before
    assert "WRONG123" not in str(refused.value)


def test_a_dry_run_tells_what_would_fall_and_records_nothing(served: Served) -> None:
    fact = {"person": served.person, "channel": "call_centre"}
    entries = served.control.status().entries
    foreseen = served.control.fire("card_loss_reported", fact, dry_run=True)
    assert foreseen.entries == ()
    assert served.control.status().entries == entries
    done = served.control.fire("card_loss_reported", fact)
    assert done.entries == (entries + 1,)
    assert done.changes == foreseen.changes
    # A lost card: the signature certificate is revoked, the other held (Act; EV-34).
    assert {(each.kind, each.effect.value) for each in done.changes} == {
        (CS, "revoke"),
        (CertificateKind.CARD_AUTHENTICATION, "suspend"),
    }


def test_people_are_invented_and_get_cards_and_phones(served: Served) -> None:
    control = served.control
    person = control.invent_person(municipality="13113")
    assert person == "P000002"
    control.hand_over_card(person, signature_password=work.PASSWORD, user_pin=work.PIN)
    control.enrol_phone(
        person,
        Platform.ANDROID,
        card_password=work.PASSWORD,
        signature_password=work.PASSWORD,
        user_pin=work.PIN,
    )
    told = control.person(person)
    assert {each.kind for each in told.certificates} == set(CertificateKind)
    control.command(person, "card/suspension")
    control.command(person, "card/suspension/lifting")
    control.command(person, "phone/suspension")
    assert control.items(person).name not in repr(control.items(person))


def test_the_clock_stands_runs_and_never_goes_back(served: Served) -> None:
    control = served.control
    shown = control.clock()
    assert (shown.kind, shown.now) == (ClockKind.FROZEN, work.BEGINS)
    assert control.advance(timedelta(hours=26)).now == work.BEGINS + timedelta(hours=26)
    with pytest.raises(ServiceRefused, match="cannot go back"):
        control.advance(to=work.BEGINS)
    control.set_clock(ClockKind.ACCELERATED, factor=3600.0)
    first = control.clock().now
    assert control.clock().now > first
    control.set_clock(ClockKind.FROZEN)
    assert control.clock().now == control.clock().now


def test_events_are_listed_with_their_fields(served: Served) -> None:
    names = {each.event for each in served.control.events().events}
    assert "card_loss_reported" in names
    schema = served.control.event_schema("card_loss_reported").json_schema
    assert set(schema["properties"]) == {"person", "channel"}
    with pytest.raises(ServiceQuestionInvalid):
        served.control.fire("certificate_issued", {})
    with pytest.raises(ServiceQuestionInvalid):
        served.control.event_schema("no_such_event")


def test_a_refused_event_names_rule_and_basis(served: Served) -> None:
    with pytest.raises(ServiceRefused) as refused:
        served.control.fire(
            "four_items_consent_given",
            {"person": served.person, "verifier": "bank", "items": ["name"], "signed_with": None},
        )
    assert refused.value.rule == "CO-1"
    assert refused.value.problem == "life.refused"


def test_the_errors_of_a_service_are_told_apart_and_end_a_command_with_6(served: Served) -> None:
    url = served.server.url
    with ControlClient(url, "wrong") as nobody, pytest.raises(ServiceUnauthenticated) as stranger:
        nobody.status()
    with (
        VerifierClient(url, served.bank, role=work.LOGIN, purpose_of_use=work.USE) as other,
        pytest.raises(ServiceRefused) as refused,
    ):
        other.status(1_000, Purpose.SIGNATURE)
    assert refused.value.problem == "not-permitted"
    with (
        ControlClient("http://127.0.0.1:9", "token") as nowhere,
        pytest.raises(ServiceUnavailable) as gone,
    ):
        nowhere.status()
    errors: list[JpkiError] = [stranger.value, refused.value, gone.value]
    assert {exit_code_of(error) for error in errors} == {ExitCode.NETWORK_OR_SERVICE}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>a portal</html>", ServiceAnswerUnusable),
        (200, b"{}", ServiceAnswerUnusable),
        (302, b"", ServiceAnswerUnusable),
        (401, b"not json", ServiceUnauthenticated),
        (403, b"", ServiceRefused),
        (404, b"", ServiceQuestionInvalid),
        (429, b"", ServiceUnavailable),
        (500, b"\xff", ServiceUnavailable),
    ],
)
def test_whatever_a_server_answers_is_an_error_of_the_tree(
    status: int, body: bytes, error: type[ServiceError]
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    with (
        ControlClient("http://agency.invalid", "secret-token", transport=transport) as client,
        pytest.raises(error) as raised,
    ):
        client.status()
    assert "secret-token" not in str(raised.value)
    assert "secret-token" not in repr(client)


@pytest.mark.parametrize("url", ["", "ftp://host", "http://", "not an address", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ServiceUnavailable):
        ControlClient(url, "token")
