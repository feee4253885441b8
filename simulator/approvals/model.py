"""Requests and results as values; they are kept as JSON and travel as JSON.

What is to be signed, items and results never show in a ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    model_validator,
)

from jpki.card.pin import SignaturePassword, UserPin
from jpki.errors import ImpossibleFact
from jpki.life.events import ConsentItem, Platform
from jpki.terms import CertificateKind, Purpose
from simulator.tokens import TokenPins

__all__ = [
    "ANY_ASKED",
    "ANY_RESULT",
    "LONGEST_CHALLENGE",
    "LONGEST_DOCUMENT",
    "SHORTEST_CHALLENGE",
    "ApprovalRequest",
    "Asked",
    "Authenticated",
    "AuthenticationAsked",
    "Enrolled",
    "EnrolmentAsked",
    "Entry",
    "Failure",
    "ItemsAsked",
    "ItemsPresented",
    "Means",
    "NotPending",
    "RequestKind",
    "RequestStatus",
    "Result",
    "SignatureAsked",
    "Signed",
    "TooManyPending",
]

SHORTEST_CHALLENGE: Final = 16
LONGEST_CHALLENGE: Final = 1024
"""Bytes of a challenge; one that can be guessed proves nothing."""

LONGEST_DOCUMENT: Final = 256 * 1024
"""Bytes of a document that is sent whole; of a longer one the app sends the digest."""

_SHA256_BYTES: Final = 32


class RequestKind(StrEnum):
    """What is asked for."""

    ENROLMENT = "enrolment"
    SIGNATURE = "signature"
    AUTHENTICATION = "authentication"
    ITEMS = "items"


class RequestStatus(StrEnum):
    """Where a request stands; all but ``PENDING`` are final."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"


class Means(StrEnum):
    """How the holder answered. ``AUTOMATIC`` is for tests only: no phone answers by itself."""

    PAGE = "page"
    API = "api"
    AUTOMATIC = "automatic"


class NotPending(ImpossibleFact):
    """The request was answered before, or its time is over."""

    code = "phone.not-pending"
    default_hint = "ask anew; a request is answered once"


class TooManyPending(ImpossibleFact):
    """The phone has as many open requests as it shows."""

    code = "phone.too-many-pending"
    default_hint = "wait until the holder has answered, or the requests have expired"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _in_alphabetical_order(items: tuple[ConsentItem, ...]) -> tuple[ConsentItem, ...]:
    if list(items) != sorted(set(items)):
        raise ValueError("items are named once, in alphabetical order")
    return items


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Items = Annotated[
    tuple[ConsentItem, ...],
    Field(min_length=1, max_length=len(ConsentItem)),
    AfterValidator(_in_alphabetical_order),
]


class EnrolmentAsked(_Value):
    """That a person enrol a phone with the card (Act 16-2, 35-2)."""

    kind: Literal[RequestKind.ENROLMENT] = RequestKind.ENROLMENT
    person: Name
    platform: Platform


class SignatureAsked(_Value):
    """That a phone sign a document, or the SHA-256 of one.

    A document gets a detached CMS signature, a digest a bare RSASSA-PKCS1-v1_5 value beside the
    certificate.
    """

    kind: Literal[RequestKind.SIGNATURE] = RequestKind.SIGNATURE
    device: Name
    document: Annotated[Base64Bytes | None, Field(repr=False)] = None
    digest: Annotated[Base64Bytes | None, Field(repr=False)] = None
    algorithm: Literal["sha256"] = "sha256"

    @model_validator(mode="after")
    def _check(self) -> SignatureAsked:
        if (self.document is None) == (self.digest is None):
            raise ValueError("either a document or a digest is signed")
        if self.digest is not None and len(self.digest) != _SHA256_BYTES:
            raise ValueError("a SHA-256 has 32 bytes")
        if self.document is not None and not 0 < len(self.document) <= LONGEST_DOCUMENT:
            raise ValueError("a document has 1 to 262,144 bytes; of a longer one send the digest")
        return self


class AuthenticationAsked(_Value):
    """That a phone sign a challenge with the user authentication key.

    ``challenge`` is what ``jpki.authenticate.Challenge.message`` gives, or another message of 16 to
    1,024 bytes. The same app asks the same challenge once.
    """

    kind: Literal[RequestKind.AUTHENTICATION] = RequestKind.AUTHENTICATION
    device: Name
    challenge: Annotated[Base64Bytes, Field(repr=False)]

    @model_validator(mode="after")
    def _check(self) -> AuthenticationAsked:
        if not SHORTEST_CHALLENGE <= len(self.challenge) <= LONGEST_CHALLENGE:
            raise ValueError("a challenge has 16 to 1,024 bytes")
        return self


