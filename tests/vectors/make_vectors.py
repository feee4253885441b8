"""Make certificates and revocation lists that are each wrong in exactly one way.

Run it from the top of the repository: ``python -m tests.vectors.make_vectors``. Keys are seeded and
times fixed, so making the vectors again changes nothing. Every vector is a good object of the
simulated authority with one thing changed before it was signed; the sentence says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jpki.terms import Purpose
from simulator.keys import KeySource, SeededKeys
from tests.vectors.certificate_rows import certificate_vectors
from tests.vectors.drafts import Vector, make_bases
from tests.vectors.list_rows import list_vectors

HERE = Path(__file__).resolve().parent


MANIFEST = """\
# Made by make_vectors.py; making it again changes nothing.
# says: what is wrong with the file. expects and detail: what the library has to say about it.
"""


def manifest(vectors: Sequence[Vector]) -> str:
    """Write the manifest of a folder."""
    rows = [
        f'\n[[vector]]\nfile = "{one.file}"\nsubject = "{one.subject}"\nsays = "{one.says}"\n'
        f'expects = "{one.expects}"\ndetail = "{one.detail}"\n'
        for one in vectors
    ]
    return MANIFEST + "".join(rows)


def make(keys: KeySource) -> dict[str, bytes]:
    """Make every file: its path under this folder, and its bytes."""
    bases = make_bases(keys)
    files: dict[str, bytes] = {}
    for folder, vectors in (
        ("certificates", tuple(certificate_vectors(bases))),
        ("revocation", tuple(list_vectors(bases))),
    ):
        files |= {f"{folder}/{one.file}": one.data for one in vectors}
        files[f"{folder}/manifest.toml"] = manifest(vectors).encode()
        authority = bases.authorities[Purpose.SIGNATURE].certificate.der
        files[f"{folder}/authority.der"] = authority
    return files


def main() -> None:
    """Write every file."""
    for path, data in make(SeededKeys("vectors")).items():
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
