"""Certificates whose attributes, whose authority or whose very encoding is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki.certificates import der
from jpki.certificates.names import AUTHORITY_NAMES, JAPANESE_NAMES
from jpki.terms import Hierarchy, Purpose
from tests.vectors.drafts import (
    AKI,
    CONSTRAINTS,
    CRLDP,
    ITEMS,
    KEY_USAGE,
    OID,
    SAN,
    SEX,
    SHA512_WITH_RSA,
    SKI,
    UTF8,
    Draft,
    Row,
    _extension,
    alternative_name,
    directory,
    items_with,
    other_name,
    point,
    uri,
)


def attribute_rows(good: Draft) -> Iterator[Row]:
    def with_names(value: bytes) -> bytes:
        return good.with_value(SAN, value).signed()

    items = list(ITEMS.items())
    changed = (
        (
            "birth-date-8-digits",
            "the date of birth has no era",
            "birth-date",
            {"birth": "19800217"},
        ),
        ("birth-era-6", "the era digit is 6", "birth-date", {"birth": "619800217"}),
        (
            "birth-date-day-0",
            "the day of birth is 00",
            "birth-date-incomplete",
            {"birth": "319800200"},
        ),
        ("birth-era", "the era is Heisei, the day in Showa", "era", {"birth": "419800217"}),
        ("sex-7", "the sex is 7", "sex", {"sex": "7"}),
        ("sex-3", "the sex is 3", "sex-uncertain", {"sex": "3"}),
        ("sex-9", "the sex is 9", "sex-uncertain", {"sex": "9"}),
        ("name-mark-2", "a mark for the name is 2", "marks", {"name_marks": "00020"}),
        (
            "name-mark-missing",
            "there are 4 marks for 5 characters",
            "name-marks",
            {"name_marks": "0000"},
        ),
        (
            "name-mark-extra",
            "there are 6 marks for 5 characters",
            "name-marks",
            {"name_marks": "000000"},
        ),
        (
            "address-mark-missing",
            "there are 13 marks for 14 characters",
            "address-marks",
            {"address_marks": "0" * 13},
        ),
        ("address-empty", "the address is empty", "empty", {"address": "", "address_marks": ""}),
        (
            "address-201",
            "the address has 201 characters",
            "address-length",
            {"address": "模" * 201, "address_marks": "0" * 201},
        ),
    )
    for short, says, code, change in changed:
        yield f"attributes-{short}", says, f"attributes.{code}", with_names(items_with(**change))
    yield (
        "attributes-five",
        "there are no marks for the address",
        "attributes.missing",
        with_names(alternative_name(items[:-1])),
    )
    yield (
        "attributes-two-names",
        "there are two names",
        "attributes.twice",
        with_names(alternative_name([items[0], *items])),
    )
    yield (
        "attributes-numeric-order",
        "the items stand in the order of their identifiers",
        "attributes.order",
        with_names(alternative_name(sorted(items))),
    )
    yield (
        "attributes-seventh",
        "there is a seventh item",
        "attributes.extra",
        with_names(alternative_name([*items, ("2.25.4711", "モギ　ハナコ")])),
    )
    printable = der.sequence(
        *(
            other_name(oid, text, tag=der.PRINTABLE_STRING if oid == SEX else UTF8)
            for oid, text in items
        )
    )
    yield (
        "attributes-printable",
        "the sex is a PrintableString",
        "attributes.string",
        with_names(printable),
    )
    names = der.sequence(
        *(other_name(*item) for item in items),
        directory(JAPANESE_NAMES[Hierarchy.SIMULATED, Purpose.SIGNATURE].der),
    )
    yield (
        "attributes-and-directory-name",
        "there is a directory name beside the items",
        "attributes.form",
        with_names(names),
    )


def authority_rows(good: Draft, stranger: RSAPrivateKey) -> Iterator[Row]:
    yield "good-authority", "nothing is wrong", "authority", good.signed()
    yield (
        "authority-of-a-stranger",
        "it is signed with another key",
        "signature.self",
        replace(good, key=stranger).signed(),
    )
    other = AUTHORITY_NAMES[Hierarchy.SIMULATED, Purpose.USER_AUTHENTICATION].der
    yield (
        "authority-another-subject",
        "the subject is the other authority",
        "subject.authority",
        replace(good, subject=other).signed(),
    )
    yield (
        "authority-ten-years-and-a-day",
        "it ends on its tenth anniversary",
        "validity.years",
        replace(good, not_after=der.time(datetime(2033, 7, 16, 14, 59, 59, tzinfo=UTC))).signed(),
    )
    limited = der.sequence(der.boolean(True), der.integer(0))
    yield (
        "authority-path-length",
        "the path below it is limited",
        "basic-constraints",
        good.with_value(CONSTRAINTS, limited).signed(),
    )
    yield (
        "authority-not-an-authority",
        "cA is not TRUE",
        "basic-constraints",
        good.with_value(CONSTRAINTS, der.sequence()).signed(),
    )
    yield (
        "authority-signs-documents",
        "its key may sign documents, too",
        "key-usage",
        good.with_value(KEY_USAGE, bytes.fromhex("03020186")).signed(),
    )
    production = JAPANESE_NAMES[Hierarchy.PRODUCTION, Purpose.SIGNATURE].der
    yield (
        "authority-japanese-name",
        "its Japanese name is that of the real authority",
        "subject-alternative-name.name",
        good.with_value(SAN, der.sequence(directory(production))).signed(),
    )
    yield (
        "authority-other-name",
        "its alternative name is an address",
        "subject-alternative-name.form",
        good.with_value(SAN, der.sequence(uri("http://ca.example"))).signed(),
    )
    yield (
        "authority-distribution-point",
        "its distribution point is the other authority's",
        "crl-distribution-point.authority",
        good.with_value(CRLDP, der.sequence(point(directory(other)))).signed(),
    )
    key = der.sequence(der.context(0, bytes(20), primitive=True))
    yield (
        "authority-key-identifier",
        "it names the key it is signed with",
        "extension.unexpected",
        good.plus(AKI, key).signed(),
    )


def malformed_rows(good: Draft) -> Iterator[Row]:
    """The third column is what the error has to say."""
    whole = good.signed()
    yield "trailing-byte", "a byte follows the certificate", "left over", whole + b"\x00"
    yield "cut-short", "the last byte is missing", "longer than what holds it", whole[:-1]
    yield "empty", "there are no bytes", "ends in the middle", b""
    body = whole[4:]
    yield (
        "indefinite-length",
        "the outer length is indefinite, as in BER",
        "indefinite length",
        b"\x30\x80" + body + b"\x00\x00",
    )
    yield (
        "long-length",
        "the outer length has a byte more than needed",
        "more bytes than needed",
        b"\x30\x83\x00" + whole[2:4] + body,
    )
    yield (
        "serial-padded",
        "the serial number has a leading 00 it does not need",
        "more bytes than needed",
        replace(good, serial=bytes.fromhex("02050006800001")).signed(),
    )
    yield (
        "algorithms-differ",
        "the two algorithm identifiers differ",
        "another signature algorithm",
        replace(good, outer_algorithm=SHA512_WITH_RSA).signed(),
    )
    oid, critical, value = good.extensions[1]
    explicit = der.sequence(OID(oid), der.boolean(False), der.octet_string(value))
    others = [_extension(*one) for one in good.extensions]
    others[1] = explicit
    assert not critical
    yield (
        "critical-false",
        "a critical flag of FALSE is written out",
        "critical flag of FALSE",
        good.signed(good.tbs(der.context(3, der.sequence(*others)))),
    )
    yield (
        "extension-twice",
        "it has two subject key identifiers",
        "same extension twice",
        replace(good, extensions=(*good.extensions, good.extensions[-1])).signed(),
    )
    yield (
        "extensions-none",
        "the list of extensions is empty",
        "empty list",
        good.signed(good.tbs(der.context(3, der.sequence()))),
    )
    yield (
        "time-without-seconds",
        "notBefore has no seconds",
        "to the second in UTC",
        replace(good, not_before=der.text(der.UTC_TIME, "2405091601Z")).signed(),
    )
    yield (
        "time-with-offset",
        "notBefore is written in Japan time",
        "to the second in UTC",
        replace(good, not_before=der.text(der.UTC_TIME, "240510010140+0900")).signed(),
    )
    yield (
        "time-30-february",
        "notBefore is 30 February",
        "no day or hour that exists",
        replace(good, not_before=der.text(der.UTC_TIME, "240230160140Z")).signed(),
    )
    yield (
        "time-generalized",
        "notBefore is a GeneralizedTime in 2024",
        "GeneralizedTime before 2050",
        replace(good, not_before=der.text(der.GENERALIZED_TIME, "20240509160140Z")).signed(),
    )
    yield (
        "bits-not-trimmed",
        "keyUsage keeps trailing zero bits",
        "DER bit list",
        good.with_value(KEY_USAGE, bytes.fromhex("030200C0")).signed(),
    )
    broken = items_with().replace("模".encode(), b"\xe6\xa8\xff", 1)
    yield (
        "name-not-utf8",
        "the name is not UTF-8",
        "string type does not allow",
        good.with_value(SAN, broken).signed(),
    )
    yield (
        "country-not-printable",
        "C of the subject is not a PrintableString's text",
        "string type does not allow",
        replace(good, subject=good.subject.replace(b"\x13\x02JP", b"\x13\x02J*", 1)).signed(),
    )
    key = der.context(0, bytes(20), primitive=True)
    number = der.context(2, b"\x05", primitive=True)
    yield (
        "authority-serial-without-issuer",
        "the authority's serial number comes without its name",
        "issuer without serial",
        good.with_value(AKI, der.sequence(key, number)).signed(),
    )
    yield (
        "distribution-points-none",
        "the list of distribution points is empty",
        "without any point",
        good.with_value(CRLDP, der.sequence()).signed(),
    )
    yield (
        "extension-value-and-more",
        "a byte follows the value of an extension",
        "left over",
        good.with_value(SKI, good.value(SKI) + b"\x00").signed(),
    )
