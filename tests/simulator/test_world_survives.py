"""A world outlives its writers: killed at any instant, racing, or on a full disk."""

from __future__ import annotations

import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jpki.errors import JpkiError, WorldUnavailable
from jpki.life import Recorded, decide, entry_from_json
from jpki.life.events import CertificateIssued, ResidentRegistered
from jpki.life.fold import advance
from jpki.life.state import State
from jpki.terms import Purpose
from simulator.store import Location
from simulator.world import World
from tests.simulator.worldwork import (
    BEGINS,
    PEOPLE,
    fire_conflicting,
    populate,
    register,
    write_for_ever,
)

_WRITERS = 2


def _forked(work: Callable[[], None]) -> int:
    """Run work in a child process, which is warm because it is a copy of this one."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


@contextmanager
def _writers(place: Location, number: int) -> Iterator[tuple[list[int], int]]:
    """Let writers write; give their process ids and where their acknowledgements are read."""
    read, write = os.pipe()
    children = [
        _forked(lambda name=f"round{number}-writer{each}": write_for_ever(place, name, write))
        for each in range(_WRITERS)
    ]
    os.close(write)
    try:
        yield children, read
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.close(read)


def _acknowledged(read: int) -> list[tuple[int, str]]:
    """Read all that was acknowledged, once every writer is dead."""
    said = b""
    while piece := os.read(read, 1 << 16):
        said += piece
    # A line is shorter than PIPE_BUF, so it is there wholly or not at all.
    lines = [line.split() for line in said.decode().splitlines()]
    return [(int(seq), name) for seq, name in lines]


def _require_only_whole_transactions(place: Location, acknowledged: dict[int, str]) -> World:
    """Hold the log against what was acknowledged."""
    world = World.open(place)
    registered = {
        entry.seq: entry.event.person
        for entry in world.entries
        if isinstance(entry.event, ResidentRegistered)
    }
    assert registered.items() >= acknowledged.items()  # nothing is lost
    assert len(set(registered.values())) == len(registered)  # nothing is doubled
    # Each transaction registers two people and moves the clock on by a second.
    assert len(registered) % 2 == 0
    assert (world.now - BEGINS).total_seconds() == len(registered) / 2
    for seq, name in registered.items():
        if name.endswith("-a"):
            assert registered[seq + 1] == name.removesuffix("a") + "b"
    return world


def _kill_at_random(place: Location, rounds: int, end: Callable[[list[int]], None]) -> int:
    chance = random.Random(20260614)
    World.create(place, seed="crash", at=BEGINS).close()
    acknowledged: dict[int, str] = {}
    for number in range(rounds):
        with _writers(place, number) as (children, read):
            # The first word says that the writers are at work; then they die at any instant.
            select.select([read], [], [], 60)
            time.sleep(chance.uniform(0, 0.06))
            end(children)
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            children.clear()
            before = len(acknowledged)
            acknowledged.update(_acknowledged(read))
            assert len(acknowledged) > before
        _require_only_whole_transactions(place, acknowledged).close()
    return len(acknowledged)


def _only_kill(_: list[int]) -> None:
    """Nothing but the writers dies."""


def test_a_killed_writer_loses_and_doubles_nothing(place: Location) -> None:
    assert _kill_at_random(place, 15, _only_kill) >= 15


@pytest.mark.long
def test_two_hundred_killings_lose_and_double_nothing(
    place: Location, counted: Callable[..., None]
) -> None:
    kept = _kill_at_random(place, 200, _only_kill)
    counted("killed writers", rounds=200, acknowledged=kept)


@pytest.mark.system
def test_a_killed_database_server_loses_and_doubles_nothing(postgresql: Any) -> None:
    url = postgresql.new_world_url()

    def crash(_: list[int]) -> None:
        postgresql.stop(signal.SIGQUIT)  # at once, without a last word to the disk
        postgresql.start()

    assert _kill_at_random(url, 3, crash) >= 3


@pytest.mark.system
def test_a_writer_whose_connection_is_ended_follows_the_store(postgresql: Any) -> None:
    import psycopg

    url = postgresql.new_world_url()
    with World.create(url, seed="x", at=BEGINS) as world:
        register(world, "one", 1)

        def lose_the_server() -> None:
            with world.transaction():
                register(world, "two", 2)
                with psycopg.connect(url, autocommit=True) as other:
                    other.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                register(world, "three", 3)

        with pytest.raises(WorldUnavailable):
            lose_the_server()
        assert [entry.seq for entry in world.entries] == [1]
        assert register(world, "four", 4) == 2  # and it goes on


# A full disk


def _fill_up(place: Path) -> tuple[int, WorldUnavailable]:
    """Write until it is refused; return how many people were acknowledged and the refusal."""
    with World.open(place) as world:
        number = len(world.entries)
        try:
            while number < 10_000:
                register(world, f"P{number}", number)
                number += 1
        except WorldUnavailable as error:
            # What is in memory is what is in the store.
            assert len(world.entries) == number
            assert len(world.state().people) == number
            return number, error
    raise AssertionError("the disk was never full")


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[None]:
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk; RLIMIT_FSIZE asks the same of everybody")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _enlarge(folder: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


@pytest.mark.system
def test_a_full_disk_is_named_and_the_world_goes_on_when_there_is_space(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with _small_disk(disk, "160k"):
        place = disk / "world.sqlite"
        World.create(place, seed="full", at=BEGINS).close()
        kept, error = _fill_up(place)
        assert "the disk is full; nothing was written" in error.message
        assert kept > 10
        with World.open(place) as world:
            assert len(world.entries) == kept
        _enlarge(disk, "1m")
        with World.open(place) as world:
            assert register(world, "after", 0) == kept + 1


@pytest.mark.system
def test_a_full_disk_of_the_database_server_is_named_and_the_world_goes_on(
    postgresql: Any,
) -> None:
    disk = postgresql.folder / "disk"
    with _small_disk(disk, "14m"):
        shutil.chown(disk, "postgres")
        with postgresql.database_on(disk) as url:
            with World.create(url, seed="full", at=BEGINS) as world:
                kept, error = _fill_up_with_chips(world)
                assert "the disk is full; nothing was written" in error.message
                assert len(world.entries) == kept > 10
                _enlarge(disk, "40m")
                # The same world goes on, and what failed can be done again.
                assert register(world, f"P{kept}", kept) == kept + 1
            with World.open(url) as world:
                assert len(world.entries) == kept + 1
                assert len(world.store.chips()) == kept


def _fill_up_with_chips(world: World) -> tuple[int, WorldUnavailable]:
    chance = random.Random(1)
    for number in range(1000):
        try:
            with world.transaction():
                register(world, f"P{number}", number)
                world.store.set_chip(f"chip-{number}", chance.randbytes(40_000).hex())
        except WorldUnavailable as error:
            return number, error
    raise AssertionError("the disk was never full")


def test_a_file_that_may_not_grow_is_named_and_the_world_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "world.sqlite"
    World.create(place, seed="full", at=BEGINS).close()
    _, most = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (96 * 1024, most))
    try:
        kept, error = _fill_up(place)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "the disk refuses" in error.message
    assert "ulimit" in str(error)
    with World.open(place) as world:
        assert len(world.entries) == kept > 10
        assert register(world, "after", 0) == kept + 1


# The refusal has to come from the file's permissions, which root is above.
_AS_NOBODY = """
import os, sys
from simulator.world import World
from tests.simulator.worldwork import register
from jpki.errors import WorldUnavailable
place = __import__("pathlib").Path(sys.argv[1])
World.open(place).close()  # everything is imported before the rights are given up
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with World.open(place) as world:
    print(len(world.entries), world.state().next_seq)
    try:
        register(world, "refused", 2)
    except WorldUnavailable as error:
        print(error)
    print(len(world.entries), world.state().next_seq)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="jpki-open-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_world_that_may_only_be_read_is_read_and_refuses_to_be_written(
    open_folder: Path,
) -> None:
    place = open_folder / "world.sqlite"
    with World.create(place, seed="x", at=BEGINS) as world:
        register(world, "one", 1)
    place.chmod(0o444)
    open_folder.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(place)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    before, refusal, after = done.stdout.splitlines()
    assert before == after == "1 2"
    assert "the world cannot be written to" in refusal
    assert str(place) in refusal
    with World.open(place) as world:
        assert len(world.entries) == 1


