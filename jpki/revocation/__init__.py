"""Revocation lists (失効情報ファイル) and OCSP answers as values, and where they come from."""

from jpki.revocation.list_judging import judge_list
from jpki.revocation.ocsp import (
    JPKI_ANSWERS,
    IdHash,
    OcspPolicy,
    OcspRequest,
    OcspResponse,
    judge_answer,
    ocsp_request,
    parse_ocsp_request,
    parse_ocsp_response,
)
from jpki.revocation.parties import Issuer, Subject
from jpki.revocation.revocation_list import (
    IssuingDistributionPoint,
    RevocationList,
    RevokedEntry,
    parse_revocation_list,
)
from jpki.revocation.sources import (
    AllSources,
    FileSource,
    FolderSource,
    MemorySource,
    StatusEvidence,
    StatusRegister,
    StatusSource,
)
from jpki.revocation.statements import Heard, Obstacle, Standing, Statement

__all__ = [
    "JPKI_ANSWERS",
    "AllSources",
    "FileSource",
    "FolderSource",
    "Heard",
    "IdHash",
    "Issuer",
    "IssuingDistributionPoint",
    "MemorySource",
    "Obstacle",
    "OcspPolicy",
    "OcspRequest",
    "OcspResponse",
    "RevocationList",
    "RevokedEntry",
    "Standing",
    "Statement",
    "StatusEvidence",
    "StatusRegister",
    "StatusSource",
    "Subject",
    "judge_answer",
    "judge_list",
    "ocsp_request",
    "parse_ocsp_request",
    "parse_ocsp_response",
    "parse_revocation_list",
]
