"""Lists written from columns are byte for byte those that are written entry after entry."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpki.errors import ImpossibleFact, NotWritten
from jpki.revocation import RevokedEntry
from jpki.revocation.index.arrays import NO_REASON, Columns, narrow_seconds
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publication import ListKey, Publication
from simulator.agency.publish import Edition, ListOptions, build_revocation_list
from simulator.agency.publish_columns import write_revocation_list
from simulator.municipalities import municipality
from tests.agency.publication.serving import PLACE, Town
from tests.revocation_index.conftest import MADE, SHIBUYA

EDITION = Edition.daily(7, MADE)


def columns(entries: dict[int, RevokedEntry]) -> Columns:
    """Return entries in columns, in order of their numbers."""
    return Columns.of(
        [
            (
                serial,
                narrow_seconds(entry.recorded_at),
                NO_REASON if entry.reason_code is None else entry.reason_code,
            )
            for serial, entry in sorted(entries.items())
        ]
    )


serials = st.one_of(st.integers(1, 300), st.integers(0x7FFF00, 0x800100), st.integers(1, 2**32 - 1))
entries = st.builds(
    RevokedEntry,
    st.integers(0, 70 * 365 * 86_400).map(lambda ago: MADE - timedelta(seconds=ago)),
    st.sampled_from([None, 0, 1, 2, 3, 4, 5, 6, 9, 10]),
)


@given(
    st.dictionaries(serials, entries, max_size=40),
    st.sampled_from([SHIBUYA, None]),
    st.booleans(),
    st.booleans(),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_list_from_columns_has_the_bytes_of_one_built_entry_by_entry(
    agency: SimulatedAuthority,
    tmp_path: Path,
    drawn: dict[int, RevokedEntry],
    place: str | None,
    reason_codes: bool,
    distribution_point: bool,
) -> None:
    options = ListOptions(reason_codes=reason_codes, distribution_point=distribution_point)
    where = None if place is None else municipality(place)
    size = write_revocation_list(
        tmp_path / "list.crl",
        agency,
        columns(drawn),
        edition=EDITION,
        municipality=where,
        options=options,
    )
    written = (tmp_path / "list.crl").read_bytes()
    assert written == build_revocation_list(
        agency, drawn, edition=EDITION, municipality=where, options=options
    )
    assert size == len(written)


def test_what_a_world_publishes_is_the_same_from_columns(tmp_path: Path) -> None:
    town = Town.build("moves", "loses", "stays")
    town.moves("moves")
    town.loses_the_card("loses")
    at = town.wait(days=3)
    publication = Publication(town.world)
    compared: list[int] = []
    for authority in publication.answering(at):
        for code in (PLACE, "01202", None):
            key = ListKey(authority, code)
            made = publication.made_at(key, at)
            listed = publication.listed(key, made)
            write_revocation_list(
                tmp_path / "one.crl",
                publication.authority(authority),
                columns(listed),
                edition=publication.edition(key, made),
                municipality=None if code is None else municipality(code),
                options=publication.options.lists,
            )
            published = publication.revocation_list(key, at).der
            assert (tmp_path / "one.crl").read_bytes() == published
            compared.append(len(listed))
    # For each purpose: who moved (signature) and who lost the card (both), then two empty lists.
    assert sorted(compared, reverse=True)[:2] == [2, 1]
    assert compared.count(0) == 2 * len(publication.answering(at))


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 5, 3)],
        [(9, 5, 3), (5, 5, 3)],
        [(5, 5, 3), (5, 6, 3)],
        [(2**32, 5, 3)],
        [(5, 5, 8)],
        [(5, 5, 7)],
        [(5, narrow_seconds(MADE) + 1, 3)],
    ],
)
def test_entries_that_no_list_can_hold_are_refused(
    agency: SimulatedAuthority, tmp_path: Path, rows: list[tuple[int, int, int]]
) -> None:
    with pytest.raises(ImpossibleFact):
        write_revocation_list(
            tmp_path / "list.crl",
            agency,
            Columns.of(rows),
            edition=EDITION,
            municipality=municipality(SHIBUYA),
        )
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named_and_nothing_stays_behind(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    with pytest.raises(NotWritten, match="No such file"):
        write_revocation_list(
            tmp_path / "no" / "list.crl",
            agency,
            Columns.of([]),
            edition=EDITION,
            municipality=None,
        )


@pytest.mark.system
def test_openssl_and_pkilint_accept_a_list_from_columns(
    agency: SimulatedAuthority, tmp_path: Path
) -> None:
    path, root = tmp_path / "list.crl", tmp_path / "root.pem"
    count = 3_000
    rows = Columns.of([])
    rows = Columns(
        np.arange(0x7F00, 0x7F00 + count, dtype=np.uint32),
        np.full(count, narrow_seconds(MADE), dtype=np.uint32),
        np.where(np.arange(count) % 7 == 0, NO_REASON, 3).astype(np.uint8),
        rows.wide_keys,
        rows.wide_times,
        rows.wide_reasons,
    )
    write_revocation_list(path, agency, rows, edition=EDITION, municipality=municipality(SHIBUYA))
    certificate = x509.load_der_x509_certificate(agency.certificate.der)
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    program = shutil.which("openssl")
    assert program is not None
    command = [program, "crl", "-inform", "DER", "-in", str(path), "-noout", "-verify"]
    done = subprocess.run(
        [*command, "-CAfile", str(root)], capture_output=True, text=True, check=True
    )
    assert "verify OK" in done.stdout + done.stderr
    said = [sys.executable, "-m", "pkilint.bin.lint_crl", "lint", "-t", "CRL", "-p", "PKIX"]
    done = subprocess.run([*said, str(path)], capture_output=True, text=True, check=False)
    assert re.findall(r"^ +(\S+ \([A-Z]+\))", done.stdout, re.MULTILINE) == []
    assert done.stderr == ""
    assert sum(1 for _ in x509.load_der_x509_crl(path.read_bytes())) == count
