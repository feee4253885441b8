"""Delta lists: applied to exactly the list they continue, and to no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jpki.certificates import der, parse_authority, parse_certificate
from jpki.errors import DeltaDoesNotFit, MalformedRevocationList
from jpki.revocation import RevocationList, RevokedEntry, parse_revocation_list
from jpki.terms import Purpose
from jpki.validation import Standing, status_at
from tests.vectors.drafts import PUBLISHED, Bases, make_bases
from tests.vectors.kept_keys import VECTOR_KEYS
from tests.vectors.list_rows import (
    CRL_NUMBER,
    DELTA,
    ListDraft,
    distribution_name,
    entries,
    entry,
    list_draft,
    reason,
)
from tests.vectors.make_ocsp_vectors import FOLDER

AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
CERTIFICATE = parse_certificate((FOLDER / "certificate.der").read_bytes())
SERIAL = CERTIFICATE.serial
RECORDED = PUBLISHED - timedelta(days=3)
LATER = PUBLISHED + timedelta(hours=6)
AT = LATER + timedelta(hours=1)


@pytest.fixture(scope="module")
def bases() -> Bases:
    return make_bases(VECTOR_KEYS)


@pytest.fixture(scope="module")
def draft(bases: Bases) -> ListDraft:
    authority = bases.authorities[Purpose.SIGNATURE]
    name = distribution_name(bases.signature)
    return list_draft(authority, authority.certificate.subject_key_id, name)


def numbered(draft: ListDraft, number: int) -> ListDraft:
    others = tuple(one for one in draft.extensions if one[0] != CRL_NUMBER)
    return replace(draft, extensions=others).plus(CRL_NUMBER, der.integer(number))


def base(draft: ListDraft, *listed: bytes, number: int = 17) -> RevocationList:
    made = replace(numbered(draft, number), entries=entries(*listed) if listed else b"")
    return parse_revocation_list(made.signed())


def delta(
    draft: ListDraft, *listed: bytes, number: int = 18, since: int = 17, at=LATER
) -> RevocationList:
    made = replace(
        numbered(draft, number).plus(DELTA, der.integer(since), critical=True),
        entries=entries(*listed) if listed else b"",
        this_update=der.time(at),
    )
    return parse_revocation_list(made.signed())


def said(code: int, serial: int = SERIAL) -> bytes:
    return entry(der.integer(serial), reason(code))


def standing(*lists: RevocationList) -> Standing:
    return status_at(CERTIFICATE, authority=AUTHORITY, lists=lists, at=AT).standing


def test_a_delta_adds_and_removes(draft: ListDraft) -> None:
    known = base(draft, said(6, 1), said(6, 2), said(3, 3))
    updated = known.with_delta(delta(draft, said(8, 1), said(1, 2), said(4, 4)))
    assert dict(updated.entries) == {
        2: RevokedEntry(RECORDED, 1),
        3: RevokedEntry(RECORDED, 3),
        4: RevokedEntry(RECORDED, 4),
    }
    assert (updated.crl_number, updated.this_update, updated.is_delta) == (18, LATER, False)
    assert updated.signed_by(AUTHORITY)
    assert len(set(updated.fingerprints)) == 2


def test_what_is_revoked_stays_so_whatever_a_delta_says(draft: ListDraft) -> None:
    known = base(draft, said(3))
    for code in (8, 6):
        updated = known.with_delta(delta(draft, said(code)))
        assert updated.entries[SERIAL] == RevokedEntry(RECORDED, 3)


@pytest.mark.parametrize(
    ("held", "change", "expected"),
    [(True, 8, Standing.GOOD), (False, 6, Standing.HELD), (False, 3, Standing.REVOKED)],
)
def test_a_delta_among_the_lists_is_applied(
    draft: ListDraft, held: bool, change: int, expected: Standing
) -> None:
    known = base(draft, *([said(6)] if held else []))
    change_list = delta(draft, said(change))
    assert standing(known, change_list) is expected
    assert standing(change_list, known) is expected


def test_a_delta_alone_is_unknown(draft: ListDraft) -> None:
    change = delta(draft, said(3))
    status = status_at(CERTIFICATE, authority=AUTHORITY, lists=[change], at=AT)
    assert (status.standing, status.code) == (Standing.UNKNOWN, "revocation.delta")


def test_a_delta_signed_by_a_stranger_changes_nothing(draft: ListDraft, bases: Bases) -> None:
    forged = delta(replace(draft, key=bases.stranger), said(8))
    known = base(draft, said(6))
    assert not known.with_delta(forged).signed_by(AUTHORITY)
    assert standing(known, forged) is Standing.HELD


@pytest.mark.parametrize(
    ("number", "since", "fits"),
    [(18, 17, True), (18, 16, True), (18, 18, False), (17, 17, False), (17, 16, False)],
)
def test_a_delta_continues_from_its_base_or_a_newer_list(
    draft: ListDraft, number: int, since: int, fits: bool
) -> None:
    known, change = base(draft), delta(draft, number=number, since=since)
    if fits:
        assert known.with_delta(change).crl_number == number
    else:
        with pytest.raises(DeltaDoesNotFit, match="does not continue"):
            known.with_delta(change)


def test_a_delta_that_differs_in_one_thing_does_not_fit(draft: ListDraft) -> None:
    known, change = base(draft), delta(draft)
    other_point = replace(change, distribution_point=None)
    wrong = {
        "no delta list": known,
        "different issuers": replace(change, issuer=b"0\x00"),
        "different keys": replace(change, authority_key_id=bytes(20)),
        "different certificates": other_point,
        "no number": replace(change, delta_base=None),
        "older": replace(change, this_update=PUBLISHED - timedelta(seconds=1)),
    }
    for words, one in wrong.items():
        with pytest.raises(DeltaDoesNotFit, match=words):
            known.with_delta(one)
    with pytest.raises(DeltaDoesNotFit, match="no complete list"):
        known.with_delta(change).with_delta(delta(draft, number=19, since=18))


def test_a_list_longer_than_allowed_is_refused_unread(draft: ListDraft) -> None:
    data = numbered(draft, 17).signed()
    assert parse_revocation_list(data, longest=len(data)).crl_number == 17
    with pytest.raises(MalformedRevocationList, match="bytes, where a list may have"):
        parse_revocation_list(data, longest=len(data) - 1)
