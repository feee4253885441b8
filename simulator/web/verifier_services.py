"""The verifier services as operations: the faithful part of the table."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from jpki.errors import JpkiError
from jpki.services import (
    ConsentMessage,
    ConsentReceipt,
    FourItemsQuestion,
    ItemsAnswer,
    LaterStatusQuestion,
    LinkedAnswer,
    LinkedSerialQuestion,
    RevocationListQuestion,
    StatusAnswer,
    StatusQuestion,
    WithdrawalReceipt,
)
from simulator.services import NotAuthenticated, Service
from simulator.web.operations import Area, Binary, Call, Operation

__all__ = ["LIST_TYPE", "SERVICES"]

LIST_TYPE: Final = "application/pkix-crl"
"""RFC 2585 §4.2."""


def _asked(call: Call, service: Service) -> Any:
    if call.verifier is None:
        raise NotAuthenticated("this is for verifiers")
    return call.house.desk.answer(call.verifier, service, call.question)


def _operation(
    path: str,
    service: Service,
    summary: str,
    question: type[BaseModel],
    answer: type[BaseModel] | str,
) -> Operation:
    def act(call: Call) -> BaseModel | Binary:
        told = _asked(call, service)
        return Binary(told, LIST_TYPE) if isinstance(told, bytes) else told

    return Operation(
        area=Area.SERVICES,
        method="POST",
        path=path,
        name=service.name.lower(),
        summary=f"{summary} ({service.value}).",
        act=act,
        answer=answer,
        question=question,
        writes=True,  # each is noted in the audit, refusals among them
        keeps=JpkiError,
        faithful=True,
    )


SERVICES: Final = (
    _operation(
        "/status", Service.STATUS, "Has a certificate lost effect", StatusQuestion, StatusAnswer
    ),
    _operation(
        "/revocation-list",
        Service.REVOCATION_LIST,
        "The newest daily list",
        RevocationListQuestion,
        LIST_TYPE,
    ),
    _operation(
        "/later-status",
        Service.LATER_STATUS,
        "Has a certificate checked before lost effect since",
        LaterStatusQuestion,
        StatusAnswer,
    ),
    _operation(
        "/four-items",
        Service.FOUR_ITEMS,
        "The live successor of a dead certificate, and the items consented to",
        FourItemsQuestion,
        ItemsAnswer,
    ),
    _operation(
        "/linked-serial",
        Service.LINKED_SERIAL,
        "The serial number of another kind",
        LinkedSerialQuestion,
        LinkedAnswer,
    ),
    _operation(
        "/consents",
        Service.CONSENT,
        "Forward a holder's signed consent",
        ConsentMessage,
        ConsentReceipt,
    ),
    _operation(
        "/consents/withdrawals",
        Service.WITHDRAWAL,
        "Forward a holder's signed withdrawal",
        ConsentMessage,
        WithdrawalReceipt,
    ),
)
