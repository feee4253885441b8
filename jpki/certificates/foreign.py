"""Certificates of authorities that are not JPKI's, such as those of timestamp authorities."""

from __future__ import annotations

from cryptography.x509 import InvalidVersion, load_der_x509_certificate

from jpki.certificates import der
from jpki.errors import MalformedCertificate

__all__ = ["certificate_der"]


def certificate_der(data: bytes, *, source: str = "") -> bytes:
    """Return the DER of one X.509 certificate, given in DER or as one PEM block.

    Raises ``MalformedCertificate``. Nothing is said of who made it or what it is good for.
    """
    data = der.from_pem(data, label="CERTIFICATE", error=MalformedCertificate, source=source)
    try:
        load_der_x509_certificate(data)
    except (ValueError, InvalidVersion) as error:
        raise MalformedCertificate("not an X.509 certificate", source=source, offset=0) from error
    return data
