"""What is written into the applications, down to the byte, and who signed it."""

import hashlib
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from PIL import Image

from jpki.card import layout
from jpki.errors import ImpossibleFact
from jpki.terms import Sex
from simulator.card.behaviour import CardBehaviour
from simulator.card.contents.encoding import object_of, padded, record_of
from simulator.card.contents.holder import check_digit, era_year, with_check_digit
from simulator.card.contents.images import drawing, printed_digits, printed_text
from simulator.card.contents.input_support import attributes_object
from simulator.card.contents.issuer import key_identifier
from tests.card import specimens

# Built by hand from the rules, from an invented person.
SHORT = (
    "ff205cdf2108000e00200050005bdf220fe8a68be69cace38080e88ab1e5ad90df232de69db1e4baace983bde58d83"
    "e4bba3e794b0e58cbae8a68be69cace794baefbc91efbc8defbc92efbc8defbc93df24083139393030313032df250132"
)
LONG = (
    "ff2082008cdf2108001000220082008ddf220fe8a68be69cace38080e88ab1e5ad90df235de69db1e4baace983bde5"
    "8d83e4bba3e794b0e58cbae8a68be69cace794bae4b880e4b881e79baeefbc91e795aae59cb0efbc92efbc93e58fb7"
    "e8a68be69cace3839ee383b3e382b7e383a7e383b3efbc94efbc95efbc96e58fb7e5aea4df24083139393030313032"
    "df250132"
)
LONG_ADDRESS = "東京都千代田区見本町一丁目１番地２３号見本マンション４５６号室"


def files(application):
    memory = specimens.whole_memory()
    return memory.at(application.aid).files


@pytest.fixture(scope="module")
def text():
    return files(layout.INPUT_SUPPORT)


@pytest.fixture(scope="module")
def face():
    return files(layout.FACE_VERIFICATION)


def objects(content):
    """Read objects with tags of one or two bytes, without asking the code under test."""
    found = []
    while (content and content[0] != 0xFF) or content[:2] in (
        b"\xff\x10",
        b"\xff\x20",
        b"\xff\x30",
    ):
        wide = content[0] & 0x1F == 0x1F
        tag, rest = content[: 1 + wide].hex().upper(), content[1 + wide :]
        if rest[0] == 0x82:
            length, rest = int.from_bytes(rest[1:3], "big"), rest[3:]
        else:
            assert rest[0] < 0x80
            length, rest = rest[0], rest[1:]
        whole = content[: len(content) - len(rest) + length]
        found.append((tag, rest[:length], whole))
        content = rest[length:]
    return found


def outer(content, tag):
    """Return the members of a file's one object, by tag."""
    head = bytes.fromhex(tag)
    assert content.startswith(head)
    rest = content[len(head) :]
    if rest[0] == 0x82:
        length, rest = int.from_bytes(rest[1:3], "big"), rest[3:]
    else:
        length, rest = rest[0], rest[1:]
    assert set(rest[length:]) <= {0xFF}
    return {found: (value, whole) for found, value, whole in objects(rest[:length])}


def key_in(value):
    (exponent, modulus) = objects(value)
    assert exponent[2] == bytes.fromhex("9003010001")
    assert modulus[2].startswith(bytes.fromhex("91820100"))
    number = int.from_bytes(modulus[1], "big")
    return RSAPublicNumbers(65537, number).public_key()


def certified(certificate):
    """Return issuer and subject identifiers, the subject's key, body and signature."""
    assert len(certificate) == 568
    assert certificate.startswith(bytes.fromhex("7F218202335F4E820129"))
    body, rest = certificate[10:307], certificate[307:]
    assert rest.startswith(bytes.fromhex("5F37820100"))
    return body[:16], body[16:32], key_in(body[32:]), body, rest[5:]


def pkcs1(key, signature, signed):
    key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


