"""The layout table says what the papers say."""

import pytest

from jpki.card import layout
from jpki.card.layout import ALWAYS, NEVER, FileKind, Mark, after
from jpki.terms import Medium, PinKind, Purpose

CARD = layout.JPKI_ON_CARD
PHONE = layout.JPKI_ON_PHONE


@pytest.mark.parametrize(
    ("fid", "access"),
    [(0x0001, after(0x001B)), (0x0002, ALWAYS), (0x000A, ALWAYS), (0x000B, ALWAYS)],
)
def test_only_the_signature_certificate_of_a_card_wants_a_pin(fid, access):
    assert CARD.file(fid).read == access


def test_on_a_phone_the_authentication_certificate_wants_the_user_pin():
    assert PHONE.file(0x000A).read == after(0x0018)
    others = [row.fid for row in CARD.files if row != PHONE.file(row.fid)]
    assert others == [0x000A]


@pytest.mark.parametrize(("key", "pin"), [(0x0017, 0x0018), (0x001A, 0x001B)])
def test_each_key_is_opened_by_its_own_pin_alone(key, pin):
    row = CARD.file(key)
    assert row.use == after(pin)
    assert row.read == NEVER
    assert row.use.granted({pin})
    assert not row.use.granted({0x0018, 0x001B} - {pin})


def test_the_pins_have_three_and_five_tries():
    shapes = {p.kind: (p.tries, p.min_length, p.max_length) for p in layout.JPKI_PINS}
    assert shapes == {PinKind.USER_PIN: (3, 4, 4), PinKind.SIGNATURE_PASSWORD: (5, 6, 16)}


@pytest.mark.parametrize(
    ("value", "well_formed"),
    [
        (b"ABC123", True),
        (b"ABCDEF", False),
        (b"123456", False),
        (b"ABC12", False),
        (b"A" * 16 + b"1", False),
        (b"abc123", False),
    ],
)
def test_the_shape_of_a_new_password_is_the_one_on_the_papers(value, well_formed):
    assert CARD.pin(0x001B).well_formed(value) is well_formed


@pytest.mark.parametrize(("fid", "sfi"), [(0x0001, 1), (0x001E, 30), (0x001F, None), (0, None)])
def test_short_identifiers_exist_up_to_1e(fid, sfi):
    assert layout.ElementaryFile("any", fid, FileKind.KEY).sfi == sfi


EVERY_APPLICATION = (*layout.CARD_APPLICATIONS, PHONE, layout.ISSUER_SECURITY_DOMAIN)


@pytest.mark.parametrize("application", EVERY_APPLICATION, ids=lambda a: a.name)
def test_file_identifiers_are_unique(application):
    fids = [row.fid for row in application.files]
    assert len(fids) == len(set(fids))


@pytest.mark.parametrize("application", EVERY_APPLICATION, ids=lambda a: a.name)
def test_every_pin_rule_has_a_file_and_every_pin_file_a_rule(application):
    pins = {row.fid for row in application.files if row.kind is FileKind.PIN}
    assert {rule.fid for rule in application.pins} == pins


@pytest.mark.parametrize("application", EVERY_APPLICATION, ids=lambda a: a.name)
def test_access_names_pins_of_the_same_application(application):
    named = {
        pin
        for row in application.files
        for access in (row.read, row.use, row.authenticate)
        for pin in access.pins
    }
    assert named <= {rule.fid for rule in application.pins}


def test_the_applications_have_the_names_on_the_papers():
    names = {a.aid.hex().upper(): a.label_ja for a in layout.CARD_APPLICATIONS}
    assert names == {
        "D3921000310001010100": "共通カードAP",
        "D3921000310001010401": "住基AP",
        "D3921000310001010402": "券面事項確認AP",
        "D3921000310001010408": "券面事項入力補助AP",
        "D392F000260100000001": "公的個人認証AP",
    }


def test_what_rests_on_less_than_two_sources_is_marked():
    marks = {
        (application.name, row.fid): row.mark
        for application in EVERY_APPLICATION
        for row in application.files
    }
    assert marks["card-face input support", 0x0001] is Mark.STATED
    assert marks["card-face input support", 0x0008] is Mark.ONE_SOURCE
    assert marks["card-face input support", 0x0010] is Mark.UNKNOWN
    assert marks["JPKI", 0x0009] is Mark.ONE_SOURCE


def test_every_place_is_a_row_of_the_right_kind():
    for purpose in Purpose:
        place = layout.PLACES[purpose]
        assert CARD.file(place.certificate).kind is FileKind.CERTIFICATE
        assert CARD.file(place.ca_certificate).kind is FileKind.CERTIFICATE
        assert CARD.file(place.key).kind is FileKind.KEY


def test_labels_are_padded_with_spaces_to_32_bytes():
    labels = {token.label: token.medium for token in layout.TOKENS}
    assert labels == {
        "JPKIAPICCTOKEN2": Medium.CARD,
        "JPKIAPICCTOKEN": Medium.CARD,
        "JPKIAPGPSETOKEN": Medium.MOBILE_DEVICE,
        "JPKIAPIOSTOKEN": Medium.MOBILE_DEVICE,
    }
    first = layout.TOKENS[0].padded_label
    assert first == b"JPKIAPICCTOKEN2                 "
    assert len(first) == 32