# Many writers at once


def _race(place: Location, workers: int, commands: int) -> None:
    children = [
        _forked(lambda seed=each: fire_conflicting(place, seed, commands))
        for each in range(workers)
    ]
    statuses = [os.waitpid(child, 0)[1] for child in children]
    assert statuses == [0] * workers


def _require_legal(entries: tuple[Recorded, ...], world: World) -> None:
    """Decide every entry again on the state before it; it has to come out the same."""
    state = State.empty(entries[0].recorded_at, book=world.book)
    for entry in entries:
        again = decide(
            state,
            entry.event,
            at=entry.recorded_at,
            occurred_on=entry.occurred_on,
            known_at=entry.known_at,
        )
        assert again == entry
        state = advance(state, (entry,))


@pytest.mark.long
def test_sixteen_writers_make_a_legal_history(
    place: Location, counted: Callable[..., None]
) -> None:
    with World.create(place, seed="race", at=BEGINS) as world:
        populate(world)
        begun = len(world.entries)
    _race(place, 16, 25)
    with World.open(place) as world:
        entries = world.entries
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert [entry_from_json(line) for line in world.store.entries()] == list(entries)
        # Every writer got something done, and most commands met one that had come before.
        assert begun + 16 <= len(entries)
        _require_legal(entries, world)
        serials = [
            (entry.event.authority, entry.event.serial)
            for entry in entries
            if isinstance(entry.event, CertificateIssued)
        ]
        for purpose in Purpose:
            issued = [serial for authority, serial in serials if authority.purpose is purpose]
            assert issued == list(range(issued[0], issued[0] + len(issued)))
            assert [
                serial for kept, serial, _ in world.store.certificates() if kept == purpose.value
            ] == issued
        assert len(world.state().people) >= PEOPLE
    counted("conflicting commands", fired=16 * 25, recorded=len(entries) - begun)


def test_every_refusal_is_one_of_our_errors(tmp_path: Path) -> None:
    """What the racing writers take for a lost race must be nothing else."""
    with World.create(tmp_path / "world.sqlite", seed="race", at=BEGINS) as world:
        register(world, "one", 1)
        with pytest.raises(JpkiError, match="registered already"):
            register(world, "one", 1)
