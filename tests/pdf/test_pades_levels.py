"""pyHanko's AdES validation (ETSI EN 319 102-1) of what we sign, under the simulated root."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from jpki.pdf_signing import PdfEvidence, PdfLevel, PdfPlan, sign_pdf
from jpki.validation.claim import ProofKind
from jpki.validation.formats.pdf import read_pdf

AT = datetime(2026, 8, 1, 3, 0, 0, tzinfo=UTC)
JUDGED = AT + timedelta(hours=1)


def trusting(root: bytes, mode: str) -> CertValidationPolicySpec:
    return CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([asn1_x509.Certificate.load(root)]),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy(mode)),
    )


def signed_for_long(drafts: ModuleType, keys: Any, tsa: Any) -> bytes:
    plan = PdfPlan(
        level=PdfLevel.B_LT,
        timestamper=tsa,
        evidence=PdfEvidence((keys.root.certificate.der,), (keys.revocation_list,)),
    )
    writer = IncrementalPdfFileWriter(
        io.BytesIO(sign_pdf(drafts.base_pdf(), keys, at=AT, plan=plan))
    )
    stamped = signers.PdfTimeStamper(tsa.client).async_timestamp_pdf(writer, "sha256")
    return bytes(asyncio.run(stamped).getvalue())


def test_pyhanko_passes_b_lt_with_nothing_but_the_list_in_the_file(
    drafts: ModuleType, keys: Any, tsa: Any
) -> None:
    spec = SignatureValidationSpec(
        cert_validation_policy=trusting(keys.root.certificate.der, "require"),
        ts_cert_validation_policy=trusting(tsa.root, "soft-fail"),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
    )
    reader = PdfFileReader(io.BytesIO(signed_for_long(drafts, keys, tsa)))
    result = asyncio.run(
        ades_lta_validation(
            reader.embedded_regular_signatures[0],
            PdfSignatureValidationSpec(spec),
            ValidationTimingInfo(JUDGED, JUDGED, point_in_time_validation=False),
        )
    )
    assert result.ades_subindic is AdESPassed.OK, result.failure_msg
    assert result.best_signature_time == tsa.AT


def test_both_timestamps_come_into_the_claim(drafts: ModuleType, keys: Any, tsa: Any) -> None:
    (claim,) = read_pdf(signed_for_long(drafts, keys, tsa)).claims
    assert {proof.kind for proof in claim.proofs} == {ProofKind.SIGNATURE, ProofKind.ARCHIVE}
