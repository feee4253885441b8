"""Every exception, in one tree.

::

    JpkiError
    ├── CardError               the reader, the card or what travels between them
    │   ├── NoReaderService     the PC/SC service does not answer
    │   ├── NoReader            no such reader
    │   ├── NoCard              the reader is empty
    │   ├── CardRemoved         the card left in the middle of something
    │   ├── CardInUse           another program holds the card
    │   ├── UnsupportedCard     something answers, but it is not a JPKI token
    │   ├── NoCertificate       the token carries no such certificate
    │   ├── MalformedApdu       bytes that are no command or response
    │   ├── TraceDiffers        not what the trace says (step, expected, found)
    │   └── UnexpectedStatus    a status word that means failure here (sw)
    ├── PinError
    │   ├── MalformedPin        the shape is wrong; nothing was sent to the card
    │   ├── PinRequired         the card wants a PIN first
    │   ├── WrongPin            tries_left
    │   ├── PinSourceRefused    a PIN may not be given in this way; nothing was sent
    │   ├── LastTry             one try is left and the caller did not allow it to be used
    │   └── PinBlocked          ways_to_reset
    ├── FormatError             bytes that are not what they should be (source, offset)
    │   ├── MalformedCertificate
    │   ├── NotAJpkiCertificate     deviation
    │   ├── MalformedSignature
    │   │   ├── EncryptedDocument   it cannot be read without a password
    │   │   └── TooLarge            it passes a limit of the reader
    │   ├── MalformedRevocationList
    │   ├── MalformedIndex          a revocation index that is damaged, unfinished or none
    │   │   └── OtherIndexVersion   version
    │   ├── MalformedOcspResponse
    │   ├── MalformedOcspRequest
    │   ├── MalformedTimestamp      a request, a response or a token of RFC 3161
    │   ├── MalformedMdoc           no presentation of a record by ISO/IEC 18013-5 (problem)
    │   ├── MalformedTrace
    │   ├── MalformedCardFile       what a file of the card's other applications should hold
    │   └── MalformedDocument       settings, stories, world files
    ├── VerificationError       raised by ``verify()``: the signature may not be relied on
    │   ├── BadSignature  DigestMismatch  UntrustedIssuer  WrongKeyUsage  WrongPolicy
    │   │   └── OtherSession    signed, but not for this session
    │   ├── NotYetValid  Expired
    │   ├── Revoked             reason, recorded_at
    │   └── Indeterminate       it could not be checked
    │       ├── StatusUnknown   no usable revocation data
    │       ├── DeltaDoesNotFit  a delta list that does not continue this list
    │       ├── IssuerUnknown   no given root is the issuer
    │       ├── ExpiredWithoutProof     expired, and it may have been made before
    │       └── RevokedWithoutProof     revoked or held, and it may have been made before
    ├── SourceError             a source of revocation data or timestamps gave none (address)
    │   ├── SourceUnreachable   no connection, or one that broke
    │   ├── SourceTimedOut      no whole answer in time
    │   ├── SourceRefused       an HTTP status that is no success (status)
    │   ├── SourceTooLarge      more bytes than are taken
    │   ├── WrongContentType    something else than was asked for
    │   ├── RedirectRefused     it sends elsewhere than is allowed
    │   ├── UnusableAnswer      an answer of the right type that cannot be read
    │   └── UnusableSource      a file or folder that cannot be read, an address that is none
    ├── ServiceError            a service of the agency, or of a simulated one, gave no answer
    │   ├── ServiceRefused          a rule forbids it (rule, basis)
    │   ├── ServiceUnauthenticated  the credential is missing, wrong or withdrawn
    │   ├── ServiceQuestionInvalid  the service cannot take the question (problem)
    │   ├── ServiceUnavailable      no connection, no answer in time, or out of order
    │   └── ServiceAnswerUnusable   an answer of another shape
    ├── TimestampError          a timestamp authority's answer that is of no use
    │   ├── TimestampRefused    no token was given (status, failures)
    │   └── TimestampDiffers    a token, but not for what was asked
    ├── NotPermitted            role, basis
    ├── TrustError              an authority that is not put among the trusted ones
    │   ├── FingerprintDiffers      words
    │   ├── AuthorityNotAccepted    standing
    │   └── NoSuchAnchor            nothing, or more than one thing, of that name is in the folder
    ├── LawError
    │   ├── MalformedRule  RuleGap  RuleConflict
    │   └── UnknownPolicy
    ├── LifeError               a fact that cannot be
    │   ├── ImpossibleFact      dates or things that cannot be so
    │   └── Refused             a rule forbids it (rule, basis)
    ├── NotWritten              a file could not be written; nothing stands under its name
    ├── KeyUnavailable          a key of the caller's that is wiped or not at hand
    ├── WorldUnavailable        the store of a simulated world cannot be used now
    ├── BatchInterrupted        a batch ended early and can be gone on with (answer)
    ├── PopulationUnfinished    a population run ended early; what it left is partial (where)
    └── MissingExtra            an optional part is not installed (extra)

Every error has a stable machine ``code``, a message that is safe to show (no PIN, name, address or
key is ever in it) and a ``hint`` that says what to do.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from jpki.terms import RevocationReason

__all__ = [
    "AuthorityNotAccepted",
    "BadSignature",
    "BatchInterrupted",
    "CardError",
    "CardInUse",
    "CardRemoved",
    "DeltaDoesNotFit",
    "DigestMismatch",
    "EncryptedDocument",
    "Expired",
    "ExpiredWithoutProof",
    "FingerprintDiffers",
    "FormatError",
    "ImpossibleFact",
    "Indeterminate",
    "IssuerUnknown",
    "JpkiError",
    "KeyUnavailable",
    "LastTry",
    "LawError",
    "LifeError",
    "MalformedApdu",
    "MalformedCardFile",
    "MalformedCertificate",
    "MalformedDocument",
    "MalformedIndex",
    "MalformedMdoc",
    "MalformedOcspRequest",
    "MalformedOcspResponse",
    "MalformedPin",
    "MalformedRevocationList",
    "MalformedRule",
    "MalformedSignature",
    "MalformedTimestamp",
    "MalformedTrace",
    "MissingExtra",
    "NoCard",
    "NoCertificate",
    "NoReader",
    "NoReaderService",
    "NoSuchAnchor",
    "NotAJpkiCertificate",
    "NotPermitted",
    "NotWritten",
    "NotYetValid",
    "OtherIndexVersion",
    "OtherSession",
    "PinBlocked",
    "PinError",
    "PinRequired",
    "PinSourceRefused",
    "PopulationUnfinished",
    "RedirectRefused",
    "Refused",
    "Revoked",
    "RevokedWithoutProof",
    "RuleConflict",
    "RuleGap",
    "ServiceAnswerUnusable",
    "ServiceError",
    "ServiceQuestionInvalid",
    "ServiceRefused",
    "ServiceUnauthenticated",
    "ServiceUnavailable",
    "SourceError",
    "SourceRefused",
    "SourceTimedOut",
    "SourceTooLarge",
    "SourceUnreachable",
    "StatusUnknown",
    "TimestampDiffers",
    "TimestampError",
    "TimestampRefused",
    "TooLarge",
    "TraceDiffers",
    "TrustError",
    "UnexpectedStatus",
    "UnknownPolicy",
    "UnsupportedCard",
    "UntrustedIssuer",
    "UnusableAnswer",
    "UnusableSource",
    "VerificationError",
    "WorldUnavailable",
    "WrongContentType",
    "WrongKeyUsage",
    "WrongPin",
    "WrongPolicy",
]


class JpkiError(Exception):
    """Anything this library raises on purpose."""

    code: ClassVar[str] = "jpki"
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as it is, so that an error of another process arrives as what it was."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[JpkiError], args: tuple[object, ...], state: dict[str, object]) -> JpkiError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


# the card


class CardError(JpkiError):
    """The reader, the card, or what travels between them."""

    code = "card"


class NoReaderService(CardError):
    """The PC/SC service does not answer."""

    code = "card.no-reader-service"
    default_hint = "start the smart card service (pcscd) and try again"


class NoReader(CardError):
    """There is no such reader."""

    code = "card.no-reader"
    default_hint = "connect a reader, or name one that exists"


class NoCard(CardError):
    """The reader is empty."""

    code = "card.no-card"
    default_hint = "put the card on the reader and try again"


class CardRemoved(CardError):
    """The card left, or was reset, in the middle of something."""

    code = "card.removed"
    default_hint = "put the card back and start the operation again from the beginning"


class CardInUse(CardError):
    """Another program holds the card."""

    code = "card.in-use"
    default_hint = "close the other program that uses the card and try again"


class UnsupportedCard(CardError):
    """Something answers, but it is not a JPKI token that we know."""

    code = "card.unsupported"
    default_hint = "use a My Number card or a phone that carries JPKI certificates"


class NoCertificate(CardError):
    """The token is a JPKI token, but it does not carry this certificate."""

    code = "card.no-certificate"
    default_hint = "the holder can have one issued at the counter of the municipality"


class MalformedApdu(CardError):
    """Bytes that are neither a command nor a response APDU (ISO/IEC 7816-4)."""

    code = "card.malformed-apdu"


class TraceDiffers(CardError):
    """A card or a terminal did not do what the trace says; secrets are masked in both texts."""

    code = "card.trace-differs"

    def __init__(self, step: int, *, expected: str, found: str) -> None:
        super().__init__(f"step {step}: expected {expected}, found {found}")
        self.step = step
        self.expected = expected
        self.found = found


class UnexpectedStatus(CardError):
    """The card answered with a status word that means failure here."""

    code = "card.unexpected-status"

    def __init__(self, sw: int, *, doing: str, hint: str | None = None) -> None:
        super().__init__(f"the card answered {sw:04X} to {doing}", hint=hint)
        self.sw = sw
        self.doing = doing


# PINs


class PinError(JpkiError):
    """A PIN is malformed, wrong, missing or blocked. The PIN itself is never in the error.

    ``pin`` says which: a ``PinKind`` of the JPKI application, or a ``Credential`` of another.
    """

    code = "pin"

    def __init__(self, pin: StrEnum, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.pin = pin


class MalformedPin(PinError):
    """The shape is wrong. Nothing was sent to the card and no try was used."""

    code = "pin.malformed"


class PinSourceRefused(PinError):
    """A PIN may not be given in this way, or the source does not give one. Nothing was sent."""

    code = "pin.source"


class PinRequired(PinError):
    """The card wants this PIN before it does that."""

    code = "pin.required"


class WrongPin(PinError):
    """The card compared and refused; ``tries_left`` more are possible."""

    code = "pin.wrong"

    def __init__(self, pin: StrEnum, *, tries_left: int) -> None:
        super().__init__(pin, f"wrong {pin.value}: {tries_left} tries left")
        self.tries_left = tries_left


class LastTry(PinError):
    """Only one try is left, and the caller did not say that it may be used."""

    code = "pin.last-try"

    def __init__(self, pin: StrEnum) -> None:
        super().__init__(
            pin,
            f"only one try is left for the {pin.value}; nothing was sent to the card",
            hint="allow the last try explicitly if you are sure; one more mistake blocks it",
        )


class PinBlocked(PinError):
    """No tries are left. Waiting does not help."""

    code = "pin.blocked"

    def __init__(self, pin: StrEnum, *, ways_to_reset: tuple[str, ...] = ()) -> None:
        hint = "reset it: " + "; or ".join(ways_to_reset) if ways_to_reset else ""
        super().__init__(pin, f"the {pin.value} is blocked", hint=hint)
        self.ways_to_reset = ways_to_reset


# formats


class FormatError(JpkiError):
    """Bytes that are not what they should be.

    ``source`` names the file or field, ``offset`` the byte (or ``line`` the line) where it went
    wrong, as far as known.
    """

    code = "format"

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        offset: int | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = source
        if line is not None:
            place += f":{line}"
        if offset is not None:
            place += f" at byte {offset}"
        place = place.strip()
        super().__init__(f"{place}: {message}" if place else message, hint=hint)
        self.source = source
        self.offset = offset
        self.line = line


class MalformedCertificate(FormatError):
    """Not an X.509 certificate in DER."""

    code = "format.certificate"
    default_hint = "give one DER or PEM certificate"


class NotAJpkiCertificate(FormatError):
    """A certificate, but not one of the four kinds; ``deviation`` says what differs."""

    code = "format.not-jpki"

    def __init__(self, deviation: str, *, source: str = "") -> None:
        super().__init__(f"not a JPKI certificate: {deviation}", source=source)
        self.deviation = deviation


class MalformedSignature(FormatError):
    """Not a signature, or a signed document, of a shape that JPKI signers make."""

    code = "format.signature"


class EncryptedDocument(MalformedSignature):
    """The document is encrypted, so what was signed cannot be looked at."""

    code = "format.encrypted"
    default_hint = "give the document as it was before it was encrypted, or decrypted"


class TooLarge(MalformedSignature):
    """The document passes a limit of its reader: in size, in depth or in the work it causes."""

    code = "format.too-large"
    default_hint = "raise the limit only for a document whose origin is trusted"


class MalformedRevocationList(FormatError):
    """Not a certificate revocation list in DER."""

    code = "format.revocation-list"


class MalformedIndex(FormatError):
    """Not a revocation index, or one that is damaged or was never finished."""

    code = "format.index"
    default_hint = "build it anew from the lists: jpki revocation build"


class OtherIndexVersion(MalformedIndex):
    """A revocation index in another version of the format; ``version`` is the one found."""

    code = "format.index-version"

    def __init__(self, version: int, *, known: int, source: str = "") -> None:
        super().__init__(
            f"an index of format version {version}, where this program reads version {known}",
            source=source,
        )
        self.version = version


class MalformedOcspResponse(FormatError):
    """Not an OCSP response in DER (RFC 6960 §4.2.1)."""

    code = "format.ocsp-response"


class MalformedOcspRequest(FormatError):
    """Not an OCSP request in DER (RFC 6960 §4.1.1)."""

    code = "format.ocsp-request"


class MalformedTimestamp(FormatError):
    """Not a timestamp request, response or token of RFC 3161 in DER."""

    code = "format.timestamp"


class MalformedMdoc(FormatError):
    """Not the presentation of a record by ISO/IEC 18013-5; ``problem`` is a stable word for why.

    The words: ``cbor``, ``truncated``, ``left-over``, ``too-large``, ``too-deep``,
    ``indefinite-length``, ``duplicate-key``, ``tag`` and ``shape``.
    """

    code = "format.mdoc"

    def __init__(
        self, message: str, *, problem: str, source: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, source=source, hint=hint)
        self.problem = problem


class MalformedTrace(FormatError):
    """Not an APDU trace."""

    code = "format.trace"


class MalformedCardFile(FormatError):
    """A file of the card that does not hold what it should; its content is never in the error."""

    code = "format.card-file"


class MalformedDocument(FormatError):
    """A settings, story or world file that does not say what it should."""

    code = "format.document"


# verification


class VerificationError(JpkiError):
    """The signature may not be relied on; ``step`` is the number of the check that decided."""

    code = "verification"

    def __init__(self, message: str, *, step: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.step = step


class BadSignature(VerificationError):
    """The signature value does not match what was signed."""

    code = "verification.bad-signature"


class OtherSession(BadSignature):
    """What was presented is not signed for this session: replayed, or by another device's key."""

    code = "verification.other-session"


