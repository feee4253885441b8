"""A world as one plain file: to be attached to a bug report, moved to another database, or kept.

JSON Lines: a header, then the log, the notices on their way, the chips, the certificates, what the
verifier services keep (verifiers, audit, signed consents), and for worlds with keys of chance the
keys when asked for; the last line holds a digest of all before it.
Keys that follow from the seed are never written down: the seed makes them again, and with them, by
the log, every certificate and list, byte for byte.

**Whom it names.** Worlds hold invented people only; whoever records a real person's items in one
must not hand its file on: the log holds names, addresses and dates of birth, the chips hold PINs.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki.errors import ImpossibleFact, MalformedDocument, WorldUnavailable
from jpki.jst import moment
from jpki.law import Rulebook, load
from jpki.life import CertificateRecord, Recorded, State, entry_from_json, state_at
from jpki.terms import Medium
from simulator.mdoc.memory import WALLET
from simulator.services.carried import ServiceRow, checked_row, keep_rows, row_key, rows_of
from simulator.store import Location, Store
from simulator.world import World
from simulator.world_settings import KeyOrigin, WorldSettings

__all__ = ["ARCHIVE_FORMAT", "export_world", "import_world", "remade_certificates"]

ARCHIVE_FORMAT: Final = 1
"""The version of the file's form."""

_NAME: Final = "jpki-world"
_NOTE: Final = (
    "A simulated world. Its people are invented; never put a real person's items into one that is "
    "handed on. Whoever has this file has every key and PIN in it."
)
# A line is one entry, chip or certificate; all are a few thousand characters at most.
_LONGEST_LINE: Final = 1 << 20
_LARGEST_FILE: Final = 1 << 30


# Out


def export_world(
    world: World,
    path: Path,
    *,
    with_keys: bool = False,
    without_chips: bool = False,
    without_certificates: bool = False,
) -> int:
    """Write a world into a file that does not exist yet; return the number of lines.

    ``with_keys`` writes down keys that were made by chance (the header says so); without it the
    world can be looked at where it is imported, and nothing can be signed in it. ``without_chips``
    leaves out cards and phones with their PINs. ``without_certificates`` leaves out what the seed
    makes again when the file is imported, which then takes a while.

    Raises ``ImpossibleFact`` when something is left out that cannot be made again,
    ``WorldUnavailable`` when the file cannot be written; nothing is left of it then.
    """
    seeded = world.key_origin is KeyOrigin.SEEDED
    if without_certificates and not seeded:
        raise ImpossibleFact("certificates for keys of chance cannot be made again from the seed")
    if with_keys and seeded:
        raise ImpossibleFact(
            "the keys of this world follow from its seed; the file always holds that",
            hint="leave --with-keys out",
        )
    left_out = [
        name
        for name, left in (("chips", without_chips), ("certificates", without_certificates))
        if left
    ]
    with world.store.reading():
        lines = _lines(world.store, with_keys=with_keys, left_out=left_out)
        return _write(path, lines)


def _lines(store: Store, *, with_keys: bool, left_out: list[str]) -> Iterator[dict[str, Any]]:
    rows = store.settings()
    origin = KeyOrigin(rows["keys"])
    if origin is KeyOrigin.FRESH and not with_keys:
        origin = KeyOrigin.LEFT_OUT
    del rows["format"]
    yield {
        "file": _NAME,
        "version": ARCHIVE_FORMAT,
        "note": _NOTE,
        "holds_keys": origin is KeyOrigin.FRESH,
        "left_out": left_out,
        "settings": {**rows, "keys": origin.value},
    }
    yield from ({"entry": json.loads(line)} for line in store.entries())
    yield from ({"pending": json.loads(line), "number": number} for number, line in store.pending())
    if "chips" not in left_out:
        for name in store.chips():
            yield {"chip": name, "memory": json.loads(store.chip(name) or "{}")}
    if "certificates" not in left_out:
        for purpose, serial, der in store.certificates():
            yield {"certificate": serial, "purpose": purpose, "der": b64encode(der).decode()}
    for table, row in rows_of(store):
        # A wallet is in a phone, and goes where phones go.
        if table != WALLET.name or "chips" not in left_out:
            yield {"service": table, "row": row}
    if origin is KeyOrigin.FRESH:
        for place, der in sorted(store.keys.items()):
            yield {"key": place, "der": b64encode(der).decode()}


