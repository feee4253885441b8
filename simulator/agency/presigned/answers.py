"""A file of pre-signed answers, opened: which answer is given to a request, and until when.

Nothing is given past the next renewal of the data, past the end of its certificate, nor after the
log under it has grown (as it may while a clock stands still at the very renewal).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from jpki.errors import MalformedDocument, MalformedOcspRequest
from jpki.life import Recorded
from jpki.revocation import parse_ocsp_request
from simulator.agency.presigned.container import mapped
from simulator.agency.presigned.section import (
    GOOD,
    GOOD_STATUS,
    Section,
    Shape,
    shapes_of,
    status_of,
)

__all__ = ["AskedRow", "LogMark", "PresignedAnswers"]


@dataclass(frozen=True, slots=True)
class LogMark:
    """How far a log went: how many entries, and a SHA-256 that names the last."""

    count: int
    last: str

    @classmethod
    def of(cls, log: Sequence[Recorded], as_of: datetime) -> LogMark:
        """Return how far a log went that holds what was recorded by an instant."""
        count = bisect_right(log, as_of, key=lambda entry: entry.recorded_at)
        last = log[count - 1] if count else None
        # What happened to whom is nobody's business who reads the file, and a log only grows.
        told = f"{last.seq} {last.event.name} {last.recorded_at.isoformat()}" if last else ""
        return cls(count, hashlib.sha256(told.encode()).hexdigest())


class AskedRow(NamedTuple):
    """What is asked for: a row of a section, and the nonce that came with the question."""

    section: Section
    row: int
    nonce: bytes | None


class PresignedAnswers:
    """The answers of a quarter of an hour: the data of ``as_of``, to be given before ``until``.

    ``settled``: the clock had left ``as_of`` when they were signed, so the data cannot change any
    more. ``sections`` narrows them to those that are still signed in the same way.
    """

    def __init__(
        self,
        as_of: datetime,
        until: datetime,
        mark: LogMark,
        sections: tuple[Section, ...],
        *,
        settled: bool,
    ) -> None:
        self.as_of = as_of
        self.until = until
        self.mark = mark
        self.settled = settled
        self.sections = sections
        shapes: dict[int, list[Shape]] = {}
        plain: dict[int, dict[bytes, Shape]] = {}
        for section in sections:
            for length, shape in shapes_of(section):
                shapes.setdefault(length, []).append(shape)
                if shape.nonce is None:
                    plain.setdefault(length, {})[shape.head] = shape
        # Of requests without nonce those of one length have their serial number at one place.
        self._plain = {length: (len(next(iter(heads))), heads) for length, heads in plain.items()}
        self._shapes: Mapping[int, tuple[Shape, ...]] = {
            length: tuple(found) for length, found in shapes.items()
        }
        self._log: tuple[Sequence[Recorded], bool] = ((), False)

    def __repr__(self) -> str:
        return f"<PresignedAnswers of {self.as_of.isoformat()}, {len(self)}>"

    def __len__(self) -> int:
        return sum(len(section.serials) for section in self.sections)

    @classmethod
    def open(cls, path: Path, *, verify: bool = True) -> PresignedAnswers:
        """Map a file; ``verify`` holds all of it against its digests first.

        ``MalformedDocument`` when it is no such file, of another version, cut short or damaged.
        """
        view, said = mapped(path, verify=verify)
        try:
            as_of = datetime.fromisoformat(said["as_of"])
            return cls(
                as_of,
                datetime.fromisoformat(said["until"]),
                LogMark(int(said["count"]), str(said["last"])),
                tuple(Section.read(view, one, as_of) for one in said["sections"]),
                settled=bool(said["settled"]),
            )
        except (KeyError, TypeError, ValueError, IndexError):
            raise MalformedDocument(
                "its directory says something else than this program reads", source=str(path)
            ) from None

    def narrowed(self, sections: Sequence[Section]) -> PresignedAnswers:
        """Return the same answers without some sections."""
        return PresignedAnswers(
            self.as_of, self.until, self.mark, tuple(sections), settled=self.settled
        )

    def is_current(self, at: datetime, log: Sequence[Recorded]) -> bool:
        """Tell whether these are what is told at an instant, by this log."""
        if not self.as_of <= at < self.until:
            return False
        if log is not self._log[0]:
            self._log = (log, LogMark.of(log, self.as_of) == self.mark)
        return self._log[1]

    def given(self, request: bytes, at: datetime) -> bytes | None:
        """Return the answer to a request without nonce in the usual shape, at an instant of theirs.

        It is what is done for every question, so it is written for speed: the CertID of the answer
        is cut out of the request, and nothing is called that can be looked up.
        """
        plain = self._plain.get(len(request))
        if plain is None:
            return None
        begins, heads = plain
        shape = heads.get(request[:begins])
        if shape is None:
            return None
        serial = int.from_bytes(request[begins:], "big")
        section = shape.section
        serials = section.serials
        row = bisect_left(serials, serial)
        # A serial number with more octets than it needs is no DER.
        if not shape.least <= serial <= shape.most or row == len(serials) or serials[row] != serial:
            return None
        if section.ends and not section.may_be_given(row, at):
            return None
        reason, size = section.reasons[row], section.frame.signature_size
        return section.frame.whole(
            request[shape.named :],
            GOOD_STATUS if reason == GOOD else status_of(section.recorded[row], reason),
            section.signatures[row * size : (row + 1) * size],
        )

    def asked(self, request: bytes) -> AskedRow | None:
        """Return which row a request in the usual shape asks for; ``None`` for every other."""
        for shape in self._shapes.get(len(request), ()):
            found = shape.read(request)
            if found is not None:
                row = shape.section.row(found[0])
                return None if row is None else AskedRow(shape.section, row, found[1])
        return None

    def asked_anyhow(self, request: bytes) -> AskedRow | None:
        """Return which row a request asks for, however it is written; ``None`` when there is none.

        A request about several certificates, or with an unknown critical extension, is for
        somebody who can sign. Raises ``MalformedOcspRequest`` for what is no request.
        """
        read = parse_ocsp_request(request)
        if read.unknown_critical_extensions:
            raise MalformedOcspRequest("an extension that may not be passed over")
        if len(read.certificate_ids) != 1:
            return None
        (about,) = read.certificate_ids
        for section in self.sections:
            row = section.row(about.serial) if section.names(about) else None
            if row is not None:
                return AskedRow(section, row, read.nonce)
        return None

    def find(self, request: bytes, at: datetime, log: Sequence[Recorded]) -> bytes | None:
        """Return the answer to a request without nonce, if it may be given at an instant."""
        if not self.is_current(at, log):
            return None
        try:
            found = self.asked(request) or self.asked_anyhow(request)
        except MalformedOcspRequest:
            return None
        if found is None or found.nonce is not None:
            return None
        section, row, _ = found
        return section.answer(row) if section.may_be_given(row, at) else None
