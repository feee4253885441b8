"""What is issued and listed beside cryptography's builders, which have to give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.measure import Case
from jpki.certificates import BasicAttributes
from jpki.jst import day
from jpki.revocation import RevokedEntry
from jpki.terms import CertificateKind, Purpose, RevocationReason, Sex
from simulator.agency.authority import SimulatedAuthority, create_authority
from simulator.agency.issue import Issuance, issue_signature_certificate
from simulator.agency.publish import Edition, build_revocation_list
from simulator.keys import KeyPool
from simulator.municipalities import municipality

__all__ = ["builder_cases"]

_BEGINS: Final = datetime.fromisoformat("2024-07-16T10:00:00+09:00")
_AT: Final = datetime.fromisoformat("2026-08-03T05:00:00+09:00")
_ENTRIES: Final = (1_000, 10_000)
_PLACE: Final = municipality("13113")


def builder_cases() -> Iterator[Case]:
    """Yield certificates and lists, ours and cryptography's in turn."""
    keys = KeyPool()
    authority = create_authority(Purpose.SIGNATURE, generation=1, keys=keys, at=_BEGINS)
    pairs = [("certificate, key given", "certificates", *_certificate(authority, keys))]
    pairs += (
        (f"list of {count:,}, built and signed", "lists", *_list(authority, count))
        for count in _ENTRIES
    )
    for name, unit, ours, theirs in pairs:
        if ours() != theirs():
            raise AssertionError(f"not the same bytes: {name}")
        yield Case(name, ours, 1, unit)
        yield Case(f"cryptography's builder: {name}", theirs, 1, unit)


_Made = Callable[[], bytes]


def _certificate(authority: SimulatedAuthority, keys: KeyPool) -> tuple[_Made, _Made]:
    issuance = Issuance(
        CertificateKind.CARD_SIGNATURE,
        7,
        "2026080305000012345678901234",
        keys.rsa("card-1").public_key(),
        _PLACE,
        _AT,
        day(_AT + timedelta(days=1_500)),
    )
    attributes = BasicAttributes.of(
        name="模擬　花子",
        birth_date=day(_AT - timedelta(days=13_000)),
        sex=Sex.FEMALE,
        address="東京都渋谷区模擬町１－２－３",
    )

    def ours() -> bytes:
        return issue_signature_certificate(authority, issuance, attributes=attributes)

    # Names and extensions are ready-made for the builder, so only its own work is measured.
    model = x509.load_der_x509_certificate(ours())
    issuer, subject, extensions = model.issuer, model.subject, tuple(model.extensions)
    public, serial = issuance.public_key, model.serial_number
    begins, ends = model.not_valid_before_utc, model.not_valid_after_utc

    def theirs() -> bytes:
        builder = (
            x509.CertificateBuilder()
            .issuer_name(issuer)
            .subject_name(subject)
            .public_key(public)
            .serial_number(serial)
            .not_valid_before(begins)
            .not_valid_after(ends)
        )
        for extension in extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)

    return ours, theirs


def _list(authority: SimulatedAuthority, count: int) -> tuple[_Made, _Made]:
    recorded_at = _AT - timedelta(days=9)
    reason = RevocationReason.AFFILIATION_CHANGED.value
    entries = dict.fromkeys(range(8, 8 + count), RevokedEntry(recorded_at, reason))
    edition = Edition.daily(7, _AT)

    def ours() -> bytes:
        return build_revocation_list(authority, entries, edition=edition, municipality=_PLACE)

    model = x509.load_der_x509_crl(ours())
    issuer, extensions = model.issuer, tuple(model.extensions)
    said = x509.CRLReason(x509.ReasonFlags.affiliation_changed)

    def theirs() -> bytes:
        # Handed over as a whole: add_revoked_certificate copies all before it for each entry.
        revoked = [
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(recorded_at)
            .add_extension(said, critical=False)
            .build()
            for serial in entries
        ]
        builder = x509.CertificateRevocationListBuilder(
            issuer, edition.this_update, edition.next_update, revoked_certificates=revoked
        )
        for extension in extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)

    return ours, theirs
