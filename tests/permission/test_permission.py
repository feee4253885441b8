"""What verifiers' roles may do, on both sides of each date, and what the law's tables leave out."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from jpki.errors import MalformedRule, NotPermitted, RuleConflict, RuleGap
from jpki.law import VerifierAct, VerifierRole, load, tables_from
from jpki.law.permissions import permission_holes, permission_row
from jpki.law.reading import shipped_text
from jpki.permission import permission, require, require_link, require_service, services_for
from jpki.terms import CertificateKind

CS, CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION
MS, MA = CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION
SV, UV = VerifierRole.SIGNATURE_VERIFIER, VerifierRole.USER_AUTHENTICATION_VERIFIER
SPECIFIED = VerifierRole.SPECIFIED_USER_AUTHENTICATION_VERIFIER
FEDERATION, MEMBER = VerifierRole.ORGANISATION_SIGNATURE_VERIFIER, VerifierRole.SIGNATURE_CONFIRMER
NOW = date(2026, 6, 14)
A = VerifierAct


def test_exactly_one_row_speaks_of_every_role_act_kind_and_day() -> None:
    assert list(permission_holes(load())) == []


def test_a_missing_and_a_doubled_row_are_found() -> None:
    table = load()
    less = tuple(row for row in table.permissions if row.id != "PM-face.specified")
    holes = list(permission_holes(dataclasses.replace(table, permissions=less)))
    assert holes
    assert all("specified_user_authentication_verifier, face_in" in hole for hole in holes)
    again = tuple(row for row in table.permissions if row.id == "PM-face.specified")
    doubled = dataclasses.replace(table, permissions=(*table.permissions, *again))
    with pytest.raises(RuleConflict):
        permission_row(doubled, SPECIFIED, A.FACE_IN_PLACE_OF_PIN, CA, on=NOW)


# By hand from the Act: 17(4), 17(5), 21, 36, 38-2, 38-4.
@pytest.mark.parametrize(
    ("role", "checks", "face", "without_pin"),
    [
        (SV, {CS, MS}, set(), set()),
        (FEDERATION, {CS, MS}, set(), set()),
        (MEMBER, {CS, MS}, set(), set()),
        (UV, {CA, MA}, set(), {CA}),
        (SPECIFIED, {CA, MA}, {CA}, {CA}),
    ],
)
def test_which_kinds_a_role_may_check_and_accept(
    role: VerifierRole,
    checks: set[CertificateKind],
    face: set[CertificateKind],
    without_pin: set[CertificateKind],
) -> None:
    for act, kinds in (
        (A.CHECK_ON_RECEIPT, checks),
        (A.FACE_IN_PLACE_OF_PIN, face),
        (A.ACCEPT_WITHOUT_PIN, without_pin),
    ):
        allowed = {kind for kind in CertificateKind if permission(role, act, kind, on=NOW).allowed}
        assert allowed == kinds


@pytest.mark.parametrize(
    ("act", "role", "kind", "first"),
    [
        (A.CHECK_LATER, SV, CS, date(2023, 5, 8)),
        (A.FACE_IN_PLACE_OF_PIN, SPECIFIED, CA, date(2020, 5, 25)),
        (A.ACCEPT_WITHOUT_PIN, UV, CA, date(2024, 5, 27)),
        (A.KEEP_ITEMS_AFTER_END, SV, CS, date(2023, 5, 8)),
    ],
)
def test_a_permission_begins_on_its_day(
    act: VerifierAct, role: VerifierRole, kind: CertificateKind, first: date
) -> None:
    assert require(role, act, kind, on=first).allowed
    with pytest.raises(NotPermitted):
        require(role, act, kind, on=date.fromordinal(first.toordinal() - 1))


def test_a_refusal_names_role_act_row_and_provision() -> None:
    with pytest.raises(NotPermitted) as caught:
        require(SV, A.FACE_IN_PLACE_OF_PIN, CA, on=NOW)
    assert caught.value.role == "signature_verifier"
    assert caught.value.basis.startswith("PM-face.others: Act")
    assert "38-2" in caught.value.basis
    assert "compare the face for the PIN" in caught.value.message


def test_nobody_may_use_a_received_key_for_anything_else() -> None:
    for role in VerifierRole:
        for kind in CertificateKind:
            assert not permission(role, A.USE_KEY_OTHERWISE, kind, on=NOW).allowed


def test_before_phones_there_is_nothing_to_permit() -> None:
    with pytest.raises(RuleGap, match="no such certificate yet"):
        permission(SV, A.CHECK_ON_RECEIPT, MS, on=date(2023, 5, 10))
    assert require(SV, A.CHECK_ON_RECEIPT, MS, on=date(2023, 5, 11)).id == "PM-check.signature"


def test_a_row_with_the_purpose_of_another_kind_is_refused() -> None:
    text = shipped_text("verifier.toml")
    wrong = text.replace('purpose = "signature"', 'purpose = "user_authentication"', 1)
    with pytest.raises(MalformedRule, match="purpose"):
        tables_from({"verifier.toml": wrong})


# Services and links


@pytest.mark.parametrize(
    ("role", "services"),
    [
        (SV, {"VS-1", "VS-2", "VS-3", "VS-4", "VS-10"}),
        (FEDERATION, {"VS-1", "VS-2"}),
        (MEMBER, set()),
        (UV, {"VS-1", "VS-2", "VS-10"}),
        (SPECIFIED, {"VS-1", "VS-2", "VS-10"}),
    ],
)
def test_what_a_role_may_ask_the_agency(role: VerifierRole, services: set[str]) -> None:
    assert {row.id for row in services_for(role, on=NOW)} == services


def test_the_four_items_are_for_signature_verifiers_from_their_day() -> None:
    assert require_service(SV, "VS-4", on=date(2023, 5, 8)).id == "VS-4"
    with pytest.raises(RuleGap):
        require_service(SV, "VS-4", on=date(2023, 5, 7))
    with pytest.raises(NotPermitted, match="VS-4"):
        require_service(UV, "VS-4", on=NOW)
    with pytest.raises(RuleGap):
        require_service(SV, "VS-99", on=NOW)


def test_a_link_needs_all_its_roles_at_once() -> None:
    assert require_link([SV, UV], CS, CA, on=NOW).id == "VS-6"
    assert require_link([SV, SPECIFIED], CS, CA, on=NOW).id == "VS-6"
    for roles in ([], [SV], [UV], [FEDERATION, UV]):
        with pytest.raises(NotPermitted, match="VS-6"):
            require_link(roles, CS, CA, on=NOW)


def test_what_no_provision_links_is_for_nobody() -> None:
    with pytest.raises(NotPermitted, match="VS-9"):
        require_link(list(VerifierRole), MS, MA, on=NOW)
