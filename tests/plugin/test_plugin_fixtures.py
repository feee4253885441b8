"""The fixtures: what each gives, and that a card, a phone, lists and a verifier fit together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asn1crypto import cms

from jpki.card.applet import JpkiApplet
from jpki.certificates import parse_authority
from jpki.errors import ImpossibleFact, NoCertificate, WrongPin
from jpki.life.events import Platform, RecordItem
from jpki.revocation import parse_revocation_list
from jpki.terms import CertificateKind, Purpose
from jpki.validation import Verdict
from simulator.pytest_plugin.assertions import (
    assert_active,
    assert_expired,
    assert_held,
    assert_revoked,
    assert_verdict,
)

CONTENT = b"a contract"


def test_a_card_signs_and_the_verifier_accepts(card, verifier) -> None:
    report = verifier.receive(card.sign(CONTENT), CONTENT)
    assert_verdict(report, Verdict.VALID)
    assert report.signer.serial == card.signature_certificate.serial
    assert verifier.receive(card.sign(CONTENT), b"another").verdict is Verdict.INVALID


def test_a_phone_signs_with_certificates_of_its_own(phone, card, verifier) -> None:
    report = verifier.receive(phone.sign(CONTENT), CONTENT)
    assert_verdict(report, Verdict.VALID)
    assert report.signer.kind is CertificateKind.MOBILE_SIGNATURE
    assert phone.person_id == card.person_id


def test_a_challenge_is_answered_once(card, verifier) -> None:
    asked = verifier.challenge()
    answer = card.answer(asked)
    assert_verdict(verifier.authenticate(asked, answer), Verdict.VALID)
    assert verifier.authenticate(asked, answer) is None
    other = verifier.challenge()
    assert verifier.authenticate(other, answer).verdict is Verdict.INVALID


def test_a_move_revokes_the_signature_certificates_when_it_is_recorded(
    person, card, phone, verifier, clock
) -> None:
    """SC-01: the signature pair falls at the record, a day later; authentication stays."""
    signature = card.sign(CONTENT)
    recorded_at = person.move()
    clock.at(recorded_at - timedelta(seconds=1))
    assert_active(card.signature_certificate)
    clock.at(recorded_at)
    assert_revoked(card.signature_certificate, reason=3, because="EV-01")
    assert_revoked(phone.signature_certificate, reason="affiliationChanged")
    assert_active(card.authentication_certificate)
    assert_active(phone.authentication_certificate)
    # The next quarter hour at the latest, OCSP says so.
    clock.advance("15m")
    report = verifier.receive(signature, CONTENT)
    assert_verdict(report, Verdict.INVALID, code="revocation.revoked")
    assert verifier.later_status(card.signature_certificate).verdict is Verdict.INVALID
    assert verifier.later_status(card.authentication_certificate).verdict is Verdict.VALID


@pytest.mark.jpki(evidence="lists")
def test_a_verifier_with_lists_alone_hears_of_a_loss_once_the_new_list_is_taken_over(
    card, verifier, clock
) -> None:
    """The list of midnight; ten minutes on, the day before's may still answer (VO-1)."""
    signature = card.sign(CONTENT)
    card.report_lost()
    clock.at("2026-08-04T00:09:59")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID
    clock.at("2026-08-04T00:10")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INVALID


@pytest.mark.jpki(evidence="lists", policies={"list_takeover_minutes": 0})
def test_without_the_time_to_take_over_the_list_of_midnight_answers_at_midnight(
    card, verifier, clock
) -> None:
    signature = card.sign(CONTENT)
    card.report_lost()
    clock.at("2026-08-03T23:59:59")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID
    clock.at("2026-08-04T00:00")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INVALID


@pytest.mark.jpki(
    evidence="ocsp", at="2026-08-03T10:01", policies={"ocsp_answers_new_as": "unknown"}
)
def test_ocsp_knows_a_new_certificate_at_once_or_not_as_the_policy_says(
    card, verifier, clock
) -> None:
    signature = card.sign(CONTENT)
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INDETERMINATE
    clock.at("2026-08-03T10:15")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID


