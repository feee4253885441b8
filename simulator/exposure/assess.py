"""The assessment: what a phone can be made to do, and apart from it, who would take the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from jpki.errors import ImpossibleFact
from jpki.jst import require_aware
from jpki.law import RuleTable
from jpki.life import (
    CertificateRecord,
    CertificateState,
    Lapse,
    PublicationSchedule,
    State,
)
from jpki.terms import Certainty, CertificateKind, PinKind, Purpose
from simulator.exposure.layers import ended_by, finding, rule_of
from simulator.exposure.model import (
    ExposureReport,
    Finding,
    Layer,
    Reach,
    Standing,
    Until,
    Use,
    Who,
)
from simulator.exposure.records import records_of
from simulator.phone.element import erasure_due
from simulator.phone.listing import PhoneState, devices, devices_told
from simulator.phone.listing import Standing as PhoneStanding
from simulator.phone.platforms import PLATFORMS, KeysAfter
from simulator.world import World

__all__ = ["exposure", "exposure_of"]

_POLICY = "biometrics_after_change"
_UNKNOWN_PIN = {
    Purpose.SIGNATURE: (
        "the signature password is not known, and nothing stands in for it",
        "署名用パスワードを知らず、代わるものもない",
    ),
    Purpose.USER_AUTHENTICATION: ("the PIN is not known", "暗証番号を知らない"),
}
# What would end it, when it were done.
_WOULD = {
    Layer.DUTY_TO_APPLY: (
        "the holder has not applied, as one must when use stops; nothing falls without it",
        "使用をやめた本人の申請がない。申請がなければ失効しない",
    ),
    Layer.NEW_ENROLMENT: (
        "enrolling another phone would end it",
        "別の端末を登録すれば失効する",
    ),
    Layer.SUSPENSION: (
        "the call centre would suspend it at any hour; a signature certificate is revoked by that",
        "電話でいつでも停止できる（署名用は失効する）",
    ),
}
_PINS = {
    Purpose.SIGNATURE: PinKind.SIGNATURE_PASSWORD,
    Purpose.USER_AUTHENTICATION: PinKind.USER_PIN,
}


def exposure(world: World, person: str, *, at: datetime | None = None) -> ExposureReport:
    """Return who could use the person's phones at ``at``, by default now; nothing is written.

    Of a past instant the log tells all but what was in the phones. ``ImpossibleFact`` for an
    instant that has not come yet, and for a person who is not registered.
    """
    if at is None or at == world.now:
        report = exposure_of(world.state(), person, phones=devices(world, person))
        return replace(report, records=records_of(world, person))
    if require_aware(at) > world.now:
        raise ImpossibleFact("that instant has not come yet", hint="advance the world first")
    return exposure_of(world.state(at), person)


def exposure_of(
    state: State, person: str, *, phones: Sequence[PhoneState] | None = None
) -> ExposureReport:
    """Return the report for a state, and for phones as they are; without them, as the log tells."""
    seen = devices_told(state, person) if phones is None else phones
    return ExposureReport(
        person=person,
        at=state.at,
        phones_seen=phones is not None,
        uses=tuple(
            use
            for phone in seen
            for record in _newest(state, person, phone.id)
            for use in _uses(state, person, phone, record)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One phone, one certificate, and somebody."""

    state: State
    phone: PhoneState
    record: CertificateRecord
    who: Who
    erasure_due: bool

    @property
    def table(self) -> RuleTable:
        return self.state.book.table

    @property
    def kind(self) -> CertificateKind:
        return self.record.kind

    @property
    def signs(self) -> bool:
        return self.kind.purpose is Purpose.SIGNATURE

    @property
    def ended(self) -> Lapse | None:
        """The record that ended or holds the certificate."""
        now = self.state.state_of(self.record)
        if now is CertificateState.REVOKED:
            return self.record.lapse
        return self.record.hold if now is CertificateState.HELD else None


