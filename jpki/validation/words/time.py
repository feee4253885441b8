"""What step 5, time, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
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
    "time.proven": Sentence(
        "existed by {gen_time}, says a timestamp authority whose path holds at {at}",
        "{gen_time}に存在したことを時刻認証局が証明しています（証明書の経路は{at}に有効）",
    ),
    "time.proven-before-revocation": Sentence(
        "existed by {gen_time}; the authority's certificate was revoked later, at {revoked_at}, "
        "for a reason that leaves earlier timestamps good ({reason})",
        "{gen_time}に存在したことが証明されています。時刻認証局の証明書は後の{revoked_at}に失効しましたが、それ以前のタイムスタンプに影響しない理由（{reason}）です",
    ),
    "time.covered": Sentence(
        "existed by {gen_time}; the authority's certificate is judged at {at}, when a later "
        "timestamp covered this one",
        "{gen_time}に存在したことが証明されています。時刻認証局の証明書は、後のタイムスタンプが付された{at}の時点で判定しました",
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
        "the timestamp authority's certificate cannot be read", "時刻認証局の証明書を読めません"
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
        "the certificate is not one for timestamps: extKeyUsage must be critical and "
        "timeStamping alone (RFC 3161 §2.3)",
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
        "the timestamp authority's certificate, or one above it, had expired by {at}, and no "
        "later timestamp covers this one",
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
    "time.archive-unreadable": Sentence(
        "an archive timestamp cannot be read: {problem}",
        "アーカイブタイムスタンプを読めません：{problem}",
    ),
    "time.archive-index": Sentence(
        "{count} pieces of evidence that an archive timestamp covers are not there any more",
        "アーカイブタイムスタンプの対象の資料{count}件が失われているか、変わっています",
    ),
}
