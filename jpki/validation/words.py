"""What each finding says, in English and Japanese.

A finding has a stable code such as ``revocation.revoked``; the sentence is made from the code and
the finding's facts, so that both languages always say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["SENTENCES", "STEP_NAMES_JA", "Language", "Sentence", "say"]

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in two languages; ``{names}`` are facts of the finding."""

    en: str
    ja: str


STEP_NAMES_JA: Mapping[str, str] = {
    "structure": "構造",
    "signer": "署名者",
    "content": "内容",
    "signature": "署名値",
    "time": "時点",
    "chain": "発行者",
    "validity": "有効期間",
    "key usage": "鍵用途",
    "policy": "種別",
    "revocation": "失効",
}

SENTENCES: Mapping[str, Sentence] = {
    # 1 structure
    "structure.raw": Sentence(
        "a bare RSA signature value (SHA-256)", "署名値だけの署名（RSA・SHA-256）です"
    ),
    "structure.other-audience": Sentence(
        "the challenge was made for another service", "別のサービスのためのチャレンジです"
    ),
    "structure.challenge-outside": Sentence(
        "the challenge lives from {issued_at} to {expires_at}, and was answered at {at}",
        "チャレンジは{issued_at}から{expires_at}までのもので、応答は{at}でした",
    ),
    "structure.certificate": Sentence(
        "a certificate that was verified before; no signature is judged",
        "一度確認した証明書です（署名は判定しません）",
    ),
    "structure.cms": Sentence("a CMS signature (RSA, SHA-256)", "CMS署名（RSA・SHA-256）です"),
    "structure.pdf": Sentence("a PDF signature (RSA, SHA-256)", "PDF署名（RSA・SHA-256）です"),
    "structure.xml": Sentence("an XML signature (RSA, SHA-256)", "XML署名（RSA・SHA-256）です"),
    "structure.malformed": Sentence("{problem}", "署名として読めません：{problem}"),
    "structure.signers": Sentence(
        "{count} signers; exactly one is expected", "署名者が{count}名です（1名であるべきです）"
    ),
    "structure.digest-algorithm": Sentence(
        "the digest algorithm {oid} is not SHA-256",
        "ダイジェスト方式{oid}はSHA-256ではありません",
    ),
    "structure.signature-algorithm": Sentence(
        "the signature algorithm {oid} is not RSA PKCS#1 v1.5 with SHA-256",
        "署名方式{oid}はRSA PKCS#1 v1.5（SHA-256）ではありません",
    ),
    "structure.content-type": Sentence(
        "the signed attributes speak of content type {signed}, the message of {stated}",
        "署名属性のコンテンツ種別{signed}が本体の{stated}と異なります",
    ),
    # 2 signer
    "signer.found": Sentence("{kind}, issue number {serial}", "{kind_ja}（発行の番号 {serial}）"),
    "signer.absent": Sentence(
        "the signer's certificate is not in the signature",
        "署名者の証明書が署名に含まれていません",
    ),
    "signer.ambiguous": Sentence(
        "{count} certificates in the signature answer to the signer's name",
        "署名者に当てはまる証明書が{count}枚あります",
    ),
    "signer.not-jpki": Sentence(
        "not a JPKI certificate: {deviation}",
        "公的個人認証サービスの証明書ではありません：{deviation}",
    ),
    "signer.malformed": Sentence("{problem}", "証明書として読めません：{problem}"),
    "signer.other-certificate": Sentence(
        "the signature was made for another certificate than the one it carries",
        "署名は添付の証明書とは別の証明書のために作られています",
    ),
    # 3 content
    "content.same": Sentence("the content is what was signed", "内容は署名されたものと同じです"),
    "content.missing": Sentence(
        "the signature is detached and no content was given",
        "分離署名ですが、署名対象の内容が渡されていません",
    ),
    "content.differs": Sentence(
        "the content has SHA-256 {found}, but {signed} was signed",
        "内容のSHA-256は{found}ですが、署名されたのは{signed}です",
    ),
    "content.two": Sentence(
        "the signature carries its content, and other content was given",
        "署名が内容を含んでいますが、別の内容が渡されました",
    ),
    "content.piece-differs": Sentence(
        "{name} is not what was signed: its digest is {found}, {signed} was signed",
        "{name}が署名されたものと異なります（ダイジェスト{found}、署名されたのは{signed}）",
    ),
    "content.piece-missing": Sentence(
        "{name} was signed too, and was not given", "{name}も署名の対象ですが、渡されていません"
    ),
    # 4 signature
    "signature.matches": Sentence("the signature value matches", "署名値が一致します"),
    "signature.differs": Sentence(
        "the signature value does not match the certificate's key",
        "署名値が証明書の鍵と一致しません",
    ),
    "signature.nothing-to-check": Sentence(
        "without the content there is nothing to check the signature value against",
        "内容がないため、署名値を確認できません",
    ),
    # 5 time
    "time.reception": Sentence(
        "judged at the time of the check, {at}", "確認の時点{at}で判定します"
    ),
    "time.received": Sentence("judged at {at}, when it was received", "受信の時点{at}で判定します"),
    "time.stamped": Sentence(
        "judged at {at}, when a timestamp proves that it existed",
        "タイムスタンプで存在が証明された時点{at}で判定します",
    ),
    "time.no-proof": Sentence(
        "nothing proves when it was made; judged at {at}",
        "署名の時期を証明するものがないため、{at}で判定します",
    ),
    # timestamps
    "time.proven": Sentence(
        "existed by {gen_time}, says a timestamp authority whose path holds at {at}",
        "{gen_time}に存在したことを時刻認証局が証明しています（証明書の経路は{at}に有効）",
    ),
    "time.proven-before-revocation": Sentence(
        "existed by {gen_time}; the authority's certificate was revoked later, at {revoked_at}, "
        "for a reason that leaves earlier timestamps good ({reason})",
        "{gen_time}に存在したことが証明されています。時刻認証局の証明書は後の{revoked_at}に失効しましたが、"
        "それ以前のタイムスタンプに影響しない理由（{reason}）です",
    ),
    "time.covered": Sentence(
        "existed by {gen_time}; the authority's certificate is judged at {at}, when a later "
        "timestamp covered this one",
        "{gen_time}に存在したことが証明されています。時刻認証局の証明書は、後のタイムスタンプが"
        "付された{at}の時点で判定しました",
    ),
    "time.malformed": Sentence("{problem}", "タイムスタンプとして読めません：{problem}"),
    "time.weak-digest": Sentence(
        "the timestamp rests on the weak digest algorithm {oid}",
        "タイムスタンプが弱いダイジェスト方式{oid}に依っています",
    ),
    "time.other-imprint": Sentence(
        "the timestamp is over a digest by {oid}, which was not computed here",
        "タイムスタンプの対象は{oid}によるダイジェストで、ここでは計算していません",
    ),
    "time.imprint-differs": Sentence(
        "the timestamp was made for something else",
        "タイムスタンプは別のものに対して作られています",
    ),
    "time.critical-extension": Sentence(
        "the timestamp has a critical extension that is not known: {oid}",
        "タイムスタンプに未知の重要拡張{oid}があります",
    ),
    "time.other-policy": Sentence(
        "the timestamp was made under policy {oid}, which is not accepted",
        "タイムスタンプのポリシー{oid}は受け入れられません",
    ),
    "time.future": Sentence(
        "the timestamp says {gen_time}, which lies after {at}",
        "タイムスタンプの時刻{gen_time}は{at}より後です",
    ),
    "time.no-certificate": Sentence(
        "the certificate of the timestamp's signer is neither in it nor was it given",
        "タイムスタンプの署名者の証明書がありません",
    ),
    "time.other-certificate": Sentence(
        "the timestamp was made with another certificate than the one that is named",
        "タイムスタンプは名指された証明書とは別の証明書で作られています",
    ),
    "time.certificate-malformed": Sentence(
        "the timestamp authority's certificate cannot be read",
        "時刻認証局の証明書を読めません",
    ),
    "time.digest-differs": Sentence(
        "what the timestamp says is not what its signer signed",
        "タイムスタンプの内容が署名されたものと異なります",
    ),
    "time.signature-algorithm": Sentence(
        "the timestamp is signed with {oid}, which cannot be checked here",
        "タイムスタンプの署名方式{oid}は検証できません",
    ),
    "time.weak-key": Sentence(
        "the timestamp authority's key has {bits} bits, fewer than {least}",
        "時刻認証局の鍵は{bits}ビットで、{least}ビットに足りません",
    ),
    "time.bad-signature": Sentence(
        "the signature value of the timestamp does not match",
        "タイムスタンプの署名値が一致しません",
    ),
    "time.wrong-purpose": Sentence(
        "the certificate is not one for timestamps: extKeyUsage must be critical and timeStamping "
        "alone (RFC 3161 §2.3)",
        "時刻認証用の証明書ではありません（extKeyUsageは重要拡張でtimeStampingのみであること）",
    ),
    "time.wrong-key-usage": Sentence(
        "the key usage of the timestamp authority's certificate is not for signing, or for more",
        "時刻認証局の証明書の鍵用途が署名用ではないか、署名以外を含みます",
    ),
    "time.other-name": Sentence(
        "the timestamp names another authority than its certificate",
        "タイムスタンプが名乗る時刻認証局が証明書と異なります",
    ),
    "time.outside-validity": Sentence(
        "the timestamp says {gen_time}, but its certificate is valid from {not_before} to "
        "{not_after}",
        "タイムスタンプの時刻{gen_time}は証明書の有効期間（{not_before}から{not_after}）の外です",
    ),
    "time.expired": Sentence(
        "the timestamp authority's certificate, or one above it, had expired by {at}, and no later "
        "timestamp covers this one",
        "時刻認証局の証明書（または上位の証明書）は{at}には満了しており、これを覆う後のタイムスタンプもありません",
    ),
    "time.revoked": Sentence(
        "a certificate on the timestamp authority's path was revoked at {revoked_at} ({reason})",
        "時刻認証局の証明書の経路に失効した証明書があります（{revoked_at}、{reason}）",
    ),
    "time.no-chain": Sentence(
        "no path leads from a given root to the timestamp authority",
        "渡されたルートから時刻認証局への経路がありません",
    ),
    "time.status-unknown": Sentence(
        "the status of the timestamp authority's certificates at {at} is not known",
        "時刻認証局の証明書の{at}における状態が分かりません",
    ),
    "time.chain-refused": Sentence(
        "the path to the timestamp authority does not hold: {problem}",
        "時刻認証局への経路が成り立ちません：{problem}",
    ),
    "time.unchecked": Sentence(
        "the path to the timestamp authority could not be checked: {problem}",
        "時刻認証局への経路を確認できませんでした：{problem}",
    ),
    # 6 chain
    "chain.trusted": Sentence(
        "issued by a root that was given: {authority}", "渡されたルート{authority}が発行しました"
    ),
    "chain.no-root": Sentence("no root was given", "ルート証明書が渡されていません"),
    "chain.unknown-issuer": Sentence(
        "none of the {count} roots given is the issuer, whose key identifier is {key_id}",
        "渡された{count}件のルートの中に発行者（鍵識別子{key_id}）がありません",
    ),
    "chain.not-signed": Sentence(
        "the certificate names {authority} as its issuer, but that root did not sign it",
        "証明書は{authority}を発行者としていますが、その署名がありません",
    ),
    "chain.root-outside-validity": Sentence(
        "the root is valid from {not_before} to {not_after}, not at {at}",
        "ルートの有効期間は{not_before}から{not_after}で、{at}は含まれません",
    ),
    # 7 validity
    "validity.inside": Sentence(
        "valid from {not_before} to {not_after}", "有効期間は{not_before}から{not_after}です"
    ),
    "validity.not-yet": Sentence(
        "not valid before {not_before}; asked about {at}",
        "有効期間の開始は{not_before}で、{at}はその前です",
    ),
    "validity.expired": Sentence(
        "expired at {not_after}; asked about {at}",
        "{not_after}に有効期間が満了しています（判定時点{at}）",
    ),
    "validity.expired-no-proof": Sentence(
        "expired at {not_after}, and nothing proves that it was signed before (judged at {at})",
        "{not_after}に有効期間が満了しており、その前に署名された証明がありません（判定時点{at}）",
    ),
    # 8 key usage
    "key-usage.may-sign": Sentence(
        "the key may sign documents (nonRepudiation)", "鍵は署名に使えます（nonRepudiation）"
    ),
    "key-usage.may-not-sign": Sentence(
        "the key may not sign documents: its usage is {usage}",
        "鍵は署名に使えません（鍵用途{usage}）",
    ),
    "key-usage.may-authenticate": Sentence(
        "the key may authenticate (digitalSignature)",
        "鍵は利用者証明に使えます（digitalSignature）",
    ),
    "key-usage.may-not-authenticate": Sentence(
        "the key may not authenticate: its usage is {usage}",
        "鍵は利用者証明に使えません（鍵用途{usage}）",
    ),
    # 9 policy
    "policy.accepted": Sentence("policy {oid}: {kind}", "ポリシー{oid}：{kind_ja}"),
    "policy.other-kind": Sentence(
        "a {kind} certificate may not be used for this (policy {oid})",
        "{kind_ja}はこの用途に使えません（ポリシー{oid}）",
    ),
    # 10 revocation
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
        "失効しています：{reason}（{reason_ja}）、記録日時{recorded_at}。"
        "その前に署名された証明がありません",
    ),
    "revocation.held-no-proof": Sentence(
        "held (certificateHold) since {recorded_at}; nothing proves that it was signed before",
        "一時停止中です（certificateHold、{recorded_at}から）。その前に署名された証明がありません",
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
    # any step
    "not-run": Sentence(
        "not checked, because step {blocker} did not pass",
        "手順{blocker}を通らなかったため、確認していません",
    ),
}


def say(code: str, facts: Mapping[str, str], language: Language) -> str:
    """Return the sentence of a finding in English or Japanese."""
    sentence = SENTENCES[code]
    return (sentence.ja if language == "ja" else sentence.en).format_map(facts)
