"""Which assurance level an authentication or a signature reaches, by how it was done.

The levels are those of the Japanese guideline (2019): identity assurance (IAL) and authenticator
assurance (AAL), one to three. No text grades JPKI in so many words, so every level here is an
inference that says so: it carries the row of the law's tables it comes from, with that row's
certainty, and what the sources leave open is a field of ``AssurancePolicy``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from jpki.errors import ImpossibleFact
from jpki.law import RuleTable, Subject, load
from jpki.law.model import Row
from jpki.terms import Certainty, CertificateKind, Purpose

__all__ = ["Assurance", "AssurancePolicy", "Gate", "Level", "assurance"]


class Gate(StrEnum):
    """What let the key, or the certificate, be used."""

    PIN = "pin"
    BIOMETRICS = "biometrics"
    FACE_MATCH = "face_match"
    VISUAL_CHECK = "visual_check"
    NOTHING = "nothing"

    @property
    def label_ja(self) -> str:
        """暗証番号, 生体認証, 顔照合, 目視 or なし."""
        return {
            "pin": "暗証番号",
            "biometrics": "生体認証",
            "face_match": "顔照合",
            "visual_check": "目視",
            "nothing": "なし",
        }[self.value]


@dataclass(frozen=True, slots=True)
class AssurancePolicy:
    """What the sources leave open.

    ``without_pin``: reading under Act 38-4 proves possession only and counts as less than AAL3,
    how much less is not said. ``with_face``: no source grades a face compared in place of the PIN,
    so nothing is said unless a caller does.
    """

    without_pin: int = 1
    with_face: int | None = None

    def __post_init__(self) -> None:
        if self.without_pin not in (1, 2):
            raise ImpossibleFact("reading without PIN is AAL 1 or 2")
        if self.with_face not in (None, 1, 2, 3):
            raise ImpossibleFact("a level is 1, 2 or 3")


@dataclass(frozen=True, slots=True)
class Level:
    """A level with the row it rests on; ``certainty`` says that it is an inference."""

    value: int
    row: str
    certainty: Certainty
    basis: str
    note_ja: str
    note_en: str


@dataclass(frozen=True, slots=True)
class Assurance:
    """Both levels; ``None`` where nothing is proven or no source says anything."""

    kind: CertificateKind
    gate: Gate
    identity: Level | None
    authenticator: Level | None


@dataclass(frozen=True, slots=True)
class _Way:
    """One way: the rows for both levels; ``None`` for the authenticator's level asks the policy."""

    identity: str | None
    authenticator: str
    level: int | None = 3


_CS, _CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
_MS, _MA = CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION
_FACE = "PM-face.specified"

_WAYS: Final = {
    (_CS, Gate.PIN): _Way("AL-2", "AL-2"),
    (_CA, Gate.PIN): _Way(None, "AL-2"),
    (_CA, Gate.NOTHING): _Way(None, "AL-5", level=None),
    (_CA, Gate.FACE_MATCH): _Way(None, _FACE, level=None),
    (_CA, Gate.VISUAL_CHECK): _Way(None, _FACE, level=None),
    (_MS, Gate.PIN): _Way("AL-3", "AL-3"),
    (_MA, Gate.PIN): _Way(None, "AL-4"),
    (_MA, Gate.BIOMETRICS): _Way(None, "AL-4"),
}
"""Every way the law knows; a user authentication certificate says nobody's name, hence no IAL."""

_BEGINS: Final = {
    Gate.BIOMETRICS: "mobile_biometric",
    Gate.FACE_MATCH: "specified_verifier",
    Gate.VISUAL_CHECK: "specified_verifier",
    Gate.NOTHING: "later_visit_without_pin",
}
"""The milestone from which a gate is lawful."""


def assurance(
    kind: CertificateKind,
    gate: Gate,
    *,
    on: date,
    policy: AssurancePolicy | None = None,
    table: RuleTable | None = None,
) -> Assurance:
    """Return the levels that a use of a certificate reaches on a Japan day.

    A signature certificate proves identity as well as possession; a user authentication
    certificate possession only. Raises ``ImpossibleFact`` for a way that the law does not know (a
    signature without its password, Ordinance 36-2) or does not know yet. Before the guideline of
    2019 there are no levels.
    """
    rules = table or load()
    way = _WAYS.get((kind, gate))
    if way is None:
        key = "ordinance 36-2" if kind.purpose is Purpose.SIGNATURE else "ordinance 64-4"
        raise ImpossibleFact(f"a {kind.value} certificate is not used by {gate.value} ({key})")
    milestone = _BEGINS.get(gate)
    begins = [rules.exists_from(Subject(kind.value))]
    begins += [rules.milestone(milestone).since] if milestone else []
    if on < max(begins):
        raise ImpossibleFact(f"a {kind.value} certificate was not used by {gate.value} on {on}")
    level = way.level if way.level is not None else _left_open(gate, policy or AssurancePolicy())
    return Assurance(
        kind=kind,
        gate=gate,
        identity=_level(rules, way.identity, 3, on),
        authenticator=_level(rules, way.authenticator, level, on),
    )


def _left_open(gate: Gate, policy: AssurancePolicy) -> int | None:
    return policy.without_pin if gate is Gate.NOTHING else policy.with_face


def _level(rules: RuleTable, row_id: str | None, value: int | None, on: date) -> Level | None:
    """Return the level; ``None`` when nothing says one, or nothing did yet."""
    if row_id is None or value is None:
        return None
    row: Row = rules.row(row_id)
    if not row.in_force(on):
        return None
    # A row of the law permits the way; that it has this level is our reading all the same.
    return Level(value, row_id, Certainty.ASSUMED, rules.basis_en(row), row.note_ja, row.note_en)
