"""What events are called beside their mark: a word or two where the tables have a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jpki.law import RuleTable
from jpki.law.wording import value_words
from jpki.life.events import Event
from jpki.terms import CertificateKind
from simulator.pictures.model import Track, Words

__all__ = ["CODES", "named", "short_name", "track_of"]

CODES: Mapping[CertificateKind, str] = MappingProxyType(
    {
        CertificateKind.CARD_SIGNATURE: "CS",
        CertificateKind.CARD_AUTHENTICATION: "CA",
        CertificateKind.MOBILE_SIGNATURE: "MS",
        CertificateKind.MOBILE_AUTHENTICATION: "MA",
    }
)
"""The codes of the four kinds, as the rule tables' pages use them."""

_P, _C, _M = Track.PERSON, Track.CARD, Track.PHONE
# The words in braces are fields of the event, in the words of the rule tables.
_NAMES: Mapping[str, tuple[str, str, Track | None]] = MappingProxyType(
    {
        "resident_registered": ("record made", "住民票作成", _P),
        "resident_record_amended": ("{item} changed", "{item}の変更", _P),
        "resident_record_deleted": ("record deleted: {ground}", "消除：{ground}", _P),
        "furigana_recorded": ("furigana, {change}", "振り仮名（{change}）", _P),
        "move_out_notified": ("move out notified", "転出届", _P),
        "move_in_notified": ("move in notified", "転入届", _P),
        "actual_move_in_known": ("real move-in day known", "転入日の判明", _P),
        "return_to_japan_known": ("return known", "帰国の判明", _P),
        "departure_cancelled": ("departure cancelled", "国外転出の取りやめ", _P),
        "deadline_passed": ("period ran out", "期間の経過", _P),
        "number_changed": ("{number} changed", "{number}の変更", _P),
        "residence_period_changed": ("residence: {cause}", "在留：{cause}", _P),
        "guardianship_began": ("guardianship began", "成年後見の開始", _P),
        "card_issued": ("card handed over", "カード交付", _C),
        "card_loss_reported": ("card lost", "カード紛失", _C),
        "card_suspension_lifted": ("card released", "一時停止解除", _C),
        "card_reissue_requested": ("new card asked for", "再交付申請", _C),
        "lost_card_found": ("old card found", "旧カード発見", _C),
        "card_returned": ("card returned", "カード返納", _C),
        "card_exchanged": ("card exchanged", "カード交換", _C),
        "card_mode_changed": ("card: {to}", "カード：{to}", _C),
        "card_presented": ("card presented", "カード提示", _C),
        "card_left_with_consul": ("card left with consul", "領事官へ預入れ", _C),
        "card_collected_from_consul": ("card collected", "領事官から受取り", _C),
        "continued_use_arranged": ("use abroad arranged", "継続利用の手続", _C),
        "card_substitute_issued": ("substitute sent", "代替記録の送信", _M),
        "card_substitute_loss_reported": ("substitute's phone lost", "代替記録の端末紛失", _M),
        "mobile_device_enrolled": ("{platform} enrolled", "{platform}登録", _M),
        "mobile_device_loss_reported": ("phone lost", "端末紛失", _M),
        "mobile_device_suspension_lifted": ("phone released", "端末の停止解除", _M),
        "mobile_device_changed": ("phone: {change}", "端末：{change}", _M),
        "certificate_issued": ("{kinds} issued", "{kinds}発行", None),
        "revocation_requested": ("{kinds}: end requested", "{kinds}失効申請", None),
        "key_compromise_reported": ("{kinds}: {cause}", "{kinds}：{cause}", None),
        "record_error_found": ("{kinds}: record error", "{kinds}記録誤り", None),
        "issuer_key_compromised": ("issuer's key: {kinds}", "発行者の鍵：{kinds}", None),
        "issue_abandoned": ("{kinds} destroyed", "{kinds}廃棄", None),
        "validity_ended": ("{kinds} expired", "{kinds}満了", None),
        "pin_blocked": ("PIN locked", "暗証番号ロック", None),
        "pin_reset": ("PIN reset", "暗証番号再設定", None),
        "four_items_consent_given": ("consent given", "4情報の同意", _P),
        "four_items_consent_withdrawn": ("consent withdrawn", "同意の撤回", _P),
    }
)


def track_of(event: str) -> Track | None:
    """Return the lane an event belongs to; None for those that only concern certificates."""
    return _NAMES[event][2] if event in _NAMES else None


def short_name(event: Event, *, table: RuleTable) -> Words:
    """Return what an event is called in a word or two, with what the rules look at."""
    kinds = getattr(event, "kinds", None) or (getattr(event, "kind", None),)
    told = [CODES[kind] for kind in kinds if kind is not None]
    return named(event.name, kinds=told, event=event, table=table)


def named(
    name: str, *, table: RuleTable, kinds: list[str] | None = None, event: Event | None = None
) -> Words:
    """Return the short name of the event ``name`` about certificates of these codes."""
    en, ja, _ = _NAMES.get(name) or (*_note(table, name), None)
    fields_en, fields_ja = {"kinds": ", ".join(kinds or ())}, {"kinds": "・".join(kinds or ())}
    for field in () if event is None else event.told:
        value = str(getattr(event, field))
        fields_en[field] = value_words(table, field, value, "en")
        fields_ja[field] = value_words(table, field, value, "ja")
    return Words(en.format_map(fields_en), ja.format_map(fields_ja))


def _note(table: RuleTable, name: str) -> tuple[str, str]:
    row = table.event(name)
    return row.note_en.partition(";")[0], row.note_ja
