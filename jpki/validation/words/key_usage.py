"""What step 8, key usage, says."""

from __future__ import annotations

from collections.abc import Mapping

from jpki.validation.words.sentence import Sentence

__all__ = ["SENTENCES"]

SENTENCES: Mapping[str, Sentence] = {
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
}
