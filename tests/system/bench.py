"""One private reader for the whole test process, because the PC/SC library looks for it once."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from jpki.backends.pcsc import PcscReader
from simulator.card.connection import SoftwareCard
from simulator.reader import READER_NAME, InsertedCard, PrivateReader

PACKAGES = {
    "opensc-tool": "opensc",
    "pkcs15-tool": "opensc",
    "pkcs15-crypt": "opensc",
    "pkcs11-tool": "opensc",
    "openssl": "openssl",
    "pcscd": "pcscd",
    "pcsc_scan": "pcsc-tools",
    "scriptor": "pcsc-tools",
}
DER = serialization.Encoding.DER
_MODULE = "opensc-pkcs11.so"
_LIBRARIES = (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"))


def opensc_module() -> str:
    """Return the path of OpenSC's PKCS#11 module; a missing one is a failure."""
    for library in _LIBRARIES:
        for found in sorted(library.rglob(_MODULE)):
            return str(found)
    pytest.fail(f"{_MODULE} is missing: apt-get install opensc-pkcs11")


@cache
def shared_reader() -> PrivateReader:
    """Start the reader of this process; it ends with the process."""
    reader = PrivateReader()
    reader.start()
    atexit.register(reader.stop)
    os.environ["PCSCLITE_CSOCK_NAME"] = reader.environment["PCSCLITE_CSOCK_NAME"]
    return reader


@contextmanager
def inserted(card: SoftwareCard) -> Iterator[InsertedCard]:
    """Put a card into the shared reader, and leave the reader empty."""
    reader = shared_reader()
    with reader.connect_card(card) as present:
        PcscReader(READER_NAME).wait_for_card(5)
        yield present
    PcscReader(READER_NAME).wait_until_empty(5)


def run(*command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Run a tool against the shared reader; a tool that is missing is a failure."""
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing: apt-get install {PACKAGES[command[0]]}")
    return subprocess.run(
        command,
        env={**os.environ, **(environment or shared_reader().environment)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
