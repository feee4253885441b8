"""The file of an index: damage is named, nothing is half done, many read it at once."""

from __future__ import annotations

import base64
import os
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jpki.errors import (
    BadSignature,
    IssuerUnknown,
    MalformedIndex,
    MalformedRevocationList,
    NotWritten,
    OtherIndexVersion,
    UnusableSource,
)
from jpki.revocation import RevokedEntry
from jpki.revocation.index import IndexBuilder, IndexView, RevocationIndex, build_index
from jpki.revocation.index.container import VERSION
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import ListFlaws
from tests.revocation_index.conftest import DAY, MADE, SHIBUYA, Make, entry_der, point_of

COUNT = 40_000
"""Entries: enough for an array that is not checked when the index is opened."""


@pytest.fixture
def built(make: Make, agency: SimulatedAuthority, tmp_path: Path) -> Path:
    body = b"".join(
        entry_der(0x01000000 + 3 * n, RevokedEntry(MADE, 3 + n % 3)) for n in range(COUNT)
    )
    path = tmp_path / "an.idx"
    build_index(path, [make({}, body=body)], authorities=[agency.certificate])
    return path


def changed(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes((byte ^ 0x10,)))


def test_an_entry_takes_less_than_twelve_bytes(built: Path) -> None:
    # Four for the number, four for the instant, two for the class, half a one for its place:
    # the rest of the file is the same for ten entries and ten millions.
    assert built.stat().st_size < 10.6 * COUNT + 4_000


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: os.truncate(path, 100), "100 bytes, which is no index"),
        (lambda path: os.truncate(path, path.stat().st_size - 1), "cut short or grew"),
        (lambda path: path.write_bytes(path.read_bytes() + b"\0"), "cut short or grew"),
        (lambda path: changed(path, 0), "this is no revocation index"),
        (lambda path: changed(path, 20), "the header is damaged"),
        (lambda path: changed(path, path.stat().st_size - 9), "the directory is damaged"),
        (lambda path: path.write_bytes(bytes(4096)), "the index was never finished"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
)
def test_damage_is_named_when_the_index_is_opened(
    built: Path, damage: Callable[[Path], None], words: str
) -> None:
    damage(built)
    with pytest.raises(MalformedIndex, match=words) as caught:
        RevocationIndex.open(built)
    assert str(built) in str(caught.value)
    assert "jpki revocation build" in (caught.value.hint or "") or "check the path" in str(
        caught.value.hint
    )


def test_every_changed_byte_of_the_arrays_is_found_by_the_full_check(built: Path) -> None:
    step = built.stat().st_size // 40
    good = built.read_bytes()
    for at in range(200, len(good), step):
        changed(built, at)
        with pytest.raises(MalformedIndex):
            RevocationIndex.open(built, verify=True)
        # Another file in its place, as a mapped one must never change under its readers.
        built.unlink()
        built.write_bytes(good)
    RevocationIndex.open(built, verify=True)


def test_an_index_of_another_version_is_refused_by_its_number(built: Path) -> None:
    data = bytearray(built.read_bytes())
    struct.pack_into("<I", data, 8, VERSION + 1)
    built.write_bytes(data)
    with pytest.raises(OtherIndexVersion, match=f"version {VERSION + 1}") as caught:
        RevocationIndex.open(built)
    assert caught.value.version == VERSION + 1


