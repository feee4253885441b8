"""Whole nights: the same bytes whatever the processes and the memory, and every bad wish named."""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simulator.agency.nightly.gather as gather_module
import simulator.agency.nightly.lists as lists_module
import simulator.agency.nightly.runs as runs_module
from jpki.certificates import parse_authority
from jpki.errors import ImpossibleFact, JpkiError, MalformedDocument, NotWritten
from jpki.revocation import parse_revocation_list
from simulator.agency.nightly import NightOptions, Stage, made_up, publish_night
from simulator.agency.publication import PublicationOptions
from simulator.agency.publish import ListOptions
from simulator.municipalities import municipalities
from tests.nightly.conftest import KEYS, PLACES, Country

ON = date(2028, 8, 20)
LISTS = 3 * 2 * PLACES  # three generations are in force


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def night(country: Country, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("nights") / "night"
    publish_night(country.folder, out, on=ON, keys=KEYS)
    return out


def test_two_processes_leave_the_same_bytes(country: Country, night: Path, tmp_path: Path) -> None:
    told: dict[Stage, list[tuple[int, int]]] = {}
    publish_night(
        country.folder,
        tmp_path / "two",
        on=ON,
        keys=KEYS,
        processes=2,
        progress=lambda stage, done, total: told.setdefault(stage, []).append((done, total)),
    )
    assert digests(tmp_path / "two") == digests(night)
    assert list(tmp_path.iterdir()) == [tmp_path / "two"]
    assert told[Stage.GATHERING][-1] == (2, 2)  # a file of certificates, and one of holds
    assert told[Stage.WRITING][-1] == (LISTS, LISTS)


def test_what_does_not_fit_into_memory_leaves_the_same_bytes(
    country: Country, night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather_module, "_ROWS", 16)
    monkeypatch.setattr(runs_module, "MOST_IN_A_RUN", 40)
    monkeypatch.setattr(lists_module, "_MOST_ENTRIES", 30)
    read: list[int] = []
    whole = lists_module.read_entries

    def noted(runs: Any, *rest: Any) -> Any:
        read.append(len(runs))
        return whole(runs, *rest)

    monkeypatch.setattr(lists_module, "read_entries", noted)
    publish_night(country.folder, tmp_path / "small", on=ON, keys=KEYS)
    assert digests(tmp_path / "small") == digests(night)
    assert min(read) > 3  # runs on the disk
    assert len(read) > 3  # stretches of lists


def test_the_manifest_tells_every_list_and_who_verifies_it(night: Path) -> None:
    told = json.loads((night / "manifest.json").read_text(encoding="utf-8"))
    found = digests(night)
    assert {row["file"]: row["sha256"] for row in told["lists"]} == {
        name: digest for name, digest in found.items() if name.endswith(".crl")
    }
    assert len(told["lists"]) == LISTS
    authorities = {
        (one["authority"], one["generation"]): parse_authority(
            (night / one["certificate"]).read_bytes()
        )
        for one in told["authorities"]
    }
    for row in told["lists"]:
        path = night / row["file"]
        read = parse_revocation_list(path.read_bytes())
        assert read.signed_by(authorities[row["authority"], row["generation"]])
        assert (read.crl_number, len(read.entries)) == (row["number"], row["entries"])
        assert sum(one.is_hold for one in read.entries.values()) == row["held"]
        assert path.stat().st_size == row["bytes"]
    assert sum(row["entries"] for row in told["lists"]) == told["entries"]


def test_the_profile_is_a_choice(country: Country, tmp_path: Path) -> None:
    options = NightOptions(2, PublicationOptions(lists=ListOptions(reason_codes=False)))
    done = publish_night(country.folder, tmp_path / "bare", on=ON, keys=KEYS, options=options)
    assert len(done.lists) == 2 * PLACES
    for path in done.paths:
        read = parse_revocation_list(path.read_bytes())
        assert {one.reason_code for one in read.entries.values()} <= {None}


def test_all_is_on_the_disk_before_the_folder_has_its_name(
    country: Country, tmp_path: Path, synced: list[list[str]]
) -> None:
    publish_night(country.folder, tmp_path / "n", on=ON, keys=KEYS)
    assert synced == [["n.partial"]]
    assert [path.name for path in tmp_path.iterdir()] == ["n"]


def test_the_names_are_nobodys() -> None:
    place = made_up(7)
    assert (place.code, place.name, place.name_ja) == ("90007", "Kakuu0007-shi", "架空0007市")
    assert place.code not in municipalities()
    assert max(municipalities()) < "48"
    for number in (0, 10_000):
        with pytest.raises(ImpossibleFact, match="four digits"):
            made_up(number)


# Bad input


@pytest.fixture
def damaged(country: Country, tmp_path: Path) -> Path:
    folder = tmp_path / "damaged"
    shutil.copytree(country.folder, folder)
    return folder


def _without_certificates(folder: Path) -> None:
    next((folder / "certificates").iterdir()).unlink()


def _without_holds(folder: Path) -> None:
    shutil.rmtree(folder / "holds")


def _without_lists(folder: Path) -> None:
    (folder / "lists.parquet").unlink()


def _without_summary(folder: Path) -> None:
    (folder / "summary.json").unlink()


def _of_an_older_version(folder: Path) -> None:
    told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    del told["recorded_at_hour"]
    (folder / "summary.json").write_text(json.dumps(told), encoding="utf-8")


def _cut_short(folder: Path) -> None:
    path = next((folder / "certificates").iterdir())
    path.write_bytes(path.read_bytes()[:-100])


def _scribbled_over(folder: Path) -> None:
    path = next((folder / "certificates").iterdir())
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    path.write_bytes(content)


def _changed(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = next((folder / "certificates").iterdir())
        pq.write_table(change(pq.read_table(path)), path)

    return damage


def _set(name: str, column: Callable[[Any], Any]) -> Callable[[Path], None]:
    return _changed(
        lambda table: table.set_column(
            table.schema.get_field_index(name), name, column(table.column(name))
        )
    )


def _lists_cut(folder: Path) -> None:
    path = folder / "lists.parquet"
    table = pq.read_table(path)
    pq.write_table(table.filter(pa.compute.not_equal(table["municipality"], "0003")), path)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_without_certificates, "the certificates and holds give"),
        (_without_holds, "the certificates and holds give"),
        (_without_lists, "is not there"),
        (_without_summary, "is no population"),
        (_of_an_older_version, "tells no recorded_at_hour"),
        (_cut_short, "is no table of a population"),
        (_scribbled_over, "is no table of a population"),
        (_lists_cut, "has not every list of 2028-08-20 once"),
        (_changed(lambda table: table.drop_columns(["serial"])), "has no column 'serial'"),
        (_set("state", lambda old: pa.array(["gone"] * len(old))), "with a word"),
        (_set("state", lambda old: pa.nulls(len(old), pa.string())), "with a gap"),
        (_set("serial", lambda old: pa.array([2**32] * len(old))), "more than four bytes"),
        (_set("serial", lambda old: pa.array(["7"] * len(old))), "listed twice|comes twice"),
        (_set("serial", lambda old: pa.array(["x"] * len(old))), "is no table of a population"),
        (
            _set("municipality", lambda old: pa.array(["1²"] * len(old))),
            "is no table of a population",
        ),
        (_set("municipality", lambda old: pa.array(["0099"] * len(old))), "does not have"),
        (_set("reason", lambda old: pa.nulls(len(old), pa.string())), "without a reason"),
    ],
)
def test_what_is_damaged_is_named_and_leaves_nothing(
    damage: Callable[[Path], None], says: str, damaged: Path, tmp_path: Path
) -> None:
    damage(damaged)
    with pytest.raises(JpkiError, match=says) as told:
        publish_night(damaged, tmp_path / "night", on=ON, keys=KEYS)
    assert isinstance(told.value, MalformedDocument | ImpossibleFact)
    assert list(tmp_path.iterdir()) == [damaged]


