"""What an expectation may say: the subjects, their aspects and the values these can have."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from jpki.life import CardState, DeviceState
from jpki.life.events import CardPin, ConsentItem, Platform, Register
from jpki.life.pins import PinState
from jpki.terms import CertificateKind, PinKind
from simulator.story.fields import Field, Shape

__all__ = [
    "CERTIFICATES",
    "KINDS",
    "QUESTIONS",
    "SUBJECTS",
    "Answer",
    "CardOrNone",
    "DeviceOrNone",
    "Serial",
    "SubstituteOrNone",
    "Text",
]

KINDS = tuple(CertificateKind)
"""The four kinds in the order in which ``certificates = "R3 A R3c A"`` names them."""

CERTIFICATES = frozenset(kind.value for kind in KINDS)


class Serial(StrEnum):
    """Whether a certificate is still the one of the earlier expectation."""

    SAME = "same"
    NEW = "new"


class Text(StrEnum):
    """Whether a signature certificate says what the record says now."""

    CURRENT = "current"
    OLD = "old"


class Answer(StrEnum):
    """Whether the agency provides the four items."""

    GIVEN = "given"
    NOTHING = "nothing"


class SubstituteOrNone(StrEnum):
    """The states of a card-substitute record, and that there is none."""

    LIVE = "live"
    LAPSED = "lapsed"
    ENDED = "ended"
    NONE = "none"


class CardOrNone(StrEnum):
    """The states of a card, and that there is none."""

    VALID = CardState.VALID.value
    SUSPENDED = CardState.SUSPENDED.value
    LAPSED = CardState.LAPSED.value
    EXPIRED = CardState.EXPIRED.value
    NONE = "none"


class DeviceOrNone(StrEnum):
    """The states of the phone in use, and that there is none."""

    IN_USE = DeviceState.IN_USE.value
    SUSPENDED = DeviceState.SUSPENDED.value
    NONE = "none"


def _aspects(*fields: Field) -> Mapping[str, Field]:
    return MappingProxyType({each.name: each for each in fields})


_STATE = "state"
_CERTIFICATE = _aspects(
    Field(_STATE, Shape.TEXT),
    Field("expires_on", Shape.DAY),
    Field("issued_on", Shape.DAY),
    Field("recorded_on", Shape.DAY),
    Field("serial", Shape.CHOICE, (Serial,)),
    Field("rule", Shape.TEXT),
    Field("text", Shape.CHOICE, (Text,)),
)
_MOBILE_PINS = tuple(Field(pin.value, Shape.CHOICE, (PinState,)) for pin in PinKind)
_CARD_PINS = tuple(Field(pin.value, Shape.CHOICE, (PinState,)) for pin in CardPin)

QUESTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({"four_items": ("verifier", "about")})
"""Subjects that answer a question, with the aspects that ask it; those have to be there."""

SUBJECTS: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        **{kind.value: _CERTIFICATE for kind in KINDS},
        "card": _aspects(
            Field(_STATE, Shape.CHOICE, (CardOrNone,)),
            Field("item", Shape.TEXT),
            Field("rule", Shape.TEXT),
            Field("expires_on", Shape.DAY),
            Field("made_on", Shape.DAY),
            Field("face_only", Shape.FLAG),
        ),
        "device": _aspects(
            Field(_STATE, Shape.CHOICE, (DeviceOrNone,)),
            Field("platform", Shape.CHOICE, (Platform,)),
            Field("key_present", Shape.FLAG),
        ),
        "pin": _aspects(*_MOBILE_PINS, *_CARD_PINS),
        "mobile_pin": _aspects(*_MOBILE_PINS),
        "substitute": _aspects(
            Field(_STATE, Shape.CHOICE, (SubstituteOrNone,)),
            Field("expires_on", Shape.DAY),
            Field("rule", Shape.TEXT),
        ),
        "four_items": _aspects(
            Field("verifier", Shape.TEXT, required=True),
            Field("about", Shape.CHOICE, (CertificateKind,), required=True),
            Field("answer", Shape.CHOICE, (Answer,)),
            Field("rule", Shape.TEXT),
            Field("items", Shape.CHOICES, (ConsentItem,)),
        ),
        "record": _aspects(
            Field("registered", Shape.FLAG),
            Field("register", Shape.CHOICE, (Register,)),
            Field("municipality", Shape.TEXT),
        ),
    }
)
"""For each subject of an expectation, what can be said of it."""
