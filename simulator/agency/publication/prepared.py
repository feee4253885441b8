"""OCSP answers that are made once for a renewal of the data and given to everybody who asks.

RFC 6960 §2.5 lets a responder sign beforehand what it will say, and RFC 5019 §2.2.1 has those who
serve many do so. Nothing here is told past the next renewal of the data, nor after the log under it
has grown; a question with a nonce is never among these, because its answer is signed for it alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jpki.life import Recorded

__all__ = ["PreparedAnswer", "PreparedAnswers", "Presigned"]

Presigned = Callable[[bytes, datetime, Sequence[Recorded]], bytes | None]
"""Answers signed in bulk elsewhere: given a request, an instant and the log, or ``None``."""

_MOST: Final = 16_384
_LONGEST_QUESTION: Final = 1024
"""Those who ask about hundreds of certificates at once are answered, and not remembered."""


@dataclass(frozen=True, slots=True, repr=False)
class PreparedAnswer:
    """An answer, the instant of the data it tells, and until when it may be given."""

    der: bytes
    as_of: datetime
    until: datetime

    def __repr__(self) -> str:
        return f"<PreparedAnswer of {self.as_of.isoformat()}>"


class PreparedAnswers:
    """The answers prepared from the data as it is; all are dropped when there is other data."""

    def __init__(self, recorded_by: Callable[[datetime], int]) -> None:
        self._recorded_by = recorded_by
        self._answers: OrderedDict[bytes, PreparedAnswer] = OrderedDict()
        self._log: Sequence[Recorded] = ()
        self._data: tuple[datetime, int, Recorded | None] | None = None

    def __repr__(self) -> str:
        return f"<PreparedAnswers, {len(self._answers)}>"

    def find(self, request: bytes, at: datetime, log: Sequence[Recorded]) -> PreparedAnswer | None:
        """Return what was prepared for a request, if it still is what is told."""
        if self._data is None or not self._is_same(log):
            return None
        found = self._answers.get(request)
        if found is None or not found.as_of <= at < found.until:
            return None
        return found

    def keep(self, request: bytes, answer: PreparedAnswer, log: Sequence[Recorded]) -> None:
        """Keep an answer that was made from this log, unless more was recorded meanwhile."""
        data = self._of(answer.as_of, log)
        if data is None:
            return
        if data != self._data:
            self._answers.clear()
        self._data, self._log = data, log
        if len(request) <= _LONGEST_QUESTION:
            self._answers[request] = answer
            if len(self._answers) > _MOST:
                self._answers.popitem(last=False)

    def _is_same(self, log: Sequence[Recorded]) -> bool:
        """Whether nothing was added to the data: the very same log is not looked through."""
        if log is self._log:
            return True
        if self._data is None or self._of(self._data[0], log) != self._data:
            return False
        self._log = log
        return True

    def _of(
        self, as_of: datetime, log: Sequence[Recorded]
    ) -> tuple[datetime, int, Recorded | None] | None:
        """Return what tells the data of an instant; ``None`` when the log is older than that."""
        count = self._recorded_by(as_of)
        if count > len(log):
            return None
        return as_of, count, log[count - 1] if count else None
