"""Make the signature vectors: each is right, or broken in exactly one way.

Run ``python tests/vectors/make_cms_vectors.py`` to write them again; nothing changes, because keys
and times are fixed. What is expected of each stands in ``cms.toml``, written by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from asn1crypto import algos, core, pem
from asn1crypto import cms as asn1
from asn1crypto import tsp as _names  # noqa: F401  teaches asn1crypto signing-certificate-v2
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.certificates import BasicAttributes
from jpki.cms import signed_attributes
from jpki.revocation import RevokedEntry
from jpki.terms import CertificateKind, Purpose, RevocationReason, Sex
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.issue import (
    Issuance,
    issue_authentication_certificate,
    issue_signature_certificate,
)
from simulator.agency.publish import Edition, build_revocation_list
from simulator.keys import KeyDirectory, SeededKeys
from simulator.municipalities import municipality

HERE = Path(__file__).parent
FOLDER = HERE / "cms"
CONTENT = b"The content that was signed.\n"
OTHER_CONTENT = b"Some other content.\n"

GENERATION_BEGINS = datetime(2023, 7, 16, 1, 0, 0, tzinfo=UTC)
ISSUED = datetime(2024, 3, 10, 1, 0, 0, tzinfo=UTC)
LAST_DAY = date(2028, 9, 15)
ENDS = datetime(2028, 9, 15, 14, 59, 59, tzinfo=UTC)  # 23:59:59 JST
SIGNED = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
AT = datetime(2026, 8, 3, 3, 0, 0, tzinfo=UTC)
LIST_BEGINS = datetime(2026, 8, 2, 20, 0, 0, tzinfo=UTC)
LIST_ENDS = LIST_BEGINS + timedelta(hours=48)
SECOND = timedelta(seconds=1)
SHIBUYA, CHIYODA = municipality("13113"), municipality("13101")


class Maker:
    """Fixed keys, certificates and lists, and the ways to break a signature."""

    def __init__(self, cache: Path | None = None) -> None:
        keys = SeededKeys("cms vectors", cache=KeyDirectory(cache) if cache else None)
        self.key, self.other_key = keys.rsa("holder"), keys.rsa("somebody else")
        self.root = self._authority(keys, Purpose.SIGNATURE, 1)
        self.next_root = create_authority(
            Purpose.SIGNATURE, generation=2, keys=keys, at=GENERATION_BEGINS, serial=5000
        )
        self.authentication_root = self._authority(keys, Purpose.USER_AUTHENTICATION, 1)
        self.card = self._signature_certificate(CertificateKind.CARD_SIGNATURE, 100)
        self.mobile = self._signature_certificate(CertificateKind.MOBILE_SIGNATURE, 101)
        self.authentication = issue_authentication_certificate(
            self.authentication_root,
            self._issuance(CertificateKind.CARD_AUTHENTICATION, 100, "123454EA3AABCD13113003A"),
        )

    @staticmethod
    def _authority(keys: SeededKeys, purpose: Purpose, generation: int) -> SimulatedAuthority:
        return create_authority(purpose, generation=generation, keys=keys, at=GENERATION_BEGINS)

    def _issuance(self, kind: CertificateKind, serial: int, common_name: str) -> Issuance:
        public = self.key.public_key()
        return Issuance(kind, serial, common_name, public, SHIBUYA, ISSUED, LAST_DAY)

    def _signature_certificate(self, kind: CertificateKind, serial: int) -> bytes:
        attributes = BasicAttributes.of(
            name="模擬　花子",
            birth_date=date(1990, 9, 15),
            sex=Sex.FEMALE,
            address="東京都渋谷区模擬町１－２－３",
        )
        issuance = self._issuance(kind, serial, "2024031010000012345678901234")
        return issue_signature_certificate(self.root, issuance, attributes=attributes)

    # signatures

    def attributes(self, certificate: bytes, content: bytes = CONTENT) -> bytes:
        return signed_attributes(
            content_digest=hashlib.sha256(content).digest(),
            certificate=certificate,
            signing_time=SIGNED,
        )

    def sign(
        self,
        certificate: bytes | None = None,
        *,
        attributes: bytes | None = None,
        key: RSAPrivateKey | None = None,
        change: Callable[[asn1.SignedData], None] | None = None,
        carried: Iterable[bytes] | None = None,
    ) -> bytes:
        """Return a signature; ``change`` edits the SignedData before it is written."""
        signer = self.card if certificate is None else certificate
        signed = self.attributes(signer) if attributes is None else attributes
        parsed = asn1_x509.Certificate.load(signer)
        value = (key or self.key).sign(signed, PKCS1v15(), SHA256())
        data = asn1.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "data"},
                "certificates": [
                    asn1_x509.Certificate.load(der)
                    for der in ((signer,) if carried is None else carried)
                ],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": asn1.SignerIdentifier(
                            "issuer_and_serial_number",
                            {"issuer": parsed.issuer, "serial_number": parsed.serial_number},
                        ),
                        "digest_algorithm": {"algorithm": "sha256"},
                        "signed_attrs": asn1.CMSAttributes.load(signed),
                        "signature_algorithm": {"algorithm": "sha256_rsa"},
                        "signature": value,
                    }
                ],
            }
        )
        if change is not None:
            change(data)
        info = asn1.ContentInfo({"content_type": "signed_data", "content": data})
        return bytes(info.dump(force=True))

    def without(self, attribute: str) -> bytes:
        """Return signed attributes that lack one."""
        kept = [
            each
            for each in asn1.CMSAttributes.load(self.attributes(self.card))
            if each["type"].native != attribute
        ]
        return bytes(asn1.CMSAttributes(kept).dump(force=True))

    def with_value(self, attribute: str, value: core.Asn1Value | bytes | str) -> bytes:
        """Return signed attributes in which one has another value."""
        kept = [
            each
            for each in asn1.CMSAttributes.load(self.attributes(self.card))
            if each["type"].native != attribute
        ]
        kept.append(asn1.CMSAttribute({"type": attribute, "values": [value]}))
        return bytes(asn1.CMSAttributes(kept).dump(force=True))

    def altered(self) -> bytes:
        """Return the card certificate with one letter of the address changed."""
        before, after = "渋谷区模擬町１".encode(), "渋谷区模擬町９".encode()
        changed = self.card.replace(before, after)
        assert changed != self.card
        return changed

    # lists

    def revocation_list(
        self,
        entries: dict[int, RevokedEntry] | None = None,
        *,
        begins: datetime = LIST_BEGINS,
        ends: datetime | None = None,
        place: str = "13113",
        authority: SimulatedAuthority | None = None,
    ) -> bytes:
        return build_revocation_list(
            authority or self.root,
            entries or {},
            edition=Edition(7, begins, ends or begins + timedelta(hours=48)),
            municipality=municipality(place),
        )

    def odd_list(self, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
        """Return a list with extensions that JPKI's lists are not thought to have."""
        name = x509.load_der_x509_certificate(self.root.certificate.der).subject
        key_id = x509.AuthorityKeyIdentifier(self.root.certificate.subject_key_id, None, None)
        builder = x509.CertificateRevocationListBuilder(name, LIST_BEGINS, LIST_ENDS)
        for extension, critical in ((key_id, False), (x509.CRLNumber(7), False), *extensions):
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.root.key, SHA256()).public_bytes(Encoding.DER)

    def foreign_list(self) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody else")])
        builder = x509.CertificateRevocationListBuilder(name, LIST_BEGINS, LIST_ENDS)
        builder = builder.add_extension(x509.CRLNumber(7), critical=False)
        return builder.sign(self.other_key, SHA256()).public_bytes(Encoding.DER)

    def files(self) -> dict[str, bytes]:
        """Return every file by its name."""
        return {**self._shared_files(), **self._list_files(), **self._signature_files()}

    def _shared_files(self) -> dict[str, bytes]:
        return {
            "content.txt": CONTENT,
            "other.txt": OTHER_CONTENT,
            "root.cer": self.root.certificate.der,
            "next-root.cer": self.next_root.certificate.der,
            "authentication-root.cer": self.authentication_root.certificate.der,
        }

    def _list_files(self) -> dict[str, bytes]:
        def entry(at: datetime, reason: RevocationReason) -> dict[int, RevokedEntry]:
            return {100: RevokedEntry(at, reason.value)}

        moved = RevocationReason.AFFILIATION_CHANGED
        hold = RevocationReason.CERTIFICATE_HOLD
        tampered = bytearray(self.revocation_list())
        tampered[-1] ^= 1
        scope = x509.IssuingDistributionPoint
        return {
            "empty.crl": self.revocation_list(),
            "others.crl": self.revocation_list({99: RevokedEntry(LIST_BEGINS, 3)}),
            "revoked.crl": self.revocation_list(entry(LIST_BEGINS - SECOND, moved)),
            "no-reason.crl": self.revocation_list({100: RevokedEntry(LIST_BEGINS, None)}),
            "held.crl": self.revocation_list(entry(LIST_BEGINS - SECOND, hold)),
            "revoked-at.crl": self.revocation_list(entry(AT, moved), begins=AT),
            "revoked-after.crl": self.revocation_list(
                entry(AT + SECOND, moved), begins=AT + SECOND
            ),
            "old-revoked.crl": self.revocation_list(
                entry(LIST_BEGINS - timedelta(days=9), moved), begins=AT - timedelta(days=5)
            ),
            "old-held.crl": self.revocation_list(
                entry(LIST_BEGINS - timedelta(days=9), hold), begins=AT - timedelta(days=5)
            ),
            "stale.crl": self.revocation_list(begins=AT - timedelta(hours=48), ends=AT - SECOND),
            "last-second.crl": self.revocation_list(begins=AT - timedelta(hours=48), ends=AT),
            "first-second.crl": self.revocation_list(begins=AT),
            "future.crl": self.revocation_list(begins=AT + SECOND),
            "other-partition.crl": self.revocation_list(place="13101"),
            "other-key.crl": self.revocation_list(authority=self.next_root),
            "authentication.crl": self.revocation_list(authority=self.authentication_root),
            "foreign.crl": self.foreign_list(),
            "tampered.crl": bytes(tampered),
            "whole.crl": self.odd_list(),
            "delta.crl": self.odd_list((x509.DeltaCRLIndicator(6), True)),
            "critical.crl": self.odd_list(
                (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), b"\x05\x00"), True)
            ),
            "authorities-only.crl": self.odd_list(
                (scope(None, None, False, True, None, False, False), True)
            ),
            "users-only.crl": self.odd_list(
                (scope(None, None, True, False, None, False, False), True)
            ),
            "some-reasons.crl": self.odd_list(
                (
                    scope(
                        None,
                        None,
                        False,
                        False,
                        frozenset({x509.ReasonFlags.key_compromise}),
                        False,
                        False,
                    ),
                    True,
                )
            ),
        }

    def _signature_files(self) -> dict[str, bytes]:
        good = self.sign()
        return {
            "card.p7s": good,
            "card.pem": pem.armor("PKCS7", good),
            "mobile.p7s": self.sign(self.mobile),
            "authentication.p7s": self.sign(self.authentication),
            "rsa-encryption.p7s": self.sign(change=_signature_algorithm("rsassa_pkcs1v15")),
            "no-signing-certificate.p7s": self.sign(
                attributes=self.without("signing_certificate_v2")
            ),
            "key-identifier.p7s": self.sign(change=_by_key_identifier),
            "attached.p7s": self.sign(change=_attach(CONTENT)),
            "attached-other.p7s": self.sign(change=_attach(OTHER_CONTENT)),
            "with-root.p7s": self.sign(carried=(self.card, self.root.certificate.der)),
            "truncated.p7s": good[:-1],
            "trailing.p7s": good + b"\0",
            "foreign.p7s": b"%PDF-1.7 is no signature\n",
            "two-signers.p7s": self.sign(change=_twice),
            "no-signer.p7s": self.sign(change=_nobody),
            "sha1-digest.p7s": self.sign(change=_digest_algorithm("sha1")),
            "sha1-signature.p7s": self._sha1_signature(),
            "pss.p7s": self._pss(),
            "no-attributes.p7s": self._without_attributes(),
            "content-type.p7s": self.sign(
                attributes=self.with_value("content_type", "signed_data")
            ),
            "no-digest.p7s": self.sign(attributes=self.without("message_digest")),
            "no-certificate.p7s": self.sign(carried=()),
            "other-certificate.p7s": self.sign(carried=(self.mobile,)),
            "not-jpki.p7s": self._not_jpki(),
            "substituted.p7s": self.sign(
                attributes=self.attributes(self.mobile),  # made for the phone's certificate
            ),
            "two-certificates.p7s": self.sign(
                attributes=self.without("signing_certificate_v2"),
                carried=(self.card, self.altered()),
            ),
            "altered-certificate.p7s": self.sign(
                self.altered(), attributes=self.without("signing_certificate_v2")
            ),
            "other-key.p7s": self.sign(key=self.other_key),
            "flipped.p7s": self.sign(change=_flip_signature),
            "signed-content.p7s": self._signed_content(),
        }

    def _sha1_signature(self) -> bytes:
        """Everything says SHA-1 and is consistent: refused for the algorithm alone."""
        attributes = self.attributes(self.card)
        value = self.key.sign(attributes, PKCS1v15(), SHA1())  # noqa: S303  the point

        def change(data: asn1.SignedData) -> None:
            signer = data["signer_infos"][0]
            signer["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": "sha1_rsa"})
            signer["signature"] = value

        return self.sign(change=change)

    def _pss(self) -> bytes:
        attributes = self.attributes(self.card)
        # A salt of no bytes, so that making it again gives the same bytes.
        value = self.key.sign(attributes, PSS(MGF1(SHA256()), 0), SHA256())

        def change(data: asn1.SignedData) -> None:
            signer = data["signer_infos"][0]
            signer["signature_algorithm"] = algos.SignedDigestAlgorithm(
                {
                    "algorithm": "rsassa_pss",
                    "parameters": {
                        "hash_algorithm": {"algorithm": "sha256"},
                        "mask_gen_algorithm": {
                            "algorithm": "mgf1",
                            "parameters": {"algorithm": "sha256"},
                        },
                        "salt_length": 0,
                    },
                }
            )
            signer["signature"] = value

        return self.sign(change=change)

    def _without_attributes(self) -> bytes:
        value = self.key.sign(CONTENT, PKCS1v15(), SHA256())

        def change(data: asn1.SignedData) -> None:
            signer = data["signer_infos"][0]
            fields = {
                name: signer[name]
                for name in ("version", "sid", "digest_algorithm", "signature_algorithm")
            }
            data["signer_infos"] = [{**fields, "signature": value}]

        return self.sign(change=change)

    def _signed_content(self) -> bytes:
        """The value is over the content itself, although there are signed attributes."""
        value = self.key.sign(CONTENT, PKCS1v15(), SHA256())

        def change(data: asn1.SignedData) -> None:
            data["signer_infos"][0]["signature"] = value

        return self.sign(change=change)

    def _not_jpki(self) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody else")])
        certificate = x509.CertificateBuilder(
            name, name, self.key.public_key(), 100, ISSUED, ENDS
        ).sign(self.key, SHA256())
        return self.sign(certificate.public_bytes(Encoding.DER))


