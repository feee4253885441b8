"""What every ``CardConnection`` keeps to: software, virtual reader, and plastic when given.

Nothing here presents a PIN, so a real card loses nothing.
"""

from contextlib import contextmanager

import pytest
from cryptography import x509

from jpki.backends.pcsc import find_reader
from jpki.card.applet import JpkiApplet
from jpki.card.card_face import CardFaceApplet
from jpki.card.card_record import CommonCardApplet
from jpki.card.connection import CardConnection
from jpki.card.input_support import InputSupportApplet
from jpki.card.layout import TokenKind
from jpki.card.token import identify
from jpki.card.trace import TracingConnection
from jpki.errors import PinRequired
from jpki.terms import PinKind, Purpose
from simulator.card.connection import SoftwareConnection
from tests.card import specimens
from tests.system import bench


@contextmanager
def _software(_config):
    yield SoftwareConnection(specimens.whole_card())


@contextmanager
def _virtual(_config):
    with bench.inserted(specimens.whole_card()), find_reader().connect() as connection:
        yield connection


@contextmanager
def _plastic(config):
    with find_reader(config.getoption("--reader")).connect() as connection:
        yield connection


def pytest_generate_tests(metafunc):
    makers = [
        pytest.param(_software, id="software"),
        pytest.param(_virtual, id="virtual reader", marks=pytest.mark.system),
    ]
    if metafunc.config.getoption("--reader", None):
        makers.append(pytest.param(_plastic, id="real card", marks=pytest.mark.card))
    if "connection" in metafunc.fixturenames:
        metafunc.parametrize("connection", makers, indirect=True)


@pytest.fixture
def connection(request):
    with request.param(request.config) as opened:
        yield opened


def test_a_connection_is_what_the_seam_says(connection):
    assert isinstance(connection, CardConnection)
    assert isinstance(TracingConnection(connection), CardConnection)


def test_a_refusal_is_an_answer(connection):
    assert connection.transmit(bytes.fromhex("00A4040C0AD392F0002601000000FF")).hex() == "6a82"


def test_the_token_is_recognised(connection):
    assert JpkiApplet(connection).select() in set(TokenKind)


@pytest.mark.parametrize("pin", PinKind)
def test_asking_for_the_tries_costs_nothing(connection, pin):
    applet = JpkiApplet(connection)
    assert applet.tries_left(pin) == applet.tries_left(pin)


def test_the_authorities_certificates_parse_and_stay_the_same(connection):
    applet = JpkiApplet(connection)
    for purpose in Purpose:
        der = applet.ca_certificate(purpose)
        x509.load_der_x509_certificate(der)
        assert applet.ca_certificate(purpose) == der


def test_the_signature_certificate_is_kept_back(connection):
    with pytest.raises(PinRequired):
        JpkiApplet(connection).certificate(Purpose.SIGNATURE)


def test_no_key_signs_without_a_pin(connection):
    applet = JpkiApplet(connection)
    for purpose in Purpose:
        with pytest.raises(PinRequired):
            applet.sign_sha256(purpose, bytes(32))


def test_what_is_in_the_reader_is_told_without_asking_for_anything(connection):
    found = identify(connection)
    assert found.usable
    assert identify(connection) == found


def test_every_file_that_is_free_is_read_and_the_rest_is_kept_back(connection):
    applet = JpkiApplet(connection)
    found = applet.read_files()
    assert found[0x0001] == 0x6982  # the signature certificate wants the password
    assert isinstance(found[0x0006], bytes)
    assert applet.read_files() == found


def test_the_tries_of_every_application_are_told_without_cost(connection):
    if identify(connection).kind is not TokenKind.INDIVIDUAL_NUMBER_CARD:
        pytest.skip("a phone has the JPKI application alone")
    for kind in (InputSupportApplet, CardFaceApplet, CommonCardApplet):
        applet = kind(connection)
        assert applet.counters() == applet.counters()


def test_nothing_about_the_holder_is_free(connection):
    if identify(connection).kind is not TokenKind.INDIVIDUAL_NUMBER_CARD:
        pytest.skip("a phone has the JPKI application alone")
    support, face = InputSupportApplet(connection), CardFaceApplet(connection)
    for read in (
        support.my_number, support.attributes, support.signature,
        face.face, face.birth_date, face.number_image,
    ):  # fmt: skip
        with pytest.raises(PinRequired):
            read()


def test_what_the_applications_say_about_themselves_is_free(connection):
    if identify(connection).kind is not TokenKind.INDIVIDUAL_NUMBER_CARD:
        pytest.skip("a phone has the JPKI application alone")
    for kind in (InputSupportApplet, CardFaceApplet):
        applet = kind(connection)
        assert len(applet.certificate().issuer) == 16
        assert applet.basic_information() == applet.basic_information()
    assert CommonCardApplet(connection).record().number.isdigit()
