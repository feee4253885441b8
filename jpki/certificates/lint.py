"""A certificate held against the exact profile: what differs, how bad it is, how sure the fact.

Nothing is tolerated in silence. A difference from a fact that nobody outside could read is a note,
unless the caller wants it otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jpki.certificates.authority import signed_itself
from jpki.certificates.deviations import (
    Deviation,
    authority_deviations,
    certificate_deviations,
    identify,
)
from jpki.certificates.names import authority_named
from jpki.certificates.profile import EXACT, POLICY_OIDS, TOLERANT, PolicyOids, Reading
from jpki.certificates.structure import RawCertificate, read_certificate
from jpki.errors import MalformedCertificate
from jpki.terms import CertificateKind, Hierarchy, Medium, Purpose

__all__ = ["FACTS", "Fact", "Finding", "Grade", "LintReport", "Severity", "lint"]


class Severity(StrEnum):
    """How bad a finding is: an error makes it none of its kind, a note decides nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Grade(StrEnum):
    """How sure a fact of the profile is."""

    READ = "A"
    """Read from real certificates, or in the law."""
    QUOTED = "B"
    """From secondary sources that quote or implement the specification."""
    INFERRED = "C"
    """Inferred."""
    UNKNOWN = "?"
    """Unknown, or one weak source."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What the profile says, and how sure that is."""

    grade: Grade
    says_en: str
    says_ja: str


_READ, _QUOTED, _UNKNOWN = Grade.READ, Grade.QUOTED, Grade.UNKNOWN

FACTS: Final[Mapping[str, Fact]] = MappingProxyType(
    {
        "version": Fact(_READ, "X.509 version 3", "X.509 第3版"),
        "serial": Fact(
            _READ, "a positive issue number of at most four bytes", "発行の番号は正で4バイト以下"
        ),
        "signature": Fact(
            _READ,
            "sha256WithRSAEncryption with NULL, 256 bytes; an authority signs itself",
            "sha256WithRSAEncryption（NULL付き）、256バイト。認証局は自己署名",
        ),
        "issuer": Fact(_READ, "the name of one of the authorities", "発行者は認証局の名称"),
        "subject": Fact(
            _READ,
            "authentication: C, CN; signature: C, L, L, CN; an authority: its own name",
            "利用者証明用はC・CN、署名用はC・L・L・CN、認証局は自己の名称",
        ),
        "validity": Fact(
            _READ,
            "UTCTime, ending at 14:59:59Z; an authority for ten years",
            "UTCTimeで14:59:59Zに終わる。認証局は10年",
        ),
        "key": Fact(_READ, "RSA of 2048 bits, exponent 65537", "RSA 2048ビット、公開指数65537"),
        "unique-identifier": Fact(_READ, "no unique identifier", "一意識別子はない"),
        "extension": Fact(
            _READ,
            "the extensions of the kind, in their order and criticality",
            "種別ごとの拡張を定めた順序・重要度で持つ",
        ),
        # The specification revised in 2026 could not be read; a new extension may be in it.
        "extension.unknown": Fact(
            _UNKNOWN, "no other extension is known", "他の拡張は知られていない"
        ),
        "key-usage": Fact(
            _READ,
            "digitalSignature (signatures: nonRepudiation too); authorities keyCertSign, cRLSign",
            "digitalSignature（署名用はnonRepudiationも）、認証局はkeyCertSign・cRLSign",
        ),
        "extended-key-usage": Fact(_READ, "clientAuth alone", "clientAuthのみ"),
        "basic-constraints": Fact(_READ, "CA, without a path length", "CAで経路長の制限なし"),
        "policy": Fact(
            _READ,
            "one policy of the kind with one CPS address",
            "種別の証明書ポリシー一つとCPSのURL一つ",
        ),
        "policy.unlisted": Fact(
            _UNKNOWN,
            "the policies of mobile certificates are not known for certain",
            "移動端末設備用のポリシーは確かでない",
        ),
        "issuer-alternative-name": Fact(_READ, "the authority's Japanese name", "認証局の日本語名"),
        "subject-alternative-name": Fact(
            _READ, "the authority's Japanese name", "認証局の日本語名"
        ),
        "crl-distribution-point": Fact(
            _READ,
            "one directory name that ends in the municipality, or the authority's own",
            "市町村で終わるディレクトリ名一つ、認証局では自己の名称",
        ),
        "information-access": Fact(
            _READ, "one OCSP address, http://ocspauthnorm.jpki.go.jp", "OCSPのURL一つ"
        ),
        "authority-key-identifier": Fact(
            _READ,
            "the issuer's key identifier, name and serial",
            "発行者の鍵識別子・名称・番号の三つ",
        ),
        "subject-key-identifier": Fact(_READ, "SHA-1 of the key bits", "鍵のビット列のSHA-1"),
        "attributes": Fact(
            _QUOTED,
            "six UTF8String items: name, birth date, sex, address, marks of name and of address",
            "氏名・生年月日・性別・住所・氏名と住所の代替文字の印の六項目（UTF8String）",
        ),
        # Where a name reading (振り仮名) stands since 2026-05-26 is not known.
        "attributes.extra": Fact(
            _UNKNOWN,
            "where a name reading stands is not known",
            "振り仮名の置き場所は知られていない",
        ),
        "attributes.sex-uncertain": Fact(
            _UNKNOWN, "the code for unknown is not certain", "不明の符号は確かでない"
        ),
        "attributes.birth-date-incomplete": Fact(
            _UNKNOWN,
            "how an incomplete date is written is not known",
            "不完全な生年月日の書き方は知られていない",
        ),
        "malformed": Fact(_READ, "one X.509 certificate in DER", "DERのX.509証明書一つ"),
    }
)
"""What the profile says, by the beginning of a deviation's code; the longest that fits counts."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: its code, the byte, the sentence, what the profile says instead."""

    code: str
    offset: int | None
    message: str
    about: str
    fact: Fact
    severity: Severity

    def __str__(self) -> str:
        place = "" if self.offset is None else f" at byte {self.offset}"
        about = f" ({self.about})" if self.about else ""
        return f"{self.severity.value} {self.code}{place}: {self.message}{about}"