@pytest.mark.parametrize(
    ("on", "options", "processes", "says"),
    [
        (date(2022, 3, 31), NightOptions(), 1, "from 2022-04-01 to 2029-03-31"),
        (date(2029, 4, 1), NightOptions(), 1, "from 2022-04-01 to 2029-03-31"),
        (ON, NightOptions(1), 1, "no authority of this generation"),
        (ON, NightOptions(9), 1, "no authority of this generation"),
        (ON, NightOptions(), 0, "at least one process"),
    ],
)
def test_a_night_that_cannot_be_is_refused(
    on: date, options: NightOptions, processes: int, says: str, country: Country, tmp_path: Path
) -> None:
    with pytest.raises(ImpossibleFact, match=says):
        publish_night(
            country.folder,
            tmp_path / "n",
            on=on,
            options=options,
            processes=processes,
            keys=KEYS,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["night", "night.partial"])
def test_nothing_is_written_over(name: str, country: Country, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ImpossibleFact, match=f"{name} is there already"):
        publish_night(country.folder, tmp_path / "night", on=ON, keys=KEYS)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_files_that_may_not_grow_are_named_and_leave_nothing(
    country: Country, tmp_path: Path
) -> None:
    """The system's own limit, met by the entries on their way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        with pytest.raises(NotWritten, match=r"\.run: cannot be written"):
            publish_night(country.folder, tmp_path / "night", on=ON, keys=KEYS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", [".crl", ".cer", "manifest.json"])
def test_a_full_disk_is_named_and_leaves_nothing(
    what: str, country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", **rest: Any) -> Any:
        if path.name.endswith(what) and mode != "r":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, mode, **rest)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(NotWritten, match="No space left"):
        publish_night(country.folder, tmp_path / "night", on=ON, keys=KEYS)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_is_named_and_leaves_nothing(country: Country, tmp_path: Path) -> None:
    def kill(*_: object) -> None:
        for child in multiprocessing.active_children():
            child.kill()
            child.join(10)

    with pytest.raises(NotWritten, match="was killed"):
        publish_night(
            country.folder,
            tmp_path / "night",
            on=ON,
            keys=KEYS,
            processes=2,
            progress=kill,
        )
    assert list(tmp_path.iterdir()) == []
    assert multiprocessing.active_children() == []


def test_a_command_that_is_killed_leaves_what_is_clearly_partial_and_no_process(
    country: Country, tmp_path: Path
) -> None:
    out, partial = tmp_path / "night", tmp_path / "night.partial"
    code = (
        "import sys, time; from datetime import date; from pathlib import Path\n"
        "from simulator.agency.nightly import publish_night\n"
        "from simulator.keys import KeyPool\n"
        "if __name__ == '__main__':\n"
        "    publish_night(Path(sys.argv[1]), Path(sys.argv[2]), on=date(2028, 8, 20),\n"
        "                  keys=KeyPool(), processes=2, progress=lambda *_: time.sleep(60))\n"
    )
    script = tmp_path / "killed.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, str(script), str(country.folder), str(out)]
    process = subprocess.Popen(command, env=environment)
    try:
        # Its first table is read, so both its processes are at work, or have been.
        _until(lambda: any(partial.glob("runs/*.run")))
        children = _children(process.pid)
    finally:
        process.kill()
        process.wait(timeout=30)
    assert children
    _until(lambda: not any(map(_is_running, children)))
    assert partial.exists()
    assert not out.exists()


def _until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
