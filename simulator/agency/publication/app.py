"""The publication over HTTP, as a public repository: anybody is answered, nobody can write.

===========================================  =====================================================
``GET /``                                    what there is, as text or JSON
``GET /crl/``                                the paths of all lists
``GET /crl/{sign|auth}/{gen}/{code}.crl``    a municipality's list (JIS X 0402 with prefecture)
``GET /crl/…/{gen}/{prefecture}/{name}.crl`` the same by romaji, as a distribution point names it
``GET /arl/{sign|auth}/{gen}.crl``           the list of the authority's own certificates
``GET /ca/{sign|auth}/{gen}.cer``, ``.pem``  an authority's certificate
``POST /ocsp``, ``GET /ocsp/{base64}``       OCSP (RFC 6960 §A.1), for all authorities
``POST /tsa``                                timestamps (RFC 3161 §3.4)
``GET /tsa/root.cer``, ``.pem``, ``.crl``    the timestamp authority's root and its list
``GET /where/{sign|auth}/{serial}``          where to ask about a certificate; simulator only
===========================================  =====================================================

Everything runs in the event loop: a world is asked by one thread.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jpki.errors import ImpossibleFact, JpkiError, MalformedOcspRequest
from jpki.jst import moment
from jpki.life import Authority
from jpki.revocation import OcspRequest, parse_ocsp_request
from jpki.terms import Purpose
from simulator.agency.publication.addresses import (
    PURPOSE_WORDS,
    Addresses,
    authority_path,
    list_key,
    list_path,
    purpose_of,
)
from simulator.agency.publication.answers import Keeping, MediaType, Sent, answered
from simulator.agency.publication.bodies import body_of
from simulator.agency.publication.disturbed import disturbed
from simulator.agency.publication.history import certificate_named
from simulator.agency.publication.office import ListKey, Publication, PublishedWorld
from simulator.agency.publication.options import PublicationOptions
from simulator.faults.catalogue import Target
from simulator.faults.contents import flawed_answer, flawed_list, flawed_timestamp
from simulator.faults.delivery import delivery_of
from simulator.faults.striking import Asked, FaultsAtWork, Struck

__all__ = ["ServedWorld", "publication_app", "publication_routes"]

_LONGEST_GET: Final = 8 * 1024
_DAY: Final = timedelta(days=1)


class ServedWorld(PublishedWorld, Protocol):
    """A world with a clock."""

    @property
    def now(self) -> datetime:
        """The instant that the world's clock shows."""


def publication_app(
    world_source: Callable[[], ServedWorld],
    faults: FaultsAtWork | None = None,
    *,
    options: PublicationOptions | None = None,
    body_seconds: float = 10.0,
    publication: Publication | None = None,
) -> Starlette:
    """Return an ASGI application that serves the publication of a world, and nothing else."""
    return Starlette(
        routes=publication_routes(
            world_source,
            faults,
            options=options,
            body_seconds=body_seconds,
            publication=publication,
        )
    )


def publication_routes(
    world_source: Callable[[], ServedWorld],
    faults: FaultsAtWork | None = None,
    *,
    options: PublicationOptions | None = None,
    body_seconds: float = 10.0,
    publication: Publication | None = None,
) -> Sequence[Route]:
    """Return the routes, for an application that serves other things as well.

    ``world_source`` gives the world for each request, at its present instant. ``faults`` are those
    ordered. ``body_seconds`` is the time a request's body may take. ``publication`` is what answers
    as long as the world is the one it was made of.
    """
    site = _Site(world_source, faults or FaultsAtWork(), options, body_seconds, publication)
    lists = site.told(site.revocation_list)
    return (
        Route("/", site.told(site.index)),
        Route("/crl/", site.told(site.listing)),
        Route("/crl/{purpose}/{generation:int}/{name}.crl", lists),
        Route(
            "/crl/{purpose}/{generation:int}/{prefecture}/{name}.crl",
            lists,
        ),
        Route("/arl/{purpose}/{generation:int}.crl", lists),
        Route("/ca/{purpose}/{generation:int}.{suffix}", site.told(site.authority)),
        Route("/ocsp", site.told(site.ocsp_by_post), methods=["POST"]),
        Route("/ocsp/", site.told(site.ocsp_by_post), methods=["POST"]),
        Route("/ocsp/{request:path}", site.told(site.ocsp_by_get)),
        Route("/tsa", site.told(site.timestamp), methods=["POST"]),
        Route("/tsa/root.{suffix}", site.told(site.timestamp_root)),
        Route("/where/{purpose}/{serial:int}", site.told(site.where)),
    )


_Endpoint = Callable[[Request, Publication, datetime], Awaitable[Response]]


