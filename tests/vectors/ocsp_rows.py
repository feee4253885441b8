"""OCSP responses that are each wrong, or unusual, in exactly one way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki.certificates import der
from jpki.revocation.ocsp import IdHash
from tests.vectors.drafts import AKI, CONSTRAINTS, EKU, KEY_USAGE, OID, Draft, _extension, draft_of
from tests.vectors.ocsp_drafts import (
    AT,
    NEXT_UPDATE,
    NO_CHECK,
    NONCE,
    OCSP_NONCE,
    OTHER_SERIAL,
    RECORDED,
    SECOND,
    SERIAL,
    SHA1_WITH_RSA,
    THIS_UPDATE,
    Answer,
    OcspBases,
    OcspVector,
    Single,
    _name,
    revoked_status,
    time,
    unknown_status,
)

Row = tuple[str, str, str, str, bytes]


def usable_rows(b: OcspBases) -> Iterator[Row]:
    """Answers that can be used."""
    good = b.good
    yield "good", "nothing is wrong", "good", "", good.signed()
    yield (
        "good-sha256-id",
        "the certificate is named with SHA-256",
        "good",
        "",
        good.saying(named=b.named(hashed=IdHash.SHA256)).signed(),
    )
    bits = good.key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    key_hash = hashlib.sha1(bits, usedforsecurity=False).digest()
    by_key = replace(good, responder=der.context(2, der.octet_string(key_hash)))
    yield "good-by-key", "the responder calls itself by its key", "good", "", by_key.signed()
    own = replace(
        good, key=b.authority_key, responder=der.context(1, b.issuer.name), certificates=()
    )
    yield "good-authority", "the authority signed it itself", "good", "", own.signed()
    yield (
        "good-version-written",
        "it writes its version, a default",
        "good",
        "",
        replace(good, version=der.context(0, der.integer(0))).signed(),
    )
    yield (
        "good-two-certificates",
        "it speaks of another certificate first",
        "good",
        "",
        replace(
            good,
            singles=(
                Single(b.named(OTHER_SERIAL), revoked_status(RECORDED, 1)),
                *good.singles,
            ),
        ).signed(),
    )
    yield (
        "good-extension",
        "it has an extension nobody knows, not critical",
        "good",
        "",
        replace(
            good, extensions=(*good.extensions, _extension("2.25.4711", False, der.null()))
        ).signed(),
    )
    for name, says, status, expected in (
        ("revoked", "the certificate is revoked", revoked_status(RECORDED, 3), "revoked"),
        ("revoked-no-reason", "revoked, no reason given", revoked_status(RECORDED), "revoked"),
        ("held", "the certificate is held", revoked_status(RECORDED, 6), "held"),
    ):
        yield name, says, expected, "", good.saying(status=status).signed()
    both = (*good.singles, Single(b.named(), revoked_status(RECORDED, 1)))
    yield (
        "revoked-and-good",
        "it says good and revoked of the same certificate",
        "revoked",
        "",
        replace(good, singles=both).signed(),
    )
    old = der.context(0, time(THIS_UPDATE - timedelta(days=1)))
    stale = {"this_update": time(THIS_UPDATE - timedelta(days=2)), "next_update": old}
    yield (
        "revoked-stale",
        "it is a day out of date, and says revoked",
        "revoked",
        "",
        good.saying(status=revoked_status(RECORDED, 3), **stale).signed(),
    )


def unusable_rows(b: OcspBases) -> Iterator[Row]:
    """Answers that say nothing; the fourth column is the code of the reason."""

    def row(name: str, says: str, code: str, answer: Answer) -> Row:
        return name, says, "unknown", f"revocation.answer-{code}", answer.signed()

    good = b.good
    for number, name in (
        (1, "malformedRequest"),
        (2, "internalError"),
        (3, "tryLater"),
        (5, "sigRequired"),
        (6, "unauthorized"),
    ):
        error = der.sequence(der.enumerated(number))
        yield f"error-{number}", f"{name}", "unknown", "revocation.answer-refused", error
    yield row("unknown", "it does not know it", "unknown", good.saying(status=unknown_status()))
    yield row(
        "unknown-and-good",
        "it says good and unknown of the same certificate",
        "unknown",
        replace(good, singles=(*good.singles, Single(b.named(), unknown_status()))),
    )
    yield row(
        "other-serial",
        "it speaks of another serial number",
        "other-certificate",
        good.saying(named=b.named(OTHER_SERIAL)),
    )
    yield row(
        "other-key-hash",
        "it speaks of the same number under another key of the authority",
        "other-certificate",
        good.saying(named=_name(b.other_issuer)),
    )
    yield row(
        "hash-swapped",
        "the hashes are SHA-1, the algorithm says SHA-256",
        "other-certificate",
        good.saying(
            named=der.sequence(
                der.sequence(OID("2.16.840.1.101.3.4.2.1"), der.null()),
                der.octet_string(IdHash.SHA1.of(b.issuer.name)),
                der.octet_string(IdHash.SHA1.of(b.issuer.key_bits)),
                der.integer(SERIAL),
            )
        ),
    )
    yield row(
        "another-key", "it is signed with another key", "signature", replace(good, key=b.stranger)
    )
    revoked = good.saying(status=revoked_status(RECORDED, 3)).signed()
    moved = revoked.replace(time(RECORDED), time(RECORDED + timedelta(days=1)), 1)
    yield (
        "altered",
        "the time of a revocation was changed after it was signed",
        "unknown",
        "revocation.answer-signature",
        moved,
    )
    yield row(
        "sha1-signature",
        "it is signed with SHA-1",
        "algorithm",
        replace(good, algorithm=SHA1_WITH_RSA, digest=SHA1()),  # noqa: S303  what the vector is about
    )
    yield row(
        "no-certificate",
        "the responder's certificate is missing",
        "no-responder",
        replace(good, certificates=()),
    )
    yield row(
        "another-name",
        "the responder calls itself by another name than its certificate's",
        "no-responder",
        replace(good, responder=der.context(1, der.sequence())),
    )
    extension = _extension("2.25.4711", True, der.null())
    yield row(
        "critical-extension",
        "it has a critical extension nobody knows",
        "critical-extension",
        replace(good, extensions=(*good.extensions, extension)),
    )
    yield row(
        "critical-single-extension",
        "what it says of the certificate has a critical extension nobody knows",
        "critical-extension",
        good.saying(extensions=der.context(1, der.sequence(extension))),
    )
    yield row(
        "produced-before",
        "it was made one second before its thisUpdate",
        "times",
        replace(good, produced_at=time(THIS_UPDATE - SECOND)),
    )
    yield row(
        "revoked-in-the-future",
        "it was made one second before the revocation it tells of",
        "times",
        good.saying(status=revoked_status(AT + SECOND, 3)),
    )
    yield from _responder_rows(b, row)


def _responder_rows(b: OcspBases, row: Callable[[str, str, str, Answer], Row]) -> Iterator[Row]:
    """Answers that are signed by somebody who may not; each certificate is wrong in one way."""
    good = b.certificate

    def refused(name: str, says: str, draft: Draft, code: str = "responder") -> Row:
        return row(
            f"responder-{name}",
            f"the responder's certificate {says}",
            code,
            b.with_certificate(draft),
        )

    yield refused("stranger", "is not the authority's", replace(good, key=b.stranger))
    yield refused("issuer-name", "names another issuer", replace(good, issuer=der.sequence()))
    yield refused("no-purpose", "says no purpose", good.without(EKU))
    other = der.sequence(OID("1.3.6.1.5.5.7.3.2"))
    yield refused("purpose", "is for clients", good.with_value(EKU, other))
    everything = der.sequence(OID("2.5.29.37.0"))
    yield refused("any-purpose", "is for any purpose", good.with_value(EKU, everything))
    yield refused("no-usage", "has no key usage", good.without(KEY_USAGE))
    encipher = der.encode(der.BIT_STRING, b"\x05\x20")
    yield refused("usage", "may only encipher", good.with_value(KEY_USAGE, encipher))
    # digitalSignature and cRLSign: 1000 0010.
    lists = der.encode(der.BIT_STRING, b"\x01\x82")
    yield refused("signs-lists", "may sign lists too", good.with_value(KEY_USAGE, lists))
    yield refused(
        "is-authority",
        "is an authority's",
        good.plus(CONSTRAINTS, der.sequence(der.boolean(True)), critical=True),
    )
    yield refused("no-check", "has no id-pkix-ocsp-nocheck", good.without(NO_CHECK), "no-check")
    yield refused(
        "expired", "ended a second before", replace(good, not_after=der.time(AT - SECOND))
    )
    yield refused("early", "begins a second after", replace(good, not_before=der.time(AT + SECOND)))
    key_id = der.sequence(der.context(0, bytes(20), primitive=True))
    yield refused("other-key", "names another key of the authority", good.with_value(AKI, key_id))
    yield refused(
        "critical",
        "has a critical extension nobody knows",
        good.plus("2.25.4711", der.null(), critical=True),
    )
    own = replace(b.good, certificates=(b.subscriber,), key=b.stranger)
    subject = draft_of(b.subscriber, b.stranger).subject
    yield row(
        "responder-subscriber",
        "a holder signed it with a signature certificate",
        "responder",
        replace(own, responder=der.context(1, subject)),
    )


def malformed_ocsp_rows(b: OcspBases) -> Iterator[tuple[str, str, str, bytes]]:
    """What is no response; the third column is part of the reason."""
    good = b.good
    whole = good.signed()
    yield "empty", "nothing at all", "ends in the middle", b""
    yield (
        "half",
        "the second half is missing",
        "longer than what holds it",
        whole[: len(whole) // 2],
    )
    yield "left-over", "a byte follows it", "bytes are left over", whole + b"\x00"
    yield "status-4", "its status is 4", "does not have", der.sequence(der.enumerated(4))
    yield (
        "success-empty",
        "a success without an answer",
        "none to a success",
        der.sequence(der.enumerated(0)),
    )
    yield (
        "error-answer",
        "tryLater with an answer",
        "answer to a failure",
        replace(good, status=der.enumerated(3)).signed(),
    )
    yield (
        "type",
        "an answer of another type",
        "id-pkix-ocsp-basic",
        replace(good, kind=OCSP_NONCE).signed(),
    )
    yield (
        "version-2",
        "its version is 2",
        "version",
        replace(good, version=der.context(0, der.integer(1))).signed(),
    )
    yield "nobody", "it speaks of nobody", "no certificate", replace(good, singles=()).signed()
    utc = der.text(der.UTC_TIME, "250401190000Z")
    yield "utc-time", "thisUpdate is a UTCTime", "thisUpdate", good.saying(this_update=utc).signed()
    fraction = der.text(der.GENERALIZED_TIME, "20250401190000.5Z")
    yield (
        "fraction",
        "thisUpdate has half a second",
        "to the second",
        good.saying(this_update=fraction).signed(),
    )
    early = der.context(0, time(THIS_UPDATE - SECOND))
    yield (
        "ends-before",
        "it ends a second before it begins",
        "before thisUpdate",
        good.saying(next_update=early).signed(),
    )
    yield (
        "status-full",
        "good is not empty",
        "holds something",
        good.saying(status=der.context(0, b"\x00", primitive=True)).signed(),
    )
    yield (
        "status-3",
        "it says something that is neither",
        "neither good",
        good.saying(status=der.context(3, primitive=True)).signed(),
    )
    yield (
        "reason-7",
        "the reason is 7",
        "does not have",
        good.saying(status=revoked_status(RECORDED, 7)).signed(),
    )
    twice = replace(good, extensions=good.extensions * 2)
    yield "nonce-twice", "it has two nonces", "same extension twice", twice.signed()
    for length in (0, 129):
        nonce = _extension(OCSP_NONCE, False, der.octet_string(bytes(length)))
        yield (
            f"nonce-{length}",
            f"its nonce has {length} octets",
            "from 1 to 128",
            replace(good, extensions=(nonce,)).signed(),
        )
    yield (
        "key-hash",
        "the responder's key hash has 19 octets",
        "no SHA-1",
        replace(good, responder=der.context(2, der.octet_string(bytes(19)))).signed(),
    )
    yield (
        "trailing",
        "something follows the certificates",
        "left over",
        replace(good, after=der.null()).signed(),
    )
    bare = good.signed()
    yield (
        "indefinite",
        "its length is indefinite",
        "indefinite",
        b"\x30\x80" + bare[4:] + b"\x00\x00",
    )
    many = replace(good, certificates=good.certificates * 17)
    yield "certificates", "it carries 17 certificates", "more than 16", many.signed()
    long_serial = good.saying(named=b.named(1 << 160))
    yield "serial", "a serial number of 21 octets", "longer than 20", long_serial.signed()


def boundary_vectors(b: OcspBases) -> Iterator[OcspVector]:
    """Both sides of every boundary; the default policy has no tolerance and no skew."""
    good = b.good
    plain = good.signed()
    held = good.saying(status=revoked_status(RECORDED, 6)).signed()
    endless = good.saying(next_update=b"").signed()
    quarter = timedelta(minutes=15)
    edge = replace(b.certificate, not_before=der.time(AT), not_after=der.time(AT))
    rows: tuple[tuple[str, str, str, str, bytes, datetime], ...] = (
        ("begins", "the instant of thisUpdate", "good", "", plain, THIS_UPDATE),
        (
            "begins-before",
            "a second before thisUpdate",
            "unknown",
            "not-yet",
            plain,
            THIS_UPDATE - SECOND,
        ),
        ("ends", "the instant of nextUpdate", "good", "", plain, NEXT_UPDATE),
        (
            "ends-after",
            "a second after nextUpdate",
            "unknown",
            "stale",
            plain,
            NEXT_UPDATE + SECOND,
        ),
        ("held-ends", "held, at nextUpdate", "held", "", held, NEXT_UPDATE),
        (
            "held-ends-after",
            "held, a second after nextUpdate",
            "unknown",
            "hold-may-be-over",
            held,
            NEXT_UPDATE + SECOND,
        ),
        ("endless", "no nextUpdate, 15 minutes old", "good", "", endless, THIS_UPDATE + quarter),
        (
            "endless-after",
            "no nextUpdate, 15 minutes and a second old",
            "unknown",
            "stale",
            endless,
            THIS_UPDATE + quarter + SECOND,
        ),
        (
            "revoked-at",
            "revoked, asked about the second of recording",
            "revoked",
            "",
            good.saying(status=revoked_status(RECORDED, 3)).signed(),
            RECORDED,
        ),
        (
            "revoked-before",
            "revoked, asked about the second before",
            "unknown",
            "not-yet",
            good.saying(status=revoked_status(RECORDED, 3)).signed(),
            RECORDED - SECOND,
        ),
        (
            "responder-valid",
            "the responder's certificate is valid in that second alone",
            "good",
            "",
            b.with_certificate(edge).signed(),
            AT,
        ),
    )
    for name, says, expects, code, data, at in rows:
        detail = f"revocation.answer-{code}" if code else ""
        yield OcspVector(f"boundary-{name}.ors", says, expects, detail, data, at)
    silent = replace(good, extensions=()).signed()
    nonces: tuple[tuple[str, str, str, str, bytes, bytes], ...] = (
        ("nonce-same", "the nonce is the one that was sent", "good", "", plain, NONCE),
        (
            "nonce-other",
            "the nonce is another one: a replay",
            "unknown",
            "other-nonce",
            plain,
            NONCE[::-1],
        ),
        (
            "nonce-shorter",
            "the nonce is longer than what was sent",
            "unknown",
            "other-nonce",
            plain,
            NONCE[:31],
        ),
        ("nonce-none", "no nonce, though one was sent", "unknown", "no-nonce", silent, NONCE),
    )
    for name, says, expects, code, data, nonce in nonces:
        detail = f"revocation.answer-{code}" if code else ""
        yield OcspVector(f"{name}.ors", says, expects, detail, data, AT, nonce)


def ocsp_vectors(b: OcspBases) -> Iterator[OcspVector]:
    """Every OCSP vector."""
    for name, says, expects, detail, data in (*usable_rows(b), *unusable_rows(b)):
        yield OcspVector(f"{name}.ors", says, expects, detail, data)
    for name, says, detail, data in malformed_ocsp_rows(b):
        yield OcspVector(f"malformed-{name}.ors", says, "malformed", detail, data)
    yield from boundary_vectors(b)
