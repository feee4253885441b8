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
    "chain": "発行者",
    "validity": "有効期間",
    "key usage": "鍵用途",
    "policy": "種別",
    "revocation": "失効",
}

SENTENCES: Mapping[str, Sentence] = {
    # 1 structure
    "structure.signed-data": Sentence(
        "a CMS signature by one signer (RSA, SHA-256)", "署名者1名のCMS署名（RSA・SHA-256）です"
    ),
    "structure.malformed": Sentence("{problem}", "CMS署名として読めません：{problem}"),
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
    "structure.algorithms-differ": Sentence(
        "the content was digested with {digest}, the signature value is over {signature}",
        "内容のダイジェスト方式{digest}と署名値の方式{signature}が異なります",
    ),
    "structure.attributes-needed": Sentence(
        "content of type {oid} needs signed attributes, and there are none",
        "種別{oid}の内容には署名属性が必要ですが、ありません",
    ),
    "structure.algorithm-protection": Sentence(
        "the signer signed for other algorithms than the message names ({oid})",
        "署名者が保護した方式と、記載された方式（{oid}）が異なります",
    ),
    "structure.digest-not-listed": Sentence(
        "the digest algorithm {oid} is not among those the message announces",
        "ダイジェスト方式{oid}が、署名の示す方式の一覧にありません",
    ),
    "structure.version": Sentence(
        "version {found} where RFC 5652 has version {wanted}",
        "版が{found}ですが、RFC 5652では{wanted}であるべきです",
    ),
    "structure.no-attributes": Sentence(
        "the signature has no signed attributes", "署名属性がありません"
    ),
    "structure.pdf-subfilter": Sentence(
        "the PDF signature is of the kind {name}, which is not accepted",
        "PDF署名の種類{name}は受け付けられません",
    ),
    "structure.pdf-padding": Sentence(
        "something else than zeros stands behind the signature value",
        "署名値の後ろに0以外のデータがあります",
    ),
    "structure.pdf-attached": Sentence(
        "the signature value of the PDF file carries content of its own",
        "PDFの署名値が別の内容を含んでいます",
    ),
    "structure.pdf-stray": Sentence(
        "a signature stands in the PDF file outside its form",
        "PDFのフォーム外に署名があります",
    ),
    "structure.pdf-evidence": Sentence(
        "the evidence in the PDF file (DSS) cannot be read",
        "PDF内の検証情報（DSS）を読めません",
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
    "content.pdf-byte-range": Sentence(
        "the signature does not cover the whole PDF file as it was signed: {problem}",
        "署名は署名時のPDF全体を対象としていません：{problem}",
    ),
    "content.pdf-tail": Sentence(
        "something was appended behind the end of the PDF file",
        "PDFの末尾の後ろにデータが追加されています",
    ),
    "content.pdf-changed": Sentence(
        "the PDF file was changed after signing, in revision {revision}",
        "署名後にPDFが変更されています（第{revision}版）",
    ),
    "content.pdf-not-permitted": Sentence(
        "revision {revision} of the file changes more than the signer permitted (level {level})",
        "第{revision}版の変更は署名者が許可した範囲（レベル{level}）を超えています",
    ),
    "content.pdf-unread": Sentence(
        "what revision {revision} of the PDF file changed could not be judged",
        "第{revision}版の変更内容を判定できません",
    ),
    "content.pdf-rules": Sentence(
        "what the signer permitted to change cannot be read",
        "署名者が許可した変更の範囲を読めません",
    ),
    "content.pdf-removed": Sentence(
        "a later revision of the PDF file removed the signature",
        "後の版で署名が取り除かれています",
    ),
    "content.pdf-timestamp": Sentence(
        "the document timestamp {name} does not cover the PDF file",
        "文書タイムスタンプ{name}がPDF全体を対象としていません",
    ),
    "content.reads-as-attributes": Sentence(
        "the content is signed attributes passed off as content (there are none in the signature)",
        "内容が署名属性そのものです（署名に署名属性がなく、取り違えのおそれがあります）",
    ),
    # 4 signature
    "signature.matches": Sentence("the signature value matches", "署名値が一致します"),
    "signature.differs": Sentence(
        "the signature value does not match the certificate's key",
        "署名値が証明書の鍵と一致しません",
    ),
    # 5 chain
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
    # 6 validity
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
    # 7 key usage
    "key-usage.may-sign": Sentence(
        "the key may sign documents (nonRepudiation)", "鍵は署名に使えます（nonRepudiation）"
    ),
    "key-usage.may-not-sign": Sentence(
        "the key may not sign documents: its usage is {usage}",
        "鍵は署名に使えません（鍵用途{usage}）",
    ),
    # 8 policy
    "policy.accepted": Sentence("policy {oid}: {kind}", "ポリシー{oid}：{kind_ja}"),
    "policy.other-kind": Sentence(
        "a {kind} certificate may not be used for this (policy {oid})",
        "{kind_ja}はこの用途に使えません（ポリシー{oid}）",
    ),
    # 9 revocation
    "revocation.good": Sentence(
        "not on the revocation list no. {number} of {this_update}",
        "{this_update}の失効リスト第{number}号に載っていません",
    ),
    "revocation.revoked": Sentence(
        "revoked: {reason}, recorded {recorded_at}",
        "失効しています：{reason}（{reason_ja}）、記録日時{recorded_at}",
    ),
    "revocation.held": Sentence(
        "held (certificateHold) since {recorded_at}",
        "一時停止中です（certificateHold、{recorded_at}から）",
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
    # time
    "time.archive-unreadable": Sentence(
        "an archive timestamp cannot be read: {problem}",
        "アーカイブタイムスタンプを読めません：{problem}",
    ),
    "time.archive-index": Sentence(
        "{count} pieces of evidence that an archive timestamp covers are not there any more",
        "アーカイブタイムスタンプの対象の資料{count}件が失われているか、変わっています",
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
