"""Revocation lists that are each wrong, or unusual, in exactly one way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from jpki.certificates import der
from jpki.revocation.revocation_list import RevokedEntry
from jpki.terms import Purpose
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import Edition, build_revocation_list
from simulator.municipalities import municipality
from tests.vectors.drafts import (
    AKI,
    OID,
    PUBLISHED,
    SHA256_WITH_RSA,
    SHA512_WITH_RSA,
    UTF8,
    Bases,
    Row,
    Vector,
    _extension,
    directory,
    distribution_name,
    uri,
)


@dataclass(frozen=True)
class ListDraft:
    """A revocation list in parts, each of them DER, before it is signed."""

    key: RSAPrivateKey
    issuer: bytes
    version: bytes = der.integer(1)
    algorithm: bytes = SHA256_WITH_RSA
    this_update: bytes = der.time(PUBLISHED)
    next_update: bytes = der.time(PUBLISHED + timedelta(hours=48))
    entries: bytes = b""
    extensions: tuple[tuple[str, bool, bytes], ...] = ()
    outer_algorithm: bytes = SHA256_WITH_RSA

    def signed(self) -> bytes:
        tbs = der.sequence(
            self.version,
            self.algorithm,
            self.issuer,
            self.this_update,
            self.next_update,
            self.entries,
            der.context(0, der.sequence(*(_extension(*one) for one in self.extensions))),
        )
        signature = self.key.sign(tbs, PKCS1v15(), SHA256())
        return der.sequence(tbs, self.outer_algorithm, der.bit_string(signature))

    def plus(self, oid: str, value: bytes, *, critical: bool = False) -> ListDraft:
        return replace(self, extensions=(*self.extensions, (oid, critical, value)))

    def with_point(self, *parts: bytes) -> ListDraft:
        rest = tuple(one for one in self.extensions if one[0] != IDP)
        return replace(self, extensions=(*rest, (IDP, True, der.sequence(*parts))))


IDP, CRL_NUMBER, DELTA, REASON = "2.5.29.28", "2.5.29.20", "2.5.29.27", "2.5.29.21"
RECORDED = der.time(PUBLISHED - timedelta(days=3))


def entry(serial: bytes, *extensions: bytes, at: bytes = RECORDED) -> bytes:
    return der.sequence(serial, at, *([der.sequence(*extensions)] if extensions else []))


def reason(code: int) -> bytes:
    return _extension(REASON, False, der.enumerated(code))


def entries(*listed: bytes) -> bytes:
    return der.sequence(*listed)


def list_draft(authority: SimulatedAuthority, key_id: bytes, name: bytes) -> ListDraft:
    """A good list in parts: two entries, hung under a municipality's distribution point."""
    return ListDraft(
        key=authority.key,
        issuer=authority.certificate.name,
        entries=entries(
            entry(der.integer(0x06800001), reason(3)), entry(der.integer(0x06800005), reason(6))
        ),
        extensions=(
            (AKI, False, der.sequence(der.context(0, key_id, primitive=True))),
            (CRL_NUMBER, False, der.integer(17)),
            (IDP, True, der.sequence(der.context(0, der.context(0, directory(name))))),
        ),
    )


def malformed_list_rows(good: ListDraft) -> Iterator[Row]:
    first = entry(der.integer(0x06800001), reason(3))
    whole = good.signed()
    yield "trailing-byte", "a byte follows the list", "left over", whole + b"\x00"
    yield "cut-short", "the last byte is missing", "longer than what holds it", whole[:-1]
    yield (
        "version-1",
        "the version is 1",
        "version 2",
        replace(good, version=der.integer(0)).signed(),
    )
    yield (
        "no-next-update",
        "it does not say when the next list is due",
        "where nextUpdate should be",
        replace(good, next_update=b"").signed(),
    )
    yield (
        "next-update-earlier",
        "the next list was due before this one",
        "before thisUpdate",
        replace(good, next_update=der.time(PUBLISHED - timedelta(seconds=1))).signed(),
    )
    yield (
        "algorithms-differ",
        "the two algorithm identifiers differ",
        "another signature algorithm",
        replace(good, outer_algorithm=SHA512_WITH_RSA).signed(),
    )
    yield (
        "entries-none",
        "the list of entries is there and empty",
        "empty list of entries",
        replace(good, entries=entries()).signed(),
    )
    yield (
        "serial-twice",
        "a certificate is listed twice",
        "second time",
        replace(good, entries=entries(first, first)).signed(),
    )
    yield (
        "serial-twice-otherwise",
        "a certificate is listed twice, for different reasons",
        "second time",
        replace(good, entries=entries(first, entry(der.integer(0x06800001), reason(1)))).signed(),
    )
    yield (
        "serial-padded",
        "a serial number has a leading 00 it does not need",
        "more bytes than needed",
        replace(
            good, entries=entries(first, entry(bytes.fromhex("02050006800005"), reason(3)))
        ).signed(),
    )
    yield (
        "serial-21-octets",
        "a serial number has 21 octets",
        "longer than 20 octets",
        replace(good, entries=entries(first, entry(der.integer(1 << 160), reason(3)))).signed(),
    )
    yield (
        "remove-from-list",
        "an entry of a complete list says removeFromCRL",
        "removeFromCRL",
        replace(good, entries=entries(entry(der.integer(5), reason(8)))).signed(),
    )
    yield (
        "reason-7",
        "a reason is the unused 7",
        "RFC 5280 does not have",
        replace(good, entries=entries(entry(der.integer(5), reason(7)))).signed(),
    )
    integer_reason = _extension(REASON, False, der.integer(3))
    yield (
        "reason-integer",
        "a reason is an INTEGER",
        "a reason",
        replace(good, entries=entries(entry(der.integer(5), integer_reason))).signed(),
    )
    yield (
        "entry-time-generalized",
        "an entry's date is a GeneralizedTime in 2025",
        "GeneralizedTime before 2050",
        replace(
            good,
            entries=entries(
                first,
                entry(
                    der.integer(5), reason(3), at=der.text(der.GENERALIZED_TIME, "20250329190000Z")
                ),
            ),
        ).signed(),
    )
    yield (
        "entry-30-february",
        "an entry's date is 30 February, in the form of its neighbours",
        "no day or hour that exists",
        replace(
            good,
            entries=entries(
                first,
                entry(der.integer(5), reason(3), at=der.text(der.UTC_TIME, "250230190000Z")),
            ),
        ).signed(),
    )
    yield (
        "extension-twice",
        "it has two numbers",
        "same extension twice",
        good.plus(CRL_NUMBER, der.integer(18)).signed(),
    )
    yield (
        "point-empty",
        "its distribution point says nothing",
        "says nothing",
        good.with_point().signed(),
    )
    yield (
        "point-users-and-authorities",
        "it speaks of holders only and of authorities only",
        "only one kind",
        good.with_point(
            der.context(1, b"\xff", primitive=True), der.context(2, b"\xff", primitive=True)
        ).signed(),
    )
    numberless = replace(
        good, extensions=tuple(one for one in good.extensions if one[0] != CRL_NUMBER)
    )
    yield (
        "number-negative",
        "its number is -1",
        "negative",
        numberless.plus(CRL_NUMBER, der.integer(-1)).signed(),
    )
    yield (
        "point-flag-false",
        "a flag of the distribution point is FALSE and written out",
        "not TRUE",
        good.with_point(der.context(1, b"\x00", primitive=True)).signed(),
    )


