"""The same batch on existing engines, with real workers on this machine: the same answers.

What the started processes listen on is looked at: the loopback address and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.batch_rows import Holders
from jpki.batch import BatchSettings
from jpki.batch.arrow import pa, pq
from jpki.batch.validator import Validator
from jpki.errors import MalformedDocument

LIMIT = 280

# Started as a program of its own each time: engines keep threads, sockets and signal handlers.
_PROGRAM = """
import os, pickle, signal, subprocess, sys
from pathlib import Path
from jpki.errors import JpkiError

def listening(session):
    "Addresses on which a process of this session listens, and how many there are in all."
    told = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    found = []
    for line in told.splitlines():
        pids = [int(one.split(",")[0]) for one in line.split("pid=")[1:]]
        if any(is_ours(pid, session) for pid in pids):
            found.append(line.split()[3].rpartition(":")[0])
    return found

def is_ours(pid, session):
    try:
        return os.getsid(pid) == session
    except OSError:
        return False

def main():
    question, answer, kept = map(Path, sys.argv[1:4])
    settings = pickle.loads(kept.read_bytes())
    for address in RUN(question, answer, settings):
        assert address.strip("[]").removeprefix("::ffff:") in ("127.0.0.1", "::1"), address
        print("listens", address)

{run}

if __name__ == "__main__":
    try:
        main()
    except JpkiError as error:
        print("named:", error.code, error)
"""

_DASK = """
def RUN(question, answer, settings):
    from distributed import Client, LocalCluster
    from jpki.batch.engines.dask import verify_on_dask
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster, Client(cluster) as client:
        found = listening(os.getsid(0))
        print(verify_on_dask(question, answer, settings, client=client))
    return found
"""

_KILLED_DASK = """
def RUN(question, answer, settings):
    import dask
    from distributed import Client, LocalCluster
    from jpki.batch.engines.dask import verify_on_dask
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    with LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster, Client(cluster) as client:
        def kill(done, total):
            pass
        client.submit(kill_soon, str(answer) + ".parts", pure=False)
        verify_on_dask(question, answer, settings, client=client)
    return []

def kill_soon(folder):
    "Kill this worker as soon as a part is there."
    import threading, time
    def wait():
        while not list(Path(folder).glob("*.parquet")):
            time.sleep(0.002)
        os.kill(os.getpid(), signal.SIGKILL)
    threading.Thread(target=wait, daemon=True).start()
"""

_RAY = """
def RUN(question, answer, settings):
    import ray, ray.data
    from jpki.batch.engines.ray import verify_dataset
    ray.init(
        num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1",
        object_store_memory=100 << 20, logging_level="ERROR", log_to_driver=False,
    )
    try:
        found = listening(os.getsid(0))
        questions = ray.data.read_parquet(str(question))
        verify_dataset(questions, settings).write_parquet(str(answer))
    finally:
        ray.shutdown()
    return found
"""

_SPARK = """
def RUN(question, answer, settings):
    from jpki.batch.engines.spark import local_session, verify_frame
    spark = local_session(2)
    try:
        found = listening(os.getsid(0))
        frame = verify_frame(spark.read.parquet(str(question)), settings)
        frame.write.parquet(str(answer))
    finally:
        spark.stop()
    return found
"""

# The first batch anywhere kills the worker that it came to.
_DEADLY = """
def deadly(engine, marker):
    judged = engine.Validator
    def of(settings):
        judge = judged(settings)
        def once(batch):
            try:
                os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return judge(batch)
            os.kill(os.getpid(), signal.SIGKILL)
        return once
    engine.Validator = of
