"""One signature verified, each format beside its peers on the same files and beside bare RSA."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from benchmarks.measure import Benchmark, Case
from benchmarks.signed_files import AT, CONTENT, SignedFiles
from benchmarks.verify_peers import (
    Folder,
    openssl_cases,
    our_command,
    pyhanko_cases,
    pyhanko_pdf_cases,
    xml_cases,
)
from jpki.authenticate import Challenge, respond, verify_authentication
from jpki.certificates import parse_authority
from jpki.revocation import RevocationList, parse_revocation_list
from jpki.validation import Evidence, Verdict
from jpki.verify import explain_raw, verify, verify_document

__all__ = ["BENCHMARK"]

_ENTRIES: Final = (1, 1_000, 100_000)
_SERVICE: Final = "benchmark"


def _prepare() -> tuple[Case, ...]:
    files = SignedFiles()
    lists = {f"list of {count:,}": files.revocation_list(count) for count in _ENTRIES}
    smallest, *_, largest = lists.values()
    folder = Folder(files)
    return (
        Case("bare RSA-2048 verification", _bare(files), 1, "signatures"),
        *_raw_cases(files, smallest),
        *_cms_cases(files, lists),
        *pyhanko_cases(files, lists),
        *_document_cases(files, smallest),
        *pyhanko_pdf_cases(files, smallest),
        *xml_cases(files),
        Case("jpki verify, a process, list of 1", our_command(folder, smallest), 1, "signatures"),
        Case(
            "jpki verify, a process, list of 100,000",
            our_command(folder, largest),
            1,
            "signatures",
        ),
        *openssl_cases(folder, files, lists),
    )


def _bare(files: SignedFiles) -> Callable[[], None]:
    key = load_der_x509_certificate(files.signer.certificate).public_key()
    digest = hashlib.sha256(CONTENT).digest()
    return lambda: key.verify(files.raw, digest, PKCS1v15(), Prehashed(SHA256()))  # type: ignore[union-attr,call-arg]


def _evidence(files: SignedFiles, listed: RevocationList) -> Evidence:
    roots = tuple(parse_authority(one) for one in files.roots)
    return Evidence(roots=roots, revocation_lists=(listed,))


def _raw_cases(files: SignedFiles, listed: bytes) -> Iterator[Case]:
    evidence = _evidence(files, parse_revocation_list(listed))

    def raw() -> None:
        report = explain_raw(
            files.raw,
            certificate=files.signer.certificate,
            content=CONTENT,
            evidence=evidence,
            at=AT,
        )
        if report.verdict is not Verdict.VALID:
            raise AssertionError(report.headline())

    yield Case("raw signature, list of 1 kept in memory", raw, 1, "signatures")
    users = _evidence(files, parse_revocation_list(files.authentication_list()))
    challenge = Challenge.of(bytes(16), audience=_SERVICE, at=AT - timedelta(minutes=1))
    answer = respond(challenge, files.user)
    yield Case(
        "user authentication, empty list kept in memory",
        lambda: verify_authentication(answer, challenge, audience=_SERVICE, evidence=users, at=AT),
        1,
        "signatures",
    )


def _cms_cases(files: SignedFiles, lists: dict[str, bytes]) -> Iterator[Case]:
    roots = tuple(parse_authority(one) for one in files.roots)

    def verified(listed: RevocationList) -> None:
        verify(files.cms, content=CONTENT, roots=roots, revocation_lists=(listed,), at=AT)

    for name, listed in lists.items():
        kept = parse_revocation_list(listed)

        def once(kept: RevocationList = kept) -> None:
            verified(kept)

        def anew(listed: bytes = listed) -> None:
            verified(parse_revocation_list(listed))

        yield Case(f"CMS, {name} kept in memory", once, 1, "signatures")
        yield Case(f"CMS, {name} read anew", anew, 1, "signatures")


def _document_cases(files: SignedFiles, listed: bytes) -> Iterator[Case]:
    evidence = _evidence(files, parse_revocation_list(listed))
    for name, data in (("PDF", files.pdf), ("XML", files.xml)):

        def judged(data: bytes = data) -> None:
            verify_document(data, evidence=evidence, at=AT)

        yield Case(f"{name}, list of 1 kept in memory", judged, 1, "signatures")


BENCHMARK = Benchmark(
    "verify",
    "One signature judged by all ten steps, a content of four kilobytes, with its certificate's "
    "status from a list, and the report of it. A CMS signature takes three RSA verifications "
    "(signature, certificate, list), a bare one of which stands above; the authority is read once. "
    "Peers judge the same files and must accept them.",
    _prepare,
)
