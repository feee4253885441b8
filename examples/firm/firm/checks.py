"""What the firm asks of every signature, answer and certificate: evidence first, then a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from jpki.authenticate import AuthenticationResponse, Challenge, explain_authentication
from jpki.certificates import AuthorityCertificate, parse_certificate
from jpki.cms import parse_signed_data
from jpki.errors import FormatError
from jpki.revocation import StatusSource
from jpki.revocation.http import HttpSource
from jpki.validation import Evidence, VerificationReport
from jpki.verify import explain_document, explain_later_status

__all__ = ["Checks", "sources_of"]

SourceOf = Mapping[bytes, StatusSource]
"""Where to ask about a certificate, by the key identifier of its authority."""


def sources_of(
    roots: Iterable[AuthorityCertificate],
    *,
    lists: Callable[[AuthorityCertificate], str],
    responder: str,
    clock: Callable[[], datetime],
) -> SourceOf:
    """Return one source for every authority: its lists, and the responder."""
    return {
        root.subject_key_id: HttpSource(clock=clock, lists=lists(root), responder=responder)
        for root in roots
    }


class Checks:
    """Judges with the roots the firm trusts and the sources it was given."""

    def __init__(self, roots: Iterable[AuthorityCertificate], sources: SourceOf) -> None:
        self._roots = {root.subject_key_id: root for root in roots}
        self._sources = sources

    def signature(self, signature: bytes, content: bytes, *, at: datetime) -> VerificationReport:
        """Judge a detached CMS signature received at ``at``."""
        try:
            carried = parse_signed_data(signature).certificates
        except FormatError:
            carried = ()  # the report says what is wrong with it
        document = explain_document(
            signature, content=content, evidence=self._evidence(carried), at=at
        )
        return document.signatures[0]

    def login(
        self,
        response: AuthenticationResponse,
        challenge: Challenge,
        *,
        audience: str,
        at: datetime,
    ) -> VerificationReport:
        """Judge the answer to a challenge of ours."""
        evidence = self._evidence((response.certificate,))
        return explain_authentication(
            response, challenge, audience=audience, evidence=evidence, at=at
        )

    def certificate(self, der: bytes, *, at: datetime) -> VerificationReport:
        """Judge again a certificate that was good when its account was opened (Act 19(4))."""
        return explain_later_status(der, evidence=self._evidence((der,)), at=at)

    def _evidence(self, certificates: Iterable[bytes]) -> Evidence:
        evidence = Evidence(roots=tuple(self._roots.values()))
        for der in certificates:
            try:
                parsed = parse_certificate(der)
            except FormatError:
                continue
            root = self._roots.get(parsed.authority_key_id)
            if root is None:
                continue
            found = self._sources[root.subject_key_id].evidence(parsed, root)
            evidence = Evidence(
                roots=evidence.roots,
                revocation_lists=evidence.revocation_lists + found.lists,
                ocsp_answers=evidence.ocsp_answers + found.answers,
            )
        return evidence
