"""A batch on the workers of a Dask cluster (extra ``dask``): the same parts as on one machine.

Every worker reads the question and writes its parts itself, so both have to lie where all workers
see them under one path; what goes over the network is which lump to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jpki.batch.plan import Lump
from jpki.batch.run import BatchSummary, Progress, run_batch, worker_of
from jpki.batch.settings import BatchSettings
from jpki.errors import BatchInterrupted, MissingExtra

try:
    from distributed import Client, as_completed
    from distributed.scheduler import KilledWorker
except ImportError as error:
    raise MissingExtra("dask.distributed", extra="dask") from error

__all__ = ["verify_on_dask"]


def verify_on_dask(
    question: Path,
    answer: Path,
    settings: BatchSettings,
    *,
    client: Client,
    restart: bool = False,
    progress: Progress | None = None,
) -> BatchSummary:
    """Judge a Parquet file or a folder on a cluster; as :func:`~jpki.batch.run.verify_batch`.

    ``client`` is connected to the cluster and is left open. A run that ended early is gone on with,
    here or on one machine.
    """

    def engine(work: list[Lump]) -> Iterator[None]:
        # Not pure: the same lump of another run has to be done again.
        asked = client.map(
            _do, work, question=question, answer=answer, settings=settings, pure=False
        )
        try:
            for done in as_completed(asked):
                done.result()
                yield
        except KilledWorker as error:
            raise BatchInterrupted(str(answer)) from error
        finally:
            client.cancel(asked)

    return run_batch(question, answer, settings, engine=engine, restart=restart, progress=progress)


def _do(lump: Lump, *, question: Path, answer: Path, settings: BatchSettings) -> None:
    for _ in worker_of(question, answer, settings).do(lump):
        pass
