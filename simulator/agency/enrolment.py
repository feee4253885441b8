"""Enrolling a phone: the application that the card signs, and how the agency answers it.

The phone makes two key pairs in its chip and sends their public keys, each with its signature over
the agency's challenge, and the serial number of the card's signature certificate; the whole is
signed with the card's signature key, for both certificates (Act 16-2(2), 35-2(2); 施行令 7-2,
23-2). How the message is encoded is not published, so this one is the simulator's own.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Annotated, Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jpki.errors import MalformedDocument, Refused
from jpki.jst import day
from jpki.law import mobile_expiry
from jpki.life import CertificateState, DeviceState, Person
from jpki.life.events import MobileDeviceEnrolled, Platform
from jpki.terms import CertificateKind, Purpose
from simulator.agency.card_signature import check_card_signature
from simulator.agency.possession import Possession
from simulator.world import World

__all__ = [
    "LARGEST_APPLICATION",
    "EnrolmentApplication",
    "answer_download",
    "answer_enrolment",
]

LARGEST_APPLICATION: Final = 16 * 1024
"""Bytes; a real one of ours has some two thousand."""

_KEY_BITS: Final = 2048  # 施行規則 2, 38 ask for at least as many; the chips have no others
_CS = CertificateKind.CARD_SIGNATURE
_KINDS = {
    Purpose.SIGNATURE: CertificateKind.MOBILE_SIGNATURE,
    Purpose.USER_AUTHENTICATION: CertificateKind.MOBILE_AUTHENTICATION,
}


_SHORT_TEXT = Annotated[str, Field(min_length=1, max_length=100)]
_BASE64 = Annotated[str, Field(max_length=2_000)]
_PER_PURPOSE = Annotated[dict[_SHORT_TEXT, _BASE64], Field(max_length=len(Purpose))]


class EnrolmentApplication(BaseModel):
    """What the phone sends, in base64: public keys in DER, and each key's proof of possession."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    device: _SHORT_TEXT
    platform: Literal["android", "iphone"]
    card_signature_serial: Annotated[int, Field(ge=0, lt=1 << 63)]
    public_keys: _PER_PURPOSE
    proofs: _PER_PURPOSE

    @classmethod
    def of(
        cls,
        *,
        device: str,
        platform: Platform,
        card_signature_serial: int,
        keys: dict[Purpose, Possession],
    ) -> EnrolmentApplication:
        """Return the application of a phone that proved what keys it holds."""
        encoded = {
            purpose.value: b64encode(
                key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            ).decode()
            for purpose, key in keys.items()
        }
        return cls(
            device=device,
            platform=platform.value,
            card_signature_serial=card_signature_serial,
            public_keys=encoded,
            proofs={each.value: b64encode(key.signature).decode() for each, key in keys.items()},
        )

    def to_bytes(self) -> bytes:
        """Return the message that is signed."""
        return self.model_dump_json().encode()

    @classmethod
    def read(cls, message: bytes) -> EnrolmentApplication:
        """Read a message; ``MalformedDocument`` when it is none."""
        if len(message) > LARGEST_APPLICATION:
            raise MalformedDocument(f"an application has at most {LARGEST_APPLICATION} bytes")
        try:
            return cls.model_validate_json(message)
        except (ValidationError, RecursionError) as error:
            raise MalformedDocument("not an enrolment application") from error

    def possession(self, purpose: Purpose) -> Possession:
        """Return the phone's public key for a purpose, with its proof."""
        try:
            key = load_der_public_key(b64decode(self.public_keys[purpose.value], validate=True))
            proof = b64decode(self.proofs[purpose.value], validate=True)
        except (KeyError, ValueError, UnsupportedAlgorithm) as error:
            raise MalformedDocument(f"the application lacks a key for {purpose.value}") from error
        if not isinstance(key, RSAPublicKey) or key.key_size != _KEY_BITS:
            raise MalformedDocument(f"a phone's key is RSA of {_KEY_BITS} bits")
        return Possession(key, proof)