@pytest.mark.jpki(evidence="ocsp", at="2026-08-03T10:01")
def test_a_verifier_with_ocsp_alone_hears_of_a_loss_at_the_next_quarter_hour(
    card, verifier, clock
) -> None:
    signature = card.sign(CONTENT)
    card.report_lost()
    clock.at("2026-08-03T10:14:59")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.VALID
    clock.at("2026-08-03T10:15")
    assert verifier.receive(signature, CONTENT).verdict is Verdict.INVALID


def test_a_lost_card_is_held_and_released(card) -> None:
    """EV-34 and T-3: authentication is held and comes back; the signature certificate is gone."""
    card.report_lost()
    assert_held(card.authentication_certificate, because="EV-34")
    assert_revoked(card.signature_certificate, reason="certificateHold")
    assert card.authentication_certificate.recorded_at is not None
    card.found_again()
    assert_active(card.authentication_certificate)
    assert card.authentication_certificate.reason is None


def test_certificates_expire_in_their_own_time(card, clock) -> None:
    # Issued 2026-08-03 to somebody born on 15 September: the fifth birthday after it (施行規則 13).
    clock.at("2030-09-15T23:59:59")
    assert_active(card.signature_certificate)
    clock.advance("1s")
    assert_expired(card.signature_certificate)


def test_a_renewed_card_has_new_certificates_and_the_old_ones_are_revoked(card, clock) -> None:
    clock.at("2030-07-01")
    before = card.certificates
    card.renew()
    for old, new in zip(before, card.certificates, strict=True):
        assert_revoked(old, reason="superseded")
        assert_active(new)


def test_a_second_phone_takes_the_first_ones_place(card, make_phone) -> None:
    first = make_phone(card)
    second = make_phone(card, platform=Platform.IPHONE)
    for one in first.certificates:
        assert_revoked(one)
    for one in second.certificates:
        assert_active(one)


def test_a_replaced_phone_signs_only_until_the_agency_reaches_it(
    card, make_phone, clock, verifier
) -> None:
    """Its keys are erased by C-2 when it is online, which is told as such and not as a PIN."""
    old = make_phone(card)
    old.go_offline()
    make_phone(card)
    clock.advance("2d")
    report = verifier.receive(old.sign(CONTENT), CONTENT)
    assert_verdict(report, Verdict.INVALID)
    old.go_online()
    with pytest.raises(NoCertificate):
        old.sign(CONTENT)
    with pytest.raises(NoCertificate), old.opened(Purpose.USER_AUTHENTICATION):
        pass


def test_a_phone_that_is_no_longer_used_has_no_live_certificate(phone) -> None:
    phone.stop_using()
    for one in phone.certificates:
        assert_revoked(one, because="revocation_requested")


def test_people_are_invented_one_after_the_other(people, world) -> None:
    one, other = people.invent(), people.invent(name="模擬　花子", address="模擬町１")
    assert one.id != other.id
    assert (other.items.name, other.items.address) == ("模擬　花子", "模擬町１")
    assert other.items.name not in repr(other) + repr(people) + repr(world)


def test_what_happens_to_a_person_is_on_their_record(person, card, clock) -> None:
    clock.at(person.amend(RecordItem.NAME, "模擬　太郎"))
    assert person.items.name == "模擬　太郎"
    assert_revoked(card.signature_certificate, because="EV-07")
    clock.at(person.die())
    assert_revoked(person.certificate(CertificateKind.CARD_AUTHENTICATION), because="EV-13")
    with pytest.raises(ImpossibleFact):
        person.certificate(CertificateKind.MOBILE_SIGNATURE)


def test_the_reader_holds_the_card(reader, card) -> None:
    applet = JpkiApplet(reader.connect())
    certificate = applet.certificate(Purpose.USER_AUTHENTICATION)
    assert certificate == card.authentication_certificate.der


