"""The bank's four steps. Pages call these; each either says what is so or raises ``Declined``.

1. Log in: the phone answers a challenge, the answer is checked, its certificate is alive.
2. Open an account: the phone signs the application; the four items are those of its certificate.
3. Look again later: a certificate that lost effect because a registered content changed.
4. Ask for the new items: the holder consents to each on the phone, the agency provides them.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from examples.bank.accounts import Account, Accounts
from jpki.authenticate import AuthenticationResponse, Challenge, explain_authentication
from jpki.certificates import AuthorityCertificate, parse_certificate
from jpki.law import VerifierRole
from jpki.life.events import ConsentItem
from jpki.revocation.http import HttpSource
from jpki.services import ItemsAnswer, StatusAnswer
from jpki.services.client import VerifierClient
from jpki.terms import CertificateKind, Purpose
from jpki.validation import (
    AttributesReport,
    Evidence,
    SignerReport,
    Verdict,
    VerificationReport,
)
from jpki.verify import explain_document
from simulator.approvals import Authenticated, ItemsPresented, Signed
from simulator.phone_client import PhoneClient

SERVICE = "bank.example"
_BOTH = (VerifierRole.SIGNATURE_VERIFIER, VerifierRole.USER_AUTHENTICATION_VERIFIER)
_MS, _MA = CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION
_CS, _CA = CertificateKind.CARD_SIGNATURE, CertificateKind.CARD_AUTHENTICATION


class Declined(Exception):
    """The bank does not go on; the text says why and may be shown to the customer."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the bank has an arrangement for.

    The agency answers it in both roles (Act 17, 36), and the phone's server takes its requests.
    ``clock`` is the world's: a simulated certificate is judged in simulated time.
    """

    phone: PhoneClient
    signatures: VerifierClient
    logins: VerifierClient
    roots: tuple[AuthorityCertificate, ...]
    responder: str
    clock: Callable[[], datetime]

    def evidence(self) -> Evidence:
        """Return the trusted roots, and where the status of a certificate is asked for."""
        source = HttpSource(clock=self.clock, responder=self.responder)
        return Evidence(roots=self.roots, sources=(source,))


class Desk:
    """The bank's staff. ``nonces`` gives 32 bytes that nobody can guess."""

    def __init__(self, services: Services, *, nonces: Callable[[], bytes]) -> None:
        self._services = services
        self._nonces = nonces
        self.accounts = Accounts()

    # 1. log in

    def begin_login(self, device: str) -> tuple[str, Challenge]:
        """Ask the phone to answer a challenge; return the request and the challenge."""
        now = self._services.clock()
        challenge = Challenge.of(self._nonces(), audience=SERVICE, at=now)
        asked = self._services.phone.authenticate(device, challenge.message)
        return asked.request, challenge

    def finish_login(self, told: Authenticated, challenge: Challenge) -> int:
        """Return which customer answered, or decline.

        A customer is known by the certificate on the card (VS-7), which outlives the phone's.
        """
        answer = AuthenticationResponse(b64decode(told.certificate), b64decode(told.signature))
        report = explain_authentication(
            answer,
            challenge,
            audience=SERVICE,
            evidence=self._services.evidence(),
            at=self._services.clock(),
        )
        _require_valid(report, _MA)
        serial = parse_certificate(answer.certificate).serial
        _require_good(self._services.logins.status(serial, Purpose.USER_AUTHENTICATION))
        linked = self._services.logins.linked_serial(serial, Purpose.USER_AUTHENTICATION, _CA)
        if linked.serial is None:
            _decline(f"the card's certificate is not told ({linked.rule}: {linked.basis})")
        return linked.serial

    # 2. open an account

    def begin_opening(self, device: str) -> tuple[str, bytes]:
        """Ask the phone to sign an application; return the request and what is signed."""
        application = {
            "application": "open an account",
            "bank": SERVICE,
            "made_at": self._services.clock().isoformat(),
            "number": self._nonces().hex(),
        }
        content = json.dumps(application, sort_keys=True).encode()
        return self._services.phone.sign_document(device, content).request, content

    def finish_opening(self, told: Signed, content: bytes, customer: int) -> Account:
        """Open an account for the customer who is logged in and signed, or decline.

        That both are one person follows from the linked serial numbers: from the phone's signature
        certificate to the card's (VS-5) and on to the card's authentication certificate (VS-6). The
        Act knows no shorter way (VS-9).
        """
        now = self._services.clock()
        report = explain_document(
            b64decode(told.signature), content=content, evidence=self._services.evidence(), at=now
        ).signatures[0]
        signer = _require_valid(report, _MS)
        if signer.attributes is None:
            _decline("the certificate names nobody")
        _require_good(self._services.signatures.status(signer.serial, Purpose.SIGNATURE))
        if self._card_of(signer.serial) != customer:
            _decline("who signed is not who is logged in")
        account = Account(
            number=self.accounts.next_number(),
            customer=customer,
            signed_with=signer.serial,
            checked_at=now,
            items=_items(signer.attributes),
        )
        self.accounts.keep(account)
        return account

    def _card_of(self, signature_serial: int) -> int | None:
        link = self._services.signatures.linked_serial
        card = link(signature_serial, Purpose.SIGNATURE, _CS).serial
        return None if card is None else link(card, Purpose.SIGNATURE, _CA, roles=_BOTH).serial

    # 3. look again

    def look_again(self, account: Account) -> StatusAnswer:
        """Return whether the certificate that signed still has effect (VS-3; Act 19(4))."""
        return self._services.signatures.later_status(
            account.signed_with, first_checked_at=account.checked_at
        )

    # 4. ask for the new items

    def begin_items(self, device: str, items: list[ConsentItem]) -> str:
        """Ask the phone for a consent to these items, each by itself (CO-2); return the request."""
        return self._services.phone.present_items(device, items, verified=[_MS]).request

    def finish_items(self, told: ItemsPresented) -> datetime:
        """Forward the consent as the holder signed it (CO-3); return from when it counts."""
        receipt = self._services.signatures.give_consent(
            b64decode(told.document), b64decode(told.signature)
        )
        return receipt.begins_at

    def fetch_items(self, account: Account) -> tuple[Account, ItemsAnswer]:
        """Ask the agency for the items consented to (VS-4), and keep them when they are given."""
        answer = self._services.signatures.four_items(
            account.signed_with, first_checked_at=account.checked_at
        )
        if answer.given and answer.serial is not None:
            account = replace(
                account,
                signed_with=answer.serial,
                checked_at=self._services.clock(),
                items={**account.items, **answer.items},
            )
            self.accounts.keep(account)
        return account, answer


def _require_valid(report: VerificationReport, kind: CertificateKind) -> SignerReport:
    if report.verdict is not Verdict.VALID or report.signer is None:
        _decline(report.headline())
    if report.signer.kind is not kind:
        _decline("this was not made with the phone")
    return report.signer


def _items(attributes: AttributesReport) -> dict[ConsentItem, str]:
    born = attributes.birth_date
    return {
        ConsentItem.NAME: attributes.name,
        ConsentItem.BIRTH_DATE: "" if born is None else born.isoformat(),
        ConsentItem.SEX: attributes.sex,
        ConsentItem.ADDRESS: attributes.address,
    }


def _require_good(answer: StatusAnswer) -> None:
    if answer.status != "good":
        _decline(f"the certificate is {answer.status.value} ({answer.rule}: {answer.basis})")


def _decline(reason: str) -> NoReturn:
    raise Declined(reason)
