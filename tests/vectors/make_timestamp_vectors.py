"""Make timestamp tokens that are right, or wrong in exactly one way.

Run it from the top of the repository: ``python -m tests.vectors.make_timestamp_vectors``. Keys are
seeded and times fixed, so making the vectors again changes nothing. What is expected of each is
written by hand in the row that makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki.certificates import der
from tests.vectors.timestamp_drafts import (
    AT,
    BEGINS,
    CONTENT_TYPE,
    ENDS,
    LIST_BEGINS,
    LIST_ENDS,
    MADE,
    MD5,
    MESSAGE_DIGEST,
    PSS_OID,
    PSS_SHA256,
    RSA,
    RSA_SHA1,
    SECOND,
    SHA1_HASH,
    SHA1_OID,
    SHA384_OID,
    SHA512_OID,
    TST_INFO,
    Bench,
    Stamper,
    accuracy,
    algorithm,
    attribute,
    extension,
    gen_time,
    imprint,
    info,
    name,
    oid,
    reference_1,
    reference_2,
)

FOLDER = Path(__file__).resolve().parent / "timestamps"
VALID, INVALID, INDETERMINATE = "valid", "invalid", "indeterminate"


@dataclass(frozen=True)
class Row:
    """One token, the question about it and the answer."""

    name: str
    says: str
    token: bytes
    outcome: str
    code: str
    at: datetime = AT
    crls: str = "empty.crl"
    root: str = "root.der"
    pool: str = ""


def lists(bench: Bench) -> dict[str, bytes]:
    """Return the certificates and lists beside the tokens."""
    later = MADE + timedelta(hours=1)
    flag = x509.ReasonFlags
    return {
        "root.der": bench.root,
        "other-root.der": bench.authority_certificate(
            "Other Root", bench.other_key, "Other Root", bench.other_key, serial=9
        ),
        "authority.der": bench.stamper.certificate,
        "empty.crl": bench.revocation_list(),
        "long.crl": bench.revocation_list(ends=ENDS + timedelta(days=9)),
        "early.crl": bench.revocation_list(begins=BEGINS - timedelta(days=1)),
        "superseded.crl": bench.revocation_list(later, flag.superseded),
        "just-after.crl": bench.revocation_list(MADE + 2 * SECOND, flag.superseded),
        "just-then.crl": bench.revocation_list(MADE + SECOND, flag.superseded),
        "unspecified.crl": bench.revocation_list(later, flag.unspecified),
        "compromised.crl": bench.revocation_list(later, flag.key_compromise),
        "no-reason.crl": bench.revocation_list(later),
        "held.crl": bench.revocation_list(later, flag.certificate_hold),
        "revoked-at.crl": bench.revocation_list(AT, flag.key_compromise, begins=AT),
        "revoked-after.crl": bench.revocation_list(AT + SECOND, flag.key_compromise, begins=AT),
        "stranger.crl": bench.revocation_list(key=bench.other_key),
        "middle.crl": bench.revocation_list(issuer="Vector Middle", key=bench.middle_key),
        "other.crl": bench.revocation_list(issuer="Other Root", key=bench.other_key),
    }


def rows(bench: Bench) -> Iterator[Row]:
    """Make every row."""
    yield from good(bench)
    yield from of_shape(bench)
    yield from of_info(bench)
    yield from of_signer(bench)
    yield from of_certificate(bench)
    yield from of_time(bench)


def good(bench: Bench) -> Iterator[Row]:
    by = bench.stamper
    plain = info()

    def passes(name: str, says: str, token: bytes, **more: str) -> Row:
        return Row(name, says, token, VALID, "time.proven", **more)  # type: ignore[arg-type]

    def signed(*references: bytes) -> bytes:
        attributes = bench.attributes(plain, by, references=references)
        return bench.signed(plain, [bench.signer(attributes, by)], [by.certificate])

    def with_signer(**how: object) -> bytes:
        attributes = bench.attributes(plain, by)
        signer = bench.signer(attributes, by, **how)  # type: ignore[arg-type]
        return bench.signed(plain, [signer], [by.certificate])

    yield passes("good", "nothing is wrong", bench.token())
    yield passes("sha512", "the imprint is SHA-512", bench.token(info(stamped=imprint(SHA512_OID))))
    yield passes("ess-1", "the certificate is named by SHA-1", signed(reference_1(by.certificate)))
    both = (reference_1(by.certificate), reference_2(by.certificate))
    yield passes("ess-both", "the certificate is named in both ways", signed(*both))
    placed = reference_2(by.certificate, place=by.read)
    yield passes("ess-place", "the certificate is named with issuer and serial", signed(placed))
    yield passes("pss", "signed with RSASSA-PSS", with_signer(pss=True, signature_algorithm=PSS))
    rsa = with_signer(signature_algorithm=algorithm(RSA))
    yield passes("rsa-encryption", "the signature algorithm is rsaEncryption", rsa)
    by_key = with_signer(by_key_identifier=True)
    yield passes("key-identifier", "the signer is named by key identifier", by_key)
    unsigned = der.context(1, attribute("2.25.2", der.null()))
    yield passes("unsigned", "an unknown unsigned attribute", with_signer(unsigned=unsigned))
    alone = bench.signed(plain, [bench.signer(bench.attributes(plain, by), by)], [])
    yield passes("from-pool", "the certificate was given beside it", alone, pool="authority.der")
    name_of = der.context(4, name("Vector Authority").public_bytes())
    yield passes("named", "the authority is named rightly", bench.token(info(tsa=name_of)))
    noted = info(extensions=[extension(critical=False)])
    yield passes("noted", "an unknown extension that is not critical", bench.token(noted))
    yield passes("no-accuracy", "no accuracy is stated", bench.token(info(exact=None)))
    yield passes("least-millis", "an accuracy of 1 ms", bench.token(info(exact=accuracy(None, 1))))
    most = info(exact=accuracy(None, 999))
    yield passes("most-millis", "an accuracy of 999 ms", bench.token(most))
    fraction = bench.token(info(at=gen_time("20260801030000.5Z")))
    yield passes("fraction", "the time has a fraction", fraction)
    usage = ("digital_signature", "content_commitment")
    yield passes(
        "both-usages", "the key signs in both ways", bench.token(None, bench.issue(usage=usage))
    )
    yield passes("no-usage", "no key usage is stated", bench.token(None, bench.issue(usage=())))


PSS = algorithm(PSS_OID, PSS_SHA256)


def of_shape(bench: Bench) -> Iterator[Row]:
    by, plain = bench.stamper, info()
    attributes = bench.attributes(plain, by)
    signer, whole = bench.signer(attributes, by), bench.token()

    def refused(name: str, says: str, token: bytes) -> Row:
        return Row(name, says, token, INVALID, "time.malformed")

    def signed(attributes: list[bytes]) -> bytes:
        return bench.signed(plain, [bench.signer(attributes, by)], [by.certificate])

    yield refused("truncated", "the last byte is missing", whole[:-1])
    yield refused("trailing", "one byte too many", whole + b"\0")
    yield refused("empty", "there is nothing", b"")
    yield refused("pdf", "a PDF", b"%PDF-1.7 is no timestamp\n")
    indefinite = b"\x30\x80" + whole[4:] + b"\0\0"
    yield refused("indefinite", "the outermost length is indefinite (BER)", indefinite)
    twice = bench.signed(plain, [signer, signer], [by.certificate])
    yield refused("two-signers", "two signers", twice)
    yield refused("no-signer", "no signer", bench.signed(plain, [], [by.certificate]))
    data = bench.signed(plain, [signer], [by.certificate], kind="1.2.840.113549.1.7.1")
    yield refused("id-data", "the content calls itself data", data)
    older = bench.signed(plain, [signer], [by.certificate], version=1)
    yield refused("signed-data-1", "the signed data has version 1", older)
    unlisted = bench.signed(plain, [signer], [by.certificate], digest=SHA384_OID)
    yield refused("unlisted-digest", "the signer's digest algorithm is not listed", unlisted)
    yield refused("no-attributes", "no signed attributes", signed([]))
    without = [one for one in attributes if oid(MESSAGE_DIGEST) not in one]
    yield refused("no-digest", "no message digest among the signed attributes", signed(without))
    nameless = bench.attributes(plain, by, references=())
    yield refused("no-ess", "no signing-certificate attribute", signed(nameless))
    twofold = sorted([*attributes, attribute(CONTENT_TYPE, oid(TST_INFO))])
    yield refused("attribute-twice", "the content type stands twice", signed(twofold))
    valued = [one for one in attributes if oid(CONTENT_TYPE) not in one]
    valued = sorted([*valued, attribute(CONTENT_TYPE, oid(TST_INFO), oid(TST_INFO))])
    yield refused("two-values", "the content type has two values", signed(valued))
    yield refused("disorder", "the attributes are not in order", signed(attributes[::-1]))
    other = bench.attributes(plain, by, content_type=oid("1.2.840.113549.1.7.1"))
    yield refused("signed-type", "the signed content type is another", signed(other))


def of_info(bench: Bench) -> Iterator[Row]:
    def refused(name: str, says: str, content: bytes) -> Row:
        return Row(name, says, bench.token(content), INVALID, "time.malformed")

    yield refused("version-2", "the TSTInfo has version 2", info(version=2))
    yield refused("local-time", "the time has an offset", info(at=gen_time("20260801120000+0900")))
    yield refused("no-seconds", "the time has no seconds", info(at=gen_time("202608010300Z")))
    zero = info(at=gen_time("20260801030000.50Z"))
    yield refused("fraction-zero", "the fraction ends in a zero", zero)
    yield refused("no-such-day", "the time is 30 February", info(at=gen_time("20260230030000Z")))
    yield refused("millis-0", "an accuracy of 0 ms", info(exact=accuracy(None, 0)))
    yield refused("millis-1000", "an accuracy of 1000 ms", info(exact=accuracy(None, 1000)))
    yield refused("ordering", "ordering is written as false", info(ordering=der.boolean(False)))
    short = info(stamped=imprint(digest=bytes(31)))
    yield refused("short-imprint", "the digest has 31 bytes", short)
    double = info(extensions=[extension(critical=False)] * 2)
    yield refused("extension-twice", "an extension stands twice", double)
    yield refused("left-over", "something stands behind the TSTInfo", info() + der.null())
    yield Row(
        "other-imprint",
        "the imprint is of something else",
        bench.token(info(stamped=imprint(digest=bytes(32)))),
        INVALID,
        "time.imprint-differs",
    )
    for number, dotted in ((1, SHA1_OID), (5, MD5)):
        yield Row(
            f"weak-imprint-{number}",
            "the imprint is of a weak algorithm",
            bench.token(info(stamped=imprint(dotted))),
            INVALID,
            "time.weak-digest",
        )
    yield Row(
        "uncomputed-imprint",
        "the imprint is SHA-384, which the reader did not compute",
        bench.token(info(stamped=imprint(SHA384_OID))),
        INDETERMINATE,
        "time.other-imprint",
    )
    yield Row(
        "critical",
        "an unknown critical extension",
        bench.token(info(extensions=[extension(critical=True)])),
        INDETERMINATE,
        "time.critical-extension",
    )
    yield Row(
        "misnamed",
        "the authority is named wrongly",
        bench.token(info(tsa=der.context(4, name("Another Authority").public_bytes()))),
        INVALID,
        "time.other-name",
    )


def of_signer(bench: Bench) -> Iterator[Row]:
    by, plain = bench.stamper, info()
    attributes = bench.attributes(plain, by)

    def signed(signer: bytes, *certificates: bytes) -> bytes:
        return bench.signed(plain, [signer], certificates or [by.certificate])

    def refused(name: str, says: str, code: str, token: bytes) -> Row:
        return Row(name, says, token, INVALID, code)

    flipped = signed(bench.signer(attributes, by, flip=True))
    yield refused("flipped", "one bit of the value is wrong", "time.bad-signature", flipped)
    foreign = signed(bench.signer(attributes, by, key=bench.other_key))
    yield refused("other-key", "another key signed", "time.bad-signature", foreign)
    mixed = signed(bench.signer(attributes, by, pss=True))
    yield refused("pss-unsaid", "PSS under the name of PKCS#1", "time.bad-signature", mixed)
    differs = bench.attributes(info(nonce=8), by)
    yield refused(
        "digest-differs",
        "the attributes were signed for another TSTInfo",
        "time.digest-differs",
        signed(bench.signer(differs, by)),
    )
    all_weak = bench.signer(
        bench.attributes(plain, by, digest=SHA1_OID),
        by,
        digest=SHA1_OID,
        hashed=SHA1_HASH,
        signature_algorithm=algorithm(RSA_SHA1),
    )
    yield refused(
        "sha1",
        "everything is signed with SHA-1",
        "time.weak-digest",
        bench.signed(plain, [all_weak], [by.certificate], digest=SHA1_OID),
    )
    other = bench.issue(serial=101)
    substituted = bench.attributes(plain, by, references=[reference_2(other.certificate)])
    yield refused(
        "substituted",
        "the attribute names another certificate of the same key",
        "time.other-certificate",
        signed(bench.signer(substituted, by)),
    )
    misplaced = bench.attributes(
        plain, by, references=[reference_2(by.certificate, place=other.read)]
    )
    yield refused(
        "misplaced",
        "the attribute names the certificate with another serial number",
        "time.other-certificate",
        signed(bench.signer(misplaced, by)),
    )
    half = [reference_1(other.certificate), reference_2(by.certificate)]
    yield refused(
        "ess-half",
        "one of two attributes names another certificate",
        "time.other-certificate",
        signed(bench.signer(bench.attributes(plain, by, references=half), by)),
    )
    alone = bench.signed(plain, [bench.signer(attributes, by)], [])
    yield Row("no-certificate", "no certificate", alone, INDETERMINATE, "time.no-certificate")
    wrong = signed(bench.signer(attributes, by), other.certificate)
    yield Row("other-carried", "another certificate", wrong, INDETERMINATE, "time.no-certificate")
    unknown = signed(bench.signer(attributes, by, signature_algorithm=algorithm(RSA_SHA1)))
    yield Row(
        "two-digests",
        "the signature algorithm has another digest than the attributes",
        unknown,
        INDETERMINATE,
        "time.signature-algorithm",
    )


def of_certificate(bench: Bench) -> Iterator[Row]:
    stamping, signing = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING

    def refused(name: str, says: str, code: str, by: Stamper) -> Row:
        return Row(name, says, bench.token(None, by), INVALID, code)

    purpose, usage = "time.wrong-purpose", "time.wrong-key-usage"
    yield refused("no-purpose", "no extended key usage", purpose, bench.issue(purposes=()))
    plain = bench.issue(critical=False)
    yield refused("purpose-not-critical", "the purpose is not critical", purpose, plain)
    two = bench.issue(purposes=(stamping, signing))
    yield refused("two-purposes", "another purpose beside it", purpose, two)
    yield refused("other-purpose", "another purpose", purpose, bench.issue(purposes=(signing,)))
    wide = bench.issue(usage=("digital_signature", "key_encipherment"))
    yield refused("wide-usage", "the key is also for encryption", usage, wide)
    crls = bench.issue(usage=("crl_sign",))
    yield refused("other-usage", "the key is for lists only", usage, crls)
    forged = bench.issue(issuer_key=bench.other_key)
    yield refused("forged", "the root did not sign the certificate", "time.chain-refused", forged)
    yield from of_middle(bench)
    yield Row(
        "other-root",
        "another root is trusted",
        bench.token(),
        INDETERMINATE,
        "time.no-chain",
        root="other-root.der",
    )


def of_middle(bench: Bench) -> Iterator[Row]:
    """A certificate under an intermediate that is an authority, or is not."""
    both = "empty.crl middle.crl"
    for name_, ca in (("middle", True), ("middle-no-authority", False)):
        key: RSAPrivateKey = bench.middle_key
        middle = bench.authority_certificate(
            "Vector Middle", key, "Vector Root", bench.root_key, serial=2, ca=ca
        )
        by = bench.issue(issuer="Vector Middle", issuer_key=key)
        plain = info()
        signer = bench.signer(bench.attributes(plain, by), by)
        token = bench.signed(plain, [signer], [by.certificate, middle])
        yield (
            Row(name_, "an intermediate issued", token, VALID, "time.proven", crls=both)
            if ca
            else Row(name_, "it may not issue", token, INVALID, "time.chain-refused", crls=both)
        )
        if ca:
            unknown = "time.status-unknown"
            yield Row("middle-unlisted", "no list of its own", token, INDETERMINATE, unknown)


def of_time(bench: Bench) -> Iterator[Row]:
    whole = bench.token()
    proven, before = "time.proven", "time.proven-before-revocation"
    unknown = "time.status-unknown"

    def row(name: str, says: str, outcome: str, code: str, **more: object) -> Row:
        token = more.pop("token", whole)
        return Row(name, says, token, outcome, code, **more)  # type: ignore[arg-type]

    yield row("at-once", "judged at the very instant", VALID, proven, at=MADE, crls="early.crl")
    yield row("future", "judged one second earlier", INVALID, "time.future", at=MADE - SECOND)
    yield row("last-second", "judged as it ends", VALID, proven, at=ENDS, crls="long.crl")
    late = {"at": ENDS + SECOND, "crls": "long.crl"}
    yield row("expired", "judged one second later", INDETERMINATE, "time.expired", **late)
    first = bench.token(None, bench.issue(begins=MADE))
    yield row("first-instant", "the certificate begins then", VALID, proven, token=first)
    early = bench.token(None, bench.issue(begins=MADE + SECOND))
    outside = "time.outside-validity"
    yield row("too-early", "it begins one second later", INVALID, outside, token=early)
    end = {"at": MADE, "crls": "early.crl"}
    last = bench.token(None, bench.issue(ends=MADE))
    yield row("last-instant", "the certificate ends then", VALID, proven, token=last, **end)
    late_made = bench.token(None, bench.issue(ends=MADE - SECOND))
    yield row("too-late", "it ended one second earlier", INVALID, outside, token=late_made)
    yield row("superseded", "superseded an hour later", VALID, before, crls="superseded.crl")
    yield row("unspecified", "revoked later, unspecified", VALID, before, crls="unspecified.crl")
    yield row("just-after", "superseded after the accuracy", VALID, before, crls="just-after.crl")
    for name_, says in (
        ("just-then", "superseded within the accuracy"),
        ("compromised", "the key is compromised an hour later"),
        ("no-reason", "revoked an hour later for no stated reason"),
        ("held", "held since an hour later"),
        ("revoked-at", "compromised at the judged instant"),
    ):
        yield row(name_, says, INVALID, "time.revoked", crls=f"{name_}.crl")
    yield row("revoked-after", "compromised after it", VALID, proven, crls="revoked-after.crl")
    yield row("no-list", "no list", INDETERMINATE, unknown, crls="")
    yield row("stranger", "the list is forged", INDETERMINATE, unknown, crls="stranger.crl")
    yield row("other-list", "another's list", INDETERMINATE, unknown, crls="other.crl")
    yield row("list-first", "the list begins then", VALID, proven, at=LIST_BEGINS)
    before_list = LIST_BEGINS - SECOND
    yield row("list-early", "the list begins later", INDETERMINATE, unknown, at=before_list)
    yield row("list-last", "the list ends then", VALID, proven, at=LIST_ENDS)
    yield row("list-late", "the list has ended", INDETERMINATE, unknown, at=LIST_ENDS + SECOND)


HEAD = """\
# Made by make_timestamp_vectors.py; making it again changes nothing.
# says: what is wrong with the token, or with what is known about its authority.
"""


def make() -> dict[str, bytes]:
    """Return every file by its name."""
    bench = Bench()
    files = lists(bench)
    told = [HEAD]
    for row in rows(bench):
        file = f"{row.name}.tst"
        files[file] = row.token
        told.append(
            f'\n[[vector]]\nname = "{row.name}"\nsays = "{row.says}"\ntoken = "{file}"\n'
            f'outcome = "{row.outcome}"\ncode = "{row.code}"\nat = {row.at.isoformat()}\n'
            f'crls = "{row.crls}"\nroot = "{row.root}"\npool = "{row.pool}"\n'
        )
    files["manifest.toml"] = "".join(told).encode()
    return files


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name_, data in make().items():
        (FOLDER / name_).write_bytes(data)


if __name__ == "__main__":
    main()
