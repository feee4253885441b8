"""A verifier as a firm runs one: it receives signatures, looks again later, and asks challenges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from jpki import revocation
from jpki.authenticate import (
    AuthenticationResponse,
    Challenge,
    OpenChallenges,
    explain_authentication,
)
from jpki.certificates import AuthorityCertificate, parse_certificate
from jpki.errors import FormatError, JpkiError, SourceError
from jpki.revocation import StatusSource
from jpki.validation import (
    RECEPTION,
    DocumentReport,
    Evidence,
    VerificationPolicy,
    VerificationReport,
)
from jpki.validation.formats.detect import read_document
from jpki.verify import explain_document, explain_later_status
from simulator.pytest_plugin.certificates import IssuedCertificate

__all__ = ["Verifier"]


class Verifier:
    """Judges at the clock's instant, with what its source has about the certificates it meets.

    ``source`` may be exchanged: ``verifier.source = revocation_server.source()`` lets it ask the
    server. ``failures`` is what the last question could not get. ``policy`` is used unless a call
    gives another.
    """

    def __init__(
        self,
        *,
        name: str,
        roots: Callable[[], Iterable[AuthorityCertificate]],
        source: StatusSource,
        clock: Callable[[], datetime],
        nonces: Callable[[], bytes],
    ) -> None:
        self.name = name
        self.source = source
        self.policy: VerificationPolicy = RECEPTION
        self.failures: tuple[JpkiError, ...] = ()
        self._roots = roots
        self._clock = clock
        self._nonces = nonces
        self._challenges = OpenChallenges()

    def __repr__(self) -> str:
        return f"<Verifier {self.name}>"

    def receive(
        self, signature: bytes, content: bytes, *, policy: VerificationPolicy | None = None
    ) -> VerificationReport:
        """Return the verdict on a detached CMS signature by one signer, received now."""
        (report,) = self.receive_document(signature, content, policy=policy).signatures
        return report

    def receive_document(
        self,
        data: bytes,
        content: bytes | None = None,
        *,
        policy: VerificationPolicy | None = None,
    ) -> DocumentReport:
        """Return the verdict on every signature of a CMS, PDF or XML file received now."""
        return explain_document(
            data,
            content=content,
            evidence=self.evidence(*_carried(data, content)),
            at=self._clock(),
            policy=policy or self.policy,
        )

    def later_status(
        self, certificate: IssuedCertificate | bytes, *, policy: VerificationPolicy | None = None
    ) -> VerificationReport:
        """Return whether a certificate verified before still has effect (Act 19(4))."""
        der = certificate.der if isinstance(certificate, IssuedCertificate) else certificate
        return explain_later_status(
            der, evidence=self.evidence(der), at=self._clock(), policy=policy or self.policy
        )

    def challenge(self) -> Challenge:
        """Return a new challenge that is open for one answer."""
        asked = Challenge.of(self._nonces(), audience=self.name, at=self._clock())
        self._challenges.add(asked)
        return asked

    def authenticate(
        self,
        challenge: Challenge,
        response: AuthenticationResponse,
        *,
        policy: VerificationPolicy | None = None,
    ) -> VerificationReport | None:
        """Return the verdict on an answer received now; ``None`` when its challenge is not open."""
        asked = self._challenges.take(challenge.nonce)
        if asked is None:
            return None
        return explain_authentication(
            response,
            asked,
            audience=self.name,
            evidence=self.evidence(response.certificate),
            at=self._clock(),
            policy=policy or self.policy,
        )

    def evidence(self, *certificates: bytes) -> Evidence:
        """Return the roots, and what the source has about these certificates (DER or PEM)."""
        roots = tuple(self._roots())
        found = revocation.Evidence()
        for der in certificates:
            found += _about(der, roots, self.source)
        self.failures = found.failures
        return Evidence(roots=roots, revocation_lists=found.lists, ocsp_answers=found.answers)


def _about(
    der: bytes, roots: tuple[AuthorityCertificate, ...], source: StatusSource
) -> revocation.Evidence:
    try:
        parsed = parse_certificate(der)
    except FormatError:
        return revocation.Evidence()  # the verdict will say what it is
    issuers = [root for root in roots if root.subject_key_id == parsed.authority_key_id]
    if not issuers:
        return revocation.Evidence()
    try:
        return source.evidence(parsed, issuers[0])
    except SourceError as error:
        return revocation.Evidence(failures=(error,))


def _carried(data: bytes, content: bytes | None) -> tuple[bytes, ...]:
    """Return the certificates that a file carries; none when it cannot be read."""
    try:
        claims = read_document(data, content=content, files={}).claims
    except FormatError:
        return ()
    return tuple(dict.fromkeys(der for claim in claims for der in claim.certificates))
