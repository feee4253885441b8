"""Files of the other applications become values that hide what they hold, and can be checked."""

from datetime import date

import pytest

from jpki.authenticity import (
    IssuerKey,
    check_attributes,
    check_birth_date,
    check_card_face,
    check_my_number,
    check_number_image,
    load_issuer_key,
)
from jpki.card.card_record import CardRecord
from jpki.card.certified import (
    BasicInformation,
    CardVerifiableCertificate,
    InputSupportSignature,
)
from jpki.card.face import BirthDateRecord, CardFace, FaceBasicInformation, NumberImage
from jpki.card.personal import FourAttributes, MyNumber
from jpki.errors import (
    BadSignature,
    DigestMismatch,
    IssuerUnknown,
    MalformedCardFile,
    MalformedDocument,
    UntrustedIssuer,
)
from jpki.terms import Sex
from tests.card import specimens
from tests.card.signed_files import (
    ISSUER_ID,
    LONG_ATTRIBUTES,
    NUMBER_FILE,
    SHORT_ATTRIBUTES,
    SIGNER_ID,
    certificate,
    face_file,
    public_key,
    sign,
    signature_file,
    tlv,
)

FILLER = b"\xff" * 40


def issuers():
    return (IssuerKey(specimens.key("card issuer").public_key(), ISSUER_ID),)


# the four attributes


@pytest.mark.parametrize("filler", [b"", FILLER, b"\x00" * 9])
@pytest.mark.parametrize(
    ("file", "address"),
    [
        (SHORT_ATTRIBUTES, "東京都千代田区見本町１－２－３"),
        (LONG_ATTRIBUTES, "東京都千代田区見本町一丁目１番地２３号見本マンション４５６号室"),
    ],
)
def test_both_worked_encodings_give_the_invented_person(file, address, filler):
    read = FourAttributes.parse(file + filler)
    assert read.name == "見本　花子"
    assert read.family_name == "見本"
    assert read.address == address
    assert (read.birth_day, read.sex) == (date(1990, 1, 1), Sex.FEMALE)


def test_the_attributes_hide_themselves():
    shown = repr(FourAttributes.parse(SHORT_ATTRIBUTES)) + repr(MyNumber.parse(NUMBER_FILE))
    assert shown == "<FourAttributes><MyNumber>"


@pytest.mark.parametrize(("code", "sex"), [("1", Sex.MALE), ("9", Sex.UNKNOWN), ("0", Sex.UNKNOWN)])
def test_the_other_codes_of_sex_are_read(code, sex):
    assert FourAttributes.parse(SHORT_ATTRIBUTES[:-1] + code.encode()).sex is sex


def test_a_birth_date_that_is_no_day_is_kept_as_it_is():
    file = SHORT_ATTRIBUTES.replace(b"19900101", b"19900000")
    read = FourAttributes.parse(file)
    assert (read.birth_date, read.birth_day) == ("19900000", None)


def test_an_attribute_that_is_missing_is_refused():
    file = SHORT_ATTRIBUTES.replace(bytes.fromhex("df2501"), bytes.fromhex("df2601"))
    with pytest.raises(MalformedCardFile, match="DF25"):
        FourAttributes.parse(file)


def test_a_name_that_is_no_utf8_is_refused_without_its_bytes():
    broken = SHORT_ATTRIBUTES.replace(bytes.fromhex("e8a68be69cace38080"), b"\xe8" * 9)
    with pytest.raises(MalformedCardFile) as caught:
        FourAttributes.parse(broken)
    assert "UTF-8" in str(caught.value)
    assert caught.value.__cause__ is None


# the My Number


def test_the_my_number_is_twelve_digits_of_seventeen_bytes():
    number = MyNumber.parse(NUMBER_FILE)
    assert (number.digits, len(number.stored)) == ("123456789018", 17)


