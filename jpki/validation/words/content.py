"""What step 3, content, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
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
    "content.xml-canonicalization": Sentence(
        "reference {number} cannot be canonicalised in one way only ({uri})",
        "参照{number}の正規化（{uri}）が一意に定まりません",
    ),
    "content.xml-displaced": Sentence(
        "what reference {number} points to does not stand beside the signature",
        "参照{number}の指す要素が署名と並ぶ位置にありません",
    ),
    "content.xml-manifest": Sentence(
        "reference {number} points to a manifest, whose entries are not checked",
        "参照{number}はマニフェストで、その中の項目は確認していません",
    ),
    "content.reads-as-attributes": Sentence(
        "the content is signed attributes passed off as content (there are none in the signature)",
        "内容が署名属性そのものです（署名に署名属性がなく、取り違えのおそれがあります）",
    ),
    "content.digest-only": Sentence(
        "the signature has no signed attributes, so the content itself is needed, not its digest",
        "署名に署名属性がないため、ダイジェストではなく内容そのものが必要です",
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
        "a later revision of the PDF file removed the signature", "後の版で署名が取り除かれています"
    ),
    "content.pdf-timestamp": Sentence(
        "the document timestamp {name} does not cover the PDF file",
        "文書タイムスタンプ{name}がPDF全体を対象としていません",
    ),
}
