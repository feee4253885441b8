"""Which delta list continues which complete list (RFC 5280 §5.2.4, §6.3.3 (c))."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jpki.revocation.revocation_list import RevocationList

__all__ = ["why_not_continued"]


def why_not_continued(base: RevocationList, delta: RevocationList) -> str | None:
    """Return why ``delta`` does not continue exactly ``base``; ``None`` when it does.

    It is about what they say of themselves; who signed them is asked elsewhere.
    """
    rows = (
        (not delta.is_delta, "the second list is no delta list"),
        (base.is_delta or base.delta is not None, "the first list is no complete list"),
        (delta.issuer != base.issuer, "the lists have different issuers"),
        (
            delta.authority_key_id != base.authority_key_id,
            "the lists name different keys of their issuer",
        ),
        (
            delta.distribution_point != base.distribution_point,
            "the lists speak of different certificates",
        ),
        (delta.this_update < base.this_update, "the delta is older than the list"),
    )
    reason = next((reason for wrong, reason in rows if wrong), None)
    return reason or _numbers(base.crl_number, delta.delta_base, delta.crl_number)


def _numbers(base: int | None, since: int | None, number: int | None) -> str | None:
    if base is None or since is None or number is None:
        return "a list has no number"
    if since <= base < number:
        return None
    return f"a delta no. {number} since no. {since} does not continue list no. {base}"
