"""What the server can be asked, as a table: routes and description are both made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from jpki.errors import JpkiError, PinError
from simulator.approvals import App
from simulator.services import Verifier

if TYPE_CHECKING:
    from simulator.web.house import House

__all__ = ["Area", "Binary", "Call", "Operation"]


class Area(StrEnum):
    """The parts of the server; each has a credential of its own."""

    SERVICES = "services"
    CONTROL = "control"
    PHONE = "phone"

    @property
    def root(self) -> str:
        """What the paths of this part begin with."""
        return f"/{self.value}/v1"


@dataclass(frozen=True, slots=True)
class Binary:
    """An answer that is not JSON."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked. ``path`` and ``question`` never show in a ``repr``."""

    house: House
    path: dict[str, str] = field(repr=False)
    query: Any = field(default=None, repr=False)
    question: Any = field(default=None, repr=False)
    verifier: Verifier | None = None
    app: App | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked: where, what is sent, what comes back, and who does it.

    ``path`` is without the area's root; its parameters are ``{name}``. ``writes`` says that it
    changes the world: it is done in one transaction, and once for each idempotency key. A
    ``secret`` answer is not kept for a retry. After an error of the kind ``keeps`` what was written
    stays: a wrong PIN has cost its try, a refusal is in the audit. What is not ``atomic`` brings
    its own transactions and may be sent twice without harm. ``settled`` tells of an answer whether
    there is no use in waiting for another; the query then has ``wait``, in seconds.
    """

    area: Area
    method: str
    path: str
    name: str
    summary: str
    act: Callable[[Call], BaseModel | Binary]
    answer: type[BaseModel] | str
    question: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    writes: bool = False
    secret: bool = False
    faithful: bool = False
    keeps: type[JpkiError] = PinError
    atomic: bool = True
    settled: Callable[[Any], bool] | None = None

    @property
    def route(self) -> str:
        """The whole path."""
        return self.area.root + self.path
