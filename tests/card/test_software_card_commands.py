"""What the software card answers, command by command, with every open answer switched both ways."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from jpki.card.apdu import CommandApdu
from jpki.card.layout import (
    ALWAYS,
    Application,
    ElementaryFile,
    FileKind,
    PinRule,
    TokenKind,
    after,
)
from simulator.card.behaviour import CardBehaviour, FileControlInformation
from simulator.card.connection import SoftwareCard, SoftwareConnection
from simulator.card.memory import ApplicationMemory, Memory, PinState, Volatile
from simulator.card.process import process
from tests.card import specimens

AID = "D392F000260100000001"
SELECT_JPKI = f"00A4040C0A{AID}"
SELECT_DOMAIN = "00A4040C07A0000001510000"
VERIFY_USER_PIN = "002000980431323334"
VERIFY_PASSWORD = "0020009B06414243313233"
DIGEST_INFO = "3031300D060960864801650304020105000420" + "00" * 32


class Terminal:
    """Speaks hexadecimal to a card."""

    def __init__(self, card):
        self.card = card
        self.connection = SoftwareConnection(card)

    def sw(self, command):
        return self.ask(command)[-2:].hex().upper()

    def ask(self, command):
        return self.connection.transmit(bytes.fromhex(command))


def _terminal(*commands, **behaviour):
    terminal = Terminal(specimens.card(behaviour=CardBehaviour(**behaviour)))
    for command in commands:
        assert terminal.sw(command) == "9000"
    return terminal


@pytest.fixture
def terminal():
    return _terminal(SELECT_JPKI)


# classes and instructions


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00FE0000", "6D00"),
        ("00CB3FFF035C017E08", "6D00"),
        ("40A4040C", "6E00"),
        ("A0A4040C", "6E00"),
        ("FFCA000000", "6E00"),
        ("80A4040C0AD392F000260100000001", "6E00"),
        ("002A008000", "6E00"),
        (f"01A4040C0A{AID}", "6881"),
        (f"03A4040C0A{AID}", "6881"),
        (f"08A4040C0A{AID}", "6882"),
        (f"0CA4040C0A{AID}", "6882"),
        ("08B0000000", "69FC"),
        ("0C200080", "69FC"),
        (f"10A4040C0A{AID}", "6884"),
        ("80FC0000", "6700"),
        ("80A206C1", "6700"),
        ("80A200C1", "6700"),
        ("80A20000", "6A86"),
        ("80A200B6", "6A86"),
        ("80AE0000", "6982"),
        ("80500000", "6982"),
        ("80520000", "6982"),
        ("80540000", "6982"),
        ("808A2200", "6982"),
        ("80060000", "6982"),
        ("00820000", "6982"),
        ("0088009710" + "00" * 16 + "00", "6982"),
        ("00D6000001FF", "6D00"),
    ],
)
def test_what_the_card_does_not_do_is_refused_with_the_right_status_word(terminal, command, sw):
    assert terminal.sw(command) == sw


@pytest.mark.parametrize("raw", ["", "00", "00A4", "00A400", "00A4040C0AD392", "0000000000000000"])
def test_bytes_that_are_no_command_are_answered_with_6700(terminal, raw):
    assert terminal.sw(raw) == "6700"


def test_chaining_can_be_an_unknown_class():
    assert _terminal(chaining=0x6E00).sw(f"10A4040C0A{AID}") == "6E00"


def test_the_last_command_marker_is_an_iphone_thing():
    assert Terminal(specimens.card(profile=TokenKind.IPHONE)).sw("80FC0000") == "9000"
    assert Terminal(specimens.card(profile=TokenKind.ANDROID_PHONE)).sw("80FC0000") == "6700"


# SELECT


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        (SELECT_JPKI, "9000"),
        (f"00A404000A{AID}00", "9000"),
        ("00A4040C01D3", "9000"),
        ("00A4040C05D392F00026", "9000"),
        ("00A4040C0BD392F00026010000000100", "6A82"),
        ("00A4040C0AD392F000260100000002", "6A82"),
        ("00A4040C", "6A86"),
        (f"00A4010C0A{AID}", "6A86"),
        (f"00A404010A{AID}", "6A86"),
        ("00A40000", "6A86"),
        ("00A40000023F00", "6A82"),
        ("00A4020C020018", "6A82"),
        ("00A4020C022F10", "6A82"),
        ("00A4020C02001E", "9000"),
        (SELECT_DOMAIN, "9000"),
    ],
)
def test_select_after_power_on(command, sw):
    assert _terminal().sw(command) == sw


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00A40000", "9000"),
        ("00A40000023F00", "6A82"),
        ("00A4020C02000A", "9000"),
        ("00A4020002000A", "9000"),
        ("00A4020C020001", "9000"),
        ("00A4020C021234", "6A82"),
        ("00A4020C0100", "6700"),
        ("00A4020C", "6700"),
        ("00A4020102000A", "6A86"),
    ],
)
def test_select_in_the_application(terminal, command, sw):
    assert terminal.sw(command) == sw


def test_a_protected_file_of_the_domain_can_be_selected_and_not_read():
    terminal = _terminal("00A4020C02001E")
    assert terminal.sw("00B0000000") == "6981"


def test_select_by_a_prefix_goes_on_to_the_next_application():
    first = Application("first", "一", bytes.fromhex("D3921000"))
    second = Application("second", "二", bytes.fromhex("D392F000"))
    held = tuple(ApplicationMemory(application) for application in (first, second))
    memory, volatile, answers = Memory(held), Volatile(), []
    for command in ("00A4040C02D392", "00A4040E02D392", "00A4040E02D392"):
        parsed = CommandApdu.parse(bytes.fromhex(command))
        memory, volatile, answer = process(memory, volatile, parsed)
        answers.append((f"{answer.sw:04X}", volatile.aid.hex()))
    assert answers == [("9000", "d3921000"), ("9000", "d392f000"), ("6A82", "d392f000")]


def test_select_can_return_the_name():
    named = FileControlInformation.NAME
    answer = _terminal(file_control_information=named).ask(f"00A404000A{AID}00")
    assert answer.hex().upper() == f"6F0C840A{AID}9000"
    assert _terminal().ask(f"00A404000A{AID}00").hex() == "9000"


def test_selecting_a_file_after_power_on_can_want_an_application_first():
    assert _terminal(select_file_in_domain=0x6986).sw("00A4020C020018") == "6986"
    assert _terminal(SELECT_JPKI, select_file_in_domain=0x6986).sw("00A4020C021234") == "6A82"


def test_select_without_a_name_can_be_another_refusal():
    assert _terminal(select_without_name=0x6700).sw("00A4040C") == "6700"


# security status


@pytest.mark.parametrize(
    ("between", "kept"),
    [
        (SELECT_JPKI, "9000"),
        ("00A4040C05D392F00026", "9000"),
        ("00A4040C021234", "9000"),  # refused, so nothing was left
    ],
)
def test_selecting_the_same_application_again_keeps_the_pin(terminal, between, kept):
    terminal.sw(VERIFY_USER_PIN)
    terminal.sw(between)
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == kept


def test_that_can_be_switched_off():
    terminal = _terminal(SELECT_JPKI, VERIFY_USER_PIN, SELECT_JPKI, reselect_keeps_status=False)
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "6982"


def test_leaving_the_application_clears_the_pin(terminal):
    for command in (VERIFY_USER_PIN, SELECT_DOMAIN, SELECT_JPKI):
        assert terminal.sw(command) == "9000"
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "6982"


@pytest.mark.parametrize("event", ["power_on", "power_off", "reset"])
def test_power_and_reset_clear_everything_but_the_counters(terminal, event):
    assert terminal.sw(VERIFY_USER_PIN) == "9000"
    assert terminal.sw("0020009B0641414131 3131") == "63C4"
    getattr(terminal.card, event)()
    assert terminal.sw("00A4020C020018") == "6A82"
    assert terminal.sw(SELECT_JPKI) == "9000"
    assert terminal.sw("00200080") == "6986"
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "6982"
    assert terminal.sw("0020009B") == "63C4"


def test_selecting_the_application_leaves_no_current_file(terminal):
    terminal.sw("00A4020C02000A")
    terminal.sw(SELECT_JPKI)
    assert terminal.sw("00B0000004") == "6986"
    kept = _terminal(SELECT_JPKI, "00A4020C02000A", SELECT_JPKI, reselect_keeps_file=True)
    assert kept.sw("00B0000004") == "9000"


# READ


@pytest.mark.parametrize(
    ("command", "data", "sw"),
    [
        ("00B0000000", 256, "9000"),
        ("00B00000FF", 255, "9000"),
        ("00B0000001", 1, "9000"),
        ("00B007FF00", 1, "9000"),
        ("00B0080000", 0, "6B00"),
        ("00B07FFF00", 0, "6B00"),
        ("00B00000000000", 2048, "9000"),
        ("00B000000005DC", 1500, "9000"),
        ("00B00100000000", 1792, "9000"),
        ("00B08A0000", 256, "9000"),
        ("00B08AFF01", 1, "9000"),
        ("00B00000", 0, "6700"),
        ("00B00000020102", 0, "6700"),
        ("00B09F0000", 0, "6A86"),
        ("00B0800000", 0, "6A86"),
        ("00B0AA0000", 0, "6A86"),
        ("00B0830000", 0, "6A82"),
        ("00B0810000", 0, "6982"),
        ("00B0890000", 0, "6982"),
        ("00B0970000", 0, "6981"),
        ("00B0980000", 0, "6981"),
    ],
)
def test_read_binary(terminal, command, data, sw):
    terminal.sw("00A4020C02000A")
    answer = terminal.ask(command)
    assert (len(answer) - 2, answer[-2:].hex().upper()) == (data, sw)


def test_past_the_end_can_be_a_warning():
    terminal = _terminal(SELECT_JPKI, "00A4020C02000A", past_the_end=0x6282)
    assert terminal.sw("00B0080000") == "6282"


def test_the_longest_answer_can_be_bounded():
    terminal = _terminal(SELECT_JPKI, "00A4020C02000A", longest_answer=1000)
    assert len(terminal.ask("00B00000000000")) == 1002


def test_a_short_identifier_makes_its_file_current_unless_it_was_refused(terminal):
    terminal.sw("00B08A0004")
    assert terminal.sw("00B0810004") == "6982"
    assert terminal.ask("00B0000002").hex() == "30829000"
    refused = _terminal(SELECT_JPKI, "00B08A0004", sfi_selects_when_refused=True)
    assert refused.sw("00B0810004") == "6982"
    assert refused.sw("00B0000002") == "6982"


def test_the_token_information_has_160_bytes(terminal):
    answer = terminal.ask("00B0860000")
    assert len(answer) == 162
    assert answer[:32] == b"JPKIAPICCTOKEN2                 "
    assert answer[96:100].hex() == "0000040d"
    assert answer[116:124].hex() == "0000001000000006"
    assert answer[124:140] == b"\xff" * 16
    assert answer[144:160] == b"9" * 16


def test_the_availability_file_names_both_certificates(terminal):
    assert terminal.ask("00B0880000").hex() == "8f8f009000"


# PINs


def test_an_empty_verify_costs_nothing_even_when_verified(terminal):
    assert [terminal.sw("00200098") for _ in range(5)] == ["63C3"] * 5
    terminal.sw(VERIFY_USER_PIN)
    assert terminal.sw("00200098") == "63C3"
    assert _terminal(SELECT_JPKI, VERIFY_USER_PIN, query_when_verified=0x9000).sw("00200098") == (
        "9000"
    )


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("0020009800", "6700"),
        ("00200098043132333400", "6700"),
        ("0020009811" + "31" * 17, "6700"),
        ("00200080", "6986"),
        ("0020008004 31323334", "6986"),
        ("0020009704 31323334", "6981"),
        ("0020008A", "6981"),
        ("00200083", "6A82"),
        ("00200000", "6A86"),
        ("0020009F", "6A86"),
        ("00200180", "6A86"),
    ],
)
def test_verify_that_is_not_one_costs_nothing(terminal, command, sw):
    assert terminal.sw(command) == sw
    assert terminal.sw("00200098") == "63C3"


def test_blocked_stays_blocked_whatever_is_typed(terminal):
    wrong = "002000980431313131"
    assert [terminal.sw(wrong) for _ in range(4)] == ["63C2", "63C1", "63C0", "6984"]
    for typed in (VERIFY_USER_PIN, wrong, "0020009801 30"):
        assert terminal.sw(typed) == "6984"
        assert terminal.sw("00200098") == "63C0"
    terminal.card.reset()
    assert terminal.sw(SELECT_JPKI) == "9000"
    assert terminal.sw(VERIFY_USER_PIN) == "6984"
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "6982"


def test_blocking_a_verified_pin_takes_its_status_away():
    terminal = _terminal(SELECT_JPKI, VERIFY_USER_PIN, failed_verify_drops_status=False)
    wrong = "002000980431313131"
    assert terminal.sw(wrong) == "63C2"
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "9000"
    terminal.sw(wrong)
    terminal.sw(wrong)
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "6982"


def test_a_wrong_pin_takes_back_what_a_right_one_gave(terminal):
    terminal.sw(VERIFY_USER_PIN)
    terminal.sw("002000980431313131")
    assert terminal.sw(f"802A009733{DIGEST_INFO}00") == "6982"


def test_the_card_does_not_fold_case(terminal):
    assert terminal.sw("0020009B06616263313233") == "63C4"


@pytest.mark.parametrize(
    ("typed", "switch", "sw"),
    [
        ("0020009805 3132333435", "wrong_length_costs_a_try", "6700"),
        ("0020009804 31323361", "wrong_characters_cost_a_try", "6A80"),
    ],
)
def test_a_pin_that_cannot_be_right_costs_a_try_unless_switched_off(terminal, typed, switch, sw):
    assert terminal.sw(typed) == "63C2"
    lenient = _terminal(SELECT_JPKI, **{switch: False})
    assert lenient.sw(typed) == sw
    assert lenient.sw("00200098") == "63C3"
    assert lenient.sw("002000980431313131") == "63C2"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("002401980434333231", "9000"),
        ("0024019803343332", "6A80"),
        ("00240198053433323130", "6A80"),
        ("002401980434333241", "6A80"),
        ("00240198", "6700"),
        ("0024009804 34333231", "6A86"),
        ("803200980434333231", "6985"),
        ("00240197 04 34333231", "6981"),
    ],
)
def test_change_wants_a_new_pin_of_the_right_shape(terminal, command, sw):
    terminal.sw(VERIFY_USER_PIN)
    assert terminal.sw(command) == sw
    still = terminal.sw(VERIFY_USER_PIN)
    assert still == ("63C2" if sw == "9000" else "9000")


def test_change_without_the_old_pin_is_refused(terminal):
    assert terminal.sw("002401980434333231") == "6982"
    assert terminal.sw("0024019B064E4557313131") == "6982"
    assert terminal.sw(VERIFY_USER_PIN) == "9000"


def test_change_on_a_blocked_pin_is_refused_as_blocked(terminal):
    for _ in range(3):
        terminal.sw("002000980431313131")
    assert terminal.sw("002401980434333231") == "6984"


# keys


@pytest.mark.parametrize(
    ("sfi", "verify", "name"),
    [("97", VERIFY_USER_PIN, "user_authentication"), ("9A", VERIFY_PASSWORD, "signature")],
)
def test_each_signature_mode_makes_what_it_says(terminal, sfi, verify, name):
    assert terminal.sw(verify) == "9000"
    public = specimens.key(name).public_key()
    message = b"a message"
    digest = hashes.Hash(hashes.SHA256())
    digest.update(message)
    hashed = digest.finalize()
    pkcs1 = padding.PKCS1v15()
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)

    def signed(mode, data):
        answer = terminal.ask(f"802A{mode}{sfi}{len(data):02X}{data.hex()}00")
        assert answer[-2:] == b"\x90\x00"
        return answer[:-2]

    public.verify(
        signed("00", bytes.fromhex(DIGEST_INFO[:38]) + hashed), message, pkcs1, hashes.SHA256()
    )
    bare = public.recover_data_from_signature(signed("01", message), pkcs1, None)
    assert bare == hashed
    public.verify(signed("02", hashed), message, pkcs1, hashes.SHA256())
    public.verify(signed("03", message), message, pkcs1, hashes.SHA256())
    public.verify(signed("04", hashed), hashed, pss, utils.Prehashed(hashes.SHA256()))
    public.verify(signed("05", message), message, pss, hashes.SHA256())
    assert signed("05", message) != signed("05", message)


@pytest.mark.parametrize("sfi", ["97", "9A"])
@pytest.mark.parametrize("mode", ["00", "01", "02", "03", "04", "05"])
def test_no_mode_signs_without_the_pin(terminal, sfi, mode):
    assert terminal.sw(f"802A{mode}{sfi}20{'00' * 32}00") == "6982"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("802A0697" + "20" + "00" * 32 + "00", "6A86"),
        ("802A0297" + "1F" + "00" * 31 + "00", "6985"),
        ("802A0497" + "21" + "00" * 33 + "00", "6985"),
        ("802A0097" + "F5" + "00" * 245 + "00", "9000"),
        ("802A0097" + "F6" + "00" * 246 + "00", "6985"),
        ("802A009700", "6985"),
        ("802A0097" + "20" + "00" * 32, "6700"),
        ("802A0097" + "20" + "00" * 32 + "FF", "6700"),
        ("802A0000" + "20" + "00" * 32 + "00", "6A86"),
        ("802A008A" + "20" + "00" * 32 + "00", "6981"),
        ("802A0096" + "20" + "00" * 32 + "00", "6982"),
        ("802A0080" + "20" + "00" * 32 + "00", "6981"),
    ],
)
def test_signing_wants_the_right_key_and_the_right_input(terminal, command, sw):
    terminal.sw(VERIFY_USER_PIN)
    terminal.sw("00A4020C02000A")
    assert terminal.sw(command) == sw


def test_bad_input_and_a_short_answer_can_be_other_refusals():
    terminal = _terminal(
        SELECT_JPKI, VERIFY_USER_PIN, bad_signature_input=0x6700, no_room_for_signature=0x6C00
    )
    assert terminal.sw("802A0097" + "F6" + "00" * 246 + "00") == "6700"
    assert terminal.sw("802A0097" + "20" + "00" * 32) == "6C00"


@pytest.mark.parametrize(
    ("command", "data", "sw"),
    [
        ("0084000000", 256, "9000"),
        ("0084000008", 8, "9000"),
        ("00840000000100", 256, "9000"),
        ("00840000000101", 0, "6985"),
        ("00840000", 0, "6700"),
        ("0084010008", 0, "6A86"),
    ],
)
def test_get_challenge_works_before_and_in_an_application(command, data, sw):
    for terminal in (_terminal(), _terminal(SELECT_JPKI)):
        answer = terminal.ask(command)
        assert (len(answer) - 2, answer[-2:].hex().upper()) == (data, sw)


def test_get_data_of_what_is_not_there():
    assert _terminal().sw("00CADF3005") == "6A88"
    assert _terminal(no_such_object=0x6A82).sw("00CADF3005") == "6A82"


# more applications are more rows


OTHER = Application(
    "other",
    "その他",
    bytes.fromhex("D39210003100010101FF"),
    files=(
        ElementaryFile("records", 0x0001, FileKind.RECORDS, read=ALWAYS),
        ElementaryFile("either PIN", 0x0002, FileKind.INFORMATION, read=after(0x1C, 0x14)),
        ElementaryFile("own key", 0x0013, FileKind.KEY, use=ALWAYS),
        ElementaryFile("code", 0x0014, FileKind.PIN),
        ElementaryFile("card key", 0x0019, FileKind.KEY, authenticate=ALWAYS),
        ElementaryFile("PIN", 0x001C, FileKind.PIN),
    ),
    pins=(
        PinRule("PIN", 0x1C, 3, 4, 4, "0123456789", changed_by=0x32),
        PinRule("code", 0x14, 10, 12, 12, "0123456789"),
    ),
    default_key=0x0013,
    set_session_key=0x66F1,
)


@pytest.fixture
def other():
    held = ApplicationMemory(
        OTHER,
        files={0x0002: b"four attributes"},
        records={0x0001: (b"\x01\x02ab", b"\x01\x01c")},
        keys={0x0013: specimens.key("other"), 0x0019: specimens.key("other")},
        objects={0x0042: b"issuer"},
        pins={
            0x1C: PinState.fresh(OTHER.pins[0], b"1234"),
            0x14: PinState.fresh(OTHER.pins[1], b"123456789018"),
        },
    )
    memory = Memory((held, *specimens.memory().applications))
    terminal = Terminal(SoftwareCard(memory))
    assert terminal.sw("00A4040C0AD39210003100010101FF") == "9000"
    return terminal


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00B2010C00", "010261629000"),
        ("00B2020C00", "0101639000"),
        ("00B2030C00", "6A83"),
        ("00B2000C00", "6A83"),
        ("00B2010D00", "6A81"),
        ("00B2010E00", "6A86"),
        ("00B2011400", "6981"),
        ("00B0810000", "6981"),
        ("00CA004200", "6973737565729000"),
        ("00CA004201", "6700"),
        ("00CA004300", "6A88"),
        ("80AE0000", "66F1"),
    ],
)
def test_records_and_objects(other, command, answer):
    assert other.ask(command).hex().upper() == answer


@pytest.mark.parametrize("verify", ["0020009C0431323334", "002000940C313233343536373839303138"])
def test_a_file_can_be_opened_by_either_of_two_pins(other, verify):
    assert other.sw("00B0820000") == "6982"
    assert other.sw(verify) == "9000"
    assert other.ask("00B0820000") == b"four attributes\x90\x00"


def test_a_code_of_ten_tries_counts_from_ten(other):
    assert other.sw("00200094") == "63CA"
    assert other.sw("002000940C" + "30" * 12) == "63C9"


def test_each_pin_is_changed_by_its_own_command(other):
    other.sw("0020009C0431323334")
    assert other.sw("0024019C0434333231") == "6985"
    assert other.sw("8032009C0434333231") == "9000"
    other.sw("002000940C313233343536373839303138")
    assert other.sw("002401940C" + "30" * 12) == "6985"


def test_an_application_has_a_key_of_its_own(other):
    public = specimens.key("other").public_key()
    signature = other.ask(f"802A000033{DIGEST_INFO}00")[:-2]
    public.verify(signature, bytes(32), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
    answer = other.ask("008800990461626364 00")[:-2]
    public.verify(answer, b"abcd", padding.PKCS1v15(), hashes.SHA256())
    assert other.sw("008800930461626364 00") == "6982"


def test_the_same_file_number_elsewhere_is_another_pin(other):
    other.sw("0020009C0431323334")
    assert other.sw(SELECT_JPKI) == "9000"
    assert other.sw("0020009C") == "6981"
