"""Each kind of request from the app's question to the result it can verify."""

from __future__ import annotations

import hashlib
import threading
from base64 import b64decode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.authenticate import AuthenticationResponse, Challenge, explain_authentication
from jpki.certificates import parse_certificate
from jpki.errors import ServiceRefused
from jpki.law import VerifierRole
from jpki.life.events import ConsentItem, Platform
from jpki.services import ConsentDocument
from jpki.services.client import VerifierClient
from jpki.terms import CertificateKind, PinKind
from jpki.validation import Evidence, Verdict
from jpki.verify import explain
from simulator import phone as virtual_phone
from simulator.approvals import (
    AppRole,
    Authenticated,
    Enrolled,
    ItemsPresented,
    Means,
    RequestKind,
    RequestStatus,
    Signed,
)
from simulator.client import ControlClient
from tests.phone_http.phonework import Bench
from tests.services import servicework as work

PENDING, APPROVED = RequestStatus.PENDING, RequestStatus.APPROVED
REFUSED, FAILED = RequestStatus.REFUSED, RequestStatus.FAILED


def test_a_document_is_signed_on_the_phone_and_verifies(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    assert (asked.status, asked.kind, asked.result) == (PENDING, RequestKind.SIGNATURE, None)
    (shown,) = phone.holder.requests_on(phone.device).requests
    assert (shown.request, shown.app) == (asked.request, "shop")
    done = phone.holder.approve(asked.request, password=work.PASSWORD)
    assert (done.status, done.means) == (APPROVED, Means.API)
    told = phone.app.look(asked.request).result
    assert isinstance(told, Signed)
    assert told.form == "cms"
    world = phone.world
    report = explain(
        b64decode(told.signature),
        content=b"a contract",
        roots=world.agency.roots(world.now),
        revocation_lists=world.agency.revocation_lists(world.now),
        at=world.now,
    )
    assert report.verdict is Verdict.VALID
    assert report.signer is not None
    assert report.signer.kind is CertificateKind.MOBILE_SIGNATURE


def test_a_digest_is_signed_and_openssl_arithmetic_agrees(phone: Bench) -> None:
    digest = hashlib.sha256(b"made elsewhere").digest()
    asked = phone.app.sign_digest(phone.device, digest)
    phone.holder.approve(asked.request, password=work.PASSWORD)
    told = phone.app.look(asked.request).result
    assert isinstance(told, Signed)
    assert told.certificate is not None
    key = x509.load_der_x509_certificate(b64decode(told.certificate)).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(b64decode(told.signature), b"made elsewhere", PKCS1v15(), SHA256())


@pytest.mark.parametrize("biometrics", [False, True])
def test_a_challenge_is_answered_by_pin_or_biometrics(phone: Bench, biometrics: bool) -> None:
    world = phone.world
    challenge = Challenge.of(bytes(range(32)), audience="shop.example", at=world.now)
    asked = phone.app.authenticate(phone.device, challenge.message)
    if biometrics:
        phone.holder.approve(asked.request, biometrics=True)
    else:
        phone.holder.approve(asked.request, pin=work.PIN)
    told = phone.app.look(asked.request).result
    assert isinstance(told, Authenticated)
    assert told.gate == ("biometrics" if biometrics else "pin")
    report = explain_authentication(
        AuthenticationResponse(b64decode(told.certificate), b64decode(told.signature)),
        challenge,
        audience="shop.example",
        evidence=Evidence(
            roots=tuple(world.agency.roots(world.now)),
            revocation_lists=tuple(world.agency.revocation_lists(world.now)),
        ),
        at=world.now,
    )
    assert report.verdict is Verdict.VALID


def test_items_come_with_a_consent_that_the_agency_takes(phone: Bench) -> None:
    asked = phone.app.present_items(
        phone.device, [ConsentItem.NAME, ConsentItem.ADDRESS, ConsentItem.SEX]
    )
    chosen = [ConsentItem.ADDRESS, ConsentItem.NAME]
    phone.holder.approve(asked.request, password=work.PASSWORD, items=chosen)
    told = phone.app.look(asked.request).result
    assert isinstance(told, ItemsPresented)
    items = phone.world.state().person(phone.person).items
    assert told.items == {ConsentItem.ADDRESS: items.address, ConsentItem.NAME: items.name}
    document = ConsentDocument.read(b64decode(told.document))
    assert (document.verifier, document.items) == ("bank", tuple(chosen))
    role = VerifierRole.SIGNATURE_VERIFIER
    with ControlClient(phone.server.url, phone.server.admin_token) as control:
        token = control.register_verifier("bank", roles=[role], purposes_of_use=["opening"])
    with VerifierClient(phone.server.url, token, role=role, purpose_of_use="opening") as bank:
        receipt = bank.give_consent(b64decode(told.document), b64decode(told.signature))
    assert receipt.items == tuple(chosen)


def test_an_enrolment_replaces_the_phone_and_what_was_asked_of_the_old_one_fails(
    phone: Bench,
) -> None:
    left = phone.app.sign_document(phone.device, b"too late")
    asked = phone.app.enrol(phone.person, Platform.ANDROID)
    waiting = phone.holder.requests_to(phone.person).requests
    assert [each.request for each in waiting] == [left.request, asked.request]
    done = phone.holder.approve_enrolment(
        asked.request, card_password=work.PASSWORD, signature_password="SECOND22", user_pin="2468"
    )
    assert done.status is APPROVED
    told = phone.app.look(asked.request).result
    assert isinstance(told, Enrolled)
    device = phone.world.state().person(phone.person).device
    assert device is not None
    assert told.device == device.id != phone.device
    # The old pair fell with the new enrolment (EV-64) and was erased there, so nothing signs.
    with pytest.raises(ServiceRefused):
        phone.holder.approve(left.request, password=work.PASSWORD)
    assert phone.app.look(left.request).result is None


def test_a_wrong_password_costs_a_try_and_leaves_the_request_open_until_it_is_blocked(
    phone: Bench,
) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    for left in (4, 3, 2, 1):  # P7: five tries
        with pytest.raises(ServiceRefused) as wrong:
            phone.holder.approve(asked.request, password="WRONG999")
        assert wrong.value.problem == "pin.wrong"
        assert f"{left} tries left" in wrong.value.message
        assert phone.app.look(asked.request).status is PENDING
    with pytest.raises(ServiceRefused) as last:
        phone.holder.approve(asked.request, password="WRONG999")
    assert last.value.problem == "pin.last-try"
    with pytest.raises(ServiceRefused) as blocked:
        phone.holder.approve(asked.request, password="WRONG999", allow_last_try=True)
    assert blocked.value.problem == "pin.blocked"
    told = phone.app.look(asked.request)
    assert told.status is FAILED
    assert told.failure is not None
    assert told.failure.code == "pin.blocked"
    # Nothing but the listed ways restores it: the right password does not, nor does asking anew.
    again = phone.app.sign_document(phone.device, b"a contract")
    with pytest.raises(ServiceRefused) as still:
        phone.holder.approve(again.request, password=work.PASSWORD)
    assert still.value.problem == "pin.blocked"


def test_a_finger_never_signs_and_costs_nothing(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    with pytest.raises(ServiceRefused) as refused:
        phone.holder.approve(asked.request, biometrics=True)
    assert refused.value.rule == "PN-6"
    with pytest.raises(ServiceRefused):
        phone.holder.approve(asked.request, pin=work.PIN)
    assert phone.app.look(asked.request).status is PENDING
    tries = virtual_phone.tries_left(phone.world, phone.device)
    assert tries == {PinKind.SIGNATURE_PASSWORD: 5, PinKind.USER_PIN: 3}  # P7, P8
    phone.holder.approve(asked.request, password=work.PASSWORD)


def test_a_request_is_answered_once(phone: Bench) -> None:
    one, other = (phone.app.sign_document(phone.device, text) for text in (b"one", b"other"))
    phone.holder.approve(one.request, password=work.PASSWORD)
    first = phone.app.look(one.request)
    for answer in (
        lambda: phone.holder.approve(one.request, password=work.PASSWORD),
        lambda: phone.holder.refuse(one.request),
    ):
        with pytest.raises(ServiceRefused) as twice:
            answer()
        assert twice.value.problem == "phone.not-pending"
    assert phone.app.look(one.request) == first
    assert phone.holder.refuse(other.request).status is REFUSED
    with pytest.raises(ServiceRefused) as late:
        phone.holder.approve(other.request, password=work.PASSWORD)
    assert late.value.problem == "phone.not-pending"
    assert phone.app.look(other.request).result is None


def test_two_approvals_at_once_sign_once(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"a contract")
    outcomes: list[str] = []

    def approve() -> None:
        try:
            phone.holder.approve(asked.request, password=work.PASSWORD)
            outcomes.append("approved")
        except ServiceRefused as error:
            outcomes.append(error.problem)

    threads = [threading.Thread(target=approve) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["approved", *["phone.not-pending"] * 3]


def test_a_command_with_the_same_key_is_done_once(phone: Bench) -> None:
    first = phone.app.sign_document(phone.device, b"a contract", key="same")
    assert phone.app.sign_document(phone.device, b"a contract", key="same") == first
    done = phone.holder.approve(first.request, password=work.PASSWORD, key="answer")
    assert phone.holder.approve(first.request, password=work.PASSWORD, key="answer") == done
    assert len(phone.holder.requests_on(phone.device).requests) == 0


def test_the_same_challenge_is_not_asked_twice(phone: Bench) -> None:
    challenge = bytes(32)
    asked = phone.app.authenticate(phone.device, challenge)
    phone.holder.approve(asked.request, pin=work.PIN)
    with pytest.raises(ServiceRefused, match="asked before"):
        phone.app.authenticate(phone.device, challenge)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (AppRole.HOLDER_APP, {RequestKind.ENROLMENT}),
        (AppRole.SIGNATURE_APP, {RequestKind.SIGNATURE, RequestKind.ITEMS}),
        (AppRole.LOGIN_APP, {RequestKind.AUTHENTICATION}),
    ],
)
def test_an_app_asks_what_its_role_lets_it(
    phone: Bench, role: AppRole, may: set[RequestKind]
) -> None:
    ways = {
        RequestKind.ENROLMENT: lambda app: app.enrol(phone.person, Platform.IPHONE),
        RequestKind.SIGNATURE: lambda app: app.sign_document(phone.device, b"x"),
        RequestKind.AUTHENTICATION: lambda app: app.authenticate(phone.device, b"y" * 16),
        RequestKind.ITEMS: lambda app: app.present_items(phone.device, [ConsentItem.SEX]),
    }
    with phone.another_app("limited", role) as app:
        assert app.whoami().roles == (role,)
        for kind, ask in ways.items():
            if kind in may:
                assert ask(app).kind is kind
            else:
                with pytest.raises(ServiceRefused) as refused:
                    ask(app)
                assert refused.value.problem == "not-permitted"


def test_an_app_sees_its_own_requests_only(phone: Bench) -> None:
    asked = phone.app.sign_document(phone.device, b"secret")
    with phone.another_app("nosy", *AppRole) as nosy:
        for request in (asked.request, "R999999"):
            with pytest.raises(Exception, match="asked no such request"):
                nosy.look(request)


def test_certificates_of_the_phone_are_the_ones_on_record(phone: Bench) -> None:
    asked = phone.app.authenticate(phone.device, b"z" * 16)
    phone.holder.approve(asked.request, pin=work.PIN)
    told = phone.app.look(asked.request).result
    assert isinstance(told, Authenticated)
    live = work.live(phone.world, phone.person, CertificateKind.MOBILE_AUTHENTICATION)
    assert parse_certificate(b64decode(told.certificate)).serial == live.serial
