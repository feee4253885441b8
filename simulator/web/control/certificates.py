"""Control of certificates: which there are, their bytes, why they are what they are, the roots."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from jpki.errors import ImpossibleFact
from jpki.life import Authority, CertificateRecord, CertificateState, why
from jpki.terms import CertificateKind, Purpose
from simulator.timeline import Reason
from simulator.web.control.model import Asked, ReasonTold, Told
from simulator.web.control.people import CertificateTold, certificate_told
from simulator.web.operations import Area, Binary, Call, Operation
from simulator.web.problems import NotThere

__all__ = ["CERTIFICATES", "CERTIFICATE_TYPE", "CertificatesTold", "PageOf", "WhyTold"]

CERTIFICATE_TYPE: Final = "application/pkix-cert"
"""RFC 2585 §4.1."""

_PAGE: Final = 1000


class PageOf(Asked):
    """Which page of the list: the certificates behind the first ``skip``."""

    skip: Annotated[int, Field(ge=0, le=10**9)] = 0


class CertificatesTold(Told):
    """A page of the certificates in order of issue, and how many there are in all."""

    total: int
    certificates: tuple[CertificateTold, ...]


class WhyTold(Told):
    """Why a certificate is what it is: its own reason first, the event last."""

    serial: int
    kind: CertificateKind
    state: CertificateState
    event: str
    event_note: str
    event_note_ja: str
    recorded_at: datetime | None
    reasons: tuple[ReasonTold, ...]


def _list(call: Call) -> CertificatesTold:
    state = call.house.world.state()
    records = list(state.certificates.values())
    page = records[call.query.skip : call.query.skip + _PAGE]
    return CertificatesTold(
        total=len(records), certificates=tuple(certificate_told(state, each) for each in page)
    )


def _record(call: Call) -> CertificateRecord:
    purpose, serial = _purpose(call), _number(call.path["serial"], longest=18)
    try:
        return call.house.world.state().certificate(serial, purpose=purpose)
    except ImpossibleFact:
        raise NotThere("no certificate has this serial number") from None


def _purpose(call: Call) -> Purpose:
    try:
        return Purpose(call.path["purpose"])
    except ValueError:
        raise NotThere("a purpose is signature or user_authentication") from None


def _number(text: str, *, longest: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= longest):
        raise NotThere("there is no such number")
    return int(text)


def _bytes(call: Call) -> Binary:
    record = _record(call)
    der = call.house.world.store.certificate(record.kind.purpose.value, record.serial)
    if der is None:
        raise NotThere("this world keeps the record of the certificate, not its bytes")
    return Binary(der, CERTIFICATE_TYPE)


def _why(call: Call) -> WhyTold:
    record, state = _record(call), call.house.world.state()
    told = why(state, record.serial, purpose=record.kind.purpose)
    return WhyTold(
        serial=record.serial,
        kind=record.kind,
        state=told.state,
        event=told.event,
        event_note=told.event_en,
        event_note_ja=told.event_ja,
        recorded_at=told.steps[-1].recorded_at,
        reasons=tuple(ReasonTold.of(Reason.of(step)) for step in told.steps),
    )


def _root(call: Call) -> Binary:
    world = call.house.world
    authority = Authority(_purpose(call), _number(call.path["generation"], longest=2))
    newest = world.agency.current(authority.purpose, world.now).generation
    if not 1 <= authority.generation <= newest:
        raise NotThere("there is no such generation yet")
    return Binary(world.agency.authority(authority).certificate.der, CERTIFICATE_TYPE)


CERTIFICATES: Final = (
    Operation(
        Area.CONTROL,
        "GET",
        "/certificates",
        "list_certificates",
        "The certificates in order of issue.",
        _list,
        CertificatesTold,
        query=PageOf,
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/certificates/{purpose}/{serial}",
        "download_certificate",
        "A certificate in DER.",
        _bytes,
        CERTIFICATE_TYPE,
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/certificates/{purpose}/{serial}/why",
        "why",
        "Why a certificate is what it is.",
        _why,
        WhyTold,
    ),
    Operation(
        Area.CONTROL,
        "GET",
        "/roots/{purpose}/{generation}",
        "download_root",
        "An authority's self-signed certificate in DER.",
        _root,
        CERTIFICATE_TYPE,
    ),
)
