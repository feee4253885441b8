"""Questions and answers of the verifier services as they travel: JSON, checked on both sides.

Serial numbers and items never show in a ``repr``, so a log line about an answer holds neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from jpki.law import VerifierRole
from jpki.life.events import ConsentClient, ConsentItem
from jpki.life.published import KnownStatus
from jpki.terms import CertificateKind, Purpose

__all__ = [
    "ConsentMessage",
    "ConsentReceipt",
    "FourItemsQuestion",
    "ItemsAnswer",
    "LaterStatusQuestion",
    "LinkedAnswer",
    "LinkedSerialQuestion",
    "Problem",
    "RevocationListQuestion",
    "StatusAnswer",
    "StatusQuestion",
    "WithdrawalReceipt",
]

# A serial number is a running counter; the store keeps eight bytes.
Serial = Annotated[int, Field(ge=1, lt=1 << 63)]
PurposeOfUse = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        description="For what the answer is used: one of those registered for the verifier.",
    ),
]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Question(_Message):
    """A question: in which role it is asked, and for what."""

    role: VerifierRole
    purpose_of_use: PurposeOfUse


class StatusQuestion(_Question):
    """Has this certificate lost effect? Asked on receipt (VS-1)."""

    serial: Serial = Field(repr=False)
    purpose: Purpose


class LaterStatusQuestion(StatusQuestion):
    """Has a certificate that was checked before lost effect since (VS-3)?"""

    first_checked_at: AwareDatetime


class FourItemsQuestion(_Question):
    """Who follows this dead signature certificate, and with which items (VS-4)?"""

    serial: Serial = Field(repr=False)
    first_checked_at: AwareDatetime


class LinkedSerialQuestion(_Message):
    """Which serial number of another kind goes with this one (VS-5 to VS-9)?"""

    roles: Annotated[tuple[VerifierRole, ...], Field(min_length=1, max_length=5)]
    purpose_of_use: PurposeOfUse
    serial: Serial = Field(repr=False)
    purpose: Purpose
    to: CertificateKind


class RevocationListQuestion(_Question):
    """The newest daily list of one municipality's certificates of one purpose (VS-2)."""

    purpose: Purpose
    generation: Annotated[int, Field(ge=1, le=99)]
    municipality: Annotated[str, Field(pattern=r"^\d{5}$")]


class ConsentMessage(_Question):
    """A consent or its withdrawal, forwarded as the holder signed it (CO-1, CO-3, CO-9).

    ``document`` is canonical (``ConsentDocument``), ``signature`` a detached CMS signature of it.
    """

    document: Annotated[Base64Bytes, Field(repr=False)]
    signature: Annotated[Base64Bytes, Field(repr=False)]
    client: ConsentClient = ConsentClient.VERIFIER


class _Ruled(_Message):
    """An answer and the row that decided: its id, and its provision in words."""

    rule: str
    basis: str


class StatusAnswer(_Ruled):
    """What the agency's published data tells as of an instant (VS-1, VS-3).

    ``reason`` is RFC 5280's name of the reason code. ``not_listed`` is all that is told once the
    certificate's period is over, whatever became of it before.
    """

    serial: Serial = Field(repr=False)
    kind: CertificateKind
    status: KnownStatus
    reason: str | None = None
    recorded_at: datetime | None = None
    as_of: datetime


class ItemsAnswer(_Ruled):
    """The successor's serial number and the items consented to; or, by which row, nothing."""

    given: bool
    serial: Serial | None = Field(default=None, repr=False)
    items: dict[ConsentItem, str] = Field(default_factory=dict, repr=False)


class LinkedAnswer(_Ruled):
    """The serial number another leads to, or none."""

    serial: Serial | None = Field(default=None, repr=False)


class ConsentReceipt(_Message):
    """A consent that is on record, and from when to when it counts (CO-4, CO-5)."""

    verifier: str
    items: tuple[ConsentItem, ...]
    verified: tuple[CertificateKind, ...]
    signed_with: CertificateKind
    begins_at: datetime
    ends_at: datetime


class WithdrawalReceipt(_Message):
    """A withdrawal that is on record; from now on nothing is provided (CO-9)."""

    verifier: str
    recorded_at: datetime


class Problem(BaseModel):
    """Why there is no answer (RFC 9457), with our stable code, and the rule where one decided."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    title: str
    status: int
    detail: str = ""
    code: str = ""
    rule: str = ""
    basis: str = ""
    hint: str = ""