def test_a_card_counts_wrong_pins_wherever_it_is_used(make_card, reader) -> None:
    card = make_card(pin="4321")
    wrong = type(card)(card.world, card.person_id, card.name, type(card.pins)("ABC123", "0000"))
    with pytest.raises(WrongPin), wrong.opened(Purpose.USER_AUTHENTICATION):
        pass
    with card.pin as pin:
        assert card.applet().tries_left(pin.kind) == 2
    assert "4321" not in repr(card) + repr(card.pins)


def test_the_authority_gives_roots_lists_and_answers(authority, card, make_card, people) -> None:
    make_card(people.invent(municipality_code="01106"))
    assert {root.purpose for root in authority.roots} == set(Purpose)
    # Two authorities, two municipalities.
    assert len(authority.lists) == 4
    listed = parse_revocation_list(authority.list_of(card.signature_certificate))
    assert listed.signed_by(authority.root(Purpose.SIGNATURE))
    assert authority.certificate(card.signature_certificate.der) == card.signature_certificate
    stamp = authority.timestamp(bytes(32))
    assert stamp
    assert authority.timestamp_root


def test_a_folder_of_the_authoritys_roots_and_lists_can_be_handed_to_another_program(
    authority, card, tmp_path
) -> None:
    folder = authority.trust_folder()
    assert {parse_authority(file.read_bytes()) for file in folder.iterdir()} == set(authority.roots)
    lists = authority.lists_folder(tmp_path / "lists")
    assert lists == tmp_path / "lists"
    assert len(list(lists.glob("*.crl"))) == 2
    assert authority.trust_folder() != folder


def test_a_certificate_of_another_world_is_a_stranger(authority, card, request) -> None:
    stranger = card.signature_certificate.der[:-1] + b"\x00"
    with pytest.raises(ImpossibleFact):
        authority.certificate(stranger)


def test_fresh_keys_are_made_and_seeded_ones_are_those_of_the_seed(pytester) -> None:
    """Seeded as ``jpki-sim`` makes them, and kept in pytest's cache from run to run."""
    pytester.makepyfile(
        """
        import pytest
        from simulator.keys import FreshKeys, SeededKeys

        @pytest.mark.jpki(keys="fresh")
        def test_fresh(world):
            assert world.keys.rsa("a").key_size == 2048
            assert isinstance(world.keys, FreshKeys)

        @pytest.mark.jpki(keys="seeded", seed="plug-in test")
        def test_seeded(world):
            assert world.keys.rsa("a").private_numbers() == (
                SeededKeys("plug-in test").rsa("a").private_numbers()
            )
        """
    )
    result = pytester.runpytest_inprocess("-p", "simulator.pytest_plugin.plugin")
    result.assert_outcomes(passed=2)
    assert len(list((pytester.path / ".pytest_cache/d/jpki-keys").iterdir())) == 1


def test_pcsc_is_used_only_where_it_is_asked_for_and_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.jpki(reader="pcsc")
        def test_it(reader):
            pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "simulator.pytest_plugin.plugin")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*NoReader*--jpki-reader NAME*"])


def two_signers(one: bytes, other: bytes) -> bytes:
    """Return one CMS message with the certificates and the signers of both."""
    first, second = (cms.ContentInfo.load(data) for data in (one, other))
    content, more = first["content"], second["content"]
    content["certificates"] = [*content["certificates"], *more["certificates"]]
    content["signer_infos"] = [*content["signer_infos"], *more["signer_infos"]]
    return first.dump(force=True)


def test_a_file_with_several_signatures_is_none_to_receive_alone(card, phone, verifier) -> None:
    two = two_signers(card.sign(CONTENT), phone.sign(CONTENT))
    with pytest.raises(ImpossibleFact):
        verifier.receive(two, CONTENT)
    assert len(verifier.receive_document(two, CONTENT).signatures) == 2
