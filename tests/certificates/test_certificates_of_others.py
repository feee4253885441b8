"""Certificates of authorities that are not JPKI's are read as OpenSSL reads them, or refused."""

from __future__ import annotations

import pytest

from jpki.certificates import certificate_der
from jpki.errors import MalformedCertificate
from tests.vectors.make_vectors import HERE as VECTORS

CERTIFICATE = (VECTORS / "cms" / "root.cer").read_bytes()
# [0] EXPLICIT INTEGER 2, which says version 3 (RFC 5280 §4.1.2.1).
VERSION_3 = bytes.fromhex("a003020102")


def test_a_certificate_is_returned_as_it_came() -> None:
    assert certificate_der(CERTIFICATE) == CERTIFICATE


@pytest.mark.parametrize("version", [3, 5, 127])
def test_a_version_that_there_is_not_is_a_malformed_certificate(version: int) -> None:
    assert CERTIFICATE.count(VERSION_3) == 1
    odd = CERTIFICATE.replace(VERSION_3, VERSION_3[:-1] + bytes([version]))
    with pytest.raises(MalformedCertificate):
        certificate_der(odd)


# The vectors' root has the serial number 1 behind its version.
SERIAL = VERSION_3 + bytes.fromhex("020101")


@pytest.mark.parametrize("serial", ["00", "ff"])
def test_a_serial_number_that_is_not_positive_is_refused_without_a_warning(serial: str) -> None:
    assert CERTIFICATE.count(SERIAL) == 1
    odd = CERTIFICATE.replace(SERIAL, SERIAL[:-1] + bytes.fromhex(serial))
    with pytest.raises(MalformedCertificate, match="serial number"):
        certificate_der(odd)
