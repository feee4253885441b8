"""What is verified in the benchmarks: made by the simulator, the same bytes every time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import BasicAttributes
from jpki.pdf_signing import PdfLevel, PdfPlan, sign_pdf
from jpki.revocation import RevokedEntry
from jpki.sign import sign_detached
from jpki.terms import CertificateKind, Purpose, RevocationReason, Sex
from jpki.xml_signing import sign_xml
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.issue import (
    Issuance,
    issue_authentication_certificate,
    issue_signature_certificate,
)
from simulator.agency.publish import Edition, build_revocation_list
from simulator.keys import SeededKeys
from simulator.municipalities import municipality
from simulator.pdf_contract import contract_pdf

__all__ = ["AT", "CONTENT", "SignedFiles", "TestSigner"]

_BEGINS: Final = datetime(2024, 7, 16, 1, tzinfo=UTC)
_ISSUED: Final = datetime(2025, 3, 10, 1, tzinfo=UTC)
_LAST_DAY: Final = date(2029, 9, 15)
_LIST_BEGINS: Final = datetime(2026, 8, 2, 20, tzinfo=UTC)
_SERIAL: Final = 7
_SHIBUYA: Final = municipality("13113")

AT: Final = datetime(2026, 8, 3, 3, tzinfo=UTC)
_XML: Final = b"<form>" + b"<line>An application form of four kilobytes.</line>" * 80 + b"</form>"
CONTENT: Final = b"An application form of four kilobytes.\n" * 105


@dataclass(frozen=True)
class TestSigner:
    """A certificate and its key in memory."""

    certificate: bytes
    key: RSAPrivateKey

    def sign_sha256(self, digest: bytes) -> bytes:
        """Return the signature over a digest."""
        return self.key.sign(digest, PKCS1v15(), Prehashed(SHA256()))


class SignedFiles:
    """Two authorities, a holder with a key, and what the holder signed."""

    def __init__(self) -> None:
        self._keys = SeededKeys("verify benchmark")
        self._signatures = self._authority(Purpose.SIGNATURE)
        self._authentications = self._authority(Purpose.USER_AUTHENTICATION)
        attributes = BasicAttributes.of(
            name="模擬　花子",
            birth_date=date(1990, 9, 15),
            sex=Sex.FEMALE,
            address="東京都渋谷区模擬町１－２－３",
        )
        key = self._keys.rsa("holder")
        self.signer = TestSigner(
            issue_signature_certificate(
                self._signatures,
                self._issuance(CertificateKind.CARD_SIGNATURE, "2025031010000012345678901234"),
                attributes=attributes,
            ),
            key,
        )
        self.user = TestSigner(
            issue_authentication_certificate(
                self._authentications,
                self._issuance(CertificateKind.CARD_AUTHENTICATION, "123454EA3AABCD13113003A"),
            ),
            key,
        )
        self.roots = tuple(one.certificate.der for one in (self._signatures, self._authentications))
        self.raw = self.signer.sign_sha256(hashlib.sha256(CONTENT).digest())
        signed_at = AT - timedelta(days=1)
        self.cms = sign_detached(CONTENT, self.signer, at=signed_at)
        plan = PdfPlan(level=PdfLevel.B_B)
        contract = contract_pdf(["An application form"])
        self.pdf = sign_pdf(contract, self.signer, at=signed_at, plan=plan)
        self.xml = sign_xml(_XML, self.signer, at=signed_at)

    def revocation_list(self, entries: int) -> bytes:
        """Return a list with so many entries, none of which is the holder's."""
        first = _SERIAL + 1
        reason = RevocationReason.AFFILIATION_CHANGED.value
        entry = RevokedEntry(_LIST_BEGINS - timedelta(days=9), reason)
        listed = dict.fromkeys(range(first, first + entries), entry)
        return self._list(self._signatures, listed)

    def authentication_list(self) -> bytes:
        """Return an empty list for the user authentication certificate."""
        return self._list(self._authentications, {})

    def _list(self, authority: SimulatedAuthority, entries: dict[int, RevokedEntry]) -> bytes:
        edition = Edition(7, _LIST_BEGINS, _LIST_BEGINS + timedelta(hours=48))
        return build_revocation_list(authority, entries, edition=edition, municipality=_SHIBUYA)

    def _authority(self, purpose: Purpose) -> SimulatedAuthority:
        return create_authority(purpose, generation=1, keys=self._keys, at=_BEGINS)

    def _issuance(self, kind: CertificateKind, common_name: str) -> Issuance:
        public = self._keys.rsa("holder").public_key()
        return Issuance(kind, _SERIAL, common_name, public, _SHIBUYA, _ISSUED, _LAST_DAY)