def _newest(state: State, person: str, device: str) -> Iterator[CertificateRecord]:
    newest = {each.kind: each for each in state.records(person) if each.device == device}
    for kind in (CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION):
        if kind in newest:
            yield newest[kind]


def _uses(state: State, person: str, phone: PhoneState, record: CertificateRecord) -> Iterator[Use]:
    until = _until(state, record)
    due = erasure_due(state, person, phone.id)
    for who in Who:
        case = _Case(state, phone, record, who, due)
        physical = tuple(_physical(case))
        yield Use(
            device=phone.id,
            platform=phone.platform,
            enrolled=phone.standing is not PhoneStanding.OLD,
            kind=record.kind,
            serial=record.serial,
            certificate=state.state_of(record),
            who=who,
            reach=_reach(physical),
            until=until,
            accepted=until.accepted_at(state.at),
            findings=(*physical, *_by_record(case, until)),
        )


def _until(state: State, record: CertificateRecord) -> Until:
    """Return when the certificate's end is law and when verifiers see it (VO-1)."""
    now = state.state_of(record)
    ended = {CertificateState.REVOKED: record.lapse, CertificateState.HELD: record.hold}.get(now)
    last = record.valid_until
    if ended is None:
        return Until(last, last, last, expires_at=last, recorded=False)
    schedule = PublicationSchedule.from_policies(state.book.policies)
    return Until(
        effect_ends=ended.recorded_at,
        # The clocks of a fact are its own record's; a certificate's may follow by some seconds.
        ocsp=schedule.first_ocsp_with(ended.recorded_at),
        lists=schedule.first_list_with(ended.recorded_at) + schedule.list_takeover,
        expires_at=last,
        recorded=True,
    )


def _reach(physical: Sequence[Finding]) -> Reach:
    standings = {each.standing for each in physical}
    if Standing.STOPS in standings:
        return Reach.CANNOT
    return Reach.OPEN if Standing.OPEN in standings else Reach.CAN


# The phone itself


def _physical(case: _Case) -> Iterator[Finding]:
    yield _erasure(case)
    yield from _pin(case)
    if not case.signs and case.who in (Who.FINDER, Who.UNLOCKED):
        yield _biometrics(case)


def _erasure(case: _Case) -> Finding:
    rule = rule_of(Layer.ERASURE, case.kind)
    gone = case.kind.purpose not in case.phone.keys
    buys_empty = (
        case.who is Who.BUYER and PLATFORMS[case.phone.platform].keys_after_reset is KeysAfter.GONE
    )
    if not case.phone.working:
        words = ("the chip does not answer any more", "チップが応答しない")
        return _row(case, Layer.ERASURE, Standing.STOPS, "mobile-changed.mobile", words)
    if gone:
        words = ("no key is left in the element", "チップに鍵が残っていない")
        return _row(case, Layer.ERASURE, Standing.STOPS, rule, words)
    if buys_empty:
        words = ("erasing the phone takes the keys", "端末の消去で鍵もなくなる")
        return _row(case, Layer.ERASURE, Standing.STOPS, "mobile-changed.mobile", words)
    if case.erasure_due:
        words = (
            "the keys are erased when the phone is next online; until then they still sign",
            "次にオンラインになったとき鍵を消去。それまでは署名できる",
        )
        return _row(case, Layer.ERASURE, Standing.LATER, rule, words)
    words = ("the keys are in the element", "鍵はチップ内にある")
    return _row(case, Layer.ERASURE, Standing.NOT_TAKEN, rule, words)


