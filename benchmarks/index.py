"""Long revocation lists: written, read into an index and looked up in, each beside its peers."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.index_questions import PLACES, question_cases
from benchmarks.measure import Benchmark, Case, Figure
from benchmarks.memory import most_memory
from jpki.revocation.index import build_index
from jpki.revocation.index.arrays import Columns, narrow_seconds, np
from jpki.terms import Purpose
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.publish import Edition
from simulator.agency.publish_columns import write_revocation_list
from simulator.keys import KeyPool
from simulator.municipalities import municipality

__all__ = ["BENCHMARK", "cases", "columns_of"]

_BEGINS: Final = datetime.fromisoformat("2024-07-16T10:00:00+09:00")
_AT: Final = datetime.fromisoformat("2026-08-03T05:00:00+09:00")
_PLACE: Final = municipality("13113")
_QUICK: Final = (10_000, 100_000)
_FULL: Final = (10_000, 100_000, 1_000_000, 10_000_000)
_LONGEST_WITH_REASONS: Final = 1_000_000
"""cryptography takes minutes and gigabytes for more."""
_LONG: Final = 1_000_000
"""Entries from which on the memory is measured: of a short list's, most is the interpreter's."""
_BUILD: Final = """
import sys
from pathlib import Path
from jpki.certificates import parse_authority
from jpki.revocation.index import build_index
authority = parse_authority(Path(sys.argv[3]).read_bytes())
build_index(Path(sys.argv[1]), [Path(sys.argv[2])], authorities=[authority])
"""


def columns_of(count: int) -> Columns:
    """Return that many entries, numbers and instants spread evenly, always the same ones."""
    chance = np.random.default_rng(count)
    gap = (2**31 - 2**24) // count
    serials = 2**24 + np.arange(count) * gap + chance.integers(0, gap, count)
    made = narrow_seconds(_AT)
    none = Columns.of(())
    return Columns(
        serials.astype(np.uint32),
        chance.integers(made - 10**8, made, count).astype(np.uint32),
        chance.choice(np.array([1, 3, 4, 5, 6], dtype=np.uint8), count),
        none.wide_keys,
        none.wide_times,
        none.wide_reasons,
    )


class _Listed:
    """A list of some length on the disk, and the index of it."""

    def __init__(self, folder: Path, authority: SimulatedAuthority, count: int) -> None:
        self.count = count
        self.authority = authority
        self.columns = columns_of(count)
        self.path = folder / f"{count}.crl"
        self.index = folder / f"{count}.idx"
        self.root = folder / "root.pem"
        certificate = x509.load_der_x509_certificate(authority.certificate.der)
        self.root.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.root.with_suffix(".der").write_bytes(authority.certificate.der)
        self.write()
        self.build()

    def write(self) -> None:
        write_revocation_list(
            self.path,
            self.authority,
            self.columns,
            edition=Edition.daily(7, _AT),
            municipality=_PLACE,
        )

    def build(self) -> None:
        build_index(self.index, [self.path], authorities=[self.authority.certificate])

    def most_memory(self) -> int:
        root = self.root.with_suffix(".der")
        return most_memory(_BUILD, str(self.index), str(self.path), str(root))

    def bytes_an_entry(self) -> float:
        return self.index.stat().st_size / self.count

    def size(self) -> int:
        return self.path.stat().st_size

    def hashed(self) -> bytes:
        return hashlib.sha256(self.path.read_bytes()).digest()

    def with_cryptography(self) -> dict[int, object]:
        """Read, check and take over every entry with its reason, as the index has them."""
        listed = x509.load_der_x509_crl(self.path.read_bytes())
        if not listed.is_signature_valid(self.authority.certificate.public_key):
            raise AssertionError("the list is signed")
        return {
            one.serial_number: (
                one.revocation_date_utc,
                one.extensions.get_extension_for_class(x509.CRLReason).value.reason,
            )
            for one in listed
        }

    def with_openssl(self, program: str) -> None:
        command = [program, "crl", "-in", str(self.path), "-inform", "DER", "-noout"]
        command += ["-verify", "-CAfile", str(self.root)]
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
        if b"verify OK" not in done.stdout + done.stderr:
            raise AssertionError("openssl has verified the list")


def cases(counts: tuple[int, ...]) -> tuple[Case | Figure, ...]:
    """Return what is measured on lists of these lengths."""
    folder = TemporaryDirectory(prefix="jpki-bench-")
    atexit.register(folder.cleanup)
    authority = create_authority(Purpose.SIGNATURE, generation=1, keys=KeyPool(), at=_BEGINS)
    program = shutil.which("openssl")
    if program is None:
        sys.stderr.write("left out: index: openssl crl: no such program\n")
    return tuple(
        case
        for count in counts
        for case in _cases_of(_Listed(Path(folder.name), authority, count), program)
    )


def _cases_of(listed: _Listed, program: str | None) -> Iterator[Case | Figure]:
    count, size = listed.count, f"list of {listed.count:,}"
    yield Case(f"{size}: SHA-256 of the file", listed.hashed, count, "entries")
    yield Case(f"{size}: index built, signature checked", listed.build, count, "entries")
    if program is not None:
        verified = partial(listed.with_openssl, program)
        yield Case(f"{size}: openssl crl -verify", verified, count, "entries")
    if count <= _LONGEST_WITH_REASONS:
        name = f"{size}: cryptography, with reasons"
        yield Case(name, listed.with_cryptography, count, "entries")
    yield Case(f"{size}: written and signed", listed.write, count, "entries")
    asked = listed.index.with_suffix(".asked.idx")
    yield from question_cases(asked, listed.authority.certificate, listed.columns, _AT)
    yield Figure(f"{size}: the index, an entry", listed.bytes_an_entry, "bytes")
    if count >= _LONG:
        yield Figure(f"{size}: the list itself", listed.size, "bytes")
        yield Figure(f"{size}: most memory of the build", listed.most_memory, "bytes")


BENCHMARK = Benchmark(
    "index",
    "A list of one partition, every entry with a reason, is read from the disk, its signature "
    "checked, and made into an index that is written and synchronised to the disk; cryptography "
    "makes a mapping in memory of it, openssl crl -verify only checks it. SHA-256 of the file is "
    "the limit of whatever checks a signature. Lists are written from columns to the disk and "
    "signed. Questions, in no order, are asked of an index of as many entries on the lists of "
    f"{PLACES} municipalities: about different numbers of all these places, of which none, one in "
    "twenty or each is listed. An answer has standing, date and reason; a set in memory knows only "
    "whether a number is there. Memory is that of a whole process that builds the index, its "
    "interpreter and the pages of the list among it.",
    partial(cases, _QUICK),
    partial(cases, _FULL),
)
