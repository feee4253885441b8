"""The certificates of a token as ``jpki card cert`` writes them."""

from __future__ import annotations

import base64
import hashlib
import json
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jpki.card.applet import JpkiApplet
from jpki.card.layout import ALWAYS, PLACES
from jpki.card.token import Identity
from jpki.certificates import SignatureCertificate, parse_authority, parse_certificate
from jpki.errors import FormatError
from jpki.terms import PinKind, Purpose

__all__ = ["CertificateFormat", "CertificateType", "pem", "told_certificate"]


class CertificateFormat(StrEnum):
    """How a certificate is written."""

    TEXT = "text"
    JSON = "json"
    DER = "der"
    PEM = "pem"


class CertificateType(StrEnum):
    """The four certificates of a token, by the names that other tools use too."""

    AUTH = "auth"
    SIGN = "sign"
    AUTH_CA = "auth-ca"
    SIGN_CA = "sign-ca"

    @property
    def purpose(self) -> Purpose:
        """What the certificate, or its holder's, is for."""
        return _PURPOSES[self]

    @property
    def of_authority(self) -> bool:
        """Whether it is an authority's."""
        return self in (CertificateType.AUTH_CA, CertificateType.SIGN_CA)

    def pin_on(self, identity: Identity) -> PinKind | None:
        """Return the PIN that reading it takes on this token, if any."""
        place = PLACES[self.purpose]
        application = identity.token.application if identity.token is not None else None
        if self.of_authority or application is None:
            return None
        row = application.file(place.certificate)
        return None if row is None or row.read == ALWAYS else place.pin

    def read(self, applet: JpkiApplet) -> bytes:
        """Read it in DER."""
        if self.of_authority:
            return applet.ca_certificate(self.purpose)
        return applet.certificate(self.purpose)


_PURPOSES: Final = MappingProxyType(
    {
        CertificateType.AUTH: Purpose.USER_AUTHENTICATION,
        CertificateType.AUTH_CA: Purpose.USER_AUTHENTICATION,
        CertificateType.SIGN: Purpose.SIGNATURE,
        CertificateType.SIGN_CA: Purpose.SIGNATURE,
    }
)


def told_certificate(der: bytes, kind: CertificateType, output: CertificateFormat) -> bytes:
    """Return the certificate in the form asked for."""
    match output:
        case CertificateFormat.DER:
            return der
        case CertificateFormat.PEM:
            return pem(der)
        case CertificateFormat.JSON:
            return (json.dumps(_facts(der, kind), ensure_ascii=False, indent=2) + "\n").encode()
        case CertificateFormat.TEXT:
            facts = _facts(der, kind)
            return "".join(f"{name}: {value}\n" for name, value in facts.items()).encode()


def pem(der: bytes) -> bytes:
    """Return a certificate in PEM (RFC 7468 §5: lines of 64 characters)."""
    encoded = base64.b64encode(der)
    lines = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
    return b"\n".join((b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""))


def _facts(der: bytes, kind: CertificateType) -> dict[str, object]:
    known = _authority(der) if kind.of_authority else _subscriber(der)
    return {
        "type": kind.value,
        **known,
        "sha256": hashlib.sha256(der).hexdigest(),
        "length": len(der),
    }


def _subscriber(der: bytes) -> dict[str, object]:
    try:
        read = parse_certificate(der)
    except FormatError as error:
        return {"not a JPKI certificate": error.message}
    facts: dict[str, object] = {
        "kind": read.kind.value,
        "hierarchy": read.hierarchy.value,
        "serial": read.serial,
        "not before": read.not_before.isoformat(),
        "not after": read.not_after.isoformat(),
    }
    if isinstance(read, SignatureCertificate):
        facts |= {
            "name": read.attributes.name,
            "address": read.attributes.address,
            "birth date": read.attributes.birth_date.text,
            "sex": read.attributes.sex.value,
        }
    return facts


def _authority(der: bytes) -> dict[str, object]:
    try:
        read = parse_authority(der)
    except FormatError as error:
        return {"not a JPKI authority": error.message}
    return {
        "purpose": read.purpose.value,
        "hierarchy": read.hierarchy.value,
        "serial": read.serial,
        "not before": read.not_before.isoformat(),
        "not after": read.not_after.isoformat(),
    }