class DigestMismatch(VerificationError):
    """The content is not the content that was signed."""

    code = "verification.digest-mismatch"


class UntrustedIssuer(VerificationError):
    """The certificate claims a given root as its issuer, but that root did not sign it."""

    code = "verification.untrusted-issuer"


class WrongKeyUsage(VerificationError):
    """The certificate's key may not be used for this."""

    code = "verification.wrong-key-usage"


class WrongPolicy(VerificationError):
    """The certificate is of a kind that may not be used for this."""

    code = "verification.wrong-policy"


class NotYetValid(VerificationError):
    """The instant lies before the certificate's validity."""

    code = "verification.not-yet-valid"


class Expired(VerificationError):
    """The instant lies after the certificate's validity (有効期間の満了)."""

    code = "verification.expired"


class Revoked(VerificationError):
    """The certificate had lost effect, or was held, at the instant asked about."""

    code = "verification.revoked"

    def __init__(
        self,
        message: str,
        *,
        reason: RevocationReason | None,
        recorded_at: datetime,
        step: int = 0,
    ) -> None:
        super().__init__(message, step=step)
        self.reason = reason
        self.recorded_at = recorded_at


class Indeterminate(VerificationError):
    """It could not be checked, so it is neither valid nor invalid."""

    code = "verification.indeterminate"