class ItemsAsked(_Value):
    """That the holder consent, item by item, to one verifier's being given items (CO-1 to CO-3).

    ``verified`` are the kinds of certificate the verifier has verified; a kind is never crossed
    (CO-8).
    """

    kind: Literal[RequestKind.ITEMS] = RequestKind.ITEMS
    device: Name
    items: Items
    verified: Annotated[tuple[CertificateKind, ...], Field(min_length=1, max_length=2)] = (
        CertificateKind.MOBILE_SIGNATURE,
    )

    @model_validator(mode="after")
    def _check(self) -> ItemsAsked:
        if list(self.verified) != sorted(set(self.verified)):
            raise ValueError("kinds are named once, in alphabetical order")
        if any(kind.purpose is not Purpose.SIGNATURE for kind in self.verified):
            raise ValueError("only signature certificates lead to the four items")
        return self


Asked = Annotated[
    EnrolmentAsked | SignatureAsked | AuthenticationAsked | ItemsAsked,
    Field(discriminator="kind"),
]
ANY_ASKED: Final[TypeAdapter[Asked]] = TypeAdapter(Asked)


class Enrolled(_Value):
    """The name of the phone that was enrolled."""

    kind: Literal[RequestKind.ENROLMENT] = RequestKind.ENROLMENT
    device: Name


class Signed(_Value):
    """A signature: a detached CMS (``cms``, DER), or a bare value with its certificate (``raw``).

    ``signature`` and ``certificate`` are base64.
    """

    kind: Literal[RequestKind.SIGNATURE] = RequestKind.SIGNATURE
    form: Literal["cms", "raw"]
    signature: Annotated[str, Field(repr=False)]
    certificate: Annotated[str | None, Field(repr=False)] = None


class Authenticated(_Value):
    """The answer to a challenge; ``gate`` is what opened the key. Bytes are base64."""

    kind: Literal[RequestKind.AUTHENTICATION] = RequestKind.AUTHENTICATION
    certificate: Annotated[str, Field(repr=False)]
    signature: Annotated[str, Field(repr=False)]
    gate: Literal["pin", "biometrics"]


class ItemsPresented(_Value):
    """The items the holder consented to, and the signed consent to forward (CO-3).

    ``document`` and ``signature`` are base64. The signature carries the holder's certificate, which
    names all four items whatever was consented to: a verifier may use those consented to.
    """

    kind: Literal[RequestKind.ITEMS] = RequestKind.ITEMS
    items: Annotated[dict[ConsentItem, str], Field(repr=False)]
    document: Annotated[str, Field(repr=False)]
    signature: Annotated[str, Field(repr=False)]


Result = Annotated[Enrolled | Signed | Authenticated | ItemsPresented, Field(discriminator="kind")]
ANY_RESULT: Final[TypeAdapter[Result]] = TypeAdapter(Result)


class Failure(_Value):
    """Why a request failed: the code of the error, and the rule where one decided."""

    code: str
    detail: str
    rule: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """One request. ``device`` is empty for an enrolment, which is asked of a person.

    Instants are the world's. ``result`` is there once it was approved, ``failure`` when it failed.
    """

    id: str
    app: str
    person: str
    device: str
    asked: Asked
    created_at: datetime
    expires_at: datetime
    status: RequestStatus = RequestStatus.PENDING
    settled_at: datetime | None = None
    means: Means | None = None
    result: Result | None = None
    failure: Failure | None = None

    @property
    def kind(self) -> RequestKind:
        """What is asked for."""
        return self.asked.kind


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """What the holder enters to approve.

    A signature and a consent want ``password``, the phone's; an authentication ``pin`` or
    ``biometrics``; an enrolment ``card_password`` and the ``pins`` the phone shall have. ``items``
    are those consented to; without it all that were asked for. The last try of a PIN is used only
    with ``allow_last_try``.
    """

    password: SignaturePassword | None = None
    pin: UserPin | None = None
    biometrics: bool = False
    card_password: SignaturePassword | None = None
    pins: TokenPins | None = None
    items: tuple[ConsentItem, ...] | None = None
    allow_last_try: bool = False

    def __repr__(self) -> str:
        return "<Entry>"
