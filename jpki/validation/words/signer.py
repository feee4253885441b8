"""What step 2, signer, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
    "signer.found": Sentence("{kind}, issue number {serial}", "{kind_ja}（発行の番号 {serial}）"),
    "signer.absent": Sentence(
        "the signer's certificate is not in the signature", "署名者の証明書が署名に含まれていません"
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
}