class StatusUnknown(Indeterminate):
    """There is no usable revocation data for this certificate at this instant."""

    code = "verification.status-unknown"


class DeltaDoesNotFit(Indeterminate):
    """A delta list that does not continue the list it was to be applied to."""

    code = "verification.delta-does-not-fit"


class IssuerUnknown(Indeterminate):
    """None of the given roots is the issuer."""

    code = "verification.issuer-unknown"


class ExpiredWithoutProof(Indeterminate):
    """The certificate has expired, and nothing proves that the signature was made before."""

    code = "verification.expired-without-proof"


class RevokedWithoutProof(Indeterminate):
    """The certificate has lost effect, and nothing proves that the signature was made before."""

    code = "verification.revoked-without-proof"


# sources of revocation data


class SourceError(JpkiError):
    """A source of revocation data or timestamps gave none.

    ``address`` is its scheme and host, or its path. The rest of an address is left out, because
    that of an OCSP request holds a serial number.
    """

    code = "source"
    default_hint = "try again later; until then the status is unknown, not good"

    def __init__(self, address: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(f"{address}: {message}", hint=hint)
        self.address = address


class SourceUnreachable(SourceError):
    """There is no connection, or it broke before the answer was complete."""

    code = "source.unreachable"


class SourceTimedOut(SourceError):
    """There was no whole answer in the time allowed."""

    code = "source.timed-out"


class SourceRefused(SourceError):
    """The server answered with an HTTP status that is no success."""

    code = "source.refused"

    def __init__(self, address: str, *, status: int) -> None:
        super().__init__(address, f"the server answered with HTTP status {status}")
        self.status = status


class SourceTooLarge(SourceError):
    """The answer has more bytes than are taken."""

    code = "source.too-large"
    default_hint = "raise the limit if the source is trusted to send that much"


class WrongContentType(SourceError):
    """The answer is of another media type than was asked for."""

    code = "source.wrong-content-type"
    default_hint = "check the address: a portal or a proxy may have answered"


class RedirectRefused(SourceError):
    """The server sends elsewhere than is allowed, or too often."""

    code = "source.redirect-refused"
    default_hint = "give the new address, or allow its host"


class UnusableAnswer(SourceError):
    """An answer of the media type asked for that is none of its format."""

    code = "source.unusable-answer"


class UnusableSource(SourceError):
    """A file or folder that cannot be read, or an address that is none."""

    code = "source.unusable"
    default_hint = "check the path or the address"


# services of the agency


class ServiceError(JpkiError):
    """A service of the agency, or of a simulated one, gave no answer that can be used."""

    code = "service"


class ServiceRefused(ServiceError):
    """The service refused; ``rule`` is the id of the row that decided, ``basis`` its provision."""

    code = "service.refused"

    def __init__(
        self,
        message: str,
        *,
        rule: str = "",
        basis: str = "",
        problem: str = "",
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.rule = rule
        self.basis = basis
        self.problem = problem


class ServiceUnauthenticated(ServiceError):
    """The credential is missing, wrong or withdrawn."""

    code = "service.unauthenticated"
    default_hint = "check the token, and that it belongs to this service"


class ServiceQuestionInvalid(ServiceError):
    """The service cannot take the question as it is; ``problem`` is the code it gave."""

    code = "service.invalid-question"

    def __init__(self, message: str, *, problem: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problem = problem


class ServiceUnavailable(ServiceError):
    """There is no connection, no whole answer in time, or the service says it is out of order."""

    code = "service.unavailable"
    default_hint = "try again later; until then nothing is known"


class ServiceAnswerUnusable(ServiceError):
    """The service answered something else than was asked for."""

    code = "service.unusable-answer"
    default_hint = "check the address: a portal or a proxy may have answered"


# timestamps


class TimestampError(JpkiError):
    """A timestamp authority's answer that is of no use."""

    code = "timestamp"


class TimestampRefused(TimestampError):
    """The authority gave no token; ``status`` and ``failures`` are its words (RFC 3161 §2.4.2)."""

    code = "timestamp.refused"
    default_hint = "ask again later, or another authority"

    def __init__(self, *, status: str, failures: tuple[str, ...]) -> None:
        why = f" ({', '.join(failures)})" if failures else ""
        super().__init__(f"the timestamp authority answered {status}{why}")
        self.status = status
        self.failures = failures


class TimestampDiffers(TimestampError):
    """A token, but not for what was asked; ``what`` names the first thing that differs."""

    code = "timestamp.differs"
    default_hint = "ask again; if it happens again, something stands between you and the authority"

    def __init__(self, what: str) -> None:
        super().__init__(f"the timestamp differs from the request in its {what}")
        self.what = what


# trust


class TrustError(JpkiError):
    """An authority's certificate is not put among the trusted ones."""

    code = "trust"


class FingerprintDiffers(TrustError):
    """The fingerprint is not the one that was given; ``words`` are the places, counted from 1."""

    code = "trust.fingerprint"

    def __init__(self, words: tuple[int, ...]) -> None:
        which = ", ".join(map(str, words))
        super().__init__(
            f"the fingerprint differs in {len(words)} of 16 words ({which})",
            hint="do not trust this file; get it again, and the fingerprint from another source",
        )
        self.words = words


class AuthorityNotAccepted(TrustError):
    """An authority that is not a published one, and the caller did not say that it may be."""

    code = "trust.not-accepted"

    def __init__(self, standing: str) -> None:
        super().__init__(
            f"this is no published authority, but {standing}",
            hint=f"only if you mean to trust it: --accept {standing}",
        )
        self.standing = standing


class NoSuchAnchor(TrustError):
    """Nothing in the trust folder has that name or fingerprint, or more than one thing has."""

    code = "trust.no-such-anchor"
    default_hint = "run: jpki trust list"


# law and life


class NotPermitted(JpkiError):
    """The law does not let this role do that."""

    code = "not-permitted"

    def __init__(self, role: str, what: str, *, basis: str) -> None:
        super().__init__(f"{role} may not {what} ({basis})")
        self.role = role
        self.basis = basis


class LawError(JpkiError):
    """The rule tables do not answer, or answer twice."""

    code = "law"


class MalformedRule(LawError):
    """A row of a rule table that cannot be read."""

    code = "law.malformed-rule"


class RuleGap(LawError):
    """No rule speaks of this case: nobody has thought about it yet."""

    code = "law.gap"


class RuleConflict(LawError):
    """More than one rule speaks of this case."""

    code = "law.conflict"


class UnknownPolicy(LawError):
    """A policy, or a value of one, that does not exist."""

    code = "law.unknown-policy"


class LifeError(JpkiError):
    """A fact or a wish that cannot be."""

    code = "life"


class ImpossibleFact(LifeError):
    """Dates, or things, that cannot be so: a birth in the future, a card nobody issued."""

    code = "life.impossible"


class Refused(LifeError):
    """A rule forbids it; ``rule`` and ``basis`` say which."""

    code = "life.refused"

    def __init__(
        self, message: str, *, rule: str, basis: str = "", hint: str | None = None
    ) -> None:
        super().__init__(f"{message} [{rule}{': ' + basis if basis else ''}]", hint=hint)
        self.rule = rule
        self.basis = basis


class WorldUnavailable(JpkiError):
    """The store of a simulated world cannot be used now: full, locked, read-only, unreachable."""

    code = "world.unavailable"


class NotWritten(JpkiError):
    """A file could not be written: the disk is full, or the folder is not there or not ours.

    What stood under its name before still stands there.
    """

    code = "not-written"
    default_hint = "make room or choose another folder, and run the same command again"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: cannot be written: {reason}")
        self.path = path
        self.reason = reason


class KeyUnavailable(JpkiError):
    """A key that the caller keeps is wiped or not at hand. The key is never in the error."""

    code = "key-unavailable"
    default_hint = "give the key with that id"


class BatchInterrupted(JpkiError):
    """A batch ended early, mostly because a process was killed. What was done is kept."""

    code = "batch.interrupted"
    default_hint = "run the same command again: it goes on where it was"

    def __init__(
        self, answer: str, why: str = "a process at work was killed, or had too little memory"
    ) -> None:
        super().__init__(f"{answer}: {why}")
        self.answer = answer


class PopulationUnfinished(JpkiError):
    """A population run ended early: no space, a process killed. What it left is marked partial."""

    code = "population.unfinished"
    default_hint = "remove what it left, make room, and run it again: the same seed gives the same"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} is partial: {why}")
        self.where = where
        self.why = why

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.where, self.why)


class MissingExtra(JpkiError):
    """An optional part is not installed."""

    code = "missing-extra"

    def __init__(self, what: str, *, extra: str, hint: str | None = None) -> None:
        super().__init__(f"{what} is not installed", hint=hint or f"pip install 'jpki[{extra}]'")
        self.extra = extra
