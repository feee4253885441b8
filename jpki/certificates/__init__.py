"""The certificates of JPKI: the four kinds, their profile, and the authorities that issue them."""

from jpki.certificates.attributes import SEX_CODES, BasicAttributes, BirthDate, Era, OtherName
from jpki.certificates.authority import (
    PUBLISHED_AUTHORITIES,
    AuthorityCertificate,
    PublishedAuthority,
    parse_authority,
    recognise,
)
from jpki.certificates.deviations import Deviation
from jpki.certificates.foreign import certificate_der
from jpki.certificates.names import CrlDistributionPoint
from jpki.certificates.notations import (
    BracketNotation,
    MarkedText,
    OverseasNotation,
    RecordedName,
)
from jpki.certificates.parse import (
    SignatureCertificate,
    SubscriberCertificate,
    UserAuthenticationCertificate,
    deviations,
    parse_certificate,
)
from jpki.certificates.profile import EXACT, POLICY_OIDS, TOLERANT, PolicyOids, Reading
from jpki.certificates.structure import KeyUsage

__all__ = [
    "EXACT",
    "POLICY_OIDS",
    "PUBLISHED_AUTHORITIES",
    "SEX_CODES",
    "TOLERANT",
    "AuthorityCertificate",
    "BasicAttributes",
    "BirthDate",
    "BracketNotation",
    "CrlDistributionPoint",
    "Deviation",
    "Era",
    "KeyUsage",
    "MarkedText",
    "OtherName",
    "OverseasNotation",
    "PolicyOids",
    "PublishedAuthority",
    "Reading",
    "RecordedName",
    "SignatureCertificate",
    "SubscriberCertificate",
    "UserAuthenticationCertificate",
    "certificate_der",
    "deviations",
    "parse_authority",
    "parse_certificate",
    "recognise",
]
