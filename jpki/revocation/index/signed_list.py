"""A list of any length, mapped from its file: who signed it is checked, its entries are columns."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import der
from jpki.certificates.der import Document, Element
from jpki.certificates.structure import SHA256_WITH_RSA
from jpki.errors import MalformedRevocationList, SourceTooLarge, UnusableSource
from jpki.revocation.entries import EntryReader
from jpki.revocation.index.arrays import Columns
from jpki.revocation.index.scanning import scanned
from jpki.revocation.revocation_list import ListFrame, open_revocation_list

__all__ = ["LONGEST_MAPPED_LIST", "MappedList", "map_list"]

LONGEST_MAPPED_LIST: Final = 2**32 - 1
"""Bytes; every entry the country could ever have on one list, ten times over."""
_SLICE: Final = 16 * 2**20


@dataclass(frozen=True, slots=True)
class MappedList:
    """A list whose frame was read; nothing is verified yet."""

    frame: ListFrame
    path: Path
    whole: Element

    def signed_by(self, key: RSAPublicKey) -> bool:
        """Tell whether this key signed the list, as ``RevocationList.signed_by``.

        The bytes are hashed where they lie, so that it takes no memory however long the list is.
        """
        if self.frame.algorithm != SHA256_WITH_RSA:
            return False
        digest = self._hashed(self.frame.tbs.start, self.frame.tbs.end)
        try:
            key.verify(self.frame.signature, digest, PKCS1v15(), Prehashed(SHA256()))
        except InvalidSignature:
            return False
        return True

    def fingerprint(self) -> bytes:
        """Return the SHA-256 of the whole list in DER."""
        return self._hashed(self.whole.start, self.whole.end)

    def _hashed(self, start: int, end: int) -> bytes:
        hashing = hashlib.sha256()
        with memoryview(self.whole.document.data) as data:
            for at in range(start, end, _SLICE):
                with data[at : min(at + _SLICE, end)] as piece:
                    hashing.update(piece)
        return hashing.digest()

    def entries(self) -> tuple[Columns, tuple[str, ...]]:
        """Return the entries, and the critical extensions in them that are not known."""
        if self.frame.listed is None:
            return Columns.of(()), ()
        reader = EntryReader(is_delta=self.frame.is_delta)
        columns = scanned(self.frame.listed, reader=reader)
        return columns, tuple(sorted(reader.unknown_critical))


@contextmanager
def map_list(path: Path, *, any_time_form: bool = False) -> Iterator[MappedList]:
    """Map a list in DER (one in PEM is read into memory) and read its frame.

    Raises ``UnusableSource`` for a file that cannot be read or changes meanwhile,
    ``SourceTooLarge`` and ``MalformedRevocationList``. Put lists in place by renaming them.
    """
    try:
        # Opening a pipe would wait for whoever writes into it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnusableSource(str(path), "it is no ordinary file")
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            if before.st_size > LONGEST_MAPPED_LIST:
                raise SourceTooLarge(str(path), f"more than {LONGEST_MAPPED_LIST} bytes")
            if before.st_size == 0:
                raise MalformedRevocationList("an empty file", source=str(path), offset=0)
            yield _mapped(mmap(file.fileno(), 0, access=ACCESS_READ), path, any_time_form)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise UnusableSource(str(path), error.strerror or "it cannot be read") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UnusableSource(str(path), "it changed while it was read", hint="try again later")


def _mapped(content: mmap, path: Path, any_time_form: bool) -> MappedList:
    data = cast("bytes", content)
    if content[:64].lstrip()[:10] == b"-----BEGIN":
        error = MalformedRevocationList
        data = der.from_pem(content[:], label="X509 CRL", error=error, source=str(path))
    document = Document(data, MalformedRevocationList, str(path), any_time_form)
    whole = document.element_at(0, len(data))
    if whole.end != len(data):
        raise document.malformed("bytes are left over", whole.end)
    return MappedList(open_revocation_list(whole), path, whole)
