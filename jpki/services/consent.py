"""The consent to the four items as a document, which the holder signs (施行規則 35-2).

How the real message is encoded is not published. This one is canonical: a consent has exactly one
encoding, so what was signed cannot be read in two ways.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from jpki.errors import MalformedDocument
from jpki.life.events import ConsentItem
from jpki.terms import CertificateKind, Purpose

__all__ = ["ConsentAct", "ConsentDocument"]

_LONGEST = 4096


class ConsentAct(StrEnum):
    """What the holder declares."""

    GIVE = "give"
    WITHDRAW = "withdraw"


class ConsentDocument(BaseModel):
    """A consent that one verifier be given items, each consented to by itself, or its withdrawal.

    ``verified`` are the kinds of certificate the verifier has verified; a kind is never crossed
    (Act 19(5)). ``number`` is the holder's own, different each time, so that a consent that was
    withdrawn cannot be presented again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: Literal["jpki-sim four-items consent v1"] = "jpki-sim four-items consent v1"
    act: ConsentAct
    verifier: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    items: tuple[ConsentItem, ...] = ()
    verified: tuple[CertificateKind, ...] = ()
    made_at: AwareDatetime
    number: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]

    @model_validator(mode="after")
    def _check(self) -> ConsentDocument:
        for listed in (self.items, self.verified):
            if list(listed) != sorted(set(listed)):
                raise ValueError("items and kinds are named once, in alphabetical order")
        if any(kind.purpose is not Purpose.SIGNATURE for kind in self.verified):
            raise ValueError("only signature certificates lead to the four items")
        giving = self.act is ConsentAct.GIVE
        if giving and not (self.items and self.verified):
            raise ValueError("a consent names at least one item and one kind")
        if not giving and (self.items or self.verified):
            raise ValueError("a withdrawal ends the whole consent and names no items")
        return self

    def to_bytes(self) -> bytes:
        """Return the bytes that are signed: JSON in UTF-8, keys sorted, without spaces."""
        content = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def read(cls, data: bytes) -> ConsentDocument:
        """Read what ``to_bytes`` wrote; ``MalformedDocument`` for anything else, however alike."""
        if len(data) > _LONGEST:
            raise MalformedDocument(f"longer than {_LONGEST} bytes", source="consent document")
        try:
            read = cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise MalformedDocument(first["msg"], source="consent document") from None
        if read.to_bytes() != data:
            raise MalformedDocument(
                "not in its one canonical encoding",
                source="consent document",
                hint="sign exactly the bytes of ConsentDocument.to_bytes()",
            )
        return read
