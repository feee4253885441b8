"""What a night was: its lists one by one, in a file beside them, and the authorities' certificates.

The paths are those under which a world's publication serves the same things, so any server of files
can stand in for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import Final

from jpki.certificates import AuthorityCertificate, parse_authority
from jpki.whole_files import naming_failures
from simulator.agency.nightly.country import Country
from simulator.agency.nightly.lists import Written
from simulator.agency.nightly.places import made_up
from simulator.agency.nightly.signers import Signer
from simulator.agency.nightly.work import Night
from simulator.agency.publication import authority_path

__all__ = ["MANIFEST", "NightDone", "write_manifest"]

MANIFEST: Final = "manifest.json"
"""The name of the file in the night's folder."""


@dataclass(frozen=True, slots=True)
class NightDone:
    """What was published: where, when the lists were made, by whom, and each list."""

    folder: Path
    made: datetime
    signers: tuple[Signer, ...]
    lists: tuple[Written, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the lists."""
        return tuple(self.folder / one.file for one in self.lists)

    @property
    def authorities(self) -> tuple[AuthorityCertificate, ...]:
        """The certificates with which the lists are verified."""
        return tuple(parse_authority(one.certificate) for one in self.signers)

    def as_dict(self) -> dict[str, object]:
        """Return the night in a few figures."""
        return {
            "out": str(self.folder),
            "made_at": _utc(self.made),
            "lists": len(self.lists),
            "entries": sum(one.entries for one in self.lists),
            "held": sum(one.held for one in self.lists),
            "longest": max((one.entries for one in self.lists), default=0),
            "bytes": sum(one.size for one in self.lists),
        }


def write_manifest(
    folder: Path,
    country: Country,
    night: Night,
    signers: Sequence[Signer],
    written: Sequence[Written],
) -> None:
    """Write the authorities' certificates and the manifest, one list on each of its lines."""
    for signer in signers:
        for suffix, content in (
            ("cer", signer.certificate),
            ("pem", DER_cert_to_PEM_cert(signer.certificate).encode()),
        ):
            path = folder / authority_path(signer.authority, suffix).lstrip("/")
            with naming_failures(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    with (
        naming_failures(folder / MANIFEST),
        (folder / MANIFEST).open("w", encoding="utf-8") as file,
    ):
        file.writelines(_lines(country, night, signers, written))


def _lines(
    country: Country, night: Night, signers: Sequence[Signer], written: Sequence[Written]
) -> Iterator[str]:
    head = {
        "made_at": _utc(night.made),
        "next_update": _utc(signers[0].edition.next_update),
        "population_seed": country.seed,
        "municipalities": "made up; 0001 of the population has the code 90001",
        "entries": sum(one.entries for one in written),
        "authorities": [_authority(signer) for signer in signers],
    }
    text = json.dumps(head, ensure_ascii=False, indent=1)
    yield text.removesuffix("\n}") + ',\n "lists": [\n'
    for number, one in enumerate(written, 1):
        row = json.dumps(_row(one, night, signers), ensure_ascii=False)
        yield f"  {row}{',' if number < len(written) else ''}\n"
    yield " ]\n}\n"


def _authority(signer: Signer) -> dict[str, object]:
    return {
        "authority": signer.authority.purpose.value,
        "generation": signer.authority.generation,
        "certificate": authority_path(signer.authority).lstrip("/"),
    }


def _row(one: Written, night: Night, signers: Sequence[Signer]) -> dict[str, object]:
    place = made_up(night.place(one.number))
    signer = signers[one.number // night.places]
    return {
        "file": one.file,
        "authority": signer.authority.purpose.value,
        "generation": signer.authority.generation,
        "municipality": place.code,
        "name": place.name,
        "name_ja": place.name_ja,
        "number": signer.edition.number,
        "entries": one.entries,
        "held": one.held,
        "bytes": one.size,
        "sha256": one.sha256,
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