def test_a_list_cut_short_is_refused_and_nothing_is_written(
    make: Make, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    path = make({n: RevokedEntry(MADE, 3) for n in range(1, 400)})
    os.truncate(path, path.stat().st_size - 300)
    with pytest.raises(MalformedRevocationList, match=path.name):
        build_index(tmp_path / "i", [path], authorities=[agency.certificate])
    assert not list(tmp_path.glob("*i*"))


def test_a_list_that_another_key_signed_is_refused(
    make: Make, agency: SimulatedAuthority, other_agency: SimulatedAuthority, tmp_path: Path
) -> None:
    path = make({5: RevokedEntry(MADE, 3)}, flaws=ListFlaws(key=other_agency.key))
    with pytest.raises(BadSignature, match=path.name):
        build_index(tmp_path / "i", [path], authorities=[agency.certificate])


def test_a_list_of_an_authority_not_given_is_refused(
    make: Make, other_agency: SimulatedAuthority, tmp_path: Path
) -> None:
    with pytest.raises(IssuerUnknown, match="none of the authorities given"):
        build_index(tmp_path / "i", [make({})], authorities=[other_agency.certificate])


@pytest.mark.parametrize("name", ["none.crl", "empty.crl", "pipe.crl"])
def test_a_file_that_is_no_list_is_refused_without_waiting(
    agency: SimulatedAuthority, tmp_path: Path, name: str
) -> None:
    (tmp_path / "empty.crl").touch()
    os.mkfifo(tmp_path / "pipe.crl")
    expected = MalformedRevocationList if name == "empty.crl" else UnusableSource
    with pytest.raises(expected, match=name):
        build_index(tmp_path / "i", [tmp_path / name], authorities=[agency.certificate])


def test_huge_numbers_are_kept_to_the_last_octet(
    make: Make, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    numbers = [2**159 - 1, 2**158, 2**32, 2**64, 256**3, 256**18]
    path = make({one: RevokedEntry(MADE, 4) for one in sorted(numbers)})
    build_index(tmp_path / "i", [path], authorities=[agency.certificate])
    view = IndexView(RevocationIndex.open(tmp_path / "i"), agency.certificate, at=MADE)
    partition = view.partition(point_of(SHIBUYA))
    near = [one + step for one in numbers for step in (-1, 0, 1)]
    found = view.look_up(np.array([*near, 2**200], dtype=object), partition).reason.tolist()
    assert found == [255, 4, 255] * len(numbers) + [255]


@pytest.mark.parametrize("serials", [np.array([5.0]), np.array(["5"]), np.array([True])])
def test_numbers_that_cannot_be_exact_are_refused(
    built: Path, agency: SimulatedAuthority, serials: np.ndarray
) -> None:
    view = IndexView(RevocationIndex.open(built), agency.certificate, at=MADE)
    partition = view.partition(point_of(SHIBUYA))
    with pytest.raises(UnusableSource, match="exactly"):
        view.look_up(serials, partition)
    with pytest.raises(UnusableSource, match="no partition of this view"):
        view.look_up(np.array([5]), partition + 1)


_FILL = """
import resource, sys
from pathlib import Path
from jpki.certificates import parse_authority
from jpki.errors import NotWritten
from jpki.revocation.index import build_index
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    build_index(Path(sys.argv[1]), [Path(sys.argv[2])],
                authorities=[parse_authority(Path(sys.argv[3]).read_bytes())])
except NotWritten as error:
    print(error.code, error)
"""


def test_a_disk_that_is_full_is_named_and_leaves_what_was_there(
    built: Path, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    # A limit on the size of files stands for the disk: writing fails in the middle all the same.
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    (tmp_path / "a.der").write_bytes(agency.certificate.der)
    before = built.read_bytes()
    (listed,) = tmp_path.glob("*.crl")
    command = [sys.executable, "-c", _FILL, str(built), str(listed), str(tmp_path / "a.der")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith(f"not-written {built}: cannot be written: File too large")
    assert built.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_is_not_there_is_named(make: Make, agency: SimulatedAuthority) -> None:
    path = make({})
    with pytest.raises(NotWritten, match="No such file or directory"):
        build_index(path.parent / "no" / "i", [path], authorities=[agency.certificate])


def test_what_a_killed_build_left_is_clearly_partial_and_removed_by_the_next(
    built: Path, agency: SimulatedAuthority
) -> None:
    left = built.parent / f".{built.name}.x1y2.part"
    # Everything but the header, which is written last.
    left.write_bytes(bytes(128) + built.read_bytes()[128:])
    with pytest.raises(MalformedIndex, match="never finished"):
        RevocationIndex.open(left)
    (listed,) = built.parent.glob("*.crl")
    build_index(built, [listed], authorities=[agency.certificate])
    assert not left.exists()
    RevocationIndex.open(built, verify=True)


def test_whoever_has_an_index_open_keeps_it_when_another_takes_its_place(
    built: Path, make: Make, agency: SimulatedAuthority
) -> None:
    old = RevocationIndex.open(built)
    fewer = make({0x01000000: RevokedEntry(MADE, 3)}, at=MADE + DAY, number=8)
    build_index(built, [fewer], authorities=[agency.certificate])
    assert old.sections[0].entries == COUNT
    old.verify()
    assert RevocationIndex.open(built).sections[0].entries == 1


def test_the_same_lists_in_any_order_give_the_same_bytes(
    make: Make, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    paths = [
        make({5 + n: RevokedEntry(MADE, 3)}, at=MADE + n * DAY, number=n, place=place)
        for n in range(3)
        for place in (SHIBUYA, "13103")
    ]
    for name, order in (("a", paths), ("b", paths[::-1])):
        build_index(tmp_path / name, order, authorities=[agency.certificate])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_going_on_from_yesterday_gives_what_building_anew_gives(
    make: Make, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    held, revoked = RevokedEntry(MADE, 6), RevokedEntry(MADE + DAY, 4)
    days = [{9: held, 2**70: held}, {9: revoked, 2**70: held}, {5: held, 9: revoked}]
    paths = [
        make(dict(sorted(entries.items())), at=MADE + n * DAY, number=n)
        for n, entries in enumerate(days)
    ]
    authorities = [agency.certificate]
    build_index(tmp_path / "0", paths[:1], authorities=authorities)
    for n in (1, 2):
        since = RevocationIndex.open(tmp_path / str(n - 1))
        report = build_index(
            tmp_path / str(n), paths[: n + 1], authorities=authorities, since=since
        )
        assert (report.lists, report.known_already) == (1, n)
    build_index(tmp_path / "anew", paths, authorities=authorities)
    assert (tmp_path / "2").read_bytes() == (tmp_path / "anew").read_bytes()


def test_a_list_older_than_what_the_index_has_is_refused(
    make: Make, agency: SimulatedAuthority, tmp_path: Path
) -> None:
    new, old = make({}, at=MADE + DAY, number=8), make({}, number=7)
    build_index(tmp_path / "i", [new], authorities=[agency.certificate])
    since = RevocationIndex.open(tmp_path / "i")
    builder = IndexBuilder([agency.certificate], since=since)
    with pytest.raises(UnusableSource, match="older than one that is in the index already"):
        builder.add_lists([old])


def test_a_list_in_pem_is_read_too(make: Make, agency: SimulatedAuthority, tmp_path: Path) -> None:

    path = make({5: RevokedEntry(MADE, 3)})
    text = base64.encodebytes(path.read_bytes()).decode()
    pem = tmp_path / "pem.crl"
    pem.write_text(f"-----BEGIN X509 CRL-----\n{text}-----END X509 CRL-----\n")
    for name, listed in (("a", path), ("b", pem)):
        build_index(tmp_path / name, [listed], authorities=[agency.certificate])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
