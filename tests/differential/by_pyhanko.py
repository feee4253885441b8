"""pyHanko in this process, with revocation data required and nothing fetched."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_detached_cms, async_validate_pdf_signature
from pyhanko.sign.validation.generic_cms import (
    async_validate_cms_signature,
    validate_tst_signed_data,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import RevokedError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from tests.differential.answers import ACCEPTED, REFUSED, REVOKED, PeerAnswer
from tests.differential.questions import Question

__all__ = ["pyhanko_cms", "pyhanko_ocsp", "pyhanko_pdf", "pyhanko_timestamp"]

_LONGEST = 500  # characters of an error; some print the whole answer of a responder
_USAGE = KeyUsageConstraints(key_usage={"non_repudiation"})


def _asked(ask: Callable[[Question], Coroutine[Any, Any, PeerAnswer]]):
    """Make a peer of a question to pyHanko; a crash of its is its refusal."""

    def answer(question: Question) -> PeerAnswer:
        for name in ("pyhanko", "pyhanko_certvalidator"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            return asyncio.run(ask(question))
        except Exception as error:
            return PeerAnswer(REFUSED, f"{type(error).__name__}: {error}"[:_LONGEST])

    answer.__doc__ = ask.__doc__
    return answer


def _context(question: Question, **more: Any) -> ValidationContext:
    return ValidationContext(
        trust_roots=[x509.Certificate.load(one) for one in question.roots],
        other_certs=[x509.Certificate.load(one) for one in question.pool],
        crls=list(question.lists),
        moment=question.at,
        allow_fetching=False,
        # Its default of one second would move every boundary of the vectors.
        time_tolerance=timedelta(0),
        **{"revocation_mode": "require", **more},
    )


def _signed_data(question: Question) -> cms.SignedData:
    data = question.data
    if pem.detect(data):
        _, _, data = pem.unarmor(data)
    return cms.ContentInfo.load(data, strict=True)["content"]


@_asked
async def pyhanko_cms(question: Question) -> PeerAnswer:
    """Validate a CMS signature, attached or detached."""
    signed, context = _signed_data(question), _context(question)
    if question.content is None:
        status = await async_validate_cms_signature(
            signed, validation_context=context, key_usage_settings=_USAGE
        )
    else:
        status = await async_validate_detached_cms(
            question.content, signed, signer_validation_context=context, key_usage_settings=_USAGE
        )
    return PeerAnswer.of(status.intact and status.valid and status.trusted, status.summary())


@_asked
async def pyhanko_pdf(question: Question) -> PeerAnswer:
    """Validate every signature of a PDF file; all of them must be good."""
    found = PdfFileReader(io.BytesIO(question.data)).embedded_signatures
    context = _context(question)
    every = [
        await async_validate_pdf_signature(one, context, key_usage_settings=_USAGE) for one in found
    ]
    good = bool(every) and all(one.bottom_line for one in every)
    return PeerAnswer.of(good, " ".join(one.summary() for one in every) or "no signature")


@_asked
async def pyhanko_timestamp(question: Question) -> PeerAnswer:
    """Validate a timestamp token over the stamped bytes."""
    content = question.content or b""
    said = await validate_tst_signed_data(
        _signed_data(question), _context(question), lambda name: hashlib.new(name, content).digest()
    )
    status = TimestampSignatureStatus(**said)
    return PeerAnswer.of(status.intact and status.valid and status.trusted, status.summary())


@_asked
async def pyhanko_ocsp(question: Question) -> PeerAnswer:
    """Let its path validator judge an answer about the certificate; it knows no nonces."""
    root, about = (x509.Certificate.load(one) for one in (question.roots[0], question.about))
    context = _context(question, ocsps=[question.data])
    path = ValidationPath(CertTrustAnchor(root), [], about)
    try:
        await verify_ocsp_response(about, path, context)
    except RevokedError as error:
        return PeerAnswer(REVOKED, str(error))
    return PeerAnswer(ACCEPTED, "")