def opened(key, signature):
    """Return what stands behind the PKCS #1 v1.5 padding."""
    numbers = key.public_numbers()
    block = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    head, _, payload = block[2:].partition(b"\0")
    assert block[:2] == b"\0\1"
    assert set(head) == {0xFF}
    return payload


# encodings


@pytest.mark.parametrize(
    ("length", "head"), [(0x7F, "DF227F"), (0x80, "DF22820080"), (0x100, "DF22820100")]
)
def test_lengths_have_one_byte_below_128_and_82_from_there(length, head):
    assert object_of(0xDF22, bytes(length)).hex().upper() == head + "00" * length


@pytest.mark.parametrize(("length", "head"), [(0x1C, "011C"), (0xFE, "01FE"), (0xFF, "01FF00FF")])
def test_records_have_the_simple_encoding(length, head):
    assert record_of(1, bytes(length)).hex().upper() == head + "00" * length


@pytest.mark.parametrize(
    ("length", "size", "expected"),
    [(15, 17, 17), (255, None, 256), (256, None, 256), (257, None, 512)],
)
def test_filler_follows_up_to_the_size_of_the_file(length, size, expected):
    content = padded(bytes(length), size=size, block=256)
    assert (len(content), content[length:]) == (expected, b"\xff" * (expected - length))


@pytest.mark.parametrize(
    ("address", "vector"), [(specimens.HOLDER.address, SHORT), (LONG_ADDRESS, LONG)]
)
def test_the_worked_vectors_come_out_byte_for_byte(address, vector):
    assert attributes_object(replace(specimens.HOLDER, address=address)).hex() == vector


def test_a_key_identifier_has_seven_digits_then_the_separator_then_seven():
    assert key_identifier("6000033") == b"6000033\x08\x050010000"


# the holder


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        # 1*2+0*3+9*4+8*5+7*6+6*7+5*2+4*3+3*4+2*5+1*6 = 212; 212 mod 11 = 3; 11 - 3
        ("12345678901", 8),
        ("00000000000", 0),  # remainder 0
        ("00000000006", 0),  # 6*2 = 12, remainder 1
        ("00000000001", 9),  # 1*2 = 2, remainder 2: 11 - 2
        ("00000000005", 1),  # 5*2 = 10, remainder 10: 11 - 10
    ],
)
def test_the_check_digit_follows_the_ordinance(body, digit):
    assert check_digit(body) == digit
    assert with_check_digit(body) == body + str(digit)


@pytest.mark.parametrize(
    "body", ["1234567890", "123456789012", "1234567890x", "１２３４５６７８９０１"]
)
def test_what_is_no_my_number_is_refused(body):
    with pytest.raises(ImpossibleFact):
        check_digit(body)


def test_a_holder_has_a_right_check_digit_and_numbers_of_the_right_length():
    with pytest.raises(ImpossibleFact, match="check digit"):
        replace(specimens.HOLDER, my_number="123456789017")
    for change in (
        {"serial": "1" * 14},
        {"security_code": "12345"},
        {"municipality_code": "abcde"},
    ):
        with pytest.raises(ImpossibleFact, match="length"):
            replace(specimens.HOLDER, **change)


@pytest.mark.parametrize(
    ("first_day", "last_year"),
    [
        (date(2019, 5, 1), 31),  # Heisei 31
        (date(1989, 1, 8), 64),  # Showa 64
        (date(1926, 12, 25), 15),  # Taisho 15
        (date(1912, 7, 30), 45),  # Meiji 45
    ],
)
def test_an_era_begins_on_its_day_and_not_the_day_before(first_day, last_year):
    assert era_year(first_day) == 1
    assert era_year(first_day - timedelta(days=1)) == last_year


@pytest.mark.parametrize(
    ("born", "code"),
    [(date(1980, 2, 17), "550217"), (date(1990, 1, 2), "020102"), (date(2020, 1, 2), "020102")],
)
def test_the_birth_date_code_has_the_year_of_the_era(born, code):
    assert replace(specimens.HOLDER, birth_date=born).birth_date_code == code


