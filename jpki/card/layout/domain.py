"""The issuer security domain, which is selected after power-on (発行者セキュリティドメイン)."""

from __future__ import annotations

from typing import Final

from jpki.card.apdu import StatusWord
from jpki.card.layout.rows import Application, DataObject, ElementaryFile, FileKind, Mark

__all__ = ["ISSUER_SECURITY_DOMAIN"]

# No readable file; 001E exists, and a READ of it answers 6981 [1].
ISSUER_SECURITY_DOMAIN: Final = Application(
    name="issuer security domain",
    label_ja="発行者セキュリティドメイン",
    aid=bytes.fromhex("A0000001510000"),
    files=(ElementaryFile("unknown key", 0x001E, FileKind.KEY, mark=Mark.ONE_SOURCE),),
    objects=(
        DataObject("issuer identification", 0x0042),
        DataObject("card identification number", 0x0045),
        DataObject("card recognition data", 0x0066),
        DataObject("municipality code", 0x00F0),
        DataObject("expiry date", 0x00F2),
        DataObject("intermediate key identifier", 0x00F7, Mark.ONE_SOURCE),
        DataObject("card-verifiable certificate, upper", 0x00F8, Mark.ONE_SOURCE),
        DataObject("card-verifiable certificate, lower", 0x7F21, Mark.ONE_SOURCE),
        DataObject("contact answer to reset without its first byte", 0x5F51, Mark.ONE_SOURCE),
    ),
    set_session_key=StatusWord.SECURITY_STATUS,  # [?]
    internal_authenticate=StatusWord.SECURITY_STATUS,  # [?]
)
