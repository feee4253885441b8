"""Make OCSP responses that are each wrong in exactly one way.

Run it from the top of the repository: ``python -m tests.vectors.make_ocsp_vectors``. Keys are
seeded and times fixed, so making the vectors again changes nothing.
"""

from __future__ import annotations

from simulator.keys import KeySource, SeededKeys
from tests.vectors.drafts import make_bases
from tests.vectors.make_vectors import HERE
from tests.vectors.ocsp_drafts import OcspVector, make_ocsp_bases
from tests.vectors.ocsp_rows import ocsp_vectors

FOLDER = HERE / "ocsp"
MANIFEST = """\
# Made by make_ocsp_vectors.py; making it again changes nothing.
# says: what is special about the response. at, nonce: the question it is held against.
# expects: malformed, or the status; detail: part of the reason, or its code.
"""


def _row(one: OcspVector) -> str:
    nonce = "" if one.nonce is None else f'nonce = "{one.nonce.hex()}"\n'
    return (
        f'\n[[vector]]\nfile = "{one.file}"\nsays = "{one.says}"\nat = {one.at.isoformat()}\n'
        f'{nonce}expects = "{one.expects}"\ndetail = "{one.detail}"\n'
    )


def make(keys: KeySource) -> dict[str, bytes]:
    """Make every file: its name in the folder, and its bytes."""
    bases = make_ocsp_bases(keys, make_bases(keys))
    vectors = tuple(ocsp_vectors(bases))
    assert len({one.file for one in vectors}) == len(vectors)
    files = {one.file: one.data for one in vectors}
    files["manifest.toml"] = (MANIFEST + "".join(map(_row, vectors))).encode()
    files["authority.der"] = bases.authority
    files["certificate.der"] = bases.subscriber
    return files


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, data in make(SeededKeys("vectors")).items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
