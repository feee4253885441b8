"""Building an index: every list's signature is checked, and nothing is written unless all is well.

Lists are read one after another, the largest needing about its own size in memory. An index of
yesterday can be gone on with, so that only what is new is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from jpki.certificates import AuthorityCertificate
from jpki.errors import (
    BadSignature,
    FormatError,
    IssuerUnknown,
    JpkiError,
    SourceError,
    UnusableSource,
)
from jpki.revocation.index.answering import RevocationIndex
from jpki.revocation.index.arrays import GOOD, NO_REASON, UNKNOWN, Array, Columns, narrow_seconds
from jpki.revocation.index.container import write_container
from jpki.revocation.index.reading import Section
from jpki.revocation.index.sections import SectionDraft
from jpki.revocation.index.series import ANSWERS, KnownList, RefusedList, Scope, Series
from jpki.revocation.index.signed_list import MappedList, map_list
from jpki.revocation.ocsp import JPKI_ANSWERS, OcspPolicy, OcspResponse, SaidStatus, SingleAnswer
from jpki.revocation.ocsp.responder import why_not_signed
from jpki.revocation.parties import Issuer
from jpki.revocation.revocation_list import ListFrame

__all__ = ["BuildReport", "IndexBuilder", "build_index"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What became of a build: lists taken, those there already, and those left out with why.

    ``dropped`` are lists older than what is kept, of the index that was gone on with or given anew.
    """

    lists: int
    known_already: int
    entries: int
    size: int
    left_out: tuple[JpkiError, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A list whose frame was read, to be read in its turn."""

    path: Path
    frame: ListFrame
    size: int

    @property
    def order(self) -> tuple[int, int]:
        number = -1 if self.frame.crl_number is None else self.frame.crl_number
        return narrow_seconds(self.frame.this_update), number


class IndexBuilder:
    """Collects lists and answers of the authorities given, and writes an index of them.

    With ``strict`` the first list that cannot be taken ends the build. Without, it is left out and
    told in the report; of an authentic list that cannot be used the reason is kept in the index, so
    that the status is unknown for it and not for want of a list. A delta list is never taken:
    whoever has one applies it first (``RevocationList.with_delta``) or waits for the whole list.
    ``keep`` is how much older than the newest list of its partition a list may be, ``None`` for any
    age: the index is that of the lists kept, so that what it says of an instant before them is
    unknown, or revoked when a kept list says since when. ``any_time_form`` is for lists of other
    authorities (an ``Issuer``), whose times may be GeneralizedTime in any year.
    """

    def __init__(
        self,
        authorities: Iterable[AuthorityCertificate | Issuer],
        *,
        since: RevocationIndex | None = None,
        strict: bool = True,
        policy: OcspPolicy = JPKI_ANSWERS,
        any_time_form: bool = False,
        keep: timedelta | None = None,
    ) -> None:
        if keep is not None and keep < timedelta(0):
            raise UnusableSource("keep", "a negative time", hint="give zero or more days")
        self._keep = keep
        self._dropped = 0
        self._drafts = [SectionDraft(one) for one in authorities]
        self._issuers = [one.issuer for one in self._drafts]
        self._any_time_form = any_time_form
        self._strict = strict
        self._policy = policy
        self._left_out: list[JpkiError] = []
        self._lists = self._known_already = 0
        if since is not None:
            self._resume(since)

    def __repr__(self) -> str:
        return f"<IndexBuilder, {self._lists} lists>"

    def add_lists(self, paths: Sequence[Path], *, progress: Progress | None = None) -> None:
        """Add lists from files, in any order; ``progress`` is told bytes done and in all.

        Raises ``MalformedRevocationList``, ``UnusableSource``, ``IssuerUnknown`` and
        ``BadSignature``, each naming the file.
        """
        waiting: dict[tuple[int, Scope], list[_Waiting]] = {}
        for path in paths:
            with self._tolerated():
                place, one = self._framed(path)
                waiting.setdefault((place, one.frame.distribution_point), []).append(one)
        total = sum(one.size for each in waiting.values() for one in each)
        done = 0
        for (place, scope), each in waiting.items():
            for one in sorted(each, key=lambda one: one.order):
                with self._tolerated():
                    self._add_list(place, scope, one)
                done += one.size
                if progress is not None:
                    progress(done, total)

    def add_answers(self, responses: Iterable[OcspResponse], *, source: str = "") -> None:
        """Add OCSP answers; ``IssuerUnknown`` for one about nobody's certificate here.

        Raises ``BadSignature`` and ``UnusableSource``.
        """
        batches: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {}
        for response in responses:
            with self._tolerated():
                for place, times, row in self._answered(response, source):
                    batches.setdefault((place, *times), []).append(row)
        for (place, this_update, next_update), rows in sorted(batches.items()):
            told = (this_update, next_update, sorted(set(rows)))
            digest = hashlib.sha256(repr(told).encode()).digest()
            known = KnownList(this_update, -1, digest, next_update)
            series = self._drafts[place].of(ANSWERS)
            if not series.holds(digest):
                series.add_answers(known, Columns.of(sorted(set(rows))).sorted())
                self._lists += 1

    def add_columns(
        self, authority: AuthorityCertificate, scope: Scope, known: KnownList, columns: Columns
    ) -> None:
        """Add a list that the caller vouches for: nobody signed these columns."""
        place = self._place(Issuer.of(authority))
        series = self._drafts[place].of(scope)
        if series.holds(known.digest):
            self._known_already += 1
            return
        series.add(known, columns.sorted(), source="columns")
        self._lists += 1

    def write(self, path: Path) -> BuildReport:
        """Write the index, whole or not at all; ``NotWritten`` when that cannot be done."""
        arrays: dict[str, Array] = {}
        said: list[dict[str, object]] = []
        entries = 0
        for number, draft in enumerate(self._drafts):
            for series in draft.series.values():
                self._dropped += series.forget(self._oldest(series))
            parts, told = draft.arrays()
            entries += len(parts["serials"]) + len(parts["wide_keys"])
            arrays |= {f"{number}/{name}": array for name, array in parts.items()}
            said.append(told)
        size = write_container(path, arrays, {"sections": said})
        return BuildReport(
            self._lists,
            self._known_already,
            entries,
            size,
            tuple(self._left_out),
            self._dropped,
        )

    def _oldest(self, series: Series) -> int:
        """Return from when on lists of a series are kept."""
        if self._keep is None or series.newest is None:
            return _EVER
        return series.newest - int(self._keep // timedelta(seconds=1))

    def _tolerated(self) -> _Tolerated:
        return _Tolerated(self._strict, self._left_out)

    def _framed(self, path: Path) -> tuple[int, _Waiting]:
        with map_list(path, any_time_form=self._any_time_form) as mapped:
            place = self._issuer_of(mapped.frame, str(path))
            return place, _Waiting(path, mapped.frame, mapped.whole.end)

    def _issuer_of(self, frame: ListFrame, source: str) -> int:
        named = [n for n, one in enumerate(self._issuers) if one.name == frame.issuer]
        key_id = frame.authority_key_id
        fitting = [n for n in named if key_id is None or self._issuers[n].subject_key_id == key_id]
        if not fitting:
            why = "with this key identifier " if named else ""
            raise IssuerUnknown(
                f"{source}: none of the authorities given {why}issued this list",
                hint="give the authority's certificate with --trust",
            )
        if len(fitting) > 1:
            raise UnusableSource(
                source,
                "a list without key identifier, and two of the authorities given have its "
                "issuer's name",
                hint="build an index for each",
            )
        return fitting[0]

    def _add_list(self, place: int, scope: Scope, one: _Waiting) -> None:
        series = self._drafts[place].of(scope)
        if series.lists and one.order[0] < min(self._oldest(series), series.lists[0].this_update):
            # Forgotten already; what is newer was verified when it was taken.
            self._dropped += 1
            return
        with map_list(one.path, any_time_form=self._any_time_form) as mapped:
            digest = mapped.fingerprint()
            if series.holds(digest):
                self._known_already += 1
                return
            frame = mapped.frame
            if frame.distribution_point != scope or frame.issuer != one.frame.issuer:
                raise UnusableSource(str(one.path), "another list has taken its place meanwhile")
            known = KnownList(*one.order, digest, narrow_seconds(frame.next_update))
            problem = self._problem(mapped, place)
            if problem is not None:
                self._refuse(series.refused, problem, RefusedList(known, "bad-signature"))
                return
            columns, unknown = mapped.entries()
        critical = (*frame.unknown_critical_extensions, *unknown)
        if critical:
            error = UnusableSource(
                str(one.path), f"a critical extension that is not known: {critical[0]}"
            )
            refused = RefusedList(known, "critical-extension", (("oid", critical[0]),))
            self._refuse(series.refused, error, refused)
            return
        series.add(known, columns, source=str(one.path))
        self._lists += 1

    def _refuse(self, kept: list[RefusedList], error: JpkiError, refused: RefusedList) -> None:
        if self._strict:
            raise error
        kept.append(refused)
        self._left_out.append(error)

    def _problem(self, mapped: MappedList, place: int) -> JpkiError | None:
        path = str(mapped.path)
        if mapped.frame.is_delta:
            raise UnusableSource(
                path, "a delta list", hint="give complete lists; the index finds what has changed"
            )
        issuer = self._issuers[place]
        if issuer.may_sign_lists and mapped.signed_by(issuer.public_key):
            return None
        return BadSignature(f"{path}: the authority did not sign this list")

    def _answered(
        self, response: OcspResponse, source: str
    ) -> Iterator[tuple[int, tuple[int, int], tuple[int, int, int]]]:
        answer = response.answer
        if answer is None:
            raise UnusableSource(source, f"no answer but {response.status.rfc_name}")
        for single in answer.singles:
            serial = single.certificate_id.serial
            place = next(
                (
                    n
                    for n, one in enumerate(self._issuers)
                    if single.certificate_id.names(one, serial)
                ),
                None,
            )
            if place is None:
                raise IssuerUnknown(f"{source}: an answer about no certificate of the authorities")
            if why_not_signed(answer, issuer=self._issuers[place], policy=self._policy):
                raise BadSignature(f"{source}: no responder of the authority signed this answer")
            if answer.unknown_critical_extensions or single.unknown_critical_extensions:
                raise UnusableSource(source, "a critical extension that is not known")
            said_at = single.entry.recorded_at if single.entry else single.this_update
            if max(said_at, single.this_update) > answer.produced_at:
                raise UnusableSource(source, "an answer that speaks of later than it was made")
            yield place, self._times(single), _row(serial, single)

    def _times(self, single: SingleAnswer) -> tuple[int, int]:
        until = single.next_update
        if until is None:
            until = _later(single.this_update, self._policy)
        return narrow_seconds(single.this_update), narrow_seconds(until)

    def _place(self, issuer: Issuer) -> int:
        for number, one in enumerate(self._issuers):
            if (one.name, one.key_bits) == (issuer.name, issuer.key_bits):
                return number
        raise IssuerUnknown("the authority is none of those the index is built for")

    def _resume(self, since: RevocationIndex) -> None:
        for section in since.sections:
            draft = next(
                (
                    draft
                    for draft, issuer in zip(self._drafts, self._issuers, strict=True)
                    if section.is_of(issuer)
                ),
                None,
            )
            if draft is None:
                raise IssuerUnknown(
                    f"{since.path}: an authority of this index is not among those given",
                    hint="give its certificate with --trust",
                )
            _resume_section(draft, section)


class _Tolerated:
    """Lets an error about one list pass when the build is strict; else keeps it and goes on."""

    def __init__(self, strict: bool, left_out: list[JpkiError]) -> None:
        self._strict = strict
        self._left_out = left_out

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if self._strict or not isinstance(error, _OF_ONE_LIST):
            return False
        self._left_out.append(error)
        return True


_EVER: Final = -(1 << 62)
_OF_ONE_LIST: Final = (FormatError, SourceError, BadSignature, IssuerUnknown)


def _later(at: datetime, policy: OcspPolicy) -> datetime:
    try:
        return at + policy.max_age
    except OverflowError:
        return at


def _row(serial: int, single: SingleAnswer) -> tuple[int, int, int]:
    if single.entry is None:
        said = GOOD if single.status is SaidStatus.GOOD else UNKNOWN
        return serial, 0, said
    code = single.entry.reason_code
    seconds = narrow_seconds(single.entry.recorded_at)
    return serial, seconds, NO_REASON if code is None else code


def _resume_section(draft: SectionDraft, section: Section) -> None:
    refused: dict[int, list[RefusedList]] = {}
    for number, one in section.refused:
        refused.setdefault(number, []).append(one)
    for number, (narrow, wide) in enumerate(section.spans()):
        scope = section.scopes[number]
        lists = section.lists[section.bounds[number] : section.bounds[number + 1]]
        draft.resumed(scope, lists, refused.get(number, ()), narrow, wide)


def build_index(
    path: Path,
    lists: Sequence[Path],
    *,
    authorities: Iterable[AuthorityCertificate],
    answers: Iterable[OcspResponse] = (),
    since: RevocationIndex | None = None,
    strict: bool = True,
    progress: Progress | None = None,
    keep: timedelta | None = None,
) -> BuildReport:
    """Build an index of lists and OCSP answers into a file; see :class:`IndexBuilder`.

    ``since`` is an index to go on from, such as yesterday's; lists it holds are not read again.
    """
    builder = IndexBuilder(authorities, since=since, strict=strict, keep=keep)
    builder.add_lists(lists, progress=progress)
    builder.add_answers(answers)
    return builder.write(path)