def _write(path: Path, lines: Iterator[dict[str, Any]]) -> int:
    digest, written = hashlib.sha256(), 0
    made = False
    try:
        with path.open("xb") as file:
            made = True
            for line in lines:
                encoded = _encoded(line)
                digest.update(encoded)
                file.write(encoded)
                written += 1
            file.write(_encoded({"end": written, "sha256": digest.hexdigest()}))
    except BaseException as error:
        if made:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise MalformedDocument(
                "there is a file already", source=str(path), hint="choose another name"
            ) from None
        if isinstance(error, OSError):
            raise WorldUnavailable(
                f"{path}: cannot be written: {error.strerror or error}",
                hint="check the folder, its permissions and the space left",
            ) from error
        raise
    return written + 1


def _encoded(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# In


@dataclass(slots=True)
class _Archive:
    """What a file holds, read and checked."""

    settings: WorldSettings
    left_out: list[str]
    entries: list[Recorded] = field(default_factory=list)
    pending: list[tuple[int, Recorded]] = field(default_factory=list)
    chips: dict[str, str] = field(default_factory=dict)
    certificates: dict[tuple[str, int], bytes] = field(default_factory=dict)
    services: dict[tuple[str, object], ServiceRow] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)


def import_world(path: Path, location: Location, *, remake: bool = False) -> World:
    """Make the world in a file anew and return it, open.

    ``remake`` makes every certificate again from seed and log and compares; without it those of the
    file are taken. What the file leaves out is made in any case.

    Raises ``MalformedDocument`` for a file that is damaged, cut off or something else, and for a
    certificate that comes out otherwise; no world is left then.
    """
    archive = _read(path)
    _check_log(archive, path)

    def fill(store: Store) -> None:
        for name, value in archive.settings.to_rows().items():
            store.set(name, value)
        for entry in archive.entries:
            store.append(entry.seq, entry.to_json())
        for number, notice in archive.pending:
            store.add_pending(notice.to_json(), number=number)
        for chip, memory in archive.chips.items():
            store.set_chip(chip, memory)
        for (purpose, serial), der in archive.certificates.items():
            store.add_certificate(purpose, serial, der)
        keep_rows(store, archive.services.values())
        for label, der in archive.keys.items():
            store.keys[label] = der
        if remake or "certificates" in archive.left_out:
            _remake(store, path, keep="certificates" in archive.left_out)

    Store.create(location, fill).close()
    return World.open(location)


def _remake(store: Store, path: Path, *, keep: bool) -> None:
    for record, der in remade_certificates(World.over(store)):
        purpose = record.kind.purpose.value
        if keep:
            store.add_certificate(purpose, record.serial, der)
        elif store.certificate(purpose, record.serial) != der:
            raise MalformedDocument(
                f"certificate {record.serial} comes out otherwise than it was issued",
                source=str(path),
                hint="the file was changed, or written by a version that issues otherwise",
            )


def remade_certificates(world: World) -> Iterator[tuple[CertificateRecord, bytes]]:
    """Make every certificate of a world again, from its seed and its log, in order of issue.

    Keys that are not kept yet are made as well, which takes a fraction of a second each.
    """
    state = world.state()
    for record in state.certificates.values():
        yield record, world.agency.certificate_of(record, _public_key(world, state, record))


def _public_key(world: World, state: State, record: CertificateRecord) -> RSAPublicKey:
    """Return the key the certificate was issued for, by the label it was made under."""
    same = [each for each in state.records(record.person) if each.kind is record.kind]
    if record.kind.medium is Medium.CARD:
        label = f"{record.card}/{record.kind.value}/{same.index(record) + 1}"
    else:
        number = [each for each in same if each.device == record.device].index(record) + 1
        label = f"{record.device}/{record.kind.purpose.value}"
        label += f"/{number}" if number > 1 else ""
    return world.keys.rsa(label).public_key()


def _read(path: Path) -> _Archive:
    try:
        with path.open("rb") as file:
            return _parsed(file, path)
    except OSError as error:
        raise MalformedDocument(
            f"cannot be read: {error.strerror or error}",
            source=str(path),
            hint="check the path and the permissions",
        ) from error


