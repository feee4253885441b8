"""OCSP (RFC 6960): requests and responses as values, and what a response says of a certificate."""

from jpki.revocation.ocsp.certificate_id import CertificateId, IdHash
from jpki.revocation.ocsp.judging import judge_answer
from jpki.revocation.ocsp.policy import JPKI_ANSWERS, RSA_ALGORITHMS, OcspPolicy
from jpki.revocation.ocsp.request import OcspRequest, ocsp_request, parse_ocsp_request
from jpki.revocation.ocsp.response import (
    BasicAnswer,
    OcspResponse,
    ResponseStatus,
    SaidStatus,
    SingleAnswer,
    parse_ocsp_response,
)

__all__ = [
    "JPKI_ANSWERS",
    "RSA_ALGORITHMS",
    "BasicAnswer",
    "CertificateId",
    "IdHash",
    "OcspPolicy",
    "OcspRequest",
    "OcspResponse",
    "ResponseStatus",
    "SaidStatus",
    "SingleAnswer",
    "judge_answer",
    "ocsp_request",
    "parse_ocsp_request",
    "parse_ocsp_response",
]