def test_the_codes_are_the_number_and_what_is_printed():
    assert specimens.HOLDER.code_a == specimens.CODE_A
    assert specimens.HOLDER.code_b == specimens.CODE_B


@pytest.mark.parametrize(("sex", "digit"), [(Sex.MALE, "1"), (Sex.FEMALE, "2"), (Sex.UNKNOWN, "0")])
def test_the_sex_is_the_digit_of_iso_5218(sex, digit):
    assert replace(specimens.HOLDER, sex=sex).sex_code == digit


def test_a_holder_shows_no_personal_data():
    assert repr(specimens.HOLDER) == "<CardHolder>"
    assert "見本" not in repr(specimens.whole_memory())
    assert specimens.CODE_A not in repr(specimens.whole_memory())


# input support


def test_the_my_number_file_has_17_bytes(text):
    assert text[1].hex() == "ff100c" + b"123456789018".hex() + "ffff"


def test_the_digests_cover_the_file_as_stored_and_the_attributes_without_offsets(text):
    record = outer(text[3], "FF30")
    assert len(text[3]) == 336
    assert record["DF31"][0] == hashlib.sha256(text[1]).digest()
    # The attributes begin after header and offsets, 3 + 11 bytes; 95 bytes are no filler.
    assert record["DF32"][0] == hashlib.sha256(text[2][14:95]).digest()
    signed = record["DF31"][1] + record["DF32"][1]
    assert len(signed) == 70
    _, _, key, _, _ = certified(text[4])
    pkcs1(key, record["DF33"][0], signed)


def test_another_key_did_not_sign_the_digests(text, face):
    record = outer(text[3], "FF30")
    _, _, key, _, _ = certified(face[4])
    with pytest.raises(InvalidSignature):
        pkcs1(key, record["DF33"][0], record["DF31"][1] + record["DF32"][1])


@pytest.mark.parametrize(
    ("application", "authority", "signer"),
    [
        (layout.INPUT_SUPPORT, "6000033", "6131013"),
        (layout.FACE_VERIFICATION, "6000023", "6131012"),
    ],
)
def test_the_signing_key_is_certified_under_the_test_hierarchy(application, authority, signer):
    certificate = files(application)[4]
    issuer, subject, _, body, signature = certified(certificate)
    assert issuer == key_identifier(authority)
    assert subject == key_identifier(signer)
    pkcs1(specimens.key(f"card issuer/{authority}").public_key(), signature, body)


def test_the_basic_information_has_164_bytes_and_filler(text):
    assert len(text[5]) == 256
    assert text[5].startswith(bytes.fromhex("FF4082009FDF410401030E01DF4210"))
    assert text[5][164 - 96 :] == b"\xff" * (96 + 92)
    assert outer(text[5], "FF40")["DF43"][1].startswith(bytes.fromhex("DF43820080"))


def test_the_session_key_and_the_card_key_are_there(text):
    assert text[6].startswith(bytes.fromhex("A182010990"))
    assert text[7].startswith(bytes.fromhex("FF50820213DF51820109"))
    record = outer(text[7], "FF50")
    _, _, signer, _, _ = certified(text[4])
    pkcs1(signer, record["DF52"][0], record["DF51"][1])
    own = specimens.key(f"{specimens.CARD}/input support").public_key()
    assert key_in(record["DF51"][0]) == own
    assert text[8] == b"\xff" * 16


# verification


def test_the_birth_date_record_is_signed(face):
    assert face[1].startswith(bytes.fromhex("FF1082021EDF1108") + b"19900102")
    record = outer(face[1], "FF10")
    _, _, signer, _, _ = certified(face[4])
    pkcs1(signer, record["DF13"][0], record["DF11"][1] + record["DF12"][1])


