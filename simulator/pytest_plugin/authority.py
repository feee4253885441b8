"""The authority as a test sees it: roots, lists, OCSP answers, and a trust folder on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.life import Authority
from jpki.revocation import RevocationList, StatusSource, ocsp_request, parse_revocation_list
from jpki.terms import Purpose
from jpki.timestamps import (
    check_response,
    parse_timestamp_request,
    parse_timestamp_response,
    timestamp_request,
)
from simulator.agency.publication import ListKey, Publication
from simulator.pytest_plugin.certificates import IssuedCertificate
from simulator.pytest_plugin.publication import InProcessSource, trusted_authorities
from simulator.world import World

__all__ = ["IssuingAuthority"]


class IssuingAuthority:
    """The authority of one world. What it publishes is as of the world's instant."""

    def __init__(
        self, world: World, publication: Publication, *, folder: Callable[[], Path]
    ) -> None:
        self._world = world
        self._publication = publication
        self._new_folder = folder

    def __repr__(self) -> str:
        return "<IssuingAuthority>"

    @property
    def roots(self) -> tuple[AuthorityCertificate, ...]:
        """The authorities a verifier of this world trusts; nobody else should."""
        agency = self._world.agency
        return tuple(agency.authority(one).certificate for one in trusted_authorities(self._world))

    def root(self, purpose: Purpose) -> AuthorityCertificate:
        """Return the authority that issues for a purpose now."""
        current = self._world.agency.current(purpose, self._world.now)
        return self._world.agency.authority(current).certificate

    def certificate(self, der: bytes) -> IssuedCertificate:
        """Return the record of a certificate by its bytes; ``ImpossibleFact`` for a stranger."""
        return IssuedCertificate.of(self._world, der)

    # revocation

    def source(self, *, lists: bool = True, ocsp: bool = True) -> StatusSource:
        """Return a ``StatusSource`` of this process, without a server."""
        return InProcessSource(self._world, self._publication, lists=lists, ocsp=ocsp)

    def list_of(self, certificate: IssuedCertificate) -> bytes:
        """Return the newest list that speaks of a certificate, in DER."""
        record = certificate.record
        return self._list(ListKey(record.authority, record.municipality))

    @property
    def lists(self) -> tuple[RevocationList, ...]:
        """The newest list of every partition in which a certificate was issued."""
        return tuple(parse_revocation_list(der) for der in self._lists())

    def _lists(self) -> Iterator[bytes]:
        records = self._world.state().certificates.values()
        parts = {(one.authority, one.municipality) for one in records}
        for authority, code in sorted(parts, key=_order):
            yield self._list(ListKey(authority, code))

    def _list(self, key: ListKey) -> bytes:
        return self._publication.revocation_list(key, self._world.now).der

    def ocsp(
        self, certificate: IssuedCertificate | SubscriberCertificate, *, nonce: bytes | None = None
    ) -> bytes:
        """Return the OCSP response about a certificate, in DER, as of the last quarter hour."""
        parsed = certificate.parsed if isinstance(certificate, IssuedCertificate) else certificate
        root = next(one for one in self.roots if one.subject_key_id == parsed.authority_key_id)
        request = ocsp_request(parsed, root, nonce=nonce).der
        return self._publication.ocsp(request, self._world.now)

    # time

    @property
    def timestamp_root(self) -> bytes:
        """The root of the timestamp authority, in DER. It is none of JPKI's."""
        return self._publication.timestamp_authority.root

    def timestamp(self, digest: bytes) -> bytes:
        """Return a timestamp token over a SHA-256, so that this serves as a ``Timestamper``."""
        request = timestamp_request(digest, nonce=None)
        response = self._publication.timestamp(request, self._world.now)
        token = check_response(parse_timestamp_response(response), parse_timestamp_request(request))
        return token.der

    # on disk

    def trust_folder(self, folder: Path | None = None) -> Path:
        """Write the roots into a folder and return it, as ``jpki verify --trust`` takes it.

        A new temporary folder is made unless one is given.
        """
        return self._write(
            folder, {f"{one.purpose.value}-{one.serial}.cer": one.der for one in self.roots}
        )

    def lists_folder(self, folder: Path | None = None) -> Path:
        """Write the newest lists into a folder and return it, as ``jpki verify --crl`` takes it."""
        return self._write(
            folder, {f"{number:04}.crl": der for number, der in enumerate(self._lists())}
        )

    def _write(self, folder: Path | None, files: dict[str, bytes]) -> Path:
        target = folder or self._new_folder()
        target.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (target / name).write_bytes(data)
        return target


def _order(part: tuple[Authority, str]) -> tuple[str, int, str]:
    authority, code = part
    return authority.purpose.value, authority.generation, code
