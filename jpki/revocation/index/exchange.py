"""Entries from elsewhere: Parquet files, and dumps of OCSP answers.

This is the one module here that imports pyarrow (extra ``scale``). Columns are signed by nobody, so
whoever adds them vouches for them; answers are checked like lists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jpki.certificates import AuthorityCertificate
from jpki.certificates.der import Document
from jpki.errors import (
    IssuerUnknown,
    MalformedDocument,
    MalformedOcspResponse,
    MissingExtra,
    UnusableSource,
)
from jpki.revocation.entries import REASON_CODES, REMOVE_FROM_CRL
from jpki.revocation.index.arrays import NO_REASON, Columns, narrow_seconds
from jpki.revocation.index.building import IndexBuilder
from jpki.revocation.index.series import KnownList
from jpki.revocation.ocsp import OcspResponse, parse_ocsp_response
from jpki.revocation.revocation_list import IssuingDistributionPoint

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise MissingExtra("pyarrow", extra="scale") from error

__all__ = ["ENTRY_COLUMNS", "add_parquet", "answers_in"]

ENTRY_COLUMNS: Final = pa.schema(
    [
        pa.field("key_id", pa.binary(), nullable=False),
        pa.field("partition", pa.binary(), nullable=True),
        pa.field("number", pa.int64(), nullable=True),
        pa.field("this_update", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("next_update", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("serial", pa.binary(), nullable=True),
        pa.field("recorded_at", pa.timestamp("ms", tz="UTC"), nullable=True),
        pa.field("reason", pa.uint8(), nullable=True),
    ]
)
"""One row an entry, with the list it is on: ``key_id`` is the authority's subject key identifier,
``partition`` the DER name of the distribution point, ``serial`` the number as bytes, highest first,
two's complement. A list without entries is one row without ``serial``."""

_List = tuple[bytes, bytes | None, int | None, datetime, datetime]


def add_parquet(
    builder: IndexBuilder, path: Path, authorities: Sequence[AuthorityCertificate]
) -> None:
    """Add lists from a Parquet file of ``ENTRY_COLUMNS``, for which the caller vouches.

    Raises ``MalformedDocument`` for a file that is cut short, lacks a column or has one of another
    type, or says what no list can, and ``IssuerUnknown``.
    """
    lists: dict[_List, dict[int, tuple[int, int]]] = {}
    for number, row in enumerate(_rows(path)):
        key: _List = (
            row["key_id"],
            row["partition"],
            row["number"],
            row["this_update"],
            row["next_update"],
        )
        entries = lists.setdefault(key, {})
        if row["serial"] is not None:
            serial, *said = _entry(row, path, number)
            if serial in entries:
                raise MalformedDocument(
                    f"row {number}: the same certificate for the second time", source=str(path)
                )
            entries[serial] = (said[0], said[1])
    for key, entries in sorted(lists.items(), key=lambda one: (one[0][3], one[0][2] or 0)):
        _add(builder, path, authorities, key, entries)


def _add(
    builder: IndexBuilder,
    path: Path,
    authorities: Sequence[AuthorityCertificate],
    key: _List,
    entries: dict[int, tuple[int, int]],
) -> None:
    key_id, partition, number, this_update, next_update = key
    authority = next((one for one in authorities if one.subject_key_id == key_id), None)
    if authority is None:
        raise IssuerUnknown(f"{path}: key identifier {key_id.hex()} is none of the authorities'")
    _whole_seconds(path, this_update, next_update)
    if next_update < this_update or (number is not None and number < 0):
        raise MalformedDocument("a list that ends before it begins", source=str(path))
    rows = [(serial, *said) for serial, said in sorted(entries.items())]
    known = KnownList(
        narrow_seconds(this_update),
        -1 if number is None else number,
        hashlib.sha256(repr((key, rows)).encode()).digest(),
        narrow_seconds(next_update),
    )
    scope = None
    if partition is not None:
        scope = IssuingDistributionPoint(directory_names=(partition,))
    builder.add_columns(authority, scope, known, Columns.of(rows))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with pq.ParquetFile(path) as file:
            _check_schema(file.schema_arrow, path)
            for batch in file.iter_batches(columns=ENTRY_COLUMNS.names):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise MalformedDocument(
            f"no Parquet file that can be read: {str(error).splitlines()[0][:200]}",
            source=str(path),
        ) from None


def _check_schema(found: Any, path: Path) -> None:
    for wanted in ENTRY_COLUMNS:
        place = found.get_field_index(wanted.name)
        if place < 0:
            raise MalformedDocument(f"the column {wanted.name} is missing", source=str(path))
        if found.field(place).type != wanted.type:
            raise MalformedDocument(
                f"the column {wanted.name} is {found.field(place).type} and not {wanted.type}",
                source=str(path),
            )


def _entry(row: dict[str, Any], path: Path, number: int) -> tuple[int, int, int]:
    serial, reason = row["serial"], row["reason"]
    writable = REASON_CODES - {REMOVE_FROM_CRL}
    if not 0 < len(serial) <= 20 or row["recorded_at"] is None:
        raise MalformedDocument(
            f"row {number}: a number of {len(serial)} octets, or one without an instant",
            source=str(path),
        )
    _whole_seconds(path, row["recorded_at"])
    if reason is not None and reason not in writable:
        raise MalformedDocument(f"row {number}: a reason that a list cannot give", source=str(path))
    seconds = narrow_seconds(row["recorded_at"])
    signed = int.from_bytes(serial, "big", signed=True)
    return signed, seconds, NO_REASON if reason is None else reason


def _whole_seconds(path: Path, *instants: datetime) -> None:
    if any(one.microsecond for one in instants):
        raise MalformedDocument(
            "an instant with parts of a second, which no list has", source=str(path)
        )


def answers_in(path: Path) -> Iterator[OcspResponse]:
    """Yield the OCSP responses that lie one after another in a file, in DER.

    Raises ``UnusableSource`` and ``MalformedOcspResponse``.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnusableSource(str(path), error.strerror or "it cannot be read") from None
    document, at = Document(data, MalformedOcspResponse, str(path)), 0
    while at < len(data):
        element = document.element_at(at, len(data))
        yield parse_ocsp_response(element.der, source=f"{path}, byte {at}")
        at = element.end
