"""Reading what the command line names: files, folders, instants and languages."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from jpki.errors import FormatError, MalformedDocument
from jpki.jst import JST, end_of_day

# Most commands read neither certificates nor lists, so what parses them is imported where it is.
if TYPE_CHECKING:
    from jpki.certificates import AuthorityCertificate
    from jpki.revocation import OcspResponse, RevocationList
    from jpki.validation import Language

__all__ = [
    "instant",
    "language",
    "listed_files",
    "opened",
    "read_answers",
    "read_certificate_files",
    "read_file",
    "read_list_files",
    "read_lists",
    "read_roots",
]

_ROOT_SUFFIXES = frozenset({".cer", ".crt", ".der", ".pem"})
_ANSWER_SUFFIXES = frozenset({".ors", ".ocsp"})
_LIST_SUFFIXES = frozenset({".crl"})
# A list of every revoked signature certificate in the country stays well below this.
_LARGEST_FILE = 1 << 30

_T = TypeVar("_T")


def read_file(path: Path) -> bytes:
    """Return a file's bytes; ``MalformedDocument`` says what is wrong when it cannot be read.

    A file that is too large is refused before it is read, and one that changes meanwhile too.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _LARGEST_FILE:
                raise MalformedDocument("the file is larger than 1 GiB", source=str(path))
            with _unchanged(path, file):
                data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > _LARGEST_FILE:
        raise MalformedDocument("there is more than 1 GiB to read", source=str(path))
    return data


@contextmanager
def _unchanged(path: Path, file: BinaryIO) -> Iterator[None]:
    before = os.fstat(file.fileno())
    yield
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise MalformedDocument(
            "the file changed while it was read",
            source=str(path),
            hint="wait until whoever writes it has finished, and ask again",
        )


@contextmanager
def opened(path: Path | None) -> Iterator[BinaryIO | None]:
    """Open the content that was signed, to be read in pieces; ``None`` when there is none."""
    if path is None:
        yield None
        return
    try:
        with path.open("rb") as file, _unchanged(path, file):
            yield file
    except OSError as error:
        raise _unreadable(path, error) from error


def read_roots(paths: Iterable[Path]) -> tuple[AuthorityCertificate, ...]:
    """Return the authorities in files and folders (``.cer .crt .der .pem``)."""
    from jpki.certificates import parse_authority

    return tuple(_read_all(paths, _ROOT_SUFFIXES, parse_authority))


def read_lists(paths: Iterable[Path]) -> tuple[RevocationList, ...]:
    """Return the revocation lists in files and folders (``.crl``)."""
    from jpki.revocation import parse_revocation_list

    return tuple(_read_all(paths, _LIST_SUFFIXES, parse_revocation_list))


def read_certificate_files(paths: Iterable[Path]) -> tuple[bytes, ...]:
    """Return the DER of certificates of any authority (``.cer .crt .der .pem``)."""
    from jpki.certificates import certificate_der

    return tuple(_read_all(paths, _ROOT_SUFFIXES, certificate_der))


def read_answers(paths: Iterable[Path]) -> tuple[OcspResponse, ...]:
    """Return the OCSP answers in files and folders (``.ors .ocsp``)."""
    from jpki.revocation import parse_ocsp_response

    return tuple(_read_all(paths, _ANSWER_SUFFIXES, parse_ocsp_response))


def read_list_files(paths: Iterable[Path]) -> tuple[bytes, ...]:
    """Return the bytes of revocation lists of any authority (``.crl``)."""
    return tuple(_read_all(paths, _LIST_SUFFIXES, lambda data: data))


def _read_all(
    paths: Iterable[Path], suffixes: frozenset[str], parse: Callable[[bytes], _T]
) -> Iterator[_T]:
    for path in paths:
        for file in listed_files(path, suffixes):
            data = read_file(file)
            try:
                yield parse(data)
            except FormatError as error:
                raise MalformedDocument(error.message, source=str(file), hint=error.hint) from error


def _unreadable(path: Path, error: OSError) -> MalformedDocument:
    return MalformedDocument(
        f"cannot be read: {error.strerror or error}",
        source=str(path),
        hint="check the path and the permissions",
    )


def listed_files(path: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files of a folder that have one of these suffixes, or the one file named."""
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in suffixes)
    if not found:
        raise MalformedDocument(
            f"the folder holds no {' '.join(sorted(suffixes))} file", source=str(path)
        )
    return found


def instant(text: str, *, source: str = "--at") -> datetime:
    """Return the instant that ``text`` names.

    An ISO 8601 date and time; without a zone it is Japan time. A day alone means its last second
    in Japan, as validity does. Raises ``MalformedDocument`` for anything else.
    """
    try:
        if len(text) == len("2026-08-04"):
            return end_of_day(date.fromisoformat(text))
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedDocument(
            f"{text!r} is not an instant",
            source=source,
            hint="write 2026-08-04T09:00:00+09:00, or a day such as 2026-08-04",
        ) from error
    return (at if at.tzinfo else at.replace(tzinfo=JST)).astimezone(UTC)


def language(choice: str | None) -> Language:
    """Return the language asked for, or that of the locale: Japanese or else English."""
    wanted = choice or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        "en",
    )
    return "ja" if wanted.lower().startswith("ja") else "en"
