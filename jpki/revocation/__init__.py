"""Revocation lists (失効情報ファイル) as values."""

from jpki.revocation.revocation_list import (
    IssuingDistributionPoint,
    RevocationList,
    RevokedEntry,
    parse_revocation_list,
)

__all__ = [
    "IssuingDistributionPoint",
    "RevocationList",
    "RevokedEntry",
    "parse_revocation_list",
]
