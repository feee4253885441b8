"""The look-alike hierarchy of test cards: known by name, uncertain in its details."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jpki.certificates import der
from jpki.certificates.authority import parse_authority, recognise
from jpki.certificates.names import Name
from jpki.certificates.parse import parse_certificate
from jpki.certificates.profile import EXACT, PolicyOids
from jpki.errors import NotAJpkiCertificate
from jpki.terms import CertificateKind, Hierarchy, Purpose
from simulator.agency import authority as authority_module
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.issue import Issuance, ProfileOptions, issue_authentication_certificate
from simulator.keys import SeededKeys
from simulator.municipalities import municipality
from tests.vectors.drafts import (
    CREATED,
    EXPIRES_ON,
    ISSUED,
    SAN,
    Draft,
    directory,
    draft_of,
)


def authority(hierarchy: Hierarchy, keys: SeededKeys) -> SimulatedAuthority:
    return authority_module._create(
        hierarchy, Purpose.USER_AUTHENTICATION, 3, keys=keys, at=CREATED, serial=0x218887
    )


def uncertain(made: SimulatedAuthority) -> list[Draft]:
    """The same authority with another Japanese name, last hour, or last day."""
    good = draft_of(made.certificate.der, made.key)
    other = Name.of(("2.5.4.6", "JP"), ("2.5.4.10", "公的個人認証サービス（試験）"))
    return [
        good.with_value(SAN, der.sequence(directory(other.der))),
        replace(good, not_after=der.time(datetime(2033, 7, 15, 23, 59, 59, tzinfo=UTC))),
        replace(good, not_after=der.time(datetime(2033, 7, 17, 14, 59, 59, tzinfo=UTC))),
    ]


def test_what_is_uncertain_is_not_held_against_a_test_authority(seeded_keys: SeededKeys) -> None:
    for draft in uncertain(authority(Hierarchy.TEST, seeded_keys)):
        read = parse_authority(draft.signed())
        assert read.hierarchy is Hierarchy.TEST
        assert recognise(read) is None


@pytest.mark.parametrize("hierarchy", [Hierarchy.PRODUCTION, Hierarchy.SIMULATED])
def test_the_same_is_refused_of_any_other_authority(
    hierarchy: Hierarchy, seeded_keys: SeededKeys
) -> None:
    for draft in uncertain(authority(hierarchy, seeded_keys)):
        with pytest.raises(NotAJpkiCertificate):
            parse_authority(draft.signed())


def test_a_test_card_is_read_though_its_policy_is_not_listed(seeded_keys: SeededKeys) -> None:
    made = authority(Hierarchy.TEST, seeded_keys)
    issuance = Issuance(
        kind=CertificateKind.CARD_AUTHENTICATION,
        serial=0x3399,
        common_name="997794E9AGCIEG13221003A",
        public_key=seeded_keys.rsa("holder").public_key(),
        municipality=municipality("13221"),
        not_before=ISSUED,
        expires_on=EXPIRES_ON,
    )
    policies = PolicyOids(card_authentication="1.2.392.200149.8.5.1.2.30")
    data = issue_authentication_certificate(
        made, issuance, options=ProfileOptions(policies=policies)
    )
    certificate = parse_certificate(data)
    assert certificate.hierarchy is Hierarchy.TEST
    assert certificate.kind is CertificateKind.CARD_AUTHENTICATION
    with pytest.raises(NotAJpkiCertificate, match=r"policy\.unlisted"):
        parse_certificate(data, reading=EXACT)
    assert parse_certificate(data, policies=policies, reading=EXACT) == certificate
