"""What is wrong between a program and a card, and what to do about it.

``examine`` walks the road in the order in which it breaks: the library, the service, the readers,
each card. It reads what is free to read, asks for the counters, and presents nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from jpki.card import layout
from jpki.card.applet import JpkiApplet
from jpki.card.connection import CardConnection
from jpki.card.token import Identity, identify
from jpki.certificates import parse_certificate
from jpki.errors import (
    CardError,
    CardInUse,
    FormatError,
    MissingExtra,
    NoCertificate,
    NoReaderService,
    PinRequired,
)
from jpki.terms import PinKind, Purpose

__all__ = ["ExaminedReader", "Finding", "Level", "Situation", "examine"]


class Level(StrEnum):
    """How bad a finding is: ``FAULT`` keeps programs from using a card."""

    GOOD = "good"
    NOTE = "note"
    FAULT = "fault"


class Situation(StrEnum):
    """What was found. The values are stable."""

    LIBRARY_MISSING = "library-missing"
    SERVICE_MISSING = "service-missing"
    NO_READER = "no-reader"
    READER_EMPTY = "reader-empty"
    NO_CARD_ANYWHERE = "no-card-anywhere"
    CARD_MUTE = "card-mute"
    CARD_HELD = "card-held"
    CARD_FAILED = "card-failed"
    FOREIGN_CARD = "foreign-card"
    OLD_JUKI_CARD = "old-juki-card"
    PHONE = "phone"
    CARD = "card"
    SIMULATED = "simulated"
    APPLICATION_MISSING = "application-missing"
    PIN_BLOCKED = "pin-blocked"
    LAST_TRY = "last-try"
    NO_CERTIFICATE = "no-certificate"
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_LIVE = "certificate-live"


@dataclass(frozen=True, slots=True)
class _Row:
    level: Level
    en: str
    ja: str
    cure_en: str = ""
    cure_ja: str = ""


_COUNTER_EN: Final = "the municipality of residence can help at its counter"
_COUNTER_JA: Final = "住所地の市区町村の窓口で手続をしてください"
_ROWS: Final = MappingProxyType(
    {
        Situation.LIBRARY_MISSING: _Row(
            Level.FAULT,
            "pyscard, which speaks to readers, is not installed",
            "リーダーと話すための pyscard が入っていません",
            "apt-get install libpcsclite-dev gcc python3-dev; pip install 'jpki[pcsc]'",
            "apt-get install libpcsclite-dev gcc python3-dev、続けて pip install 'jpki[pcsc]'",
        ),
        Situation.SERVICE_MISSING: _Row(
            Level.FAULT,
            "the smart card service (pcscd) does not answer",
            "スマートカードのサービス（pcscd）が応答しません",
            "apt-get install pcscd; systemctl enable --now pcscd.socket; for a simulated reader "
            "set PCSCLITE_CSOCK_NAME as jpki-sim prints it",
            "apt-get install pcscd、続けて systemctl enable --now pcscd.socket。模擬リーダーなら "
            "jpki-sim が示す PCSCLITE_CSOCK_NAME を設定してください",
        ),
        Situation.NO_READER: _Row(
            Level.FAULT,
            "the service knows no reader",
            "サービスはリーダーを一つも見つけていません",
            "connect a reader; for USB readers apt-get install libccid (or the maker's driver), "
            "then systemctl restart pcscd; a simulated one: jpki-sim reader start",
            "リーダーをつないでください。USB なら apt-get install libccid"
            "（またはメーカーのドライバー）のあと systemctl restart pcscd。"
            "模擬なら jpki-sim reader start",
        ),
        Situation.READER_EMPTY: _Row(
            Level.NOTE, "the reader is empty", "リーダーにカードがありません"
        ),
        Situation.NO_CARD_ANYWHERE: _Row(
            Level.FAULT,
            "no reader holds a card",
            "どのリーダーにもカードがありません",
            "put the card on a reader; on a contactless one, hold it flat and still",
            "カードをリーダーに置いてください。非接触なら平らに置いて動かさないでください",
        ),
        Situation.CARD_MUTE: _Row(
            Level.FAULT,
            "there is a card and it does not answer",
            "カードはありますが応答しません",
            "take it out, check which side is up, clean the contacts, and put it back",
            "いったん抜き、裏表を確かめ、端子を拭いて入れ直してください",
        ),
        Situation.CARD_HELD: _Row(
            Level.FAULT,
            "another program holds the card",
            "ほかのプログラムがカードを使っています",
            "close the other program (a browser, scdaemon, another reader tool)",
            "ほかのプログラム（ブラウザー、scdaemon、別のツールなど）を終えてください",
        ),
        Situation.CARD_FAILED: _Row(
            Level.FAULT,
            "the card could not be asked: {detail}",
            "カードに問い合わせできませんでした: {detail}",
            "put the card back and try again",
            "カードを置き直して、もう一度試してください",
        ),
        Situation.FOREIGN_CARD: _Row(
            Level.FAULT,
            "this is no JPKI token (ATR {detail})",
            "公的個人認証のカードではありません（ATR {detail}）",
            "use a My Number card, or a phone that carries JPKI certificates",
            "マイナンバーカードか、電子証明書を搭載したスマートフォンを使ってください",
        ),
        Situation.OLD_JUKI_CARD: _Row(
            Level.FAULT,
            "this is an old Juki card (住民基本台帳カード), which carries no certificate of today",
            "住民基本台帳カードです。今の電子証明書は入っていません",
            "apply for a My Number card; " + _COUNTER_EN,
            "マイナンバーカードを申請してください。" + _COUNTER_JA,
        ),
        Situation.PHONE: _Row(
            Level.GOOD,
            "a phone ({detail}): it signs and authenticates, its authentication certificate is "
            "read with the user PIN, and it has no card-face applications",
            "スマートフォン（{detail}）: 署名と利用者証明ができます。"
            "利用者証明用電子証明書の読取りには暗証番号が要り、券面の機能はありません",
        ),
        Situation.CARD: _Row(
            Level.GOOD, "a My Number card; every application answers", "マイナンバーカードです"
        ),
        Situation.SIMULATED: _Row(
            Level.NOTE, "the token says that it is simulated", "模擬のカードです"
        ),
        Situation.APPLICATION_MISSING: _Row(
            Level.FAULT,
            "the {detail} application does not answer",
            "{detail} が応答しません",
            "the card may be damaged or not yet activated; " + _COUNTER_EN,
            "カードが壊れているか、まだ有効になっていません。" + _COUNTER_JA,
        ),
        Situation.PIN_BLOCKED: _Row(
            Level.FAULT,
            "blocked: {detail}",
            "ロックされています: {detail}",
            _COUNTER_EN + "; waiting does not help",
            _COUNTER_JA + "（待っても解除されません）",
        ),
        Situation.LAST_TRY: _Row(
            Level.NOTE,
            "only one try is left: {detail}",
            "残り1回です: {detail}",
            "make sure of the PIN before you use it",
            "入力する前に暗証番号を確かめてください",
        ),
        Situation.NO_CERTIFICATE: _Row(
            Level.NOTE,
            "there is no certificate for: {detail}",
            "電子証明書がありません: {detail}",
            _COUNTER_EN,
            _COUNTER_JA,
        ),
        Situation.CERTIFICATE_UNREADABLE: _Row(
            Level.NOTE,
            "the authentication certificate is not of the known shape",
            "利用者証明用電子証明書の形式が不明です",
        ),
        Situation.CERTIFICATE_EXPIRED: _Row(
            Level.FAULT,
            "the authentication certificate has expired ({detail})",
            "利用者証明用電子証明書の有効期間が満了しています（{detail}）",
            _COUNTER_EN,
            _COUNTER_JA,
        ),
        Situation.CERTIFICATE_LIVE: _Row(
            Level.GOOD,
            "the authentication certificate is within its validity (until {detail})",
            "利用者証明用電子証明書は有効期間内です（{detail}まで）",
        ),
    }
)


_DETAILS_JA: Final = MappingProxyType(
    {
        layout.TokenKind.ANDROID_PHONE.value: "Android",
        layout.TokenKind.IPHONE.value: "iPhone",
        **{application.name: application.label_ja for application in layout.CARD_APPLICATIONS},
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, where, and its cure where it needs one."""

    situation: Situation
    reader: str = ""
    detail: str = ""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return _ROWS[self.situation].level

    def text(self, language: str) -> str:
        """Return the sentence in ``en`` or ``ja``."""
        row = _ROWS[self.situation]
        if language == "ja":
            return row.ja.format(detail=_DETAILS_JA.get(self.detail, self.detail))
        return row.en.format(detail=self.detail)

    def cure(self, language: str) -> str:
        """Return what to do, in ``en`` or ``ja``; empty where nothing is to be done."""
        row = _ROWS[self.situation]
        return row.cure_ja if language == "ja" else row.cure_en


