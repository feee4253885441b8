"""Revocation lists as the simulated authority publishes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.certificates.names import distribution_point_name
from jpki.errors import ImpossibleFact
from jpki.revocation.revocation_list import RevokedEntry, parse_revocation_list
from jpki.terms import Hierarchy, Purpose, RevocationReason
from simulator.agency.authority import SimulatedAuthority, directory_name
from simulator.agency.publish import Edition, ListOptions, build_revocation_list
from simulator.municipalities import municipality
from tests.agency.conftest import Authorities

PUBLISHED = datetime(2025, 4, 1, 19, 0, 0, tzinfo=UTC)
EDITION = Edition.daily(17, PUBLISHED)
SHIBUYA = municipality("13113")
ENTRIES = {
    0x06800009: RevokedEntry(PUBLISHED, RevocationReason.CERTIFICATE_HOLD),
    0x80000001: RevokedEntry(PUBLISHED - timedelta(days=400), RevocationReason.SUPERSEDED),
    0x06800001: RevokedEntry(PUBLISHED - timedelta(days=3), RevocationReason.AFFILIATION_CHANGED),
    5: RevokedEntry(PUBLISHED - timedelta(days=3), RevocationReason.UNSPECIFIED),
}


@pytest.fixture(scope="session")
def authority(authorities: Authorities) -> SimulatedAuthority:
    return authorities[Hierarchy.SIMULATED, Purpose.SIGNATURE]


def test_a_list_reads_back_as_it_was_asked_for(authority: SimulatedAuthority) -> None:
    data = build_revocation_list(authority, ENTRIES, edition=EDITION, municipality=SHIBUYA)
    listed = parse_revocation_list(data)
    assert dict(listed.entries) == ENTRIES
    assert list(listed.entries) == sorted(ENTRIES)
    assert listed.crl_number == 17
    assert listed.next_update - listed.this_update == timedelta(hours=48)
    assert listed.authority_key_id == authority.certificate.subject_key_id
    assert listed.signed_by(authority.certificate)
    assert listed.issuing_distribution_point == (
        distribution_point_name(
            Hierarchy.SIMULATED,
            Purpose.SIGNATURE,
            prefecture="Tokyo-to",
            municipality="Shibuya-ku",
        ).der
    )


def test_a_list_is_byte_for_byte_what_cryptographys_builder_makes(
    authority: SimulatedAuthority,
) -> None:
    own = authority.certificate
    hung = distribution_point_name(
        Hierarchy.SIMULATED, Purpose.SIGNATURE, prefecture="Tokyo-to", municipality="Shibuya-ku"
    )
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=x509.load_der_x509_certificate(own.der).subject,
        last_update=EDITION.this_update,
        next_update=EDITION.next_update,
    )
    for serial, entry in sorted(ENTRIES.items()):
        assert entry.reason is not None
        reason = x509.CRLReason(x509.ReasonFlags(entry.reason.rfc_name))
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder(serial, entry.recorded_at)
            .add_extension(reason, critical=False)
            .build()
        )
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier(own.subject_key_id, None, None), critical=False
    )
    builder = builder.add_extension(x509.CRLNumber(17), critical=False)
    point = x509.IssuingDistributionPoint(
        full_name=[directory_name(hung)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    theirs = builder.add_extension(point, critical=True).sign(authority.key, SHA256())
    ours = build_revocation_list(authority, ENTRIES, edition=EDITION, municipality=SHIBUYA)
    assert ours == theirs.public_bytes(Encoding.DER)


def test_the_order_of_the_facts_does_not_matter(authority: SimulatedAuthority) -> None:
    turned = dict(reversed(ENTRIES.items()))
    assert build_revocation_list(
        authority, turned, edition=EDITION, municipality=SHIBUYA
    ) == build_revocation_list(authority, ENTRIES, edition=EDITION, municipality=SHIBUYA)


def test_an_empty_list_is_a_list(authority: SimulatedAuthority) -> None:
    data = build_revocation_list(authority, {}, edition=EDITION, municipality=SHIBUYA)
    assert dict(parse_revocation_list(data).entries) == {}


def test_the_authoritys_own_list_hangs_under_its_name(authority: SimulatedAuthority) -> None:
    data = build_revocation_list(authority, {}, edition=EDITION, municipality=None)
    listed = parse_revocation_list(data)
    assert listed.issuing_distribution_point == authority.certificate.name
    assert listed.distribution_point is not None
    assert listed.distribution_point.only_authority_certificates


def test_what_is_assumed_about_lists_is_an_option(authority: SimulatedAuthority) -> None:
    options = ListOptions(reason_codes=False, distribution_point=False, mark_authority_list=False)
    bare = parse_revocation_list(
        build_revocation_list(
            authority, ENTRIES, edition=EDITION, municipality=SHIBUYA, options=options
        )
    )
    assert bare.distribution_point is None
    assert {entry.reason_code for entry in bare.entries.values()} == {None}
    unmarked = parse_revocation_list(
        build_revocation_list(
            authority,
            {},
            edition=EDITION,
            municipality=None,
            options=ListOptions(mark_authority_list=False),
        )
    )
    assert unmarked.distribution_point is not None
    assert not unmarked.distribution_point.only_authority_certificates


@pytest.mark.parametrize(
    ("entries", "edition"),
    [
        ({0: RevokedEntry(PUBLISHED, 1)}, EDITION),
        ({1 << 32: RevokedEntry(PUBLISHED, 1)}, EDITION),
        ({5: RevokedEntry(PUBLISHED + timedelta(seconds=1), 1)}, EDITION),
        ({5: RevokedEntry(PUBLISHED, 8)}, EDITION),
        ({5: RevokedEntry(PUBLISHED, 7)}, EDITION),
        ({}, Edition(-1, PUBLISHED, PUBLISHED)),
        ({}, Edition(1, PUBLISHED, PUBLISHED - timedelta(seconds=1))),
    ],
)
def test_what_cannot_be_is_not_published(
    entries: dict[int, RevokedEntry], edition: Edition, authority: SimulatedAuthority
) -> None:
    with pytest.raises(ImpossibleFact):
        build_revocation_list(authority, entries, edition=edition, municipality=SHIBUYA)
