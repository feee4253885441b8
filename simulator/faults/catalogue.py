"""The faults that can be ordered: a table of what goes wrong, with what, and what must follow.

``standing`` is what a verifier that has nothing but the faulty list or answer must come to about a
certificate that is good. About one that is revoked or held no fault may ever lead to *good*; where
a lie cannot be seen from one source alone, ``alone`` is false and a second one has to show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["CATALOGUE", "UNDIVIDED", "FaultKind", "FaultName", "Target"]


class Target(StrEnum):
    """What a fault befalls."""

    CRL = "crl"
    OCSP = "ocsp"
    TSA = "tsa"
    SERVICES = "services"
    """The verifier services; what is asked there is done before an answer is lost on its way."""


UNDIVIDED: Final = frozenset({Target.TSA, Target.SERVICES})
"""What is one thing for everybody, without purpose, generation, partition or serial number."""


class FaultName(StrEnum):
    """What can go wrong."""

    STALE_CRL = "stale-crl"
    FUTURE_THIS_UPDATE = "future-this-update"
    MISSING_NEXT_UPDATE = "missing-next-update"
    WRONG_ISSUER_KEY = "wrong-issuer-key"
    WRONG_PARTITION = "wrong-partition"
    UNKNOWN_CRITICAL_EXTENSION = "unknown-critical-extension"
    CRL_OCSP_DISAGREE = "crl-ocsp-disagree"
    OCSP_TRY_LATER = "ocsp-try-later"
    OCSP_UNAUTHORIZED = "ocsp-unauthorized"
    RESPONDER_WITHOUT_NO_CHECK = "responder-without-no-check"
    RESPONDER_EXPIRED = "responder-expired"
    REPLAYED_NONCE = "replayed-nonce"
    CLOCK_SKEW = "clock-skew"
    TRUNCATED = "truncated"
    SLOW = "slow"
    OVERSIZE = "oversize"
    CONNECTION_RESET = "connection-reset"
    HTTP_5XX = "http-5xx"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One row: whom the fault can befall, its parameters with their defaults, what must follow.

    ``standing`` by target; a target without one has no certificate's status in it. ``in_delivery``:
    what is sent is right and the sending goes wrong.
    """

    en: str
    ja: str
    standing: Mapping[Target, str]
    parameters: Mapping[str, float] = field(default_factory=dict)
    in_delivery: bool = False
    alone: bool = True

    @property
    def targets(self) -> tuple[Target, ...]:
        """Whom it can befall."""
        return tuple(self.standing)


_UNKNOWN, _GOOD, _NONE = "unknown", "good", "no timestamp"
_LIST: Final = MappingProxyType({Target.CRL: _UNKNOWN})
_ANSWER: Final = MappingProxyType({Target.OCSP: _UNKNOWN})
_BOTH: Final = MappingProxyType({Target.CRL: _UNKNOWN, Target.OCSP: _UNKNOWN})
_ALL: Final = MappingProxyType({**_BOTH, Target.TSA: _NONE})
_SENDING: Final = MappingProxyType({**_ALL, Target.SERVICES: "no answer"})

CATALOGUE: Final[Mapping[FaultName, FaultKind]] = MappingProxyType(
    {
        FaultName.STALE_CRL: FaultKind(
            "an old list, past its nextUpdate by `days`",
            "次回更新日時を過ぎた古い失効リスト",
            _LIST,
            {"days": 1},
        ),
        FaultName.FUTURE_THIS_UPDATE: FaultKind(
            "a list or an answer dated `seconds` ahead",
            "発行日時が未来の失効リストまたは応答",
            _BOTH,
            {"seconds": 86_400},
        ),
        FaultName.MISSING_NEXT_UPDATE: FaultKind(
            "no nextUpdate; RFC 5280 asks lists for one, RFC 6960 leaves it open for answers",
            "次回更新日時がない",
            {Target.CRL: _UNKNOWN, Target.OCSP: _GOOD},
        ),
        FaultName.WRONG_ISSUER_KEY: FaultKind(
            "everything as it should be, signed by another key",
            "別の鍵による署名",
            _ALL,
        ),
        FaultName.WRONG_PARTITION: FaultKind(
            "another municipality's list",
            "別の市区町村の失効リスト",
            _LIST,
        ),
        FaultName.UNKNOWN_CRITICAL_EXTENSION: FaultKind(
            "a critical extension that nobody knows",
            "未知のクリティカル拡張",
            _BOTH,
        ),
        FaultName.CRL_OCSP_DISAGREE: FaultKind(
            "the list leaves out what is revoked, or OCSP says the opposite; a list names `serial` "
            "when it is good",
            "失効リストとOCSPの食違い",
            {Target.CRL: _GOOD, Target.OCSP: "revoked"},
            alone=False,
        ),
        FaultName.OCSP_TRY_LATER: FaultKind("tryLater", "tryLater応答", _ANSWER),
        FaultName.OCSP_UNAUTHORIZED: FaultKind("unauthorized", "unauthorized応答", _ANSWER),
        FaultName.RESPONDER_WITHOUT_NO_CHECK: FaultKind(
            "a delegated responder without id-pkix-ocsp-nocheck",
            "id-pkix-ocsp-nocheckのない応答者証明書",
            _ANSWER,
        ),
        FaultName.RESPONDER_EXPIRED: FaultKind(
            "a delegated responder whose certificate is over",
            "有効期間の過ぎた応答者証明書",
            _ANSWER,
        ),
        FaultName.REPLAYED_NONCE: FaultKind(
            "the nonce of another question",
            "別の要求のノンス",
            {Target.OCSP: _UNKNOWN, Target.TSA: _NONE},
        ),
        FaultName.CLOCK_SKEW: FaultKind(
            "the agency's clock is ahead by `seconds`; behind when negative",
            "機構側の時計のずれ",
            _ALL,
            {"seconds": 93_600},
        ),
        FaultName.TRUNCATED: FaultKind(
            "only the first `bytes` arrive, and the connection ends in order",
            "途中で切れた本文",
            _SENDING,
            {"bytes": 100},
            in_delivery=True,
        ),
        FaultName.SLOW: FaultKind(
            "the body takes `seconds`, by the server's real clock, a byte at a time",
            "遅い本文",
            _SENDING,
            {"seconds": 60},
            in_delivery=True,
        ),
        FaultName.OVERSIZE: FaultKind(
            "`bytes` of zeros follow the body",
            "大きすぎる本文",
            _SENDING,
            {"bytes": 128 * 2**20},
            in_delivery=True,
        ),
        FaultName.CONNECTION_RESET: FaultKind(
            "the connection is reset in the middle of the body",
            "本文の途中での接続断",
            _SENDING,
            in_delivery=True,
        ),
        FaultName.HTTP_5XX: FaultKind(
            "the server says `status` instead",
            "HTTP 5xx応答",
            _SENDING,
            {"status": 503},
            in_delivery=True,
        ),
    }
)
"""Every fault, by name."""