def answer_enrolment(world: World, person_id: str, message: bytes, signature: bytes) -> str:
    """Check an application, record the phone and issue both certificates; return its device.

    Everything is checked before anything is recorded. Raises ``Refused`` with the rule when the
    signature is not good now, is not by this person's card or not about the certificate it names,
    when one of the card's certificates is not in effect (ON-9, ON-10), when the application was
    answered before, or when a key of the phone did not sign the present challenge;
    ``MalformedDocument`` for what is no application.
    """
    with world.transaction():
        application = _checked(world, person_id, message, signature)
        person = world.state().person(person_id)
        if application.device in _devices_ever(person):
            raise _stale("this application was answered before")
        proven = {purpose: application.possession(purpose) for purpose in _KINDS}
        for purpose, kind in _KINDS.items():
            proven[purpose].check(kind, world.agency.challenge(kind))
        world.record(
            MobileDeviceEnrolled(
                person=person_id,
                device=application.device,
                platform=Platform(application.platform),
            )
        )
        for purpose, kind in _KINDS.items():
            _issue(world, person_id, kind, proven[purpose])
    return application.device


def answer_download(world: World, person_id: str, message: bytes, signature: bytes) -> str:
    """Check an application for a new signature certificate on the enrolled phone, and issue it.

    The phone has to be the one that is enrolled and in use (EV-67, EV-80). Raises as
    :func:`answer_enrolment` does; returns the device.
    """
    with world.transaction():
        application = _checked(world, person_id, message, signature)
        device = world.state().person(person_id).device
        if device is None or device.id != application.device:
            raise _refused("the application is about a phone that is not enrolled")
        if device.state is not DeviceState.IN_USE:
            raise _suspended(world)
        kind = CertificateKind.MOBILE_SIGNATURE
        possession = application.possession(kind.purpose)
        possession.check(kind, world.agency.challenge(kind))
        _issue(world, person_id, kind, possession)
    return application.device


def _checked(
    world: World, person_id: str, message: bytes, signature: bytes
) -> EnrolmentApplication:
    """Return the application, once its card, its signature and both card certificates are good."""
    application = EnrolmentApplication.read(message)
    person = world.state().person(person_id)
    signer = check_card_signature(world, person.id, message, signature, refusal=_refused)
    if signer.serial != application.card_signature_serial:
        raise _refused("the application names another certificate than the one that signed it")
    _require_card_authentication(world, person)
    return application


def _devices_ever(person: Person) -> set[str]:
    past = {device.id for device in person.past_devices}
    return past | ({person.device.id} if person.device is not None else set())


def _require_card_authentication(world: World, person: Person) -> None:
    """Refuse unless the card's authentication certificate is in effect; a held one is not."""
    state = world.state()
    record = state.live(person.id, CertificateKind.CARD_AUTHENTICATION)
    if record is None or state.state_of(record) is not CertificateState.ACTIVE:
        raise Refused(
            "this needs a card authentication certificate that is in effect",
            rule="ON-10",
            basis="公的個人認証法第35条の2第1項",
        )


def _suspended(world: World) -> Refused:
    table = world.book.table
    row = table.row("mobile-loss-reported.mobile-signature")
    return Refused(
        "the phone is suspended",
        rule=row.id,
        basis=table.basis_ja(row),
        hint="lift the suspension in the app first",
    )


def _stale(message: str) -> Refused:
    return Refused(
        message,
        rule="possession",
        basis="公的個人認証法第16条の2第4項",
        hint="make new keys and apply again",
    )


def _refused(message: str) -> Refused:
    return Refused(message, rule="ON-9", basis="公的個人認証法第16条の2第2項")


def _issue(world: World, person_id: str, kind: CertificateKind, possession: Possession) -> None:
    state = world.state()
    partner = state.live(person_id, kind.partner)
    if partner is None:
        raise _refused(f"this needs a live {kind.partner.value} certificate")
    expires_on = mobile_expiry(
        kind, issued_on=day(world.now), partner_expires_on=partner.expires_on, book=world.book
    ).ends_on
    world.agency.issue(
        state.person(person_id), kind, possession, expires_on=expires_on, signed_with=_CS
    )
