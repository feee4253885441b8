"""Traces are text with an exact meaning, and the same trace is played from both sides."""

import hashlib
import logging

import pytest

from jpki.card.applet import JpkiApplet
from jpki.card.pin import SignaturePassword
from jpki.card.trace import (
    BytePattern,
    ScriptedConnection,
    Trace,
    TracingConnection,
    masked,
    play_against,
)
from jpki.errors import MalformedTrace, TraceDiffers
from jpki.terms import Purpose
from simulator.card.connection import SoftwareConnection
from tests.card import specimens
from tests.card.traces import TRACES, connection, trace

# What a card has to do for the sake of every known client, and the traces that show it.
MUST_HAVES = {
    "foreign names and instructions are refused": (
        "opensc-probes",
        "client-meets-a-foreign-card",
        "client-meets-an-android-phone",
    ),
    "an empty VERIFY is 63Cn always, 63C0 when blocked": (
        "opensc-sign-signature",
        "retry-ladder",
        "whole-myna-pin-status",
        "whole-jpki-rs-pin-status",
        "client-asks-for-the-tries",
        "client-wrong-pin-to-the-end",
        "whole-client-asks-for-every-counter",
    ),
    "the label is padded with spaces": (
        "client-recognises-a-card",
        "client-refuses-a-label-with-nul",
        "whole-pymyna-attributes",
    ),
    "a READ is full where it can be, short at the end and 6B00 after it": (
        "jpki-rs-read-certificate",
        "pyjpki-read-certificate",
        "jpki-web-certificate",
        "whole-client-input-support-pin",
        "whole-client-card-face-code-a",
    ),
    "a READ never gives more than was asked for": (
        "myna-read-certificate",
        "whole-myna-attributes",
        "client-needs-the-password-for-its-certificate",
    ),
    "the same application keeps the PIN, another one does not": (
        "pyjpki-sign-user-authentication",
        "whole-pyjpki-personal-information",
        "whole-jpki-rs-card-face",
        "client-keeps-the-pin-over-a-second-select",
        "whole-client-changes-application",
    ),
    "a signature comes whole, whatever the DigestInfo": (
        "opensc-pkcs11-test",
        "jpki-rs-sign-sha1",
        "client-signs-whatever-it-is-given",
    ),
    "the signature certificate is selected freely and read with the PIN": (
        "opensc-read-signature-certificate-without-pin",
        "swift-signer-signature",
        "client-needs-the-password-for-its-certificate",
    ),
    "certificates begin 30 82 with a true length": (
        "opensc-read-certificate",
        "android-signer-certificate",
        "client-reads-user-authentication-certificate",
    ),
    "files of the input support application have their sizes": (
        "whole-myna-go-text",
        "whole-client-digests-and-signature",
        "whole-client-input-support-without-a-pin",
    ),
    "extended Le is understood": (
        "pymyna-extended-read",
        "whole-nfcpy-codes",
        "whole-jsapdu-short-identifiers",
    ),
    "letters are not folded": ("client-makes-letters-upper-case",),
    "the status is lost when the application is left": ("client-leaves-the-application",),
    "repeated commands are answered alike": (
        "repeated-commands",
        "whole-jpki-rs-input-support",
        "client-asks-twice",
    ),
}
# Our client sends short commands only, so that it works in every reader.
NOT_OURS = {"extended Le is understood"}


@pytest.mark.parametrize("name", sorted(path.stem for path in TRACES.glob("*.apdu")))
def test_the_software_card_answers_as_the_trace_says(name):
    play_against(connection(name), trace(name))


def test_a_trace_is_there_for_every_known_client():
    clients = {path.stem.split("-")[0] for path in TRACES.glob("*.apdu")}
    clients |= {path.stem.split("-")[1] for path in TRACES.glob("whole-*.apdu")}
    known = {
        *("opensc", "myna", "jpki", "pyjpki", "pymyna", "nfcpy", "jsapdu", "swift", "android"),
        *("webusb", "phone", "windows"),
    }
    assert known <= clients


@pytest.mark.parametrize("traces", MUST_HAVES.values(), ids=MUST_HAVES.keys())
def test_what_a_card_must_do_for_every_client_is_shown_by_a_trace(traces):
    assert all((TRACES / f"{name}.apdu").is_file() for name in traces)


@pytest.mark.parametrize("row", sorted(set(MUST_HAVES) - NOT_OURS))
def test_one_of_them_is_our_own_client_and_is_played_both_ways(row):
    assert [name for name in MUST_HAVES[row] if "client-" in name]


def test_neither_case_nor_a_reset_is_in_a_trace_but_holds():
    card = specimens.whole_card()
    connection = SoftwareConnection(card)
    connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    assert connection.transmit(bytes.fromhex("0020009B06616263313233")).hex() == "63c4"
    assert connection.transmit(bytes.fromhex("0020009804") + b"1234").hex() == "9000"
    card.reset()
    connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    sign = bytes.fromhex("802A00970100" + "00")
    assert connection.transmit(sign).hex() == "6982"


SMALL = """\
# hello
> 00A4020C020018
< 9000
# a wildcard, and a run of them
> 00B0000008
< 3082....AA [3] 9000
# the end
"""