"""

_KILLED_RAY = _DEADLY + _RAY.replace(
    "    from jpki.batch.engines.ray import verify_dataset\n",
    "    from jpki.batch.engines import ray as engine\n"
    "    deadly(engine, str(answer) + '.killed')\n"
    "    verify_dataset = engine.verify_dataset\n",
)

_KILLED_SPARK = _DEADLY + _SPARK.replace(
    "    from jpki.batch.engines.spark import local_session, verify_frame\n",
    "    from jpki.batch.engines import spark as engine\n"
    "    deadly(engine, str(answer) + '.killed')\n"
    "    local_session, verify_frame = engine.local_session, engine.verify_frame\n",
)

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
}


def on_engine(
    run: str,
    question: Path,
    answer: Path,
    settings: BatchSettings,
    *,
    network: tuple[str, ...] = (),
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    import pickle

    kept = answer.with_name("settings")
    kept.write_bytes(pickle.dumps(settings))
    program = answer.with_name("program.py")
    program.write_text(_PROGRAM.replace("{run}", run), encoding="utf-8")
    return subprocess.run(
        [*network, sys.executable, str(program), str(question), str(answer), str(kept)],
        env=os.environ | _QUIET | environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        start_new_session=True,
        cwd=answer.parent,
    )


# A network with nothing in it but the loopback address.
_ALONE = ("unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def same(answer: Path, expected: pa.Table) -> bool:
    """Engines write several files, in any order, and lose which columns are never null."""
    found = pq.read_table(answer).sort_by("id")
    assert found.num_rows == expected.num_rows
    return bool(found.cast(expected.schema).equals(expected))


@pytest.mark.system
def test_dask_says_the_same_and_listens_on_the_loopback_address_only(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    done = on_engine(_DASK, question, answer, settings)
    assert done.returncode == 0, done.stderr
    assert "listens 127.0.0.1" in done.stdout, done.stdout + done.stderr
    assert pq.read_table(answer).equals(undisturbed)


@pytest.mark.system
def test_a_killed_dask_worker_is_named_and_the_run_is_gone_on_with(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    answer = tmp_path / "a.parquet"
    done = on_engine(_KILLED_DASK, question, answer, settings)
    assert "named: batch.interrupted" in done.stdout, done.stdout + done.stderr
    assert "run the same command again" in done.stdout
    assert not answer.exists()
    done = on_engine(_DASK, question, answer, settings)
    assert done.returncode == 0, done.stderr
    assert pq.read_table(answer).equals(undisturbed)


@pytest.mark.system
@pytest.mark.long
def test_ray_says_the_same(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    """In a network of its own, because some of Ray's processes listen on the machine's address."""
    done = on_engine(_RAY, question, tmp_path / "a", settings, network=_ALONE)
    assert done.returncode == 0, done.stderr
    assert "listens 127.0.0.1" in done.stdout, done.stdout + done.stderr
    assert same(tmp_path / "a", undisturbed)


@pytest.mark.system
@pytest.mark.long
def test_spark_says_the_same_and_listens_on_the_loopback_address_only(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    done = on_engine(_SPARK, question, tmp_path / "a", settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "listens" in done.stdout, done.stdout + done.stderr
    assert same(tmp_path / "a", undisturbed)


@pytest.mark.system
@pytest.mark.long
def test_ray_does_the_work_of_a_killed_worker_anew(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    done = on_engine(_KILLED_RAY, question, tmp_path / "a", settings, network=_ALONE)
    assert (tmp_path / "a.killed").exists(), done.stderr
    assert done.returncode == 0, done.stderr
    assert same(tmp_path / "a", undisturbed)


@pytest.mark.system
@pytest.mark.long
def test_a_killed_spark_worker_fails_the_run_of_a_local_session_and_leaves_no_whole_answer(
    question: Path, settings: BatchSettings, undisturbed: pa.Table, tmp_path: Path
) -> None:
    done = on_engine(_KILLED_SPARK, question, tmp_path / "a", settings)
    assert (tmp_path / "a.killed").exists(), done.stderr
    assert done.returncode != 0
    assert not (tmp_path / "a" / "_SUCCESS").exists()
    done = on_engine(_SPARK, question, tmp_path / "b", settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "b" / "_SUCCESS").exists()
    assert same(tmp_path / "b", undisturbed)


@pytest.mark.long
def test_spark_without_java_is_named_with_the_cure(
    question: Path, settings: BatchSettings, tmp_path: Path
) -> None:
    done = on_engine(_SPARK, question, tmp_path / "a", settings, PATH="/nowhere", JAVA_HOME="")
    assert "named: missing-extra Java is not installed (install Java 17" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("engine", "library", "extra"),
    [
        ("dask", "distributed", "dask"),
        ("ray", "ray", "ray"),
        ("spark", "pyspark", "spark"),
        ("spark", "pandas", "spark"),
    ],
)
def test_an_engine_that_is_not_installed_is_named_with_the_cure(
    engine: str, library: str, extra: str
) -> None:
    code = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from jpki.errors import MissingExtra\n"
        f"try:\n    import jpki.batch.engines.{engine}\n"
        "except MissingExtra as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert f"is not installed (pip install 'jpki[{extra}]')" in done.stdout


def test_what_engines_run_takes_a_batch_or_a_table_and_names_wrong_columns(
    holders: Holders, settings: BatchSettings
) -> None:
    judge = Validator(settings)
    batch = pa.record_batch(
        {
            "signature": pa.array(holders.signatures[:4], pa.binary()),
            "content": pa.array(holders.contents[:4], pa.binary()),
        }
    )
    found = judge(batch)
    assert found.column("verdict").to_pylist() == ["valid"] * 4
    assert judge(pa.Table.from_batches([batch, batch])).column("verdict").to_pylist() == (
        ["valid"] * 8
    )
    assert judge(batch.schema.empty_table()).num_rows == 0
    with pytest.raises(MalformedDocument, match="no column signature"):
        judge(batch.drop_columns(["signature"]))
