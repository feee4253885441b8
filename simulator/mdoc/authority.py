"""The authority that issues records: a root, signers below it, and the records they sign.

Two levels as the law has them (個人番号カード等命令 39-5, 39-26). The certificates say that they
are simulated, and nobody trusts the root unless it is handed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from jpki.jst import at_time, day
from jpki.mdoc import DIGESTS, DOC_TYPE, Item, SecurityObject, Sign1, SignedRecord, SignerRoot
from simulator.agency.key_usage import key_usage
from simulator.keys import ChanceStream
from simulator.mdoc.elements import Element
from simulator.mdoc.keys import ec_key, signing_with
from simulator.mdoc.profile import IssuingProfile
from simulator.world import World

__all__ = ["RecordAuthority"]

_SALT_BYTES: Final = 32
# The purpose that ISO/IEC 18013-5 Annex B gives signers of driving licences; whether the signers of
# these records have it is not known (?).
_SIGNER_PURPOSE: Final = ObjectIdentifier("1.0.18013.5.1.2")
_SERIAL_BYTES: Final = 16


class RecordAuthority:
    """The authority of a world, as a profile has it."""

    def __init__(self, world: World, profile: IssuingProfile) -> None:
        self._world = world
        self._profile = profile

    def root(self, at: datetime) -> SignerRoot:
        """Return the root that certifies the signer of an instant."""
        return SignerRoot.parse(self._root(at)[0].public_bytes(Encoding.DER))

    def roots(self, at: datetime) -> tuple[SignerRoot, ...]:
        """Return every root that was made up to an instant, oldest first."""
        step, since = self._profile.root_renewed_after_years, self._since.year
        years = range(since, max(day(at).year, since) + 1, step)
        return tuple(self.root(at_time(date(year, 12, 31), time())) for year in years)

    def issue(
        self,
        elements: Iterable[Element],
        device_keys: Sequence[EllipticCurvePublicKey],
        *,
        batch: str,
        at: datetime,
        valid_until: datetime,
    ) -> tuple[SignedRecord, ...]:
        """Return a record for each device key, each with salts and an order of its own.

        ``batch`` is a name that no other batch of the world has.
        """
        content = tuple(elements)
        return tuple(
            self._record(content, key, label=f"{batch}/{number}", at=at, valid_until=valid_until)
            for number, key in enumerate(device_keys, start=1)
        )

    def _record(
        self,
        content: tuple[Element, ...],
        device_key: EllipticCurvePublicKey,
        *,
        label: str,
        at: datetime,
        valid_until: datetime,
    ) -> SignedRecord:
        chance = self._world.chance.stream(f"mdoc salts, unsafe/{label}")
        # In the order of the items, a number would tell which other items there are.
        numbers = _shuffled(range(len(content)), chance)
        items = tuple(
            Item(namespace, number, name, chance.bytes(_SALT_BYTES), value)
            for number, (namespace, name, value) in zip(numbers, content, strict=True)
        )
        digest = DIGESTS[self._profile.digest]
        digests: dict[str, dict[int, bytes]] = {}
        for item in sorted(items, key=lambda each: each.digest_id):
            digests.setdefault(item.namespace, {})[item.digest_id] = digest(item.stored)
        security = SecurityObject(
            digest_name=self._profile.digest,
            digests=digests,
            device_key=device_key,
            doc_type=DOC_TYPE,
            signed_at=at,
            valid_from=at,
            valid_until=valid_until,
        )
        certificate, key = self._signer(at)
        signed = Sign1.made(
            security.to_bytes(),
            algorithm=self._profile.algorithm,
            sign=signing_with(key, self._profile.algorithm),
            chain=(certificate.public_bytes(Encoding.DER),),
        )
        return SignedRecord(items, signed)

    # the certificates

    @property
    def _since(self) -> date:
        """The day on which the authority began: that of the service."""
        return self._world.book.table.milestone("card_substitute_service").since

    def _root(self, at: datetime) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
        since, step = self._since, self._profile.root_renewed_after_years
        generation = max(0, day(at).year - since.year) // step
        begins = since if generation == 0 else date(since.year + generation * step, 1, 1)
        key = self._key(f"root/{generation}")
        name = self._name(self._profile.root_name)
        builder = (
            self._builder(name, name, key, f"root/{generation}")
            .not_valid_before(at_time(begins, time()))
            .not_valid_after(
                at_time(begins.replace(year=begins.year + self._profile.root_valid_years), time())
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(certifies=True), critical=True)
        )
        return self._signed(builder, key), key

    def _signer(self, at: datetime) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
        root, root_key = self._root(at)
        year = day(at).year
        begins = max(at_time(date(year, 1, 1), time()), root.not_valid_before_utc)
        key = self._key(f"signer/{year}")
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
        builder = (
            self._builder(
                self._name(self._profile.signer_name), root.subject, key, f"signer/{year}"
            )
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=self._profile.signer_valid_days))
            .add_extension(key_usage(certifies=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_SIGNER_PURPOSE]), critical=True)
            .add_extension(issuer, critical=False)
        )
        return self._signed(builder, root_key), key

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, label: str
    ) -> x509.CertificateBuilder:
        chance = self._world.chance.stream(f"mdoc certificate/{label}")
        public = key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(1 + int.from_bytes(chance.bytes(_SERIAL_BYTES), "big"))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    def _signed(
        self, builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey
    ) -> x509.Certificate:
        digest = self._profile.algorithm.digest
        if not isinstance(digest, SHA256 | SHA384 | SHA512):
            raise AssertionError("an algorithm of records has one of three digests")
        return builder.sign(key, digest, ecdsa_deterministic=True)

    def _key(self, label: str) -> EllipticCurvePrivateKey:
        return ec_key(self._world, f"authority/{label}", self._profile.algorithm)

    def _name(self, common: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, self._profile.country),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self._profile.organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, common),
            ]
        )


def _shuffled(numbers: Iterable[int], chance: ChanceStream) -> list[int]:
    left, order = list(numbers), list[int]()
    while left:
        order.append(left.pop(chance.below(len(left))))
    return order