def _pin(case: _Case) -> Iterator[Finding]:
    rule = rule_of(Layer.PIN, case.kind)
    if case.phone.tries.get(_PINS[case.kind.purpose]) == 0 and case.phone.keys:
        words = ("the PIN is blocked until it is set anew", "暗証番号は再設定までロック中")
        yield _row(case, Layer.PIN, Standing.STOPS, rule, words)
        return
    if case.who in (Who.HOLDER, Who.THIEF):
        words = ("who knows the PIN is not stopped by it", "暗証番号を知る者は防げない")
        yield _row(case, Layer.PIN, Standing.NOT_TAKEN, rule, words)
    elif case.who is Who.UNLOCKED and not case.signs and _may_enrol_a_finger(case):
        return
    else:
        yield _row(case, Layer.PIN, Standing.STOPS, rule, _UNKNOWN_PIN[case.kind.purpose])


def _biometrics(case: _Case) -> Finding:
    if case.who is Who.UNLOCKED and _may_enrol_a_finger(case):
        words = (
            "another finger or face may be enrolled by who can unlock the phone; "
            "whether it serves at once is open",
            "ロックを解除できる者が別の指・顔を登録しうる。すぐ使えるかは不明",
        )
        return finding(
            case.table,
            Layer.BIOMETRICS,
            Standing.OPEN,
            _POLICY,
            words=words,
            certainty=Certainty.ASSUMED,
        )
    words = ("the finger or face does not match", "指・顔が一致しない")
    return _row(case, Layer.BIOMETRICS, Standing.STOPS, "P9", words)


def _may_enrol_a_finger(case: _Case) -> bool:
    return case.phone.biometrics and case.state.book.policies[_POLICY] == "usable"


# What is on record, and what a verifier finds


def _by_record(case: _Case, until: Until) -> Iterator[Finding]:
    ended, layer = case.ended, None
    if ended is not None:
        layer = ended_by(ended)
        yield _row(case, layer, Standing.STOPS, ended.rule, at=ended.recorded_at)
    else:
        yield from _not_taken(case)
    expired = case.state.at > case.record.valid_until
    yield _row(
        case,
        Layer.VALIDITY,
        Standing.STOPS if expired else Standing.LATER,
        rule_of(Layer.VALIDITY, case.kind),
        at=case.record.valid_until,
    )
    yield _verifier(case, until)


def _not_taken(case: _Case) -> Iterator[Finding]:
    if case.state.state_of(case.record) is CertificateState.EXPIRED:
        return
    for layer, words in _WOULD.items():
        yield _row(case, layer, Standing.NOT_TAKEN, rule_of(layer, case.kind), words)
    if case.who is Who.BUYER:
        words = (
            "reuse shops and flea markets ask sellers to revoke first",
            "買取店・フリマは売主に事前の失効を求める",
        )
        yield finding(
            case.table,
            Layer.BUYERS_ASK,
            Standing.NOT_TAKEN,
            rule_of(Layer.BUYERS_ASK, case.kind),
            words=words,
            source="digital-agency",
            certainty=Certainty.PRACTICE,
        )


def _verifier(case: _Case, until: Until) -> Finding:
    rule = rule_of(Layer.VERIFIER, case.kind)
    expired = case.state.state_of(case.record) is CertificateState.EXPIRED
    if not until.recorded and not expired:
        words = (
            "finds nothing: no loss of effect is on record",
            "失効の記録がなく、確認では分からない",
        )
        return _row(case, Layer.VERIFIER, Standing.NOT_TAKEN, rule, words)
    if not until.accepted_at(case.state.at):
        return _row(case, Layer.VERIFIER, Standing.STOPS, rule, at=until.latest)
    words = (
        "who asks OCSP is told first, who loads the daily list later",
        "OCSPでは早く、日次の失効情報ファイルでは遅く分かる",
    )
    return _row(case, Layer.VERIFIER, Standing.LATER, rule, words, at=until.latest)


def _row(
    case: _Case,
    layer: Layer,
    standing: Standing,
    rule: str,
    words: tuple[str, str] | None = None,
    *,
    at: datetime | None = None,
) -> Finding:
    return finding(case.table, layer, standing, rule, words=words, at=at)
