"""A town whose certificates OCSP is asked about: a world in a file, the same every time."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jpki.card.pin import SignaturePassword, UserPin
from jpki.certificates import parse_certificate
from jpki.life import Authority
from jpki.revocation import OcspRequest, RevokedEntry, ocsp_request, parse_ocsp_response
from jpki.revocation.ocsp import SaidStatus
from jpki.terms import CertificateKind, Purpose
from simulator import municipality
from simulator.agency.ocsp import OcspResponder, WorldResponder, records_of
from simulator.agency.publication import Publication
from simulator.keys import KeyPool
from simulator.people import InventedPerson, invent_person
from simulator.tokens import TokenPins
from simulator.world import World

__all__ = ["BEGINS", "HOLDERS", "Question", "Town", "adults", "hand_over_cards"]

BEGINS: Final = datetime.fromisoformat("2026-07-06T10:00:00+09:00")
HOLDERS: Final = 100
_PINS: Final = TokenPins(SignaturePassword("ABC123"), UserPin("1234"))


@dataclass(frozen=True, slots=True)
class Question:
    """An OCSP request, and what has to be answered."""

    request: OcspRequest
    says: SaidStatus

    def check(self, answer: bytes) -> None:
        """Raise ``AssertionError`` unless the answer is a good one to this question."""
        told = parse_ocsp_response(answer).answer
        if told is None or told.nonce != self.request.nonce:
            raise AssertionError("no answer, or the answer to another question")
        (single,) = told.singles
        (named,) = self.request.certificate_ids
        if (single.certificate_id.serial, single.status) != (named.serial, self.says):
            raise AssertionError(f"{single.status} where it should be {self.says}")


class Town:
    """Holders of cards, a tenth of whom had their signature certificate revoked."""

    def __init__(self) -> None:
        kept = tempfile.TemporaryDirectory(prefix="jpki-bench-")
        weakref.finalize(self, kept.cleanup)
        self.folder = Path(kept.name)
        self.place = self.folder / "world"
        self.world = World.create(self.place, seed="authority", at=BEGINS, keys=KeyPool())
        weakref.finalize(self, self.world.close)
        people = adults(HOLDERS)
        with self.world.transaction():
            hand_over_cards(self.world, people)
            for person in people[::10]:
                municipality.accept_revocation_request(
                    self.world, person.person_id, (CertificateKind.CARD_SIGNATURE,)
                )
        # Between two renewals of the data: what is told now is the state of some minutes ago.
        self.world.advance(BEGINS + timedelta(minutes=67))
        self.publication = Publication(self.world)
        self.authority = Authority(
            Purpose.SIGNATURE,
            self.world.agency.current(Purpose.SIGNATURE, self.world.now).generation,
        )
        self.revoked = self._revoked()
        self.questions = tuple(map(self._question, self._serials()))

    @property
    def responder(self) -> OcspResponder:
        """The responder of the authority asked about."""
        return self.publication.responder(self.authority)

    @property
    def plain_questions(self) -> tuple[Question, ...]:
        """The questions without their nonces."""
        return tuple(
            Question(OcspRequest(one.request.certificate_ids), one.says) for one in self.questions
        )

    def samples(self) -> tuple[Question, Question]:
        """Return a question about a revoked certificate and one about a good one."""
        first = {question.says: question for question in reversed(self.questions)}
        return first[SaidStatus.REVOKED], first[SaidStatus.GOOD]

    def world_responder(self) -> WorldResponder:
        """Return the responder that folds the log anew for each answer."""
        return WorldResponder(self.world, {self.authority: self.responder})

    def openssl_files(self) -> tuple[str, ...]:
        """Write what ``openssl ocsp`` needs to answer the same; return its options."""
        responder = self.responder
        if responder.certificate is None:
            raise AssertionError("a responder has a certificate of its own unless told otherwise")
        key = responder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files = {
            "-index": "".join(map(self._index_line, self._serials())).encode(),
            "-CA": _pem(responder.authority.certificate.der),
            "-rsigner": _pem(responder.certificate),
            "-rkey": key,
        }
        options: list[str] = []
        for option, content in files.items():
            path = self.folder / f"openssl{option}"
            path.touch(mode=0o600)
            path.write_bytes(content)
            options += (option, str(path))
        return tuple(options)

    def _serials(self) -> list[int]:
        known = self.world.state().certificates.values()
        return sorted(one.serial for one in known if one.authority == self.authority)

    def _revoked(self) -> dict[int, RevokedEntry]:
        return dict(records_of(self.world.state(), self.authority).entries)

    def _question(self, serial: int) -> Question:
        encoded = self.world.store.certificate(self.authority.purpose.value, serial)
        if encoded is None:
            raise AssertionError("what was issued is kept")
        request = ocsp_request(
            parse_certificate(encoded),
            self.publication.certificate(self.authority),
            nonce=hashlib.sha256(serial.to_bytes(4, "big")).digest(),
        )
        says = SaidStatus.REVOKED if serial in self.revoked else SaidStatus.GOOD
        return Question(request, says)

    def _index_line(self, serial: int) -> str:
        # OpenSSL's database: status, end, revocation, serial, file, subject. A reason is left out.
        entry = self.revoked.get(serial)
        status, when = ("V", "") if entry is None else ("R", _utc(entry.recorded_at))
        certificate = self.world.state().certificate(serial, purpose=self.authority.purpose)
        end = _utc(certificate.valid_until)
        return "\t".join((status, end, when, f"{serial:08X}", "unknown", f"/CN={serial}")) + "\n"


def adults(count: int) -> tuple[InventedPerson, ...]:
    """Return invented people of an age for both certificates."""
    numbers = range(1, count + 1)
    return tuple(invent_person("authority", each, birth_date=date(1980, 1, 1)) for each in numbers)


def hand_over_cards(world: World, people: tuple[InventedPerson, ...]) -> None:
    """Register people and hand each a card with both certificates."""
    for person in people:
        municipality.register(world, person)
        municipality.hand_over_card(world, person.person_id, pins=_PINS)


def _pem(encoded: bytes) -> bytes:
    return x509.load_der_x509_certificate(encoded).public_bytes(Encoding.PEM)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%y%m%d%H%M%SZ")
