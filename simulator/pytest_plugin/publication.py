"""What the world's agency publishes, without a network: whom to trust, and a source in-process."""

from __future__ import annotations

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.life import Authority
from jpki.revocation import (
    OcspResponse,
    RevocationList,
    StatusEvidence,
    ocsp_request,
    parse_ocsp_response,
    parse_revocation_list,
)
from jpki.terms import Purpose
from simulator.agency.publication import ListKey, Publication
from simulator.world import World

__all__ = ["InProcessSource", "trusted_authorities"]


def trusted_authorities(world: World) -> tuple[Authority, ...]:
    """Return the authorities a verifier trusts: today's, and all that issued in this world."""
    issued = {record.authority for record in world.state().certificates.values()}
    current = {world.agency.current(purpose, world.now) for purpose in Purpose}
    return tuple(sorted(issued | current, key=lambda one: (one.purpose.value, one.generation)))


class InProcessSource:
    """A ``StatusSource`` without a network: lists, OCSP or both, as published at this instant."""

    def __init__(
        self, world: World, publication: Publication, *, lists: bool = True, ocsp: bool = True
    ) -> None:
        self._world = world
        self._publication = publication
        self._lists = lists
        self._ocsp = ocsp

    def __repr__(self) -> str:
        return "<InProcessSource>"

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return what is published about a certificate at the world's instant."""
        lists = (self._list(certificate),) if self._lists else ()
        answers = (self._answer(certificate, authority),) if self._ocsp else ()
        return StatusEvidence(lists=lists, answers=answers)

    def _list(self, certificate: SubscriberCertificate) -> RevocationList:
        state = self._world.state()
        known = state.certificate(certificate.serial, purpose=certificate.purpose)
        key = ListKey(known.authority, known.municipality)
        return parse_revocation_list(self._publication.revocation_list(key, self._world.now).der)

    def _answer(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> OcspResponse:
        request = ocsp_request(certificate, authority).der
        return parse_ocsp_response(self._publication.ocsp(request, self._world.now))
