"""Where revocation lists and OCSP answers come from: one small seam, and the sources on this side.

Nothing here speaks to a network, and nothing is fetched unless a caller makes a source that does
(:mod:`jpki.revocation.http`). A source hands over what it has; whether that may be believed, and
holds at the instant, is decided where it is used.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.errors import FormatError, JpkiError, SourceError, SourceTooLarge, UnusableSource
from jpki.revocation.ocsp import OcspPolicy, OcspResponse, parse_ocsp_response
from jpki.revocation.ocsp.response import LONGEST_RESPONSE
from jpki.revocation.parties import Issuer, Subject
from jpki.revocation.revocation_list import LONGEST_LIST, RevocationList, parse_revocation_list
from jpki.revocation.statements import Heard

__all__ = [
    "AllSources",
    "FileSource",
    "FolderSource",
    "MemorySource",
    "StatusEvidence",
    "StatusRegister",
    "StatusSource",
]

_T = TypeVar("_T", RevocationList, OcspResponse)


@dataclass(frozen=True, slots=True)
class StatusEvidence:
    """What a source has about a certificate; ``failures`` is what it could not get or read."""

    lists: tuple[RevocationList, ...] = ()
    answers: tuple[OcspResponse, ...] = ()
    failures: tuple[JpkiError, ...] = ()

    def __add__(self, other: StatusEvidence) -> StatusEvidence:
        """Return both together."""
        return StatusEvidence(
            self.lists + other.lists,
            self.answers + other.answers,
            self.failures + other.failures,
        )


class StatusSource(Protocol):
    """Something that may have lists and answers about a certificate."""

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return what there is about a certificate that this authority issued.

        A source that cannot do its work raises a ``SourceError``.
        """


class StatusRegister(Protocol):
    """Something made of lists and answers whose signatures were checked when it was made.

    :class:`jpki.revocation.index.RevocationIndex` is one. Whoever asks it trusts whoever made it.
    """

    def heard(
        self,
        subject: Subject,
        *,
        issuer: Issuer,
        at: datetime,
        tolerance: timedelta,
        policy: OcspPolicy,
    ) -> Iterable[Heard]:
        """Return what each list and answer says about the certificate, or why it says nothing."""


class MemorySource:
    """Lists and answers that a caller has at hand, found by what they speak of.

    Of the lists those of the certificate's issuer are given that name its distribution point, or
    none; deltas come with them. Of the answers those that name the certificate.
    """

    def __init__(
        self, lists: Iterable[RevocationList] = (), answers: Iterable[OcspResponse] = ()
    ) -> None:
        self._lists: dict[tuple[bytes, bytes | None], list[RevocationList]] = {}
        self._answers: dict[int, list[OcspResponse]] = {}
        for known in lists:
            for point in _points(known):
                self._lists.setdefault((known.issuer, point), []).append(known)
        for response in answers:
            for serial in _serials(response):
                self._answers.setdefault(serial, []).append(response)

    def __repr__(self) -> str:
        return f"<MemorySource, {len(self._lists)} partitions, {len(self._answers)} answered>"

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return the lists and answers about this certificate."""
        points = (certificate.crl_distribution_point.name, None)
        lists = [one for at in points for one in self._lists.get((certificate.issuer, at), ())]
        issuer = Issuer.of(authority)
        answers = [
            one
            for one in self._answers.get(certificate.serial, ())
            if _names(one, issuer, certificate.serial)
        ]
        return StatusEvidence(tuple(lists), tuple(answers))


def _points(known: RevocationList) -> Sequence[bytes | None]:
    scope = known.distribution_point
    return scope.directory_names if scope is not None and scope.directory_names else (None,)


def _serials(response: OcspResponse) -> set[int]:
    if response.answer is None:
        return set()
    return {one.certificate_id.serial for one in response.answer.singles}


def _names(response: OcspResponse, issuer: Issuer, serial: int) -> bool:
    answer = response.answer
    return answer is not None and any(
        one.certificate_id.names(issuer, serial) for one in answer.singles
    )


_ATTEMPTS: Final = 3
_MOST_FILES: Final = 20_000
"""About 1,900 partitions for each of two authorities, several generations and days of them."""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What shows that a file has changed."""

    modified_ns: int
    size: int
    inode: int


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        # Opening a pipe would wait for whoever writes into it.
        raise UnusableSource(str(path), "it is no ordinary file")
    return _Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


@dataclass(frozen=True, slots=True)
class _Form(Generic[_T]):
    """One kind of file: how it is read, and how long it may be."""

    parse: Callable[[bytes, str], _T]
    longest: int


def _list(data: bytes, source: str) -> RevocationList:
    return parse_revocation_list(data, source=source)


def _answer(data: bytes, source: str) -> OcspResponse:
    return parse_ocsp_response(data, source=source)


