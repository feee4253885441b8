"""The same batch on existing engines: what a start takes, and the rate once they are running.

Each is started when nothing else is measured, and ended before the next: an engine that waits for
work uses the processor, too. ``python -m benchmarks.batch_engines ENGINE QUESTION FOLDER SETTINGS``
is the process in which an engine lives, because engines keep threads, sockets and signal handlers,
and Ray listens on the machine's address, so that it is given a network of its own.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import IO, Any, Final, cast

from benchmarks.measure import Figure
from jpki.batch import BatchSettings
from jpki.batch.arrow import pq
from jpki.errors import MissingExtra

__all__ = ["engine_figures"]

_WORKERS: Final = 2
_RUNS: Final = 3
_STORE: Final = 4 << 30
_LIBRARIES: Final = {"Dask": "distributed", "Ray": "ray", "Spark": "pyspark"}
_ALONE: Final = ("unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up; exec "$@"')
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "SPARK_LOCAL_IP": "127.0.0.1",
}
_READY: Final = "ready"

Run = Callable[[Path, Path], object]
"""Judges a question into an answer, a file or a folder of files."""


def engine_figures(question: Path, kept: Path, rows: int) -> Iterator[Figure]:
    """Yield what is read of each engine that is installed; the others are told and left out.

    ``kept`` is the file of the settings.
    """
    for name, library in _LIBRARIES.items():
        missing = library if find_spec(library) is None else _missing_program(name)
        if missing:
            sys.stderr.write(f"left out: {name}: {missing} is not installed\n")
            continue
        measured = _Measured(name, question, kept, rows)
        workers = f"{rows:,} signatures, {name}, {_WORKERS} workers"
        yield Figure(f"{workers} running", measured.rate, "rows a second")
        yield Figure(f"{workers}: start", measured.start, "seconds")


def _missing_program(name: str) -> str:
    program = {"Spark": "java", "Ray": "unshare"}.get(name)
    return program if program and shutil.which(program) is None else ""


class _Measured:
    """One engine, started once, asked for a run that does not count and for some that do."""

    def __init__(self, name: str, question: Path, kept: Path, rows: int) -> None:
        network = (*_ALONE, "sh") if name == "Ray" else ()
        module = (sys.executable, "-m", "benchmarks.batch_engines", name)
        folder = question.parent
        self._command = [*network, *module, str(question), str(folder), str(kept)]
        self._log = folder / f"{name}.log"
        self._rows = rows
        self._started: float | None = None

    def start(self) -> float:
        """Return how many seconds the start took."""
        if self._started is None:
            self.rate()
        return self._started or 0.0

    def rate(self) -> float:
        """Return the median of the rates of some runs."""
        with self._log.open("wb") as errors:
            began = perf_counter()
            process = subprocess.Popen(  # noqa: S603  # our own module
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | _QUIET,
                text=True,
            )
        with process:
            asks, tells = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
            self._expect(tells, _READY)
            self._started = perf_counter() - began
            seconds = []
            for _ in range(1 + _RUNS):
                began = perf_counter()
                asks.write("\n")
                asks.flush()
                self._expect(tells, f"valid {self._rows}")
                seconds.append(perf_counter() - began)
        return self._rows / median(seconds[1:])

    def _expect(self, tells: IO[str], wanted: str) -> None:
        for line in tells:
            if line.startswith((_READY, "valid")):  # engines print what they like
                if line.strip() == wanted:
                    return
                break
        lines = self._log.read_text(errors="replace").strip().splitlines()
        raise AssertionError(lines[-1][:200] if lines else "it said nothing")


def _dask(settings: BatchSettings, stack: ExitStack) -> Run:
    from distributed import Client, LocalCluster

    from jpki.batch.engines.dask import verify_on_dask

    cluster = LocalCluster(
        n_workers=_WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    )
    client = stack.enter_context(Client(stack.enter_context(cluster)))
    return lambda question, answer: verify_on_dask(question, answer, settings, client=client)


def _ray(settings: BatchSettings, stack: ExitStack) -> Run:
    import ray
    import ray.data

    from jpki.batch.engines.ray import verify_dataset

    ray.init(
        num_cpus=_WORKERS,
        include_dashboard=False,
        _node_ip_address="127.0.0.1",
        object_store_memory=_STORE,
        logging_level="ERROR",
        log_to_driver=False,
    )
    stack.callback(ray.shutdown)

    def run(question: Path, answer: Path) -> None:
        asked = ray.data.read_parquet(str(question))
        verify_dataset(asked, settings).write_parquet(str(answer))

    return run


def _spark(settings: BatchSettings, stack: ExitStack) -> Run:
    from jpki.batch.engines.spark import local_session, verify_frame

    spark = local_session(_WORKERS)
    stack.callback(spark.stop)

    def run(question: Path, answer: Path) -> None:
        frame = verify_frame(spark.read.parquet(str(question)), settings)
        frame.write.parquet(str(answer))

    return run


_ENGINES: Final[dict[str, Callable[[BatchSettings, ExitStack], Run]]] = {
    "Dask": _dask,
    "Ray": _ray,
    "Spark": _spark,
}


def _serve(name: str, question: Path, folder: Path, kept: Path) -> None:
    """Start an engine, and run the batch once for each line that comes in."""
    settings: BatchSettings = pickle.loads(kept.read_bytes())  # noqa: S301  # written just before
    with ExitStack() as stack:
        run = _ENGINES[name](settings, stack)
        print(_READY, flush=True)
        for number, _ in enumerate(sys.stdin):
            answer = folder / f"{name}-{number}.parquet"
            run(question, answer)
            print("valid", _valid(answer), flush=True)
            if answer.is_dir():
                shutil.rmtree(answer)
            else:
                answer.unlink()


def _valid(answer: Path) -> int:
    verdicts: Any = pq.read_table(answer, columns=["verdict"]).column("verdict")
    return sum(one == "valid" for one in verdicts.to_pylist())


if __name__ == "__main__":
    try:
        _serve(sys.argv[1], *map(Path, sys.argv[2:]))
    except MissingExtra as error:
        sys.exit(str(error))
