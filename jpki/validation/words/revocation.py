"""What step 10, revocation, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
    "revocation.good": Sentence(
        "not on the revocation list no. {number} of {this_update}",
        "{this_update}の失効リスト第{number}号に載っていません",
    ),
    "revocation.lost-later": Sentence(
        "had effect then: {reason} was recorded later, {recorded_at}",
        "その時点では有効でした：{reason}（{reason_ja}）の記録は後の{recorded_at}です",
    ),
    "revocation.revoked": Sentence(
        "revoked: {reason}, recorded {recorded_at}",
        "失効しています：{reason}（{reason_ja}）、記録日時{recorded_at}",
    ),
    "revocation.held": Sentence(
        "held (certificateHold) since {recorded_at}",
        "一時停止中です（certificateHold、{recorded_at}から）",
    ),
    "revocation.revoked-no-proof": Sentence(
        "revoked: {reason}, recorded {recorded_at}; nothing proves that it was signed before",
        "失効しています：{reason}（{reason_ja}）、記録日時{recorded_at}。その前に署名された証明がありません",
    ),
    "revocation.held-no-proof": Sentence(
        "held (certificateHold) since {recorded_at}; nothing proves that it was signed before",
        "一時停止中です（certificateHold、{recorded_at}から）。その前に署名された証明がありません",
    ),
    "revocation.source-failed": Sentence(
        "no revocation data could be had: {problem}", "失効情報を取得できませんでした：{problem}"
    ),
    "revocation.no-list": Sentence("no revocation list was given", "失効リストが渡されていません"),
    "revocation.other-issuer": Sentence(
        "the list is of another issuer", "失効リストの発行者が異なります"
    ),
    "revocation.other-key": Sentence(
        "the list is of another key of the issuer ({key_id})",
        "失効リストは同じ発行者の別の鍵（{key_id}）のものです",
    ),
    "revocation.bad-signature": Sentence(
        "the list is not signed by the issuer", "失効リストに発行者の正しい署名がありません"
    ),
    "revocation.other-partition": Sentence(
        "the list is for another distribution point ({found}) than the certificate's ({wanted})",
        "失効リストの配布点（{found}）が証明書の配布点（{wanted}）と異なります",
    ),
    "revocation.other-scope": Sentence(
        "the list does not speak of subscribers' certificates, or only of some reasons",
        "失効リストの対象が利用者の証明書ではないか、一部の理由に限られています",
    ),
    "revocation.delta": Sentence(
        "the list is a delta list, which tells changes only",
        "差分失効リストのため、これだけでは判定できません",
    ),
    "revocation.critical-extension": Sentence(
        "the list has a critical extension that is not known: {oid}",
        "失効リストに未知の重要拡張{oid}があります",
    ),
    "revocation.not-yet": Sentence(
        "the list begins at {this_update}, after {at}",
        "失効リストは{this_update}からのもので、{at}より後です",
    ),
    "revocation.stale": Sentence(
        "the list ended at {next_update}, before {at}",
        "失効リストは{next_update}までのもので、{at}には古くなっています",
    ),
    "revocation.hold-may-be-over": Sentence(
        "an outdated list shows a hold, which may have been released since",
        "古い失効リストに一時停止がありますが、その後解除された可能性があります",
    ),
    "revocation.good-by-answer": Sentence(
        "good by the OCSP answer of {this_update}",
        "{this_update}のOCSP応答では有効（失効していない）です",
    ),
    "revocation.answer-refused": Sentence(
        "the OCSP responder gave no answer: {status}",
        "OCSPレスポンダが回答しませんでした：{status}",
    ),
    "revocation.answer-other-certificate": Sentence(
        "the OCSP answer is about another certificate", "OCSP応答は別の証明書についてのものです"
    ),
    "revocation.answer-algorithm": Sentence(
        "the OCSP answer is signed with an algorithm that is not accepted",
        "OCSP応答の署名方式は受け入れられません",
    ),
    "revocation.answer-no-responder": Sentence(
        "the certificate of whoever signed the OCSP answer is not in it",
        "OCSP応答に署名者の証明書が含まれていません",
    ),
    "revocation.answer-responder": Sentence(
        "whoever signed the OCSP answer may not do so: {why}",
        "OCSP応答の署名者にその権限がありません：{why}",
    ),
    "revocation.answer-signature": Sentence(
        "the signature of the OCSP answer does not match", "OCSP応答の署名値が一致しません"
    ),
    "revocation.answer-no-check": Sentence(
        "the OCSP responder's certificate may be revoked, and that was not checked",
        "OCSPレスポンダの証明書の失効を確認できません（id-pkix-ocsp-nocheckなし）",
    ),
    "revocation.answer-critical-extension": Sentence(
        "the OCSP answer has a critical extension that is not known: {oid}",
        "OCSP応答に未知の重要拡張{oid}があります",
    ),
    "revocation.answer-no-nonce": Sentence(
        "the OCSP answer does not repeat the nonce, so it may be an old one",
        "OCSP応答にノンスがなく、過去の応答である可能性があります",
    ),
    "revocation.answer-other-nonce": Sentence(
        "the OCSP answer repeats another nonce, so it was made for another question",
        "OCSP応答のノンスが一致せず、別の問い合わせへの応答です",
    ),
    "revocation.answer-times": Sentence(
        "the OCSP answer, made at {produced_at}, tells of a later time",
        "OCSP応答の時刻が矛盾しています（作成日時{produced_at}より後を述べています）",
    ),
    "revocation.answer-unknown": Sentence(
        "the OCSP responder does not know the certificate",
        "OCSPレスポンダはこの証明書を把握していません（unknown）",
    ),
    "revocation.answer-not-yet": Sentence(
        "the OCSP answer is of {this_update}, after {at}",
        "OCSP応答は{this_update}のもので、{at}より後です",
    ),
    "revocation.answer-stale": Sentence(
        "the OCSP answer of {this_update} held until {next_update}, before {at}",
        "{this_update}のOCSP応答は{next_update}までのもので、{at}には古くなっています",
    ),
    "revocation.answer-hold-may-be-over": Sentence(
        "an outdated OCSP answer shows a hold, which may have been released since",
        "古いOCSP応答に一時停止がありますが、その後解除された可能性があります",
    ),
    "revocation.against-revocation": Sentence(
        "what was made at {this_update} says {said}, but a revocation is recorded: {decided}",
        "{this_update}作成の情報は{said}としていますが、失効の記録があります（判定：{decided}）",
    ),
    "revocation.against-newer": Sentence(
        "what was made at {this_update} says {said}; what is newer says {decided}",
        "{this_update}作成の情報は{said}、より新しい情報は{decided}としています",
    ),
}