@pytest.mark.parametrize("digits", [b"12345678901", b"12345678901A"])
def test_anything_else_is_no_my_number(digits):
    with pytest.raises(MalformedCardFile):
        MyNumber.parse(tlv(0xFF10, digits))


# digests, signature, issuer


def proof(*, attributes=SHORT_ATTRIBUTES, signer="card signer"):
    return InputSupportSignature.parse(signature_file(NUMBER_FILE, attributes, signer=signer))


def certified(**parts):
    return CardVerifiableCertificate.parse(certificate(**parts) + b"\xff")


def test_the_files_have_the_surveyed_lengths():
    assert len(certificate()) == 568
    assert len(signature_file(NUMBER_FILE, LONG_ATTRIBUTES)) == 336


def test_a_certificate_names_issuer_and_subject():
    read = certified()
    assert (read.issuer, read.subject) == (ISSUER_ID, SIGNER_ID)
    assert read.public_key.exponent == 65537
    assert len(read.body) == 297


@pytest.mark.parametrize("file", [SHORT_ATTRIBUTES, LONG_ATTRIBUTES])
def test_what_the_issuer_wrote_passes(file):
    check_attributes(
        FourAttributes.parse(file + FILLER), proof(attributes=file), certified(), issuers()
    )
    check_my_number(MyNumber.parse(NUMBER_FILE), proof(), certified(), issuers())


def test_another_address_is_found_out():
    forged = SHORT_ATTRIBUTES.replace("花子".encode(), "花代".encode())
    with pytest.raises(DigestMismatch):
        check_attributes(FourAttributes.parse(forged), proof(), certified(), issuers())


def test_another_number_and_other_filler_are_found_out():
    for file in (NUMBER_FILE.replace(b"123", b"321"), NUMBER_FILE[:-2] + b"\0\0"):
        with pytest.raises(DigestMismatch):
            check_my_number(MyNumber.parse(file), proof(), certified(), issuers())


def test_digests_that_somebody_else_signed_are_found_out():
    with pytest.raises(BadSignature):
        check_my_number(
            MyNumber.parse(NUMBER_FILE), proof(signer="stranger"), certified(), issuers()
        )


def test_a_certificate_that_its_issuer_did_not_sign_is_not_trusted():
    with pytest.raises(UntrustedIssuer):
        check_my_number(
            MyNumber.parse(NUMBER_FILE), proof(), certified(issuer="stranger"), issuers()
        )


@pytest.mark.parametrize("key_id", [b"x" * 16, None])
def test_an_issuer_that_is_not_among_the_given_keys_is_unknown(key_id):
    stranger = IssuerKey(specimens.key("stranger").public_key(), key_id)
    for given in ((), (stranger,)):
        with pytest.raises(IssuerUnknown):
            check_my_number(MyNumber.parse(NUMBER_FILE), proof(), certified(), given)


def test_a_key_without_an_identifier_is_tried():
    key = IssuerKey(specimens.key("card issuer").public_key())
    check_my_number(MyNumber.parse(NUMBER_FILE), proof(), certified(), (key,))


def test_a_key_identifier_has_sixteen_bytes():
    with pytest.raises(MalformedDocument):
        IssuerKey(specimens.key("card issuer").public_key(), b"short")


def test_what_is_no_key_is_no_issuers_key():
    with pytest.raises(MalformedDocument, match="keys/"):
        load_issuer_key(b"nothing", source="keys/x.pem")


# the face


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_face_is_read_and_its_three_digests_are_checked(wrapped):
    face = CardFace.parse(face_file(wrapped=wrapped))
    assert (face.birth_day, face.sex, face.expires_on) == (
        date(1990, 1, 1), Sex.FEMALE, date(2035, 1, 1),
    )  # fmt: skip
    assert (face.name_image, face.photo) == (b"name.png", b"jp2" * 99)
    check_card_face(face, certified(), issuers())
    assert repr(face) == "<CardFace>"


