"""The same batch on existing engines, each started once and then asked for one run after another.

``python -m benchmarks.batch_engines ENGINE QUESTION FOLDER SETTINGS`` is the process in which an
engine lives: engines keep threads, sockets and signal handlers, and Ray listens on the machine's
address, so that it is given a network of its own.
"""

from __future__ import annotations

import atexit
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, cast

from benchmarks.measure import Case
from jpki.batch import BatchSettings
from jpki.batch.arrow import pq
from jpki.errors import MissingExtra

__all__ = ["engine_cases"]

_WORKERS: Final = 2
_STORE: Final = 1 << 30
_ALONE: Final = ("unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up; exec "$@"')
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "SPARK_LOCAL_IP": "127.0.0.1",
}
_READY: Final = "ready"

Run = Callable[[Path, Path], object]
"""Judges a question into an answer, a file or a folder of files."""


def engine_cases(question: Path, kept: Path, rows: int) -> Iterator[Case]:
    """Yield a case for each engine that can be started; the others are told and left out.

    ``kept`` is the file of the settings.
    """
    folder = question.parent
    for name, start in _ENGINES.items():
        network = (*_ALONE, "sh") if start is _ray else ()
        command = [sys.executable, "-m", "benchmarks.batch_engines", name, question, folder, kept]
        asked = _Engine([*network, *map(str, command)], folder / f"{name}.log")
        if asked.is_ready:
            text = f"{rows:,} signatures, {name}, {_WORKERS} workers running"
            yield Case(text, partial(asked.run, rows), rows, "rows")
        else:
            sys.stderr.write(f"left out: {name}: {asked.problem}\n")


class _Engine:
    """A process in which an engine waits for work."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | _QUIET,
                text=True,
            )
        self._asks = cast("IO[str]", self._process.stdin)
        self._tells = cast("IO[str]", self._process.stdout)
        atexit.register(self._end)
        self.is_ready = self._told() == _READY

    @property
    def problem(self) -> str:
        """The last line of what it said before it ended."""
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it did not start"

    def run(self, rows: int) -> None:
        self._asks.write("\n")
        self._asks.flush()
        if self._told() != f"valid {rows}":
            raise AssertionError(self.problem)

    def _told(self) -> str:
        for line in self._tells:
            if line.startswith((_READY, "valid")):  # engines print what they like
                return line.strip()
        return ""

    def _end(self) -> None:
        with suppress(BrokenPipeError):
            self._asks.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()


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
