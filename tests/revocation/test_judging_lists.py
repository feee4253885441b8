"""What a list is refused for, by names that nobody vouches for yet and by the general path."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.certificates import der, parse_authority, parse_certificate
from jpki.errors import MalformedCertificate
from jpki.revocation import (
    Issuer,
    IssuingDistributionPoint,
    Obstacle,
    RevocationList,
    RevokedEntry,
    Standing,
    Statement,
    Subject,
    judge_list,
    parse_revocation_list,
)
from jpki.revocation.general import crl_says, issuer_of, subject_of
from tests.vectors.drafts import PUBLISHED
from tests.vectors.make_ocsp_vectors import FOLDER

AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
CERTIFICATE = parse_certificate((FOLDER / "certificate.der").read_bytes())
SUBJECT, ISSUER = Subject.of(CERTIFICATE), Issuer.of(AUTHORITY)
GOOD = parse_revocation_list((FOLDER.parent / "revocation" / "good.crl").read_bytes())
RECORDED = PUBLISHED - timedelta(days=3)


def judged(known: RevocationList, subject: Subject = SUBJECT) -> Statement | Obstacle:
    return judge_list(known, subject=subject, issuer=ISSUER, at=PUBLISHED)


def under(**scope: object) -> RevocationList:
    return replace(GOOD, distribution_point=IssuingDistributionPoint(**scope))  # type: ignore[arg-type]


def test_the_list_of_the_vectors_revokes_the_certificate_of_the_vectors() -> None:
    # Serial 0x06800001 is on it with affiliationChanged, see the list vectors.
    assert judged(GOOD) == Statement(
        RevokedEntry(RECORDED, 3), PUBLISHED, PUBLISHED + timedelta(hours=48)
    )


LINE_BREAK = der.sequence(der.object_identifier("2.5.4.3"), der.text(der.UTF8_STRING, "x\n\x1b[2J"))
ODD_NAMES = {
    "an empty name": b"\x30\x00",
    "no name": b"\xff",
    "an empty part": b"\x30\x02\x31\x00",
    "a line break": der.sequence(der.encode(der.SET, LINE_BREAK)),
}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_point_that_cannot_be_read_or_printed_is_shown_as_bytes(name: str) -> None:
    found = judged(under(directory_names=(ODD_NAMES[name],)))
    assert found == Obstacle(
        "other-partition", {"found": ODD_NAMES[name].hex(), "wanted": "Kiyose-shi CRLDP"}
    )


@pytest.mark.parametrize(
    ("scope", "is_authority", "inside"),
    [
        ({"only_user_certificates": True}, False, True),
        ({"only_user_certificates": True}, True, False),
        ({"only_user_certificates": True}, None, False),
        ({"only_authority_certificates": True}, True, True),
        ({"only_authority_certificates": True}, False, False),
        ({"only_authority_certificates": True}, None, False),
        ({"only_attribute_certificates": True}, False, False),
        ({"only_some_reasons": True}, False, False),
        ({"indirect": True}, False, False),
    ],
)
def test_a_list_speaks_of_the_kinds_of_certificates_it_names(
    scope: dict[str, bool], is_authority: bool | None, inside: bool
) -> None:
    found = judged(under(**scope), replace(SUBJECT, is_authority=is_authority))
    assert isinstance(found, Statement) is inside
    if isinstance(found, Obstacle):
        assert found.code == "other-scope"


def test_an_address_in_common_is_enough_and_another_is_not() -> None:
    subject = replace(SUBJECT, addresses=("http://a/1.crl",))
    assert isinstance(judged(under(uris=("http://a/1.crl",)), subject), Statement)
    for scope in ({"uris": ("http://a/2.crl",)}, {"other_forms": True}):
        found = judged(under(**scope), subject)
        assert isinstance(found, Obstacle)
        assert found.code == "other-partition"


def test_a_certificate_whose_lists_hang_elsewhere_is_not_judged_by_this_one() -> None:
    found = judged(GOOD, replace(SUBJECT, lists_elsewhere=True))
    assert isinstance(found, Obstacle)
    assert found.code == "other-scope"


def test_an_issuer_that_may_not_sign_lists_signed_none() -> None:
    issuer = replace(ISSUER, may_sign_lists=False)
    found = judge_list(GOOD, subject=SUBJECT, issuer=issuer, at=PUBLISHED)
    assert isinstance(found, Obstacle)
    assert found.code == "bad-signature"


def test_the_general_path_reads_the_same_parties_from_our_certificates() -> None:
    assert issuer_of(AUTHORITY.der) == ISSUER
    assert subject_of(CERTIFICATE.der) == SUBJECT
    said = crl_says(GOOD, certificate=CERTIFICATE.der, issuer=AUTHORITY.der, at=PUBLISHED)
    assert (said.standing, said.entry) == (Standing.REVOKED, RevokedEntry(RECORDED, 3))


def test_an_issuer_without_an_rsa_key_is_named() -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, PUBLISHED, PUBLISHED + timedelta(days=1)
    ).sign(key, SHA256())
    with pytest.raises(MalformedCertificate, match="not RSA"):
        issuer_of(made.public_bytes(Encoding.DER))
    with pytest.raises(MalformedCertificate):
        subject_of(b"")