_LISTS: Final = _Form(_list, LONGEST_LIST)
_ANSWERS: Final = _Form(_answer, LONGEST_RESPONSE)
_FORMS: Final[Mapping[str, _Form[RevocationList] | _Form[OcspResponse]]] = {
    ".crl": _LISTS,
    ".ors": _ANSWERS,
    ".ocsp": _ANSWERS,
}


def _read(path: Path, longest: int) -> tuple[_Stamp, bytes]:
    """Return a file as it was at one moment; one that changes while it is read is read again."""
    try:
        for _ in range(_ATTEMPTS):
            before = _stamp(path)
            if before.size > longest:
                raise SourceTooLarge(str(path), f"more than {longest} bytes")
            with path.open("rb") as file:
                data = file.read(longest + 1)
            if len(data) == before.size and _stamp(path) == before:
                return before, data
    except OSError as error:
        raise UnusableSource(str(path), error.strerror or "it cannot be read") from None
    raise UnusableSource(str(path), "it changes while it is read", hint="try again later")


_Found = RevocationList | OcspResponse


def _parsed(path: Path, form: _Form[RevocationList] | _Form[OcspResponse]) -> _Found:
    return form.parse(_read(path, form.longest)[1], str(path))


def _memory(found: Iterable[_Found | FormatError]) -> MemorySource:
    both = tuple(found)
    return MemorySource(
        (one for one in both if isinstance(one, RevocationList)),
        (one for one in both if isinstance(one, OcspResponse)),
    )


class FileSource:
    """Files that are read once, when the source is made: lists, and OCSP responses.

    Raises ``UnusableSource`` or ``SourceTooLarge`` for one that cannot be read, and the
    ``FormatError`` of one that is not what it should be.
    """

    def __init__(self, *, lists: Iterable[Path] = (), answers: Iterable[Path] = ()) -> None:
        self._memory = _memory(
            (
                *(_parsed(path, _LISTS) for path in lists),
                *(_parsed(path, _ANSWERS) for path in answers),
            )
        )

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return the lists and answers about this certificate."""
        return self._memory.evidence(certificate, authority)


_Seen = tuple[_Stamp, _Found | FormatError]


class FolderSource:
    """A folder into which something else puts ``.crl``, ``.ors`` and ``.ocsp`` files.

    It is looked through at every question; only files whose time, size or place on the disk changed
    are read again. All of them are held parsed, which takes about ten times their size. A file that
    cannot be read is among the failures, and what it said before is forgotten: it must not go on
    deciding. Put files in place by renaming them, so that nobody sees half of one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, _Seen] = {}
        self._memory = MemorySource()

    def __repr__(self) -> str:
        return f"<FolderSource, {len(self._seen)} files>"

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return the lists and answers about this certificate, as the folder is now."""
        failures = self._refresh()
        return self._memory.evidence(certificate, authority) + StatusEvidence(failures=failures)

    def _refresh(self) -> tuple[JpkiError, ...]:
        seen: dict[Path, _Seen] = {}
        failures: list[JpkiError] = []
        for path in self._paths():
            try:
                seen[path] = self._current(path)
            except SourceError as error:
                failures.append(error)
        failures += (one for _, one in seen.values() if isinstance(one, FormatError))
        if seen != self._seen:
            # Made aside and put in place at once: a question never meets half a folder.
            memory = _memory(found for _, found in seen.values())
            self._seen, self._memory = seen, memory
        return tuple(failures)

    def _current(self, path: Path) -> _Seen:
        known = self._seen.get(path)
        try:
            if known is not None and known[0] == _stamp(path):
                return known
        except OSError as error:
            raise UnusableSource(str(path), error.strerror or "it cannot be read") from None
        form = _FORMS[path.suffix.lower()]
        stamp, data = _read(path, form.longest)
        try:
            return stamp, form.parse(data, str(path))
        except FormatError as error:
            return stamp, error

    def _paths(self) -> list[Path]:
        try:
            found = sorted(
                one
                for one in self._folder.iterdir()
                if one.suffix.lower() in _FORMS and not one.name.startswith(".")
            )
        except OSError as error:
            raise UnusableSource(str(self._folder), error.strerror or "it cannot be read") from None
        if len(found) > _MOST_FILES:
            raise SourceTooLarge(str(self._folder), f"more than {_MOST_FILES} files")
        return found


class AllSources:
    """Several sources together; one that cannot do its work leaves its error and not the rest."""

    def __init__(self, *sources: StatusSource) -> None:
        self._sources = sources

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return what all of them have."""
        total = StatusEvidence()
        for source in self._sources:
            try:
                total += source.evidence(certificate, authority)
            except SourceError as error:
                total += StatusEvidence(failures=(error,))
        return total