class _State(Protocol):
    @property
    def present(self) -> bool: ...
    @property
    def mute(self) -> bool: ...
    @property
    def exclusive(self) -> bool: ...
    @property
    def atr(self) -> bytes: ...


class ExaminedReader(Protocol):
    """A reader as the service knows it."""

    @property
    def name(self) -> str:
        """The reader's name."""
        ...

    def state(self) -> _State:
        """What the service says about it without touching its card."""
        ...

    def connect(self) -> AbstractContextManager[CardConnection]:
        """Hold its card."""
        ...


def examine(
    readers: Callable[[], Sequence[ExaminedReader]], *, at: datetime
) -> tuple[Finding, ...]:
    """Return everything found, in the order of the road."""
    try:
        found = readers()
    except MissingExtra:
        return (Finding(Situation.LIBRARY_MISSING),)
    except NoReaderService as error:
        return (Finding(Situation.SERVICE_MISSING, detail=error.message),)
    if not found:
        return (Finding(Situation.NO_READER),)
    findings = [finding for reader in found for finding in _examine_reader(reader, at)]
    if all(finding.situation is Situation.READER_EMPTY for finding in findings):
        findings.append(Finding(Situation.NO_CARD_ANYWHERE))
    return tuple(findings)


def _examine_reader(reader: ExaminedReader, at: datetime) -> Iterator[Finding]:
    state = reader.state()
    if not state.present:
        yield Finding(Situation.READER_EMPTY, reader.name)
    elif state.mute:
        yield Finding(Situation.CARD_MUTE, reader.name)
    elif state.exclusive:
        yield Finding(Situation.CARD_HELD, reader.name)
    else:
        yield from _examine_held(reader, state.atr, at)


