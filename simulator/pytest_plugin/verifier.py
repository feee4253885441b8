"""A verifier as a firm runs one: it receives signatures, looks again later, and asks challenges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from jpki.authenticate import (
    AuthenticationResponse,
    Challenge,
    OpenChallenges,
    explain_authentication,
)
from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.errors import ImpossibleFact, JpkiError, SourceError
from jpki.revocation import StatusEvidence, StatusSource
from jpki.validation import (
    RECEPTION,
    DocumentReport,
    Evidence,
    VerificationPolicy,
    VerificationReport,
)
from jpki.verify import explain_document, explain_later_status
from simulator.pytest_plugin.certificates import IssuedCertificate

__all__ = ["Verifier"]


class Verifier:
    """Judges at the clock's instant, with what its source has about the certificates it meets.

    ``source`` may be exchanged: ``verifier.source = revocation_server.source()`` lets it ask the
    server. ``policy`` is used unless a call gives another.
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
        self._watched = _Watched(source)
        self._roots = roots
        self._clock = clock
        self._nonces = nonces
        self._challenges = OpenChallenges()

    def __repr__(self) -> str:
        return f"<Verifier {self.name}>"

    @property
    def failures(self) -> tuple[JpkiError, ...]:
        """What the source could not get for the last question."""
        return self._watched.failures

    def receive(
        self, signature: bytes, content: bytes, *, policy: VerificationPolicy | None = None
    ) -> VerificationReport:
        """Return the verdict on a detached CMS signature received now.

        Raises ``ImpossibleFact`` when it has several signers.
        """
        reports = self.receive_document(signature, content, policy=policy).signatures
        if len(reports) != 1:
            raise ImpossibleFact(
                f"{len(reports)} signatures, where one is wanted",
                hint="receive_document takes files with any number of them",
            )
        return reports[0]

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
            evidence=self._evidence(),
            at=self._clock(),
            policy=policy or self.policy,
        )

    def later_status(
        self, certificate: IssuedCertificate | bytes, *, policy: VerificationPolicy | None = None
    ) -> VerificationReport:
        """Return whether a certificate verified before still has effect (Act 19(4))."""
        der = certificate.der if isinstance(certificate, IssuedCertificate) else certificate
        return explain_later_status(
            der, evidence=self._evidence(), at=self._clock(), policy=policy or self.policy
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
            evidence=self._evidence(),
            at=self._clock(),
            policy=policy or self.policy,
        )

    def _evidence(self) -> Evidence:
        self._watched = _Watched(self.source)
        return Evidence(roots=tuple(self._roots()), sources=(self._watched,))


class _Watched:
    """A source, and what it could not get."""

    def __init__(self, source: StatusSource) -> None:
        self._source = source
        self.failures: tuple[JpkiError, ...] = ()

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return what the source has about a certificate."""
        try:
            found = self._source.evidence(certificate, authority)
        except SourceError as error:
            found = StatusEvidence(failures=(error,))
        self.failures += found.failures
        return found
