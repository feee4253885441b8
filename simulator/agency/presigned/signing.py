"""Signing, in bulk, what an authority's responder will say for a quarter of an hour.

RFC 6960 §2.5 lets a responder sign beforehand, and RFC 5019 §2.2.1 has those who serve many do so.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from jpki.errors import ImpossibleFact, WorldUnavailable
from jpki.jst import require_aware
from jpki.life import Authority
from jpki.revocation import IdHash, Issuer
from jpki.revocation.ocsp import CertificateId
from simulator.agency.ocsp import OcspResponder
from simulator.agency.presigned.answers import LogMark, PresignedAnswers
from simulator.agency.presigned.container import ColumnWriter, Place, written_aside
from simulator.agency.presigned.frame import SIGNED_WITH, AnswerFrame
from simulator.agency.presigned.section import (
    GOOD,
    NO_REASON,
    Section,
    id_heads,
    named,
    status_of,
)
from simulator.agency.publication import Publication

__all__ = ["Live", "Presigned", "Quarter", "live_certificates", "presign", "write_presigned"]

_MOMENT: Final = timedelta(microseconds=1)
_CHUNK: Final = 2048
"""Signatures that a process makes at a time, which takes it half a second."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """The instant of the data, until when it is told, how far the log went, and if that is all."""

    as_of: datetime
    until: datetime
    mark: LogMark
    settled: bool


@dataclass(frozen=True, slots=True, repr=False)
class Live:
    """An authority's certificates that have not ended, in columns in the order of their serials.

    ``recorded`` is in seconds since 1970 and ``reasons`` has a CRLReason, or ``GOOD``, or
    ``NO_REASON``. ``ends`` has by row until when an answer holds that ends before the data does.
    """

    authority: Authority
    serials: array[int]
    recorded: array[int]
    reasons: array[int]
    ends: Mapping[int, datetime] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Live of {self.authority}, {len(self.serials)} certificates>"

    def rows(self, begins: int, ends: int) -> tuple[array[int], array[int], array[int]]:
        """Return the columns of some rows."""
        return self.serials[begins:ends], self.recorded[begins:ends], self.reasons[begins:ends]


@dataclass(frozen=True, slots=True)
class Presigned:
    """What was done: how many answers a file has, and how many of them were signed for it."""

    answers: int
    signed: int


def presign(
    publication: Publication,
    path: Path,
    *,
    at: datetime,
    as_of: datetime | None = None,
    hashes: Sequence[IdHash] = (IdHash.SHA1,),
    processes: int = 1,
    before: PresignedAnswers | None = None,
) -> Presigned:
    """Sign for every live certificate at an instant of the world, and write the file.

    ``as_of`` is the renewal of the data that is signed for: the last one, unless it is a coming
    one. What is signed ahead of its instant holds unless something is recorded in between; signing
    again with that file as ``before`` makes only what has changed. ``hashes``: by which names
    certificates are asked for. Raises ``ImpossibleFact`` when the responder signs every answer
    anew (``ResponderOptions.prepares``) or no data is renewed at ``as_of``.
    """
    at = require_aware(at)
    if not publication.options.responder.prepares:
        raise ImpossibleFact("this responder signs every answer anew and prepares none")
    told = publication.schedule.last_ocsp(at) if as_of is None else require_aware(as_of)
    if publication.schedule.last_ocsp(told) != told:
        raise ImpossibleFact("no data is renewed at this instant")
    until = publication.schedule.first_ocsp_with(told + _MOMENT)
    quarter = Quarter(told, until, LogMark.of(publication.world.entries, told), at > told)
    parts = [
        (publication.responder(authority), live_certificates(publication, authority, told, until))
        for authority in publication.answering(told)
    ]
    return write_presigned(path, quarter, parts, hashes=hashes, processes=processes, before=before)


def live_certificates(
    publication: Publication, authority: Authority, as_of: datetime, until: datetime
) -> Live:
    """Return the certificates of an authority that have not ended at an instant."""
    known = publication.records.at(as_of)
    entries = known.entries.get(authority, {})
    records = sorted(
        (one.serial, one.valid_until)
        for one in known.state.certificates.values()
        if one.authority == authority and as_of <= one.valid_until
    )
    live = Live(
        authority,
        array("I", (serial for serial, _ in records)),
        array("q", bytes(8 * len(records))),
        array("B", bytes([GOOD]) * len(records)),
        {row: end + _MOMENT for row, (_, end) in enumerate(records) if end + _MOMENT < until},
    )
    for row, serial in enumerate(live.serials):
        entry = entries.get(serial)
        if entry is not None:
            live.recorded[row] = int(entry.recorded_at.timestamp())
            live.reasons[row] = NO_REASON if entry.reason_code is None else entry.reason_code
    return live


def write_presigned(
    path: Path,
    quarter: Quarter,
    parts: Sequence[tuple[OcspResponder, Live]],
    *,
    hashes: Sequence[IdHash] = (IdHash.SHA1,),
    processes: int = 1,
    before: PresignedAnswers | None = None,
) -> Presigned:
    """Sign and write a section for each authority and hash; the file is there wholly or not at all.

    ``processes`` sign at the same time. Raises ``WorldUnavailable`` when the file cannot be
    written or a process was killed.
    """
    if processes < 1 or not hashes:
        raise ImpossibleFact("something is signed by one process at least, under one hash")
    written = [0, 0]
    with written_aside(path) as writer:
        sections = [
            _written(writer, _Work.of(responder, live, each, quarter, before), processes, written)
            for responder, live in parts
            for each in hashes
        ]
        writer.finish(
            {
                "as_of": quarter.as_of.isoformat(),
                "until": quarter.until.isoformat(),
                "count": quarter.mark.count,
                "last": quarter.mark.last,
                "settled": quarter.settled,
                "sections": sections,
            }
        )
    return Presigned(*written)


@dataclass(frozen=True, slots=True, repr=False)
class _Work:
    """One section to be signed, and what was signed of it before."""

    live: Live
    about: CertificateId
    frame: AnswerFrame
    echoes: bool
    key: RSAPrivateKey
    as_of: datetime
    before: Section | None

    @classmethod
    def of(
        cls,
        responder: OcspResponder,
        live: Live,
        hash_algorithm: IdHash,
        quarter: Quarter,
        before: PresignedAnswers | None,
    ) -> _Work:
        issuer = Issuer.of(responder.authority.certificate)
        about = CertificateId.of(issuer, 0, hash_algorithm=hash_algorithm)
        frame = AnswerFrame.of(responder, as_of=quarter.as_of)
        same = (
            section
            for section in (before.sections if before is not None else ())
            if section.about == about and section.frame.digest == frame.digest
        )
        echoes = responder.options.echo_nonce
        return cls(live, about, frame, echoes, responder.key, quarter.as_of, next(same, None))

    def kept(self, row: int) -> bytes | None:
        """Return the signature of before over the very same."""
        if self.before is None:
            return None
        found = self.before.row(self.live.serials[row])
        if found is None:
            return None
        said = self.before.recorded[found], self.before.reasons[found]
        if said != (self.live.recorded[row], self.live.reasons[row]):
            return None
        return self.before.signature(found)


def _written(
    writer: ColumnWriter, work: _Work, processes: int, written: list[int]
) -> dict[str, Any]:
    live = work.live
    columns: dict[str, Place] = {
        "serials": writer.numbers(live.serials),
        "recorded": writer.numbers(live.recorded),
        "reasons": writer.numbers(live.reasons),
        "signatures": writer.column(_signatures(work, processes, written)),
    }
    return {
        "purpose": live.authority.purpose.value,
        "generation": live.authority.generation,
        "algorithm": work.about.algorithm,
        "name_hash": work.about.name_hash.hex(),
        "key_hash": work.about.key_hash.hex(),
        "echoes": work.echoes,
        "frame": {
            "before": work.frame.before.hex(),
            "after": work.frame.after.hex(),
            "ends": work.frame.ends.hex(),
            "signature_size": work.frame.signature_size,
        },
        "ends": {
            str(row): (end - work.as_of) // timedelta(microseconds=1)
            for row, end in live.ends.items()
        },
        "columns": columns,
    }


def _signatures(work: _Work, processes: int, written: list[int]) -> Iterator[bytes]:
    count = len(work.live.serials)
    written[0] += count
    heads = id_heads(work.about)
    if work.before is not None:
        for row in range(count):
            kept = work.kept(row)
            if kept is None:
                written[1] += 1
                kept = _signed(work.frame, heads, work.key, work.live.rows(row, row + 1))
            yield kept
        return
    written[1] += count
    chunks = (work.live.rows(at, at + _CHUNK) for at in range(0, count, _CHUNK))
    if processes == 1 or count <= _CHUNK:
        for chunk in chunks:
            yield _signed(work.frame, heads, work.key, chunk)
        return
    # A process of its own is not given what is open here, so it is started anew.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    key = work.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    sign = partial(_signed_elsewhere, work.frame, heads, key)
    try:
        yield from _in_turn(pool, sign, chunks, ahead=2 * processes)
    except BrokenProcessPool:
        raise WorldUnavailable(
            "a process that signed was killed, or had too little memory", hint="sign again"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _in_turn(
    pool: ProcessPoolExecutor, sign: partial[bytes], chunks: Iterator[Any], *, ahead: int
) -> Iterator[bytes]:
    """Yield what is signed in order, with no more under way than is needed to keep all busy."""
    under_way = []
    for chunk in chunks:
        under_way.append(pool.submit(sign, chunk))
        if len(under_way) >= ahead:
            yield under_way.pop(0).result()
    for one in under_way:
        yield one.result()


def _signed_elsewhere(
    frame: AnswerFrame,
    heads: tuple[bytes, ...],
    key: bytes,
    rows: tuple[array[int], array[int], array[int]],
) -> bytes:
    # Checking the primes anew would take 27 ms each time; the key was checked when it was made.
    loaded = load_der_private_key(key, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(loaded, RSAPrivateKey):
        raise ImpossibleFact("a responder signs with RSA")
    return _signed(frame, heads, loaded, rows)


def _signed(
    frame: AnswerFrame,
    heads: tuple[bytes, ...],
    key: RSAPrivateKey,
    rows: tuple[array[int], array[int], array[int]],
) -> bytes:
    return b"".join(
        key.sign(frame.data(named(heads, serial), status_of(recorded, reason)), *SIGNED_WITH)
        for serial, recorded, reason in zip(*rows, strict=True)
    )