def _examine_held(reader: ExaminedReader, atr: bytes, at: datetime) -> Iterator[Finding]:
    try:
        with reader.connect() as connection:
            for situation, detail in _examine_card(connection, atr, at):
                yield Finding(situation, reader.name, detail)
    except CardInUse:
        yield Finding(Situation.CARD_HELD, reader.name)
    except (CardError, FormatError) as error:
        yield Finding(Situation.CARD_FAILED, reader.name, error.message)


_Told = Iterator[tuple[Situation, str]]


def _examine_card(connection: CardConnection, atr: bytes, at: datetime) -> _Told:
    identity = identify(connection)
    match identity.kind:
        case None:
            yield Situation.FOREIGN_CARD, atr.hex(" ").upper() or "?"
            return
        case layout.TokenKind.JUKI_CARD:
            yield Situation.OLD_JUKI_CARD, ""
            return
        case layout.TokenKind.INDIVIDUAL_NUMBER_CARD:
            yield from _missing_applications(identity)
        case phone:
            yield Situation.PHONE, phone.value
    if identity.simulated:
        yield Situation.SIMULATED, ""
    applet = JpkiApplet(connection)
    yield from _counters(applet)
    yield from _certificates(applet, at)


def _missing_applications(identity: Identity) -> _Told:
    token = identity.token
    expected = token.applications if token is not None else ()
    answering = {application.aid for application in identity.applications}
    missing = [row for row in expected if row.aid not in answering]
    for application in missing:
        yield Situation.APPLICATION_MISSING, application.name
    if not missing:
        yield Situation.CARD, ""


def _counters(applet: JpkiApplet) -> _Told:
    for pin in PinKind:
        match applet.tries_left(pin):
            case 0:
                yield Situation.PIN_BLOCKED, f"{pin.label_ja} ({pin.value})"
            case 1:
                yield Situation.LAST_TRY, f"{pin.label_ja} ({pin.value})"


def _certificates(applet: JpkiApplet, at: datetime) -> _Told:
    available = applet.availability() or {}
    for purpose, there in available.items():
        if not there:
            yield Situation.NO_CERTIFICATE, f"{purpose.label_ja} ({purpose.value})"
    try:
        der = applet.certificate(Purpose.USER_AUTHENTICATION)
        certificate = parse_certificate(der)
    except (PinRequired, NoCertificate):
        return
    except FormatError:
        yield Situation.CERTIFICATE_UNREADABLE, ""
        return
    ended = at > certificate.not_after
    situation = Situation.CERTIFICATE_EXPIRED if ended else Situation.CERTIFICATE_LIVE
    yield situation, certificate.not_after.isoformat()
