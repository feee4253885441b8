"""Entries from elsewhere: Parquet files, and dumps of OCSP answers.

This is the one module here that imports pyarrow (extra ``scale``). Columns are signed by nobody, so
whoever adds them vouches for them; answers are checked like lists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import fields
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
from jpki.revocation.index.arrays import Array, Columns, narrow_seconds, np
from jpki.revocation.index.building import IndexBuilder
from jpki.revocation.index.listed_rows import ListedRows, entry_rows, list_columns
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

_OF_A_LIST: Final = ["key_id", "partition", "number", "this_update", "next_update"]
_List = tuple[bytes, bytes | None, int | None, datetime, datetime]


def add_parquet(
    builder: IndexBuilder, path: Path, authorities: Sequence[AuthorityCertificate]
) -> None:
    """Add lists from a Parquet file of ``ENTRY_COLUMNS``, for which the caller vouches.

    Raises ``MalformedDocument`` for a file that is cut short, lacks a column or has one of another
    type, or says what no list can, and ``IssuerUnknown``.
    """
    lists: dict[_List, list[ListedRows]] = {}
    rows = 0
    for batch in _batches(path):
        for key, which in _lists_in(batch, path):
            parts = lists.setdefault(key, [])
            parts.append(_entries(batch.take(pa.array(which)), which + rows, path))
        rows += len(batch)
    for key, parts in sorted(lists.items(), key=lambda one: (one[0][3], one[0][2] or 0)):
        _add(builder, path, authorities, key, list_columns(str(path), parts))


def _add(
    builder: IndexBuilder,
    path: Path,
    authorities: Sequence[AuthorityCertificate],
    key: _List,
    columns: Columns,
) -> None:
    key_id, partition, number, this_update, next_update = key
    authority = next((one for one in authorities if one.subject_key_id == key_id), None)
    if authority is None:
        raise IssuerUnknown(f"{path}: key identifier {key_id.hex()} is none of the authorities'")
    if this_update.microsecond or next_update.microsecond:
        raise MalformedDocument(
            "an instant with parts of a second, which no list has", source=str(path)
        )
    if next_update < this_update or (number is not None and number < 0):
        raise MalformedDocument("a list that ends before it begins", source=str(path))
    known = KnownList(
        narrow_seconds(this_update),
        -1 if number is None else number,
        _digest(key, columns),
        narrow_seconds(next_update),
    )
    scope = None
    if partition is not None:
        scope = IssuingDistributionPoint(directory_names=(partition,))
    builder.add_columns(authority, scope, known, columns)


def _digest(key: _List, columns: Columns) -> bytes:
    """Return what tells a list of columns from others: everything it says, in order."""
    hashing = hashlib.sha256(repr(key).encode())
    for one in (getattr(columns, field.name) for field in fields(columns)):
        hashing.update(len(one).to_bytes(8, "little"))
        hashing.update(np.ascontiguousarray(one).tobytes())
    return hashing.digest()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            _check_schema(file.schema_arrow, path)
            yield from file.iter_batches(columns=ENTRY_COLUMNS.names)
    except (OSError, pa.ArrowException) as error:
        raise MalformedDocument(
            f"no Parquet file that can be read: {str(error).splitlines()[0][:200]}",
            source=str(path),
        ) from None


def _lists_in(batch: pa.RecordBatch, path: Path) -> Iterator[tuple[_List, Array]]:
    """Yield the lists that rows of a batch are on, and those rows."""
    codes = np.zeros(len(batch), dtype=np.int64)
    for name in _OF_A_LIST:
        told = batch.column(name).dictionary_encode().indices
        told = told.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        codes = codes * (int(told.max(initial=0)) + 1) + told
        if name != _OF_A_LIST[0]:
            codes = np.unique(codes, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    try:
        keys = batch.select(_OF_A_LIST).take(pa.array(order[starts])).to_pylist()
    except (ValueError, OverflowError):
        raise MalformedDocument(
            "an instant of a year that no list can write", source=str(path)
        ) from None
    for key, which in zip(keys, np.split(order, starts[1:]), strict=bool(len(order))):
        yield tuple(key[name] for name in _OF_A_LIST), which


def _entries(batch: pa.RecordBatch, rows: Array, path: Path) -> ListedRows:
    serials = batch.column("serial")
    given = serials.is_valid().to_numpy(zero_copy_only=False)
    _, offsets, content = serials.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[serials.offset :][: len(serials) + 1]
    recorded = batch.column("recorded_at")
    milliseconds = recorded.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    reasons = batch.column("reason").cast(pa.int16()).fill_null(-1)
    return entry_rows(
        str(path),
        rows[given],
        octets=np.frombuffer(content or b"", dtype=np.uint8),
        bounds=np.stack([bounds[:-1], bounds[1:]], axis=1).astype(np.int64)[given],
        milliseconds=milliseconds[given],
        dated=recorded.is_valid().to_numpy(zero_copy_only=False)[given],
        reasons=reasons.to_numpy(zero_copy_only=False)[given],
    )


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