@pytest.mark.parametrize(
    ("old", "new"), [(b"19900101", b"19800101"), (b"name.png", b"NAME.png"), (b"jp2", b"gif")]
)
def test_a_change_in_any_of_the_three_groups_is_found_out(old, new):
    with pytest.raises(DigestMismatch):
        check_card_face(CardFace.parse(face_file().replace(old, new)), certified(), issuers())


def test_the_expiry_date_is_not_signed():
    forged = face_file().replace(b"20350101", b"20450101")
    check_card_face(CardFace.parse(forged), certified(), issuers())


def test_a_face_that_somebody_else_signed_is_found_out():
    with pytest.raises(BadSignature):
        check_card_face(CardFace.parse(face_file(signer="stranger")), certified(), issuers())


def signed_record(outer, first, key_tag, signature_tag):
    body = first + tlv(key_tag, public_key(specimens.key("card")))
    return tlv(outer, body + tlv(signature_tag, sign(specimens.key("card signer"), body)))


def test_the_signed_birth_date_is_read_and_checked():
    file = signed_record(0xFF10, tlv(0xDF11, b"19900101"), 0xDF12, 0xDF13)
    # FF10 82 021E: 542 bytes inside, as surveyed
    assert file[:5].hex() == "ff1082021e"
    record = BirthDateRecord.parse(file)
    assert record.birth_day == date(1990, 1, 1)
    check_birth_date(record, certified(), issuers())
    with pytest.raises(BadSignature):
        check_birth_date(
            BirthDateRecord.parse(file.replace(b"19900101", b"19800101")), certified(), issuers()
        )


def test_the_image_of_the_number_is_read_and_checked():
    file = signed_record(0xFF40, tlv(0xDF41, b"number.png"), 0xDF42, 0xDF43)
    image = NumberImage.parse(file)
    assert image.image == b"number.png"
    check_number_image(image, certified(), issuers())
    with pytest.raises(BadSignature):
        check_number_image(
            NumberImage.parse(file.replace(b"number", b"nombre")), certified(), issuers()
        )


# what the applications say about themselves


def test_basic_information_is_read_from_its_longer_length():
    body = (
        tlv(0xDF41, b"\x01\x03\x0e\x01")
        + tlv(0xDF42, SIGNER_ID)
        + tlv(0xDF43, b"d" * 32 + b"\xff" * 96, long=True)
    )
    file = tlv(0xFF40, body, long=True)
    assert file[:5].hex() == "ff4082009f"
    read = BasicInformation.parse(file.ljust(256, b"\xff"))
    assert (read.version, read.extended_length, read.vendor) == (1, 3, b"\x0e\x01")
    assert read.key_id == SIGNER_ID


def test_the_face_says_which_municipality_issued_it():
    body = (
        tlv(0xDF31, bytes.fromhex("06030E01")) + tlv(0xDF32, SIGNER_ID) + tlv(0xDF33, b"\x01")
        + tlv(0xDF34, b"13221") + tlv(0xDF35, bytes(272))
    )  # fmt: skip
    file = tlv(0xFF30, body)
    assert file[:5].hex() == "ff3082013b"
    assert FaceBasicInformation.parse(file).municipality_code == "13221"


# the common record


@pytest.mark.parametrize("head", ["011C", "01FF001C"])
def test_the_card_record_masks_the_number(head):
    record = CardRecord.parse(bytes.fromhex(head) + b"400000012719843" + b"13221" + b"20350217")
    assert record.masked_number == "***********9843"
    assert (record.municipality_code, record.expires_on) == ("13221", date(2035, 2, 17))
    assert "40000001271" not in repr(record)


@pytest.mark.parametrize("digits", ["", "01", "011C3132", "021C" + "31" * 28, "011C" + "41" * 28])
def test_another_record_is_refused(digits):
    with pytest.raises(MalformedCardFile):
        CardRecord.parse(bytes.fromhex(digits))
