"""The application for a record: the phone's keys, signed for by the card, checked by the authority.

A record is issued on an application signed with a live card signature certificate (番号法 18-2(1)
to (3)). How the message is encoded is not published, so this one is the simulator's own; it holds
a challenge of the authority, so that it serves once.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import partial
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from pydantic import BaseModel, ConfigDict, ValidationError

from jpki.errors import MalformedDocument, Refused
from jpki.mdoc import Algorithm
from simulator.agency.card_signature import check_card_signature
from simulator.world import World

__all__ = ["RecordApplication", "challenge", "check_application", "refusal"]


class RecordApplication(BaseModel):
    """What is signed: the phone, the certificate that signs, the challenge, the device keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    device: str
    card_signature_serial: int
    challenge: str
    device_keys: tuple[str, ...]

    @classmethod
    def of(
        cls,
        device: str,
        serial: int,
        challenge: bytes,
        keys: Sequence[EllipticCurvePublicKey],
    ) -> Self:
        """Return the application of a phone for records on these keys."""
        encoded = (
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in keys
        )
        return cls(
            device=device,
            card_signature_serial=serial,
            challenge=b64encode(challenge).decode(),
            device_keys=tuple(b64encode(key).decode() for key in encoded),
        )

    def to_bytes(self) -> bytes:
        """Return the message that is signed."""
        return self.model_dump_json().encode()

    @classmethod
    def read(cls, message: bytes) -> Self:
        """Read a message; ``MalformedDocument`` when it is none."""
        try:
            return cls.model_validate_json(message)
        except ValidationError as error:
            raise MalformedDocument("not an application for a record") from error

    def keys(self, algorithm: Algorithm) -> tuple[EllipticCurvePublicKey, ...]:
        """Return the device keys; ``MalformedDocument`` when one is on another curve."""
        return tuple(_key(each, algorithm) for each in self.device_keys)


def challenge(world: World) -> bytes:
    """Return what the next application has to hold, 32 bytes: another after every entry."""
    return world.chance.stream(f"mdoc challenge/{world.state().next_seq}").bytes(32)


def check_application(
    world: World, person_id: str, message: bytes, signature: bytes
) -> RecordApplication:
    """Return a person's application when it may be answered now.

    Raises ``Refused`` when it is not signed with the person's live card signature certificate, is
    not for the person's phone, or is an old one; nothing is recorded.
    """
    application = RecordApplication.read(message)
    current = check_card_signature(
        world, person_id, message, signature, refusal=partial(refusal, world, "CAE-4")
    )
    if application.card_signature_serial != current.serial:
        raise refusal(world, "CAE-4", "the application names another certificate than signed it")
    if application.challenge != b64encode(challenge(world)).decode():
        raise refusal(world, "CAE-4", "the application is an old one, or not for this challenge")
    device = world.state().person(person_id).device
    if device is None or device.id != application.device:
        raise refusal(world, "CAE-4", "the application is not for the person's phone")
    if len(set(application.device_keys)) != len(application.device_keys):
        raise refusal(world, "CAE-3", "the application has a device key twice")
    return application


def refusal(world: World, rule: str, message: str) -> Refused:
    """Return a refusal by a row of the law's tables."""
    table = world.book.table
    return Refused(message, rule=rule, basis=table.basis_ja(table.row(rule)))


def _key(encoded: str, algorithm: Algorithm) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(b64decode(encoded, validate=True))
    except ValueError as error:
        raise MalformedDocument("a device key cannot be read") from error
    if not isinstance(key, EllipticCurvePublicKey) or Algorithm.of_key(key) is not algorithm:
        raise MalformedDocument(f"a device key is not one for {algorithm.name}")
    return key
