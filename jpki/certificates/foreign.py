"""Certificates of authorities that are not JPKI's, such as those of timestamp authorities."""

from __future__ import annotations

from cryptography.x509 import InvalidVersion, load_der_x509_certificate

from jpki.certificates import der
from jpki.errors import MalformedCertificate

__all__ = ["certificate_der"]

_VERSION = 0xA0


def certificate_der(data: bytes, *, source: str = "") -> bytes:
    """Return the DER of one X.509 certificate, given in DER or as one PEM block.

    Raises ``MalformedCertificate``. Nothing is said of who made it or what it is good for.
    """
    data = der.from_pem(data, label="CERTIFICATE", error=MalformedCertificate, source=source)
    _require_serial(data, source)
    try:
        load_der_x509_certificate(data)
    except (ValueError, InvalidVersion) as error:
        raise MalformedCertificate("not an X.509 certificate", source=source, offset=0) from error
    return data


def _require_serial(data: bytes, source: str) -> None:
    """RFC 5280 §4.1.2.2: positive. The library only warns of others, on standard error."""
    whole = der.open_document(data, error=MalformedCertificate, source=source)
    signed = whole.fields("a certificate").take(der.SEQUENCE, "the part that is signed")
    fields = signed.fields("the part that is signed")
    fields.take_if(_VERSION)
    serial = fields.take(der.INTEGER, "the serial number")
    if serial.as_integer("the serial number") <= 0:
        raise serial.malformed("a serial number that is not positive")
