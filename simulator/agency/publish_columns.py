"""Long revocation lists, written from columns straight to the disk (extra ``scale``).

The bytes are those of :func:`simulator.agency.publish.build_revocation_list`. The list is never in
memory as a whole: its length is reckoned first, and the digest is taken while it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import der
from jpki.certificates.structure import SHA256_WITH_RSA
from jpki.errors import ImpossibleFact
from jpki.jst import require_aware
from jpki.revocation.entries import REASON_CODES, REMOVE_FROM_CRL
from jpki.revocation.index.arrays import NO_REASON, Columns, narrow_seconds, np
from jpki.revocation.index.entry_tables import encoded_entries, encoded_size
from jpki.whole_files import whole_file
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import Edition, ListFlaws, ListOptions, list_frame
from simulator.municipalities import Municipality

__all__ = ["revocation_list_parts", "write_revocation_list"]


def write_revocation_list(
    path: Path,
    authority: SimulatedAuthority,
    columns: Columns,
    *,
    edition: Edition,
    municipality: Municipality | None,
    options: ListOptions | None = None,
) -> int:
    """Write the list of one municipality, or of the authority itself, and return its size.

    ``columns`` are in order of their numbers. The file appears under its name when it is whole.
    Raises ``ImpossibleFact`` for entries that no list can hold, and ``NotWritten``.
    """
    parts = revocation_list_parts(
        authority, columns, edition=edition, municipality=municipality, options=options
    )
    with whole_file(path, mode=0o644) as file:
        return sum(map(file.write, parts))


def revocation_list_parts(
    authority: SimulatedAuthority,
    columns: Columns,
    *,
    edition: Edition,
    municipality: Municipality | None,
    options: ListOptions | None = None,
) -> Iterator[bytes]:
    """Return the bytes of such a list one piece after another, the signature last.

    Raises ``ImpossibleFact`` before the first piece for entries that no list can hold.
    """
    options = options or ListOptions()
    columns = _checked(columns, edition, options)
    frame = list_frame(
        authority,
        edition=edition,
        municipality=municipality,
        options=options,
        flaws=ListFlaws(),
    )
    listed = encoded_size(columns)
    heads = [_header(der.SEQUENCE, listed)] if listed else []
    inside = len(frame.before) + sum(map(len, heads)) + listed + len(frame.after)
    signed = (_header(der.SEQUENCE, inside), frame.before, *heads)
    # 01 and the unused bits stand before a signature, which is as long as the key.
    signature_size = authority.key.key_size // 8
    end = len(SHA256_WITH_RSA) + len(der.bit_string(bytes(signature_size)))

    def parts() -> Iterator[bytes]:
        hashing = hashlib.sha256()
        yield _header(der.SEQUENCE, len(signed[0]) + inside + end)
        for part in (*signed, *([] if not listed else encoded_entries(columns)), frame.after):
            hashing.update(part)
            yield part
        signature = authority.key.sign(hashing.digest(), PKCS1v15(), Prehashed(SHA256()))
        yield SHA256_WITH_RSA + der.bit_string(signature)

    return parts()


_WRITABLE: Final = np.array(
    [code in REASON_CODES - {REMOVE_FROM_CRL} or code == NO_REASON for code in range(256)]
)
"""By reason, whether a complete list can give it."""


def _header(tag: int, length: int) -> bytes:
    # Tag and length of an element whose content comes later.
    if length < 0x80:
        return bytes((tag, length))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size


def _checked(columns: Columns, edition: Edition, options: ListOptions) -> Columns:
    this_update = require_aware(edition.this_update)
    if edition.number < 0 or require_aware(edition.next_update) < this_update:
        raise ImpossibleFact("an edition has a number and ends after it begins")
    if len(columns.wide_keys):
        raise ImpossibleFact("an issue number has four bytes")
    serials = columns.serials
    if len(serials) and (int(serials[0]) == 0 or not bool((serials[1:] > serials[:-1]).all())):
        raise ImpossibleFact("issue numbers are above zero, in order, and none comes twice")
    if len(columns.times) and int(columns.times.max()) > narrow_seconds(this_update):
        raise ImpossibleFact("a list cannot hold what was recorded after it was made")
    if not bool(_WRITABLE[columns.reasons].all()):
        raise ImpossibleFact("a complete list cannot give this reason")
    if options.reason_codes:
        return columns
    silent = np.full(len(serials), NO_REASON, dtype=np.uint8)
    return Columns(
        serials,
        columns.times,
        silent,
        columns.wide_keys,
        columns.wide_times,
        columns.wide_reasons,
    )
