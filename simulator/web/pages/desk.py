"""The verifier's desk: a signed file, the numbered verdict, and the evidence it rests on.

The desk knows what a verifier knows: the world's authorities, and what is published at the instant
of the world's clock. That is the daily lists, and unless the visitor leaves it out the OCSP answer,
which tells what a list will hold tomorrow only.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Final

from jpki.certificates import AuthorityCertificate, SubscriberCertificate
from jpki.errors import MalformedDocument
from jpki.life import State
from jpki.revocation import (
    StatusEvidence,
    ocsp_request,
    parse_ocsp_response,
    parse_revocation_list,
)
from jpki.validation import DocumentReport, Evidence
from jpki.verify import explain_document
from simulator.agency.publication import ListKey, Publication, authority_path, list_path
from simulator.municipalities import municipality
from simulator.web.pages.door import KeptFile
from simulator.web.pages.visit import Answer, Sent, Shown, Visit
from simulator.web.problems import NotThere
from simulator.world import World

__all__ = ["act_at_desk", "desk", "evidence", "kept_file", "published_lists"]

_ZIPPED_AT: Final = (1980, 1, 1, 0, 0, 0)
"""The first instant a ZIP file can tell, so that the same evidence is the same bytes."""


def desk(visit: Visit) -> Answer:
    """Show the desk."""
    return Shown("desk.html", {"signed": visit.session.latest("signed"), "report": None})


def act_at_desk(visit: Visit) -> Answer:
    """Judge a file that was dropped, or one that was signed here."""
    file, content = _dropped(visit)
    world = visit.world
    office = Publication(world)
    published = published_lists(world, office)
    online = _Online(office, world.now)
    roots = world.agency.all_roots(world.now)
    known = Evidence(
        roots=roots,
        revocation_lists=tuple(map(parse_revocation_list, published.values())),
        sources=() if visit.form.text("asks") == "lists" else (online,),
    )
    report = explain_document(file.content, content=content, evidence=known, at=world.now)
    bundle = _bundle(file, content, report, roots, {**published, **online.answers})
    return Shown(
        "desk.html",
        {
            "signed": visit.session.latest("signed"),
            "report": report,
            "file": file.name,
            "evidence": visit.session.keep(bundle, "evidence"),
        },
    )


def evidence(visit: Visit) -> Answer:
    """Show what is published, to be fetched without a credential."""
    world = visit.world
    keys = _list_keys(world.state())
    lists = [
        (key, municipality(key.municipality or ""), list_path(key))
        for key in keys
        if key.municipality is not None
    ]
    authorities = sorted({key.authority for key in keys}, key=str)
    return Shown(
        "evidence.html",
        {
            "lists": lists,
            "authorities": [
                (each, authority_path(each), authority_path(each, "pem"), list_path(ListKey(each)))
                for each in authorities
            ],
        },
    )


def kept_file(visit: Visit) -> Answer:
    """Hand out a file that was made for this session."""
    kept = visit.session.files.get(visit.path["file"])
    if kept is None:
        raise NotThere("the file is not kept any more", hint="make it again")
    return Sent(kept.name, kept.media_type, kept.content)


class _Online:
    """A source that asks the world's responder, and keeps what it answered."""

    def __init__(self, office: Publication, at: datetime) -> None:
        self._office = office
        self._at = at
        self.answers: dict[str, bytes] = {}

    def evidence(
        self, certificate: SubscriberCertificate, authority: AuthorityCertificate
    ) -> StatusEvidence:
        """Return the responder's answer about a certificate."""
        answer = self._office.ocsp(ocsp_request(certificate, authority).der, self._at)
        self.answers[f"/ocsp/{certificate.purpose.value}-{certificate.serial}.der"] = answer
        return StatusEvidence(answers=(parse_ocsp_response(answer),))


def published_lists(world: World, office: Publication) -> dict[str, bytes]:
    """Return the lists of all certificates of a world as published now, by their path."""
    return {
        list_path(key): office.revocation_list(key, world.now).der
        for key in _list_keys(world.state())
    }


def _list_keys(state: State) -> tuple[ListKey, ...]:
    keys = {ListKey(r.authority, r.municipality) for r in state.certificates.values()}
    return tuple(sorted(keys, key=list_path))


def _dropped(visit: Visit) -> tuple[KeptFile, bytes | None]:
    upload, content = visit.form.files.get("file"), visit.form.files.get("content")
    beside = None if content is None else content.content
    if upload is not None:
        return KeptFile(upload.name, "application/octet-stream", upload.content), beside
    signed = visit.session.files.get(visit.form.text("kept"))
    if signed is None:
        raise MalformedDocument("no file was chosen", source="file", hint="choose a signed file")
    if beside is None and signed.name.endswith(".p7s"):
        found = visit.session.latest("content")
        beside = found[1].content if found is not None else None
    return signed, beside


def _bundle(
    file: KeptFile,
    content: bytes | None,
    report: DocumentReport,
    roots: tuple[AuthorityCertificate, ...],
    published: dict[str, bytes],
) -> KeptFile:
    """Return everything that the verdict rests on, in one file."""
    parts = {"signed/" + file.name.replace("/", "_"): file.content}
    if content is not None:
        parts["signed/content"] = content
    parts["report.json"] = report.model_dump_json(indent=2).encode()
    parts |= {f"authorities/{root.fingerprint_sha256.hex()[:16]}.cer": root.der for root in roots}
    parts |= {f"published{path}": der for path, der in published.items()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIPPED_AT), data)
    return KeptFile("evidence.zip", "application/zip", made.getvalue())
