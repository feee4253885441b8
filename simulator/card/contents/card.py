"""A whole card: the issuer security domain and every application that its profile carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from jpki.card import layout
from jpki.card.layout import Application, Credential, TokenKind
from jpki.card.pin import Pin, SignaturePassword, UserPin
from jpki.terms import PinKind
from simulator.card.behaviour import CardBehaviour
from simulator.card.contents.encoding import padded
from simulator.card.contents.holder import CardHolder
from simulator.card.contents.input_support import input_support_files, input_support_keys
from simulator.card.contents.issuer import CardIssuer, Hierarchy, KeySource
from simulator.card.contents.jpki import JpkiContents, jpki_application, pin_states, token_of
from simulator.card.contents.residence import (
    card_record,
    common_keys,
    contact_atr,
    domain_objects,
    key_reference,
)
from simulator.card.contents.verification import verification_files, verification_keys
from simulator.card.memory import ApplicationMemory, Deferred, IssuerKey, Memory

__all__ = ["CardFace", "CardPins", "card_memory"]


@dataclass(frozen=True, slots=True)
class CardPins:
    """The PINs a card is made with; one that is ``None`` was never set, and is blocked."""

    signature_password: SignaturePassword | None
    user_pin: UserPin | None
    input_support_pin: UserPin | None = None
    juki_pin: UserPin | None = None


@dataclass(frozen=True, slots=True)
class CardFace:
    """What a card shows, and where its keys come from.

    ``card`` names the card's own keys in ``keys``, which has the issuer's keys as well.
    """

    holder: CardHolder
    card: str
    keys: KeySource = field(repr=False)

    @property
    def issuer(self) -> CardIssuer:
        """The issuer of this card."""
        return CardIssuer(self.keys, self.holder.municipality_code)


def card_memory(
    face: CardFace,
    *,
    signature: JpkiContents,
    user_authentication: JpkiContents,
    pins: CardPins,
    profile: TokenKind = TokenKind.INDIVIDUAL_NUMBER_CARD,
    behaviour: CardBehaviour | None = None,
) -> Memory:
    """Return the memory of a card with all the applications of its profile.

    Files and keys are made when they are first read. What a file holds follows from the holder and
    the keys alone.
    """
    token = token_of(profile)
    behaviour = behaviour or CardBehaviour(last_command_marker=token.last_command_marker)
    jpki = jpki_application(
        signature=signature,
        user_authentication=user_authentication,
        pins={
            PinKind.SIGNATURE_PASSWORD: pins.signature_password,
            PinKind.USER_PIN: pins.user_pin,
        },
        token=token,
        behaviour=behaviour,
        terminal_keys=Deferred({layout.TERMINAL_KEY: lambda: _terminal_key(face)}),
    )
    applications = tuple(
        _BUILDERS[application.aid](face, pins, behaviour) if application.aid in _BUILDERS else jpki
        for application in token.applications
    )
    domain = ApplicationMemory(
        layout.ISSUER_SECURITY_DOMAIN,
        objects=Deferred(domain_objects(face.holder, face.issuer, behaviour)),
    )
    return Memory(applications, behaviour, domain)


def _terminal_key(face: CardFace) -> IssuerKey:
    authority = face.issuer.authority(Hierarchy.TERMINAL)
    return IssuerKey(authority.identifier, authority.key.public_key())


def _common(face: CardFace, pins: CardPins, behaviour: CardBehaviour) -> ApplicationMemory:
    return ApplicationMemory(
        layout.COMMON,
        records=MappingProxyType(
            {
                layout.CARD_RECORD: (card_record(face.holder),),
                layout.KEY_REFERENCE: (key_reference(face.holder),),
            }
        ),
        keys=Deferred(common_keys(face.keys, face.card)),
        objects=Deferred(contact_atr(behaviour)),
        pins=pin_states(layout.COMMON, _values(face.holder, pins)),
    )


def _juki(face: CardFace, pins: CardPins, behaviour: CardBehaviour) -> ApplicationMemory:
    return ApplicationMemory(
        layout.JUKI,
        records=MappingProxyType({layout.KEY_REFERENCE: (key_reference(face.holder),)}),
        objects=Deferred(contact_atr(behaviour)),
        pins=pin_states(layout.JUKI, _values(face.holder, pins)),
    )


def _input_support(face: CardFace, pins: CardPins, behaviour: CardBehaviour) -> ApplicationMemory:
    makers = input_support_files(face.holder, face.issuer, face.keys, face.card)
    return ApplicationMemory(
        layout.INPUT_SUPPORT,
        files=_files(layout.INPUT_SUPPORT, makers, behaviour),
        keys=Deferred(input_support_keys(face.keys, face.card)),
        objects=Deferred(contact_atr(behaviour)),
        pins=pin_states(layout.INPUT_SUPPORT, _values(face.holder, pins)),
    )


def _verification(face: CardFace, pins: CardPins, behaviour: CardBehaviour) -> ApplicationMemory:
    makers = verification_files(face.holder, face.issuer, face.keys, face.card)
    return ApplicationMemory(
        layout.FACE_VERIFICATION,
        files=_files(layout.FACE_VERIFICATION, makers, behaviour),
        keys=Deferred(verification_keys(face.keys, face.card)),
        objects=Deferred(contact_atr(behaviour)),
        pins=pin_states(layout.FACE_VERIFICATION, _values(face.holder, pins)),
    )


_BUILDERS: Final[
    Mapping[bytes, Callable[[CardFace, CardPins, CardBehaviour], ApplicationMemory]]
] = MappingProxyType(
    {
        layout.COMMON.aid: _common,
        layout.JUKI.aid: _juki,
        layout.INPUT_SUPPORT.aid: _input_support,
        layout.FACE_VERIFICATION.aid: _verification,
    }
)


def _files(
    application: Application, makers: Mapping[int, Callable[[], bytes]], behaviour: CardBehaviour
) -> Deferred[bytes]:
    """Return the contents in their files: of the size in the row, or of whole blocks."""

    def in_file(fid: int, make: Callable[[], bytes]) -> Callable[[], bytes]:
        row = application.file(fid)
        size = None if row is None else row.size
        return lambda: padded(make(), size=size, block=behaviour.object_file_block)

    return Deferred({fid: in_file(fid, make) for fid, make in makers.items()})


def _values(holder: CardHolder, pins: CardPins) -> Mapping[Credential, Pin | bytes | None]:
    return {
        Credential.INPUT_SUPPORT_PIN: pins.input_support_pin,
        Credential.JUKI_PIN: pins.juki_pin,
        Credential.CODE_A: holder.code_a.encode("ascii"),
        Credential.CODE_B: holder.code_b.encode("ascii"),
        Credential.BIRTH_DATE_CODE: holder.birth_date_code.encode("ascii"),
    }
