"""Entries from OCSP answers and from columns, and what has changed between two indexes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jpki.errors import BadSignature, IssuerUnknown, MalformedDocument, MalformedOcspResponse
from jpki.revocation import OcspResponse, RevokedEntry, Subject, ocsp_request, parse_ocsp_response
from jpki.revocation.index import IndexBuilder, RevocationIndex, build_index, changes
from jpki.revocation.index.exchange import ENTRY_COLUMNS, add_parquet, answers_in
from jpki.revocation.parties import Issuer
from jpki.validation.status import Standing, status_at
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publication import Publication
from tests.agency.publication.serving import CS, Town
from tests.revocation_index.conftest import DAY, MADE, SHIBUYA, Make, point_of

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def town() -> Town:
    town = Town.build("moves", "loses", "stays")
    town.moves("moves")
    town.loses_the_card("loses")
    town.wait(days=2)
    return town


@pytest.fixture(scope="module")
def dump(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The answers of three quarter hours about everybody, one after another in a file."""
    publication = Publication(town.world)
    path = tmp_path_factory.mktemp("dump") / "all.ors"
    with path.open("wb") as file:
        for hours in (0, 3, 6):
            for name in town.people:
                asked = ocsp_request(town.certificate(name), town.authority())
                file.write(publication.ocsp(asked.der, town.world.now + hours * HOUR))
    return path


def test_answers_in_an_index_say_what_the_answers_say(
    town: Town, dump: Path, tmp_path: Path
) -> None:
    answers = list(answers_in(dump))
    assert len(answers) == 9
    build_index(tmp_path / "i", [], authorities=[town.authority()], answers=answers)
    index = RevocationIndex.open(tmp_path / "i")
    seen = set()
    for name in town.people:
        certificate = town.certificate(name, CS)
        for minutes in (-1, 0, 14, 16, 200):
            at = town.world.now + timedelta(minutes=minutes)
            said = status_at(
                certificate, authority=town.authority(), lists=(), answers=answers, at=at
            )
            found = index.status(certificate, authority=town.authority(), at=at)
            assert (found.standing, found.code, found.entry) == (
                said.standing,
                said.code,
                said.entry,
            )
            seen.add(found.standing)
    assert Standing.GOOD in seen
    assert Standing.REVOKED in seen


def test_an_answer_that_nobody_may_give_is_refused(town: Town, dump: Path, tmp_path: Path) -> None:
    first = next(answers_in(dump))
    forged = bytearray(first.der)
    assert first.answer is not None
    at = first.der.index(first.answer.signature)
    forged[at] ^= 1
    with pytest.raises(BadSignature):
        build_index(
            tmp_path / "i",
            [],
            authorities=[town.authority()],
            answers=[parse_ocsp_response(bytes(forged))],
        )


def test_a_dump_that_breaks_off_is_named(dump: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.ors"
    cut.write_bytes(dump.read_bytes()[:-5])
    with pytest.raises(MalformedOcspResponse, match=r"cut\.ors"):
        list[OcspResponse](answers_in(cut))


def row(agency: SimulatedAuthority, serial: bytes | None, **changed: object) -> dict[str, object]:
    given = {
        "key_id": agency.certificate.subject_key_id,
        "partition": point_of(SHIBUYA),
        "number": 7,
        "this_update": MADE,
        "next_update": MADE + 2 * DAY,
        "serial": serial,
        "recorded_at": None if serial is None else MADE - HOUR,
        "reason": None if serial is None else 4,
    }
    return given | changed


def table(path: Path, rows: list[dict[str, object]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=ENTRY_COLUMNS), path)
    return path


def test_columns_become_what_the_list_with_the_same_entries_becomes(
    agency: SimulatedAuthority, make: Make, tmp_path: Path
) -> None:
    numbers = [b"\x05", (2**32 - 1).to_bytes(5, "big"), (2**150).to_bytes(19, "big")]
    path = table(tmp_path / "e.parquet", [row(agency, one) for one in numbers])
    builder = IndexBuilder([agency.certificate])
    add_parquet(builder, path, [agency.certificate])
    builder.write(tmp_path / "a")
    entries = {int.from_bytes(one, "big"): RevokedEntry(MADE - HOUR, 4) for one in numbers}
    build_index(tmp_path / "b", [make(entries)], authorities=[agency.certificate])
    issuer = Issuer.of(agency.certificate)
    for number in (*entries, 6):
        subject = Subject(issuer.name, number, points=(point_of(SHIBUYA),))
        found = [
            RevocationIndex.open(tmp_path / name).judge(subject, issuer=issuer, at=MADE)
            for name in ("a", "b")
        ]
        assert found[0].entry == found[1].entry == entries.get(number)
        assert found[0].facts == found[1].facts


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"serial": b""}, "0 octets"),
        ({"serial": bytes(21)}, "21 octets"),
        ({"recorded_at": None}, "without an instant"),
        ({"recorded_at": MADE - timedelta(milliseconds=1)}, "parts of a second"),
        ({"reason": 8}, "a reason that a list cannot give"),
        ({"next_update": MADE - DAY}, "ends before it begins"),
    ],
)
def test_columns_that_say_what_no_list_can_are_refused(
    agency: SimulatedAuthority, tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    path = table(tmp_path / "e.parquet", [row(agency, b"\x05") | changed])
    with pytest.raises(MalformedDocument, match=words):
        add_parquet(IndexBuilder([agency.certificate]), path, [agency.certificate])


def test_a_parquet_file_cut_short_or_of_other_columns_is_named(
    agency: SimulatedAuthority, other_agency: SimulatedAuthority, tmp_path: Path
) -> None:
    path = table(tmp_path / "e.parquet", [row(agency, b"\x05"), row(agency, b"\x05")])
    builder, authorities = IndexBuilder([agency.certificate]), [agency.certificate]
    with pytest.raises(MalformedDocument, match="row 1: the same certificate"):
        add_parquet(builder, path, authorities)
    with pytest.raises(IssuerUnknown):
        add_parquet(builder, table(tmp_path / "o.parquet", [row(other_agency, None)]), authorities)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(MalformedDocument, match="no Parquet file"):
        add_parquet(builder, path, authorities)
    pq.write_table(pa.table({"serial": [1.5]}), path)
    with pytest.raises(MalformedDocument, match="the column key_id is missing"):
        add_parquet(builder, path, authorities)
    columns = pa.Table.from_pylist([row(agency, None)], schema=ENTRY_COLUMNS)
    place = ENTRY_COLUMNS.get_field_index("serial")
    pq.write_table(columns.set_column(place, "serial", pa.array([1.5])), path)
    with pytest.raises(MalformedDocument, match="the column serial is double and not binary"):
        add_parquet(builder, path, authorities)


def test_what_has_changed_is_told_by_number(
    agency: SimulatedAuthority, make: Make, tmp_path: Path
) -> None:
    held, said = RevokedEntry(MADE - HOUR, 6), RevokedEntry(MADE - HOUR, 4)
    wide = 2**70
    days = [{5: held, 7: held, 9: said, wide: held}, {5: said, 9: said, 11: said, wide: said}]
    for number, entries in enumerate(days):
        path = make(entries, at=MADE + number * DAY, number=number)
        build_index(tmp_path / str(number), [path], authorities=[agency.certificate])
    old, new = (RevocationIndex.open(tmp_path / name) for name in "01")
    found = {one.serial: (one.before, one.after) for one in changes(old, new)}
    assert found == {5: (held, said), 7: (held, None), 11: (None, said), wide: (held, said)}
    assert list(changes(new, new)) == []
