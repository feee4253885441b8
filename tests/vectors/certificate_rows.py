"""Certificates that are each wrong in exactly one way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.hashes import SHA512

from jpki.certificates import der
from jpki.certificates.names import AUTHORITY_NAMES, JAPANESE_NAMES, Attribute, Name
from jpki.terms import Hierarchy, Purpose
from simulator.agency.authority import SimulatedAuthority
from tests.vectors.drafts import (
    AIA,
    AKI,
    ARC,
    CA_ISSUERS,
    CONSTRAINTS,
    CRLDP,
    EKU,
    IAN,
    KEY_USAGE,
    OCSP,
    OCSP_URL,
    OID,
    POLICIES,
    SAN,
    SHA512_WITH_RSA,
    SKI,
    UTF8,
    Bases,
    Draft,
    Row,
    Vector,
    access,
    directory,
    distribution_name,
    items_with,
    one_policy,
    other_name,
    point,
    policy,
    uri,
)
from tests.vectors.holder_and_authority_rows import attribute_rows, authority_rows, malformed_rows


def good_certificates(bases: Bases) -> Iterator[Row]:
    yield "good-card-signature", "nothing is wrong", "card_signature", bases.signature.signed()
    yield (
        "good-card-authentication",
        "nothing is wrong",
        "card_authentication",
        bases.authentication.signed(),
    )
    yield (
        "good-mobile-signature",
        "nothing is wrong",
        "mobile_signature",
        bases.mobile_signature.signed(),
    )
    yield (
        "good-mobile-authentication",
        "nothing is wrong",
        "mobile_authentication",
        bases.mobile_authentication.signed(),
    )


def frame_rows(good: Draft) -> Iterator[Row]:
    """What every certificate has in common."""
    yield (
        "version-2",
        "the version is 2",
        "version",
        replace(good, version=der.context(0, der.integer(1))).signed(),
    )
    yield (
        "serial-zero",
        "the serial number is 0",
        "serial.sign",
        replace(good, serial=der.integer(0)).signed(),
    )
    yield (
        "serial-negative",
        "the serial number is -5",
        "serial.sign",
        replace(good, serial=der.integer(-5)).signed(),
    )
    yield (
        "serial-33-bits",
        "the serial number is the first with 33 bits",
        "serial.length",
        replace(good, serial=der.integer(1 << 32)).signed(),
    )
    yield (
        "algorithm-sha512",
        "it is signed with SHA-512",
        "signature.algorithm",
        replace(good, algorithm=SHA512_WITH_RSA, digest=SHA512()).signed(),
    )
    no_null = der.sequence(OID("1.2.840.113549.1.1.11"))
    yield (
        "algorithm-without-null",
        "the algorithm identifier has no NULL",
        "signature.algorithm",
        replace(good, algorithm=no_null).signed(),
    )
    short = der.sequence(good.tbs(), good.algorithm, der.bit_string(b"\x55" * 255))
    yield (
        "signature-255-bytes",
        "the signature is a byte too short",
        "signature.length",
        short,
    )
    stranger = Name(
        tuple(
            Attribute(one.type, one.text.replace("JPKI-SIM", "JPKI-SIN"), one.tag)
            for one in AUTHORITY_NAMES[Hierarchy.SIMULATED, Purpose.SIGNATURE].attributes
        )
    )
    yield (
        "issuer-unknown",
        "O of the issuer is none of the hierarchies",
        "issuer.name",
        replace(good, issuer=stranger.der).signed(),
    )
    printable = Name(
        tuple(
            replace(one, tag=der.PRINTABLE_STRING)
            for one in AUTHORITY_NAMES[Hierarchy.SIMULATED, Purpose.SIGNATURE].attributes
        )
    )
    yield (
        "issuer-printable",
        "the issuer is written in PrintableStrings",
        "issuer.name",
        replace(good, issuer=printable.der).signed(),
    )
    yield (
        "validity-1949",
        "it begins in 1949, as a GeneralizedTime",
        "validity.encoding",
        replace(good, not_before=der.time(datetime(1949, 1, 1, tzinfo=UTC))).signed(),
    )
    yield (
        "validity-reversed",
        "it ends the day before it begins",
        "validity.order",
        replace(good, not_after=der.time(datetime(2024, 5, 8, 14, 59, 59, tzinfo=UTC))).signed(),
    )
    yield (
        "validity-one-second-early",
        "it ends at 23:59:58 in Japan",
        "validity.end-of-day",
        replace(good, not_after=der.time(datetime(2029, 2, 17, 14, 59, 58, tzinfo=UTC))).signed(),
    )
    yield (
        "validity-end-of-day-utc",
        "it ends with the day in Greenwich, not in Japan",
        "validity.end-of-day",
        replace(good, not_after=der.time(datetime(2029, 2, 17, 23, 59, 59, tzinfo=UTC))).signed(),
    )
    yield (
        "unique-identifier",
        "it has an issuerUniqueID",
        "unique-identifier",
        replace(good, after_key=der.context(1, b"\x00\x2a", primitive=True)).signed(),
    )


def key_rows(good: Draft, modulus: int) -> Iterator[Row]:
    rsa = der.sequence(OID("1.2.840.113549.1.1.1"), der.null())

    def with_numbers(n: int, e: int, algorithm: bytes = rsa) -> bytes:
        bits = der.sequence(der.integer(n), der.integer(e))
        return good.with_key(der.sequence(algorithm, der.bit_string(bits)), bits).signed()

    yield (
        "key-1024-bits",
        "the modulus has 1,024 bits",
        "key.size",
        with_numbers(modulus >> 1024 | 1, 65537),
    )
    yield (
        "key-2049-bits",
        "the modulus has 2,049 bits",
        "key.size",
        with_numbers(modulus + (1 << 2048), 65537),
    )
    yield "key-even", "the modulus is even", "key.size", with_numbers(modulus + 1, 65537)
    yield "key-exponent-3", "the exponent is 3", "key.exponent", with_numbers(modulus, 3)
    pss = der.sequence(OID("1.2.840.113549.1.1.10"))
    yield (
        "key-pss",
        "the key is for RSASSA-PSS only",
        "key.algorithm",
        with_numbers(modulus, 65537, pss),
    )
    point_bits = b"\x04" + bytes(range(96))
    curve = der.sequence(OID("1.2.840.10045.2.1"), OID("1.3.132.0.34"))
    yield (
        "key-p384",
        "the key is on the curve P-384, as the next card's",
        "key.algorithm",
        good.with_key(der.sequence(curve, der.bit_string(point_bits)), point_bits).signed(),
    )


def extension_rows(signature: Draft, authentication: Draft) -> Iterator[Row]:
    for short, oid in (
        ("key-usage", KEY_USAGE),
        ("subject-alternative-name", SAN),
        ("issuer-alternative-name", IAN),
        ("distribution-points", CRLDP),
        ("authority-key-identifier", AKI),
        ("subject-key-identifier", SKI),
    ):
        yield (
            f"missing-{short}",
            f"it has no {short}",
            "extension.missing",
            signature.without(oid).signed(),
        )
    yield (
        "missing-extended-key-usage",
        "a user authentication certificate has no extKeyUsage",
        "extension.missing",
        authentication.without(EKU).signed(),
    )
    yield (
        "missing-information-access",
        "a card's user authentication certificate names no responder",
        "extension.missing",
        authentication.without(AIA).signed(),
    )
    client_auth = der.sequence(OID("1.3.6.1.5.5.7.3.2"))
    yield (
        "unexpected-extended-key-usage",
        "a signature certificate has an extKeyUsage",
        "extension.unexpected",
        signature.plus(EKU, client_auth).signed(),
    )
    yield (
        "unexpected-subject-alternative-name",
        "a user authentication certificate says who the holder is",
        "extension.unexpected",
        authentication.plus(SAN, items_with()).signed(),
    )
    yield (
        "unexpected-basic-constraints",
        "a holder is made an authority",
        "extension.unexpected",
        signature.plus(CONSTRAINTS, der.sequence(der.boolean(True)), critical=True).signed(),
    )
    yield (
        "unknown-extension",
        "it has an extension nobody knows",
        "extension.unknown",
        signature.plus("2.25.4711", der.null()).signed(),
    )
    yield (
        "unknown-critical-extension",
        "it has a critical extension nobody knows",
        "extension.unknown-critical",
        signature.plus("2.25.4711", der.null(), critical=True).signed(),
    )
    swapped = (*signature.extensions[:-2], signature.extensions[-1], signature.extensions[-2])
    yield (
        "order-swapped",
        "the last two extensions are swapped",
        "extension.order",
        replace(signature, extensions=swapped).signed(),
    )
    yield (
        "key-usage-not-critical",
        "keyUsage is not critical",
        "extension.criticality",
        signature.with_criticality(KEY_USAGE, False).signed(),
    )
    yield (
        "policies-not-critical",
        "certificatePolicies is not critical",
        "extension.criticality",
        signature.with_criticality(POLICIES, False).signed(),
    )
    yield (
        "alternative-name-critical",
        "subjectAltName is critical",
        "extension.criticality",
        signature.with_criticality(SAN, True).signed(),
    )
    yield (
        "key-usage-of-authentication",
        "a signature certificate lacks nonRepudiation",
        "key-usage",
        signature.with_value(KEY_USAGE, bytes.fromhex("03020780")).signed(),
    )
    yield (
        "key-usage-of-signature",
        "a user authentication certificate has nonRepudiation",
        "key-usage",
        authentication.with_value(KEY_USAGE, bytes.fromhex("030206C0")).signed(),
    )
    two = der.sequence(OID("1.3.6.1.5.5.7.3.2"), OID("1.3.6.1.5.5.7.3.4"))
    yield (
        "key-purpose-mail",
        "a user authentication key may protect mail, too",
        "extended-key-usage",
        authentication.with_value(EKU, two).signed(),
    )


def policy_rows(good: Draft) -> Iterator[Row]:
    card = f"{ARC}.1.1.20"

    def with_policies(*policies: bytes) -> bytes:
        return good.with_value(POLICIES, policy(*policies)).signed()

    yield (
        "policy-missing",
        "it has no certificatePolicies",
        "policy.count",
        good.without(POLICIES).signed(),
    )
    yield (
        "policy-two",
        "it has two policies",
        "policy.count",
        with_policies(one_policy(card), one_policy(f"{ARC}.1.1.40")),
    )
    yield (
        "policy-any",
        "the policy is anyPolicy",
        "policy.arc",
        with_policies(one_policy("2.5.29.32.0")),
    )
    yield (
        "policy-unlisted",
        "the policy is of the service but not known",
        "policy.unlisted",
        with_policies(one_policy(f"{ARC}.1.1.60")),
    )
    yield (
        "policy-of-authentication",
        "the policy is that of user authentication",
        "policy.purpose",
        with_policies(one_policy(f"{ARC}.1.3.30")),
    )
    yield (
        "policy-unqualified",
        "the policy has no qualifier",
        "policy.qualifier",
        with_policies(der.sequence(OID(card))),
    )
    notice = der.sequence(OID("1.3.6.1.5.5.7.2.2"), der.sequence(der.text(UTF8, "模擬")))
    yield (
        "policy-notice",
        "the policy is qualified by a notice",
        "policy.qualifier",
        with_policies(der.sequence(OID(card), der.sequence(notice))),
    )
    yield (
        "policy-cps-address",
        "the CPS address is another one",
        "policy.cps-url",
        with_policies(one_policy(card, "http://www.jpki.go.jp/cps2.html")),
    )


def name_rows(good: Draft, authentication: Draft) -> Iterator[Row]:
    jp = Attribute("2.5.4.6", "JP", der.PRINTABLE_STRING)
    city, holder = Attribute("2.5.4.7", "Kiyose-shi"), Attribute("2.5.4.3", "1" * 28)
    yield (
        "subject-without-prefecture",
        "the subject has one locality",
        "subject.form",
        replace(good, subject=Name((jp, city, holder)).der).signed(),
    )
    pair = der.encode(
        der.SET,
        der.sequence(OID("2.5.4.3"), der.text(UTF8, "1")),
        der.sequence(OID("2.5.4.5"), der.text(UTF8, "1")),
    )
    yield (
        "subject-pair",
        "an RDN of the subject has two attributes",
        "subject.form",
        replace(good, subject=der.sequence(jp.der, pair)).signed(),
    )
    yield (
        "issuer-other-name",
        "the issuer's alternative name is an otherName",
        "issuer-alternative-name.form",
        good.with_value(IAN, der.sequence(other_name("2.25.4711", "模擬"))).signed(),
    )
    production = JAPANESE_NAMES[Hierarchy.PRODUCTION, Purpose.SIGNATURE].der
    yield (
        "issuer-japanese-name",
        "the issuer's Japanese name is that of the real authority",
        "issuer-alternative-name.name",
        good.with_value(IAN, der.sequence(directory(production))).signed(),
    )
    hangs = [jp, Attribute("2.5.4.10", "JPKI-SIM"), Attribute("2.5.4.3", "Kiyose-shi CRLDP")]
    whole = der.sequence(*(one.der for one in hangs))
    yield (
        "distribution-point-short",
        "the distribution point's name lacks its units",
        "crl-distribution-point.name",
        good.with_value(CRLDP, der.sequence(point(directory(whole)))).signed(),
    )
    own = distribution_name(good)
    yield (
        "distribution-point-and-address",
        "the distribution point has an address beside its name",
        "crl-distribution-point.form",
        good.with_value(
            CRLDP, der.sequence(point(directory(own), uri("http://crl.example/1.crl")))
        ).signed(),
    )
    yield (
        "distribution-point-twice",
        "there are two distribution points",
        "crl-distribution-point.form",
        good.with_value(CRLDP, der.sequence(point(directory(own)), point(directory(own)))).signed(),
    )
    reasons = der.sequence(
        der.context(0, der.context(0, directory(own))),
        der.context(1, b"\x06\x40", primitive=True),
    )
    yield (
        "distribution-point-reasons",
        "the distribution point covers key compromise only",
        "crl-distribution-point.form",
        good.with_value(CRLDP, der.sequence(reasons)).signed(),
    )
    yield (
        "responder-elsewhere",
        "the responder's address is another one",
        "information-access.url",
        authentication.with_value(AIA, der.sequence(access(OCSP, "http://ocsp.example"))).signed(),
    )
    yield (
        "responder-and-issuers",
        "it also says where the issuer's certificate is",
        "information-access.form",
        authentication.with_value(
            AIA,
            der.sequence(access(OCSP, OCSP_URL), access(CA_ISSUERS, "http://ca.example/1.cer")),
        ).signed(),
    )


def key_identifier_rows(good: Draft, authority: SimulatedAuthority) -> Iterator[Row]:
    own = authority.certificate
    key = der.context(0, own.subject_key_id, primitive=True)
    issuer = der.context(1, directory(own.name))
    number = der.context(2, own.serial.to_bytes(4, "big"), primitive=True)

    def with_parts(*parts: bytes) -> bytes:
        return good.with_value(AKI, der.sequence(*parts)).signed()

    yield (
        "authority-key-19-bytes",
        "the authority's key identifier has 19 bytes",
        "authority-key-identifier.key",
        with_parts(der.context(0, own.subject_key_id[1:], primitive=True), issuer, number),
    )
    yield (
        "authority-key-absent",
        "the authority's key has no identifier",
        "authority-key-identifier.key",
        with_parts(issuer, number),
    )
    yield (
        "authority-key-alone",
        "the authority's key is named by identifier alone",
        "authority-key-identifier.parts",
        with_parts(key),
    )
    other = AUTHORITY_NAMES[Hierarchy.SIMULATED, Purpose.USER_AUTHENTICATION].der
    yield (
        "authority-key-of-another",
        "the authority's key is said to be the other authority's",
        "authority-key-identifier.issuer",
        with_parts(key, der.context(1, directory(other)), number),
    )
    yield (
        "authority-serial-zero",
        "the authority's serial number is 0",
        "authority-key-identifier.serial",
        with_parts(key, issuer, der.context(2, b"\x00", primitive=True)),
    )
    yield (
        "subject-key-8-bytes",
        "the holder's key identifier has 8 bytes",
        "subject-key-identifier.length",
        good.with_value(SKI, der.octet_string(b"\x40" + bytes(7))).signed(),
    )
    yield (
        "subject-key-another",
        "the holder's key identifier is not that of the key",
        "subject-key-identifier.method",
        good.with_value(SKI, der.octet_string(bytes(range(20)))).signed(),
    )


def certificate_vectors(bases: Bases) -> Iterator[Vector]:
    """Every certificate vector."""
    good, authority = bases.signature, bases.authorities[Purpose.SIGNATURE]
    modulus = bases.stranger.public_key().public_numbers().n
    for name, says, kind, data in good_certificates(bases):
        yield Vector(f"{name}.der", "certificate", says, "good", kind, data)
    for name, says, code, data in (
        *frame_rows(good),
        *key_rows(good, modulus),
        *extension_rows(good, bases.authentication),
        *policy_rows(good),
        *name_rows(good, bases.authentication),
        *key_identifier_rows(good, authority),
        *attribute_rows(good),
    ):
        yield Vector(f"{name}.der", "certificate", says, "deviation", code, data)
    for name, says, code, data in authority_rows(bases.authority, bases.stranger):
        expects = "good" if name.startswith("good") else "deviation"
        yield Vector(f"{name}.der", "authority", says, expects, code, data)
    for name, says, reason, data in malformed_rows(good):
        yield Vector(f"malformed-{name}.der", "certificate", says, "malformed", reason, data)
