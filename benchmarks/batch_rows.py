"""Signatures of many holders, always the same ones: what batches are measured and tested with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.signed_files import TestSigner
from jpki.batch import BatchSettings
from jpki.batch.arrow import pa, pq
from jpki.certificates import BasicAttributes
from jpki.revocation import RevokedEntry
from jpki.sign import sign_detached
from jpki.terms import CertificateKind, Purpose, RevocationReason, Sex
from simulator.agency.authority import create_authority
from simulator.agency.issue import Issuance, issue_signature_certificate
from simulator.agency.publish import Edition, build_revocation_list
from simulator.keys import KeyPool
from simulator.municipalities import municipality

__all__ = ["AT", "Holders", "question_schema", "write_question"]

AT: Final = datetime(2026, 8, 3, 3, tzinfo=UTC)
_BEGINS: Final = datetime(2024, 7, 16, 1, tzinfo=UTC)
_ISSUED: Final = datetime(2025, 3, 10, 1, tzinfo=UTC)
_SIGNED: Final = AT - timedelta(days=1)
_LISTED: Final = datetime(2026, 8, 2, 20, tzinfo=UTC)
_LAST_DAY: Final = date(2029, 9, 15)
_BORN: Final = date(1990, 9, 15)
_FIRST_SERIAL: Final = 0x01000000
_PLACES: Final = (municipality("13113"), municipality("13103"))
_GROUP_ROWS: Final = 1 << 16


class Holders:
    """Holders of two municipalities, who have signed one content each.

    Names and addresses have many lengths. Those whose numbers are in ``revoked`` stand on the list
    of their municipality with the day before ``AT``; ``lists`` are DER, one a municipality.
    """

    def __init__(self, count: int, *, revoked: range = range(0)) -> None:
        self.serials = range(_FIRST_SERIAL, _FIRST_SERIAL + count)
        self.listed_at = _LISTED
        keys = KeyPool()
        self.authority = create_authority(Purpose.SIGNATURE, generation=1, keys=keys, at=_BEGINS)
        self.root = self.authority.certificate.der
        self.signers = [self._signer(number, keys) for number in range(count)]
        self.contents = [b"application %d" % number for number in range(count)]
        self.signatures = [
            sign_detached(content, signer, at=_SIGNED)
            for content, signer in zip(self.contents, self.signers, strict=True)
        ]
        entry = RevokedEntry(AT - timedelta(days=1), RevocationReason.AFFILIATION_CHANGED.value)
        self.lists = tuple(
            build_revocation_list(
                self.authority,
                {_FIRST_SERIAL + one: entry for one in revoked if one % len(_PLACES) == number},
                edition=Edition(7, _LISTED, _LISTED + timedelta(hours=48)),
                municipality=place,
            )
            for number, place in enumerate(_PLACES)
        )

    def settings(self, *, attributes: bool = False) -> BatchSettings:
        """Return what their signatures are judged by, with the lists."""
        return BatchSettings(
            roots=(self.root,), revocation_lists=self.lists, at=AT, attributes=attributes
        )

    def _signer(self, number: int, keys: KeyPool) -> TestSigner:
        key = keys.rsa(f"card-{number}")
        attributes = BasicAttributes.of(
            name="模擬　花子"[: 3 + number % 3],
            birth_date=_BORN - timedelta(days=number % 20_000),
            sex=Sex.FEMALE,
            address="東京都模擬区模擬町１－２－３" + "の" * (number % 30),
        )
        issuance = Issuance(
            CertificateKind.CARD_SIGNATURE,
            _FIRST_SERIAL + number,
            f"20250310{number:020}",
            key.public_key(),
            _PLACES[number % len(_PLACES)],
            _ISSUED,
            _LAST_DAY,
        )
        return TestSigner(
            issue_signature_certificate(self.authority, issuance, attributes=attributes), key
        )


def question_schema() -> pa.Schema:
    """Return the columns of a question: id, signature and content."""
    return pa.schema([("id", pa.int64()), ("signature", pa.binary()), ("content", pa.binary())])


def write_question(
    path: Path, holders: Holders, rows: int, *, group_rows: int = _GROUP_ROWS
) -> None:
    """Write so many rows, the holders' signatures over and over, numbered by ``id``."""
    schema = question_schema()
    with pq.ParquetWriter(path, schema, compression="none") as writer:
        for first in range(0, rows, group_rows):
            last = min(first + group_rows, rows)
            writer.write_table(pa.Table.from_batches(_batches(holders, first, last), schema))


def _batches(holders: Holders, first: int, last: int) -> Iterator[pa.RecordBatch]:
    count = len(holders.signatures)
    places = [row % count for row in range(first, last)]
    columns = [
        pa.array(range(first, last), pa.int64()),
        pa.array([holders.signatures[place] for place in places], pa.binary()),
        pa.array([holders.contents[place] for place in places], pa.binary()),
    ]
    yield pa.record_batch(columns, schema=question_schema())