def _signature_algorithm(name: str) -> Callable[[asn1.SignedData], None]:
    def change(data: asn1.SignedData) -> None:
        data["signer_infos"][0]["signature_algorithm"] = algos.SignedDigestAlgorithm(
            {"algorithm": name}
        )

    return change


def _digest_algorithm(name: str) -> Callable[[asn1.SignedData], None]:
    def change(data: asn1.SignedData) -> None:
        data["signer_infos"][0]["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": name})

    return change


def _by_key_identifier(data: asn1.SignedData) -> None:
    certificate = data["certificates"][0].chosen
    signer = data["signer_infos"][0]
    signer["version"] = "v3"
    signer["sid"] = asn1.SignerIdentifier(
        "subject_key_identifier", certificate.key_identifier_value.native
    )
    data["version"] = "v3"


def _attach(content: bytes) -> Callable[[asn1.SignedData], None]:
    def change(data: asn1.SignedData) -> None:
        data["encap_content_info"] = {"content_type": "data", "content": content}

    return change


def _twice(data: asn1.SignedData) -> None:
    signer = data["signer_infos"][0]
    data["signer_infos"] = [signer, signer.copy()]


def _nobody(data: asn1.SignedData) -> None:
    data["signer_infos"] = []


def _flip_signature(data: asn1.SignedData) -> None:
    value = bytearray(data["signer_infos"][0]["signature"].native)
    value[-1] ^= 1
    data["signer_infos"][0]["signature"] = bytes(value)


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, data in Maker().files().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
