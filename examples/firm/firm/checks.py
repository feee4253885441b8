"""What the firm asks of every signature, answer and certificate, and where it gets the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from jpki.authenticate import AuthenticationResponse, Challenge, explain_authentication
from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.revocation import StatusEvidence, StatusSource
from jpki.revocation.http import HttpSource
from jpki.validation import Evidence, VerificationReport
from jpki.verify import explain_document, explain_later_status

__all__ = ["AgencySource", "Checks"]


class AgencySource:
    """The lists of each authority the firm trusts, and the responder of all of them."""

    def __init__(
        self,
        roots: Iterable[AuthorityCertificate],
        *,
        lists: Callable[[AuthorityCertificate], str],
        responder: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._sources = {
            root.subject_key_id: HttpSource(clock=clock, lists=lists(root), responder=responder)
            for root in roots
        }

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Fetch what there is about a certificate."""
        return self._sources[authority.subject_key_id].evidence(certificate, authority)


class Checks:
    """Judges with the roots the firm trusts and the source it was given."""

    def __init__(self, roots: Iterable[AuthorityCertificate], source: StatusSource) -> None:
        self._evidence = Evidence(roots=tuple(roots), sources=(source,))

    def signature(self, signature: bytes, content: bytes, *, at: datetime) -> VerificationReport:
        """Judge a detached CMS signature received at ``at``."""
        document = explain_document(signature, content=content, evidence=self._evidence, at=at)
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
        return explain_authentication(
            response, challenge, audience=audience, evidence=self._evidence, at=at
        )

    def certificate(self, der: bytes, *, at: datetime) -> VerificationReport:
        """Judge again a certificate that was good when its account was opened (Act 19(4))."""
        return explain_later_status(der, evidence=self._evidence, at=at)
