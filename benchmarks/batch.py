"""Signatures by the thousand: the batch beside the least that has to be computed, and its peers."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.batch_peers import openssl_cases, pyhanko_case
from benchmarks.batch_rows import Holders, question_schema
from benchmarks.index import columns_of
from benchmarks.measure import Benchmark, Case
from jpki.batch import BatchSettings, validate
from jpki.batch.arrow import pa
from jpki.revocation.index import build_index
from jpki.revocation.index.arrays import Columns, np
from simulator.agency.publish import Edition
from simulator.agency.publish_columns import write_revocation_list
from simulator.municipalities import municipality

__all__ = ["BENCHMARK", "cases"]

_HOLDERS: Final = 1_000
_QUICK_ENTRIES: Final = 100_000
_FULL_ENTRIES: Final = 10_000_000
_PLACES: Final = ("13113", "13103")


def _prepare() -> tuple[Case, ...]:
    return tuple(cases(Holders(_HOLDERS), _QUICK_ENTRIES))


def _prepare_full() -> tuple[Case, ...]:
    return tuple(cases(Holders(_HOLDERS), _FULL_ENTRIES))


def cases(holders: Holders, entries: int) -> Iterator[Case]:
    """Yield what is measured, with an index of so many entries."""
    yield from openssl_cases(holders)
    table = pa.record_batch(
        [
            pa.array(range(len(holders.signatures)), pa.int64()),
            pa.array(holders.signatures, pa.binary()),
            pa.array(holders.contents, pa.binary()),
        ],
        schema=question_schema(),
    )
    indexed = replace(holders.settings(), revocation_lists=(), index=_index(holders, entries))
    for settings, by in (
        (holders.settings(), "short lists"),
        (indexed, f"an index of {entries:,}"),
    ):
        yield Case(
            f"batch, {by}, every certificate new",
            _judged(settings, table, True),
            table.num_rows,
            "rows",
        )
        yield Case(
            f"batch, {by}, signers known", _judged(settings, table, False), table.num_rows, "rows"
        )
    yield from pyhanko_case(holders)


def _judged(settings: BatchSettings, table: pa.RecordBatch, new: bool) -> Callable[[], None]:
    judge = settings.judge()
    validate(table, judge, settings)

    def work() -> None:
        if new and judge._fast is not None:
            judge._fast.forget_signers()
        found = validate(table, judge, settings).column("verdict")
        if found.value_counts().to_pylist() != [{"values": "valid", "counts": table.num_rows}]:
            raise AssertionError("every row is valid")

    return work


def _index(holders: Holders, entries: int) -> Path:
    """Return an index in which so many stand and none of the holders, among whom they are."""
    folder = _folder()
    columns = columns_of(entries)
    theirs = np.array(holders.serials, dtype=np.uint32)
    others = ~np.isin(columns.serials, theirs)
    full = replace(
        columns,
        serials=columns.serials[others],
        times=columns.times[others],
        reasons=columns.reasons[others],
    )
    lists = []
    for number, (code, listed) in enumerate(zip(_PLACES, (full, Columns.of(())), strict=True)):
        lists.append(folder / f"{number}.crl")
        write_revocation_list(
            lists[-1],
            holders.authority,
            listed,
            edition=Edition(7, holders.listed_at, holders.listed_at + timedelta(hours=48)),
            municipality=municipality(code),
        )
    build_index(folder / "index", lists, authorities=[holders.authority.certificate])
    return folder / "index"


def _folder() -> Path:
    kept = TemporaryDirectory(prefix="jpki-bench-")
    atexit.register(kept.cleanup)
    return Path(kept.name)


BENCHMARK = Benchmark(
    "batch",
    "Detached CMS signatures of a thousand holders, with chain and status, judged in columns. The "
    "limit is what OpenSSL needs in C for the two RSA verifications alone, each holder's key read "
    "from its certificate. *Every certificate new* forgets the signers before each call. Peers "
    "judge the same signatures and must accept them.",
    _prepare,
    _prepare_full,
)
