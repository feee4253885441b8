"""The verifier's side of the agency's services: one method a service, typed both ways."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from jpki.law import VerifierRole
from jpki.life.events import ConsentClient
from jpki.services.exchange import ServiceClient
from jpki.services.wire import (
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
from jpki.terms import CertificateKind, Purpose

if TYPE_CHECKING:
    import httpx

__all__ = ["VerifierClient"]

_ROOT: Final = "/services/v1"


class VerifierClient(ServiceClient):
    """Asks the agency in one role, for one purpose of use.

    Every method raises a leaf of ``ServiceError``: ``ServiceRefused`` with rule and basis,
    ``ServiceUnauthenticated``, ``ServiceUnavailable``. Answers never show serial numbers or items
    in a ``repr``.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        role: VerifierRole,
        purpose_of_use: str,
        seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(base_url, token, seconds=seconds, transport=transport)
        self._role = role
        self._use = purpose_of_use

    def __repr__(self) -> str:
        return f"<VerifierClient as {self._role.value}, {self._exchange!r}>"

    def status(self, serial: int, purpose: Purpose) -> StatusAnswer:
        """Return whether a certificate just received still has effect (VS-1)."""
        asked = StatusQuestion(
            role=self._role, purpose_of_use=self._use, serial=serial, purpose=purpose
        )
        return self._exchange.ask("POST", f"{_ROOT}/status", StatusAnswer, asked)

    def later_status(
        self, serial: int, *, first_checked_at: datetime, purpose: Purpose = Purpose.SIGNATURE
    ) -> StatusAnswer:
        """Return whether a certificate that was good at ``first_checked_at`` still is (VS-3)."""
        asked = LaterStatusQuestion(
            role=self._role,
            purpose_of_use=self._use,
            serial=serial,
            purpose=purpose,
            first_checked_at=first_checked_at,
        )
        return self._exchange.ask("POST", f"{_ROOT}/later-status", StatusAnswer, asked)

    def four_items(self, serial: int, *, first_checked_at: datetime) -> ItemsAnswer:
        """Return the live successor of a dead signature certificate, and its items (VS-4)."""
        asked = FourItemsQuestion(
            role=self._role,
            purpose_of_use=self._use,
            serial=serial,
            first_checked_at=first_checked_at,
        )
        return self._exchange.ask("POST", f"{_ROOT}/four-items", ItemsAnswer, asked)

    def linked_serial(
        self,
        serial: int,
        purpose: Purpose,
        to: CertificateKind,
        *,
        roles: Iterable[VerifierRole] = (),
    ) -> LinkedAnswer:
        """Return the serial number of kind ``to`` that goes with this one (VS-5 to VS-9).

        ``roles`` are for a firm that is both kinds of verifier (VS-6); default: its one role.
        """
        asked = LinkedSerialQuestion(
            roles=tuple(roles) or (self._role,),
            purpose_of_use=self._use,
            serial=serial,
            purpose=purpose,
            to=to,
        )
        return self._exchange.ask("POST", f"{_ROOT}/linked-serial", LinkedAnswer, asked)

    def revocation_list(self, purpose: Purpose, *, generation: int, municipality: str) -> bytes:
        """Return the newest daily list in DER (VS-2)."""
        asked = RevocationListQuestion(
            role=self._role,
            purpose_of_use=self._use,
            purpose=purpose,
            generation=generation,
            municipality=municipality,
        )
        return self._exchange.fetch("POST", f"{_ROOT}/revocation-list", asked)

    def give_consent(
        self,
        document: bytes,
        signature: bytes,
        *,
        client: ConsentClient = ConsentClient.VERIFIER,
        key: str | None = None,
    ) -> ConsentReceipt:
        """Forward a holder's signed consent (CO-1, CO-3). A repeated ``key`` is done once."""
        asked = self._message(document, signature, client)
        return self._exchange.ask("POST", f"{_ROOT}/consents", ConsentReceipt, asked, key=key)

    def withdraw_consent(
        self,
        document: bytes,
        signature: bytes,
        *,
        client: ConsentClient = ConsentClient.VERIFIER,
        key: str | None = None,
    ) -> WithdrawalReceipt:
        """Forward a holder's signed withdrawal (CO-9). A repeated ``key`` is done once."""
        asked = self._message(document, signature, client)
        path = f"{_ROOT}/consents/withdrawals"
        return self._exchange.ask("POST", path, WithdrawalReceipt, asked, key=key)

    def _message(self, document: bytes, signature: bytes, client: ConsentClient) -> ConsentMessage:
        # Built from JSON's form: the model takes the bytes in base64.
        return ConsentMessage.model_validate(
            {
                "role": self._role,
                "purpose_of_use": self._use,
                "document": b64encode(document),
                "signature": b64encode(signature),
                "client": client,
            }
        )
