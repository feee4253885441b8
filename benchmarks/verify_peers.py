"""The verifiers ours stands beside, asked about the same files; each must accept them.

One that is not installed is told on standard error and left out. OpenSSL is a process, as firms
call it; pyHanko runs in this one.
"""

from __future__ import annotations

import asyncio
import atexit
import io
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from asn1crypto import pem

from benchmarks.measure import Case
from benchmarks.signed_files import AT, CONTENT, SignedFiles

__all__ = [
    "Folder",
    "openssl_cases",
    "our_command",
    "pyhanko_cases",
    "pyhanko_pdf_cases",
    "xml_cases",
]

_ROOT = Path(__file__).resolve().parents[1]


class Folder:
    """The files of a benchmark in a folder that goes away when the program ends."""

    def __init__(self, files: SignedFiles) -> None:
        kept = tempfile.TemporaryDirectory(prefix="jpki-bench-")
        atexit.register(kept.cleanup)
        self._path = Path(kept.name)
        self.signature = self.write("form.p7s", files.cms)
        self.content = self.write("form", CONTENT)
        self.root = self.write("root.cer", files.roots[0])

    def write(self, name: str, data: bytes) -> str:
        """Write a file and return its path."""
        path = self._path / name
        path.write_bytes(data)
        return str(path)


def our_command(folder: Folder, revocation_list: bytes) -> Callable[[], None]:
    """Return a run of ``jpki verify`` as a process, from start to end."""
    listed = folder.write(f"{len(revocation_list)}.crl", revocation_list)
    return _process(
        *(sys.executable, "-m", "jpki", "verify", folder.signature, "--content", folder.content),
        *("--trust", folder.root, "--crl", listed, "--at", AT.isoformat()),
    )


def openssl_cases(folder: Folder, files: SignedFiles, lists: dict[str, bytes]) -> Iterator[Case]:
    """Yield ``openssl cms -verify`` with each of the lists."""
    if shutil.which("openssl") is None:
        _left_out("openssl", "no such program")
        return
    for number, (name, listed) in enumerate(lists.items()):
        both = pem.armor("CERTIFICATE", files.roots[0]) + pem.armor("X509 CRL", listed)
        trusted = folder.write(f"{number}.pem", both)
        work = _process(
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER"),
            *("-in", folder.signature, "-content", folder.content, "-CAfile", trusted),
            *("-x509_strict", "-crl_check", "-purpose", "any"),
            *("-attime", str(int(AT.timestamp())), "-out", "/dev/null"),
        )
        yield Case(f"openssl cms -verify, a process, {name}", work, 1, "signatures")


def pyhanko_cases(files: SignedFiles, lists: dict[str, bytes]) -> Iterator[Case]:
    """Yield pyHanko's validation with each of the lists, read anew or once, as ours is asked."""
    if find_spec("pyhanko") is None:
        _left_out("pyHanko", "not installed")
        return
    from asn1crypto import cms, crl, x509
    from pyhanko.sign.validation import async_validate_detached_cms
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    root = x509.Certificate.load(files.roots[0])

    def validated(listed: crl.CertificateList | bytes) -> None:
        # A context of its own each time: one that is used again keeps the path it has validated.
        context = ValidationContext(
            trust_roots=[root],
            crls=[listed],
            moment=AT,
            revocation_mode="require",
            allow_fetching=False,
        )
        signed = cms.ContentInfo.load(files.cms)["content"]
        status = asyncio.run(
            async_validate_detached_cms(
                CONTENT, signed, signer_validation_context=context, key_usage_settings=usage
            )
        )
        if not status.bottom_line:
            raise AssertionError(f"pyHanko says {status.summary()}")

    for name, listed in lists.items():
        kept = crl.CertificateList.load(listed)

        def once(kept: crl.CertificateList = kept) -> None:
            validated(kept)

        def anew(listed: bytes = listed) -> None:
            validated(listed)

        yield Case(f"pyHanko, {name} kept in memory", once, 1, "signatures")
        yield Case(f"pyHanko, {name} read anew", anew, 1, "signatures")


def pyhanko_pdf_cases(files: SignedFiles, listed: bytes) -> Iterator[Case]:
    """Yield pyHanko's validation of the PDF file, its differences policy included."""
    if find_spec("pyhanko") is None:
        _left_out("pyHanko", "not installed")
        return
    from asn1crypto import crl, x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    root = x509.Certificate.load(files.roots[0])
    kept = crl.CertificateList.load(listed)

    def validated() -> None:
        context = ValidationContext(
            trust_roots=[root],
            crls=[kept],
            moment=AT,
            revocation_mode="require",
            allow_fetching=False,
        )
        found = PdfFileReader(io.BytesIO(files.pdf)).embedded_signatures[0]
        status = validate_pdf_signature(found, context, key_usage_settings=usage)
        if not status.bottom_line:
            raise AssertionError("pyHanko does not accept the PDF file")

    yield Case("pyHanko PDF, list of 1 kept in memory", validated, 1, "signatures")


def xml_cases(files: SignedFiles) -> Iterator[Case]:
    """Yield signxml and libxmlsec1 on the XML file: the signature alone, no chain and no status."""
    from jpki.certificates import certificate_der

    certificate = certificate_der(files.signer.certificate)
    if find_spec("signxml") is None:
        _left_out("signxml", "not installed")
    else:
        from signxml.verifier import XMLVerifier

        armored = pem.armor("CERTIFICATE", certificate).decode()

        def by_signxml() -> None:
            XMLVerifier().verify(files.xml, x509_cert=armored)

        yield Case("signxml, signature alone", by_signxml, 1, "signatures")
    if find_spec("xmlsec") is None:
        _left_out("xmlsec", "not installed")
        return
    import xmlsec
    from lxml import etree

    def by_xmlsec() -> None:
        root = etree.fromstring(files.xml)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(certificate, xmlsec.constants.KeyDataFormatCertDer)
        context.verify(xmlsec.tree.find_node(root, xmlsec.constants.NodeSignature))

    yield Case("libxmlsec1, signature alone", by_xmlsec, 1, "signatures")


def _process(*command: str) -> Callable[[], None]:
    def work() -> None:
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, check=False, timeout=300)  # noqa: S603
        if done.returncode != 0:
            raise AssertionError((done.stdout + done.stderr).decode(errors="replace"))

    return work


def _left_out(name: str, why: str) -> None:
    sys.stderr.write(f"left out: verify: {name}: {why}\n")
