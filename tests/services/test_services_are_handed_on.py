"""What the services keep goes along with an exported world, and a bad row leaves nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jpki.errors import MalformedDocument, Refused
from jpki.services import StatusQuestion
from jpki.terms import CertificateKind, Purpose
from simulator.archive import export_world, import_world
from simulator.services import Service, ServiceDesk
from simulator.world import World
from tests.services import servicework as work


def served(place: Path, file: Path) -> tuple[str, StatusQuestion]:
    """Export a world whose bank took a consent, and return its token and a question."""
    with work.new_world(place) as world:
        person = work.person_with_card(world)
        desk = ServiceDesk(world)
        token = desk.verifiers.register("bank", roles=[work.SIGNING], purposes=[work.USE])
        bank = desk.verifiers.authenticate(token)
        content = work.document(world)
        consent = work.message(content, work.signed(world, person, content))
        desk.answer(bank, Service.CONSENT, consent)
        question = StatusQuestion(
            role=work.SIGNING,
            purpose_of_use=work.USE,
            serial=work.live(world, person, CertificateKind.CARD_SIGNATURE).serial,
            purpose=Purpose.SIGNATURE,
        )
        assert desk.answer(bank, Service.STATUS, question).status == "good"
        export_world(world, file)
        with pytest.raises(Refused, match="taken before"):
            desk.answer(bank, Service.CONSENT, consent)
    return token, question


def test_token_audit_and_consents_go_on_in_the_imported_world(tmp_path: Path) -> None:
    file = tmp_path / "world.jsonl"
    token, question = served(tmp_path / "first.sqlite", file)
    text = file.read_text()
    assert token not in text
    assert token.partition(".")[2] not in text
    import_world(file, tmp_path / "second.sqlite").close()
    with World.open(tmp_path / "second.sqlite", keys=work.keys()) as world:
        export_world(world, tmp_path / "again.jsonl")
        desk = ServiceDesk(world)
        bank = desk.verifiers.authenticate(token)
        assert (bank.roles, bank.purposes) == ({work.SIGNING}, {work.USE})
        assert desk.records.has_consent("consent-0001")
        before = desk.audit.entries()
        assert [(line.service, line.outcome) for line in before] == [
            ("CO-3", "recorded"),
            ("VS-1", "good"),
        ]
        # The same pseudonym as before, so that an earlier answer is found again.
        assert desk.answer(bank, Service.STATUS, question).status == "good"
        assert desk.audit.entries(after=2)[0].subject == before[1].subject != ""
    assert (tmp_path / "again.jsonl").read_bytes() == file.read_bytes()


def _bank(lines: list[dict[str, Any]], **changed: Any) -> list[dict[str, Any]]:
    return [
        {**line, "row": {**line["row"], **changed}} if line.get("service") == "verifier" else line
        for line in lines
    ]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda lines: _bank(lines, roles="king"), "verifier cannot be so"),
        (lambda lines: _bank(lines, token="&"), "verifier cannot be so"),
        (lambda lines: _bank(lines, stopped=1), "verifier cannot be so"),
        (lambda lines: _bank(lines, more="x"), "no service keeps"),
        (lambda lines: [*lines, {"service": "log", "row": {"seq": 1}}], "no service keeps"),
        (lambda lines: [*lines, next(x for x in lines if "service" in x)], "there twice"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_leaves_nothing(
    tmp_path: Path,
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    match: str,
) -> None:
    file, place = tmp_path / "world.jsonl", tmp_path / "bad.sqlite"
    served(tmp_path / "first.sqlite", file)
    lines = change([json.loads(line) for line in file.read_text().splitlines()][:-1])
    body = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
    end = {"end": len(lines), "sha256": hashlib.sha256(body).hexdigest()}
    file.write_bytes(body + json.dumps(end).encode() + b"\n")
    with pytest.raises(MalformedDocument, match=match):
        import_world(file, place)
    assert not place.exists()
