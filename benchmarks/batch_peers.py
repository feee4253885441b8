"""What stands beside the batch: OpenSSL in C without any Python in between, and pyHanko."""

from __future__ import annotations

import atexit
import ctypes
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.batch_rows import AT, Holders
from benchmarks.measure import Case
from jpki.batch.certificate_shape import cut_certificate
from jpki.batch.signature_shape import cut_signature
from jpki.cms import parse_signed_data

__all__ = ["openssl_cases", "pyhanko_case"]

_SOURCE: Final = Path(__file__).with_name("batch_limit.c")
_PYHANKO_ROWS: Final = 8


def openssl_cases(holders: Holders) -> Iterator[Case]:
    """Yield the limits and ``CMS_verify``, each a loop in C; nothing where it cannot be built."""
    library = _built()
    if library is None:
        return
    count = len(holders.signatures)
    columns = _columns(holders)

    def exactly(function: Callable[..., int], *arguments: object) -> Callable[[], None]:
        def work() -> None:
            good = function(count, *arguments)
            if good != count:
                raise AssertionError(f"OpenSSL finds {good} of {count} good")

        return work

    keys, signatures, digests = columns[3:]
    one = (keys[:294], signatures[:256], digests[:32])
    yield Case("one RSA verification, in C", exactly(library.one_verification, *one), count, "rows")
    yield Case(
        "limit: two verifications, certificate new, in C",
        exactly(library.two_verifications, *columns),
        count,
        "rows",
    )
    root = holders.root
    blobs = (_pointers(holders.signatures), _pointers(holders.contents))
    yield Case(
        "OpenSSL's CMS_verify, in C, no revocation",
        exactly(library.cms_verify, root, len(root), int(AT.timestamp()), *blobs[0], *blobs[1]),
        count,
        "rows",
    )


def _columns(holders: Holders) -> tuple[bytes, ...]:
    """Return the authority's key, and by holder what the two verifications are about."""
    issued, issued_digests, keys, signatures, digests = [], [], [], [], []
    for message in holders.signatures:
        cut = cut_signature(message)
        certificate = b"" if cut is None else cut[0]
        found = cut_certificate(certificate)
        (signer,) = parse_signed_data(message).signers
        if found is None or signer.attributes is None:
            raise AssertionError("the rows are of the usual form")
        issued.append(certificate[-256:])
        issued_digests.append(sha256(certificate[4 : found.end]).digest())
        keys.append(certificate[found.key : found.key + 294])
        signatures.append(signer.signature)
        digests.append(sha256(signer.attributes.signed_bytes).digest())
    authority = holders.authority.certificate.public_key.public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return authority, *map(b"".join, (issued, issued_digests, keys, signatures, digests))


def _pointers(values: list[bytes]) -> tuple[Any, Any]:
    return (
        (ctypes.c_char_p * len(values))(*values),
        (ctypes.c_int * len(values))(*map(len, values)),
    )


def _built() -> Any:
    """Compile the loops; ``None``, and a word on standard error, where that is not possible."""
    compiler = shutil.which("gcc")
    if compiler is None:
        sys.stderr.write("left out: OpenSSL in C: no gcc\n")
        return None
    kept = TemporaryDirectory(prefix="jpki-bench-")
    atexit.register(kept.cleanup)
    library = Path(kept.name) / "limit.so"
    command = [
        compiler,
        "-O2",
        "-w",
        "-shared",
        "-fPIC",
        str(_SOURCE),
        "-o",
        str(library),
        "-lcrypto",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.stderr.write("left out: OpenSSL in C: no libssl-dev\n")
        return None
    return ctypes.CDLL(str(library))


def pyhanko_case(holders: Holders) -> Iterator[Case]:
    """Yield pyHanko with the lists at hand, asked about a few of the rows."""
    if find_spec("pyhanko") is None:
        sys.stderr.write("left out: pyHanko: not installed\n")
        return
    import asyncio
    import logging

    from asn1crypto import cms, crl, x509
    from pyhanko.sign.validation import async_validate_detached_cms
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    root = x509.Certificate.load(holders.root)
    lists = [crl.CertificateList.load(one) for one in holders.lists]

    async def all_of_them() -> None:
        for place in range(_PYHANKO_ROWS):
            context = ValidationContext(
                trust_roots=[root],
                crls=lists,
                moment=AT,
                revocation_mode="require",
                allow_fetching=False,
            )
            signed = cms.ContentInfo.load(holders.signatures[place])["content"]
            status = await async_validate_detached_cms(
                holders.contents[place],
                signed,
                signer_validation_context=context,
                key_usage_settings=usage,
            )
            if not status.bottom_line:
                raise AssertionError(f"pyHanko says {status.summary()}")

    yield Case(
        "pyHanko, lists in memory", lambda: asyncio.run(all_of_them()), _PYHANKO_ROWS, "rows"
    )
