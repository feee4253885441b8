"""A night of revocation lists from a country's columns, beside what hashing and signing leave."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.measure import Benchmark, Case
from simulator.agency.nightly import NightDone, NightOptions, publish_night
from simulator.keys import KeyPool
from simulator.population import Scope, shipped_figures
from simulator.population.arrays import NEVER, Array, day_number, np
from simulator.population.parquet import STATES, Writer, certificates_table, lists_table

__all__ = ["BENCHMARK", "cases", "write_country"]

_NIGHT: Final = date(2030, 5, 1)
_KEYS: Final = KeyPool()
_OPTIONS: Final = NightOptions(generation=4)
_QUICK: Final = (100_000,)
_FULL: Final = (100_000, 1_000_000, 5_000_000)
_TWO_PROCESSES_FROM: Final = 1_000_000
"""Two more processes take a second or two to start, which a short night does not make up for."""
_ROWS_AN_ENTRY: Final = 8
"""Certificates on record for each that is listed: the others live, or have expired."""
_CHUNK: Final = 1 << 20
_SIGNATURE: Final = 0.7
"""The share of the signature authority, whose certificates end with every move."""
_WITH_CRYPTOGRAPHY: Final = 10_000
"""A partition of middle length by the planning figures, which has 5,000 to 10,000."""


def write_country(folder: Path, entries: int) -> None:
    """Write what ``jpki-sim population`` leaves of a country with that many entries one night.

    Places are as unequal as there, and the rows a night passes over stand among the others.
    """
    scope = Scope(1, 1, _NIGHT, "benchmark", shipped_figures())
    chance, night = np.random.default_rng(entries), day_number(_NIGHT)
    counts = np.zeros(2 * scope.places, np.int64)
    total = entries * _ROWS_AN_ENTRY
    serials = iter(range(1 << 24, 1 << 32, _CHUNK))
    for number, at in enumerate(range(0, total, _CHUNK)):
        rows = min(_CHUNK, total - at)
        wanted = round((at + rows) / _ROWS_AN_ENTRY) - round(at / _ROWS_AN_ENTRY)
        listed = np.zeros(rows, bool)
        listed[chance.permutation(rows)[:wanted]] = True
        kind = (chance.random(rows) >= _SIGNATURE).astype(np.int64)
        place = np.searchsorted(scope.shares, chance.random(rows), side="right")
        counts += np.bincount((kind * scope.places + place)[listed], minlength=2 * scope.places)
        serial = next(serials) + chance.permutation(rows)
        columns = _columns(chance, night, listed, kind, place, serial)
        path = folder / "certificates" / f"chunk-{number:05d}.parquet"
        writer = Writer(path)
        writer.add(certificates_table(columns, scope.places, ["benchmark"]))
        writer.close()
    writer = Writer(folder / "lists.parquet")
    writer.add(lists_table(night, counts[None, :], scope.places))
    writer.close()
    summary = {"seed": "benchmark", "begins": str(_NIGHT), "ends": str(_NIGHT)}
    text = json.dumps({**summary, "policies": {}, "recorded_at_hour": 10})
    (folder / "summary.json").write_text(text, encoding="utf-8")


def _columns(
    chance: np.random.Generator, night: int, listed: Array, kind: Array, place: Array, serial: Array
) -> tuple[Array, ...]:
    rows = len(listed)
    issued = night - chance.integers(900, 1_500, rows)
    ended = np.where(listed, night - chance.integers(1, 900, rows), NEVER)
    reason = chance.choice(np.array([1, 3, 4, 5]), rows)
    state = np.where(listed, STATES.index("revoked"), STATES.index("live"))
    person, rule = np.arange(rows), np.zeros(rows, np.int64)
    return person, kind, serial, place, issued, issued + 1_826, ended, reason, rule, state


class _Country:
    """A population's folder, and the nights that are made of it, each in place of the last."""

    def __init__(self, folder: Path, entries: int) -> None:
        self.entries = entries
        self.folder = folder / str(entries)
        write_country(self.folder, entries)
        self._numbers = count()
        self.night = self.publish(1)
        self._model = self.night.folder.rename(self.folder / "model")
        self.key = _KEYS.rsa("signature authority, generation 4")

    def publish(self, processes: int) -> NightDone:
        """Publish the night and leave it there until the next."""
        out = self.folder / "night"
        shutil.rmtree(out, ignore_errors=True)
        return publish_night(
            self.folder, out, on=_NIGHT, options=_OPTIONS, keys=_KEYS, processes=processes
        )

    def hashed_signed_and_written(self) -> None:
        """Do what no publisher can leave out: two digests, a signature and a file for each list."""
        out = self.folder / "limit"
        out.mkdir(exist_ok=True)
        for number, one in enumerate(self.night.lists):
            content = (self._model / one.file).read_bytes()
            digest, _ = hashlib.sha256(content).digest(), hashlib.sha256(content).hexdigest()
            _sign(self.key, digest)
            (out / str(number)).write_bytes(content)