def test_a_trace_is_written_back_as_it_was_read():
    trace = Trace.parse(SMALL)
    assert Trace.parse(trace.format()) == trace
    assert trace.format() == SMALL
    assert trace.steps[1].comment == ("a wildcard, and a run of them",)
    assert trace.closing == ("the end",)


@pytest.mark.parametrize(
    "text",
    [
        "> 00A4\n",
        "< 9000\n",
        "> 00A4\n> 00A4\n",
        "> 00A4\n< 9000\n< 9000\n",
        "> 0\n< 9000\n",
        "> 00XY\n< 9000\n",
        ">\n< 9000\n",
        "00A4\n",
        "> [x]\n< 9000\n",
    ],
)
def test_text_that_is_no_trace_is_refused_with_its_line(text):
    with pytest.raises(MalformedTrace, match="trace"):
        Trace.parse(text)


def test_open_bytes_match_anything_of_their_length():
    pattern = BytePattern.parse("30 82 .. [2] 90 00")
    assert pattern.matches(bytes.fromhex("3082AABBCC9000"))
    assert not pattern.matches(bytes.fromhex("3082AABBCCDD9000"))
    assert not pattern.matches(bytes.fromhex("3081AABBCC9000"))
    assert pattern.exact is None
    assert pattern.filled(0xFF).hex() == "3082ffffff9000"


def test_a_scripted_card_tells_the_step_and_both_commands():
    connection = ScriptedConnection(Trace.parse(SMALL))
    connection.transmit(bytes.fromhex("00A4020C020018"))
    with pytest.raises(TraceDiffers) as caught:
        connection.transmit(bytes.fromhex("00B0000009"))
    assert caught.value.step == 2
    assert (caught.value.expected, caught.value.found) == ("00B0000008", "00B0000009")


def test_a_scripted_card_that_has_run_out_does_not_start_again():
    connection = ScriptedConnection(Trace.parse("> 00A40000\n< 9000\n"))
    connection.transmit(bytes.fromhex("00A40000"))
    with pytest.raises(TraceDiffers, match="nothing more"):
        connection.transmit(bytes.fromhex("00A40000"))


def test_steps_that_were_never_asked_for_fail_at_the_end():
    with pytest.raises(TraceDiffers, match="the end"), ScriptedConnection(Trace.parse(SMALL)):
        pass


def test_a_card_that_answers_otherwise_fails_with_both_answers():
    trace = Trace.parse("> 00A4020C020018\n< 9000\n")
    with pytest.raises(TraceDiffers) as caught:
        play_against(SoftwareConnection(specimens.card()), trace)
    assert (caught.value.step, caught.value.expected, caught.value.found) == (1, "9000", "6A82")


def test_a_masked_trace_is_not_sent_to_a_card():
    with pytest.raises(MalformedTrace, match="masked"):
        play_against(
            SoftwareConnection(specimens.card()), Trace.parse("> 0020008004 [4]\n< 9000\n")
        )


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("002000800431323334", "0020008004 [4]"),
        ("00240180083031323334353637", "0024018008 [8]"),
        ("80320080 04 31323334", "8032008004 [4]"),
        ("00200080 000004 31323334", "00200080000004 [4]"),
        ("00200080", "00200080"),
        ("00A4020C020018", "00A4020C020018"),
        ("00200080 09 31323334", "00200080 [5]"),  # no command at all: cut after the header
    ],
)
def test_pins_are_masked_by_instruction(command, shown):
    assert masked(bytes.fromhex(command)) == shown


def test_a_recorded_trace_and_its_log_have_no_pin_and_no_certificate(caplog):
    caplog.set_level(logging.DEBUG, logger="jpki.apdu")
    connection = TracingConnection(SoftwareConnection(specimens.card()))
    applet = JpkiApplet(connection)
    applet.verify(SignaturePassword("ABC123"))
    certificate = applet.certificate(Purpose.SIGNATURE)
    applet.sign_sha256(Purpose.SIGNATURE, hashlib.sha256(b"text").digest())
    text = connection.trace.format() + caplog.text
    assert "414243313233" not in text
    assert "ABC123" not in text
    assert certificate[40:60].hex().upper() not in text
    assert "> 0020008006 [6]" in text
    assert "00200080, Lc 6" in caplog.text
    assert "[256] 9000" in caplog.text


def test_a_recorded_trace_with_answers_plays_again():
    card = specimens.card()
    connection = TracingConnection(SoftwareConnection(card), keep_answers=True)
    read = JpkiApplet(connection).certificate(Purpose.USER_AUTHENTICATION)
    recorded = Trace.parse(connection.trace.format())
    with ScriptedConnection(recorded) as scripted:
        assert JpkiApplet(scripted).certificate(Purpose.USER_AUTHENTICATION) == read


def test_a_mismatch_about_a_pin_does_not_tell_the_pin():
    connection = ScriptedConnection(Trace.parse("> 0020008004 31323334\n< 9000\n"))
    with pytest.raises(TraceDiffers) as caught:
        connection.transmit(bytes.fromhex("002000800439383736"))
    assert "31323334" not in str(caught.value)
    assert "39383736" not in str(caught.value)
