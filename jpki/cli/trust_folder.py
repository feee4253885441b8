"""The trust folder: one sub-folder a standing, so that production, test and simulated never mix.

Whatever lies in it is read anew each time; a file's name and folder prove nothing. Folders are
made for their owner alone (0700), files 0600 and whole or not at all.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from jpki.cli.inputs import read_file
from jpki.cli.outputs import write_bytes
from jpki.errors import FormatError, MalformedDocument, NoSuchAnchor
from jpki.trust import Standing, Trusted, examine, file_name, misplaced

__all__ = ["Anchor", "Fault", "TrustFolder", "default_folder"]

_LARGEST = 64 * 1024
"""Bytes of a certificate file; the published ones have about 1,300."""


class Fault(StrEnum):
    """What may be wrong in the folder."""

    UNREADABLE = "unreadable"
    MISPLACED = "misplaced"
    WRITABLE_BY_OTHERS = "writable_by_others"
    STRANGE = "strange"

    @property
    def text_ja(self) -> str:
        """The fault in Japanese."""
        return _FAULTS[self][0]

    @property
    def text_en(self) -> str:
        """The fault in English."""
        return _FAULTS[self][1]


_FAULTS = {
    Fault.UNREADABLE: (
        "認証局の証明書として読めない",
        "cannot be read as an authority's certificate",
    ),
    Fault.MISPLACED: ("区分の違うフォルダにある", "lies in the folder of another standing"),
    Fault.WRITABLE_BY_OTHERS: ("他の利用者が書き込める", "can be written by others"),
    Fault.STRANGE: ("証明書の置き場所でない", "is not where certificates are kept"),
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """One file of the folder and what it holds, as far as it can be read."""

    path: Path
    found: Trusted | None
    faults: tuple[Fault, ...] = ()


def default_folder() -> Path:
    """Return ``$XDG_DATA_HOME/jpki/trust`` (XDG Base Directory Specification)."""
    data = os.environ.get("XDG_DATA_HOME", "")
    # A relative path there is to be ignored, says the specification.
    parent = Path(data) if Path(data).is_absolute() else _home() / ".local" / "share"
    return parent / "jpki" / "trust"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise MalformedDocument(
            "there is no home folder", source="trust", hint="name a folder with --dir"
        ) from error


@dataclass(frozen=True, slots=True)
class TrustFolder:
    """A folder of authorities that its owner has decided to trust."""

    path: Path

    def add(self, found: Trusted) -> Path:
        """Keep a certificate under its standing; adding it again changes nothing."""
        folder = self.path / found.standing.value
        try:
            for each in (self.path, folder):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = folder / file_name(found)
            write_bytes(found.authority.der, target, force=True, mode=0o600)
        except OSError as error:
            raise _unusable(folder, error) from error
        return target

    def anchors(self) -> tuple[Anchor, ...]:
        """Return every file, those that cannot be read included."""
        try:
            return tuple(self._anchors())
        except OSError as error:
            raise _unusable(self.path, error) from error

    def _anchors(self) -> Iterator[Anchor]:
        if not self.path.exists():
            return
        standings = {standing.value for standing in Standing}
        for entry in sorted(self.path.iterdir()):
            if entry.is_symlink() or not entry.is_dir() or entry.name not in standings:
                yield Anchor(entry, None, (Fault.STRANGE,))
                continue
            for path in sorted(entry.iterdir()):
                yield _anchor(path)

    def find(self, name: str) -> Anchor:
        """Return the one certificate of this file name, or whose fingerprint begins like this.

        A fingerprint takes at least eight digits. Raises ``NoSuchAnchor``.
        """
        found = [anchor for anchor in self.anchors() if _is_named(anchor, name)]
        if len(found) != 1:
            what = "nothing" if not found else f"{len(found)} files"
            raise NoSuchAnchor(f"{what} in {self.path} is called {name!r}")
        return found[0]

    def remove(self, name: str) -> Anchor:
        """Delete the one certificate of this name and return what it was."""
        anchor = self.find(name)
        try:
            anchor.path.unlink()
        except OSError as error:
            raise _unusable(anchor.path, error) from error
        return anchor


def _anchor(path: Path) -> Anchor:
    faults = []
    if path.is_symlink() or not path.is_file():
        return Anchor(path, None, (Fault.STRANGE,))
    for each in (path, path.parent, path.parent.parent):
        if each.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            faults.append(Fault.WRITABLE_BY_OTHERS)
            break
    found = None
    try:
        if path.stat().st_size <= _LARGEST:
            found = examine(read_file(path), source=str(path))
    except FormatError:
        pass
    if found is None:
        faults.append(Fault.UNREADABLE)
    elif misplaced(found, path.parent.name):
        faults.append(Fault.MISPLACED)
    return Anchor(path, found, tuple(faults))


_FEWEST_DIGITS = 8


def _is_named(anchor: Anchor, name: str) -> bool:
    if name in (anchor.path.name, anchor.path.stem):
        return True
    digits = name.replace(" ", "").replace(":", "").lower()
    if anchor.found is None or len(digits) < _FEWEST_DIGITS:
        return False
    return anchor.found.authority.fingerprint_sha256.hex().startswith(digits)


def _unusable(path: Path, error: OSError) -> MalformedDocument:
    return MalformedDocument(
        f"cannot be used: {error.strerror or error}",
        source=str(path),
        hint="check the path and the permissions, or give another folder with --dir",
    )