class _Site:
    """The publication of whichever world is served, and the faults that befall it."""

    def __init__(
        self,
        world_source: Callable[[], ServedWorld],
        faults: FaultsAtWork,
        options: PublicationOptions | None,
        body_seconds: float,
        publication: Publication | None,
    ) -> None:
        self._world_source = world_source
        self._faults = faults
        self._options = options
        self._body_seconds = body_seconds
        self._publication = publication

    def told(self, endpoint: _Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that is handed the publication and the instant."""

        async def asked(request: Request) -> Response:
            try:
                world = self._world_source()
                return await endpoint(request, self._publication_of(world), world.now)
            except JpkiError as error:
                raise HTTPException(503, error.code) from None

        return asked

    def _publication_of(self, world: ServedWorld) -> Publication:
        if self._publication is None or self._publication.world is not world:
            self._publication = Publication(world, options=self._options)
        return self._publication

    # lists and certificates

    async def revocation_list(
        self, request: Request, publication: Publication, at: datetime
    ) -> Response:
        key = _key_in(request, publication, at)
        asked = Asked(
            Target.CRL,
            PURPOSE_WORDS[key.authority.purpose],
            key.authority.generation,
            frozenset([key.municipality] if key.municipality else []),
        )
        struck = self._faults.strike(asked, at) if key.municipality else None
        if struck is not None:
            sent = Sent(flawed_list(publication, key, at, struck), MediaType.LIST)
            return _delivered(request, sent, at, struck)
        told = publication.revocation_list(key, at)
        since, until = told.edition.this_update, min(told.replaced_at, told.edition.next_update)
        keeping = Keeping.of(told.der, since=since, until=until)
        return answered(request, Sent(told.der, MediaType.LIST, keeping), at=at)

    async def authority(self, request: Request, publication: Publication, at: datetime) -> Response:
        own = publication.certificate(_authority_in(request, publication, at))
        return _certificate(request, own.der, own.not_before, at)

    async def timestamp_root(
        self, request: Request, publication: Publication, at: datetime
    ) -> Response:
        if request.path_params["suffix"] == "crl":
            edition, encoded = publication.timestamp_list(at)
            until = edition.this_update + _DAY
            keeping = Keeping.of(encoded, since=edition.this_update, until=until)
            return answered(request, Sent(encoded, MediaType.LIST, keeping), at=at)
        root = publication.timestamp_authority.root
        return _certificate(request, root, publication.options.timestamps_begin, at)

    # answers

    async def ocsp_by_post(
        self, request: Request, publication: Publication, at: datetime
    ) -> Response:
        body = await body_of(request, kind=MediaType.OCSP_REQUEST, seconds=self._body_seconds)
        return self._ocsp(request, body, publication, at, may_be_kept=False)

    async def ocsp_by_get(
        self, request: Request, publication: Publication, at: datetime
    ) -> Response:
        text = request.path_params["request"]
        if len(text) > _LONGEST_GET:
            raise HTTPException(414, f"at most {_LONGEST_GET} characters; send it by POST")
        try:
            asked = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            asked = b""
        return self._ocsp(request, asked, publication, at, may_be_kept=True)

    def _ocsp(
        self,
        request: Request,
        encoded: bytes,
        publication: Publication,
        at: datetime,
        *,
        may_be_kept: bool,
    ) -> Response:
        if self._faults.idle and not may_be_kept:
            prepared = publication.prepared(encoded, at)
            if prepared is not None:
                return answered(request, Sent(prepared.der, MediaType.OCSP_RESPONSE), at=at)
        asked = _read(encoded)
        authority = _authority_asked(publication, asked, at)
        struck = None
        if not self._faults.idle:
            struck = self._faults.strike(_question(publication, asked, authority, at), at)
        if struck is not None:
            body = flawed_answer(publication, encoded, at, struck)
            return _delivered(request, Sent(body, MediaType.OCSP_RESPONSE), at, struck)
        if asked is None or authority is None:
            body = publication.ocsp(encoded, at)
            return answered(request, Sent(body, MediaType.OCSP_RESPONSE), at=at)
        keeping = None
        if may_be_kept and asked.nonce is None:
            keeping = _answer_keeping(publication, authority, asked, at)
        body = publication.ocsp_answer(authority, asked, encoded, at)
        return answered(request, Sent(body, MediaType.OCSP_RESPONSE, keeping), at=at)

    async def timestamp(self, request: Request, publication: Publication, at: datetime) -> Response:
        body = await body_of(request, kind=MediaType.TIMESTAMP_QUERY, seconds=self._body_seconds)
        struck = self._faults.strike(Asked(Target.TSA), at)
        if struck is None:
            reply = publication.timestamp(body, at)
            return answered(request, Sent(reply, MediaType.TIMESTAMP_REPLY), at=at)
        reply = flawed_timestamp(publication, body, at, struck)
        return _delivered(request, Sent(reply, MediaType.TIMESTAMP_REPLY), at, struck)

    # what there is

    async def index(self, request: Request, publication: Publication, at: datetime) -> Response:
        base = _base(request)
        content = {
            "simulated": True,
            "now": moment(at),
            "authorities": [
                {
                    "purpose": PURPOSE_WORDS[one.purpose],
                    "generation": one.generation,
                    "certificate": base + authority_path(one),
                    "pem": base + authority_path(one, "pem"),
                    "arl": base + list_path(ListKey(one)),
                }
                for one in publication.answering(at)
            ],
            "lists": f"{base}/crl/",
            "ocsp": f"{base}/ocsp",
            "tsa": f"{base}/tsa",
            "tsa_root": f"{base}/tsa/root.pem",
            "where": f"{base}/where/{{sign|auth}}/{{serial}}",
        }
        return _told_as(request, content, at)

    async def listing(self, request: Request, publication: Publication, at: datetime) -> Response:
        paths = [list_path(key) for key in publication.list_keys(at)]
        return _told_as(request, {"lists": [_base(request) + path for path in paths]}, at)

    async def where(self, request: Request, publication: Publication, at: datetime) -> Response:
        try:
            record = certificate_named(
                publication, request.path_params["serial"], at=at, purpose=_purpose_in(request)
            )
        except ImpossibleFact as error:
            raise HTTPException(404, error.message) from None
        return _told_as(request, asdict(Addresses.of(record, _base(request))), at)


def _purpose_in(request: Request) -> Purpose:
    purpose = purpose_of(request.path_params["purpose"])
    if purpose is None:
        raise HTTPException(404, "a purpose is sign or auth")
    return purpose


def _authority_in(request: Request, publication: Publication, at: datetime) -> Authority:
    named = Authority(_purpose_in(request), request.path_params["generation"])
    if named not in publication.authorities(at):
        raise HTTPException(404, "no authority of this generation publishes now")
    return named


def _key_in(request: Request, publication: Publication, at: datetime) -> ListKey:
    authority = _authority_in(request, publication, at)
    name = request.path_params.get("name")
    if name is None:
        return ListKey(authority)
    key = list_key(authority, name, request.path_params.get("prefecture", ""))
    if key is None:
        raise HTTPException(404, "no municipality of the simulated country has this code or name")
    return key


def _certificate(request: Request, encoded: bytes, since: datetime, at: datetime) -> Response:
    match request.path_params["suffix"]:
        case "cer":
            body, kind = encoded, MediaType.CERTIFICATE
        case "pem":
            found = x509.load_der_x509_certificate(encoded)
            body, kind = found.public_bytes(Encoding.PEM), MediaType.PEM
        case _:
            raise HTTPException(404, "a certificate ends in .cer or .pem")
    keeping = Keeping.of(body, since=since, until=at + _DAY)
    return answered(request, Sent(body, kind, keeping), at=at)


def _read(encoded: bytes) -> OcspRequest | None:
    try:
        return parse_ocsp_request(encoded)
    except MalformedOcspRequest:
        return None


def _authority_asked(
    publication: Publication, asked: OcspRequest | None, at: datetime
) -> Authority | None:
    return None if asked is None else publication.asked_authority(asked.certificate_ids[0], at)


def _question(
    publication: Publication, asked: OcspRequest | None, authority: Authority | None, at: datetime
) -> Asked:
    if asked is None or authority is None:
        return Asked(Target.OCSP)
    serials = frozenset(one.serial for one in asked.certificate_ids)
    records = [publication.record(authority, serial, at) for serial in serials]
    return Asked(
        Target.OCSP,
        PURPOSE_WORDS[authority.purpose],
        authority.generation,
        frozenset(one.municipality for one in records if one is not None),
        serials,
    )


def _answer_keeping(
    publication: Publication, authority: Authority, asked: OcspRequest, at: datetime
) -> Keeping:
    """What the answer says names its version: signed anew, it says the same in other bytes."""
    as_of = publication.schedule.last_ocsp(at)
    known = publication.ocsp_records(authority, asked, at)
    says = (as_of, authority, asked.der, sorted(known.issued), sorted(known.entries.items()))
    digest = hashlib.sha256(repr(says).encode()).hexdigest()[:32]
    until = publication.schedule.first_ocsp_with(as_of + timedelta(microseconds=1))
    return Keeping(as_of, until, digest, weak=True)


def _delivered(request: Request, sent: Sent, at: datetime, struck: Struck) -> Response:
    response, delivery = answered(request, sent, at=at), delivery_of(struck)
    return response if delivery is None else disturbed(response, delivery)


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _told_as(request: Request, content: dict[str, Any], at: datetime) -> Response:
    """As JSON when it is asked for (``?format=json`` or Accept), else as text, a line a fact."""
    wanted = request.query_params.get("format", "")
    if wanted == "json" or "application/json" in request.headers.get("accept", ""):
        body, kind = json.dumps(content, ensure_ascii=False, indent=2) + "\n", MediaType.JSON
    else:
        body, kind = "".join(_lines(content)), MediaType.TEXT
    return answered(request, Sent(body.encode(), kind), at=at)


def _lines(content: dict[str, Any]) -> Sequence[str]:
    lines: list[str] = []
    for name, value in content.items():
        if isinstance(value, list):
            for one in value:
                told = one if isinstance(one, str) else " ".join(f"{k}={v}" for k, v in one.items())
                lines.append(f"{told}\n" if isinstance(one, str) else f"{name}: {told}\n")
        else:
            lines.append(f"{name}: {value}\n")
    return lines