def _parsed(file: BinaryIO, path: Path) -> _Archive:
    digest = hashlib.sha256()
    archive: _Archive | None = None
    for number in count(1):
        raw = file.readline(_LONGEST_LINE)
        where = f"{path}, line {number}"
        if file.tell() > _LARGEST_FILE:
            raise MalformedDocument("an exported world is smaller than 1 GiB", source=where)
        if not raw.endswith(b"\n"):
            raise MalformedDocument("the file is cut off, or is no exported world", source=where)
        line = _line(raw, where)
        if "end" in line and archive is not None:
            _check_end(line, digest.hexdigest(), number - 1, where)
            if file.read(1):
                raise MalformedDocument("something follows the end", source=where)
            return archive
        digest.update(raw)
        if archive is None:
            archive = _header(line, where)
        else:
            _take(archive, line, where)
    raise AssertionError("counting does not end")


def _line(raw: bytes, where: str) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise MalformedDocument("not a line of an exported world", source=where)
    return line


def _header(line: dict[str, Any], where: str) -> _Archive:
    if line.get("file") != _NAME:
        raise MalformedDocument("not an exported world", source=where)
    if line.get("version") != ARCHIVE_FORMAT:
        raise MalformedDocument(
            f"the file has another version; this program reads version {ARCHIVE_FORMAT}",
            source=where,
        )
    rows, left_out = line.get("settings"), line.get("left_out")
    if not isinstance(rows, dict) or not _texts(rows) or not isinstance(left_out, list):
        raise MalformedDocument("the header cannot be read", source=where)
    try:
        return _Archive(WorldSettings.from_rows(rows), left_out)
    except MalformedDocument as error:
        raise MalformedDocument(error.message, source=where, hint=error.hint) from None


def _texts(rows: dict[object, object]) -> bool:
    return all(isinstance(value, str) for value in rows.values())


def _take(archive: _Archive, line: dict[str, Any], where: str) -> None:
    """Put one line where it belongs."""
    try:
        match line:
            case {"entry": dict(entry)}:
                archive.entries.append(entry_from_json(json.dumps(entry)))
            case {"pending": dict(entry), "number": int(number)}:
                archive.pending.append((number, entry_from_json(json.dumps(entry))))
            case {"chip": str(name), "memory": dict(memory)}:
                archive.chips[name] = json.dumps(memory, sort_keys=True)
            case {"certificate": int(serial), "purpose": str(purpose), "der": str(der)}:
                archive.certificates[purpose, serial] = b64decode(der, validate=True)
            case {"service": str(table), "row": dict(content)}:
                row = checked_row(table, content)
                if row_key(row) in archive.services:
                    raise MalformedDocument(f"a row of {table} is there twice")
                archive.services[row_key(row)] = row
            case {"key": str(place), "der": str(der)}:
                archive.keys[place] = b64decode(der, validate=True)
            case _:
                raise MalformedDocument("a line that no world has")
    except (MalformedDocument, ValueError) as error:
        said = error.message if isinstance(error, MalformedDocument) else "not in base64"
        raise MalformedDocument(said, source=where) from None


def _check_end(line: dict[str, Any], digest: str, lines: int, where: str) -> None:
    if line != {"end": lines, "sha256": digest}:
        raise MalformedDocument(
            "the file was changed or damaged after it was exported", source=where
        )


def _check_log(archive: _Archive, path: Path) -> None:
    """Fold the log, and hold the certificates against it."""
    for number, entry in enumerate(archive.entries, start=1):
        if entry.seq != number:
            raise MalformedDocument(f"entry {number} of the log is missing", source=str(path))
    latest = max((entry.recorded_at for entry in archive.entries), default=archive.settings.now)
    if latest > archive.settings.now:
        raise MalformedDocument(
            f"the clock shows {moment(archive.settings.now)}, before the log ends",
            source=str(path),
        )
    book = Rulebook(load(), archive.settings.policies)
    try:
        state = state_at(archive.entries, archive.settings.now, book=book)
    except ImpossibleFact as error:
        raise MalformedDocument(
            f"the log cannot be so: {error.message}", source=str(path)
        ) from None
    issued = {(each.authority.purpose.value, each.serial) for each in state.certificates}
    if "certificates" not in archive.left_out and issued != set(archive.certificates):
        raise MalformedDocument("the certificates are not those of the log", source=str(path))
    archive.pending = [(number, replace(notice, seq=0)) for number, notice in archive.pending]