def test_the_card_face_has_its_members_in_order_where_the_table_says(face):
    members = outer(face[2], "FF20")
    assert list(members) == [
        "DF21", "DF22", "DF23", "DF24", "DF25", "DF26", "DF27", "DF28", "DF29", "DF2A",
    ]  # fmt: skip
    table = members["DF21"][0]
    offsets = [int.from_bytes(table[i : i + 2], "big") for i in range(0, 18, 2)]
    assert [face[2][o : o + 2].hex().upper() for o in offsets] == list(members)[1:]
    assert members["DF22"][0] == b"19900102"
    assert members["DF23"][0] == b"2"
    assert members["DF29"][0] == b"20350102"


def test_one_signature_covers_three_groups_of_the_card_face(face):
    members = outer(face[2], "FF20")
    groups = (("DF22", "DF23", "DF24"), ("DF25", "DF26"), ("DF27",))
    digests = b"".join(
        hashlib.sha256(b"".join(members[tag][1] for tag in group)).digest() for group in groups
    )
    _, _, signer, _, _ = certified(face[4])
    payload = opened(signer, members["DF28"][0])
    # SEQUENCE { AlgorithmIdentifier of SHA-256, OCTET STRING of 96 bytes }
    assert payload == bytes.fromhex("3071300D060960864801650304020105000460") + digests
    assert key_in(members["DF24"][0]) == key_in(outer(face[1], "FF10")["DF12"][0])


def test_the_basic_information_names_the_municipality_and_hides_the_codes(face):
    assert face[3].startswith(bytes.fromhex("FF3082013BDF310406030E01DF3210"))
    record = outer(face[3], "FF30")
    assert record["DF33"][0] == b"\x01"
    assert record["DF34"][0] == b"13101"
    assert len(record["DF35"][0]) == 272
    recipient = specimens.key("card issuer/6000025")
    sealed = record["DF35"][0][16:]
    codes = recipient.decrypt(sealed, padding.PKCS1v15()).decode()
    assert codes == specimens.CODE_A + specimens.CODE_B


def test_the_my_number_picture_is_signed(face):
    record = outer(face[5], "FF40")
    _, _, signer, _, _ = certified(face[4])
    pkcs1(signer, record["DF43"][0], record["DF41"][1] + record["DF42"][1])
    picture = Image.open(io.BytesIO(record["DF41"][0]))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "1", (72, 12))
    assert face[6] == b"\xff" * 16


# pictures


def test_the_security_code_is_a_picture_of_24_by_12():
    picture = Image.open(io.BytesIO(printed_digits("4321")))
    assert (picture.mode, picture.size) == ("1", (24, 12))


def test_a_one_is_drawn_as_a_one():
    picture = Image.open(io.BytesIO(printed_digits("1"))).convert("L")
    rows = ["".join(".#"[picture.getpixel((x, y)) == 0] for x in range(6)) for y in range(12)]
    assert rows == [
        "......", "......", "..#...", ".##...", "..#...", "..#...",
        "..#...", "..#...", ".###..", "......", "......", "......",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text_", "size"),
    [("見本", (48, 24)), ("あ" * 20, (480, 24)), ("あ" * 21, (480, 48)), ("", (24, 24))],
)
def test_text_is_drawn_in_lines_of_twenty_characters(text_, size):
    picture = Image.open(io.BytesIO(printed_text(text_)))
    assert (picture.mode, picture.size) == ("1", size)


def test_the_same_character_has_the_same_pattern_and_a_space_none():
    picture = Image.open(io.BytesIO(printed_text("見本　見"))).convert("L")
    cells = [picture.crop((24 * i, 0, 24 * i + 24, 24)).tobytes() for i in range(4)]
    assert cells[0] == cells[3] != cells[1]
    assert set(cells[2]) == {255}
    assert set(cells[0]) == {0, 255}


def test_the_drawing_is_grey_jpeg_2000_and_another_one_for_everybody():
    coded = drawing(bytes(range(32)))
    picture = Image.open(io.BytesIO(coded))
    assert (picture.format, picture.mode, picture.size) == ("JPEG2000", "L", (96, 120))
    assert coded == drawing(bytes(range(32)))
    assert coded != drawing(bytes(range(1, 33)))
    assert b"OpenJPEG" not in coded


