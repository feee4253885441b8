"""What each application of the card answers: who may read what, and what it refuses."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from jpki.card import layout
from jpki.card.apdu import Ins
from jpki.card.layout import Credential, TokenKind
from simulator.card.behaviour import CardBehaviour
from simulator.card.connection import SoftwareConnection
from simulator.card.contents.issuer import NamedKey, card_verifiable_certificate, key_identifier
from tests.card import specimens

DOMAIN = "A0000001510000"
COMMON = "D3921000310001010100"
JUKI = "D3921000310001010401"
FACE = "D3921000310001010402"
TEXT = "D3921000310001010408"
JPKI = "D392F000260100000001"
VALUES = {
    (COMMON, 0x1C): "3456",
    (JUKI, 0x1C): "3456",
    (TEXT, 0x11): "2345",
    (TEXT, 0x14): specimens.CODE_A,
    (TEXT, 0x15): specimens.CODE_B,
    (FACE, 0x11): "020102",
    (FACE, 0x12): specimens.CODE_B,
    (FACE, 0x13): specimens.CODE_A,
    (JPKI, 0x18): "1234",
    (JPKI, 0x1B): "ABC123",
}
DIGEST_INFO = "3031300D060960864801650304020105000420" + "00" * 32
CHALLENGE = "00112233445566778899AABBCCDDEEFF"


class Terminal:
    """Speaks hexadecimal to a card."""

    def __init__(self, **options):
        self.card = specimens.whole_card(**options)
        self.connection = SoftwareConnection(self.card)

    def ask(self, command):
        return self.connection.transmit(bytes.fromhex(command))

    def sw(self, command):
        return self.ask(command)[-2:].hex().upper()

    def select(self, aid):
        return self.sw(f"00A4040C{len(aid) // 2:02X}{aid}")

    def verify(self, fid, value):
        data = value.encode().hex()
        return self.sw(f"002000{0x80 | fid:02X}{len(value):02X}{data}")

    def read(self, fid):
        self.sw(f"00A4020C02{fid:04X}")
        return self.sw("00B0000001")


@pytest.fixture
def terminal():
    return Terminal()


def test_every_application_is_selected_by_its_name(terminal):
    names = [application.aid.hex().upper() for application in layout.CARD_APPLICATIONS]
    assert sorted(names) == sorted([COMMON, JUKI, FACE, TEXT, JPKI])
    assert [terminal.select(name) for name in [*names, DOMAIN]] == ["9000"] * 6


def test_a_part_of_the_name_selects_one_application_after_another(terminal):
    assert terminal.sw("00A4040C08D392100031000101") == "9000"
    assert terminal.sw("00B2010C01") == "9000"  # the common card application has records
    assert terminal.sw("00A4040E08D392100031000101") == "9000"
    assert terminal.sw("00A4020C020002") == "9000"  # Juki
    assert terminal.sw("00A4020C020001") == "6A82"
    assert terminal.sw("00A4040E08D392100031000101") == "9000"
    assert terminal.sw("00A4040E08D392100031000101") == "9000"
    assert terminal.sw("00A4040E08D392100031000101") == "6A82"  # there are four


@pytest.mark.parametrize("profile", [TokenKind.ANDROID_PHONE, TokenKind.IPHONE])
def test_a_phone_has_the_jpki_application_alone(profile):
    phone = Terminal(profile=profile)
    assert [phone.select(aid) for aid in (COMMON, JUKI, FACE, TEXT)] == ["6A82"] * 4
    assert phone.select(JPKI) == "9000"
    assert phone.read(0x0A) == "6982"
    assert phone.verify(0x18, "1234") == "9000"
    assert phone.read(0x0A) == "9000"


@pytest.mark.parametrize(
    ("profile", "label", "marker"),
    [
        (TokenKind.INDIVIDUAL_NUMBER_CARD, "JPKIAPICCTOKEN2", "6700"),
        (TokenKind.JUKI_CARD, "JPKIAPICCTOKEN", "6700"),
        (TokenKind.ANDROID_PHONE, "JPKIAPGPSETOKEN", "6700"),
        (TokenKind.IPHONE, "JPKIAPIOSTOKEN", "9000"),
    ],
)
def test_the_profiles_differ_in_label_and_last_command(profile, label, marker):
    token = Terminal(profile=profile)
    token.select(JPKI)
    token.sw("00A4020C020006")
    assert token.ask("00B0000020") == label.encode().ljust(32) + b"\x90\x00"
    assert token.sw("80FC0000") == marker


# who may read what: file, then the PINs that open it

READERS = [
    (TEXT, 0x01, {0x11, 0x14}),
    (TEXT, 0x02, {0x11, 0x15}),
    (TEXT, 0x03, {0x11, 0x14, 0x15}),
    (TEXT, 0x04, None),
    (TEXT, 0x05, None),
    (TEXT, 0x06, {0x11, 0x14, 0x15}),
    (TEXT, 0x07, {0x11, 0x14, 0x15}),
    (TEXT, 0x08, {0x11, 0x14, 0x15}),
    (FACE, 0x01, {0x11}),
    (FACE, 0x02, {0x12, 0x13}),
    (FACE, 0x03, None),
    (FACE, 0x04, None),
    (FACE, 0x05, {0x13}),
    (FACE, 0x06, {0x12, 0x13}),
    (JPKI, 0x01, {0x1B}),
    (JPKI, 0x02, None),
    (JPKI, 0x06, None),
    (JPKI, 0x08, None),
    (JPKI, 0x09, set()),
    (JPKI, 0x0A, None),
    (JPKI, 0x0B, None),
]


@pytest.mark.parametrize(("aid", "fid", "openers"), READERS)
def test_a_file_is_opened_by_its_own_pins_and_by_no_other(aid, fid, openers):
    for pin in [None, *(p for a, p in VALUES if a == aid)]:
        terminal = Terminal()
        terminal.select(aid)
        if pin is not None:
            assert terminal.verify(pin, VALUES[aid, pin]) == "9000"
        expected = "9000" if openers is None or pin in openers else "6982"
        assert (pin, terminal.read(fid)) == (pin, expected)


KEYS_AND_PINS = [
    (COMMON, (0x19, 0x1C, 0x1E)),
    (JUKI, (0x1C,)),
    (TEXT, (0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x1C, 0x1E)),
    (FACE, (0x11, 0x12, 0x13, 0x14, 0x15, 0x1A, 0x1C, 0x1E)),
    (JPKI, (0x10, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1E)),
]


@pytest.mark.parametrize(("aid", "fids"), KEYS_AND_PINS)
def test_keys_and_pins_are_selected_and_never_read(terminal, aid, fids):
    terminal.select(aid)
    for fid in fids:
        assert terminal.sw(f"00A4020C02{fid:04X}") == "9000"
        assert terminal.sw("00B0000000") == "6981"


@pytest.mark.parametrize(
    ("aid", "fids"),
    [
        (COMMON, {1, 2, 0x19, 0x1C, 0x1E}),
        (JUKI, {2, 0x1C}),
        (TEXT, {1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x1C, 0x1E}),
        (FACE, {1, 2, 3, 4, 5, 6, 0x11, 0x12, 0x13, 0x14, 0x15, 0x1A, 0x1C, 0x1E}),
        (
            JPKI,
            {1, 2, 5, 6, 8, 9, 0xA, 0xB, 0x10, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1E},
        ),
        (DOMAIN, {0x1E}),
    ],
)
def test_a_scan_of_all_files_finds_those_and_no_others(terminal, aid, fids):
    terminal.select(aid)
    scanned = [*range(0x30), 0x2F10, 0x2F11, 0x3F00]
    found = {fid for fid in scanned if terminal.sw(f"00A4020C02{fid:04X}") == "9000"}
    assert found == fids


# records and data objects


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00B2010C00", "011C" + b"9123456789012341310120350102".hex() + "9000"),  # SFI 1
        ("00B202 0C00", "6A83"),
        ("00B200 0C00", "6A83"),
        ("00B201 0D00", "6A81"),
        ("00B201 1400", b"6131011".hex() + "0805" + b"0010000".hex() + "9000"),  # SFI 2
        ("00B2010C02", "011C9000"),
        ("00B201E400", "6981"),  # SFI 1C is the PIN
        ("00B2013C00", "6A82"),
    ],
)
def test_the_common_card_application_has_records(terminal, command, answer):
    terminal.select(COMMON)
    assert terminal.ask(command) == bytes.fromhex(answer)


def test_a_record_of_the_current_file_needs_one(terminal):
    terminal.select(COMMON)
    assert terminal.sw("00B2010400") == "6986"
    terminal.sw("00A4020C020001")
    assert terminal.ask("00B2010400")[:2].hex() == "011c"
    assert terminal.sw("00B0000000") == "6981"


@pytest.mark.parametrize(
    ("command", "length"),
    [
        ("00CA004200", 16),
        ("00CA004500", 15),
        ("00CA006600", 51),
        ("00CA00F000", 5),
        ("00CA00F200", 8),
        ("00CA00F700", 16),
        ("00CA00F8000000", 568),
        ("00CA7F21000000", 568),
        ("00CA5F5100", 18),
    ],
)
def test_the_domain_gives_its_objects_after_power_on_and_when_selected(terminal, command, length):
    assert len(terminal.ask(command)) == length + 2
    terminal.select(TEXT)
    elsewhere = "9000" if command.startswith("00CA5F51") else "6A88"
    assert terminal.sw(command) == elsewhere
    terminal.select(DOMAIN)
    assert len(terminal.ask(command)) == length + 2


def test_a_large_object_wants_an_extended_length(terminal):
    assert terminal.sw("00CA00F800") == "6700"
    assert terminal.sw("00CA00FF00") == "6A88"
    assert Terminal(behaviour=CardBehaviour(no_such_object=0x6A82)).sw("00CA00FF00") == "6A82"


# PINs


@pytest.mark.parametrize(("place", "value"), VALUES.items())
def test_a_pin_counts_down_to_63c0_and_then_answers_6984_to_everything(place, value):
    aid, fid = place
    terminal = Terminal()
    terminal.select(aid)
    rule = next(a for a in layout.CARD_APPLICATIONS if a.aid.hex().upper() == aid).pin(fid)
    tries = {4: 3, 6: 5 if fid == 0x1B else 10, 12: 10, 14: 10}[len(value)]
    assert rule.tries == tries
    assert terminal.sw(f"002000{0x80 | fid:02X}") == f"63C{tries:X}"
    wrong = "9" * len(value)
    for left in reversed(range(tries)):
        assert terminal.verify(fid, wrong) == f"63C{left:X}"
    assert terminal.verify(fid, value) == "6984"
    assert terminal.sw(f"002000{0x80 | fid:02X}") == "63C0"


def test_one_input_support_pin_is_blocked_on_every_card(terminal):
    terminal.select(TEXT)
    assert terminal.sw("00200092") == "63C0"
    assert terminal.verify(0x12, "1234") == "6984"


def test_the_two_copies_of_a_code_count_apart_unless_switched():
    for shared, left in ((False, "63CA"), (True, "63C9")):
        terminal = Terminal(behaviour=CardBehaviour(copies_share_counter=shared))
        terminal.select(TEXT)
        assert terminal.verify(0x14, "9" * 12) == "63C9"
        terminal.select(FACE)
        assert terminal.sw("00200093") == left
        assert terminal.sw("00200092") == "63CA"  # code B is another one


def test_a_right_code_restores_the_copy_where_they_share():
    terminal = Terminal(behaviour=CardBehaviour(copies_share_counter=True))
    terminal.select(TEXT)
    terminal.verify(0x14, "9" * 12)
    terminal.select(FACE)
    assert terminal.verify(0x13, specimens.CODE_A) == "9000"
    assert terminal.read(0x05) == "9000"
    terminal.select(TEXT)
    assert terminal.sw("00200094") == "63CA"
    assert terminal.read(0x01) == "6982"  # the counter is shared, the presentation is not


def test_a_changed_pin_changes_its_copy_where_they_share_and_only_there():
    for shared, answer in ((True, "9000"), (False, "63C2")):
        terminal = Terminal(behaviour=CardBehaviour(copies_share_counter=shared))
        terminal.select(COMMON)
        terminal.verify(0x1C, "3456")
        assert terminal.sw("8032009C0437383930") == "9000"
        terminal.select(JUKI)
        assert terminal.verify(0x1C, "7890") == answer


@pytest.mark.parametrize(
    ("aid", "fid", "header"),
    [
        (TEXT, 0x11, "002401"),
        (COMMON, 0x1C, "803200"),
        (JUKI, 0x1C, "803200"),
        (JPKI, 0x18, "002401"),
    ],
)
def test_a_pin_is_changed_by_the_command_of_its_application(aid, fid, header):
    terminal = Terminal()
    terminal.select(aid)
    change = f"{header}{0x80 | fid:02X}0437383930"
    assert terminal.sw(change) == "6982"
    terminal.verify(fid, VALUES[aid, fid])
    other = "803200" if header == "002401" else "002401"
    assert terminal.sw(f"{other}{0x80 | fid:02X}0437383930") == "6985"
    assert terminal.sw(f"{header}{0x80 | fid:02X}0378A9B0") == "6A80"
    assert terminal.sw(change) == "9000"
    assert terminal.verify(fid, VALUES[aid, fid]) == "63C2"
    assert terminal.verify(fid, "7890") == "9000"


@pytest.mark.parametrize(("aid", "fid"), [(TEXT, 0x14), (TEXT, 0x15), (FACE, 0x11), (FACE, 0x12)])
def test_a_code_is_changed_by_nobody(aid, fid):
    terminal = Terminal()
    terminal.select(aid)
    value = VALUES[aid, fid].encode().hex()
    terminal.verify(fid, VALUES[aid, fid])
    for header in ("002401", "803200"):
        assert terminal.sw(f"{header}{0x80 | fid:02X}{len(value) // 2:02X}{value}") == "6985"


def test_leaving_an_application_closes_what_its_pin_had_opened(terminal):
    terminal.select(TEXT)
    terminal.verify(0x11, "2345")
    assert terminal.read(0x01) == "9000"
    assert terminal.select(TEXT) == "9000"
    assert terminal.read(0x01) == "9000"
    terminal.select(FACE)
    terminal.select(TEXT)
    assert terminal.read(0x01) == "6982"


# the keys of the card


@pytest.mark.parametrize(("aid", "name"), [(TEXT, "input support"), (FACE, "face verification")])
def test_a_face_application_signs_with_its_own_key_without_a_pin(terminal, aid, name):
    terminal.select(aid)
    signature = terminal.ask(f"802A000033{DIGEST_INFO}00")
    assert signature[-2:].hex() == "9000"
    public = specimens.key(f"{specimens.CARD}/{name}").public_key()
    public.verify(signature[:-2], bytes(32), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
    pss = terminal.ask(f"802A050010{CHALLENGE}00")[:-2]
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    public.verify(pss, bytes.fromhex(CHALLENGE), scheme, hashes.SHA256())


@pytest.mark.parametrize("aid", [COMMON, JUKI, JPKI, DOMAIN])
def test_no_other_application_has_a_default_key(terminal, aid):
    terminal.select(aid)
    assert terminal.sw(f"802A000033{DIGEST_INFO}00") == "6A86"


def test_the_common_card_application_authenticates_itself(terminal):
    terminal.select(COMMON)
    signature = terminal.ask(f"0088009910{CHALLENGE}00")
    public = specimens.key(f"{specimens.CARD}/common").public_key()
    public.verify(signature[:-2], bytes.fromhex(CHALLENGE), padding.PKCS1v15(), hashes.SHA256())
    assert signature[-2:].hex() == "9000"
    assert terminal.sw("0088009900") == "6700"
    assert terminal.sw("0088009CFF" + "00" * 255 + "00") == "6981"
    assert terminal.sw("00880099FF" + "00" * 255 + "00") == "9000"


@pytest.mark.parametrize(("aid", "sw"), [(JPKI, "6982"), (TEXT, "6985"), (FACE, "6985")])
def test_the_others_refuse_to_authenticate_themselves(terminal, aid, sw):
    terminal.select(aid)
    assert terminal.sw(f"0088009910{CHALLENGE}00") == sw


@pytest.mark.parametrize(
    ("aid", "sw"),
    [(COMMON, "66F1"), (FACE, "66F1"), (JPKI, "6982"), (JUKI, "6982"), (TEXT, "6982")],
)
def test_a_session_key_is_refused_without_a_pin_and_elsewhere_always(terminal, aid, sw):
    terminal.select(aid)
    assert terminal.sw("80AE0000000100" + "00" * 256) == sw


@pytest.mark.parametrize("aid", [DOMAIN, COMMON, JUKI, FACE, TEXT, JPKI])
def test_challenges_are_given_everywhere_and_the_issuers_commands_nowhere(terminal, aid):
    terminal.select(aid)
    assert len(terminal.ask("0084000000")) == 258
    for ins in (Ins.LOCK_DF, Ins.UNLOCK_DF, Ins.UNLOCK_KEY, Ins.ERASE_ALL_RECORDS):
        assert terminal.sw(f"80{ins:02X}0000") == "6982"
    assert [terminal.sw(f"808A{p1}00") for p1 in ("22", "24")] == ["6982", "6982"]
    assert terminal.sw("00820000") == "6982"
    assert terminal.sw("00D6000001FF") == "6D00"


# a terminal's certificate


def _terminal_certificate(authority="6200073", key="card issuer/6200073", seed="terminal"):
    issuer = NamedKey(key_identifier(authority), specimens.key(key))
    subject = NamedKey(key_identifier("6299774"), specimens.key(seed))
    certificate = card_verifiable_certificate(issuer, subject)
    return certificate[:307], certificate[307:]


def _hand_over(terminal, body, signature):
    first = terminal.sw(f"80A206C100{len(body):04X}{body.hex()}")
    return first, terminal.sw(f"80A200C100{len(signature):04X}{signature.hex()}")


def test_a_terminal_hands_over_its_certificate_in_two_halves(terminal):
    terminal.select(JPKI)
    terminal.sw("00A4020C020016")
    assert _hand_over(terminal, *_terminal_certificate()) == ("9000", "9000")
    # What that opens is not known: here it opens nothing.
    assert terminal.read(0x09) == "6982"
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "6982"


def test_a_certificate_that_the_issuer_did_not_sign_is_refused(terminal):
    terminal.select(JPKI)
    terminal.sw("00A4020C020016")
    forged = _terminal_certificate(key="somebody else")
    assert _hand_over(terminal, *forged) == ("9000", "6A80")
    assert _hand_over(terminal, *_terminal_certificate(authority="6200074")) == ("9000", "6A80")
    body, signature = _terminal_certificate()
    changed = signature[:-1] + bytes((signature[-1] ^ 1,))
    assert _hand_over(terminal, body, changed) == ("9000", "6A80")
    with pytest.raises(InvalidSignature):
        specimens.key("card issuer/6200073").public_key().verify(
            changed[5:], body[10:], padding.PKCS1v15(), hashes.SHA256()
        )


def test_the_halves_come_in_order_and_in_the_right_shape(terminal):
    terminal.select(JPKI)
    body, signature = _terminal_certificate()
    assert _hand_over(terminal, body, signature) == ("6986", "6986")
    terminal.sw("00A4020C020017")
    assert _hand_over(terminal, body, signature) == ("6981", "6981")
    terminal.sw("00A4020C020016")
    assert terminal.sw(f"80A200C1000105{signature.hex()}") == "6985"
    assert _hand_over(terminal, body[:-1], signature) == ("6700", "6985")
    assert terminal.sw("80A206C10400112233") == "6700"
    for parameters in ("0000", "00AE", "8000", "00B6"):
        assert terminal.sw(f"80A2{parameters}") == "6A86"
    # The body does not outlive a reset.
    assert terminal.sw(f"80A206C1000133{body.hex()}") == "9000"
    terminal.card.reset()
    terminal.select(JPKI)
    terminal.sw("00A4020C020016")
    assert terminal.sw(f"80A200C1000105{signature.hex()}") == "6985"


def test_each_credential_has_a_row_with_a_name():
    rows = [rule for application in layout.CARD_APPLICATIONS for rule in application.pins]
    assert {rule.credential for rule in rows} == set(Credential)
    assert all(credential.label_ja for credential in Credential)
    assert layout.INPUT_SUPPORT.pin_for(Credential.CODE_A).fid == 0x14
    assert layout.FACE_VERIFICATION.pin_for(Credential.CODE_A).fid == 0x13
    assert layout.JPKI_ON_CARD.pin_for(Credential.CODE_A) is None
