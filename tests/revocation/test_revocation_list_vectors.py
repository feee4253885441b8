"""Revocation lists that are each wrong, or unusual, in one way, and what is noticed about them."""

from __future__ import annotations

from dataclasses import fields

import pytest

from jpki.certificates.authority import AuthorityCertificate
from jpki.errors import MalformedRevocationList
from jpki.revocation.revocation_list import (
    IssuingDistributionPoint,
    RevocationList,
    parse_revocation_list,
)
from tests.vectors.make_vectors import HERE as VECTORS


def noticed(listed: RevocationList, issuer: AuthorityCertificate) -> set[str]:
    """Name what is unusual about a list."""
    point = listed.distribution_point or IssuingDistributionPoint()
    found = {one.name for one in fields(point) if one.name != "directory_names"}
    return {
        *(name for name in found if getattr(point, name)),
        *(["unknown_critical_extensions"] if listed.unknown_critical_extensions else []),
        *(["is_delta"] if listed.is_delta else []),
        *([] if listed.signed_by(issuer) else ["not signed"]),
    }


def test_a_list_vector_is_refused_or_noticed_for_its_one_reason(
    list_vector: dict[str, str], issuer: AuthorityCertificate
) -> None:
    data = (VECTORS / "revocation" / list_vector["file"]).read_bytes()
    detail = list_vector["detail"]
    if list_vector["expects"] == "malformed":
        with pytest.raises(MalformedRevocationList) as caught:
            parse_revocation_list(data, source="list")
        assert detail in caught.value.message
        assert caught.value.source == "list"
        assert caught.value.offset is not None
        return
    listed = parse_revocation_list(data)
    assert noticed(listed, issuer) == ({detail} if detail != "nothing" else set())


def test_a_list_hung_under_an_address_has_no_directory_name() -> None:
    listed = parse_revocation_list((VECTORS / "revocation" / "point-address.crl").read_bytes())
    assert listed.issuing_distribution_point is None
    assert listed.distribution_point is not None
    assert listed.distribution_point.uris == ("http://crl.example/1.crl",)
