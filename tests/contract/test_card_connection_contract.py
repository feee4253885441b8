"""What every ``CardConnection`` keeps to: software, virtual reader, and plastic when given.

Nothing here presents a PIN, so a real card loses nothing.
"""

from contextlib import contextmanager

import pytest
from cryptography import x509

from jpki.backends.pcsc import find_reader
from jpki.card.applet import JpkiApplet
from jpki.card.connection import CardConnection
from jpki.card.layout import TokenKind
from jpki.card.trace import TracingConnection
from jpki.errors import PinRequired
from jpki.terms import PinKind, Purpose
from simulator.card.connection import SoftwareConnection
from tests.card import specimens
from tests.system import bench


@contextmanager
def _software(_config):
    yield SoftwareConnection(specimens.card())


@contextmanager
def _virtual(_config):
    with bench.inserted(specimens.card()), find_reader().connect() as connection:
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
