"""Who may import what: the table of the architecture, held against every import in the tree."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORDS = {"jpki.terms", "jpki.errors", "jpki.jst"}

# The longest matching prefix decides. Besides the standard library, a part may import what is
# listed and itself.
MAY_IMPORT: dict[str, set[str]] = {
    "jpki": set(),
    "jpki.terms": set(),
    "jpki.errors": {"jpki.terms"},
    "jpki.jst": {"jpki.terms", "jpki.errors"},
    "jpki.law": {"pydantic", *WORDS},
    "jpki.life": {"pydantic", "jpki.law", *WORDS},
    "jpki.card": {"jpki.terms", "jpki.errors"},
    "jpki.certificates": {"cryptography", "asn1crypto", *WORDS},
    "jpki.cms": {"cryptography", "jpki.certificates", "jpki.rsa_pkcs1", *WORDS},
    "jpki.revocation": {
        "cryptography",
        "asn1crypto",
        "numpy",
        "jpki.certificates",
        "jpki.whole_files",
        *WORDS,
    },
    "jpki.revocation.index.exchange": {
        "pyarrow",
        "jpki.certificates",
        "jpki.revocation",
        *WORDS,
    },
    "jpki.revocation.http_fetch": {"httpx", "jpki.revocation", *WORDS},
    "jpki.validation": {
        "cryptography",
        "asn1crypto",
        "pydantic",
        "jpki.certificates",
        "jpki.cms",
        "jpki.revocation",
        "jpki.timestamps",
        "jpki.rsa_pkcs1",
        "jpki.law",
        *WORDS,
    },
    # lxml and signxml come with an extra, so the way in (read_xml) stays free of them.
    "jpki.validation.formats.xml": {
        "cryptography",
        "asn1crypto",
        "lxml",
        "signxml",
        "jpki.cms",
        "jpki.errors",
        "jpki.validation",
    },
    "jpki.xml_signing": {
        "asn1crypto",
        "lxml",
        "jpki.sign",
        "jpki.validation",
        *WORDS,
    },
    "jpki.authenticate": {
        "jpki.assurance",
        "jpki.sign",
        "jpki.validation",
        "jpki.verify",
        *WORDS,
    },
    "jpki.validation.path_search": {
        "asn1crypto",
        "pyhanko_certvalidator",
        "jpki.validation",
        *WORDS,
    },
    "jpki.assurance": {"jpki.law", *WORDS},
    "jpki.validation.formats.pdf": {
        "asn1crypto",
        "pyhanko",
        "jpki.cms",
        "jpki.validation",
        *WORDS,
    },
    "jpki.pdf_signing": {
        "asn1crypto",
        "fontTools",
        "pyhanko",
        "jpki.cms",
        "jpki.sign",
        "jpki.validation.formats.pdf",
        *WORDS,
    },
    "jpki.authenticity": {"cryptography", "jpki.card", *WORDS},
    "jpki.batch": {
        "cryptography",
        "numpy",
        "pyarrow",
        "jpki.certificates",
        "jpki.cms",
        "jpki.law",
        "jpki.permission",
        "jpki.revocation",
        "jpki.validation",
        "jpki.verify",
        "jpki.whole_files",
        *WORDS,
    },
    "jpki.batch.engines.dask": {"distributed", "jpki.batch", *WORDS},
    "jpki.batch.engines.ray": {"ray", "jpki.batch", *WORDS},
    "jpki.batch.engines.spark": {"pandas", "pyspark", "jpki.batch", *WORDS},
    "jpki.backends": {"smartcard", "jpki.card", "jpki.errors"},
    "jpki.diagnosis": {"jpki.card", "jpki.certificates", *WORDS},
    "jpki.matching": {"pydantic", "jpki.certificates", *WORDS},
    "jpki.mdoc": {"cryptography", "pydantic", "jpki.validation", *WORDS},
    # The one importer of cbor2, which comes with an extra.
    "jpki.mdoc.cbor": {"cbor2", "jpki.errors"},
    "jpki.permission": {"jpki.law", *WORDS},
    "jpki.pseudonyms": {"cryptography", *WORDS},
    # What a role and an item is called comes from the law and from life.
    "jpki.services": {"pydantic", "httpx", "jpki.law", "jpki.life", *WORDS},
    "jpki.timestamps": {"jpki.certificates", "jpki.cms", *WORDS},
    "jpki.timestamps.http": {"jpki.revocation.http_fetch", "jpki.timestamps", *WORDS},
    "jpki.trust": {"jpki.certificates", *WORDS},
    "jpki.rsa_pkcs1": {"cryptography"},
    "jpki.sign": {"jpki.card", "jpki.certificates", "jpki.cms", "jpki.rsa_pkcs1", *WORDS},
    "jpki.verify": {
        "jpki.certificates",
        "jpki.cms",
        "jpki.law",
        "jpki.permission",
        "jpki.revocation",
        "jpki.validation",
        *WORDS,
    },
    "jpki.whole_files": {"jpki.errors"},
    "jpki.cli": {"typer", "rich", "pydantic", "jpki"},
    "jpki.__main__": {"jpki.cli"},
    "simulator": set(),
    "simulator.acting": {"jpki.law", *WORDS},
    "simulator.agency": {"cryptography", "pydantic", "jpki", "simulator"},
    "simulator.archive": {"cryptography", "jpki", "simulator"},
    "simulator.agency.publication": {
        "cryptography",
        "starlette",
        "jpki",
        "simulator.agency",
        "simulator.faults",
        "simulator.keys",
        "simulator.municipalities",
    },
    "simulator.agency.nightly": {
        "cryptography",
        "pydantic",
        "jpki",
        "simulator.agency",
        "simulator.keys",
        "simulator.municipalities",
    },
    "simulator.agency.nightly.gather": {"pyarrow", "jpki", "simulator.agency.nightly"},
    "simulator.agency.presigned": {
        "cryptography",
        "starlette",
        "jpki",
        "simulator.agency",
    },
    # The one reader of heads by httptools, which comes with an extra.
    "simulator.agency.presigned.questions": {"httptools", "simulator.agency.publication"},
    "simulator.agency.presigned.server": {
        "uvicorn",
        "simulator.agency.presigned",
        "simulator.agency.publication",
    },
    "simulator.agency.publication.server": {"starlette", "uvicorn", "simulator.agency.publication"},
    "simulator.agency.publication.running": {
        "starlette",
        "uvicorn",
        "jpki.errors",
        "simulator.agency.publication.server",
    },
    "simulator.approvals": {"pydantic", "sqlalchemy", "jpki", "simulator"},
    "simulator.callcentre": {"jpki", "simulator"},
    "simulator.citizen": {"jpki", "simulator"},
    "simulator.consul": {"jpki", "simulator"},
    "simulator.counter": {"jpki", "simulator"},
    "simulator.card": {"cryptography", "PIL", "pydantic", "jpki.card", "jpki.terms", "jpki.errors"},
    "simulator.card_face": {"jpki", "simulator"},
    "simulator.cli": {"typer", "rich", "jpki", "simulator"},
    "simulator.__main__": {"simulator.cli"},
    "simulator.clinic": {"jpki", "simulator"},
    "simulator.client": {"httpx", "pydantic", "jpki", "simulator"},
    "simulator.clock": {"jpki.errors", "jpki.jst"},
    "simulator.daily_run": {"jpki.jst", "jpki.life"},
    "simulator.demo": {"jpki", "simulator"},
    "simulator.exposure": {
        "jpki.law",
        "jpki.life",
        "jpki.validation",
        "simulator.mdoc",
        "simulator.phone",
        "simulator.world",
        *WORDS,
    },
    "simulator.happenings": {"pydantic", "jpki.errors", "jpki.life"},
    "simulator.immigration": {"jpki", "simulator"},
    "simulator.face": {"jpki", "simulator"},
    "simulator.faults": {
        "pydantic",
        "jpki",
        "simulator.agency",
        "simulator.municipalities",
    },
    "simulator.keys": {"cryptography", "Crypto", "jpki.errors", "jpki.whole_files"},
    "simulator.kiosk": {"jpki", "simulator"},
    "simulator.mdoc": {"cryptography", "pydantic", "sqlalchemy", "jpki", "simulator"},
    "simulator.minister": {"jpki", "simulator"},
    "simulator.municipalities": {"pydantic", "jpki.errors"},
    "simulator.municipality": {"jpki", "simulator"},
    "simulator.other_municipality": {"jpki", "simulator"},
    "simulator.pdf_contract": set(),
    "simulator.people": {
        "jpki.life",
        "jpki.terms",
        "simulator.card.contents",
        "simulator.keys",
        "simulator.municipalities",
    },
    "simulator.population": {"numpy", "pydantic", "jpki.law", "jpki.life", *WORDS},
    "simulator.population.parquet": {"pyarrow", "simulator.population", *WORDS},
    "simulator.population.plots": {"matplotlib", "simulator.population", *WORDS},
    "simulator.phone": {"cryptography", "jpki", "simulator"},
    "simulator.phone_client": {"httpx", "pydantic", "jpki", "simulator"},
    "simulator.postoffice": {"jpki", "simulator"},
    # Loaded into every run of pytest, so it imports nothing else before a fixture is asked for.
    "simulator.pytest_plugin": {
        "pytest",
        "cryptography",
        "starlette",
        "uvicorn",
        "jpki",
        "simulator",
    },
    "simulator.pytest_plugin.plugin": {"pytest", "jpki", "simulator"},
    "simulator.preview": {
        "jpki.law",
        "jpki.life",
        "simulator.daily_run",
        "simulator.timeline",
        *WORDS,
    },
    "simulator.pictures": {
        "jpki.law",
        "jpki.life",
        "simulator.story",
        "simulator.timeline",
        *WORDS,
    },
    "simulator.reader": {"jpki.errors", "jpki.whole_files", "simulator.card"},
    "simulator.store": {"sqlalchemy", "jpki.errors"},
    "simulator.services": {"sqlalchemy", "jpki", "simulator"},
    "simulator.story": {"jpki.law", "jpki.life", *WORDS},
    "simulator.timeline": {"jpki.law", "jpki.life", *WORDS},
    "simulator.verifier": {"cryptography", "jpki", "simulator"},
    "simulator.tokens": {"pydantic", "jpki", "simulator"},
    "simulator.web.pages": {"jinja2", "markupsafe", "starlette", "jpki", "simulator"},
    "simulator.web": {"anyio", "httpx", "pydantic", "starlette", "uvicorn", "jpki", "simulator"},
    "simulator.world": {"jpki", "simulator"},
    "simulator.world_settings": {"jpki", "simulator.clock"},
}
# Inside the simulator the faces come last: nothing but they themselves may import them.
FACES = {
    "simulator.cli",
    "simulator.client",
    "simulator.demo",
    "simulator.phone_client",
    "simulator.pytest_plugin",
    "simulator.web",
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("jpki", "simulator"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield what a file imports; ``from jpki.card import apdu`` is an import of the module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else str(node.module)


def is_under(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def row_for(module: str) -> str:
    return max((part for part in MAY_IMPORT if is_under(module, part)), key=len)


def strays(module: str, path: Path) -> Iterator[str]:
    row = row_for(module)
    # The row "jpki" is the package's own __init__, which must not be a door to everything below.
    allowed = MAY_IMPORT[row] | ({row} - {"jpki", "simulator"})
    for line, name in imports(path):
        if name.split(".")[0] in sys.stdlib_module_names:
            continue
        if not any(is_under(name, part) for part in allowed):
            yield f"{path.relative_to(ROOT)}:{line} imports {name}; {row} may not"


@pytest.mark.parametrize(("module", "path"), [pytest.param(m, p, id=m) for m, p in MODULES.items()])
def test_every_import_is_in_the_table(module: str, path: Path) -> None:
    assert list(strays(module, path)) == []


@pytest.mark.parametrize(("module", "path"), [pytest.param(m, p, id=m) for m, p in MODULES.items()])
def test_nothing_imports_a_face_but_a_face(module: str, path: Path) -> None:
    if any(is_under(module, face) for face in FACES) or module == "simulator.__main__":
        return
    found = [n for _, n in imports(path) if any(is_under(n, face) for face in FACES)]
    assert found == []


def test_the_library_never_imports_the_simulator() -> None:
    for module, path in MODULES.items():
        if is_under(module, "jpki"):
            assert not [n for _, n in imports(path) if is_under(n, "simulator")], module
