"""Consents to the four items: taken as the holder signed them, and checked (CO-1 to CO-9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from jpki.errors import Refused
from jpki.life import CertificateRecord
from jpki.life.events import FourItemsConsentGiven, FourItemsConsentWithdrawn
from jpki.revocation import parse_revocation_list
from jpki.services import (
    ConsentAct,
    ConsentDocument,
    ConsentMessage,
    ConsentReceipt,
    WithdrawalReceipt,
)
from jpki.terms import CertificateKind, Purpose
from jpki.validation import Verdict, VerificationPolicy
from jpki.verify import explain
from simulator.municipalities import municipality
from simulator.services.records import Records
from simulator.services.verifiers import Verifier
from simulator.world import World

__all__ = ["give", "signer_of", "withdraw"]

_KINDS: Final = frozenset({CertificateKind.CARD_SIGNATURE, CertificateKind.MOBILE_SIGNATURE})
_AHEAD: Final = timedelta(minutes=5)


def give(
    world: World, records: Records, verifier: Verifier, message: ConsentMessage
) -> ConsentReceipt:
    """Record a consent; ``Refused`` names the row when it is not good."""
    document, signer = _checked(world, records, verifier, message, ConsentAct.GIVE)
    world.record(
        FourItemsConsentGiven(
            person=signer.person,
            verifier=verifier.name,
            items=document.items,
            signed_with=signer.kind,
            verified=document.verified,
            client=message.client,
        ),
    )
    _keep(world, records, verifier, document, message)
    consent = world.state().person(signer.person).consents[-1]
    return ConsentReceipt(
        verifier=consent.verifier,
        items=consent.items,
        verified=consent.verified,
        signed_with=consent.signed_with,
        begins_at=consent.begins_at,
        ends_at=consent.ends_at,
    )


def withdraw(
    world: World, records: Records, verifier: Verifier, message: ConsentMessage
) -> WithdrawalReceipt:
    """Record a withdrawal; it takes effect now (CO-9)."""
    document, signer = _checked(world, records, verifier, message, ConsentAct.WITHDRAW)
    world.record(
        FourItemsConsentWithdrawn(
            person=signer.person,
            verifier=verifier.name,
            signed_with=signer.kind,
            client=message.client,
        ),
    )
    _keep(world, records, verifier, document, message)
    return WithdrawalReceipt(verifier=verifier.name, recorded_at=world.now)


def signer_of(world: World, document: bytes, signature: bytes) -> CertificateRecord | None:
    """Return the live signature certificate that made a signature good now; None without one."""
    state, now = world.state(), world.now
    claimed = explain(signature, content=document, roots=world.agency.roots(now), at=now).signer
    if claimed is None:
        return None
    found = [
        record
        for each, record in state.certificates.items()
        if each.serial == claimed.serial and each.authority.purpose is Purpose.SIGNATURE
    ]
    if len(found) != 1:
        return None
    record = found[0]
    known = world.agency.revocation_list(record.authority, municipality(record.municipality), now)
    report = explain(
        signature,
        content=document,
        roots=[world.agency.authority(record.authority).certificate],
        revocation_lists=[parse_revocation_list(known)],
        policy=VerificationPolicy(accepted_kinds=_KINDS),
        at=now,
    )
    return record if report.verdict is Verdict.VALID else None


def _checked(
    world: World, records: Records, verifier: Verifier, message: ConsentMessage, act: ConsentAct
) -> tuple[ConsentDocument, CertificateRecord]:
    document = ConsentDocument.read(message.document)
    if document.act is not act:
        raise _refused(world, "CO-1", f"the document does not {act.value} a consent")
    if document.verifier != verifier.name:
        raise _refused(
            world, "CO-3", "the document names another verifier than the one that sent it"
        )
    # A verifier collects it with an application and forwards it soon; how soon is a policy.
    days = int(world.book.policies["consent_forward_days"])
    if not -_AHEAD <= world.now - document.made_at <= timedelta(days=days):
        raise _refused(world, "CO-1", f"the document was not made within the last {days} days")
    if records.has_consent(document.number):
        raise _refused(world, "CO-1", "a document of this number was taken before")
    signer = signer_of(world, message.document, message.signature)
    if signer is None:
        raise _refused(
            world, "CO-1", "it is not signed with a signature certificate that is live now"
        )
    return document, signer


def _keep(
    world: World,
    records: Records,
    verifier: Verifier,
    document: ConsentDocument,
    message: ConsentMessage,
) -> None:
    records.add_consent(
        {
            "number": document.number,
            "at": world.now.isoformat(),
            "verifier": verifier.name,
            "document": message.document,
            "signature": message.signature,
        }
    )


def _refused(world: World, row_id: str, message: str) -> Refused:
    table = world.book.table
    return Refused(message, rule=row_id, basis=table.basis_en(table.row(row_id)))
