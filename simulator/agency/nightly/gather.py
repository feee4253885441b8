"""From the tables of a population to what stands on the lists of a night (the importer of pyarrow).

Certificates are read a quarter of a million rows at a time, whatever their number. An entry is on
the lists from the one made after its recording to the last one made before the certificate's end
(施行令 3 to 6, 19 to 22), as :func:`jpki.life.revocations_at` has it: a hold until it is over, and
a revocation, which takes the hold's place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from jpki.certificates.profile import LARGEST_ISSUE_NUMBER
from jpki.errors import MalformedDocument, MissingExtra
from jpki.revocation.index.arrays import HOLD, NO_REASON, Array, np
from jpki.terms import CertificateKind, RevocationReason
from simulator.agency.nightly.runs import RunWriter
from simulator.agency.nightly.work import PURPOSES, Entries, Night

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
except ImportError as error:
    raise MissingExtra("pyarrow", extra="scale") from error

__all__ = ["expected_entries", "gather_holds", "gather_revoked"]

_ROWS: Final = 1 << 18
_NEVER: Final = 2**31 - 1
_UNKNOWN: Final = -9
_REVOKED: Final = {"live": 0, "held": 0, "expired": 0, "revoked": 1}
_PURPOSE_OF: Final = {kind.value: PURPOSES.index(kind.purpose) for kind in CertificateKind}
_PURPOSES: Final = {purpose.value: number for number, purpose in enumerate(PURPOSES)}
_REASONS: Final = {reason.rfc_name: int(reason) for reason in RevocationReason}
_ISSUE: Final = ("kind", "serial", "municipality", "issued_on", "expires_on")


def expected_entries(path: Path, on: date) -> Array:
    """Return how long each list of a day is by the population's own count.

    One row an authority, signature first, and one column a municipality. ``MalformedDocument`` when
    the table does not have the day, or not every list of it.
    """
    with _reading(path):
        table = pq.read_table(path, filters=[("date", "=", on)], partitioning=None)
        if not len(table):
            raise MalformedDocument(f"has no lists of {on}", source=str(path))
        which = _coded(table.column("authority"), _PURPOSES)
        place, entries = _place(table.column("municipality")), _numbers(table.column("entries"))
    places = len(table) // 2
    spot = which * places + place
    if len(table) != 2 * places or sorted(spot.tolist()) != list(range(2 * places)):
        raise MalformedDocument(f"has not every list of {on} once", source=str(path))
    found = np.empty(2 * places, np.int64)
    found[spot] = entries
    return found.reshape(2, places)


def gather_revoked(path: Path, night: Night, into: RunWriter) -> None:
    """Take over what is revoked and has not reached its end, from a file of certificates."""
    columns = (*_ISSUE, "ended_on", "state", "reason")
    with _reading(path):
        for rows in _batches(path, columns):
            times = night.seconds(_days(rows["ended_on"]))
            listed = _coded(rows["state"], _REVOKED) == 1
            listed &= times <= night.made_second
            reasons = _coded(rows["reason"], _REASONS, gap=NO_REASON)
            _take(rows, night, into, listed, times, reasons)
    into.close()


def gather_holds(path: Path, night: Night, into: RunWriter) -> None:
    """Take over what is held, from a file of holds."""
    with _reading(path):
        for rows in _batches(path, (*_ISSUE, "held_on", "held_until")):
            times = night.seconds(_days(rows["held_on"]))
            listed = (times <= night.made_second) & (
                night.seconds(_days(rows["held_until"])) > night.made_second
            )
            _take(rows, night, into, listed, times, np.full(len(times), HOLD))
    into.close()


def _take(
    rows: dict[str, Any],
    night: Night,
    into: RunWriter,
    listed: Array,
    times: Array,
    reasons: Array,
) -> None:
    listed = np.flatnonzero(listed & (_days(rows["expires_on"]) >= night.day_number))
    if not len(listed):
        return
    serials, place = _numbers(rows["serial"])[listed], _place(rows["municipality"])[listed]
    if int(serials.min()) < 1 or int(serials.max()) > LARGEST_ISSUE_NUMBER:
        raise _Unfit("has an issue number of more than four bytes")
    if int(reasons[listed].max()) == NO_REASON:
        raise _Unfit("has a revocation without a reason")
    if int(place.min()) < 0 or int(place.max()) >= night.places:
        raise _Unfit("has a municipality that lists.parquet does not have")
    issued, purpose = _days(rows["issued_on"])[listed], _coded(rows["kind"], _PURPOSE_OF)[listed]
    which = night.numbers(issued, purpose, place)
    if int(which.min()) < 0:
        raise _Unfit("lists a certificate of an authority that has ended by then")
    into.add(
        Entries(
            which.astype(np.uint16),
            serials.astype(np.uint32),
            times[listed].astype(np.uint32),
            reasons[listed].astype(np.uint8),
        )
    )


class _Unfit(ValueError):
    """A value that a population does not have."""


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong while reading into ``MalformedDocument``."""
    try:
        yield
    except _Unfit as error:
        raise MalformedDocument(str(error), source=str(path)) from None
    except FileNotFoundError:
        raise MalformedDocument("is not there", source=str(path)) from None
    except (pa.ArrowException, OSError) as error:
        why = f"is no table of a population, or a damaged one: {type(error).__name__}"
        raise MalformedDocument(why, source=str(path)) from None
    except KeyError as error:
        raise MalformedDocument(f"has no column {error}", source=str(path)) from None


def _batches(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    # A column that is not there is left out by pyarrow, and missed by whoever asks for it.
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS, columns=list(columns), use_threads=False):
            yield {name: batch.column(name) for name in batch.schema.names}


def _coded(column: Any, codes: dict[str, int], *, gap: int = _UNKNOWN) -> Array:
    """Return the code of each word; where there is none ``gap``, without which it is refused."""
    column = _encoded(column)
    words = column.dictionary.to_pylist()
    return _looked_up(column, [codes.get(word, _UNKNOWN) for word in words], gap)


def _place(column: Any) -> Array:
    """Return the number of each municipality, counted from 0."""
    column = _encoded(column)
    return _looked_up(column, column.dictionary.cast(pa.int64()).to_numpy() - 1, _UNKNOWN)


def _encoded(column: Any) -> Any:
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    is_encoded = pa.types.is_dictionary(column.type)
    return column if is_encoded else pc.dictionary_encode(column)


def _looked_up(column: Any, codes: Sequence[int] | Array, gap: int) -> Array:
    table = np.append(np.asarray(codes, np.int64), gap)
    indices = pc.fill_null(column.indices.cast(pa.int64()), len(table) - 1)
    found: Array = table[indices.to_numpy(zero_copy_only=False)]
    if bool((found == _UNKNOWN).any()):
        raise _Unfit("has a row with a gap, or with a word that no population has")
    return found


def _numbers(column: Any) -> Array:
    if column.null_count:
        raise _Unfit("has a row with a gap")
    numbers: Array = np.asarray(column.cast(pa.int64()).to_numpy())
    return numbers


def _days(column: Any) -> Array:
    days = pc.fill_null(column.cast(pa.int32()), _NEVER)
    return np.asarray(days.to_numpy(zero_copy_only=False))
