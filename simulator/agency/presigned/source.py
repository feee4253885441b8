"""Which file of pre-signed answers holds now: the newest at a path, if it is what would be told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from jpki.errors import JpkiError
from jpki.life import Authority, Recorded
from simulator.agency.ocsp import OcspResponder
from simulator.agency.presigned.answers import PresignedAnswers
from simulator.agency.presigned.asgi import Signer, Turn
from simulator.agency.presigned.frame import AnswerFrame
from simulator.agency.presigned.section import Section
from simulator.agency.publication import Publication

__all__ = ["PresignedSource"]

_LOG: Final = logging.getLogger("jpki.simulator.presigned")


class PresignedSource:
    """The file at a path, opened anew when another has taken its place.

    Sections that the publication's responders would sign in another way now are left out, so
    whoever changes a policy or an option gets answers that are signed anew, not old ones.
    """

    def __init__(self, path: Path, publication: Publication) -> None:
        self._path = path
        self._publication = publication
        self._known: tuple[int, int, int] | None = None
        self._answers: PresignedAnswers | None = None
        self._signers: dict[Authority, Signer] = {}

    def __repr__(self) -> str:
        return f"<PresignedSource {self._path}>"

    def turn(self, at: datetime, log: Sequence[Recorded]) -> Turn | None:
        """Return what may be given at an instant, by this log; ``None`` when nothing may."""
        if self._answers is None or not self._answers.is_current(at, log):
            self._open_newer(at)
            if self._answers is None or not self._answers.is_current(at, log):
                return None
        return Turn(at, self._answers, self._signers)

    def find(self, request: bytes, at: datetime, log: Sequence[Recorded]) -> bytes | None:
        """Return the answer to a request without nonce, if it may be given at an instant."""
        turn = self.turn(at, log)
        return None if turn is None else turn.answers.find(request, at, log)

    def _open_newer(self, at: datetime) -> None:
        try:
            found = self._path.stat()
            known = (found.st_ino, found.st_mtime_ns, found.st_size)
            if known == self._known:
                return
            self._known, self._answers = known, None
            opened = PresignedAnswers.open(self._path)
        except (OSError, JpkiError) as error:
            self._answers = None
            _LOG.warning("no answers from %s: %s", self._path, error)
            return
        same = [section for section in opened.sections if self._is_signed_so(section, opened, at)]
        self._answers = opened.narrowed(same)
        self._signers = {
            each: self._signer(each, opened.as_of) for each in {one.authority for one in same}
        }
        _LOG.info("%d answers of %s", len(self._answers), opened.as_of.isoformat())

    def _is_signed_so(self, section: Section, opened: PresignedAnswers, at: datetime) -> bool:
        publication = self._publication
        if section.authority not in publication.answering(at):
            return False
        responder = publication.responder(section.authority)
        frame = AnswerFrame.of(responder, as_of=opened.as_of)
        return (
            responder.options.prepares
            and section.echoes == responder.options.echo_nonce
            and section.frame.digest == frame.digest
            and responder.is_asked(section.about)
        )

    def _signer(self, authority: Authority, as_of: datetime) -> Signer:
        responder = self._publication.responder(authority)
        return Signer(responder.key, partial(_frame_at, responder, as_of))


def _frame_at(responder: OcspResponder, as_of: datetime, now: datetime) -> AnswerFrame:
    return AnswerFrame.of(responder, as_of=as_of, produced_at=now)