def test_pictures_have_the_bytes_they_had_on_the_first_machine():
    # Pinned so that a change of the coder does not go unseen: a world's bytes follow from its seed.
    digests = {
        name: hashlib.sha256(made).hexdigest()[:16]
        for name, made in {
            "digits": printed_digits("0123456789"),
            "text": printed_text("見本　花子"),
            "drawing": drawing(bytes(range(32))),
        }.items()
    }
    assert digests == {
        "digits": "7bd306c705ef3383",
        "text": "2d999e15c2f66d1b",
        "drawing": "1ba42d88a356ceb3",
    }


# residence


def test_the_card_record_has_28_digits():
    memory = specimens.whole_memory().at(layout.COMMON.aid)
    assert memory.records[1] == (b"\x01\x1c" + b"912345678901234" + b"13101" + b"20350102",)


def test_the_key_reference_is_the_same_in_both_applications():
    memory = specimens.whole_memory()
    (common,) = memory.at(layout.COMMON.aid).records[2]
    assert memory.at(layout.JUKI.aid).records[2] == (common,)
    assert len(common) == 16


def test_the_objects_of_the_domain_chain_from_the_top_to_the_municipality():
    objects_ = specimens.whole_memory().domain.objects
    assert objects_[0x00F0] == b"13101"
    assert objects_[0x00F2] == b"20350102"
    upper, lower = certified(objects_[0x00F8]), certified(objects_[0x7F21])
    assert upper[0] == key_identifier("6000020")
    assert upper[1] == lower[0] == objects_[0x00F7]
    assert lower[1] == objects_[0x0042]
    pkcs1(specimens.key("card issuer/6000020").public_key(), upper[4], upper[3])
    pkcs1(upper[2], lower[4], lower[3])
    assert objects_[0x5F51] == specimens.whole_memory().behaviour.atr[1:]


def test_the_recognition_data_are_well_formed_to_the_end():
    content = specimens.whole_memory().domain.objects[0x0066]
    ((tag, value, whole),) = objects(content)
    assert (tag, whole) == ("66", content)
    ((tag, value, _),) = objects(value)
    assert tag == "73"
    assert [tag for tag, _, _ in objects(value)] == ["06", "60", "63", "64"]


def test_some_cards_lack_objects_or_give_the_inside_of_a_certificate_alone():
    behaviour = CardBehaviour(
        lower_certificate=False, contact_atr_in_domain=False, certificate_objects_in_template=False
    )
    objects_ = specimens.whole_memory(behaviour=behaviour).domain.objects
    assert 0x7F21 not in objects_
    assert 0x5F51 not in objects_
    assert objects_[0x00F8].startswith(bytes.fromhex("5F4E820129"))
    assert len(objects_[0x00F8]) == 563


def test_every_row_of_the_domain_has_contents():
    rows = {row.tag for row in layout.ISSUER_SECURITY_DOMAIN.objects}
    assert rows == set(specimens.whole_memory().domain.objects)


@pytest.mark.parametrize("application", layout.CARD_APPLICATIONS, ids=lambda a: a.name)
def test_a_file_has_the_size_that_its_row_says(application):
    held = specimens.whole_memory().at(application.aid)
    sizes = {row.fid: row.size for row in application.files if row.size is not None}
    assert {fid: len(held.files[fid]) for fid in sizes} == sizes


def test_contents_are_made_when_they_are_first_read_and_once():
    made = []
    deferred = specimens.whole_memory().at(layout.INPUT_SUPPORT.aid).files
    assert repr(deferred) == "<Deferred, 0 of 8 made>"
    made += [deferred[1], deferred[1]]
    assert made[0] is made[1]
    assert repr(deferred) == "<Deferred, 1 of 8 made>"