def _sign(key: RSAPrivateKey, digest: bytes) -> bytes:
    return key.sign(digest, PKCS1v15(), Prehashed(SHA256()))


def _built_by_cryptography(key: RSAPrivateKey, model: bytes, entries: int) -> bytes:
    """Build a partition's list one entry after the other, as the builder's page shows it."""
    read = x509.load_der_x509_crl(model)
    at = read.last_update_utc
    builder = x509.CertificateRevocationListBuilder(read.issuer, at, at + timedelta(hours=48))
    reason = x509.CRLReason(x509.ReasonFlags.affiliation_changed)
    revoked_at = datetime(2029, 1, 1, 1)  # noqa: DTZ001  the builder takes UTC without a zone
    for serial in range(1, entries + 1):
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder(serial, revoked_at)
            .add_extension(reason, critical=False)
            .build()
        )
    for extension in read.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def cases(sizes: tuple[int, ...]) -> tuple[Case, ...]:
    """Return what is measured on nights with these many entries."""
    folder = TemporaryDirectory(prefix="jpki-bench-")
    atexit.register(folder.cleanup)
    countries = [_Country(Path(folder.name), entries) for entries in sizes]
    return (*_few(countries[0]), *(each for one in countries for each in _nights(one)))


def _few(country: _Country) -> Iterator[Case]:
    # With so few entries on each, what a list costs is its own.
    lists, entries = len(country.night.lists), country.entries
    yield Case("bare RSA-2048 signature", partial(_sign, country.key, bytes(32)), 1, "lists")
    yield Case(
        f"lists of a night with {entries:,} entries", partial(country.publish, 1), lists, "lists"
    )
    model = (country.folder / "model" / country.night.lists[0].file).read_bytes()
    made = partial(_built_by_cryptography, country.key, model, _WITH_CRYPTOGRAPHY)
    yield Case(
        f"cryptography's builder, one partition of {_WITH_CRYPTOGRAPHY:,}",
        made,
        _WITH_CRYPTOGRAPHY,
        "entries",
    )


def _nights(country: _Country) -> Iterator[Case]:
    entries, name = country.entries, f"night of {country.entries:,} entries"
    yield Case(
        f"{name}: hashed twice, signed, written", country.hashed_signed_and_written, entries,
        "entries",
    )  # fmt: skip
    yield Case(f"{name}, 1 process", partial(country.publish, 1), entries, "entries")
    if entries >= _TWO_PROCESSES_FROM:
        yield Case(f"{name}, 2 processes", partial(country.publish, 2), entries, "entries")


BENCHMARK = Benchmark(
    "nightly",
    "All lists of a night, 1,892 municipalities times two authorities, from a country's columns "
    f"in Parquet ({_ROWS_AN_ENTRY} certificates on record for each that is listed): gathered, "
    "sorted, written, signed and synchronised to the disk. Nobody can leave out two digests of "
    "the bytes (one is signed, one goes into the manifest), a signature and a file for each list: "
    "that is the limit. cryptography's builder is given its entries one by one, which takes time "
    "with the square of their number.",
    partial(cases, _QUICK),
    partial(cases, _FULL),
)
