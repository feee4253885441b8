"""Opening accounts: a signed application, a verdict, and a queue for what nobody could tell yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from firm.checks import Checks
from jpki.cms import parse_signed_data
from jpki.validation import Verdict

__all__ = ["Account", "AccountDesk", "Answer"]


class Answer(StrEnum):
    """What an applicant hears."""

    OPENED = "opened"
    REFUSED = "refused"
    QUEUED = "queued"


@dataclass(slots=True)
class Account:
    """An account; ``certificate`` is the one its application was signed with (DER)."""

    number: int
    certificate: bytes = field(repr=False)
    opened_at: datetime
    frozen: bool = False
    login_certificate: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Waiting:
    signature: bytes = field(repr=False)
    content: bytes = field(repr=False)


class AccountDesk:
    """Takes applications. What could not be checked is never opened: it waits in the queue."""

    def __init__(self, checks: Checks) -> None:
        self.checks = checks
        self.accounts: list[Account] = []
        self._queue: list[_Waiting] = []

    @property
    def waiting(self) -> int:
        """How many applications wait for revocation data."""
        return len(self._queue)

    def apply(self, signature: bytes, content: bytes, *, at: datetime) -> Answer:
        """Take an application received at ``at``."""
        report = self.checks.signature(signature, content, at=at)
        answer = _ANSWERS[report.verdict]
        if answer is Answer.OPENED:
            self._open(signature, at)
        elif answer is Answer.QUEUED:
            self._queue.append(_Waiting(signature, content))
        return answer

    def work_off(self, *, at: datetime) -> tuple[Answer, ...]:
        """Try everything in the queue again; what still cannot be checked stays in it."""
        waiting, self._queue = self._queue, []
        return tuple(self.apply(one.signature, one.content, at=at) for one in waiting)

    def _open(self, signature: bytes, at: datetime) -> None:
        (certificate,) = parse_signed_data(signature).certificates
        self.accounts.append(Account(len(self.accounts) + 1, certificate, at))


_ANSWERS = {
    Verdict.VALID: Answer.OPENED,
    Verdict.INVALID: Answer.REFUSED,
    Verdict.INDETERMINATE: Answer.QUEUED,
}
