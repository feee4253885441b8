"""On which row of the law's tables each layer rests, and what ended a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from jpki.law import RuleTable
from jpki.life import Lapse
from jpki.life.events import (
    KeyCompromiseReported,
    MobileDeviceEnrolled,
    MobileDeviceLossReported,
    RevocationRequested,
)
from jpki.terms import Certainty, CertificateKind, Purpose
from simulator.exposure.model import Finding, Layer, Standing

__all__ = ["ended_by", "finding", "rule_of"]

_S, _U = Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION
_BOTH_RULES: Final[Mapping[Layer, str]] = MappingProxyType(
    {
        Layer.DUTY_TO_APPLY: "mobile-changed.mobile",
        Layer.NOTICE: "ON-7",
        Layer.BIOMETRICS: "P9",
        Layer.BUYERS_ASK: "mobile-changed.mobile",
        Layer.VERIFIER: "VO-1",
    }
)
_RULES: Final[Mapping[tuple[Layer, Purpose], str]] = MappingProxyType(
    {
        (Layer.PIN, _S): "P7",
        (Layer.PIN, _U): "P8",
        (Layer.NOTICE, _U): "ON-8",
        (Layer.NEW_ENROLMENT, _S): "enrolled.mobile-signature",
        (Layer.NEW_ENROLMENT, _U): "enrolled.mobile-authentication",
        (Layer.ERASURE, _S): "enrolled.mobile-signature",
        (Layer.ERASURE, _U): "enrolled.mobile-authentication",
        (Layer.SUSPENSION, _S): "mobile-loss-reported.mobile-signature",
        (Layer.SUSPENSION, _U): "mobile-loss-reported.mobile-authentication",
        (Layer.VALIDITY, _S): "R24-9",
        (Layer.VALIDITY, _U): "R59-9",
    }
)
_BY_EVENT: Final = (
    (RevocationRequested, Layer.DUTY_TO_APPLY),
    (KeyCompromiseReported, Layer.NOTICE),
    (MobileDeviceEnrolled, Layer.NEW_ENROLMENT),
    (MobileDeviceLossReported, Layer.SUSPENSION),
)


def rule_of(layer: Layer, kind: CertificateKind) -> str:
    """Return the row that a layer rests on while nothing was recorded."""
    return _RULES.get((layer, kind.purpose)) or _BOTH_RULES[layer]


def ended_by(lapse: Lapse) -> Layer:
    """Return the layer that ended or held a phone's certificate."""
    if lapse.cause.because is not None:
        return Layer.CARD
    event = lapse.cause.entry.event
    return next((layer for kind, layer in _BY_EVENT if isinstance(event, kind)), Layer.AGENCY)


def finding(
    table: RuleTable,
    layer: Layer,
    standing: Standing,
    rule: str,
    *,
    at: datetime | None = None,
    words: tuple[str, str] | None = None,
    source: str | None = None,
    certainty: Certainty | None = None,
) -> Finding:
    """Return a finding with the words and the basis of its row.

    ``words`` replace the row's note (English, Japanese), ``source`` its basis, by a key of the
    sources, and ``certainty`` how sure it is.
    """
    row = table.row(rule)
    note_en, note_ja = words or (row.note_en, row.note_ja)
    cited = table.cite(source) if source is not None else None
    return Finding(
        layer=layer,
        standing=standing,
        rule=rule,
        note_en=note_en,
        note_ja=note_ja,
        basis_en=cited.text_en if cited else table.basis_en(row),
        basis_ja=cited.text_ja if cited else table.basis_ja(row),
        certainty=certainty or row.certainty,
        at=at,
    )