@dataclass(frozen=True, slots=True)
class LintReport:
    """Every finding, in the order of the certificate's fields.

    ``kind`` is ``None`` for an authority and for what could not be told.
    """

    findings: tuple[Finding, ...]
    kind: CertificateKind | None = None
    authority: Purpose | None = None

    @property
    def clean(self) -> bool:
        """Whether there is nothing but notes."""
        return all(one.severity is Severity.NOTE for one in self.findings)

    def count(self, severity: Severity) -> int:
        """Return how many findings are this bad."""
        return sum(one.severity is severity for one in self.findings)


def lint(
    data: bytes,
    *,
    policies: PolicyOids = POLICY_OIDS,
    reading: Reading = EXACT,
    uncertain: Severity = Severity.NOTE,
    source: str = "",
) -> LintReport:
    """Hold a certificate, an authority's or a holder's, against the exact profile.

    ``uncertain`` is the severity of a difference from a fact graded ``?``. Malformed bytes are a
    finding too, so nothing is raised for them.
    """
    try:
        raw = read_certificate(data, source=source)
        return _Linting(raw, policies, reading, uncertain).report()
    except MalformedCertificate as error:
        place = error.offset
        found = Finding("malformed", place, error.message, "", FACTS["malformed"], Severity.ERROR)
        return LintReport((found,))


@dataclass(frozen=True, slots=True)
class _Linting:
    raw: RawCertificate
    policies: PolicyOids
    reading: Reading
    uncertain: Severity

    def report(self) -> LintReport:
        named = authority_named(self.raw.issuer.der)
        if self.raw.subject.der == self.raw.issuer.der:
            return LintReport(self._authority(named), authority=named[1] if named else None)
        found = certificate_deviations(self.raw, policies=self.policies, reading=self.reading)
        identity = identify(self.raw, self.policies)
        kind = None if isinstance(identity, Deviation) else identity[2]
        return LintReport(tuple(self._finding(one, kind=kind) for one in found), kind=kind)

    def _authority(self, named: tuple[Hierarchy, Purpose] | None) -> tuple[Finding, ...]:
        found = [*authority_deviations(self.raw)]
        test = named is not None and named[0] is Hierarchy.TEST
        unreadable = any(one.code.startswith(("key.", "signature.")) for one in found)
        if not unreadable and not signed_itself(self.raw):
            found.append(Deviation("signature.self", self.raw.element.start))
        return tuple(self._finding(one, test=test) for one in found)

    def _finding(
        self, one: Deviation, *, kind: CertificateKind | None = None, test: bool = False
    ) -> Finding:
        fact = _fact(one.code, kind, test=test)
        return Finding(
            one.code, one.offset, one.message, one.about, fact, self._severity(one, fact)
        )

    def _severity(self, one: Deviation, fact: Fact) -> Severity:
        if fact.grade is Grade.UNKNOWN:
            return self.uncertain
        return Severity.WARNING if one.code in TOLERANT.tolerated else Severity.ERROR


# The look-alike test authorities could not be seen; these facts of them are unknown.
_UNSEEN_IN_TEST: Final = frozenset(
    {"subject-alternative-name.name", "validity.end-of-day", "validity.years"}
)


def _fact(code: str, kind: CertificateKind | None, *, test: bool) -> Fact:
    """Return the fact with its grade for this kind.

    That mobile certificates are built as the card's is inferred (Act 16-6, 35-6), and whether any
    but the card's authentication certificate names a responder is not known.
    """
    fact = FACTS[max((each for each in FACTS if _begins(code, each)), key=len)]
    responder = (
        code.startswith("information-access") and kind is not CertificateKind.CARD_AUTHENTICATION
    )
    if responder or (test and code in _UNSEEN_IN_TEST):
        return Fact(Grade.UNKNOWN, fact.says_en, fact.says_ja)
    if kind is not None and kind.medium is Medium.MOBILE_DEVICE and fact.grade in (_READ, _QUOTED):
        return Fact(Grade.INFERRED, fact.says_en, fact.says_ja)
    return fact


def _begins(code: str, beginning: str) -> bool:
    return code == beginning or code.startswith(beginning + ".")
