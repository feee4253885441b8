"""What step 1, structure, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
    "structure.no-value": Sentence("there is no signature value", "署名値がありません"),
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
    "structure.unread": Sentence("{problem}", "読み取らずに終えたため、判定できません：{problem}"),
    "structure.signers": Sentence(
        "{count} signers; exactly one is expected", "署名者が{count}名です（1名であるべきです）"
    ),
    "structure.digest-algorithm": Sentence(
        "the digest algorithm {oid} is not SHA-256", "ダイジェスト方式{oid}はSHA-256ではありません"
    ),
    "structure.signature-algorithm": Sentence(
        "the signature algorithm {oid} is not RSA PKCS#1 v1.5 with SHA-256",
        "署名方式{oid}はRSA PKCS#1 v1.5（SHA-256）ではありません",
    ),
    "structure.content-type": Sentence(
        "the signed attributes speak of content type {signed}, the message of {stated}",
        "署名属性のコンテンツ種別{signed}が本体の{stated}と異なります",
    ),
    "structure.xml-signature-method": Sentence(
        "the signature method {uri} is not known here", "署名方式{uri}は扱えません"
    ),
    "structure.xml-digest-method": Sentence(
        "reference {number} uses the digest method {uri}, which is not known here",
        "参照{number}のダイジェスト方式{uri}は扱えません",
    ),
    "structure.xml-weak-digest": Sentence("{what} uses SHA-1", "{what}がSHA-1を使っています"),
    "structure.xml-transform": Sentence(
        "reference {number} has a transform that could hide content: {uri}",
        "参照{number}に内容を隠しうる変換{uri}があります",
    ),
    "structure.xml-file-transform": Sentence(
        "reference {number} transforms a file, which is signed as it is",
        "参照{number}はファイルに変換を施していますが、ファイルはそのまま署名されるべきです",
    ),
    "structure.xml-reference": Sentence(
        "reference {number} points to nothing that can be read in one way only",
        "参照{number}の指す先が一意に定まりません",
    ),
    "structure.xml-identifier": Sentence(
        "{count} attributes could be what reference {number} points to",
        "参照{number}の指す識別子に当たる属性が{count}個あります",
    ),
    "structure.xml-position": Sentence(
        "reference {number} points to a place that its transforms do not fit",
        "参照{number}の指す位置が変換と合いません",
    ),
    "structure.xml-nothing-signed": Sentence(
        "the signature covers no content", "署名の対象となる内容がありません"
    ),
    "structure.xml-key-info": Sentence(
        "the key is given by {element}, which is not taken", "鍵が{element}で示されています"
    ),
    "structure.xml-key-value": Sentence(
        "a bare key stands in the signature that is no certificate's key",
        "署名の中の公開鍵がどの証明書の鍵とも一致しません",
    ),
    "structure.xml-properties": Sentence(
        "the XAdES properties are not those that were signed",
        "XAdESの属性が署名の対象になっていません",
    ),
    "structure.signed-data": Sentence(
        "a CMS signature by one signer (RSA, SHA-256)", "署名者1名のCMS署名（RSA・SHA-256）です"
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
        "a signature stands in the PDF file outside its form", "PDFのフォーム外に署名があります"
    ),
    "structure.pdf-evidence": Sentence(
        "the evidence in the PDF file (DSS) cannot be read", "PDF内の検証情報（DSS）を読めません"
    ),
}
