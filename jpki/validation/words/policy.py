"""What step 9, policy, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
    "policy.accepted": Sentence("policy {oid}: {kind}", "ポリシー{oid}：{kind_ja}"),
    "policy.other-kind": Sentence(
        "a {kind} certificate may not be used for this (policy {oid})",
        "{kind_ja}はこの用途に使えません（ポリシー{oid}）",
    ),
}
