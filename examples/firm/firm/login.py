"""Logging in: a challenge, the card's or phone's answer, and the account it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from firm.accounts import Account
from firm.checks import Checks
from jpki.authenticate import AuthenticationResponse, Challenge, OpenChallenges
from jpki.validation import Verdict

__all__ = ["LoginDesk"]


class LoginDesk:
    """Knows an account by the authentication certificate that was linked to it."""

    def __init__(self, checks: Checks, *, service: str, nonces: Callable[[], bytes]) -> None:
        self._checks = checks
        self._service = service
        self._nonces = nonces
        self._open = OpenChallenges()

    def challenge(self, *, at: datetime) -> Challenge:
        """Return a challenge that is good for one answer within five minutes."""
        asked = Challenge.of(self._nonces(), audience=self._service, at=at)
        self._open.add(asked)
        return asked

    def link(
        self,
        account: Account,
        challenge: Challenge,
        response: AuthenticationResponse,
        *,
        at: datetime,
    ) -> bool:
        """Link the certificate of a good answer to an account; say whether it was good."""
        good = self._good(challenge, response, at)
        if good:
            account.login_certificate = response.certificate
        return good

    def login(
        self,
        accounts: list[Account],
        challenge: Challenge,
        response: AuthenticationResponse,
        *,
        at: datetime,
    ) -> Account | None:
        """Return the account of a good answer; ``None`` for any other, and for a frozen account."""
        if not self._good(challenge, response, at):
            return None
        for account in accounts:
            if account.login_certificate == response.certificate and not account.frozen:
                return account
        return None

    def _good(self, challenge: Challenge, response: AuthenticationResponse, at: datetime) -> bool:
        asked = self._open.take(challenge.nonce)
        if asked is None:
            return False
        report = self._checks.login(response, asked, audience=self._service, at=at)
        return report.verdict is Verdict.VALID