def unusual_list_rows(good: ListDraft, name: bytes, stranger: RSAPrivateKey) -> Iterator[Row]:
    """Lists that can be read; the third column is what has to be noticed about them."""
    hung = der.context(0, der.context(0, directory(name)))
    yield "good", "nothing is wrong", "nothing", good.signed()
    yield "good-empty", "nobody is listed", "nothing", replace(good, entries=b"").signed()
    yield (
        "another-key",
        "it is signed with another key",
        "not signed",
        replace(good, key=stranger).signed(),
    )
    yield (
        "altered",
        "a serial number was changed after it was signed",
        "not signed",
        good.signed().replace(bytes.fromhex("020406800001"), bytes.fromhex("020406800003"), 1),
    )
    yield (
        "sha512-claimed",
        "it says SHA-512 but is signed with SHA-256",
        "not signed",
        replace(good, algorithm=SHA512_WITH_RSA, outer_algorithm=SHA512_WITH_RSA).signed(),
    )
    yield (
        "delta",
        "it holds changes only",
        "is_delta",
        good.plus(DELTA, der.integer(16), critical=True).signed(),
    )
    yield (
        "unknown-critical-extension",
        "it has a critical extension nobody knows",
        "unknown_critical_extensions",
        good.plus("2.25.4711", der.null(), critical=True).signed(),
    )
    private = _extension("2.25.4711", True, der.null())
    yield (
        "unknown-critical-entry-extension",
        "an entry has a critical extension nobody knows",
        "unknown_critical_extensions",
        replace(good, entries=entries(entry(der.integer(5), reason(3), private))).signed(),
    )
    yield (
        "point-indirect",
        "it speaks of other issuers' certificates",
        "indirect",
        good.with_point(hung, der.context(4, b"\xff", primitive=True)).signed(),
    )
    yield (
        "point-some-reasons",
        "it speaks of key compromise only",
        "only_some_reasons",
        good.with_point(hung, der.context(3, b"\x06\x40", primitive=True)).signed(),
    )
    yield (
        "point-authorities",
        "it speaks of authorities only",
        "only_authority_certificates",
        good.with_point(hung, der.context(2, b"\xff", primitive=True)).signed(),
    )
    yield (
        "point-users",
        "it speaks of holders only",
        "only_user_certificates",
        good.with_point(hung, der.context(1, b"\xff", primitive=True)).signed(),
    )
    yield (
        "point-attributes",
        "it speaks of attribute certificates only",
        "only_attribute_certificates",
        good.with_point(hung, der.context(5, b"\xff", primitive=True)).signed(),
    )
    address = der.context(0, der.context(0, uri("http://crl.example/1.crl")))
    yield (
        "point-address",
        "its distribution point is an address",
        "uris",
        good.with_point(address).signed(),
    )
    relative = der.sequence(OID("2.5.4.3"), der.text(UTF8, "Kiyose-shi CRLDP"))
    yield (
        "point-relative",
        "its distribution point is relative to the issuer",
        "other_forms",
        good.with_point(der.context(0, der.context(1, relative))).signed(),
    )


def list_vectors(bases: Bases) -> Iterator[Vector]:
    """Every revocation list vector."""
    authority = bases.authorities[Purpose.SIGNATURE]
    name = distribution_name(bases.signature)
    good = list_draft(authority, authority.certificate.subject_key_id, name)
    built = build_revocation_list(
        authority,
        {
            0x06800001: RevokedEntry(PUBLISHED - timedelta(days=3), 3),
            0x06800005: RevokedEntry(PUBLISHED - timedelta(days=3), 6),
        },
        edition=Edition.daily(17, PUBLISHED),
        municipality=municipality("13221"),
    )
    assert good.signed() == built, "the good list is what the simulated authority publishes"
    for short, says, what, data in unusual_list_rows(good, name, bases.stranger):
        yield Vector(f"{short}.crl", "list", says, "reads", what, data)
    for short, says, what, data in malformed_list_rows(good):
        yield Vector(f"malformed-{short}.crl", "list", says, "malformed", what, data)
